"""Results and pictures -> ``evaluation.pdf``, through typst: PDF/UA-1 and PDF/A-3a in one file.

``report.typ`` holds the layout and the method's words; this module says what stands in it. All
numbers in its sentences are computed. The same input gives the same bytes.
"""

import json
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import typst

from kpi_utils.achievement import STAGES, STATUSES, by_status
from kpi_utils.charts import overview, percent_text, progress
from kpi_utils.drawing import COLOURS, FONT, FONT_FILES, INK, Chart
from kpi_utils.errors import KpiError
from kpi_utils.findings import notices
from kpi_utils.notation import read_cell
from kpi_utils.sheet import Sheet
from kpi_utils.tables import commentary_of, missed, sheet_cells

__all__ = ["build"]

STANDARDS = ["ua-1", "a-3a"]
MEANS = {
    "met": "目標の条件を満たす",
    "progressing": "目標へ近づいた",
    "unchanged": "変化なし",
    "regressed": "目標から遠ざかった",
    "undetermined": "判定できない",
}
DIRECTIONS = {"increase": "増加", "decrease": "減少"}


def build(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame) -> bytes:
    """The report of a sheet as PDF, from ``frames.JUDGED`` and ``frames.KPIS``.

    Raises KpiError where a text has a character that the fonts lack.
    """
    files: dict[str, bytes] = {"main.typ": Path(__file__).with_name("report.typ").read_bytes()}

    sections = [int(section) for section in sheet.rows["section"].unique()]

    def place(name: str, chart: Chart | None) -> dict | None:
        if chart is None:
            return None
        files[name] = chart.image("svg")
        return {"file": name, "alt": chart.alt}

    content = _cover(sheet, judged, kpis) | {
        "overview": place("overview.svg", overview(kpis)),
        "tables": [_table(sheet, judged, section) for section in sections],
        **_missed(sheet, judged, kpis, place),
        "declarations": [
            {"name": d.name, "direction": DIRECTIONS[d.direction], "reason": d.reason}
            for d in sheet.plan.declarations.values()
        ],
        "other-notes": [
            f"{text}（{line}行）" for place, line, text in sheet.notes if place not in sections
        ],
        "provenance": _provenance(sheet),
        "colours": COLOURS,
        "ink": INK,
        "font": FONT,
        "words": STATUSES,
    }
    files["data.json"] = json.dumps(content, ensure_ascii=False).encode()
    for nudge in range(5):
        pdf = _compile(files, sheet.fiscal_year, nudge)
        # A compressed stream may end in a carriage return; with the line feed that follows, it
        # reads to validators as one byte shorter than its /Length (ISO 19005-3, 6.1.7.1). A page
        # that begins a hair lower is compressed otherwise.
        if b"\r\nendstream" not in pdf:
            break
    return pdf


def _compile(files: dict[str, bytes], fiscal_year: int, nudge: int) -> bytes:
    try:
        pdf, warnings = typst.compile_with_warnings(
            files,
            format="pdf",
            font_paths=[str(Path(file).parent) for file in FONT_FILES],
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
            sys_inputs={"nudge": str(nudge)},
            # The last day of the fiscal year: a date that a rerun does not change.
            timestamp=datetime(fiscal_year + 1, 3, 31, tzinfo=UTC),
        )
    except typst.TypstError as error:
        raise KpiError(f"PDF を作成できません（{error.message}）。") from None
    if warnings:
        raise KpiError([f"PDF を作成できません（{warning}）。" for warning in warnings])
    return pdf


def _cover(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame) -> dict:
    """The title page: what a reader needs in one minute."""
    counts = [
        {
            "status": status,
            "means": MEANS[status],
            "kpis": int((kpis["status"] == status).sum()),
            "rows": int((judged["status"] == status).sum()),
        }
        for status in ("met", "progressing", "unchanged", "regressed", "undetermined")
        if status != "undetermined" or (judged["status"] == status).any()
    ]
    told = "、".join(f"{STATUSES[count['status']]}が{count['kpis']}" for count in counts)
    final = int((kpis["stage"] == "final").sum())
    due = (
        f"目標の年度に達した指標は{final}である。"
        if final
        else "目標の年度に達した指標はまだない。"
    )
    name = f"{sheet.plan.municipality} {sheet.plan.name}"
    return {
        "title": f"{sheet.plan.municipality} {sheet.fiscal_year}年度 進捗評価報告書",
        "author": sheet.plan.municipality,
        "description": f"{name}の{sheet.fiscal_year}年度の指標の達成度と判定",
        "running": f"{name}　{sheet.fiscal_year}年度 進捗評価報告書",
        "sheet-title": sheet.title,
        "rows": len(judged),
        "kpis": len(kpis),
        "summary": f"{len(kpis)}指標のうち、{told}である。{due}",
        "counts": counts,
        "groups": _groups(sheet, by_status(kpis)),
        "reconciled": _reconciled(judged),
        "notices": notices(sheet, judged),
    }


