"""Whether a notebook's frames and figures belong together, or a cell was run out of order.

What an analyst filters is printed as it is, and so are changed figures, which the findings name,
and words. All else that a report says must come from the frames that it is printed beside.
"""

from collections import Counter
from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.comparing.changes import Changes, compare
from kpi_utils.comparing.portfolio import counted_kpis
from kpi_utils.errors import KpiError, mistake
from kpi_utils.frames import FIGURES, columns_of, must_have
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import evaluate, find
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.judging.readings import must_be_of, readings
from kpi_utils.running.collection import collect
from kpi_utils.showing.drawing import Picture
from kpi_utils.words import JAPANESE

_STEPS = ("rows", "judgement", "readings", "kpis")
# The words of a row that an analyst may put otherwise, for they are no figures and no judgement.
WORDS = ["label", "initiative", "department", "next_step"]
# The counts of a portfolio.
TABLES = ["by_status", "by_pace", "by_goal", "transitions", "by_plan", "common", "second_look"]
TABLES += ["kinds"]
# What tells one finding from another.
_SAID = ["code", "severity", "rows", "text", "source", "role", "message"]


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
    if names := sheet.changed():
        raise KpiError(mistake("order.sheet-changed", names="、".join(names)))
    must_be_of(sheet, rows, *_STEPS[:3])
    must_have(kpis, *_STEPS)
    if kpis.empty:
        raise KpiError(mistake("order.no-kpi"))
    judged = judge(sheet.rows().loc[rows.index].assign(**rows[FIGURES]), sheet.plan)
    judged = judged.join(readings(judged, sheet, evaluation.pace_cuts))
    for section in _STEPS[:3]:
        columns = _telling(section)
        if stale := _said(rows, columns) - _said(judged, columns):
            named = JAPANESE.rows(listing for listing, _ in stale)
            raise KpiError(mistake(f"order.stale-{section}", rows=named))
    columns = _telling(*_STEPS)
    could_show = _said(kpis, columns)
    if not could_show <= _said(per_kpi(rows), columns):
        raise KpiError(mistake("order.stale-kpis"))
    left_out = _findings_left_out(evaluation)
    columns = _telling(*_STEPS[:3])
    if changes and not _said(rows, columns) <= _said(changes.after.rows, columns):
        raise KpiError(mistake("order.stale-changes"))
    _must_be_drawn(figures, kpis, could_show)
    return left_out


def _must_be_drawn(
    figures: Mapping[str, Figure | None], kpis: pd.DataFrame, said: Counter[tuple]
) -> None:
    """Raises KpiError where figures are none, or are not drawn from what these KPIs have said."""
    if not isinstance(figures, Mapping):
        raise KpiError(mistake("order.no-figures", kind=type(figures).__name__))
    for name, figure in figures.items():
        if not isinstance(figure, Figure | None):
            raise KpiError(mistake("order.no-figure", name=name, kind=type(figure).__name__))
        # An analyst's own figure shows what it may.
        if not isinstance(figure, Picture) or figure.kpis is None:
            continue
        is_short = name in ("overview", "pace") and len(figure.kpis) < len(kpis)
        is_other = name in ("overview", "pace", *kpis.index) and figure.get_label() != name
        if is_short or is_other or not _said(figure.kpis, _telling(*_STEPS)) <= said:
            raise KpiError(mistake("order.stale-figure", name=name))


def must_be_compared(changes: Changes) -> None:
    """Raises KpiError if the frames of a comparison are not of its two sheets, or a part."""
    if not isinstance(changes, Changes) or not changes.before:
        raise KpiError(mistake("order.no-comparison", kind=type(changes).__name__))
    before, after = changes.before.sheet, changes.after.sheet
    if before.plan.id != after.plan.id or before.fiscal_year >= after.fiscal_year:
        sources = {"before": before.source, "after": after.source}
        raise KpiError(mistake("order.two-sheets", **sources))
    for year in (changes.before, changes.after):
        fresh = evaluate(year.sheet, year.pace_cuts)
        pairs = ((fresh.rows, year.rows), (fresh.kpis, year.kpis))
        is_same = all(_said(one, [*one]) == _said(other, [*one]) for one, other in pairs)
        if year.sheet.changed() or not is_same:
            raise KpiError(mistake("order.changed-year", source=year.sheet.source))
    known_changes = compare(changes.before, changes.after)
    for name in ("changes", "paths"):
        must_have(getattr(changes, name), name)
        columns = [name for name, (kind, _) in columns_of(name).items() if kind != "cell"]
        shown, known = (
            Counter(_values(getattr(one, name), columns)) for one in (changes, known_changes)
        )
        if not shown <= known:
            raise KpiError(mistake("order.stale-comparison", name=name))


def must_be_counted(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    fiscal_year: int | None,
) -> None:
    """Raises KpiError if KPIs are not those of the reports, or tables count others than these."""
    must_have(kpis, "portfolio")
    if {*tables} != {*TABLES}:
        raise KpiError(mistake("order.other-tables", names="、".join(TABLES)))
    _, every, _, changes = collect(fiscal_year)
    columns = [name for name in columns_of("portfolio") if name not in ("label", "municipality")]
    counted = counted_kpis(reports, every, changes)
    if not Counter(_values(kpis, columns)) <= Counter(_values(counted, columns)):
        raise KpiError(mistake("order.stale-counted"))
    by_status = tables["by_status"]["kpis"]
    of_status = kpis["status"].value_counts().reindex(by_status.index[:-1], fill_value=0)
    goals = kpis["goals"].str.count(",") + 1
    totals = {
        "by_status": ([*by_status], [*of_status, len(kpis)]),
        "by_goal": (tables["by_goal"]["total"].sum(), goals.sum()),
        "transitions": (tables["transitions"]["total"].sum(), kpis["fiscal_year_before"].count()),
    }
    for name, (shown, counted) in totals.items():
        if shown != counted:
            raise KpiError(mistake("order.stale-table", name=name))


def _telling(*sections: str) -> list[str]:
    """The columns of rows or KPIs that say something, words aside."""
    every = dict.fromkeys(name for section in sections for name in columns_of(section))
    return [name for name in every if name not in WORDS]


def _said(frame: pd.DataFrame, columns: list[str]) -> Counter[tuple]:
    """Each row of a frame, its index and its ``_values``, and how often it stands there."""
    return Counter(zip(frame.index, _values(frame, columns), strict=True))


def _values(frame: pd.DataFrame, columns: list[str]) -> list[tuple]:
    """What each row of a frame says in some columns, with "" for no value."""
    places = frame.columns.get_indexer([name for name in columns if name in frame])
    values = frame.to_numpy(object)[:, places]
    values[pd.isna(values)] = ""
    return [*map(tuple, values)]


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
    known, listed = (Counter(_values(frame, _SAID)) for frame in (fresh, findings))
    corrected = Counter(finding for finding in known if finding[0] == "figure-corrected")
    if made != made | given or not corrected <= listed <= known:
        raise KpiError(mistake("order.stale-findings"))
    return len(fresh) - len(findings)
