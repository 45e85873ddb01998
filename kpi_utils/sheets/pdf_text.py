"""The characters of a page -> lines of text: with their spaces, and the marks of notes raised."""

import re
from itertools import pairwise

from kpi_utils.cells.letters import plain
from kpi_utils.sheets.lines import is_wide
from kpi_utils.sheets.worksheet import RAISED

# As fractions of a character's size: a smaller one is a note's; a gap that is a space, and that is
# one between digits; one between two texts; the widest by which all characters of a line may be
# spaced out, and how many gaps tell that.
_SMALL, _SPACE, _SPACE_IN_NUMBER, _APART, _WIDEST, _FEWEST_GAPS = 0.8, 0.3, 0.12, 2, 0.6, 3
_IN_NUMBER = frozenset("0123456789０１２３４５６７８９.,")
# Two characters whose left sides are nearer, as a fraction of their width, lie over each other.
_OVER = 0.4
_NOTE = re.compile(r"[※*＊注(（]*\d{1,2}[)）]*(?:[,、・]\d{1,2}[)）]*)*")


def middle(char: dict) -> tuple[float, float]:
    """The middle of a character."""
    return (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2


def around(parts: list[dict]) -> tuple[float, float, float, float]:
    """The smallest box around characters or rules: left, top, right, bottom."""
    left, top = (min(part[key] for part in parts) for key in ("x0", "top"))
    right, bottom = (max(part[key] for part in parts) for key in ("x1", "bottom"))
    return left, top, right, bottom


def lines_of(chars: list[dict]) -> list[list[dict]]:
    """Characters in lines from top to bottom, each from left to right.

    The large ones make the lines, for a raised one lies higher than its line.
    """
    lines: list[dict] = []
    for char in sorted(chars, key=lambda char: (-round(char["size"], 1), char["top"])):
        _, y = middle(char)
        near = [line for line in lines if line["top"] < y < line["bottom"]]
        if near:
            line = min(near, key=lambda line: abs(line["top"] + line["bottom"] - 2 * y))
            line["chars"].append(char)
        else:
            lines.append({"top": char["top"], "bottom": char["bottom"], "chars": [char]})
    lines.sort(key=lambda line: line["top"])
    return [sorted(line["chars"], key=lambda char: char["x0"]) for line in lines]


def is_over(one: dict, other: dict) -> bool:
    """Whether two characters that follow each other in a line are printed over each other."""
    width = min(char["x1"] - char["x0"] for char in (one, other))
    is_text = one["text"].isalnum() and other["text"].isalnum()
    return is_text and other["x0"] - one["x0"] < _OVER * width


def text_of(line: list[dict]) -> str:
    """The text of a line: with a space where a gap is one, and the marks of notes raised."""
    parts, before, spread = [], None, _spread(line)
    for run in _runs(line):
        text = run[0]["text"]
        text += "".join(_gap(*pair, spread) + pair[1]["text"] for pair in pairwise(run))
        if before:
            text = _gap(before[-1], run[0], spread) + _beside(before, run, text)
        parts.append(text)
        before = run
    return "".join(parts)


def _spread(line: list[dict]) -> float:
    """By how much all characters of a line are spaced out, to fill a cell."""
    letters = [char for char in line if char["text"].strip()]
    gaps = [other["x0"] - one["x1"] for one, other in pairwise(letters)]
    if len(gaps) < _FEWEST_GAPS or min(gaps) > _WIDEST * letters[0]["size"]:
        return 0
    return max(0, min(gaps))


def _runs(line: list[dict]) -> list[list[dict]]:
    """A line in runs of characters of one size."""
    runs: list[list[dict]] = []
    for char in line:
        is_space = not char["text"].strip()
        if runs and (is_space or _SMALL < char["size"] / (runs[-1][0]["size"] or 1) < 1 / _SMALL):
            runs[-1].append(char)
        else:
            runs.append([char])
    return runs


def _beside(before: list[dict], run: list[dict], text: str) -> str:
    """A run behind one of another size: digits of two sizes are never one number."""
    is_small = run[0]["size"] < before[-1]["size"]
    if not (before[-1]["text"].isdigit() or is_small):
        return text
    raised = before[-1]["bottom"] - run[0]["bottom"] > (1 - _SMALL) * before[-1]["size"]
    if (
        is_small
        and _NOTE.fullmatch(plain(text).strip())
        and (raised or before[-1]["text"].isdigit())
    ):
        return plain(text).translate(RAISED)
    return f" {text}" if before[-1]["text"].isdigit() and text[:1].isdigit() else text


def _gap(one: dict, other: dict, spread: float) -> str:
    """The space between two characters; none between two of Japanese, however far apart."""
    gap, size = other["x0"] - one["x1"] - spread, max(one["size"], other["size"])
    in_number = _IN_NUMBER.issuperset(one["text"] + other["text"])
    least = (_SPACE_IN_NUMBER if in_number else _SPACE) * size
    if not (one["text"].strip() and other["text"].strip()) or gap < least:
        return ""
    if gap > _APART * size:
        return "　"
    return "" if is_wide(one["text"][0]) and is_wide(other["text"][0]) else " "
