"""What all editions of the report say: words, numbers and pictures, without a layout."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import identity
from kpi_utils.comparing.changes import Changes
from kpi_utils.frames import LIMITS
from kpi_utils.judging.evaluation import USUAL_THRESHOLDS, Evaluation
from kpi_utils.judging.judgement import by_status
from kpi_utils.plan import Declaration
from kpi_utils.report.chapters import (
    blocks_without_card,
    changes_chapter,
    kpi_cards,
    sheet_table,
    table_words,
)
from kpi_utils.report.cover import cover, draft
from kpi_utils.report.document import document_lines, mark_of
from kpi_utils.sheets.places import line_in_words
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing import charts, tables
from kpi_utils.showing.drawing import Picture, svg_of
from kpi_utils.showing.entries import entries_of
from kpi_utils.showing.outlook import marked
from kpi_utils.showing.tables import MANY
from kpi_utils.words import Words

# The statuses that have a small card each in the report of a large plan.
SMALL = ("missed", "regressed")


class Content(NamedTuple):
    """What a report says, and its pictures as SVG by the names that ``words`` gives them."""

    words: dict
    pictures: dict[str, bytes]


def content(
    evaluation: Evaluation, changes: Changes | None, figures: Mapping[str, Figure]
) -> Content:
    """What all editions of an evaluated sheet's report say, with the changes since last year.

    ``figures`` are the notebook's: ``overview``, ``pace``, those of KPIs by their identity, and any
    other, which gets a chapter of its own. What is missing among the first three is drawn here.
    """
    pictures: dict[str, bytes] = {}

    def draw(name: str, figure: Figure | None) -> list[dict]:
        """Keeps a figure's pages as pictures; returns the file and the words of each."""
        if figure is None:
            return []
        pages = ((svg_of(figure), ""),) if not isinstance(figure, Picture) else figure.pages()
        for page, (svg, _) in enumerate(pages):
            pictures[f"{name}-{page}.svg"] = svg
        return [
            {"file": f"{name}-{page}.svg", "alt": alt or _title(figure)}
            for page, (_, alt) in enumerate(pages)
        ]

    sheet, kpis, words = evaluation.sheet, evaluation.kpis, evaluation.sheet.words
    entries = entries_of(evaluation.findings, kpis["label"].to_dict(), words)
    overview = figures["overview"] if "overview" in figures else charts.overview(kpis)
    pace = figures["pace"] if "pace" in figures else charts.pace(kpis)
    detailed = tables.detailed(sheet, kpis, evaluation.findings).index
    of_kpis = {
        kpi: figures[kpi] if kpi in figures else charts.path(sheet, row)
        for kpi, row in kpis.iterrows()
        if kpi in figures or kpi in detailed
    }
    added = [name for name in figures if name not in ("overview", "pace", *kpis.index)]
    cards = kpi_cards(evaluation, entries, of_kpis, draw)
    missed = [card for card in cards if card["status"] != "met" and card["kpi"] in of_kpis]
    initiatives = table_words(tables.initiatives_table(kpis))
    before = changes and changes.before
    is_made_up = sheet.made_up or bool(before and before.sheet.made_up)
    has_limits = kpis["target_kind"].isin(LIMITS).any()
    limits = words.say("page.overview_limits") if has_limits else ""
    chapters = cover(evaluation, entries) | {
        "language": words.language,
        "page": words.of("page"),
        "pdf": words.of("pdf"),
        "column": words.of("column"),
        "words": words.of("status"),
        "severities": words.of("severity"),
        "space": words.say("list.sentence"),
        "bracketed": words.say("bracketed", text="{text}"),
        "introductions": {
            name: words.say(f"introduction.{name}", file=sheet.source, limits=limits)
            for name in words.of("introduction")
        },
        "overviews": draw("all", overview),
        "paces": draw("pace", pace),
        "own": [
            {"title": _title(figures[name]) or name, "charts": draw(f"own-{n}", figures[name])}
            for n, name in enumerate(added)
        ],
        "readings": table_words(tables.readings_table(kpis, evaluation.pace_cuts)),
        "by-year": _by_year(kpis, words),
        "reading-terms": _explained(evaluation, "reading"),
        "initiatives": initiatives,
        "initiative-counts": [[row[0], int(row[1])] for row in initiatives["rows"]],
        "goals": table_words(tables.goals_table(evaluation.rows, kpis)),
        "changes": changes_chapter(changes, draw),
        "tables": [
            sheet_table(evaluation, int(section)) for section in evaluation.rows["section"].unique()
        ],
        "cards": cards,
        "missed": missed,
        "missed-introduction": words.say("pdf.missed", n=len(missed)),
        # Of a large plan only: cards without a picture, and those that could not be judged.
        "is-large": len(kpis) > MANY,
        "axis": charts.AXIS,
        "small": [card for card in cards if card["status"] in SMALL],
        "undetermined-table": table_words(tables.undetermined_table(kpis)),
        # What none of the cards has: of the page, which has all; and of the PDF.
        "others": blocks_without_card(evaluation, cards),
        "others-of-missed": blocks_without_card(evaluation, missed),
        "findings": table_words(tables.entries_table(entries, words)),
        "severity-counts": [
            [word, int((entries["severity"] == name).sum())]
            for name, word in words.of("severity").items()
        ],
        "method": _explained(evaluation, "method"),
        "declarations": _declarations(sheet),
        "other-notes": [
            text + words.say("bracketed", text=line_in_words(sheet.source_of_line(line), words))
            for section, line, text in sheet.notes
            if section not in set(sheet.columns["section"])
        ],
        "provenance": _provenance(evaluation, changes),
        "made-up": words.say("cover.made_up") if is_made_up else "",
        # On each page.
        "mark": mark_of(sheet, is_made_up),
    }
    return Content(chapters, pictures)


