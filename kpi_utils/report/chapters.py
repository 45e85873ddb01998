"""The chapters of the report: what changed, the sheet's tables, and a card for each KPI."""

import re
from collections.abc import Callable
from itertools import chain

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import label
from kpi_utils.comparing.changes import Changes
from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import by_status
from kpi_utils.judging.outlook import years_of
from kpi_utils.judging.readings import pace_text
from kpi_utils.judging.undetermined import note_of
from kpi_utils.lines.line import line_in_words, line_label
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.showing import change_tables, sentences
from kpi_utils.showing.change_charts import paths
from kpi_utils.showing.charts import AXIS
from kpi_utils.showing.tables import MANY, commentary_of
from kpi_utils.words import Words

# The facts on a small card (``_facts``).
SMALL_FACTS = ("achievement", "baseline", "actual", "target", "reason", "pace", "source")
# Keeps a figure's pages under a name, and gives the file and the words of each: its title at least.
Draw = Callable[[str, Figure | None, str], list[dict]]


def table_words(frame: pd.DataFrame) -> dict[str, list]:
    """A table of words: its headers and its rows."""
    rows = frame.astype(str).to_numpy().tolist()
    return {"headers": list(frame.columns), "rows": rows}


def changes_chapter(changes: Changes | None, draw: Draw) -> dict | None:
    """What changed since last year: summary, paths as table and pictures, and what was changed.

    None if nothing was compared; only the reason if last year's sheet cannot be used.
    """
    if changes is None:
        return None
    words = changes.after.sheet.words
    before = words.say("year.fiscal", year=changes.year_before)
    title = words.render(changes.title)
    chapter = {"title": title, "problems": changes.problems}
    if changes.before is None:
        return chapter | {"uncompared": words.say("change-chapter.uncompared", before=before)}
    earlier = changes.before.sheet
    compared = {"title": words.translated(earlier.title), "file": earlier.source}
    # Of a large plan the table of what moved is enough.
    pictures = paths(changes, words) if len(changes.after.kpis) <= MANY else []
    pages = [draw(f"paths-{n}", picture, title) for n, picture in enumerate(pictures)]
    return chapter | {
        "compared": words.say("change-chapter.compared", **compared),
        "summary": change_tables.summary(changes, words),
        "introductions": {
            name: words.say(f"change-chapter.{name}", before=before)
            for name in ("moved", "paths", "changed")
        },
        "moved": table_words(change_tables.moved(changes, words)),
        "paths": list(chain(*pages)),
        "changed": table_words(change_tables.changed(changes, words)),
    }


# -- The sheet's tables.


def sheet_table(evaluation: Evaluation, section: int) -> dict:
    """A table of the sheet as printed, with what was computed; the initiative as a row above."""
    sheet = evaluation.sheet
    words = sheet.words
    columns = sheet.columns[sheet.columns["section"] == section].reset_index(drop=True)
    judged = evaluation.rows[evaluation.rows["section"] == section]
    printed = sheet_cells(sheet, section).loc[list(judged.index)].to_numpy()
    # A form's columns for department and next step may be blank.
    is_blank = columns["role"].isin(["department", "next_step"]) & (printed == "").all(axis=0)
    shown = list(columns[(columns["role"] != "initiative") & ~is_blank].itertuples())
    rows = []
    above = ""
    for row, texts in zip(judged.itertuples(), printed, strict=True):
        listing = (row.section, row.no)
        cells = [_year_and_text(sheet, listing, column, texts[column.Index]) for column in shown]
        record = {
            # Said once, above the first of its rows.
            "initiative": "" if row.initiative == above else words.translated(row.initiative),
            "cells": cells,
            "achievement": percent_text(row.achievement),
            "status": row.status,
            "stage": words.of("stage")[row.stage],
            "line": line_label(row.source, words),
            "no": int(row.no),
            "kpi": row.kpi,
        }
        rows.append(record)
        above = row.initiative
    # A note that repeats an initiative is left out: the initiative stands above its rows already.
    said = {*judged["initiative"]}
    return {
        "section": section,
        "caption": sheet.table_mark(section) + words.translated(sheet.captions[section]),
        "columns": [
            {"header": _header(words, column.header, column.role, column.year), "role": column.role}
            for column in shown
        ],
        "rows": rows,
        "notes": [text for of, _, text in sheet.notes if of == section and text not in said],
    }


