"""One row's figures -> achievement, met or not: sections 2 and 3 of docs/method.md.

Achievement (達成度) is how much of the way from the baseline (当初値) to the target (目標値) the
actual (実績) has covered, in percent. The kind of the target (``direction``) says when it is met.
All arithmetic is exact on the digits that the sheet prints, and rounded once.
"""

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils.cells.notation import identity

SIGN = {"increase": 1, "decrease": -1}
# The columns of a row that hold its figures, and those that hold whole numbers: years and percent.
NUMBERS = {"baseline", "start", "actual", "target", "target_value", "target_upper", "step"}
INTEGERS = {"achievement"} | {
    f"{role}_{year}"
    for role in ("baseline", "actual", "target")
    for year in ("year", "column_year")
}


def exact(number: float | Decimal | None) -> Decimal | None:
    """The number that a float of a frame stands for: its shortest decimal, as it was printed.

    NaN, infinity and None become None. A float of up to 15 digits comes back as it went in, so that
    all arithmetic of the method can be exact (method 3).

    >>> exact(34.5), exact(math.nan), exact(math.inf)
    (Decimal('34.5'), None, None)
    """
    if isinstance(number, Decimal) or number is None:
        return number
    if pd.isna(number) or number in (math.inf, -math.inf):
        return None
    return Decimal(int(number)) if number == int(number) else Decimal(repr(float(number)))


def exact_rows(rows: pd.DataFrame) -> list[dict]:
    """The rows of a frame as dictionaries: figures are exact, years whole, missing numbers None.

    Rows with a published figure also get ``is_circle_best``: no row of the sheet prints ◎.
    """
    columns = dict(zip(rows.columns, rows.to_numpy(dtype=object).T.tolist(), strict=True))
    if "published" in columns:
        is_best = "◎" not in map(identity, columns["published"])
        columns["is_circle_best"] = [is_best] * len(rows)
    for name in NUMBERS & columns.keys():
        columns[name] = list(map(exact, columns[name]))
    for name in INTEGERS & columns.keys():
        columns[name] = [None if pd.isna(number) else int(number) for number in columns[name]]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def achievement(
    baseline: Decimal, actual: Decimal, target: Decimal, sign: int = 0
) -> Fraction | None:
    """(actual − baseline) / (target − baseline), exact and never clipped; method 3.

    Returns a fraction (1 is 100 %), or None if the target equals the baseline. ``sign`` is that of
    the better direction, 0 if unknown. For a limit that the baseline respects already, the plain
    formula has the wrong sign: there it is the improvement over the distance to the limit.

    >>> achievement(Decimal("2620"), Decimal("2529"), Decimal("2692"))
    Fraction(-91, 72)
    >>> achievement(Decimal(10446), Decimal(10268), Decimal(10600), -1)
    Fraction(89, 77)
    """
    way = Fraction(target) - Fraction(baseline)
    if not way:
        return None
    fraction = (Fraction(actual) - Fraction(baseline)) / way
    return -fraction if way * sign < 0 else fraction


def round_half_away(value: Fraction) -> int:
    """The nearest whole number, halves away from zero (method 3).

    >>> [round_half_away(Fraction(digits)) for digits in ("12.5", "-12.5", "12.4999")]
    [13, -13, 12]
    """
    magnitude = int((abs(value) * 2 + 1) // 2)
    return magnitude if value >= 0 else -magnitude


def percent(fraction: Fraction) -> int:
    """A fraction (1 is 100 %) as a whole percent: the one rounding, halves away from zero.

    >>> percent(Fraction("0.1746")), percent(Fraction("0.125")), percent(Fraction("-0.125"))
    (17, 13, -13)
    """
    return round_half_away(fraction * 100)


def on_paper(value: float) -> Decimal:
    """What a float stands for, to twelve significant digits: 0.15, and not 0.1499999…."""
    return Decimal(f"{value:.12g}")


def rounded(value: float | Decimal, digits: int = 0) -> str:
    """A computed figure as text, with ``digits`` decimals, halves away from zero (method 3).

    >>> rounded(12.5), rounded(-3.159722, 2), rounded(-0.001, 2)
    ('13', '−3.16', '0.00')
    """
    number = value if isinstance(value, Decimal) else on_paper(value)
    magnitude = abs(number).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "−" if number < 0 and magnitude else ""
    return f"{sign}{magnitude:,f}"


def percent_text(achievement: int | None) -> str:
    """A whole percent as a report prints it; "―" where there is none."""
    return "―" if pd.isna(achievement) else f"{achievement:,}%".replace("-", "−")


def measure(kind: str, sign: int, row: dict) -> tuple[Fraction | None, Decimal | None, bool]:
    """Achievement as a fraction (1 is 100 %), improvement, and whether the target is met.

    Achievement and improvement (in the KPI's unit, positive for the better) are None if there is
    none. ``row`` has exact ``start``, ``actual``, ``target`` and ``target_upper`` (``exact``).
    """
    baseline, actual, target = row["start"], row["actual"], row["target"]
    if baseline is None:
        # The target alone says whether it is met (method 2).
        return None, None, _is_met(kind, sign, row)
    if kind == "range":
        # The way to a range leads to its nearer end (method 3); a baseline inside has no way to go.
        before, after = (
            max(target - value, value - row["target_upper"], 0) for value in (baseline, actual)
        )
        return achievement(before, after, Decimal(0)), before - after, after == 0
    improvement = (actual - baseline) * sign
    if kind == "direction_only":
        keeps = row["target_comparator"] == "keep"
        return None, improvement, improvement >= 0 if keeps else improvement > 0
    fraction = achievement(baseline, actual, target, sign)
    return fraction, improvement, _is_met(kind, sign, row)


def _is_met(kind: str, sign: int, row: dict) -> bool:
    """Whether an actual meets a target that is a number or a range."""
    if kind == "range":
        return row["target"] <= row["actual"] <= row["target_upper"]
    margin = (row["actual"] - row["target"]) * sign
    return margin > 0 if row["target_comparator"] in ("above", "below") else margin >= 0
