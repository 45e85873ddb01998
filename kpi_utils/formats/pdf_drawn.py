"""What a page of a PDF shows besides characters: rules, lines through text, and pictures."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from pdfplumber.page import Page
from pdfplumber.utils import obj_to_bbox

from kpi_utils.formats.pdf_chars import INK, Box, is_within, middle, pixels_around

# In points: the greatest thickness of a rule; how far beside it the page is looked at.
_THIN, _BESIDE = 1, 1
# A line lies on a character if it is so far inside of it, as a fraction of its size.
_INSIDE = 0.25
# Changes in brightness (0 to 255): up to the first no rule is visible; from the second a drawing.
_FAINT, _DARK = 3, 100
# In points: a sign is smaller. As fractions of a digit's size: another is so close; so high it is.
_LARGEST, _NEAR, _HIGH = 20, 0.3, 0.75
# A picture with one of these is transparent in parts.
_MASKS = {"SMask", "Mask", "ImageMask"}
# How many lines at once are compared with all characters.
_AT_ONCE = 64
# How many pixels of a rule without letters tell whether it is visible; a rule that is invisible
# for so many points is cut there.
_CLEAR, _CUT = 8, 6


def rules(page: Page, picture: np.ndarray) -> list[dict]:
    """The rules drawn on a page; white ones and the edges of filled shapes where they are visible.

    The edges may be invisible: a merged cell may be filled row by row.
    """
    found = []
    is_letter = np.zeros(picture.shape, bool)
    for char in page.chars:
        is_letter[pixels_around(char, picture, page.cropbox, 0, 0)] = True
    for edge in [*page.edges, *page.images]:
        # Turning a page leaves noise in the 14th decimal.
        part = rule(*(round(float(at), 2) for at in obj_to_bbox(edge)))
        is_stroke = edge.get("stroke") or edge["object_type"] in ("line", "curve_edge")
        is_thin = min(part["width"], part["height"]) < _THIN
        # A white rule is as wide as it is drawn.
        beside = _BESIDE + (edge.get("linewidth") or 0) * is_stroke / 2
        if is_thin and is_stroke and min(_light(edge.get("stroking_color")), default=0) < 0.95:
            found.append(part)
        elif is_thin:
            found += _seen(part, beside, picture, page.cropbox, is_letter)
    return found


def rule(x0: float, top: float, x1: float, bottom: float) -> dict:
    """A rule as pdfplumber represents it."""
    width, height = x1 - x0, bottom - top
    size = {"orientation": "h" if width > height else "v", "width": width, "height": height}
    return {"x0": x0, "top": top, "x1": x1, "bottom": bottom} | size


def _seen(
    rule: dict, beside: float, picture: np.ndarray, crop: Box, is_letter: np.ndarray
) -> Iterator[dict]:
    """The visible parts of a rule: the page is brighter or darker than on one side of it.

    Only places without letters are looked at, if there are enough of them.
    """
    is_level = rule["orientation"] == "h"
    pixels = pixels_around(rule, picture, crop, *((0, beside) if is_level else (beside, 0)))
    around, letters = picture[pixels], is_letter[pixels]
    if is_level:
        around, letters = around.T, letters.T
    clear = np.logical_not(letters.any(axis=1))
    # Letters that cover nearly all of the rule show where it is as well.
    clear |= clear.sum() < _CLEAR
    levels = np.quantile(around[clear], (0.2, 0.8), axis=0) if around.size else np.zeros((2, 1))
    if not (np.ptp(levels, axis=1) > _FAINT).all():
        return
    differs = np.ptp(around, axis=1) > _FAINT
    scale = picture.shape[1] / (crop[2] - crop[0])
    # A fill as wide as the table is covered where a cell is merged.
    hidden = np.cumsum(clear & ~differs) / scale
    at = np.flatnonzero(clear & differs)
    for part in np.split(at, np.flatnonzero(np.diff(hidden[at]) > _CUT) + 1):
        first, last = part[0] / scale - _BESIDE, (part[-1] + 1) / scale + _BESIDE
        begin, end = ("x0", "x1") if is_level else ("top", "bottom")
        first = rule[begin] + (first if hidden[part[0]] > _CUT else 0)
        last = rule[begin] + last if hidden[-1] - hidden[part[-1]] > _CUT else rule[end]
        yield rule | {begin: first, end: last, "width" if is_level else "height": last - first}


def is_red(colour) -> bool:
    """Whether a colour is red, as figures below zero may be."""
    red, *others = _light(colour) or [0]
    return red > 0.6 and max(others, default=1) < 0.4


def _light(colour) -> list[float]:
    """The parts of a colour as light, of red, green and blue; none where they are not known."""
    parts = colour if isinstance(colour, tuple | list) else [colour]
    parts = [part for part in parts if isinstance(part, int | float)]
    return [1 - part - parts[3] for part in parts[:3]] if len(parts) == 4 else parts


def struck(chars: list[dict], rules: list[dict], page: Page) -> np.ndarray:
    """Whether a rule, or another straight line, goes through the inside of each character."""
    boxes = np.array([obj_to_bbox(char) for char in chars]).reshape(-1, 2, 2)
    margin = (boxes[:, 1:] - boxes[:, :1]) * _INSIDE
    inside = boxes + np.concatenate([margin, -margin], axis=1)
    lines = [((of["x0"], of["top"]), (of["x1"], of["bottom"])) for of in rules]
    for part in [*page.lines, *page.curves]:
        # A circle around a figure does not strike it out; a line that waves does.
        is_open = part["stroke"] and part["pts"][0] != part["pts"][-1]
        is_straight = all(command != "c" for command, *_ in part["path"])
        if is_open or is_straight:
            lines += pairwise(part["pts"])
    found = np.zeros(len(chars), bool)
    ends = np.array(lines).reshape(-1, 2, 2)
    for some in np.array_split(ends, len(ends) // _AT_ONCE + 1):
        first, last = some.min(axis=1)[:, None], some.max(axis=1)[:, None]
        near = (first < inside[:, 1]) & (last > inside[:, 0])
        line, char = near.all(axis=2).nonzero()
        begin, end = some[line].reshape(-1, 2, 1, 2).swapaxes(0, 1)
        with np.errstate(divide="ignore"):
            # Where a line enters and leaves a box, from 0 to 1 of its length, in both directions.
            at = np.sort((inside[char] - begin) / (end - begin), axis=1)
        is_in = np.maximum(at[:, 0].max(axis=1), 0) < np.minimum(at[:, 1].min(axis=1), 1)
        found[char[is_in]] = True
    return found


def pictures(page: Page, picture: np.ndarray) -> Iterator[tuple[dict, list[dict]]]:
    """The pictures that are visible, each with the characters of cells that it covers.

    Left out as the page's background: pictures below the characters of cells, and transparent ones
    over several cells, such as watermarks.
    """
    count = 0
    for part in page.iter_layout_objects(list(page.layout)):
        count += part["object_type"] == "char"
        if part["object_type"] == "image":
            box = obj_to_bbox(part)
            under = [of for of in page.chars[:count] if of["cell"] and is_within(of, box)]
            over = [of for of in page.chars[count:] if of["cell"] and is_within(of, box)]
            shown = picture[pixels_around(part, picture, page.cropbox, -_BESIDE, -_BESIDE)]
            is_picture = not over and shown.size and np.ptp(shown) >= INK
            is_whole = _MASKS.isdisjoint(part["stream"].attrs)
            if len({of["cell"] for of in under}) == 1 or (is_whole if under else is_picture):
                yield part, under


def small(page: Page, picture: np.ndarray) -> np.ndarray:
    """The boxes of all visible drawings on a page that are as small as a sign."""
    found = [*page.lines, *page.rects, *page.curves, *page.images]
    found = [part for part in found if max(part["width"], part["height"]) < _LARGEST]
    seen = [picture[pixels_around(part, picture, page.cropbox, 0.5, 0.5)] for part in found]
    dark = [part for part, of in zip(found, seen, strict=True) if of.size and np.ptp(of) >= _DARK]
    return np.array([obj_to_bbox(part) for part in dark]).reshape(-1, 4)


def is_by_digit(line: list[dict], parts: np.ndarray, box: Box) -> bool:
    """Whether a small drawing in a box stands before a digit, among digits, or close behind them.

    It may be a sign, a decimal point or a digit; a circle drawn around a digit is not.
    """
    at = (parts[:, :2] + parts[:, 2:]) / 2
    begin = box[0]
    for char in [char for char in line if char["text"].strip()]:
        here, size = middle(char), char["size"]
        end = min(char["x1"] + _NEAR * size, box[2])
        is_in = (at > (begin, char["base"] - _HIGH * size)) & (at < (end, char["base"]))
        is_around = (parts[:, :2] < here) & (here < parts[:, 2:])
        if char["text"].isdigit() and (is_in.all(axis=1) & ~is_around.all(axis=1)).any():
            return True
        begin = here[0]
    return False


def has_drawing(box: dict, picture: np.ndarray, crop: Box) -> bool:
    """Whether something dark is drawn in a box, without touching its sides."""
    inner = picture[pixels_around(box, picture, crop, 0, 0)]
    if min(inner.shape) <= 2 or np.ptp(inner) < _DARK:
        return False
    return all(np.ptp(side) < INK for side in (inner[0], inner[-1], inner[:, 0], inner[:, -1]))
