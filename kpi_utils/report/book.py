"""Results -> ``evaluation.xlsx``: the sheet with its findings, tidy rows, all entries, counts.

The first worksheet is the sheet in its own layout, its cells as published; beside each table stand
our achievement and status, as live formulas where figures give them, and each finding is a comment
at its very cell. ``sheets`` knows our columns by their heads and skips them, so the file can be
read as the sheet that it shows.
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
from kpi_utils.lines.line import line_of
from kpi_utils.report.document import document_of, mark_of
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.showing.tables import entries_table, initiatives_table
from kpi_utils.workbooks.formulas import judged_formulas
from kpi_utils.workbooks.layout import Layout, layout
from kpi_utils.workbooks.workbook import MOST_CHARACTERS, Cell, Place, Worksheet, workbook

# The columns of kpis.csv and their widths. A second row of heads has the names of the file.
_COLUMNS = tomllib.loads(Path(__file__).with_name("book.toml").read_text("utf-8"))["widths"]
# The looks of those columns of kpis.csv that are neither plain texts nor plain numbers.
_LOOKS = dict.fromkeys(["section", "no", "stage"], "centre") | {"status": "status"}
# The widths of the gap beside the sheet's columns, and of our two columns.
_OWN_WIDTHS = [2, 16, 16]


def book(evaluation: Evaluation, kpis_csv: pd.DataFrame, entries: pd.DataFrame) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input.

    ``kpis_csv`` is the table of ``kpis.csv``, and ``entries`` are those of the findings.
    """
    sheet = evaluation.sheet
    words = sheet.words
    page = layout(sheet)
    places = finding_places(evaluation, page)
    rows = kpis_csv[list(_COLUMNS)]
    heads = {"head": words.of("book.column").values(), "name_head": rows.columns}
    looks = [_LOOKS.get(name, "text") for name in rows]
    frozen = rows.columns.get_loc("name") + 1
    keys = "book.rows", "book.rows_are"
    worksheets = [
        _edition(evaluation, page, places),
        _listed(sheet, keys, rows, heads, looks, _COLUMNS.values(), frozen),
        _findings(evaluation, entries, places),
    ]
    initiatives = initiatives_table(evaluation.kpis)
    if len(initiatives):
        keys = "page.initiatives", "introduction.initiatives"
        counts = len(initiatives.columns) - 1
        looks = ["text", *["centre"] * counts]
        heads = {"head": initiatives.columns}
        widths = [48, *[9] * counts]
        worksheets.append(_listed(sheet, keys, initiatives, heads, looks, widths, 1))
    statuses = words.of("status")
    plan = f"{words.translated(sheet.plan.municipality)} {words.translated(sheet.plan.name)}"
    shared = {
        "footer": f"　{plan}",
        "header": mark_of(sheet, sheet.made_up),
        "colours": COLOURS | {statuses[status]: colour for status, colour in COLOURS.items()},
    }
    cut = words.say("book.cut")
    worksheets = [replace(_within(worksheet, cut), **shared) for worksheet in worksheets]
    return workbook(worksheets, sheet.plan.document(sheet.fiscal_year).timestamp)


def _edition(evaluation: Evaluation, page: Layout, places: list[Place]) -> Worksheet:
    """The sheet with its findings as comments, and our achievement and status beside it."""
    words = evaluation.sheet.words
    severities = words.of("severity")
    kinds = words.of("finding")
    statuses = words.of("status")
    comments = defaultdict(list)
    for place, finding in zip(places, evaluation.findings.itertuples(), strict=True):
        # At the title, a comment has to say that it is about the sheet.
        key = "book.of_sheet" if place == (0, 0) else "book.finding"
        names = {"severity": severities[finding.severity], "kind": kinds[finding.code]}
        text = words.say(key, **names, message=finding.message, text=finding.text)
        comments[place].append(text)
    joined = {place: {"comment": "\n\n".join(texts)} for place, texts in comments.items()}
    worksheet = page.changed(joined)
    first_column = len(worksheet.widths) + 1
    cells = {}
    for (row, _), head in page.of_look("head").items():
        for column, key in enumerate(("book.achievement", "book.status"), first_column):
            cells[row, column] = Cell(words.say(key), "own_head", rows=head.rows)
    for record in evaluation.records:
        percent: dict = {"text": percent_text(record["achievement"])}
        status: dict = {"text": statuses[record["status"]]}
        if formulas := judged_formulas(record, page, evaluation.sheet.fiscal_year, statuses):
            percent, status = formulas
        row, _ = page.rows[record["section"], record["no"]]["name", None]
        cells[row, first_column] = Cell(look="own", **percent)
        cells[row, first_column + 1] = Cell(look="status", **status)
    return replace(
        worksheet,
        name=_sheet_name(evaluation.sheet),
        cells=worksheet.cells | cells,
        widths=[*worksheet.widths, *_OWN_WIDTHS],
    )


