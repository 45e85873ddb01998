"""Evaluation reports from the KPI sheets of Japan's SDGs Future City plans (SDGs未来都市計画).

Read it in the data's order: ``notation`` (one cell), ``plan`` and ``sheet`` (one file, by
``text_reader``), ``achievement`` (the judgement), ``findings`` (what to look at), ``drawing``,
``charts`` and ``tables`` (what a reader sees), ``report`` (PDF and HTML), ``output`` (the folder
that a run leaves), ``notebook``, ``run`` and ``cli``. The frames that pass between them are
declared in ``frames``.
"""

from kpi_utils.errors import KpiError
from kpi_utils.findings import evaluate
from kpi_utils.output import export
from kpi_utils.run import check_parameters, load, make_report
from kpi_utils.second_opinion import open_sdg_status

__all__ = [
    "KpiError",
    "check_parameters",
    "evaluate",
    "export",
    "load",
    "make_report",
    "open_sdg_status",
]
