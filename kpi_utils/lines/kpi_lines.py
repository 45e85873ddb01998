"""Which rows are a table's heads, and which lines of a KPI belong together (see ``stacks``)."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from kpi_utils.cells.heads import FIGURES, head_of, unit_in, year_said
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.years import leading_year
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.line import Line

LEVELS = compiled("levels")
_LINE_OF_NAME = compiled("line_of_name")
# A line that only compares those of its KPI.
_DIFFERENCE = re.compile(r"(?:差[引異]?|増減|.{,4}との差|対?(?:前年度?|計画値?|目標値?)比)\W*")
_MEASURED = {"baseline", "latest", "actual"}
# Words in a head of figures that are not the KPIs' own: another year's, another region's, a sum.
_OF_OTHERS = re.compile("[前旧他国県男女]|次(?:期|年度|計画)|参考|うち|累|平均|見込|予測|年間")
# A year under a head of several years, as a bare number.
_BARE_YEAR = re.compile(r"\d{1,2}|元")
# What a figure counts, beside 基準年度比; 上期 or 男性 would make it another figure.
_QUANTITY = re.compile("(?:数|排出|消費|発生|使用|処理)?量|[人件]数")
# The most rows that the heads of a table take.
_DEEPEST = 3
# The kinds of lines that a KPI with several lines can have.
_LINES = {*FIGURES, "published", "grade"}
# The kinds of heads below which a row of words can part the columns: those of figures.
PARTED = {*FIGURES, "year"}

BRACKET = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
DASHES = "-－−‐–—―ー─"
# A year of a form that is left empty: －年度 under 中間目標.
_NO_YEAR = re.compile(rf"(?:平成|令和)?\s*[{DASHES}]\s*年度$")
# The text of a cell, and where it stands.
Printed = tuple[str, int | str]
# The cells of one KPI, by the column they come from and the head that they are given.
Record = dict[tuple[int, str], Printed]
# Records, each with the first row of its KPI.
Records = list[tuple[Line, Record]]
# The kind of line that has the figure of a column, by the kind of the column.
LINE_OF = {"latest": "actual", "yearly_target": "target"}


def header_of(heads: list[Line], column: int) -> str:
    """A column's head from the head rows: one merged across is for all below, a repeat for none."""
    parts: list[str] = []
    for level, head in enumerate(heads):
        part = head.cell(column)
        over = _from_the_left(heads[: level + 1], column)
        # What is carried along has figures in all columns that it reaches over: 予算額 1,500.
        is_carried = column in head.across and head_of(over).kinds == ("carried",)
        if not part and (is_carried or any(below.cell(column) for below in heads[level + 1 :])):
            part = over
        below = [head_of(of.cell(column)) for of in heads[level + 1 :]]
        is_said = any({*head.kinds} - {"year"} for head in below)
        is_said |= part == "推移" or not {*head_of(part).kinds} - {"when"}
        if not level and any(head.year or head.short for head in below) and is_said:
            part = re.sub("^(?:計画)?期間中の?|の?推移$|^年[度次]$", "", part)
        if below and LEVELS.search(squeezed(part)):
            part = ""
        part = re.sub(rf"\s*\W?(?:{LEVELS.pattern})\W?$", "", part)
        if not level and _is_title(heads, part):
            part = ""
        if level and _BARE_YEAR.fullmatch(plain(part)):
            part += "年度"
        part = _NO_YEAR.sub("", part)
        others = {head_of(cell).kinds for cell in head.cells if cell not in ("", part)}
        is_own = not level or not _QUANTITY.fullmatch(part) or head.cells.count(part) < 2
        if part and part not in parts and (is_own or others != {("carried",)}):
            parts.append(part)
    return " ".join(parts)


def _from_the_left(heads: list[Line], column: int) -> str:
    """The cell of the last head row that reaches over a column; a head above it ends its reach."""
    *above, head = heads
    while column >= 0 and not head.cell(column) and not any(head.cell(column) for head in above):
        column -= 1
    return head.cell(column) if column >= 0 else ""


def _is_title(heads: list[Line], text: str) -> bool:
    """Whether a cell of the first head row is only a title, over targets and measured figures.

    It is none beside another such cell: then each of them says whose figures stand below it.
    """
    below: dict[str, set[str]] = {}
    # 単位 over nothing is no title, even where the columns beside it have no head in that row.
    first = [col for col, cell in enumerate(heads[0].cells) if cell == text][:1]
    is_over = any(row.cell(col) for row in heads[1:] for col in first)
    for column in range(max(len(head.cells) for head in heads)):
        kinds = {kind for head in heads[1:] for kind in head_of(head.cell(column)).kinds}
        below.setdefault(_from_the_left(heads[:1], column), set()).update(kinds)
    titles = [title for title, kinds in below.items() if "target" in kinds and kinds & _MEASURED]
    alone = [head_of(title) for title, kinds in below.items() if not kinds]
    is_apart = any({*_MEASURED, "target"} & k for top, k in below.items() if top not in ("", text))
    head = head_of(text)
    is_said = head.year or head.short or head.unit or _OF_OTHERS.search(plain(text))
    # Beside a title with 計画, a head of actuals is not another of its kind.
    figures = {"baseline", "latest", "target"} if "計画" in text else {*_MEASURED, "target"}
    is_among = any(figures & {*top.kinds} and (top.year or len(top.kinds) == 1) for top in alone)
    return is_over and titles == [text] and not (is_said or is_among or is_apart)


