"""A PDF -> the grid of its sheet: the rows of its ruled tables, and the texts around them.

``pdf_page`` reads a page, ``pdf_grid`` puts the pages together. Here is the door: files that are
damaged, protected or would take too long are refused, and texts that are laid over a page told.
"""

import io
import logging
import re
import zlib
from collections.abc import Iterator

import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import stream_value
from pdfminer.utils import decode_text
from pdfplumber.page import Page, PDFPageAggregatorWithMarkedContent

from kpi_utils.cells.letters import squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.sheets.lines import Line, Remark, one_line
from kpi_utils.sheets.pdf_grid import grid_of
from kpi_utils.sheets.pdf_page import (
    PageTable,
    Problem,
    ReadPage,
    TooLargeError,
    must_be_small,
    read_page,
)

# What it finds odd in a file that it reads all the same is nothing to an analyst.
logging.getLogger("pdfminer").setLevel(logging.ERROR)

# More than any sheet has: pages, bytes unpacked, of what draws the pages, pixels of a picture;
# characters of a page. Of how many problems a file is told; what drawing a part costs.
_MOST_PAGES, _MOST_BYTES, _MOST_DRAWN, _MOST_PIXELS = 300, 100_000_000, 20_000_000, 50_000_000
_MOST_CHARS, _MOST_TOLD, _COST_OF_PART, _CHUNK = 20_000, 20, 2000, 65_536
# A page's picture: pixels a point, and the longest side.
_PIXELS_A_POINT, _LONGEST = 2, 3000
# A page with less letters and a picture of at least such a part of it is a scan.
_FEWEST_LETTERS, _OF_PAGE = 10, 0.5
# What is laid over a page and, without a text, changes nothing.
_BESIDE = ("Text", "Highlight", "Underline", "Squiggly", "Widget")


def from_pdf(content: bytes, source: str) -> tuple[list[Line], list[Remark]]:
    """The rows of a PDF's tables and its texts, in reading order, and remarks on the rest.

    Raises KpiError where the file is damaged, protected or far too large, has no ruled table, or
    with all cells (page, table, row, column) whose characters cannot be told from others.
    """
    try:
        must_be_small(_unpacked(content) <= _MOST_BYTES)
        with pdfplumber.open(io.BytesIO(content), raise_unicode_errors=False) as pdf:
            pages, remarks = _pages(pdf, content)
    except TooLargeError:
        raise KpiError(mistake("pdf.large", where=source, pages=_MOST_PAGES)) from None
    # A file that is no whole PDF fails in many ways; all mean the same.
    except Exception as error:
        is_locked = any(isinstance(part, PDFPasswordIncorrect) for part in (error, *error.args))
        key = "locked" if is_locked else "damaged"
        raise KpiError(mistake(f"pdf.{key}", where=source)) from None
    problems = [problem for page in pages for problem in page.problems]
    has_text = any(page.lines for page in pages)
    if not any(page.tables for page in pages) and (has_text or not problems):
        problems = [Problem("no-rules", "全頁")]
    if not problems:
        grid, feet, problems = grid_of(pages)
    if problems:
        raise KpiError(_sentences(problems, source))
    for text, page in feet.items():
        remark = Remark("text-outside-cells", f"{page}頁", text)
        remarks.append(remark._replace(says="foot", place="margin"))
    return grid, [*remarks, *_left_out(pages)]


def _sentences(problems: list[Problem], source: str) -> list[str]:
    """A sentence for each problem, and what to do."""
    sentences = [
        mistake(f"pdf.{problem.kind}", where=f"{source} {problem.place}", text=problem.text)
        for problem in problems[:_MOST_TOLD]
    ]
    more = len(problems) - len(sentences)
    others = [mistake("pdf.more", where=source, n=more)] if more else []
    return [*sentences, *others, mistake("pdf.instead", where=source)]


def _unpacked(content: bytes) -> int:
    """How many bytes the packed parts of a file have, those packed twice with both; or too many."""
    size = 0
    for match in re.finditer(rb"stream\r?\n", content):
        packed: bytes | memoryview = memoryview(content)[match.end() :]
        # A part may be packed more than once.
        while size <= _MOST_BYTES and (packed := _inflated(packed, _MOST_BYTES - size)):
            size += len(packed)
    return size


