"""The chapters of the report: what changed, the sheet's tables, and a card for each KPI."""

import re
from collections.abc import Callable

import pandas as pd

from kpi_utils.cells.notation import label, read_cell
from kpi_utils.comparing.changes import Changes
from kpi_utils.frames import STAGES
from kpi_utils.judging.achievement import percent_text, rounded
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.figures import PACES, pace_text
from kpi_utils.judging.judgement import by_status
from kpi_utils.judging.second_opinion import OPINIONS
from kpi_utils.language import Words, listed, say, spoken
from kpi_utils.plan import Plan
from kpi_utils.sheets.sheet import Sheet, line_of, sheet_cells
from kpi_utils.showing.change_charts import paths
from kpi_utils.showing.change_tables import changed, moved, summary
from kpi_utils.showing.charts import progress
from kpi_utils.showing.drawing import Chart
from kpi_utils.showing.sentences import cell_text, dated, number, sentence
from kpi_utils.showing.tables import commentary_of, named

__all__ = ["changes_chapter", "kpi_cards", "table", "untold", "words"]

# Keeps a picture under a file's name, and gives its file and its words where there is one.
Draw = Callable[[str, Chart | None], dict | None]


def words(frame: pd.DataFrame) -> dict[str, list]:
    """A table of words: its headers and its rows."""
    return {"headers": list(frame.columns), "rows": frame.astype(str).to_numpy().tolist()}


def changes_chapter(changes: Changes | None, draw: Draw) -> dict | None:
    """What changed since last year: summary, paths as table and pictures, and what was changed.

    None where nothing is compared. Where last year's sheet cannot be used, only why.
    """
    if changes is None:
        return None
    before = say("year.fiscal", year=changes.year_before)
    chapter = {"title": changes.title}
    if changes.before is None:
        uncompared = say("change-chapter.uncompared", before=before)
        return chapter | {"problems": changes.problems, "uncompared": uncompared}
    earlier = changes.before.sheet
    title = earlier.plan.said(earlier.title)
    return chapter | {
        "problems": [],
        "compared": say("change-chapter.compared", title=title, file=earlier.source),
        "summary": summary(changes),
        "introductions": {
            name: say(f"change-chapter.{name}", before=before)
            for name in ("moved", "paths", "changed")
        },
        "moved": words(moved(changes)),
        "paths": [draw(f"paths-{at}.svg", chart) for at, chart in enumerate(paths(changes))],
        "changed": words(changed(changes)),
    }


def table(evaluation: Evaluation, section: int) -> dict:
    """A table of the sheet as printed, with what was computed; the initiative as a row above."""
    sheet, judged = evaluation.sheet, evaluation.rows
    columns = sheet.columns[sheet.columns["section"] == section].reset_index(drop=True)
    cells = sheet_cells(sheet, section)
    results = judged.set_index(["section", "no"]).loc[cells.index]
    shown = [place for place, role in enumerate(columns["role"]) if role != "initiative"]
    initiatives = sheet.rows.loc[sheet.rows["section"] == section, "initiative"]
    # Said once, above the first of its rows.
    initiatives = initiatives.where(initiatives != initiatives.shift(fill_value=""), "")
    rows = [
        {
            "initiative": sheet.plan.said(initiative),
            "cells": [_split(row[place], columns["role"][place], sheet) for place in shown],
            "achievement": percent_text(result.achievement),
            "status": result.status,
            "stage": STAGES[result.stage],
            "line": line_of(result.source),
            "no": int(row_no),
            "kpi": result.kpi,
        }
        for (_, row_no), row, result, initiative in zip(
            cells.index, cells.to_numpy(), results.itertuples(), initiatives, strict=True
        )
    ]
    return {
        "section": section,
        "caption": sheet.plan.said(sheet.captions[section]),
        "columns": [
            {
                "header": _header(**columns.loc[place, ["header", "role", "year"]]),
                "role": columns["role"][place],
                "filled": bool((cells.iloc[:, place] != "").any()),
            }
            for place in shown
        ],
        "rows": rows,
        "notes": [text for place, _, text in sheet.notes if place == section],
    }


def _header(header: str, role: str, year: int | None = None) -> str:
    r"""A header as printed, broken into lines where its parts are; in another language, its words.

    >>> _header("2030年(目標値)", "target")
    '2030年\n(目標値)'
    """
    if spoken() != "ja":
        word = Words("column").get(role, header)
        return word if pd.isna(year) else f"{word}\n{say('year.column', year=year)}"
    return re.sub(r"\s+" if role == "name" else r"\s+|(?<=\S)(?=[(（])", "\n", header)


