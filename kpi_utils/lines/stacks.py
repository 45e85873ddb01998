"""Tables with several lines a KPI -> one line a KPI, with a column for each of its figures.

A line may say its kind (目標値, 実績値, 達成率) or its year; lines may stand one below the other in
the order of their heads; or a cell may have two figures (41 → 52).
"""

import re

from kpi_utils.cells.heads import head_of, unit_in, year_said
from kpi_utils.cells.letters import squeezed
from kpi_utils.lines.kpi_lines import (
    BRACKET,
    DASHES,
    LINE_OF,
    Printed,
    Record,
    Records,
    header_of,
    is_year,
    line_kind,
    with_years_below,
)
from kpi_utils.lines.line import Line
from kpi_utils.lines.texts_below import is_note

ARROW = re.compile(r"\s*(?:→|⇒|➡|⇨)\s*(?![^(（]*[)）])")
_DATE = re.compile("月|[.．/／]")
# 合同説明会の参加者数 300 人: a name of words, and a figure behind it.
_NAME_AND_FIGURE = re.compile(r"(\D.*?\D)\s*([約▲△]?\s?\d[\d,.]*\D*)")

# The kinds of figures that each line has of its own, where each line is of a year.
_OF_YEARS = ("latest", "actual", "target", "published", "grade")
# The kinds of columns that say the same for all lines of a KPI.
_SAID_ONCE = {"unit", "group", "part", "thing"}
# A table with one line a KPI: its headers, its lines, and the rows from which they were made.
Flat = tuple[list[str], list[Line], list[Line]]


def unstacked(heads: list[Line], headers: list[str], rows: list[Line]) -> Flat:
    """A table's rows put together, one line a KPI; no lines if the table has one line a KPI."""
    columns = [col for col in range(len(headers)) if headers[col]]
    wide = [row for row in rows if row.is_row]
    if not wide or any(col not in columns for row in wide for col in row.filled()):
        return headers, [], []
    records = _with_names(headers, wide, columns)
    for column in columns if not records else []:
        kinds = {_line_word(headers[column], row.cell(column)) for row in wide}
        # Beside targets and actuals, lines of something else (全国順位) are carried along.
        are_known = "carried" not in kinds or {"target", "actual"} <= kinds
        if len({*ARROW.split(headers[column])}) == 2:
            records = [(row, _record(headers, row, columns, column)) for row in wide]
        elif are_known and "" not in kinds and len(kinds) > 1:
            records = _by_words(headers, wide, column, columns)
        if records:
            break
    if records:
        return *as_lines(records), wide
    records, rows = _by_period(heads, headers, rows, columns)
    if not records:
        records, rows = with_years_below(headers, wide, columns), wide
    if not records:
        rows = [row for row in wide if not is_note(row)]
        records = _with_targets_below(headers, rows, columns)
    return (*as_lines(records), rows) if records else (headers, [], [])


def as_lines(records: Records) -> tuple[list[str], list[Line]]:
    """The headers of records, and a line for each record; a record comes with its first row."""
    keys = list(dict.fromkeys(key for _, record in records for key in record))
    lines = []
    for row, record in records:
        texts, numbers = zip(*(record.get(key, ("", row.position)) for key in keys), strict=True)
        lines.append(Line(row.number, cells=texts, numbers=numbers, place=row.place))
    return [header for _, header in keys], lines


def _with_names(headers: list[str], rows: list[Line], columns: list[int]) -> Records:
    """Records of rows with the KPI's name before each figure; the name gets a column of its own."""
    heads = {col: head_of(headers[col]) for col in columns}
    named = [col for col in columns if "name" in heads[col].kinds]
    if len(named) < 2 or not all(heads[col].year for col in named):
        return []
    records: Records = []
    for row in rows:
        found = [(col, _NAME_AND_FIGURE.fullmatch(row.cell(col))) for col in named]
        figures = {col: match[2] for col, match in found if match}
        names = {match and match[1] for _, match in found}
        if len(names) > 1 or len(figures) < len(named):
            return []
        record: Record = {(-1, "指標"): (names.pop() or "", row.position)}
        for col in columns:
            record[col, headers[col]] = figures.get(col, row.cell(col)), row.position
        records.append((row, record))
    return records


def _record(headers: list[str], row: Line, columns: list[int], column: int = -1) -> Record:
    """The record of a row; a ``column`` with two figures in a cell (41 → 52) gives two columns."""
    record: Record = {}
    for col in columns:
        text = row.cell(col) or row.merged.get(col, "")
        heads = ARROW.split(headers[col]) if col == column else [headers[col]]
        texts = ARROW.split(text)
        texts = texts if len(texts) == len(heads) else [text, ""]
        record |= {(col, head): (texts[at], row.position_of(col)) for at, head in enumerate(heads)}
    return record


