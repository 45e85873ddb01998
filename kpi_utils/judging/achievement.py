"""One row's figures -> achievement, met or not: sections 2 and 3 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …); the kind
says when it is met. Achievement is the part of the way from the baseline to the target that the
actual has gone, in percent. All arithmetic is exact on the digits that the sheet prints, and
rounded once. What cannot be judged says why.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, UNREADABLE, identity
from kpi_utils.words import Message, joined, message

__all__ = [
    "SIGN",
    "absent",
    "achievement",
    "exact",
    "exact_rows",
    "incomparable",
    "measure",
    "nearest",
    "on_paper",
    "percent",
    "percent_text",
    "rounded",
    "towards_target",
    "unlike_sums",
    "years_out_of_order",
]

SIGN = {"increase": 1, "decrease": -1}
# The columns of a row that hold its figures, and those that hold whole numbers: years and percent.
NUMBERS = {"baseline", "start", "actual", "target", "target_value", "target_upper"}
INTEGERS = {"achievement"} | {
    f"{role}{of}" for role in ("baseline", "actual", "target") for of in ("_year", "_column_year")
}


def exact(number: float | Decimal | None) -> Decimal | None:
    """The number that a float of a frame stands for: its shortest decimal, as it was printed.

    None where there is none. A float of up to 15 digits comes back as it went in, so that all
    arithmetic of the method can be exact (method 3).

    >>> exact(34.5), exact(float("nan"))
    (Decimal('34.5'), None)
    """
    if isinstance(number, Decimal) or number is None:
        return number
    if pd.isna(number):
        return None
    return Decimal(int(number)) if number == int(number) else Decimal(repr(float(number)))


def exact_rows(rows: pd.DataFrame) -> list[dict]:
    """The rows of a frame as dictionaries, with exact and with whole numbers; None for none."""
    # Without their index of two levels, which pandas copies for each column.
    records = rows.reset_index(drop=True).to_dict("records")
    for record in records:
        for name in NUMBERS & record.keys():
            record[name] = exact(record[name])
        for name in INTEGERS & record.keys():
            record[name] = None if pd.isna(record[name]) else int(record[name])
    return records


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


def years_out_of_order(
    baseline_year: int | None, actual_year: int | None, target_year: int | None, column_year: int
) -> Message | None:
    """Why years cannot be, for the order is baseline, actual, target: slips of the pen."""
    if actual_year is not None and actual_year > column_year:
        return message("note.actual-after-column", year=actual_year)
    if None not in (baseline_year, actual_year) and actual_year < baseline_year:
        return message("note.actual-before-baseline", year=actual_year)
    if None not in (baseline_year, target_year) and target_year < baseline_year:
        return message("note.target-before-baseline", year=target_year)
    return None


def incomparable(row: dict) -> Message | None:
    """Why a row's actual cannot be compared: no number, or another unit than baseline or target.

    Without a number for a target there is only the baseline to compare with.
    """
    if row["actual"] is None:
        return absent("actual", row["actual_raw"], row["actual_reason"])
    if row["start"] is None and row["target"] is None:
        return absent("baseline", row["baseline_raw"], row["baseline_reason"])
    units = [row["actual_unit"]]
    units += [row["unit"]] if row["start"] is not None else []
    units += [row["target_unit"]] if row["target"] is not None else []
    alike = {identity(unit) for unit in units}
    if len(set(_sums(row).values())) > 1:
        # 11件/年 beside 60件 in five years: that one is a sum is said instead.
        alike = {unit.removesuffix("/年") for unit in alike}
    return message("note.units-differ", units=joined(units, "quoted")) if len(alike) > 1 else None


def unlike_sums(row: dict) -> Message | None:
    """Why sums over years (累計) cannot be compared: with one year's value, or another sum.

    Sums since one year can, and those over as many years. The analyst declares the KPI
    ``cumulative`` or ``running_total``, and with it what the cells leave out.
    """
    sums = _sums(row)
    periods = joined(map(_period, sums.values()), "quoted")
    if any(sums.values()) and not all(sums.values()):
        return message("note.sums-mixed", sums=periods)
    first_years = {over.partition("-")[0] for over in sums.values()}
    lengths = {_length(over) for over in sums.values()}
    are_as_long = len(lengths) == 1 and None not in lengths
    if len(first_years) > 1 and not are_as_long:
        return message("note.sums-begin-apart", sums=periods)
    return None


def _sums(row: dict) -> dict[str, str]:
    """Of the baseline, actual and target that there are, the years that each is a sum over."""
    roles = ("baseline", "actual", "target")
    return {role: row[f"{role}_over"] for role in roles if row[role] is not None}


def _length(over: str) -> int | None:
    first, _, last = over.partition("-")
    return int(last) - int(first) + 1 if last else int(first) if over.isdecimal() else None


def _period(over: str) -> Message:
    """The years that a value is a sum over."""
    first, dash, last = over.partition("-")
    key = "period" if last else "since" if dash else {"": "none", "?": "unsaid"}.get(over, "years")
    return message(f"over.{key}", first=first, last=last)


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


def measure(kind: str, sign: int, row: dict) -> tuple[Fraction | None, Decimal | None, bool]:
    """Achievement in parts of one, improvement (each None where there is none), met or not.

    ``row`` has exact numbers (``exact``): ``start``, ``actual``, ``target`` and ``target_upper``.
    """
    baseline, actual, target = row["start"], row["actual"], row["target"]
    if baseline is None:
        # Met or not by the target alone (method 2).
        return None, None, _is_met(kind, sign, row)
    if kind == "range":
        # The way to a range is the way to its nearer end (method 3); from inside there is none.
        before, after = (
            max(target - value, value - row["target_upper"], Decimal(0))
            for value in (baseline, actual)
        )
        return achievement(before, after, Decimal(0)), before - after, after == 0
    improvement = (actual - baseline) * sign
    if kind == "direction_only":
        keeps = row["target_comparator"] == "keep"
        return None, improvement, improvement >= 0 if keeps else improvement > 0
    part = towards_target(sign, baseline, actual, target)
    return part, improvement, _is_met(kind, sign, row)


def _is_met(kind: str, sign: int, row: dict) -> bool:
    """Whether an actual meets a target that is a number or a range."""
    if kind == "range":
        return row["target"] <= row["actual"] <= row["target_upper"]
    margin = (row["actual"] - row["target"]) * sign
    return margin > 0 if row["target_comparator"] in ("above", "below") else margin >= 0


def absent(role: str, raw: str, reason: str) -> Message:
    """Why a row is not judged of which a cell (baseline, actual, target) has no number."""
    missing = reason if reason in (BLANK, NOT_REPORTED) else UNREADABLE
    return message(f"note.{missing}", role=message(f"role.{role}"), raw=raw)
