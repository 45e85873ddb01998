"""The published text of a sheet in the other formats that the readers take."""

import csv
import io
import json
import re
import zipfile
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import typst
from openpyxl.styles import Alignment

from kpi_utils.cells.number_format import as_number, as_shown
from kpi_utils.showing.drawing import font_files


def as_markdown(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        cells = line.split("\t")
        if len(cells) == 1:
            lines.append(line)
            continue
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
        if cells[0] == "No":
            lines.append("|" + "---|" * len(cells))
    return "\n".join(lines)


def as_tidy(text: str) -> str:
    """A cell a line: table, No, column, content."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(["表", "No", "列", "内容"])
    part, header, block = "", [], 0
    for line in text.split("\n"):
        cells, plain = line.split("\t"), line.strip("#* ")
        if not plain:
            continue
        if cells[0] == "No":
            header = cells
        elif len(cells) > 1:
            for name, cell in zip(header[1:], cells[1:], strict=True):
                write([part, cells[0], name, cell])
        elif line.startswith("- "):
            block += 1
            write([part, block, "見出し", line[2:]])
        elif line.startswith("  - "):
            write([part, block, "本文", line[4:]])
        elif re.match(r"[#*]+", line) and (part or plain.startswith("(")):
            part = re.match(r"\(\d\)(?!.*評価)|.*", plain)[0]
            write([part, "", "見出し", plain])
        else:
            write([part, "", "注" if part else "表題", plain])
    return out.getvalue()


def as_workbook(text: str, edit=None) -> bytes:
    """The sheet's own layout: merged cells, heads of two rows, line breaks, numbers with formats.

    ``edit`` may change the worksheet before it is saved.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "進捗評価シート"
    row = 1
    for line in text.split("\n"):
        cells, plain = line.split("\t"), line.strip("#* ")
        if not plain:
            row += 1
            continue
        if len(cells) > 1:
            row = _head(sheet, row, cells) if cells[0] == "No" else _row(sheet, row, cells)
            continue
        sheet.cell(row, 2 if line.startswith("  - ") else 1, re.sub(r"^\s*- ", "", plain))
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=8)
        row += 1
    _merge_initiatives(sheet)
    if edit:
        edit(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet, row: int, cells: list[str]) -> int:
    """2022年 above 実績 in two rows; heads of one part are merged over both."""
    deep = any(" " in cell and "※" not in cell for cell in cells)
    for column, cell in enumerate(cells, 1):
        parts = cell.split(" ", 1) if deep and "年 " in cell else [cell]
        for below, part in enumerate(parts):
            sheet.cell(row + below, column, part)
        if deep and len(parts) == 1:
            sheet.merge_cells(
                start_row=row, end_row=row + 1, start_column=column, end_column=column
            )
    return row + 1 + deep


def _row(sheet, row: int, cells: list[str]) -> int:
    for column, text in enumerate(cells, 1):
        cell = sheet.cell(row, column)
        cell.alignment = Alignment(wrap_text=True)
        cell.value = re.sub(r"(?<=年度) |(?<=年) ", "\n", text) or None
        if column == 1:
            cell.value = int(text)
        elif re.fullmatch(r"-?\d+%", text):
            cell.value, cell.number_format = int(text[:-1]) / 100, "0%"
        elif row % 2 and (number := as_number(text)):
            # Every other row: the number itself, with year and unit in its format.
            cell.value, cell.number_format = float(number.value), number.number_format
    return row + 1


def _merge_initiatives(sheet) -> None:
    """A cell of 取組名 stands merged for the rows below it that have none."""
    cells = (cell for line in sheet.iter_rows() for cell in line)
    head = next((cell for cell in cells if cell.value == "取組名"), None)
    if head is None:
        return
    below = range(head.row + 1, sheet.max_row + 1)
    rows = [row for row in below if isinstance(sheet.cell(row, 1).value, int)]
    tops = [row for row in rows if sheet.cell(row, head.column).value]
    area = {"start_column": head.column, "end_column": head.column}
    for top, following in zip(tops, [*tops[1:], rows[-1] + 1], strict=True):
        if following > top + 1:
            sheet.merge_cells(start_row=top, end_row=following - 1, **area)


