"""A portfolio -> its PDF and ``index.html``, the list of all reports.

``portfolio.typ`` and ``index.html`` are the layouts; ``index.css`` and ``index.js`` add to those
of a report's page. All numbers in the sentences are computed.
"""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from urllib.parse import quote

import pandas as pd

from kpi_utils.comparing.portfolio import counted_reports
from kpi_utils.errors import KpiError
from kpi_utils.report.chapters import words
from kpi_utils.report.html import templates
from kpi_utils.report.pdf import printed
from kpi_utils.showing.portfolio_tables import MADE_UP, STATES, in_words
from kpi_utils.words import JAPANESE

__all__ = ["build_portfolio", "index", "reports_sha256"]

# The editions of a report that the list leads to.
EDITIONS = {"evaluation.html": "HTML", "evaluation.pdf": "PDF", "evaluation.xlsx": "Excel"}
STATUSES, SEVERITIES = JAPANESE.of("status"), JAPANESE.of("severity")
STEPS = {
    "up": "上がったもの",
    "down": "下がったもの",
    "same": "同じもの",
    "": "判定保留などのため比べられないもの",
}


def build_portfolio(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    fiscal_year: int | None,
    attached: Mapping[str, bytes],
) -> bytes:
    """The portfolio as PDF/UA-1 and PDF/A-3a, as ``write_portfolio`` puts it into reports/.

    ``attached`` are CSV files by name. Raises KpiError where no KPI is to be counted.
    """
    if kpis.empty:
        raise KpiError(
            "数える指標が1件もありません。ノートブックで reports の counted の列と、kpis の行を"
            "絞り込んだ箇所を確かめてください。"
        )
    years = sorted(set(kpis["fiscal_year"]))
    span = f"{years[0]}年度" if len(years) == 1 else f"{years[0]}年度から{years[-1]}年度まで"
    summary, lines = _summary(reports, kpis), _lines(reports)
    is_made_up = bool(kpis["made_up"].all())
    sentences = {
        "language": "ja",
        "title": f"SDGs未来都市計画 {span}の状況",
        "made-up": MADE_UP if is_made_up else "",
        "made-up-lines": MADE_UP if reports["made_up"].any() else "",
        "description": summary,
        "summary": summary,
        "counted": _counted(reports, kpis, fiscal_year, span),
        "moved": _moved(kpis),
        "counts": _boxes(tables["by_status"], tables["by_pace"]),
        "tables": {name: words(in_words(table)) for name, table in tables.items()},
        "not-made": [
            [line["label"], str(line["fiscal_year"]), line["stand"], line["message"]]
            for line in lines
            if line["state"] in ("failed", "unreadable")
        ],
        "lines": lines,
        "statuses": STATUSES,
        "severities": SEVERITIES,
        "provenance": [
            ["資料", "reports/ にある報告書の kpis.csv、findings.csv、changes.csv 及び run.json"],
            ["　SHA-256", reports_sha256(reports)],
            ["ノートブック", "notebooks/portfolio.ipynb"],
            ["パラメーター", f"fiscal_year = {fiscal_year}"],
            ["ソフトウェア", f"kpi_utils {version('kpi-utils')}"],
            ["規格", "PDF/UA-1、PDF/A-3a。書体は Noto Sans CJK JP。"],
        ],
        "attached": list(attached),
    }
    return printed("portfolio.typ", sentences, attached, int(years[-1]))


def reports_sha256(reports: pd.DataFrame) -> str:
    """The SHA-256 of all that is read of the reports: of their rows, which have that of each."""
    return hashlib.sha256(reports.to_csv(index=False).encode()).hexdigest()