def _with_targets_below(headers: list[str], rows: list[Line], columns: list[int]) -> Records:
    """Records of rows, with the yearly targets of a row 年度ごとの目標値 below, if any."""
    dated = (col for col in columns if {*head_of(headers[col]).kinds} <= {"actual", "year"})
    years = {col: year_said(headers[col]) for col in dated}
    records: Records = []
    for row in rows:
        if "yearly_target" not in head_of(row.first).kinds:
            records.append((row, _record(headers, row, columns)))
            continue
        filled = [col for col in row.filled()[1:] if row.cells[col].strip(DASHES)]
        if not (records and all(map(years.get, filled))):
            return []
        for col in filled:
            key = col, f"年度目標（{years[col]}）"
            if key in records[-1][1]:
                return []
            records[-1][1][key] = row.cells[col], row.position_of(col)
    return records if len(records) < len(rows) else []


def lines_for(header: str) -> list[str]:
    """The kinds of lines that may hold the figure of a column: for a baseline, also the actual."""
    kinds = head_of(header).kinds
    return [*(LINE_OF.get(kind, kind) for kind in kinds), *["actual"] * ("baseline" in kinds)]


def _by_words(headers: list[str], rows: list[Line], kind_col: int, columns: list[int]) -> Records:
    """Records of lines with their kind (目標値, 実績値) or year in the column ``kind_col``.

    The plan's 目標値 is of no year if it is the same in all lines of each KPI, or merged over them.
    """
    others = [col for col in columns if col != kind_col]
    blocks = _blocks(headers, rows, kind_col)
    kinds = {line_kind(row.cell(kind_col)) for row in rows}
    # 見込 beside the one row of a KPI says how sure its figures are.
    if kinds == {"actual", "forecast"} and any(len(block) == 1 for block in blocks):
        return []
    split = {of for of in others if is_year(headers[of]) or "増加分" in headers[of]}
    if are_years := not any(kinds):
        split = _of_years(headers, kind_col, blocks)
        if not split:
            return []
    records = []
    for block in blocks:
        record: Record = {}
        # A date stays a date: R5.9末 says when in the year the figure was measured.
        words = [
            year_said(text) if are_years and not _DATE.search(text) else text
            for text in (row.cell(kind_col) for row in block)
        ]
        units = {unit_in(text) for text in words if line_kind(text) != "published"} - {""}
        # 目標値（人）, 実績値（人）: a unit. 目標値（人） and 目標値（社） share one column.
        if len(units) == 1 and "単位" not in headers:
            record[kind_col, "単位"] = units.pop(), block[0].position_of(kind_col)
            words = [BRACKET.sub("", text) for text in words]
        for col in others:
            if col in split:
                for row, word in zip(block, words, strict=True):
                    # The line of baselines has a figure in the baseline's year, elsewhere a dash.
                    is_said = row.cell(col).strip(DASHES)
                    if is_said or line_kind(word) != "baseline":
                        record[col, f"{headers[col]} {word}"] = row.cell(col), row.position_of(col)
            else:
                record[col, headers[col]] = _one_of(block, kind_col, headers[col], col)
        records.append((block[0], record))
    return records


def _of_years(headers: list[str], kind_col: int, blocks: list[list[Line]]) -> set[int]:
    """The columns whose figures are of the year that each line says; none where that is unsure.

    A target on the first line alone may be that year's or the plan's; 実績年度 dates no target.
    """
    name_kind = "name" if any("name" in head_of(header).kinds for header in headers) else "thing"
    has_name = any(name_kind in head_of(header).kinds for header in headers[:kind_col])
    if not has_name or all(len(block) == 1 for block in blocks):
        return set()
    heads = {col: head_of(header) for col, header in enumerate(headers)}
    dated = {col for col in heads if not heads[col].year and {*_OF_YEARS} & {*heads[col].kinds}}
    for col in [col for col in dated if "target" in heads[col].kinds]:
        cells = [[row.cell(col) for row in block if col not in row.merged] for block in blocks]
        is_one = all(len({*texts}) < 2 for texts in cells)
        if is_one or not re.fullmatch("年[度次]?", headers[kind_col]):
            dated.remove(col)
        elif any(len(texts) > 1 and texts[0] and not any(texts[1:]) for texts in cells):
            return set()
    return dated


