"""A sheet -> a worksheet in the sheet's own layout, as published.

Title, captions, tables, notes and commentary stand where they stood. Next year's form (``entry``)
and the workbook edition of a report (``report.book``) are this layout with some cells changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.cells.number_format import as_number
from kpi_utils.lines.columns import YEARLY
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.workbooks.workbook import Cell, Place, Worksheet, width_of

# Section and No. of a row.
Listing = tuple[int, int]
# Widths of columns in characters, by role; others are as wide as their widest text, within limits.
_WIDTHS = {"no": 5, "initiative": 18, "name": 32, "published": 10}
_WIDTHS |= {"entry_year": 11, "entry_reason": 13, "department": 14, "next_step": 30}
_NARROWEST, _WIDEST = 14, 26
# The looks of cells that are not plain texts, by role.
_LOOKS = {"no": "centre", "published": "centre"}
_LOOKS |= dict.fromkeys(["baseline", "actual", "target"], "figure")


@dataclass(frozen=True)
class Layout:
    """A worksheet in a sheet's layout, and where things stand in it.

    ``rows`` has the places of a row's cells: by listing, then by role and year. The year is that in
    the head of an actual's or a target's column, else None.
    """

    worksheet: Worksheet
    rows: dict[Listing, dict[tuple[str, int | None], Place]]

    def of_look(self, look: str) -> dict[Place, Cell]:
        """The cells of a look in the first column: headings, captions, the first cell of a head."""
        cells = self.worksheet.cells.items()
        return {place: cell for place, cell in cells if cell.look == look and not place[1]}

    def text(self, place: Place) -> str:
        """What a cell says."""
        return self.worksheet.cells[place].text

    def address(self, listing: Listing, role: str, year: int | None = None) -> str:
        """A cell of a row as formulas name it (E6); ``year`` is that in the head."""
        return xl_rowcol_to_cell(*self.rows[listing][role, year])

    def actuals(self, listing: Listing, fiscal_year: int) -> list[tuple[int, str]]:
        """The actuals of a row up to a fiscal year, oldest first: years in the heads, and texts."""
        return sorted(
            (year, self.text(place))
            for (role, year), place in self.rows[listing].items()
            if role == "actual" and year and year <= fiscal_year
        )

    def changed(self, fields: Mapping[Place, Mapping]) -> Worksheet:
        """The worksheet with other values in the fields of some of its cells."""
        changed = {
            place: replace(self.worksheet.cells[place], **values)
            for place, values in fields.items()
        }
        return replace(self.worksheet, cells=self.worksheet.cells | changed)


def layout(sheet: Sheet, columns: pd.DataFrame | None = None) -> Layout:
    """Lay a sheet out as it was published.

    ``columns`` are the columns of its tables if not ``sheet.columns``; a column that the sheet
    lacks has the number 0, and stays blank.
    """
    page = _Page(_in_line(sheet.columns if columns is None else columns))
    page.line(sheet.title, "title", is_wide=False)
    # Notes outside of the tables stand before the first one, or at the head of the commentary.
    first = min(map(sheet.line_number, sheet.rows()["source"]))
    outside = [(number, text) for section, number, text in sheet.notes if not section]
    for number, text in outside:
        if number < first:
            page.line(text, "note")
    begins = []
    below_heads = []
    for section in page.tables:
        page.row += 1
        begins.append(page.row)
        if sheet.captions[section] != sheet.title:
            page.line(sheet.captions[section], "caption", is_wide=False)
        below_heads.append(_table(page, sheet, section))
    if 0 in sheet.captions:
        page.row += 1
        page.line(sheet.captions[0], "caption", is_wide=False)
        _commentary(page, sheet, [text for number, text in outside if number > first])
    # A head that repeats on each page would be wrong over a second table.
    repeated = below_heads[0] if len(below_heads) == 1 else 0
    names = next(column for column in page.tables[min(page.tables)] if column["role"] == "name")
    worksheet = Worksheet(
        f"{sheet.fiscal_year}年度",
        page.cells,
        [page.widths[column] for column in range(page.column_count)],
        freeze=(repeated, names["first"] + names["span"]),
        breaks=tuple(begins[1:]),
        repeated=repeated or 1,
        footer="　架空のデータ" if sheet.made_up else "",
    )
    return Layout(worksheet, page.rows)


class _Page:
    """The cells of a worksheet by their places, from the top down; ``row`` is where the next goes.

    ``tables`` are the columns by section, as ``_in_line`` gives them.
    """

    def __init__(self, tables: dict[int, list[dict]]):
        self.tables = tables
        self.row = 0
        self.column_count = max(last["first"] + last["span"] for *_, last in tables.values())
        self.cells: dict[Place, Cell] = {}
        self.widths: dict[int, float] = {}
        self.rows: dict[Listing, dict] = {}

    def line(self, text: str, look: str, column: int = 0, is_wide: bool = True) -> None:
        """A line of text from a column on; a wide one goes over all of the width."""
        columns = self.column_count - column if is_wide else 1
        self.cells[self.row, column] = Cell(text, look, columns=columns)
        self.row += 1


def _in_line(columns: pd.DataFrame) -> dict[int, list[dict]]:
    """The columns of each section, with their ``first`` column in the worksheet and their ``span``.

    Names are widened so that what follows them is aligned in tables with and without initiatives.
    """
    before = columns.groupby("section").cumcount()
    is_name = columns["role"] == "name"
    span = (1 + before[is_name].max() - before).where(is_name, 1)
    placed = columns.assign(first=span.groupby(columns["section"]).cumsum() - span, span=span)
    return {section: table.to_dict("records") for section, table in placed.groupby("section")}


def _table(page: _Page, sheet: Sheet, section: int) -> int:
    """Put a table's notes, head and rows on a page; returns the row below its head."""
    columns = page.tables[section]
    sources = sheet.rows()["source"].to_dict()
    printed = sheet_cells(sheet, section)
    # A column that the sheet lacks has its own head, and stays blank.
    heads = [
        printed.columns[column["column"] - 1] if column["column"] else column["header"]
        for column in columns
    ]
    printed = printed.reindex(columns=heads, fill_value="")
    lines: list[tuple] = [
        (sheet.line_number(sources[listing]), listing, texts)
        for listing, *texts in printed.itertuples(name=None)
    ]
    lines += [(number, None, text) for table, number, text in sheet.notes if table == section]
    below_head = 0
    initiative = None
    for _, listing, texts in sorted(lines, key=lambda line: line[0]):
        if listing is None:
            page.line(texts, "note")
            initiative = None
            continue
        if not below_head:
            _head(page, columns)
            below_head = page.row
        initiative = _row(page, columns, listing, texts, initiative)
    return below_head


