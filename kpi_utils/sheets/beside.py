"""Tables that stand side by side, and those that are parts of one."""

from collections import Counter
from dataclasses import replace

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.sheets.lines import Line


def side_by_side(table: list[Line], headers: list[str]) -> list[list[Line]]:
    """The lines of each of several tables with the same heads that stand side by side; else [].

    Also [] where a text stands between the rows: it may be about one table or about all.
    """
    first = next(filter(None, headers), "")
    begins = [col for col, header in enumerate(headers) if header == first]
    if len(begins) < 2:
        return []
    last = max(index for index, row in enumerate(table) if row.is_row)
    if any(row.place or not row.is_row for row in table[: last + 1]):
        return []
    spans = map(range, begins, [*begins[1:], max(len(row.cells) for row in table)])
    cut = [[_within(row, *pair) for row in table[: last + 1]] for pair in enumerate(spans, 1)]
    return [[row for row in cells if row.filled()] for cells in cut]


def _within(row: Line, number: int, span: range) -> Line:
    """A row with the cells of one table only, and the table's ``number`` in its place."""
    cells = tuple(cell if col in span else "" for col, cell in enumerate(row.cells))
    place = f"表{number} {row.number}行" if number > 1 else ""
    merged = {col: text for col, text in row.merged.items() if col in span}
    return replace(row, cells=cells, place=place, merged=merged)


def are_one(tables: list[list[Line]]) -> bool:
    """Whether tables are parts of one table: the same heads, and each has KPIs of its own.

    A KPI that is in more than one of them must have the same figures in each.
    """
    heads = {tuple(map(squeezed, line.cells)) for table in tables for line in table if line.head}
    kinds = [{*head_of(cell).kinds} for cell in min(heads, default=())]
    named = [col for kind in ("name", "thing") for col, each in enumerate(kinds) if kind in each]
    if len(tables) < 2 or len(heads) > 1 or not named:
        return False
    same = [col for col, each in enumerate(kinds) if each & {*FIGURES, "year", "unit", "published"}]
    owned = []
    for rows in tables:
        kpi_rows = [row for row in rows if not row.head and row.cell(named[0])]
        names = (identity(row.cell(named[0])) for row in kpi_rows)
        figures = (tuple(squeezed(row.cell(col)) for col in same) for row in kpi_rows)
        owned.append(dict(zip(names, figures, strict=True)))
    seen = Counter(name for own in owned for name in own)
    printed = {kpi for own in owned for kpi in own.items()}
    return len(printed) == len(seen) and all(1 in map(seen.get, own) for own in owned)
