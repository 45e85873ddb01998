"""The rows of a file, in whatever layout -> lines: of each table one line of heads, a line a KPI.

Heads of several rows are put together, and so are the several lines of a KPI: each of its figures
gets a column of its own, whose head is put together of the heads that it stands under and beside.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import replace
from itertools import pairwise

from kpi_utils.cells.heads import FIGURES, head_of
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.sheets.beside import are_one, side_by_side
from kpi_utils.sheets.columns import is_figure
from kpi_utils.sheets.head_rows import begins_head, is_head
from kpi_utils.sheets.kpi_lines import (
    by_level,
    by_name,
    by_part,
    depth,
    header_of,
    not_by_level,
    without_end,
)
from kpi_utils.sheets.labels import (
    as_one,
    dated,
    groups_named,
    labelled,
    name_of_head,
    with_labels,
)
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.small_tables import named_by_captions, small_tables, with_corner, with_names
from kpi_utils.sheets.stacks import unstacked
from kpi_utils.sheets.texts_below import is_note, legends

CAPTION = re.compile(r"[#*\s]*\((0*[1-9]\d*)\)")
# The caption of the commentary, which is of two things in either order: 評価及び課題等, 課題と成果.
_AND = "(?:結果)?等?(?:及び?|および|並びに|ならびに|と|[・/、,&])"
_COMMENTARY = re.compile(f"(?:評価|成果){_AND}課題|課題{_AND}(?:評価|成果)")
_BULLET = re.compile(r"\s*(?:[-*–—•]\s|[・※])")
# What may be a year at the head of a column.
_YEAR = re.compile(r"\d\d?|(?:19|20)\d\d")


def from_grid(grid: list[Line], declared: Mapping[str, str], ragged: bool = False) -> list[Line]:
    """Rows of cells and texts (no blank ones), as a file has them, -> lines.

    A table begins at a row of heads and ends at the next caption. Its columns are those that have
    a head. Elsewhere a row is text; in the commentary each of its cells is one, those at the margin
    as headings. ``declared`` are the heads that plan.toml declares, by identity. ``ragged``: a row
    with more or fewer cells than its head has lost its place, and is handed on as it is.
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
                lines += [of if of.is_row else _as_text(of) for of in part]
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
    # Tables that stood side by side go on from each other.
    return [replace(of, number=n, place=f"{of.position}") for n, of in enumerate(lines, 1)]


def _upright(grid: list[Line]) -> list[Line]:
    """Rows with a table in them whose heads stand above; as they are where that is so already."""
    grid = [dated(row) for row in grid]
    if tables := small_tables(grid):
        return tables
    grid = named_by_captions(with_names(with_corner(grid)))
    return grid if any(map(is_head, grid)) else _turned(grid) or grid


def has_table(grid: list[Line], declared: Container[str]) -> bool:
    """Whether rows have a table of KPIs in them: not one of years alone, as of 人口."""
    rows = _upright(_marked(grid, declared))
    kinds = (kind for row in grid for cell in row.cells for kind in head_of(cell).kinds)
    return any(map(is_head, rows)) and any(kind in ("name", *FIGURES) for kind in kinds)


def _marked(grid: list[Line], declared: Container[str]) -> list[Line]:
    """Rows with a mark on those that have heads which plan.toml declares, by their identity.

    What stands before figures is the head of a table on its side.
    """
    # Most plans declare none, and each cell would be looked at.
    if not declared:
        return grid
    heads = []
    for row in grid:
        texts = [text for text in row.texts if _YEAR.fullmatch(text) or not is_figure(text)]
        if len(texts) != 1 < len(row.texts) and any(identity(of) in declared for of in texts):
            heads.append(row)
    return [replace(row, declared=row in heads and row.is_row) for row in grid]


def is_commentary(line: Line) -> bool:
    """Whether a text, or a row of one cell, is the caption of the commentary, however spelt.

    >>> [is_commentary(Line(1, text)) for text in ("（3）課題　及び　評価", "・評価と課題")]
    [True, False]
    """
    text = line.run_on()
    # With a full stop it is a sentence.
    one = not line.is_row and "。" not in text and not _BULLET.match(plain(text))
    return one and bool(_COMMENTARY.search(squeezed(text)))


def _table(
    part: list[Line], ragged: bool, above: list[Line], declared: Mapping[str, str]
) -> list[Line]:
    """A table's lines: its heads as one, its rows with the cells of its columns, and texts."""
    deep = depth(part)
    heads, below = part[:deep], part[deep:]
    is_whole = not ragged or len({len(row.cells) for row in part if row.is_row}) == 1
    if is_whole and (parted := by_part(part, deep) or by_name(part, deep)):
        return _table(parted, ragged, above, declared)
    width = max(len(head.cells) for head in heads)
    headers = [header_of(heads, column) for column in range(width)]
    # What stands over each of several tables may part them.
    below = with_labels(headers, name_of_head(headers, below))
    is_over = any(row.is_row for row in above[-1:])
    sides = [] if is_over else side_by_side(part, headers)
    beside = [_table(of, ragged, above, declared) for of in sides]
    if are_one(beside):
        last = max(line.number for line in beside[0])
        texts = [_as_text(row) for row in part if row.number > last and not row.is_row]
        return [*(line for table in beside for line in table), *texts]
    rows = [row for row in without_end(below) if row.is_row]
    headers = labelled(headers, [row for row in rows if not is_note(row)], declared)
    # A text right over a column of texts without a head is that: 事業名, 効果.
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
    lines = [replace(heads[0], cells=tuple(headers[of] for of in columns), head=True)]
    # The name of a group stands once for its rows; a merged value stands for each of its own.
    kinds = {of: head_of(headers[of]).kinds for of in columns}
    has_name = any("name" in of for of in kinds.values())
    words = [of for of in columns if not any(is_figure(row.cell(of)) for row in below)]
    once = {of for of in words if "group" in kinds[of] and (has_name or "thing" not in kinds[of])}
    rated = [of for of in columns if {"grade", "published"} & {*kinds[of]}]
    told = legends(below, rated)
    for row in groups_named(as_one(below, kinds), kinds):
        if ragged and len(row.cells) != len(heads[0].cells):
            lines.append(row)
            continue
        over = {**row.merged, **dict.fromkeys(once, "")}
        merged = (cell or over.get(column, "") for column, cell in enumerate(row.cells))
        row = replace(row, cells=tuple(merged))
        filled = row.filled()
        is_row = len(filled) > 1 or (filled == columns[:1] and row.run_on().isdecimal())
        others = [of for of in filled if of not in columns]
        is_text = not is_row or is_note(row) or row.number in told
        lines.append(_as_text(row) if is_text else row.at([*columns, *others]))
    return lines


def _as_text(row: Line) -> Line:
    return Line(row.number, row.run_on(), place=row.place) if row.cells else row


def _commentary(part: list[Line]) -> list[Line]:
    """The commentary's caption, then its texts: at the margin headings, further in paragraphs.

    Where all stand in one column, only their words tell headings from paragraphs.
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
    """A table whose heads stand in its first column, turned; none where it has no such column."""
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
    # The corner says what stands below it (年度), where the names stand beside it.
    corner = sides[0].cells[0] if {"no", "name"} & {*head_of(sides[0].cells[0]).kinds} else "指標"
    head = replace(sides[0], cells=(corner, *sides[0].cells[1:]))
    if not is_head(head):
        return []
    others = [row for row in grid if not row.is_row]
    return sorted([*others, head, *sides[1:]], key=lambda row: row.number)
