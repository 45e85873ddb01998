"""A chart of one KPI in its own unit, by year: its numbers as marks, and their labels."""

import re
from itertools import pairwise
from typing import NamedTuple

import matplotlib as mpl

from kpi_utils.showing.drawing import COLOURS, length, shortened, wrapped
from kpi_utils.words import Words

# The room that the axes have on each side, in points.
BESIDE = 25


class Mark(NamedTuple):
    """A number of a KPI in a chart by year; ``kind`` is baseline, actual or target.

    ``text`` is what its cell says; ``is_old`` tells a number of an earlier sheet.
    """

    kind: str
    year: int
    value: float
    text: str
    is_old: bool = False


def draw_by_year(
    axes, marks: list[Mark], *, status: str, size: float, room: tuple[float, float], words: Words
) -> tuple[list[Mark], Mark | None]:
    """Draws baseline and actuals of a KPI as a line in its status's colour, on an axis of years.

    The ends of the line and the target are labelled. The axes are wide enough for all ``marks``,
    with at least ``room`` below and above as fractions of their spread; ``size`` is that of the
    line's marks in points. Returns the marks on the line, and the target (a range's upper end).
    """
    line = [mark for mark in marks if not mark.is_old and mark.kind != "target"]
    targets = [mark for mark in marks if not mark.is_old and mark.kind == "target"]
    years = [mark.year for mark in marks]
    values = [mark.value for mark in marks]
    axes.plot(
        [mark.year for mark in line], [mark.value for mark in line],
        color=COLOURS[status], linewidth=2, marker="o", markersize=size, clip_on=False,
    )  # fmt: skip
    # The length of the axis of years in points.
    width = axes.get_position().width * axes.figure.get_figwidth() * 72
    _label_ends(axes, line, targets, years, width, words.of("role"))
    _draw_axis_of_years(axes, years, width, words)
    spread = (max(values) - min(values)) or abs(values[0]) or 1
    # A label of three lines needs more room on its side.
    deep = {label.get_va() for label in axes.texts if label.get_text().count("\n") > 1}
    below = max(room[0], 1.2 * ("top" in deep))
    above = max(room[1], 1.2 * ("bottom" in deep))
    axes.set_ylim(min(values) - below * spread, max(values) + above * spread)
    return line, targets[-1] if targets else None


def _label_ends(
    axes, line: list[Mark], targets: list[Mark], years: list[int], width: float, roles: dict
) -> None:
    """Labels the first and newest mark of the line and the last target, without overlaps.

    Marks between them get no label. ``years`` are those of the axis, ``width`` is its length.
    """
    target = targets[-1] if targets else None
    first = line[0] if line else None
    newest = line[-1] if len(line) > 1 else None
    labels = {mark: _label_and_half(mark, roles) for mark in (target, newest, first) if mark}
    start = min(years)
    span = max(max(years) - start, 1)
    first_above = bool(first and newest and newest.value < first.value)
    newest_above = not first_above
    target_above = True
    if first and newest:
        halves = labels[first][1] + labels[newest][1]
        if width * (newest.year - first.year) / span > 2 * halves:
            # Far apart even if moved inwards: each on the side where the line does not run.
            first_above = line[1].value < first.value
            newest_above = newest.value >= line[-2].value
    if newest and target:
        halves = labels[newest][1] + labels[target][1]
        if (target.year - newest.year) / span < max(0.35, halves / width):
            # Side by side they would be in each other's way: the higher one is labelled above.
            target_above = target.value >= newest.value
            newest_above = not target_above
    for mark, above in ((target, target_above), (newest, newest_above), (first, first_above)):
        if not mark:
            continue
        text, half = labels[mark]
        x = width * (mark.year - start) / span
        # What would run over the picture's edge is moved inwards.
        inwards = max(0, half - x - BESIDE) - max(0, half - (width - x) - BESIDE)
        if mark is newest and target:
            # The diamond of a target on the way stands to the right, not within the label.
            steps = [each.year - mark.year for each in targets if each.year < target.year]
            ahead = min((step for step in steps if step > 0), default=span)
            inwards -= min(max(0, half + 6 - width * ahead / span), max(0, x + BESIDE - half))
        axes.annotate(
            text, (mark.year, mark.value), xytext=(inwards, 6 if above else -6),
            textcoords="offset points", ha="center", va="bottom" if above else "top",
            linespacing=1.1, weight="bold" if mark.kind == "actual" else "normal",
            annotation_clip=False, zorder=1.5,
            # The way to the target is drawn up to it, and the line of the actuals over it.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
        )  # fmt: skip


def _label_and_half(mark: Mark, roles: dict[str, str]) -> tuple[str, float]:
    """The label of a mark, and half of the label's width in points."""
    text = mark.text
    if length(text) > 10:
        # A long unit (× 10,000 m²), or what is said beside it, goes on a line of its own.
        text = re.sub(r"(?<=\d) (?=× |\D*$)|(?=[（(])", "\n", text, count=1)
    if "\n" in text:
        text = "\n".join(shortened(line, 12) for line in text.split("\n"))
    elif length(text) > 14:
        # Of several figures (男女計8.5% 男性12.9%) the card has all.
        text = wrapped(shortened(text, 20), 10)
    label = f"{roles[mark.kind]}\n{text}"
    return label, max(map(length, label.split("\n"))) * mpl.rcParams["font.size"] / 2


def _draw_axis_of_years(axes, years: list[int], width: float, words: Words) -> None:
    """Ticks at the years that the cells name; labels of close years alternate between two lines.

    A label that would touch the one before it on its line is left out.
    """
    ticks = sorted(set(years))
    span = max(ticks[-1] - ticks[0], 1)
    labels = [words.say("year.fiscal", year=ticks[0])]
    is_lower = False
    # The last label of each line, by whether it is the lower one.
    taken = {False: 0}
    for index, (before, year) in enumerate(pairwise(ticks), 1):
        is_lower = not is_lower and year - before < 0.25 * span
        beside = taken.get(is_lower)
        if beside is not None:
            letters = length(labels[beside].strip()) + length(str(year)) + 1
            gap = width * (year - ticks[beside]) / span
            if gap < letters / 2 * mpl.rcParams["font.size"]:
                # The last year has its label in any case.
                if year < ticks[-1]:
                    labels.append("")
                    continue
                labels[beside] = labels[beside] if beside == 0 else ""
        labels.append(f"\n{year}" if is_lower else str(year))
        taken[is_lower] = index
    axes.set_xticks(ticks, labels)
    axes.set_xlim(ticks[0] - 0.01, max(ticks[-1], ticks[0] + 1))
    axes.tick_params(length=3, pad=3)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
