"""Which rows are heads of a table."""

import re

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import compiled
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.kpi_lines import depth, is_known, is_merged_on
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.stacks import ARROW

_SIGNS = re.compile(r"\W")
# So much of a table's head is known.
_KNOWN = 0.6
_WORDS_OF_HEADS = compiled("words_of_heads", re.IGNORECASE)
_IDENTIFYING = {"no", "name", "thing", "group", "unit", "part"}


def begins_head(rows: list[Line]) -> bool:
    """Whether the first of some rows begins a head: it is one, or 事業, R5 over 目標, 実績.

    So does one of words that nobody knows, several of which are merged with a head below it, or
    stand over its figures.
    """
    if is_head(rows[0]):
        return True
    if len(rows) < 2 or depth(rows) < 2:
        return False
    if _is_over(rows):
        return begins_head(rows[1:])
    if not is_head(rows[1]):
        return False
    if is_merged_on(rows, 1) or _stands_over(*rows[:2]):
        return True
    known = [is_known(rows[0].cells[of]) for of in rows[0].filled()]
    below = [{*head_of(cell).kinds} for cell in rows[1].cells]
    is_named = any({"name", "thing"} & of and not {*FIGURES} & of for of in below)
    # A year may stand over all figures; at the margins it is a caption, or a date.
    of_figures = [column for column, of in enumerate(below) if {*FIGURES} & of]
    is_over = rows[0].filled() == of_figures[:1] != [0]
    return (len(known) > 1 or is_over) and all(known) and not is_named


def _is_over(rows: list[Line]) -> bool:
    """Whether the first of some rows has words over figures (前回計画, 今回計画), but no names.

    The row below it is blank over the names, and begins further right than the rows of the table.
    """
    first = min(row.filled()[0] for row in rows[1:] if row.filled())
    words = [of for of in rows[0].filled() if of > first]
    corner = rows[0].cell(first)
    is_corner = rows[1].filled()[0] > first and (not corner or is_known(corner))
    return is_corner and len(words) > 1 and not any(map(is_figure, rows[0].texts))


def _stands_over(row: Line, head: Line) -> bool:
    """Whether words stand over several figures of a head, or beside names that it does not have."""
    heads = {of: head_of(row.cells[of]) for of in row.filled()}
    alone = [heads[of].kinds for of in heads if not head.cell(of)]
    is_beside = len(alone) > 1 and all(alone) and any("name" in of for of in alone)
    # 国 and 本市 say of whom the figures are; (A), 人 and a year of neither.
    are_words = all(
        {*of.kinds} <= {"value", "carried"} and (of.kinds or len(_SIGNS.sub("", of.header)) > 1)
        for of in heads.values()
    )
    are_dated = any(of.year or of.short or unit_in(f"({of.header})") for of in heads.values())
    are_over = all({*FIGURES} & {*head_of(head.cell(of)).kinds} for of in heads)
    return is_beside or (len(heads) > 1 and are_words and are_over and not are_dated)


def may_be_head(row: Line) -> bool:
    """Whether a row can be one of heads, or the first of several lines of a KPI, by its words."""
    return bool(_WORDS_OF_HEADS.search(row.run_on())) and row.is_row


def is_head(row: Line) -> bool:
    """Whether a row of cells is the head of a table: most of it is known, and no figure is in it.

    >>> [is_head(Line(1, cells=cells)) for cells in (("指標", "単位", "目標値"), ("備考", ""))]
    [True, False]
    """
    if row.head or row.declared:
        return True
    if not may_be_head(row):
        return False
    # Two figures may stand under one head: 現状値 → 目標値.
    cells = [part for cell in row.texts for part in ARROW.split(cell)]
    kinds = [head_of(cell).kinds for cell in cells]
    known = [of for of in kinds if of]
    # A name, figures and targets make a head whatever else stands beside them.
    able = {kind for of in known for kind in of if len(of) == 1}
    is_whole = able >= {"name", "target"} and bool(able & {"baseline", "latest", "actual"})
    if len(known) < max(2, _KNOWN * len(cells)) and not is_whole:
        return False
    if any(is_figure(cell) and not of for cell, of in zip(cells, kinds, strict=True)):
        return False
    figures = [of for of in known if {*of} & {*FIGURES, "published"}]
    identifying = [of for of in known if {*of} & _IDENTIFYING and of not in figures]
    years = [of for of in known if of == ("year",)]
    # Names may stand under a blank corner; a KPI's row (目標達成の年) has no such.
    is_blank = bool(row.cells) and not row.cells[0] and "目標" in row.run_on()
    is_named = is_blank or any({"name", "thing"} & {*of} for of in known)
    return bool(figures and (identifying or len(figures) > 1)) or (len(years) > 1 and is_named)
