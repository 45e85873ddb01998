"""The lines of a table -> its columns and rows, each cell of a row read once.

What the columns are, and of which years, is read from their heads (``columns``); what a cell leaves
out, its row and the sheet say (``left_out``).
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple

from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.notation import UNREADABLE, Cell, identity, label, read_cell
from kpi_utils.cells.units import in_unit
from kpi_utils.errors import mistake
from kpi_utils.sheets.columns import (
    REQUIRED,
    YEARLY,
    entered,
    entry_year,
    problem_of_entry,
    problems_of,
    role_of,
)
from kpi_utils.sheets.left_out import LeftOut
from kpi_utils.sheets.lines import Line, Remark

__all__ = ["Row", "Table", "TableCell", "due_next", "in_unit_of", "read_table", "remarks_of"]

# A date of another month than March, with which a fiscal year ends: 2021年9月, R3.9.
_WITHIN_YEAR = re.compile(r"[年.．](?![0０]?[3３](?!\d))\d{1,2}(?!\d)")


class TableCell(NamedTuple):
    """A cell of a table: where it stands, its text, and what that says in the unit of its row.

    ``cell`` is None for a text that is no figure: a name, or a cell of an entry column.
    """

    role: str
    column_year: int | None
    raw: str
    source: str
    cell: Cell | None


@dataclass
class Row:
    """A row of a table: what is one for all of its cells (``row`` in frames.toml), and the cells.

    ``kpi`` and ``address`` are as by its name alone until ``told_apart`` gives them.
    """

    section: int
    no: int
    name: str
    initiative_raw: str
    initiative: str
    unit: str
    source: str
    cells: list[TableCell]
    kpi: str = field(init=False)
    address: str = field(init=False)
    label: str = field(init=False)
    goals: str = field(init=False)
    relisted: bool = field(init=False)

    def __post_init__(self):
        marks = re.findall(r"【([^】]*)】", self.name)
        self.kpi = self.address = identity(self.name)
        self.label = label(self.name)
        self.goals = ",".join(mark for mark in marks if squeezed(mark) != "再掲")
        self.relisted = "再掲" in map(squeezed, marks)

    @property
    def listing(self) -> tuple[int, int]:
        """The table and the No. in it."""
        return self.section, self.no

    def figures(self, role: str) -> list[TableCell]:
        """The cells of a role."""
        return [cell for cell in self.cells if cell.role == role]


@dataclass
class Table:
    """A table as it was read.

    ``columns`` are records of ``frames.COLUMNS``, with the columns of a form, too. ``problems`` are
    sentences with their line, ``remarks`` what is said of a line, with its number.
    """

    section: int
    source: str
    columns: list[dict]
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[Line, str]] = field(default_factory=list)
    remarks: list[tuple[int, Remark]] = field(default_factory=list)

    def problem(self, line: Line, sentence: str) -> None:
        """Keep what is wrong with a line."""
        self.problems.append((line, sentence))

    def remark(
        self, code: str, line: Line, index: int, text: str, no: int, exact: str = ""
    ) -> None:
        """Keeps a remark on a cell that was read, which is known by its index in the line."""
        remark = Remark(code, line.position_of(index), text, (self.section, no), exact)
        self.remarks.append((line.number, remark))


def read_table(section: int, lines: list[Line], left_out: LeftOut, source: str) -> Table:
    """The table of a section, from the line of its head and those of its rows."""
    head, *below = lines
    read = [(header, *left_out.column(header)) for header in head.cells]
    table = Table(
        section,
        source,
        [{"section": section, "header": header, **column} for header, column, _ in read],
    )
    for header, _, short in read:
        if short:
            about = {"section": section, "header": header, "year": short}
            table.problem(head, mistake("table.column-era", **about))
    for sentence in problems_of(table.columns, section):
        table.problem(head, sentence)
    # What is missing has been said of the head.
    if REQUIRED.keys() <= {column["role"] for column in table.columns}:
        for position, line in enumerate(below, 1):
            _read_row(table, line, position, left_out)
    return table


def _read_row(table: Table, line: Line, position: int, left_out: LeftOut) -> None:
    """Take the row that a line is; or what is wrong with its form."""
    roles = [column["role"] for column in table.columns]
    by_role = dict(zip(roles, line.cells, strict=False))
    if sentence := _misformed(table, line, by_role, position):
        table.problem(line, sentence)
        return
    no = int(_digits(by_role["no"]))
    _remark_on_numbers(table, line, no)
    texts = _with_entries(table, line, no)
    figures, unit = left_out.figures(table.columns, texts, by_role["name"])
    cells = []
    for index, (column, text) in enumerate(zip(table.columns, texts, strict=True)):
        role, year = column["role"], column["year"]
        cell = read_cell(text) if role == "published" else figures.get((role, year))
        if role in ("baseline", *YEARLY):
            cell = _asked(in_unit_of(cell, unit), role)
        source = f"{table.source}:{line.position_of(index)}"
        cells.append(TableCell(role, year, text, source, cell))
    initiative = by_role.get("initiative", "")
    # A name that stands once is that of the rows below.
    above = table.rows[-1].initiative if table.rows else ""
    about = {"name": by_role["name"], "initiative_raw": initiative, "unit": unit}
    about |= {"initiative": initiative or above, "source": f"{table.source}:{line.position}"}
    table.rows.append(Row(table.section, no, cells=cells, **about))


def _misformed(table: Table, line: Line, by_role: dict[str, str], position: int) -> str:
    """What is wrong with the form of a row, and what to do; else blank."""
    about = {"section": table.section, "position": position, "row": line.as_text()}
    if len(line.cells) != len(table.columns):
        return mistake("table.cells", **about, n=len(line.cells), wanted=len(table.columns))
    no, name = by_role["no"], by_role["name"]
    digits = _digits(no)
    if not re.fullmatch(r"\d{1,4}", digits) or int(digits) in [row.no for row in table.rows]:
        if role_of(no)["role"] == "no":
            return mistake("table.no-of-head", **about, no=no)
        return (
            mistake("table.no-of-none", **about, no=no)
            if no
            else mistake("table.no-blank", **about)
        )
    if not identity(name):
        return mistake("table.name-blank", **about)
    return mistake("table.name-error", **about, name=name) if ERROR_VALUE.search(name) else ""


def _digits(no: str) -> str:
    """A number as a worksheet may have it (3.0), without its decimals."""
    return re.sub(r"\.0+$", "", plain(no).strip())


def _remark_on_numbers(table: Table, line: Line, no: int) -> None:
    """Say where a formula has no result, and where a cell shows less than its number."""
    for index, formula in line.formulas.items():
        role, header = table.columns[index]["role"], table.columns[index]["header"]
        if role == "published":
            table.remark("formula-without-result", line, index, formula, no)
        elif not role.startswith("own_"):
            about = {"section": table.section, "no": no, "header": header}
            table.problem(line, mistake("table.formula", **about, formula=formula))
    for index, number in line.exact.items():
        if table.columns[index]["role"] in ("baseline", *YEARLY):
            table.remark("display-rounded", line, index, line.cells[index], no, number)


def _with_entries(table: Table, line: Line, no: int) -> list[str]:
    """The texts of a row's cells; what its entry columns say is put to the year's actual.

    Says where an actual is of a part of its year.
    """
    texts, columns = list(line.cells), table.columns
    by_role = {column["role"]: text for column, text in zip(columns, texts, strict=True)}
    for index, column in enumerate(columns):
        if column["role"] != "actual":
            continue
        cell = read_cell(texts[index])
        when = cell.year_raw or column["header"]
        if cell.value is not None and _WITHIN_YEAR.search(when):
            table.remark("part-year", line, index, texts[index], no, when)
        if column["year"] == entry_year(columns):
            entry = texts[index], by_role.get("entry_year", ""), by_role.get("entry_reason", "")
            about = {"section": table.section, "no": no, "header": column["header"]}
            if sentence := problem_of_entry(*entry, **about):
                table.problem(line, sentence)
            texts[index] = entered(*entry)
    return texts


def in_unit_of(cell: Cell, unit: str) -> Cell:
    """A cell in another unit, where its own has the same base (億円, 十億円); else as it is."""

    def turned(end: Decimal | None) -> Decimal | None:
        return None if end is None else in_unit(end, cell.unit, unit)

    value = turned(cell.value)
    if value is None:
        return cell
    return replace(cell, value=value, upper=turned(cell.upper), unit=unit)


def _asked(cell: Cell, role: str) -> Cell:
    """A cell as its column asks for it: a baseline or an actual is one value, a target any."""
    if role == "target" or not cell.comparator:
        return cell
    return replace(cell, value=None, upper=None, reason=UNREADABLE, cause="no-one-value")


def due_next(targets: Sequence[tuple[int | None, str]], fiscal_year: int) -> int:
    """Of several targets, as column's year and text, the index of the one that is due next.

    It is the one that is judged (method 2). In a column without a year a target is of the year that
    its cell names; one that is of none is judged where no other is still due.

    >>> [due_next([(2024, "20 件"), (2030, last)], 2025) for last in ("40 件", "")]
    [1, 0]
    """
    years = [year or read_cell(raw).year or math.inf for year, raw in targets]
    printed = [index for index, (_, raw) in enumerate(targets) if raw] or range(len(targets))
    ahead = [index for index in printed if years[index] >= fiscal_year]
    return min(ahead, key=years.__getitem__) if ahead else max(printed, key=years.__getitem__)


def remarks_of(lines: list[Line], tables: list[Table]) -> list[Remark]:
    """Remarks on the lines of a file, in its order."""
    remarks = [
        (line.number, Remark("error-value", line.position, line.text.strip()))
        for line in lines
        if not line.cells and ERROR_VALUE.search(line.text)
    ]
    for table in tables:
        remarks += table.remarks
    return [remark for _, remark in sorted(remarks, key=lambda remark: remark[0])]