def _by_year(kpis: pd.DataFrame, words: Words) -> dict | None:
    """The statuses by year with a legend of their marks; None where no KPI has several years."""
    if not kpis["status_by_year"].str.contains("/").any():
        return None
    marks = words.listed(marked(status, words) for status in words.of("mark"))
    table = table_words(tables.by_year(by_status(kpis)))
    return table | {"introduction": words.say("page.by_year_is", marks=marks)}


def _title(figure: Figure) -> str:
    """What a figure is called by itself: its title, or that of its first axes."""
    titles = [figure.get_suptitle()]
    titles += [axes.get_title(side) for axes in figure.axes for side in ("center", "left", "right")]
    return next(filter(None, titles), "")


def _explained(evaluation: Evaluation, key: str) -> list[tuple[str, str]]:
    """Terms and what they mean, in the order of the messages, with the thresholds in use."""
    words, (on_track, slightly, behind) = evaluation.sheet.words, evaluation.pace_cuts
    cuts = {"on_track": f"{on_track:g}", "slightly": f"{slightly:g}", "behind": f"{behind:g}"}
    terms = words.of(f"{key}-term")
    return [(term, words.say(f"{key}.{name}", **cuts)) for name, term in terms.items()]


def _declarations(sheet: Sheet) -> list[tuple[str, str]]:
    """What plan.toml declares of the KPIs of the sheet, in words."""
    words, rows = sheet.words, sheet.rows()
    listed = {*rows["name"].map(identity), *rows["address"]}
    return [
        (words.translated(declared.name), _declared(declared, words))
        for kpi, declared in sheet.plan.declarations.items()
        if kpi in listed and declared.reason
    ]


def _declared(declared: Declaration, words: Words) -> str:
    """What a declaration says, in words, with its reason."""
    parts = []
    if declared.direction:
        way = words.of("declared")[declared.direction]
        parts.append(words.say("declared.direction", direction=way))
    if declared.kind:
        ends = {"lower": declared.lower, "upper": declared.upper}
        parts.append(words.say(f"declared.{declared.kind}", **ends))
    for name in ("cumulative", "running_total", "apart"):
        if getattr(declared, name):
            parts.append(words.say(f"declared.{name}"))
    for name in ("same_as", "formerly"):
        if other := getattr(declared, name):
            parts.append(words.say(f"declared.{name}", name=words.translated(other)))
    if declared.convention:
        convention = words.of("convention")[declared.convention]
        parts.append(words.say("declared.convention", convention=convention))
    reason = words.translated(declared.reason)
    return words.say("declared.as", said=words.listed(parts), reason=reason)


def _thresholds(evaluation: Evaluation) -> tuple[list[str], list[str]]:
    """The thresholds in words, each with whose it is; and how a command gives those of this run."""
    sheet, words = evaluation.sheet, evaluation.sheet.words
    declared, texts, options = sheet.plan.document(sheet.fiscal_year).thresholds, [], []
    for name, usual in USUAL_THRESHOLDS.items():
        value = getattr(evaluation, name)
        if value is None:
            continue
        if name == "pace_cuts":
            value = tuple(value)
        by = "usual" if value == usual else "run"
        by = "plan" if value == declared.get(name) else by
        numbers = [f"{number:g}" for number in np.atleast_1d(value)]
        said = {"value": words.listed(numbers), "by": words.of("threshold-by")[by]}
        texts.append(words.say(f"threshold.{name}", **said))
        if value != declared.get(name, usual):
            option = numbers[0] if len(numbers) == 1 else f'"[{", ".join(numbers)}]"'
            options += ["-p", name, option]
    return texts, options


def _provenance(evaluation: Evaluation, changes: Changes | None) -> list[list[str]]:
    """Where the report is from, and how it is made again."""
    sheet = evaluation.sheet
    earlier = changes.before.sheet if changes and changes.before else None
    plan, year, words = sheet.plan, sheet.fiscal_year, sheet.words
    names = words.of("provenance")
    kind = "sheet_is_made_up" if sheet.made_up else "sheet_is"
    kind = "sheet_is_draft" if sheet.is_draft else kind
    municipality = words.translated(plan.municipality)
    parameters = {"plan": plan.id, "year": year, "language": words.language}
    document, (thresholds, options) = plan.document(year), _thresholds(evaluation)
    lines = document_lines(sheet)
    if not document.date:
        lines.append([names["undated"], names["undated_is"]])
    lines += [
        [names["sheet"], words.say(f"provenance.{kind}", municipality=municipality, year=year)],
        [names["title"], words.translated(sheet.title)],
        [names["state"], draft(sheet) if sheet.is_draft else names["published"]],
        [names["file"], sheet.source],
        [names["hash"], sheet.sha256],
    ]
    if earlier:
        compared = words.say("provenance.compared", year=earlier.fiscal_year)
        lines += [[compared, earlier.source], [names["hash"], earlier.sha256]]
    lines += [[names["declarations"], plan.source], [names["hash"], plan.sha256]]
    other = [] if words.is_japanese else ["--language", words.language]
    if other:
        lines.append([names["translation"], names["translation_is"]])
    return [
        *lines,
        [names["notebook"], "notebooks/evaluate.ipynb"],
        [names["parameters"], words.say("provenance.parameters_are", **parameters)],
        [names["thresholds"], words.listed(thresholds)],
        [names["software"], f"kpi_utils {version('kpi-utils')}"],
        [names["command"], " ".join(["kpi report", plan.id, str(year), *other, *options])],
    ]
