"""How every picture is drawn: one style, one font, one meaning a colour; and what a picture is.

A picture is legible in print and in grey: words and numbers stand beside the marks, and a colour
only repeats what a word says. Text stays text in SVG, so that the report can set, search and read
it aloud. Style and colours, those of the statuses for the report as well, are in ``drawing.toml``.
"""

import base64
import io
import math
import os
import re
import textwrap
import tomllib
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from kpi_utils.errors import KpiError, mistake

# The width of a Latin letter, in full-width characters.
LATIN = 0.55

_LOOK = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
STYLE, COLOURS, DARK_COLOURS = _LOOK["style"], _LOOK["colours"], _LOOK["dark_colours"]
FONT, INK, FAINT = STYLE["font.family"], STYLE["text.color"], STYLE["axes.edgecolor"]
# Environment variable: the folder whose fonts are taken in place of the packages' (docs/fonts.md).
FONTS_VARIABLE = "KPI_FONTS"


class Picture(Figure):
    """An ordinary matplotlib figure that shows itself in a notebook, with its alt text ``alt``.

    If it is divided into pages, ``page_alts`` has the axes of each page with their alt text.
    ``kpis`` are those that it shows, if any.
    """

    alt = ""
    kpis: pd.DataFrame | None = None
    page_alts: Mapping | None = None
    _shown: tuple[tuple[bytes, str], ...] = ()

    def _repr_html_(self) -> str:
        width = int(self.get_size_inches()[0] * 96)
        images = []
        for svg, alt in self.pages():
            # The reader's machine may lack the font.
            svg = svg.replace(f"'{FONT}'".encode(), f"'{FONT}', sans-serif".encode())
            images.append(
                f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" '
                f'width="{width}" style="max-width: 100%" alt="{escape(alt)}">'
            )
        return "\n".join(images)

    def pages(self) -> tuple[tuple[bytes, str], ...]:
        """The picture as it is now: an SVG and its alt text for each of its pages.

        Once drawn, it is drawn again only where something in it has changed.
        """
        if self.stale or not self._shown:
            pages = self.page_alts or {None: self.alt}
            self._shown = tuple((svg_of(self, axes), alt) for axes, alt in pages.items())
            self.stale = False
        return self._shown


def svg_of(figure: Figure, axes=None) -> bytes:
    """A figure, or only some axes of it, as SVG; the same bytes for the same input.

    Characters that our font lacks stay text, drawn in a font of the reader's machine.
    """
    buffer = io.BytesIO()
    area = _area(figure, axes)
    others = [] if axes is None else [other for other in figure.axes if other is not axes]
    with _style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        for other in others:
            other.set_visible(False)
        figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches=area)
        for other in others:
            other.set_visible(True)
    return buffer.getvalue()


def _area(figure: Figure, axes=None) -> Bbox | None:
    """The area of a figure to be drawn, in inches; None for all of it.

    For one of its axes it is the whole width, and what stands around them. An analyst's title of
    axes at the edge of the figure gets extra room.
    """
    width, height = figure.get_size_inches()
    bottom = 0
    top = height
    if axes is not None:
        bottom, top = axes.get_position().intervaly * height + (-0.25, 0.02)
    tops = [
        each.get_position().y1 * height + 0.3
        for each in (figure.axes if axes is None else [axes])
        if any(each.get_title(side) for side in ("center", "left", "right"))
    ]
    extents = 0, max(bottom, 0), width, max(min(top, height), *tops, 0)
    return None if extents == (0, 0, width, height) else Bbox.from_extents(*extents)


# Without the backend: it is the notebook's, and matplotlib would not set it back.
_SETTINGS = {**mpl.rcParamsDefault, **STYLE}
del _SETTINGS["backend"]


def use_font() -> None:
    """Let matplotlib write Japanese in an analyst's own figures, too: its usual font lacks it."""
    _register_fonts()
    mpl.rcParams["font.family"] = [FONT]


@contextmanager
def drawing(width: float, height: float, label: str = "") -> Iterator[Picture]:
    """A new picture of a size in inches; what is drawn in the block has the one style.

    ``label`` is the name under which a report prints it.
    """
    _register_fonts()
    with _style():
        yield Picture(figsize=(width, height), label=label)


def _style() -> AbstractContextManager:
    """Our style over matplotlib's own: no setting of a user's or a folder's changes a picture."""
    # matplotlib checks each setting that it is given, which takes longer than to compare it.
    now = mpl.rcParams
    others = {name: value for name, value in _SETTINGS.items() if value != dict.get(now, name)}
    return mpl.rc_context(others)


