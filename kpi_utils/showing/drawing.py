"""How every picture is drawn: one style, one font, one meaning a colour; and what a picture is.

A picture is legible in print and in grey: words and numbers stand beside the marks, and a colour
only repeats what a word says. Text stays text in SVG, so that the report can set, search and read
it aloud. Style and colours, those of the statuses for the report as well, are in ``drawing.toml``.
"""

import base64
import io
import math
import re
import textwrap
import tomllib
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from html import escape
from itertools import accumulate, pairwise
from pathlib import Path

import matplotlib as mpl
import noto_cjk_sans_jp_bold
import noto_cjk_sans_jp_regular
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from kpi_utils.words import Words

__all__ = [
    "COLOURS",
    "DARK_COLOURS",
    "FAINT",
    "FONT",
    "FONT_FILES",
    "INK",
    "Picture",
    "by_year",
    "drawing",
    "shortened",
    "svg_of",
    "use_font",
    "wrapped",
]

FONT_FILES = [str(noto_cjk_sans_jp_regular.FONT_PATH), str(noto_cjk_sans_jp_bold.FONT_PATH)]

# The width of a Latin letter, in full-width characters.
LATIN = 0.55
# The room that the axes of a picture by year have on each side, in points.
BESIDE = 25

_LOOK = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
STYLE, COLOURS, DARK_COLOURS = (_LOOK[part] for part in ("style", "colours", "dark_colours"))
FONT, INK, FAINT = (STYLE[name] for name in ("font.family", "text.color", "axes.edgecolor"))


class Picture(Figure):
    """An ordinary matplotlib figure that shows itself in a notebook, with its alt text ``alt``.

    ``page_axes``, where it has any, are the axes of which each is a page's.
    """

    alt = ""
    page_axes = ()
    _shown = b""

    def _repr_html_(self) -> str:
        if self.stale or not self._shown:
            # Once drawn, it is drawn again only where something in it has changed.
            self._shown = svg_of(self)
            self.stale = False
        width = int(self.get_size_inches()[0] * 96)
        # The reader's machine may lack the font.
        svg = self._shown.replace(f"'{FONT}'".encode(), f"'{FONT}', sans-serif".encode())
        return (
            f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" '
            f'width="{width}" style="max-width: 100%" alt="{escape(self.alt)}">'
        )

    def svg(self) -> bytes:
        """The picture as SVG, as it is now."""
        self._repr_html_()
        return self._shown


def svg_of(figure: Figure, axes=None) -> bytes:
    """A figure, or only some axes of it, as SVG; the same bytes for the same input.

    What the font lacks is text like all of it, for the fonts of who shows the picture.
    """
    buffer, area = io.BytesIO(), None
    others = [] if axes is None else [other for other in figure.axes if other is not axes]
    if others:
        # All of the width, and from a little above to a little below the axes.
        width, height = figure.get_size_inches()
        bottom, top = (at * height for at in axes.get_position().intervaly)
        area = Bbox.from_extents(0, max(bottom - 0.25, 0), width, min(top + 0.02, height))
    with _style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        for other in others:
            other.set_visible(False)
        figure.savefig(buffer, format="svg", metadata={"Date": None}, bbox_inches=area)
        for other in others:
            other.set_visible(True)
    return buffer.getvalue()


def use_font() -> None:
    """Let matplotlib write Japanese in an analyst's own figures, too: its usual font lacks it."""
    _register_fonts()
    mpl.rcParams["font.family"] = [FONT]


@contextmanager
def drawing(width: float, height: float) -> Iterator[Picture]:
    """A new picture of a size in inches; what is drawn in the block has the one style."""
    _register_fonts()
    with _style():
        yield Picture(figsize=(width, height))


def _style() -> AbstractContextManager:
    """Our style over matplotlib's own: no setting of a user's or a folder's changes a picture."""
    settings = {**mpl.rcParamsDefault, **STYLE}
    # It would stay after the drawing, and is the notebook's.
    del settings["backend"]
    return mpl.rc_context(settings)


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
    pieces = re.findall(
        r"[（「『]*(?:[0-9A-Za-z.,]{1,20}|.)[、。）」』・ァィゥェォッャュョー]*", text
    )
    ends = list(accumulate(_length(piece) for piece in pieces))
    lines = min(math.ceil(ends[-1] / width), len(pieces))
    breaks = [0]
    for line in range(1, lines):
        fair = ends[-1] * line / lines

        def cost(place: int, fair: float = fair) -> float:
            # Beside a bracket is a better place, if it is not far away.
            beside = pieces[place][-1] in "、）」』" or pieces[place + 1][0] in "（「『"
            return abs(ends[place] - fair) - 2.5 * beside

        breaks.append(min(range(len(pieces) - 1), key=cost) + 1)
    parts = pairwise([*breaks, len(pieces)])
    return "\n".join("".join(pieces[start:end]).strip() for start, end in parts)


