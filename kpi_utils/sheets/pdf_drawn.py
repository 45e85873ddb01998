"""What a page of a PDF shows beside characters: the rules of its tables, and what lies on text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate, chain, compress, product

import numpy as np
from pdfminer.layout import LTChar, LTContainer, LTImage
from pdfplumber.page import Page
from pdfplumber.utils import obj_to_bbox

from kpi_utils.sheets.pdf_chars import INK, Box, is_within, pixels_around

# In points: a rule is so thin; so far outside of a filled shape begins the one beside it; of lines,
# so many points are looked at.
_THIN, _BESIDE, _STEP = 1, 0.5, 0.5
# As a fraction of a character's size: a line so far inside of it lies on it.
_INSIDE = 0.25
# Where brightness (0 to 255) changes by no more, no rule is seen; by so much, a drawing is dark.
_FAINT, _DARK = 3, 100


def rules(page: Page, picture: np.ndarray) -> list[dict]:
    """The rules on a page as they are drawn; white ones where they are seen."""
    strokes = [of for of in page.edges if of.get("stroke") or "rect" not in of["object_type"]]
    drawn = [(edge.get("stroking_color"), obj_to_bbox(edge)) for edge in strokes]
    found = []
    for colour, box in [*drawn, *_sides(page)]:
        # Turning a page leaves noise in the 14th decimal.
        part = rule(*(round(float(at), 2) for at in box))
        is_thin = min(part["width"], part["height"]) < _THIN
        if is_thin and (not _is_white(colour) or _is_seen(part, picture, page.cropbox)):
            found.append(part)
    return found


def _sides(page: Page) -> Iterator[tuple[object, Box]]:
    """The sides of filled shapes with their colours, where none of that colour is beside them.

    A cell that is merged may be filled row by row.
    """
    of_colour = defaultdict(list)
    for shape in page.rects:
        if not shape["stroke"]:
            of_colour[str(shape["non_stroking_color"])].append(shape)
    for shapes in of_colour.values():
        boxes = np.array([obj_to_bbox(shape) for shape in shapes])
        for box, across, is_far in product(boxes, (0, 1), (False, True)):
            at, along = box[across + 2 * is_far], 1 - across
            outside = at + (_BESIDE if is_far else -_BESIDE)
            is_beside = (boxes[:, across] < outside) & (outside < boxes[:, across + 2])
            begin, end = box[along], box[along + 2]
            for near, far in [*sorted(boxes[is_beside][:, along::2].tolist()), (end, end)]:
                if begin < min(near, end):
                    ends = [(begin, at), (min(near, end), at)]
                    corners = [corner if across else corner[::-1] for corner in ends]
                    yield shapes[0]["non_stroking_color"], (*corners[0], *corners[1])
                begin = max(begin, far)


def rule(x0: float, top: float, x1: float, bottom: float) -> dict:
    """A rule as pdfplumber has it."""
    width, height = x1 - x0, bottom - top
    size = {"orientation": "h" if width > height else "v", "width": width, "height": height}
    return {"x0": x0, "top": top, "x1": x1, "bottom": bottom} | size


def _is_seen(rule: dict, picture: np.ndarray, crop: Box) -> bool:
    """Whether the page is of another brightness at a rule than beside it."""
    around = picture[pixels_around(rule, picture, crop)]
    # Letters that stand beside it cover less than half of it.
    levels = np.median(around, int(rule["orientation"] == "h")) if around.size else [0]
    return bool(np.ptp(levels) > _FAINT)


def _is_white(colour) -> bool:
    parts = colour if isinstance(colour, tuple | list) else (colour,)
    if not parts or not all(isinstance(part, int | float) for part in parts):
        return False
    return max(parts) < 0.05 if len(parts) == 4 else min(parts) > 0.95


def struck(chars: list[dict], rules: list[dict], page: Page) -> np.ndarray:
    """Whether a rule, or another line of a page, goes through the inside of each character."""
    boxes = np.array([obj_to_bbox(char) for char in chars]).reshape(-1, 2, 2)
    margin = (boxes[:, 1] - boxes[:, 0]) * _INSIDE
    near, far = boxes[:, 0] + margin, boxes[:, 1] - margin
    found = np.zeros(len(chars), bool)
    ends = ([(of["x0"], of["top"]), (of["x1"], of["bottom"])] for of in rules)
    for points in chain(map(_along, ends), _paths(page)):
        some = np.flatnonzero(((near < points.max(0)) & (points.min(0) < far)).all(1))
        at = points[:, None]
        found[some] |= ((near[some] < at) & (at < far[some])).all(2).any(0)
    return found


def _paths(page: Page) -> Iterator[np.ndarray]:
    """Points along the lines and curves of a page that go along neither axis."""
    for part in [*page.lines, *page.curves]:
        colour = part["stroking_color" if part["stroke"] else "non_stroking_color"]
        end: list[tuple] = []
        for _, *corners in part["path"] if not _is_white(colour) else ():
            if end and corners and np.ptp([*end, *corners], axis=0).all():
                yield _along([*end, *corners])
            end = corners[-1:] or end


def _along(corners: list[tuple]) -> np.ndarray:
    """Points of a line, or of a Bézier curve of any degree, close to each other."""
    points = np.array(corners)[None]
    steps = int(np.ptp(points[0], axis=0).sum() / _STEP) + 2
    at = np.linspace(0, 1, steps)[:, None, None]
    while points.shape[1] > 1:
        points = points[:, :-1] + at * np.diff(points, axis=1)
    return points[:, 0]


def covered(chars: list[dict], page: Page) -> Iterator[dict]:
    """The characters of a cell over which a picture was laid that covers those of no other one."""
    below = list(accumulate(isinstance(part, LTChar) for part in _parts(page.layout)))
    pictures = [isinstance(part, LTImage) for part in _parts(page.layout)]
    for picture, count in zip(page.images, compress(below, pictures), strict=True):
        under = [of for of in chars[:count] if is_within(of, obj_to_bbox(picture))]
        if len({of["cell"] for of in under}) == 1:
            yield from under


def _parts(layout: Iterable) -> Iterator:
    """The parts of a page in the order in which they were drawn."""
    for part in layout:
        yield from _parts(part) if isinstance(part, LTContainer) else [part]


def has_drawing(box: Box, picture: np.ndarray, crop: Box) -> bool:
    """Whether something dark is drawn in a box that does not reach its sides."""
    part = dict(zip(("x0", "top", "x1", "bottom"), box, strict=True))
    inner = picture[pixels_around(part, picture, crop, 0, 0)]
    if min(inner.shape) <= 2 or np.ptp(inner) < _DARK:
        return False
    return all(np.ptp(side) < INK for side in (inner[0], inner[-1], inner[:, 0], inner[:, -1]))
