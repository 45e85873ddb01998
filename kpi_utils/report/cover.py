"""The title page: what a reader needs in one minute."""

import pandas as pd

from kpi_utils.achievement import percent_text
from kpi_utils.conventions import NAMES, convention_of
from kpi_utils.evaluation import Evaluation
from kpi_utils.findings import CODES
from kpi_utils.frames import LIMITS, SEVERITIES, STATUSES
from kpi_utils.judgement import by_status, references
from kpi_utils.language import Words
from kpi_utils.notation import identity, read_cell
from kpi_utils.sheet import Sheet, place

__all__ = ["cover"]

MEANS = Words("status-means")
# So many rows are named here; of more the title page only gives the number.
MOST_NAMED = 5


def cover(evaluation: Evaluation) -> dict:
    """The title page."""
    sheet, kpis, rows = evaluation.sheet, evaluation.kpis, evaluation.rows
    counts = [
        {
            "status": status,
            "means": MEANS[status],
            "kpis": int((kpis["status"] == status).sum()),
            "rows": int((rows["status"] == status).sum()),
        }
        for status in MEANS
        if status != "undetermined" or (kpis["status"] == status).any()
    ]
    told = "、".join(f"{STATUSES[count['status']]}が{count['kpis']}" for count in counts)
    final = int((kpis["stage"] == "final").sum())
    due = f"{final}である" if final else "まだない"
    name = f"{sheet.plan.municipality} {sheet.plan.name}"
    errors = evaluation.findings[evaluation.findings["severity"] == "error"]
    return {
        "title": f"{sheet.plan.municipality} {sheet.fiscal_year}年度 進捗評価報告書",
        "description": f"{name}の{sheet.fiscal_year}年度の指標の達成度と判定",
        "running": f"{name}　{sheet.fiscal_year}年度 進捗評価報告書",
        "sheet-title": sheet.title,
        "rows": len(rows),
        "kpis": len(kpis),
        "summary": f"{len(kpis)}指標のうち、{told}である。目標の年度の実績が出た指標は、{due}。",
        "counts": counts,
        "groups": _groups(sheet, by_status(kpis)),
        "reconciled": _reconciled(evaluation),
        "found": _found(evaluation.findings),
        "errors": [
            f"{place(found.source)} {found.rows}: {found.message}" for found in errors.itertuples()
        ],
        "limits": bool(kpis["target_kind"].isin(list(LIMITS)).any()),
    }


def _groups(sheet: Sheet, kpis: pd.DataFrame) -> list[dict]:
    """The KPIs by status: those first that a reader should look at first."""
    return [
        {
            "status": status,
            "heading": f"{word}（{MEANS[status]}）",
            "kpis": [
                {
                    "kpi": kpi.kpi,
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
    """Baseline, actual and target of a KPI on one line, as printed; a common unit once."""
    row = sheet.first_listing(kpi.kpi)
    cells = [read_cell(raw) for raw in (row["baseline_raw"], kpi.actual_raw, row["target_raw"])]
    units = {identity(cell.unit) for cell in cells if cell.value is not None}
    plain = [cell.value is not None and cell.text.endswith(cell.unit) for cell in cells[:2]]
    if len(units) == 1 and all(plain):
        texts = [cell.text.removesuffix(cell.unit).strip() for cell in cells]
        unit = f" {cells[0].unit}".rstrip()
    else:
        texts, unit = [cell.text for cell in cells], ""
    baseline, actual, target = (text or "―" for text in texts)
    # The sheet's own word (以上, 以下) says by itself that a target is a limit.
    limit = "" if row["target_comparator"] else LIMITS.get(kpi.target_kind, "")
    other_year = not pd.isna(kpi.actual_year) and kpi.actual_year != sheet.fiscal_year
    return {
        "path": f"{baseline} → {actual}{unit}",
        "year": f"{kpi.actual_year}年度" if other_year else "",
        "target": f"{target}（{limit}）" if limit else target,
    }


def _reconciled(evaluation: Evaluation) -> str:
    """Which convention gives how many of the printed percentages, and which rows it does not."""
    table, plan = evaluation.reproduced, evaluation.sheet.plan
    convention = convention_of(table, plan)
    if table.empty:
        return "シートに、算出した値と比べられる達成度は印字されていない。"
    if not convention:
        return f"シートに印字された達成度{len(table)}件は、どの算式でも再現できない。"
    given = "宣言された" if plan.convention else "最も多く再現する"
    sentence = (
        f"シートに印字された達成度{len(table)}件のうち、{given}算式「{NAMES[convention]}」で"
        f"{int(table[convention].sum())}件が再現できた。"
    )
    differing = [
        f"{references([(row['section'], row['no'])])}（公表 {row['published']}。{_by_others(row)}）"
        for row in table[~table[convention]].to_dict("records")
    ]
    if len(differing) > MOST_NAMED:
        return f"{sentence}再現できない{len(differing)}件は、「指摘の一覧」に示す。"
    return sentence + (f"再現できないのは、{'、'.join(differing)}である。" if differing else "")


def _by_others(row: dict) -> str:
    others = [words for name, words in NAMES.items() if row[name]]
    return f"「{others[0]}」なら一致する" if others else "どの算式でも一致しない"


def _found(findings: pd.DataFrame) -> str:
    """How many findings there are, and the warnings by kind."""
    counts = findings["severity"].value_counts()
    told = "、".join(f"{word}が{counts.get(name, 0)}件" for name, word in SEVERITIES.items())
    kinds = findings.loc[findings["severity"] == "warning", "code"].map(CODES).value_counts()
    listed = "、".join(f"{kind}{number}件" for kind, number in kinds.items())
    sentence = f"シートについての指摘は、{told}である。"
    return sentence + (f"注意は、{listed}である。" if listed else "")
