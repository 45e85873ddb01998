"""Which column of a table has the names of its KPIs."""

import re

from kpi_utils.cells.heads import FIGURES
from kpi_utils.cells.letters import squeezed
from kpi_utils.lines.columns import Column, free_for, give, is_figure, is_grade
from kpi_utils.lines.texts_below import GROUP

# The end of a head that is not known but can stand over names; 指標の説明 does not.
_OF_NAMES = re.compile(r"(?:指標|項目|目標|KPI)(?:の?内容)?(?:\W.*)?$")


def name_column(columns: list[Column], rows: int) -> None:
    """Give the role ``name`` to the column called so; else to the last before the figures.

    ``rows`` is the number of the table's rows.
    """
    named = [
        of for of in free_for(columns, "name") if "名" in of.head.header or not of.has_figures()
    ]
    named = [of for of in named if of.declared or of.head.year is None] or named
    named = [of for of in named if of.declared] or named
    if len(named) > 1:
        # ○ under 主要な指標 marks a KPI.
        named = [of for of in named if not all(map(is_grade, of.texts))] or named
        plain_ones = [of for of in named if of.head.kinds == ("name",)]
        called = [of for of in named if "名" in of.head.header]
        # Beside 指標, 評価項目 whose texts repeat are groups of the KPIs.
        sums = [of for of in plain_ones if "項目" in of.head.header and len({*of.texts}) < rows]
        for column in sums if len(sums) < len(plain_ones) else ():
            column.head = column.head._replace(kinds=("group",))
        plain_ones = free_for(plain_ones, "name")
        called = called or [of for of in plain_ones if "KGI" not in of.head.header]
        named = called if len(called) == 1 else named
    elif not named:
        ends = [of.index for of in free_for(columns, *FIGURES) if of.has_figures()]
        before = columns[: min(ends, default=len(columns))]
        possible = [of for of in free_for(columns, "thing", "group") if not of.has_figures()]
        # 目標 is what is to be reached, and no name, where it has a year or a figure below it.
        goals = [of for of in free_for(possible, "target") if any(map(is_figure, of.texts))]
        possible = [of for of in possible if not (of.head.year or of in goals)] or possible
        unknown = [of for of in before if not of.head.kinds and not of.has_figures()]
        named = [of for of in possible if of in before][-1:] or possible[:1]
        named = [of for of in named if _names_rows(of, possible, unknown)]
        if not any(of in before for of in possible):
            named = named or _alone(before, unknown, rows)
        named = named or _speaking(before, rows)
    if len(named) == 1:
        named[0].role = "name"
        numbered = [
            of for of in free_for(columns[: named[0].index], "name") if _are_counted(of.texts)
        ]
        give("no" if all(of.role != "no" for of in columns) else "carried", numbered[:1])


def _are_counted(texts: list[str]) -> bool:
    """Whether texts count from 1 to 2 or more, each number on one row or on several."""
    return [*dict.fromkeys(texts)] == [f"{of}" for of in range(1, max(len({*texts}), 2) + 1)]


def _alone(before: list[Column], unknown: list[Column], rows: int) -> list[Column]:
    """The only column with different words on each row, where no head says which has the names."""
    said = [of for of in free_for(before, "target") if not (of.has_figures() or of.year)]
    alone = [of for of in unknown if not of.head.short] or said
    is_named = not any(GROUP.match(squeezed(text)) for of in alone for text in of.texts)
    return alone if is_named and [len({*of.texts}) for of in alone] == [rows] else []


def _speaking(before: list[Column], rows: int) -> list[Column]:
    """The only column of unrepeated texts before the figures, if its head can stand over names."""
    texts = [of for of in before if of.role in ("", "carried") and not of.has_figures()]
    once = [of for of in texts if len({*of.texts}) == rows and of.head.year is None]
    return once if len(once) == 1 and _OF_NAMES.search(squeezed(once[0].head.header)) else []


def _names_rows(column: Column, possible: list[Column], unknown: list[Column]) -> bool:
    """Whether a column has the names, and no other column could have them as well.

    A column with an unknown head could, if it has as many different words; any other possible
    column could, if the words of this one repeat (区分).
    """
    texts = {*column.texts}
    comes_again = len(possible) > 1 and 2 * len(texts) <= len(column.texts)
    return not comes_again and all(len({*of.texts}) < len(texts) for of in unknown)
