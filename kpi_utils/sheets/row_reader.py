"""The cells of a row, as they are read -> the row's fields, all in the unit of the row."""

import re
from dataclasses import replace
from decimal import Decimal

from kpi_utils.cells.notation import UNREADABLE, Cell, identity
from kpi_utils.cells.units import in_unit

__all__ = ["in_unit_of", "point_fields", "row_fields", "target_fields", "units_filled"]

# 0.57 beside 60 % is no percentage, or one in another form; nor is 1,234 one.
_APART = 50


def units_filled(cells: dict[tuple, Cell]) -> tuple[dict[tuple, Cell], str]:
    """The cells of a row, baseline first, and its unit; a bare number has its row's (method 2)."""
    printed = [cell for cell in cells.values() if cell.unit]
    unit = printed[0].unit if printed else ""
    known = "" if unit.startswith("/") or "削減" in unit else unit
    shares = [abs(cell.value) for cell in printed if identity(cell.unit) == "%"]

    def filled(cell: Cell) -> Cell:
        if cell.value is None or cell.unit:
            return cell
        value = abs(cell.value)
        small = 0 < value <= 1 and any(share > value * _APART for share in shares)
        large = shares and value > max(100, 2 * max(shares))
        return cell if small or large else replace(cell, unit=known)

    baseline = filled(next(iter(cells.values())))
    own = unit if baseline.value is None else baseline.unit
    return {place: filled(cell) for place, cell in cells.items()}, own


def target_fields(cell: Cell, column_year: int | None, unit: str) -> dict:
    """What ``frames.ROWS`` says of a target, in its row's unit."""
    target = in_unit_of(cell, unit)
    return {
        "target_raw": target.raw,
        "target_text": target.text,
        "target_column_year": column_year,
        "target_year": target.year,
        "target": target.value,
        "target_upper": target.upper,
        "target_unit": target.unit,
        "target_comparator": target.comparator,
        "target_reason": target.reason,
        "target_over": target.over,
    }


def row_fields(
    by_role: dict[str, str],
    initiative_above: str,
    baseline: Cell,
    baseline_column_year: int | None,
    unit: str,
) -> dict:
    """What ``frames.ROWS`` says of a row but for its target; ``by_role`` are the cells' texts."""
    name = by_role["name"]
    marks = re.findall(r"【([^】]*)】", name)
    baseline = in_unit_of(baseline, unit)
    return {
        "kpi": identity(name),
        "name": name,
        "initiative_raw": by_role.get("initiative", ""),
        "initiative": by_role.get("initiative", "") or initiative_above,
        "goals": ",".join(mark for mark in marks if mark != "再掲"),
        "relisted": "再掲" in marks,
        "baseline_raw": baseline.raw,
        "baseline_year": baseline.year or baseline_column_year,
        "baseline": baseline.value if not baseline.comparator else None,
        "unit": unit,
        # A baseline that is a range or a bound has no one value to count from.
        "baseline_reason": UNREADABLE if baseline.comparator else baseline.reason,
        "baseline_over": baseline.over,
        "published": by_role["published"],
    }


def in_unit_of(cell: Cell, unit: str) -> Cell:
    """A cell in another unit, where its own has the same base (億円, 十億円); else as it is."""

    def turned(end: Decimal | None) -> Decimal | None:
        return None if end is None else in_unit(end, cell.unit, unit)

    value = turned(cell.value)
    if value is None:
        return cell
    return replace(cell, value=value, upper=turned(cell.upper), unit=unit)


def point_fields(cell: Cell, unit: str) -> dict:
    """What ``frames.POINTS`` says of an actual, in its row's unit."""
    actual = in_unit_of(cell, unit)
    return {
        "year": actual.year,
        "value": actual.value if not actual.comparator else None,
        "unit": actual.unit,
        "over": actual.over,
        "reason": UNREADABLE if actual.comparator else actual.reason,
    }
