"""Rows -> kind of target, achievement, status and stage: sections 2 to 4 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …); the kind
says when it is met. Achievement is the part of the way from the baseline to the target that the
actual has gone, in percent. Status puts both into one word. All arithmetic is exact on the digits
that the sheet prints, and rounded once.
"""

from decimal import Decimal
from fractions import Fraction

import pandas as pd

from kpi_utils import frames
from kpi_utils.frames import STATUSES
from kpi_utils.notation import (
    BLANK,
    NOT_REPORTED,
    UNREADABLE,
    UNREADABLE_CELL,
    WORD,
    identity,
    label,
)
from kpi_utils.plan import Plan
from kpi_utils.sheet import Sheet

__all__ = ["achievement", "by_kpi", "by_status", "judge", "percent", "references"]

# What a KPI's name says of the direction that is better (method 2).
NAME_DIRECTIONS = {
    "decrease": ("削減", "減少", "低減", "抑制", "縮小"),
    "increase": ("増加", "向上", "拡大", "上昇"),
}
SIGN = {"increase": 1, "decrease": -1}
WORDED_SIGN = {**SIGN, "at_least": 1, "above": 1, "at_most": -1, "below": -1}

DIRECTION_UNCLEAR = (
    "よくなる向きが不明（plan.toml の [[kpi]] に direction 及び reason の記載が必要）"
)


class Undetermined(Exception):
    """A row that cannot be judged; the message says why, in Japanese."""


def achievement(baseline: Decimal, actual: Decimal, target: Decimal) -> Fraction | None:
    """(actual − baseline) / (target − baseline), exact and never clipped; method 3.

    In parts of one; None where the target is the baseline.

    >>> achievement(Decimal("2620"), Decimal("2529"), Decimal("2692"))
    Fraction(-91, 72)
    """
    way = Fraction(target) - Fraction(baseline)
    return (Fraction(actual) - Fraction(baseline)) / way if way else None


def percent(part: Fraction) -> int:
    """A part of one as a whole percent, halves away from zero: the one rounding (method 3).

    >>> percent(Fraction("0.1746")), percent(Fraction("0.125")), percent(Fraction("-0.125"))
    (17, 13, -13)
    """
    rounded = (abs(part) * 200 + 1) // 2
    return int(rounded) if part >= 0 else -int(rounded)


def judge(sheet: Sheet) -> pd.DataFrame:
    """Judge each row of a sheet: ``frames.JUDGED``, one row a listing, in the sheet's order.

    The actual is the newest one that the sheet gives up to its fiscal year; a newer cell that
    cannot be read leaves the row undetermined, for an older figure would pass for the new one.
    """
    points = sheet.points[sheet.points["column_year"] <= sheet.fiscal_year]
    newest = {
        listing: _newest(group.to_dict("records"))
        for listing, group in points.groupby(["section", "no"], sort=False)
    }
    return frames.frame(
        frames.JUDGED,
        [
            _judge_row(row, newest[row["section"], row["no"]], sheet.plan)
            for row in sheet.rows.to_dict("records")
        ],
    )


def by_kpi(judged: pd.DataFrame) -> pd.DataFrame:
    """One row a KPI, in the order of its first listing: ``frames.KPIS``.

    A KPI whose rows do not say the same is undetermined: neither row is taken for the right one.
    """
    facts = ["baseline_year", "baseline", "actual_year", "actual", "target_year", "status"]
    facts += ["target_value", "target_upper"]
    kpis = []
    for _, listings in judged.groupby("kpi", sort=False):
        kpi = listings.iloc[0].to_dict()
        kpi["label"] = label(kpi["name"])
        kpi["listings"] = references(listings[["section", "no"]].itertuples(index=False))
        kpi["source"] = "、".join(listings["source"])
        # Numbers are compared as numbers, and words as a KPI's name is.
        words = listings["target"].where(listings["target_value"].isna(), "").map(identity)
        said = listings[facts].assign(words=words, unit=listings["unit"].map(identity))
        if len(said.drop_duplicates()) > 1:
            note = f"同じ指標の行（{kpi['listings']}）の内容が不一致"
            kpi |= {"status": "undetermined", "achievement": pd.NA, "note": note}
        kpis.append(kpi)
    return frames.frame(frames.KPIS, kpis)


