"""Several lines a KPI -> one line a KPI, with a column for each of its figures.

Lines that say what they are (目標値, 実績値, 達成率), lines that stand one over the other as the
heads do, a small table a KPI, and two figures in a cell (41 → 52).
"""

import re
from itertools import pairwise, takewhile

from kpi_utils.cells.heads import head_of, unit_in
from kpi_utils.cells.letters import plain
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.kpi_lines import LINE_OF, captioned, line_kind, said_below, with_leads
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.year_rows import DASHES, Printed, Record, by_years, with_years_below

_ARROW = re.compile(r"\s*(?:→|⇒|➡|⇨)\s*(?![^(（]*[)）])")
_BRACKET = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
# 合同説明会の参加者数 300 人: a name of words, and a figure behind it.
_NAME_AND_FIGURE = re.compile(r"(\D.*?\D)\s*([約▲△]?\s?\d[\d,.]*\D*)")

# A table with one line a KPI: its headers, its lines, and the rows that they are made of.
Flat = tuple[list[str], list[Line], list[Line]]


def unstacked(heads: list[Line], headers: list[str], rows: list[Line]) -> Flat:
    """A table with one line a KPI; without lines where it has that already."""
    parts = [of for of in range(len(headers)) if headers[of]]
    wide = [row for row in rows if len(row.filled()) > 1]
    if not wide or any(of not in parts for row in wide for of in row.filled()):
        return headers, [], []
    records = _with_names(headers, wide, parts)
    for column in parts if not records else []:
        kinds = {line_kind(row.cell(column)) for row in wide}
        if len({*_ARROW.split(headers[column])}) == 2:
            records = [(row, _split(headers, row, column, parts)) for row in wide]
        elif "" not in kinds and len(kinds) > 1:
            records = _by_words(headers, wide, column, parts)
        if records:
            break
    records = records or by_years(headers, wide, parts)
    if records:
        return *_as_lines(records), wide
    records = _by_period(heads, headers, rows, parts)
    if not records:
        records, rows = with_years_below(headers, wide, parts), wide
    return (*_as_lines(records), rows) if records else (headers, [], [])


def _as_lines(records: list[tuple[Line, Record]]) -> tuple[list[str], list[Line]]:
    """Records, each with its first row -> headers, and a line a record."""
    keys = list(dict.fromkeys(key for _, record in records for key in record))
    lines = []
    for row, record in records:
        texts, numbers = zip(*(record.get(key, ("", row.position)) for key in keys), strict=True)
        lines.append(Line(row.number, cells=texts, numbers=numbers, place=row.place))
    return [header for _, header in keys], lines


def _with_names(
    headers: list[str], rows: list[Line], parts: list[int]
) -> list[tuple[Line, Record]]:
    """Rows with the KPI's name before each of its figures, with a column for the names."""
    heads = {of: head_of(headers[of]) for of in parts}
    named = [of for of in parts if "name" in heads[of].kinds]
    if len(named) < 2 or not all(heads[of].year for of in named):
        return []
    records = []
    for row in rows:
        found = {of: _NAME_AND_FIGURE.fullmatch(row.cell(of)) for of in named}
        names = {match and match[1] for match in found.values()}
        (name, *others) = names
        if others or not name:
            return []
        record = {(-1, "指標"): (name, row.position)}
        for of in parts:
            match = found.get(of)
            record[of, headers[of]] = match[2] if match else row.cell(of), row.position
        records.append((row, record))
    return records


def _split(headers: list[str], row: Line, column: int, parts: list[int]) -> Record:
    """A row with a column of two figures in a cell as two columns."""
    record: Record = {}
    for of in parts:
        text = row.cell(of) or row.merged.get(of, "")
        heads, texts = [headers[of]], [text]
        if of == column:
            heads, texts = _ARROW.split(headers[of]), _ARROW.split(text)
            texts = texts if len(texts) == 2 else [text, ""]
        for head, part in zip(heads, texts, strict=True):
            record[of, head] = part, row.position_of(of)
    return record


