"""What plan.toml says of a report (department, date, draft, appraisal), and its provenance."""

import datetime
from importlib.metadata import version

import numpy as np
import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.comparing.changes import Changes
from kpi_utils.judging.evaluation import USUAL_THRESHOLDS, Evaluation
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import Words


def document_of(sheet: Sheet) -> dict:
    """What plan.toml says of the report: who made it, when, and the city's appraisal."""
    words = sheet.words
    document = sheet.plan.document(sheet.fiscal_year)
    city = words.translated(sheet.plan.municipality)
    # The editions put the address behind it, as a link.
    lines = [
        words.say("document_item", name=name, value=value.removesuffix(document.sheet_url))
        for name, value in document_lines(sheet)
    ]
    appraisal = filter(None, map(str.strip, document.appraisal.splitlines()))
    return {
        "document": words.say("list.gap").join(lines),
        "sheet-url": document.sheet_url,
        "appraisal-title": words.say("cover.appraisal", municipality=city),
        "appraisal": [words.translated(text) for text in appraisal],
        "timestamp": document.timestamp.isoformat(),
    }


def document_lines(sheet: Sheet) -> list[list[str]]:
    """What plan.toml says of the report and its sheet, as names and texts, the address last."""
    words = sheet.words
    document = sheet.plan.document(sheet.fiscal_year)
    values = {
        "department": words.translated(document.department),
        "date": _day(document.date, words),
        "release": words.of("release").get(document.release, ""),
        "sheet_published": _day(document.sheet_published, words),
        "sheet_url": document.sheet_url,
    }
    return [[name, values[key]] for key, name in words.of("document").items() if values[key]]


def _day(date: datetime.date | None, words: Words) -> str:
    if date is None:
        return ""
    return words.say("cover.day", year=date.year, month=date.month, day=date.day)


def mark_of(sheet: Sheet, is_made_up: bool) -> str:
    """The mark on each page of a report that is a draft, or whose figures are made up."""
    words = sheet.words
    marks = []
    if sheet.plan.document(sheet.fiscal_year).release == "draft":
        marks.append(words.of("release")["draft"])
    if is_made_up:
        marks.append(words.say("cover.made_up"))
    return words.listed(marks)


def draft(sheet: Sheet) -> str:
    """A sentence on why a sheet has no published 達成度: it is a draft, or prints none."""
    of_draft = "draft_form" if sheet.is_form else "draft_declared"
    has_figures = "published" in {*sheet.columns["role"]}
    return sheet.words.say(f"cover.{of_draft if has_figures else 'no_published'}")


def declarations(sheet: Sheet, rows: pd.DataFrame) -> list[tuple[str, str]]:
    """What plan.toml declares of the KPIs of a sheet's rows, in words, each with its reason."""
    words = sheet.words
    listed = {*rows["name"].map(identity), *rows["address"]}
    lines = []
    for kpi, declared in sheet.plan.declarations.items():
        if kpi not in listed or not declared.reason:
            continue
        items = {
            "direction": words.of("declared").get(declared.direction),
            declared.kind: declared.kind,
            "cumulative": declared.cumulative,
            "running_total": declared.running_total,
            "apart": declared.apart,
            "same_as": words.translated(declared.same_as),
            "formerly": words.translated(declared.formerly),
            "convention": words.of("convention").get(declared.convention),
        }
        ends = {"lower": declared.lower, "upper": declared.upper}
        parts = [
            words.say(f"declared.{item}", **ends, **{item: value, "name": value})
            for item, value in items.items()
            if value
        ]
        reason = words.translated(declared.reason)
        text = words.say("declared.as", said=words.listed(parts), reason=reason)
        lines.append((words.translated(declared.name), text))
    return lines


def _thresholds(evaluation: Evaluation) -> tuple[list[str], list[str]]:
    """The thresholds in words, each with its origin; and the options of a command that set them."""
    sheet = evaluation.sheet
    words = sheet.words
    declared = sheet.plan.document(sheet.fiscal_year).thresholds
    texts = []
    options = []
    for name, usual in USUAL_THRESHOLDS.items():
        value = getattr(evaluation, name)
        if value is None:
            continue
        value = tuple(value) if name == "pace_cuts" else value
        numbers = [f"{number:g}" for number in np.atleast_1d(value)]
        by = "plan" if value == declared.get(name) else "usual" if value == usual else "run"
        values = {"value": words.listed(numbers), "by": words.of("threshold-by")[by]}
        texts.append(words.say(f"threshold.{name}", **values))
        if value != declared.get(name, usual):
            option = numbers[0] if len(numbers) == 1 else f'"[{", ".join(numbers)}]"'
            options += ["-p", name, option]
    return texts, options


def provenance(evaluation: Evaluation, changes: Changes | None) -> list[list[str]]:
    """The sources of the report, and how to make it again."""
    sheet = evaluation.sheet
    plan = sheet.plan
    year = sheet.fiscal_year
    words = sheet.words
    names = words.of("provenance")
    kind = "_draft" if sheet.is_draft else "_made_up" if sheet.made_up else ""
    municipality = words.translated(plan.municipality)
    is_published = not sheet.is_draft and "published" in {*sheet.columns["role"]}
    lines = [
        ("undated", "" if plan.document(year).date else names["undated_is"]),
        ("sheet", words.say(f"provenance.sheet_is{kind}", municipality=municipality, year=year)),
        ("title", words.translated(sheet.title)),
        ("state", names["published"] if is_published else draft(sheet)),
        ("file", sheet.source),
        ("hash", sheet.sha256),
    ]
    if changes and changes.before:
        earlier = changes.before.sheet
        names = names | {"compared": words.say("provenance.compared", year=changes.year_before)}
        lines += [("compared", earlier.source), ("hash", earlier.sha256)]
    thresholds, options = _thresholds(evaluation)
    if not words.is_japanese:
        options = ["--language", words.language, *options]
    is_part = evaluation.is_part or evaluation.left_out
    # No command can repeat what a notebook's cells have changed.
    is_changed = is_part or "figure-corrected" in set(evaluation.findings["code"])
    command = " ".join(["kpi report", plan.id, str(year), *options])
    parameters = {"plan": plan.id, "year": year, "language": words.language}
    lines += [
        ("declarations", plan.source),
        ("hash", plan.sha256),
        ("translation", "" if words.is_japanese else names["translation_is"]),
        ("notebook", "notebooks/evaluate.ipynb"),
        ("parameters", words.say("provenance.parameters_are", **parameters)),
        ("thresholds", words.listed(thresholds)),
        ("software", f"kpi_utils {version('kpi-utils')}"),
        ("command", "" if is_changed else command),
    ]
    return document_lines(sheet) + [[names[key], text] for key, text in lines if text]
