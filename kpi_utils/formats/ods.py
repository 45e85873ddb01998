"""An OpenDocument workbook (.ods) -> its worksheets, with what their cells show.

The file has the text that a cell shows beside its value, so no number format is needed: the value
only tells whether the text shows all of it, or a rounded number.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from xml.etree.ElementTree import Element

from kpi_utils.cells.letters import plain
from kpi_utils.cells.number_format import exact
from kpi_utils.formats.workbook_parts import Parts, text_in
from kpi_utils.formats.worksheet import BLACK, WHITE, Look, Run, Shown, Worksheet, text_shown

# The number of columns that LibreOffice has.
_MOST_COLUMNS = 16_384
_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_THOUSANDTHS = [Decimal(1000) ** -power for power in (1, 2, 3)]
# A number that is shown as a power or a fraction (and not as a date).
_NO_FIGURE = re.compile(r"\dE[+-]?\d|\d\s*/\s*\d", re.IGNORECASE)
# Elements of a paragraph that are not its text: readings in kana, comments, notes, frames.
_ASIDE = ("ruby-text", "annotation", "note", "frame")
# Elements of a header or footer that the program fills in.
_FIELDS = ("sheet-name", "page-number", "page-count", "date", "time", "title", "file-name")
# The elements that hold text outside of the cells.
_TEXTS = ("p", "desc")
_UNSEEN = ("collapse", "filter")
_FILL = "background-color"
_LEVELS = dict.fromkeys(("super", ""), "superscript") | dict.fromkeys(("sub", "-"), "subscript")
_DEFAULT = "default-cell-style-name"
Properties = dict[str, str]


def worksheets(parts: Parts) -> list[Worksheet]:
    """The worksheets of a workbook; of a hidden one, only its name."""
    book = _Book()
    sheets: list[Worksheet] = []

    def take(table: Element) -> None:
        # A table of another file, kept here as a copy, is not a worksheet.
        if table.get("name") and table.find("table-source") is None:
            sheets.append(_worksheet(book, table))

    if "styles.xml" in parts.names:
        root = parts.root("styles.xml")
        book.keep(root.iterfind("styles/*"))
        for field in root.iter():
            field.text = None if field.tag in _FIELDS else field.text
        book.pages = {page.get("name"): page for page in root.iterfind("master-styles/*")}
    parts.root("content.xml", {"automatic-styles": book.keep, "table": take})
    return sheets


class _Book:
    """What the worksheets of a workbook refer to: styles, and pages with their margins."""

    def __init__(self) -> None:
        self.styles: dict[tuple[str | None, str], Element] = {}
        self.pages: dict[str | None, Element] = {}
        self.known: dict[tuple[str, str], Properties] = {}

    def keep(self, styles: Iterable[Element]) -> None:
        for style in styles:
            # Rules refer to a style by the name that people see; the default style has no name.
            names = {style.get("name", ""), style.get("display-name", style.get("name", ""))}
            self.styles |= {(style.get("family"), name): style for name in names}

    def properties(self, family: str, name: str) -> Properties:
        """The properties of a style, its own and those that it inherits."""
        style = self.styles.get((family, name))
        if style is None or (family, name) in self.known:
            return self.known.get((family, name), {})
        parent = style.get("parent-style-name", "")
        properties = dict(self.properties(family, parent)) if name else {}
        for part in (style, *style):
            # The colour behind letters is not the fill of the cell.
            is_cell = part.tag == "table-cell-properties"
            properties |= {key: value for key, value in part.items() if is_cell or key != _FILL}
        self.known[family, name] = properties
        return properties


def _numbered(elements: Iterable[Element], what: str) -> Iterator[tuple[range, Element]]:
    """Elements of rows or columns, each after the range of numbers for which it stands."""
    start = 1
    for element in elements:
        numbers = range(start, start + int(element.get(f"number-{what}-repeated", 1)))
        yield numbers, element
        start = numbers.stop


def _worksheet(book: _Book, table: Element) -> Worksheet:
    """The worksheet that the element of a table holds."""
    sheet = Worksheet(table.get("name", ""))
    style = book.properties("table", table.get("style-name", ""))
    sheet.is_hidden = style.get("display") == "false"
    if sheet.is_hidden:
        return sheet
    columns = list(_numbered(table.iter("table-column"), "columns"))
    sheet.hidden_columns = [span for span, column in columns if column.get("visibility") in _UNSEEN]
    for numbers, row in _numbered(table.iter("table-row"), "rows"):
        cells = _cells(book, sheet, row, numbers.start, columns)
        for number in numbers if cells else ():
            if sheet.is_too_large:
                break
            for column, shown in cells.items():
                sheet.put(number, column, shown)
            # Rows that a filter hides ("filter") are read.
            if row.get("visibility") == "collapse":
                sheet.hidden_rows.add(number)
    for rules in table.iterfind("conditional-formats/conditional-format"):
        names = (rule.get("apply-style-name", "") for rule in rules)
        if any(_look(book.properties("table-cell", name)).unseen for name in names):
            area = rules.get("target-range-address", "")
            sheet.striking.append(re.sub(r"(?:'[^']*'|[^\s:.']*)\.", "", area).replace("$", ""))
    sheet.around += [("drawing", text_in(shapes, *_TEXTS)) for shapes in table.iterfind("shapes")]
    margins = list(book.pages.get(style.get("master-page-name"), ()))
    margins = [margin for margin in margins if margin.get("display") != "false"]
    sheet.around += [("margin", text_in(margin, *_TEXTS)) for margin in margins]
    return sheet


def _cells(
    book: _Book, sheet: Worksheet, row: Element, number: int, columns: list[tuple[range, Element]]
) -> dict[int, Shown]:
    """A row's cells that are not blank; merged areas, comments and drawings go into ``sheet``."""
    cells: dict[int, Shown] = {}
    for numbers, cell in _numbered(row, "columns"):
        column = numbers.start
        if len(cell) or cell.get("value-type") or cell.get("formula"):
            whole = next((each for span, each in columns if column in span), row)
            default = row.get(_DEFAULT) or whole.get(_DEFAULT) or "Default"
            style = book.properties("table-cell", cell.get("style-name") or default)
            # Only a part of a text is raised or lowered, never a whole cell.
            shown = _shown(book, cell, style | {"text-position": ""})
            if any(shown):
                end = min(numbers.stop, _MOST_COLUMNS + 1)
                cells |= dict.fromkeys(range(column, end), shown)
            for part in cell.iterfind("*"):
                if part.tag != "p":
                    kind = "comment" if part.tag == "annotation" else "drawing"
                    sheet.around.append((kind, text_in(part, *_TEXTS)))
        wide, high = (int(cell.get(f"number-{axis}-spanned", 1)) for axis in ("columns", "rows"))
        if wide > 1 or high > 1:
            sheet.merged.append((column, number, column + wide - 1, number + high - 1))
    return cells


