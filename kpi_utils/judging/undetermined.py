"""Why a row's figures cannot be compared, so that it is undetermined: section 2 of docs/method.md.

Each function returns the reason as a message; those that compare return None if there is none.
"""

import re
from decimal import Decimal

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, UNREADABLE, identity, read_cell
from kpi_utils.words import Message, joined, message

# A percentage is seldom more than so many times another of its row, or less than such a part.
_ALIKE = Decimal(3)


def absent(role: str, raw: str, reason: str) -> Message:
    """Returns why a row cannot be judged whose baseline, actual or target has no number."""
    missing = reason if reason in (BLANK, NOT_REPORTED) else UNREADABLE
    return message(f"note.{missing}", role=message(f"role.{role}"), raw=raw)


def years_out_of_order(
    baseline_year: int | None, actual_year: int | None, target_year: int | None, column_year: int
) -> Message | None:
    """Returns why the years cannot be right: their order must be baseline, actual, target."""
    if actual_year is not None and actual_year > column_year:
        return message("note.actual-after-column", year=actual_year)
    if baseline_year and actual_year and actual_year < baseline_year:
        return message("note.actual-before-baseline", year=actual_year)
    if baseline_year and target_year and target_year < baseline_year:
        return message("note.target-before-baseline", year=target_year)
    return None


def incomparable(row: dict) -> Message | None:
    """Returns why an actual cannot be compared: no number, or not the unit of baseline or target.

    Without a number for a target there is only the baseline to compare with.
    """
    if row["actual"] is None:
        return absent("actual", row["actual_raw"], row["actual_reason"])
    if row["start"] is None and row["target"] is None:
        return absent("baseline", row["baseline_raw"], row["baseline_reason"])
    units = [row["actual_unit"]]
    units += [row["unit"]] if row["start"] is not None else []
    units += [row["target_unit"]] if row["target"] is not None else []
    identities = {identity(unit) for unit in units}
    if len(set(_sums(row).values())) > 1:
        # 11件/年 and a five-year sum of 60件: unlike_sums reports that difference, not the unit.
        identities = {unit.removesuffix("/年") for unit in identities}
    odd = (_fraction_among_percentages, _of_different_things, _change_among_levels)
    if cells := next(filter(None, (cells(row) for cells in odd)), None):
        return message("note.units-differ", units=joined(cells, "quoted"))
    if len(identities) > 1:
        return message("note.units-differ", units=joined(units, "quoted"))
    return None


def _fraction_among_percentages(row: dict) -> list[str]:
    """The cells of a row in percent of which one has no % and looks like a fraction: 0.22 for 22 %.

    Empty where there is none. A column of units cannot say it: it is one for all cells.
    """
    roles = [role for role in ("baseline", "actual", "target") if row[role] is not None]
    if identity(row["unit"]) != "%":
        return []
    others = [abs(row[role]) for role in roles if abs(row[role]) > 1]
    fractions = [
        role
        for role in roles
        if 0 < abs(row[role]) < 1
        and "%" not in identity(row[f"{role}_raw"])
        and any(1 / _ALIKE <= abs(row[role]) * 100 / other <= _ALIKE for other in others)
    ]
    return [row[f"{role}_raw"] for role in roles] if fractions else []


def _of_different_things(row: dict) -> list[str]:
    """The cells of a row whose words name different things: 小学校 50 %, 中学校 70 %.

    Empty where there are none; a cell without such words is of what the others are.
    """
    roles = [role for role in ("baseline", "actual", "target") if row[role] is not None]
    raws = [row[f"{role}_raw"] for role in roles]
    things = {read_cell(raw).things for raw in raws} - {()}
    return raws if len(things) > 1 else []


def _change_among_levels(row: dict) -> list[str]:
    """The cells of a row of which some say + and others do not: 50 %, +5 %.

    Empty where there are none, or where a figure is negative: then all may be changes.
    """
    roles = [role for role in ("baseline", "actual", "target") if row[role]]
    raws = [row[f"{role}_raw"] for role in roles]
    are_signed = {bool(re.search(r"\+\d", identity(raw))) for raw in raws}
    is_odd = len(are_signed) > 1 and all(row[role] > 0 for role in roles)
    return raws if is_odd else []


def unlike_sums(row: dict) -> Message | None:
    """Returns why sums over years (累計) cannot be compared: with one year's value, or another sum.

    Sums that begin in the same year, or cover equally many years, can be compared. The analyst
    declares the KPI ``cumulative`` or ``running_total``, and with it what the cells leave out.
    """
    sums = _sums(row)
    periods = joined(map(_period, sums.values()), "quoted")
    if any(sums.values()) and not all(sums.values()):
        return message("note.sums-mixed", sums=periods)
    first_years = {over.partition("-")[0] for over in sums.values()}
    lengths = {_length(over) for over in sums.values()}
    are_equally_long = len(lengths) == 1 and None not in lengths
    if len(first_years) > 1 and not are_equally_long:
        return message("note.sums-begin-apart", sums=periods)
    return None


def sum_goes_on(row: dict, sign: int) -> Message | None:
    """Returns why a sum that is to stay low is not met yet: years of its target are still to come.

    A sum that is to rise is met as soon as it is there.
    """
    sums = _sums(row)
    if sign < 0 and row["stage"] == "interim" and sums.get("actual") and sums.get("target"):
        return message("note.sum-goes-on", sums=joined(map(_period, sums.values()), "quoted"))
    return None


def _sums(row: dict) -> dict[str, str]:
    """The years that the baseline, actual and target, as far as there are any, are sums over."""
    roles = ("baseline", "actual", "target")
    return {role: row[f"{role}_over"] for role in roles if row[role] is not None}


def _length(over: str) -> int | None:
    """The number of years that a value is a sum over; None where the sheet does not say it."""
    first, _, last = over.partition("-")
    if last:
        return int(last) - int(first) + 1
    return int(first) if over.isdecimal() else None


def _period(over: str) -> Message:
    """The years that a value is a sum over, in words."""
    first, dash, last = over.partition("-")
    if dash:
        key = "period" if last else "since"
    else:
        key = {"": "none", "?": "unsaid"}.get(over, "years")
    return message(f"over.{key}", first=first, last=last)
