"""Where a KPI would stand in its target year, and how it stood in earlier years (method 5).

The outlook is the line from the baseline through the newest actual, extended to the target's year:
an extrapolation of two points, and no forecast. Its arithmetic is exact, and its achievement and
status are those of the method. An earlier year is judged as it would have been then.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import cast

import pandas as pd

from kpi_utils.cells.letters import compiled, squeezed
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, identity, read_cell
from kpi_utils.frames import columns_of
from kpi_utils.judging.achievement import SIGN, exact, exact_rows, measure, percent
from kpi_utils.judging.conventions import House
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.judgement import judge_row
from kpi_utils.sheets.long_frame import due_next
from kpi_utils.sheets.sheet import Sheet

_ROLES = ("baseline", "actual", "target")
_NAMES = [name for name in columns_of("readings") if name.startswith("outlook")]
# Words in the names of KPIs whose figures may fall below 0 or, in percent, rise above 100.
_UNBOUNDED = compiled("unbounded")
_UNBOUNDED_UNITS = ("ポイント", "°C")
# A head of figures that are means of several years: H30~R4平均.
_MEAN_OF_YEARS = re.compile("[~〜].*平均|平均.*[~〜]")
# More decimals than these tell a reader nothing.
_MOST_DECIMALS = 9


def cells_by_row(cells: pd.DataFrame, role: str) -> dict[tuple[int, int], list[dict]]:
    """Cells by listing, with exact numbers, and named as ``rows`` names a role's: actual_raw …"""
    cells = cells.add_prefix(f"{role}_").rename(columns={f"{role}_value": role})
    by_row = defaultdict(list)
    for cell in exact_rows(cells):
        by_row[cell[f"{role}_section"], cell[f"{role}_no"]].append(cell)
    return by_row


def outlooks(records: list[dict], points: Mapping, sheet: Sheet) -> dict[str, list]:
    """The columns ``outlook…`` and ``status_by_year`` of ``[readings]``, by name.

    ``records`` are judged rows with exact numbers, ``points`` the actuals of each row.
    """
    cells = sheet.cells
    # The columns whose head says that their figures are means of several years.
    means = {
        (column.section, column.role, None if column.role == "baseline" else column.year)
        for column in sheet.columns.itertuples()
        if _MEAN_OF_YEARS.search(squeezed(column.header))
    }
    targets = cells_by_row(cells[cells["role"].isin(["target", "yearly_target"])], "target")
    columns: dict[str, list] = {name: [] for name in (*_NAMES, "status_by_year")}
    for row in records:
        listing = row["section"], row["no"]
        years = {"baseline": None, **{role: row[f"{role}_column_year"] for role in _ROLES[1:]}}
        has_means = any((row["section"], *of) in means for of in years.items())
        status_by_year = _status_by_year(row, points[listing], targets[listing], sheet)
        outlook = _outlook(row, points[listing], has_means) | {"status_by_year": status_by_year}
        for name, value in outlook.items():
            columns[name].append(value)
    return columns


def _outlook(row: dict, points: list[dict], has_means: bool) -> dict:
    """The outlook of a row with exact numbers; ``points`` are its actuals of all years."""
    # The year in which the way began, None if the sheet does not say it. A sum that begins at zero
    # (``cumulative``) began at the end of the year before its first.
    first, dash, _ = row["actual_over"].partition("-")
    first_year = row["baseline_year"]
    if row["start"] != row["baseline"]:
        first_year = int(first) - 1 if dash else None
    if reason := _reason(row, first_year, has_means):
        return dict.fromkeys(_NAMES) | {"outlook_status": "", "outlook_reason": reason}
    start, actual = Fraction(row["start"]), Fraction(row["actual"])
    target, upper = (
        None if row[name] is None else Fraction(row[name])
        for name in ("target_value", "target_upper")
    )
    a_year = (actual - start) / (row["actual_year"] - first_year)
    drawn_on = actual + a_year * (row["target_year"] - row["actual_year"])
    low, high = _bounds(row, points)
    value = drawn_on if low is None else max(drawn_on, low)
    value = value if high is None else min(value, high)
    measured = row | {"start": start, "actual": value, "target": target, "target_upper": upper}
    sign = SIGN.get(row["direction"], 0)
    fraction, _, is_met = measure(row["target_kind"], sign, measured)
    return {
        "outlook": float(value),
        "outlook_status": "met" if is_met else "missed",
        "outlook_achievement": None if fraction is None else percent(fraction),
        "outlook_short": float(_short(value, target, upper, sign)),
        "outlook_cut": None if value == drawn_on else int(value),
        "outlook_decimals": _decimals(row, value, target, upper),
        "outlook_reason": "",
    }


