"""What all editions of the report say: words, numbers and pictures, without a layout."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.comparing.changes import Changes
from kpi_utils.frames import LIMITS, STATUSES
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import by_status
from kpi_utils.lines.line import line_in_words
from kpi_utils.report import chapters
from kpi_utils.report.chapters import table_words
from kpi_utils.report.cover import cover
from kpi_utils.report.document import declarations, mark_of, provenance
from kpi_utils.showing import charts, tables
from kpi_utils.showing.drawing import Picture, svg_of
from kpi_utils.showing.entries import entries_of
from kpi_utils.showing.sentences import marked
from kpi_utils.words import Words

# The statuses that have a small card each in the report of a large plan.
SMALL = ("missed", "regressed")


class Content(NamedTuple):
    """What a report says in a language, and its pictures as SVG by the names in ``chapters``.

    ``entries`` are those of the findings.
    """

    words: Words
    chapters: dict
    pictures: dict[str, bytes]
    entries: pd.DataFrame


def content(
    evaluation: Evaluation, changes: Changes | None, figures: Mapping[str, Figure]
) -> Content:
    """What all editions of an evaluated sheet's report say, with the changes since last year.

    ``figures`` are the notebook's: ``overview``, ``pace``, those of KPIs by their identity, and any
    other, which gets a chapter of its own. Any of the first three that is not given is drawn here:
    a script need not draw, and the notebook does not show the pictures of KPIs that are met.
    """
    pictures: dict[str, bytes] = {}

    def draw(name: str, figure: Figure | None, title: str) -> list[dict]:
        """Keeps a figure's pages; returns file and alt text of each, which may be ``title``."""
        if figure is None:
            return []
        pages = figure.pages() if isinstance(figure, Picture) else ((svg_of(figure), ""),)
        drawn = {f"{name}-{page}.svg": svg for page, (svg, _) in enumerate(pages)}
        pictures.update(drawn)
        alts = [alt or _title(figure) or title for _, alt in pages]
        return [{"file": file, "alt": alt} for file, alt in zip(drawn, alts, strict=True)]

    sheet = evaluation.sheet
    kpis = evaluation.kpis
    words = sheet.words
    entries = entries_of(evaluation.findings, kpis, words)
    overview = figures["overview"] if "overview" in figures else charts.overview(kpis)
    pace = figures["pace"] if "pace" in figures else charts.pace(kpis)
    of_kpis: dict[str, Figure | None]
    of_kpis = {kpi: figures[kpi] for kpi in kpis.index if kpi in figures}
    for kpi, row in tables.detailed(sheet, kpis, evaluation.findings).iterrows():
        if kpi not in figures:
            of_kpis[kpi] = charts.path(sheet, row)
    others = {
        name: _title(figure).strip() or str(name).strip() or words.say("none")
        for name, figure in figures.items()
        if figure is not None and name not in ("overview", "pace", *kpis.index)
    }
    cards = chapters.kpi_cards(evaluation, entries, of_kpis, draw)
    missed = [card for card in cards if card["status"] != "met" and card["kpi"] in of_kpis]
    by_year: dict | None = None
    if kpis["status_by_year"].str.contains("/").any():
        # With a no-break space, a mark and its word stay on one line.
        marks = words.listed(marked(status, words).replace(" ", "\u00a0") for status in STATUSES)
        introduction = words.say("page.by_year_is", marks=marks)
        table = table_words(tables.by_year(by_status(kpis)))
        by_year = {"introduction": introduction, **table}
    initiatives = table_words(tables.initiatives_table(kpis))
    is_made_up = sheet.made_up or bool(changes and changes.before and changes.before.sheet.made_up)
    has_limits = kpis["target_kind"].isin(LIMITS).any()
    limits = words.say("page.overview_limits") if has_limits else ""
    above = words.say("page.initiative_above") if any(evaluation.rows["initiative"]) else ""
    parts = cover(evaluation, entries) | {
        "language": words.language,
        **{name: words.of(name) for name in ("page", "pdf", "column", "status", "severity")},
        "space": words.say("list.sentence"),
        "introductions": {
            name: words.say(f"introduction.{name}", file=sheet.source, limits=limits, above=above)
            for name in words.of("introduction")
        },
        "overviews": draw("all", overview, words.say("page.overview")),
        "paces": draw("pace", pace, words.say("page.pace")),
        "own": [
            {"title": title, "charts": draw(f"own-{n}", figures[name], title)}
            for n, (name, title) in enumerate(others.items())
        ],
        "readings": table_words(tables.readings_table(kpis, evaluation.pace_cuts)),
        "by-year": by_year,
        "reading-terms": _explained(evaluation, "reading"),
        "initiatives": initiatives,
        "initiative-counts": [[row[0], int(row[1])] for row in initiatives["rows"]],
        "goals": table_words(tables.goals_table(evaluation.rows, kpis)),
        "changes": chapters.changes_chapter(changes, draw),
        "tables": [
            chapters.sheet_table(evaluation, int(section))
            for section in evaluation.rows["section"].unique()
        ],
        "cards": cards,
        "missed": missed,
        "missed-introduction": words.say("pdf.missed", n=len(missed)),
        # Of a large plan only: cards without a picture, and those that could not be judged.
        "is-large": len(kpis) > tables.MANY,
        "axis": charts.AXIS,
        "small": [card for card in cards if card["status"] in SMALL],
        "undetermined-table": table_words(tables.undetermined_table(kpis)),
        # The commentary on none of the cards: of the page, which has all cards, and of the PDF.
        "others": chapters.blocks_without_card(evaluation, cards),
        "others-of-missed": chapters.blocks_without_card(evaluation, missed),
        "findings": table_words(tables.entries_table(entries, words)),
        "severity-counts": [
            [word, int((entries["severity"] == name).sum())]
            for name, word in words.of("severity").items()
        ],
        "method": _explained(evaluation, "method"),
        "declarations": declarations(sheet, evaluation.rows),
        "other-notes": [
            text + words.say("bracketed", text=line_in_words(sheet.source_of_line(line), words))
            for section, line, text in sheet.notes
            if section not in set(sheet.columns["section"])
        ],
        "provenance": provenance(evaluation, changes),
        "made-up": words.say("cover.made_up") if is_made_up else "",
        # On each page.
        "mark": mark_of(sheet, is_made_up),
    }
    return Content(words, parts, pictures, entries)


def _title(figure: Figure) -> str:
    """What a figure is called by itself: its title, or that of its first axes."""
    titles = [figure.get_suptitle()]
    titles += [axes.get_title(side) for axes in figure.axes for side in ("center", "left", "right")]
    return next(filter(None, titles), "")


def _explained(evaluation: Evaluation, key: str) -> list[tuple[str, str]]:
    """Terms and what they mean, in the order of the messages, with the thresholds in use."""
    words = evaluation.sheet.words
    names = ("on_track", "slightly", "behind")
    cuts = {name: f"{cut:g}" for name, cut in zip(names, evaluation.pace_cuts, strict=True)}
    terms = words.of(f"{key}-term")
    return [(term, words.say(f"{key}.{name}", **cuts)) for name, term in terms.items()]
