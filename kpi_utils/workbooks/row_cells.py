"""A row of a sheet's table -> cells of a worksheet: as printed, its formula, what is open.

What the rows have in common, such as their columns and the house rule, is a ``Task``.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils import frames
from kpi_utils.cells.number_format import as_number
from kpi_utils.cells.units import in_unit
from kpi_utils.judging.conventions import House, house_rule
from kpi_utils.judging.judgement import judge, references
from kpi_utils.sheets.columns import judged_target
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.workbooks.entry import PUBLISHED, REASON, Asked, asked, with_entry_columns
from kpi_utils.workbooks.formulas import Formula, PercentStyle, achievement_formula, percent_style
from kpi_utils.workbooks.workbook import Cell

__all__ = ["Task", "row_cells", "task_of"]

# How many characters a text in a formula may have.
_MOST_IN_FORMULA = 255
# How cells look that are no texts.
_LOOKS = {"no": "centre", "published": "centre"}
_LOOKS |= dict.fromkeys(["baseline", "actual", "target"], "figure")


@dataclass(frozen=True)
class Task:
    """What is to be laid out: a sheet, up to which fiscal year, whether as a form and computed.

    ``tables`` are the columns by section, each with ``at``, the worksheet's column where it
    stands, ``span``, how many it takes, and ``new``, where the sheet has it not; names end at
    ``name_end``. ``rows`` are the sheet's rows, judged as of that year, by listing.
    """

    sheet: Sheet
    year: int
    as_form: bool
    computed: bool
    tables: dict[int, list[dict]]
    name_end: int
    rows: dict[tuple[int, int], dict]
    house: House
    style: PercentStyle


def task_of(sheet: Sheet, fiscal_year: int, as_form: bool, computed: bool) -> Task:
    """The task of laying out a sheet with its achievement up to a fiscal year."""
    tables = {}
    for section in sheet.captions:
        columns = sheet.columns[sheet.columns["section"] == section].to_dict("records")
        columns = [column | {"new": False} for column in columns]
        if columns:
            tables[section] = with_entry_columns(columns, fiscal_year) if as_form else columns
    name_end = max(map(_name_place, tables.values()))
    for columns in tables.values():
        # A table with initiatives and one without: what follows the names stands in one line.
        extra, at = name_end - _name_place(columns), 0
        for column in columns:
            column |= {"at": at, "span": 1 + (extra if column["role"] == "name" else 0)}
            at += column["span"]
    due, now = _due(sheet, fiscal_year), judge(sheet)
    judged = now if due is sheet else judge(due)
    rows = zip(due.rows.to_dict("records"), judged.to_dict("records"), strict=True)
    return Task(
        sheet,
        fiscal_year,
        as_form,
        computed,
        tables,
        name_end,
        # The target as the cell has it; as it is judged, it is ``target_value``.
        {(row["section"], row["no"]): row | of | {"target": row["target"]} for row, of in rows},
        house_rule(now.to_dict("records"), sheet.plan),
        percent_style(sheet.rows["published"]),
    )


def _name_place(columns: list[dict]) -> int:
    return next(at for at, column in enumerate(columns) if column["role"] == "name")


def _due(sheet: Sheet, fiscal_year: int) -> Sheet:
    """A sheet as of another fiscal year: of several targets, the one that is due next then."""
    if fiscal_year == sheet.fiscal_year:
        return sheet
    rows, own = [], dict(list(sheet.targets.groupby(["section", "no"])))
    for row in sheet.rows.to_dict("records"):
        targets = {
            None if pd.isna(of["column_year"]) else of["column_year"]: of
            for of in own[row["section"], row["no"]].to_dict("records")
        }
        year, _ = judged_target(
            [("target", year, of["raw"], "") for year, of in targets.items()], fiscal_year
        )
        rows.append(row | {key: targets[year][key] for key in frames.TARGET})
    return replace(sheet, fiscal_year=fiscal_year, rows=frames.frame(frames.ROWS, rows))


def row_cells(
    task: Task, listing: tuple[int, int], printed: list[str], at: int, span: int, first: str
) -> list[Cell]:
    """The cells of a row that stands in the worksheet's row ``at``; ``printed`` are its texts.

    ``span`` is how many rows its initiative takes, 0 where a row above has it; ``first`` is where
    the row stands that lists the KPI first, blank if it is this one.
    """
    row, texts = task.rows[listing], iter(printed)
    columns = [
        column
        | {
            "text": "" if column["new"] else next(texts),
            "place": xl_rowcol_to_cell(at, column["at"]),
        }
        for column in task.tables[listing[0]]
    ]
    actuals = [
        column for column in columns if column["role"] == "actual" and column["year"] <= task.year
    ]
    actuals.sort(key=lambda column: column["year"])
    wanted = _asked(task, row, actuals, first) if task.as_form else None
    formula = _formula(task, row, columns, actuals, wanted) if task.computed else None
    opened = _opened(wanted, columns, actuals[-1], first) if wanted else {}
    if wanted and not formula:
        opened |= _open_published(columns, actuals[-1]["place"])
    return [
        replace(_cell(task, column, at, span, formula), **opened.get(column["at"], {}))
        for column in columns
        if column["role"] != "initiative" or span
    ]


def _cell(task: Task, column: dict, at: int, span: int, formula: Formula | None) -> Cell:
    """A cell as the sheet prints it; its achievement as the formula gives it."""
    look = _LOOKS.get(column["role"], "text")
    cell = Cell(at, column["at"], column["text"], look, columns=column["span"])
    match column["role"]:
        case "no":
            return replace(cell, number=Decimal(column["text"]), number_format="0")
        case "initiative":
            return replace(cell, rows=span)
        case "published" if task.computed:
            return replace(cell, **(vars(formula) if formula else {}))
    number = as_number(column["text"]) if look != "text" else None
    if number:
        return replace(cell, number=number.value, number_format=number.number_format)
    return cell


def _asked(task: Task, row: dict, actuals: list[dict], first: str) -> Asked:
    listed = task.sheet.first_listing(row["kpi"])
    return asked(
        [(column["year"], column["text"]) for column in actuals[:-1]],
        [row["baseline_raw"], row["target_raw"]],
        task.year,
        references([(listed["section"], listed["no"])]) if first else "",
    )


def _formula(
    task: Task, row: dict, columns: list[dict], actuals: list[dict], wanted: Asked | None
) -> Formula | None:
    scale = Decimal(1)
    if wanted and wanted.number:
        scale = in_unit(scale, wanted.number.unit, row["unit"])
    target = _the(columns, "target", row["target_column_year"])
    return achievement_formula(
        row,
        {"baseline": _the(columns, "baseline")["place"], "target": target["place"]},
        [(column["place"], column["text"]) for column in actuals],
        task.sheet.plan.declared(row["kpi"]).convention or task.house.of(row) or "linear",
        task.style,
        scale,
    )


def _the(columns: list[dict], role: str, year: int | None = None) -> dict:
    """The first column of a role, and of a year where one is given."""
    own = (column for column in columns if column["role"] == role)
    return next(column for column in own if pd.isna(year) or column["year"] == year)


def _opened(wanted: Asked, columns: list[dict], actual: dict, first: str) -> dict[int, dict]:
    """What is different of the cells that ask for the year's actual, by their column."""
    year, reason = _the(columns, "entry_year"), _the(columns, "entry_reason")
    place = actual["place"]
    flags = [f'AND({place}<>"",{reason["place"]}<>"")']
    if wanted.number:
        # What the format rounds away would not be read.
        flags.append(f"IF(ISNUMBER({place}),ROUND({place},{wanted.number.decimals})<>{place})")
        if wanted.number.unit in ("%", "％") and abs(wanted.number.value) > 1:
            # Excel may make 0.36 of 36 % that is typed with its mark.
            flags.append(f"IF(ISNUMBER({place}),AND({place}<>0,ABS({place})<=1))")
    if first:
        flags.append(f'AND({place}<>"",{place}<>{first})')
    flag = f"OR({','.join(flags)})"
    said = "" if actual["text"] else wanted.year
    opened = {
        actual["at"]: {"look": "entry_figure", "check": wanted.actual, "flag": flag},
        year["at"]: {"look": "entry_centre", "check": wanted.when, "text": said},
        reason["at"]: {"look": "entry_centre", "check": REASON, "flag": flags[0]},
    }
    if wanted.number and not actual["text"]:
        opened[actual["at"]]["number_format"] = wanted.number.entry_format
    return opened


def _open_published(columns: list[dict], actual: str) -> dict[int, dict]:
    """What is different of an achievement that people enter, by its column."""
    published = _the(columns, "published")
    opened = {"look": "entry_centre", "check": PUBLISHED}
    if 0 < len(published["text"]) <= _MOST_IN_FORMULA:
        # The word of an earlier year goes when there is a new actual to judge.
        word = published["text"].replace('"', '""')
        opened["formula"] = f'=IF({actual}="","{word}","")'
    return {published["at"]: opened}
