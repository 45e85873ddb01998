"""A sheet -> a worksheet in the sheet's own layout, with 達成度 as live formulas or as published.

Title, captions, tables, notes and commentary stand where they stood. As a form, the cells of the
new year and what is to be revised are open for entry, each with a check and a word of help.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.sheets.columns import YEARLY
from kpi_utils.sheets.sheet import Sheet, line_of, sheet_cells
from kpi_utils.workbooks.entry import revise
from kpi_utils.workbooks.row_cells import Task, row_cells, task_of
from kpi_utils.workbooks.workbook import Cell, Worksheet, width_of

__all__ = ["Layout", "layout"]

# Widths of columns in characters, by role.
_WIDTHS = {
    "no": 5,
    "initiative": 18,
    "name": 32,
    "published": 10,
    "entry_year": 11,
    "entry_reason": 13,
}
# Of columns of figures: that of the widest one, from and to.
_FIGURES = 14, 26


@dataclass(frozen=True)
class Layout:
    """A worksheet in a sheet's layout, and where things stand in it.

    ``places`` are rows and columns, counted from 0: of a table's cells by section, No., role and,
    of actuals and targets, the year in the head; of a head by "head" and section, of a caption by
    "caption" and section, of a block of the commentary by "block" and its number.
    """

    worksheet: Worksheet
    places: dict[tuple, tuple[int, int]]

    @property
    def given(self) -> dict[tuple[int, int], str]:
        """What the formulas of the achievement give, by section and No., where there is one."""
        # Where people enter it, a formula only keeps what stood there.
        computed = {
            (cell.row, cell.column): cell.text
            for cell in self.worksheet.cells
            if cell.formula and not cell.check
        }
        return {key[:2]: computed[at] for key, at in self.places.items() if at in computed}


@dataclass
class _Page:
    """The cells of a worksheet, from the top down; ``row`` is where the next one goes."""

    widths: list[float]
    row: int = 0
    cells: list[Cell] = field(default_factory=list)
    places: dict[tuple, tuple[int, int]] = field(default_factory=dict)

    def line(self, text: str, look: str) -> None:
        self.cells.append(Cell(self.row, 0, text, look))
        self.row += 1

    def wrapped(self, column: int, text: str, look: str, check: Mapping | None = None) -> None:
        """A text over the whole width."""
        width = len(self.widths) - column
        self.cells.append(Cell(self.row, column, text, look, columns=width, check=check or {}))
        self.row += 1


def layout(sheet: Sheet, fiscal_year: int, as_form: bool, computed: bool = True) -> Layout:
    """A sheet in its own layout, its achievement computed up to a fiscal year.

    ``as_form`` opens the cells of that year for entry; the sheet need not have its column yet. If
    it is not ``computed``, the achievement stands as published.
    """
    task = task_of(sheet, fiscal_year, as_form, computed)
    page = _Page(_widths(task))
    page.line(sheet.title, "title")
    # Notes outside of the tables stand before the first one, or at the head of the commentary.
    first = min(int(line_of(source)) for source in sheet.rows["source"])
    outside = [(number, text) for section, number, text in sheet.notes if not section]
    for number, text in outside:
        if number < first:
            page.wrapped(0, text, "note")
    begins, below_heads = [], []
    for section in task.tables:
        page.row += 1
        begins.append(page.row)
        if sheet.captions[section] != sheet.title:
            page.places["caption", section] = page.row, 0
            page.line(sheet.captions[section], "caption")
        below_heads.append(_table(page, task, section))
    if 0 in sheet.captions:
        page.row += 1
        page.line(sheet.captions[0], "caption")
        _commentary(page, task, [text for number, text in outside if number > first])
    # Over a second table, the head of the first one would be a wrong one.
    alone = len(below_heads) == 1
    worksheet = Worksheet(
        f"{fiscal_year}年度",
        page.cells,
        page.widths,
        freeze=(below_heads[0] if alone else 0, task.name_end + 1),
        breaks=tuple(begins[1:]),
        repeated=below_heads[0] if alone else 1,
        footer="　架空のデータ" if sheet.made_up else "",
    )
    return Layout(worksheet, page.places)


def _widths(task: Task) -> list[float]:
    widths: dict[int, float] = {}
    for section, columns in task.tables.items():
        cells = sheet_cells(task.sheet, section)
        for column in columns:
            least, most = _FIGURES
            texts = [] if column["new"] else cells[column["header"]]
            figures = min(max([least, *(width_of(text) + 2 for text in texts)]), most)
            at = column["at"] + column["span"] - 1
            widths[at] = max(widths.get(at, 0), _WIDTHS.get(column["role"], figures))
    return [widths[at] for at in range(max(widths) + 1)]


def _table(page: _Page, task: Task, section: int) -> int:
    """Put a table's notes, head and rows on a page; the row below its head."""
    cells = sheet_cells(task.sheet, section)
    sources = task.sheet.rows.set_index(["section", "no"])["source"]
    lines = [(int(line_of(sources[listing])), listing) for listing in cells.index]
    lines += [(number, text) for place, number, text in task.sheet.notes if place == section]
    lines.sort(key=lambda line: line[0])
    below_head = 0
    for is_note, run in groupby(lines, key=lambda line: isinstance(line[1], str)):
        if is_note:
            for _, text in run:
                page.wrapped(0, text, "note")
            continue
        if not below_head:
            page.places["head", section] = page.row, 0
            _head(page, task.tables[section])
            below_head = page.row
        listings = [listing for _, listing in run]
        spans = _spans([task.rows[listing]["initiative_raw"] for listing in listings])
        for listing, span in zip(listings, spans, strict=True):
            _row(page, task, listing, list(cells.loc[listing]), span)
    return below_head


