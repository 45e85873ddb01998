"""An Excel workbook -> its worksheets, with what their cells show.

Parts of the file that hold no figures may be damaged: that does no harm, and is not checked.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from xml.etree.ElementTree import Element

from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_ISO8601, to_excel
from openpyxl.utils.escape import unescape

from kpi_utils.cells.heads import OWN_COMMENTS
from kpi_utils.cells.number_format import as_shown, exact
from kpi_utils.formats.workbook_parts import Parts, is_on, number_at, text_in
from kpi_utils.formats.worksheet import BLACK, WHITE, Look, Run, Shown, Worksheet, text_shown
from kpi_utils.lines.head_rows import may_be_head
from kpi_utils.lines.line import Line, one_line

# The built-in formats as Excel shows them in Japan: no dollars, and dates as typed there.
_FORMATS = {number: code for number, code in BUILTIN_FORMATS.items() if "$" not in code} | {
    14: "yyyy/m/d", 22: "yyyy/m/d h:mm", 31: 'yyyy"年"m"月"d"日"', 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: "[$-411]ge.m.d", 58: '[$-411]ggge"年"m"月"d"日"',
}  # fmt: skip
_NO_FILL = ("none", "patternFill")
# The colours of the old palette; the last two are those of the system.
_COLOURS = (*COLOR_INDEX[:64], BLACK, WHITE)
_AREA = re.compile(r"[A-Z]{1,3}\d+(?::[A-Z]{1,3}\d+)?")
# The codes of a header or footer.
_CODES = re.compile(r'&(?:"[^"]*"|K(?:[\dA-F]{6}|\d\d[+-]\d{3})|\d+|[A-Z&])', re.IGNORECASE)
_PLAIN = Look()
_column = lru_cache(None)(column_index_from_string)


def worksheets(parts: Parts) -> Iterator[Worksheet]:
    """The worksheets of a workbook; of a hidden one, only its name."""
    name = next(name for kind, name in parts.related().values() if kind == "officeDocument")
    related = parts.related(name)
    book = _Book(parts, parts.root(name), dict(related.values()))
    for sheet in book.root.iterfind("sheets/sheet"):
        kind, part = related.get(sheet.get("id", ""), ("", ""))
        title = sheet.get("name", "")
        if sheet.get("state", "visible") != "visible":
            yield Worksheet(title, is_hidden=True)
        # A sheet that is only a chart has no cells.
        elif kind != "chartsheet":
            yield _worksheet(book, part, Worksheet(title))


class _Book:
    """What the worksheets of a workbook refer to by number: texts, and the looks of cells."""

    def __init__(self, parts: Parts, root: Element, named: dict[str, str]):
        self.parts = parts
        self.root = root
        # The formulas have no results yet: Excel computes them when it opens the file.
        self.waits = is_on(root.find("calcPr"), "fullCalcOnLoad", "0")
        self.strings: list[Element] = []
        if "sharedStrings" in named:
            self.strings = parts.root(named["sharedStrings"]).findall("si")
        styles = parts.root(named["styles"]) if "styles" in named else Element("styleSheet")
        later = is_on(root.find("workbookPr"), "date1904", "0")
        self.looks = list(_looks(styles, later))
        rules = enumerate(styles.iterfind("dxfs/dxf"))
        # The numbers of the looks that rules give to cells and that leave texts out.
        self.striking = {str(number) for number, look in rules if _leaves_out(look)}


def _worksheet(book: _Book, part: str, sheet: Worksheet) -> Worksheet:
    """A worksheet, filled with what its ``part`` of the file has."""
    rows = _Rows(book, sheet)
    root = book.parts.root(part, {"row": rows.take})
    rows.take_numbers()
    tables = [name for kind, name in book.parts.related(part).values() if kind == "table"]
    for filtered in _filtered([root, *map(book.parts.root, tables)]):
        sheet.hidden_rows = {row for row in sheet.hidden_rows if row not in filtered}
    merged = [area.get("ref", "") for area in root.iterfind("mergeCells/*")]
    sheet.merged = [range_boundaries(area) for area in merged if _AREA.fullmatch(area)]
    sheet.hidden_columns = [
        range(int(columns.attrib["min"]), int(columns.attrib["max"]) + 1)
        for columns in root.iterfind("cols/col")
        if _is_hidden(columns, "width")
    ]
    sheet.striking = [
        rules.get("sqref") or rules.findtext("sqref") or ""
        for rules in root.iter("conditionalFormatting")
        if book.striking.intersection(rule.get("dxfId") for rule in rules)
        or any(map(_leaves_out, rules.iter()))
    ]
    sheet.around = list(_outside(book.parts, part, root))
    return sheet


class _Rows:
    """The rows of a worksheet, taken one after another.

    To read numbers takes most of the time, and most worksheets of a large workbook have no KPIs:
    so the numbers wait until all texts are known, and may show a table's heads.
    """

    def __init__(self, book: _Book, sheet: Worksheet):
        self.book = book
        self.sheet = sheet
        self.number = 0
        self.numbers: list[tuple[int, int, str, str, Look]] = []
        # The formulas whose result is 0 or missing, by cell; and whether any has another result.
        self.zeros: dict[tuple[int, int], str] = {}
        self.is_computed = not book.waits

    def take(self, row: Element) -> None:
        """Keep the cells of a row that are not blank; those with numbers wait."""
        self.number = int(row.get("r", self.number + 1))
        if _is_hidden(row, "ht"):
            self.sheet.hidden_rows.add(self.number)
        column = 0
        # Some programs leave a cell's style to its row.
        style = number_at(row, "s")
        for cell in row:
            place = cell.get("r")
            if not len(cell) and place:
                continue
            column = _column(place.rstrip("0123456789")) if place else column + 1
            look = _item(self.book.looks, number_at(cell, "s", style), _PLAIN)
            kind = cell.get("t", "n")
            value = cell.findtext("v") or ""
            formula = cell.findtext("f")
            # A blank text is a result, too.
            if formula is not None and kind != "str" and value in ("", "0", "0.0"):
                self.zeros[self.number, column] = formula
            elif formula is not None:
                self.is_computed = True
            if not value and (self.number, column) in self.zeros:
                self.sheet.put(self.number, column, Shown(formula=f"={formula}"))
            elif kind in ("n", "d"):
                self.numbers.append((self.number, column, value, kind, look))
            else:
                shown = text_shown(self._runs(cell, kind, value, look), look.number_format)
                self.sheet.put(self.number, column, shown)

    def _runs(self, cell: Element, kind: str, value: str, look: Look) -> list[Run]:
        if kind == "inlineStr":
            (inline,) = cell.findall("is")
            return _runs(inline, look)
        if kind == "s":
            return _runs(self.book.strings[int(value)], look) if value else []
        logical = {"0": "FALSE", "1": "TRUE"} if kind == "b" else {}
        return [(unescaped(logical.get(value, value)), look)]

    def take_numbers(self) -> None:
        """Keep the cells with numbers, if one of the rows may be the heads of a table."""
        rows = self.sheet.rows.values()
        texts = [tuple(cell.text for cell in row.values()) for row in rows]
        if not any(may_be_head(Line(0, cells=cells)) for cells in texts):
            return
        for row, column, value, kind, look in self.numbers:
            # Some programs write 0 as the result of each formula, for Excel to compute.
            if not self.is_computed and (row, column) in self.zeros:
                self.sheet.put(row, column, Shown(formula=f"={self.zeros[row, column]}"))
            elif value.strip():
                self.sheet.put(row, column, _number_shown(value, kind, look))


def _number_shown(value: str, kind: str, look: Look) -> Shown:
    """What a cell with a number, or a date in ISO form, shows."""
    number = exact(float(value) if kind == "n" else to_excel(from_ISO8601(value)))
    if not number.is_finite():
        raise ValueError
    plain = f"{number:f}"
    shown = as_shown(number, look.number_format)
    if look.unseen:
        text = one_line(shown[0]) if shown else plain
        return Shown(unread={look.unseen: text})
    if shown is None or (kind == "d" and re.search("[#0?@G]", look.number_format)):
        # Like Excel's own error values (#N/A), so that it is read as no figure.
        described = f"{plain}（{look.number_format}）"
        return Shown(f"#FORMAT! {plain}", unread={"format-unknown": described})
    return Shown(one_line(shown[0]), "" if shown[1] else plain)


def _filtered(tables: list[Element]) -> list[range]:
    """The rows that a filter of the worksheet or of a table may hide."""
    filters = [found for table in tables for found in table.iterfind("autoFilter")]
    areas = [found.get("ref", "") for found in filters if found.find("filterColumn/*") is not None]
    bounds = [range_boundaries(area) for area in areas if _AREA.fullmatch(area)]
    return [range(top + 1, bottom + 1) for _, top, _, bottom in bounds]


def _outside(parts: Parts, name: str, root: Element) -> Iterator[tuple[str, str]]:
    """The texts of a worksheet outside of its cells, each after the kind of its place.

    A worksheet whose comments are our own was made here, and has no other such texts.
    """
    for kind, part in parts.related(name).values():
        try:
            if kind == "comments":
                notes = parts.root(part)
                if {author.text for author in notes.iterfind("authors/author")} == {OWN_COMMENTS}:
                    return
                yield "comment", text_in(notes, "comment")
            elif kind == "drawing":
                drawn = parts.root(part)
                named = [about for picture in drawn.iter("pic") for about in picture.iter("cNvPr")]
                texts = [text_in(drawn, "p"), *(about.get("descr", "") for about in named)]
                below = parts.related(part).values()
                texts += [text_in(parts.root(art), "p") for k, art in below if k == "diagramData"]
                yield "drawing", " ".join(texts)
        # A damaged part raises one of many errors; it holds no figure.
        except Exception:
            yield "drawing", parts.reading
    for margin in root.iterfind("headerFooter/*"):
        yield "margin", _CODES.sub(" ", margin.text or "")


def _runs(text: Element, look: Look) -> list[Run]:
    """The parts of a text, each with its look, and without its reading in kana."""
    runs: list[Run] = []
    for part in text:
        if part.tag in ("t", "r"):
            words = part.text if part.tag == "t" else part.findtext("t")
            font = part.find("rPr")
            own = look if font is None else look._replace(**_font(font))
            runs.append((unescaped(words or ""), own))
    return runs


def unescaped(text: str) -> str:
    r"""A text as it is shown: characters for their codes (_x000B_), and \n for line breaks.

    >>> unescaped("2_x000B_箇所"), unescaped("_x005F_x000D_"), unescaped("_xD842__xDFB7_")
    ('2\n箇所', '_x000D_', '𠮷')
    """
    plain = unescape(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub("\r\n?|[\v\f\x85\u2028\u2029]", "\n", plain).replace("\t", " ")


def _looks(styles: Element, later: bool) -> Iterator[Look]:
    """The looks that cells have by number, in the order of the file.

    ``later``: dates are counted from 1904, so their formats are marked as not known.
    """
    codes = styles.iterfind("numFmts/numFmt")
    formats = _FORMATS | {number_at(code, "numFmtId"): code.get("formatCode") for code in codes}
    fonts = [_font(font) | {"level": ""} for font in styles.iterfind("fonts/font")]
    fills = [_fill(fill) for fill in styles.iterfind("fills/fill")]
    for cell in styles.iterfind("cellXfs/xf"):
        number, font, fill = (number_at(cell, f"{part}Id") for part in ("numFmt", "font", "fill"))
        code = formats.get(number, f"[{number:g}]")
        if later and code not in ("General", "@") and not re.search("[#0?]", code):
            code = f"[1904]{code}"
        yield Look(code, fill=_item(fills, fill, WHITE), **_item(fonts, font, {}))


def _font(element: Element) -> dict:
    """The fields of a look that a font sets."""
    levels = [align.get("val", "") for align in element.iterfind("vertAlign")]
    colour = _colour(element.find("color"))
    return {"struck": is_on(element.find("strike")), "level": "".join(levels), "colour": colour}


def _fill(element: Element) -> str:
    solid = element.find("patternFill[@patternType='solid']")
    if solid is not None:
        return "" if solid.find("fgColor") is None else _colour(solid.find("fgColor"))
    # With a pattern or a gradient, more than one colour lies behind the text.
    return WHITE if all(part.get("patternType", part.tag) in _NO_FILL for part in element) else ""


def _colour(element: Element | None) -> str:
    if element is None:
        return BLACK
    if "rgb" in element.attrib:
        return element.attrib["rgb"][-6:].upper()
    if "theme" in element.attrib:
        shade = f"{element.attrib['theme']} {number_at(element, 'tint'):.3g}"
        return {"0 0": WHITE, "1 0": BLACK}.get(shade, shade)
    return _item(_COLOURS, number_at(element, "indexed"), BLACK)[-6:]


def _leaves_out(rule: Element) -> bool:
    """Whether a rule, or the look that it gives, may strike out, hide or reformat a value."""
    behind, font = rule.find("fill//bgColor"), rule.find("font")
    look = Look(fill=WHITE if behind is None else _colour(behind))
    if font is not None:
        look = look._replace(**_font(font))
    return bool(look.unseen) or rule.find("numFmt") is not None or not is_on(rule, "showValue")


def _item(found: Sequence, place: float, default):
    """The item at an index; the default where the list has no such index."""
    return found[int(place)] if 0 <= place < len(found) else default


def _is_hidden(element: Element, size: str) -> bool:
    """Whether a row or column is hidden, or smaller than a letter: below 1 point, or 1 digit."""
    return is_on(element, "hidden", "0") or number_at(element, size, 1) < 1
