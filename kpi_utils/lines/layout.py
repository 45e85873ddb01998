"""The rows of a file, in any layout -> lines: for each table a line of heads, and a line a KPI.

Heads of several rows are joined, and so are the several lines of a KPI: each of its figures gets a
column of its own, whose head is joined from the heads above the figure and beside it.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from itertools import pairwise

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.lines.beside import (
    are_one,
    by_kpi,
    by_level,
    by_part,
    not_by_level,
    side_by_side,
)
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.head_rows import begins_head, is_head, with_lines_said
from kpi_utils.lines.joined import as_one, as_one_part
from kpi_utils.lines.kpi_lines import (
    at_last_year,
    by_name,
    depth,
    header_of,
    without_end,
)
from kpi_utils.lines.labels import (
    dated,
    groups_named,
    labelled,
    name_of_head,
    with_corner,
    with_labels,
)
from kpi_utils.lines.line import Line
from kpi_utils.lines.small_tables import named_by_captions, small_tables, with_names
from kpi_utils.lines.stacks import unstacked
from kpi_utils.lines.texts_below import is_note, legends

CAPTION = re.compile(r"[#*\s]*\((0*[1-9]\d*)\)")
# The caption of the commentary, which is of two things in either order: 評価及び課題等, 課題と成果.
_AND = "(?:結果)?等?(?:及び?|および|並びに|ならびに|と|や|[・/、,&])"
_COMMENTARY = re.compile(f"(?:評価|成果|進捗状況){_AND}課題|課題{_AND}(?:評価|成果)")
_BULLET = re.compile(r"\s*(?:[-*–—•]\s|[・※])")
# A bare number that may be a year at the head of a column.
_YEAR = re.compile(r"\d\d?|(?:19|20)\d\d")


def from_grid(grid: list[Line], declared: Mapping[str, str], ragged: bool = False) -> list[Line]:
    """Rows of cells and texts (no blank ones), as a file has them, -> lines.

    A table begins at a row of heads and ends at the next caption. Its columns are those with a
    head. Outside of tables a row is one text; in the commentary each cell is a text, and a heading
    if it is at the margin. ``declared`` are the heads that plan.toml declares, by identity. With
    ``ragged``, a row with more or fewer cells than its head cannot be trusted, and stays as it is.
    """
    grid = _upright(_marked(grid, declared))
    lines: list[Line] = []
    heads = [begins_head(grid[index : index + 4]) for index in range(len(grid))]
    comments = [is_commentary(row) for row in grid]
    # Something new begins at a head, the commentary, or the caption of a table.
    captions = [
        follows and bool(CAPTION.match(plain(row.run_on())))
        for row, follows in zip(grid, [*heads, False][1:], strict=True)
    ]
    begins = [*map(any, zip(heads, comments, captions, strict=True))]
    index = 0
    while index < len(grid):
        row, end, comment = grid[index], index + 1, comments[index]
        if comment or heads[index]:
            end = index + (depth(grid[index:]) if not comment else 1)
            while end < len(grid) and (not begins[end] or (comment and comments[end])):
                end += 1
            part = grid[index:end]
            if row.head and not comment:
                lines += [line if line.is_row else _as_text(line) for line in part]
            else:
                above = grid[:index]
                lines += _commentary(part) if comment else _table(part, ragged, above, declared)
        elif row.cells:
            lines.append(replace(_as_text(row), heading=not lines or begins[index]))
        else:
            lines.append(row)
        index = end
    if all(above.number <= below.number for above, below in pairwise(lines)):
        return lines
    # Tables that stood side by side now follow each other, and need new numbers.
    return [replace(line, number=n, place=f"{line.position}") for n, line in enumerate(lines, 1)]


def _upright(grid: list[Line]) -> list[Line]:
    """Rows in which the heads of each table stand above; unchanged where that is already so."""
    grid = [dated(row) for row in with_lines_said(grid)]
    if tables := small_tables(grid):
        return tables
    grid = named_by_captions(with_names(with_corner(grid)))
    return grid if any(map(is_head, grid)) else _turned(grid) or grid


def has_table(grid: list[Line], declared: Container[str]) -> bool:
    """Whether rows have a table of KPIs; a table with years alone for heads (人口) is none."""
    rows = _upright(_marked(grid, declared))
    kinds = (kind for row in grid for cell in row.cells for kind in head_of(cell).kinds)
    return any(map(is_head, rows)) and any(kind in ("name", *FIGURES) for kind in kinds)


def _marked(grid: list[Line], declared: Container[str]) -> list[Line]:
    """Rows, where those with heads that plan.toml declares (by identity) are marked as declared.

    A declared text before figures is no such row: it is a head of a table turned on its side.
    """
    # Most plans declare no heads, and the search would look at each cell.
    if not declared:
        return grid
    marked = []
    for row in grid:
        texts = [text for text in row.texts if _YEAR.fullmatch(text) or not is_figure(text)]
        if len(texts) != 1 < len(row.texts) and any(identity(text) in declared for text in texts):
            marked.append(row)
    return [replace(row, declared=row in marked and row.is_row) for row in grid]


def is_commentary(line: Line) -> bool:
    """Whether a text, or a row of one cell, is the caption of the commentary, in any spelling.

    >>> [is_commentary(Line(1, of)) for of in ("課題　及び評価", "進捗状況や課題", "・評価と課題")]
    [True, True, False]
    """
    text = line.run_on()
    # A text with a full stop is a sentence, and no caption.
    one = not line.is_row and "。" not in text and not _BULLET.match(plain(text))
    return one and bool(_COMMENTARY.search(squeezed(text)))


def _table(
    part: list[Line], ragged: bool, above: list[Line], declared: Mapping[str, str]
) -> list[Line]:
    """The lines of a table, a ``part`` of the grid below ``above``: heads, rows and texts."""
    deep = depth(part)
    heads, below = part[:deep], part[deep:]
    is_whole = not ragged or len({len(row.cells) for row in part if row.is_row}) == 1
    if is_whole and (parted := by_part(part, deep) or by_name(part, deep) or by_kpi(part, deep)):
        return _table(parted, ragged, above, declared)
    width = max(len(head.cells) for head in heads)
    headers = [header_of(heads, column) for column in range(width)]
    below = with_labels(headers, name_of_head(headers, below))
    # A row over several tables side by side says what each of them is of.
    is_over = any(row.is_row for row in above[-1:])
    sides = [] if is_over else side_by_side(part, headers)
    beside = [_table(table, ragged, above, declared) for table in sides]
    if are_one(beside):
        last = max(line.number for line in beside[0])
        texts = [_as_text(row) for row in part if row.number > last and not row.is_row]
        return [*(line for table in beside for line in table), *texts]
    rows = [row for row in without_end(below) if row.is_row]
    headers = labelled(headers, [row for row in rows if not is_note(row)], declared)
    below = at_last_year(headers, as_one_part(headers, below))
    rows = [row for row in below if row.is_row]
    # A text right over a column of texts without a head is its head: 事業名, 効果.
    for column in range(width) if is_over else ():
        cells = [*filter(None, (row.cell(column) for row in rows))]
        if cells and not headers[column] and not any(map(is_figure, cells)):
            headers[column] = above[-1].cell(column)
    columns = [column for column in range(width) if headers[column]]
    headers, stack, taken = unstacked(heads, headers, without_end(below))
    if not stack and (levels := by_level(part, deep, above)):
        return _table(levels, ragged, above, declared)
    if stack:
        texts = [_as_text(row) for row in below if row not in taken]
        lines = sorted([*stack, *texts], key=lambda line: line.number)
        return [replace(heads[0], cells=tuple(headers), head=True), *lines]
    headers = not_by_level(headers, part, above)
    lines = [replace(heads[0], cells=tuple(headers[col] for col in columns), head=True)]
    # The name of a group stays in the first of its rows; a merged value is repeated in each row.
    kinds = {col: head_of(headers[col]).kinds for col in columns}
    is_kpi = any("name" in each for each in kinds.values())
    words = [col for col in columns if not any(is_figure(row.cell(col)) for row in below)]
    once = {col for col in words if "group" in kinds[col] and (is_kpi or "thing" not in kinds[col])}
    rated = [col for col in columns if {"grade", "published"} & {*kinds[col]}]
    legend = legends(below, rated)
    for row in groups_named(as_one(below, kinds), kinds):
        if ragged and len(row.cells) != len(heads[0].cells):
            lines.append(row)
            continue
        over = {**row.merged, **dict.fromkeys(once, "")}
        merged = (cell or over.get(column, "") for column, cell in enumerate(row.cells))
        row = replace(row, cells=tuple(merged))
        filled = row.filled()
        is_row = len(filled) > 1 or (filled == columns[:1] and row.run_on().isdecimal())
        others = [col for col in filled if col not in columns]
        is_text = not is_row or is_note(row) or row.number in legend
        lines.append(_as_text(row) if is_text else row.at([*columns, *others]))
    return lines


def _as_text(row: Line) -> Line:
    return Line(row.number, row.run_on(), place=row.place) if row.cells else row


def _commentary(part: list[Line]) -> list[Line]:
    """The commentary's caption, then its texts: headings at the margin, else paragraphs.

    Where all texts stand in one column, only their words tell headings from paragraphs.
    """
    caption, *rows = part
    margin, *others = sorted({column for row in rows for column in row.filled()}) or [0]
    marks = {margin: "- " if others else ""} | dict.fromkeys(others, "  - ")
    lines = [replace(_as_text(caption), heading=caption.heading)]
    for row in rows:
        texts = [marks[column] + row.cells[column] for column in row.filled()]
        is_text = row.cells and not is_head(row)
        lines += [replace(_as_text(row), text=text) for text in texts] if is_text else [row]
    return lines


def _turned(grid: list[Line]) -> list[Line]:
    """The grid with its table turned, if its heads stand in the first column; else []."""
    rows = [row for row in grid if row.is_row]
    if len(rows) < 2:
        return []
    sides = [
        Line(
            rows[0].number,
            place=rows[0].place,
            cells=tuple(row.cell(column) for row in rows),
            numbers=tuple(row.position_of(column) for row in rows),
        )
        for column in range(max(len(row.cells) for row in rows))
    ]
    sides = [side for side in sides if side.filled()]
    # The corner may be the head of what stands below it (年度); turned, it is over the names.
    corner = sides[0].cells[0] if {"no", "name"} & {*head_of(sides[0].cells[0]).kinds} else "指標"
    head = replace(sides[0], cells=(corner, *sides[0].cells[1:]))
    if not is_head(head):
        return []
    named = [at for at, cell in enumerate(head.cells) if "name" in head_of(cell).kinds]
    kpis: list[Line] = []
    for side in sides[1:]:
        is_sentence = any("。" in cell for cell in side.cells)
        if kpis and not is_sentence and not any(map(side.cell, named)):
            # What has no name over it belongs to the KPI at its left, such as a unit: 100, 人.
            both = zip(kpis[-1].cells, side.cells, strict=True)
            kpis[-1] = replace(kpis[-1], cells=tuple(" ".join(filter(None, of)) for of in both))
        else:
            kpis.append(side)
    others = [row for row in grid if not row.is_row]
    return sorted([*others, head, *kpis], key=lambda row: row.number)
