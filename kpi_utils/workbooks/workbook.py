"""Cells and where they stand -> an Excel workbook; ``looks.toml`` says how things look.

XlsxWriter writes it, for it stores a formula together with its result: programs that do not
calculate see the figure too.
"""

import datetime
import io
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import xlsxwriter
from xlsxwriter.worksheet import Worksheet as Written

from kpi_utils.cells.heads import OWN_COMMENTS

# Row and column of a cell, counted from 0.
Place = tuple[int, int]
# Heights of a row's first line and of the others, and the most that Excel takes, in points.
_FIRST_LINE, _LINE, _HIGHEST = 20, 15, 409
_TABLE = tomllib.loads(Path(__file__).with_name("looks.toml").read_text("utf-8"))
_BASE, _NUMBER = _TABLE["base"], _TABLE["number"]
_FRAMED = {name: _TABLE["frame"] | look for name, look in _TABLE["framed"].items()}
_LOOKS = _TABLE["unframed"] | _FRAMED
# Comments: width of a box, of a letter, height of a line, in pixels; most characters of a text.
_BOX, _LETTER, _COMMENT_LINE = 330, 6.2, 17
MOST_CHARACTERS = 32_767


@dataclass(frozen=True)
class Cell:
    """A cell, or an area of cells merged into one.

    It holds ``number``, shown by ``number_format``, or else ``text``; if there is a ``formula``,
    these are its result. ``look`` is one of ``looks.toml``; ``rows`` and ``columns`` say how many
    it takes. ``check`` is what may be entered, with its help, as XlsxWriter's ``data_validation``.
    ``flag`` is a formula that marks the cell when it is true. ``comment`` is a comment on the cell;
    ``link`` is another cell of the workbook, to which the text leads.
    """

    text: str = ""
    look: str = "text"
    number: Decimal | None = None
    number_format: str = ""
    formula: str = ""
    rows: int = 1
    columns: int = 1
    check: Mapping = field(default_factory=dict)
    flag: str = ""
    comment: str = ""
    link: str = ""


@dataclass(frozen=True)
class Worksheet:
    """A worksheet: its cells by place, and the widths of its columns in characters.

    ``freeze`` is the first row and column that scroll; ``breaks`` are rows before which a page
    ends; ``repeated`` is how many of the first rows stand on each page. ``footer`` stands beside
    the name at the foot of each page, and ``header`` at its head. ``filtered`` are the first and
    last row of a table that can be filtered. ``colours`` maps the words of ``status`` cells.
    """

    name: str
    cells: dict[Place, Cell]
    widths: list[float]
    freeze: tuple[int, int] = (0, 0)
    breaks: tuple[int, ...] = ()
    repeated: int = 0
    footer: str = ""
    header: str = ""
    filtered: tuple[int, int] | None = None
    colours: Mapping[str, str] = field(default_factory=dict)


