"""A PDF -> the grid of its sheet: the rows of its ruled tables, and the texts around them.

``pdf_page`` reads a page, ``pdf_grid`` puts the pages together. This module refuses files that are
damaged, protected or would take too long, and tells of texts that are laid over a page.
"""

import io
import logging
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from statistics import mode

import pdfplumber
import pypdfium2
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFGraphicState, PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import resolve1, stream_value
from pdfminer.utils import apply_matrix_pt, decode_text
from pdfplumber.page import Page, PDFPageAggregatorWithMarkedContent
from pdfplumber.utils import get_bbox_overlap, obj_to_bbox

from kpi_utils.cells.letters import squeezed
from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats.pdf_chars import turn_of
from kpi_utils.formats.pdf_clips import Printed, cut_texts, printed
from kpi_utils.formats.pdf_grid import grid_of
from kpi_utils.formats.pdf_page import PageTable, TextLine, Told, read_page
from kpi_utils.formats.pdf_rules import TooLargeError, must_be_small
from kpi_utils.lines.line import Line, Remark, one_line

# An analyst cannot use pdfminer's warnings on files that it reads all the same.
logging.getLogger("pdfminer").setLevel(logging.ERROR)

# Limits, more than any sheet has: pages, unpacked bytes, bytes that draw the pages, pixels of a
# picture, characters of a page. How many problems are told; what drawing a part costs, in bytes.
_MOST_PAGES, _MOST_BYTES, _MOST_DRAWN, _MOST_PIXELS = 300, 100_000_000, 20_000_000, 50_000_000
_MOST_CHARS, _MOST_TOLD, _COST_OF_PART, _CHUNK = 20_000, 20, 2000, 65_536
# A page's picture: pixels a point, and the longest side.
_PIXELS_A_POINT, _LONGEST = 2, 3000
# A page with fewer letters and pictures on more than this part of it is a scan.
_FEWEST_LETTERS, _OF_PAGE = 10, 0.5
# Kinds of annotations that change nothing if they have no text.
_BESIDE = ("Text", "Highlight", "Underline", "Squiggly", "Widget")


def from_pdf(content: bytes, source: str) -> tuple[list[Line], list[Remark]]:
    """The rows of a PDF's tables and its texts, in reading order, and remarks on the rest.

    Raises KpiError if the file is damaged, protected, far too large or without a ruled table; and
    with the place (page, table, row, column) of each cell that cannot be read safely.
    """
    told = Told()
    try:
        must_be_small(_unpacked(content) <= _MOST_BYTES)
        pages, drawn = _pages(content, told, {})
        if cut := cut_texts(drawn):
            told = Told()
            pages, _ = _pages(content, told, cut)
    except TooLargeError:
        raise KpiError(mistake("pdf.large", where=source, pages=_MOST_PAGES)) from None
    # A damaged PDF fails in many ways, which all mean the same to the analyst.
    except Exception as error:
        is_locked = any(isinstance(part, PDFPasswordIncorrect) for part in (error, *error.args))
        key = "locked" if is_locked else "damaged"
        raise KpiError(mistake(f"pdf.{key}", where=source)) from None
    tables = [item for page in pages for item in page if isinstance(item, PageTable)]
    texts = [item.text for page in pages for item in page if isinstance(item, TextLine)]
    if not tables and (texts or not told.problems):
        told.problems = [Remark("no-rules", "全頁", "")]
    # An invisible text may be printed visibly elsewhere.
    seen = squeezed("".join([*texts, *(cell.text for table in tables for cell in table.cells)]))
    hidden = [remark for remark in told.remarks if remark.code == "hidden-text"]
    told.remarks = [of for of in told.remarks if of not in hidden or squeezed(of.text) not in seen]
    grid = [] if told.problems else grid_of(pages, told)
    if not told.problems:
        return grid, told.remarks
    sentences = [
        mistake(f"pdf.{problem.code}", where=f"{source} {problem.number}", text=problem.text)
        for problem in told.problems[:_MOST_TOLD]
    ]
    if more := len(told.problems) - len(sentences):
        sentences.append(mistake("pdf.more", where=source, n=more))
    raise KpiError([*sentences, mistake("pdf.instead", where=source)])


def _unpacked(content: bytes) -> int:
    """The unpacked size of a file's parts in bytes; counting ends soon after the limit."""
    size = 0
    for match in re.finditer(rb"stream\r?\n", content):
        packed: bytes | memoryview = memoryview(content)[match.end() :]
        # A part may be packed more than once.
        while size <= _MOST_BYTES and (packed := _inflated(packed, _MOST_BYTES - size)):
            size += len(packed)
    return size


def _inflated(packed: bytes | memoryview, most: int) -> bytes:
    """Packed bytes, unpacked up to one byte more than ``most``; empty if they are not packed."""
    unpacker, text = zlib.decompressobj(), bytearray()
    with suppress(zlib.error):
        for begin in range(0, len(packed), _CHUNK):
            text += unpacker.decompress(packed[begin : begin + _CHUNK], most - len(text) + 1)
            if unpacker.eof or len(text) > most:
                break
    return bytes(text)


class _Resources(PDFResourceManager):
    """What the pages share; ``drawn`` counts the bytes that they have drawn."""

    drawn = 0


class _State(PDFGraphicState):
    """The state in which a page is drawn; ``clip`` is the box beyond which nothing is seen."""

    clip: tuple[float, ...] | None = None

    def copy(self) -> "_State":
        """The state as it is now."""
        return copy(self)


