"""A KPI in words: its cells, its numbers, its sentence, and where it would stand.

The sentence is the alt text of the KPI's picture and stands in the report. It has no word that the
numbers do not carry: it speaks of a change since the baseline, never of a trend, for which the
sheet has too few points (method 5); and the outlook of two points drawn on to the target's year,
never of a forecast. What the sheet prints is quoted as it stands; in another language its numbers
keep their digits and get the words of that language.
"""

from dataclasses import replace
from decimal import Decimal
from typing import cast

import pandas as pd

from kpi_utils.cells.notation import Cell, identity
from kpi_utils.comparing.matching import with_unit_named
from kpi_utils.frames import LIMITS
from kpi_utils.judging.achievement import exact, on_paper, percent_text, rounded
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.outlook import shown_outlook
from kpi_utils.judging.undetermined import note_of
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE, Words, in_sentence


def words_of(frame: pd.DataFrame) -> Words:
    """The words of the language in which a frame's sheet was loaded, which the frame carries."""
    return frame.attrs.get("words", JAPANESE)


# -- Cells and numbers.


def cell_of(sheet: Sheet, kpi: pd.Series, role: str) -> Cell:
    """The baseline, actual or target that a KPI (a row of ``kpis``) is judged by, as a cell.

    The cell as in the sheet; if it prints no unit, with the one that its row or column gives. If
    the analyst changed the figure in the notebook, a cell with the new figure in the unit of the
    row, whose text quotes the sheet's.
    """
    listing = kpi.section, kpi.no
    cell = sheet.cell(listing, role, getattr(kpi, f"{role}_column_year", None))
    figure = exact(getattr(kpi, role))
    if figure == exact(sheet.figures[listing][role]):
        return with_row_unit(cell, figure, getattr(kpi, f"{role}_unit", "") or kpi.unit)
    text = f"{'―' if figure is None else digits_text(figure)} {kpi.unit}".strip()
    text = sheet.words.say("cell.corrected", text=text, raw=cell.raw)
    return replace(cell, value=figure, upper=None, comparator="", unit=kpi.unit, text=text)


def with_row_unit(cell: Cell, figure: Decimal | None, unit: str) -> Cell:
    """A cell whose text has the unit that only its row or column gives.

    If it prints another number than the ``figure`` in that unit (of a column in 千円), with this.
    """
    if cell.value == figure and not cell.unit:
        return with_unit_named(replace(cell, unit=unit))
    if cell.unit or cell.value is None or figure is None or cell.upper is not None:
        return cell
    text = f"{cell.text}（{digits_text(figure)} {unit}）"
    return replace(cell, value=figure, unit=unit, text=text)


def cell_text(cell: Cell, words: Words) -> str:
    """What a cell says without its year: as printed, or in the words of another language.

    There a text that has no words for all that stands in the cell stays as printed, marked so.
    """
    if words.is_japanese or cell.text.isascii():
        return cell.text
    text = _in_words(cell, words)
    for mark in cell.marks:
        template = words.of("cell-mark").get(identity(mark).strip("()"))
        text = template.format(text=text) if template and text else ""
    return text or words.say("original", text=cell.text)


def _in_words(cell: Cell, words: Words) -> str:
    if cell.value is None:
        # The word of a direction stands for a number: 減少, 維持.
        return words.of("cell-word").get(cell.comparator or identity(cell.text), "")
    figure = digits_text(cell.value)
    if cell.comparator == "range" and cell.upper is not None:
        figure = words.say("cell.range", lower=figure, upper=digits_text(cell.upper))
    text = words.amount(figure, cell.unit, identity(cell.unit))
    is_plain = cell.comparator in ("", "range")
    return text if is_plain else words.say(f"cell.{cell.comparator}", text=text)


def year_and_text(cell: Cell, words: Words) -> tuple[str, str]:
    """A cell's year and the rest of it: as printed, or in the words of another language."""
    year = cell.year_raw
    if cell.year and not words.is_japanese:
        year = words.say("year.fiscal", year=cell.year)
    return year, cell_text(cell, words)


def text_with_year(cell: Cell, words: Words) -> str:
    """A cell with its year: as printed, or in the words of another language."""
    text = cell_text(cell, words)
    if words.is_japanese or (cell.raw + cell.text).isascii():
        return cell.raw if cell.text in cell.raw else f"{cell.year_raw} {cell.text}".strip()
    return words.say("cell.dated", year=cell.year, text=text) if cell.year else text


