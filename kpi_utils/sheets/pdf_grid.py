"""The pages of a PDF -> the rows of one grid, as a worksheet has them.

A table that goes on over a page's end is one, lines that the margin has broken are one paragraph,
and what stands at the head or the foot of every page is left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice, pairwise, takewhile
from typing import cast

from kpi_utils.cells.letters import plain
from kpi_utils.sheets.layout import is_head
from kpi_utils.sheets.lines import Line, one_line
from kpi_utils.sheets.pdf_page import PageTable, PrintedCell, Problem, ReadPage, TextLine

# The columns of a table stand so exactly below each other on its pages.
_SAME = 3
# So far apart, in points, the same line may stand on its pages.
_SAME_HEIGHT = 10
_PAGE_NUMBER = re.compile(
    r"""
    [-‐―ー\s]*(?:p\.?|page)?\s*\d{1,3}                   # - 12, p. 12
        \s*(?:(?:/|of)\s*\d{1,3})?[-‐―ー\s]*              # / 40 -
    |第?\d{1,3}(?:頁|ページ)                              # 第12頁
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What begins a paragraph; what is not parted at the end of a line.
_BEGINS = re.compile(r"[・●○◎◆◇■□▪•※*＊‐–—-]|[(（]\d{1,2}[)）]|\d{1,2}[.．)）](?!\d)|[①-⑳]")
_UNPARTED = re.compile(r"[「『（【(\[]*(?:[!-~]+|.)[、。」』）】)\],.]*")
_BULLET = re.compile("[・●○◆■▪•]")


def _top(item: PageTable | TextLine) -> tuple[float, float]:
    if isinstance(item, TextLine):
        # A line may stand so close above a table that its characters reach into it.
        return (item.box[1] + item.box[3]) / 2, item.box[0]
    return item.tops[0], item.sides[0]


def _without_margins(pages: list[list]) -> dict[str, int]:
    """Leave page numbers and repeated feet out of all pages, and all heads but the first one.

    The feet with a page on which each stands.
    """
    feet = {}
    for end in (0, -1):
        ends = [(n, page, page[end]) for n, page in enumerate(pages) if page]
        ends = [(n, page, line) for n, page, line in ends if isinstance(line, TextLine)]
        for n, page, line in list(ends):
            if _PAGE_NUMBER.fullmatch(line.text.strip()):
                del page[end]
                ends.remove((n, page, line))
        keys = [_margin_key(line, n if end else None) for n, _, line in ends]
        for index, (_, page, _) in enumerate(ends):
            # A foot would part a table from its rest.
            if keys.count(keys[index]) > 1 and (end or keys[index] in keys[:index]):
                line = page.pop(end)
                if end and keys[index] not in keys[:index]:
                    feet[line.text.strip()] = line.page
    return feet


def _margin_key(line: TextLine, page: int | None) -> tuple[str, float]:
    """What is the same on all pages of what stands at their head or, with ``page``, at their foot.

    There the last number may be that of the page.
    """
    text = line.text.strip()
    if page is not None:
        text = re.sub(r"\d{1,3}(?=\D*$)", lambda number: f"#{int(number[0]) - page}", text)
    return text, round(line.box[1] / _SAME_HEIGHT)


def grid_of(pages: list[ReadPage]) -> tuple[list[Line], dict[str, int], list[Problem]]:
    """The rows of tables and the paragraphs on all pages, in reading order; feet, and problems.

    Feet of pages are left out, each with a page on which it stands. It is a problem where a table
    goes on in other columns, and where it is not sure what a page's end has cut.
    """
    items_of_pages: list[list[PageTable | TextLine]]
    items_of_pages = [sorted([*page.tables, *page.lines], key=_top) for page in pages]
    feet = _without_margins(items_of_pages)
    items = [item for page in items_of_pages for item in page]
    texts = [item for item in items if isinstance(item, TextLine)]
    tables = [item for item in items if isinstance(item, PageTable)]
    right = max([*(item.box[2] for item in texts), *(table.sides[-1] for table in tables)])
    left = min((item.box[0] for item in texts), default=0)
    at_margin = [item for item in texts if item.box[0] - left < item.size / 2]
    # Where paragraphs begin at the margin, what stands further in is no level of its own.
    has_levels = not any(_BULLET.match(item.text) for item in at_margin)
    grid: list[Line] = []
    problems: list[Problem] = []
    for kind, group in groupby(items, key=type):
        if kind is TextLine:
            for line in _paragraphs(cast(list[TextLine], list(group)), right):
                indent = ("",) if has_levels and line.box[0] - left >= line.size / 2 else ()
                cells = (*indent, line.text.strip())
                grid.append(Line(len(grid) + 1, cells=cells, place=line.place_of()))
            continue
        for table in _in_one(cast(list[PageTable], list(group)), problems):
            for row in _rows(table):
                grid.append(replace(row, number=len(grid) + 1))
    return grid, feet, problems


def _paragraphs(lines: list[TextLine], right: float) -> Iterator[TextLine]:
    """Lines of text, each with those into which the margin at the right has broken it."""
    paragraph, last = None, None
    for line in lines:
        if paragraph and last and _goes_on(paragraph, last, line, right):
            is_close = max(map(ord, (paragraph.text[-1], line.text[0]))) > 0x2E80
            between = "" if is_close or paragraph.text[-1].isspace() else " "
            paragraph = replace(paragraph, text=f"{paragraph.text}{between}{line.text}")
        else:
            if paragraph:
                yield paragraph
            paragraph = line
        last = line
    if paragraph:
        yield paragraph


