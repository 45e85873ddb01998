"""The findings: what a careful reviewer would write in the margin of a sheet (method 6).

Each kind of finding is a function from the judged sheet to records; ``FINDINGS`` lists them. A
finding is about rows or a block of the commentary, quotes the sheet, and says in one Japanese
sentence what is off and what to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from kpi_utils import frames
from kpi_utils.achievement import DIRECTION_UNCLEAR, SIGN, UNITS_DIFFER, percent_text, rounded
from kpi_utils.cell_findings import jumps, missing_rows, remarks, unreadable_cells
from kpi_utils.conventions import NAMES, convention_of, reproduced
from kpi_utils.evaluation import Evaluation, about_row
from kpi_utils.figures import figures
from kpi_utils.frames import LIMITS, SEVERITIES
from kpi_utils.judgement import by_kpi, judge
from kpi_utils.language import Words
from kpi_utils.narrative import (
    narrative_contradicts,
    narrative_dangling,
    narrative_missing,
)
from kpi_utils.notation import UNREADABLE_CELL, read_cell
from kpi_utils.sheet import Sheet, line_of

__all__ = ["CODES", "FRAGILE", "OUTGROWN", "evaluate"]

# What each code is called in a report.
CODES = Words("finding")
# Points of achievement for 1 % of the actual, and percent of achievement.
FRAGILE, OUTGROWN = 50, 200


def evaluate(sheet: Sheet) -> Evaluation:
    """Judge a sheet, compute its figures and find what a reviewer should know.

    >>> from kpi_utils import load
    >>> found = evaluate(load("kumamoto", 2022)).findings
    >>> int((found["code"] == "target-year-differs").sum())
    18
    """
    rows = judge(sheet)
    numbers = figures(rows, sheet.points, sheet.fiscal_year)
    nothing = frames.frame(frames.FINDINGS, [])
    judged = Evaluation(sheet, rows, by_kpi(rows, sheet.plan), numbers, reproduced(rows), nothing)
    table = frames.frame(frames.FINDINGS, [record for find in FINDINGS for record in find(judged)])
    order = {
        "line": table["source"].map(line_of).astype(int),
        "severity": table["severity"].map(list(SEVERITIES).index),
    }
    by_line = pd.DataFrame(order).sort_values(["line", "severity"], kind="stable").index
    return replace(judged, findings=table.loc[by_line].reset_index(drop=True))


def _undetermined(judged: Evaluation) -> Iterator[dict]:
    """direction-unclear, unit-differs, and what else keeps a row from being judged."""
    for row in judged.joined().itertuples():
        if row.status != "undetermined" or UNREADABLE_CELL in row.note:
            continue
        if DIRECTION_UNCLEAR in row.note:
            yield about_row(
                "direction-unclear", "error", row, row.target_raw,
                f"{row.note.removesuffix(DIRECTION_UNCLEAR).rstrip('、')}、よくなる向きが定まらないため、"
                "plan.toml に direction と reason を書く。",
            )  # fmt: skip
        elif UNITS_DIFFER in row.note:
            yield about_row(
                "unit-differs", "error", row, _cells(row),
                f"{row.note}のため、同じ単位にそろえる。",
            )  # fmt: skip
        else:
            about_target = row.note.startswith(("目標値", "plan.toml"))
            text = row.target_raw if about_target else row.actual_raw or row.baseline_raw
            yield about_row(
                "not-judged", "warning", row, text,
                f"{row.note}のため判定を保留しており、シートを確かめる。",
            )  # fmt: skip


def _published(judged: Evaluation) -> Iterator[dict]:
    house = convention_of(judged.reproduced, judged.sheet.plan)
    table = judged.reproduced.set_index(["section", "no"])
    for row in judged.joined().itertuples():
        if row.status == "undetermined":
            continue
        if (row.section, row.no) not in table.index:
            is_met = row.status == "met"
            says_met = {"達成": True, "未達成": False, "未達": False}.get(row.published, is_met)
            kept = "満たしている" if is_met else "満たしていない"
            if says_met != is_met:
                yield about_row(
                    "published-differs", "warning", row, row.published,
                    f"公表の「{row.published}」に対し、目標の条件を{kept}ため、"
                    "公表値又は数値を確かめる。",
                )  # fmt: skip
            continue
        declared = judged.sheet.plan.declared(row.kpi).convention or house
        by = table.loc[(row.section, row.no)]
        if declared and by[declared]:
            continue
        others = [NAMES[name] for name in NAMES if by[name]]
        ours = f"算出した値は{percent_text(row.achievement)}であり"
        if pd.isna(row.achievement):
            ours = "算出できる値はなく"
        cause = f"「{others[0]}」によれば一致する" if others else "一致する算式が見当たらない"
        yield about_row(
            "published-differs", "warning", row, row.published,
            f"公表の達成度{row.published}に対し、{ours}、"
            f"{cause}ため、公表値又は数値を確かめる。",
        )  # fmt: skip


def _wrong_way(judged: Evaluation) -> Iterator[dict]:
    for row in judged.joined().itertuples():
        if row.target_kind not in ("at_most", "at_least") or row.status == "undetermined":
            continue
        gap = (row.target_value - row.start) * SIGN[row.direction]
        if gap >= 0:
            continue
        limit = LIMITS[row.target_kind]
        plain = percent_text(-row.achievement)
        margin = abs(row.target_value - row.actual)
        beyond = "からの超過" if row.target_kind == "at_most" else "までの不足"
        side = f"{limit}までの余裕" if row.status == "met" else f"{limit}{beyond}"
        share = float(margin / abs(row.target_value)) * 100 if row.target_value else None
        part = "" if share is None else f"、目標値の{rounded(share, 1)}%"
        yield about_row(
            "wrong-way-target", "warning", row, row.target_raw,
            f"目標値が、当初値で既に守られている{limit}であり（算式どおりの達成度は{plain}）、"
            f"達成度でなく、{side}（{f'{margin:,f} {row.unit}'.strip()}{part}）で見る。",
        )  # fmt: skip


def _years(judged: Evaluation) -> Iterator[dict]:
    """target-year-differs, provisional-data and late-data."""
    for row in judged.joined().itertuples():
        column_year = row.target_column_year
        years = (row.target_year, column_year)
        if not any(pd.isna(year) for year in years) and row.target_year != column_year:
            yield about_row(
                "target-year-differs", "note", row, row.target_raw,
                f"目標値の年度（{row.target_year}年）が、列の見出しの年（{column_year}年）と異なるため、"
                "どちらの年の目標かを確かめる。",
            )  # fmt: skip
        if pd.isna(row.actual_year) or row.actual is None:
            continue
        if read_cell(row.actual_raw).provisional:
            yield about_row(
                "provisional-data", "note", row, row.actual_raw,
                "実績が確定値でない（速報、暫定、推計など）ため、確定値が公表されたら差し替える。",
            )  # fmt: skip
        year, column_year = judged.sheet.fiscal_year, row.actual_column_year
        said = []
        if column_year < year:
            said.append(f"{year}年の欄に実績がなく、{column_year}年の欄の実績で判定している")
        if (late := column_year - row.actual_year) > 0:
            said.append(f"{column_year}年の欄の実績が、{late}年前の{row.actual_year}年度の値である")
        for what in said:
            message = f"{what}ため、新しい値が公表されたら差し替える。"
            yield about_row("late-data", "note", row, row.actual_raw, message)


def _relistings(judged: Evaluation) -> Iterator[dict]:
    kpis = judged.kpis.set_index("kpi")
    seen: set[str] = set()
    for row in judged.joined().itertuples():
        if row.kpi in seen and not row.relisted:
            yield about_row(
                "relisting-unmarked", "note", row, row.name,
                f"他の行にも載る（{kpis.loc[row.kpi, 'listings']}）が、【再掲】がないため、"
                "【再掲】を付ける。",
            )  # fmt: skip
        if row.kpi in seen and kpis.loc[row.kpi, "relistings_differ"]:
            yield about_row(
                "relisting-differs", "error", row, _cells(row),
                f"同じ指標の行（{kpis.loc[row.kpi, 'listings']}）の内容が一致しないため、"
                "正しい方にそろえる。",
            )  # fmt: skip
        seen.add(row.kpi)


def _percentages(judged: Evaluation) -> Iterator[dict]:
    """fragile-percentage and target-outgrown."""
    for row in judged.joined().itertuples():
        # As floats, 50 points on paper may be less by a hair.
        if row.fragility >= FRAGILE - 1e-9 and not pd.isna(row.achievement):
            ambition = abs(row.ambition) * 100
            way = (
                ""
                if pd.isna(ambition)
                else f"（目標値と当初値の差は当初値の{rounded(ambition, 1)}%）"
            )
            yield about_row(
                "fragile-percentage", "note", row, row.published or row.actual_raw,
                f"実績が1%変わると達成度が{rounded(row.fragility)}ポイント変わる{way}ため、"
                "割合でなく実績の値で見る。",
            )  # fmt: skip
        if row.status == "met" and not pd.isna(row.achievement) and row.achievement >= OUTGROWN:
            yield about_row(
                "target-outgrown", "note", row, row.target_raw,
                f"達成度が{percent_text(row.achievement)}であり、目標値が目安でなくなっているため、"
                "目標値の見直しを検討する。",
            )  # fmt: skip


FINDINGS: list[Callable[[Evaluation], Iterator[dict]]] = [
    unreadable_cells,
    _undetermined,
    _published,
    _wrong_way,
    _years,
    _relistings,
    _percentages,
    narrative_dangling,
    narrative_contradicts,
    narrative_missing,
    jumps,
    missing_rows,
    remarks,
]


def _cells(row) -> str:
    return f"{row.baseline_raw}、{row.actual_raw}、{row.target_raw}"
