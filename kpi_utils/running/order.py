"""Whether a notebook's frames belong together: they do not where a cell was run out of order."""

import pandas as pd

from kpi_utils.errors import KpiError
from kpi_utils.frames import columns_of
from kpi_utils.judging.cell_findings import corrections
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE

__all__ = ["must_be_in_order"]


def must_be_in_order(
    sheet: Sheet, rows: pd.DataFrame, kpis: pd.DataFrame, findings: pd.DataFrame
) -> None:
    """Raise KpiError where frames were made of others than these: which cell to run again."""
    _must_have_columns(rows, kpis, findings)
    if kpis.empty:
        raise KpiError(
            "kpis に指標が1件もありません。initiative（取組名の初めの部分）など、"
            "kpis を絞り込むセルを確かめてください。"
        )
    again = "のセルから順に、もう一度実行してください。"
    printed = sheet.rows()
    is_known = rows.index.isin(printed.index).all()
    if not is_known or (rows["source"] != printed["source"].reindex(rows.index)).any():
        raise KpiError(f"rows が {sheet.source} の行ではありません。「rows = sheet.rows()」{again}")
    judged = judge(rows, sheet.plan)
    if stale := _differing(rows, judged.reindex(rows.index)):
        raise KpiError(
            f"{JAPANESE.rows(stale)} の判定が、rows にある数値によるものではありません。"
            f"「rows = judge(...)」{again}"
        )
    known = per_kpi(rows)
    if not kpis.index.isin(known.index).all() or _differing(kpis, known.reindex(kpis.index)):
        raise KpiError(f"kpis が、今の rows から作られていません。「kpis = per_kpi(rows)」{again}")
    evaluation = Evaluation(sheet, rows[rows["kpi"].isin(kpis["kpi"])], kpis, findings)
    corrected = {(one["role"], *one["rows"]) for one in corrections(evaluation)}
    told = findings[findings["code"] == "figure-corrected"]
    if corrected - {(one.role, *one.rows) for one in told.itertuples()}:
        raise KpiError(
            f"findings が、今の rows によるものではありません。「findings = find(...)」{again}"
        )


def _must_have_columns(rows: pd.DataFrame, kpis: pd.DataFrame, findings: pd.DataFrame) -> None:
    steps = {
        "rows = sheet.rows()": (rows, "rows"),
        "rows = judge(...)": (rows, "judgement"),
        "rows = rows.join(readings(...))": (rows, "readings"),
        "kpis = per_kpi(rows)": (kpis, "kpis"),
        "findings = find(...)": (findings, "findings"),
    }
    for step, (frame, section) in steps.items():
        lacking = [name for name in columns_of(section) if name not in frame]
        if lacking:
            raise KpiError(
                f"列 {'、'.join(lacking)} がありません。「{step}」のセルから順に、"
                "もう一度実行してください。"
            )


def _differing(one: pd.DataFrame, other: pd.DataFrame) -> list:
    """The index of rows that are judged otherwise in two frames of the same index."""
    same = pd.Series(True, index=one.index)
    for name in ("status", "target_kind", "direction"):
        same &= one[name] == other[name]
    same &= (
        one["achievement"]
        .eq(other["achievement"])
        .fillna(one["achievement"].isna() & other["achievement"].isna())
    )
    return list(one.index[~same.to_numpy(bool)])
