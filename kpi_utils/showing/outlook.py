"""Outlook and yearly statuses in words: where a KPI would stand, and how it stood (method 5).

It speaks of two points drawn on to the target's year, never of a trend or a forecast. The mark of a
year's status has its word beside it.
"""

from decimal import Decimal

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.frames import LIMITS
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.direction import RANK
from kpi_utils.judging.outlook import shown_outlook, years_of
from kpi_utils.showing.sentences import change_text, digits_text, with_unit, words_of
from kpi_utils.words import Words, in_sentence


def outlook_text(kpi: pd.Series, words: Words) -> str:
    """Where a KPI (a row of ``kpis``) would stand in its target year, in words; or ""."""
    shown = shown_outlook(kpi)
    if shown is None:
        return ""
    is_plain = pd.isna(kpi["outlook_achievement"])
    verdict = words.say(
        "outlook.verdict_plain" if is_plain else "outlook.verdict",
        achievement=percent_text(kpi["outlook_achievement"]),
        status=in_sentence(words.of("status")[kpi["outlook_status"]]),
        gap=_gap(kpi, shown, words),
    )
    cut = ""
    if not pd.isna(kpi["outlook_cut"]):
        bound = with_unit(str(kpi["outlook_cut"]), kpi["unit"], words)
        cut = words.say("outlook.cut", value=bound)
    text = with_unit(digits_text(shown[0]), kpi["unit"], words)
    return words.say("outlook.text", value=text, verdict=verdict, cut=cut)


def _gap(kpi: pd.Series, shown: tuple[Decimal, Decimal], words: Words) -> str:
    """How far the outlook, as it is shown, lies from the target, and on which side."""
    (value, short), lower, upper = shown, kpi["target_value"], kpi["target_upper"]
    if short == 0:
        return words.say("outlook.same" if pd.isna(upper) else "outlook.within")
    if identity(kpi["unit"]) == RANK:
        # The 12th place is below the tenth, and its number above.
        return words.say("outlook.places", number=digits_text(abs(short)))
    text = change_text(digits_text(abs(short)), kpi["unit"], words)
    return words.say("outlook.above" if value > lower else "outlook.below", value=text)


def outlook_cell(kpi: pd.Series, words: Words) -> str:
    """The outlook as achievement with its status, or why there is none.

    In its own unit where that has no percentage, or the target is a limit; with ※ where a KPI
    would not stay met.
    """
    shown = shown_outlook(kpi)
    if shown is None:
        return words.say("outlook.none", reason=words.of("no-outlook")[kpi["outlook_reason"]])
    status, value = kpi["outlook_status"], percent_text(kpi["outlook_achievement"])
    if pd.isna(kpi["outlook_achievement"]) or kpi["target_kind"] in LIMITS:
        value = with_unit(digits_text(shown[0]), kpi["unit"], words)
    key = "outlook.cell" if pd.isna(kpi["outlook_cut"]) else "outlook.cell_cut"
    text = words.say(key, value=value, status=words.of("status")[status])
    if (kpi["status"], status) != ("met", "missed"):
        return text
    return words.say("outlook.leaves", text=text, gap=_gap(kpi, shown, words))


def marked(status: str, words: Words) -> str:
    """A status with its mark: ○ 前進."""
    return f"{words.of('mark')[status]} {words.of('status')[status]}"


def years_text(kpi: pd.Series, words: Words) -> str:
    """How a KPI stood each year, in marks and words; "" where it has not several years."""
    years = years_of(kpi["status_by_year"])
    texts = (f"{year} {marked(status, words)}" for year, status in years.items())
    return words.listed(texts) if len(years) > 1 else ""


def by_year(kpis: pd.DataFrame) -> pd.DataFrame:
    """One line a KPI, one column a year: the status of that year with its mark, or ―."""
    words = words_of(kpis)
    statuses = pd.DataFrame(list(kpis["status_by_year"].map(years_of)), index=kpis.index)
    marks = statuses.map(lambda status: marked(status, words), na_action="ignore").fillna("―")
    marks = marks[sorted(marks)].rename(columns=lambda year: words.say("year.column", year=year))
    marks.insert(0, words.of("column")["kpi"], kpis["label"])
    return marks
