"""Whether a notebook's frames belong together: they do not if a cell was run out of order."""

import pandas as pd

from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import columns_of
from kpi_utils.judging.cell_findings import corrections
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE


def must_be_in_order(
    sheet: Sheet, rows: pd.DataFrame, kpis: pd.DataFrame, findings: pd.DataFrame
) -> None:
    """Raises KpiError, naming the cell to run again, if the frames do not belong together.

    ``rows`` must be those of ``sheet``, judged, and ``kpis`` and ``findings`` made from them;
    ``kpis`` may be filtered.
    """
    _must_have_columns(rows, kpis, findings)
    if kpis.empty:
        raise KpiError(mistake("order.no-kpi"))
    printed = sheet.rows()
    is_known = rows.index.isin(printed.index).all()
    if not is_known or (rows["source"] != printed["source"].reindex(rows.index)).any():
        raise KpiError(mistake("order.rows-of-other-sheet", source=sheet.source))
    judged = judge(rows, sheet.plan)
    if stale := _differing(rows, judged.reindex(rows.index)):
        raise KpiError(mistake("order.stale-judgement", rows=JAPANESE.rows(stale)))
    fresh = per_kpi(rows)
    if not kpis.index.isin(fresh.index).all() or _differing(kpis, fresh.reindex(kpis.index)):
        raise KpiError(mistake("order.stale-kpis"))
    evaluation = Evaluation(sheet, rows[rows["kpi"].isin(kpis["kpi"])], kpis, findings)
    corrected = {(finding["role"], *finding["rows"]) for finding in corrections(evaluation)}
    listed = findings[findings["code"] == "figure-corrected"]
    if corrected - {(finding.role, *finding.rows) for finding in listed.itertuples()}:
        raise KpiError(mistake("order.stale-findings"))


def _must_have_columns(rows: pd.DataFrame, kpis: pd.DataFrame, findings: pd.DataFrame) -> None:
    """Raises KpiError, naming the cell to run again, if a frame lacks columns that it gives."""
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
            raise KpiError(mistake("order.columns-missing", columns="、".join(lacking), step=step))


def _differing(one: pd.DataFrame, other: pd.DataFrame) -> list:
    """The index labels of the rows that two frames of the same index judge differently."""
    is_same = pd.Series(True, index=one.index)
    for name in ("status", "target_kind", "direction"):
        is_same &= one[name] == other[name]
    is_same &= (
        one["achievement"]
        .eq(other["achievement"])
        .fillna(one["achievement"].isna() & other["achievement"].isna())
    )
    return list(one.index[~is_same.to_numpy(bool)])
