"""One row's figures -> kind of target, achievement, met or not: sections 2 and 3 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …); the kind
says when it is met. Achievement is the part of the way from the baseline to the target that the
actual has gone, in percent. All arithmetic is exact on the digits that the sheet prints, and
rounded once. What cannot be judged says why.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils.cells.notation import (
    BLANK,
    NOT_REPORTED,
    UNREADABLE,
    WORD,
    identity,
    label,
    read_cell,
)
from kpi_utils.judging.direction import RANK, Evidence, less_word, named_direction
from kpi_utils.language import Words, listed, say
from kpi_utils.plan import Declaration

__all__ = [
    "MET",
    "SIGN",
    "Undetermined",
    "absent",
    "achievement",
    "kind_of",
    "measure",
    "must_be_comparable",
    "must_be_in_order",
    "must_be_sums_alike",
    "nearest",
    "on_paper",
    "percent",
    "percent_text",
    "rounded",
    "towards_target",
]

SIGN = {"increase": 1, "decrease": -1}
WORDED_SIGN = {**SIGN, "at_least": 1, "above": 1, "at_most": -1, "below": -1}

# The sheet's own word for a target that is met.
MET = "達成"


class Undetermined(Exception):
    """A row that cannot be judged: ``reason`` is the code of why, and the message says it.

    The codes are the keys of the messages under ``note``; values are those that a message names.
    """

    def __init__(self, reason: str, **values):
        super().__init__(say(f"note.{reason}", **values))
        self.reason = reason


def achievement(baseline: Decimal, actual: Decimal, target: Decimal) -> Fraction | None:
    """(actual − baseline) / (target − baseline), exact and never clipped; method 3.

    In parts of one; None where the target is the baseline.

    >>> achievement(Decimal("2620"), Decimal("2529"), Decimal("2692"))
    Fraction(-91, 72)
    """
    way = Fraction(target) - Fraction(baseline)
    return (Fraction(actual) - Fraction(baseline)) / way if way else None


def nearest(value: Fraction) -> int:
    """The nearest whole number, halves away from zero (method 3).

    >>> nearest(Fraction("12.5")), nearest(Fraction("-12.5")), nearest(Fraction("12.4999"))
    (13, -13, 12)
    """
    whole = (abs(value) * 2 + 1) // 2
    return int(whole) if value >= 0 else -int(whole)


def percent(part: Fraction) -> int:
    """A part of one as a whole percent, halves away from zero: the one rounding (method 3).

    >>> percent(Fraction("0.1746")), percent(Fraction("0.125")), percent(Fraction("-0.125"))
    (17, 13, -13)
    """
    return nearest(part * 100)


def on_paper(value: float) -> Decimal:
    """What a float stands for, to twelve significant digits: 0.15, and not 0.1499999….

    >>> on_paper((1.2 - 0.9) / 2)
    Decimal('0.15')
    """
    return Decimal(f"{value:.12g}")


def rounded(value: float | Decimal, digits: int = 0) -> str:
    """A computed figure with so many decimals, halves away from zero as everywhere (method 3).

    >>> rounded(12.5), rounded(-3.159722, 2), rounded(-0.001, 2)
    ('13', '−3.16', '0.00')
    """
    exact = value if isinstance(value, Decimal) else on_paper(value)
    shown = abs(exact).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{'−' if exact < 0 and shown else ''}{shown:,f}"


def percent_text(achievement: int | None) -> str:
    """A whole percent as a report prints it; "―" where there is none.

    >>> percent_text(-126), percent_text(None)
    ('−126%', '―')
    """
    return "―" if pd.isna(achievement) else f"{achievement:,}%".replace("-", "−")


def kind_of(
    row: dict, declared: Declaration, printed: int = 0, said: int = 0
) -> tuple[str, int, str]:
    """The kind of a row's target, the sign of the better direction, and what that rests on.

    Method 2. ``printed`` is the direction that the printed figure speaks for, ``said`` that of a
    printed word, which is heard where nothing else says. What it rests on is declared, or a name
    of ``direction.Evidence``; blank where there is no direction. Raises ``Undetermined`` where
    there is no evidence, or where it contradicts itself.
    """
    sign = SIGN.get(declared.direction, 0)
    baseline, target, comparator = row["start"], row["target"], row["target_comparator"]
    by = "declared" if sign else ""
    if _must_be_in_words(row, declared):
        return "text", sign, by
    if comparator == "range":
        # From outside of it, the way to a range has a direction; from inside there is none.
        inside = baseline is None or target <= baseline <= row["target_upper"]
        way = 0 if inside else 1 if baseline < target else -1
        return "range", way, "declared" if declared.kind == "range" else "words"
    worded = WORDED_SIGN.get(comparator, 0)
    if worded and identity(row["target_unit"] or row["unit"]) == RANK:
        # 10位以上 is the tenth place or a better one, of which the number is smaller.
        if not sign:
            raise Undetermined("rank-without-direction", raw=row["target_raw"])
        worded = sign
    limit = WORDED_SIGN.get(declared.kind, 0)
    if worded and -worded in (sign, limit):
        raise Undetermined("declared-against-target")
    if target is None:
        return "direction_only", worded or sign, by or ("words" if worded else "")
    if limit:
        return declared.kind, limit, "declared"
    if not sign:
        sign, by = _by_evidence(row, worded, printed, said)
    ahead = baseline is None or (target - baseline) * sign > 0
    if ahead and not worded and comparator != "keep":
        return "reach_up" if sign > 0 else "reach_down", sign, by
    # A limit, by the cell's word or because the baseline respects it already.
    return "at_least" if sign > 0 else "at_most", sign, by


def _must_be_in_words(row: dict, declared: Declaration) -> bool:
    """Whether a target is in words; raises where it, or the baseline, cannot be read."""
    if declared.kind == "text":
        return True
    if row["target_reason"] == UNREADABLE:
        raise absent("target", row["target_raw"], UNREADABLE)
    if row["target_reason"] in (BLANK, NOT_REPORTED):
        raise Undetermined("no-target")
    if row["target_reason"] == WORD:
        return True
    if row["start"] is None and row["baseline_reason"] not in (BLANK, NOT_REPORTED):
        raise absent("baseline", row["baseline_raw"], row["baseline_reason"])
    return False


def _by_evidence(row: dict, worded: int, printed: int, said: int) -> tuple[int, str]:
    """The better direction of a row with a number for its target, and what speaks for it.

    Only a target above its baseline is evidence by itself; one below needs a name that counts what
    is to be less, or the printed figure. A word (以上, 以下) goes before the side of the target.
    """
    start, target = row["start"], row["target"]
    rises = start is not None and target > start and not worded
    # Of a rank's word (10位を維持) only a declaration says what it means.
    unit = "" if row["target_comparator"] else row["target_unit"] or row["unit"]
    named = named_direction(row["name"], unit)
    if named > 0 and start is not None and not rises:
        # That a name speaks of a rise does not explain a target that lies below.
        named = 0
    evidence = Evidence(worded, int(rises), named, printed)
    sides = {sign for sign in evidence if sign}
    if start == target and row["target_comparator"] in ("", "keep"):
        sides = set()
    elif not sides and said:
        return said, "published"
    if len(sides) != 1:
        raise Undetermined("direction-unclear", speaks=_speaks(row, evidence))
    sign = sides.pop()
    return sign, evidence.of(sign)[0]


def _speaks(row: dict, evidence: Evidence) -> str:
    """What speaks for a rise, and what for a fall."""
    named = {
        "target": row["target_raw"],
        "word": less_word(row["name"]) or label(row["name"]),
        "published": row["published"],
    }
    sides = {
        side: listed(say(f"evidence.{name}", **named) for name in evidence.of(sign))
        for side, sign in SIGN.items()
    }
    told = [say(f"evidence.for-{side}", what=what) for side, what in sides.items() if what]
    if not told and row["start"] is not None:
        side = "below" if row["target"] < row["start"] else "equal"
        told = [say(f"evidence.only-{side}")]
    return listed(told) or say("evidence.none")


def must_be_in_order(
    baseline_year: int | None, actual_year: int | None, target_year: int | None, column_year: int
) -> None:
    """Baseline, then actual, then target: years that cannot be are slips of the pen."""
    if actual_year is not None and actual_year > column_year:
        raise Undetermined("actual-after-column", year=actual_year)
    if None not in (baseline_year, actual_year) and actual_year < baseline_year:
        raise Undetermined("actual-before-baseline", year=actual_year)
    if None not in (baseline_year, target_year) and target_year < baseline_year:
        raise Undetermined("target-before-baseline", year=target_year)


def must_be_comparable(row: dict, point: dict) -> None:
    """The actual must be a number, and it, baseline and target of one unit.

    Without a number for a target there is only the baseline to compare with.
    """
    if point["value"] is None:
        raise absent("actual", point["raw"], point["reason"])
    if row["start"] is None and row["target"] is None:
        raise absent("baseline", row["baseline_raw"], row["baseline_reason"])
    units = [point["unit"]]
    units += [row["unit"]] if row["start"] is not None else []
    units += [row["target_unit"]] if row["target"] is not None else []
    if len({identity(unit) for unit in units}) > 1:
        raise Undetermined("units-differ", units=say("list.quoted").join(units))


def must_be_sums_alike(row: dict, point: dict) -> None:
    """A sum over years (累計) has no way to or from the value of one year.

    Unless the analyst declares the KPI ``cumulative``, and with it what the cells leave out.
    """
    cells = [read_cell(raw) for raw in (row["baseline_raw"], point["raw"], row["target_raw"])]
    if len({cell.cumulative for cell in cells if cell.value is not None}) > 1:
        raise Undetermined("sums-mixed")


def towards_target(
    sign: int, baseline: Decimal, actual: Decimal, target: Decimal
) -> Fraction | None:
    """Achievement in parts of one, as ``achievement``, but for a limit that the baseline respects.

    There it is the improvement over the distance to the limit, for the plain formula turns its
    sign round (method 3). ``sign`` is that of the direction that is better, 0 where unknown.
    """
    part = achievement(baseline, actual, target)
    respected = (target - baseline) * sign < 0
    return -part if part is not None and respected else part


def measure(
    kind: str, sign: int, row: dict, actual: Decimal
) -> tuple[Fraction | None, Decimal | None, bool]:
    """Achievement in parts of one, improvement (each None where there is none), met or not."""
    baseline, target, upper = row["start"], row["target"], row["target_upper"]
    if baseline is None:
        # Met or not by the target alone (method 2).
        return None, None, _is_met(kind, sign, row, actual)
    if kind == "range":
        # The way to a range is the way to its nearer end (method 3); from inside there is none.
        before, after = (
            max(target - value, value - upper, Decimal(0)) for value in (baseline, actual)
        )
        return achievement(before, after, Decimal(0)), before - after, after == 0
    improvement = (actual - baseline) * sign
    if kind == "direction_only":
        if row["target_comparator"] != "keep":
            return None, improvement, improvement > 0
        if not sign and actual != baseline:
            raise Undetermined("target-without-direction", raw=row["target_raw"])
        return None, improvement, improvement >= 0
    part = towards_target(sign, baseline, actual, target)
    return part, improvement, _is_met(kind, sign, row, actual)


def _is_met(kind: str, sign: int, row: dict, actual: Decimal) -> bool:
    """Whether an actual meets a target that is a number or a range."""
    if kind == "range":
        return row["target"] <= actual <= row["target_upper"]
    margin = (actual - row["target"]) * sign
    return margin > 0 if row["target_comparator"] in ("above", "below") else margin >= 0


def absent(role: str, raw: str, reason: str) -> Undetermined:
    """Why a row is not judged of which a cell (baseline, actual, target) has no number."""
    missing = reason if reason in (BLANK, NOT_REPORTED) else UNREADABLE
    return Undetermined(missing, role=Words("role")[role], raw=raw)
