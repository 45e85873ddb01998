"""Texts that a spreadsheet would calculate: guarded in a CSV file, and read back as they were."""

import re

__all__ = ["guarded", "unguarded"]

# Not a number, nor a lone dash, which says that there is none.
_FORMULA = re.compile(r"'*(?![-+]?[\d,]+(?:\.\d+)?%?$|－$)[-=+@＝＋－＠\t\r\n]", re.ASCII)


def guarded(cell: object) -> object:
    """A cell as it is written: a text that begins as a formula does, behind an apostrophe.

    >>> guarded("=1+1"), guarded("-5 件"), guarded("-1,126%"), guarded("'=1"), guarded(-5)
    ("'=1+1", "'-5 件", '-1,126%', "''=1", -5)
    """
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The text of a cell that ``guarded`` has written."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
