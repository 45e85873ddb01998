"""A workbook -> the lines of the one worksheet that holds the sheet, as its cells show them."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from openpyxl.utils import coordinate_to_tuple, get_column_letter, range_boundaries

from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError, mistake
from kpi_utils.sheets.layout import from_grid, has_table, is_commentary
from kpi_utils.sheets.lines import Line, Remark
from kpi_utils.sheets.workbook_parts import (
    Parts,
    Shown,
    Style,
    is_on,
    item_at,
    of_number,
    of_text,
    outside,
    runs,
    styles,
    unescaped,
)

__all__ = ["from_workbook"]

# More than any sheet has: unpacked, and of rows that hold something, alone and times the columns.
_MOST_BYTES, _MOST_ROWS, _MOST_CELLS = 20_000_000, 20_000, 2_000_000
_AREA = re.compile(r"[A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?")
# How much of a text that is not read is quoted.
_QUOTED = 80


def from_workbook(
    content: bytes, fiscal_year: int, source: str
) -> tuple[list[Line], list[Remark], str]:
    """The lines of a workbook's sheet, remarks on it, and its worksheet's name.

    The name is blank where the workbook has but one worksheet. Raises KpiError where the file is
    damaged, no worksheet or more than one has a KPI table, the commentary stands in another one, or
    it is far too large.
    """
    parts, sheets = None, []
    try:
        parts = Parts(content)
        if parts.size <= _MOST_BYTES:
            sheets = list(_sheets(parts))
    # A file that is no whole workbook fails in many ways; all mean the same.
    except Exception:
        part = f"（{parts.reading}）" if parts and parts.reading else ""
        raise KpiError(mistake("workbook.damaged", where=source, part=part)) from None
    size = f"展開すると{parts.size // 1_000_000} MB" if parts.size > _MOST_BYTES else ""
    for sheet in sheets:
        rows, columns = len(sheet.rows), len(sheet.columns())
        if rows > _MOST_ROWS or rows * columns > _MOST_CELLS:
            size = f"シート「{sheet.name}」に{rows:,}行、{columns:,}列"
    if size:
        raise KpiError(mistake("workbook.large", where=source, size=size))
    sheet, grid = _worksheet([(sheet, sheet.grid()) for sheet in sheets], fiscal_year, source)
    return from_grid(grid), sheet.remarks, sheet.name if len(sheets) > 1 else ""


def _sheets(parts: Parts) -> Iterator["_Sheet"]:
    """The visible worksheets."""
    book = next(name for kind, name in parts.related().values() if kind == "officeDocument")
    related = parts.related(book)
    named = dict(related.values())
    strings = parts.root(named["sharedStrings"]) if "sharedStrings" in named else ()
    strings = [runs(item) for item in strings if item.tag == "si"]
    workbook = parts.root(book)
    later = is_on(workbook.find("workbookPr"), "date1904", "0")
    looks = styles(parts.root(named["styles"]), later) if "styles" in named else ([], set())
    for sheet in workbook.iterfind("sheets/sheet"):
        # A sheet that is but a chart has no cells.
        kind, name = related.get(sheet.get("id"), ("", ""))
        if sheet.get("state", "visible") == "visible" and kind != "chartsheet":
            yield _Sheet(parts, name, sheet.get("name"), strings, *looks)


class _Sheet:
    """A worksheet: what its cells show, by row and column counted from 1, and remarks on the rest.

    Only cells that hold something are kept, however far the worksheet reaches.
    """

    def __init__(
        self, parts: Parts, part: str, name: str, strings: list, looks: list, striking: set[str]
    ):
        self.name, self.strings, self.looks = name, strings, looks
        self.rows: dict[int, dict[int, Shown]] = {}
        self.above: dict[int, dict[int, Shown]] = {}
        self.remarks: list[Remark] = []
        self.number, self.hidden, self.formulas = 0, set(), {}
        root = parts.root(part, self._take)
        tables = [name for kind, name in parts.related(part).values() if kind == "table"]
        self._filter([root, *map(parts.root, tables)])
        merged = [area.get("ref", "") for area in root.iterfind("mergeCells/*")]
        areas = [range_boundaries(area) for area in merged if _AREA.fullmatch(area)]
        self._merge(areas)
        self._hide_columns(root, areas)
        self._tell(root, striking, outside(parts, part, root))

    def columns(self) -> list[int]:
        """The columns that hold something."""
        return sorted({column for row in self.rows.values() for column in row})

    def _take(self, row: Element) -> None:
        """Keep a row's cells that hold something."""
        self.number, column = int(row.get("r", self.number + 1)), 0
        if is_on(row, "hidden", "0") or float(row.get("ht", 1)) == 0:
            self.hidden.add(self.number)
        for cell in row.iterfind("c"):
            if not len(cell) and cell.get("r"):
                continue
            column = coordinate_to_tuple(cell.get("r"))[1] if cell.get("r") else column + 1
            # Some programs leave a cell's style to its row.
            style = item_at(self.looks, int(cell.get("s", row.get("s", 0))), Style())
            if any(shown := self._shown(cell, style)):
                self.rows.setdefault(self.number, {})[column] = shown

    def _shown(self, cell: Element, style: Style) -> Shown:
        kind, value, formula = cell.get("t", "n"), cell.findtext("v") or "", cell.find("f")
        if formula is not None:
            text = formula.text or self.formulas.get(formula.get("si"), "")
            self.formulas[formula.get("si")] = text
            # A result that is a blank text is one.
            if not value and kind != "str":
                return Shown(formula=f"={text}")
        if kind in ("n", "d"):
            return of_number(value, kind, style) if value.strip() else Shown()
        if kind == "inlineStr":
            return of_text(runs(cell.find("is")), style)
        if kind == "s":
            return of_text(self.strings[int(value)] if value else [], style)
        logical = {"0": "FALSE", "1": "TRUE"} if kind == "b" else {}
        return of_text([(unescaped(logical.get(value, value)), None)], style)

    def _filter(self, tables: list[Element]) -> None:
        """Leave out of the hidden rows those that a filter hides, of the worksheet or a table."""
        for filtered in (part for table in tables for part in table.iterfind("autoFilter")):
            area = filtered.get("ref", "")
            if filtered.find("filterColumn/*") is not None and _AREA.fullmatch(area):
                _, top, _, bottom = range_boundaries(area)
                self.hidden = {row for row in self.hidden if not top < row <= bottom}

    def _merge(self, areas: list[tuple[int, int, int, int]]) -> None:
        """Of merged cells keep the first one; it stands for those below it, too."""
        numbers = sorted(self.rows)
        for left, top, right, bottom in areas:
            first = self.rows.get(top, {}).get(left)
            for number in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
                for column in [column for column in self.rows[number] if left <= column <= right]:
                    if (number, column) != (top, left):
                        del self.rows[number][column]
                if first and number > top:
                    self.above.setdefault(number, {})[left] = first

    def _hide_columns(self, root: Element, areas: list[tuple[int, int, int, int]]) -> None:
        """Leave out the cells of hidden columns, but those that are merged with a shown one."""
        hidden = [
            range(int(columns.get("min")), int(columns.get("max")) + 1)
            for columns in root.iterfind("cols/col")
            if is_on(columns, "hidden", "0") or float(columns.get("width", 1)) == 0
        ]

        def is_hidden(column: int) -> bool:
            return any(column in part for part in hidden)

        wide = {(top, left) for left, top, right, _ in areas if not is_hidden(right)}
        for column in filter(is_hidden, self.columns()):
            rows = [n for n, row in self.rows.items() if column in row and (n, column) not in wide]
            texts = [self.rows[row].pop(column).text for row in rows]
            if any(texts):
                text = "｜".join(filter(None, texts))
                self._remark("hidden-column", rows[0], text, get_column_letter(column))

    def _tell(self, root: Element, striking: set[str], around: Iterator[tuple[str, str]]) -> None:
        """Remark on rules that may strike texts out, and on texts outside of the cells."""
        for rules in root.iterfind("conditionalFormatting"):
            if striking.intersection(rule.get("dxfId") for rule in rules):
                area = rules.get("sqref", "")
                row = int(re.search(r"\d+|$", area)[0] or 1)
                self._remark("rule-strikes", row=row, text=area, place=area)
        texts = (shown.text for row in self.rows.values() for shown in row.values())
        in_cells, outside_texts = self.name + "".join(texts), defaultdict(list)
        for kind, text in around:
            if any(word not in in_cells for word in text.split()):
                outside_texts[kind].append(text)
        for kind, parts in outside_texts.items():
            self._remark("text-outside-cells", 1, " ".join(parts).strip(), kind)

    def _remark(self, code: str, row: int, text: str, place: str) -> None:
        quoted = text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
        self.remarks.append(Remark(code, row, quoted, place=place))

    def grid(self) -> list[Line]:
        """The rows that are shown, with merged cells filled downwards; remarks on the rest."""
        columns, grid, numbers = self.columns(), [], sorted(self.rows)
        for number, following in zip(numbers, [*numbers[1:], 0], strict=True):
            line = self._line(number, columns)
            text = "｜".join(filter(None, line.cells))
            row, below = self.rows[number], self.above.get(following, {})
            left = [
                (column, *of) for column, cell in sorted(row.items()) for of in cell.left.items()
            ]
            # What stands for rows below, too, is not this row's; a number alone is no row.
            shared = [column for column in row if below.get(column) is row[column]]
            columns_of_row = sorted({*row} - {*shared})
            texts = [row[column].text for column in columns_of_row if row[column].text]
            is_left_out = bool(left) and not texts[1:] and (not texts or texts[0].isdecimal())
            if number in self.hidden or is_left_out:
                shown = {column: below.pop(column) for column in shared}
                self.rows.get(following, {}).update(shown)
            if number in self.hidden:
                if text:
                    self._remark("hidden-row", number, text, f"{number}:{number}")
            elif is_left_out:
                unread = "｜".join(part for _, _, part in left)
                self._remark(left[0][1], number, unread, f"{number}:{number}")
            else:
                for column, code, part in left:
                    self._remark(code, number, part, f"{get_column_letter(column)}{number}")
                grid += [line] if text or line.formulas else []
        return grid

    def _line(self, number: int, columns: list[int]) -> Line:
        """A row with its cells, and with what those above it show that it is merged with."""
        row, above = self.rows[number], self.above.get(number, {})
        shown = {index: {**row, **above}.get(column) for index, column in enumerate(columns)}
        cells = {index: cell for index, cell in shown.items() if cell}
        return Line(
            number,
            cells=tuple(row[column].text if column in row else "" for column in columns),
            merged={index: cell.text for index, cell in cells.items() if columns[index] in above},
            exact={index: cell.exact for index, cell in cells.items() if cell.exact},
            formulas={index: cell.formula for index, cell in cells.items() if cell.formula},
        )


def _worksheet(
    sheets: list[tuple[_Sheet, list[Line]]], fiscal_year: int, source: str
) -> tuple[_Sheet, list[Line]]:
    """The worksheet with the tables; of several the one that is named after the year."""
    with_tables = [(sheet, grid) for sheet, grid in sheets if has_table(grid)]
    named = [pair for pair in with_tables if leading_year(pair[0].name)[0] == fiscal_year]
    names = "、".join(f"「{sheet.name}」" for sheet, _ in with_tables or sheets)
    if not with_tables:
        raise KpiError(mistake("workbook.no-table", where=source, names=names or "なし"))
    if len(with_tables) > 1 and len(named) != 1:
        raise KpiError(mistake("workbook.several", where=source, names=names, year=fiscal_year))
    apart = [sheet for sheet, grid in sheets if not has_table(grid) and any(map(_is_caption, grid))]
    if apart:
        raise KpiError(mistake("workbook.commentary-apart", where=source, name=apart[0].name))
    return named[0] if len(with_tables) > 1 else with_tables[0]


def _is_caption(row: Line) -> bool:
    """Whether a row is the commentary's caption, and no sentence about it."""
    return is_commentary(row) and "。" not in row.as_text()
