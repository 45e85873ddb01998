"""A PDF -> the grid of its sheet: the rows of its ruled tables, and the texts around them.

``pdf_page`` reads a page. Here the pages are put together: a table that goes on over a page's end
is one, lines that the margin has broken are one paragraph, and what stands at the head or the foot
of every page is left out.
"""

import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, islice, pairwise, takewhile

import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdftypes import stream_value
from pdfminer.utils import decode_text
from pdfplumber.page import Page, PDFPageAggregatorWithMarkedContent

from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.sheets.lines import Line, Remark, is_head, one_line
from kpi_utils.sheets.pdf_page import PageTable, PrintedCell, ReadPage, TextLine, read_page

__all__ = ["from_pdf"]

# More than any sheet has: pages, bytes unpacked, of what draws a page, pixels of a picture; and of
# how many problems a file is told.
_MOST_PAGES, _MOST_BYTES, _MOST_DRAWN, _MOST_PIXELS = 300, 100_000_000, 20_000_000, 50_000_000
_MOST_TOLD, _COST_OF_PART = 20, 1000
# A page's picture: pixels a point, and the longest side.
_PIXELS_A_POINT, _LONGEST = 2, 3000
# A page with less letters and a picture of at least such a part of it is a scan.
_FEWEST_LETTERS, _OF_PAGE = 10, 0.5
# The columns of a table stand so exactly below each other on its pages.
_SAME = 3
_PAGE_NUMBER = re.compile(
    r"[-‐―ー\s]*(?:p\.?|page)?\s*\d{1,3}\s*(?:(?:/|of)\s*\d{1,3})?[-‐―ー\s]*|第?\d{1,3}(?:頁|ページ)",
    re.IGNORECASE,
)
# What begins a paragraph; what is not parted at the end of a line.
_BEGINS = re.compile(r"[・●○◎◆◇■□▪•※*＊‐–—-]|[(（]\d{1,2}[)）]|\d{1,2}[.．)）](?!\d)|[①-⑳]")
_UNPARTED = re.compile(r"[「『（【(\[]*(?:[!-~]+|.)[、。」』）】)\],.]*")
_BULLET = re.compile("[・●○◆■▪•]")


def from_pdf(content: bytes, source: str) -> tuple[list[Line], list[Remark]]:
    """The rows of a PDF's tables and its texts, in reading order, and remarks on the rest.

    Raises KpiError where the file is damaged, protected or far too large, has no ruled table, or
    with all cells (page, table, row, column) whose characters cannot be told from others.
    """
    try:
        _must_be_small(_unpacked(content) <= _MOST_BYTES)
        with pdfplumber.open(io.BytesIO(content)) as pdf:
            pages, remarks = _pages(pdf, content, source)
    except _TooLargeError:
        raise KpiError(mistake("pdf.large", where=source, pages=_MOST_PAGES)) from None
    # A file that is no whole PDF fails in many ways; all mean the same.
    except Exception as error:
        is_locked = any(isinstance(part, PDFPasswordIncorrect) for part in (error, *error.args))
        key = "locked" if is_locked else "damaged"
        raise KpiError(mistake(f"pdf.{key}", where=source)) from None
    problems = [problem for page in pages for problem in page.problems]
    has_text = any(page.lines for page in pages)
    if not any(page.tables for page in pages) and (has_text or not problems):
        problems = [mistake("pdf.no-rules", where=source)]
    if problems:
        raise KpiError(problems[:_MOST_TOLD])
    remarks += _on_unseen(pages)
    items = [sorted([*page.tables, *page.lines], key=_top) for page in pages]
    return _grid(_without_margins(items), source), remarks


class _TooLargeError(Exception):
    """A file that would take minutes, or gigabytes."""


def _must_be_small(is_small: bool) -> None:
    if not is_small:
        raise _TooLargeError


def _unpacked(content: bytes) -> int:
    """How many bytes the packed parts of a file have, one packed twice counted whole."""
    size = 0
    for match in re.finditer(rb"stream\r?\n", content):
        packed, layers = memoryview(content)[match.end() :], 0
        while packed[:1] == b"x" and layers < 3 and size <= _MOST_BYTES:
            try:
                packed = zlib.decompressobj().decompress(packed, _MOST_BYTES)
            except zlib.error:
                break
            size, layers = size + len(packed), layers + 1
    return size


class _Interpreter(PDFPageInterpreter):
    """Draws a page, up to a limit: its parts may draw each other again and again."""

    def execute(self, streams) -> None:
        """Draw what streams say."""
        sizes = [len(stream_value(stream).get_data()) for stream in streams]
        drawn = getattr(self.device, "drawn", 0) + sum(sizes) + _COST_OF_PART
        self.device.drawn = drawn
        _must_be_small(drawn <= _MOST_DRAWN)
        super().execute(streams)


