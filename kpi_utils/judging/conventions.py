"""How the published figures were made: the sheet's convention, declared or found out (method 3).

Japanese bodies print 達成度, 達成率 or 進捗率 by one of several formulas. Each is tried on every
figure that a sheet prints, at the figure's own precision: so a slip of one row is told from a
house rule. Our own judgement is always by section 3 of the method.
"""

from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils import frames
from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.judging.achievement import SIGN, measure, nearest, towards_target
from kpi_utils.language import Words
from kpi_utils.plan import Plan

__all__ = ["NAMES", "by_convention", "convention_of", "is_figure", "reproduced"]

# The conventions of plan.CONVENTIONS, with the words of a report.
NAMES = Words("convention")


def reproduced(judged: pd.DataFrame) -> pd.DataFrame:
    """Which convention gives each published figure: ``frames.REPRODUCED``, one row a listing.

    Only rows that print a number and have the numbers to try it on are in the frame. A column a
    convention says whether it gives the printed figure.
    """
    records = []
    for row in judged.to_dict("records"):
        cell = read_cell(row["published"])
        if not is_figure(cell) or None in (row["start"], row["actual"], row["target_value"]):
            continue
        by = by_convention(row)
        records.append(
            {
                "section": row["section"],
                "no": row["no"],
                "published": row["published"],
                **{name: part is not None and _prints(part, cell) for name, part in by.items()},
            }
        )
    return frames.frame(frames.REPRODUCED, records)


def convention_of(table: pd.DataFrame, plan: Plan) -> str:
    """The sheet's convention: the declared one, else the first that gives the most figures.

    Blank where none gives any. ``table`` is ``frames.REPRODUCED``.
    """
    if plan.convention or table.empty:
        return plan.convention
    counts = table[list(NAMES)].sum()
    return str(counts.idxmax()) if counts.max() else ""


def by_convention(row: dict) -> dict[str, Fraction | None]:
    """What each convention gives, in parts of one; None where it cannot be formed."""
    start, actual, target = row["start"], row["actual"], row["target_value"]
    if row["target_kind"] == "range":
        linear, _, _ = measure("range", 0, row | {"target": target}, actual)
    else:
        linear = towards_target(SIGN.get(row["direction"], 0), start, actual, target)
    floor = None if linear is None else max(linear, Fraction(0))
    ratio = Fraction(actual) / Fraction(target) if target else None
    return {
        "linear": linear,
        "linear_floor": floor,
        "linear_clipped": None if floor is None else min(floor, Fraction(1)),
        "ratio": ratio,
        "ratio_lower": None if ratio is None else 2 - ratio,
        "ratio_inverse": 1 / ratio if ratio else None,
    }


def is_figure(cell: Cell) -> bool:
    """Whether a published cell is a percentage, or says that it is above or below one."""
    beyond = cell.comparator in ("", "above", "below")
    return beyond and cell.value is not None and identity(cell.unit) in ("", "%")


def _prints(part: Fraction, cell: Cell) -> bool:
    """Whether a part of one, rounded as the cell is printed, is the printed figure.

    "100%超" and "0%未満" are words for what lies beyond.
    """
    if cell.comparator in ("above", "below"):
        beyond = part * 100 > cell.value if cell.comparator == "above" else part * 100 < cell.value
        return bool(beyond)
    step = Decimal(1).scaleb(cell.value.as_tuple().exponent)
    return nearest(part * 100 / Fraction(step)) == Fraction(cell.value) / Fraction(step)