def is_known(cell: str) -> bool:
    """Whether a cell can be a part of a head: its words are known, and it is no figure."""
    kinds = head_of(cell).kinds
    is_unit = plain(cell) == f"({unit_in(cell)})"
    return kinds in (("year",), ("when",)) or is_unit or (bool(kinds) and not is_figure(cell))


def depth(table: list[Line]) -> int:
    """The number of rows that the heads at the beginning of a table take."""
    deep = 1
    while deep < min(len(table), _DEEPEST) and (
        is_merged_on(table, deep) or _goes_on(table[:deep], table[deep])
    ):
        deep += 1
    return deep


def is_merged_on(table: list[Line], row: int) -> bool:
    """Whether the merged cells of a row make it a row of heads: several begin in the row above.

    Their merged areas end among the heads, and the row has no figure of its own.
    """
    above, below = table[row - 1], table[row + 1 : _DEEPEST + 1]
    texts = {col: above.cell(col) or above.merged.get(col) for col in table[row].merged}
    ends = [col for col in texts if any(line.merged.get(col) != texts[col] for line in below)]
    own = [col for col in ends if texts[col] == table[row].merged[col]]
    return len(own) > 1 and not any(map(is_figure, table[row].cells))


def _goes_on(heads: list[Line], row: Line) -> bool:
    """Whether a row below head rows is one more of them: its cells are known, or bare years."""
    cols = row.filled()
    over = [{*head_of(heads[0].cell(col)).kinds} for col in cols]
    dated = {col for col in cols if head_of(heads[0].cell(col)).year}
    bare = [col for col in cols if _BARE_YEAR.fullmatch(plain(row.cells[col])) and col not in dated]
    if bare and len(bare) + sum(map(is_known, row.texts)) == len(cols):
        # 取組 under 区分 begins a row of the table; 目標 can be a name, but may stand over years.
        leads = ("target" not in kinds and kinds & {"name", "no", "thing"} for kinds in over)
        return len(bare) > 1 and not any(leads)
    # A text alone under the first head is a group of rows.
    is_at_margin = cols == heads[0].filled()[:1]
    is_under_name = len(cols) == 1 and bool(is_at_margin or over[0] & {"name", "no"})
    unknown = [col for col in cols if not is_known(row.cells[col])]
    # Unknown words are heads, too, where all cells stand under heads that reach over several.
    counts = Counter(_from_the_left(heads, col) for col in cols).values()
    is_among = bool(counts) and min(counts) > 1 and 2 * len(unknown) <= len(cols)
    is_among &= not any(is_figure(row.cells[col]) for col in cols)
    are_heads = not unknown or is_among or _part_heads(heads, row, unknown)
    return bool(cols) and are_heads and not is_under_name


def _part_heads(heads: list[Line], row: Line, unknown: list[int]) -> bool:
    """Whether unknown words of a row divide heads over several columns of figures: 変更前, 変更後.

    Words that are repeated under other heads are parts of what the KPIs count (男性).
    """
    over = {col: _from_the_left(heads, col) for col in row.filled()}
    parted = [over[col] for col in unknown]
    words = [row.cells[col] for col in over if over[col] in parted]
    if len({row.cells[col] for col in unknown}) == 1 < len({*parted}) == len(parted):
        # One word beside 基準年度比 says of each head what its figures are: 排出量.
        kinds = [{*head_of(text).kinds} for text in over.values()]
        return all(map(PARTED.intersection, kinds)) and not is_figure(words[0])
    is_each = all(
        [*over.values()].count(text) > 1 and _LINES & {*head_of(text).kinds} for text in parted
    )
    return is_each and len({*words}) == len(words) and not any(map(is_figure, words))


def without_end(rows: list[Line]) -> list[Line]:
    """The rows without the texts below the last one that says its kind (実績), else has figures."""
    rows = [row for row in rows if row.cells]
    row_kinds = [{kind for cell in row.cells for kind in head_of(cell).kinds} for row in rows]
    # 達成率評価 below 実績値 is such a line, too; 評価 in another column is none.
    actuals = {col for row in rows for col in row.filled() if line_kind(row.cells[col]) == "actual"}
    graded = [bool(actuals & {*row.filled()[:1]}) for row in rows]
    ends = [{"actual", "target", "published", *["grade"] * is_graded} for is_graded in graded]
    ends_said = [end for end, kinds in enumerate(row_kinds, 1) if ends[end - 1] & kinds]
    wide = [end for end, row in enumerate(rows, 1) if row.is_row or is_figure(row.first)]
    end = max(ends_said or wide, default=len(rows))
    return rows if any(is_figure(cell) for row in rows[end:] for cell in row.cells) else rows[:end]


