"""Results -> ``evaluation.xlsx``: the sheet with its findings, tidy rows, all entries.

The first worksheet is the sheet in its own layout, its cells as published; beside each table stand
our achievement and status as live formulas, and each finding is a comment at its very cell. The
reader of sheets passes over what is ours, so the file can be read as the sheet that it shows.
"""

import datetime
import math
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.frames import SEVERITIES, STATUSES
from kpi_utils.judging.achievement import percent_text
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import CODES
from kpi_utils.language import Words, listed, say
from kpi_utils.sheets.sheet import line_of
from kpi_utils.showing import tables
from kpi_utils.showing.drawing import COLOURS
from kpi_utils.workbooks.formulas import judged_formulas
from kpi_utils.workbooks.layout import Layout, layout
from kpi_utils.workbooks.workbook import MOST_CHARACTERS, Cell, Worksheet, workbook

__all__ = ["book", "finding_places"]

_DATA = tomllib.loads(Path(__file__).with_name("book.toml").read_text("utf-8"))
# The columns of kpis.csv, and how wide they are.
_COLUMNS = _DATA["widths"]
# Between the columns of the sheet and ours.
_GAP, _OWN_WIDTHS = 2, [16, 16]
# The roles of the cells in which a finding's text stands, in the order in which they are looked
# through; any other kind of finding is about the name.
_AT = _DATA["places"]
# Of these there is one for each of several cells with the same text.
_ONE_A_CELL = ("display-rounded", "unreadable-cell")


def book(evaluation: Evaluation) -> bytes:
    """The workbook of an evaluated sheet; the same bytes for the same input."""
    sheet, plan = evaluation.sheet, evaluation.sheet.plan
    made = layout(sheet, sheet.fiscal_year, as_form=False, computed=False)
    places = finding_places(evaluation, made)
    name = say("book.sheet", year=sheet.fiscal_year)
    shared = {
        "footer": f"　{plan.said(plan.municipality)} {plan.said(plan.name)}",
        "header": say("cover.made_up") if sheet.made_up else "",
        "colours": COLOURS | {STATUSES[status]: colour for status, colour in COLOURS.items()},
    }
    worksheets = [
        replace(
            made.worksheet,
            name=name,
            cells=[*_sheet_cells(evaluation, made, places), *_own_cells(evaluation, made)],
            widths=[*made.worksheet.widths, _GAP, *_OWN_WIDTHS],
        ),
        _rows(evaluation),
        _findings(evaluation, places, name),
    ]
    # The last day of the fiscal year, as the report has it.
    created = datetime.date(sheet.fiscal_year + 1, 3, 31)
    return workbook([replace(worksheet, **shared) for worksheet in worksheets], created)


def finding_places(evaluation: Evaluation, made: Layout) -> list[tuple[int, int]]:
    """Where each finding is said: at the cell, block or table that it is about, else at the title.

    ``made`` has the sheet as published. A finding knows its line; of a row's cells it is the one
    that has the finding's text; where none has it, the one that judges the row.
    """
    sheet, blocks = evaluation.sheet, evaluation.sheet.commentary
    of_line = {line_of(block.source): ("block", block.block) for block in blocks.itertuples()}
    for cells in (sheet.targets, sheet.points, sheet.rows):
        of_line |= {line_of(cell.source): (cell.section, cell.no) for cell in cells.itertuples()}
    texts = {(cell.row, cell.column): cell.text for cell in made.worksheet.cells}
    cells_of = _cells_of(evaluation, made)
    found_at, before = [], Counter()
    for finding in evaluation.findings.itertuples():
        # What is about plan.toml has no cell.
        key = of_line.get(line_of(finding.source)) if sheet.source in finding.source else None
        if finding.code == "row-missing":
            key = "caption", key[0]
        elif key and key[0] != "block":
            roles = _AT.get(finding.code, ["name"])
            cells = [cell for role in roles for cell in cells_of[key] if cell[2] == role]
            found = [cell for cell in cells if texts[made.places[cell]] == finding.text]
            found = found or cells[:1]
            same = finding.code, key, finding.text
            again = before[same] if finding.code in _ONE_A_CELL else 0
            before[same] += 1
            key = found[min(again, len(found) - 1)]
        found_at.append(made.places.get(key, (0, 0)))
    return found_at


def _cells_of(evaluation: Evaluation, made: Layout) -> dict[tuple, list[tuple]]:
    """By row, the keys of its cells among a layout's places; those that judge it come first."""
    keys = defaultdict(list)
    for key in made.places:
        keys[key[:2]].append(key)
    for row in evaluation.joined().itertuples():
        due = row.target_column_year
        # As in the places, a target's column without a year has none.
        years = row.actual_column_year, None if pd.isna(due) else due
        keys[row.section, row.no].sort(key=lambda cell, years=years: cell[3] not in years)
    return keys


def _sheet_cells(evaluation: Evaluation, made: Layout, places: list[tuple[int, int]]) -> list[Cell]:
    """The sheet's cells with what was found as comments."""
    said = defaultdict(list)
    for place, finding in zip(places, evaluation.findings.itertuples(), strict=True):
        words = {"severity": SEVERITIES[finding.severity], "kind": CODES[finding.code]}
        words |= {"message": finding.message, "text": finding.text}
        # The title says nothing of what is meant.
        said[place].append(say(f"book.{'of_sheet' if place == (0, 0) else 'finding'}", **words))
    return [
        replace(
            cell,
            text=_within(cell.text),
            comment=_within("\n\n".join(said.get((cell.row, cell.column), []))),
        )
        for cell in made.worksheet.cells
    ]


