"""Whether what was read is a sheet of this plan and year: its title, its tables, its years."""

import re

from kpi_utils.cells.notation import identity
from kpi_utils.errors import KpiError
from kpi_utils.plan import Plan
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.outline import Outline
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
    if not problems:
        problems = _problems_of_year(tables, fiscal_year, source)
        if not _is_title(outline.title, plan):
            problems.insert(
                0,
                f"{source}: 表題が「{outline.title}」で、"
                f"計画「{plan.municipality} {plan.name}」のシートではないようです。"
                "ファイルと plan.toml を確かめてください。",
            )
    if problems:
        raise KpiError(problems)


def _problems_of_form(outline: Outline, tables: list[Table], source: str) -> list[str]:
    of_lines = [*outline.problems, *(problem for table in tables for problem in table.problems)]
    problems = [
        f"{source} {number}行目: {sentence}"
        for number, sentence in sorted(of_lines, key=lambda problem: problem[0])
    ]
    if not tables and not problems:
        problems.append(
            f"{source}: 表がありません。「## (1) …」という見出しと、その下に"
            "「No」「指標名」などの列のある表が必要です。"
        )
    with_rows = {table.section for table in tables if table.rows}
    for section in sorted(set(outline.captions) - {0} - with_rows):
        if any(f"表({section})" in problem for problem in problems):
            continue
        caption = outline.captions[section]
        has_notes = any(above == section for above, _, _ in outline.notes)
        if has_notes or re.search("評価|課題|成果|分析|所見", caption):
            asked = f"「{caption}」が評価及び課題等の見出しであれば、そう書いてください。"
        else:
            asked = ""
        problems.append(
            f"{source}: 見出し({section})の下に、表の行がありません。{asked}"
            "列の見出しと指標の行を、タブで区切って置いてください。"
        )
    return problems


def _problems_of_year(tables: list[Table], fiscal_year: int, source: str) -> list[str]:
    actuals = [
        (row.section, of) for table in tables for row in table.rows for of in row.figures("actual")
    ]
    reported = [of.raw for _, of in actuals if of.column_year == fiscal_year]
    if not reported:
        years = "、".join(f"{year}年" for year in sorted({of.column_year for _, of in actuals}))
        problems = [
            f"{source}: {fiscal_year}年の実績の列がありません。実績の列は {years} です。"
            "年度又はファイルを確かめてください。"
        ]
    elif not any(reported):
        problems = [
            f"{source}: 列「{fiscal_year}年」の実績が全て空白です。実績を書き入れてください。"
        ]
    else:
        problems = []
    due = {section for section, of in actuals if of.column_year <= fiscal_year}
    problems += [
        f"{source}: 表({table.section}) に、{fiscal_year}年までの実績の列がありません。"
        "見出しの年度を確かめてください。"
        for table in sorted(tables, key=lambda table: table.section)
        if due and table.rows and table.section not in due
    ]
    return problems