def _row(
    page: _Page, columns: list[dict], listing: Listing, texts: list[str], above: Place | None
) -> Place | None:
    """Put a row on a page, as the sheet prints it: numbers where a format can show them so.

    ``above`` is the place of the initiative of the rows above, which extends over this row if this
    one names none. Returns the place of this row's initiative.
    """
    places = page.rows[listing] = {}
    for column, text in zip(columns, texts, strict=True):
        role = column["role"]
        first = column["first"]
        last = first + column["span"] - 1
        has_year = role in YEARLY and not pd.isna(column["year"])
        places[role, column["year"] if has_year else None] = page.row, first
        width = _WIDTHS.get(role, min(max(_NARROWEST, width_of(text) + 2), _WIDEST))
        page.widths[last] = max(page.widths.get(last, 0), width)
        if role == "initiative" and above and not text:
            page.cells[above] = replace(page.cells[above], rows=page.cells[above].rows + 1)
            continue
        if role == "initiative":
            above = (page.row, first) if text else None
        cell = Cell(text, _LOOKS.get(role, "text"), columns=column["span"])
        if role in _LOOKS and (figure := as_number(text)):
            cell = replace(cell, number=figure.value, number_format=figure.number_format)
        page.cells[page.row, first] = cell
    page.row += 1
    return above


def _head(page: _Page, columns: list[dict]) -> None:
    """The head of a table; of two rows where columns of years have 2022年 over 実績."""
    parts = {
        column["first"]: column["header"].split(" ")
        for column in columns
        if column["role"] in YEARLY and column["header"].count(" ") == 1
    }
    if len(parts) < 2:
        parts = {}
    depth = 2 if parts else 1
    heads = [(column, *parts.get(column["first"], [column["header"], ""])) for column in columns]
    for (upper, is_split), group in groupby(heads, key=lambda head: (head[1], bool(head[2]))):
        below = list(group)
        rows = 1 if is_split else depth
        span = sum(column["span"] for column, _, _ in below)
        first = below[0][0]["first"]
        page.cells[page.row, first] = Cell(upper, "head", rows=rows, columns=span)
        for column, _, lower in below if is_split else ():
            page.cells[page.row + 1, column["first"]] = Cell(lower, "head")
    page.row += depth


def _commentary(page: _Page, sheet: Sheet, notes: list[str]) -> None:
    """評価及び課題等: headings at the margin, paragraphs one column further in."""
    for text in notes:
        page.line(text, "plain", 1)
    # Where no paragraph stands further in, a mark tells that a line is a heading.
    mark = "" if any(sheet.commentary["text"]) else "- "
    for block in sheet.commentary.itertuples():
        page.line(f"{mark}{block.heading}{block.references_raw}", "heading")
        for text in filter(None, block.text.split("\n")):
            page.line(text, "paragraph", 1)
