"""Writes a notebook's frames and figures into reports/: the last cell of each notebook.

The frames are printed as they are in the notebook: filtered, corrected or added to. Frames that do
not belong together, because a cell was run out of order, are refused.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.comparing.changes import Changes
from kpi_utils.errors import mistake
from kpi_utils.frames import typed
from kpi_utils.judging.achievement import exact
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.outlook import shown_outlook
from kpi_utils.judging.readings import PACE_CUTS
from kpi_utils.running import output
from kpi_utils.running.csv_cells import csv_bytes
from kpi_utils.running.order import TEXTS, must_be_compared, must_be_counted, must_be_in_order
from kpi_utils.running.records import hash_by_input
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE, Words


def write_report(
    sheet: Sheet,
    rows: pd.DataFrame,
    kpis: pd.DataFrame,
    findings: pd.DataFrame,
    changes: Changes | None = None,
    figures: Mapping[str, Figure] | None = None,
    pace_cuts: Sequence[float] = PACE_CUTS,
    fragile_points: float | None = None,
    outgrown: float | None = None,
) -> str:
    """Writes a report of a notebook's frames and figures into reports/.

    ``rows`` are judged and have their readings. ``kpis`` are those of ``per_kpi`` or a part of
    them: then the report is of that part, says so, and has a folder of its own. ``findings`` are
    those of ``find``, ``changes`` those since last year, if there is a sheet of it. ``figures`` are
    matplotlib's by name: ``overview``, ``pace``, a KPI's by its identity (the index of ``kpis``),
    and any other, which is printed with its title as heading. ``pace_cuts`` are those of
    ``readings``; ``fragile_points`` and ``outgrown``, of which the report says whose they are,
    those of ``find``. The report is in the language in which the sheet was loaded. Returns a
    Japanese sentence with the names of the folder and the files.

    Raises KpiError if the frames do not belong together: a cell was run out of order.
    """
    # typst, the layouts and the workbook are needed only here.
    from kpi_utils.report import book, build, content, page, part_of
    from kpi_utils.showing.change_tables import changes_csv
    from kpi_utils.showing.entries import findings_csv

    evaluation = Evaluation(sheet, rows, kpis, findings, pace_cuts, fragile_points, outgrown)
    left_out = must_be_in_order(evaluation, changes, figures or {})
    # However the notebook has sorted them, the report shows them as the sheet does.
    rows = rows[rows["kpi"].isin(kpis["kpi"])].sort_index()
    # A merge may leave some of them without words.
    rows, kpis = (frame.assign(**frame[TEXTS].astype(object).fillna("")) for frame in (rows, kpis))
    evaluation = replace(evaluation, rows=rows, kpis=kpis, left_out=left_out)
    words = sheet.words
    part = part_of(evaluation)
    listing = kpis_csv(rows, sheet.carried)
    tables = {
        output.KPIS_CSV: csv_bytes(listing),
        output.FINDINGS_CSV: csv_bytes(findings_csv(findings, words)),
    }
    sheets = [sheet]
    changes = changes and changes.of(kpis)
    if changes and changes.before:
        tables[output.CHANGES_CSV] = csv_bytes(changes_csv(changes, words))
        sheets.append(changes.before.sheet)
    report = content(evaluation, changes, figures or {})
    sheet_name = sheet.source.rpartition("/")[2]
    with ThreadPoolExecutor(1) as thread:
        # typst sets the PDF beside Python, which makes the rest meanwhile.
        pdf = thread.submit(build, report, tables, {sheet_name: sheet.content})
        files = {
            output.HTML: page(report).encode(),
            output.BOOK: book(evaluation, listing, report.entries),
        }
        files = {output.PDF: pdf.result()} | files
    plan, fiscal_year = sheet.plan, sheet.fiscal_year
    folder = output.report_folder(fiscal_year, words.language)
    part_label = JAPANESE.render(part) or ""
    if part:
        # Characters that every system allows; parts of the same words have different names.
        kept = hashlib.sha256("|".join(sorted(kpis["kpi"])).encode()).hexdigest()
        named = re.sub(r"\W+", "", part_label)[:20]
        folder += f"-{named}-{kept[:6]}"
    record = _record(
        output.NOTEBOOK,
        {"plan": plan.id, "fiscal_year": fiscal_year, "language": words.language},
        sheets,
        # For the portfolio: the plan's names, and whether it is made up or a part.
        municipality=plan.municipality,
        name=plan.name,
        made_up=any(sheet.made_up for sheet in sheets),
        part=part_label,
        # The lines that ``kpi report`` prints: errors and counts.
        summary=_summary(evaluation, report.entries, changes),
    )
    return output.put_report(f"{plan.id}/{folder}", files | tables, record)


def _summary(
    evaluation: Evaluation, entries: pd.DataFrame, changes: Changes | None
) -> dict[str, list[str]]:
    """A report's errors and counts, as Japanese lines; ``entries`` are in the report's language."""
    from kpi_utils.showing.change_tables import counted
    from kpi_utils.showing.entries import count_lines, entries_of, entry_lines

    words, kpis = Words("ja", evaluation.sheet.plan), evaluation.kpis
    if words != evaluation.sheet.words:
        entries = entries_of(evaluation.findings, kpis, words)
    errors = entry_lines(entries[entries["severity"] == "error"], words)
    counts = [evaluation.sheet.title, *count_lines(kpis, entries, words)]
    if changes and changes.problems:
        errors += [mistake("sheet.not-compared", year=changes.year_before), *changes.problems]
    elif changes:
        counts.append(counted(changes, words))
    return {"errors": errors, "counts": counts}


def kpis_csv(rows: pd.DataFrame, carried: pd.DataFrame | None = None) -> pd.DataFrame:
    """The table of ``kpis.csv``: a line for each row of the sheet, with judgement and readings.

    Its numbers are decimals with as many digits as the sheet prints. Behind them stand the columns
    that the sheet has besides (``Sheet.carried``), under its own heads.
    """
    figures = {role: _as_printed(rows, role, role) for role in ("baseline", "actual")}
    ends = [_as_printed(rows, f"target_{end}", "target") for end in ("value", "upper")]
    targets = [
        text if low is None else f"{low:f}" if high is None else f"{low:f}～{high:f}"
        for text, low, high in zip(rows["target_text"], *ends, strict=True)
    ]
    names = ["outlook", "outlook_decimals", "target_value", "target_upper", "direction"]
    outlooks = [shown_outlook(row) or (None, None) for row in rows[names].to_dict("records")]
    figures |= {"outlook": [value for value, _ in outlooks]}
    figures |= {"outlook_short": [short for _, short in outlooks]}
    table = typed("kpis-csv", dict(rows.assign(target=targets)))
    for name, column in figures.items():
        table[name] = pd.Series(column, dtype=object)
    if carried is None:
        return table
    carried = carried.loc[rows.index].reset_index(drop=True)
    return table.join(carried.rename(columns={name: f"{name}（シート）" for name in table}))


def _as_printed(rows: pd.DataFrame, name: str, role: str) -> list[Decimal | None]:
    """The figures of a column, with as many decimal places as the cells of a role print."""
    figures = rows[name].astype(object).map(exact)
    printed = rows[f"{role}_decimals"].fillna(0).astype(int)
    # A zero with more decimal places gives a sum as many: 5 + 0.0 is 5.0, and 5.25 + 0.0 is 5.25.
    return [
        None if figure is None else figure + Decimal(0).scaleb(-digits)
        for figure, digits in zip(figures, map(int, printed), strict=True)
    ]


def write_comparison(changes: Changes) -> str:
    """Writes the table of two years' changes and the record into reports/.

    ``changes`` are those of ``compare``; its frame may be filtered. Returns a Japanese sentence
    with the names of the folder and the files.
    """
    from kpi_utils.showing.change_tables import change_lines, changes_csv, counted

    must_be_compared(changes)
    assert changes.before, "a run has two sheets to compare"
    sheets = [changes.after.sheet, changes.before.sheet]
    plan, words = sheets[0].plan, sheets[0].words
    years = {"fiscal_year_before": changes.year_before, "fiscal_year_after": sheets[0].fiscal_year}
    record = _record(
        output.COMPARISON_NOTEBOOK,
        {"plan": plan.id} | years,
        sheets,
        # The title of the page, and the lines that ``kpi compare`` prints.
        title=f"{plan.municipality} {plan.name} {words.render(changes.title)}",
        summary={"changes": change_lines(changes, words), "counts": [counted(changes, words)]},
    )
    folder = f"{plan.id}/{'-'.join(map(str, years.values()))}"
    table = csv_bytes(changes_csv(changes, words))
    return output.put_report(folder, {output.CHANGES_CSV: table}, record)


def write_portfolio(
    reports: pd.DataFrame,
    kpis: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    fiscal_year: int | None = None,
) -> str:
    """Writes the PDF, the table and the record of a portfolio into reports/.

    ``reports`` and ``kpis`` are the notebook's frames, and ``tables`` its counts by the names that
    they have there: by_status, by_pace, by_goal, transitions, by_plan, common, second_look, kinds.
    Returns a Japanese sentence with the names of the folder and the files. Raises KpiError if no
    KPI is to be counted.
    """
    from kpi_utils.report import build_portfolio

    must_be_counted(reports, kpis, tables, fiscal_year)
    files = {output.KPIS_CSV: csv_bytes(kpis)}
    # Each row of the reports has the SHA-256 of the tables that were read.
    table = reports.to_csv(index=False, lineterminator="\n")
    inputs = {"reports": hashlib.sha256(table.encode()).hexdigest()}
    record = _record(output.PORTFOLIO_NOTEBOOK, {"fiscal_year": fiscal_year}, [], inputs=inputs)
    pdf = build_portfolio(reports, kpis, tables, record, files)
    return output.put_report(output.PORTFOLIO_FOLDER, {output.PORTFOLIO_PDF: pdf, **files}, record)


def write_index(reports: pd.DataFrame) -> str:
    """Writes ``reports/index.html``, or leaves it as it was; returns "reports/index.html"."""
    from kpi_utils.report import index

    folder = output.project_root() / "reports"
    folder.mkdir(exist_ok=True)
    pdf = f"{output.PORTFOLIO_FOLDER}/{output.PORTFOLIO_PDF}"
    text = index(reports, pdf if (folder / pdf).is_file() else "")
    with output.locked(folder):
        output.write_file(folder / output.INDEX, text.encode())
    return f"reports/{output.INDEX}"


def _record(notebook: str, parameters: dict, sheets: list[Sheet], **about) -> dict[str, Any]:
    """What ``run.json`` says of a run of a notebook, with the SHA-256 of each of its inputs.

    These are the ``sheets``, of one plan, with its plan.toml; or what is given as ``inputs``.
    """
    hashes = {sheet.source: sheet.sha256 for sheet in sheets}
    hashes |= {sheet.plan.source: sheet.plan.sha256 for sheet in sheets}
    inputs = hash_by_input(notebook, about.pop("inputs", hashes))
    return {"parameters": parameters} | about | {"inputs": inputs, "versions": output.versions()}