def _header(words: Words, header: str, role: str, year: int | None = None) -> str:
    r"""A head as printed, with line breaks between its parts; in another language, the role's word.

    Letters that are spread by full-width blanks become one word.

    >>> _header(Words("ja"), "2030年(目標値)", "target"), _header(Words("ja"), "指　標", "name")
    ('2030年\n(目標値)', '指標')
    """
    if not words.is_japanese:
        word = words.of("column").get(role, header)
        return word if pd.isna(year) else f"{word}\n{words.say('year.column', year=year)}"
    header = re.sub(r"(?<!\S\S)(?<=[ぁ-鿿])\u3000+(?=[ぁ-鿿](?!\S))", "", header)
    return re.sub(r"\s+" if role == "name" else r"\s+|(?<=\S)(?=[(（])", "\n", header)


def _year_and_text(sheet: Sheet, listing: tuple, column, printed: str) -> dict:
    """A cell's year and the rest of it: as printed, or in the words of another language."""
    words = sheet.words
    year = ""
    text = printed
    if column.role in ("baseline", "actual", "target", "published"):
        cell = sheet.cell(listing, column.role, column.year)
        year, text = sentences.year_and_text(cell, words)
    elif column.role == "name" and not words.is_japanese:
        text = printed.replace(label(printed), words.translated(label(printed)))
    return {"year": year, "text": text}


# -- The cards.


def kpi_cards(evaluation: Evaluation, entries: pd.DataFrame, figures: dict, draw: Draw) -> list:
    """Each KPI by status, with its picture, its figures and the sheet's own words.

    A card names the ``entries`` of its findings by number and kind only; the list of findings has
    them in full. ``figures`` are the pictures by KPI.
    """
    sheet = evaluation.sheet
    words = sheet.words
    lowest, highest = AXIS
    heads = sheet.plan.document(sheet.fiscal_year).cards
    tables = [sheet_cells(sheet, section) for section in sheet.columns["section"].unique()]
    carried = pd.concat([table.reindex(columns=heads) for table in tables]).fillna("")
    # The entries that have a finding about a KPI, each by its number and kind: 3 記載なし.
    about = evaluation.findings[["kpi", "severity", "code"]].drop_duplicates()
    about = entries[["severity", "code", "entry"]].merge(about)
    named = about["entry"].astype(str) + " " + about["code"].map(words.of("finding"))
    entries_of = named.groupby(about["kpi"]).agg(list)
    cards = []
    for number, (identity, kpi) in enumerate(by_status(evaluation.kpis).iterrows(), 1):
        blocks = commentary_of(sheet, kpi.listings)
        facts = _facts(sheet, kpi, evaluation.pace_cuts)
        achievement = None if pd.isna(kpi.achievement) else int(kpi.achievement)
        charts = draw(f"kpi-{number}", figures.get(identity), kpi.label)
        # The texts of its rows in the columns that plan.toml names for the cards.
        own = []
        for head, texts in carried.loc[list(kpi.listings)].items():
            if translated := [words.translated(text) for text in texts.unique() if text]:
                own.append((words.translated(head), "\n".join(translated)))
        card = {
            "kpi": identity,
            "anchor": f"kpi-{kpi.section}-{kpi.no}",
            "label": kpi.label,
            "status": kpi.status,
            "sentence": sentences.sentence(sheet, kpi),
            "initiative": words.translated(kpi.initiative),
            # The bar of a card without a picture, cut where the overview cuts it.
            "bar": achievement and min(max(achievement, lowest), highest),
            "facts": [*facts.values(), *own],
            "small": [facts[name] for name in SMALL_FACTS if name in facts],
            "a_year": _a_year(kpi, words) or [words.say("none")],
            "chart": charts[0] if charts else None,
            "commentary": [_block(block, words) for block in blocks.itertuples()],
            "findings": entries_of.get(identity, []),
        }
        cards.append(card)
    return cards


