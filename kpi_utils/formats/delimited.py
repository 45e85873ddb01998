"""A CSV file -> lines. It is tidy, with one cell of the sheet a line, or a worksheet as CSV."""

import csv
import io
import re
from collections.abc import Mapping
from itertools import groupby

from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.lines.layout import from_grid
from kpi_utils.lines.line import Line, one_line

# A first line that tells Excel which character separates the cells: sep=; or sep=\t.
_SEPARATOR = re.compile(r'"?sep=(\\t|[^"\w\r\n])"?[,;\t]*(?:\r\n?|\n)', re.I)

# The heads of a tidy file, which has one cell of the sheet a line.
TIDY = ["表", "No", "列", "内容"]
# What a tidy line has in the column 列 if it is a text of the sheet and not a cell.
_TEXTS = ("表題", "見出し", "注", "本文")


def from_csv(content: str, source: str, declared: Mapping[str, str]) -> list[Line]:
    """The lines of a CSV file; ``declared`` are the heads that plan.toml declares, by identity.

    Raises KpiError where the file is not CSV, or a tidy file has a bad line.
    """
    # The most frequent of the three: figures have commas in a file with tabs, too.
    delimiter = max(",\t;", key=content.count)
    if named := _SEPARATOR.match(content):
        delimiter = {"\\t": "\t"}.get(named[1], named[1])
        content = "\n" + content[named.end() :]
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    grid = []
    number = 1
    try:
        for cells in rows:
            if any(map(str.strip, cells)):
                grid.append(Line(number, cells=tuple(map(one_line, cells))))
            number = rows.line_num + 1
    except csv.Error:
        raise KpiError(mistake("csv.unreadable", where=f"{source} {number}行目")) from None
    if grid and list(map(squeezed, grid[0].cells[2 : len(TIDY)])) == TIDY[2:]:
        return _from_tidy(grid[1:], source)
    return from_grid(grid, declared)


def _from_tidy(rows: list[Line], source: str) -> list[Line]:
    """The lines of a tidy file: the cells of each row of a table are put side by side again.

    The first row of a table says its columns and their order.
    """
    # Each line must have all cells and no more: 1,010 without quotes would be read as 1.
    problems = []
    for row in rows:
        if len(row.cells) < len(TIDY) or any(row.cells[len(TIDY) :]):
            about = {"where": f"{source} {row.number}行目", "n": len(row.cells)}
            about |= {"columns": "、".join(TIDY), "wanted": len(TIDY)}
            problems.append(mistake("csv.cells", text=row.as_text(), **about))
    lines: list[Line] = []
    tables: dict[str, tuple[str, ...]] = {}
    for (table, no, text_number), group in groupby(rows, _row_of):
        numbers, kinds, cells = zip(
            *((row.number, row.cell(2), row.cell(3)) for row in group), strict=True
        )
        head = ("No", *kinds)
        if text_number:
            lines.append(_text(numbers[0], table, no, kinds[0], cells[0]))
            continue
        if tables.setdefault(table, head) is head:
            lines.append(Line(numbers[0], cells=head, head=True))
        elif head != tables[table]:
            columns = {"columns": "｜".join(head), "wanted": "｜".join(tables[table])}
            where = f"{source} {numbers[0]}行目"
            differs = mistake("csv.columns-differ", where=where, table=table, no=no, **columns)
            problems.append(differs)
        lines.append(Line(numbers[0], cells=(no, *cells), numbers=(numbers[0], *numbers)))
    if problems:
        raise KpiError(problems)
    return lines


def _row_of(line: Line) -> tuple[str, str, int]:
    """The key that the cells of a table's row share: table, No and 0; a text has its own number."""
    return plain(line.cell(0)), line.cell(1), line.number if line.cell(2) in _TEXTS else 0


def _text(number: int, table: str, no: str, kind: str, text: str) -> Line:
    """The line of a text; one of the commentary has the mark of its level (-) before it."""
    in_commentary = "評価" in table or "課題" in table
    mark = "  - " if kind == "本文" else "- " if in_commentary and no else ""
    return Line(number, mark + text, heading=kind in ("表題", "見出し") and not in_commentary)
