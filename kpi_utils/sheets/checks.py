"""Whether what was read is a sheet of this plan and year: its title, its tables, its years."""

import re
from collections.abc import Mapping

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.letters import compiled, pattern, plain
from kpi_utils.cells.notation import identity
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import mistake
from kpi_utils.plan import Plan
from kpi_utils.sheets.lines import Line
from kpi_utils.sheets.outline import Outline
from kpi_utils.sheets.places import line_in_words, place
from kpi_utils.sheets.tables import Table, role_word

# A town at the beginning of a title, with or without its prefecture.
_TOWN = re.compile(r"(?:\S{2,3}?[都道府県])?(\S{1,5}?[市区町村])(?![町村])(?=\S)")
_NO_TOWN = re.compile("都市|地区|街区|[本当各全]市|市町|第\\d|計画")

# What follows the year in which a plan or a sheet was made: 令和3年度改訂版.
_MADE = r"\s*に?(?:策定|改[定訂]|見直|作成|公[表開])"


def find_title(outline: Outline, plan: Plan, lines: list[Line]) -> None:
    """Take a later line above the tables as the title, where the first is none: 別紙１."""
    first_row = min((table[0].number for table in outline.tables.values()), default=0)
    old = outline.title
    above = [note for note in outline.notes if note[1] < first_row and _is_title(note[2], plan)]
    if _is_title(old, plan) or not above:
        return
    note = above[0]
    section, _, outline.title = note
    place = next(line.number for line in lines if old in line.text)
    index = outline.notes.index(note)
    outline.notes[index : index + 1] = [(section, place, old)] if old else []
    for caption, heading in outline.captions.items():
        if heading == old:
            outline.captions[caption] = outline.title


def _is_title(text: str, plan: Plan) -> bool:
    title = identity(text)
    return identity(plan.municipality) in title and identity(plan.name) in title


def named_town(title: str) -> str:
    """The town whose name a title begins with; blank where it begins with none.

    >>> named_town("静岡県沼津市 都市再生整備計画"), named_town("第2次総合計画 都市づくり")
    ('沼津市', '')
    """
    match = _TOWN.match(identity(title))
    return match[1] if match and not _NO_TOWN.search(match[1]) else ""


def named_year(title: str, tables: list[Table], heads: Mapping[str, str], year: int) -> str:
    """The fiscal year that a title names where actuals name none and are taken for another year's.

    Blank where they have one in their head (``heads`` are plan.toml's), or the title has none.
    """
    # Not those of the plan's period, nor that in which the plan or the sheet was made.
    text = compiled("period").sub("", plain(title))
    found = re.finditer(rf"(?:{pattern('one_year')})\s*年度(?!{_MADE})", text)
    years = [leading_year(match[0])[0] or year for match in found]
    is_taken = any(
        column["role"] == "actual"
        and head_of(heads.get(identity(column["header"]), column["header"])).year is None
        and any(of.cell and not of.cell.year for row in table.rows for of in row.figures("actual"))
        for table in tables
        for column in table.columns
    )
    is_other = is_taken and years and not min(years) <= year <= max(years)
    return f"{max(years)}" if is_other else ""


def problems_of(
    outline: Outline, tables: list[Table], lines: list[Line], fiscal_year: int | None, source: str
) -> list[str]:
    """What is wrong with the sheet's layout, or else that it has no such year."""
    of_lines = [*outline.problems, *(problem for table in tables for problem in table.problems)]
    problems = [
        f"{place(f'{source}:{line.position}')}: {sentence}"
        for line, sentence in sorted(of_lines, key=lambda problem: problem[0].number)
    ]
    if not tables and not problems:
        problems.append(mistake("sheet.no-table", where=source, likely=_likely_head(lines)))
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
    if fiscal_year is None or problems:
        return problems
    return _problems_of_years(tables, fiscal_year, source)


def _likely_head(lines: list[Line]) -> str:
    """The row that looks most like a head, and what it lacks; blank where none does."""
    rows = [line for line in lines if line.cells or line.text.count("　")]
    if not rows:
        return ""
    known = [
        {kind for cell in line.cells or line.text.split("　") for kind in head_of(cell).kinds}
        for line in rows
    ]
    kinds, likely = max(zip(known, rows, strict=True), key=lambda row: len(row[0]))
    if not kinds:
        likely = max(rows, key=lambda line: len(line.cells))
        if len(likely.cells) < 3:
            return ""
    wanted = {"name": {"name", "thing"}, "target": {"target", "yearly_target"}}
    wanted["actual"] = {"actual", "year", "latest", "baseline"}
    lacks = "、".join(role_word(role) for role, able in wanted.items() if not able & kinds)
    line = line_in_words(f":{likely.position}")
    key = "sheet.likely" if lacks else "sheet.likely-unknown"
    return mistake(key, line=line, heads=likely.as_text(), lacks=lacks)


def _problems_of_years(tables: list[Table], fiscal_year: int, source: str) -> list[str]:
    # A plan's own table has targets, and no actuals yet.
    if not any(column["role"] == "actual" for table in tables for column in table.columns):
        return []
    cells = [
        (row.section, cell.column_year or 0, cell.raw)
        for table in tables
        for row in table.rows
        for cell in row.figures("actual")
    ]
    columns = sorted({year for _, year, _ in cells if year})
    reported = [raw for _, year, raw in cells if year == fiscal_year]
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
            for section in sorted({section for section, _, _ in cells})
            if all(year > fiscal_year for of, year, _ in cells if of == section)
        ]
    return problems
