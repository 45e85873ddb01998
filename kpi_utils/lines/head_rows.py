"""Which rows are heads of a table."""

import re
from dataclasses import replace

from kpi_utils.cells.heads import FIGURES, head_of, unit_in
from kpi_utils.cells.letters import compiled
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.kpi_lines import depth, is_known, is_merged_on, is_year
from kpi_utils.lines.line import Line
from kpi_utils.lines.stacks import ARROW

_SIGNS = re.compile(r"\W")
# The share of a head row's cells that must be known.
_KNOWN = 0.6
_WORDS_OF_HEADS = compiled("words_of_heads", re.IGNORECASE)
_IDENTIFYING = {"no", "name", "thing", "group", "unit", "part"}


def begins_head(rows: list[Line]) -> bool:
    """Whether the first of some rows begins a head: it is one, or 事業, R5 stands over 目標, 実績.

    A row of unknown words begins a head, too, if several of its cells are merged with cells of the
    head below, or stand over the head's figures.
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
    known = [is_known(rows[0].cells[col]) for col in rows[0].filled()]
    below = [{*head_of(cell).kinds} for cell in rows[1].cells]
    is_named = any({"name", "thing"} & kinds and not {*FIGURES} & kinds for kinds in below)
    # A year over the first figure is that of all figures; elsewhere it is a caption, or a date.
    of_figures = [col for col, kinds in enumerate(below) if {*FIGURES} & kinds]
    is_over = rows[0].filled() == of_figures[:1] != [0]
    return (len(known) > 1 or is_over) and all(known) and not is_named


def _is_over(rows: list[Line]) -> bool:
    """Whether the first row has words over figures (前回計画, 今回計画), but none over names.

    The row below it, too, is blank over the names: it begins further right than the table does.
    """
    first = min(row.filled()[0] for row in rows[1:] if row.filled())
    words = [col for col in rows[0].filled() if col > first]
    corner = rows[0].cell(first)
    is_corner = rows[1].filled()[0] > first and (not corner or is_known(corner))
    return is_corner and len(words) > 1 and not any(map(is_figure, rows[0].texts))


def _stands_over(row: Line, head: Line) -> bool:
    """Whether words belong to the head below: they stand over its figures or are heads it lacks."""
    heads = {col: head_of(row.cells[col]) for col in row.filled()}
    alone = [heads[col].kinds for col in heads if not head.cell(col)]
    is_beside = len(alone) > 1 and all(alone) and any("name" in kinds for kinds in alone)
    # 国 and 本市 say whose figures these are; (A), 人 and a year do not.
    are_words = all(
        {*top.kinds} <= {"value", "carried"} and (top.kinds or len(_SIGNS.sub("", top.header)) > 1)
        for top in heads.values()
    )
    are_dated = any(top.year or top.short or unit_in(f"({top.header})") for top in heads.values())
    are_over = all({*FIGURES} & {*head_of(head.cell(col)).kinds} for col in heads)
    return is_beside or (len(heads) > 1 and are_words and are_over and not are_dated)


def may_be_head(row: Line) -> bool:
    """Whether a row has words of heads: it can be a row of heads, or the first line of a KPI."""
    return bool(_WORDS_OF_HEADS.search(row.run_on())) and row.is_row


def is_head(row: Line) -> bool:
    """Whether a row is the head of a table: most of its cells are known, and none is a figure.

    >>> [is_head(Line(1, cells=cells)) for cells in (("指標", "単位", "目標値"), ("備考", ""))]
    [True, False]
    """
    if row.head or row.declared:
        return True
    if not may_be_head(row):
        return False
    # Two figures may stand under one head: 現状値 → 目標値.
    cells = [part for cell in row.texts for part in ARROW.split(cell)]
    cell_kinds = [head_of(cell).kinds for cell in cells]
    known = [kinds for kinds in cell_kinds if kinds]
    # Heads of a name, a target and another figure make a head row, whatever stands beside them.
    sole = {kind for kinds in known for kind in kinds if len(kinds) == 1}
    is_whole = sole >= {"name", "target"} and bool(sole & {"baseline", "latest", "actual"})
    if len(known) < max(2, _KNOWN * len(cells)) and not is_whole:
        return False
    if any(is_figure(cell) and not kinds for cell, kinds in zip(cells, cell_kinds, strict=True)):
        return False
    figures = [kinds for kinds in known if {*kinds} & {*FIGURES, "published"}]
    identifying = [kinds for kinds in known if {*kinds} & _IDENTIFYING and kinds not in figures]
    years = [kinds for kinds in known if kinds == ("year",)]
    # The names may stand under a blank corner; the row of a KPI (目標達成の年) has no blank corner.
    is_blank = bool(row.cells) and not row.cells[0] and "目標" in row.run_on()
    is_named = is_blank or any({"name", "thing"} & {*kinds} for kinds in known)
    return bool(figures and (identifying or len(figures) > 1)) or (len(years) > 1 and is_named)


def with_lines_said(grid: list[Line]) -> list[Line]:
    """Rows with 年度ごとの目標値, 年度ごとの実績値 and years over two lines, which get these words.

    The KPI's name is the first of these heads; grades stand beside the second one.
    """
    rows = [*grid]
    for at in range(len(grid) - 4):
        head, second, years, *lines = grid[at : at + 5]
        goals = [col for col in head.filled() if "yearly_target" in head_of(head.cells[col]).kinds]
        over, name = (goals or [0])[0], head.filled()[:1]
        is_over = "actual" in head_of(second.cell(over)).kinds and is_year(years.cell(over))
        if not (goals and is_over) or any(of.filled()[:1] <= name for of in lines):
            continue
        beside = {name[0]: head.first, over: ""}
        tops = beside | {name[0]: "指標"}
        wide = range(len(head.cells))
        heads = (f"{tops.get(col, head.cell(col))} {years.cell(col)}".strip() for col in wide)
        first = (lines[0].cell(col) or beside.get(col, second.cell(col)) for col in wide)
        rows[at] = replace(head, cells=(*heads, "区分"), across={})
        rows[at + 1] = rows[at + 2] = Line(years.number)
        rows[at + 3] = replace(lines[0], cells=(*first, head.cells[over]), merged={})
        rows[at + 4] = replace(lines[1], cells=(*lines[1].at(wide).cells, second.cells[over]))
    return [row for row in rows if row.cells or row.text]
