"""An OpenDocument workbook (.ods) -> its worksheets, with what their cells show.

What a cell shows stands beside its value, so that no number format is looked at: the value only
tells whether the text is all of it.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from xml.etree.ElementTree import Element

from kpi_utils.cells.letters import plain
from kpi_utils.cells.number_format import exact
from kpi_utils.sheets.workbook_parts import BLACK, PAGES, WHITE, Font, Parts, Shown, Style, of_text
from kpi_utils.sheets.worksheet import MOST_ROWS, Area, Worksheet

# LibreOffice has no more.
_MOST_COLUMNS = 16_384
_NUMERAL = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_THOUSANDTHS = [Decimal(1000) ** -power for power in (1, 2, 3)]
# Of a number that is no date: powers and fractions.
_NO_FIGURE = re.compile(r"\dE[+-]?\d|\d\s*/\s*\d", re.IGNORECASE)
# Within a paragraph what is no text of it: how it is read, and what stands elsewhere.
_ASIDE = ("ruby-text", "annotation", "note", "frame")
# Of a header or footer what the program fills in.
_FIELDS = ("sheet-name", "page-number", "page-count", "date", "time", "title", "file-name")


def worksheets(parts: Parts) -> list[Worksheet]:
    """The worksheets of a workbook, all in full: they stand in one part."""
    return _Book(parts).sheets


class _Book:
    """A workbook that is read from its parts: a worksheet's rows come before its own end."""

    def __init__(self, parts: Parts):
        self.sheets: list[Worksheet] = []
        self.styles: dict[tuple[str, str], Element] = {}
        self.pages: dict[str | None, Element] = {}
        self.looks: dict[tuple[str, str], dict[str, str]] = {}
        self.cell_styles: dict[str, Style] = {}
        self._begin()
        if "styles.xml" in parts.names:
            look = parts.root("styles.xml")
            self._keep(look.find("styles") or ())
            self.pages = {page.get("name"): page for page in look.iterfind("master-styles/*")}
        take = {"automatic-styles": self._keep, "table-column": self._column}
        parts.root("content.xml", take | {"table-row": self._row, "table": self._table})

    def _begin(self) -> None:
        self.sheet, self.number = Worksheet(""), 0
        self.columns: list[tuple[range, str, str]] = []
        self.areas: list[Area] = []
        self.around: list[tuple[str, str]] = []

    def _keep(self, styles) -> None:
        for style in styles:
            # Rules know a style by the name that people see; the default one has none.
            names = {style.get("name", ""), style.get("display-name", style.get("name", ""))}
            self.styles |= {(style.get("family"), name): style for name in names}

    def _look(self, family: str, name: str) -> dict[str, str]:
        """The properties of a style, with those that it inherits."""
        if (family, name) in self.looks or (family, name) not in self.styles:
            return self.looks.get((family, name), {})
        style = self.styles[family, name]
        look = dict(self._look(family, style.get("parent-style-name", ""))) if name else {}
        for kind in ("text", "table", "table-cell"):
            properties = style.find(f"{kind}-properties")
            of_kind = {} if properties is None else dict(properties.attrib)
            if kind == "text":
                # Of letters, and not of the cell.
                of_kind.pop("background-color", None)
            look |= of_kind
        self.looks[family, name] = look
        return look

    def _column(self, column: Element) -> None:
        start = self.columns[-1][0].stop if self.columns else 1
        numbers = range(start, start + int(column.get("number-columns-repeated", 1)))
        look = column.get("default-cell-style-name", "Default")
        self.columns.append((numbers, column.get("visibility", "visible"), look))

    def _row(self, row: Element) -> None:
        """Keep a row's cells that hold something, as often as the row stands there."""
        top, column = self.number + 1, 1
        cells: dict[int, Shown] = {}
        repeated = int(row.get("number-rows-repeated", 1))
        self.number += repeated
        for cell in row.iterfind("*"):
            following = column + int(cell.get("number-columns-repeated", 1))
            if len(cell) or cell.get("value-type") or cell.get("formula"):
                default = row.get("default-cell-style-name") or self._default(column)
                shown = self._shown(cell, cell.get("style-name", default))
                if any(shown):
                    end = min(following, _MOST_COLUMNS + 1)
                    cells |= dict.fromkeys(range(column, end), shown)
                self._look_around(cell)
            wide, high = (int(cell.get(f"number-{of}-spanned", 1)) for of in ("columns", "rows"))
            if wide > 1 or high > 1:
                self.areas.append((column, top, column + wide - 1, top + high - 1))
            column = following
        if cells:
            for number in range(top, top + min(repeated, MOST_ROWS + 1)):
                self.sheet.put(number, cells)
                # What a filter hides is read.
                if row.get("visibility") == "collapse":
                    self.sheet.hidden.add(number)

    def _default(self, column: int) -> str:
        return next((look for numbers, _, look in self.columns if column in numbers), "Default")

    def _style(self, name: str) -> Style:
        """How a cell of a style looks."""
        if name not in self.cell_styles:
            look = self._look("table-cell", name)
            fill = look.get("background-color", "transparent")
            fill = WHITE if fill == "transparent" else _colour(fill)
            self.cell_styles[name] = Style(font=_font(look), fill=fill)
        return self.cell_styles[name]

    def _shown(self, cell: Element, style_name: str) -> Shown:
        """What a cell shows, and its number where the text is not all of it."""
        kind = cell.get("value-type")
        runs: list[tuple[str, Font | None]] = []
        for paragraph in cell.iterfind("p"):
            runs += [("\n", None)] if runs else []
            runs += self._runs(paragraph, self._look("table-cell", style_name))
        if not any(text for text, _ in runs):
            if unseen := cell.get("string-value"):
                return Shown(left={"hidden-text": unseen})
            if not kind and (formula := cell.get("formula")):
                return Shown(formula=formula.partition(":")[2] or formula)
        shown = of_text(runs, self._style(style_name))
        number = cell.get("value") if kind in ("float", "percentage", "currency") else None
        if number and not shown.left:
            return _of_number(number, shown)
        if not shown.left and (date := cell.get("date-value") or cell.get("time-value")):
            return shown._replace(exact=date)
        return shown

    def _runs(
        self, element: Element, look: dict[str, str], font: Font | None = None
    ) -> list[tuple[str, Font | None]]:
        """The parts of a text, each with its own font where that is not the cell's."""
        found = [(_spaced(element.text), font)]
        for part in element:
            if part.tag in ("s", "tab", "line-break"):
                blank = "\n" if part.tag == "line-break" else " "
                # More than one blank says no more than a few.
                found.append((blank * min(int(part.get("c", 1)), 99), font))
            elif part.tag == "span":
                own = look | self._look("text", part.get("style-name", ""))
                found += self._runs(part, own, _font(own))
            elif part.tag not in _ASIDE:
                found += self._runs(part, look, font)
            found.append((_spaced(part.tail), font))
        return found

    def _look_around(self, cell: Element) -> None:
        """Keep the texts of comments and drawings that hang on a cell."""
        for part in cell:
            if part.tag != "p":
                kind = "comment" if part.tag == "annotation" else "drawing"
                self.around.append((kind, _said(part)))

    def _table(self, table: Element) -> None:
        """A worksheet ends; of a hidden one only its name is kept."""
        sheet, name = self.sheet, table.get("name", "")
        style = self.styles.get(("table", table.get("style-name", "")))
        if self._look("table", table.get("style-name", "")).get("display") == "false":
            sheet = Worksheet(name, is_hidden=True)
        else:
            sheet.name = name
            sheet.merge(self.areas)
            hidden = [numbers for numbers, visibility, _ in self.columns if visibility != "visible"]
            sheet.hide_columns(hidden, self.areas)
            self.around += [("drawing", _said(shapes)) for shapes in table.iterfind("shapes")]
            sheet.tell(self._struck(table), [*self.around, *self._margins(style)])
        # What is kept of another file is no worksheet.
        if name and table.find("table-source") is None:
            self.sheets.append(sheet)
        self._begin()

    def _struck(self, table: Element) -> Iterator[str]:
        """The areas in which a rule may strike texts out."""
        for rules in table.iterfind("conditional-formats/conditional-format"):
            names = (rule.get("apply-style-name", "") for rule in rules)
            if any(_font(self._look("table-cell", name)).struck for name in names):
                area = rules.get("target-range-address", "")
                yield re.sub(r"(?:'[^']*'|[^\s:.']*)\.", "", area).replace("$", "")

    def _margins(self, style: Element | None) -> Iterator[tuple[str, str]]:
        page = None if style is None else self.pages.get(style.get("master-page-name"))
        for margin in () if page is None else page:
            if margin.get("display") != "false":
                words = _said(margin, _FIELDS).split()
                yield "margin", " ".join(word for word in words if not PAGES.fullmatch(word))


