"""A page of a PDF -> its ruled tables and the lines of text around them, as they are seen.

A PDF has no cells, only characters and rules with their places. A character belongs to the cell
in which its middle lies. Where this would mix up or lose a figure, the page's ink shows it, and it
is a problem: characters on a rule, over each other, turned, or invisible.
"""

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, chain

import numpy as np
from pdfplumber.page import Page
from pdfplumber.utils import calculate_area, intersects_bbox, objects_to_bbox

from kpi_utils.cells.letters import plain
from kpi_utils.cells.years import leading_year
from kpi_utils.formats import pdf_chars, pdf_drawn, pdf_rules
from kpi_utils.formats.pdf_chars import is_within
from kpi_utils.formats.pdf_rules import REACH, SNAP
from kpi_utils.lines.line import Remark, one_line

# In points: so far a cell's own rules may reach into it.
_NEAR = 2
# How many times larger than most letters, and than its cell, a letter is that lies over the page.
_LARGE, _TALL = 2, 1.5
# A picture that takes a larger part of its page is told.
_LARGEST = 0.025
# Stands for the cell of what is laid over cells.
_OVER = -1
# By its problem, the remark on a line of text that is left out: its code, and its message.
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
    is drawn there, and ``is_red`` whether digits of it are red.
    """

    box: pdf_chars.Box
    row: int
    column: int
    rows: int
    is_open: list[bool]
    text: str = ""
    is_red: bool = False


@dataclass
class PageTable:
    """A ruled table: where it is printed, its vertical rules, the places of its rows, its cells.

    A table that goes on over several pages has the box and the rules of its first part. ``page`` is
    its last page, and ``begin`` the first row on that page.
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
    """What is said about a file: remarks, and problems for which it is refused.

    A problem is a remark on something that cannot be read safely; its code is a key in errors.toml.
    """

    problems: list[Remark] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def read_page(page: Page, picture: np.ndarray, told: Told) -> list[PageTable | TextLine]:
    """The tables and lines of text that a page shows, from top to bottom.

    ``picture`` has the brightness of its pixels. A problem is told once for each kind and cell or
    line of text. A line of text that is invisible, struck out or turned is left out with a remark.
    """
    number = page.page_number
    # Of a text that is drawn on several pages only the first is read.
    chars = [char for char in page.chars if not char.get("again")]
    pdf_chars.put_on_line(chars)
    drawn = pdf_drawn.rules(page, picture)
    tables = _tables(pdf_rules.of_tables(drawn, chars), number)
    in_cell = _by_cell(chars, tables)
    in_cell[0] = intersects_bbox(in_cell[0], page.cropbox)
    struck = pdf_drawn.struck(chars, drawn, page)
    pdf_chars.mark(chars, struck, drawn, picture, page.cropbox)
    pictures = [*pdf_drawn.pictures(page, picture)]
    for char in chain(*(under for _, under in pictures)):
        char["problem"] = "unseen"
    small = pdf_drawn.small(page, picture)
    for table in tables:
        told.problems += _read_cells(table, in_cell, small)
    told.remarks += _pictures(page, [of for of, under in pictures if not under], picture, tables)
    texts: list[TextLine] = []
    for char in in_cell[_OVER]:
        char["problem"] = "turned"
    outside = [*pdf_chars.lines_of(in_cell[0]), *pdf_chars.lines_of(in_cell[_OVER])]
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
            if any(is_within(char, table.box) for char in line for table in tables):
                told.problems.append(Remark("no-cell", place, text))
    return _in_order(tables, texts)


def _read_cells(
    table: PageTable, in_cell: dict[int, list[dict]], drawn: np.ndarray
) -> Iterator[Remark]:
    """Put its text to each cell of a table; what cannot be read safely, also for what is drawn."""
    for cell in table.cells:
        lines = pdf_chars.lines_of(in_cell[id(cell)])
        written = pdf_chars.columns_of(in_cell[id(cell)]) or lines
        # A space may be printed, though the line ends.
        cell.text = one_line(re.sub(r"\s+\n", " ", "\n".join(map(pdf_chars.text_of, written))))
        digits = [char for char in in_cell[id(cell)] if char["text"].isdigit()]
        cell.is_red = any(pdf_drawn.is_red(char["non_stroking_color"]) for char in digits)
        problems = pdf_chars.problems_of(written)
        inner = tuple(np.add(cell.box, (_NEAR, _NEAR, -_NEAR, -_NEAR)))
        problems += ["sign"] * any(pdf_drawn.is_by_digit(line, drawn, inner) for line in lines)
        yield from (Remark(of, table.place_of(cell.row, cell.column), cell.text) for of in problems)