# A piece of a label that stays on one line, with the marks that may not begin the next one.
_PIECE = re.compile(
    r"""
    [（「『]*                       # opening brackets
    (?:[0-9A-Za-z.,]{1,20}|.)       # a word of Latin letters, or a character
    [、。）」』・ァィゥェォッャュョー]*  # closing marks and small kana
    """,
    re.VERBOSE,
)


def wrapped(text: str, width: int) -> str:
    """A label on lines of about equal length of at most ``width`` full-width characters.

    No line starts with a closing mark or a small kana, or ends with an opening one; no word of
    Latin letters is torn apart. A text of Latin letters only is broken between words.

    >>> print(wrapped("地域活動（NPOの活動など）に参加した市民の割合", 13))
    地域活動（NPOの活動など）
    に参加した市民の割合
    """
    if not re.search("[ぁ-ヿ一-鿿]", text):
        return "\n".join(textwrap.wrap(text, int(width / LATIN)))
    pieces = _PIECE.findall(text)
    ends = list(accumulate(map(length, pieces)))
    lines = min(math.ceil(ends[-1] / width), len(pieces))

    def cost(piece: int, fair_end: float) -> float:
        # Beside a bracket is a better place, if it is not far away.
        beside = pieces[piece][-1] in "、）」』" or pieces[piece + 1][0] in "（「『"
        return abs(ends[piece] - fair_end) - 2.5 * beside

    breaks = [0]
    for line in range(1, lines):
        costs = [cost(piece, ends[-1] * line / lines) for piece in range(len(pieces) - 1)]
        breaks.append(costs.index(min(costs)) + 1)
    spans = pairwise([*breaks, len(pieces)])
    return "\n".join("".join(pieces[start:end]).strip() for start, end in spans)


def stacked(
    labels: Sequence[str], step: float, heights: Sequence[float]
) -> list[tuple[int, float]]:
    """Where labels stand one below another: on which page, and how far down it, in inches.

    They are ``step`` apart, those of several lines farther. ``heights`` are those of the first page
    and of all others.
    """
    places = []
    page = 0
    above = 0
    level = 0.0
    for index, label in enumerate(labels):
        lines = label.count("\n") + 1
        # Above the first of a page there is room for two lines.
        top = 0.0675 * max(lines - 2, 0)
        level = level + max(step, 0.0675 * (above + lines)) if index else top
        if level > heights[min(page, 1)]:
            page += 1
            level = top
        places.append((page, level))
        above = lines
    return places


def free_offset(x: float, y: float, width: float, taken: list[tuple[float, float, float]]) -> int:
    """How far beside a mark its number can stand without touching another, in points.

    Negative to the left. ``taken`` has the left and right ends and the heights of the numbers so
    far; those of the new number are added.
    """
    side = 1
    step = 6
    while True:
        left = x + step if side > 0 else x - step - width
        right = left + width
        # Side by side, two numbers would be read as one.
        is_free = all(
            right + 4 <= start or end + 4 <= left or abs(level - y) >= 9
            for start, end, level in taken
        )
        if is_free and left > -20:
            taken.append((left, right, y))
            return side * step
        step += 6 if side < 0 else 0
        side = -side


def shortened(text: str, width: int) -> str:
    """A label of at most ``width`` full-width characters; the report's tables have all of it."""
    if length(text) <= width:
        return text
    ends = accumulate(map(length, text))
    return f"{text[: sum(end <= width - 1 for end in ends)].rstrip()}…"


def length(text: str) -> float:
    """The length of a text in full-width characters."""
    return sum(LATIN if character.isascii() else 1 for character in text)


@cache
def font_files() -> list[str]:
    """The files of the report's font, regular and bold: of the folder in KPI_FONTS, or packaged.

    Raises KpiError where the folder lacks one of them.
    """
    folder = os.environ.get(FONTS_VARIABLE)
    if not folder:
        import noto_cjk_sans_jp_bold
        import noto_cjk_sans_jp_regular

        return [str(noto_cjk_sans_jp_regular.FONT_PATH), str(noto_cjk_sans_jp_bold.FONT_PATH)]
    files = []
    for weight in ("Regular", "Bold"):
        for file in sorted(Path(folder).glob(f"NotoSansCJK*-{weight}.[ot]t[fc]")):
            # What is no font has no name.
            with suppress(RuntimeError):
                if font_manager.get_font(str(file)).family_name == FONT:
                    files.append(str(file))
                    break
        else:
            raise KpiError(mistake("run.no-font", folder=folder, font=FONT, weight=weight))
    return files


@cache
def _register_fonts() -> None:
    fonts = font_manager.fontManager.ttflist
    for file in font_files():
        known = len(fonts)
        font_manager.fontManager.addfont(file)
        # Of two fonts of one name matplotlib takes the first: the machine's would draw otherwise.
        fonts[:] = fonts[known:] + fonts[:known]