def by_status(kpis: pd.DataFrame) -> pd.DataFrame:
    """KPIs in the order in which a report shows them: worst status first, then by achievement."""
    order = {status: place for place, status in enumerate(STATUSES)}
    keys = kpis.assign(_order=kpis["status"].map(order))
    return kpis.loc[keys.sort_values(["_order", "achievement"], kind="stable").index]


def references(listings) -> str:
    """Rows as a sheet refers to them, from pairs of section and No.

    >>> references([(1, 2), (2, 6), (1, 8)])
    '(1)No.2、8、(2)No.6'
    """
    sections: dict[int, list[str]] = {}
    for section, no in sorted(listings):
        sections.setdefault(section, []).append(str(no))
    return "、".join(f"({section})No.{'、'.join(nos)}" for section, nos in sections.items())


def _newest(points: list[dict]) -> dict:
    """The newest point that reports something, read or not; else the last one, which says why."""
    ordered = sorted(points, key=lambda point: point["column_year"])
    reported = [point for point in ordered if point["reason"] not in (BLANK, NOT_REPORTED)]
    return reported[-1] if reported else ordered[-1]


def _judge_row(row: dict, point: dict, plan: Plan) -> dict:
    target_year = _first(row["target_year"], row["target_column_year"])
    # A cell that names no year is of the year of its column: nothing else says when it was.
    actual_year = (
        _first(point["year"], point["column_year"]) if point["value"] is not None else None
    )
    due = None not in (actual_year, target_year) and actual_year >= target_year
    result = {
        **row,
        "actual_year": actual_year,
        "actual": point["value"],
        "actual_raw": point["raw"],
        "target_year": target_year,
        "target": row["target_text"] if row["target"] is None else f"{row['target']:f}",
        "target_value": row["target"],
        "target_kind": "",
        "achievement": None,
        "stage": "" if actual_year is None else "final" if due else "interim",
        "note": "",
    }
    if row["target_upper"] is not None:
        result["target"] += f"～{row['target_upper']}"
    try:
        kind, sign = _kind(row, plan)
        result["target_kind"] = kind
        _must_be_in_order(row, point, actual_year, target_year)
        if kind == "text":
            return result | _by_the_sheets_word(row, point)
        _must_be_comparable(row, point)
        part, improvement, met = _measure(kind, sign, row, point["value"])
    except Undetermined as undetermined:
        return result | {"status": "undetermined", "note": str(undetermined)}
    way = "progressing" if improvement > 0 else "regressed" if improvement < 0 else "unchanged"
    shown = None if part is None else percent(part)
    return result | {"achievement": shown, "status": "met" if met else way}


def _kind(row: dict, plan: Plan) -> tuple[str, int]:
    """The kind of a row's target and the sign of the direction that is better (method 2)."""
    declared = plan.declarations.get(identity(row["kpi"]))
    sign = SIGN[declared.direction] if declared else 0
    baseline, target, comparator = row["baseline"], row["target"], row["target_comparator"]
    if row["target_reason"] == UNREADABLE:
        raise Undetermined(f"目標値「{row['target_raw']}」{UNREADABLE_CELL}")
    if row["target_reason"] in (BLANK, NOT_REPORTED):
        raise Undetermined("目標値なし")
    if row["target_reason"] == WORD:
        return "text", sign
    if comparator == "range":
        return "range", sign
    worded = WORDED_SIGN.get(comparator, 0)
    if worded and sign == -worded:
        raise Undetermined(
            "plan.toml の direction と目標値の語（以上、以下、上昇、減少など）とが矛盾"
        )
    if target is None:
        return "direction_only", worded or sign
    if worded:
        return ("at_least" if worded > 0 else "at_most"), worded
    if comparator == "keep" or target == baseline:
        if not sign:
            raise Undetermined(f"目標値「{row['target_raw']}」だけでは{DIRECTION_UNCLEAR}")
        return ("at_least" if sign > 0 else "at_most"), sign
    if baseline is None:
        raise Undetermined(_absent("当初値", row["baseline_raw"], row["baseline_reason"]))
    towards = 1 if target > baseline else -1
    named = _named_direction(row["kpi"])
    if not sign and named and named != towards:
        raise Undetermined(f"指標名の向きと当初値・目標値の向きとが食い違い、{DIRECTION_UNCLEAR}")
    if sign in (0, towards):
        return ("reach_up" if towards > 0 else "reach_down"), towards
    # The target lies behind the baseline: a limit that the baseline respects already.
    return ("at_least" if sign > 0 else "at_most"), sign


