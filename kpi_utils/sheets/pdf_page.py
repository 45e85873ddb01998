"""A page of a PDF -> its ruled tables and the lines of text around them, as they are seen.

A PDF has no cells: it has characters and rules, each at a place. A character is of the cell in
which its middle lies. What would mix or lose a figure in this way is found here by where the ink
is, and told as a problem: characters on a rule, over each other, turned, or not to be seen.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from pdfplumber.page import Page
from pdfplumber.table import edges_to_intersections, intersections_to_cells, merge_edges

from kpi_utils.sheets.lines import one_line
from kpi_utils.sheets.pdf_chars import Box, is_turned, mark, printed_once
from kpi_utils.sheets.pdf_text import around, is_over, lines_of, middle, text_of

# In points: rules may stop short of each other by so much, one may be drawn as two so far apart,
# and is so thin.
_REACH, _SNAP, _THIN = 6, 3, 1
# More rules and crossings of them than the tables of a page have.
_MOST_RULES, _MOST_CROSSINGS = 2000, 5000
# A space that is printed, though the line ends.
_SPACE_AT_END = re.compile(r"\s+\n")


@dataclass
class PrintedCell:
    """A cell of a page's table: its place in the grid of rows and columns, and its text.

    ``is_open`` says of its upper and of its lower side whether no rule is drawn there.
    """

    row: int
    column: int
    rows: int
    columns: int
    is_open: tuple[bool, bool]
    text: str = ""


@dataclass
class PageTable:
    """A ruled table of a page: the places of its rules, and its cells.

    ``number`` counts the tables of the page from 1; ``sides`` and ``tops`` are the places of the
    rules, the last one included.
    """

    page: int
    sides: list[float]
    tops: list[float]
    cells: list[PrintedCell]
    number: int = 0

    def __post_init__(self):
        self.cell_at = {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rows)
            for column in range(cell.column, cell.column + cell.columns)
        }

    def cell_of(self, char: dict) -> PrintedCell | None:
        """The cell in which the middle of a character lies."""
        x, y = middle(char)
        place = bisect_right(self.tops, y) - 1, bisect_right(self.sides, x) - 1
        return self.cell_at.get(place)

    def place_of(self, row: int, column: int | None = None) -> str:
        """A row, or a cell in it, as messages name it; both counted from 0."""
        place = f"{self.page}頁 表{self.number} {row + 1}行"
        return place if column is None else f"{place} {column + 1}列"


@dataclass
class TextLine:
    """A line of text outside of the tables, with where it is printed and the size of its type."""

    page: int
    text: str
    size: float
    box: Box
    number: int = 0

    def place_of(self) -> str:
        """The line as messages name it."""
        return f"{self.page}頁 {self.number}行"


class Problem(NamedTuple):
    """What cannot be read safely: the key of its sentence, where it stands, and its text."""

    kind: str
    place: str
    text: str = ""


@dataclass
class ReadPage:
    """What a page shows: its tables and lines of text, from top to bottom, and the problems.

    ``left_out`` are lines that are not seen, struck out or turned: a remark's code, and the text.
    """

    tables: list[PageTable]
    lines: list[TextLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, lines: list[list[dict]], place: str, text: str) -> None:
        """Keep a problem of each kind that the characters of a cell or a line have."""
        kinds = {char["problem"] for line in lines for char in line} - {""}
        if any(is_over(*pair) for line in lines for pair in pairwise(line)):
            kinds.add("over")
        self.problems += [Problem(kind, place, text) for kind in sorted(kinds)]


class TooLargeError(Exception):
    """A file that would take minutes, or gigabytes."""


def must_be_small(is_small: bool) -> None:
    """Raise TooLargeError where something is not."""
    if not is_small:
        raise TooLargeError


def read_page(page: Page, picture: np.ndarray) -> ReadPage:
    """What a page of a PDF shows; ``picture`` has the brightness of its pixels.

    A problem is told once for each cell, or line of text, and kind.
    """
    chars, drawn = printed_once(page), _drawn(page)
    turned = [char["text"] for char in chars if is_turned(char)]
    if len(turned) > len(chars) / 2:
        return ReadPage([], problems=[Problem("turned", f"{page.page_number}頁", turned[0])])
    tables = _tables(_merged(drawn), page.page_number)
    by_cell: dict[int, list[dict]] = defaultdict(list)
    outside: list[dict] = []
    for char in chars:
        # A table may stand in the cell of another one.
        owners = ((table, cell) for table in reversed(tables) if (cell := table.cell_of(char)))
        table, cell = next(owners, (None, None))
        char["cell"] = id(cell) if cell else 0
        (by_cell[id(cell)] if cell else outside).append(char)
    tables.sort(key=lambda table: (round(table.tops[0]), table.sides[0]))
    mark(chars, drawn, picture, page.cropbox)
    read = ReadPage(tables)
    for number, table in enumerate(tables, 1):
        table.number = number
        for cell in table.cells:
            lines = lines_of(by_cell[id(cell)])
            cell.text = one_line(_SPACE_AT_END.sub(" ", "\n".join(map(text_of, lines))))
            read.tell(lines, table.place_of(cell.row, cell.column), cell.text)
    lines = sorted(lines_of(outside), key=lambda line: max(c["bottom"] for c in line))
    for line in lines:
        size = max(char["size"] for char in line)
        shown = TextLine(page.page_number, text_of(line).lstrip(), size, around(line))
        letters = [char["problem"] for char in line if char["text"].isalnum()]
        if letters and set(letters) == {"unseen"}:
            # Some programs print a merged cell on each of its pages, cut off at the page's end.
            read.left_out.append(("hidden-text", shown.text))
        elif "struck" in letters:
            # In a chart, too, lines may lie on words.
            read.left_out.append(("struck-out", shown.text))
        elif "turned" in letters:
            read.left_out.append(("text-outside-cells", shown.text))
        elif shown.text:
            read.lines.append(shown)
            shown.number = len(read.lines)
            read.tell([line], shown.place_of(), shown.text)
    return read


def _drawn(page: Page) -> list[dict]:
    """The rules on a page as they are drawn; none of white shapes."""
    edges = []
    for edge in page.edges:
        is_fill = not edge.get("stroke") and "rect" in edge["object_type"]
        colour = edge.get("non_stroking_color" if is_fill else "stroking_color")
        # Turning a page leaves noise in the 14th decimal.
        places = {key: round(edge[key], 2) for key in ("x0", "x1", "top", "bottom")}
        width, height = places["x1"] - places["x0"], places["bottom"] - places["top"]
        if min(width, height) < _THIN <= max(width, height) and not _is_white(colour):
            edges.append(_with_size({"orientation": "h" if width > height else "v", **places}))
    return edges


def _merged(edges: list[dict]) -> list[dict]:
    """Rules with those that lie beside each other, or go on, as one."""
    return merge_edges(edges, _SNAP, _SNAP, _SNAP, _SNAP)


def _with_size(edge: dict) -> dict:
    size = {"width": edge["x1"] - edge["x0"], "height": edge["bottom"] - edge["top"]}
    return {"object_type": "line", **edge, **size}


def _is_white(colour) -> bool:
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    if not parts or not all(isinstance(part, int | float) for part in parts):
        return False
    return max(parts) < 0.05 if len(parts) == 4 else min(parts) > 0.95


def _tables(rules: list[dict], page: int) -> list[PageTable]:
    """The tables of more than one column that rules make, the largest first."""
    tables = []
    for group in _touching(rules):
        left, top, right, bottom = around(group)
        # A page's end, or the office, may leave the outer sides of a table open.
        across = {"orientation": "h", "x0": left, "x1": right}
        down = {"orientation": "v", "top": top, "bottom": bottom}
        closing = [across | {"top": y, "bottom": y} for y in (top, bottom)]
        closing += [down | {"x0": x, "x1": x} for x in (left, right)]
        edges = _merged([*group, *map(_with_size, closing)])
        boxes = intersections_to_cells(edges_to_intersections(edges, _REACH, _REACH))
        sides = sorted({x for x0, _, x1, _ in boxes for x in (x0, x1)})
        tops = sorted({y for _, y0, _, y1 in boxes for y in (y0, y1)})
        if len(sides) > 2:
            cells = [_cell(box, sides, tops, group) for box in boxes]
            tables.append(PageTable(page, sides, tops, cells))
    size = {id(t): (t.sides[-1] - t.sides[0]) * (t.tops[-1] - t.tops[0]) for t in tables}
    return sorted(tables, key=lambda table: -size[id(table)])


def _touching(rules: list[dict]) -> list[list[dict]]:
    """The groups of rules that touch each other, of both directions."""
    crossings, group_of = 0, {id(rule): [rule] for rule in rules}
    level = [rule for rule in rules if rule["orientation"] == "h"]
    upright = [rule for rule in rules if rule["orientation"] == "v"]
    must_be_small(len(rules) <= _MOST_RULES)
    for rule in level:
        for other in upright:
            reaches_across = rule["x0"] - _REACH <= other["x0"] <= rule["x1"] + _REACH
            if reaches_across and other["top"] - _REACH <= rule["top"] <= other["bottom"] + _REACH:
                crossings += 1
                must_be_small(crossings <= _MOST_CROSSINGS)
                one, two = group_of[id(rule)], group_of[id(other)]
                if one is not two:
                    one += two
                    group_of |= {id(rule): one for rule in two}
    groups = {id(group): group for group in group_of.values() if len(group) > 1}
    return list(groups.values())


def _cell(box: Box, sides: list[float], tops: list[float], drawn: list[dict]) -> PrintedCell:
    left, top, right, bottom = box
    row, column = tops.index(top), sides.index(left)

    def is_open(y: float) -> bool:
        return not any(
            rule["orientation"] == "h"
            and abs(rule["top"] - y) <= _SNAP
            and rule["x0"] <= (left + right) / 2 <= rule["x1"]
            for rule in drawn
        )

    size = tops.index(bottom) - row, sides.index(right) - column
    return PrintedCell(row, column, *size, (is_open(top), is_open(bottom)))
