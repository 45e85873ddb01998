"""The several lines of heads and of a KPI, made ready for being put together (``stacks``)."""

import re
from collections import Counter
from dataclasses import replace
from itertools import cycle, pairwise

from kpi_utils.cells.heads import FIGURES, head_of, unit_in, year_said
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.years import leading_year
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line

_LEVELS = compiled("levels")
_LINE_OF_NAME = compiled("line_of_name")
_MEASURED = {"baseline", "latest", "actual"}
# What a head says of figures that are none of the KPIs' own.
_OF_OTHERS = re.compile("[前旧他国県男女]|次(?:期|年度|計画)|参考|うち|累|平均|見込|予測|年間")
# A year under a head of several years, as a bare number.
_BARE_YEAR = re.compile(r"\d{1,2}|元")
# A table's head has so many rows at most.
_DEEPEST = 3
# What a line of several can be of a KPI.
_LINES = {*FIGURES, "published", "grade"}
# What a KPI is of: 男性, 女, 小学6年生; no letter that a note explains (A), and no time.
_PART = re.compile(r"(?!.*(?:年度|\d\s*年(?!生)|[^学]期|回|月|日))\w\w|[男女小中高]$")
_PARTED = {*FIGURES, "year"}

DASHES = "-－−‐–—―ー─"
# The text of a cell, and where it stands.
Printed = tuple[str, int | str]
# What there is of a KPI, by the column and the head that it is given.
Record = dict[tuple[int, str], Printed]
# Records, each with its first row.
Records = list[tuple[Line, Record]]
# Which line, of what it says, has the figure of a column that says itself what it is.
LINE_OF = {"latest": "actual", "yearly_target": "target"}


def header_of(heads: list[Line], column: int) -> str:
    """A column's head from its parts; one that is merged across stands for all below it."""
    parts: list[str] = []
    for level, head in enumerate(heads):
        part = head.cell(column)
        if not part and any(below.cell(column) for below in heads[level + 1 :]):
            part = _from_the_left(heads[: level + 1], column)
        below = [head_of(of.cell(column)) for of in heads[level + 1 :]]
        is_said = any({*of.kinds} - {"year"} for of in below)
        if not level and any(of.year for of in below) and (is_said or not head_of(part).kinds):
            part = re.sub("(?<=.)の?推移$", "", part)
        if below and _LEVELS.search(squeezed(part)):
            part = ""
        part = re.sub(rf"\s*\W?(?:{_LEVELS.pattern})\W?$", "", part)
        if not level and _is_title(heads, part):
            part = ""
        if level and _BARE_YEAR.fullmatch(plain(part)):
            part += "年度"
        if part and part not in parts:
            parts.append(part)
    return " ".join(parts)


def _from_the_left(heads: list[Line], column: int) -> str:
    """The last of some heads that reaches over a column; it ends where one above it begins."""
    *above, head = heads
    while column >= 0 and not head.cell(column) and not any(of.cell(column) for of in above):
        column -= 1
    return head.cell(column) if column >= 0 else ""


def _is_title(heads: list[Line], text: str) -> bool:
    """Whether a first head is a title over heads of targets and of what was measured alike.

    Where there is another such, each says whose they are, and so it does beside others of its kind.
    """
    over: dict[str, set[str]] = {}
    # 単位 over nothing is no title, though what stands beside it has none over it.
    is_over = text in heads[0].cells and any(
        of.cell(heads[0].cells.index(text)) for of in heads[1:]
    )
    for column in range(max(len(head.cells) for head in heads)):
        kinds = {kind for head in heads[1:] for kind in head_of(head.cell(column)).kinds}
        over.setdefault(_from_the_left(heads[:1], column), set()).update(kinds)
    titles = [title for title, kinds in over.items() if "target" in kinds and kinds & _MEASURED]
    alone = [head_of(title) for title, kinds in over.items() if not kinds]
    is_apart = any({*_MEASURED, "target"} & of for at, of in over.items() if at not in ("", text))
    head = head_of(text)
    is_said = head.year or head.short or head.unit or _OF_OTHERS.search(plain(text))
    # Actuals may stand beside what the plan says, and are of whatever else is said.
    figures = {"baseline", "latest", "target"} if "計画" in text else {*_MEASURED, "target"}
    is_among = any(figures & {*of.kinds} and (of.year or len(of.kinds) == 1) for of in alone)
    return is_over and titles == [text] and not (is_said or is_among or is_apart)


def is_known(cell: str) -> bool:
    """Whether a cell can be a part of a head: it is known, and no figure."""
    kinds = head_of(cell).kinds
    is_unit = plain(cell) == f"({unit_in(cell)})"
    return kinds == ("year",) or is_unit or (bool(kinds) and not is_figure(cell))


def depth(part: list[Line]) -> int:
    """How many rows the heads at the beginning of a table take."""
    deep = 1
    while deep < min(len(part), _DEEPEST) and (
        is_merged_on(part, deep) or _goes_on(part[:deep], part[deep])
    ):
        deep += 1
    return deep


