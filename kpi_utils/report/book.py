"""Results -> ``evaluation.xlsx``: the sheet with its findings, tidy rows, all entries, counts.

The first worksheet is the sheet in its own layout, its cells as published; beside each table stand
our achievement and status, as live formulas where figures give them, and each finding is a comment
at its very cell. The reader of sheets passes over what is ours, so the file can be read as the
sheet that it shows.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.judging.achievement import exact, percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.report.document import document_of, mark_of
from kpi_utils.sheets.places import line_of
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.showing.tables import initiatives_table
from kpi_utils.words import Words
from kpi_utils.workbooks.formulas import judged_formulas
from kpi_utils.workbooks.layout import Layout, layout
from kpi_utils.workbooks.workbook import MOST_CHARACTERS, Cell, Place, Worksheet, workbook

_DATA = tomllib.loads(Path(__file__).with_name("book.toml").read_text("utf-8"))
# The columns of kpis.csv, and how wide they are.
_COLUMNS = _DATA["widths"]
# How the columns of kpis.csv look that are neither plain texts nor plain numbers.
_LOOKS = dict.fromkeys(["section", "no", "stage"], "centre") | {"status": "status"}
# Between the columns of the sheet and ours, and these.
_OWN_WIDTHS = [2, 16, 16]


def book(evaluation: Evaluation, kpis_csv: pd.DataFrame, entries: dict) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input.

    ``kpis_csv`` is the table of ``kpis.csv``, and ``entries`` that of the entries (``headers`` and
    ``rows``), as the other editions have them.
    """
    sheet, plan, words = evaluation.sheet, evaluation.sheet.plan, evaluation.sheet.words
    page, name = layout(sheet), words.say("book.sheet", year=sheet.fiscal_year)
    places, title = finding_places(evaluation, page), words.translated(sheet.title)
    about = document_of(sheet)
    links = [f"'{name}'!{xl_rowcol_to_cell(*place)}" for place in places]
    worksheets = [
        replace(_edition(evaluation, page, places), name=name),
        _rows(kpis_csv, title, words, about),
        _findings(evaluation, title, entries, links, about),
    ]
    initiatives = initiatives_table(evaluation.kpis)
    if len(initiatives):
        worksheets.append(_initiatives(initiatives, title, words, about))
    statuses, cut = words.of("status"), words.say("book.cut")
    shared = {
        "footer": f"　{words.translated(plan.municipality)} {words.translated(plan.name)}",
        "header": mark_of(sheet, sheet.made_up),
        "colours": COLOURS | {statuses[status]: colour for status, colour in COLOURS.items()},
    }
    worksheets = [replace(_within(worksheet, cut), **shared) for worksheet in worksheets]
    return workbook(worksheets, plan.document(sheet.fiscal_year).timestamp)


def _edition(evaluation: Evaluation, page: Layout, places: list[Place]) -> Worksheet:
    """The sheet with what was found as comments, and our achievement and status beside it.

    A reader knows ours by their heads.
    """
    comments, words = defaultdict(list), evaluation.sheet.words
    severities, kinds, statuses = map(words.of, ("severity", "finding", "status"))
    for place, finding in zip(places, evaluation.findings.itertuples(), strict=True):
        values = {"severity": severities[finding.severity], "kind": kinds[finding.code]}
        values |= {"message": finding.message, "text": finding.text}
        # The title says nothing of what is meant.
        key = f"book.{'of_sheet' if place == (0, 0) else 'finding'}"
        comments[place].append(words.say(key, **values))
    worksheet = page.changed(
        {place: {"comment": "\n\n".join(texts)} for place, texts in comments.items()}
    )
    first_column = len(worksheet.widths) + 1
    cells = [
        Cell(head.row, column, words.say(key), "own_head", rows=head.rows)
        for head in page.of_look("head")
        for column, key in enumerate(("book.achievement", "book.status"), first_column)
    ]
    for record in evaluation.records:
        text, word = percent_text(record["achievement"]), statuses[record["status"]]
        formulas = judged_formulas(record, page, evaluation.sheet.fiscal_year, statuses)
        percent, status = formulas or ({"text": text}, {"text": word})
        row, _ = page.rows[record["section"], record["no"]]["name", None]
        cells.append(Cell(row, first_column, look="own", **percent))
        cells.append(Cell(row, first_column + 1, look="status", **status))
    widths = [*worksheet.widths, *_OWN_WIDTHS]
    return replace(worksheet, cells=[*worksheet.cells, *cells], widths=widths)