def _shown(book: _Book, cell: Element, style: Properties) -> Shown:
    """What a cell shows, with its exact number where the text does not show all of it."""
    kind = cell.get("value-type")
    runs: list[Run] = []
    for paragraph in cell.iterfind("p"):
        runs += [("\n", _look(style))] if runs else []
        runs += _runs(book, paragraph, style)
    if not any(text for text, _ in runs):
        if unseen := cell.get("string-value"):
            return Shown(unread={"hidden-text": unseen})
        if not kind and (formula := cell.get("formula")):
            return Shown(formula=formula.partition(":")[2] or formula)
    shown = text_shown(runs)
    if shown.unread:
        return shown
    if kind in ("float", "percentage", "currency") and (number := cell.get("value")):
        return _number_shown(number, shown)
    return shown._replace(exact=cell.get("date-value") or cell.get("time-value") or "")


def _runs(book: _Book, text: Element, style: Properties) -> list[Run]:
    """The parts of a text, each with its own look."""
    look = _look(style)
    runs = [(_spaced(text.text), look)]
    for part in text:
        if part.tag in ("s", "tab", "line-break"):
            blank = "\n" if part.tag == "line-break" else " "
            # A long run of spaces says no more than a short one.
            runs.append((blank * min(int(part.get("c", 1)), 99), look))
        elif part.tag not in _ASIDE:
            own = book.properties("text", part.get("style-name", ""))
            runs += _runs(book, part, style | own)
        runs.append((_spaced(part.tail), look))
    return runs


def _look(style: Properties) -> Look:
    struck = style.get("text-line-through-style") or style.get("text-line-through-type", "none")
    # The position is a word, or the distance from the line: super 58%, -33% 58%, 0% 100%.
    level = re.match(r"(super|sub)|(-?)[1-9]", style.get("text-position", ""))
    is_plain = style.get("use-window-font-color") == "true"
    fill = style.get(_FILL, "transparent")
    return Look(
        struck=struck != "none",
        level=_LEVELS[level[1] or level[2]] if level else "",
        colour=BLACK if is_plain else _colour(style.get("color")),
        fill=WHITE if fill == "transparent" else _colour(fill),
    )


def _colour(written: str | None) -> str:
    return written[-6:].upper() if written else BLACK


def _spaced(text: str | None) -> str:
    return re.sub(r"[\t\r\n]+ *", " ", text) if text else ""


def _number_shown(written: str, shown: Shown) -> Shown:
    """What a cell with a number shows: all of it, a rounded number, or one in an unknown format."""
    if written == shown.text.replace(",", ""):
        return shown
    value, text = exact(float(written)), plain(shown.text)
    if not value.is_finite():
        raise ValueError
    whole = f"{value:f}"
    numerals = [numeral.replace(",", "") for numeral in _NUMERAL.findall(text)]
    # The text may show the value as a percentage, or in thousands, millions or billions.
    scales = [Decimal(1), *([Decimal(100)] if "%" in text else []), *_THOUSANDTHS]
    # How far each numeral is from the value, in units of its last digit.
    off = [
        min(abs(Decimal(numeral) - abs(value) * scale) for scale in scales)
        * 10 ** len(numeral.partition(".")[2])
        for numeral in numerals
    ]
    has_sign = value >= 0 or re.search("[-−▲△]", text) or not any(map(Decimal, numerals))
    if numerals and (min(off) > 0.5 or not has_sign or _NO_FIGURE.search(text)):
        unread = {"format-unknown": f"{whole}（{shown.text}）"}
        return Shown(f"#FORMAT! {whole}", unread=unread)
    return shown if 0 in off else shown._replace(exact=whole)