# An OpenDocument workbook: looks that a cell or a part of its text may have, and the sheet's rows.
_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)
CONTENT = f"""<?xml version="1.0"?><office:document-content {_SPACES}
 xmlns:fo="fo" xmlns:draw="draw" xmlns:svg="svg" xmlns:calcext="calcext">
<office:automatic-styles>
<style:style style:name="off" style:family="table"><style:table-properties table:display="false"/>
</style:style>
<style:style style:name="struck" style:family="table-cell"><style:text-properties
 style:text-line-through-style="solid"/></style:style>
<style:style style:name="white" style:family="table-cell"><style:text-properties
 fo:color="#ffffff"/></style:style>
<style:style style:name="on dark" style:family="table-cell" style:parent-style-name="white">
<style:table-cell-properties fo:background-color="#1f4e79"/></style:style>
<style:style style:name="out" style:family="text"><style:text-properties
 style:text-line-through-type="single"/></style:style>
<style:style style:name="raised" style:family="text"><style:text-properties
 style:text-position="33% 58%"/></style:style>
</office:automatic-styles><office:body><office:spreadsheet>
<table:table table:name="進捗評価シート">
<table:table-column table:number-columns-repeated="16384"/>
{{rows}}<table:table-row table:number-rows-repeated="1048000"><table:table-cell
 table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def as_ods(text: str) -> bytes:
    """The same as ``as_workbook``, as LibreOffice saves it."""
    sheet = openpyxl.load_workbook(io.BytesIO(as_workbook(text))).active
    merged = {area.start_cell.coordinate: area.size for area in sheet.merged_cells.ranges}
    rows = "\n".join(
        f"<table:table-row>{''.join(_ods_cell(cell, merged) for cell in row)}</table:table-row>"
        for row in sheet.iter_rows()
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", "<manifest/>")
        parts.writestr("content.xml", CONTENT.format(rows=rows))
    return out.getvalue()


def _ods_cell(cell, merged: dict) -> str:
    if type(cell).__name__ == "MergedCell":
        return "<table:covered-table-cell/>"
    spanned = "".join(
        f' table:number-{name}-spanned="{number}"'
        for name, number in merged.get(cell.coordinate, {}).items()
    )
    if cell.value is None:
        return f"<table:table-cell{spanned}/>"
    kind, shown = ' office:value-type="string"', str(cell.value)
    if not isinstance(cell.value, str):
        kind = f' office:value-type="float" office:value={quoteattr(shown)}'
        shown, _ = as_shown(cell.value, cell.number_format)
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in shown.split("\n"))
    return f"<table:table-cell{spanned}{kind}>{text}</table:table-cell>"


# What makes a sheet's bytes in each format from its text, by the file's ending.
FORMATS = {
    ".txt": lambda text: text.encode(),
    ".md": lambda text: as_markdown(text).encode(),
    ".xlsx": as_workbook,
    ".xlsm": as_workbook,
    ".ods": as_ods,
    ".csv": lambda text: as_tidy(text).encode(),
}


def typeset(markup: str, page: str = "") -> bytes:
    """A PDF of what typst's markup says, on pages with such settings."""
    setting = f'#set page(paper: "a4", flipped: true, margin: 15mm, {page})\n'
    setting += '#set text(font: "Noto Sans CJK JP", size: 8pt, lang: "ja")\n'
    folders = [str(Path(file).parent) for file in font_files()]
    return typst.compile((setting + markup).encode(), font_paths=folders, ignore_system_fonts=True)


def literal(text: str) -> str:
    """A text in typst's markup, as it stands."""
    return f"#{json.dumps(text, ensure_ascii=False)};"


def ruled(rows: list[list[str]], head: int = 1, settings: str = "") -> str:
    """Markup of a ruled table; blank cells below a 取組名 are merged with it."""
    names = [row[1] if "取組" in rows[0][1] else "" for row in rows]
    cells = []
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            span = 1
            if column == 1 and names[number]:
                while number + span < len(rows) and not names[number + span]:
                    span += 1
            if cell or column != 1 or not any(names):
                cells.append(f"table.cell(rowspan: {span})[{cell}]")
    width = len(rows[0])
    heads = f"table.header({', '.join(cells[: head * width])})" if head else ""
    body = ", ".join(cells[head * width :])
    wide = "auto, " * (width - 1)
    return f"#table(columns: ({wide}auto), {settings} {heads}{',' if heads else ''} {body})\n\n"


def as_pdf(text: str, page: str = "") -> bytes:
    """The sheet as it is printed: ruled tables, texts above and below."""
    markup = []
    lines = [line for line in text.split("\n") if line.strip("#* ")]
    for has_cells, group in groupby(lines, key=lambda line: "\t" in line):
        if has_cells:
            rows = [[literal(cell) for cell in line.split("\t")] for line in group]
            rows = [["" if cell == '#"";' else cell for cell in row] for row in rows]
            markup.append(ruled(rows))
        else:
            markup += [literal(re.sub(r"^[-#*\s]+|\*+$", "", line)) + "\n\n" for line in group]
    return typeset("".join(markup), page)
