"""A workbook -> the lines of the one worksheet that holds the sheet, as its cells show them."""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.worksheet.worksheet import Worksheet

from kpi_utils.cells.number_format import as_shown, exact
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError
from kpi_utils.sheets.lines import Line, Remark, from_grid, is_commentary, is_head, one_line

__all__ = ["from_workbook"]

# More than any sheet has; a worksheet of a million blank rows would take minutes and gigabytes.
_MOST_BYTES = 20_000_000
_MOST_ROWS = 20_000
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def from_workbook(
    content: bytes, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a workbook's sheet, remarks on it, and its worksheet's name.

    The name is blank where the workbook has but one worksheet. Raises KpiError where the file is
    damaged, no worksheet or more than one has a KPI table, the commentary stands in another one, or
    it is far too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile:
        raise KpiError(_damaged(source)) from None
    if size > _MOST_BYTES:
        raise KpiError(
            f"{source}: 展開すると{size // 1_000_000} MB あり、シートとして大きすぎます。"
            "使っていない行、列及び画像を削除して保存し直してください。"
        )
    shown, written = (_open(content, source, values) for values in (True, False))
    sheets = [sheet for sheet in shown.worksheets if sheet.sheet_state == "visible"]
    sheet = _worksheet(sheets, fiscal_year, source)
    grid, remarks = _grid(sheet, written[sheet.title])
    return from_grid(grid), remarks, sheet.title if len(sheets) > 1 else ""


def _open(content: bytes, source: str, values: bool) -> openpyxl.Workbook:
    try:
        with warnings.catch_warnings():
            # Of what openpyxl cannot keep when it saves: nothing is saved here.
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(io.BytesIO(content), data_only=values, rich_text=True)
    # openpyxl fails in many ways on a file that is no whole workbook; all mean the same.
    except Exception:
        raise KpiError(_damaged(source)) from None


def _damaged(source: str) -> str:
    return (
        f"{source}: Excel のブックとして読めません。ファイルが壊れているようです。"
        "Excel で開けるか確かめ、.xlsx で保存し直すか、元のファイルを置き直してください。"
    )


def _worksheet(sheets: list[Worksheet], fiscal_year: int, source: str) -> Worksheet:
    """The worksheet with the tables; of several the one that is named after the year."""
    for sheet in sheets:
        if sheet.max_row > _MOST_ROWS:
            raise KpiError(
                f"{source} シート「{sheet.title}」: {sheet.max_row:,}行あり、大きすぎます。"
                "表の下の使っていない行を削除して保存し直してください。"
            )
    found = [sheet for sheet in sheets if any(is_head(row) for row in _rows(sheet))]
    named = [sheet for sheet in found if leading_year(sheet.title)[0] == fiscal_year]
    names = "、".join(f"「{sheet.title}」" for sheet in found or sheets)
    if not found:
        raise KpiError(
            f"{source}: 「指標名」「当初値」「目標値」などの見出しのある表が、"
            f"どのシート（{names or 'なし'}）にもありません。ファイルを確かめてください。"
        )
    if len(found) > 1 and len(named) != 1:
        raise KpiError(
            f"{source}: シート{names}のどれにも表があり、どれを使うか分かりません。"
            f"使うシートの名前を「{fiscal_year}」で始めるか、ほかのシートを別のファイルに"
            "移してください。表(1)と表(2)が別のシートにあるときは、1枚にまとめてください。"
        )
    others = [sheet for sheet in sheets if sheet not in found]
    if apart := next((sheet for sheet in others if any(map(_is_caption, _rows(sheet)))), None):
        raise KpiError(
            f"{source}: 評価及び課題等が、表のないシート「{apart.title}」にあります。"
            "表のあるシートの、表の下に移してください。"
        )
    return named[0] if len(found) > 1 else found[0]


def _is_caption(row: Line) -> bool:
    """Whether a row is the commentary's caption, and no sentence about it."""
    return is_commentary(row) and "。" not in row.said()


def _rows(sheet: Worksheet) -> Iterator[Line]:
    for row in sheet.iter_rows():
        cells = tuple(_shown(cell)[0] for cell in row)
        if any(cells):
            yield Line(row[0].row, cells=cells)


def _grid(sheet: Worksheet, written: Worksheet) -> tuple[list[Line], list[Remark]]:
    """The rows that a worksheet shows, with merged cells filled downwards; remarks on the rest."""
    above = _above(sheet)
    filtered = bool(sheet.auto_filter.filterColumn)
    grid, remarks = [], []
    for row in sheet.iter_rows():
        number = row[0].row
        cells, merged, rounded, formulas = [], {}, {}, {}
        for at, cell in enumerate(row):
            top = above.get((number, cell.column))
            text, kept = _shown(top or cell)
            cells.append("" if top else text)
            if top:
                merged[at] = text
            if kept:
                rounded[at] = kept
            source = written.cell(number, cell.column)
            # A result that is a blank text is one.
            if cell.value is None and cell.data_type != "str" and source.data_type == "f":
                formulas[at] = str(getattr(source.value, "text", source.value))
        line = Line(number, cells=tuple(cells), merged=merged, exact=rounded, formulas=formulas)
        if not any(cells) and not formulas:
            continue
        if sheet.row_dimensions[number].hidden and not filtered:
            text = "｜".join(cell for cell in cells if cell)
            remarks.append(Remark("hidden-row", number, text))
            continue
        grid.append(line)
    return grid, remarks


def _above(sheet: Worksheet) -> dict[tuple[int, int], Cell]:
    """For each place that is merged with a cell above it, by row and column, that cell."""
    return {
        (number, area.min_col): sheet.cell(area.min_row, area.min_col)
        for area in sheet.merged_cells.ranges
        for number in range(area.min_row + 1, area.max_row + 1)
    }


def _shown(cell: Cell) -> tuple[str, str]:
    """What a cell shows; and its number, where it shows it rounded."""
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return str(value).upper(), ""
    if isinstance(value, int | float):
        text, whole = as_shown(value, cell.number_format)
        return text, "" if whole else f"{exact(value):f}"
    if isinstance(value, datetime.datetime | datetime.date):
        # No rule of the notation reads it: a value that Excel took for a date is none.
        return f"{value.year}/{value.month}/{value.day}", ""
    text = "".join(map(_raised, value)) if isinstance(value, CellRichText) else str(value)
    # Excel writes a carriage return as a mark of its own.
    return one_line(text.replace("_x000D_", "")), ""


def _raised(part: str | TextBlock) -> str:
    """A part of a cell's text; raised digits are those of a note, or of m², not of the number."""
    raised = isinstance(part, TextBlock) and part.font.vertAlign == "superscript"
    return str(part).translate(_RAISED) if raised else str(part)
