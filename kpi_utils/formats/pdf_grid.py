"""The pages of a PDF -> the rows of one grid, as a worksheet has them.

A table that goes on over a page's end is one, lines that the margin has broken are one paragraph,
and what stands at the head or the foot of every page is left out.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, groupby, islice, takewhile

from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.notation import read_cell
from kpi_utils.formats.pdf_page import PageTable, PrintedCell, TextLine, Told
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.head_rows import is_head
from kpi_utils.lines.line import Line, Remark, one_line

# The columns of a table stand so exactly below each other on its pages.
_SAME = 3
# A row of a table has more texts than so many; of one that is cut, no more texts go on.
_FEWEST, _MOST_CUT = 2, 3
# So far apart, in points, the same line may stand on its pages.
_SAME_HEIGHT = 10


def grid_of(pages: list[list], told: Told) -> list[Line]:
    """The rows of tables and the paragraphs on all pages, in reading order.

    It is told that the feet of pages are left out. It is a problem where a table goes on in other
    columns, and where it is not sure what a page's end has cut.
    """
    _leave_out_margins(pages, told)
    _leave_out_repeated(pages)
    items = [*chain(*pages)]
    right = max(item.box[2] for item in items)
    texts = [item for item in items if isinstance(item, TextLine)]
    left = min((item.box[0] for item in texts), default=0)
    at_margin = [item for item in texts if item.box[0] - left < item.size / 2]
    # Where paragraphs begin at the margin, what stands further in is no level of its own.
    has_levels = not any(compiled("bullet").match(item.text) for item in at_margin)
    rows: list[Line] = []
    for kind, group in groupby(items, key=type):
        if kind is PageTable:
            tables = _in_one(list(group), told)
            told.remarks += chain(*map(_red, tables))
            rows += chain(*map(_rows, tables))
            continue
        for line in _paragraphs(list(group), right):
            indent = ("",) if has_levels and line.box[0] - left >= line.size / 2 else ()
            rows.append(Line(0, cells=(*indent, line.text.strip()), place=line.place))
    return [replace(row, number=number) for number, row in enumerate(rows, 1)]


def _leave_out_margins(pages: list[list], told: Told) -> None:
    """Remove page numbers and repeated footers; of repeated headers, keep the first."""
    for end in (0, -1):
        margins = [[*_margin(page[:: end or 1], is_foot=bool(end))] for page in pages]
        all_keys = [set(chain(*(keys for _, keys in margin))) for margin in margins]
        times, seen = Counter(chain(*all_keys)), set[tuple[str, float]]()
        for page, margin, own in zip(pages, margins, all_keys, strict=True):
            # A footer would separate a table from its rest on the next page.
            for index, (text, keys) in enumerate(margin):
                is_first = seen.isdisjoint(keys)
                if index or not compiled("page_number", re.IGNORECASE).fullmatch(text):
                    if is_first if not end else max(times[key] for key in keys) == 1:
                        break
                    if end and is_first:
                        remark = Remark("text-outside-cells", f"{page[end].page}頁", text)
                        told.remarks.append(remark._replace(says="foot", place="margin"))
                del page[end]
            seen |= own


def _leave_out_repeated(pages: list[list]) -> None:
    """Remove the tables with which a page begins as the last one does, if other tables follow.

    A sheet's first rows, which are printed on each page, may be tables of their own. One with
    figures stays: it may list its KPIs once more.
    """
    tables = [[item for item in page if isinstance(item, PageTable)] for page in pages]
    for page, above, own in zip(pages[1:], tables, tables[1:], strict=False):
        for last, table in zip(above, own[:-1], strict=False):
            is_listing = any(is_figure(cell.text) for cell in table.cells)
            if is_listing or page[0] is not table or [*_texts(last)] != [*_texts(table)]:
                break
            del page[0]


def _margin(items: list, is_foot: bool) -> Iterator[tuple[str, set[tuple[str, float]]]]:
    """The lines of text at an end of a page, each with the keys by which pages may share it.

    A number in a footer may count the pages.
    """
    for line in takewhile(lambda item: isinstance(item, TextLine), items):
        text, height = line.text.strip(), round(line.box[1] / _SAME_HEIGHT)
        texts = {text}
        for number in re.finditer(r"\d{1,3}", text) if is_foot else ():
            counted = int(number[0]) - line.page
            texts.add(f"{text[: number.start()]}#{counted}{text[number.end() :]}")
        yield text, {(text, height) for text in texts}


def _paragraphs(lines: list[TextLine], right: float) -> list[TextLine]:
    """Lines of text joined to paragraphs, where the right margin has broken them."""
    paragraphs: list[TextLine] = []
    for last, line in zip([None, *lines], lines, strict=False):
        if last and _goes_on(paragraphs[-1], last, line, right):
            above = paragraphs[-1].text
            is_close = max(map(ord, (above[-1], line.text[0]))) > 0x2E80
            between = "" if is_close or above[-1].isspace() else " "
            paragraphs[-1] = replace(paragraphs[-1], text=f"{above}{between}{line.text}")
        else:
            paragraphs.append(line)
    return paragraphs


def _goes_on(paragraph: TextLine, last: TextLine, line: TextLine, right: float) -> bool:
    """Whether a line goes on with the paragraph above it, whose last line is full."""
    end = last.text.rstrip()[-1:]
    ended = end in "】］" or (end in "。." and line.text[0] in "「『")
    is_indented = line.box[0] - last.box[0] > line.size / 2
    is_indented = is_indented and not compiled("bullet").match(paragraph.text)
    if compiled("paragraph").match(line.text) or ended or is_indented:
        return False
    first = compiled("unparted").match(line.text)
    width = sum(0.6 if letter.isascii() else 1 for letter in (first[0] if first else ""))
    return last.box[2] + (width + 1) * line.size > right


def _in_one(tables: list[PageTable], told: Told) -> list[PageTable]:
    """Tables that follow each other; one that goes on over a page's end is joined into one.

    Repeated heads are left out.
    """
    whole = tables[:1]
    for table in tables[1:]:
        first = whole[-1]
        pairs = zip(_texts(first), _texts(table), strict=False)
        head = len([*takewhile(lambda pair: any(pair[0]) and pair[0] == pair[1], pairs)])
        has_own = not head and any(map(is_head, islice(_rows(table), 3)))
        own = [side - table.sides[0] + first.sides[0] for side in table.sides]
        near = [[i for i, side in enumerate(first.sides) if abs(side - at) <= _SAME] for at in own]
        if table.page == first.page or has_own:
            whole.append(table)
            continue
        is_same = all(near) and len(first.sides) - 1 in near[-1]
        for cell in table.cells if is_same else ():
            cell.column = near[cell.column][0]
        if is_same and (head or not _is_beside(first, table)):
            told.problems += _join(first, table, head)
        else:
            told.problems.append(Remark("other-columns", table.rows[0], ""))
    return whole


def _is_beside(first: PageTable, table: PageTable) -> bool:
    """Whether a table has further columns of another one, and does not continue its rows.

    Its rows begin with the same cells, or it has figures in a column of words, or words in the
    first column of numbers.
    """
    begins = [cells[:2] for cells in _texts(first)]
    own = [cells[:2] for cells in _texts(table) if len(cells) > 1]
    if own and all(begin in begins for begin in own):
        return True
    # Above the first figure there is only the head.
    top = min((cell.row for cell in first.cells if is_figure(cell.text)), default=0)
    body = [cell for cell in first.cells if cell.row >= top > 0]
    for column in range(len(first.sides) - 1):
        above, below = (
            {is_figure(cell.text) for cell in cells if cell.column == column and cell.text}
            for cells in (body, table.cells)
        )
        if below and above == {False}:
            return below == {True}
        if column == 0 and above == {True} and below == {False}:
            return True
    return False


def _texts(table: PageTable) -> Iterator[list[str]]:
    for row in range(len(table.rows)):
        yield [cell.text for cell in table.cells if cell.row == row and cell.text]


def _join(first: PageTable, table: PageTable, head: int) -> Iterator[Remark]:
    """Append a table without its head to the one that it continues.

    A row or a merged cell that the page's end has cut is put together again.
    """
    end = len(first.rows)
    below = {cell.column: cell for cell in table.cells if cell.row == head}
    above = {cell.column: cell for cell in first.cells if cell.row + cell.rows == end}
    pairs = [(above[column], below[column]) for column in sorted(above.keys() & below.keys())]
    is_row = _is_row_cut(first, below)
    # A merged cell with a text above and another below the page's end was not cut there.
    whole = {upper.row for upper, lower in pairs if upper.rows > 1 and upper.text and lower.text}
    for column in below.keys() - above.keys():
        if is_row and below[column].text:
            yield Remark("cut", table.place_of(head, column), below[column].text)
    # If no cell has a rule at the page's end, it lies between two rows.
    has_rule_above = not all(upper.is_open[1] for upper, _ in pairs)
    has_rule_below = not all(lower.is_open[0] for _, lower in pairs)
    is_full = sum(bool(cell.text) for cell in below.values()) > _FEWEST
    going_on = sum(bool(upper.text and lower.text) for upper, lower in pairs)
    for upper, lower in pairs:
        is_open = (has_rule_above and upper.is_open[1]), (has_rule_below and lower.is_open[0])
        rests = [compiled("said_year").sub("", plain(of.text)) for of in (upper, lower)]
        # Both parts may be figures; a year belongs to a figure. Nor does all of a row go on.
        are_figures = all(re.search(r"\d", rest) or is_figure(rest) for rest in rests)
        if is_row and all(rests) and (are_figures or going_on > _MOST_CUT):
            text, place = f"{upper.text}／{lower.text}", table.place_of(head, lower.column)
            yield Remark("cut", place, text)
        # A blank cell repeats the one above, or its text stands below the page's end.
        is_blank = lower.text and not (upper.text or is_row or any(is_open))
        of_column = [cell for cell in first.cells if cell.column == lower.column and cell.row > 1]
        is_merged = any(cell.rows > 1 for cell in (upper, *of_column))
        is_whole = upper.rows > 1 and upper.row in whole
        if is_blank and is_merged and not is_whole and upper.row > first.begin and is_full:
            is_open = (True, True)
            if re.search(r"\d", lower.text) or not all(of.text or of is upper for of in of_column):
                yield Remark("cut", table.place_of(head, lower.column), lower.text)
        if is_row or all(is_open) or (any(is_open) and not (upper.text and lower.text)):
            upper.text = one_line(f"{upper.text}\n{lower.text}")
            upper.rows += lower.rows - is_row
            upper.is_open[1] = lower.is_open[1]
            table.cells.remove(lower)
    begin = head + is_row
    for cell in table.cells:
        if cell.row >= begin:
            cell.row += end - begin
            first.cells.append(cell)
    first.rows += table.rows[begin:]
    first.page, first.begin = table.page, end


def _is_row_cut(last: PageTable, below: dict[int, PrintedCell]) -> bool:
    """Whether the first row on a page is the rest of the last row: it lacks what each row has.

    That is a text in the first column that is always filled, or a number before it: 2-1 防災.
    """
    of_column = defaultdict(list)
    for cell in last.cells:
        # The rows of the head may be merged.
        if cell.row >= last.begin and (cell.row > 1 or cell.row == len(last.rows) - 1):
            of_column[cell.column].append(cell)
    full = [of for of in sorted(of_column) if all(c.text and c.rows == 1 for c in of_column[of])]
    if not full or full[0] not in below or not below[full[0]].text:
        return bool(full) and full[0] in below
    own, *texts = (plain(cell.text) for cell in (below[full[0]], *of_column[full[0]]))
    is_rest = all(map(compiled("numbered").match, texts)) and not compiled("numbered").match(own)
    lacks_text = any(of in below and not below[of].text for of in full)
    return is_rest and lacks_text and sum(bool(cell.text) for cell in below.values()) > _FEWEST


def _red(table: PageTable) -> Iterator[Remark]:
    """Remarks on positive figures in red, if others of the column are not: they may be negative."""
    values = [(cell, read_cell(cell.text).value) for cell in table.cells]
    others = {cell.column for cell, value in values if value is not None and not cell.is_red}
    for cell, value in values:
        if cell.is_red and cell.column in others and (value or 0) > 0:
            place = table.place_of(cell.row, cell.column)
            yield Remark("red-figure", table.rows[cell.row], cell.text, place=place)


def _rows(table: PageTable) -> Iterator[Line]:
    """The rows of a table that are not blank; merged cells have the text of their first row."""
    columns = range(len(table.sides) - 1)
    cell_at = {
        (row, cell.column): cell
        for cell in table.cells
        for row in range(cell.row, cell.row + cell.rows)
    }
    for row, place in enumerate(table.rows):
        of_row = {column: cell_at[row, column] for column in columns if (row, column) in cell_at}
        own = {column: cell.text for column, cell in of_row.items() if cell.row == row}
        cells = tuple(own.get(column, "") for column in columns)
        if any(cells):
            numbers = tuple(table.place_of(row, column) for column in columns)
            merged = {of: cell.text for of, cell in of_row.items() if of not in own and cell.text}
            yield Line(0, cells=cells, place=place, numbers=numbers, merged=merged)
