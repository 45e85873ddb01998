"""The chapters of the report: what changed, the sheet's tables, and a card for each KPI."""

import re
from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.cells.notation import label
from kpi_utils.comparing.changes import Changes
from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import by_status
from kpi_utils.judging.readings import pace_text
from kpi_utils.sheets.places import line_in_words, line_label
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.showing.change_charts import paths
from kpi_utils.showing.change_tables import changed, moved, summary
from kpi_utils.showing.charts import AXIS
from kpi_utils.showing.outlook import outlook_text, years_text
from kpi_utils.showing.sentences import cell_of, cell_text, computed_text, sentence, text_with_year
from kpi_utils.showing.tables import MANY, commentary_of, entries_by_kpi
from kpi_utils.words import Words

# The figures of a card, in their order.
FACTS = ["achievement", "baseline", "actual", "target", "stage", "direction", "reason", "pace"]
FACTS += ["a_year", "outlook", "by_year", "ratio", "opinion", "evidence", "department", "next_step"]
FACTS += ["source"]
# What a row of the sheet's table has beside what is printed.
FIGURES = ["section", "no", "kpi", "achievement", "status", "stage", "source"]
# Those of a small card.
SMALL_FACTS = ("achievement", "baseline", "actual", "target", "reason", "pace", "source")
# Keeps a figure's pages under a name, and gives the file and the words of each.
Draw = Callable[[str, Figure | None], list[dict]]


def table_words(frame: pd.DataFrame) -> dict[str, list]:
    """A table of words: its headers and its rows."""
    return {"headers": list(frame.columns), "rows": frame.astype(str).to_numpy().tolist()}


def changes_chapter(changes: Changes | None, draw: Draw) -> dict | None:
    """What changed since last year: summary, paths as table and pictures, and what was changed.

    None where nothing is compared. Where last year's sheet cannot be used, only why.
    """
    if changes is None:
        return None
    words = changes.after.sheet.words
    before = words.say("year.fiscal", year=changes.year_before)
    chapter = {"title": words.render(changes.title)}
    if changes.before is None:
        uncompared = words.say("change-chapter.uncompared", before=before)
        return chapter | {"problems": changes.problems, "uncompared": uncompared}
    earlier = changes.before.sheet
    title = words.translated(earlier.title)
    # Of a large plan the table of what moved is enough.
    pictures = paths(changes, words) if len(changes.after.kpis) <= MANY else []
    return chapter | {
        "problems": [],
        "compared": words.say("change-chapter.compared", title=title, file=earlier.source),
        "summary": summary(changes, words),
        "introductions": {
            name: words.say(f"change-chapter.{name}", before=before)
            for name in ("moved", "paths", "changed")
        },
        "moved": table_words(moved(changes, words)),
        "paths": [
            page for n, picture in enumerate(pictures) for page in draw(f"paths-{n}", picture)
        ],
        "changed": table_words(changed(changes, words)),
    }


def sheet_table(evaluation: Evaluation, section: int) -> dict:
    """A table of the sheet as printed, with what was computed; the initiative as a row above."""
    sheet, words = evaluation.sheet, evaluation.sheet.words
    columns = sheet.columns[sheet.columns["section"] == section].reset_index(drop=True)
    judged = evaluation.rows[evaluation.rows["section"] == section]
    cells = sheet_cells(sheet, section).loc[list(judged.index)]
    # A form that asks who is in charge may have no answer.
    is_blank = columns["role"].isin(["department", "next_step"]) & (cells == "").all().to_numpy()
    shown = columns.index[(columns["role"] != "initiative") & ~is_blank]
    # Said once, above the first of its rows.
    initiatives = judged["initiative"].where(
        judged["initiative"] != judged["initiative"].shift(fill_value=""), ""
    )
    rows = [
        {
            "initiative": words.translated(initiative),
            "cells": [
                _year_and_text(sheet, (row.section, row.no), columns.loc[column], printed[column])
                for column in shown
            ],
            "achievement": percent_text(row.achievement),
            "status": row.status,
            "stage": words.of("stage")[row.stage],
            "line": line_label(row.source, words),
            "no": int(row.no),
            "kpi": row.kpi,
        }
        for row, printed, initiative in zip(
            judged[FIGURES].itertuples(), cells.to_numpy(), initiatives, strict=True
        )
    ]
    return {
        "section": section,
        "caption": words.translated(sheet.captions[section]),
        "columns": [
            {
                "header": _header(words, **columns.loc[column, ["header", "role", "year"]]),
                "role": columns["role"][column],
            }
            for column in shown
        ],
        "rows": rows,
        "notes": [text for of_section, _, text in sheet.notes if of_section == section],
    }


