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

from kpi_utils.judging.achievement import exact, exact_rows, percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.workbooks.formulas import judged_formulas
from kpi_utils.workbooks.layout import Layout, layout
from kpi_utils.workbooks.workbook import MOST_CHARACTERS, Cell, Place, Worksheet, workbook
from kpi_utils.words import Words

__all__ = ["book", "finding_places"]

_DATA = tomllib.loads(Path(__file__).with_name("book.toml").read_text("utf-8"))
# The columns of kpis.csv, and how wide they are.
_COLUMNS = _DATA["widths"]
# How the columns of kpis.csv look that are neither plain texts nor plain numbers.
_LOOKS = dict.fromkeys(["section", "no", "stage"], "centre") | {"status": "status"}
# Between the columns of the sheet and ours, and these.
_OWN_WIDTHS = [2, 16, 16]


def book(evaluation: Evaluation, kpis_csv: pd.DataFrame, entries: dict) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input.

    ``kpis_csv`` is the table of ``kpis.csv``, and ``entries`` the table of the entries
    (``headers`` and ``rows``), as the other editions have it.
    """
    sheet, plan, words = evaluation.sheet, evaluation.sheet.plan, evaluation.sheet.words
    made, name = layout(sheet), words.say("book.sheet", year=sheet.fiscal_year)
    cut, statuses = words.say("book.cut"), words.of("status")
    places = finding_places(evaluation, made)
    title = words.translated(sheet.title)
    shared = {
        "footer": f"　{words.translated(plan.municipality)} {words.translated(plan.name)}",
        "header": words.say("cover.made_up") if sheet.made_up else "",
        "colours": COLOURS | {statuses[status]: colour for status, colour in COLOURS.items()},
    }
    links = [f"'{name}'!{xl_rowcol_to_cell(*place)}" for place in places]
    worksheets = [
        replace(_edition(evaluation, made, places), name=name),
        _rows(kpis_csv, title, words),
        _findings(evaluation, title, entries, links),
    ]
    for number, worksheet in enumerate(worksheets):
        cells = [
            replace(cell, text=_within(cell.text, cut), comment=_within(cell.comment, cut))
            for cell in worksheet.cells
        ]
        worksheets[number] = replace(worksheet, cells=cells, **shared)
    # The last day of the fiscal year, as the report has it.
    return workbook(worksheets, datetime.date(sheet.fiscal_year + 1, 3, 31))


def _edition(evaluation: Evaluation, made: Layout, places: list[Place]) -> Worksheet:
    """The sheet with what was found as comments, and our achievement and status beside it.

    A reader knows ours by their heads.
    """
    comments, words = defaultdict(list), evaluation.sheet.words
    severities, kinds = words.of("severity"), words.of("finding")
    for place, finding in zip(places, evaluation.findings.itertuples(), strict=True):
        values = {"severity": severities[finding.severity], "kind": kinds[finding.code]}
        values |= {"message": finding.message, "text": finding.text}
        # The title says nothing of what is meant.
        key = f"book.{'of_sheet' if place == (0, 0) else 'finding'}"
        comments[place].append(words.say(key, **values))
    changed = {place: {"comment": "\n\n".join(texts)} for place, texts in comments.items()}
    heads = [words.say("book.achievement"), words.say("book.status")]
    worksheet = made.changed(changed)
    own, widths = _own_cells(evaluation, made, heads), [*worksheet.widths, *_OWN_WIDTHS]
    return replace(worksheet, cells=[*worksheet.cells, *own], widths=widths)


def _rows(table: pd.DataFrame, title: str, words: Words) -> Worksheet:
    """The rows of kpis.csv under its names, with numbers as such."""
    names = list(_COLUMNS)
    cells = [
        *_heads(title, words.say("book.rows_are"), words.of("book.column").values()),
        *(Cell(3, at, name, "name_head") for at, name in enumerate(names)),
        *(
            _tidy_cell((row, at), name, value)
            for row, record in enumerate(table[names].to_dict("records"), 4)
            for at, (name, value) in enumerate(record.items())
        ),
    ]
    return Worksheet(
        words.say("book.rows"),
        cells,
        list(_COLUMNS.values()),
        freeze=(4, names.index("name") + 1),
        repeated=4,
        filtered=(3, 3 + len(table)),
    )


def _findings(evaluation: Evaluation, title: str, entries: dict, links: list[str]) -> Worksheet:
    """All entries in words, each with a link to its first cell, and the names of the others.

    ``links`` are the cells of the findings.
    """
    words, links_of, found = evaluation.sheet.words, defaultdict(dict), evaluation.findings
    # An entry is of one severity and kind, as its row says in words.
    names = zip(
        found["severity"].map(words.of("severity")),
        found["code"].map(words.of("finding")),
        strict=True,
    )
    for name, link in zip(names, links, strict=True):
        links_of[name][link.rpartition("!")[2]] = link
    heads = [*entries["headers"], words.say("book.cell"), words.say("book.other_cells")]
    cells = _heads(title, words.say("book.findings_are"), heads)
    for row, (number, severity, *texts) in enumerate(entries["rows"], 3):
        links = links_of[severity, texts[0]]
        first, *others = links
        cells += [
            Cell(row, 0, look="centre", number=Decimal(number), number_format="0"),
            Cell(row, 1, severity, "centre"),
            *(Cell(row, column, text) for column, text in enumerate(texts, 2)),
            Cell(row, 5, first, "link", link=links[first]),
            Cell(row, 6, words.listed(others)),
        ]
    return Worksheet(
        words.say("book.findings"),
        cells,
        [8, 8, 18, 60, 60, 8, 24],
        freeze=(3, 0),
        repeated=3,
        filtered=(2, 2 + len(entries["rows"])),
    )


def finding_places(evaluation: Evaluation, made: Layout) -> list[Place]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``made`` has the sheet as published.
    """
    sheet, places = evaluation.sheet, []
    blocks = {
        line_of(block.source): made.places["block", block.block]
        for block in sheet.commentary.itertuples()
    }
    for finding in evaluation.findings.itertuples():
        place = None
        if finding.code == "row-missing":
            place = made.places.get(("caption", finding.rows[0][0]))
        elif finding.role:
            year = None if pd.isna(finding.column_year) else finding.column_year
            place = made.rows[finding.rows[0]][finding.role, year]
        elif sheet.source not in finding.source:
            # What is about plan.toml has no cell.
            place = None
        elif line_of(finding.source) in blocks:
            place = blocks[line_of(finding.source)]
        elif finding.rows:
            place = made.rows[finding.rows[0]]["name", None]
        places.append(place or (0, 0))
    return places


