"""One file -> Sheet: its tables, the commentary, and for each cell where it stands."""

import hashlib
from pathlib import Path

from kpi_utils import frames
from kpi_utils.cells.grammar import ERROR_VALUE
from kpi_utils.cells.heads import OURS, head_of
from kpi_utils.cells.notation import identity
from kpi_utils.errors import KpiError, mistake
from kpi_utils.plan import Plan
from kpi_utils.sheets.checks import find_title, named_town, named_year, problems_of
from kpi_utils.sheets.delimited import from_csv
from kpi_utils.sheets.files import BOOKS, content_of, decoded
from kpi_utils.sheets.layout import from_grid
from kpi_utils.sheets.left_out import LeftOut
from kpi_utils.sheets.lines import Line, Remark, from_text
from kpi_utils.sheets.long_frame import long_frame, row_frame
from kpi_utils.sheets.outline import blocks_of, outline_of
from kpi_utils.sheets.places import place
from kpi_utils.sheets.same_name import told_apart
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.sheets.tables import Table, read_table
from kpi_utils.words import JAPANESE


def read_sheet(
    path: Path,
    plan: Plan,
    fiscal_year: int,
    source: str = "",
    language: str = "ja",
    is_filled: bool = True,
) -> Sheet:
    """Read a plan's sheet of one fiscal year: text, workbook, CSV or PDF, by the file's ending.

    ``source`` is the name that rows carry, the path where it is not given. A form that nobody has
    filled in (not ``is_filled``) need not report its year. Raises KpiError where the file is none
    of these, and with every problem of its layout at once: no table, a head that has to be
    asked about, a row with too many or too few cells, a number that is missing or doubled, a year
    that the sheet does not report. A cell that cannot be read is not among them: see
    ``Sheet.unreadable``.
    """
    source = source or path.as_posix()
    content = content_of(path, source)
    lines, remarks, worksheet = _lines(content, path.suffix, plan, fiscal_year, source)
    source_read = f"{source}#{worksheet}" if worksheet else source
    can_tear = path.suffix in (".txt", ".md", ".csv")
    outline = outline_of(lines, can_tear, plan.heads)
    blocks, references = blocks_of(outline, source_read)
    outline.notes.sort(key=lambda note: note[1])
    left_out = LeftOut.of(fiscal_year, plan.era, lines)
    tables = [
        read_table(section, below, left_out, source_read, plan.heads, outline.above(section))
        for section, below in outline.tables.items()
    ]
    find_title(outline, plan, lines)
    year = fiscal_year if is_filled else None
    if problems := problems_of(outline, tables, lines, year, source_read):
        # What was left out may be what is missing.
        raise KpiError(
            problems
            + [
                f"{place(f'{source}:{remark.number}')}: {JAPANESE.render(remark.message)}"
                for remark in remarks
                if remark.place
            ]
        )
    is_ours = not plan.municipality or identity(plan.municipality) in identity(outline.title)
    if not is_ours and (town := named_town(outline.title)):
        remarks.append(Remark("other-town", 1, outline.title, exact=town, place=plan.municipality))
    rows = [row for table in tables for row in table.rows]
    # A year may also stand over the heads of a table, by itself.
    years = (of.initiative for of in rows if head_of(of.initiative).kinds == ("year",))
    for text in dict.fromkeys([outline.title, *years]):
        if said := named_year(text, tables, plan.heads, fiscal_year):
            remarks.append(Remark("other-year", 1, text, exact=said, place=f"{fiscal_year}"))
    plan = told_apart(rows, plan, fiscal_year)
    columns = [column for table in tables for column in table.columns]
    if any(column["role"].startswith("own_") for column in columns):
        # A workbook that was made here has our comments, whoever saved it last.
        remarks = [remark for remark in remarks if remark.place != "comment"]
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
        line_numbers={str(line.position): line.number for line in lines},
        content=content,
        is_form=any(
            of["role"].startswith("entry_") and of["year"] == fiscal_year for of in columns
        ),
        language=language,
    )


def _lines(
    content: bytes, suffix: str, plan: Plan, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a file, remarks on it, and the worksheet's name if there are several."""
    if suffix in BOOKS:
        # openpyxl takes as long to import as a sheet of text to read.
        from kpi_utils.sheets.workbook import from_workbook

        return from_workbook(content, plan, fiscal_year, source)
    if name := plan.worksheets.get(str(fiscal_year)):
        raise KpiError(mistake("workbook.none", where=source, name=name))
    if suffix == ".pdf":
        # What reads a PDF takes half a second to import.
        from kpi_utils.sheets.pdf import from_pdf

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
    return [remark for _, remark in sorted(remarks, key=lambda remark: remark[0])]