def _pages(
    pdf: pdfplumber.PDF, content: bytes, source: str
) -> tuple[list[ReadPage], list[Remark]]:
    """What each page shows, and remarks on what is laid over it."""
    pages, remarks = [], []
    _must_be_small(len(pdf.pages) <= _MOST_PAGES)
    shown = pypdfium2.PdfDocument(content)
    for index, page in enumerate(pdf.pages):
        device = PDFPageAggregatorWithMarkedContent(pdf.rsrcmgr, pageno=page.page_number)
        _Interpreter(pdf.rsrcmgr, device).process_page(page.page_obj)
        page._layout = device.get_result()
        sizes = [image["srcsize"] for image in page.images]
        _must_be_small(all(int(width) * int(height) <= _MOST_PIXELS for width, height in sizes))
        scale = min(_PIXELS_A_POINT, _LONGEST / max(page.width, page.height))
        bitmap = shown[index].render(scale=scale, grayscale=True, draw_annots=False)
        read = read_page(page, bitmap.to_numpy().reshape(bitmap.height, -1), source)
        where = f"{source} {page.page_number}頁"
        letters = sum(char["text"].isalnum() for char in page.chars)
        pictures = sum(image["width"] * image["height"] for image in page.images)
        if letters < _FEWEST_LETTERS and pictures > _OF_PAGE * page.width * page.height:
            read.problems.append(mistake("pdf.scan", where=where))
        for text, is_on_table in _laid_over(page, read.tables):
            if is_on_table:
                read.problems.append(mistake("pdf.laid-over", where=where, text=text))
            elif text:
                number = f"{page.page_number}頁"
                says = {"says": "laid-over", "place": "annotation"}
                remarks.append(Remark("text-outside-cells", number, text, **says))
        pages.append(read)
        page.close()
    shown.close()
    return pages, remarks


def _laid_over(page: Page, tables: list[PageTable]) -> Iterator[tuple[str, bool]]:
    """Notes, stamps and fields of a form: the text of each, and whether it lies on a table."""
    for note in page.annots:
        kind = str(note["data"].get("Subtype")).strip("/'")
        if kind in ("Link", "Popup"):
            continue
        value = note["data"].get("V") or b""
        text = note["contents"] or (decode_text(value) if isinstance(value, bytes) else str(value))
        is_on_table = any(
            note["x0"] < table.sides[-1]
            and note["x1"] > table.sides[0]
            and note["top"] < table.tops[-1]
            and note["bottom"] > table.tops[0]
            for table in tables
        )
        # A comment's sign covers nothing.
        yield one_line(text or kind), is_on_table and kind != "Text"


def _on_unseen(pages: list[ReadPage]) -> Iterator[Remark]:
    """Remarks on lines that are not seen, but for those of which the words are seen elsewhere."""
    cells = [cell.text for page in pages for table in page.tables for cell in table.cells]
    seen = squeezed("".join(cells + [line.text for page in pages for line in page.lines]))
    for number, page in enumerate(pages, 1):
        for text in page.unseen:
            if squeezed(text) not in seen:
                says = {"says": "unseen", "place": f"{number}頁"}
                yield Remark("hidden-text", says["place"], text, **says)


def _top(item: PageTable | TextLine) -> tuple[float, float]:
    if isinstance(item, TextLine):
        return item.box[3], item.box[0]
    return item.tops[0], item.sides[0]


def _without_margins(pages: list[list]) -> list[PageTable | TextLine]:
    """The items of all pages without page numbers, and with the first one of repeated heads."""
    kept = []
    for end in (0, -1):
        for page in pages:
            if page and isinstance(page[end], TextLine) and _PAGE_NUMBER.fullmatch(page[end].text):
                del page[end]
        lines = [page[end] for page in pages if page and isinstance(page[end], TextLine)]
        often = Counter((line.text, round(line.box[1], -1)) for line in lines)
        seen = set()
        for page in pages:
            if not page or not isinstance(page[end], TextLine):
                continue
            key = page[end].text, round(page[end].box[1], -1)
            if often[key] > 1 and key in seen:
                del page[end]
            seen.add(key)
    for page in pages:
        kept += page
    return kept


