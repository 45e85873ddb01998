"""Whether what was read is a sheet of this plan and year: its title, its tables, its years."""

import re

from kpi_utils.cells.notation import identity
from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import Plan
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.outline import Outline
from kpi_utils.sheets.places import place
from kpi_utils.sheets.tables import Table

__all__ = ["check", "find_title"]


def find_title(outline: Outline, plan: Plan, lines: list[Line]) -> None:
    """Take a later line above the tables as the title, where the first is none: 別紙１."""
    first_row = min((table[0].number for table in outline.tables.values()), default=0)
    for index, (section, number, text) in enumerate(list(outline.notes)):
        is_above = number < first_row
        if is_above and not _is_title(outline.title, plan) and _is_title(text, plan):
            above = next(line.number for line in lines if outline.title in line.text)
            note = [(section, above, outline.title)] if outline.title else []
            outline.notes[index : index + 1] = note
            for caption, heading in outline.captions.items():
                if heading == outline.title:
                    outline.captions[caption] = text
            outline.title = text


def _is_title(text: str, plan: Plan) -> bool:
    title = identity(text)
    return identity(plan.municipality) in title and identity(plan.name) in title


def check(outline: Outline, tables: list[Table], plan: Plan, fiscal_year: int, source: str) -> None:
    """Raise KpiError with what is wrong with the sheet's form; else if it is another plan's."""
    problems = _problems_of_form(outline, tables, source)
    if not problems and not _is_title(outline.title, plan):
        about = {"title": outline.title, "municipality": plan.municipality, "name": plan.name}
        problems.append(mistake("sheet.other-plan", where=source, **about))
        problems += _problems_of_years(tables, fiscal_year, source)
    elif not problems:
        problems = _problems_of_years(tables, fiscal_year, source)
    if problems:
        raise KpiError(problems)


def _problems_of_form(outline: Outline, tables: list[Table], source: str) -> list[str]:
    of_lines = [*outline.problems, *(problem for table in tables for problem in table.problems)]
    problems = [
        f"{place(f'{source}:{line.position}')}: {sentence}"
        for line, sentence in sorted(of_lines, key=lambda problem: problem[0].number)
    ]
    if not tables and not problems:
        problems.append(mistake("sheet.no-table", where=source))
    with_rows = {table.section for table in tables if table.rows}
    for section in sorted(set(outline.captions) - {0} - with_rows):
        if any(f"表({section})" in problem for problem in problems):
            continue
        caption = outline.captions[section]
        has_notes = any(above == section for above, _, _ in outline.notes)
        is_commentary = has_notes or re.search("評価|課題|成果|分析|所見", caption)
        commentary = mistake("sheet.commentary", caption=caption) if is_commentary else ""
        about = {"section": section, "commentary": commentary}
        problems.append(mistake("sheet.no-rows", where=source, **about))
    return problems


def _problems_of_years(tables: list[Table], fiscal_year: int, source: str) -> list[str]:
    actuals = {
        table.section: [cell for row in table.rows for cell in row.figures("actual")]
        for table in tables
        if table.rows
    }
    cells = [cell for cells_of_table in actuals.values() for cell in cells_of_table]
    columns = sorted({cell.column_year for cell in cells})
    reported = [cell.raw for cell in cells if cell.column_year == fiscal_year]
    problems = []
    if not reported:
        years = "、".join(f"{year}年" for year in columns)
        problems.append(mistake("sheet.no-year", where=source, year=fiscal_year, years=years))
    elif not any(reported):
        problems.append(mistake("sheet.all-blank", where=source, year=fiscal_year))
    # A sheet that has only later years has one sentence, and not one for each table.
    if min(columns, default=fiscal_year + 1) <= fiscal_year:
        problems += [
            mistake("sheet.not-yet", where=source, section=section, year=fiscal_year)
            for section in sorted(actuals)
            if all(cell.column_year > fiscal_year for cell in actuals[section])
        ]
    return problems
