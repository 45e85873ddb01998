"""The parts of a workbook's file: their trees, the looks of cells, and texts outside of cells.

Elements and attributes are known by their local names, which strict and transitional files share.
What is wrong where no figure comes from does no harm: it is not looked at.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple
from xml.etree.ElementTree import Element, XMLPullParser
from xml.parsers.expat import ParserCreate

from openpyxl.styles.colors import COLOR_INDEX
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import from_ISO8601, to_excel
from openpyxl.utils.escape import unescape

from kpi_utils.cells.heads import OWN_COMMENTS
from kpi_utils.cells.number_format import as_shown, exact, text_as_shown
from kpi_utils.sheets.lines import one_line

# As Excel shows them in Japan: without dollars, and dates as they are typed in there.
_FORMATS = {number: code for number, code in BUILTIN_FORMATS.items() if "$" not in code} | {
    14: "yyyy/m/d", 22: "yyyy/m/d h:mm", 31: 'yyyy"年"m"月"d"日"', 55: 'yyyy"年"m"月"',
    56: 'm"月"d"日"', 57: "[$-411]ge.m.d", 58: '[$-411]ggge"年"m"月"d"日"',
}  # fmt: skip
# How many bytes of a part are read at once.
_CHUNK = 1 << 16
BLACK, WHITE, _NO_FILL = "000000", "FFFFFF", ("none", "patternFill")
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Of a header or footer: its codes, and what only numbers the pages.
_CODES = re.compile(r'&(?:"[^"]*"|K(?:[\dA-F]{6}|\d\d[+-]\d{3})|\d+|[A-Z&])', re.IGNORECASE)
PAGES = re.compile(r"(?:ページ|頁|page|of|[\W\d_])*", re.IGNORECASE)


class Font(NamedTuple):
    """What of a font changes a text; a colour is RGB, or the place of one in the theme."""

    struck: bool = False
    raised: bool = False
    colour: str = BLACK


class Style(NamedTuple):
    """How a cell looks; ``fill`` is the colour behind its text, blank where there are several."""

    number_format: str = "General"
    font: Font = Font()
    fill: str = WHITE


class Shown(NamedTuple):
    """What a cell shows, its number where that is rounded, and a formula without a result.

    ``left`` are the parts of its text that are not read, by the code of the remark on them.
    """

    text: str = ""
    exact: str = ""
    formula: str = ""
    left: Mapping[str, str] = MappingProxyType({})


def _refuse(*_: object) -> None:
    # No part has a document type; entities of its own may grow without end.
    raise ValueError


class _Names(dict):
    """The local names of elements and attributes, by their whole ones."""

    def __missing__(self, name: str) -> str:
        self[name] = name.rpartition("}")[2]
        return self[name]


class Parts:
    """The parts of a file, by their names; ``reading`` is the one that was read last."""

    def __init__(self, content: bytes):
        self.reading = ""
        self.file = zipfile.ZipFile(io.BytesIO(content))
        self.size = sum(part.file_size for part in self.file.infolist())
        names = self.file.namelist()
        self.names = {name.replace("\\", "/").strip("/").lower(): name for name in names}

    def root(
        self, name: str, take: Mapping[str, Callable[[Element], None]] = MappingProxyType({})
    ) -> Element:
        """The tree of a part, by local names; raises one of many errors where it is none.

        Elements whose names are in ``take`` are handed on when they end, and emptied: the rows of a
        worksheet are never in memory all at once.
        """
        self.reading, names = name, _Names()
        for _, element in chain.from_iterable(self._events(name)):
            element.tag = names[element.tag]
            for key in element.keys():  # noqa: SIM118
                if "}" in key:
                    element.set(names[key], element.attrib.pop(key))
            if element.tag in take:
                take[element.tag](element)
            # A fallback is the same once more, for older programs.
            if element.tag in take or element.tag == "Fallback":
                element.clear()
        return element

    def _events(self, name: str) -> Iterator[Iterable[tuple]]:
        """The elements of a part as they end, while it is read bit by bit."""
        checker = ParserCreate()
        parser: XMLPullParser[Element] = XMLPullParser(["end"])
        checker.StartDoctypeDeclHandler = _refuse
        with self.file.open(self.names[name.lower()]) as part:
            while chunk := part.read(_CHUNK):
                checker.Parse(chunk)
                parser.feed(chunk)
                yield parser.read_events()
        parser.close()
        yield parser.read_events()

    def related(self, name: str = "") -> dict[str, tuple[str, str]]:
        """The parts that a part, or the file itself, refers to: kind and name by id."""
        folder, base = posixpath.split(name)
        links, parts = posixpath.join(folder, "_rels", f"{base}.rels"), {}
        for link in self.root(links) if links.lower() in self.names else ():
            part = posixpath.normpath(posixpath.join("/", folder, link.attrib["Target"])).strip("/")
            if part.lower() in self.names:
                parts[link.get("Id", "")] = link.attrib["Type"].rpartition("/")[2], part
        return parts


def styles(root: Element, later: bool) -> tuple[list[Style], set[str]]:
    """The styles of cells, and the numbers of the looks that rules strike texts out with.

    ``later``: dates are counted from another day than Excel's, and no format of theirs is known.
    """
    codes = root.iterfind("numFmts/numFmt")
    formats = _FORMATS | {int(code.attrib["numFmtId"]): code.get("formatCode") for code in codes}
    fonts = [_font(font) for font in root.iterfind("fonts/font")]
    fills = [_fill(fill) for fill in root.iterfind("fills/fill")]
    styles_of_cells = []
    for cell in root.iterfind("cellXfs/xf"):
        number, font, fill = (int(cell.get(f"{part}Id", 0)) for part in ("numFmt", "font", "fill"))
        code = formats.get(number, f"[{number}]")
        if later and code not in ("General", "@") and not re.search("[#0?]", code):
            code = f"[1904]{code}"
        look = item_at(fonts, font, Font()), item_at(fills, fill, WHITE)
        styles_of_cells.append(Style(code, *look))
    rules = enumerate(root.iterfind("dxfs/dxf"))
    striking = {str(number) for number, look in rules if is_on(look.find("font/strike"))}
    return styles_of_cells, striking


def item_at(found: Sequence, place: int, default):
    """What stands at a place, and the default where nothing does."""
    return found[place] if 0 <= place < len(found) else default


def is_on(element: Element | None, name: str = "val", default: str = "1") -> bool:
    """Whether an element's attribute says yes."""
    return element is not None and element.get(name, default) in ("1", "true", "on")