def _own_cells(evaluation: Evaluation, made: Layout) -> list[Cell]:
    """Our achievement and status beside each table, with the heads by which a reader knows them."""
    sheet, at = evaluation.sheet, len(made.worksheet.widths) + 1
    deep = {
        (cell.row, cell.column): cell.rows for cell in made.worksheet.cells if cell.look == "head"
    }
    cells = [
        Cell(place[0], at + beside, head, "own_head", rows=deep[place])
        for key, place in made.places.items()
        if key[0] == "head"
        for beside, head in enumerate((say("book.achievement"), say("book.status")))
    ]
    points = sheet.points[sheet.points["column_year"] <= sheet.fiscal_year]
    actuals = dict(list(points.sort_values("column_year").groupby(["section", "no"])))
    records = (frame.to_dict("records") for frame in (sheet.rows, evaluation.rows))
    for said, judged in zip(*records, strict=True):
        listing, year = (said["section"], said["no"]), said["target_column_year"]
        own = {
            _name(made, *listing, "actual", point.column_year): point
            for point in actuals[listing].itertuples()
        }
        # Of the cells without a value yet, those that will be final.
        due = math.inf if pd.isna(judged["target_year"]) else judged["target_year"]
        due = max(due, judged["actual_column_year"] + 1)
        percent, status = judged_formulas(
            said | judged | {"target": said["target"]},
            {
                "baseline": _name(made, *listing, "baseline", None),
                "target": _name(made, *listing, "target", None if pd.isna(year) else year),
            },
            [(name, point.raw) for name, point in own.items()],
            [name for name, point in own.items() if point.column_year >= due],
        )
        row, _ = made.places[*listing, "no", None]
        shown = vars(percent) if percent else {"text": percent_text(judged["achievement"])}
        word = vars(status) if status else {"text": STATUSES[judged["status"]]}
        cells += [Cell(row, at, look="own", **shown), Cell(row, at + 1, look="status", **word)]
    return cells


def _name(made: Layout, *key) -> str:
    """A cell as formulas name it: E6."""
    return xl_rowcol_to_cell(*made.places[key])


def _rows(evaluation: Evaluation) -> Worksheet:
    """The rows of kpis.csv under its names, with numbers as they were printed."""
    names, table = list(_COLUMNS), evaluation.listings()[list(_COLUMNS)]
    looks = dict.fromkeys(["section", "no", "stage"], "centre") | {"status": "status"}
    cells = _heads(evaluation, say("book.rows_are"), list(Words("book.column").values()))
    cells += [Cell(3, at, name, "name_head") for at, name in enumerate(names)]
    for row, record in enumerate(table.to_dict("records"), 4):
        for at, (name, value) in enumerate(record.items()):
            number = _number(name, value)
            look = looks.get(name, "text" if number is None else "number")
            text = "" if number is not None or pd.isna(value) else _within(str(value))
            shown = "" if number is None else _format(name, number)
            cells.append(Cell(row, at, text, look, number, shown))
    return Worksheet(
        say("book.rows"),
        cells,
        list(_COLUMNS.values()),
        freeze=(4, names.index("name") + 1),
        repeated=4,
        filtered=(3, 3 + len(table)),
    )


def _number(name: str, value) -> Decimal | None:
    """The number that a cell of kpis.csv holds; a target is one or words."""
    is_number = isinstance(value, int | Decimal)
    if name == "target":
        is_number = bool(re.fullmatch(r"-?\d+(\.\d+)?", value))
    return Decimal(value) if is_number else None


def _format(name: str, number: Decimal) -> str:
    """How Excel shows such a number: years and percentages as such, and as many decimals as it has.

    >>> _format("actual", Decimal("34.50")), _format("actual_year", Decimal(2022))
    ('#,##0.00', '0')
    """
    if name == "achievement":
        return '#,##0"%";"−"#,##0"%"'
    if name.endswith("year") or name in ("section", "no"):
        return "0"
    decimals = max(0, -number.as_tuple().exponent)
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _findings(evaluation: Evaluation, places: list[tuple[int, int]], worksheet: str) -> Worksheet:
    """All entries in words, each with a link to its first cell, and the names of the others."""
    table, at = tables.findings(evaluation), defaultdict(list)
    for number, place in zip(evaluation.findings["entry"], places, strict=True):
        at[number].append(xl_rowcol_to_cell(*place))
    heads = [*table.columns, say("book.cell"), say("book.other_cells")]
    cells = _heads(evaluation, say("book.findings_are"), heads)
    for row, (number, *texts) in enumerate(table.itertuples(index=False), 3):
        first, *others = dict.fromkeys(at[number])
        cells += [
            Cell(row, 0, look="centre", number=Decimal(number), number_format="0"),
            *(
                Cell(row, column, _within(text), "centre" if column == 1 else "text")
                for column, text in enumerate(texts, 1)
            ),
            Cell(row, 5, first, "link", link=f"'{worksheet}'!{first}"),
            Cell(row, 6, _within(listed(others))),
        ]
    return Worksheet(
        say("book.findings"),
        cells,
        [8, 8, 18, 60, 60, 8, 24],
        freeze=(3, 0),
        repeated=3,
        filtered=(2, 2 + len(table)),
    )


def _heads(evaluation: Evaluation, caption: str, heads: list[str]) -> list[Cell]:
    """The title of the sheet, what a worksheet holds, and the heads of its table."""
    return [
        Cell(0, 0, evaluation.sheet.plan.said(evaluation.sheet.title), "title"),
        Cell(1, 0, caption, "caption"),
        *(Cell(2, at, head, "head") for at, head in enumerate(heads)),
    ]


def _within(text: str) -> str:
    """A text that a cell can hold."""
    cut = say("book.cut")
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - len(cut)] + cut
