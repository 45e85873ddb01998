"""One file -> Sheet, of this plan and year: its tables, the commentary, where each cell stands."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from kpi_utils import frames
from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.heads import OURS, head_of
from kpi_utils.cells.letters import compiled, plain, squeezed
from kpi_utils.cells.notation import identity
from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats.delimited import from_csv
from kpi_utils.formats.files import BOOKS, content_of, decoded
from kpi_utils.lines.columns import is_figure
from kpi_utils.lines.kpi_lines import line_kind
from kpi_utils.lines.layout import from_grid
from kpi_utils.lines.line import Line, Remark, from_text, place, row_of
from kpi_utils.plan import Plan
from kpi_utils.sheets.left_out import LeftOut
from kpi_utils.sheets.likely_head import likely_head
from kpi_utils.sheets.long_frame import long_frame, row_frame, told_apart
from kpi_utils.sheets.outline import Outline, blocks_of, outline_of
from kpi_utils.sheets.rows import Row, Table
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.sheets.tables import read_table
from kpi_utils.sheets.titles import find_title, named_town, named_year
from kpi_utils.words import JAPANESE

# Notes that speak of all figures below a head.
_ON_FIGURES = {of: compiled(f"note_of_{of}") for of in ("cumulative", "provisional", "limit")}


def read_sheet(
    path: Path,
    plan: Plan,
    fiscal_year: int,
    source: str = "",
    language: str = "ja",
    is_filled: bool = True,
) -> Sheet:
    """Read a plan's sheet of one fiscal year: text, workbook, CSV or PDF, by the file's ending.

    ``source`` is the file's name in sources and messages; the path if it is not given. A form that
    is not filled in yet (not ``is_filled``) need not report its year. Raises KpiError if the file
    is of another kind, and with every problem of its layout at once: no table, a head that has to
    be asked about, a row with too many or too few cells, a number that is missing or doubled, a
    year that the sheet does not report. A cell that cannot be read is not a problem of the layout:
    see ``Sheet.unreadable``.
    """
    source = source or path.as_posix()
    content = content_of(path, source)
    suffix = path.suffix.lower()
    lines, remarks, worksheet = _lines(content, suffix, plan, fiscal_year, source)
    source_read = f"{source}#{worksheet}" if worksheet else source
    can_tear = suffix in (".txt", ".md") or (suffix == ".csv" and any(of.head for of in lines))
    outline = outline_of(lines, can_tear, plan.heads)
    blocks, references = blocks_of(outline, source_read)
    find_title(outline, plan, lines)
    outline.notes.sort(key=lambda note: note[1])
    left_out = LeftOut.of(fiscal_year, plan.era, plan.municipality, lines)
    targets = {of for of, below in outline.tables.items() if _has_targets(below[0].cells)}
    tables = [
        read_table(
            of, below, left_out, source_read, plan.heads, outline.above(of), bool(targets - {of})
        )
        for of, below in outline.tables.items()
    ]
    year = fiscal_year if is_filled else None
    if problems := problems_of(outline, tables, lines, year, source_read):
        # A part of the file that was not read may be what is missing.
        told = [(of.number, JAPANESE.render(of.message)) for of in remarks if of.place]
        raise KpiError(problems + [f"{place(f'{source}:{at}')}: {said}" for at, said in told])
    is_ours = not plan.municipality or identity(plan.municipality) in identity(outline.title)
    town = named_town(outline.title)
    says = "town-of-example" if "○○" in plan.municipality else ""
    if not is_ours and (town or says):
        title, ours = outline.title, plan.municipality
        remarks.append(Remark("other-town", 1, title, exact=town, says=says, place=ours))
    rows = [row for table in tables for row in table.rows]
    # A year alone may also stand over a table.
    above = [*outline.captions.values(), *(text for _, _, text in outline.notes)]
    years = [text for text in above if head_of(text).kinds == ("year",)]
    years += filter(lambda text: compiled("note_of_year").match(squeezed(text)), above)
    for text in dict.fromkeys([outline.title, *years]):
        if said := named_year(text, tables, plan.heads, fiscal_year):
            remarks.append(Remark("other-year", 1, text, exact=said, place=f"{fiscal_year}"))
    plan = told_apart(rows, plan, fiscal_year)
    remarks += _notes_on_figures(outline, rows, plan)
    columns = [column for table in tables for column in table.columns]
    if any(column["role"].startswith("own_") for column in columns):
        # A workbook that this package made has its comments and worksheets, whoever saved it last.
        remarks = [of for of in remarks if of.place not in ("comment", "worksheet")]
    columns_of_sheet = [column for column in columns if not column["role"].startswith(OURS)]
    # A table that stands alone in its file is called after the plan.
    title = outline.title or f"{plan.municipality} {plan.name}".strip()
    return Sheet(
        plan=plan,
        fiscal_year=fiscal_year,
        source=source,
        sha256=hashlib.sha256(content).hexdigest(),
        title=title,
        captions={section: caption or title for section, caption in outline.captions.items()},
        columns=frames.typed("columns", columns_of_sheet),
        cells=long_frame(rows),
        row_facts=row_frame(rows, plan),
        commentary=frames.typed("commentary", blocks),
        references=frames.typed("references", references),
        notes=outline.notes,
        remarks=[*remarks, *_remarks(lines, tables)],
        texts=[(source, line.position, line.as_text()) for line in lines],
        line_numbers=_line_numbers(lines),
        content=content,
        is_form=any(
            of["role"].startswith("entry_") and of["year"] == fiscal_year for of in columns
        ),
        language=language,
    )


def _line_numbers(lines: list[Line]) -> dict[str, int]:
    """The number of each line by its place, and by the places of its cells if they have any."""
    places = [(at, line.number) for line in reversed(lines) for at in line.numbers]
    of_cells = {row_of(at): number for at, number in places if isinstance(at, str)}
    return of_cells | {f"{line.position}": line.number for line in lines}


def _lines(
    content: bytes, suffix: str, plan: Plan, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a file, remarks on it, and the worksheet's name if there are several."""
    if suffix in BOOKS:
        # openpyxl takes as long to import as a sheet of text to read.
        from kpi_utils.formats.workbook import from_workbook

        return from_workbook(content, plan, fiscal_year, source)
    if name := plan.worksheets.get(str(fiscal_year)):
        raise KpiError(mistake("workbook.none", where=source, name=name))
    if suffix == ".pdf":
        # What reads a PDF takes half a second to import.
        from kpi_utils.formats.pdf import from_pdf

        grid, remarks = from_pdf(content, source)
        return from_grid(grid, plan.heads), remarks, ""
    text, encoding = decoded(content, source)
    if suffix == ".csv":
        lines = from_csv(text, source, plan.heads)
    else:
        lines = from_grid(from_text(text), plan.heads, ragged=True)
    remarks = [Remark("encoding", 1, source.rpartition("/")[2], exact=encoding)] if encoding else []
    return lines, remarks, ""