def _findings(evaluation: Evaluation, entries: pd.DataFrame, places: list[Place]) -> Worksheet:
    """All entries in words, each with a link to its first cell and the addresses of the others.

    ``places`` are those of the findings in the first worksheet.
    """
    words = evaluation.sheet.words
    findings = evaluation.findings
    cells = pd.Series([xl_rowcol_to_cell(*place) for place in places], findings.index, str)
    # An entry has one severity and one code.
    cells_of = cells.groupby([findings["severity"], findings["code"]]).unique()
    of_entries = [cells_of[entry.severity, entry.code] for entry in entries.itertuples()]
    table = entries_table(entries, words)
    table[words.say("book.cell")] = [first for first, *_ in of_entries]
    table[words.say("book.other_cells")] = [words.listed(others) for _, *others in of_entries]
    looks = ["centre", "centre", "text", "text", "text", "link", "text"]
    widths = [8, 8, 18, 60, 60, 8, 24]
    keys = "book.findings", "book.findings_are"
    return _listed(evaluation.sheet, keys, table, {"head": table.columns}, looks, widths, 0)


def _listed(
    sheet: Sheet,
    keys: tuple[str, str],
    table: pd.DataFrame,
    heads: dict[str, Iterable[str]],
    looks: list[str],
    widths: Iterable[float],
    frozen: int,
) -> Worksheet:
    """A worksheet of a table: the sheet's title, a caption, heads and rows.

    ``keys`` are the messages of its name and its caption, ``heads`` the texts of each row of heads
    by look, ``looks`` the columns' looks; the first ``frozen`` columns do not scroll.
    """
    words = sheet.words
    about = document_of(sheet)
    name, caption = map(words.say, keys)
    caption = "　".join(filter(None, [caption, about["document"] + about["sheet-url"]]))
    above = {"title": [words.translated(sheet.title)], "caption": [caption]} | heads
    cells = {
        (row, column): Cell(text, look)
        for row, (look, texts) in enumerate(above.items())
        for column, text in enumerate(texts)
    }
    top = len(above)
    for row, values in enumerate(table.astype(object).itertuples(index=False), top):
        for column, (head, value, look) in enumerate(zip(table, values, looks, strict=True)):
            fields = _fields(head, value, look)
            if look == "link":
                fields["link"] = f"'{_sheet_name(sheet)}'!{value}"
            cells[row, column] = Cell(**fields)
    filtered = top - 1, top - 1 + len(table)
    return Worksheet(name, cells, [*widths], freeze=(top, frozen), repeated=top, filtered=filtered)


def _sheet_name(sheet: Sheet) -> str:
    return sheet.words.say("book.sheet", year=sheet.fiscal_year)


def _fields(head: str, value, look: str) -> dict:
    """The fields of a ``Cell`` for a value: a number with as many decimals as it has, or a text.

    >>> _fields("actual", Decimal("34.50"), "text")["number_format"]
    '#,##0.00'
    """
    # The column of targets has texts, for some targets are words.
    if head == "target" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        value = Decimal(value)
    if pd.isna(value) or isinstance(value, str):
        return {"text": "" if pd.isna(value) else value, "look": look}
    number = cast(Decimal, exact(value))
    decimals = max(0, -int(number.as_tuple().exponent))
    number_format = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    if head.endswith("achievement"):
        number_format = '#,##0"%";"−"#,##0"%"'
    elif head.endswith("year") or look == "centre":
        number_format = "0"
    look = "number" if look == "text" else look
    return {"number": number, "number_format": number_format, "look": look}


def _within(worksheet: Worksheet, cut: str) -> Worksheet:
    """A worksheet whose texts its cells can hold; ``cut`` says that there is more."""

    def shortened(text: str) -> str:
        return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(cut)] + cut

    cells = {
        place: replace(cell, text=shortened(cell.text), comment=shortened(cell.comment))
        for place, cell in worksheet.cells.items()
    }
    return replace(worksheet, cells=cells)


def finding_places(evaluation: Evaluation, page: Layout) -> list[Place]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``page`` has the sheet as published.
    """
    sheet = evaluation.sheet
    captions = {cell.text: place for place, cell in page.of_look("caption").items()}
    lines = map(line_of, sheet.commentary["source"])
    blocks = dict(zip(lines, page.of_look("heading"), strict=True))
    places = []
    for finding in evaluation.findings.itertuples():
        # A finding about plan.toml has no cell.
        line = line_of(finding.source) if sheet.source in finding.source else ""
        place = None
        if finding.code == "row-missing":
            place = captions.get(sheet.captions[finding.rows[0][0]])
        elif finding.role:
            year = None if pd.isna(finding.column_year) else finding.column_year
            row = page.rows[finding.rows[0]]
            # A table without targets has no cell for a finding about them.
            place = row.get((finding.role, year), row["name", None])
        elif line in blocks:
            place = blocks[line]
        elif line and finding.rows:
            place = page.rows[finding.rows[0]]["name", None]
        places.append(place or (0, 0))
    return places
