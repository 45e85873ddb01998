"""What the notebooks end in: the evaluation, a comparison or a portfolio as a folder of files."""

from kpi_utils.comparing.changes import Changes
from kpi_utils.comparing.portfolio import Portfolio, counted_kpis
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.language import spoken
from kpi_utils.running.csv_cells import csv_bytes
from kpi_utils.running.fingerprint import input_hashes
from kpi_utils.running.output import (
    BOOK,
    CHANGED,
    COLLECTED,
    COMPARISON,
    CSV,
    FOUND,
    HTML,
    INDEX,
    NOTEBOOK,
    PDF,
    PORTFOLIO,
    PORTFOLIO_PDF,
    locked,
    project_root,
    put_report,
    report_folder,
    versions,
    write_file,
)
from kpi_utils.sheets.sheet import Sheet

__all__ = ["export", "export_changes", "export_portfolio", "write_index"]


def export(evaluation: Evaluation, changes: Changes | None = None) -> str:
    """Write the report, its tables and its record into reports/; say what was written (Japanese).

    ``changes`` are those since last year, if there is a sheet of it: a chapter and a table.
    """
    # typst, the pictures and the workbook are needed only here.
    from kpi_utils.report import book, build, content, page

    sheet, language = evaluation.sheet, spoken()
    sheets = [sheet]
    tables = {CSV: csv_bytes(evaluation.listings()), FOUND: csv_bytes(evaluation.findings)}
    if changes and changes.before:
        tables[CHANGED] = csv_bytes(changes.changes)
        sheets.append(changes.before.sheet)
    chapters = content(evaluation, changes)
    files = {
        PDF: build(evaluation, chapters, tables),
        HTML: page(evaluation, chapters).encode(),
        BOOK: book(evaluation),
    }
    plan, fiscal_year = sheet.plan, sheet.fiscal_year
    record = {
        "parameters": {"plan": plan.id, "fiscal_year": fiscal_year, "language": language},
        # What a portfolio calls it.
        "municipality": plan.municipality,
        "name": plan.name,
        "made_up": any(sheet.made_up for sheet in sheets),
        "inputs": input_hashes(NOTEBOOK, _of_sheets(*sheets)),
        "versions": versions(),
    }
    return put_report(f"{plan.id}/{report_folder(fiscal_year, language)}", files | tables, record)


def export_changes(changes: Changes) -> str:
    """Write the table of two years' changes and the record into reports/, as ``export`` does."""
    sheets = changes.after.sheet, changes.before.sheet
    years = {"fiscal_year_before": changes.year_before, "fiscal_year_after": sheets[0].fiscal_year}
    record = {
        "parameters": {"plan": sheets[0].plan.id} | years,
        "inputs": input_hashes(COMPARISON, _of_sheets(*sheets)),
        "versions": versions(),
    }
    name = "-".join(map(str, years.values()))
    return put_report(f"{sheets[0].plan.id}/{name}", {CHANGED: csv_bytes(changes.changes)}, record)


def export_portfolio(portfolio: Portfolio) -> str:
    """Write the PDF, the table and the record of a portfolio into reports/, as ``export`` does."""
    from kpi_utils.report import build_portfolio

    tables = {CSV: csv_bytes(counted_kpis(portfolio))}
    record = {
        "parameters": {"fiscal_year": portfolio.fiscal_year},
        "inputs": input_hashes(PORTFOLIO, {"reports": portfolio.sha256}),
        "versions": versions(),
    }
    files = {PORTFOLIO_PDF: build_portfolio(portfolio, tables), **tables}
    return put_report(COLLECTED, files, record)


def write_index(portfolio: Portfolio) -> str:
    """Write ``reports/index.html``, whole or not at all; its name in the project."""
    from kpi_utils.report import index

    folder = project_root() / "reports"
    folder.mkdir(exist_ok=True)
    pdf = f"{COLLECTED}/{PORTFOLIO_PDF}"
    text = index(portfolio, pdf if (folder / pdf).is_file() else "")
    with locked(folder):
        write_file(folder / INDEX, text.encode())
    return f"reports/{INDEX}"


def _of_sheets(*sheets: Sheet) -> dict[str, str]:
    """The SHA-256 of some sheets of one plan, and of its ``plan.toml``."""
    plan = sheets[0].plan
    return {sheet.source: sheet.sha256 for sheet in sheets} | {plan.source: plan.sha256}