def blocks_without_card(evaluation: Evaluation, cards: list[dict]) -> list[dict]:
    """The blocks of the commentary that stand on none of the ``cards``.

    In the report of a part of the plan, only blocks that refer to a row of that part.
    """
    sheet = evaluation.sheet
    rows = evaluation.rows.index
    on_cards = {block["block"] for card in cards for block in card["commentary"]}
    others = sheet.commentary if len(rows) == len(sheet.rows()) else commentary_of(sheet, rows)
    others = others[~others["block"].isin(on_cards)]
    return [_block(block, sheet.words) for block in others.itertuples()]


def _block(block, words: Words) -> dict:
    return {
        "block": block.block,
        "heading": words.translated(block.heading),
        "place": line_in_words(block.source, words),
        "paragraphs": [words.translated(text) for text in block.text.split("\n")],
    }


def _facts(sheet: Sheet, kpi: pd.Series, pace_cuts) -> dict[str, tuple[str, str]]:
    """The facts on a KPI's card, by code: each a name and a text, in words."""
    words = sheet.words
    names = words.of("column")
    none = words.say("none")
    direction = ""
    if kpi.direction and kpi.direction_by:
        is_by_column = kpi.sheet_direction and not kpi.target_comparator
        by = "sheet" if kpi.direction_by == "words" and is_by_column else kpi.direction_by
        texts = {"way": words.of("declared")[kpi.direction], "by": words.of("direction-by")[by]}
        direction = words.say("fact.direction", **texts)
    pace = ""
    if kpi.pace_word:
        word = words.of("pace")[kpi.pace_word]
        elapsed = rounded(kpi.elapsed * 100)
        pace = pace_text(kpi.pace, pace_cuts)
        pace = words.say("fact.pace", word=word, pace=pace, elapsed=elapsed)
    when = "none" if pd.isna(kpi.age) else "past" if kpi.age else "now"
    age = words.say(f"fact.age_{when}", n=kpi.age)
    is_met = kpi.status == "met"
    texts = {"computed": percent_text(kpi.achievement), "published": kpi.published}
    key = "fact.achievement_draft" if sheet.is_draft else "fact.achievement"
    values = {"achievement": words.say(key, **texts) if kpi.published else texts["computed"]}
    for role in ("baseline", "actual", "target"):
        cell = sentences.cell_of(sheet, kpi, role)
        values[role] = sentences.text_with_year(cell, words) or none
    # The status in each year, as mark and word.
    years = years_of(kpi.status_by_year).items()
    by_year = [f"{year} {sentences.marked(status, words)}" for year, status in years]
    rows = words.rows(kpi.listings)
    lines = words.listed(line_in_words(source, words) for source in kpi.sources)
    values |= {
        "stage": words.of("stage")[kpi.stage] or none,
        "direction": direction,
        "reason": words.render(note_of(sheet, kpi)),
        "pace": pace,
        "a_year": words.listed(_a_year(kpi, words)),
        "outlook": sentences.outlook_text(kpi, words),
        "by_year": words.listed(by_year) if len(by_year) > 1 else "",
        "ratio": "" if pd.isna(kpi.actual_to_target) else f"{rounded(kpi.actual_to_target, 1)}%",
        "opinion": words.of("opinion")[kpi.sdg_status],
        "evidence": words.say("fact.evidence", points=int(kpi.points), age=age),
        "department": "" if is_met else words.translated(kpi.department),
        "next_step": "" if is_met else words.translated(kpi.next_step),
        "source": words.say("fact.source", rows=rows, file=sheet.source, lines=lines),
    }
    return {name: (names[name], value) for name, value in values.items() if value}


def _a_year(kpi: pd.Series, words: Words) -> list[str]:
    """The gain per year that is needed to reach the target, and the gain per year so far."""
    if pd.isna(kpi.needed_a_year):
        return []
    texts = []
    for key, value in (("needed", kpi.needed_a_year), ("so_far", kpi.so_far_a_year)):
        text = words.say("none")
        if not pd.isna(value):
            text = sentences.computed_text(value, kpi.unit, words)
        texts.append(words.say(f"fact.{key}", value=text))
    return texts
