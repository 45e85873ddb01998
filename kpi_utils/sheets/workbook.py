"""A workbook -> the lines of the one worksheet that holds the sheet, as its cells show them."""

from collections.abc import Callable
from functools import partial

from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import Plan
from kpi_utils.sheets import excel, ods
from kpi_utils.sheets.layout import from_grid, has_table, is_commentary, may_be_head
from kpi_utils.sheets.lines import Line, Remark
from kpi_utils.sheets.workbook_parts import Parts
from kpi_utils.sheets.worksheet import Worksheet

# More than any sheet has, unpacked.
_MOST_BYTES = 40_000_000
Grid = list[Line]


def from_workbook(
    content: bytes, plan: Plan, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a workbook's sheet, remarks on it, and its worksheet's name.

    The worksheet is the one that the plan names for the year, or the one with a KPI table, of
    several the one that is named after the year. The name is blank where the workbook has but one
    visible worksheet. Raises KpiError where the file is damaged, no worksheet or more than one can
    be meant, the commentary stands in another one, or it is far too large.
    """
    parts, sheets, size = None, [], ""
    try:
        parts = Parts(content)
        size = f"展開すると{parts.size // 1_000_000} MB" if parts.size > _MOST_BYTES else ""
        read = ods.worksheets if "content.xml" in parts.names else excel.worksheets
        for sheet in () if size else read(parts):
            if not sheet.is_too_large and any(map(may_be_head, sheet.grid)):
                sheet = sheet.in_full()
            if sheet.is_too_large:
                rows, columns = len(sheet.rows), len(sheet.columns())
                size = f"シート「{sheet.name}」に{rows:,}行、{columns:,}列"
                break
            sheets.append((sheet, sheet.grid))
    # A file that is no whole workbook fails in many ways; all mean the same.
    except Exception:
        part = f"（{parts.reading}）" if parts and parts.reading else ""
        raise KpiError(mistake("workbook.damaged", where=source, part=part)) from None
    if size:
        raise KpiError(mistake("workbook.large", where=source, size=size))
    wanted = plan.worksheets.get(str(fiscal_year), "")
    if wanted:
        _must_be_there(wanted, [sheet for sheet, _ in sheets], source)
    grids = [pair for pair in sheets if not pair[0].is_hidden]
    sheet, grid = _worksheet(
        grids, partial(has_table, declared=plan.heads), plan.id, fiscal_year, source, wanted
    )
    return from_grid(grid, plan.heads), sheet.remarks, sheet.name if len(grids) > 1 else ""


def _must_be_there(wanted: str, sheets: list[Worksheet], source: str) -> None:
    """Raise KpiError where a worksheet that is asked for is hidden, or there is none."""
    named = {sheet.name: sheet.is_hidden for sheet in sheets}
    names = _names(sheet for sheet in sheets if not sheet.is_hidden)
    if named.get(wanted, True):
        key = "workbook.hidden" if wanted in named else "workbook.no-worksheet"
        raise KpiError(mistake(key, where=source, name=wanted, names=names))


def _worksheet(
    grids: list[tuple[Worksheet, Grid]],
    has_table: Callable[[Grid], bool],
    plan: str,
    fiscal_year: int,
    source: str,
    wanted: str,
) -> tuple[Worksheet, Grid]:
    """The worksheet with the tables: the wanted one, or of several the one named after the year."""
    with_tables = [pair for pair in grids if has_table(pair[1])]
    others = [
        pair[0] for pair in grids if pair not in with_tables and any(map(is_commentary, pair[1]))
    ]
    usable = [pair for pair in with_tables if wanted in ("", pair[0].name)]
    if not usable and len(grids) == 1 and not wanted:
        # What its rows lack, the reader of the sheet says.
        return grids[0]
    if not usable:
        names = f"「{wanted}」" if wanted else _names(sheet for sheet, _ in grids)
        raise KpiError(mistake("workbook.no-table", where=source, names=names or "なし"))
    if len(usable) > 1:
        names = _names(sheet for sheet, _ in usable)
        usable = [pair for pair in usable if leading_year(pair[0].name)[0] == fiscal_year]
        if len(usable) != 1:
            values = {"names": names, "plan": plan, "year": fiscal_year}
            raise KpiError(mistake("workbook.several", where=source, **values))
    if others:
        raise KpiError(mistake("workbook.commentary-apart", where=source, name=others[0].name))
    return usable[0]


def _names(sheets) -> str:
    return "、".join(f"「{sheet.name}」" for sheet in sheets)
