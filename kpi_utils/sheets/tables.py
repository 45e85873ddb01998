"""The lines of a table -> its columns and rows; each cell is read once.

The heads say what the columns are, and of which years (``roles``); the row and the sheet say what
a cell leaves out (``left_out``).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import count, pairwise

from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.heads import OURS, head_of, unit_in
from kpi_utils.cells.letters import compiled, pattern, plain
from kpi_utils.cells.notation import UNREADABLE, Cell, identity, read_cell
from kpi_utils.cells.years import leading_year
from kpi_utils.lines.columns import JUDGED, OF_GROUPS, is_figure
from kpi_utils.lines.kpi_lines import DASHES
from kpi_utils.lines.line import Line, Remark
from kpi_utils.sheets.left_out import LeftOut, in_unit_of
from kpi_utils.sheets.parts import is_bare, is_part, under_name, without_labels
from kpi_utils.sheets.questions import ask, key_of_misfit, misformed
from kpi_utils.sheets.roles import settled
from kpi_utils.sheets.rows import (
    Row,
    Table,
    TableCell,
    entered,
    heads_another,
    in_order_of_years,
    is_no_kpi,
    label_and_name,
    way,
    way_in,
    with_parts,
    with_years,
)

_NO = re.compile(r"\d{1,4}")


def read_table(
    section: int,
    lines: list[Line],
    left_out: LeftOut,
    source: str,
    declared: Mapping[str, str],
    caption: str,
    is_beside: bool,
) -> Table:
    """The table of a section, from the line of its heads and the lines of its rows.

    ``declared`` are the heads that plan.toml gives for others, by identity. ``caption`` is the
    table's, and may have the unit of its figures. ``is_beside``: another table has targets.
    """
    head, *below = lines
    left_out = left_out.with_heads(head.cells)
    texts = [line.cells for line in below]
    columns, questions = settled(head.cells, texts, left_out, declared, is_beside)
    numbers = count(1)
    records = [
        {
            "section": section,
            "column": None if of.role.startswith(OURS) else next(numbers),
            "role": of.role,
            "year": of.year,
            "header": of.head.header,
            "unit": of.head.unit,
            "declared": of.declared,
        }
        for of in columns
    ]
    table = Table(section, source, records)
    for of in columns:
        if of.role in JUDGED and of.head.short and not of.year:
            table.problem(head, "table.column-era", header=of.head.header, year=of.head.short)
    if questions:
        ask(table, lines, questions)
        return table
    table.years = {of.dates: of.index for of in columns if of.role == "when"}
    table.unit = next((of.head.unit for of in columns if of.role == "name"), "") or unit_in(caption)
    table.numbers = _numbers(table, below)
    whole = (with_years([*of], table.years) for of in texts if len(of) == len(records))
    left_out = left_out.with_cells(records, whole)
    for position, (before, line) in enumerate(pairwise(lines), 1):
        if not _read_row(table, line, before, position, left_out):
            break
    table.rows = with_parts(table.rows)
    return table


def _by_role(table: Table, line: Line) -> dict[str, str]:
    """The texts of a line by role; the first of several columns of a role counts."""
    roles = [(column["role"], index) for index, column in enumerate(table.columns)]
    by_role = {role: line.cell(index) for role, index in reversed(roles)}
    # 男性 and 20歳代 together tell the KPIs of one name apart.
    parts = [line.cell(index) for role, index in roles if role == "part" and line.cell(index)]
    return by_role | ({"part": " ".join(parts)} if "part" in by_role else {})


def _numbers(table: Table, lines: list[Line]) -> bool:
    """Whether the rows bear numbers of their own; labels (1-1, ①) and those of several KPIs not."""
    by_role = [_by_role(table, line) for line in lines]
    texts = [_digits(of.get("no", "")) for of in by_role]
    # The parts of a KPI (男性, 女性) have its number, or none; each initiative may count anew.
    has_parts = any("part" in of or is_part(of["name"]) for of in by_role)
    rows = zip(by_role, lines, texts, strict=True)
    groups = [of.get("initiative") or line.group for of, line, text in rows if text == "1"]
    counts_anew = len({*groups} - {""}) == len(groups) > 1 or min(map(texts.count, "12")) > 1
    of_groups = any(of["role"] == "no" and OF_GROUPS.search(of["header"]) for of in table.columns)
    at = {of["role"]: index for index, of in enumerate(table.columns)}
    # A row whose name and target are merged, too, or all its figures, is one KPI that is split.
    figures = {index for index, of in enumerate(table.columns) if of["role"] in JUDGED}
    wholes: list[set] = [{at["name"], at.get("target")}, figures]
    shared = [of.merged for of in lines if at.get("no") in of.merged]
    of_groups |= any(not any(whole <= {*of} for whole in wholes) for of in shared)
    numbers = {*filter(_NO.fullmatch, texts)}
    is_split = any(figures <= {*of} for of in shared) and numbers == {*texts}
    is_shared = "" in texts or len({*texts}) < len(texts)
    if counts_anew or (is_shared and ((has_parts and not is_split) or of_groups)):
        return False
    is_labelled = any(text.startswith(("再掲", "参")) for text in texts)
    return not is_labelled and (is_split or len(numbers) > len(lines) / 2)


def _read_row(table: Table, line: Line, before: Line, position: int, left_out: LeftOut) -> bool:
    """Add a line to the table as a row, or note what is wrong with it.

    ``before`` is the line above it. Returns False if another table begins at the line.
    """
    above = table.rows[-1] if table.rows else None
    judged = [index for index, of in enumerate(table.columns) if of["role"] in JUDGED]
    line, who = without_labels(line, judged)
    by_role = under_name(_by_role(table, line), who, line, before, above)
    is_below = above and by_role.get("part") and by_role["name"].startswith(above.name)
    if above and is_below and is_bare(above):
        # The name of several parts has a row of its own.
        table.rows.pop()
    # A row left empty has a label at most: ③.
    is_named = re.search(r"[^\W\d_]", plain(line.first))
    is_empty = not is_named and line.texts in ([by_role["name"]], [by_role.get("no")])
    # A project without a KPI has no name of one and no figure; 総合評価 before grades has no name.
    said = [line.cell(index) for index in judged]
    is_empty |= not any(text.strip(DASHES) for text in [by_role["name"], *said])
    is_sum = not by_role["name"] and re.search(r"[^\W\d_]{4}", by_role.get("no", ""))
    is_empty |= bool(is_sum) and not any(map(is_figure, said))
    if is_empty or is_no_kpi(by_role, table.numbers):
        table.remarks.append((line.number, Remark("row-left-out", line.position, line.as_text())))
        return True
    if key := _what_is_wrong(table, line, by_role):
        return not misformed(table, line, key, position, **by_role)
    printed = by_role.get("no", "")
    no = int(_digits(printed)) if table.numbers else len(table.rows) + 1
    label, name = ("", by_role["name"]) if "no" in by_role else label_and_name(by_role["name"])
    _remark_on_cells(table, line, no)
    initiative = by_role.get("initiative", line.group)
    unit = re.sub(r"^[(（](.+)[)）]$", r"\1", by_role.get("unit", ""))
    # 〃 below a row that is left out is that row's unit.
    if above and above.source == f"{table.source}:{before.position}":
        unit = above.unit if compiled("same_unit").fullmatch(unit) else unit
    # Under 指標（単位） any bracket behind a name is a unit: 箇所数（水系）.
    heads = (plain(of["header"]) for of in table.columns if of["role"] == "name")
    has_unit = any("(単位)" in header for header in heads)
    marked = re.sub(rf"(?<=[(（])(?=(?!{pattern('unit_is_not')})[^(（]*$)", "単位:", name)
    hint = unit or unit_in(marked if has_unit else name) or table.unit
    cells, unit = _cells(table, line, _entered(table, line, by_role, no), name, hint, left_out)
    row = Row(
        section=table.section,
        no=no,
        name=name,
        initiative_raw=initiative,
        # An initiative printed once is that of the rows below, too.
        initiative=initiative or (above.initiative if above else ""),
        unit=unit,
        source=f"{table.source}:{line.position}",
        cells=cells,
        no_raw="" if table.numbers else printed or label,
        sheet_direction=way(by_role.get("direction", "") or way_in(name)),
        **{of: by_role.get(of, "") for of in ("department", "next_step", "part")},
    )
    table.rows.append(row)
    return True


def _cells(
    table: Table, line: Line, printed: list[str], name: str, hint: str, left_out: LeftOut
) -> tuple[list[TableCell], str]:
    """The cells of a row, and its unit; ``hint`` is the unit that name, column or caption give."""
    texts = with_years(printed, table.years)
    is_unit = re.search(r"[^\W\d_]|[%‰℃¥$€]", plain(hint)) and plain(hint) not in ("ー", "一")
    # A limit behind a unit belongs to the target: 日以内, %(以下); less is a better rank anyway.
    said = plain(hint).replace("上限", "以下").replace("下限", "以上")
    limited = read_cell("1" + re.sub(r"(?<=位)(?:以内|\(.*\))|[()]", "", said))
    hint = limited.unit if limited.unit == "位" or limited.comparator else hint if is_unit else ""
    figures, unit = left_out.figures(table.columns, texts, name, hint)
    cells = []
    for index, column in enumerate(table.columns):
        role, year = column["role"], column["year"]
        cell = read_cell(texts[index]) if role == "published" else figures.get((role, year))
        if cell and role in JUDGED:
            cell = _one_value(in_unit_of(cell, unit), role, limited.comparator)
        if not role.startswith(OURS):
            source = f"{table.source}:{line.position_of(index)}"
            cells.append(TableCell(role, year, printed[index], source, cell, column["column"]))
    # For a role without a column the row gets a blank cell.
    given = {cell.role for cell in cells}
    for role in ("baseline", "actual", "target", "published"):
        if role not in given:
            year = left_out.fiscal_year if role == "actual" else None
            source = f"{table.source}:{line.position}"
            cells.append(TableCell(role, year, "", source, read_cell(""), None))
    return in_order_of_years(cells), unit


def _one_value(cell: Cell, role: str, limit: str) -> Cell:
    """A cell with the one value that its column needs; a target gets the limit of the unit."""
    if "target" in role and cell.value is not None:
        return replace(cell, comparator=cell.comparator or limit)
    if "target" in role or not cell.comparator:
        return cell
    return replace(cell, value=None, upper=None, reason=UNREADABLE, cause="no-one-value")


def _what_is_wrong(table: Table, line: Line, by_role: Mapping[str, str]) -> str:
    """The key of the message on what is wrong with a row; blank if nothing is."""
    no, name = by_role.get("no", ""), by_role["name"]
    if len(line.cells) != len(table.columns):
        return key_of_misfit(table.source, len(table.columns), line)
    figures = [line.cells[of] for of, it in enumerate(table.columns) if it["role"] in JUDGED]
    is_no = _NO.fullmatch(_digits(no)) and int(_digits(no)) not in [row.no for row in table.rows]
    if heads_another(name, figures) and not (table.numbers and is_no):
        return "table.another"
    if table.numbers and not is_no:
        if "no" in head_of(no).kinds:
            return "table.no-of-head"
        return "table.no-of-none" if no else "table.no-blank"
    if not identity(name):
        return "table.part-of-none" if by_role.get("part") else "table.name-blank"
    return "table.name-error" if ERROR_VALUE.search(name) else ""


def _digits(no: str) -> str:
    """A number as a worksheet may have it (3.0), without its decimals."""
    return re.sub(r"\.0+$", "", plain(no).strip())


def _remark_on_cells(table: Table, line: Line, no: int) -> None:
    """Say where a formula has no result, a number is shown rounded, or a year is not over."""

    def remark(code: str, index: int, text: str, exact: str = "") -> None:
        said = Remark(code, line.position_of(index), text, (table.section, no), exact)
        table.remarks.append((line.number, said))

    for index, column in enumerate(table.columns):
        role, header, text = column["role"], column["header"], line.cells[index]
        if formula := line.formulas.get(index):
            if role in ("published", "grade"):
                remark("formula-without-result", index, formula)
            elif not role.startswith("own_"):
                table.problem(line, "table.formula", no=no, header=header, formula=formula)
        if index in line.exact and role in JUDGED:
            remark("display-rounded", index, text, line.exact[index])
        cell = read_cell(text)
        when = cell.year_raw or header
        if role == "actual" and cell.value is not None and compiled("within_year").search(when):
            remark("part-year", index, text, when)


def _entered(table: Table, line: Line, by_role: Mapping[str, str], no: int) -> list[str]:
    """The texts of a row's cells; what a form's entry columns say is put to the year's actual."""
    texts = list(line.cells)
    asked = next((of["year"] for of in table.columns if of["role"].startswith("entry_")), None)
    year, reason = (by_role.get(f"entry_{of}", "") for of in ("year", "reason"))
    named, rest = leading_year(year)
    for index, column in enumerate(table.columns):
        if not asked or (column["role"], column["year"]) != ("actual", asked):
            continue
        text, about = texts[index], {"no": no, "header": column["header"]}
        texts[index] = entered(text, year, reason)
        if text and reason:
            table.problem(line, "table.entry-twice", **about, text=text, reason=reason)
        elif text and year and (named is None or rest):
            table.problem(line, "table.entry-year", **about, year=year)
    return texts
