"""Evaluation reports from the KPI tables of plans in Japan, such as SDGs未来都市計画.

Read it in the data's order: ``cells`` (one cell, one head), ``plan``, ``lines`` and ``formats``
(one file, of any format), ``sheets`` (what its columns are), ``judging`` (the judgement, and what
to look at), ``comparing`` (what several sheets say together), ``showing`` (what a reader sees),
``workbooks`` (a sheet in its own layout), ``report`` (PDF, HTML, Excel), ``running`` (one report or
many, and the folders that they leave), ``preparing`` (sheets for the analyst to fill in) and
``cli``. The frames that pass between them are declared in ``frames.toml``.
"""

import logging
from importlib import import_module

_HOMES = {
    "KpiError": "errors",
    "change_charts": "showing.change_charts",
    "change_tables": "showing.change_tables",
    "charts": "showing.charts",
    "changes_since_last_year": "running.inputs",
    "check_comparison": "running.inputs",
    "check_parameters": "running.inputs",
    "collected": "running.collection",
    "compare": "comparing.changes",
    "counted_kpis": "comparing.portfolio",
    "evaluate": "judging.findings",
    "find": "judging.findings",
    "judge": "judging.judgement",
    "load": "running.inputs",
    "make_comparison": "running.run",
    "make_portfolio": "running.run",
    "make_report": "running.run",
    "open_sdg_status": "judging.readings",
    "per_kpi": "judging.judgement",
    "portfolio_tables": "showing.portfolio_tables",
    "readings": "judging.readings",
    "tables": "showing.tables",
    "thresholds": "running.inputs",
    "write_comparison": "running.exports",
    "write_portfolio": "running.exports",
    "write_report": "running.exports",
}
__all__ = list(_HOMES)
# matplotlib would write a machine's settings and paths into a notebook's outputs.
logging.getLogger("matplotlib").setLevel(logging.ERROR)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str):
    # Imported only when asked for: every papermill loads our engine, and needs nothing else.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(f"kpi_utils.{_HOMES[name]}")
    # A name is a function of its module, or the module itself.
    return getattr(home, name, home)
