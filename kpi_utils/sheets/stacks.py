"""Several lines a KPI -> one line a KPI, with a column for each of its figures.

Lines that say what they are (目標値, 実績値, 達成率), lines that stand one over the other as the
heads do, a small table a KPI, and two figures in a cell (41 → 52).
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import plain
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.lines import Line

# What a line of several can be of a KPI.
_LINES = {*FIGURES, "published", "grade"}
_ARROW = re.compile(r"\s*(?:→|⇒|➡|⇨)\s*")
# 合同説明会の参加者数 300 人: a name of words, and a figure behind it.
_NAME_AND_FIGURE = re.compile(r"(\D.*?\D)\s*([約▲△]?\s?\d[\d,.]*\D*)")
# Which line has the figure of a column that says itself what it is.
_LINE_OF = {"baseline": "actual", "latest": "actual", "yearly_target": "target"}

# The text of a cell, and where it stands.
Printed = tuple[str, int | str]
# A table with one line a KPI: its headers, its lines, and the rows that they are made of.
Flat = tuple[list[str], list[Line], list[Line]]


def unstacked(heads: list[Line], headers: list[str], rows: list[Line]) -> Flat:
    """A table with one line a KPI; without lines where it has that already."""
    parts = [of for of in range(len(headers)) if headers[of]]
    wide = [row for row in rows if len(row.filled()) > 1]
    if not wide or any(of not in parts for row in wide for of in row.filled()):
        return headers, [], []
    if named := _names_in_cells(headers, wide, parts):
        return named
    for column in parts:
        if len(_ARROW.split(headers[column])) == 2:
            return _split(headers, wide, column)
        kinds = {_line_kind(row.cell(column)) for row in wide}
        if "" not in kinds and len(kinds) > 1:
            return _by_words(headers, wide, column, parts)
    return _by_period(heads, headers, rows, parts)


def _names_in_cells(headers: list[str], rows: list[Line], parts: list[int]) -> Flat | None:
    """A table with the KPI's name before each of its figures, with a column for the names."""
    heads = {of: head_of(headers[of]) for of in parts}
    if any("name" in head.kinds and not head.year for head in heads.values()):
        return None
    named = [of for of in parts if "name" in heads[of].kinds]
    if len(named) < 2:
        return None
    lines = []
    for row in rows:
        matches = {of: _NAME_AND_FIGURE.fullmatch(row.cell(of)) for of in named}
        found = {of: match for of, match in matches.items() if match}
        names = {match[1] for match in found.values()}
        if len(names) > 1 or len(found) < len(named):
            return None
        cells = [found[of][2] if of in named else row.cell(of) for of in parts]
        lines.append(_line(row, [(text, row.position) for text in (*names, *cells)]))
    return ["指標", *(headers[of] for of in parts)], lines, rows


def _line(row: Line, cells: list[Printed]) -> Line:
    texts, numbers = zip(*cells, strict=True)
    return Line(row.number, cells=texts, numbers=numbers, place=row.place)


def _line_kind(text: str) -> str:
    """What of a KPI a line says (target, actual …), by the word that it begins with; or blank."""
    head = head_of(text)
    kinds = [kind for kind in head.kinds if kind in _LINES]
    return _LINE_OF.get(kinds[0], kinds[0]) if kinds and not head.year and text else ""


def _is_year(header: str) -> bool:
    head = head_of(header)
    return head.kinds == ("year",) or (not head.kinds and bool(head.short))


def _split(headers: list[str], rows: list[Line], column: int) -> Flat:
    """A column of two figures in a cell, as two columns."""
    kept = [of for of in range(len(headers)) if headers[of]]
    new_headers: list[str] = []
    lines = []
    for of in kept:
        new_headers += _ARROW.split(headers[of]) if of == column else [headers[of]]
    for row in rows:
        cells: list[Printed] = []
        for of in kept:
            text = row.cell(of) or row.merged.get(of, "")
            parts = _ARROW.split(text) if of == column else [text]
            parts = parts if of != column or len(parts) == 2 else [text, ""]
            cells += [(part, row.position_of(of)) for part in parts]
        lines.append(_line(row, cells))
    return new_headers, lines, rows


def _by_words(headers: list[str], rows: list[Line], words: int, parts: list[int]) -> Flat:
    """Lines that say in a column what they are: 目標値, 実績値, 達成率."""
    named = [
        of for of in parts if {"name", "thing"} & {*head_of(headers[of]).kinds} and of != words
    ]
    records = []
    for block in _blocks(rows, words, named):
        by_line = {_line_kind(row.cell(words)): row for row in block}
        record: dict[str, Printed] = {}
        for of in parts:
            if of == words:
                continue
            if _is_year(headers[of]):
                for row in block:
                    record[f"{headers[of]} {row.cell(words)}"] = row.cell(of), row.position_of(of)
                continue
            record[headers[of]] = _one_of(block, by_line, headers[of], of)
        records.append((block[0], record))
    return *_as_lines(records), rows


def _blocks(rows: list[Line], words: int, named: list[int]) -> list[list[Line]]:
    """The rows in lots of one KPI: a new one begins where a name stands, or a word comes again."""
    blocks: list[list[Line]] = []
    for row in rows:
        kinds = [_line_kind(of.cell(words)) for of in blocks[-1]] if blocks else []
        is_new = any(row.cell(of) and of not in row.merged for of in named)
        if not blocks or _line_kind(row.cell(words)) in kinds or (is_new and len(kinds) > 1):
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _one_of(block: list[Line], by_line: dict[str, Line], header: str, of: int) -> Printed:
    """The cell of a column that says itself what it is, out of the lines of a KPI.

    Where no line is the one for it, all that the lines say there is put together.
    """
    wanted = [_LINE_OF.get(kind, kind) for kind in head_of(header).kinds]
    for row in [by_line[kind] for kind in wanted if kind in by_line]:
        if text := row.cell(of):
            return text, row.position_of(of)
    filled = [row for row in block if row.cell(of)]
    first = filled[0] if filled else block[0]
    texts = dict.fromkeys(row.cell(of) for row in filled)
    return " ".join(texts) or first.merged.get(of, ""), first.position_of(of)


