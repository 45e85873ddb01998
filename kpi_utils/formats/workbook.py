"""A workbook -> the lines of the worksheet with the sheet, or of several that are parts of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, takewhile

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import compiled, plain
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats import excel, ods
from kpi_utils.formats.workbook_parts import Parts
from kpi_utils.formats.worksheet import grid_of
from kpi_utils.lines.beside import are_one
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.layout import CAPTION, from_grid, has_table, is_commentary
from kpi_utils.lines.line import Line, Remark
from kpi_utils.plan import Plan

# More bytes than any sheet has when it is unpacked.
_MOST_BYTES = 40_000_000
# In the name of a worksheet that shows how to fill in another one.
_EXAMPLE = re.compile("(?:記入|記載|入力|作成)(?:例|要領|方法|手順)|見本|サンプル")
_VERSION = compiled("version")


@dataclass(frozen=True, eq=False)
class _Grid:
    """What one worksheet shows; ``declared`` has the heads that plan.toml declares, by identity."""

    name: str
    is_hidden: bool
    lines: list[Line]
    remarks: list[Remark]
    declared: Mapping[str, str]

    @cached_property
    def table(self) -> list[Line]:
        """Its lines with the tables read: each has a line of heads, and a line a KPI."""
        return from_grid(self.lines, self.declared)

    @property
    def has_figures(self) -> bool:
        """Whether a table may be in it: two of its rows have both words and figures."""
        rows = ({is_figure(cell) for cell in line.cells if cell} for line in self.lines)
        # A long worksheet is not read to its end.
        return len([*islice((row for row in rows if row == {True, False}), 2)]) > 1


def from_workbook(
    content: bytes, plan: Plan, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a workbook's sheet, remarks on it, and its worksheet's name.

    The worksheet is the one that the plan names for the year, or the only one with a KPI table, or
    of several with tables the one named after the year. If several are parts of one table (目標1,
    目標2), all are read, the place of each line has its worksheet's name, and the name returned is
    blank. It is blank, too, if only one worksheet is visible. Raises KpiError where the file is
    damaged or far too large, where no worksheet or more than one can be meant, or where the
    commentary stands in another worksheet.
    """
    grids = _grids(content, plan, source)
    meant = _meant(grids, plan, fiscal_year, source)
    is_one = len(meant) == 1
    lines, remarks = (meant[0].table, meant[0].remarks) if is_one else _joined(meant, plan)
    has_others = is_one and sum(not grid.is_hidden for grid in grids) > 1
    others = [grid for grid in grids if grid not in meant and not _EXAMPLE.search(grid.name)]
    if left := _names([grid for grid in others if grid.is_hidden or grid.has_figures]):
        remarks = [*remarks, Remark("worksheet-left-out", 1, left, place="worksheet")]
    return lines, remarks, meant[0].name if has_others else ""


def _grids(content: bytes, plan: Plan, source: str) -> list[_Grid]:
    """What each worksheet shows. Raises KpiError where the file is damaged or too large."""
    parts = None
    grids = []
    size = ""
    try:
        parts = Parts(content)
        size = f"展開すると{parts.size // 1_000_000} MB" if parts.size > _MOST_BYTES else ""
        read = ods.worksheets if "content.xml" in parts.names else excel.worksheets
        for sheet in () if size else read(parts):
            if sheet.is_too_large:
                reach = f"{len(sheet.rows):,}行、{len(sheet.columns):,}列"
                size = f"シート「{sheet.name}」に{reach}"
                break
            grids.append(_Grid(sheet.name, sheet.is_hidden, *grid_of(sheet), plan.heads))
    # A damaged or incomplete workbook raises one of many errors; all mean the same.
    except Exception:
        part = f"（{parts.reading}）" if parts and parts.reading else ""
        raise KpiError(mistake("workbook.damaged", where=source, part=part)) from None
    if size:
        raise KpiError(mistake("workbook.large", where=source, size=size))
    return grids


