"""Whether a notebook's frames and figures belong together, or a cell was run out of order.

An analyst may filter the frames, change figures (the findings name each) and reword texts: they
are printed so. All else that a report says must agree with the frames from which it is printed.
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
# The texts of a row that an analyst may reword, for they are no figures and no judgement.
TEXTS = ["label", "initiative", "department", "next_step"]
# The counts of a portfolio.
TABLES = ["by_status", "by_pace", "by_goal", "transitions", "by_plan", "common", "second_look"]
TABLES += ["kinds"]
# The columns by which two findings are compared.
_FINDING_COLUMNS = ["code", "severity", "rows", "text", "source", "role", "message"]


def must_be_in_order(
    evaluation: Evaluation, changes: Changes | None, figures: Mapping[str, Figure | None]
) -> int:
    """How many findings a notebook has left out.

    Raises KpiError, naming the cell to run again, if what is to be printed does not agree.

    Rows are compared with the sheet (their figures may differ), their judgement and readings with
    what these figures give, KPIs and changes with the rows, findings with those of ``find``, and
    our own pictures with the KPIs: ``overview`` and ``pace`` must show all of them.
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
        columns = _compared(section)
        if stale := _contents(rows, columns) - _contents(judged, columns):
            named = JAPANESE.rows(listing for listing, _ in stale)
            raise KpiError(mistake(f"order.stale-{section}", rows=named))
    columns = _compared(*_STEPS)
    kpi_contents = _contents(kpis, columns)
    if not kpi_contents <= _contents(per_kpi(rows), columns):
        raise KpiError(mistake("order.stale-kpis"))
    left_out = _findings_left_out(evaluation)
    columns = _compared(*_STEPS[:3])
    if changes and not _contents(rows, columns) <= _contents(changes.after.rows, columns):
        raise KpiError(mistake("order.stale-changes"))
    _must_be_drawn(figures, kpis, kpi_contents)
    return left_out


def _must_be_drawn(
    figures: Mapping[str, Figure | None], kpis: pd.DataFrame, contents: Counter[tuple]
) -> None:
    """Raises KpiError for what is no figure, and for our pictures that other KPIs were drawn in."""
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
        if is_short or is_other or not _contents(figure.kpis, _compared(*_STEPS)) <= contents:
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
        is_same = all(_contents(one, [*one]) == _contents(other, [*one]) for one, other in pairs)
        if year.sheet.changed() or not is_same:
            raise KpiError(mistake("order.changed-year", source=year.sheet.source))
    known_changes = compare(changes.before, changes.after)
    for name in ("changes", "paths"):
        must_have(getattr(changes, name), name)
        columns = [name for name, (kind, _) in columns_of(name).items() if kind != "cell"]
        shown, known = (
            Counter(_cells(getattr(one, name), columns)) for one in (changes, known_changes)
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
    if not Counter(_cells(kpis, columns)) <= Counter(_cells(counted, columns)):
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


def _compared(*sections: str) -> list[str]:
    """The columns of these sections without the texts that an analyst may reword."""
    every = dict.fromkeys(name for section in sections for name in columns_of(section))
    return [name for name in every if name not in TEXTS]


def _contents(frame: pd.DataFrame, columns: list[str]) -> Counter[tuple]:
    """The rows of a frame, each as its index and its ``_cells``, and how often each occurs."""
    return Counter(zip(frame.index, _cells(frame, columns), strict=True))


def _cells(frame: pd.DataFrame, columns: list[str]) -> list[tuple]:
    """The cells of each row of a frame in some columns, whatever their dtype; "" for no value."""
    places = frame.columns.get_indexer([name for name in columns if name in frame])
    values = frame.to_numpy(object)[:, places]
    values[pd.isna(values)] = ""
    return [*map(tuple, values)]


def _findings_left_out(evaluation: Evaluation) -> int:
    """How many of the findings on these rows, by these thresholds, the notebook has left out.

    A ``figure-corrected`` cannot be left out. Raises KpiError where there are other findings.
    """
    findings = evaluation.findings
    must_have(findings, "findings")
    given = {name: getattr(evaluation, name) for name in ("fragile_points", "outgrown")}
    given = {name: value for name, value in given.items() if value is not None}
    made = given | findings.attrs
    fresh = find(evaluation.sheet, evaluation.rows, evaluation.kpis, **made)
    known, listed = (Counter(_cells(frame, _FINDING_COLUMNS)) for frame in (fresh, findings))
    corrected = Counter(finding for finding in known if finding[0] == "figure-corrected")
    if made != made | given or not corrected <= listed <= known:
        raise KpiError(mistake("order.stale-findings"))
    return len(fresh) - len(findings)
