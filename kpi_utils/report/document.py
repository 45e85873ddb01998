"""What an office says of its report: who made it, when, if it is a draft, and its appraisal."""

import datetime

from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Words


def document_of(sheet: Sheet) -> dict:
    """What plan.toml says of the report: who made it, when, and the city's appraisal."""
    words, document = sheet.words, sheet.plan.document(sheet.fiscal_year)
    appraisal = [words.translated(text.strip()) for text in document.appraisal.splitlines()]
    city = words.translated(sheet.plan.municipality)
    # The editions put the address behind it, as a link.
    lines = [
        words.say("document_item", name=name, value=value.removesuffix(document.sheet_url))
        for name, value in document_lines(sheet)
    ]
    return {
        "document": words.say("list.gap").join(lines),
        "sheet-url": document.sheet_url,
        "appraisal-title": words.say("cover.appraisal", municipality=city),
        "appraisal": [*filter(None, appraisal)],
        "timestamp": document.timestamp.isoformat(),
    }


def document_lines(sheet: Sheet) -> list[list[str]]:
    """What plan.toml says of the report and its sheet, as names and words; an address is last."""
    words, document = sheet.words, sheet.plan.document(sheet.fiscal_year)
    values = {
        "department": words.translated(document.department),
        "date": _day(document.date, words),
        "release": words.of("release").get(document.release, ""),
        "sheet_published": _day(document.sheet_published, words),
        "sheet_url": document.sheet_url,
    }
    return [[name, values[key]] for key, name in words.of("document").items() if values[key]]


def mark_of(sheet: Sheet, is_made_up: bool) -> str:
    """What each page says of the report: that it is a draft, that its figures are made up."""
    words, release = sheet.words, sheet.plan.document(sheet.fiscal_year).release
    marks = [words.of("release")["draft"]] if release == "draft" else []
    return words.listed([*marks, words.say("cover.made_up")] if is_made_up else marks)


def _day(date: datetime.date | None, words: Words) -> str:
    return words.say("cover.day", year=date.year, month=date.month, day=date.day) if date else ""