def _goes_on(paragraph: TextLine, last: TextLine, line: TextLine, right: float) -> bool:
    """Whether a line goes on with the paragraph above it, whose last line is full."""
    end = last.text.rstrip()[-1:]
    ended = end in "】］" or (end in "。." and line.text[0] in "「『")
    is_indented = line.box[0] - last.box[0] > line.size / 2 and not _BULLET.match(paragraph.text)
    if _BEGINS.match(line.text) or ended or is_indented:
        return False
    first = _UNPARTED.match(line.text)
    width = sum(0.6 if letter.isascii() else 1 for letter in (first[0] if first else ""))
    return last.box[2] + (width + 1) * line.size > right


def _in_one(tables: list[PageTable], problems: list[Problem]) -> list[PageTable]:
    """Tables that follow each other; those that go on over a page's end get the same columns.

    Heads that are repeated are left out.
    """
    first = tables[0]
    for last, table in pairwise(tables):
        if table.page == last.page:
            first = table
            continue
        head = _repeated(first, table)
        table.cells = [cell for cell in table.cells if cell.row >= head]
        if not head and any(is_head(row) for row in islice(_rows(table), 3)):
            first = table
        elif _align(first, table):
            _join(last, table, head, problems)
        else:
            problems.append(Problem("other-columns", table.place_of(head)))
    return tables


def _repeated(first: PageTable, table: PageTable) -> int:
    """How many rows a table begins with that are the head of the first one."""
    heads = zip(_texts(first), _texts(table), strict=False)
    return sum(1 for _ in takewhile(lambda pair: any(pair[0]) and pair[0] == pair[1], heads))


def _texts(table: PageTable) -> Iterator[list[str]]:
    for row in range(len(table.tops) - 1):
        yield [cell.text for cell in table.cells if cell.row == row and cell.text]


def _align(first: PageTable, table: PageTable) -> bool:
    """Give a table the columns of the one that it goes on with; whether that has all of them."""
    own = [side - table.sides[0] + first.sides[0] for side in table.sides]
    near = [[i for i, side in enumerate(first.sides) if abs(side - at) <= _SAME] for at in own]
    if not all(near):
        return False
    columns = [places[0] for places in near]
    for cell in table.cells:
        end = columns[cell.column + cell.columns]
        cell.column = columns[cell.column]
        cell.columns = end - cell.column
    table.sides = first.sides
    return True


def _join(last: PageTable, table: PageTable, begin: int, problems: list[Problem]) -> None:
    """Put together what a page's end has cut: a row, or a cell that is merged over several."""
    end = len(last.tops) - 1
    below = {cell.column: cell for cell in table.cells if cell.row <= begin < cell.row + cell.rows}
    above = {cell.column: cell for cell in last.cells if cell.row + cell.rows == end}
    pairs = [(above[column], below[column]) for column in sorted({*above} & {*below})]
    if _is_row_cut(last, below):
        for upper, lower in pairs:
            if _may_be_two_numbers(upper.text, lower.text):
                text, place = f"{upper.text}／{lower.text}", table.place_of(begin, lower.column)
                problems.append(Problem("cut", place, text))
            upper.text = one_line(f"{upper.text}\n{lower.text}")
        table.cells = [cell for cell in table.cells if cell not in below.values()]
        return
    # Where no cell has a rule there, the page's end parts two rows.
    has_rule_above = not all(upper.is_open[1] for upper, _ in pairs)
    has_rule_below = not all(lower.is_open[0] for _, lower in pairs)
    for upper, lower in pairs:
        is_open = (has_rule_above and upper.is_open[1]), (has_rule_below and lower.is_open[0])
        if all(is_open) or (any(is_open) and not (upper.text and lower.text)):
            upper.text = lower.text = one_line(f"{upper.text}\n{lower.text}")
            lower.rows += lower.row + 1
            lower.row = -1


def _is_row_cut(last: PageTable, below: dict[int, PrintedCell]) -> bool:
    """Whether the first row on a page lacks what each row has: it is the rest of the last one."""
    end, of_column = len(last.tops) - 1, defaultdict(list)
    for cell in last.cells:
        # The rows of the head may be merged.
        if cell.row > 1 or cell.row == end - 1:
            of_column[cell.column].append(cell)
    for column in sorted(of_column):
        if all(cell.text and cell.rows == 1 for cell in of_column[column]):
            return column in below and not below[column].text
    return False


def _may_be_two_numbers(upper: str, lower: str) -> bool:
    """Whether both parts of a cell that is cut may be figures of their own."""
    has_digits = all(re.search(r"\d", plain(text)) for text in (upper, lower))
    return has_digits and not re.search("年度?$", plain(upper))


def _rows(table: PageTable) -> Iterator[Line]:
    """The rows of a table that show something, or are merged with one above that does."""
    columns = range(len(table.sides) - 1)
    for row in range(len(table.tops) - 1):
        of_row = [cell for cell in table.cells if cell.row <= row < cell.row + cell.rows]
        own = {cell.column: cell.text for cell in of_row if cell.row == row}
        cells = tuple(own.get(column, "") for column in columns)
        if any(cells):
            yield Line(
                0,
                cells=cells,
                place=table.place_of(row),
                numbers=tuple(table.place_of(row, column) for column in columns),
                merged={cell.column: cell.text for cell in of_row if cell.row < row and cell.text},
            )