def _split(raw: str, role: str, sheet: Sheet) -> dict:
    """A cell's year and the rest of it, as printed; in another language, in its words."""
    cell = read_cell(raw)
    if spoken() == "ja":
        return {"year": cell.year_raw, "text": cell.text}
    if role == "name":
        return {"year": "", "text": raw.replace(label(raw), sheet.plan.said(label(raw)))}
    return {
        "year": say("year.fiscal", year=cell.year) if cell.year else cell.year_raw,
        "text": cell_text(cell),
    }


def kpi_cards(evaluation: Evaluation, draw: Draw) -> list[dict]:
    """Each KPI by status, with its picture, its figures and the sheet's own words.

    Of the findings a card names only the entries, which the list of them has in full.
    """
    sheet = evaluation.sheet
    cards = []
    for place, (_, kpi) in enumerate(by_status(evaluation.kpi_table()).iterrows(), 1):
        row = sheet.first_listing(kpi["kpi"])
        blocks = commentary_of(evaluation, kpi["kpi"])
        cards.append(
            {
                "kpi": kpi["kpi"],
                "anchor": f"kpi-{row['section']}-{row['no']}",
                "label": kpi["label"],
                "status": kpi["status"],
                "sentence": sentence(evaluation, kpi),
                "facts": _facts(sheet, kpi),
                "a_year": _a_year(kpi) or [say("none")],
                "chart": draw(f"kpi-{place}.svg", progress(evaluation, kpi)),
                "commentary": [_block(block, sheet.plan) for block in blocks.itertuples()],
                "findings": named(evaluation, kpi["kpi"]),
            }
        )
    return cards


def untold(sheet: Sheet, cards: list[dict]) -> list[dict]:
    """The blocks of the commentary that none of some KPIs' cards has."""
    told = {block["block"] for card in cards for block in card["commentary"]}
    others = sheet.commentary[~sheet.commentary["block"].isin(told)]
    return [_block(block, sheet.plan) for block in others.itertuples()]


def _facts(sheet: Sheet, kpi: pd.Series) -> list[tuple[str, str]]:
    """The figures of a KPI beside its picture, each with its name."""
    row, names = sheet.first_listing(kpi["kpi"]), Words("column")
    none = say("none")
    computed, published = percent_text(kpi["achievement"]), kpi["published"] or none
    key = "fact.achievement_draft" if sheet.is_draft else "fact.achievement"
    achievement = say(key, computed=computed, published=published)
    facts = [
        (names["achievement"], achievement),
        (names["baseline"], dated(row["baseline_raw"]) or none),
        (names["actual"], dated(kpi["actual_raw"]) or none),
        (names["target"], dated(row["target_raw"]) or none),
        (names["stage"], STAGES[kpi["stage"]] or none),
    ]
    if kpi["direction"] and kpi["direction_by"]:
        way, by = say(f"declared.{kpi['direction']}"), Words("direction-by")[kpi["direction_by"]]
        facts.append((names["direction"], say("fact.direction", way=way, by=by)))
    if kpi["note"]:
        facts.append((names["reason"], kpi["note"]))
    if kpi["pace_word"]:
        elapsed = rounded(kpi["elapsed"] * 100)
        word, value = PACES[kpi["pace_word"]], pace_text(kpi["pace"])
        facts.append((names["pace"], say("fact.pace", word=word, pace=value, elapsed=elapsed)))
    if a_year := _a_year(kpi):
        facts.append((names["a_year"], listed(a_year)))
    if not pd.isna(kpi["actual_to_target"]):
        facts.append((names["ratio"], f"{rounded(kpi['actual_to_target'], 1)}%"))
    facts.append((names["opinion"], OPINIONS[kpi["sdg_status"]]))
    evidence = say("fact.evidence", points=int(kpi["points"]), age=_age(kpi["age"]))
    facts.append((names["evidence"], evidence))
    lines = listed(say("line", line=line_of(source)) for source in kpi["source"].split("、"))
    source = say("fact.source", rows=kpi["listings"], file=sheet.source, lines=lines)
    facts.append((names["source"], source))
    return facts


def _a_year(kpi: pd.Series) -> list[str]:
    """What is needed a year to reach the target, and what was gained."""
    if pd.isna(kpi["needed_a_year"]):
        return []
    values = {
        f"fact.{name}": say("none") if pd.isna(value) else number(value, kpi["unit"])
        for name, value in (("needed", kpi["needed_a_year"]), ("so_far", kpi["so_far_a_year"]))
    }
    return [say(key, value=value) for key, value in values.items()]


def _age(age: int | None) -> str:
    if pd.isna(age):
        return say("fact.age_none")
    return say("fact.age_past", n=int(age)) if age else say("fact.age_now")


def _block(block, plan: Plan) -> dict:
    return {
        "block": block.block,
        "heading": plan.said(block.heading),
        "place": say("line", line=line_of(block.source)),
        "paragraphs": [plan.said(text) for text in block.text.split("\n")],
    }
