"""What a printed figure says of the better direction, and of our status (method 2).

A sheet's own 達成度 is evidence: the house rule may reproduce it with one direction and not with
the other. And it must never contradict our status in silence.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from kpi_utils.cells.letters import compiled, squeezed
from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.judging.achievement import SIGN
from kpi_utils.judging.conventions import MAX_FRACTION, House, by_convention, is_figure, prints

# Grades that contradict a target that is met, and grades that contradict one that was missed or a
# KPI that fell back. Others are ambiguous: ○ and B mean 達成 in one sheet, 概ね順調 in another.
_LOW = re.compile("[△▲▼CDE]|.{0,3}遅れ(?:ている|あり)?|順調で.?ない|要改善|不十分|後退|悪化|未着手")
_HIGH = re.compile("[◎SA]")
# What a printed word says of the way since the baseline, and on which side of its target it has
# the actual: やや改善, 悪化している, 目標を下回った.
_WAY = re.compile(
    r"(?:やや|若干|大きく|大幅に|着実に)?"
    r"(?:(?P<better>改善|好転)|悪化|後退)(?:し(?:た|てい?る|ました)|傾向)?。?"
)
_SIDE = re.compile(
    r"目標(?:値|水準)?を(?:やや|わずかに|大きく|大幅に)?(?P<side>[上下])回"
    r"(?:った|る|っている|りました|っています|る(?:結果|実績)|った(?:結果|実績))。?"
)
# What may be written below zero, and is less where the figure is more.
_LOSS = re.compile("赤字|損失|欠損|不足")
# What may stand beside a grade: a word for grade, brackets, a note's mark: C評価, 判定:A, (△)※1.
_BESIDE_GRADE = re.compile(r"評価|判定|ランク|[※*注]\d*|[()\[\]【】:]")
# If the sheet prints no better grade, ○ is 達成: 事後評価 are graded ○, △ and ×.
_CIRCLE = ("○", "◯")
# The conventions for a KPI of which more is better; for other KPIs any may have been used.
_RISING = ("linear", "linear_floor", "linear_clipped", "ratio")


def says_met(published: str) -> bool | None:
    """Whether a printed word says that a target is met; None for any other text.

    >>> says_met("達成"), says_met("C（未達成）"), says_met("120%"), says_met("○")
    (True, False, None, None)
    >>> says_met("概ね達成"), says_met("達成見込み"), says_met("達成（108％）")
    (None, None, True)
    """
    match = compiled("met_or_not").fullmatch(squeezed(published))
    return match["met"] is not None if match else None


def direction_by_figure(row: Mapping, house: House) -> int:
    """The only sign (1, -1) with which the house rule reproduces a row's printed figure; else 0.

    ``row`` has exact numbers. If it has no baseline, the ratio itself is the evidence: actual /
    target for a rise (and a cut, △620 of △500), target / actual and 2 - actual / target for a fall.
    So is a figure that is measured by the year's step, if the steps go that way. With a baseline, a
    step tells only a fall: some sheets print actual / step of anything.
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
            names = _ratios(row, sign)
        results = by_convention(judged)
        fits[sign] = any(prints(results[name], cell) for name in names)
    if fits[1] and fits[-1] and row["start"] is None and house.convention == "ratio":
        # At the target all ratios are 100 %: then the convention of the other rows decides.
        return 1
    if fits[1] == fits[-1] and row["step"] not in (None, row["target"]):
        by_step = direction_by_figure({**row, "target": row["step"]}, house)
        is_on_way = (row["target"] - row["step"]) * by_step > 0
        return by_step * is_on_way if row["start"] is None else min(by_step, 0)
    return fits[1] - fits[-1]


def may_be_negative(row: Mapping) -> bool:
    """Whether a KPI by its name or unit may lie below zero: 経常収支, 人口の社会増減."""
    named = f"{identity(row['name'])} {identity(row['unit'])}"
    return bool(compiled("may_fall").search(named))


def is_loss_below_zero(row: Mapping) -> bool:
    """Whether a target below zero is that of a loss, of which -400 is less than -500: 赤字額."""
    return row["target"] < 0 and bool(_LOSS.search(row["name"]))


def _ratios(row: Mapping, sign: int) -> list[str]:
    """The conventions by which a ratio without a baseline tells a direction.

    Actual / target of a balance or loss (△620 of △500) tells nothing: more may be cut, or lost.
    """
    if sign * row["target"] <= 0:
        return ["ratio_lower", "ratio_inverse"]
    is_open = sign < 0 and (may_be_negative(row) or is_loss_below_zero(row))
    return [] if is_open else ["ratio"]


def direction_by_word(row: Mapping) -> int:
    """The only sign (1, -1) with which the sheet's word (達成, 未達成) is right; else 0."""
    is_met = says_met(row["published"])
    if is_met is None or not _has_one_target(row):
        return 0
    side = (row["actual"] > row["target"]) - (row["actual"] < row["target"])
    return side if is_met else -side


def _has_one_target(row: Mapping) -> bool:
    return None not in (row["actual"], row["target"]) and row["target_upper"] is None


def is_contradicted(judged: Mapping, is_met: bool) -> bool:
    """Whether what the sheet prints contradicts our status: met and not met, or 改善 and a fall.

    A figure that a known convention reproduces in the row's direction contradicts nothing (107 % by
    actual / target for emissions that have not reached their target). But 0 % or less always
    contradicts a row that is met, unless the analyst has declared the direction. ``judged`` is a
    judged row with exact numbers.
    """
    if any(says_otherwise(judged[of], judged, is_met) for of in ("grade", "published")):
        return True
    if says_met(judged["published"]) is not None:
        return False
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


def says_otherwise(printed: str, judged: Mapping, is_met: bool) -> bool:
    """Whether a printed word contradicts a row's figures: 達成, 目標を下回った, 悪化."""
    said = squeezed(printed)
    if side := _SIDE.fullmatch(said):
        targets = {judged["target_value"], judged["step"]} - {None}
        sign = 1 if side["side"] == "上" else -1
        is_odd = bool(targets) and all((judged["actual"] - of) * sign <= 0 for of in targets)
        # Before the target's year it may be said of a yearly target that is not in the sheet.
        return is_odd and (is_met or judged["stage"] == "final")
    if way := _WAY.fullmatch(said):
        is_odd = judged["way"] == "regressed" if way["better"] else judged["way"] == "progressing"
        return is_odd and not is_met
    return says_met(printed) is (not is_met)


def _is_against_grade(judged: Mapping, is_met: bool) -> bool:
    """Whether a printed grade contradicts the status: △ beside met, A beside missed.

    Before the target's year a good grade may be for the pace.
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
    """Whether the printed figure is measured by the year's step on the way to the target."""
    return _is_explained(judged, judged["step"], read_cell(judged["published"]))


def _is_explained(judged: Mapping, target: Decimal | None, cell: Cell) -> bool:
    """Whether some convention reproduces the printed figure, measured by a target."""
    if target is None:
        return False
    results = by_convention({**judged, "target_value": target})
    names = _RISING if judged["direction"] == "increase" else results
    return any(prints(results[name], cell) for name in names)
