"""typst -> PDF/UA-1 and PDF/A-3a in one file; the same bytes for the same input."""

import json
import re
import tempfile
from bisect import bisect
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst
from matplotlib import font_manager

from kpi_utils.errors import KpiError
from kpi_utils.showing.drawing import COLOURS, FONT, INK, font_files

HERE = Path(__file__).parent
# The files that all layouts share.
COMMON = ("house.typ", "tables.typ")
# At most so many characters are tried, each in a document of its own; no real text has more.
MOST_TRIED = 50


def printed(layout: str, texts: Mapping, files: Mapping[str, bytes], dated: date) -> bytes:
    """The PDF of a layout of this folder, with a date in its properties.

    ``texts`` are what it says, and ``files`` are its pictures and attachments by name. Raises
    KpiError if typst cannot set it.
    """
    data = {**texts, "colours": COLOURS, "ink": INK, "font": FONT}
    text = json.dumps(data, ensure_ascii=False)
    pictures = {name: svg.decode() for name, svg in files.items() if name.endswith(".svg")}
    lost = substitutes("".join([text, *pictures.values()]))
    drawn = {name: svg.translate(lost).encode() for name, svg in pictures.items() if lost}
    layouts = {name: (HERE / name).read_bytes() for name in COMMON}
    layouts["main.typ"] = (HERE / layout).read_bytes()
    layouts["data.json"] = (text.translate(lost) if lost else text).encode()
    # In memory typst takes texts only, and a sheet may be a workbook.
    with tempfile.TemporaryDirectory(prefix="kpi-") as folder:
        for name, content in {**layouts, **files, **drawn}.items():
            Path(folder, name).write_bytes(content)
        try:
            pdf, warnings = typst.compile_with_warnings(
                str(Path(folder, "main.typ")),
                root=folder,
                **settings(),
                # Not the time of the run: the same input gives the same bytes.
                timestamp=datetime.combine(dated, time(), UTC),
            )
        except typst.TypstError as error:
            raise KpiError(f"PDF を作成できません（{error.message}）。") from None
    if warnings:
        raise KpiError([f"PDF を作成できません（{warning}）。" for warning in warnings])
    return _with_whole_streams(pdf)


def _with_whole_streams(pdf: bytes) -> bytes:
    """A PDF in which validators find each stream as long as its /Length says.

    A compressed stream may end in a carriage return. With the line feed that follows, it reads as
    one byte shorter (ISO 19005-3, 6.1.7.1). So it gets a line end of its own, and the offsets of
    all that follows are moved.
    """
    cut = b"\r\nendstream"
    ends = [end.start() for end in re.finditer(cut, pdf)]

    def moved(offset: re.Match) -> bytes:
        return b"%0*d" % (len(offset[0]), int(offset[0]) + bisect(ends, int(offset[0])))

    objects, mark, offsets = pdf.rpartition(b"\nxref\n")
    offsets = re.sub(rb"\d{10}(?= \d{5} n)|(?<=startxref\n)\d+", moved, offsets)
    return objects.replace(cut, b"\r" + cut) + mark + offsets


@cache
def settings() -> dict[str, Any]:
    """The settings of typst for each PDF, with our fonts, which are looked for only once."""
    folders = [str(Path(file).parent) for file in font_files()]
    return {
        "format": "pdf",
        "pdf_standards": ["ua-1", "a-3a"],
        "font_paths": typst.Fonts(include_system_fonts=False, font_paths=folders),
    }


def substitutes(text: str) -> dict[int, str]:
    """What is printed for the characters of a text that no font has, for ``str.translate``.

    A character that the report's font lacks may be in one of typst's own. 〓 stands for a missing
    letter in Japanese print.

    >>> "市\U0001f3af民 CO\u2082".translate(substitutes("\U0001f3af\u2082"))
    '市〓民 CO₂'
    """
    font = font_manager.get_font(font_files()[0])
    rare = sorted(c for c in set(text) if not c.isascii() and not font.get_char_index(ord(c)))
    if not rare or _is_drawn("".join(rare)):
        return {}
    lost = [c for c in rare[:MOST_TRIED] if not _is_drawn(c)] + rare[MOST_TRIED:]
    # A byte order mark within a text is invisible anyway.
    return {ord(c): "" if c == "\ufeff" else "〓" for c in lost}


@cache
def _is_drawn(text: str) -> bool:
    layout = f'#set document(title: "x")\n#set text(font: "{FONT}")\n#json("data.json")'
    files = {"main.typ": layout.encode(), "data.json": json.dumps(f"市{text}民").encode()}
    try:
        typst.compile(files, **settings())
    except typst.TypstError:
        return False
    return True