def is_merged_on(part: list[Line], row: int) -> bool:
    """Whether a row is one of a table's heads by its merged cells: several of the row above it.

    They end among the heads, and the row has no figure of its own.
    """
    above, below = part[row - 1], part[row + 1 : _DEEPEST + 1]
    texts = {of: above.cell(of) or above.merged.get(of) for of in part[row].merged}
    ends = [of for of in texts if any(line.merged.get(of) != texts[of] for line in below)]
    own = [of for of in ends if texts[of] == part[row].merged[of]]
    return len(own) > 1 and not any(map(is_figure, part[row].cells))


def _goes_on(heads: list[Line], row: Line) -> bool:
    """Whether a row under a head is one of its rows: what it has is known, or bare years."""
    filled = row.filled()
    over = [{*head_of(heads[0].cell(of)).kinds} for of in filled]
    cells = row.texts
    dated = {of for of in filled if head_of(heads[0].cell(of)).year}
    bare = [of for of in filled if _BARE_YEAR.fullmatch(plain(row.cells[of])) and of not in dated]
    if bare and len(bare) + sum(map(is_known, cells)) == len(cells):
        # 取組 under 区分 begins a row; 目標, which can be a name, may stand over years.
        leads = ("target" not in of and of & {"name", "no", "thing"} for of in over)
        return len(bare) > 1 and not any(leads)
    is_under_name = len(filled) == 1 and bool(over[0] & {"name", "no"})
    unknown = [of for of in filled if not is_known(row.cells[of])]
    # Words among heads that stand all under others that reach over several are heads, too.
    lots = Counter(_from_the_left(heads, of) for of in filled).values()
    is_among = bool(lots) and min(lots) > 1 and 2 * len(unknown) <= len(filled)
    is_among &= not any(is_figure(row.cells[of]) for of in filled)
    are_heads = not unknown or is_among or _part_heads(heads, row, unknown)
    return bool(cells) and are_heads and not is_under_name


def _part_heads(heads: list[Line], row: Line, unknown: list[int]) -> bool:
    """Whether words of a row part heads that reach over several columns of figures: 変更前, 変更後.

    Words that come again under other heads are parts of what the KPIs count (男性).
    """
    over = {of: _from_the_left(heads, of) for of in row.filled()}
    parted = [over[of] for of in unknown]
    words = [row.cells[of] for of in over if over[of] in parted]
    is_each = all(
        [*over.values()].count(text) > 1 and _LINES & {*head_of(text).kinds} for text in parted
    )
    return is_each and len({*words}) == len(words) and not any(map(is_figure, words))


def without_end(rows: list[Line]) -> list[Line]:
    """Rows without the texts below; where some say what they have (実績), with figures only."""
    rows = [row for row in rows if row.cells]
    words = [{kind for cell in row.cells for kind in head_of(cell).kinds} for row in rows]
    # 達成率評価 below 実績値 is such a line, too, and 評価 at the margin none.
    lines = {of for row in rows for of in row.filled() if line_kind(row.cells[of]) == "actual"}
    graded = [bool(lines & {*row.filled()[:1]}) for row in rows]
    ends = [{"actual", "target", "published", *["grade"] * of} for of in graded]
    said = [end for end, kinds in enumerate(words, 1) if ends[end - 1] & kinds]
    wide = [end for end, row in enumerate(rows, 1) if row.is_row or is_figure(row.first)]
    end = max(said or wide, default=len(rows))
    return rows if any(is_figure(cell) for row in rows[end:] for cell in row.cells) else rows[:end]


def _levels_said(part: list[Line], above: list[Line]) -> re.Match | None:
    return _LEVELS.search(squeezed("　".join(row.run_on() for row in [*above[-1:], *part])))