def _by_period(heads: list[Line], headers: list[str], rows: list[Line], parts: list[int]) -> Flat:
    """Lines that stand one over the other, as the rows of their heads do."""
    deep = len(heads)
    named = [of for of in parts if "name" in _kinds_in_column(heads, of)]
    named += [of for of in parts if "thing" in _kinds_in_column(heads, of)]
    lots = [rows[start : start + deep] for start in range(0, len(rows), deep)]
    if deep < 2 or not named or not lots or len(lots[-1]) != deep:
        return headers, [], []
    of_name = named[0]
    in_step = all(
        lot[0].cell(of_name) and not any(row.cell(of_name) for row in lot[1:]) for lot in lots
    )
    stacked = [
        of
        for of in parts
        if all(head.cell(of) for head in heads)
        and sum(bool(row.cell(of)) for lot in lots for row in lot[1:]) > len(lots) / 2
    ]
    others = {of for lot in lots for row in lot[1:] for of in row.filled()} - {*stacked}
    if not in_step or not stacked or others:
        return headers, [], []
    records = []
    for lot in lots:
        record: dict[str, Printed] = {}
        for of in parts:
            if of in stacked:
                for head, row in zip(heads, lot, strict=True):
                    record[head.cell(of)] = row.cell(of), row.position_of(of)
            else:
                record[headers[of]] = lot[0].cell(of), lot[0].position_of(of)
        records.append((lot[0], record))
    return *_as_lines(records), rows


def _kinds_in_column(heads: list[Line], column: int) -> list[str]:
    return [kind for head in heads for kind in head_of(head.cell(column)).kinds]


def _as_lines(records: list[tuple[Line, dict[str, Printed]]]) -> tuple[list[str], list[Line]]:
    """Records of cells by header, each with its first row -> headers, and a line a record."""
    headers = list(dict.fromkeys(header for _, record in records for header in record))
    lines = [
        _line(row, [record.get(header, ("", row.position)) for header in headers])
        for row, record in records
    ]
    return headers, lines


def small_tables(grid: list[Line]) -> list[Line]:
    """Small tables, one a KPI, as one table; no lines where there are none.

    Such a table begins with the KPI's name behind a head for it, and goes on with lines that say
    what they are (目標値, 実績値), under a line of years.
    """
    starts = [index for index, row in enumerate(grid) if _starts(row)]
    records, taken = [], []
    for start, end in pairwise([*starts, len(grid)]):
        rows = [grid[start]]
        for row in grid[start + 1 : end]:
            if len(row.filled()) < 2 or not _kinds_of_first(row):
                break
            rows.append(row)
        record = _record(rows)
        if any(_line_kind(_text_of_first(row)) for row in rows[1:]):
            records.append((rows[0], record))
            taken += rows
    if not records:
        return []
    headers, lines = _as_lines(records)
    others = [row for row in grid if row not in taken]
    top = records[0][0]
    first, head = top.number, Line(top.number, cells=tuple(headers), head=True, place=top.place)
    return [
        *(row for row in others if row.number < first),
        head,
        *lines,
        *(row for row in others if row.number > first),
    ]


def _text_of_first(row: Line) -> str:
    return row.cells[row.filled()[0]]


def _kinds_of_first(row: Line) -> Sequence[str]:
    return head_of(_text_of_first(row)).kinds


def _starts(row: Line) -> bool:
    """Whether a row has the head of a name, and a name behind it."""
    filled = row.filled()
    return len(filled) > 1 and "name" in _kinds_of_first(row) and not _is_head(row.cells[filled[1]])


def _is_head(text: str) -> bool:
    """Whether a text is a head; 全国大会の出場者数 may as well be a name."""
    return bool({*head_of(text).kinds} - {"carried"})


def _record(rows: list[Line]) -> dict[str, Printed]:
    """The cells of a small table by header."""
    record: dict[str, Printed] = {}
    years: dict[int, str] = {}
    for row in rows:
        first, *others = row.filled()
        word = row.cells[first]
        if row is not rows[0] and {"when", "year"} & {*head_of(word).kinds}:
            years = {of: row.cells[of] for of in others}
        elif row is not rows[0] and _line_kind(word):
            for of in others:
                over = years.get(of, "")
                if over and not _is_year(over):
                    wanted = [_LINE_OF.get(kind, kind) for kind in head_of(over).kinds]
                    if over not in record or _line_kind(word) in wanted:
                        record[over] = row.cells[of], row.position_of(of)
                else:
                    header = f"{over} {word}".strip()
                    # Two lines of one word leave no figure that can be read.
                    text = " ".join(filter(None, [record.get(header, ("",))[0], row.cells[of]]))
                    record[header] = text, row.position_of(of)
        else:
            for label, value in _pairs([row.cells[of] for of in row.filled()]):
                record.setdefault(label, (value, row.position))
    return record


def _pairs(cells: list[str]) -> list[tuple[str, str]]:
    """Heads with what stands behind each: 成果指標, its name, 単位, 人, 最終目標, 70.0."""
    return [
        (re.sub(r"[\d①-⑳]+$", "", label), value)
        for label, value in pairwise(cells)
        if head_of(label).kinds
        and not is_figure(label)
        and (is_figure(value) or not _is_head(plain(value)))
    ]
