"""Results -> ``evaluation.xlsx``: the sheet in its own layout with the findings as comments.

Its tables stand as they were published, with 達成度 as live formulas, and are read as a sheet
again. Two worksheets follow: a line a row with its judgement, for filters and pivot tables, and
the findings, each with a link to the row that it is about.
"""

import datetime
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils import frames, tables
from kpi_utils.drawing import COLOURS
from kpi_utils.evaluation import Evaluation
from kpi_utils.findings import CODES
from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.judgement import references
from kpi_utils.language import Words, say
from kpi_utils.layout import Layout, layout
from kpi_utils.workbook import Cell, Worksheet, width_of, workbook

__all__ = ["book"]

# Widths of the findings' columns, in characters.
_WIDTHS = {"severity": 9, "kind": 20, "row": 20, "text": 40, "message": 76, "line": 8}
_WIDEST, _NARROWEST = 30, 7


def book(evaluation: Evaluation) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input."""
    sheet = evaluation.sheet
    made = layout(sheet, sheet.fiscal_year, as_form=False)
    places = _Places(evaluation, made)
    cells = _commented(made, places, evaluation)
    # The last day of the fiscal year: a date that a rerun does not change.
    created = datetime.date(sheet.fiscal_year + 1, 3, 31)
    others = [_rows(evaluation, places), _findings(evaluation, places)]
    mark = say("bracketed", text=say("cover.made_up")) if sheet.made_up else ""
    others = [
        replace(worksheet, name=worksheet.name + mark, header=mark.strip()) for worksheet in others
    ]
    first = replace(made.worksheet, cells=cells, header=mark.strip())
    return workbook([first, *others], created)


class _Places:
    """Where in the worksheet stands what a finding is about: row and column, counted from 0."""

    def __init__(self, evaluation: Evaluation, made: Layout):
        self._name = made.worksheet.name
        sheet = evaluation.sheet
        self._rows, self._blocks = made.rows, made.blocks
        self._listings = {
            row.source: (row.section, row.no)
            for frame in (sheet.targets, sheet.points, sheet.rows)
            for row in frame.itertuples()
        }
        self._headings = {block.source: block.block for block in sheet.commentary.itertuples()}
        self._texts: dict[int, dict[str, int]] = defaultdict(dict)
        for cell in made.worksheet.cells:
            self._texts[cell.row].setdefault(cell.text, cell.column)
        formulas = {cell.row: cell.column for cell in made.worksheet.cells if cell.formula}
        published = sheet.rows.set_index(["section", "no"])["published"]
        for listing in made.given:
            # What was published stands where the formula gives something else.
            row = made.rows[listing]
            self._texts[row].setdefault(published[listing], formulas[row])
        self._names = {
            (row.section, row.no): self._texts[made.rows[row.section, row.no]][row.name]
            for row in sheet.rows.itertuples()
        }

    def of(self, source: str, text: str) -> tuple[int, int]:
        """The cell with the text in the row of the source, else the row's name; else the title."""
        if source in self._headings:
            return self._blocks[self._headings[source]], 0
        if source not in self._listings:
            return 0, 0
        listing = self._listings[source]
        row = self._rows[listing]
        return row, self._texts[row].get(text, self._names[listing])

    def link(self, place: tuple[int, int]) -> str:
        """A cell as a link names it."""
        return f"'{self._name}'!{xl_rowcol_to_cell(*place)}"

    def row(self, listing: tuple[int, int]) -> tuple[int, int]:
        """The name of a listing's row."""
        return self._rows[listing], self._names[listing]


def _commented(made: Layout, places: _Places, evaluation: Evaluation) -> list[Cell]:
    """The cells of the sheet, with what was found of them, and what a formula gives otherwise."""
    comments: dict[tuple[int, int], list[str]] = defaultdict(list)
    for found in evaluation.findings.itertuples():
        said = say(
            "book.finding",
            severity=SEVERITIES[found.severity],
            kind=CODES[found.code],
            message=found.message,
        )
        place = places.of(found.source, found.text)
        if said not in comments[place]:
            comments[place].append(said)
    published = evaluation.sheet.rows.set_index(["section", "no"])["published"]
    columns = {cell.row: cell.column for cell in made.worksheet.cells if cell.formula}
    for listing, given in made.given.items():
        if given != published[listing]:
            row = made.rows[listing]
            said = say("book.published", published=published[listing] or say("none"))
            comments[row, columns[row]].insert(0, said)
    return [
        replace(cell, comment="\n\n".join(comments.get((cell.row, cell.column), [])))
        for cell in made.worksheet.cells
    ]


def _rows(evaluation: Evaluation, places: _Places) -> Worksheet:
    """``kpis.csv`` as a worksheet, with a link to each row and the status in words.

    The name stands for the KPI, whose identity is hardly another text.
    """
    words = Words("column")
    judged = evaluation.rows
    listings = list(judged[["section", "no"]].itertuples(index=False, name=None))
    columns = [
        [words["row"], *(references([listing]) for listing in listings)],
        [words["status"], *judged["status"].map(STATUSES)],
        *([name, *judged[name]] for name in frames.CSV_COLUMNS if name != "kpi"),
    ]
    cells = []
    for at, (head, *values) in enumerate(columns):
        described = frames.JUDGED.columns[head].description if head in judged else ""
        cells.append(Cell(0, at, head, "head", comment=described))
        cells += [_value(row, at, value, head) for row, value in enumerate(values, 1)]
    linked = {row: places.link(places.row(listing)) for row, listing in enumerate(listings, 1)}
    coloured = {row: COLOURS[status] for row, status in enumerate(judged["status"], 1)}
    cells = [
        replace(cell, link=linked[cell.row])
        if cell.column == 0 and cell.row
        else replace(cell, colour=coloured[cell.row])
        if cell.column == 1 and cell.row
        else cell
        for cell in cells
    ]
    widths = [
        min(max(_NARROWEST, *(width_of(str(value)) + 3 for value in column)), _WIDEST)
        for column in columns
    ]
    return Worksheet(say("book.rows"), cells, widths, (1, 2), repeated=1, filtered=True)


def _value(row: int, column: int, value: object, head: str) -> Cell:
    """A value of a frame as a cell: a number as one, nothing as blank."""
    if value is None or pd.isna(value):
        return Cell(row, column)
    if isinstance(value, Decimal):
        decimals = max(0, -value.as_tuple().exponent)
        shown = "#,##0" + ("." + "0" * decimals if decimals else "")
        return Cell(row, column, look="figure", number=value, number_format=shown)
    if isinstance(value, str):
        return Cell(row, column, value)
    shown = '#,##0"%"' if head == "achievement" else "0"
    return Cell(row, column, look="figure", number=Decimal(int(value)), number_format=shown)


def _findings(evaluation: Evaluation, places: _Places) -> Worksheet:
    """The findings as the report lists them; their rows are links."""
    words = Words("column")
    listed = tables.findings(evaluation)
    names = {words[key]: key for key in _WIDTHS}
    widths = [float(_WIDTHS[names[head]]) for head in listed]
    cells = [Cell(0, at, head, "head") for at, head in enumerate(listed)]
    sources = evaluation.findings[["source", "text"]].itertuples(index=False)
    for row, (values, about) in enumerate(zip(listed.to_numpy(), sources, strict=True), 1):
        for at, (head, value) in enumerate(zip(listed, values, strict=True)):
            link = places.link(places.of(*about)) if names[head] == "row" else ""
            cells.append(Cell(row, at, str(value), link=link))
    return Worksheet(say("book.findings"), cells, widths, (1, 0), repeated=1, filtered=True)