def _header(words: Words, header: str, role: str, year: int | None = None) -> str:
    r"""A header as printed, broken into lines where its parts are; in another language, its words.

    >>> _header(Words("ja"), "2030年(目標値)", "target")
    '2030年\n(目標値)'
    """
    if not words.is_japanese:
        word = words.of("column").get(role, header)
        return word if pd.isna(year) else f"{word}\n{words.say('year.column', year=year)}"
    return re.sub(r"\s+" if role == "name" else r"\s+|(?<=\S)(?=[(（])", "\n", header)


def _year_and_text(sheet: Sheet, listing: tuple, column: pd.Series, printed: str) -> dict:
    """A cell's year and the rest of it, as printed; in another language, in its words."""
    role, words = column["role"], sheet.words
    if role == "name" and not words.is_japanese:
        name = label(printed)
        return {"year": "", "text": printed.replace(name, words.translated(name))}
    if role not in ("baseline", "actual", "target", "published"):
        return {"year": "", "text": printed}
    cell = sheet.cell(listing, role, column["year"])
    if words.is_japanese or not cell.year:
        return {"year": cell.year_raw, "text": cell_text(cell, words)}
    return {"year": words.say("year.fiscal", year=cell.year), "text": cell_text(cell, words)}


def kpi_cards(evaluation: Evaluation, entries: pd.DataFrame, figures: dict, draw: Draw) -> list:
    """Each KPI by status, with its picture, its figures and the sheet's own words.

    Of the findings a card names only the ``entries``, which the list of them has in full.
    ``figures`` are the pictures by KPI.
    """
    sheet, words = evaluation.sheet, evaluation.sheet.words
    heads = sheet.plan.document(sheet.fiscal_year).cards
    tables = [sheet_cells(sheet, section) for section in sheet.columns["section"].unique()]
    carried = pd.concat([table.reindex(columns=heads) for table in tables]).fillna("")
    printed = {head: column.to_dict() for head, column in carried.items()}
    cards, (lowest, highest) = [], AXIS
    entries_of = entries_by_kpi(evaluation.findings, entries, words)
    texts = {block.block: _block(block, words) for block in sheet.commentary.itertuples()}
    blocks_of = sheet.references.groupby(["section", "no"])["block"].agg(set).to_dict()
    for number, (identity, kpi) in enumerate(by_status(evaluation.kpis).iterrows(), 1):
        blocks = set().union(*(blocks_of.get(listing, ()) for listing in kpi["listings"]))
        facts = _facts(sheet, kpi, evaluation.pace_cuts)
        achievement = None if pd.isna(kpi["achievement"]) else int(kpi["achievement"])
        cards.append(
            {
                "kpi": identity,
                "anchor": f"kpi-{kpi['section']}-{kpi['no']}",
                "label": kpi["label"],
                "status": kpi["status"],
                "sentence": sentence(sheet, kpi),
                "initiative": words.translated(kpi["initiative"]),
                "achievement": percent_text(kpi["achievement"]),
                # The bar of a card without a picture, cut where the overview cuts it.
                "bar": achievement and min(max(achievement, lowest), highest),
                "facts": [
                    *facts.values(),
                    *_carried(printed, kpi["listings"], words),
                ],
                "small": [facts[name] for name in SMALL_FACTS if name in facts],
                "a_year": _a_year(kpi, words) or [words.say("none")],
                "chart": next(iter(draw(f"kpi-{number}", figures.get(identity))), None),
                "commentary": [texts[block] for block in texts if block in blocks],
                "findings": entries_of.get(identity, []),
            }
        )
    return cards


def blocks_without_card(evaluation: Evaluation, cards: list[dict]) -> list[dict]:
    """The blocks of the commentary that none of some KPIs' cards has.

    Of a part of the plan, only those that refer to a row of it.
    """
    sheet, rows = evaluation.sheet, evaluation.rows.index
    on_cards = {block["block"] for card in cards for block in card["commentary"]}
    others = sheet.commentary[~sheet.commentary["block"].isin(on_cards)]
    if len(rows) < len(sheet.rows()):
        others = others[others["block"].isin(commentary_of(sheet, rows)["block"])]
    return [_block(block, sheet.words) for block in others.itertuples()]


