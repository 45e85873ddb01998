"""The lines of a table -> its columns and rows, each cell of a row read once.

What the columns are, and of which years, is read from their heads (``columns``); what a cell leaves
out, its row and the sheet say (``left_out``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count

from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.heads import OURS, head_of, unit_in
from kpi_utils.cells.letters import plain, squeezed
from kpi_utils.cells.notation import BLANK, UNREADABLE, WORD, Cell, identity, read_cell
from kpi_utils.errors import mistake
from kpi_utils.sheets.column import Column
from kpi_utils.sheets.columns import JUDGED, settled, way
from kpi_utils.sheets.entry_columns import with_entries, with_years
from kpi_utils.sheets.left_out import LeftOut, in_unit_of
from kpi_utils.sheets.lines import Line, Remark
from kpi_utils.sheets.rows import Row, TableCell, label_and_name, name_parts

# A date of another month than March, with which a fiscal year ends: 2021年9月, R3.9. The day behind
# a month (R5.3.31) is none.
_WITHIN_YEAR = re.compile(
    r"(?<![年.．/]\d)(?<![年.．/]\d\d)[年.．/](?![0０]?[3３](?!\d))\d{1,2}(?!\d)"
)

# What stands over the names of other tables, and is no KPI itself.
_OF_OTHERS = re.compile(
    "[^、。]{0,4}名|設問|市[区町]村|年度?|課|部局?|施設|地区|学校|区分|項目|種別"
)


@dataclass
class Table:
    """A table as it was read.

    ``columns`` are records of ``frames.COLUMNS``, with the columns of a form, too; ``years`` has
    for the index of a column that of another which says its year, ``unit`` is the caption's.
    ``numbers``: its rows bear numbers of their own. ``problems`` are sentences with their
    line, ``remarks`` what is said of a line, with its number.
    """

    section: int
    source: str
    columns: list[dict]
    unit: str = ""
    rows: list[Row] = field(default_factory=list)
    years: dict[int, int] = field(default_factory=dict)
    numbers: bool = False
    problems: list[tuple[Line, str]] = field(default_factory=list)
    remarks: list[tuple[int, Remark]] = field(default_factory=list)

    def problem(self, line: Line, sentence: str) -> None:
        """Keep what is wrong with a line."""
        self.problems.append((line, sentence))

    def remark(
        self, code: str, line: Line, index: int, text: str, no: int, exact: str = ""
    ) -> None:
        """Keep a remark on a cell that was read, which is known by its index in the line."""
        remark = Remark(code, line.position_of(index), text, (self.section, no), exact)
        self.remarks.append((line.number, remark))


def read_table(
    section: int,
    lines: list[Line],
    left_out: LeftOut,
    source: str,
    declared: Mapping[str, str],
    caption: str,
) -> Table:
    """The table of a section, from the line of its heads and those of its rows.

    ``declared`` are the heads that plan.toml gives for others, by identity; ``caption`` is the
    table's, which may have the unit of its figures.
    """
    head, *below = lines
    left_out = left_out.with_heads(head.cells)
    columns, questions = settled(
        head.cells,
        [line.cells for line in below],
        left_out.fiscal_year,
        left_out.head_year,
        declared,
    )
    records, counted = [], count(1)
    for column in columns:
        number = None if column.role.startswith(OURS) else next(counted)
        records.append({"section": section, "column": number, **column.record()})
    table = Table(section, source, records, unit=unit_in(caption))
    table.years = {column.of: column.index for column in columns if column.role == "when"}
    for column in columns:
        if column.role in JUDGED and column.head.short and not column.year:
            about = {"section": section, "header": column.head.header, "year": column.head.short}
            table.problem(head, mistake("table.column-era", **about))
    if questions:
        _ask(table, lines, columns, questions)
        return table
    table.unit = next((of.head.unit for of in columns if of.role == "name"), "") or table.unit
    table.numbers = _numbers(table, below)
    left_out = left_out.with_cells(records, [line.cells for line in below])
    for position, line in enumerate(below, 1):
        _read_row(table, line, position, left_out)
    name_parts(table.rows)
    return table


def _ask(table: Table, lines: list[Line], columns: list[Column], questions: list[str]) -> None:
    """Take the questions on a table's columns; or, first, the cells that have lost theirs."""
    head, *below = lines
    misfits = [line for line in below if len(line.cells) != len(head.cells)]
    for line in misfits:
        table.problem(line, _misfit(table, line, below.index(line) + 1))
    if not misfits:
        taken = "、".join(f"「{of.head.header}」→{role_word(of.role)}" for of in columns)
        for question in questions:
            table.problem(head, mistake("table.question", section=table.section, question=question))
        table.problem(head, mistake("table.taken", section=table.section, taken=taken))


