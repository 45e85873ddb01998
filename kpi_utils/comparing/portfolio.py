"""What many reports say together: which of them are counted, and what moved since last year.

A portfolio counts; it never averages percentages. Of each plan the newest report is counted, and
made-up plans are counted only where all are made up: they would be mixed with real ones otherwise.
"""

import numpy as np
import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.frames import typed
from kpi_utils.words import JAPANESE

# The columns that identify a report, and a KPI among those of all reports.
REPORT = ["plan", "fiscal_year"]
KPI = [*REPORT, "kpi"]
# From worst to best; an undetermined KPI has no rank.
_RANKS = {"missed": 0, "regressed": 1, "unchanged": 2, "progressing": 3, "met": 4}
# A KPI without a baseline that is not met may have gone either way: its rank lies between these.
_WORST = _RANKS | {"not_reached": 1}
_BEST = _RANKS | {"not_reached": 3}
_STEPS = {1: "up", 0: "same", -1: "down"}


def with_counts(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    findings: pd.DataFrame,
    fiscal_year: int | None = None,
) -> pd.DataFrame:
    """Each report with its numbers of KPIs and findings, and whether it is ``counted`` itself.

    Findings of one kind count once, as in the report's own list. The columns are those of
    ``portfolio-reports`` in ``frames.toml``; ``fiscal_year`` is as in ``is_counted``.
    """
    counts = reports[REPORT]
    kinds = findings.drop_duplicates([*REPORT, "code"])
    for rows, column in ((kpis, "status"), (kinds, "severity")):
        table = pd.crosstab([rows["plan"], rows["fiscal_year"]], rows[column])
        counts = counts.join(table.reindex(columns=list(JAPANESE.of(column))), on=REPORT)
    numbers = counts.drop(columns=REPORT).fillna(0).astype(int)
    columns = dict(reports) | dict(numbers) | {"counted": is_counted(reports, fiscal_year)}
    return typed("portfolio-reports", columns)


def is_counted(reports: pd.DataFrame, fiscal_year: int | None = None) -> pd.Series:
    """Whether each report is counted: each plan's report of a year, or its newest without a year.

    A made-up report is counted only where there is no real one to count.
    """
    done = reports[reports["state"] == "done"]
    if fiscal_year is not None:
        done = done[done["fiscal_year"] == fiscal_year]
    if not done["made_up"].all():
        done = done[~done["made_up"]]
    newest = done.sort_values("fiscal_year").drop_duplicates("plan", keep="last")
    return pd.Series(reports.index.isin(newest.index), reports.index)


def counted_kpis(reports: pd.DataFrame, kpis: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """List the KPIs that are counted, a row each, with what the plan's report before said of them.

    Takes frames of ``collected``, and returns the columns of ``reports/portfolio/kpis.csv``
    (``portfolio`` in data/README.md). ``status_before``, ``achievement_before`` (percent) and the
    other columns of the report before are blank if it does not list the KPI, by its present or its
    declared former name. ``cause`` is what changed the status (method 8), if the later report has
    it. ``step`` of the status is up, down or same; it is blank if either status is undetermined or
    leaves it open (not_reached, then progressing). ``achievement_step`` is blank as well if
    baseline or target are no longer the same.
    """
    # A notebook may have made it categorical, and a category takes no other word.
    kpis = kpis.astype({"status": object})
    done = reports[reports["state"] == "done"].sort_values(REPORT)
    done["fiscal_year_before"] = done.groupby("plan")["fiscal_year"].shift().astype("Int64")
    about = [*REPORT, "municipality", "made_up", "fiscal_year_before"]
    changes = changes.drop_duplicates([*KPI, "code"])
    is_renamed = changes["code"].isin(["renamed", "paired-by-initiative"])
    renamed = changes[is_renamed].rename(columns={"before": "kpi_before"})
    causes = changes[changes["code"] == "status-changed"]
    rows = (
        done.loc[done["counted"], about]
        .merge(kpis, on=REPORT)
        .merge(causes[[*KPI, "cause"]], on=KPI, how="left")
        .merge(renamed[[*KPI, "kpi_before"]], on=KPI, how="left")
    )
    rows["kpi_before"] = rows["kpi_before"].map(identity, na_action="ignore").fillna(rows["kpi"])
    earlier = kpis[[*KPI, "basis", "status", "achievement", "source"]].add_suffix("_before")
    earlier = earlier.rename(columns={"plan_before": "plan"})
    rows = rows.merge(earlier, on=["plan", "fiscal_year_before", "kpi_before"], how="left")
    is_listed = rows["status_before"].notna()
    points = (rows["achievement"] - rows["achievement_before"]).astype(float)
    points = points.where(rows["basis"] == rows["basis_before"])
    now, before = rows["status"], rows["status_before"]
    # By how many ranks a status certainly rose or fell; NaN where that is not known.
    at_least = now.map(_WORST) - before.map(_BEST)
    at_most = now.map(_BEST) - before.map(_WORST)
    ranks = at_least.where(at_least > 0, at_most.where(at_most < 0))
    ranks = ranks.mask(at_least.notna() & (now == before), 0)
    rows["step"] = np.sign(ranks).map(_STEPS).fillna("")
    rows["achievement_step"] = np.sign(points).map(_STEPS).fillna("")
    rows["fiscal_year_before"] = rows["fiscal_year_before"].where(is_listed)
    rows["cause"] = rows["cause"].where(is_listed)
    texts = dict.fromkeys(["status_before", "cause", "source_before"], "")
    return typed("portfolio", dict(rows.fillna(texts)))
