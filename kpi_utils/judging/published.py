"""What a printed figure says of the way that is better, and of our status (method 2).

A sheet's own 達成度 is evidence: under its house rule it may come out with one direction and not
with the other. And it must never contradict our status in silence.
"""

from collections.abc import Mapping

from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.judging.conventions import House, by_convention, is_figure, prints

__all__ = ["direction_by_figure", "direction_by_word", "is_contradicted", "says_met"]

_MET = ("達成", "達成済", "達成済み", "目標達成", "達成した")
_NOT_MET = ("未達成", "未達", "目標未達成", "目標未達", "達成していない", "×", "✕", "✖", "☓")
# Conventions that give the figure of a KPI of which more is better; of others, any may.
_RISING = ("linear", "linear_floor", "linear_clipped", "ratio")
# A number without a percent sign may be a fraction (1 is 100 %) if it is at most this.
_MAX_FRACTION = 10


def says_met(published: str) -> bool | None:
    """Whether a printed word says that a target is met; None for any other text.

    >>> says_met("達成"), says_met("×"), says_met("120%"), says_met("○")
    (True, False, None, None)
    """
    word = identity(published)
    if word in _MET:
        return True
    return False if word in _NOT_MET else None


def direction_by_figure(row: Mapping, house: House) -> int:
    """The only direction (1, -1) in which the house rule gives a row's printed figure; else 0.

    ``row`` has exact numbers. Of a row without a baseline the ratio itself is the evidence:
    actual / target rises, target / actual and 2 - actual / target fall.
    """
    cell = read_cell(row["published"])
    if not is_figure(cell) or not _has_one_target(row):
        return 0
    fits = {}
    for sign, direction in ((1, "increase"), (-1, "decrease")):
        judged = {**row, "target_value": row["target"], "target_kind": "", "direction": direction}
        names = [house.convention_of(judged)]
        if row["start"] is None:
            names = ["ratio"] if sign > 0 else ["ratio_lower", "ratio_inverse"]
        results = by_convention(judged)
        fits[sign] = any(name and prints(results[name], cell) for name in names)
    if fits[1] and fits[-1] and row["start"] is None and house.convention == "ratio":
        # At the target both are 100 %: then the other rows say which of them it is.
        return 1
    return fits[1] - fits[-1]


def direction_by_word(row: Mapping) -> int:
    """The only direction (1, -1) in which the sheet's word (達成, 未達成) is right; else 0."""
    is_met = says_met(row["published"])
    if is_met is None or not _has_one_target(row):
        return 0
    side = (row["actual"] > row["target"]) - (row["actual"] < row["target"])
    return side if is_met else -side


def _has_one_target(row: Mapping) -> bool:
    return None not in (row["actual"], row["target"]) and row["target_upper"] is None


def is_contradicted(judged: Mapping, is_met: bool) -> bool:
    """Whether the sheet prints that a row is met and its status is another, or vice versa.

    A figure that a known convention gives under the row's direction contradicts nothing (107 % by
    actual / target for emissions that have not reached their target). But one of 0 % or less is
    never that of a row that is met, unless a person has declared the direction. ``judged`` is a
    judged row with exact numbers.
    """
    cell, is_met_in_print = read_cell(judged["published"]), says_met(judged["published"])
    if is_met_in_print is not None:
        return is_met_in_print != is_met
    if not is_figure(cell):
        return False
    is_nothing = cell.value <= 0 and cell.comparator != "above"
    if is_met and is_nothing and judged["direction_by"] != "declared":
        return True
    if judged["target_value"] is None or judged["target_kind"] in ("range", "text"):
        return False
    is_full = cell.value >= 100 and cell.comparator != "below"
    is_fraction = not cell.unit and abs(cell.value) <= _MAX_FRACTION and not is_nothing
    return is_full != is_met and not is_fraction and not _is_explained(judged, cell)


def _is_explained(judged: Mapping, cell: Cell) -> bool:
    """Whether some convention gives the printed figure."""
    results = by_convention(judged)
    names = _RISING if judged["direction"] == "increase" else results
    return any(prints(results[name], cell) for name in names)
