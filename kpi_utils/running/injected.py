"""The parameters that papermill injects into a notebook, whose names it does not check."""

import ast
from collections.abc import Iterator, Sequence
from itertools import pairwise

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
    for parameters, cell in reversed([*pairwise(cells)]):
        named = {name for node in _statements(parameters) for name in _assigned(node)}
        if not cell.startswith(HEAD) or named.isdisjoint(known):
            continue
        lines = [getattr(node, "targets", None) for node in _statements(cell)]
        if all(line and len(line) == 1 and isinstance(line[0], ast.Name) for line in lines):
            return [line[0].id for line in lines if line[0].id not in named]
    return []


def unknown(injected: Sequence[str], known: Sequence[str]) -> list[str]:
    """What is wrong with injected names: a sentence each."""
    return [
        f"パラメーター {name} は使えません。使えるのは {'、'.join(known)} です。"
        for name in injected
        if name not in known
    ]


def _statements(cell: str) -> list[ast.stmt]:
    """The statements of a cell; none of one that is not Python."""
    try:
        return ast.parse(cell).body
    except SyntaxError:
        return []


def _assigned(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement assigns, in whatever form."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
