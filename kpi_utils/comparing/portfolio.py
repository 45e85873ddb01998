"""What many reports say together: which of them are counted, and what moved since last year.

A portfolio counts; it never averages percentages. Of each plan the newest report is counted, and
made-up plans are counted only where all are made up: they would be mixed with real ones otherwise.
"""

from typing import NamedTuple

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.frames import checked, declared
from kpi_utils.words import JAPANESE

__all__ = ["DIFFERING", "Portfolio", "counted_kpis", "counted_reports", "of_counted", "portfolio"]

# The findings that say that two figures are not the same.
DIFFERING = ["published-differs", "relisting-differs", "unit-differs", "figure-jumps"]
SCHEMAS = {name: declared(f"portfolio-{name}") for name in ("reports", "kpis", "findings")}
# What tells one report from another, and one KPI of all from another.
REPORT = ["plan", "fiscal_year"]
KPI = [*REPORT, "kpi"]
# From worst to best; an undetermined KPI is neither.
_RANKS = {"missed": 0, "regressed": 1, "unchanged": 2, "progressing": 3, "met": 4}
# Without a baseline a KPI that is not met may have gone either way: it may stand for any of these.
_WORST, _BEST = _RANKS | {"not_reached": 1}, _RANKS | {"not_reached": 3}


class Portfolio(NamedTuple):
    """What lies in reports/, as frames (``portfolio-*`` in ``frames.toml``).

    ``reports`` has a row a plan and year, failed ones too; the others are of the reports whose
    state is done: a row a KPI, a finding, a change since the year before.
    """

    reports: pd.DataFrame
    kpis: pd.DataFrame
    findings: pd.DataFrame
    changes: pd.DataFrame


def portfolio(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    findings: pd.DataFrame,
    changes: pd.DataFrame,
    fiscal_year: int | None = None,
) -> Portfolio:
    """The frames, checked, each report with its counts and whether it is counted itself.

    Of a report's findings those of one kind are one, as the report shows them. ``fiscal_year`` is
    as in ``counted_reports``.
    """
    statuses, severities = list(JAPANESE.of("status")), list(JAPANESE.of("severity"))
    of_kpis = _counts(kpis, "status", statuses)
    of_findings = _counts(findings.drop_duplicates([*REPORT, "code"]), "severity", severities)
    counts = reports[REPORT].join(of_kpis, on=REPORT).join(of_findings, on=REPORT)
    numbers = counts[statuses + severities].fillna(0).astype(int)
    reports = reports.assign(counted=counted_reports(reports, fiscal_year), **numbers)
    frames = {"reports": reports, "kpis": kpis, "findings": findings}
    typed = {name: checked(SCHEMAS[name], dict(frame)) for name, frame in frames.items()}
    return Portfolio(**typed, changes=changes)


def counted_reports(reports: pd.DataFrame, fiscal_year: int | None = None) -> pd.Series:
    """Whether each report is counted: of each plan that of a year, without one the newest.

    A made-up report is counted only where there is no real one to count.
    """
    done = reports[reports["state"] == "done"]
    if fiscal_year is not None:
        done = done[done["fiscal_year"] == fiscal_year]
    if not done["made_up"].all():
        done = done[~done["made_up"]]
    newest = done.sort_values("fiscal_year").drop_duplicates("plan", keep="last")
    return pd.Series(reports.index.isin(newest.index), reports.index)


def of_counted(reports: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Those of the rows that are of a report that is ``counted``, with its plan's 自治体名."""
    counted = reports.loc[reports["counted"], [*REPORT, "municipality", "made_up"]]
    return counted.merge(rows, on=REPORT)


def counted_kpis(reports: pd.DataFrame, kpis: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """The KPIs that are counted, a row each, with what the plan's report before said of them.

    The columns are those of ``reports/portfolio/kpis.csv`` (``portfolio`` in data/README.md).
    ``fiscal_year_before``, ``status_before``, ``achievement_before`` and ``source_before`` are
    blank where that report does not list the KPI; one whose new name is declared is the same KPI.
    ``cause`` is that of a change of the status (method 8), where the later report tells it.
    ``step`` is up, down or same, and blank where either is undetermined or nobody knows
    (not_reached beside progressing); ``achievement_step`` the same of the achievement, blank also
    where baseline or target are no longer those of the earlier report.
    """
    done = reports.loc[reports["state"] == "done", REPORT]
    pairs = reports.loc[reports["counted"], REPORT].merge(done, on="plan", suffixes=("", "_before"))
    pairs = pairs[pairs["fiscal_year_before"] < pairs["fiscal_year"]]
    pairs = pairs.sort_values("fiscal_year_before").drop_duplicates("plan", keep="last")
    told = changes.drop_duplicates([*KPI, "code"])
    renamed = told.loc[told["code"] == "renamed", KPI].assign(kpi_before=told["before"])
    causes = told.loc[told["code"] == "status-changed", [*KPI, "cause"]]
    rows = of_counted(reports, kpis).merge(pairs, on=REPORT, how="left")
    rows = rows.merge(renamed, on=KPI, how="left").merge(causes, on=KPI, how="left")
    rows["kpi_before"] = rows["kpi_before"].map(identity, na_action="ignore").fillna(rows["kpi"])
    earlier = kpis.add_suffix("_before").rename(columns={"plan_before": "plan"})
    key = ["plan", "fiscal_year_before", "kpi_before"]
    columns = ["basis_before", "status_before", "achievement_before", "source_before"]
    rows = rows.merge(earlier[[*key, *columns]], on=key, how="left")
    is_listed = rows["status_before"].notna()
    points = (rows["achievement"] - rows["achievement_before"]).astype("Float64")
    rows["step"] = _step(_ranks(rows["status"], rows["status_before"]))
    rows["achievement_step"] = _step(points.where(rows["basis"] == rows["basis_before"]))
    rows["fiscal_year_before"] = rows["fiscal_year_before"].astype("Int64").where(is_listed)
    rows["cause"] = rows["cause"].where(is_listed)
    texts = ["status_before", "cause", "source_before"]
    return rows.fillna(dict.fromkeys(texts, ""))[list(declared("portfolio").columns)]


def _counts(rows: pd.DataFrame, column: str, codes: list[str]) -> pd.DataFrame:
    return pd.crosstab([rows["plan"], rows["fiscal_year"]], rows[column]).reindex(columns=codes)


def _ranks(now: pd.Series, before: pd.Series) -> pd.Series:
    """By how many ranks a status rose at least, or fell; NaN where nobody knows."""
    at_least = now.map(_WORST) - before.map(_BEST)
    at_most = now.map(_BEST) - before.map(_WORST)
    ranks = at_least.where(at_least > 0, at_most.where(at_most < 0))
    return ranks.mask(at_least.notna() & (now == before), 0)


def _step(differences: pd.Series) -> pd.Series:
    """up, down or same; blank where there is no difference to tell."""
    words = differences.map(
        lambda by: "" if pd.isna(by) else "up" if by > 0 else "down" if by < 0 else "same"
    )
    return words.astype("str")