def role_word(role: str) -> str:
    """What a role is called where the columns of a table are shown to an analyst."""
    return mistake(f"role.{role or 'unknown'}")


def _numbers(table: Table, lines: list[Line]) -> bool:
    """Whether the rows bear numbers of their own; other labels (1-1, ①, codes) are only printed."""
    roles = [column["role"] for column in table.columns]
    if "no" not in roles:
        return False
    texts = [_digits(line.cell(roles.index("no"))) for line in lines]
    # The parts of a KPI (男性, 女性) have its number, or none.
    if "part" in roles and ("" in texts or len({*texts}) < len(texts)):
        return False
    numbers = {text for text in texts if re.fullmatch(r"\d{1,4}", text)}
    return len(numbers) > len(lines) / 2


def _read_row(table: Table, line: Line, position: int, left_out: LeftOut) -> None:
    """Take the row that a line is; or what is wrong with its form."""
    roles = [column["role"] for column in table.columns]
    # Of several columns of a role the first one counts.
    by_role = {role: line.cell(index) for index, role in reversed([*enumerate(roles)])}
    if by_role.get("part") and table.rows and not identity(by_role["name"]):
        # The name of several parts may stand once, and so may its number.
        above = table.rows[-1]
        by_role |= {"name": above.name, "no": by_role.get("no", "") or above.no_raw}
    if _is_no_kpi(table, by_role):
        table.remarks.append((line.number, Remark("row-left-out", line.position, line.as_text())))
        return
    if sentence := _misformed(table, line, by_role, position):
        table.problem(line, sentence)
        return
    printed = by_role.get("no", "")
    no = int(_digits(printed)) if table.numbers else len(table.rows) + 1
    label, name = ("", by_role["name"]) if "no" in roles else label_and_name(by_role["name"])
    _remark_on_numbers(table, line, no)
    printed_texts = _with_entries(table, line, no)
    texts = with_years(printed_texts, table.years)
    hint = by_role.get("unit", "") or unit_in(name) or table.unit
    figures, unit = left_out.figures(table.columns, texts, name, hint if _is_unit(hint) else "")
    cells = []
    for index, (column, text) in enumerate(zip(table.columns, texts, strict=True)):
        role, year = column["role"], column["year"]
        cell = read_cell(text) if role == "published" else figures.get((role, year))
        if cell and role in JUDGED:
            cell = _asked(in_unit_of(cell, unit), role)
        source = f"{table.source}:{line.position_of(index)}"
        cells.append(TableCell(role, year, printed_texts[index], source, cell, column["column"]))
    source = f"{table.source}:{line.position}"
    for role in ("baseline", "actual", "target", "published"):
        # A table that has no such column says nothing there.
        if role in roles:
            continue
        year = left_out.fiscal_year if role == "actual" else None
        cells.append(TableCell(role, year, "", source, read_cell(""), None))
    initiative = by_role.get("initiative", line.group)
    # A name that stands once is that of the rows below.
    initiative_above = table.rows[-1].initiative if table.rows else ""
    row = Row(
        section=table.section,
        no=no,
        name=name,
        initiative_raw=initiative,
        initiative=initiative or initiative_above,
        unit=unit,
        source=source,
        cells=cells,
        no_raw="" if table.numbers else printed or label,
        sheet_direction=way(by_role.get("direction", "")),
        **{of: by_role.get(of, "") for of in ("department", "next_step", "part")},
    )
    table.rows.append(row)


def _is_unit(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]|[%‰℃¥$€]", plain(text))) and plain(text) not in ("ー", "一")