def runs(element: Element) -> list[tuple[str, Font | None]]:
    """The parts of a text, each with its own font if it has one; without its reading in kana."""
    found = []
    for part in element:
        text, font = part.text if part.tag == "t" else part.findtext("t"), part.find("rPr")
        if part.tag in ("t", "r"):
            found.append((unescaped(text or ""), None if font is None else _font(font)))
    return found


def unescaped(text: str) -> str:
    r"""A text as it is shown: its characters that are written by their numbers, and its breaks.

    >>> unescaped("2_x000B_箇所"), unescaped("_x005F_x000D_"), unescaped("_xD842__xDFB7_")
    ('2\n箇所', '_x000D_', '𠮷')
    """
    plain = unescape(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub("[\v\f\x85\u2028\u2029]", "\n", plain.replace("\r", "")).replace("\t", " ")


def of_number(value: str, kind: str, style: Style) -> Shown:
    """What a cell shows of a number, or of a date that is written as one."""
    number = exact(float(value) if kind == "n" else to_excel(from_ISO8601(value)))
    if not number.is_finite():
        raise ValueError
    plain = f"{number:f}"
    shown = as_shown(number, style.number_format)
    if unseen := _unseen(style.font, style):
        return Shown(left={unseen: one_line(shown[0]) if shown else plain})
    if shown is None or (kind == "d" and shown[1]):
        # In the manner of Excel's own errors: no figure.
        described = f"{plain}（{style.number_format}）"
        return Shown(f"#FORMAT! {plain}", left={"format-unknown": described})
    return Shown(one_line(shown[0]), "" if shown[1] else plain)


def of_text(parts: list[tuple[str, Font | None]], style: Style) -> Shown:
    """What a cell shows of a text; raised digits are those of a note, or of m², no number's."""
    texts = {"": ""}
    for text, font in parts:
        unseen = _unseen(font or style.font, style)
        raised = font is not None and font.raised
        texts[unseen] = texts.get(unseen, "") + (text.translate(RAISED) if raised else text)
    written = texts.pop("")
    shown = text_as_shown(written, style.number_format) if written else ""
    if not shown.strip():
        texts["hidden-text"] = texts.get("hidden-text", "") + written
    left = {code: one_line(text) for code, text in texts.items() if text.strip()}
    return Shown(one_line(shown), left=left)


def _unseen(font: Font, style: Style) -> str:
    """Why a text is not read: it is struck out, or has the colour of what lies behind it."""
    if font.struck:
        return "struck-out"
    return "hidden-text" if font.colour == style.fill else ""


def outside(parts: Parts, name: str, root: Element) -> Iterator[tuple[str, str]]:
    """The texts of a worksheet outside of its cells, with the kind of the place.

    One with comments of our own is made here, and has none but these.
    """
    for kind, part in parts.related(name).values():
        try:
            if kind == "comments":
                notes = parts.root(part)
                if {author.text for author in notes.iterfind("authors/author")} == {OWN_COMMENTS}:
                    return
                yield "comment", _said(notes, "comment")
            elif kind == "drawing":
                drawn = parts.root(part)
                named = [of for picture in drawn.iter("pic") for of in picture.iter("cNvPr")]
                texts = [_said(drawn, "p"), *(of.get("descr", "") for of in named)]
                below = parts.related(part).values()
                texts += [_said(parts.root(art), "p") for of, art in below if of == "diagramData"]
                yield "drawing", " ".join(texts)
        # Damaged in one of many ways: no figure stands there.
        except Exception:
            yield "drawing", parts.reading
    for margin in root.iterfind("headerFooter/*"):
        words = _CODES.sub(" ", margin.text or "").split()
        yield "margin", " ".join(word for word in words if not PAGES.fullmatch(word))


def _said(root: Element, of: str) -> str:
    return " ".join("".join(t.text or "" for t in part.iter("t")) for part in root.iter(of))


def _font(element: Element) -> Font:
    height = element.find("vertAlign")
    raised = height is not None and height.get("val") == "superscript"
    return Font(is_on(element.find("strike")), raised, _colour(element.find("color")))


def _fill(element: Element) -> str:
    solid = element.find("patternFill[@patternType='solid']")
    if solid is not None:
        return "" if solid.find("fgColor") is None else _colour(solid.find("fgColor"))
    # Of a pattern or a gradient, no one colour lies behind the text.
    return WHITE if all(part.get("patternType", part.tag) in _NO_FILL for part in element) else ""


def _colour(element: Element | None) -> str:
    of = {} if element is None else element.attrib
    if "rgb" in of:
        return of["rgb"][-6:].upper()
    if "theme" in of:
        shade = f"{of['theme']} {float(of.get('tint', 0))}"
        return {"0 0.0": WHITE, "1 0.0": BLACK}.get(shade, shade)
    return item_at(COLOR_INDEX, int(of.get("indexed", 0)), BLACK)[-6:]
