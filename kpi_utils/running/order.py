"""Whether a notebook's frames and figures belong together, or a cell was run out of order.

What an analyst filters is printed as it is, and so are changed figures, which the findings name,
and words. All else that a report says must come from the frames that it is printed beside.
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.comparing.changes import Changes, compare
from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import columns_of, must_have
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import find
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.readings import readings
from kpi_utils.words import JAPANESE

FIGURES = ["baseline", "actual", "target"]
_STEPS = ("rows", "judgement", "readings", "kpis")
# The words of a row that an analyst may put otherwise, for they are no figures and no judgement.
_WORDS = {"label", "initiative", "department", "next_step"}
# What tells one finding from another.
_SAID = ["code", "severity", "rows", "role", "message"]


def must_be_in_order(
    evaluation: Evaluation, changes: Changes | None, figures: Mapping[str, Figure | None]
) -> int:
    """How many findings a notebook has left out.

    Raises KpiError, naming the cell to run again, if what is to be printed does not agree.

    Rows must be those of the sheet but for their figures, and judged and read as these are; KPIs
    and changes made from them; findings among those on them; and our own pictures drawn from these
    KPIs, those of the whole from all.
    """
    sheet, rows, kpis = evaluation.sheet, evaluation.rows, evaluation.kpis
    must_have(rows, *_STEPS[:3])
    must_have(kpis, *_STEPS)
    if kpis.empty:
        raise KpiError(mistake("order.no-kpi"))
    printed = sheet.rows()
    if not rows.index.is_unique or not _said(rows, ["source"]) <= _said(printed, ["source"]):
        raise KpiError(mistake("order.rows-of-other-sheet", source=sheet.source))
    judged = judge(printed.loc[rows.index].assign(**rows[FIGURES]), sheet.plan)
    judged = judged.join(readings(judged, sheet, evaluation.pace_cuts))
    for section in _STEPS[:3]:
        columns = _telling(section)
        if stale := _said(rows, columns) - _said(judged, columns):
            named = JAPANESE.rows(listing for listing, _ in stale)
            raise KpiError(mistake(f"order.stale-{section}", rows=named))
    columns = _telling(*_STEPS)
    could_show = _said(kpis, columns)
    if not kpis.index.is_unique or not could_show <= _said(per_kpi(rows), columns):
        raise KpiError(mistake("order.stale-kpis"))
    left_out = _findings_left_out(evaluation)
    columns = _telling(*_STEPS[:3])
    if changes and not _said(rows, columns) <= _said(changes.after.rows, columns):
        raise KpiError(mistake("order.stale-changes"))
    for name, figure in figures.items():
        if not isinstance(figure, Figure | None):
            raise KpiError(mistake("order.no-figure", name=name, kind=type(figure).__name__))
        drawn = getattr(figure, "drawn", None)
        is_short = name in ("overview", "pace") and drawn is not None and len(drawn) < len(kpis)
        if is_short or (drawn is not None and not _said(drawn, _telling(*_STEPS)) <= could_show):
            raise KpiError(mistake("order.stale-figure", name=name))
    return left_out


def must_be_compared(changes: Changes) -> None:
    """Raises KpiError if the frames of a comparison are not of its two sheets, or a part."""
    assert changes.before, "a run has two sheets to compare"
    fresh = compare(changes.before, changes.after)
    for name in ("changes", "paths"):
        must_have(getattr(changes, name), name)
        columns = [name for name, (kind, _) in columns_of(name).items() if kind != "cell"]
        shown, known = (
            {values for _, values in _said(getattr(one, name), columns)} for one in (changes, fresh)
        )
        if not shown <= known:
            raise KpiError(mistake("order.stale-comparison", name=name))


def must_be_counted(kpis: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> None:
    """Raises KpiError, naming the table, if a portfolio's tables count other KPIs than these."""
    goals = kpis["goals"].str.count(",") + 1
    totals = {
        "by_status": (tables["by_status"].at["total", "kpis"], len(kpis)),
        "by_goal": (tables["by_goal"]["total"].sum(), goals.sum()),
        "transitions": (tables["transitions"]["total"].sum(), kpis["fiscal_year_before"].count()),
    }
    for name, (shown, counted) in totals.items():
        if shown != counted:
            raise KpiError(mistake("order.stale-table", name=name))


def _telling(*sections: str) -> list[str]:
    """The columns of rows or KPIs that say something, words aside."""
    every = dict.fromkeys(name for section in sections for name in columns_of(section))
    return [name for name in every if name not in _WORDS]


def _said(frame: pd.DataFrame, columns: list[str]) -> set[tuple]:
    """Each row of a frame: its index, and what it says in some columns, with "" for no value."""
    places = frame.columns.get_indexer([name for name in columns if name in frame])
    values = frame.to_numpy(object)[:, places]
    values[pd.isna(values)] = ""
    return {*zip(frame.index, map(tuple, values), strict=True)}


def _findings_left_out(evaluation: Evaluation) -> int:
    """How many findings on these rows, by these thresholds, were left out.

    Only that a figure was changed cannot be. Raises KpiError where there are others.
    """
    findings = evaluation.findings
    must_have(findings, "findings")
    given = {name: getattr(evaluation, name) for name in ("fragile_points", "outgrown")}
    given = {name: value for name, value in given.items() if value is not None}
    made = given | findings.attrs
    fresh = find(evaluation.sheet, evaluation.rows, evaluation.kpis, **made)
    known, listed = ({values for _, values in _said(frame, _SAID)} for frame in (fresh, findings))
    corrected = {finding for finding in known if finding[0] == "figure-corrected"}
    if made != made | given or not corrected <= listed <= known:
        raise KpiError(mistake("order.stale-findings"))
    return len(known) - len(listed)
