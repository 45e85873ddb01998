"""The chapters of the report: the sheet's tables, and each KPI that is not met."""

import re
from collections.abc import Callable

import pandas as pd

from kpi_utils.charts import percent_text, progress
from kpi_utils.drawing import Chart
from kpi_utils.frames import STAGES
from kpi_utils.notation import read_cell
from kpi_utils.sheet import Sheet
from kpi_utils.tables import commentary_of, missed, sheet_cells

__all__ = ["missed_kpis", "table"]


def table(sheet: Sheet, judged: pd.DataFrame, section: int) -> dict:
    """A table of the sheet as printed, with what was computed; the initiative as a row above."""
    columns = sheet.columns[sheet.columns["section"] == section].reset_index(drop=True)
    cells = sheet_cells(sheet, section)
    results = judged.set_index(["section", "no"]).loc[cells.index]
    shown = [place for place, role in enumerate(columns["role"]) if role != "initiative"]
    above = ""
    rows = []
    initiatives = sheet.rows.loc[sheet.rows["section"] == section, "initiative"]
    for row, result, initiative in zip(
        cells.to_numpy(), results.itertuples(), initiatives, strict=True
    ):
        rows.append(
            {
                "initiative": initiative if initiative != above else "",
                "cells": [_split(row[place]) for place in shown],
                "achievement": percent_text(result.achievement),
                "status": result.status,
                "stage": STAGES[result.stage],
                "line": result.source.rsplit(":", 1)[1],
            }
        )
        above = initiative
    return {
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
    text = read_cell(raw).text
    return {"year": raw.removesuffix(text).strip(), "text": text}


def missed_kpis(
    sheet: Sheet,
    judged: pd.DataFrame,
    kpis: pd.DataFrame,
    place: Callable[[str, Chart | None], dict | None],
) -> dict:
    """The KPIs that are not met, each with its picture and the sheet's own words on it."""
    shown, entries = set(), []
    for number, (_, kpi) in enumerate(missed(kpis).iterrows(), 1):
        blocks = commentary_of(sheet, kpi, judged)
        shown |= set(blocks["block"])
        row = sheet.first_listing(kpi["kpi"])
        lines = "、".join(f"{source.rsplit(':', 1)[1]}行目" for source in kpi["source"].split("、"))
        facts = [
            ["達成度", f"{percent_text(kpi['achievement'])}（公表 {kpi['published'] or '―'}）"],
            ["当初値", row["baseline_raw"] or "―"],
            ["実績", kpi["actual_raw"] or "―"],
            ["目標値", row["target_raw"] or "―"],
            ["段階", STAGES[kpi["stage"]] or "―"],
            ["シートの行", f"{kpi['listings']}"],
            ["出所", f"{sheet.source} {lines}"],
        ]
        if kpi["note"]:
            facts.insert(1, ["理由", kpi["note"]])
        entries.append(
            {
                "label": kpi["label"],
                "status": kpi["status"],
                "facts": facts,
                "chart": place(f"kpi-{number}.svg", progress(sheet, kpi)),
                "commentary": [_block(block) for block in blocks.itertuples()],
            }
        )
    others = sheet.commentary[~sheet.commentary["block"].isin(shown)]
    return {
        "missed": entries,
        "others": [_block(block) for block in others.itertuples()],
    }


def _block(block) -> dict:
    return {
        "heading": block.heading,
        "place": f"{block.source.rsplit(':', 1)[1]}行目",
        "paragraphs": block.text.split("\n"),
    }
