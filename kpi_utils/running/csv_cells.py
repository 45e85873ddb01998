"""Tables as CSV files: guards texts that a spreadsheet would calculate, and reads them back."""

import re
from decimal import Decimal

import pandas as pd

from kpi_utils.judging.achievement import exact

_FORMULA = re.compile(
    r"""
    '*                              # guarded already: then one more apostrophe
    (?![-+]?[\d,]+(?:\.\d+)?%?$     # no number: -1,126%
      |－$)                         # no lone dash, which says that there is no figure
    [-=+@＝＋－＠\t\r\n]            # how a formula begins
    """,
    re.ASCII | re.VERBOSE,
)


def guarded(cell: object) -> object:
    """A cell as the file has it: a number in plain digits, never 1E-7 or 20.0; a text as it is.

    A text that begins like a formula gets an apostrophe before it.

    >>> guarded("=1+1"), guarded("-5 件"), guarded("-1,126%"), guarded("'=1"), guarded(1e-7)
    ("'=1+1", "'-5 件", '-1,126%', "''=1", '0.0000001')
    """
    if isinstance(cell, float | Decimal):
        number = exact(cell)
        return "" if number is None else f"{number:f}"
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """The text of a cell without the apostrophe of ``guarded``."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as a CSV file in UTF-8, with a byte order mark, by which Excel knows the encoding."""
    return table.map(guarded).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")