def _rows(table: pd.DataFrame, title: str, words: Words, about: dict) -> Worksheet:
    """The rows of kpis.csv under its names, with numbers as such."""
    table = table[list(_COLUMNS)]
    lines = [
        *_above(title, words.say("book.rows_are"), words.of("book.column").values(), about),
        _line(table.columns, "name_head"),
        *([_tidy(*field) for field in record.items()] for record in table.to_dict("records")),
    ]
    frozen = 4, list(_COLUMNS).index("name") + 1
    return _table(words.say("book.rows"), lines, list(_COLUMNS.values()), frozen)


def _findings(
    evaluation: Evaluation, title: str, entries: dict, links: list[str], about: dict
) -> Worksheet:
    """All entries in words, each with a link to its first cell, and the names of the others.

    ``links`` are the cells of the findings.
    """
    words, findings = evaluation.sheet.words, evaluation.findings
    links_of: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    severities, kinds = words.of("severity"), words.of("finding")
    # An entry is of one severity and kind, as its row says in words.
    for severity, code, link in zip(findings["severity"], findings["code"], links, strict=True):
        links_of[severities[severity], kinds[code]][link.rpartition("!")[2]] = link
    heads = [*entries["headers"], words.say("book.cell"), words.say("book.other_cells")]
    lines = _above(title, words.say("book.findings_are"), heads, about)
    for number, severity, kind, *texts in entries["rows"]:
        cells = links_of[severity, kind]
        first, *others = cells
        lines.append(
            [
                {"look": "centre", "number": Decimal(number), "number_format": "0"},
                *_line([severity], "centre"),
                *_line([kind, *texts], "text"),
                {"look": "link", "text": first, "link": cells[first]},
                *_line([words.listed(others)], "text"),
            ]
        )
    return _table(words.say("book.findings"), lines, [8, 8, 18, 60, 60, 8, 24], (3, 0))


def _initiatives(table: pd.DataFrame, title: str, words: Words, about: dict) -> Worksheet:
    """How many KPIs of each initiative have which status."""
    lines = _above(title, words.say("introduction.initiatives"), table.columns, about)
    for name, *counts in table.itertuples(index=False):
        numbers = [
            {"look": "centre", "number": Decimal(int(n)), "number_format": "0"} for n in counts
        ]
        lines.append([*_line([name], "text"), *numbers])
    return _table(
        words.say("page.initiatives"), lines, [48, *[9] * (len(table.columns) - 1)], (3, 1)
    )


def _above(title: str, caption: str, heads: Iterable[str], about: dict) -> list[list[dict]]:
    """The title of the sheet, what a worksheet and its report are, and the heads of its table."""
    caption = "　".join(filter(None, [caption, about["document"] + about["sheet-url"]]))
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
    number = cast(Decimal, exact(value))
    decimals = max(0, -int(number.as_tuple().exponent))
    number_format = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    if name.endswith("achievement"):
        number_format = '#,##0"%";"−"#,##0"%"'
    elif name.endswith("year") or look == "centre":
        number_format = "0"
    look = "number" if look == "text" else look
    return {"number": number, "number_format": number_format, "look": look}


def _within(worksheet: Worksheet, cut: str) -> Worksheet:
    """A worksheet whose texts its cells can hold; ``cut`` says that there is more."""

    def shortened(text: str) -> str:
        return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(cut)] + cut

    cells = [
        replace(cell, text=shortened(cell.text), comment=shortened(cell.comment))
        for cell in worksheet.cells
    ]
    return replace(worksheet, cells=cells)


def finding_places(evaluation: Evaluation, page: Layout) -> list[Place]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``page`` has the sheet as published.
    """
    sheet, places = evaluation.sheet, []
    captions = {cell.text: (cell.row, 0) for cell in page.of_look("caption")}
    lines = map(line_of, sheet.commentary["source"])
    blocks = {
        line: (cell.row, 0) for line, cell in zip(lines, page.of_look("heading"), strict=True)
    }
    for finding in evaluation.findings.itertuples():
        # What is about plan.toml has no cell.
        line = line_of(finding.source) if sheet.source in finding.source else ""
        place = None
        if finding.code == "row-missing":
            place = captions.get(sheet.captions[finding.rows[0][0]])
        elif finding.role:
            year = None if pd.isna(finding.column_year) else finding.column_year
            place = page.rows[finding.rows[0]][finding.role, year]
        elif line in blocks:
            place = blocks[line]
        elif line and finding.rows:
            place = page.rows[finding.rows[0]]["name", None]
        places.append(place or (0, 0))
    return places
