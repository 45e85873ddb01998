"""What a printed figure says of the better direction, and of our status (method 2).

A sheet's own 達成度 is evidence: under its house rule it may come out with one direction and not
with the other. And it must never contradict our status in silence.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from kpi_utils.cells.letters import compiled, squeezed
from kpi_utils.cells.notation import Cell, read_cell
from kpi_utils.judging.achievement import SIGN
from kpi_utils.judging.conventions import MAX_FRACTION, House, by_convention, is_figure, prints

# Grades that no row has whose target is met, and those that none has which was missed or has fallen
# back. The others may mean the one or the other: ○ and B are 達成 here, 概ね順調 there.
_LOW = re.compile("[△▲CDE]|(?:やや|大幅に|大幅な)?遅れ(?:ている|あり)?|後退|悪化|未着手")
_HIGH = re.compile("[◎SA]")
# What stands beside a grade and says that it is one, or is a note's: C評価, 判定:A, (△)※1.
_BESIDE_GRADE = re.compile(r"評価|判定|ランク|[※*注]\d*|[()\[\]【】:]")
# Where no better grade is printed, ○ is 達成: 事後評価 grade by ○, △ and ×.
_CIRCLE = ("○", "◯")
# Conventions that give the figure of a KPI of which more is better; of others, any may.
_RISING = ("linear", "linear_floor", "linear_clipped", "ratio")


def says_met(published: str) -> bool | None:
    """Whether a printed word says that a target is met; None for any other text.

    >>> says_met("達成"), says_met("C（未達成）"), says_met("120%"), says_met("○")
    (True, False, None, None)
    >>> says_met("概ね達成"), says_met("達成見込み"), says_met("達成（108％）")
    (None, None, True)
    """
    match = compiled("said_of_met").fullmatch(squeezed(published))
    return match["met"] is not None if match else None


def direction_by_figure(row: Mapping, house: House) -> int:
    """The only direction (1, -1) in which the house rule gives a row's printed figure; else 0.

    ``row`` has exact numbers. Of a row without a baseline the ratio itself is the evidence:
    actual / target rises, target / actual and 2 - actual / target fall.
    """
    cell = read_cell(row["published"])
    is_read = house.convention or row["start"] is None
    if not is_read or not is_figure(cell) or not _has_one_target(row):
        return 0
    fits = {}
    for direction, sign in SIGN.items():
        judged = {**row, "target_value": row["target"], "target_kind": "", "direction": direction}
        names = [house.convention_of(judged)]
        if row["start"] is None:
            names = ["ratio"] if sign > 0 else ["ratio_lower", "ratio_inverse"]
        results = by_convention(judged)
        fits[sign] = any(prints(results[name], cell) for name in names)
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
    words = {says_met(judged["grade"]), in_print := says_met(judged["published"])} - {None}
    if (not is_met) in words or in_print is not None:
        return (not is_met) in words
    cell = read_cell(judged["published"])
    if cell.value is None or not is_figure(cell):
        return _is_against_grade(judged, is_met)
    is_nothing = cell.value <= 0 and cell.comparator != "above"
    if is_met and is_nothing and judged["direction_by"] != "declared":
        return True
    if judged["target_value"] is None or judged["target_kind"] in ("range", "text"):
        return False
    is_full = cell.value >= 100 and cell.comparator != "below"
    is_fraction = not cell.unit and 1 <= cell.value <= MAX_FRACTION
    if is_full == is_met or is_fraction or is_of_step(judged):
        return False
    return not _is_explained(judged, judged["target_value"], cell)


def _is_against_grade(judged: Mapping, is_met: bool) -> bool:
    """Whether a printed grade is none that a row of this status can have: met and △, missed and A.

    On the way to a target of a later year a good grade may be for the pace.
    """
    grade = _BESIDE_GRADE.sub("", squeezed(judged["published"])).upper()
    if is_met:
        return bool(_LOW.fullmatch(grade))
    is_final = judged["stage"] == "final"
    if grade in _CIRCLE:
        return is_final and judged["is_circle_best"]
    is_behind = is_final or judged["way"] in ("unchanged", "regressed")
    return is_behind and bool(_HIGH.fullmatch(grade))


def is_of_step(judged: Mapping) -> bool:
    """Whether the printed figure is that of the year's step on the way to the target (102 %)."""
    return _is_explained(judged, judged["step"], read_cell(judged["published"]))


def _is_explained(judged: Mapping, target: Decimal | None, cell: Cell) -> bool:
    """Whether some convention gives the printed figure, measured by a target."""
    if target is None:
        return False
    results = by_convention({**judged, "target_value": target})
    names = _RISING if judged["direction"] == "increase" else results
    return any(prints(results[name], cell) for name in names)