def _remarks(lines: list[Line], tables: list[Table]) -> list[Remark]:
    """Remarks on the lines of a file, in its order."""
    remarks = [
        (line.number, Remark("error-value", line.position, line.text.strip()))
        for line in lines
        if not line.cells and ERROR_VALUE.search(line.text)
    ]
    for table in tables:
        remarks += table.remarks
    # Lines with figures of a KPI that are in no table, such as 計画額, 実績額 without a name.
    known = {row.source.rpartition(":")[2] for table in tables for row in table.rows}
    for line in lines:
        first, *others = line.texts or line.text.split("　")
        is_line = line_kind(first) in ("target", "actual") and any(map(is_figure, others))
        if is_line and not line.head and f"{line.position}" not in known:
            remarks.append((line.number, Remark("row-left-out", line.position, line.as_text())))
    return [remark for _, remark in sorted(remarks, key=lambda remark: remark[0])]


def _notes_on_figures(outline: Outline, rows: list[Row], plan: Plan) -> Iterator[Remark]:
    """Remarks on notes that call figures sums or provisional, if no cell does: ※目標値は累計.

    A row's own remark (備考) is a note on its figures, with or without a sign before it.
    """
    notes = [(rows, f"{number}", text, squeezed(text)) for _, number, text in outline.notes]
    for row in rows:
        for of in row.figures("carried"):
            place_of_row = of.source.rpartition(":")[2]
            notes.append(([row], place_of_row, of.raw, f"※{squeezed(of.raw)}"))
    for about, at, text, note in notes:
        for kind in (kind for kind, words in _ON_FIGURES.items() if words.match(note)):
            declared = [plan.declared(row.kpi) for row in about]
            sums = any(of.cumulative or of.running_total for of in declared)
            cells = [of.cell for row in about for of in row.cells]
            is_said = any(cell and cell.says(kind) for cell in cells)
            if not is_said and not (kind == "cumulative" and sums):
                says = "note-of-limit" if kind == "limit" else ""
                yield Remark("note-not-read", at, text, says=says)