def _lines_for(header: str) -> list[str]:
    """The kinds of lines that have the figure of a column; that of the beginning is one, too."""
    kinds = head_of(header).kinds
    return [*(LINE_OF.get(kind, kind) for kind in kinds), *["actual"] * ("baseline" in kinds)]


def _is_year(header: str) -> bool:
    head = head_of(header)
    return head.kinds == ("year",) or (not head.kinds and bool(head.short))


def _by_words(
    headers: list[str], rows: list[Line], words: int, parts: list[int]
) -> list[tuple[Line, Record]]:
    """Lines that say in a column what they are: 目標値, 実績値, 達成率."""
    others = [of for of in parts if of != words]
    named = [of for of in others if {"name", "thing"} & {*head_of(headers[of]).kinds}]
    records = []
    for block in _blocks(rows, words, named):
        record: Record = {}
        said = [row.cell(words) for row in block]
        units = {unit_in(text) for text in said if line_kind(text) != "published"} - {""}
        # 目標値（人）, 実績値（人）: the KPI's unit, and no other column than 目標値（社）.
        if len(units) == 1 and "単位" not in headers:
            record[words, "単位"] = units.pop(), block[0].position_of(words)
            said = [_BRACKET.sub("", text) for text in said]
        for of in others:
            if _is_year(headers[of]):
                for row, word in zip(block, said, strict=True):
                    # The line of the beginning has a figure in its own year, elsewhere a dash.
                    is_said = row.cell(of).strip(DASHES)
                    if is_said or line_kind(word) != "baseline":
                        record[of, f"{headers[of]} {word}"] = row.cell(of), row.position_of(of)
            else:
                record[of, headers[of]] = _one_of(block, words, headers[of], of)
        records.append((block[0], record))
    return records


def _blocks(rows: list[Line], words: int, named: list[int]) -> list[list[Line]]:
    """The rows in lots of one KPI: a new one begins where a name stands, or a word comes again."""
    blocks: list[list[Line]] = []
    for row in rows:
        kinds = [line_kind(of.cell(words)) for of in blocks[-1]] if blocks else []
        is_new = any(row.cell(of) and of not in row.merged for of in named)
        if not blocks or line_kind(row.cell(words)) in kinds or (is_new and len(kinds) > 1):
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _one_of(block: list[Line], words: int, header: str, of: int) -> Printed:
    """The cell of a column out of the lines of a KPI: of the one for it, else of all together."""
    by_line = {line_kind(row.cell(words)): row for row in block}
    # The line of 達成率 has a unit of its own.
    lines = 1 if "unit" in head_of(header).kinds else None
    filled = [row for row in block if row.cell(of)][:lines]
    for row in [by_line[kind] for kind in _lines_for(header) if kind in by_line]:
        if text := row.cell(of):
            return text, row.position_of(of)
    first = filled[0] if filled else block[0]
    texts = dict.fromkeys(row.cell(of) for row in filled)
    return " ".join(texts) or first.merged.get(of, ""), first.position_of(of)


def _by_period(
    heads: list[Line], headers: list[str], rows: list[Line], parts: list[int]
) -> list[tuple[Line, Record]]:
    """Lines that stand one over the other, as the rows of their heads do."""
    deep = len(heads)
    kinds = {of: {k for head in heads for k in head_of(head.cell(of)).kinds} for of in parts}
    named = [of for kind in ("name", "thing") for of in parts if kind in kinds[of]]
    lots = [rows[start : start + deep] for start in range(0, len(rows), deep)]
    if deep < 2 or not named or len(lots[-1]) != deep:
        return []
    below = [row for lot in lots for row in lot[1:]]
    stacked = [
        of
        for of in parts
        if all(head.cell(of) for head in heads)
        and sum(bool(row.cell(of)) for row in below) > len(lots) / 2
    ]
    # In the lines below stands nothing else, and no name.
    others = {of for row in below for of in row.filled()} - {*stacked}
    in_step = named[0] not in stacked and all(lot[0].cell(named[0]) for lot in lots)
    if not in_step or not stacked or others:
        return []
    records = []
    for lot in lots:
        record: Record = {}
        for of in parts:
            for head, row in zip(heads, lot, strict=True) if of in stacked else []:
                record[of, head.cell(of)] = row.cell(of), row.position_of(of)
            if of not in stacked:
                record[of, headers[of]] = lot[0].cell(of), lot[0].position_of(of)
        records.append((lot[0], record))
    return records


