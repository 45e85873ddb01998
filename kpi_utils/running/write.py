"""The notebook's own frames and figures -> a report's files, put in place.

What stands in a notebook is what is printed: filtered, corrected or added to. What does not fit
together, because a cell was run out of order, is refused.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

import pandas as pd
from matplotlib.figure import Figure

from kpi_utils.comparing.changes import Changes
from kpi_utils.errors import KpiError
from kpi_utils.frames import columns_of, typed
from kpi_utils.judging.achievement import exact
from kpi_utils.judging.cell_findings import corrections
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.figures import PACE_CUTS
from kpi_utils.judging.judgement import judge, per_kpi
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE, Message

__all__ = ["kpis_csv", "report_folder", "write_report"]


def write_report(
    sheet: Sheet,
    rows: pd.DataFrame,
    kpis: pd.DataFrame,
    findings: pd.DataFrame,
    changes: Changes | None = None,
    figures: Mapping[str, Figure] | None = None,
    pace_cuts: Sequence[float] = PACE_CUTS,
) -> list[str]:
    """Write the report of what stands in a notebook into ``reports/``; the names of its files.

    ``rows`` are judged and read, ``kpis`` those of ``per_kpi`` or a part of them: then the report
    is of that part, says so, and lies in a folder of its own. ``findings`` are those of ``find``,
    ``changes`` those since the year before. ``figures`` are matplotlib's by name: ``overview``,
    ``pace``, a KPI's by its identity (the index of ``kpis``), and any other, which is printed with
    its title as heading. The report is in the language in which the sheet was loaded.

    Raises KpiError where the frames do not belong together: a cell was run out of order.
    """
    from kpi_utils.report import book, build, content, page
    from kpi_utils.running import output

    rows = rows[rows["kpi"].isin(kpis["kpi"])] if "kpi" in rows and "kpi" in kpis else rows
    evaluation = Evaluation(sheet, rows, kpis, findings, pace_cuts)
    if problems := _out_of_order(evaluation):
        raise KpiError(problems)
    words, part = sheet.words, part_of(evaluation)
    said = content(evaluation, changes, figures or {})
    tables = {
        output.CSV: csv_bytes(kpis_csv(rows)),
        output.FOUND: csv_bytes(findings_csv(findings, words)),
    }
    sheets = [sheet]
    if changes and changes.before:
        tables[output.CHANGED] = csv_bytes(changes_csv(changes, words))
        sheets.append(changes.before.sheet)
    files = {
        output.PDF: build(said, words, sheet.fiscal_year, tables),
        output.HTML: page(said, words).encode(),
        output.BOOK: book(evaluation),
        **tables,
    }
    return output.put(report_folder(sheet, part), files, record_of(...))