def index(reports: pd.DataFrame, pdf: str = "") -> str:
    """The list of all reports and of the runs that failed, as one page that opens offline.

    ``pdf`` is where the portfolio's PDF lies beside it, if there is one.
    """
    lines = _lines(reports)
    for line in lines:
        folder = f"{quote(line['plan'])}/{line['fiscal_year']}"
        files = line["files"].split("/")
        line["links"] = [
            (word, f"{folder}/{file}") for file, word in EDITIONS.items() if file in files
        ]
        line["has"] = " ".join(name for name in [*STATUSES, *SEVERITIES] if line[name])
    made_up = reports["made_up"]
    mark = "" if not made_up.any() else MADE_UP if made_up.all() else f"{MADE_UP}を含む"
    numbers = reports["state"].value_counts()
    states = {state: word for state, word in STATES.items() if state in numbers}
    stands = "、".join(f"{word}{numbers[state]}件" for state, word in states.items())
    layouts = templates(["page.css", "index.css"], ["page.js", "index.js"])
    return layouts.get_template("index.html").render(
        language="ja",
        lines=lines,
        mark=mark,
        made_up=MADE_UP,
        summary=f"{reports['plan'].nunique()}計画の{len(lines)}件"
        f"（{stands or '報告書なし'}）を示す。",
        years={year: year for year in sorted(set(reports["fiscal_year"]))},
        states=states,
        statuses=STATUSES,
        severities=SEVERITIES,
        pdf=pdf,
    )


def _lines(reports: pd.DataFrame) -> list[dict]:
    """A line a report: its row, its plan's name with the mark, and its state in words."""
    shown = in_words(reports[["municipality", "made_up", "state"]])
    lines = reports.assign(label=shown["計画"], stand=shown["状態"])
    return lines.to_dict("records")


def _counted(reports: pd.DataFrame, kpis: pd.DataFrame, fiscal_year: int | None, span: str) -> str:
    """Which reports are counted, and which reports and KPIs are not."""
    counted = reports["counted"]
    chosen = "各計画の最も新しい年度の" if fiscal_year is None else f"{fiscal_year}年度の"
    if not counted.equals(counted_reports(reports, fiscal_year)):
        chosen = "ノートブックで選んだ"
    sentence = f"数えたのは、{chosen}報告書{counted.sum()}件（{span}）である。"
    made_up = int((reports["made_up"] & ~counted).sum())
    if made_up and not kpis["made_up"].all():
        sentence += f"{MADE_UP}である報告書{made_up}件は、数えていない。"
    left_out = int(reports.loc[counted, list(STATUSES)].to_numpy().sum()) - len(kpis)
    if left_out:
        sentence += f"このうち、ノートブックで除いた{left_out}指標は、数えていない。"
    return sentence


def _summary(reports: pd.DataFrame, kpis: pd.DataFrame) -> str:
    """How many KPIs of how many plans have which status, and how many reports there are not."""
    counts = kpis["status"].value_counts()
    numbers = "、".join(f"{word}が{counts.get(status, 0)}" for status, word in STATUSES.items())
    sentence = f"{kpis['plan'].nunique()}計画の{len(kpis)}指標のうち、{numbers}である。"
    failed = int(reports["state"].isin(["failed", "unreadable"]).sum())
    missing = f"ほかに、作れなかったか使えない報告書が{failed}件ある。"
    return sentence + (missing if failed else "")


def _moved(kpis: pd.DataFrame) -> str:
    """How many KPIs are in two reports of a plan, and how many rose and fell."""
    moved = kpis[kpis["fiscal_year_before"].notna()]
    if moved.empty:
        return "前の年度の報告書がある計画はない。"
    counts = moved["step"].value_counts()
    numbers = "、".join(f"{words}が{counts.get(step, 0)}" for step, words in STEPS.items())
    return (
        f"{moved['plan'].nunique()}計画の{len(moved)}指標が、前の年度の報告書にも載っている。"
        f"判定は、{numbers}である。"
    )


def _boxes(by_status: pd.DataFrame, by_pace: pd.DataFrame) -> list[tuple]:
    """For each status its code, word, KPIs and plans; of those that progress, how many how fast."""
    paces = in_words(by_pace[by_pace["kpis"] > 0])
    by_word = [f"{word}{number}" for word, number in zip(paces["進み方"], paces["指標の数"])]
    return [
        (status, word, *map(str, by_status.loc[status]), by_word * (status == "progressing"))
        for status, word in STATUSES.items()
    ]