def _inflated(packed: bytes | memoryview, most: int) -> bytes:
    """What a packed text says, up to one byte more than ``most``; blank where it is none."""
    unpacker, text = zlib.decompressobj(), bytearray()
    try:
        for begin in range(0, len(packed), _CHUNK):
            text += unpacker.decompress(packed[begin : begin + _CHUNK], most - len(text) + 1)
            if unpacker.eof or len(text) > most:
                break
    except zlib.error:
        pass
    return bytes(text)


class _Resources(PDFResourceManager):
    """What the parts of all pages share; ``drawn`` is how much they have drawn."""

    drawn = 0


class _Interpreter(PDFPageInterpreter):
    """Draws pages, up to a limit for all: their parts may draw each other again and again."""

    rsrcmgr: _Resources

    def execute(self, streams) -> None:
        """Draw what streams say."""
        streams = [stream_value(stream) for stream in streams]
        # What draws itself, pdfminer passes over, and pdfium draws until the memory is full.
        must_be_small(not any(stream.objid in self.parent_stream_ids for stream in streams))
        sizes = [len(stream.get_data()) for stream in streams]
        self.rsrcmgr.drawn = self.rsrcmgr.drawn + sum(sizes) + _COST_OF_PART
        must_be_small(self.rsrcmgr.drawn <= _MOST_DRAWN)
        super().execute(streams)


def _pages(pdf: pdfplumber.PDF, content: bytes) -> tuple[list[ReadPage], list[Remark]]:
    """What each page shows, and remarks on what is laid over it."""
    pages, remarks = [], []
    must_be_small(len(pdf.pages) <= _MOST_PAGES)
    shown, resources = pypdfium2.PdfDocument(content), _Resources()
    for index, page in enumerate(pdf.pages):
        device = PDFPageAggregatorWithMarkedContent(resources, pageno=page.page_number)
        _Interpreter(resources, device).process_page(page.page_obj)
        page._layout = device.get_result()
        sizes = [image["srcsize"] for image in page.images]
        must_be_small(len(page.chars) <= _MOST_CHARS and len(page.edges) <= _MOST_CHARS)
        must_be_small(all(int(width) * int(height) <= _MOST_PIXELS for width, height in sizes))
        scale = min(_PIXELS_A_POINT, _LONGEST / max(page.width, page.height))
        bitmap = shown[index].render(scale=scale, grayscale=True, draw_annots=False)
        read = read_page(page, bitmap.to_numpy().reshape(bitmap.height, -1))
        place = f"{page.page_number}頁"
        letters = sum(char["text"].isalnum() for char in page.chars)
        pictures = sum(image["width"] * image["height"] for image in page.images)
        if letters < _FEWEST_LETTERS and pictures > _OF_PAGE * page.width * page.height:
            read.problems.append(Problem("scan", place))
        for text, is_on_table in _laid_over(page, read.tables):
            if is_on_table:
                read.problems.append(Problem("laid-over", place, text))
            elif text:
                remark = Remark("text-outside-cells", place, text)
                remarks.append(remark._replace(says="laid-over", place="annotation"))
        pages.append(read)
        page.close()
    shown.close()
    return pages, remarks


def _laid_over(page: Page, tables: list[PageTable]) -> Iterator[tuple[str, bool]]:
    """Notes, stamps and fields of a form: the text of each, and whether it lies on a table."""
    for note in page.annots:
        kind = str(note["data"].get("Subtype")).strip("/'")
        value = note["data"].get("V") or b""
        text = note["contents"] or (decode_text(value) if isinstance(value, bytes) else str(value))
        if kind in ("Link", "Popup") or (kind in _BESIDE and not text):
            continue
        is_on_table = any(
            note["x0"] < table.sides[-1]
            and note["x1"] > table.sides[0]
            and note["top"] < table.tops[-1]
            and note["bottom"] > table.tops[0]
            for table in tables
        )
        yield one_line(text or kind), is_on_table and kind not in ("Text", "Highlight")


def _left_out(pages: list[ReadPage]) -> Iterator[Remark]:
    """Remarks on lines that are left out, but for those not seen whose words are seen elsewhere."""
    cells = [cell.text for page in pages for table in page.tables for cell in table.cells]
    seen = squeezed("".join(cells + [line.text for page in pages for line in page.lines]))
    for number, page in enumerate(pages, 1):
        for code, text in page.left_out:
            if code != "hidden-text" or squeezed(text) not in seen:
                says = {"hidden-text": "unseen", "text-outside-cells": "turned"}.get(code, "")
                yield Remark(code, f"{number}頁", text, says=says, place=f"{number}頁")
