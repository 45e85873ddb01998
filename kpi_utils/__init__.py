"""Evaluation reports from the KPI sheets of Japan's SDGs Future City plans (SDGs未来都市計画).

Read it in the data's order: ``notation`` (one cell), ``plan`` and ``sheet`` (one file, of any
format), ``achievement`` (the judgement), ``findings`` (what to look at), ``changes`` (what another
year's sheet says otherwise), ``drawing``, ``charts`` and ``tables`` (what a reader sees),
``report`` (PDF and HTML), ``output`` (the folder that a run leaves), ``inputs``, ``notebook``,
``run``, ``form`` (next year's sheet) and ``cli``. The frames that pass between them are declared
in ``frames``.
"""

from kpi_utils.changes import compare
from kpi_utils.errors import KpiError
from kpi_utils.findings import evaluate
from kpi_utils.inputs import (
    changes_since_last_year,
    check_comparison,
    check_parameters,
    load,
)
from kpi_utils.output import export, export_changes
from kpi_utils.run import make_comparison, make_report
from kpi_utils.second_opinion import open_sdg_status

__all__ = [
    "KpiError",
    "changes_since_last_year",
    "check_comparison",
    "check_parameters",
    "compare",
    "evaluate",
    "export",
    "export_changes",
    "load",
    "make_comparison",
    "make_report",
    "open_sdg_status",
]
