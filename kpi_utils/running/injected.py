"""Finds the names that papermill injects into a notebook, which it does not check."""

import ast
from itertools import pairwise

from kpi_utils.errors import mistake

# The first line of the cell that papermill writes.
HEAD = "# Parameters\n"


def injected_names(*known: str) -> list[str]:
    """The names that papermill injected and that the cell of the parameters does not assign.

    Outside of IPython there are none. papermill writes a line a name, into a cell right after the
    one that assigns the parameters; the ``known`` names are among these. Another cell that begins
    with the same words is the analyst's own.
    """
    assigned, injected = _injection(*known)
    return [name for name in injected if name not in assigned]


def given_parameters(*known: str) -> list[str]:
    """The parameters that papermill was given, of those that the notebook has."""
    assigned, injected = _injection(*known)
    return [name for name in injected if name in assigned]


def _injection(*known: str) -> tuple[dict, dict]:
    """The names that the cell of the parameters assigns, and those that papermill injected."""
    try:
        # IPython puts the name into the builtins.
        cells = get_ipython().user_ns["In"]  # type: ignore[name-defined]
    except NameError:
        return {}, {}
    found: tuple[dict, dict] = ({}, {})
    is_injected = False
    for parameters, cell in pairwise(cells):
        assigned = _assigned(parameters)
        # The cell after the injected one, which assigns parameters too, is not injected.
        is_injected = not is_injected and not assigned.keys().isdisjoint(known) and _is_plain(cell)
        if is_injected:
            found = assigned, _assigned(cell)
    return found


def unknown_parameters(*known: str) -> list[str]:
    """A sentence for each name that papermill injected and that no parameter has."""
    return [
        mistake("parameter.unknown", name=name, known="、".join(known))
        for name in injected_names(*known)
        if name not in known
    ]


def _is_plain(cell: str) -> bool:
    """True if a cell looks as papermill writes it: its first line, then assignments to a name."""
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
    """The syntax tree of a cell; an empty one if the cell is not Python."""
    try:
        return ast.parse(cell)
    except SyntaxError:
        return ast.Module([], [])