def _facts(sheet: Sheet, kpi: pd.Series, pace_cuts) -> dict[str, tuple[str, str]]:
    """The figures of a KPI beside its picture, each with its name in words, by its code."""
    words = sheet.words
    names, none = words.of("column"), words.say("none")
    cells = {role: cell_of(sheet, kpi, role) for role in ("baseline", "actual", "target")}
    values = {role: text_with_year(cell, words) or none for role, cell in cells.items()}
    computed, published = percent_text(kpi["achievement"]), kpi["published"] or none
    key = "fact.achievement_draft" if sheet.is_draft else "fact.achievement"
    values |= {
        "achievement": words.say(key, computed=computed, published=published),
        "stage": words.of("stage")[kpi["stage"]] or none,
        "direction": _direction(kpi, words),
        "reason": words.render(kpi["note"]) or "",
        "pace": _pace(kpi, words, pace_cuts),
        "a_year": words.listed(_a_year(kpi, words)),
        "outlook": outlook_text(kpi, words),
        "by_year": years_text(kpi, words),
        "ratio": "",
        "opinion": words.of("opinion")[kpi["sdg_status"]],
        "evidence": words.say("fact.evidence", points=int(kpi["points"]), age=_age(kpi, words)),
        "source": _sources(sheet, kpi),
    }
    for name in ("department", "next_step"):
        values[name] = "" if kpi["status"] == "met" else words.translated(kpi[name])
    if not pd.isna(kpi["actual_to_target"]):
        values["ratio"] = f"{rounded(kpi['actual_to_target'], 1)}%"
    return {name: (names[name], values[name]) for name in FACTS if values[name]}


def _carried(printed: dict, listings: tuple, words: Words) -> list[tuple[str, str]]:
    """What the columns that plan.toml names for the cards have in the rows of a KPI."""
    texts = {head: filter(None, map(column.get, listings)) for head, column in printed.items()}
    carried = {
        head: "\n".join(map(words.translated, dict.fromkeys(column)))
        for head, column in texts.items()
    }
    return [(words.translated(head), text) for head, text in carried.items() if text]


def _direction(kpi: pd.Series, words: Words) -> str:
    if not (kpi["direction"] and kpi["direction_by"]):
        return ""
    way, by = words.of("declared")[kpi["direction"]], words.of("direction-by")[kpi["direction_by"]]
    return words.say("fact.direction", way=way, by=by)


def _pace(kpi: pd.Series, words: Words, cuts) -> str:
    if not kpi["pace_word"]:
        return ""
    word, pace = words.of("pace")[kpi["pace_word"]], pace_text(kpi["pace"], cuts)
    return words.say("fact.pace", word=word, pace=pace, elapsed=rounded(kpi["elapsed"] * 100))


def _sources(sheet: Sheet, kpi: pd.Series) -> str:
    words = sheet.words
    lines = words.listed(line_in_words(source, words) for source in kpi["sources"])
    rows = words.rows(kpi["listings"])
    return words.say("fact.source", rows=rows, file=sheet.source, lines=lines)


def _a_year(kpi: pd.Series, words: Words) -> list[str]:
    """What is needed a year to reach the target, and what was gained."""
    if pd.isna(kpi["needed_a_year"]):
        return []
    a_year = {"fact.needed": kpi["needed_a_year"], "fact.so_far": kpi["so_far_a_year"]}
    none, unit = words.say("none"), kpi["unit"]
    return [
        words.say(key, value=none if pd.isna(value) else computed_text(value, unit, words))
        for key, value in a_year.items()
    ]


def _age(kpi: pd.Series, words: Words) -> str:
    if pd.isna(kpi["age"]):
        return words.say("fact.age_none")
    return words.say("fact.age_past" if kpi["age"] else "fact.age_now", n=int(kpi["age"]))


def _block(block, words: Words) -> dict:
    return {
        "block": block.block,
        "heading": words.translated(block.heading),
        "place": line_in_words(block.source, words),
        "paragraphs": [words.translated(text) for text in block.text.split("\n")],
    }