def small_tables(grid: list[Line]) -> list[Line]:
    """Small tables, one a KPI, as one table; no lines where there are none.

    Such a table begins with the KPI's name behind a head for it, or alone as its caption, and goes
    on with lines that say what they are (目標値, 実績値), under a line of years.
    """
    grid = captioned(grid)
    starts = with_leads(grid, [index for index, row in enumerate(grid) if _starts(row)])
    records, taken, texts = [], [], []
    for start, end in pairwise([*starts, len(grid)]):
        first, *others = grid[start:end]
        rows = said_below(others)
        if any(line_kind(row.first) for row in rows):
            records.append((first, _record(first, rows)))
            below = _text_below([first, *rows][-1], others[len(rows) :])
            texts += [Line(row.number, row.run_on(), place=row.place) for row in below]
            taken += [first, *rows, *below]
    if not records:
        return []
    headers, lines = _as_lines(records)
    top = records[0][0]
    left = [row for row in grid if row not in taken]
    head = Line(top.number, cells=tuple(headers), head=True, place=top.place)
    above = [row for row in left if row.number < top.number]
    # A text right over a small table is its KPI's group.
    over = [grid[start - 1] for start in starts[1:] if grid[start - 1] in left]
    lines = sorted([*lines, *over], key=lambda line: line.number)
    below = [row for row in left if row.number > top.number and row not in over]
    return [*above, head, *lines, *texts, *below]


def _text_below(last: Line, rows: list[Line]) -> list[Line]:
    """The rows right below a small table without a figure (要因分析), which are none of a table."""
    close = takewhile(lambda row: row[0] == row[1].number, enumerate(rows, last.number + 1))
    told = (row for _, row in close)
    return [*takewhile(lambda of: len(of.filled()) > 1 and not any(map(is_figure, of.cells)), told)]


def _starts(row: Line) -> bool:
    """Whether a row has the head of a name, and a name behind it; no figures side by side."""
    cells = [row.cells[of] for of in row.filled()]
    is_one = len(cells) > 1 and "name" in {*head_of(row.first).kinds} and not _is_head(cells[1])
    return is_one and not any(is_figure(a) and is_figure(b) for a, b in pairwise(cells))


def _is_head(text: str) -> bool:
    """Whether a text is a head; 全国大会の出場者数 may as well be a name."""
    return bool({*head_of(text).kinds} - {"carried"})


def _record(first: Line, rows: list[Line]) -> Record:
    """The cells of a small table."""
    record: Record = {}
    years: dict[int, str] = {}
    words = min(row.filled()[0] for row in rows if line_kind(row.first))
    for row in [first, *rows]:
        word = row.first
        over = [of for of in row.filled() if of > words]
        are_heads = len(over) > 1 and all(_is_head(row.cells[of]) for of in over)
        if row is not first and (are_heads or {"when", "year"} & {*head_of(row.first).kinds}):
            years = {of: row.cells[of] for of in over}
            continue
        if row is first or not line_kind(word):
            for key, printed in _pairs(row):
                record.setdefault(key, printed)
            continue
        for of in row.filled()[1:]:
            head, text = years.get(of, ""), row.cells[of]
            key = 0, f"{head} {word}".strip()
            if head and not _is_year(head):
                key = 0, head
                if key in record and line_kind(word) not in _lines_for(head):
                    continue
            record[key] = text, row.position_of(of)
    return record


def _pairs(row: Line) -> list[tuple[tuple[int, str], Printed]]:
    """Heads with what stands behind each: 成果指標, its name, 単位, 人, 最終目標, 70.0."""
    return [
        ((0, re.sub(r"[\d①-⑳]+$", "", label)), (value, row.position))
        for label, value in pairwise(row.cells[of] for of in row.filled())
        if head_of(label).kinds
        and not is_figure(label)
        and (is_figure(value) or not _is_head(plain(value)))
    ]
