"""A page of a PDF -> its ruled tables and the lines of text around them, as they are seen.

A PDF has no cells: it has characters and rules, each at a place. A character is of the cell in
which its middle lies. What would mix or lose a figure in this way is found here by where the ink
is, and told as a problem: characters on a rule, over each other, turned, or not to be seen.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from pdfplumber.page import Page
from pdfplumber.table import edges_to_intersections, intersections_to_cells, merge_edges
from pdfplumber.utils import calculate_area, intersects_bbox, obj_to_bbox, objects_to_bbox

from kpi_utils.sheets import pdf_chars
from kpi_utils.sheets.lines import Remark, one_line

# In points: rules may stop short of each other by so much, one may be drawn as two so far apart,
# and is so thin.
_REACH, _SNAP, _THIN = 6, 3, 1
_SNAPS = [_SNAP] * 4
# Where brightness (0 to 255) changes by no more, no rule is seen.
_FAINT = 3
# In points: so far outside of a filled shape begins the one beside it.
_BESIDE = 0.5
# More rules and crossings of them than the tables of a page have.
_MOST_RULES, _MOST_CROSSINGS = 2000, 5000
# A space that is printed, though the line ends.
_SPACE_AT_END = re.compile(r"\s+\n")
# Of a line outside of the tables that has such a problem: the code of its remark, and what it says.
_LEFT_OUT = {
    # In a chart, too, lines may lie on words.
    "struck": ("struck-out", ""),
    "turned": ("text-outside-cells", "turned"),
    # Some programs print a merged cell on each of its pages, cut off at the page's end.
    "unseen": ("hidden-text", "unseen"),
}


@dataclass
class PrintedCell:
    """A cell of a page's table: where it is printed, its place among rows and columns, its text.

    It takes so many ``rows``; ``is_open`` says of its upper and of its lower side whether no rule
    is drawn there.
    """

    box: pdf_chars.Box
    row: int
    column: int
    rows: int
    is_open: list[bool]
    text: str = ""


@dataclass
class PageTable:
    """A ruled table: where it is printed, the places of its upright rules, its rows and its cells.

    A row is known by its place. A table that goes on over pages has the box and the rules of its
    first part; its part on the last of them, ``page``, begins with the row ``begin``.
    """

    page: int
    box: pdf_chars.Box
    sides: list[float]
    rows: list[str]
    cells: list[PrintedCell] = field(default_factory=list)
    begin: int = 0

    def place_of(self, row: int, column: int) -> str:
        """A cell as messages name it; row and column are counted from 0."""
        return f"{self.rows[row]} {column + 1}列"


@dataclass
class TextLine:
    """A line of text outside of the tables, with where it is printed and the size of its type."""

    page: int
    place: str
    text: str
    size: float
    box: pdf_chars.Box


@dataclass
class Told:
    """What is told of a file: remarks, and problems for which it is refused.

    A problem is a remark on what cannot be read safely, with the key of a sentence as its code.
    """

    problems: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


class TooLargeError(Exception):
    """A file that would take minutes, or gigabytes."""


def must_be_small(is_small: bool) -> None:
    """Raise TooLargeError where something is not."""
    if not is_small:
        raise TooLargeError


def read_page(page: Page, picture: np.ndarray, told: Told) -> list[PageTable | TextLine]:
    """The tables and lines of text that a page shows, from top to bottom.

    ``picture`` has the brightness of its pixels. A problem is told once for each cell, or line of
    text, and kind; of a line that is not seen, struck out or turned it is told that it is left out.
    """
    number = page.page_number
    chars = page.chars
    pdf_chars.put_on_line(chars)
    turned = [char["text"] for char in chars if pdf_chars.is_turned(char)]
    if len(turned) > len(chars) / 2:
        told.problems.append(Remark("turned", f"{number}頁", turned[0]))
        return []
    drawn = _drawn(page, picture)
    # Dots and dashes are parts of a rule; they have ends, too.
    joined = merge_edges(drawn, 0, 0, _REACH, _REACH)
    long = [rule for rule in joined if max(rule["width"], rule["height"]) > _SNAP]
    tables = _tables(merge_edges(long, *_SNAPS), number)
    in_cell = _by_cell(chars, tables)
    in_cell[0] = intersects_bbox(in_cell[0], page.cropbox)
    pdf_chars.mark(chars, drawn, picture, page.cropbox)
    for table in tables:
        for cell in table.cells:
            lines = pdf_chars.lines_of(in_cell[id(cell)])
            text = "\n".join(map(pdf_chars.text_of, lines))
            cell.text = one_line(_SPACE_AT_END.sub(" ", text))
            place = table.place_of(cell.row, cell.column)
            told.problems += [Remark(of, place, cell.text) for of in pdf_chars.problems_of(lines)]
    texts: list[TextLine] = []
    outside = pdf_chars.lines_of(in_cell[0])
    for line in sorted(outside, key=lambda line: max(char["bottom"] for char in line)):
        text = pdf_chars.text_of(line).lstrip()
        found = {char["problem"] for char in line if char["text"].isalnum()}
        kind = next((kind for kind in _LEFT_OUT if kind in found), "")
        if kind and (kind != "unseen" or len(found) == 1):
            code, says = _LEFT_OUT[kind]
            told.remarks.append(Remark(code, f"{number}頁", text, says=says, place=f"{number}頁"))
        elif text:
            place, size = f"{number}頁 {len(texts) + 1}行", max(char["size"] for char in line)
            texts.append(TextLine(number, place, text, size, objects_to_bbox(line)))
            told.problems += [Remark(of, place, text) for of in pdf_chars.problems_of([line])]
            if any(_is_within(char, table.box) for char in line for table in tables):
                told.problems.append(Remark("no-cell", place, text))
    return sorted([*tables, *texts], key=_top)


def _top(item: PageTable | TextLine) -> tuple[float, float]:
    left, top, _, bottom = item.box
    # A line may stand so close above a table that its characters reach into it.
    return (top + bottom) / 2 if isinstance(item, TextLine) else top, left


def _is_within(char: dict, box: pdf_chars.Box) -> bool:
    x, y = pdf_chars.middle(char)
    return box[0] < x < box[2] and box[1] < y < box[3]


def _by_cell(chars: list[dict], tables: list[PageTable]) -> dict[int, list[dict]]:
    """The characters by the id of their cell, 0 outside; that is put under ``cell`` to each."""
    x, y = np.array([pdf_chars.middle(char) for char in chars]).reshape(-1, 2).T
    owners = np.zeros(len(chars), int)
    cells = [cell for table in tables for cell in table.cells]
    # A table may stand in the cell of another one, which is larger.
    for cell in sorted(cells, key=lambda cell: -calculate_area(cell.box)):
        left, top, right, bottom = cell.box
        owners[(left <= x) & (x < right) & (top <= y) & (y < bottom)] = id(cell)
    by_cell: dict[int, list[dict]] = defaultdict(list)
    for char, owner in zip(chars, owners.tolist(), strict=True):
        char["cell"] = owner
        by_cell[owner].append(char)
    return by_cell


def _drawn(page: Page, picture: np.ndarray) -> list[dict]:
    """The rules on a page as they are drawn; white ones where they are seen."""
    strokes = [of for of in page.edges if of.get("stroke") or "rect" not in of["object_type"]]
    drawn = [(edge.get("stroking_color"), obj_to_bbox(edge)) for edge in strokes]
    rules = []
    for colour, box in [*drawn, *_sides(page)]:
        # Turning a page leaves noise in the 14th decimal.
        rule = _rule(*(round(float(at), 2) for at in box))
        is_thin = min(rule["width"], rule["height"]) < _THIN
        if is_thin and (not _is_white(colour) or _is_seen(rule, picture, page.cropbox)):
            rules.append(rule)
    return rules


def _sides(page: Page) -> Iterator[tuple[object, pdf_chars.Box]]:
    """The sides of filled shapes with their colours, where none of that colour is beside them.

    A cell that is merged may be filled row by row.
    """
    of_colour = defaultdict(list)
    for shape in page.rects:
        if not shape["stroke"]:
            of_colour[str(shape["non_stroking_color"])].append(shape)
    for shapes in of_colour.values():
        boxes = np.array([obj_to_bbox(shape) for shape in shapes])
        for box, across, is_far in product(boxes, (0, 1), (False, True)):
            at, along = box[across + 2 * is_far], 1 - across
            outside = at + (_BESIDE if is_far else -_BESIDE)
            is_beside = (boxes[:, across] < outside) & (outside < boxes[:, across + 2])
            begin, end = box[along], box[along + 2]
            for near, far in [*sorted(boxes[is_beside][:, along::2].tolist()), (end, end)]:
                if begin < min(near, end):
                    ends = [(begin, at), (min(near, end), at)]
                    corners = [corner if across else corner[::-1] for corner in ends]
                    yield shapes[0]["non_stroking_color"], (*corners[0], *corners[1])
                begin = max(begin, far)


def _rule(x0: float, top: float, x1: float, bottom: float) -> dict:
    """A rule as pdfplumber has it."""
    width, height = x1 - x0, bottom - top
    size = {"orientation": "h" if width > height else "v", "width": width, "height": height}
    return {"x0": x0, "top": top, "x1": x1, "bottom": bottom} | size


def _is_seen(rule: dict, picture: np.ndarray, crop: pdf_chars.Box) -> bool:
    """Whether the page is of another brightness at a rule than beside it."""
    around = picture[pdf_chars.pixels_around(rule, picture, crop)]
    # Letters that stand beside it cover less than half of it.
    levels = np.median(around, int(rule["orientation"] == "h")) if around.size else [0]
    return bool(np.ptp(levels) > _FAINT)


def _is_white(colour) -> bool:
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    if not parts or not all(isinstance(part, int | float) for part in parts):
        return False
    return max(parts) < 0.05 if len(parts) == 4 else min(parts) > 0.95


def _tables(rules: list[dict], page: int) -> list[PageTable]:
    """The tables of more than one column that rules make, from top to bottom."""
    tables: list[PageTable] = []
    boxed = [(objects_to_bbox(group), group) for group in _touching(rules)]
    for around, group in sorted(boxed, key=lambda pair: (round(pair[0][1]), pair[0][0])):
        left, top, right, bottom = around
        # A page's end, or the office, may leave the outer sides of a table open.
        closing = [_rule(left, y, right, y) for y in (top, bottom)]
        closing += [_rule(x, top, x, bottom) for x in (left, right)]
        edges = merge_edges([*group, *closing], *_SNAPS)
        boxes = intersections_to_cells(edges_to_intersections(edges, _REACH, _REACH))
        sides = sorted({x for x0, _, x1, _ in boxes for x in (x0, x1)})
        tops = sorted({y for _, y0, _, y1 in boxes for y in (y0, y1)})
        if len(sides) < 3:
            continue
        rows = [f"{page}頁 表{len(tables) + 1} {row}行" for row in range(1, len(tops))]
        tables.append(PageTable(page, around, sides, rows))
        level = [rule for rule in group if rule["orientation"] == "h"]
        for x0, y0, x1, y1 in boxes:
            over = [rule for rule in level if rule["x0"] <= (x0 + x1) / 2 <= rule["x1"]]
            is_open = [all(abs(rule["top"] - y) > _SNAP for rule in over) for y in (y0, y1)]
            row, end = tops.index(y0), tops.index(y1)
            cell = PrintedCell((x0, y0, x1, y1), row, sides.index(x0), end - row, is_open)
            tables[-1].cells.append(cell)
    return tables


def _touching(rules: list[dict]) -> list[list[dict]]:
    """The groups of rules that touch each other, of both directions."""
    must_be_small(len(rules) <= _MOST_RULES)
    crossings = edges_to_intersections(rules, _REACH, _REACH)
    must_be_small(len(crossings) <= _MOST_CROSSINGS)
    groups: list[dict[int, dict]] = []
    for crossing in crossings.values():
        joined = {id(rule): rule for rule in crossing["v"] + crossing["h"]}
        apart = []
        for group in groups:
            if joined.keys().isdisjoint(group):
                apart.append(group)
            else:
                joined |= group
        groups = [*apart, joined]
    return [list(group.values()) for group in groups]
