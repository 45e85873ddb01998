"""A portfolio -> its PDF and ``index.html``, the list of all reports.

``portfolio.typ`` and ``index.html`` are the layouts; ``index.css`` and ``index.js`` add to those
of a report's page. All numbers in the sentences are computed.
"""

from collections.abc import Mapping

import pandas as pd

from kpi_utils.comparing.portfolio import is_counted
from kpi_utils.declaration import Document
from kpi_utils.errors import KpiError, mistake
from kpi_utils.report.chapters import table_words
from kpi_utils.report.html import templates
from kpi_utils.report.pdf import printed
from kpi_utils.showing.portfolio_tables import WORDS, in_words
from kpi_utils.words import JAPANESE

# The editions of a report that the list leads to.
EDITIONS = {"evaluation.html": "HTML", "evaluation.pdf": "PDF", "evaluation.xlsx": "Excel"}
STATUSES, SEVERITIES = JAPANESE.of("status"), JAPANESE.of("severity")
MADE_UP = WORDS["made_up"]
# The states of reports that failed, or that cannot be read.
NOT_MADE = ("failed", "unreadable")


def build_portfolio(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    record: Mapping[str, Mapping],
    attached: Mapping[str, bytes],
) -> bytes:
    """The portfolio as PDF/UA-1 and PDF/A-3a, as ``write_portfolio`` puts it into reports/.

    ``record`` is that of the run (parameters, inputs, versions), and ``attached`` are CSV files by
    name. Raises KpiError where no KPI is to be counted.
    """
    fiscal_year = record["parameters"]["fiscal_year"]
    if kpis.empty:
        raise KpiError(mistake("portfolio.no-kpi"))
    first = kpis["fiscal_year"].min()
    last = kpis["fiscal_year"].max()
    years = f"{first}年度" if first == last else f"{first}年度から{last}年度まで"
    mark = _mark(kpis)
    lines = _lines(reports)
    shown = {name: table_words(in_words(table)) for name, table in tables.items()}
    not_made = [line for line in lines if line["state"] in NOT_MADE]
    # A row for each status, with its numbers of KPIs and of plans; the last row has the totals.
    *by_status, (_, total, plans) = shown["by_status"]["rows"]
    parts = "、".join(_say("part", word=word, kpis=n) for word, n, _ in by_status)
    summary = _say("summary", plans=plans, kpis=total, parts=parts)
    if not_made:
        summary += _say("not-made", reports=len(not_made))
    # How the KPIs moved that the report of the year before has, too.
    by_plan = tables["by_plan"]
    numbers = by_plan[["compared", "up", "down", "same", "unknown"]].sum()
    compared = _say("compared", plans=len(by_plan), **numbers)
    about = {
        "sha256": record["inputs"]["reports"],
        "version": record["versions"]["kpi-utils"],
        "fiscal_year": fiscal_year or _say("not-chosen"),
    }
    content = {
        "language": "ja",
        "title": _say("title", years=years if first == last else f"{first}～{last}年度"),
        "description": summary,
        "made-up": {"": "", MADE_UP: _say("made-up-all")}.get(mark, _say("made-up-part")),
        "mark": mark,
        "made-up-lines": _mark(reports),
        "counted": _counted(reports, kpis, fiscal_year, years),
        "summary": summary,
        "compared": compared if len(by_plan) else _say("not-compared"),
        "tables": shown,
        "lines": lines,
        "not-made": not_made,
        "statuses": STATUSES,
        "severities": SEVERITIES,
        "pdf": WORDS["pdf"],
        "header": WORDS["header"],
        "attached": list(attached),
        "attached-are": _say("attached", files="、".join(attached)) if attached else "",
        "provenance": [
            [text.format(**about) for text in row] for row in WORDS["provenance"].values()
        ],
    }
    # A portfolio has no date of its own.
    return printed("portfolio.typ", content, attached, Document().timestamp)


def index(reports: pd.DataFrame, pdf: str = "") -> str:
    """The list of all reports and of the runs that failed, as one page that opens offline.

    ``pdf`` is where the portfolio's PDF lies beside it, if there is one.
    """
    numbers = reports["state"].value_counts()
    states = {state: word for state, word in WORDS["state"].items() if state in numbers}
    counts = "、".join(f"{word}{numbers[state]}件" for state, word in states.items())
    plans = reports["plan"].nunique()
    layout = templates("page", "index").get_template("index.html")
    return layout.render(
        language="ja",
        lines=_lines(reports),
        editions=EDITIONS,
        mark=_mark(reports),
        made_up=MADE_UP,
        summary=_say("listed", plans=plans, reports=len(reports), counts=counts or "報告書なし"),
        years={year: year for year in sorted(set(reports["fiscal_year"]))},
        states=states,
        statuses=STATUSES,
        severities=SEVERITIES,
        header=WORDS["header"],
        t=WORDS["pdf"] | WORDS["list"],
        pdf=pdf,
    )


def _mark(rows: pd.DataFrame) -> str:
    """The mark of a page with rows that are made up (架空); blank if none are."""
    if not rows["made_up"].any():
        return ""
    return MADE_UP if rows["made_up"].all() else _say("in-part", made_up=MADE_UP)


def _say(key: str, **values) -> str:
    return WORDS["sentence"][key].format(**values)


def _lines(reports: pd.DataFrame) -> list[dict]:
    """A record per report: its row, its plan's name with the mark, and its state in words."""
    shown = in_words(reports[["municipality", "made_up", "state"]])
    years = [JAPANESE.say("year.fiscal", year=year) for year in reports["fiscal_year"]]
    lines = reports.assign(label=shown["計画"], stand=shown["状態"], year=years)
    return lines.to_dict("records")


def _counted(reports: pd.DataFrame, kpis: pd.DataFrame, fiscal_year: int | None, years: str) -> str:
    """Which reports are counted, and which reports and KPIs are not."""
    counted = reports["counted"]
    chosen = _say("newest") if fiscal_year is None else _say("of-year", year=fiscal_year)
    if not counted.equals(is_counted(reports, fiscal_year)):
        chosen = _say("by-hand")
    sentences = [_say("counted", chosen=chosen, reports=counted.sum(), years=years)]
    made_up = (reports["made_up"] & ~counted).sum()
    if made_up and not kpis["made_up"].all():
        sentences.append(_say("made-up", made_up=MADE_UP, reports=made_up))
    left_out = reports.loc[counted, list(STATUSES)].to_numpy().sum() - len(kpis)
    if left_out > 0:
        sentences.append(_say("left-out", kpis=left_out))
    return "".join(sentences)
