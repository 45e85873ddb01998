"""The characters of a page of a PDF, each once, and why one cannot be read safely."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from pdfplumber.page import Page

from kpi_utils.sheets.pdf_text import middle

# Left, top, right, bottom.
Box = tuple[float, float, float, float]

# Bold is faked by printing again beside itself: within so many points, and of the character's size.
_BOLD, _BOLD_OF_SIZE = 1.5, 0.25
# As fractions of a character's size: a rule so far inside of it lies on it; between two cells, a
# gap that is none.
_INSIDE, _NO_GAP = 0.25, 0.15
# A line of text may rise by so much of its length.
_LIFT = 0.05
# Where a picture of the page varies by less in brightness (0 to 255), no character is to be seen.
_INK = 24


def printed_once(page: Page) -> list[dict]:
    """The characters on a page, without those that are but printed again to make them bold."""
    left, top, right, bottom = page.cropbox
    chars: list[dict] = []
    seen: dict[tuple, list[tuple[float, float]]] = defaultdict(list)
    for char in page.chars:
        x, y = middle(char)
        near = min(_BOLD, _BOLD_OF_SIZE * char["size"]) or _BOLD
        key = char["text"], char["fontname"], round(x // (2 * _BOLD)), round(y // (2 * _BOLD))
        around = [(*key[:2], key[2] + i, key[3] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        again = any(
            abs(x - other_x) <= near and abs(y - other_y) <= near
            for place in around
            for other_x, other_y in seen.get(place, ())
        )
        if not again and left <= x <= right and top <= y <= bottom:
            seen[key].append((x, y))
            chars.append(dict(char))
    return chars


def mark(chars: list[dict], rules: list[dict], picture: np.ndarray, crop: Box) -> None:
    """Put to each character under ``problem`` why it cannot be read safely; else blank.

    ``cell`` tells the characters of one cell from those of another. ``rules`` are those that are
    drawn, and ``picture`` has the brightness of the page's pixels, within the box that is shown.
    """
    for char, is_on_rule in zip(chars, _on_rules(chars, rules), strict=True):
        char["problem"] = _problem_of(char, is_on_rule, picture, crop)
    for one, other in _parted(chars):
        for char in (one, other):
            char["problem"] = char["problem"] or "struck"


def _parted(chars: list[dict]) -> Iterator[tuple[dict, dict]]:
    """Characters of two cells that are printed as one text, so that a rule lies in their gap."""
    last, spaces = None, 0
    for char in chars:
        if not char["text"].strip():
            spaces += char["x1"] - char["x0"]
            continue
        if last and last["cell"] != char["cell"]:
            near = _NO_GAP * char["size"]
            gap = char["x0"] - last["x1"] - spaces
            if abs(gap) < near and abs(char["bottom"] - last["bottom"]) < near:
                yield last, char
        last, spaces = char, 0


def _on_rules(chars: list[dict], rules: list[dict]) -> np.ndarray:
    """Whether a rule goes through the inside of each character."""
    sides = {key: np.array([char[key] for char in chars]) for key in ("x0", "x1", "top", "bottom")}
    ends = {"h": (("x0", "x1"), ("top", "bottom")), "v": (("top", "bottom"), ("x0", "x1"))}
    struck = np.zeros(len(chars), bool)
    for rule in rules:
        along, across = ends[rule["orientation"]]
        middle = (sides[along[0]] + sides[along[1]]) / 2
        near, far = sides[across[0]], sides[across[1]]
        margin, at = (far - near) * _INSIDE, rule[across[0]]
        reaches = (rule[along[0]] < middle) & (middle < rule[along[1]])
        struck |= reaches & (near + margin < at) & (at < far - margin)
    return struck


def _problem_of(char: dict, is_on_rule: bool, picture: np.ndarray, crop: Box) -> str:
    text = char["text"]
    if text.startswith("(cid:") or text == "\ufffd":
        return "cid"
    # A dot or a dash may lie on a rule, or have little ink.
    if not text.isalnum():
        return ""
    if is_turned(char):
        return "turned"
    if is_on_rule:
        return "struck"
    return "" if _is_seen(char, picture, crop) else "unseen"


def is_turned(char: dict) -> bool:
    """Whether a character does not stand upright; one that only leans does."""
    across, lift, _, up, *_ = char["matrix"]
    return not (across > 0 and up > 0 and abs(lift) < _LIFT * across)


def _is_seen(char: dict, picture: np.ndarray, crop: Box) -> bool:
    """Whether there is ink where a character stands: it is not white on white, or covered."""
    scale = picture.shape[1] / (crop[2] - crop[0])
    left, right = ((char[key] - crop[0]) * scale for key in ("x0", "x1"))
    top, bottom = ((char[key] - crop[1]) * scale for key in ("top", "bottom"))
    part = picture[max(int(top), 0) : int(bottom) + 1, max(int(left), 0) : int(right) + 1]
    return not part.size or int(part.max()) - int(part.min()) >= _INK
