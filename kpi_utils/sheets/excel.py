"""An Excel workbook -> its worksheets, with what their cells show."""

import re
from collections.abc import Iterator
from functools import lru_cache, partial
from xml.etree.ElementTree import Element

from openpyxl.utils import column_index_from_string, range_boundaries

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
from kpi_utils.sheets.worksheet import Worksheet

_column = lru_cache(None)(column_index_from_string)
# The types of cells that are numbers and dates.
_NUMBERS = ("n", "d")
_AREA = re.compile(r"[A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?")


def worksheets(parts: Parts) -> Iterator[Worksheet]:
    """The worksheets of a workbook, with their texts alone; of a hidden one, only its name.

    Numbers take most of the time, and most of many worksheets have figures of something else.
    """
    book = next(name for kind, name in parts.related().values() if kind == "officeDocument")
    related = parts.related(book)
    named = dict(related.values())
    items = parts.root(named["sharedStrings"]) if "sharedStrings" in named else ()
    strings = [runs(item) for item in items if item.tag == "si"]
    workbook = parts.root(book)
    later = is_on(workbook.find("workbookPr"), "date1904", "0")
    looks = styles(parts.root(named["styles"]), later) if "styles" in named else ([], set())
    for sheet in workbook.iterfind("sheets/sheet"):
        # A sheet that is but a chart has no cells.
        kind, part = related.get(sheet.get("id", ""), ("", ""))
        name = sheet.get("name", "")
        if sheet.get("state", "visible") != "visible":
            yield Worksheet(name, is_hidden=True)
        elif kind != "chartsheet":
            yield _ExcelWorksheet(parts, part, name, strings, *looks)


class _ExcelWorksheet(Worksheet):
    """A worksheet that is read from its part."""

    def __init__(
        self,
        parts: Parts,
        part: str,
        name: str,
        strings: list,
        looks: list,
        striking: set[str],
        skipped: tuple[str, ...] = _NUMBERS,
    ):
        super().__init__(name)
        self.again = partial(
            _ExcelWorksheet, parts, part, name, strings, looks, striking, skipped=()
        )
        self.strings, self.looks, self.skipped = strings, looks, skipped
        self.number = 0
        self.formulas: dict[str | None, str] = {}
        root = parts.root(part, {"row": self._take})
        tables = [name for kind, name in parts.related(part).values() if kind == "table"]
        self._filter([root, *map(parts.root, tables)])
        merged = [area.get("ref", "") for area in root.iterfind("mergeCells/*")]
        areas = [range_boundaries(area) for area in merged if _AREA.fullmatch(area)]
        self.merge(areas)
        hidden = [
            range(int(columns.attrib["min"]), int(columns.attrib["max"]) + 1)
            for columns in root.iterfind("cols/col")
            if is_on(columns, "hidden", "0") or float(columns.get("width", 1)) == 0
        ]
        self.hide_columns(hidden, areas)
        struck = [
            rules.get("sqref", "")
            for rules in root.iterfind("conditionalFormatting")
            if striking.intersection(rule.get("dxfId") for rule in rules)
        ]
        self.tell(struck, outside(parts, part, root))

    def in_full(self) -> Worksheet:
        return self.again()

    def _take(self, row: Element) -> None:
        """Keep a row's cells that hold something."""
        self.number, column, cells = int(row.get("r", self.number + 1)), 0, {}
        if is_on(row, "hidden", "0") or float(row.get("ht", 1)) == 0:
            self.hidden.add(self.number)
        for cell in row:
            place = cell.get("r")
            if not len(cell) and place:
                continue
            column = _column(place.rstrip("0123456789")) if place else column + 1
            if cell.get("t", "n") in self.skipped:
                continue
            # Some programs leave a cell's style to its row.
            style = item_at(self.looks, int(cell.get("s", row.get("s", 0))), Style())
            if any(shown := self._shown(cell, style)):
                cells[column] = shown
        self.put(self.number, cells)

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
            (inline,) = cell.findall("is")
            return of_text(runs(inline), style)
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
