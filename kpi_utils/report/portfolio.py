"""A portfolio -> its PDF and ``index.html``, the list of all reports.

``portfolio.typ`` and ``index.html`` are the layouts; ``index.css`` and ``index.js`` add to those
of a report's page. All numbers in the sentences are computed.
"""

from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote

from kpi_utils.comparing.portfolio import Portfolio, moves
from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.report.chapters import words
from kpi_utils.report.html import templates
from kpi_utils.report.pdf import printed
from kpi_utils.showing import portfolio_tables as tables
from kpi_utils.showing.portfolio_tables import MADE_UP, STANDS

__all__ = ["build_portfolio", "index"]

# The editions of a report that the list leads to.
EDITIONS = {"evaluation.html": "HTML", "evaluation.pdf": "PDF", "evaluation.xlsx": "Excel"}


def build_portfolio(portfolio: Portfolio, attached: Mapping[str, bytes]) -> bytes:
    """The portfolio as PDF/UA-1 and PDF/A-3a; ``attached`` are CSV files by name."""
    counted, lines = portfolio.counted, tables.lines(portfolio)
    years = sorted(set(counted["fiscal_year"]))
    span = f"{years[0]}年度" if len(years) == 1 else f"{years[0]}年度から{years[-1]}年度まで"
    summary = _summary(portfolio)
    left_out = [line for line in lines if not line["is_counted"] and line["made_up"]]
    said = {
        "language": "ja",
        "title": f"SDGs未来都市計画 {span}の状況",
        "made-up": MADE_UP if portfolio.all_made_up else "",
        "made-up-lines": MADE_UP if any(line["made_up"] for line in lines) else "",
        "description": summary,
        "summary": summary,
        "counted": f"数えたのは、{_chosen(portfolio)}{len(counted)}件（{span}）である。",
        "left-out": f"{MADE_UP}である報告書{len(left_out)}件は、数えていない。"
        if left_out and not portfolio.all_made_up
        else "",
        "counts": words(tables.statuses(portfolio))["rows"],
        "goals": words(tables.goals(portfolio)),
        "moved": _moved(portfolio),
        "transitions": words(tables.transitions(portfolio)),
        "improved": words(tables.improved(portfolio)),
        "common": words(tables.common(portfolio)),
        "kinds": words(tables.kinds(portfolio)),
        "second-look": words(tables.second_look(portfolio)),
        "not-made": [
            [line["label"], str(line["fiscal_year"]), line["stand"], line["error"]]
            for line in lines
            if line["status"] in ("failed", "unreadable")
        ],
        "lines": lines,
        "order": list(STATUSES),
        "words": dict(STATUSES),
        "severities": dict(SEVERITIES),
        "provenance": [
            ["資料", "reports/ にある報告書の kpis.csv、findings.csv、changes.csv 及び run.json"],
            ["　SHA-256", portfolio.sha256],
            ["ノートブック", "notebooks/portfolio.ipynb"],
            ["パラメーター", f"fiscal_year = {portfolio.fiscal_year}"],
            ["ソフトウェア", f"kpi_utils {version('kpi-utils')}"],
            ["規格", "PDF/UA-1、PDF/A-3a。書体は Noto Sans CJK JP。"],
        ],
        "attached": list(attached),
    }
    return printed("portfolio.typ", said, attached, int(years[-1]))


def index(portfolio: Portfolio, pdf: str = "") -> str:
    """The list of all reports and of the runs that failed, as one page that opens offline.

    ``pdf`` is where the portfolio's PDF lies beside it, if there is one.
    """
    lines = tables.lines(portfolio)
    stands = portfolio.reports["status"].value_counts()
    told = [f"{word}{stands[status]}件" for status, word in STANDS.items() if status in stands]
    for line in lines:
        folder = f"{quote(line['plan'])}/{line['fiscal_year']}"
        line["links"] = [
            (word, f"{folder}/{file}") for file, word in EDITIONS.items() if file in line["files"]
        ]
        numbers = line["counts"] | line["found"]
        line["has"] = " ".join(name for name, number in numbers.items() if number)
    made_up = [line["made_up"] for line in lines]
    mark = "" if not any(made_up) else MADE_UP if all(made_up) else f"{MADE_UP}を含む"
    layouts = templates(["page.css", "index.css"], ["page.js", "index.js"])
    return layouts.get_template("index.html").render(
        language="ja",
        lines=lines,
        mark=mark,
        made_up=MADE_UP,
        summary=f"{portfolio.reports['plan'].nunique()}計画の{len(lines)}件"
        f"（{'、'.join(told) or '報告書なし'}）を示す。",
        years=[(year, year) for year in sorted({line["fiscal_year"] for line in lines})],
        stands=[(status, word) for status, word in STANDS.items() if status in stands],
        statuses=list(STATUSES.items()),
        severities=list(SEVERITIES.items()),
        pdf=pdf,
    )


def _chosen(portfolio: Portfolio) -> str:
    if portfolio.fiscal_year is None:
        return "各計画の最も新しい年度の報告書"
    return f"{portfolio.fiscal_year}年度の報告書"


def _summary(portfolio: Portfolio) -> str:
    """How many KPIs of how many plans have which status, and how many reports there are not."""
    kpis = portfolio.of_counted(portfolio.indicators)["status"].value_counts()
    told = "、".join(f"{word}が{kpis.get(status, 0)}" for status, word in STATUSES.items())
    failed = int(portfolio.reports["status"].isin(["failed", "unreadable"]).sum())
    sentence = f"{len(portfolio.counted)}計画の{kpis.sum()}指標のうち、{told}である。"
    missing = f"ほかに、作れなかったか使えない報告書が{failed}件ある。"
    return sentence + (missing if failed else "")


def _moved(portfolio: Portfolio) -> str:
    """How many KPIs are in two reports of a plan, and how many rose and fell."""
    moved = moves(portfolio)
    if moved.empty:
        return "前の年度の報告書がある計画はない。"
    steps = moved["step"].value_counts()
    told = "、".join(
        f"{words}が{steps.get(step, 0)}"
        for step, words in {
            "up": "上がったもの",
            "down": "下がったもの",
            "same": "同じもの",
            "": "判定保留などのため比べられないもの",
        }.items()
    )
    return (
        f"{moved['plan'].nunique()}計画の{len(moved)}指標が、前の年度の報告書にも載っている。"
        f"判定は、{told}である。"
    )
