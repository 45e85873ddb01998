"""Tables that stand side by side, and those that are parts of one."""

from collections import Counter
from dataclasses import replace

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.sheets.lines import Line


def side_by_side(part: list[Line], headers: list[str]) -> list[list[Line]]:
    """The lines of each table where several with the same heads stand side by side; else none.

    None either where a text stands between the rows, which may be about one or all of them.
    """
    first = next(filter(None, headers), "")
    begins = [of for of, header in enumerate(headers) if header == first]
    if len(begins) < 2:
        return []
    last = max(of for of, row in enumerate(part) if row.is_row)
    if any(row.place or not row.is_row for row in part[: last + 1]):
        return []
    spans = map(range, begins, [*begins[1:], max(len(row.cells) for row in part)])
    cut = [[_within(row, *of) for row in part[: last + 1]] for of in enumerate(spans, 1)]
    return [[row for row in table if row.filled()] for table in cut]


def _within(row: Line, number: int, span: range) -> Line:
    """The cells of a row in the columns of one of several tables, its number in the place."""
    cells = tuple(cell if of in span else "" for of, cell in enumerate(row.cells))
    place = f"表{number} {row.number}行" if number > 1 else ""
    merged = {of: text for of, text in row.merged.items() if of in span}
    return replace(row, cells=cells, place=place, merged=merged)


def are_one(tables: list[list[Line]]) -> bool:
    """Whether the lines of tables are parts of one: the same heads, and in each KPIs of its own.

    A KPI that comes again has the same figures.
    """
    heads = {tuple(map(squeezed, line.cells)) for of in tables for line in of if line.head}
    kinds = [{*head_of(cell).kinds} for cell in min(heads, default=())]
    named = [of for kind in ("name", "thing") for of, able in enumerate(kinds) if kind in able]
    if len(tables) < 2 or len(heads) > 1 or not named:
        return False
    judged = [of for of, able in enumerate(kinds) if able & {*FIGURES, "year", "unit", "published"}]
    owned = []
    for rows in tables:
        of_kpis = [row for row in rows if not row.head and row.cell(named[0])]
        names = (identity(row.cell(named[0])) for row in of_kpis)
        figures = (tuple(squeezed(row.cell(of)) for of in judged) for row in of_kpis)
        owned.append(dict(zip(names, figures, strict=True)))
    seen = Counter(name for own in owned for name in own)
    printed = {kpi for own in owned for kpi in own.items()}
    return len(printed) == len(seen) and all(1 in map(seen.get, own) for own in owned)
