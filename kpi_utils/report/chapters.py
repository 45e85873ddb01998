"""The chapters of the report: the sheet's tables, and a card for each KPI."""

import re
from collections.abc import Callable

import pandas as pd

from kpi_utils.achievement import percent_text, rounded
from kpi_utils.charts import progress
from kpi_utils.drawing import Chart
from kpi_utils.evaluation import Evaluation
from kpi_utils.figures import PACES, pace_text
from kpi_utils.findings import CODES
from kpi_utils.frames import SEVERITIES, STAGES
from kpi_utils.judgement import by_status
from kpi_utils.notation import read_cell
from kpi_utils.second_opinion import OPINIONS
from kpi_utils.sentences import number, sentence
from kpi_utils.sheet import Sheet, line_of, sheet_cells
from kpi_utils.tables import commentary_of

__all__ = ["kpi_cards", "table", "untold", "words"]


def words(frame: pd.DataFrame) -> dict[str, list]:
    """A table of words: its headers and its rows."""
    return {"headers": list(frame.columns), "rows": frame.astype(str).to_numpy().tolist()}


def table(evaluation: Evaluation, section: int) -> dict:
    """A table of the sheet as printed, with what was computed; the initiative as a row above."""
    sheet, judged = evaluation.sheet, evaluation.rows
    columns = sheet.columns[sheet.columns["section"] == section].reset_index(drop=True)
    cells = sheet_cells(sheet, section)
    results = judged.set_index(["section", "no"]).loc[cells.index]
    shown = [place for place, role in enumerate(columns["role"]) if role != "initiative"]
    above = ""
    rows = []
    initiatives = sheet.rows.loc[sheet.rows["section"] == section, "initiative"]
    for (_, row_no), row, result, initiative in zip(
        cells.index, cells.to_numpy(), results.itertuples(), initiatives, strict=True
    ):
        rows.append(
            {
                "initiative": initiative if initiative != above else "",
                "cells": [_split(row[place]) for place in shown],
                "achievement": percent_text(result.achievement),
                "status": result.status,
                "stage": STAGES[result.stage],
                "line": line_of(result.source),
                "no": int(row_no),
                "kpi": result.kpi,
            }
        )
        above = initiative
    return {
        "section": section,
        "caption": sheet.captions[section],
        "columns": [
            {
                "header": _header(columns["header"][place], columns["role"][place]),
                "role": columns["role"][place],
                "filled": bool((cells.iloc[:, place] != "").any()),
            }
            for place in shown
        ],
        "rows": rows,
        "notes": [text for place, _, text in sheet.notes if place == section],
    }


def _header(header: str, role: str) -> str:
    r"""A header as printed, broken into lines where its parts are.

    >>> _header("2030年(目標値)", "target")
    '2030年\n(目標値)'
    """
    return re.sub(r"\s+" if role == "name" else r"\s+|(?<=\S)(?=[(（])", "\n", header)


def _split(raw: str) -> dict:
    """A cell's year and the rest of it, as printed."""
    cell = read_cell(raw)
    return {"year": cell.year_raw, "text": cell.text}


def kpi_cards(
    evaluation: Evaluation, draw: Callable[[str, Chart | None], dict | None]
) -> list[dict]:
    """Each KPI by status, with its picture, its figures, the sheet's own words, and findings."""
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
                "chart": draw(f"kpi-{place}.svg", progress(evaluation, kpi)),
                "commentary": [_block(block) for block in blocks.itertuples()],
                "findings": _margin(evaluation.findings_of(kpi["kpi"])),
            }
        )
    return cards


def untold(sheet: Sheet, cards: list[dict]) -> list[dict]:
    """The blocks of the commentary that none of some KPIs' cards has."""
    told = {block["block"] for card in cards for block in card["commentary"]}
    others = sheet.commentary[~sheet.commentary["block"].isin(told)]
    return [_block(block) for block in others.itertuples()]


def _margin(findings: pd.DataFrame) -> list[dict]:
    """The findings of a KPI for its margin; what is said of two of its rows alike, only once.

    ``place`` is where the first of them stands among all findings.
    """
    alike = findings.assign(place=findings.index).groupby(
        ["code", "severity", "message"], sort=False
    )
    merged = alike.agg({"rows": "、".join, "place": "first"})
    return [
        {
            "severity": SEVERITIES[severity],
            "code": CODES[code],
            "rows": found.rows,
            "message": message,
            "place": int(found.place),
        }
        for (code, severity, message), found in zip(merged.index, merged.itertuples(), strict=True)
    ]


def _facts(sheet: Sheet, kpi: pd.Series) -> list[tuple[str, str]]:
    """The figures of a KPI beside its picture, each with its name."""
    row = sheet.first_listing(kpi["kpi"])
    lines = "、".join(f"{line_of(source)}行目" for source in kpi["source"].split("、"))
    facts = [
        ("達成度", f"{percent_text(kpi['achievement'])}（公表「{kpi['published'] or '―'}」）"),
        ("当初値", row["baseline_raw"] or "―"),
        ("実績", kpi["actual_raw"] or "―"),
        ("目標値", row["target_raw"] or "―"),
        ("段階", STAGES[kpi["stage"]] or "―"),
    ]
    if kpi["note"]:
        facts.append(("理由", kpi["note"]))
    if kpi["pace_word"]:
        pace = f"{PACES[kpi['pace_word']]}（{pace_text(kpi['pace'])}）"
        facts.append(("進み方", f"{pace}、期間の{rounded(kpi['elapsed'] * 100)}%が経過"))
    if not pd.isna(kpi["needed_a_year"]):
        needed = number(kpi["needed_a_year"], kpi["unit"])
        known = not pd.isna(kpi["so_far_a_year"])
        so_far = number(kpi["so_far_a_year"], kpi["unit"]) if known else "―"
        facts.append(("1年当たり", f"必要 {needed}、これまで {so_far}"))
    if not pd.isna(kpi["actual_to_target"]):
        facts.append(("実績÷目標値", f"{rounded(kpi['actual_to_target'], 1)}%"))
    facts.append(("別方式", OPINIONS[kpi["sdg_status"]]))
    facts.append(("根拠", f"{kpi['points']}時点、実績は{_age(kpi['age'])}"))
    facts.append(("出所", f"{kpi['listings']}、{sheet.source} {lines}"))
    return facts


def _age(age: int | None) -> str:
    if pd.isna(age):
        return "なし"
    return "報告書の年度のもの" if age == 0 else f"{age}年度前のもの"


def _block(block) -> dict:
    return {
        "block": block.block,
        "heading": block.heading,
        "place": f"{line_of(block.source)}行目",
        "paragraphs": block.text.split("\n"),
    }
