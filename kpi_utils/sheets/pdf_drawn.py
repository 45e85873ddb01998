"""What a page of a PDF shows beside characters: the rules of its tables, and what lies on text."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from pdfplumber.page import Page
from pdfplumber.utils import obj_to_bbox

from kpi_utils.sheets.pdf_chars import INK, Box, is_within, pixels_around

# In points: a rule is so thin; what is so far from it lies beside it.
_THIN, _BESIDE = 1, 1
# As a fraction of a character's size: a line so far inside of it lies on it.
_INSIDE = 0.25
# Where brightness (0 to 255) changes by no more, no rule is seen; by so much, a drawing is dark.
_FAINT, _DARK = 3, 100


def rules(page: Page, picture: np.ndarray) -> list[dict]:
    """The rules on a page as they are drawn; white ones, and ends of filled shapes, where seen.

    A cell that is merged may be filled row by row.
    """
    found = []
    for edge in page.edges:
        # Turning a page leaves noise in the 14th decimal.
        part = rule(*(round(float(at), 2) for at in obj_to_bbox(edge)))
        is_stroke = edge.get("stroke") or "rect" not in edge["object_type"]
        is_drawn = is_stroke and not _is_white(edge.get("stroking_color"))
        is_thin = min(part["width"], part["height"]) < _THIN
        # A white rule is as wide as it is drawn.
        beside = _BESIDE + (edge.get("linewidth") or 0) * is_stroke / 2
        if is_thin and (is_drawn or _is_seen(part, beside, picture, page.cropbox)):
            found.append(part)
    return found


def rule(x0: float, top: float, x1: float, bottom: float) -> dict:
    """A rule as pdfplumber has it."""
    width, height = x1 - x0, bottom - top
    size = {"orientation": "h" if width > height else "v", "width": width, "height": height}
    return {"x0": x0, "top": top, "x1": x1, "bottom": bottom} | size


def _is_seen(rule: dict, beside: float, picture: np.ndarray, crop: Box) -> bool:
    """Whether the page is of another brightness at a rule, or at one side of it, than beside it."""
    is_level = rule["orientation"] == "h"
    margins = (0, beside) if is_level else (beside, 0)
    around = picture[pixels_around(rule, picture, crop, *margins)]
    # Letters that stand on it or beside it are darker or brighter, and do not cover all of it.
    levels = np.quantile(around, (0.2, 0.8), int(is_level)) if around.size else np.zeros((2, 1))
    return bool((np.ptp(levels, axis=1) > _FAINT).all())


def _is_white(colour) -> bool:
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    if not parts or not all(isinstance(part, int | float) for part in parts):
        return False
    return max(parts) < 0.05 if len(parts) == 4 else min(parts) > 0.95


def struck(chars: list[dict], rules: list[dict], page: Page) -> np.ndarray:
    """Whether a rule, or another straight line, goes through the inside of each character."""
    boxes = np.array([obj_to_bbox(char) for char in chars]).reshape(-1, 2, 2)
    margin = (boxes[:, 1:] - boxes[:, :1]) * _INSIDE
    inside = boxes + np.concatenate([margin, -margin], axis=1)
    lines = [((of["x0"], of["top"]), (of["x1"], of["bottom"])) for of in rules]
    for part in [*page.lines, *page.curves]:
        colour = part["stroking_color" if part["stroke"] else "non_stroking_color"]
        # A circle around a figure does not strike it out.
        if not _is_white(colour) and all(command != "c" for command, *_ in part["path"]):
            lines += pairwise(part["pts"])
    found = np.zeros(len(chars), bool)
    for begin, end in np.array(lines).reshape(-1, 2, 2):
        with np.errstate(divide="ignore", invalid="ignore"):
            # Where on a line, from 0 to 1, it enters and leaves a box, across and down.
            at = np.sort((inside - begin) / (end - begin), axis=1)
        found |= np.maximum(at[:, 0].max(1), 0) < np.minimum(at[:, 1].min(1), 1)
    return found


def covered(chars: list[dict], page: Page) -> Iterator[dict]:
    """The characters of cells over which a picture was laid that covers those of one cell."""
    count = 0
    for part in page.iter_layout_objects(list(page.layout)):
        count += part["object_type"] == "char"
        if part["object_type"] == "image":
            box = obj_to_bbox(part)
            under = [of for of in chars[:count] if of["cell"] and is_within(of, box)]
            if len({of["cell"] for of in under}) == 1:
                yield from under


def has_drawing(box: dict, picture: np.ndarray, crop: Box) -> bool:
    """Whether something dark is drawn in a box that does not reach its sides."""
    inner = picture[pixels_around(box, picture, crop, 0, 0)]
    if min(inner.shape) <= 2 or np.ptp(inner) < _DARK:
        return False
    return all(np.ptp(side) < INK for side in (inner[0], inner[-1], inner[:, 0], inner[:, -1]))
