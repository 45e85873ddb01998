"""What a printed figure says of the way that is better, and of our status (method 2).

A sheet's own 達成度 is evidence: under its house rule it may come out with one direction and not
with the other. And it must never contradict our status in silence.
"""

from collections.abc import Mapping

from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.judging.conventions import House, by_convention, is_figure, prints

__all__ = ["contradicts", "printed_direction", "said_direction", "says_met"]

_MET = ("達成", "達成済", "達成済み", "目標達成", "達成した")
_NOT_MET = ("未達成", "未達", "目標未達成", "目標未達", "達成していない", "×", "✕", "✖", "☓")
# Conventions that give the figure of a KPI of which more is better; of others, any may.
_RISING = ("linear", "linear_floor", "linear_clipped", "ratio")
# A number without its sign of percent may be in parts of one up to so many.
_MOST_PARTS = 10


def says_met(published: str) -> bool | None:
    """Whether a printed word says that a target is met; None where it says neither.

    >>> says_met("達成"), says_met("×"), says_met("120%"), says_met("○")
    (True, False, None, None)
    """
    word = identity(published)
    return True if word in _MET else False if word in _NOT_MET else None


def printed_direction(row: Mapping, house: House) -> int:
    """The direction (1, -1) with which alone the house rule gives a row's printed figure; else 0.

    ``row`` has exact numbers. Of a row without a baseline the ratio itself is the evidence:
    actual / target rises, target / actual and 2 - actual / target fall.
    """
    cell = read_cell(row["published"])
    if not is_figure(cell) or not _has_one_target(row):
        return 0
    judged = {**row, "target_value": row["target"], "target_kind": ""}
    fits = {}
    for sign, direction in ((1, "increase"), (-1, "decrease")):
        way = judged | {"direction": direction}
        names = [house.convention_of(way)]
        if row["start"] is None:
            names = ["ratio"] if sign > 0 else ["ratio_lower", "ratio_inverse"]
        parts = by_convention(way)
        fits[sign] = any(name and prints(parts[name], cell) for name in names)
    if fits[1] and fits[-1] and row["start"] is None and house.convention == "ratio":
        # At the target both are 100 %: then the other rows say which of them it is.
        return 1
    return fits[1] - fits[-1]


def said_direction(row: Mapping) -> int:
    """The direction with which alone the sheet's word (達成, 未達成) on a row is right; else 0."""
    is_met = says_met(row["published"])
    if is_met is None or not _has_one_target(row):
        return 0
    side = (row["actual"] > row["target"]) - (row["actual"] < row["target"])
    return side if is_met else -side


def _has_one_target(row: Mapping) -> bool:
    return None not in (row["actual"], row["target"]) and row["target_upper"] is None


def contradicts(judged: Mapping, is_met: bool) -> bool:
    """Whether what a sheet prints says that a row is met and its status does not, or vice versa.

    A figure that a known convention gives under the row's direction contradicts nothing (107 % by
    actual / target for emissions that have not reached their target). But one of 0 % or less is
    never that of a row that is met, unless a person has declared the direction. ``judged`` is a
    judged row with exact numbers.
    """
    cell, printed = read_cell(judged["published"]), says_met(judged["published"])
    if printed is not None:
        return printed != is_met
    if not is_figure(cell):
        return False
    is_nothing = cell.value <= 0 and cell.comparator != "above"
    if is_met and is_nothing and judged["direction_by"] != "declared":
        return True
    if judged["target_value"] is None or judged["target_kind"] in ("range", "text"):
        return False
    in_parts = not cell.unit and abs(cell.value) <= _MOST_PARTS and not is_nothing
    if _is_full(cell) == is_met or in_parts:
        return False
    parts = by_convention(judged)
    names = _RISING if judged["direction"] == "increase" else parts
    return not any(prints(parts[name], cell) for name in names)


def _is_full(cell: Cell) -> bool:
    return cell.value >= 100 and cell.comparator != "below"