def problems_of(
    outline: Outline, tables: list[Table], lines: list[Line], fiscal_year: int | None, source: str
) -> list[str]:
    """What is wrong with the sheet's layout; or else with the years that it reports."""
    of_lines = [*outline.problems, *(problem for table in tables for problem in table.problems)]
    problems = [
        f"{place(f'{source}:{line.position}')}: {sentence}"
        for line, sentence in sorted(of_lines, key=lambda problem: problem[0].number)
    ]
    if not tables and not problems:
        likely = likely_head(lines, fiscal_year)
        problems.append(mistake("sheet.no-table", where=source, likely=likely))
        if likely:
            return problems
    with_rows = {table.section for table in tables if table.rows}
    # If there is no table at all, (1) was not the caption of one.
    for section in sorted(set(outline.captions) - {0} - with_rows) if tables else ():
        if any(f"表({section})" in problem for problem in problems):
            continue
        if section not in outline.torn and _is_of_a_form(outline, section):
            continue
        about = {"section": section, "caption": outline.captions[section]}
        problems.append(mistake("sheet.no-rows", where=source, **about))
    if fiscal_year is None or problems:
        return problems
    return _problems_of_years(tables, fiscal_year, source)


def _is_of_a_form(outline: Outline, section: int) -> bool:
    """Whether a caption is an item of a form, with its text in a cell: (1)計画名 架空計画."""
    notes = [text for of, _, text in outline.notes if of == section]
    caption, *others = [text.split("　") for text in (outline.captions[section], *notes)]
    said = [compiled("date").sub("", plain(of[-1])) for of in (caption, *others)]
    are_short = len(caption) == 2 and all(len(of) < 3 for of in others)
    return are_short and not re.search(r"\d", "".join(said))


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
        about = {"year": fiscal_year, "years": years, "newest": max(columns, default=fiscal_year)}
        problems.append(mistake("sheet.no-year", where=source, **about))
    elif not any(reported):
        newest = max((year for _, year, raw in cells if raw and year < fiscal_year), default=0)
        said = f"（{newest}）" if newest else ""
        problems.append(mistake("sheet.all-blank", where=source, year=fiscal_year, newest=said))
    # A sheet with only later years gets one sentence, not one for each table.
    if min(columns, default=fiscal_year + 1) <= fiscal_year:
        problems += [
            mistake("sheet.not-yet", where=source, section=section, year=fiscal_year)
            for section in sorted({section for section, _, _ in cells})
            if all(year > fiscal_year for of, year, _ in cells if of == section)
        ]
    return problems


def _has_targets(headers: Iterable[str]) -> bool:
    """Whether one of some heads is that of targets, and not of groups of KPIs."""
    heads = [head for head in map(head_of, headers) if "target" in head.kinds]
    return any(head.year or not {"thing", "group"} & {*head.kinds} for head in heads)