def _meant(grids: list[_Grid], plan: Plan, fiscal_year: int, source: str) -> list[_Grid]:
    """The worksheets to read: the declared one, that of the year, or all parts of one table."""
    wanted = plan.worksheets.get(str(fiscal_year), "")
    seen = [grid for grid in grids if not grid.is_hidden]
    if wanted and wanted not in [grid.name for grid in seen]:
        is_hidden = wanted in [grid.name for grid in grids]
        key = "workbook.hidden" if is_hidden else "workbook.no-worksheet"
        raise KpiError(mistake(key, where=source, name=wanted, names=_names(seen)))
    with_tables = [grid for grid in seen if has_table(grid.lines, grid.declared)]
    usable = [grid for grid in with_tables if wanted in ("", grid.name)]
    if not usable and len(seen) == 1 and not wanted:
        # The reader of the sheet then says what its rows lack.
        return seen
    if not usable:
        names = f"「{wanted}」" if wanted else _names(seen)
        raise KpiError(mistake("workbook.no-table", where=source, names=names or "なし"))
    usable = [grid for grid in usable if not _EXAMPLE.search(grid.name)] or usable
    if len(usable) > 1:
        usable = [grid for grid in usable if _has_both(grid.table)] or usable
    of_year = [grid for grid in usable if leading_year(grid.name)[0] == fiscal_year]
    if len(of_year) == 1:
        usable = of_year
    if len(usable) > 1 and not _are_parts(usable):
        about = {"names": _names(usable), "plan": plan.id, "year": fiscal_year}
        raise KpiError(mistake("workbook.several", where=source, **about))
    for grid in seen:
        if grid not in with_tables and any(map(is_commentary, grid.lines)):
            raise KpiError(mistake("workbook.commentary-apart", where=source, name=grid.name))
    return usable


def _has_both(lines: list[Line]) -> bool:
    """Whether a table has both targets and actuals, unlike one of 予算額 and 決算額."""
    kinds = {k for line in lines if line.head for cell in line.cells for k in head_of(cell).kinds}
    return bool(kinds & {"target", "yearly_target"} and kinds & {"actual", "latest", "year"})


def _are_parts(grids: list[_Grid]) -> bool:
    """Whether worksheets are parts of one table, not versions of it, nor tables of several years.

    No part has captions of its own, and only the last one may have commentary.
    """
    tables = [grid.table for grid in grids]
    above = [takewhile(lambda line: not line.head, lines) for lines in tables]
    titles = [" ".join(plain(line.as_text()) for line in lines) for lines in above]
    years = {tuple(compiled("one_year").findall(title)) for title in titles} - {()}
    texts = [line for lines in tables for line in lines if not line.cells]
    is_apart = any(map(is_commentary, (line for lines in tables[:-1] for line in lines)))
    is_apart |= any(CAPTION.match(plain(lines.text)) for lines in texts) or len(years) > 1
    is_apart |= any(_VERSION.search(plain(grid.name)) for grid in grids)
    return not is_apart and are_one(tables)


def _joined(grids: list[_Grid], plan: Plan) -> tuple[list[Line], list[Remark]]:
    """Worksheets one below the other, each a section with its name, under one title; remarks."""
    first, *others = [grid.table[0] for grid in grids]
    lines, remarks = [], []
    is_same = all(line.cells or line.text == first.text for line in others)
    if not first.cells and (is_same or plan.municipality in first.text):
        lines.append(replace(first, place=_place(grids[0], first.position)))
    for section, grid in enumerate(grids, 1):
        above = lines[-1].number if lines else 0
        caption = f"({section}) {grid.name}"
        lines.append(Line(above + 1, caption, heading=True, place=_place(grid, 1)))
        lines += [
            replace(
                line,
                number=above + 1 + line.number,
                place=_place(grid, line.position),
                numbers=tuple(_place(grid, number) for number in line.numbers),
                heading=False,
            )
            for line in grid.table
            if line.cells or line.text not in [title.text for title in lines[:1]]
        ]
        remarks += [remark._replace(number=_place(grid, remark.number)) for remark in grid.remarks]
    return lines, remarks


def _place(grid: _Grid, place: int | str) -> str:
    """Where a line stands, with its worksheet: 基本目標1!12."""
    return f"{grid.name.replace(':', '：')}!{place}"


def _names(grids: list[_Grid]) -> str:
    return "、".join(f"「{grid.name}」" + "（非表示）" * grid.is_hidden for grid in grids)
