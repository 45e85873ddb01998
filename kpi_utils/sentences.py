"""One Japanese sentence a KPI: its facts read aloud, and no word that the numbers do not carry.

The sentence is the alt text of the KPI's picture and stands in the report. It speaks of a change
since the baseline, never of a trend: for that the sheet has too few points (method 5).
"""

from decimal import Decimal

import pandas as pd

from kpi_utils.achievement import on_paper, percent_text, rounded
from kpi_utils.evaluation import Evaluation
from kpi_utils.frames import LIMITS, STATUSES
from kpi_utils.notation import identity, read_cell

__all__ = ["number", "sentence"]


def sentence(evaluation: Evaluation, kpi: pd.Series) -> str:
    """The facts of a KPI (a row of ``Evaluation.kpi_table``) in one sentence.

    Value and year, change since the baseline, target and its year, achievement and status, the
    time that has gone, and what is needed a year; each only where there is such a figure.
    """
    row = evaluation.sheet.first_listing(kpi["kpi"])
    if kpi["status"] == "undetermined":
        return f"{kpi['label']}は、{kpi['note']}のため、判定を保留する。"
    parts = [f"{kpi['label']}は、", _actual(kpi, row), _target(kpi, row)]
    word = STATUSES[kpi["status"]]
    figure = percent_text(kpi["achievement"])
    verdict = f"判定は{word}である" if figure == "―" else f"達成度は{figure}、判定は{word}である"
    if kpi["stage"] == "final" and kpi["status"] != "met":
        verdict = verdict.removesuffix("である") + "（未達）である"
    parts.append(verdict)
    told = "".join(part for part in parts if part)
    extra = _what_is_left(kpi)
    return f"{told}（{extra}）。" if extra else f"{told}。"


def number(value: float, unit: str = "") -> str:
    """A computed figure with its unit: whole from 100 on, else with one decimal, below 1 with two.

    >>> number(24892, "人"), number(-54.333, "十億円"), number(1.9375, "%")
    ('24,892 人', '−54.3 十億円', '1.9ポイント')
    """
    exact = value if isinstance(value, Decimal) else on_paper(value)
    return _with_unit(rounded(exact, _digits(exact)), unit)


def _digits(value: Decimal) -> int:
    """How many decimals a computed figure is printed with."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1
    # Below one, two digits that mean something: a need of 0.056 is no 0.1.
    while value and abs(value) < 1 and abs(value).scaleb(digits) < 10 and not _whole(value, digits):
        digits += 1
    return digits


def _whole(value: Decimal, digits: int) -> bool:
    return value.scaleb(digits) == value.scaleb(digits).to_integral_value()


def _actual(kpi: pd.Series, row: dict) -> str:
    if kpi["actual"] is None:
        return ""
    text = read_cell(kpi["actual_raw"]).text
    told = f"{kpi['actual_year']}年度の実績が{text}で"
    if kpi["baseline"] is None:
        return f"{told}、"
    if kpi["start"] != kpi["baseline"]:
        # A sum since the plan began: the baseline is no sum, and nothing to count from.
        return f"{kpi['actual_year']}年度までの累計の実績が{text}で、"
    year = "" if pd.isna(kpi["baseline_year"]) else f"{kpi['baseline_year']}年度の"
    baseline = f"{year}当初値{read_cell(row['baseline_raw']).text}"
    return f"{told}、{baseline}{_change(kpi['actual'] - kpi['baseline'], kpi['unit'])}、"


def _change(change: Decimal, unit: str) -> str:
    if change == 0:
        return "から変わらず"
    return f"から{_with_unit(f'{abs(change):,f}', unit)}{'増加' if change > 0 else '減少'}し"


def _with_unit(text: str, unit: str) -> str:
    """A change with its unit: of percentages, points."""
    return f"{text}ポイント" if identity(unit) == "%" else f"{text} {unit}".strip()


def _target(kpi: pd.Series, row: dict) -> str:
    year = "" if pd.isna(kpi["target_year"]) else f"{kpi['target_year']}年度の"
    if kpi["target_kind"] in ("direction_only", "text"):
        return f"{year}目標「{read_cell(row['target_raw']).text}」に対し、"
    target = read_cell(row["target_raw"]).text
    if kpi["target_kind"] in LIMITS:
        limit = LIMITS[kpi["target_kind"]]
        verb = "満たして" if row["target_comparator"] else "守って"
        kept = verb + ("おり" if kpi["status"] == "met" else "おらず")
        named = target if row["target_comparator"] else f"{target}（{limit}）"
        return f"{year}目標値{named}を{kept}、"
    return f"{year}目標値{target}に対する"


def _what_is_left(kpi: pd.Series) -> str:
    """The time that has gone, and what is needed a year beside what was gained."""
    parts = []
    if kpi["target_kind"] == "text":
        parts.append(kpi["note"])
    if not pd.isna(kpi["elapsed"]):
        parts.append(f"当初値から目標値までの期間の{rounded(kpi['elapsed'] * 100)}%が経過")
    # A limit that is touched and must be passed (超, 未満) needs more than nothing, and no number.
    needed = Decimal(0) if pd.isna(kpi["needed_a_year"]) else on_paper(abs(kpi["needed_a_year"]))
    if needed:
        way = "増加" if kpi["needed_a_year"] > 0 else "減少"
        about = "" if _whole(needed, _digits(needed)) else "約"
        parts.append(f"達成には1年当たり{about}{number(needed, kpi['unit'])}の{way}が必要")
    return "、".join(parts)