def by_level(part: list[Line], deep: int, above: list[Line]) -> list[Line]:
    """The lines of a table with a column of what the upper (上段) and the lower rows have; or none.

    ``deep`` are its heads. One of them or a note, which may stand right ``above``, says so, and of
    the two rows of each KPI the upper one begins its name.
    """
    said = _levels_said(part, above)
    heads = part[:deep]
    filled = heads[0].filled()
    names = [of for of in filled if "name" in head_of(heads[0].cells[of]).kinds] or filled
    rows = [row for row in part[deep:] if row.is_row or row.filled()[:1] > names[:1]]
    texts = [row.cell(names[0]) for row in rows]
    begins = [bool(text) and text != above for above, text in pairwise(["", *texts])]
    if not said or len(rows) % 2 or begins != [True, False] * (len(rows) // 2):
        return []
    width = max(len(row.cells) for row in part)
    words = cycle(filter(None, said.groups()))
    lines = []
    for row in part:
        word = "区分" if row is heads[0] else next(words) if row in rows else ""
        blanks = [""] * (width - len(row.cells))
        lines.append(replace(row, cells=(*row.cells, *blanks, word)))
    return lines


def not_by_level(headers: list[str], part: list[Line], above: list[Line]) -> list[str]:
    """Headers in which years say what the upper and the lower rows have, of which nobody knows."""
    if not (said := _levels_said(part, above)):
        return headers
    years = {of for of, header in enumerate(headers) if head_of(header).kinds == ("year",)}
    # Two figures in a cell are told there.
    years = {of for of in years if any(is_figure(row.cell(of)) for row in part if row.is_row)}
    return [f"{text} {said[0]}" if of in years else text for of, text in enumerate(headers)]


def is_year(header: str) -> bool:
    """Whether a head says a year and nothing else, the last one, R6（最終）, or one of two."""
    head = head_of(header)
    is_last = {"actual", "target"} <= {*head.kinds} and bool(head.year)
    is_any = not head.kinds and (head.short or leading_year(header)[0])  # R5（R4実績）
    return head.kinds == ("year",) or is_last or bool(is_any)


def line_kind(text: str) -> str:
    """What of a KPI a line says (target, actual …), by the word that it begins with; or blank."""
    head = head_of(text)
    kinds = [kind for kind in head.kinds if kind in _LINES]
    return LINE_OF.get(kinds[0], kinds[0]) if kinds and not head.year and text else ""


def by_part(part: list[Line], deep: int) -> list[Line]:
    """The lines of a table, a KPI's once for each of the words that stand below its heads; or none.

    Below each of the ``deep`` heads that has figures they are the same: 男性, 女性.
    """
    heads, below = part[:deep], part[deep:]
    starts = sorted({of for head in heads for of in head.filled()})
    spans = [*map(range, starts, [*starts[1:], max(len(row.cells) for row in part)])]
    said = [[row.cell(of) for of in span for row in below[:1]] for span in spans]
    names = next(filter(any, said), [])
    is_each = all(
        of == names or not (any(of) or _PARTED & {*head_of(header_of(heads, span[0])).kinds})
        for of, span in zip(said, spans, strict=True)
    )
    are_parts = all(_PART.match(plain(name)) and not is_known(name) for name in names)
    if len({*names}) < 2 or said.count(names) < 2 or not (is_each and are_parts):
        return []
    lines = []
    for row in [*heads, *below[1:]]:
        is_text = not row.is_row
        for at, name in enumerate(names[: 1 if is_text or row in heads else None]):
            own = [span[at] for span, of in zip(spans, said, strict=True) if of == names]
            others = [of for span in spans if not {*own} & {*span} for of in span]
            line = row.at(sorted(own + others))
            word = "内訳" if row in heads else name * (not is_text)
            lines.append(replace(line, cells=(*line.cells, word)))
    return lines


def by_name(part: list[Line], deep: int) -> list[Line]:
    """The lines of a table whose names say what each line has, with that in a column; or none.

    Below its ``deep`` heads, of years, each KPI has 件数(計画値) and 件数(実績値), or 達成度 too.
    """
    heads, rows = part[:deep], [row for row in part[deep:] if row.is_row]
    headers = [header_of(heads, of) for of in range(len(heads[0].cells))]
    named = [of for of, header in enumerate(headers) if "name" in head_of(header).kinds]
    if len(named) != 1 or not any(map(is_year, headers)):
        return []
    found = {of.number: _LINE_OF_NAME.fullmatch(of.cell(named[0])) for of in rows}
    said = Counter((of[1], line_kind(of[2])) for of in found.values() if of)
    others = {line_kind(of.cell(named[0])) for of in rows if not found[of.number]}
    pairs = [(stem, kind) for stem, _ in said for kind in ("target", "actual")]
    stems = [of[1] for of in found.values() if of]
    is_each = said == dict.fromkeys(pairs, 1) and stems[::2] == stems[1::2]
    if not (stems and is_each and others <= {"published", "grade"}):
        return []
    lines = []
    for row in part:
        name = row.cell(named[0])
        match = found.get(row.number)
        name, word = match.groups() if match else ("", name) if row in rows else (name, "区分")
        cells = [name if of == named[0] else row.cell(of) for of in range(len(headers))]
        lines.append(replace(row, cells=(*cells, word)) if row.is_row else row)
    return lines


def with_years_below(headers: list[str], rows: list[Line], parts: list[int]) -> Records:
    """Rows that have each a row below them of nothing but years (H22): those of its figures."""
    below = [[row.cell(of).strip("()（）" + DASHES) for of in parts] for row in rows[1::2]]
    years = {year for said in below for year in said} - {""}
    records = []
    for row, said in zip(rows[::2], below, strict=False) if all(map(year_said, years)) else []:
        record: Record = {}
        for of, year in zip(parts, said, strict=True):
            text = row.cell(of) or row.merged.get(of, "")
            record[of, headers[of]] = text + f" ({year})" * bool(year), row.position_of(of)
        records.append((row, record))
    return records if years and not len(rows) % 2 else []
