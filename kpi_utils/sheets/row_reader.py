"""The cells of a row, as they are read -> the row's fields, all in the unit of the row."""

import re
from dataclasses import replace
from decimal import Decimal

from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import UNREADABLE, Cell, identity
from kpi_utils.cells.units import in_unit

__all__ = ["in_unit_of", "point_fields", "row_fields", "target_fields"]


def target_fields(cell: Cell, column_year: int | None, unit: str) -> dict:
    """What ``frames.ROWS`` says of a target, in its row's unit."""
    target = in_unit_of(cell, unit)
    return {
        "target": target.value,
        "target_column_year": column_year,
        **{
            f"target_{said}": getattr(target, said)
            for said in ("raw", "text", "year", "upper", "unit", "comparator", "reason", "over")
        },
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
        "goals": ",".join(mark for mark in marks if squeezed(mark) != "再掲"),
        "relisted": "再掲" in map(squeezed, marks),
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
