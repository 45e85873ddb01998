"""A new plan's folder: metadata to fill in, and an example sheet (見本), marked as made up."""

import datetime
import re
import tempfile
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import read_plan
from kpi_utils.running.inputs import place_of, taken
from kpi_utils.running.output import data_folder
from kpi_utils.sheets.sheet import Sheet, read_sheet
from kpi_utils.workbooks.formulas import achievement_formulas
from kpi_utils.workbooks.layout import layout
from kpi_utils.workbooks.workbook import Worksheet, workbook

__all__ = ["last_fiscal_year", "make_plan"]

_HERE = Path(__file__).parent


def last_fiscal_year(today: datetime.date) -> int:
    """The fiscal year (年度, April to March) that ended last: the one whose results are judged.

    >>> last_fiscal_year(datetime.date(2026, 3, 31)), last_fiscal_year(datetime.date(2026, 4, 1))
    (2024, 2025)
    """
    return today.year - (1 if today.month >= 4 else 2)


def make_plan(plan: str, fiscal_year: int) -> str:
    """Write ``data/PLAN`` with plan.toml and an example sheet of a year; the folder's name.

    A report of the example can be made at once. Raises KpiError where the plan cannot be called
    so, is there already, or the year cannot be one of an example.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", plan):
        raise KpiError(mistake("new.name", plan=plan))
    if problem := taken(plan):
        raise KpiError(problem)
    # The target's year, five years on, must be one that a head can name.
    if not isinstance(fiscal_year, int) or not 2000 <= fiscal_year <= 2094:
        raise KpiError(mistake("new.year", year=fiscal_year))
    folder = data_folder() / plan
    place = place_of(folder)
    if folder.exists():
        raise KpiError(mistake("new.exists", place=place))
    text = (_HERE / "example.txt").read_text("utf-8")
    others = {"base": fiscal_year - 2, "far": max(2030, fiscal_year + 5)}
    years = [fiscal_year, fiscal_year + 1, fiscal_year + 2]
    with tempfile.TemporaryDirectory(prefix=f".{plan}-", dir=folder.parent) as beside:
        new, example = Path(beside, plan), Path(beside, "example.txt")
        new.mkdir()
        metadata = new / "plan.toml"
        metadata.write_bytes((_HERE / "example.toml").read_bytes())
        example.write_text(text.format(*years, **others), "utf-8")
        sheet = read_sheet(example, read_plan(metadata), fiscal_year)
        worksheet = _with_formulas(sheet)
        created = datetime.date(fiscal_year, 4, 1)
        (new / f"{fiscal_year}.xlsx").write_bytes(workbook([worksheet], created))
        new.rename(folder)
    return place


def _with_formulas(sheet: Sheet) -> Worksheet:
    """A sheet in its own layout, its 達成度 as live formulas where there is one."""
    made = layout(sheet)
    formulas = achievement_formulas(sheet, sheet.fiscal_year, made)
    changes = {
        made.rows[listing]["published", None]: formula for listing, formula in formulas.items()
    }
    return made.changed(changes)