def _reason(row: dict, first_year: int | None, has_means: bool) -> str:
    """Why a row has no outlook: a code of ``no-outlook`` in the messages; blank if it has one."""
    years = row["actual_year"], row["target_year"]
    cells = [read_cell(row[f"{role}_raw"]) for role in _ROLES]
    # A value of several years that is no sum: which year it stands for is unknown.
    are_averaged = [of.says("averaged") or (of.since and not of.over) for of in cells]
    reasons = {
        "undetermined": row["status"] == "undetermined",
        "no_number": row["target_kind"] in ("direction_only", "text"),
        "final": row["stage"] == "final",
        "no_baseline": row["start"] is None,
        "averaged": has_means or any(are_averaged),
        "sum": row["start"] != row["baseline"] and first_year is None,
        "no_years": None in (first_year, *years) or years[0] <= first_year,
    }
    return next((reason for reason, is_so in reasons.items() if is_so), "")


def _bounds(row: dict, points: list[dict]) -> tuple[int | None, int | None]:
    """The least and the greatest value that a KPI can have, by its figures and name; else None."""
    names = ("baseline", "start", "actual", "target_value", "target_upper")
    figures = [of[name] for of in (row, *points) for name in names if of.get(name) is not None]
    unit = identity(row["unit"])
    is_unbounded = unit in _UNBOUNDED_UNITS or _UNBOUNDED.search(row["kpi"])
    if is_unbounded or min(figures) < 0:
        return None, None
    # 29/34組織 has its 34 in its unit.
    parts = re.match(r"/(\d+)", unit)
    most = int(parts[1]) if parts else 100 if unit == "%" else None
    return int(unit == RANK), None if most is not None and max(figures) > most else most


def _short(value, target, upper, sign: int):
    """How much a value falls short of its target; negative beyond it, 0 within a range."""
    if upper is not None:
        return max(target - value, value - upper, 0)
    return (target - value) * sign


def _decimals(row: dict, value: Fraction, *targets: Fraction | None) -> int:
    """The decimals of an outlook: its row's, or as many as distinguish it from the target."""
    printed = [row[f"{role}_decimals"] for role in _ROLES]
    digits = max(0 if pd.isna(number) else int(number) for number in printed)
    while digits < _MOST_DECIMALS and value not in targets and _rounded(value, digits) in targets:
        digits += 1
    return digits


def _rounded(value: Fraction | float, digits: int) -> Decimal:
    number = cast(Decimal, exact(float(value)))
    return number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def shown_outlook(kpi: Mapping) -> tuple[Decimal, Decimal] | None:
    """The outlook of a row or KPI as it is shown, and how much this falls short of the target.

    Rounded to ``outlook_decimals``, halves away from zero; None if there is no outlook.
    """
    if pd.isna(kpi["outlook"]):
        return None
    value = _rounded(kpi["outlook"], int(kpi["outlook_decimals"]))
    target, upper = exact(kpi["target_value"]), exact(kpi["target_upper"])
    # Adding 0 takes the sign off a zero.
    return value, Decimal(_short(value, target, upper, SIGN.get(kpi["direction"], 0))) + 0


def _status_by_year(row: dict, points: list[dict], targets: list[dict], sheet: Sheet) -> str:
    """The status of a judged row in each year that has an actual: 2022:progressing/2023:met.

    An earlier year is judged by its own actual and the target that was due then, in the direction
    by which the row is judged now; the newest year has the row's status. Years are the actuals'.
    """
    declared = sheet.plan.declared(row["kpi"])
    # The printed figure is the newest actual's: evidence of the direction, but not of this status.
    declared = replace(declared, direction=row["direction"] or declared.direction)
    is_unsettled = not row["target_kind"] or row["reason"] == "published-contradicts"
    newest, statuses = row["actual_column_year"], {}
    for actual in points:
        year = actual["actual_column_year"]
        if actual["actual_reason"] in (BLANK, NOT_REPORTED) or not newest or year >= newest:
            continue
        then = row | actual | _target_due(row, year, targets) | {"published": "", "grade": ""}
        judged = judge_row(then, declared, House())
        status = "undetermined" if is_unsettled else judged["status"]
        statuses[judged["actual_year"] or year] = status
    if row["actual"] is not None or row["actual_reason"] not in (BLANK, NOT_REPORTED):
        statuses[row["actual_year"] or newest] = row["status"]
    return "/".join(f"{year}:{status}" for year, status in sorted(statuses.items()))


def _target_due(row: dict, year: int, targets: list[dict]) -> dict:
    """The target that was due in an earlier year; empty if it is the row's own, maybe corrected.

    A target of that very year counts only in a row that is judged by its own year's target: in
    others it is a step on the way to a later one.
    """
    if row["target_column_year"] == row["actual_column_year"]:
        for target in targets:
            if (target["target_role"], target["target_column_year"]) == ("yearly_target", year):
                return target
    usual = [target for target in targets if target["target_role"] == "target"]
    due = due_next([(it["target_column_year"], it["target_raw"]) for it in usual], year)
    own = ("target_raw", "target_column_year")
    return {} if all(usual[due][name] == row[name] for name in own) else usual[due]


def years_of(status_by_year: str) -> dict[int, str]:
    """The statuses of a cell of ``status_by_year``, by year.

    >>> years_of("2022:progressing/2023:met")
    {2022: 'progressing', 2023: 'met'}
    """
    pairs = (part.split(":") for part in status_by_year.split("/") if part)
    return {int(year): status for year, status in pairs}
