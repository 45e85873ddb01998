"""A CSV file -> lines: a cell a line (tidy), or a worksheet saved as CSV."""

import csv
import io
import re
from collections.abc import Container
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
TEXTS = TITLE, HEADING, NOTE, PARAGRAPH = "表題", "見出し", "注", "本文"


def from_csv(content: str, source: str, declared: Container[str]) -> list[Line]:
    """The lines of a CSV file; ``declared`` are the heads that plan.toml declares, by identity.

    Raises KpiError where it is none, or a tidy one has a bad line.
    """
    # Figures have commas in a file with tabs, too.
    delimiter = "\t" if content.count("\t") > content.count(",") else ","
    if named := _SEPARATOR.match(content):
        delimiter = {"\\t": "\t"}.get(named[1], named[1])
        content = content[named.end() :]
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    grid, above = [], bool(named)
    number = 1 + above
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                grid.append(Line(number, cells=tuple(one_line(cell) for cell in cells)))
            number = rows.line_num + 1 + above
    except csv.Error:
        raise KpiError(mistake("csv.unreadable", where=f"{source} {number}行目")) from None
    if grid and list(map(squeezed, grid[0].cells[2 : len(TIDY)])) == TIDY[2:]:
        return _from_tidy(grid[1:], source)
    return from_grid(grid, declared)


def _from_tidy(rows: list[Line], source: str) -> list[Line]:
    """The lines of a tidy file: the cells of a table's row put side by side again.

    The columns of a table are those of its first row, in their order.
    """
    lines: list[Line] = []
    # A figure's own comma, unquoted, would leave 1 of 1,010.
    problems = [
        mistake(
            "csv.cells",
            where=f"{source} {row.number}行目",
            n=len(row.cells),
            text=row.as_text(),
            columns="、".join(TIDY),
            wanted=len(TIDY),
        )
        for row in rows
        if len(row.cells) < len(TIDY) or any(row.cells[len(TIDY) :])
    ]
    tables: dict[str, tuple[str, ...]] = {}
    for (part, no, text), cells_of_row in groupby(rows, _row_of):
        group = list(cells_of_row)
        cells = [(*row.cells, "", "", "", "")[:4] for row in group]
        number, (_, _, name, content) = group[0].number, cells[0]
        if text:
            in_commentary = "評価" in part or "課題" in part
            mark = "- " if in_commentary and no else ""
            mark = "  - " if name == PARAGRAPH else mark
            heading = name in (TITLE, HEADING) and not in_commentary
            lines.append(Line(number, mark + content, heading=heading))
            continue
        names = ("No", *(cell[2] for cell in cells))
        if part not in tables:
            tables[part] = names
            lines.append(Line(number, cells=names, head=True))
        if names != tables[part]:
            columns = {"columns": "｜".join(names), "wanted": "｜".join(tables[part])}
            where = f"{source} {number}行目"
            problems.append(
                mistake("csv.columns-differ", where=where, table=part, no=no, **columns)
            )
        numbers = (number, *(row.number for row in group))
        lines.append(Line(number, cells=(no, *(cell[3] for cell in cells)), numbers=numbers))
    if problems:
        raise KpiError(problems)
    return lines


def _row_of(line: Line) -> tuple[str, str, int]:
    """What the cells of one row of a table share; of a text, its own line."""
    part, no, name = (*line.cells, "", "", "")[:3]
    return plain(part), no, line.number if name in TEXTS else 0
