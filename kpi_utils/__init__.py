"""Evaluation reports from the KPI sheets of Japan's SDGs Future City plans (SDGs未来都市計画).

Read it in the data's order: ``notation`` (one cell), ``plan`` and ``sheet`` (one file, by
``text_reader``), ``achievement`` (the judgement), ``findings`` (what to look at), ``drawing``,
``charts`` and ``tables`` (what a reader sees), ``report`` (the PDF), ``output`` (the folder that a
run leaves), ``engine``, ``notebook`` and ``run`` (one report), ``batch`` (many) and ``cli``. The
frames that pass between them are declared in ``frames``.
"""

from importlib import import_module

_HOMES = {
    "KpiError": "errors",
    "check_parameters": "run",
    "evaluate": "findings",
    "export": "output",
    "load": "run",
    "make_report": "run",
    "open_sdg_status": "second_opinion",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    # Imported once it is asked for: every papermill looks up our engine, and needs nothing else.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"kpi_utils.{_HOMES[name]}"), name)