def _is_no_kpi(table: Table, by_role: Mapping[str, str]) -> bool:
    """Whether a row sums others up, and is no KPI: it is called so, or has no number and no way."""
    words = [squeezed(by_role.get(role, "")) for role in ("no", "name", "initiative")]
    words = words[:2] if words[1] else words
    if any(word in ("計", "合計", "小計", "総計", "平均") for word in words):
        return True
    return table.numbers and not words[0] and not (by_role.get("baseline") or by_role.get("target"))


def _misformed(table: Table, line: Line, by_role: Mapping[str, str], position: int) -> str:
    """What is wrong with the form of a row, and what to do; else blank."""
    if len(line.cells) != len(table.columns):
        return _misfit(table, line, position)
    about = {"section": table.section, "position": position, "row": line.as_text()}
    no, name = by_role.get("no", ""), by_role["name"]
    if _is_head_of_another(table, line, name):
        return mistake("table.another", **about)
    taken = [row.no for row in table.rows]
    if table.numbers and (not re.fullmatch(r"\d{1,4}", _digits(no)) or int(_digits(no)) in taken):
        if "no" in head_of(no).kinds:
            return mistake("table.no-of-head", **about, no=no)
        return mistake("table.no-of-none" if no else "table.no-blank", **about, no=no)
    if not identity(name):
        return mistake("table.name-blank", **about)
    return mistake("table.name-error", **about, name=name) if ERROR_VALUE.search(name) else ""


def _is_head_of_another(table: Table, line: Line, name: str) -> bool:
    """Whether a row is the head of another table, whose rows are no KPIs: 地区名, 人口; years."""
    judged = [index for index, column in enumerate(table.columns) if column["role"] in JUDGED]
    cells = [read_cell(line.cells[index]) for index in judged]
    if len(cells) < 2 or any(cell.reason not in (WORD, BLANK) for cell in cells):
        return False
    dated = {cell.year for cell in cells if cell.year and cell.reason == BLANK}
    is_head = _OF_OTHERS.fullmatch(squeezed(name)) and any(cell.text for cell in cells)
    return bool(is_head) or len(dated) > 1


def _misfit(table: Table, line: Line, position: int) -> str:
    about = {"section": table.section, "position": position, "row": line.as_text()}
    return mistake("table.cells", **about, n=len(line.cells), wanted=len(table.columns))


def _digits(no: str) -> str:
    """A number as a worksheet may have it (3.0), without its decimals."""
    return re.sub(r"\.0+$", "", plain(no).strip())


def _remark_on_numbers(table: Table, line: Line, no: int) -> None:
    """Say where a formula has no result, and where a cell shows less than its number."""
    for index, formula in line.formulas.items():
        role, header = table.columns[index]["role"], table.columns[index]["header"]
        if role in ("published", "grade"):
            table.remark("formula-without-result", line, index, formula, no)
        elif not role.startswith("own_"):
            about = {"section": table.section, "no": no, "header": header}
            table.problem(line, mistake("table.formula", **about, formula=formula))
    for index, number in line.exact.items():
        if table.columns[index]["role"] in JUDGED:
            table.remark("display-rounded", line, index, line.cells[index], no, number)


def _with_entries(table: Table, line: Line, no: int) -> list[str]:
    """The texts of a row's cells; what its entry columns say is put to the year's actual.

    Says where an actual is of a part of its year.
    """
    for index, column in enumerate(table.columns):
        cell = read_cell(line.cells[index])
        when = cell.year_raw or column["header"]
        if column["role"] == "actual" and cell.value is not None and _WITHIN_YEAR.search(when):
            table.remark("part-year", line, index, line.cells[index], no, when)
    texts, problem = with_entries(table.columns, list(line.cells))
    if problem:
        key = problem.pop("key")
        table.problem(line, mistake(key, section=table.section, no=no, **problem))
    return texts


def _asked(cell: Cell, role: str) -> Cell:
    """A cell as its column asks for it: a baseline or an actual is one value, a target any."""
    if role == "target" or not cell.comparator:
        return cell
    return replace(cell, value=None, upper=None, reason=UNREADABLE, cause="no-one-value")


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
