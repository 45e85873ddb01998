"""Results and pictures -> ``evaluation.pdf``, through typst: PDF/UA-1 and PDF/A-3a in one file.

``report.typ`` holds the layout and the method's words; ``cover`` and ``chapters`` say what stands
in it. All numbers in its sentences are computed. The same input gives the same bytes.
"""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import typst

from kpi_utils.achievement import by_status
from kpi_utils.charts import overview
from kpi_utils.drawing import COLOURS, FONT, FONT_FILES, INK, Chart
from kpi_utils.errors import KpiError
from kpi_utils.frames import STATUSES
from kpi_utils.report.chapters import missed_kpis, table
from kpi_utils.report.cover import cover
from kpi_utils.sheet import Sheet

__all__ = ["build"]

# The bars that one page of the overview holds.
BARS = 22
STANDARDS = ["ua-1", "a-3a"]
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

    ordered = by_status(kpis)
    content = cover(sheet, judged, kpis) | {
        "overviews": [
            place(f"overview-{start}.svg", overview(ordered.iloc[start : start + BARS]))
            for start in range(0, len(ordered), BARS)
        ],
        "tables": [table(sheet, judged, section) for section in sections],
        **missed_kpis(sheet, judged, kpis, place),
        "declarations": [
            {"name": d.name, "direction": DIRECTIONS[d.direction], "reason": d.reason}
            for d in sheet.plan.declarations.values()
        ],
        "other-notes": [
            f"{text}（{line}行目）" for place, line, text in sheet.notes if place not in sections
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


def _provenance(sheet: Sheet) -> list[list[str]]:
    return [
        ["資料", f"{sheet.plan.municipality}が公表した進捗評価シート（{sheet.fiscal_year}年度）"],
        ["　表題", sheet.title],
        ["　ファイル", sheet.source],
        ["　SHA-256", sheet.sha256],
        ["担当者の宣言", sheet.plan.source],
        ["　SHA-256", sheet.plan.sha256],
        ["ノートブック", "notebooks/evaluate.ipynb"],
        ["パラメーター", f"plan = {sheet.plan.id}、fiscal_year = {sheet.fiscal_year}"],
        ["ソフトウェア", f"kpi_utils {version('kpi-utils')}"],
        ["作り方", f"kpi report {sheet.plan.id} {sheet.fiscal_year}"],
        ["規格", "PDF/UA-1、PDF/A-3a。書体は Noto Sans CJK JP。"],
    ]
