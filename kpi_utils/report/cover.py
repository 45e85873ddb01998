"""The title page: what a reader needs in one minute."""

import pandas as pd

from kpi_utils.achievement import by_status
from kpi_utils.charts import percent_text
from kpi_utils.findings import notices
from kpi_utils.frames import STATUSES
from kpi_utils.notation import identity, read_cell
from kpi_utils.sheet import Sheet

__all__ = ["cover"]

# In the order of the title page.
MEANS = {
    "met": "目標の条件を満たす",
    "progressing": "目標へ近づいた",
    "unchanged": "変化なし",
    "regressed": "目標から遠ざかった",
    "undetermined": "判定できない",
}
LIMITS = {"at_most": "上限", "at_least": "下限"}


def cover(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame) -> dict:
    """The title page: what a reader needs in one minute."""
    counts = [
        {
            "status": status,
            "means": MEANS[status],
            "kpis": int((kpis["status"] == status).sum()),
            "rows": int((judged["status"] == status).sum()),
        }
        for status in MEANS
        if status != "undetermined" or (kpis["status"] == status).any()
    ]
    told = "、".join(f"{STATUSES[count['status']]}が{count['kpis']}" for count in counts)
    final = int((kpis["stage"] == "final").sum())
    due = f"{final}指標である" if final else "まだない"
    name = f"{sheet.plan.municipality} {sheet.plan.name}"
    return {
        "title": f"{sheet.plan.municipality} {sheet.fiscal_year}年度 進捗評価報告書",
        "description": f"{name}の{sheet.fiscal_year}年度の指標の達成度と判定",
        "running": f"{name}　{sheet.fiscal_year}年度 進捗評価報告書",
        "sheet-title": sheet.title,
        "rows": len(judged),
        "kpis": len(kpis),
        "summary": f"{len(kpis)}指標のうち、{told}である。目標の年度の実績が出た指標は、{due}。",
        "counts": counts,
        "groups": _groups(sheet, by_status(kpis)),
        "reconciled": _reconciled(judged),
        "notices": notices(sheet, judged, kpis),
        "limits": bool(kpis["target_kind"].isin(list(LIMITS)).any()),
    }


def _groups(sheet: Sheet, kpis: pd.DataFrame) -> list[dict]:
    """The KPIs by status: those first that a reader should look at first."""
    return [
        {
            "heading": f"{word}（{MEANS[status]}）",
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
    """Baseline, actual and target of a KPI on one line, as printed; a common unit once."""
    row = sheet.first_listing(kpi.kpi)
    cells = [read_cell(raw) for raw in (row["baseline_raw"], kpi.actual_raw, row["target_raw"])]
    units = {identity(cell.unit) for cell in cells if cell.value is not None}
    if len(units) == 1:
        texts = [cell.text.removesuffix(cell.unit).strip() for cell in cells]
        unit = f" {kpi.unit}"
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


def _reconciled(judged: pd.DataFrame) -> str:
    """How many of the printed percentages our own arithmetic reproduces."""
    cells = [read_cell(text) for text in judged["published"]]
    printed = [cell.value is not None and identity(cell.unit) in ("", "%") for cell in cells]
    if not any(printed):
        return "シートに、数値の達成度は印字されていない。"
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
