"""What both editions of the report say: words, numbers and pictures, without a layout."""

from importlib.metadata import version
from typing import NamedTuple

from kpi_utils import tables
from kpi_utils.changes import Changes
from kpi_utils.charts import overview, pace
from kpi_utils.conventions import NAMES
from kpi_utils.drawing import Chart
from kpi_utils.evaluation import Evaluation
from kpi_utils.frames import STATUSES
from kpi_utils.judgement import by_status, unknown_declarations
from kpi_utils.plan import Declaration
from kpi_utils.report.changes import changes_chapter
from kpi_utils.report.chapters import kpi_cards, table, words
from kpi_utils.report.cover import cover
from kpi_utils.report.words import INTRODUCTIONS, METHOD, OVERVIEW, READINGS
from kpi_utils.sheet import Sheet

__all__ = ["Content", "content"]

# The bars that one page of the overview holds.
BARS = 22
KINDS = {"at_least": "目標は下限", "at_most": "目標は上限", "text": "目標は数値で測らない"}
DIRECTIONS = {"increase": "増加", "decrease": "減少"}


class Content(NamedTuple):
    """What a report says, and its pictures as SVG by the names that ``words`` gives them."""

    words: dict
    pictures: dict[str, bytes]


def content(evaluation: Evaluation, changes: Changes | None = None) -> Content:
    """What both editions of an evaluated sheet's report say, with the changes since last year.

    Raises KpiError where a picture has a character that the font lacks.
    """
    pictures: dict[str, bytes] = {}

    def draw(name: str, picture: Chart | None) -> dict | None:
        if picture is None:
            return None
        pictures[name] = picture.image("svg")
        return {"file": name, "alt": picture.alt}

    sheet = evaluation.sheet
    sheets = [sheet, changes.before.sheet] if changes and changes.before else [sheet]
    of_other_years = [d for d, name in unknown_declarations(sheet) if name == d.name]
    sections = [int(section) for section in sheet.rows["section"].unique()]
    kpis = by_status(evaluation.kpi_table())
    parts = [kpis.iloc[start : start + BARS] for start in range(0, len(kpis), BARS)]
    paces = [draw(f"pace-{place}.svg", pace(part)) for place, part in enumerate(parts)]
    first = cover(evaluation)
    said = first | {
        "introductions": INTRODUCTIONS | {"overview": OVERVIEW[first["limits"]]},
        "overviews": [draw(f"all-{place}.svg", overview(part)) for place, part in enumerate(parts)],
        "narrow": [
            draw(f"narrow-{place}.svg", overview(part, narrow=True))
            for place, part in enumerate(parts)
        ],
        "paces": [picture for picture in paces if picture],
        "readings": words(tables.readings(evaluation)),
        "reading-terms": READINGS,
        "goals": words(tables.goals(evaluation)),
        "changes": changes_chapter(changes, draw),
        "tables": [table(evaluation, section) for section in sections],
        "cards": kpi_cards(evaluation, draw),
        "findings": words(tables.findings(evaluation)),
        "about": evaluation.findings[["severity", "kpi"]].to_dict("records"),
        "method": METHOD,
        "declarations": [
            {"name": declared.name, "said": _said(declared), "reason": declared.reason}
            for declared in sheet.plan.declarations.values()
            if declared not in of_other_years
        ],
        "other-notes": [
            f"{text}（{line}行目）" for place, line, text in sheet.notes if place not in sections
        ],
        "provenance": _provenance(sheet, changes),
        "made-up": "架空のデータ" if any(shown.made_up for shown in sheets) else "",
        "words": STATUSES,
    }
    return Content(said, pictures)


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
    ]
