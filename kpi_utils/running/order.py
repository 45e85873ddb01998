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
    if not _are_among(rows, printed) or (rows["source"] != printed["source"][rows.index]).any():
        raise KpiError(mistake("order.rows-of-other-sheet", source=sheet.source))
    judged = judge(printed.loc[rows.index].assign(**rows[FIGURES]), sheet.plan)
    differing = _differing(rows, judged.join(readings(judged, sheet, evaluation.pace_cuts)))
    for section in _STEPS[:3]:
        columns = differing.columns.intersection(list(columns_of(section)))
        if stale := list(rows.index[differing[columns].any(axis=1)]):
            raise KpiError(mistake(f"order.stale-{section}", rows=JAPANESE.rows(stale)))
    if not _are_among(kpis, fresh := per_kpi(rows)) or _differing(kpis, fresh).any(axis=None):
        raise KpiError(mistake("order.stale-kpis"))
    left_out = _findings_left_out(evaluation)
    if changes and _differing(rows, changes.after.rows).any(axis=None):
        raise KpiError(mistake("order.stale-changes"))
    _must_be_drawn_from(kpis, figures)
    return left_out


def _must_be_drawn_from(kpis: pd.DataFrame, figures: Mapping[str, Figure | None]) -> None:
    known, columns = kpis.to_dict("index"), _said_by(kpis)
    for name, figure in figures.items():
        if not isinstance(figure, Figure | None):
            raise KpiError(mistake("order.no-figure", name=name, kind=type(figure).__name__))
        if (shown := getattr(figure, "drawn", None)) is None:
            continue
        is_short = name in ("overview", "pace") and len(shown) < len(kpis)
        if is_short or any(
            _values(record, columns) != _values(known.get(kpi, {}), columns)
            for kpi, record in shown.to_dict("index").items()
        ):
            raise KpiError(mistake("order.stale-figure", name=name))


def must_be_compared(changes: Changes) -> None:
    """Raises KpiError if the frames of a comparison are not of its two sheets, or a part."""
    assert changes.before, "a run has two sheets to compare"
    fresh = compare(changes.before, changes.after)
    for name in ("changes", "paths"):
        shown, known = (getattr(one, name) for one in (changes, fresh))
        must_have(shown, name)
        columns = [name for name, (kind, _) in columns_of(name).items() if kind != "cell"]
        said, could_say = (
            {*one[columns].astype(object).fillna("").itertuples(index=False, name=None)}
            for one in (shown, known)
        )
        if not said <= could_say:
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


def _are_among(part: pd.DataFrame, whole: pd.DataFrame) -> bool:
    """Whether each row of a frame is one of another's, and none is there twice."""
    return part.index.is_unique and bool(part.index.isin(whole.index).all())


def _differing(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Which cells of rows or KPIs say something else than those of another frame; words aside."""
    columns = _said_by(whole)
    one, other = part[columns], whole.reindex(part.index)[columns]
    if one.equals(other):
        return pd.DataFrame(False, one.index, columns)
    # Where neither has a value, they are the same.
    return one.astype(object).fillna("") != other.astype(object).fillna("")


def _said_by(frame: pd.DataFrame) -> list[str]:
    """The columns of rows or KPIs that say something, words aside."""
    every = dict.fromkeys(name for section in _STEPS for name in columns_of(section))
    return [name for name in every if name in frame and name not in _WORDS]


def _values(record: dict, columns: list[str]) -> list:
    """What a record says in some columns; "" for no value."""
    values = map(record.get, columns)
    return ["" if value is None or value is pd.NA or value != value else value for value in values]


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
    known, listed = (
        {*frame[_SAID].itertuples(index=False, name=None)} for frame in (fresh, findings)
    )
    corrected = {finding for finding in known if finding[0] == "figure-corrected"}
    if made != made | given or not corrected <= listed <= known:
        raise KpiError(mistake("order.stale-findings"))
    return len(known) - len(listed)