def _own_cells(evaluation: Evaluation, made: Layout, heads: list[str]) -> list[Cell]:
    """Our achievement and status beside each table, below ``heads``."""
    at, statuses = len(made.worksheet.widths) + 1, evaluation.sheet.words.of("status")
    cells = [
        Cell(row, at + beside, head, "own_head", rows=made.cells[row, column].rows)
        for (what, _), (row, column) in made.places.items()
        if what == "head"
        for beside, head in enumerate(heads)
    ]
    for row in exact_rows(evaluation.rows):
        formulas = judged_formulas(row, made, evaluation.sheet.fiscal_year, statuses)
        percent, word = (
            map(vars, formulas)
            if formulas
            else (
                {"text": percent_text(row["achievement"])},
                {"text": statuses[row["status"]]},
            )
        )
        line, _ = made.rows[row["section"], row["no"]]["no", None]
        cells += [Cell(line, at, look="own", **percent), Cell(line, at + 1, look="status", **word)]
    return cells


def _tidy_cell(place: Place, name: str, value) -> Cell:
    """A cell of kpis.csv: a number as such, and as many decimals as it has.

    >>> _tidy_cell((4, 8), "actual", Decimal("34.50")).number_format
    '#,##0.00'
    """
    look = _LOOKS.get(name, "text")
    # A target is a number or words.
    if name == "target" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = Decimal(value)
    if pd.isna(value) or isinstance(value, str):
        return Cell(*place, "" if pd.isna(value) else value, look)
    number = exact(value)
    decimals = max(0, -number.as_tuple().exponent)
    shown = "#,##0" + ("." + "0" * decimals if decimals else "")
    if name == "achievement":
        shown = '#,##0"%";"−"#,##0"%"'
    elif name.endswith("year") or look == "centre":
        shown = "0"
    return Cell(*place, "", "number" if look == "text" else look, number, shown)


def _heads(title: str, caption: str, heads: Iterable[str]) -> list[Cell]:
    """The title of the sheet, what a worksheet holds, and the heads of its table."""
    return [
        Cell(0, 0, title, "title"),
        Cell(1, 0, caption, "caption"),
        *(Cell(2, at, head, "head") for at, head in enumerate(heads)),
    ]


def _within(text: str, cut: str) -> str:
    """A text that a cell can hold; ``cut`` says that there is more."""
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(cut)] + cut