class _Interpreter(PDFPageInterpreter):
    """Draws pages, up to a limit for all: their parts may draw each other again and again."""

    rsrcmgr: _Resources
    device: PDFPageAggregatorWithMarkedContent
    graphicstate: _State

    def init_state(self, ctm) -> None:
        """Begin a page, or a part of one."""
        super().init_state(ctm)
        self.graphicstate = _State()

    def do_W(self) -> None:
        """Keep the box around a path as the clip of what is drawn next."""
        points = [of for _, *at in self.curpath for of in zip(at[::2], at[1::2], strict=True)]
        if points:
            at = [apply_matrix_pt(self.ctm, of) for of in points]
            around = *map(min, zip(*at, strict=True)), *map(max, zip(*at, strict=True))
            last = self.graphicstate.clip or around
            inner = *map(max, around[:2], last[:2]), *map(min, around[2:], last[2:])
            self.graphicstate.clip = inner

    do_W_a = do_W

    def do_TJ(self, seq) -> None:
        """Draw a text; drop invisible text (mode 3), a program's guess at what a scan says."""
        before = len(self.device.cur_item._objs)
        super().do_TJ(seq)
        if self.textstate.render == 3:
            del self.device.cur_item._objs[before:]

    def execute(self, streams) -> None:
        """Draw streams, within the limit."""
        streams = [stream_value(stream) for stream in streams]
        # A part that draws itself is skipped by pdfminer, but pdfium draws it until memory is full.
        must_be_small(not any(stream.objid in self.parent_stream_ids for stream in streams))
        sizes = [len(stream.get_data()) for stream in streams]
        self.rsrcmgr.drawn = self.rsrcmgr.drawn + sum(sizes) + _COST_OF_PART
        must_be_small(self.rsrcmgr.drawn <= _MOST_DRAWN)
        super().execute(streams)


def _pages(
    content: bytes, told: Told, cut: Mapping[int, dict[int, dict]]
) -> tuple[list[list], list[Printed]]:
    """The tables and lines of text on each page, and what is drawn on it.

    A page whose text is turned is turned back. ``cut`` is what is known of its cut texts.
    """
    pages, drawn = [], []
    resources = _Resources()
    opened = pdfplumber.open(io.BytesIO(content), raise_unicode_errors=False)
    with opened as pdf, pypdfium2.PdfDocument(content) as shown:
        must_be_small(len(pdf.pages) <= _MOST_PAGES)
        for index, page in enumerate(pdf.pages):
            _draw(page, resources)
            must_be_small(len(page.chars) <= _MOST_CHARS)
            if turn := mode(map(turn_of, page.chars)) if page.chars else 0:
                page.page_obj.rotate = page.page_obj.attrs["Rotate"] = (page.rotation + turn) % 360
                page = Page(pdf, page.page_obj, page.page_number, page.initial_doctop)
                _draw(page, resources)
                shown[index].set_rotation(page.rotation)
            drawn.append(printed(page))
            for at, facts in cut.get(index, {}).items():
                page.chars[at].update(facts)
            sizes = [image["srcsize"] for image in page.images]
            must_be_small(len(page.edges) <= _MOST_CHARS)
            must_be_small(all(int(width) * int(height) <= _MOST_PIXELS for width, height in sizes))
            scale = min(_PIXELS_A_POINT, _LONGEST / max(page.width, page.height))
            bitmap = shown[index].render(scale=scale, grayscale=True, draw_annots=False)
            pages.append(read_page(page, bitmap.to_numpy().reshape(bitmap.height, -1), told))
            letters = sum(char["text"].isalnum() for char in page.chars)
            pictures = sum(image["width"] * image["height"] for image in page.images)
            if letters < _FEWEST_LETTERS and pictures > _OF_PAGE * page.width * page.height:
                told.problems.append(Remark("scan", f"{page.page_number}頁", ""))
            _look_over(page, pages[-1], told)
            page.close()
    return pages, drawn


def _draw(page: Page, resources: _Resources) -> None:
    """Set the layout of a page: what is drawn on it."""
    device = PDFPageAggregatorWithMarkedContent(resources, pageno=page.page_number)
    _Interpreter(resources, device).process_page(page.page_obj)
    page._layout = device.get_result()


def _look_over(page: Page, items: list, told: Told) -> None:
    """Tell of notes, stamps and form fields; those on a table are a problem."""
    place = f"{page.page_number}頁"
    tables = [item.box for item in items if isinstance(item, PageTable)]
    for note in page.annots:
        field = note["data"]
        kind = str(field.get("Subtype")).strip("/'")
        # A field may be a part of another one, which has the value.
        value = resolve1(field.get("V") or (resolve1(field.get("Parent")) or {}).get("V"))
        parts = map(resolve1, value if isinstance(value, list) else [value])
        named = [decode_text(of) if isinstance(of, bytes) else str(of or "Off") for of in parts]
        text = note["contents"] or "、".join(of.strip("/'") for of in named if "Off" not in of)
        if kind in ("Link", "Popup") or (kind in _BESIDE and not text):
            continue
        shown = one_line(text or kind)
        is_on_table = any(get_bbox_overlap(obj_to_bbox(note), box) for box in tables)
        if is_on_table and kind not in ("Text", "Highlight"):
            told.problems.append(Remark("laid-over", place, shown))
        elif shown:
            remark = Remark("text-outside-cells", place, shown)
            told.remarks.append(remark._replace(says="laid-over", place="annotation"))
