"""Content -> ``evaluation.html``: one page that fetches nothing and needs no script.

``page.html`` is its layout, ``page.css`` its looks, and ``page.js`` sorts and filters its tables
where a browser runs scripts. Its fonts are the reader's.
"""

import base64
import hashlib
import re
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from kpi_utils.report.content import Content
from kpi_utils.showing.drawing import COLOURS, DARK_COLOURS, FAINT, FONT, INK
from kpi_utils.words import Words

HERE = Path(__file__).parent
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# What page.css calls the colours of a picture, which it has in light and in dark, and its font.
VARIABLES = {colour: f"var(--{status})" for status, colour in COLOURS.items()} | {
    INK: "var(--ink)",
    FAINT: "var(--rule)",
    "#000000": "var(--ink)",
    "#ffffff": "var(--paper)",
    "#e4e4e4": "var(--band)",
    f"'{FONT}'": "inherit",
}
_DRAWN = re.compile("|".join(VARIABLES))
# An element in which nothing is to be marked, known by its tag (group 1); or a text of the page.
_TEXT = re.compile(
    r"""
    <(style|script|svg|title)\b .*? </\1>
    | (?<=>) [^<>]+ (?=<)
    """,
    re.VERBOSE | re.DOTALL,
)
_JAPANESE = re.compile("[々〆〇ヶ、-〟ぁ-ヿ一-鿿！-ﾟ]+")


def page(report: Content) -> str:
    """The report as HTML, from its content; the same text for the same input."""
    words = report.words
    chapters = report.chapters
    listed = {
        (table["section"], row["no"]) for table in chapters["tables"] for row in table["rows"]
    }
    html = PAGE.render(
        report=chapters,
        say=words.say,
        linked=lambda text: _linked(text, listed),
        svg=lambda picture: _inline(report.pictures[picture["file"]], **picture, words=words),
        language=words.language,
        t=chapters["page"],
        c=chapters["column"],
        cards={card["kpi"]: card for card in chapters["cards"]},
    )
    # In another language its Japanese is marked as such, for screen readers.
    return html if words.is_japanese else _TEXT.sub(_marked, html)


def _marked(match: re.Match) -> str:
    return match[0] if match[1] else _JAPANESE.sub(r'<span lang="ja">\g<0></span>', match[0])


class _Compiled(FileSystemBytecodeCache):
    """Layouts, once compiled, are kept where Python keeps modules; if it cannot write, none are."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def templates(*names: str) -> Environment:
    """The layouts of this folder; the styles and scripts of ``names`` are put into the page."""
    style, script = (
        "".join((HERE / f"{name}.{kind}").read_text("utf-8") for name in names)
        for kind in ("css", "js")
    )
    environment = Environment(
        loader=FileSystemLoader(HERE),
        bytecode_cache=_Compiled(str(HERE / "__pycache__")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals |= {
        "colours": {
            status: f"light-dark({colour}, {DARK_COLOURS[status]})"
            for status, colour in COLOURS.items()
        },
        "style": Markup(style),
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    return environment


def _linked(text: str, listed: set[tuple[int, int]]) -> Markup:
    """A text whose references to rows, (1)No.2、8 or (1) No. 2, 8, are links to these rows."""

    def links(rows: re.Match) -> str:
        section = int(rows[1])

        def link(row: re.Match) -> str:
            no = int(row[1])
            is_listed = (section, no) in listed
            return f'<a href="#row-{section}-{no}">{row[0]}</a>' if is_listed else row[0]

        return re.sub(r"(?:\(\d+\) ?No\. ?)?(\d+)", link, rows[0])

    return Markup(re.sub(r"\((\d+)\) ?No\. ?\d+(?:(?:、|, )\d+)*", links, str(escape(text))))


def _inline(image: bytes, file: str, alt: str, words: Words) -> Markup:
    """An SVG picture as a part of a page: its text stays text, and its colours are the page's.

    Its ids get the name of its file as a prefix, or those of several pictures would clash.
    """
    prefix = file.removesuffix(".svg")
    svg = ET.fromstring(image)
    for parent in list(svg.iter()):
        for child in list(parent):
            # A style within a picture would hold for the whole page.
            if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style"):
                parent.remove(child)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', ET.tostring(svg, "unicode")))
    for element in svg.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
        name = element.attrib.pop("id", "")
        link = element.attrib.pop(f"{{{XLINK}}}href", "")
        for key, value in element.attrib.items():
            value = _DRAWN.sub(lambda drawn: VARIABLES[drawn[0]], value)
            element.set(key, value.replace("url(#", f"url(#{prefix}-"))
        if name in used:
            element.set("id", f"{prefix}-{name}")
        if link:
            element.set("href", f"#{prefix}-{link[1:]}")
    for key in ("width", "height", "version"):
        del svg.attrib[key]
    title, _, description = alt.partition(words.say("alt.end"))
    svg.attrib |= {
        "class": f"chart {prefix.partition('-')[0]}",
        "role": "img",
        "aria-labelledby": f"{prefix}-title",
        "aria-describedby": f"{prefix}-desc",
    }
    for tag, text in (("desc", description), ("title", title)):
        element = ET.Element(tag, id=f"{prefix}-{tag}")
        element.text = text
        svg.insert(0, element)
    return Markup(ET.tostring(svg, "unicode"))


# Compiled once for all reports of a process.
PAGE = templates("page").get_template("page.html")
