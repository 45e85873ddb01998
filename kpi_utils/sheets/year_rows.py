"""Rows of years -> one line a KPI: a row a year, or a row of years below each row of figures."""

from kpi_utils.cells.heads import FIGURES, head_of, year_said
from kpi_utils.sheets.lines import Line

DASHES = "-－−‐–—―ー─"
# What a column can be that has a figure of each year.
_YEARLY = {*FIGURES, "published", "grade"} - {"baseline"}

# The text of a cell, and where it stands.
Printed = tuple[str, int | str]
# What there is of a KPI, by the column and the head that it is given.
Record = dict[tuple[int, str], Printed]


def with_years_below(
    headers: list[str], rows: list[Line], parts: list[int]
) -> list[tuple[Line, Record]]:
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


def by_years(headers: list[str], rows: list[Line], parts: list[int]) -> list[tuple[Line, Record]]:
    """Rows of a KPI, one a year that a column says, as one; none where a year comes again.

    A figure that is the same in all rows of each KPI has no year: 基準値, the plan's 目標値.
    """
    kinds = {of: head_of(headers[of]).kinds for of in parts}
    named = [of for of in parts if "name" in kinds[of]]
    when = [of for of in parts if kinds[of] == ("when",)]
    if len(named) != 1 or len(when) != 1 or when[0] < named[0]:
        return []
    blocks: list[dict[str, Line]] = []
    last = ""
    for row in rows:
        year, name = year_said(row.cell(when[0])), row.cell(named[0]) or last
        if name != last:
            blocks.append({})
        if not year or not name or year in blocks[-1]:
            return []
        blocks[-1][year], last = row, name
    if all(len(block) == 1 for block in blocks):
        return []
    said = {of: [{row.cell(of) for row in block.values()} for block in blocks] for of in parts}
    yearly = {of for of in parts if _YEARLY & {*kinds[of]} and any(len(it) > 1 for it in said[of])}
    return [(next(iter(of.values())), _of_years(headers, of, parts, yearly)) for of in blocks]


def _of_years(
    headers: list[str], block: dict[str, Line], parts: list[int], yearly: set[int]
) -> Record:
    """The rows of a KPI, by their years, as one: with a column a year of what is ``yearly``."""
    record: Record = {}
    for of in parts:
        if of in yearly:
            for year, row in block.items():
                record[of, f"{year} {headers[of]}"] = row.cell(of), row.position_of(of)
        elif head_of(headers[of]).kinds != ("when",):
            texts = dict.fromkeys(filter(None, (row.cell(of) for row in block.values())))
            first = next(iter(block.values()))
            text = " ".join(texts) or first.merged.get(of, "")
            record[of, headers[of]] = text, first.position_of(of)
    return record
