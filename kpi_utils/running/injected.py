"""The parameters that papermill injects into a notebook, whose names it does not check."""

import ast
from itertools import pairwise

from kpi_utils.errors import mistake

__all__ = ["injected_names", "unknown"]

# The first line of the cell that papermill writes.
HEAD = "# Parameters\n"


def injected_names(*known: str) -> list[str]:
    """In a notebook that papermill runs, the names that it injected and no parameter has.

    papermill writes a line a name, into a cell right after the one that assigns the parameters, of
    which the ``known`` are some. Another cell that begins with the same words is the analyst's own.
    """
    try:
        cells = get_ipython().user_ns["In"]
    except NameError:
        return []
    names, is_injected = [], False
    for parameters, cell in pairwise(cells):
        assigned = _assigned(parameters)
        # What follows the injected cell, which assigns parameters too, is not another one.
        is_injected = not is_injected and not assigned.keys().isdisjoint(known) and _is_plain(cell)
        if is_injected:
            names = [name for name in _assigned(cell) if name not in assigned]
    return names


def unknown(*known: str) -> list[str]:
    """What is wrong with the names that papermill injected: a sentence each."""
    return [
        mistake("parameter.unknown", name=name, known="、".join(known))
        for name in injected_names(*known)
        if name not in known
    ]


def _is_plain(cell: str) -> bool:
    """Whether a cell looks as papermill writes it: its head, and lines that assign a name."""
    lines = [
        isinstance(node, ast.Assign) and [type(target) for target in node.targets] == [ast.Name]
        for node in _parsed(cell).body
    ]
    return cell.startswith(HEAD) and bool(lines) and all(lines)


def _assigned(cell: str) -> dict[str, None]:
    """The names that a cell assigns, in whatever form, in order."""
    nodes = [node for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Name)]
    return dict.fromkeys(node.id for node in nodes if isinstance(node.ctx, ast.Store))


def _parsed(cell: str) -> ast.Module:
    """A cell's code; none where it is not Python."""
    try:
        return ast.parse(cell)
    except SyntaxError:
        return ast.Module([], [])
