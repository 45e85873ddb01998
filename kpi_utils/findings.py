"""What an analyst should look at before the report is used, a Japanese sentence each."""

import pandas as pd

from kpi_utils.notation import UNREADABLE_CELL
from kpi_utils.sheet import Sheet, place

__all__ = ["notices"]


def notices(sheet: Sheet, judged: pd.DataFrame, kpis: pd.DataFrame) -> list[str]:
    """Cells and references that could not be read, and what is undetermined for another reason.

    ``judged`` and ``kpis`` are ``frames.JUDGED`` and ``frames.KPIS``.

    >>> from kpi_utils import by_kpi, judge, load
    >>> sheet = load("kumamoto", 2022)
    >>> notices(sheet, judge(sheet), by_kpi(judge(sheet)))
    []
    """
    undetermined = judged[judged["status"] == "undetermined"]
    rows = [
        f"{place(row.source)} 表({row.section}) No.{row.no}: 判定保留（{row.note}）"
        for row in undetermined.itertuples()
        # A cell that cannot be read is named already.
        if UNREADABLE_CELL not in row.note
    ]
    known = set(undetermined["kpi"])
    relistings = [
        f"{sheet.source} 指標「{kpi.label}」: 判定保留（{kpi.note}）"
        for kpi in kpis[kpis["status"] == "undetermined"].itertuples()
        if kpi.kpi not in known
    ]
    return sheet.unreadable() + rows + relistings + _missing_numbers(sheet) + _commentary(sheet)


def _missing_numbers(sheet: Sheet) -> list[str]:
    """A gap in the numbers of a table: a row may have been lost."""
    return [
        f"{sheet.source} 表({section}): No.{no} の行がない。"
        for section, rows in sheet.rows.groupby("section")
        for no in sorted(set(range(1, rows["no"].max() + 1)) - set(rows["no"]))
    ]


def _commentary(sheet: Sheet) -> list[str]:
    """Blocks of the commentary that lead to no row, or references that do."""
    if sheet.commentary.empty:
        return [f"{sheet.source}: 評価及び課題等の記載がない。"]
    listings = set(zip(sheet.rows["section"], sheet.rows["no"], strict=True))
    source = sheet.commentary.set_index("block")["source"]
    told = [
        f"{place(block.source)} 評価及び課題等「{block.heading}」: "
        "参照する行を読み取れない（【(1)No.2、(2)No.6】の形による記載が必要）。"
        for block in sheet.commentary.itertuples()
        if block.block not in set(sheet.references["block"])
    ]
    return told + [
        f"{place(source[reference.block])} 評価及び課題等: "
        f"参照する行 ({reference.section})No.{reference.no} が表にない。"
        for reference in sheet.references.itertuples()
        if (reference.section, reference.no) not in listings
    ]