def _grid(items: list[PageTable | TextLine], source: str) -> list[Line]:
    """Tables and lines of text -> the rows of a grid."""
    texts = [item for item in items if isinstance(item, TextLine)]
    right = max([item.box[2] for item in texts] + [t.sides[-1] for t in items if t not in texts])
    left = min((item.box[0] for item in texts), default=0)
    at_margin = [item for item in texts if item.box[0] - left < item.size / 2]
    # Where paragraphs begin at the margin, what stands further in is no level of its own.
    has_levels = not any(_BULLET.match(item.text) for item in at_margin)
    grid: list[Line] = []
    for kind, group in groupby(items, key=type):
        if kind is TextLine:
            for line in _paragraphs(list(group), right):
                indent = ("",) if has_levels and line.box[0] - left >= line.size / 2 else ()
                cells = (*indent, line.text.strip())
                grid.append(Line(len(grid) + 1, cells=cells, place=line.place_of()))
            continue
        for table in _in_one(list(group), source):
            for row in _rows(table):
                grid.append(replace(row, number=len(grid) + 1))
    return grid


def _paragraphs(lines: list[TextLine], right: float) -> Iterator[TextLine]:
    """Lines of text, each with those into which the margin at the right has broken it."""
    paragraph, last = None, None
    for line in lines:
        if paragraph and _goes_on(paragraph, last, line, right):
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


def _in_one(tables: list[PageTable], source: str) -> list[PageTable]:
    """Tables that follow each other; those that go on over a page's end get the same columns.

    Heads that are repeated are left out. Raises KpiError where the columns are others.
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
            continue
        _align(first, table, source)
        _join(last, table, head, source)
    return tables


def _repeated(first: PageTable, table: PageTable) -> int:
    """How many rows a table begins with that are the head of the first one."""
    heads = zip(_texts(first), _texts(table), strict=False)
    return sum(1 for _ in takewhile(lambda pair: any(pair[0]) and pair[0] == pair[1], heads))


def _texts(table: PageTable) -> Iterator[list[str]]:
    for row in range(len(table.tops) - 1):
        yield [cell.text for cell in table.cells if cell.row == row and cell.text]


def _align(first: PageTable, table: PageTable, source: str) -> None:
    """Give a table the columns of the one that it goes on with."""
    sides = [side - first.sides[0] for side in first.sides]
    own = [side - table.sides[0] for side in table.sides]
    near = [[i for i, side in enumerate(sides) if abs(side - at) <= _SAME] for at in own]
    if not all(near):
        raise KpiError(mistake("pdf.other-columns", where=f"{source} {table.place_of(0)}"))
    columns = [places[0] for places in near]
    for cell in table.cells:
        end = columns[cell.column + cell.columns]
        cell.column = columns[cell.column]
        cell.columns = end - cell.column
    table.sides = [table.sides[0] + side for side in sides]


def _join(last: PageTable, table: PageTable, begin: int, source: str) -> None:
    """Put together what a page's end has cut: a row, or a cell that is merged over several."""
    end = len(last.tops) - 1
    below = {cell.column: cell for cell in table.cells if cell.row <= begin < cell.row + cell.rows}
    above = {cell.column: cell for cell in last.cells if cell.row + cell.rows == end}
    pairs = [(above[column], below[column]) for column in sorted({*above} & {*below})]
    firsts = [cell.text for cell in last.cells if cell.column == 0]
    if pairs and all(firsts) and not pairs[0][1].text and any(c.text for c in below.values()):
        for upper, lower in pairs:
            _join_texts(upper, lower, f"{source} {table.place_of(lower.row, lower.column)}")
        table.cells = [cell for cell in table.cells if cell not in below.values()]
        return
    # Where no rule is drawn at all, the page's end parts two rows.
    opened = [[upper.is_open[1] for upper, _ in pairs], [lower.is_open[0] for _, lower in pairs]]
    opened = [[] if all(side) else side for side in opened]
    for (upper, lower), *is_open in zip(pairs, *(side or [False] * len(pairs) for side in opened), strict=True):
        if all(is_open) or (any(is_open) and not (upper.text and lower.text)):
            upper.text = lower.text = one_line(f"{upper.text}\n{lower.text}")
            lower.rows += lower.row + 1
            lower.row = -1


def _join_texts(upper: PrintedCell, lower: PrintedCell, where: str) -> None:
    """Put the texts of a cut cell together. Raises KpiError where that might join two numbers."""
    texts = plain(upper.text), plain(lower.text)
    if all(re.search(r"\d", text) for text in texts) and not re.search("年度?$", texts[0]):
        raise KpiError(mistake("pdf.cut", where=where, text=f"{upper.text}／{lower.text}"))
    upper.text = one_line(f"{upper.text}\n{lower.text}")


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