def _named_direction(name: str) -> int:
    """The direction that a name speaks of; 0 where it speaks of none, or of both."""
    named = {
        direction
        for direction, words in NAME_DIRECTIONS.items()
        if any(word in name for word in words)
    }
    return SIGN[named.pop()] if len(named) == 1 else 0


def _must_be_in_order(
    row: dict, point: dict, actual_year: int | None, target_year: int | None
) -> None:
    """Baseline, then actual, then target: years that cannot be are slips of the pen."""
    baseline_year = _first(row["baseline_year"])
    if actual_year is not None and actual_year > point["column_year"]:
        raise Undetermined(f"実績の年度（{actual_year}年度）が列の年度より後")
    if None not in (baseline_year, actual_year) and actual_year < baseline_year:
        raise Undetermined(f"実績の年度（{actual_year}年度）が当初値の年度より前")
    if None not in (baseline_year, target_year) and target_year < baseline_year:
        raise Undetermined(f"目標値の年度（{target_year}年度）が当初値の年度より前")


def _must_be_comparable(row: dict, point: dict) -> None:
    """Baseline and actual must be numbers, and of the target's unit."""
    if point["value"] is None:
        raise Undetermined(_absent("実績", point["raw"], point["reason"]))
    if row["baseline"] is None:
        raise Undetermined(_absent("当初値", row["baseline_raw"], row["baseline_reason"]))
    units = [row["unit"], point["unit"]] + (
        [row["target_unit"]] if row["target"] is not None else []
    )
    if len({identity(unit) for unit in units}) > 1:
        raise Undetermined(f"単位の不一致（当初値、実績、目標値の順に「{'」「'.join(units)}」）")


def _measure(
    kind: str, sign: int, row: dict, actual: Decimal
) -> tuple[Fraction | None, Decimal, bool]:
    """Achievement in parts of one (None where there is no such figure), improvement, met or not."""
    baseline, target, upper = row["baseline"], row["target"], row["target_upper"]
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
            raise Undetermined(f"目標値「{row['target_raw']}」だけでは{DIRECTION_UNCLEAR}")
        return None, improvement, improvement >= 0
    part = achievement(baseline, actual, target)
    if part is not None and (target - baseline) * sign < 0:
        # A limit that the baseline respects: improvement over the distance to it (method 3), for
        # the plain formula turns its sign round.
        part = -part
    margin = (actual - target) * sign
    strict = row["target_comparator"] in ("above", "below")
    return part, improvement, margin > 0 if strict else margin >= 0


def _by_the_sheets_word(row: dict, point: dict) -> dict:
    """A target in words: only the sheet's own word says whether it is met (method 2)."""
    if point["reason"] not in ("", WORD):
        raise Undetermined(_absent("実績", point["raw"], point["reason"]))
    if row["published"] == STATUSES["met"]:
        return {"status": "met", "note": "シートの「達成」による（算出なし）"}
    note = f"目標値「{row['target_raw']}」が数値でなく算出不可"
    return {"status": "undetermined", "note": note}


def _absent(column: str, raw: str, reason: str) -> str:
    if reason == BLANK:
        return f"{column}が空白"
    if reason == NOT_REPORTED:
        return f"{column}が未公表（「{raw}」）"
    return f"{column}「{raw}」{UNREADABLE_CELL}"


def _first(*years):
    return next((int(year) for year in years if not pd.isna(year)), None)
