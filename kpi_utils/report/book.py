"""Results -> ``evaluation.xlsx``: the sheet with its findings, tidy rows, all entries.

The first worksheet is the sheet in its own layout, its cells as published; beside each table stand
our achievement and status, as live formulas where figures give them, and each finding is a comment
at its very cell. The reader of sheets passes over what is ours, so the file can be read as the
sheet that it shows.
"""

import datetime
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.judging.achievement import exact, percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import CODES
from kpi_utils.language import Words, listed, say
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing import tables
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.workbooks.formulas import judged_formulas
from kpi_utils.workbooks.layout import Layout, Listing, layout
from kpi_utils.workbooks.workbook import MOST_CHARACTERS, Cell, Place, Worksheet, workbook

__all__ = ["book", "finding_places"]

_DATA = tomllib.loads(Path(__file__).with_name("book.toml").read_text("utf-8"))
# The columns of kpis.csv, and how wide they are.
_COLUMNS = _DATA["widths"]
# The roles of the cells that a finding of a code may be about; any other one is about the name.
_ROLES = _DATA["roles"]
# How the columns of kpis.csv look that are neither plain texts nor plain numbers.
_LOOKS = dict.fromkeys(["section", "no", "stage"], "centre") | {"status": "status"}
# Between the columns of the sheet and ours, and these.
_OWN_WIDTHS = [2, 16, 16]


