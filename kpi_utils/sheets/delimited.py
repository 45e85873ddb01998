"""A CSV file -> lines: a cell a line (tidy), or a worksheet saved as CSV."""

import csv
import io
import re
from collections.abc import Mapping
from itertools import groupby

from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.sheets.layout import from_grid
from kpi_utils.sheets.lines import Line, one_line

# A first line by which Excel knows what parts the cells: sep=; or sep=\t.
_SEPARATOR = re.compile(r'"?sep=(\\t|[^"\w\r\n])"?[,;\t]*(?:\r\n?|\n)', re.I)

# The head of a tidy file: one cell of the sheet a line.
TIDY = ["表", "No", "列", "内容"]
# What a line that is no cell has in the place of a column's name.
_TEXTS = ("表題", "見出し", "注", "本文")


def from_csv(content: str, source: str, declared: Mapping[str, str]) -> list[Line]:
    """The lines of a CSV file; ``declared`` are the heads that plan.toml declares, by identity.

    Raises KpiError where it is none, or a tidy one has a bad line.
    """
    # Figures have commas in a file with tabs, too.
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
    """The lines of a tidy file: the cells of a table's row put side by side again.

    The columns of a table are those of its first row, in their order.
    """
    # A figure's own comma, unquoted, would leave 1 of 1,010.
    problems = []
    for row in rows:
        if len(row.cells) < len(TIDY) or any(row.cells[len(TIDY) :]):
            about = {"where": f"{source} {row.number}行目", "n": len(row.cells)}
            about |= {"columns": "、".join(TIDY), "wanted": len(TIDY)}
            problems.append(mistake("csv.cells", text=row.as_text(), **about))
    lines: list[Line] = []
    tables: dict[str, tuple[str, ...]] = {}
    for (part, no, is_text), group in groupby(rows, _row_of):
        numbers, kinds, cells = zip(
            *((row.number, row.cell(2), row.cell(3)) for row in group), strict=True
        )
        head = ("No", *kinds)
        if is_text:
            lines.append(_text(numbers[0], part, no, kinds[0], cells[0]))
            continue
        if tables.setdefault(part, head) is head:
            lines.append(Line(numbers[0], cells=head, head=True))
        elif head != tables[part]:
            columns = {"columns": "｜".join(head), "wanted": "｜".join(tables[part])}
            where = f"{source} {numbers[0]}行目"
            differs = mistake("csv.columns-differ", where=where, table=part, no=no, **columns)
            problems.append(differs)
        lines.append(Line(numbers[0], cells=(no, *cells), numbers=(numbers[0], *numbers)))
    if problems:
        raise KpiError(problems)
    return lines


def _row_of(line: Line) -> tuple[str, str, int]:
    """What the cells of one row of a table share; of a text, its own line."""
    return plain(line.cell(0)), line.cell(1), line.number if line.cell(2) in _TEXTS else 0


def _text(number: int, part: str, no: str, kind: str, text: str) -> Line:
    """A text; in the commentary with the mark of its level."""
    in_commentary = "評価" in part or "課題" in part
    mark = "  - " if kind == "本文" else "- " if in_commentary and no else ""
    return Line(number, mark + text, heading=kind in ("表題", "見出し") and not in_commentary)