def is_year(header: str) -> bool:
    """Whether a head says only a year, also one that is the last, R6（最終）, or one of two."""
    head = head_of(header)
    is_last = {"actual", "target"} <= {*head.kinds} and bool(head.year)
    is_any = not head.kinds and (head.short or leading_year(header)[0])  # R5（R4実績）
    return head.kinds == ("year",) or is_last or bool(is_any)


def figures_of(row: Line, over: Mapping[int, str]) -> list[tuple[int, str, str]]:
    """The figures behind the word of a KPI's line: column, head and text of each.

    ``over`` has the heads over them by column. Without heads each may have its year before it
    (実績値, R3, 120, R4, 150); else those are one text, for which of several is meant is not said.
    """
    figures: dict[str, tuple[int, str, str]] = {}
    year = ""
    for col in row.filled()[1:]:
        head, text = over.get(col, year), row.cells[col]
        if not head and is_year(text) and not text.isdigit() and "" not in figures:
            year = text
            continue
        year = ""
        first, _, before = figures.get(head, (col, head, ""))
        figures[head] = first, head, f"{before} {text}".strip()
    return [*figures.values()]


def line_kind(text: str) -> str:
    """The kind of a KPI's line (target, actual …), by the text that it begins with; else blank."""
    head = head_of(text)
    is_forecast = head.kinds == ("forecast",) and not head.short
    kinds = [kind for kind in head.kinds if kind in _LINES or is_forecast]
    return LINE_OF.get(kinds[0], kinds[0]) if kinds and not head.year and text else ""


def at_last_year(headers: list[str], rows: list[Line]) -> list[Line]:
    """Rows in which a target that is merged over several years counts for the last (method 2)."""
    moved = []
    for row in rows:
        cells, is_line = [*row.cells], "target" in map(line_kind, row.cells)
        for col, text in sorted(row.across.items()):
            both = [head_of(header) for header in headers[col - 1 : col + 1]]
            are_years = all(head.year or head.short for head in both)
            said = ["target" in head.kinds or (is_line and is_year(head.header)) for head in both]
            if are_years and all(said) and cells[col - 1] == text:
                cells[col - 1 : col + 1] = "", text
        moved.append(replace(row, cells=tuple(cells)))
    return moved


def by_name(table: list[Line], deep: int) -> list[Line]:
    """The lines of a table whose names say the kind of the line, moved to a new column; or [].

    Below ``deep`` rows of heads (years), a KPI has 件数(計画値) and 件数(実績値), maybe 達成度.
    """
    heads, rows = table[:deep], [row for row in table[deep:] if row.is_row]
    headers = [header_of(heads, col) for col in range(len(heads[0].cells))]
    kinds = [head_of(header).kinds for header in headers]
    names, things = ([col for col, of in enumerate(kinds) if k in of] for k in ("name", "thing"))
    named = names or things
    if len(named) != 1 or not any(map(is_year, headers)):
        return []
    matches = {row.number: _LINE_OF_NAME.fullmatch(row.cell(named[0])) for row in rows}
    found = {of: (match[2], match[1] or match[3]) for of, match in matches.items() if match}
    said = [(stem, line_kind(word)) for stem, word in found.values()]
    others = [row.cell(named[0]) for row in rows if row.number not in found]
    # 差引 is such a line, too; SDGsの認知度 and データの公開数 are KPIs without one.
    other_kinds = {"carried" if _DIFFERENCE.fullmatch(of) else line_kind(of) for of in others}
    stems = [stem for stem, _ in said]
    pairs = [(stem, kind) for stem in {*stems} for kind in ("actual", "target")]
    is_each = sorted(said) == sorted(pairs) and stems[::2] == stems[1::2]
    if not (said and is_each and other_kinds <= {"published", "grade", "carried"}):
        return []
    lines = []
    for row in table:
        name = row.cell(named[0])
        head = name if names or row is not heads[0] else "指標"
        name, word = found.get(row.number) or (("", name) if row in rows else (head, "区分"))
        cells = [name if col == named[0] else row.cell(col) for col in range(len(headers))]
        lines.append(replace(row, cells=(*cells, word)) if row.is_row else row)
    return lines


def with_years_below(headers: list[str], rows: list[Line], columns: list[int]) -> Records:
    """Records of rows that each have a row of years (H22) below, put behind the figures."""
    below = [[row.cell(col).strip("()（）" + DASHES) for col in columns] for row in rows[1::2]]
    years = {year for texts in below for year in texts} - {""}
    records = []
    for row, texts in zip(rows[::2], below, strict=False) if all(map(year_said, years)) else []:
        record: Record = {}
        for col, year in zip(columns, texts, strict=True):
            text = row.cell(col) or row.merged.get(col, "")
            record[col, headers[col]] = text + f" ({year})" * bool(year), row.position_of(col)
        records.append((row, record))
    return records if years and not len(rows) % 2 else []
