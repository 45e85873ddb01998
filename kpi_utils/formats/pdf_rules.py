"""The rules on a page of a PDF -> those of its tables, and the cells that they make."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from pdfplumber.table import edges_to_intersections, intersections_to_cells, merge_edges
from pdfplumber.utils import obj_to_bbox, objects_to_bbox

from kpi_utils.formats.pdf_chars import Box
from kpi_utils.formats.pdf_drawn import rule

# In points: how far rules may stop short of each other; how far apart two drawn lines may be that
# are one rule; and how far apart two things may be that touch.
REACH, SNAP, _CLOSE = 6, 3, 1
# Limits: more rules and crossings than the tables of a page have.
_MOST_RULES, _MOST_CROSSINGS = 2000, 5000
# How much of an underline has characters on it, as a fraction of its length; how far below them it
# may lie, as a fraction of their height.
_UNDER, _BELOW = 0.9, 0.2


class TooLargeError(Exception):
    """A file that would take minutes, or gigabytes."""


def must_be_small(is_small: bool) -> None:
    """Raise TooLargeError unless ``is_small``."""
    if not is_small:
        raise TooLargeError


def of_tables(rules: list[dict], chars: list[dict]) -> list[dict]:
    """The rules that separate cells: no underlines, and no frames around the letters of a cell."""
    below = {id(level) for level in _underlines(rules, chars)}
    parting = _without_frames([of for of in rules if id(of) not in below])
    return merge_edges(_joined(parting), *[SNAP] * 4)


def _joined(rules: list[dict]) -> list[dict]:
    """Rules with dots and dashes joined to whole ones, and without the ends of dashes."""
    joined = merge_edges(rules, 0, 0, REACH, REACH)
    return [of for of in joined if max(of["width"], of["height"]) > SNAP]


def _underlines(rules: list[dict], chars: list[dict]) -> Iterator[dict]:
    """The horizontal rules that begin and end with characters, and not at a vertical rule."""
    left, top, right, bottom = _array(map(obj_to_bbox, chars)).T
    upright = _array(obj_to_bbox(of) for of in rules if of["height"] > SNAP).T
    for level in [of for of in rules if of["orientation"] == "h"]:
        begin, y, end = level["x0"], level["top"], level["x1"]
        is_on = (begin - _CLOSE < left) & (right < end + _CLOSE)
        is_on &= (top < y) & (y < bottom + (bottom - top) * _BELOW)
        if np.sum((right - left)[is_on]) <= _UNDER * level["width"]:
            continue
        is_at = (upright[1] - _CLOSE <= y) & (y <= upright[3] + _CLOSE)
        is_at &= np.minimum(abs(upright[0] - begin), abs(upright[0] - end)) <= _CLOSE
        if not is_at.any():
            yield level


def _without_frames(rules: list[dict]) -> list[dict]:
    """The rules without the frames and coloured shapes around the letters of a cell.

    Such a frame is closed, touches no other rule, and has only one row or one column.
    """
    long = [of for of in rules if max(of["width"], of["height"]) > SNAP]
    groups = touching(merge_edges(long, *[_CLOSE] * 4), _CLOSE)
    made = [(of, cells(of, _CLOSE)) for of in groups]
    frames = _array(objects_to_bbox(of) for of, boxes in made if min(_size(boxes)) == 1)
    others = [of for of in rules if not _is_in(obj_to_bbox(of), frames)]
    tables = [cells(of, _CLOSE, is_open=True) for of in touching(_joined(others), _CLOSE)]
    around = _array(chain(*(of for of in tables if _size(of)[0] > 1)))
    framed = _array(box for box in frames if _is_in(box, around))
    return [of for of in rules if not _is_in(obj_to_bbox(of), framed)]


def _array(boxes: Iterable[Box]) -> np.ndarray:
    return np.array([*boxes], float).reshape(-1, 4)


def _size(boxes: list[Box]) -> tuple[int, int]:
    """How many columns and rows some cells have."""
    return len({left for left, *_ in boxes}), len({top for _, top, *_ in boxes})


def _is_in(box: Box, others: np.ndarray) -> bool:
    """Whether a box lies in one of the others, or nearly so."""
    inside = [others[:, :2] - _CLOSE <= box[:2], others[:, 2:] + _CLOSE >= box[2:]]
    return bool(np.hstack(inside).all(axis=1).any())


def cells(group: list[dict], reach: float, is_open: bool = False) -> list[Box]:
    """The cells made by rules that touch each other, within ``reach``.

    ``is_open``: the outer sides of the table may lack rules, as at a page's end.
    """
    left, top, right, bottom = objects_to_bbox(group)
    closing = [rule(left, y, right, y) for y in (top, bottom)]
    closing += [rule(x, top, x, bottom) for x in (left, right)]
    edges = merge_edges([*group, *(closing if is_open else [])], *[min(reach, SNAP)] * 4)
    return intersections_to_cells(edges_to_intersections(edges, reach, reach))


def touching(rules: list[dict], reach: float) -> list[list[dict]]:
    """The groups of horizontal and vertical rules that touch each other, within ``reach``."""
    must_be_small(len(rules) <= _MOST_RULES)
    crossings = edges_to_intersections(rules, reach, reach)
    must_be_small(len(crossings) <= _MOST_CROSSINGS)
    groups: list[dict[int, dict]] = []
    for crossing in crossings.values():
        joined = {id(of): of for of in crossing["v"] + crossing["h"]}
        for group in [of for of in groups if not joined.keys().isdisjoint(of)]:
            joined |= group
            groups.remove(group)
        groups.append(joined)
    return [list(group.values()) for group in groups]