def _blocks(headers: list[str], rows: list[Line], kind_col: int) -> list[list[Line]]:
    """The rows of each KPI: a new KPI begins where a name stands, or a kind of line is repeated.

    The second line may go on with the name, if all KPIs have the same lines and each name is new.
    """
    kinds = {col: {*head_of(text).kinds} for col, text in enumerate(headers) if col != kind_col}
    name_kind = "name" if any("name" in each for each in kinds.values()) else "thing"
    named = [col for col in kinds if name_kind in kinds[col]]
    once = [col for col in kinds if col not in named and kinds[col] and kinds[col] <= _SAID_ONCE]
    words = [_line_word(headers[kind_col], row.cell(kind_col)) for row in rows]
    # Lines that are carried along are told apart by their whole text.
    texts = (row.cell(kind_col) for row in rows)
    words = [text if kind == "carried" else kind for kind, text in zip(words, texts, strict=True)]
    names = [{row.cell(col) for col in named if col not in row.merged} - {""} for row in rows]
    apart = [[squeezed(row.cell(col)) for col in once] for row in rows]
    blocks = _block_rows(words, names, apart, 2)
    lines = {frozenset(words[row] for row in block) for block in blocks}
    is_again = any(names[row] & names[block[0]] for block in blocks for row in block[1:])
    is_remark = {*words} == {"actual", "forecast"}
    if is_remark or not line_kind(rows[0].cell(kind_col)) or len(lines) > 1 or is_again:
        blocks = _block_rows(words, names, apart, 1)
    return [[rows[row] for row in block] for block in blocks]


def _block_rows(
    words: list[str], names: list[set[str]], apart: list[list[str]], least: int
) -> list[list[int]]:
    """The indices of rows in blocks: in a block no word comes twice, and the texts ``apart`` agree.

    Behind the first ``least`` rows no other name comes either. 達成率 may have its own unit.
    """
    blocks: list[list[int]] = []
    for row, word in enumerate(words):
        block = blocks[-1] if blocks else [row]
        both = zip(apart[block[0]], apart[row], strict=True)
        is_new = word not in ("published", "grade") and any(a and b and a != b for a, b in both)
        is_new |= len(block) >= least and not names[row] <= names[block[0]]
        if not blocks or is_new or word in [words[above] for above in block]:
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _line_word(header: str, text: str) -> str:
    """The kind that a line of a KPI says, target, actual …; under a head of years, its year."""
    is_when = head_of(header).kinds == ("when",)
    # The figures of R5（見込） and R5上半期 are not those of R5.
    is_plain = {*head_of(text).kinds} <= {"year", "actual"}
    aside = "carried" if head_of(text).kinds == ("carried",) else ""
    return line_kind(text) or (year_said(text) if is_when and is_plain else aside)


def _one_of(block: list[Line], kind_col: int, header: str, col: int) -> Printed:
    """The cell of a column: that of the line of its kind, else all cells of the KPI, joined."""
    by_line = {line_kind(row.cell(kind_col)): row for row in block}
    # A unit is that of the first line that has one: the line of 達成率 has its own.
    most = 1 if "unit" in head_of(header).kinds else None
    filled = [row for row in block if row.cell(col)][:most]
    for row in [by_line[kind] for kind in lines_for(header) if kind in by_line]:
        if text := row.cell(col):
            return text, row.position_of(col)
    first = filled[0] if filled else block[0]
    texts = dict.fromkeys(row.cell(col) for row in filled)
    return " ".join(texts) or first.merged.get(col, ""), first.position_of(col)


def _by_period(
    heads: list[Line], headers: list[str], rows: list[Line], columns: list[int]
) -> tuple[Records, list[Line]]:
    """Records of lines that stand one below the other in the order of their heads; and their rows.

    The first row of heads may have years. A text between the lines is not one of the rows.
    """
    whole = [col for col in columns if all(head.cell(col) for head in heads)]
    over = heads[:1] if whole and all(is_year(heads[0].cell(col)) for col in whole) else []
    deep = len(heads) - len(over)
    kinds = {col: {k for head in heads for k in head_of(head.cell(col)).kinds} for col in columns}
    named = [col for kind in ("name", "thing") for col in columns if kind in kinds[col]]
    rows = [row for row in rows if row.filled() != named[:1] or row.merged]
    blocks = [rows[start : start + deep] for start in range(0, len(rows), max(deep, 1))]
    if deep < 2 or not named or len(blocks[-1]) != deep:
        return [], rows
    below = [row for block in blocks for row in block[1:]]
    own_heads = {col: [head.cell(col) for head in heads[len(over) :]] for col in whole}
    filled = [col for col in whole if sum(bool(row.cell(col)) for row in below) > len(blocks) / 2]
    # In columns of years to come the lower lines are still blank.
    stacked = [col for col in whole if own_heads[col] in map(own_heads.get, filled)]
    # The lower lines have cells in no other column, and no name.
    others = {col for row in below for col in row.filled()} - {*stacked}
    in_step = named[0] not in stacked and all(block[0].cell(named[0]) for block in blocks)
    if not in_step or not stacked or others:
        return [], rows
    records = []
    for block in blocks:
        record: Record = {}
        for col in columns:
            own = [header_of([*over, head], col) for head in heads[len(over) :]]
            for head, row in zip(own if col in stacked else [headers[col]], block, strict=False):
                record[col, head] = row.cell(col), row.position_of(col)
        records.append((block[0], record))
    return records, rows