def digits_text(value: Decimal) -> str:
    """A figure of the sheet in digits, as exact as it is there.

    >>> digits_text(Decimal("-1010.50"))
    '−1,010.50'
    """
    return f"{value:,f}".replace("-", "−")


def change_text(text: str, unit: str, words: Words) -> str:
    """A change in digits with its unit: of percentages, points; of ranks, places."""
    key = {"%": "unit.points", RANK: "unit.places"}.get(identity(unit))
    return words.say(key, number=text) if key else words.amount(text, unit, identity(unit))


def computed_text(value: float | Decimal, unit: str = "", words: Words = JAPANESE) -> str:
    """A computed figure with its unit: whole from 100 on, else with one decimal, below 1 with two.

    >>> computed_text(24892, "人"), computed_text(-54.333, "十億円"), computed_text(1.9375, "%")
    ('24,892 人', '−54.3 十億円', '1.9ポイント')
    """
    figure = value if isinstance(value, Decimal) else on_paper(value)
    return change_text(rounded(figure, _digits(figure)), unit, words)


def _digits(value: Decimal) -> int:
    """How many decimals a computed figure is printed with."""
    if abs(value) >= 100 or value == int(value):
        return 0
    # Below one, two digits that mean something: a need of 0.056 is no 0.1.
    return max(1, min(1 - value.adjusted(), -int(value.normalize().as_tuple().exponent)))


# -- The sentence.


def sentence(sheet: Sheet, kpi: pd.Series) -> str:
    """The facts of a KPI (a row of ``kpis``) in one sentence.

    Value and year, change since the baseline, target and its year, achievement and status, the
    time that has gone, and what is needed a year; each only where there is such a figure.
    """
    words = sheet.words
    if kpi.status == "undetermined":
        return words.say("sentence.undetermined", label=kpi.label, note=note_of(sheet, kpi))
    verdict = words.say(
        "sentence.verdict_plain" if pd.isna(kpi.achievement) else "sentence.verdict",
        figure=percent_text(kpi.achievement),
        word=in_sentence(words.of("status")[kpi.status]),
    )
    if extra := _time_and_need(kpi, words):
        verdict = words.say("sentence.with_extra", told=verdict, extra=extra)
    parts = {"actual": _actual(sheet, kpi), "target": _target(sheet, kpi), "verdict": verdict}
    return words.say("sentence.whole", label=kpi.label, **parts)


def _of_year(year, words: Words) -> str:
    return "" if pd.isna(year) else words.say("sentence.of_year", year=year)


def _actual(sheet: Sheet, kpi: pd.Series) -> str:
    if pd.isna(kpi.actual):
        return ""
    words = sheet.words
    cell = cell_of(sheet, kpi, "actual")
    values = {"year": kpi.actual_year, "text": cell_text(cell, words)}
    if pd.isna(kpi.baseline):
        return words.say("sentence.actual", **values)
    if kpi.start != kpi.baseline:
        # A sum since the plan began: the baseline is no sum, and nothing to count from.
        return words.say("sentence.actual_sum", **values)
    baseline = cell_of(sheet, kpi, "baseline")
    year = _of_year(kpi.baseline_year, words)
    text = cell_text(baseline, words)
    values["baseline"] = words.say("sentence.baseline", year=year, text=text)
    change = _exact(cell, kpi.actual) - _exact(baseline, kpi.baseline)
    values["change"] = change_text(f"{abs(change):,f}", kpi.unit, words)
    way = "up" if change > 0 else "down" if change else "same"
    of_rank = "_of_rank" if change and identity(kpi.unit) == RANK else ""
    return words.say(f"sentence.actual_{way}{of_rank}", **values)


def _exact(cell: Cell, number: float) -> Decimal:
    """A figure with the decimals that its cell prints, if it is in the unit of the row."""
    figure = cast(Decimal, exact(number))
    return cell.value if cell.value == figure else figure


