"""Results and pictures -> ``evaluation.pdf``, through typst: PDF/UA-1 and PDF/A-3a in one file.

``report.typ`` holds the layout and the method's words; ``cover`` and ``chapters`` say what stands
in it. All numbers in its sentences are computed. The same input gives the same bytes.
"""

import json
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import typst

from kpi_utils import tables
from kpi_utils.changes import Changes
from kpi_utils.charts import overview, pace
from kpi_utils.conventions import NAMES
from kpi_utils.drawing import COLOURS, FONT, FONT_FILES, INK, Chart
from kpi_utils.errors import KpiError
from kpi_utils.evaluation import Evaluation
from kpi_utils.frames import STATUSES
from kpi_utils.judgement import by_status, unknown_declarations
from kpi_utils.plan import Declaration
from kpi_utils.report.changes import changes_chapter
from kpi_utils.report.chapters import missed_kpis, table, words
from kpi_utils.report.cover import cover
from kpi_utils.sheet import Sheet

__all__ = ["build"]

# The bars that one page of the overview holds.
BARS = 22
STANDARDS = ["ua-1", "a-3a"]
KINDS = {"at_least": "目標は下限", "at_most": "目標は上限", "text": "目標は数値で測らない"}
DIRECTIONS = {"increase": "増加", "decrease": "減少"}


def build(evaluation: Evaluation, changes: Changes | None = None) -> bytes:
    """The report of an evaluated sheet as PDF, with the changes since last year where given.

    Raises KpiError where a text has a character that the fonts lack.
    """
    files: dict[str, bytes] = {"main.typ": Path(__file__).with_name("report.typ").read_bytes()}

    def draw(name: str, picture: Chart | None) -> dict | None:
        if picture is None:
            return None
        files[name] = picture.image("svg")
        return {"file": name, "alt": picture.alt}

    sheet = evaluation.sheet
    sections = [int(section) for section in sheet.rows["section"].unique()]
    of_other_years = [d for d, name in unknown_declarations(sheet) if name == d.name]
    kpis = by_status(evaluation.kpi_table())
    parts = [kpis.iloc[start : start + BARS] for start in range(0, len(kpis), BARS)]
    paces = [draw(f"pace-{place}.svg", pace(part)) for place, part in enumerate(parts)]
    content = cover(evaluation) | {
        "overviews": [draw(f"all-{place}.svg", overview(part)) for place, part in enumerate(parts)],
        "paces": [picture for picture in paces if picture],
        "readings": words(tables.readings(evaluation)),
        "goals": words(tables.goals(evaluation)),
        "changes": changes_chapter(changes, draw),
        "tables": [table(evaluation, section) for section in sections],
        **missed_kpis(evaluation, draw),
        "findings": words(tables.findings(evaluation)),
        "declarations": [
            {"name": declared.name, "said": _said(declared), "reason": declared.reason}
            for declared in sheet.plan.declarations.values()
            if declared not in of_other_years
        ],
        "other-notes": [
            f"{text}（{line}行目）" for place, line, text in sheet.notes if place not in sections
        ],
        "provenance": _provenance(sheet, changes),
        "made-up": "架空のデータ" if sheet.made_up else "",
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


def _said(declared: Declaration) -> str:
    """What a declaration says, in words."""
    said = []
    if declared.direction:
        said.append(f"よくなる向きは「{DIRECTIONS[declared.direction]}」")
    if declared.kind == "range":
        said.append(f"目標は{declared.lower}から{declared.upper}まで")
    elif declared.kind:
        said.append(KINDS[declared.kind])
    if declared.cumulative:
        said.append("実績と目標値は累計")
    if declared.same_as:
        said.append(f"「{declared.same_as}」と同じ指標")
    if declared.formerly:
        said.append(f"以前の名称は「{declared.formerly}」")
    if declared.convention:
        said.append(f"公表値は「{NAMES[declared.convention]}」による")
    return "、".join(said)


def _provenance(sheet: Sheet, changes: Changes | None) -> list[list[str]]:
    earlier = changes.before.sheet if changes and changes.before else None
    compared = [
        [f"比べた資料（{earlier.fiscal_year}年度）", earlier.source],
        ["　SHA-256", earlier.sha256],
    ] if earlier else []  # fmt: skip
    published = "の架空の" if sheet.made_up else "が公表した"
    return [
        ["資料", f"{sheet.plan.municipality}{published}進捗評価シート（{sheet.fiscal_year}年度）"],
        ["　表題", sheet.title],
        ["　ファイル", sheet.source],
        ["　SHA-256", sheet.sha256],
        *compared,
        ["担当者の宣言", sheet.plan.source],
        ["　SHA-256", sheet.plan.sha256],
        ["ノートブック", "notebooks/evaluate.ipynb"],
        ["パラメーター", f"plan = {sheet.plan.id}、fiscal_year = {sheet.fiscal_year}"],
        ["ソフトウェア", f"kpi_utils {version('kpi-utils')}"],
        ["作り方", f"kpi report {sheet.plan.id} {sheet.fiscal_year}"],
        ["規格", "PDF/UA-1、PDF/A-3a。書体は Noto Sans CJK JP。"],
    ]
