"""A portfolio as a reader wants it: Japanese headers, counts, and the plans by name.

A KPI that a plan lists in several rows counts once; a plan's made-up figures are marked in each
line that names it.
"""

import pandas as pd

from kpi_utils.cells.notation import identity
from kpi_utils.comparing.portfolio import Portfolio, moves
from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.figures import by_pace
from kpi_utils.judging.findings import CODES
from kpi_utils.showing.tables import GOALS

__all__ = [
    "MADE_UP",
    "common",
    "goals",
    "improved",
    "kinds",
    "lines",
    "listing",
    "second_look",
    "statuses",
    "transitions",
]

MADE_UP = "架空のデータ"
STANDS = {"done": "作成済", "failed": "失敗", "waiting": "作成待ち", "unreadable": "使えない"}
# The findings that say that two figures are not the same.
DIFFERING = ["published-differs", "relisting-differs", "unit-differs", "figure-jumps"]


def statuses(portfolio: Portfolio) -> pd.DataFrame:
    """How many KPIs have each status, in how many plans, and of those that progress, each pace."""
    kpis = portfolio.of_counted(portfolio.indicators)
    paces = "、".join(f"{pace}{len(part)}" for pace, part in by_pace(kpis).items())
    records = [
        {
            "判定": STATUSES[status],
            "指標の数": int((kpis["status"] == status).sum()),
            "計画の数": int(kpis.loc[kpis["status"] == status, "plan"].nunique()),
            "進み方": paces if status == "progressing" else "",
        }
        for status in STATUSES
    ]
    total = {"判定": "計", "指標の数": len(kpis), "計画の数": len(portfolio.counted), "進み方": ""}
    return pd.DataFrame([*records, total])


def goals(portfolio: Portfolio) -> pd.DataFrame:
    """How many KPIs of each SDG have each status; one that names several goals counts in each."""
    kpis = portfolio.of_counted(portfolio.indicators)
    touched = kpis.assign(goal=kpis["goals"].str.split(",")).explode("goal")
    # A name without 【…】 names no goal.
    touched = touched.assign(goal=touched["goal"].replace("", "0").astype(int))
    records = [
        {"ゴール": f"{goal} {name}" if goal else name}
        | _by_status(touched[touched["goal"] == goal])
        for goal, name in [*((int(goal), name) for goal, name in GOALS.items()), (0, "記載なし")]
        if (touched["goal"] == goal).any()
    ]
    return pd.DataFrame(records, columns=["ゴール", *_by_status(kpis)])


def kinds(portfolio: Portfolio) -> pd.DataFrame:
    """In how many places there are findings of each kind, and in how many plans; worst first."""
    found = portfolio.of_counted(portfolio.findings)
    counts = found.groupby(["severity", "code"])["plan"].agg(["size", "nunique"]).reset_index()
    counts = counts.assign(order=counts["severity"].map(list(SEVERITIES).index).astype(int))
    counts = counts.sort_values(["order", "size", "code"], ascending=[True, False, True])
    return pd.DataFrame(
        {
            "程度": counts["severity"].map(SEVERITIES),
            "種類": counts["code"].map(_kind),
            "箇所の数": counts["size"],
            "計画の数": counts["nunique"],
        }
    ).reset_index(drop=True)


def transitions(portfolio: Portfolio) -> pd.DataFrame:
    """How many KPIs had which status the year before (rows), and have which one now (columns)."""
    moved = moves(portfolio)
    records = [
        {"前の年度の判定": STATUSES[status]} | _by_status(moved[moved["status_before"] == status])
        for status in STATUSES
    ]
    return pd.DataFrame(records)


def improved(portfolio: Portfolio) -> pd.DataFrame:
    """A line a plan: of its KPIs in both years, how many moved which way; most improved first."""
    moved = moves(portfolio)
    step, points = moved["step"], moved["achievement_step"]
    counted = {
        "比べた\n指標": step.notna(),
        "判定が\n上がった": step == "up",
        "うち実績\nのみ": (step == "up") & (moved["cause"] == "data"),
        "判定が\n下がった": step == "down",
        "判定が\n同じ": step == "same",
        "比べ\nられない": step == "",
        "達成度が\n上がった": points == "up",
        "達成度が\n下がった": points == "down",
    }
    years = moved["fiscal_year_before"].astype(str) + " → " + moved["fiscal_year"].astype(str)
    counts = pd.DataFrame(counted, dtype=int).groupby([moved["plan"], years], sort=False).sum()
    table = counts.rename_axis(["計画", "年度"]).reset_index().replace({"計画": _names(portfolio)})
    # Of two with as many that rose, the one of which fewer fell.
    by = ["判定が\n上がった", "判定が\n下がった"]
    return table.sort_values(by, ascending=[False, True], kind="stable").reset_index(drop=True)