def _target(sheet: Sheet, kpi: pd.Series) -> str:
    words = sheet.words
    text = cell_text(cell_of(sheet, kpi, "target"), words)
    key = "target"
    if kpi.target_kind in ("direction_only", "text"):
        key = "target_in_words"
    elif kpi.target_kind in LIMITS:
        key = "holds" if kpi.target_comparator else "kept"
        if not kpi.target_comparator:
            limit = words.of("limit")[kpi.target_kind]
            text = words.say("sentence.limit_named", text=text, limit=limit)
        key += "" if kpi.status == "met" else "_not"
    return words.say(f"sentence.{key}", year=_of_year(kpi.target_year, words), text=text)


def _time_and_need(kpi: pd.Series, words: Words) -> str:
    """The time that has gone, and what is needed a year beside what was gained."""
    parts = [kpi.note] if kpi.target_kind == "text" else []
    if kpi.status in ("missed", "not_reached"):
        way = f"_{kpi.way}" if kpi.way else ""
        parts.append(words.say(f"sentence.{kpi.status}{way}"))
    elif not pd.isna(kpi.elapsed):
        parts.append(words.say("sentence.elapsed", elapsed=rounded(kpi.elapsed * 100)))
    # A limit that is touched and must be passed (超, 未満) needs more than nothing, and no number.
    needed = Decimal(0) if pd.isna(kpi.needed_a_year) else on_paper(abs(kpi.needed_a_year))
    if needed:
        value = computed_text(needed, kpi.unit, words)
        if round(needed, _digits(needed)) != needed:
            value = words.say("sentence.about", value=value)
        way = "needed_up" if kpi.needed_a_year > 0 else "needed_down"
        way += "_of_rank" if identity(kpi.unit) == RANK else ""
        parts.append(words.say(f"sentence.{way}", value=value))
    return words.listed(parts)


# -- The outlook, and how a KPI stood each year.


def outlook_text(kpi: pd.Series, words: Words) -> str:
    """Where a KPI (a row of ``kpis``) would stand in its target year, in words; or ""."""
    shown = shown_outlook(kpi)
    if shown is None:
        return ""
    cut = ""
    if not pd.isna(kpi.outlook_cut):
        bound = words.amount(str(kpi.outlook_cut), kpi.unit, identity(kpi.unit))
        cut = words.say("outlook.cut", value=bound)
    verdict = words.say(
        "outlook.verdict_plain" if pd.isna(kpi.outlook_achievement) else "outlook.verdict",
        achievement=percent_text(kpi.outlook_achievement),
        status=in_sentence(words.of("status")[kpi.outlook_status]),
        gap=_gap(kpi, shown, words),
    )
    text = words.amount(digits_text(shown[0]), kpi.unit, identity(kpi.unit))
    return words.say("outlook.text", value=text, verdict=verdict, cut=cut)


def outlook_cell(kpi: pd.Series, words: Words) -> str:
    """The outlook as achievement with its status, or why there is none.

    In its own unit where that has no percentage, or the target is a limit; with ※ where a KPI
    would not stay met.
    """
    shown = shown_outlook(kpi)
    if shown is None:
        return words.say("outlook.none", reason=words.of("no-outlook")[kpi.outlook_reason])
    value = percent_text(kpi.outlook_achievement)
    if pd.isna(kpi.outlook_achievement) or kpi.target_kind in LIMITS:
        value = words.amount(digits_text(shown[0]), kpi.unit, identity(kpi.unit))
    key = "outlook.cell" if pd.isna(kpi.outlook_cut) else "outlook.cell_cut"
    text = words.say(key, value=value, status=words.of("status")[kpi.outlook_status])
    if (kpi.status, kpi.outlook_status) != ("met", "missed"):
        return text
    return words.say("outlook.leaves", text=text, gap=_gap(kpi, shown, words))


def _gap(kpi: pd.Series, shown: tuple[Decimal, Decimal], words: Words) -> str:
    """How far the outlook, as it is shown, lies from the target, and on which side."""
    value, short = shown
    if short == 0:
        return words.say("outlook.same" if pd.isna(kpi.target_upper) else "outlook.within")
    number = digits_text(abs(short))
    if identity(kpi.unit) == RANK:
        # The twelfth place is below the tenth, though its number is above.
        return words.say("outlook.places", number=number)
    side = "above" if value > kpi.target_value else "below"
    return words.say(f"outlook.{side}", value=change_text(number, kpi.unit, words))


def marked(status: str, words: Words) -> str:
    """A status with its mark, which never stands without the word: ○ 前進."""
    return f"{words.of('mark')[status]} {words.of('status')[status]}"
