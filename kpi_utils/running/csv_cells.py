"""Tables as CSV files: texts that a spreadsheet would calculate are guarded, and read back."""

import re
from decimal import Decimal

import pandas as pd

from kpi_utils.judging.achievement import exact

__all__ = ["csv_bytes", "guarded", "unguarded"]

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


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table with a byte order mark, by which Excel knows that it is UTF-8."""
    return table.map(_written).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _written(cell: object) -> object:
    # Never 1E-7 or 20.0, which a spreadsheet would read as it likes.
    if isinstance(cell, float | Decimal):
        number = exact(cell)
        return "" if number is None else f"{number:f}"
    return guarded(cell)
