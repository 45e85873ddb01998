"""Texts of merged cells that a page's end cuts, as an office suite prints them.

It draws such a text whole on each page of the cell, through a clip: the page's part of the cell.
The text is found again on the next page by its letters, their places and those of the clips, and is
read in the first part of its cell.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from pdfminer.layout import LTChar, LTContainer
from pdfplumber.page import Page

# In points: how far apart the same place may be on two pages.
_NEAR = 1.5


class Printed(NamedTuple):
    """The characters of a page: their texts and boxes, and the box of the clip of each, or NaN.

    A box is a row: left, top, right, bottom.
    """

    texts: list[str]
    boxes: np.ndarray
    clips: np.ndarray


class Part(NamedTuple):
    """Where a text stands on a page: the page, from 0, and the indices of its characters."""

    page: int
    begin: int
    end: int


def printed(page: Page) -> Printed:
    """The characters of a page."""
    clips = []
    for char, letter in zip(page.chars, _letters(page.layout), strict=True):
        # A page's own box may begin elsewhere, and pdfplumber measures from its top.
        across, height = char["x0"] - letter.x0, char["top"] + letter.y1
        x0, y0, x1, y1 = getattr(letter.graphicstate, "clip", None) or [np.nan] * 4
        clips.append((x0 + across, height - y1, x1 + across, height - y0))
    boxes = [[char[side] for side in ("x0", "top", "x1", "bottom")] for char in page.chars]
    sides = (np.array(of, float).reshape(-1, 4).round(2) for of in (boxes, clips))
    return Printed([char["text"] for char in page.chars], *sides)


def _letters(drawn: LTContainer) -> Iterator[LTChar]:
    for part in drawn:
        if isinstance(part, LTChar):
            yield part
        elif isinstance(part, LTContainer):
            yield from _letters(part)


def cut_texts(pages: list[Printed]) -> dict[int, dict[int, dict]]:
    """What is to be said of the characters of cut texts, by page and index; empty if none is cut.

    ``place`` is where a character belongs; ``cut`` says that it is not whole there, ``lost`` that
    no page shows it. ``again`` is for the characters of later pages.
    """
    found: dict[int, dict[int, dict]] = {}
    below = dict(_links(pages))
    for first in below.keys() - {*below.values()}:
        parts = [first]
        while parts[-1] in below:
            parts.append(below[parts[-1]])
        is_lost = np.all([_is_hidden(*_drawn(pages, part)) for part in parts], axis=0)
        boxes, clips = _drawn(pages, first)
        is_cut = (boxes[:, 1] < clips[:, 1]) | (clips[:, 3] < boxes[:, 3])
        across, high = _middles(boxes).T
        high = np.clip(high, clips[:, 1] + _NEAR, clips[:, 3] - _NEAR)
        facts = zip(range(first.begin, first.end), across, high, is_cut, is_lost, strict=True)
        found.setdefault(first.page, {}).update(
            (index, {"place": (x, y), "cut": cut, "lost": lost}) for index, x, y, cut, lost in facts
        )
        for part in parts[1:]:
            again = {index: {"again": True, "cell": 0} for index in range(part.begin, part.end)}
            found.setdefault(part.page, {}).update(again)
    return found


def _drawn(pages: list[Printed], part: Part) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of a text's characters, and those of their clips."""
    page, at = pages[part.page], slice(part.begin, part.end)
    return page.boxes[at], page.clips[at]


def _middles(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _is_hidden(boxes: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Whether the middle of each character lies outside of its clip."""
    middles = _middles(boxes)
    return np.any((middles < clips[:, :2]) | (clips[:, 2:] < middles), axis=1)


def _links(pages: list[Printed]) -> Iterator[tuple[Part, Part]]:
    """The parts of texts that go on over a page's end: each, and the one on the next page."""
    for at, page in enumerate(pages):
        for part in _parts(at, page):
            yield from (
                (part, of) for of in _same(pages, part, at + 1) if _goes_on(pages, part, of)
            )
            yield from (
                (of, part) for of in _same(pages, part, at - 1) if _goes_on(pages, of, part)
            )


def _parts(at: int, page: Printed) -> Iterator[Part]:
    """The texts of a page of which a clip hides letters."""
    is_letter = np.array([bool(text.strip()) for text in page.texts], bool)
    is_hidden = _is_hidden(page.boxes, page.clips) & is_letter
    other = (page.clips[1:] != page.clips[:-1]).any(axis=1)
    ends = [0, *(np.flatnonzero(other) + 1).tolist(), len(page.texts)]
    for begin, end in pairwise(ends):
        if is_hidden[begin:end].any():
            yield Part(at, begin, end)


def _same(pages: list[Printed], part: Part, at: int) -> Iterator[Part]:
    """The places on another page where a text stands again, moved upwards or downwards only."""
    texts = pages[part.page].texts[part.begin : part.end]
    boxes, _ = _drawn(pages, part)
    other = pages[at] if 0 <= at < len(pages) else pages[part.page]._replace(texts=[])
    for begin in range(len(other.texts) - len(texts) + 1):
        again = Part(at, begin, begin + len(texts))
        if other.texts[begin] == texts[0] and other.texts[begin : again.end] == texts:
            moved = _drawn(pages, again)[0] - boxes
            if (abs(moved - [0, moved[0, 1], 0, moved[0, 1]]) < _NEAR).all():
                yield again


def _goes_on(pages: list[Printed], upper: Part, lower: Part) -> bool:
    """Whether two clips are parts of one cell: the text moves by as much as the cell does."""
    (above, *_), (clip, *_) = _drawn(pages, upper)
    (below, *_), (other, *_) = _drawn(pages, lower)
    return abs((other[1] - clip[3]) - (below[1] - above[1])) < _NEAR