def shortened(text: str, width: int) -> str:
    """A label of at most ``width`` full-width characters; the report's tables have the whole.

    >>> shortened("市内総生産額", 4), shortened("Gross city product", 6)
    ('市内総…', 'Gross cit…')
    """
    if _length(text) <= width:
        return text
    ends = accumulate(_length(character) for character in text)
    return f"{text[: sum(end <= width - 1 for end in ends)].rstrip()}…"


def _length(text: str) -> float:
    """The length of a text in full-width characters."""
    return sum(LATIN if character.isascii() else 1 for character in text)


def by_year(
    axes,
    marks: list[dict],
    known: list[dict],
    targets: list[dict],
    status: str,
    size: float,
    room: tuple[float, float],
    words: Words,
) -> None:
    """Draw the known marks of a KPI as a line in its status's colour, on an axis of years.

    Their ends and the ``targets`` are labelled. All ``marks`` have their place on the axes, with
    ``room`` below and above, in parts of their spread. A mark has ``kind`` (baseline,
    actual or target), ``year``, ``value`` and ``text``; ``size`` is that of the line's marks, in
    points.
    """
    axes.plot(
        [mark["year"] for mark in known], [mark["value"] for mark in known],
        color=COLOURS[status], linewidth=2, marker="o", markersize=size, clip_on=False,
    )  # fmt: skip
    years, values = ([mark[name] for mark in marks] for name in ("year", "value"))
    roles = words.of("role")
    _label_ends(axes, known, targets, years, roles)
    _axis_of_years(axes, years, words)
    spread = (max(values) - min(values)) or abs(values[0]) or 1
    axes.set_ylim(min(values) - room[0] * spread, max(values) + room[1] * spread)


def _label_ends(
    axes, known: list[dict], targets: list[dict], years: list[int], roles: dict[str, str]
) -> None:
    """Label the first and the newest of the known marks, and the targets, clear of each other.

    On the way between them a dot is enough. ``years`` are those of the axis.
    """
    first, newest = known[:1], known[1:][-1:]
    rises = bool(newest) and newest[0]["value"] >= first[0]["value"]
    for mark in targets:
        # Close in time, target and actual are labelled on either side: the higher one above.
        near = newest and _is_near(axes, newest[0], mark, years, roles)
        above = not near or mark["value"] >= newest[0]["value"]
        rises = not above if near else rises
        _direct_label(axes, mark, years, roles, above)
    for mark in newest:
        _direct_label(axes, mark, years, roles, above=rises)
    for mark in first:
        above = bool(newest) and newest[0]["value"] < mark["value"]
        _direct_label(axes, mark, years, roles, above)


def _direct_label(axes, mark: dict, years: list[int], roles: dict[str, str], above: bool) -> None:
    label, half = _label(mark, roles)
    width = _width(axes)
    place = width * (mark["year"] - min(years)) / max(max(years) - min(years), 1)
    # What would run over the picture's edge is moved inwards.
    aside = max(0, half - place - BESIDE) - max(0, half - (width - place) - BESIDE)
    axes.annotate(
        label,
        (mark["year"], mark["value"]),
        xytext=(aside, 6 if above else -6),
        textcoords="offset points",
        ha="center",
        va="bottom" if above else "top",
        linespacing=1.1,
        weight="bold" if mark["kind"] == "actual" else "normal",
        annotation_clip=False,
    )


def _label(mark: dict, roles: dict[str, str]) -> tuple[str, float]:
    """What a mark is labelled with, and half of its width in points."""
    text = mark["text"]
    if _length(text) > 11:
        # A long unit, or what is said beside it, goes on a line of its own.
        text = re.sub(r" |(?=[（(])", "\n", text, count=1)
    label = f"{roles[mark['kind']]}\n{text}"
    return label, max(map(_length, label.split("\n"))) * mpl.rcParams["font.size"] / 2


def _width(axes) -> float:
    return axes.get_position().width * axes.figure.get_figwidth() * 72


def _is_near(axes, actual: dict, target: dict, years: list[int], roles: dict[str, str]) -> bool:
    """Whether the labels of two marks would stand in each other's way, side by side."""
    apart = (target["year"] - actual["year"]) / max(max(years) - min(years), 1)
    return apart < max(0.35, (_label(actual, roles)[1] + _label(target, roles)[1]) / _width(axes))


def _axis_of_years(axes, years: list[int], words: Words) -> None:
    """Only the years that the cells name, each where it lies in time; close ones on two lines."""
    ticks = sorted(set(years))
    labels, low = [words.say("year.fiscal", year=ticks[0])], False
    for before, year in pairwise(ticks):
        low = not low and year - before < 0.25 * (ticks[-1] - ticks[0])
        labels.append(f"\n{year}" if low else str(year))
    axes.set_xticks(ticks, labels)
    axes.set_xlim(ticks[0] - 0.01, max(ticks[-1], ticks[0] + 1))
    axes.tick_params(length=3, pad=3)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])


@cache
def _register_fonts() -> None:
    for file in FONT_FILES:
        font_manager.fontManager.addfont(file)
        # Of two fonts of one name matplotlib takes the first: the machine's would draw otherwise.
        known = font_manager.fontManager.ttflist
        known.insert(0, known.pop())
    font_manager.findfont(FONT, fallback_to_default=False)
