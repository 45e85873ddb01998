"""One sentence a KPI: its facts read aloud, and no word that the numbers do not carry.

The sentence is the alt text of the KPI's picture and stands in the report. It speaks of a change
since the baseline, never of a trend: for that the sheet has too few points (method 5). What the
sheet prints is quoted as it stands; in another language its numbers keep their digits and get the
words of that language.
"""

from decimal import Decimal

import pandas as pd

from kpi_utils.cells.notation import Cell, identity, read_cell
from kpi_utils.frames import LIMITS, STATUSES
from kpi_utils.judging.achievement import on_paper, percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import Words, in_sentence, listed, say, spoken

__all__ = ["bare", "cell_text", "dated", "number", "sentence", "with_unit"]

UNITS, WORDS, MARKS = Words("number"), Words("cell-word"), Words("cell-mark")


def sentence(evaluation: Evaluation, kpi: pd.Series) -> str:
    """The facts of a KPI (a row of ``Evaluation.kpi_table``) in one sentence.

    Value and year, change since the baseline, target and its year, achievement and status, the
    time that has gone, and what is needed a year; each only where there is such a figure.
    """
    row = evaluation.sheet.first_listing(kpi["kpi"])
    if kpi["status"] == "undetermined":
        return say("sentence.undetermined", label=kpi["label"], note=kpi["note"])
    has_none = pd.isna(kpi["achievement"])
    key = "verdict_plain" if has_none else "verdict"
    figure, word = percent_text(kpi["achievement"]), in_sentence(STATUSES[kpi["status"]])
    verdict = say(f"sentence.{key}", figure=figure, word=word)
    if extra := _what_is_left(kpi):
        verdict = say("sentence.with_extra", told=verdict, extra=extra)
    parts = {"actual": _actual(kpi, row), "target": _target(kpi, row), "verdict": verdict}
    return say("sentence.whole", label=kpi["label"], **parts)


def number(value: float, unit: str = "") -> str:
    """A computed figure with its unit: whole from 100 on, else with one decimal, below 1 with two.

    >>> number(24892, "人"), number(-54.333, "十億円"), number(1.9375, "%")
    ('24,892 人', '−54.3 十億円', '1.9ポイント')
    """
    exact = value if isinstance(value, Decimal) else on_paper(value)
    return _change(rounded(exact, _digits(exact)), unit)


def with_unit(text: str, unit: str) -> str:
    """A number in digits with its unit, in the words of the language that is spoken.

    >>> with_unit("2,620", "人"), with_unit("31.9", "")
    ('2,620 人', '31.9')
    """
    known = identity(unit)
    if not unit or spoken() == "ja" or known not in UNITS:
        other = unit if spoken() == "ja" or unit.isascii() else say("original", text=unit)
        return say("unit.plain", number=text, unit=other).strip()
    return say(f"number.{known}", number=text)


def cell_text(cell: Cell) -> str:
    """What a cell says without its year: as printed, or in the language that is spoken.

    There a text that has no words for all that stands in the cell stays as printed, marked so.
    """
    if spoken() == "ja" or cell.text.isascii():
        return cell.text
    said = _said(cell)
    for mark in cell.marks:
        template = MARKS.get(identity(mark).strip("()"))
        said = template.format(text=said) if template and said else ""
    return said or say("original", text=cell.text)


def _said(cell: Cell) -> str:
    if cell.value is None:
        word = WORDS.get(identity(cell.text), "")
        return say(f"cell.{cell.comparator}") if cell.comparator else word
    figure = bare(cell.value)
    if cell.comparator == "range":
        figure = say("cell.range", lower=figure, upper=bare(cell.upper))
    text = with_unit(figure, cell.unit)
    is_plain = cell.comparator in ("", "range")
    return text if is_plain else say(f"cell.{cell.comparator}", text=text)


def bare(value: Decimal) -> str:
    """A figure of the sheet in digits, as exact as it is there.

    >>> bare(Decimal("-1010.50"))
    '−1,010.50'
    """
    return f"{value:,f}".replace("-", "−")


def dated(raw: str) -> str:
    """A cell with its year: as printed, or in the language that is spoken."""
    cell = read_cell(raw)
    if spoken() == "ja" or raw.isascii():
        return raw
    text = cell_text(cell)
    return say("cell.dated", year=cell.year, text=text) if cell.year else text


def _digits(value: Decimal) -> int:
    """How many decimals a computed figure is printed with."""
    if abs(value) >= 100 or value == int(value):
        return 0
    # Below one, two digits that mean something: a need of 0.056 is no 0.1.
    return max(1, min(1 - value.adjusted(), -value.normalize().as_tuple().exponent))


def _of_year(year) -> str:
    return "" if pd.isna(year) else say("sentence.of_year", year=year)


def _actual(kpi: pd.Series, row: dict) -> str:
    if kpi["actual"] is None:
        return ""
    said = {"year": kpi["actual_year"], "text": cell_text(read_cell(kpi["actual_raw"]))}
    if kpi["baseline"] is None:
        return say("sentence.actual", **said)
    if kpi["start"] != kpi["baseline"]:
        # A sum since the plan began: the baseline is no sum, and nothing to count from.
        return say("sentence.actual_sum", **said)
    baseline = cell_text(read_cell(row["baseline_raw"]))
    said["baseline"] = say("sentence.baseline", year=_of_year(kpi["baseline_year"]), text=baseline)
    change = kpi["actual"] - kpi["baseline"]
    way = "up" if change > 0 else "down" if change else "same"
    return say(f"sentence.actual_{way}", **said, change=_change(f"{abs(change):,f}", kpi["unit"]))


def _change(text: str, unit: str) -> str:
    """A change with its unit: of percentages, points."""
    return say("unit.points", number=text) if identity(unit) == "%" else with_unit(text, unit)


def _target(kpi: pd.Series, row: dict) -> str:
    said = {"year": _of_year(kpi["target_year"]), "text": cell_text(read_cell(row["target_raw"]))}
    if kpi["target_kind"] in ("direction_only", "text"):
        return say("sentence.target_in_words", **said)
    if kpi["target_kind"] not in LIMITS:
        return say("sentence.target", **said)
    key = "holds" if row["target_comparator"] else "kept"
    if not row["target_comparator"]:
        limit = LIMITS[kpi["target_kind"]]
        said["text"] = say("sentence.limit_named", text=said["text"], limit=limit)
    return say(f"sentence.{key}" if kpi["status"] == "met" else f"sentence.{key}_not", **said)


def _what_is_left(kpi: pd.Series) -> str:
    """The time that has gone, and what is needed a year beside what was gained."""
    parts = []
    if kpi["target_kind"] == "text":
        parts.append(kpi["note"])
    if kpi["status"] in ("missed", "not_reached"):
        parts.append(say(f"sentence.{kpi['status']}" + (f"_{kpi['way']}" if kpi["way"] else "")))
    elif not pd.isna(kpi["elapsed"]):
        parts.append(say("sentence.elapsed", elapsed=rounded(kpi["elapsed"] * 100)))
    # A limit that is touched and must be passed (超, 未満) needs more than nothing, and no number.
    needed = Decimal(0) if pd.isna(kpi["needed_a_year"]) else on_paper(abs(kpi["needed_a_year"]))
    if needed:
        value = number(needed, kpi["unit"])
        if round(needed, _digits(needed)) != needed:
            value = say("sentence.about", value=value)
        way = "needed_up" if kpi["needed_a_year"] > 0 else "needed_down"
        parts.append(say(f"sentence.{way}", value=value))
    return listed(parts)
