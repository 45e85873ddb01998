"""A workbook -> the lines of the one worksheet that holds the sheet, as its cells show them."""

import re
from typing import NamedTuple

from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import Plan
from kpi_utils.sheets import excel, ods
from kpi_utils.sheets.layout import from_grid, has_table, is_commentary
from kpi_utils.sheets.lines import Line, Remark
from kpi_utils.sheets.workbook_parts import Parts
from kpi_utils.sheets.worksheet import grid_of

# More than any sheet has, unpacked.
_MOST_BYTES = 40_000_000
# A worksheet that shows how one is filled in.
_EXAMPLE = re.compile("(?:記入|記載|入力|作成)例|見本|サンプル")


class _Grid(NamedTuple):
    """What one worksheet shows."""

    name: str
    is_hidden: bool
    lines: list[Line]
    remarks: list[Remark]


def from_workbook(
    content: bytes, plan: Plan, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a workbook's sheet, remarks on it, and its worksheet's name.

    The worksheet is the one that the plan names for the year, or the one with a KPI table, of
    several the one that is named after the year. The name is blank where the workbook has but one
    visible worksheet. Raises KpiError where the file is damaged, no worksheet or more than one can
    be meant, the commentary stands in another one, or it is far too large.
    """
    grids = _grids(content, source)
    grid = _meant(grids, plan, fiscal_year, source)
    has_others = sum(not grid.is_hidden for grid in grids) > 1
    return from_grid(grid.lines, plan.heads), grid.remarks, grid.name if has_others else ""


def _grids(content: bytes, source: str) -> list[_Grid]:
    """All worksheets. Raises KpiError where the file is damaged or too large."""
    parts = None
    grids = []
    size = ""
    try:
        parts = Parts(content)
        size = f"展開すると{parts.size // 1_000_000} MB" if parts.size > _MOST_BYTES else ""
        read = ods.worksheets if "content.xml" in parts.names else excel.worksheets
        for sheet in () if size else read(parts):
            if sheet.is_too_large:
                reach = f"{len(sheet.rows):,}行、{len(sheet.columns):,}列"
                size = f"シート「{sheet.name}」に{reach}"
                break
            grids.append(_Grid(sheet.name, sheet.is_hidden, *grid_of(sheet)))
    # A file that is no whole workbook fails in many ways; all mean the same.
    except Exception:
        part = f"（{parts.reading}）" if parts and parts.reading else ""
        raise KpiError(mistake("workbook.damaged", where=source, part=part)) from None
    if size:
        raise KpiError(mistake("workbook.large", where=source, size=size))
    return grids


def _meant(grids: list[_Grid], plan: Plan, fiscal_year: int, source: str) -> _Grid:
    """The worksheet with the tables: the wanted one, or of several the one named after the year."""
    wanted = plan.worksheets.get(str(fiscal_year), "")
    seen = [grid for grid in grids if not grid.is_hidden]
    if wanted and wanted not in [grid.name for grid in seen]:
        is_hidden = wanted in [grid.name for grid in grids]
        key = "workbook.hidden" if is_hidden else "workbook.no-worksheet"
        raise KpiError(mistake(key, where=source, name=wanted, names=_names(seen)))
    with_tables = [grid for grid in seen if has_table(grid.lines, plan.heads)]
    usable = [grid for grid in with_tables if wanted in ("", grid.name)]
    if not usable and len(seen) == 1 and not wanted:
        # What its rows lack, the reader of the sheet says.
        return seen[0]
    if not usable:
        names = f"「{wanted}」" if wanted else _names(seen)
        raise KpiError(mistake("workbook.no-table", where=source, names=names or "なし"))
    usable = [grid for grid in usable if not _EXAMPLE.search(grid.name)] or usable
    if len(usable) > 1:
        about = {"names": _names(usable), "plan": plan.id, "year": fiscal_year}
        usable = [grid for grid in usable if leading_year(grid.name)[0] == fiscal_year]
        if len(usable) != 1:
            raise KpiError(mistake("workbook.several", where=source, **about))
    for grid in seen:
        if grid not in with_tables and any(map(is_commentary, grid.lines)):
            raise KpiError(mistake("workbook.commentary-apart", where=source, name=grid.name))
    return usable[0]


def _names(grids: list[_Grid]) -> str:
    return "、".join(f"「{grid.name}」" for grid in grids)