def common(portfolio: Portfolio) -> pd.DataFrame:
    """The KPIs that several plans have, by the same name (method 1) and unit, and their statuses.

    Up to three achievements from the least; of more the least, the middle (of an even number the
    lower of the two) and the greatest: all are achievements of some plan.
    """
    kpis = portfolio.of_counted(portfolio.indicators)
    kpis = kpis.assign(same_unit=kpis["unit"].map(identity))
    records = []
    for _, same in kpis.groupby(["kpi", "same_unit"], sort=False):
        if len(same) < 2:
            continue
        known = sorted(same["achievement"].dropna())
        spread = known if len(known) < 4 else [known[0], known[(len(known) - 1) // 2], known[-1]]
        records.append(
            {"指標": same["label"].iloc[0], "単位": same["unit"].iloc[0] or "―"}
            | {"計画の数": len(same)}
            | _by_status(same)
            | {"達成度": "、".join(map(percent_text, spread)) or "―"}
        )
    columns = ["指標", "単位", "計画の数", *_by_status(kpis), "達成度"]
    table = pd.DataFrame(records, columns=columns).drop(columns="計")
    return table.sort_values("計画の数", ascending=False, kind="stable").reset_index(drop=True)


def second_look(portfolio: Portfolio) -> pd.DataFrame:
    """The plans whose figures need a second look, with the reason: most errors, then warnings."""
    found = portfolio.of_counted(portfolio.findings)
    found = found[found["severity"].isin(["error", "warning"]) | found["code"].isin(DIFFERING)]
    records = []
    for (plan, year), own in found.groupby(["plan", "fiscal_year"]):
        counts = own["severity"].value_counts()
        reasons = own["code"].map(_kind).value_counts().items()
        records.append(
            {
                "計画": _names(portfolio)[plan],
                "年度": str(year),
                "誤り": int(counts.get("error", 0)),
                "注意": int(counts.get("warning", 0)),
                "数値の\n相違": int(own["code"].isin(DIFFERING).sum()),
                "理由": "、".join(f"{kind}{number}" for kind, number in reasons),
            }
        )
    table = pd.DataFrame(records, columns=["計画", "年度", "誤り", "注意", "数値の\n相違", "理由"])
    by = ["誤り", "注意", "数値の\n相違"]
    return table.sort_values(by, ascending=False, kind="stable").reset_index(drop=True)


def lines(portfolio: Portfolio) -> list[dict]:
    """A line a plan and year, counted or not: the columns of REPORTS, and what the report says.

    ``label`` is the plan's name with its mark, ``stand`` its status in words, ``counts`` the KPIs
    by status and ``found`` the findings by severity; both are zeros where there is no report.
    """
    key = ["plan", "fiscal_year"]
    counts = portfolio.indicators.groupby([*key, "status"]).size()
    # As each report counts them: findings of one kind are one entry.
    found = portfolio.findings.groupby([*key, "severity"])["code"].nunique()
    counted = set(portfolio.counted.index)
    return [
        report
        | {
            "label": _label(report),
            "stand": STANDS[report["status"]],
            "is_counted": place in counted,
            "counts": _of(counts, report, STATUSES),
            "found": _of(found, report, SEVERITIES),
            "files": report["files"].split("/"),
        }
        for place, report in zip(
            portfolio.reports.index, portfolio.reports.to_dict("records"), strict=True
        )
    ]


def listing(portfolio: Portfolio) -> pd.DataFrame:
    """The same as a table of words."""
    records = [
        {"計画": line["label"], "年度": str(line["fiscal_year"]), "状態": line["stand"]}
        | {STATUSES[status]: number for status, number in line["counts"].items()}
        | {SEVERITIES[severity]: number for severity, number in line["found"].items()}
        | {"備考": line["error"]}
        for line in lines(portfolio)
    ]
    return pd.DataFrame(records)


def _names(portfolio: Portfolio) -> dict[str, str]:
    return {report["plan"]: _label(report) for report in portfolio.counted.to_dict("records")}


def _label(report: dict) -> str:
    return f"{report['municipality']}（{MADE_UP}）" if report["made_up"] else report["municipality"]


def _by_status(kpis: pd.DataFrame) -> dict[str, int]:
    counts = {STATUSES[status]: int((kpis["status"] == status).sum()) for status in STATUSES}
    return counts | {"計": len(kpis)}


def _of(counts: pd.Series, report: dict, names) -> dict[str, int]:
    return {
        name: int(counts.get((report["plan"], report["fiscal_year"], name), 0)) for name in names
    }


def _kind(code: str) -> str:
    # A report of another version may have a kind that this one does not know.
    return CODES.get(code, code)
