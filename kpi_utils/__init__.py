"""Evaluation reports from the KPI sheets of Japan's SDGs Future City plans (SDGs未来都市計画).

Read it in the data's order: ``notation`` (one cell), ``plan`` and ``sheet`` (one file, of any
format), ``achievement`` (the judgement), ``findings`` (what to look at), ``changes`` (what another
year's sheet says otherwise), ``drawing``, ``charts`` and ``tables`` (what a reader sees),
``report`` (PDF, HTML, Excel), ``output`` (the folder that a run leaves), ``inputs``, ``engine``,
``notebook`` and ``run`` (one report), ``form`` (next year's sheet), ``batch`` (many reports),
``portfolio`` and ``collection`` (what they say together) and ``cli``. The frames that pass between
them are declared in ``frames``, those of a portfolio in ``portfolio``.
"""

from importlib import import_module

_HOMES = {
    "KpiError": "errors",
    "changes_since_last_year": "inputs",
    "check_comparison": "inputs",
    "check_parameters": "inputs",
    "collected": "collection",
    "compare": "changes",
    "evaluate": "findings",
    "export": "output",
    "export_changes": "output",
    "export_portfolio": "output",
    "load": "inputs",
    "make_comparison": "run",
    "make_portfolio": "run",
    "make_report": "run",
    "open_sdg_status": "second_opinion",
    "speak": "language",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    # Imported once it is asked for: every papermill looks up our engine, and needs nothing else.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"kpi_utils.{_HOMES[name]}"), name)
