"""A new plan's folder: metadata to fill in, and an example sheet (見本) with made-up figures."""

import datetime
import re
import tempfile
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import read_plan
from kpi_utils.running.inputs import folder_label, name_problem
from kpi_utils.running.output import data_folder
from kpi_utils.sheets.sheet import Sheet, read_sheet
from kpi_utils.workbooks.formulas import achievement_formulas
from kpi_utils.workbooks.layout import layout
from kpi_utils.workbooks.workbook import Worksheet, workbook

__all__ = ["last_fiscal_year", "make_plan"]

_TEMPLATES = Path(__file__).parent


def last_fiscal_year(today: datetime.date) -> int:
    """The fiscal year (年度, April to March) that ended last: the one whose results are judged.

    >>> last_fiscal_year(datetime.date(2026, 3, 31)), last_fiscal_year(datetime.date(2026, 4, 1))
    (2024, 2025)
    """
    return today.year - (1 if today.month >= 4 else 2)


def make_plan(plan: str, fiscal_year: int) -> str:
    """Write ``data/PLAN`` with plan.toml and an example sheet of a year; returns "data/PLAN".

    A report of the example can be made at once. Raises KpiError where the name cannot be a plan's,
    the plan exists already, or the year is too early or too late for the example.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", plan):
        raise KpiError(mistake("new.name", plan=plan))
    if problem := name_problem(plan):
        raise KpiError(problem)
    # The target's year, up to five years later, must be one that a column header can name.
    if not isinstance(fiscal_year, int) or not 2000 <= fiscal_year <= 2094:
        raise KpiError(mistake("new.year", year=fiscal_year))
    folder = data_folder() / plan
    if folder.exists():
        raise KpiError(mistake("new.exists", place=folder_label(folder)))
    template = (_TEMPLATES / "example.txt").read_text("utf-8")
    ends = {"base": fiscal_year - 2, "far": max(2030, fiscal_year + 5)}
    years = [fiscal_year, fiscal_year + 1, fiscal_year + 2]
    with tempfile.TemporaryDirectory(prefix=f".{plan}-", dir=folder.parent) as temporary_folder:
        new_folder, example = Path(temporary_folder, plan), Path(temporary_folder, "example.txt")
        new_folder.mkdir()
        metadata = new_folder / "plan.toml"
        metadata.write_bytes((_TEMPLATES / "example.toml").read_bytes())
        example.write_text(template.format(*years, **ends), "utf-8")
        sheet = read_sheet(example, read_plan(metadata), fiscal_year)
        worksheet = _with_formulas(sheet)
        created = datetime.date(fiscal_year, 4, 1)
        (new_folder / f"{fiscal_year}.xlsx").write_bytes(workbook([worksheet], created))
        new_folder.rename(folder)
    return folder_label(folder)


def _with_formulas(sheet: Sheet) -> Worksheet:
    """A sheet in its own layout, with a live formula in each cell of 達成度 that can have one."""
    worksheet = layout(sheet)
    formulas = achievement_formulas(sheet, sheet.fiscal_year, worksheet)
    cells = {
        worksheet.rows[listing]["published", None]: formula for listing, formula in formulas.items()
    }
    return worksheet.changed(cells)