def _row(page: _Page, task: Task, listing: tuple[int, int], printed: list[str], span: int) -> None:
    listed = task.sheet.first_listing(task.rows[listing]["kpi"])
    first = page.places.get((listed["section"], listed["no"], "actual", task.year))
    first = xl_rowcol_to_cell(*first) if first else ""
    page.cells += row_cells(task, listing, printed, page.row, span, first)
    for column in task.tables[listing[0]]:
        has_year = column["role"] in YEARLY and not pd.isna(column["year"])
        year = column["year"] if has_year else None
        page.places[*listing, column["role"], year] = page.row, column["at"]
    page.row += 1


def _spans(texts: list[str]) -> list[int]:
    """How many rows each text takes: those below it that are blank; 0 where it is one of these.

    >>> _spans(["", "①", "", "", "②"])
    [1, 3, 0, 0, 1]
    """
    spans: list[int] = []
    start = None
    for place, text in enumerate(texts):
        if text or start is None:
            start = place if text else None
            spans.append(1)
        else:
            spans[start] += 1
            spans.append(0)
    return spans


def _head(page: _Page, columns: list[dict]) -> None:
    """The head of a table; of two rows where columns of years have 2022年 over 実績."""
    split = [column["header"].split(" ") if column["role"] in YEARLY else [] for column in columns]
    two = sum(len(parts) == 2 for parts in split) > 1
    heads = [
        (column, *(parts if two and len(parts) == 2 else (column["header"], "")))
        for column, parts in zip(columns, split, strict=True)
    ]
    for (above, is_deep), group in groupby(heads, key=lambda head: (head[1], bool(head[2]))):
        found = list(group)
        at, span = found[0][0]["at"], sum(column["span"] for column, _, _ in found)
        depth = 1 if is_deep else 1 + two
        page.cells.append(Cell(page.row, at, above, "head", rows=depth, columns=span))
        page.cells += [
            Cell(page.row + 1, column["at"], below, "head") for column, _, below in found if below
        ]
    page.row += 1 + two


def _commentary(page: _Page, task: Task, notes: list[str]) -> None:
    """評価及び課題等: headings at the margin, paragraphs one column further in."""
    check = revise(task.sheet.fiscal_year) if task.as_form else {}
    look = "entry_" if task.as_form else ""
    for text in notes:
        page.wrapped(1, text, "plain")
    blocks = task.sheet.commentary
    # Where no paragraph stands further in, a mark tells that a line is a heading.
    mark = "" if any(blocks["text"]) else "- "
    for block in blocks.itertuples():
        page.places["block", block.block] = page.row, 0
        page.wrapped(0, f"{mark}{block.heading}{block.references_raw}", f"{look}heading", check)
        for text in block.text.split("\n"):
            if text:
                page.wrapped(1, text, f"{look}plain", check)