def _groups(sheet: Sheet, kpis: pd.DataFrame) -> list[dict]:
    """The KPIs that a reader should look at first, then those that are met."""
    leads = {
        "regressed": "当初値より目標から遠ざかった指標である。",
        "unchanged": "当初値から変わっていない指標である。",
        "progressing": "",
        "undetermined": "判定できない指標である。理由は「確認が必要な箇所」に示す。",
        "met": "",
    }
    headings = {"progressing": "前進したが、まだ達成していない指標", "met": "達成した指標"}
    return [
        {
            "heading": headings.get(status, f"{word}の指標"),
            "lead": leads[status],
            "kpis": [
                {
                    "label": kpi.label,
                    "achievement": percent_text(kpi.achievement),
                    **_path(sheet, kpi),
                }
                for kpi in kpis[kpis["status"] == status].itertuples()
            ],
        }
        for status, word in STATUSES.items()
        if (kpis["status"] == status).any()
    ]


def _path(sheet: Sheet, kpi) -> dict[str, str]:
    """Baseline, actual and target of a KPI on one line, as printed, with the unit once."""
    row = sheet.first_listing(kpi.kpi)
    cells = [read_cell(raw) for raw in (row["baseline_raw"], kpi.actual_raw, row["target_raw"])]
    baseline, actual, target = (cell.text.removesuffix(cell.unit).strip() or "―" for cell in cells)
    return {"path": f"{baseline} → {actual} {kpi.unit}", "target": f"目標 {target}"}


def _reconciled(judged: pd.DataFrame) -> str:
    """How many of the printed percentages our own arithmetic reproduces."""
    cells = [read_cell(text) for text in judged["published"]]
    printed = [cell.value is not None and cell.unit == "%" for cell in cells]
    same = [
        is_printed and not pd.isna(ours) and cell.value == int(ours)
        for is_printed, cell, ours in zip(printed, cells, judged["achievement"], strict=True)
    ]
    sentence = (
        f"シートに印字された達成度{sum(printed)}件のうち、{sum(same)}件が算出した値と一致した。"
    )
    differing = [
        f"({row.section})No.{row.no}（公表 {row.published}、算出 {percent_text(row.achievement)}）"
        for row, is_printed, is_same in zip(judged.itertuples(), printed, same, strict=True)
        if is_printed and not is_same
    ]
    return sentence + (f"一致しないのは、{'、'.join(differing)}である。" if differing else "")


def _table(sheet: Sheet, judged: pd.DataFrame, section: int) -> dict:
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
    r"""A header as printed; those of narrow columns break where their parts do.

    >>> _header("2030年(目標値)", "target")
    '2030年\n(目標値)'
    """
    return header if role == "name" else re.sub(r"\s+|(?<=\S)(?=[(（])", "\n", header)


def _split(raw: str) -> dict:
    """A cell's year and the rest of it, as printed."""
    text = read_cell(raw).text
    return {"year": raw.removesuffix(text).strip(), "text": text}


def _missed(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame, place) -> dict:
    """The KPIs that are not met, each with its picture and the sheet's own words on it."""
    shown, entries = set(), []
    for number, (_, kpi) in enumerate(missed(kpis).iterrows(), 1):
        blocks = commentary_of(sheet, kpi, judged)
        shown |= set(blocks["block"])
        row = sheet.first_listing(kpi["kpi"])
        lines = "、".join(f"{source.rsplit(':', 1)[1]}行" for source in kpi["source"].split("、"))
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
        "place": f"{block.source.rsplit(':', 1)[1]}行",
        "paragraphs": block.text.split("\n"),
    }


def _provenance(sheet: Sheet) -> list[list[str]]:
    return [
        ["シート", sheet.source],
        ["　SHA-256", sheet.sha256],
        ["計画の情報", sheet.plan.source],
        ["　SHA-256", sheet.plan.sha256],
        ["ノートブック", "notebooks/evaluate.ipynb"],
        ["パラメーター", f"plan = {sheet.plan.id}、fiscal_year = {sheet.fiscal_year}"],
        ["ソフトウェア", f"kpi_utils {version('kpi-utils')}"],
        ["作り方", f"kpi report {sheet.plan.id} {sheet.fiscal_year}"],
        ["規格", "PDF/UA-1、PDF/A-3a。書体は Noto Sans CJK JP。"],
    ]
