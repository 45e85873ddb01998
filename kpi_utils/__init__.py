"""Evaluation reports from the KPI sheets of Japan's SDGs Future City plans (SDGs未来都市計画).

Read it in the data's order: ``notation`` (one cell), ``plan`` and ``sheet`` (one file, by
``text_reader``), ``achievement`` (the judgement), ``findings`` (what to look at), ``drawing``,
``charts`` and ``tables`` (what a reader sees), ``report`` (the PDF), ``output`` (the folder that a
run leaves), ``notebook``, ``run`` and ``cli``. The frames that pass between them are declared in
``frames``.
"""

from kpi_utils.achievement import by_kpi, judge
from kpi_utils.errors import KpiError
from kpi_utils.findings import notices
from kpi_utils.output import export
from kpi_utils.run import check_parameters, load, make_report

__all__ = [
    "KpiError",
    "by_kpi",
    "check_parameters",
    "export",
    "judge",
    "load",
    "make_report",
    "notices",
]