def book(evaluation: Evaluation) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input."""
    sheet, plan, made = evaluation.sheet, evaluation.sheet.plan, layout(evaluation.sheet)
    places, name = finding_places(evaluation, made), say("book.sheet", year=sheet.fiscal_year)
    links = [f"'{name}'!{xl_rowcol_to_cell(*place)}" for place in places]
    worksheets = [
        replace(_edition(evaluation, made, places), name=name),
        _rows(evaluation),
        _findings(evaluation, links),
    ]
    shared = {
        "footer": f"　{plan.said(plan.municipality)} {plan.said(plan.name)}",
        "header": say("cover.made_up") if sheet.made_up else "",
        "colours": COLOURS | {STATUSES[status]: colour for status, colour in COLOURS.items()},
    }
    cut = say("book.cut")
    worksheets = [replace(_within(worksheet, cut), **shared) for worksheet in worksheets]
    # The last day of the fiscal year, as the report has it.
    return workbook(worksheets, datetime.date(sheet.fiscal_year + 1, 3, 31))


def _edition(evaluation: Evaluation, made: Layout, places: list[Place]) -> Worksheet:
    """The sheet with what was found as comments, and our achievement and status beside it.

    A reader knows ours by their heads.
    """
    comments = defaultdict(list)
    for place, finding in zip(places, evaluation.findings.itertuples(), strict=True):
        words = {"severity": SEVERITIES[finding.severity], "kind": CODES[finding.code]}
        words |= {"message": finding.message, "text": finding.text}
        # The title says nothing of what is meant.
        comments[place].append(say(f"book.{'of_sheet' if place == (0, 0) else 'finding'}", **words))
    worksheet = made.changed(
        {place: {"comment": "\n\n".join(texts)} for place, texts in comments.items()}
    )
    at, heads = len(worksheet.widths) + 1, (say("book.achievement"), say("book.status"))
    cells = [
        Cell(first.row, column, head, "own_head", rows=first.rows)
        for first in made.of_look("head")
        for column, head in enumerate(heads, at)
    ]
    frames = (frame.to_dict("records") for frame in (evaluation.sheet.rows, evaluation.rows))
    for printed, judged in zip(*frames, strict=True):
        text, word = percent_text(judged["achievement"]), STATUSES[judged["status"]]
        formulas = judged_formulas(printed | judged, made, evaluation.sheet.fiscal_year, STATUSES)
        percent, status = formulas or ({"text": text}, {"text": word})
        row, _ = made.rows[judged["section"], judged["no"]]["no", None]
        cells.append(Cell(row, at, look="own", **percent))
        cells.append(Cell(row, at + 1, look="status", **status))
    widths = [*worksheet.widths, *_OWN_WIDTHS]
    return replace(worksheet, cells=[*worksheet.cells, *cells], widths=widths)


def _rows(evaluation: Evaluation) -> Worksheet:
    """The rows of kpis.csv under its names, with numbers as they were printed."""
    table = evaluation.listings()[list(_COLUMNS)]
    lines = [
        *_above(evaluation, say("book.rows_are"), Words("book.column").values()),
        _line(table.columns, "name_head"),
        *([_tidy(*field) for field in record.items()] for record in table.to_dict("records")),
    ]
    frozen = 4, list(_COLUMNS).index("name") + 1
    return _table(say("book.rows"), lines, list(_COLUMNS.values()), frozen)


def _findings(evaluation: Evaluation, links: list[str]) -> Worksheet:
    """All entries in words, each with a link to its first cell, and the names of the others.

    ``links`` are the cells of the findings.
    """
    table, links_of = tables.findings(evaluation), defaultdict(dict)
    for number, link in zip(evaluation.findings["entry"], links, strict=True):
        links_of[number][link.rpartition("!")[2]] = link
    heads = [*table.columns, say("book.cell"), say("book.other_cells")]
    lines = _above(evaluation, say("book.findings_are"), heads)
    for number, severity, *texts in table.itertuples(index=False):
        first, *others = links_of[number]
        lines.append(
            [
                {"look": "centre", "number": Decimal(number), "number_format": "0"},
                *_line([severity], "centre"),
                *_line(texts, "text"),
                {"look": "link", "text": first, "link": links_of[number][first]},
                *_line([listed(others)], "text"),
            ]
        )
    return _table(say("book.findings"), lines, [8, 8, 18, 60, 60, 8, 24], (3, 0))


def _above(evaluation: Evaluation, caption: str, heads: Iterable[str]) -> list[list[dict]]:
    """The title of the sheet, what a worksheet holds, and the heads of its table."""
    title = evaluation.sheet.plan.said(evaluation.sheet.title)
    return [_line([title], "title"), _line([caption], "caption"), _line(heads, "head")]


def _line(texts: Iterable[str], look: str) -> list[dict]:
    return [{"text": text, "look": look} for text in texts]


def _table(
    name: str, lines: list[list[dict]], widths: list[float], frozen: tuple[int, int]
) -> Worksheet:
    """A worksheet of lines of cells, whose first rows, on each page, and columns do not move."""
    cells = [
        Cell(row, column, **fields)
        for row, line in enumerate(lines)
        for column, fields in enumerate(line)
    ]
    top, _ = frozen
    filtered = top - 1, len(lines) - 1
    return Worksheet(name, cells, widths, freeze=frozen, repeated=top, filtered=filtered)


def _tidy(name: str, value) -> dict:
    """A cell of kpis.csv: a number as such, and as many decimals as it has.

    >>> _tidy("actual", Decimal("34.50"))["number_format"]
    '#,##0.00'
    """
    look = _LOOKS.get(name, "text")
    # A target is a number or words.
    if name == "target" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = Decimal(value)
    if pd.isna(value) or isinstance(value, str):
        return {"text": "" if pd.isna(value) else value, "look": look}
    number = exact(value)
    decimals = max(0, -number.as_tuple().exponent)
    shown = "#,##0" + "." * bool(decimals) + "0" * decimals
    if name == "achievement":
        shown = '#,##0"%";"−"#,##0"%"'
    elif name.endswith("year") or look == "centre":
        shown = "0"
    look = "number" if look == "text" else look
    return {"number": number, "number_format": shown, "look": look}


def _within(worksheet: Worksheet, cut: str) -> Worksheet:
    """A worksheet whose texts its cells can hold; ``cut`` says that there is more."""

    def shortened(text: str) -> str:
        return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(cut)] + cut

    cells = [
        replace(cell, text=shortened(cell.text), comment=shortened(cell.comment))
        for cell in worksheet.cells
    ]
    return replace(worksheet, cells=cells)


def finding_places(evaluation: Evaluation, made: Layout) -> list[Place]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``made`` has the sheet as published. The columns ``role`` and ``column_year`` of the findings
    name the cell of a row; where there are none, it is the one that has the finding's text.
    """
    sheet, taken, places = evaluation.sheet, set(), []
    captions = {cell.text: (cell.row, 0) for cell in made.of_look("caption")}
    lines = map(line_of, sheet.commentary["source"])
    blocks = {
        line: (cell.row, 0) for line, cell in zip(lines, made.of_look("heading"), strict=True)
    }
    listings = {
        line_of(cell.source): (cell.section, cell.no)
        for cells in (sheet.targets, sheet.points, sheet.rows)
        for cell in cells.itertuples()
    }
    for finding in evaluation.findings.itertuples():
        # What is about plan.toml has no cell.
        line = line_of(finding.source) if sheet.source in finding.source else ""
        if finding.code == "row-missing":
            place = captions.get(sheet.captions[listings[line][0]])
        elif line not in listings:
            place = blocks.get(line)
        elif role := getattr(finding, "role", ""):
            year = None if pd.isna(finding.column_year) else finding.column_year
            place = made.rows[listings[line]][role, year]
        else:
            place = _guessed(finding, made, listings[line], taken)
        taken.add((finding.code, place))
        places.append(place or (0, 0))
    return places


def _guessed(finding, made: Layout, listing: Listing, taken: set[tuple[str, Place]]) -> Place:
    """The cell of a row with the finding's text; of several, the newest that has none of its kind.

    ``taken`` are the codes and places of the findings before.
    """
    cells = [
        place
        for role in _ROLES.get(finding.code, ["name"])
        for (of, _), place in reversed(made.rows[listing].items())
        if of == role
    ]
    alike = [place for place in cells if made.cells[place].text == finding.text] or cells
    return next((place for place in alike if (finding.code, place) not in taken), alike[0])