def _of_number(written: str, shown: Shown) -> Shown:
    """What a cell shows of a number: all of it, a rounded one, or in a manner that is not known."""
    if written == shown.text.replace(",", ""):
        return shown
    value, text = exact(float(written)), plain(shown.text)
    if not value.is_finite():
        raise ValueError
    whole = f"{value:f}"
    # As percent, or in thousands.
    scales = [Decimal(1), *([Decimal(100)] if "%" in text else []), *_THOUSANDTHS]
    scaled = [abs(value) * scale for scale in scales]
    numerals = [numeral.replace(",", "") for numeral in _NUMERAL.findall(text)]
    # How far off each is, in units of its last digit.
    off = [
        min(abs(Decimal(numeral) - one) for one in scaled) * 10 ** len(numeral.partition(".")[2])
        for numeral in numerals
    ]
    has_sign = value >= 0 or re.search("[-−▲△]", text) or not any(map(Decimal, numerals))
    if numerals and (min(off) > 0.5 or not has_sign or _NO_FIGURE.search(text)):
        left = {"format-unknown": f"{whole}（{shown.text}）"}
        return Shown(f"#FORMAT! {whole}", left=left)
    return shown if 0 in off else shown._replace(exact=whole)


def _font(look: dict[str, str]) -> Font:
    struck = look.get("text-line-through-style") or look.get("text-line-through-type", "none")
    raised = re.match(r"super|[1-9]", look.get("text-position", ""))
    is_plain = look.get("use-window-font-color") == "true"
    return Font(struck != "none", bool(raised), BLACK if is_plain else _colour(look.get("color")))


def _colour(written: str | None) -> str:
    return written[-6:].upper() if written else BLACK


def _spaced(text: str | None) -> str:
    return re.sub(r"[\t\r\n]+ *", " ", text) if text else ""


def _said(element: Element, aside: tuple[str, ...] = ()) -> str:
    """The texts of what is no cell, without the elements that are ``aside``."""
    texts = (part for part in element.iter() if part.tag in ("p", "desc"))
    return " ".join("".join(_letters(part, aside)) for part in texts)


def _letters(element: Element, aside: tuple[str, ...]) -> Iterator[str]:
    yield element.text or ""
    for part in element:
        if part.tag not in aside:
            yield from _letters(part, aside)
        yield part.tail or ""