def workbook(worksheets: list[Worksheet], created: datetime.date) -> bytes:
    """The file of a workbook: the same worksheets and date give the same bytes."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    book.set_properties({"created": datetime.datetime.combine(created, datetime.time())})
    formats = {}
    flagged = book.add_format({"bg_color": _LOOKS["flag"]["bg_color"]})
    for worksheet in worksheets:
        sheet = book.add_worksheet(worksheet.name)
        _set_up(sheet, worksheet)
        for place, cell in worksheet.cells.items():
            key = cell.look, cell.number_format
            if key not in formats:
                shown = _NUMBER | {"num_format": key[1]} if cell.number_format else {}
                formats[key] = book.add_format(_BASE | _LOOKS[cell.look] | shown)
            _write(sheet, place, cell, formats[key])
            if cell.flag:
                rule = {"type": "formula", "criteria": f"={cell.flag}", "format": flagged}
                sheet.conditional_format(*place, *place, rule)
        # The colour of a status follows its word, which a formula may change.
        places = [place for place, cell in worksheet.cells.items() if cell.look == "status"]
        for word, colour in worksheet.colours.items() if places else ():
            look = book.add_format({"bg_color": colour, "font_color": "#FFFFFF"})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look}
            sheet.conditional_format(*min(places), *max(places), rule)
    book.close()
    return _of_any_system(file)


def _of_any_system(file: io.BytesIO) -> bytes:
    """A workbook whose parts do not say on which system they were made."""
    same = io.BytesIO()
    with ZipFile(file) as parts, ZipFile(same, "w", ZIP_DEFLATED) as book:
        for part in parts.infolist():
            content = parts.read(part)
            part.create_system = 0
            book.writestr(part, content)
    return same.getvalue()


def width_of(text: str) -> int:
    """How wide a text is, in characters: a full-width one counts twice.

    >>> width_of("2020年度 32.1 %")
    15
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def _lines(worksheet: Worksheet) -> dict[int, int]:
    """How many lines each row needs: not every program that opens the file works it out."""
    lines: dict[int, int] = {}
    for (first, column), cell in worksheet.cells.items():
        wraps = not cell.number_format and "text_wrap" not in _LOOKS[cell.look]
        # Ten points are smaller than the letters in which a column's width is counted.
        width = sum(worksheet.widths[column : column + cell.columns]) * 1.1 - 1
        texts = cell.text.split("\n") if wraps else [""]
        needed = sum(1 + int(width_of(text) // width) for text in texts)
        for row in range(first, first + cell.rows):
            lines[row] = max(lines.get(row, 1), -(-needed // cell.rows))
    return lines


def _set_up(sheet: Written, worksheet: Worksheet) -> None:
    for column, width in enumerate(worksheet.widths):
        sheet.set_column(column, column, width)
    for row, lines in _lines(worksheet).items():
        sheet.set_row(row, min(_FIRST_LINE + _LINE * (lines - 1), _HIGHEST))
    sheet.hide_gridlines(2)
    sheet.freeze_panes(*worksheet.freeze)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    # Excel takes 255 characters, and reads an ampersand as a code.
    footer = worksheet.footer[:100].replace("&", "&&")
    sheet.set_footer(f"&L{worksheet.name}{footer}&R&P / &N")
    if worksheet.header:
        sheet.set_header(f"&C&B{worksheet.header}")
    if worksheet.filtered:
        first, last = worksheet.filtered
        sheet.autofilter(first, 0, last, len(worksheet.widths) - 1)
    sheet.set_h_pagebreaks(list(worksheet.breaks))
    if worksheet.repeated:
        sheet.repeat_rows(0, worksheet.repeated - 1)


def _write(sheet: Written, place: Place, cell: Cell, look: object) -> None:
    end = place[0] + cell.rows - 1, place[1] + cell.columns - 1
    if end != place:
        # What it holds is written below: merge_range would guess at its type.
        sheet.merge_range(*place, *end, "", look)
    if cell.formula:
        # XlsxWriter leaves out a blank result, and programs that do not calculate would miss it.
        result = (cell.text or " ") if cell.number is None else float(cell.number)
        sheet.write_formula(*place, cell.formula, look, result)
    elif cell.number is not None:
        sheet.write_number(*place, float(cell.number), look)
    elif cell.link:
        sheet.write_url(*place, f"internal:{cell.link}", look, cell.text)
    elif cell.text:
        sheet.write_string(*place, cell.text, look)
    else:
        sheet.write_blank(*place, None, look)
    if cell.comment:
        sheet.write_comment(*place, cell.comment, _box(cell.comment))
    if cell.check:
        sheet.data_validation(*place, *end, dict(cell.check))


def _box(comment: str) -> dict:
    """A comment's author and font, and a size at which all of it can be read at once."""
    across = (_BOX - 16) // _LETTER
    lines = sum(1 + int(width_of(line) // across) for line in comment.split("\n"))
    return {
        "author": OWN_COMMENTS,
        "font_name": "游ゴシック",
        "font_size": 9,
        "width": _BOX,
        "height": 12 + _COMMENT_LINE * lines,
    }