def _pictures(
    page: Page, pictures: list[dict], picture: np.ndarray, tables: list[PageTable]
) -> Iterator[Remark]:
    """Remarks on a page: one of its pictures is large; a cell has a picture in place of a text.

    Besides the picture, such a cell may have a year. Some programs turn letters into drawings.
    """
    large = _LARGEST * page.width * page.height
    places = [f"{page.page_number}頁" for of in pictures if of["width"] * of["height"] > large]
    in_cells = []
    for table, cell in ((of, cell) for of in tables for cell in of.cells):
        inner = tuple(np.add(cell.box, (SNAP, SNAP, -SNAP, -SNAP)))
        has_picture = intersects_bbox(pictures, inner) and not leading_year(plain(cell.text))[1]
        has_drawing = pdf_drawn.has_drawing(pdf_drawn.rule(*inner), picture, page.cropbox)
        if has_picture or (has_drawing and not cell.text):
            in_cells.append(table.place_of(cell.row, cell.column))
    for place in [*places[:1], *in_cells[:1]]:
        yield Remark("text-outside-cells", place, "", says="picture")


def _in_order(tables: list[PageTable], texts: list[TextLine]) -> list[PageTable | TextLine]:
    """Tables and lines from top to bottom; where tables stand side by side, column by column."""
    boxes = sorted((table.box for table in tables), key=lambda box: box[1])
    ends = [0, *accumulate((box[3] for box in boxes), max)]
    begins = [(end, box[1]) for end, box in zip(ends, boxes, strict=False) if end <= box[1]]
    # Where tables that stand side by side begin and end together.
    bounds = [*chain(*begins), ends[-1]]

    def place(item: PageTable | TextLine) -> tuple[float, ...]:
        left, top, right, bottom = item.box
        # A line may stand so close above a table that its characters reach into it.
        at = (top + bottom) / 2 if isinstance(item, TextLine) else top
        band = bisect(bounds, at)
        beside = [box for box in boxes if bisect(bounds, box[1]) == band]
        column = [box[0] for box in beside if box[0] < right and left < box[2]]
        return band, min(column, default=left if beside else 0), at, left

    return sorted([*tables, *texts], key=place)


def _by_cell(chars: list[dict], tables: list[PageTable]) -> dict[int, list[dict]]:
    """The characters by the id of their cell, which is also set as each character's ``cell``.

    The id is 0 outside of all cells, and ``_OVER`` for what is laid over them: large letters that
    are taller than their cell, and turned ones outside.
    """
    middles = [char.get("place") or pdf_chars.middle(char) for char in chars]
    x, y = np.array(middles).reshape(-1, 2).T
    owners = np.zeros(len(chars), int)
    sizes = np.array([char["size"] for char in chars])
    # As a watermark has them.
    is_large = sizes > (_LARGE * np.median(sizes) if chars else 0)
    cells = [cell for table in tables for cell in table.cells]
    # A table may stand in the cell of another one, which is larger.
    for cell in sorted(cells, key=lambda cell: -calculate_area(cell.box)):
        left, top, right, bottom = cell.box
        is_in = (left <= x) & (x < right) & (top <= y) & (y < bottom)
        is_over = is_large & (sizes > _TALL * (bottom - top))
        owners[is_in] = np.where(is_over, _OVER, id(cell))[is_in]
    by_cell: dict[int, list[dict]] = defaultdict(list)
    for char, owner in zip(chars, owners.tolist(), strict=True):
        char["cell"] = _OVER if not owner and pdf_chars.is_turned(char) else owner
        by_cell[char["cell"]].append(char)
    return by_cell


def _tables(rules: list[dict], page: int) -> list[PageTable]:
    """The tables of more than one column that rules make, from top to bottom."""
    tables: list[PageTable] = []
    boxed = [(objects_to_bbox(group), group) for group in pdf_rules.touching(rules, REACH)]
    for around, group in sorted(boxed, key=lambda pair: (round(pair[0][1]), pair[0][0])):
        boxes = pdf_rules.cells(group, REACH, is_open=True)
        sides = sorted({x for x0, _, x1, _ in boxes for x in (x0, x1)})
        tops = sorted({y for _, y0, _, y1 in boxes for y in (y0, y1)})
        if len(sides) < 3:
            continue
        rows = [f"{page}頁 表{len(tables) + 1} {row}行" for row in range(1, len(tops))]
        tables.append(PageTable(page, around, sides, rows))
        level = [rule for rule in group if rule["orientation"] == "h"]
        for x0, y0, x1, y1 in boxes:
            over = [rule for rule in level if rule["x0"] <= (x0 + x1) / 2 <= rule["x1"]]
            is_open = [all(abs(rule["top"] - y) > SNAP for rule in over) for y in (y0, y1)]
            row, end = tops.index(y0), tops.index(y1)
            cell = PrintedCell((x0, y0, x1, y1), row, sides.index(x0), end - row, is_open)
            tables[-1].cells.append(cell)
    return tables
