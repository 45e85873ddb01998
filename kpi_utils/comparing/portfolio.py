"""What many reports say together: which of them are counted, and what moved since last year.

A portfolio counts; it never averages percentages. Of each plan the newest report is counted, and
made-up plans are counted only where all are made up: they would be mixed with real ones otherwise.
"""

from dataclasses import dataclass

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.frames import declared

__all__ = ["CHANGES", "FINDINGS", "INDICATORS", "REPORTS", "Portfolio", "counted_kpis", "moves"]

REPORTS = declared("portfolio-reports")
INDICATORS = declared("portfolio-indicators")
FINDINGS = declared("portfolio-findings")
CHANGES = declared("portfolio-changes")
# What tells one report from another.
_REPORT = ["plan", "fiscal_year"]
# From worst to best; an undetermined KPI is neither.
_RANKS = {"missed": 0, "regressed": 1, "unchanged": 2, "progressing": 3, "met": 4}
# Without a baseline a KPI that is not met may have gone either way: it may stand for any of these.
_WORST, _BEST = _RANKS | {"not_reached": 1}, _RANKS | {"not_reached": 3}


@dataclass(frozen=True)
class Portfolio:
    """What lies in reports/: frames with the columns above, and the SHA-256 of what was read.

    ``reports`` has a row a plan and year, failed ones too; the other frames are of the reports
    whose status is done. ``fiscal_year`` is the one that is asked for; None stands for the newest
    of each plan.
    """

    fiscal_year: int | None
    reports: pd.DataFrame
    indicators: pd.DataFrame
    findings: pd.DataFrame
    changes: pd.DataFrame
    sha256: str

    @property
    def counted(self) -> pd.DataFrame:
        """Those of the reports that are counted: one a plan."""
        done = self.reports[self.reports["status"] == "done"]
        if self.fiscal_year is not None:
            done = done[done["fiscal_year"] == self.fiscal_year]
        if not done["made_up"].all():
            done = done[~done["made_up"]]
        return done.sort_values("fiscal_year").drop_duplicates("plan", keep="last").sort_index()

    def of_counted(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Those rows of a frame that are about a report that is counted."""
        return frame.merge(self.counted[_REPORT], on=_REPORT)

    @property
    def all_made_up(self) -> bool:
        """Whether what is counted is made up."""
        return bool(self.counted["made_up"].all())


def moves(portfolio: Portfolio) -> pd.DataFrame:
    """Each KPI that a counted report and the plan's report before it both list, one row a KPI.

    INDICATORS of the later report, and ``fiscal_year_before``, ``status_before``,
    ``achievement_before`` and ``source_before`` of the earlier one; ``cause`` of a change of the
    status (``frames.CAUSES``), where the later report tells it; ``step`` is up, down or same, and
    blank where either is undetermined or nobody knows (not_reached beside progressing);
    ``achievement_step`` the same of the achievement, blank also where baseline or target are no
    longer those of the earlier report. A KPI whose new name is declared is the same one.
    """
    reports, key = portfolio.reports, _REPORT
    done = reports.loc[reports["status"] == "done", key]
    pairs = portfolio.counted[key].merge(done, on="plan", suffixes=("", "_before"))
    pairs = pairs[pairs["fiscal_year_before"] < pairs["fiscal_year"]]
    pairs = pairs.sort_values("fiscal_year_before").drop_duplicates("plan", keep="last")
    later = portfolio.indicators.merge(pairs, on=key)
    changes = portfolio.changes
    renamed = changes[changes["code"] == "renamed"].drop_duplicates([*key, "kpi"])
    renamed = renamed.assign(kpi_before=renamed["before"].map(identity))
    later = later.merge(renamed[[*key, "kpi", "kpi_before"]], on=[*key, "kpi"], how="left")
    later["kpi_before"] = later["kpi_before"].fillna(later["kpi"])
    earlier = portfolio.indicators.add_suffix("_before").rename(columns={"plan_before": "plan"})
    told = ["kpi_before", "basis_before", "status_before", "achievement_before", "source_before"]
    both = later.merge(
        earlier[["plan", "fiscal_year_before", *told]],
        on=["plan", "fiscal_year_before", "kpi_before"],
    ).sort_values(key, kind="stable")
    causes = changes[changes["code"] == "status-changed"].drop_duplicates([*key, "kpi"])
    both = both.merge(causes[[*key, "kpi", "cause"]], on=[*key, "kpi"], how="left")
    now, before = both["status"], both["status_before"]
    worst, best = (
        now.map(one) - before.map(other) for one, other in ((_WORST, _BEST), (_BEST, _WORST))
    )
    ranks = worst.where(worst > 0, best.where(best < 0)).mask(worst.notna() & (now == before), 0)
    points = (both["achievement"] - both["achievement_before"]).astype("Float64")
    points = points.where(both["basis"] == both["basis_before"])
    return both.drop(columns=["basis", "basis_before"]).assign(
        cause=both["cause"].fillna(""), step=_step(ranks), achievement_step=_step(points)
    )


def counted_kpis(portfolio: Portfolio) -> pd.DataFrame:
    """All KPIs that are counted, as a table of their own: what a count is a count of.

    A row a KPI: plan, 自治体名, whether it is made up, INDICATORS, and ``moves`` where the plan's
    report before it lists the KPI too.
    """
    kpis = portfolio.of_counted(portfolio.indicators).drop(columns="basis")
    about = portfolio.reports[[*_REPORT, "municipality", "made_up"]]
    moved = moves(portfolio)
    new = ["fiscal_year_before", "status_before", "achievement_before", "step"]
    new += ["achievement_step", "cause", "source_before"]
    table = about.merge(kpis, on=_REPORT).merge(
        moved[[*_REPORT, "kpi", *new]], on=[*_REPORT, "kpi"], how="left"
    )
    return table.astype({"fiscal_year_before": "Int64"})


def _step(differences: pd.Series) -> pd.Series:
    """up, down or same; blank where there is no difference to tell."""
    words = differences.map(
        lambda by: "" if pd.isna(by) else "up" if by > 0 else "down" if by < 0 else "same"
    )
    return words.astype("str")
