"""The notes in the margin: what a careful reviewer would point at, a Japanese sentence each."""

import pandas as pd

from kpi_utils.sheet import Sheet

__all__ = ["notices"]


def notices(sheet: Sheet, judged: pd.DataFrame) -> list[str]:
    """The cells that could not be read, and the rows left undetermined (method 4).

    >>> from kpi_utils import load, judge
    >>> sheet = load("kumamoto", 2022)
    >>> notices(sheet, judge(sheet))
    []
    """
    undetermined = judged[judged["status"] == "undetermined"]
    return sheet.unreadable() + [
        f"{row.source.replace(':', ' ')}行 表({row.section}) No.{row.no}: "
        f"判定保留とします。{row.note}"
        for row in undetermined.itertuples()
    ]
