"""The characters of a page of a PDF: each once, their lines and texts, and why one is not safe."""

import math
import unicodedata
from itertools import pairwise

import numpy as np

from kpi_utils.cells.letters import compiled, plain
from kpi_utils.formats.worksheet import RAISED
from kpi_utils.lines.line import is_wide

# Left, top, right, bottom.
Box = tuple[float, float, float, float]

# As fractions of a character's size: the offset of a character printed twice to look bold; the
# size below which a digit is a note's mark beside others; how far digits of a number may be off
# their line, and a mark is raised; the least gap that is a space, that between two texts, and that
# between digits; the widest gap in a line whose characters are spaced out.
_BOLD, _SMALL, _LEVEL, _RAISED, _SPACE = 0.15, 0.985, 0.03, 0.05, 0.3
_APART, _SPACE_IN_NUMBER, _WIDEST = 2, 0.12, 0.6
# In no font are these characters so wide, as a fraction of their size.
_NARROW, _WIDE = frozenset("0123456789abcdefghijklnopqrstuvxyz"), 0.9
# A line needs so many gaps to tell that its characters are spaced out.
_FEWEST_GAPS = 3
_IN_NUMBER = frozenset("0123456789０１２３４５６７８９.,")
# Signs that, lost or added, change a figure as a digit would.
_SIGNS = frozenset("-−‐–－▲△▼.．")
# A character so many times as large as another is not on the same line.
_LARGER = 3
# Two characters lie over each other if their left sides are nearer than this part of their width.
_OVER = 0.75
# As fractions of its size: how far a character usually reaches below its line, and at most.
_DEEP, _DEEPEST = 0.2, 0.6
# How much a line of text may rise, as a fraction of its length.
_LIFT = 0.05
# If the picture of the page varies by less in brightness (0 to 255), no character is visible there.
INK = 24


def middle(char: dict) -> tuple[float, float]:
    """The middle of a character."""
    return (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2


def is_within(char: dict, box: Box) -> bool:
    """Whether the middle of a character is in a box."""
    x, y = middle(char)
    return box[0] < x < box[2] and box[1] < y < box[3]


def put_on_line(chars: list[dict]) -> None:
    """Set each character's ``base``: the height of the line on which it stands.

    Fonts made of drawings put each character as low as their lowest one: it is moved up. The box
    of a slanted character is narrowed to that of an upright one.
    """
    for char in chars:
        *_, lean, up, _, base = char["matrix"]
        char["base"] = char["bottom"] + char["y0"] - base
        rise = char["bottom"] - char["base"] - _DEEP * char["size"]
        if lean and not is_turned(char):
            char["x1"] = max(char["x1"] - abs(lean / up) * char["height"], char["x0"])
        if rise > (_DEEPEST - _DEEP) * char["size"] and not is_turned(char):
            char["top"], char["bottom"] = char["top"] - rise, char["bottom"] - rise


def lines_of(chars: list[dict]) -> list[list[dict]]:
    """Characters in lines from top to bottom, each line from left to right.

    Large characters make the lines, because a raised one lies higher than its line. A character
    that is printed again to look bold is left out.
    """
    lines: list[list[dict]] = []
    for char in sorted(chars, key=lambda char: (-round(char["size"], 1), char["top"])):
        _, y = middle(char)
        near = [line for line in lines if line[0]["top"] < y < line[0]["bottom"]]
        # A watermark may be as high as several lines.
        near = [line for line in near if line[0]["size"] < _LARGER * char["size"]]
        if near:
            min(near, key=lambda line: abs(middle(line[0])[1] - y)).append(char)
        else:
            lines.append([char])
    lines.sort(key=lambda line: line[0]["top"])
    for line in lines:
        line.sort(key=lambda char: char["x0"])
    return [_without_repeats(line) for line in lines]


def _without_repeats(line: list[dict]) -> list[dict]:
    """A line without the characters that are printed again to look bold.

    A single digit that is printed again, beside characters that are not, may be a second digit.
    """
    again = [_is_again(*pair) for pair in zip([None, *line], line, strict=False)]
    kept = []
    for at, char in enumerate(line):
        is_alone = sum(again[max(at - 2, 0) : at + 3]) == 1 < len(line) - 1
        if not again[at] or (is_alone and char["text"].isdigit()):
            kept.append(char)
    return kept


def _is_again(last: dict | None, char: dict) -> bool:
    """Whether a character is the last one printed again, to look bold."""
    if not last or any(char[key] != last[key] for key in ("text", "fontname")):
        return False
    # Narrowed characters of one kind may follow each other more closely.
    near = min(_BOLD * char["size"], _OVER * (char["x1"] - char["x0"]))
    return all(abs(char[key] - last[key]) <= near for key in ("x0", "top"))


def columns_of(chars: list[dict]) -> list[list[dict]]:
    """Text that is written downwards, its columns from right to left as lines; else no lines.

    Each letter stands below the last one, or begins a column at the left. Japanese letters stand
    upright; Latin letters and digits may be turned to the right, which is no problem here.
    """
    columns: list[list[dict]] = []
    letters = [char for char in chars if char["text"].strip()]
    for last, char in zip([None, *letters], letters, strict=False):
        across, down = np.subtract(middle(char), middle(last or char))
        # Digits that stand upright below each other may be two figures.
        are_two = last and last["text"].isdigit() and char["text"].isdigit() and not is_turned(char)
        near = char["size"] / 2
        laid = {"x0": char["top"], "x1": char["bottom"], "top": -char["x1"], "bottom": -char["x0"]}
        laid["base"] = laid["bottom"]
        if turn_of(char) == 270:
            problem = char["problem"].replace("turned", "")
            laid |= {"size": char["x1"] - char["x0"], "problem": problem}
        if not last or (across < -near and down < near):
            columns.append([char | laid])
        elif abs(across) < near and down > 0 and not are_two:
            columns[-1].append(char | laid)
        else:
            return []
    turned = sum(map(is_turned, letters))
    # A line may be drawn from its end.
    is_downwards = turned or 1 < len(columns) < len(letters)
    return columns if turned < len(letters) and is_downwards else []


def problems_of(lines: list[list[dict]]) -> list[str]:
    """The problems of the characters of lines, each kind once; "over" if two overlap."""
    kinds = {char["problem"] for line in lines for char in line} - {""}
    for one, other in (pair for line in lines for pair in pairwise(line)):
        width = min(char["x1"] - char["x0"] for char in (one, other))
        is_text = one["text"].isalnum() and other["text"].isalnum()
        if is_text and other["x0"] - one["x0"] < _OVER * width:
            kinds.add("over")
    return sorted(kinds)


def text_of(line: list[dict]) -> str:
    """The text of a line: wide gaps as spaces, marks of notes as raised characters."""
    letters = [char for char in line if char["text"].strip()]
    gaps = [other["x0"] - one["x1"] for one, other in pairwise(letters)]
    # The gap between all characters, if they are spaced out to fill a cell.
    is_spread = len(gaps) >= _FEWEST_GAPS and min(gaps) <= _WIDEST * letters[0]["size"]
    spread = max(0, min(gaps)) if is_spread else 0
    runs = _runs(line)
    text = ""
    for before, run, after in zip([[], *runs], runs, [*runs[1:], []], strict=False):
        part = run[0]["text"]
        part += "".join(_gap(*pair, spread) + pair[1]["text"] for pair in pairwise(run))
        beside = [*before[-1:], *(after[:1] if part[0].isdigit() else [])]
        if any(_is_note(run[0], of, part) for of in beside):
            part = plain(part).translate(RAISED)
        # Digits of two sizes are two numbers.
        elif text[-1:].isdigit() and part[:1].isdigit():
            part = f" {part}"
        text += _gap(before[-1], run[0], spread) + part if before else part
    return text


def _runs(line: list[dict]) -> list[list[dict]]:
    """A line divided into runs of characters of one size and height."""
    runs: list[list[dict]] = []
    for char in line:
        of = runs[-1][0] if runs else char
        is_like = _SMALL < char["size"] / (of["size"] or 1) < 1 / _SMALL
        lift = abs(char["base"] - of["base"])
        if runs and (not char["text"].strip() or (is_like and lift < _LEVEL * of["size"])):
            runs[-1].append(char)
        else:
            runs.append([char])
    return runs


def _is_note(char: dict, other: dict, text: str) -> bool:
    """Whether a text, of which ``char`` is the first character, is the mark of a note."""
    # Digits of another font may be a little smaller and higher than the unit.
    is_raised = other["base"] - char["base"] > _RAISED * other["size"]
    is_mark = char["size"] < other["size"] and (is_raised or other["text"].isdigit())
    return is_mark and bool(compiled("note_mark").fullmatch(plain(text).strip()))


def _gap(one: dict, other: dict, spread: float) -> str:
    """The space between two characters; between two Japanese ones only a very wide gap is one."""
    gap, size = other["x0"] - one["x1"] - spread, max(one["size"], other["size"])
    in_number = _IN_NUMBER.issuperset(one["text"] + other["text"])
    least = (_SPACE_IN_NUMBER if in_number else _SPACE) * size
    if not (one["text"].strip() and other["text"].strip()) or gap < least:
        return ""
    if gap > _APART * size:
        return "　"
    return "" if is_wide(one["text"][0]) and is_wide(other["text"][0]) else " "


def mark(
    chars: list[dict], struck: np.ndarray, rules: list[dict], picture: np.ndarray, crop: Box
) -> None:
    """Set each character's ``problem``: why it cannot be read safely, or blank.

    A character's ``cell`` says which cell it belongs to; ``struck`` says of each whether a line
    goes through it. ``rules`` are the drawn rules, ``picture`` is the brightness of the page's
    pixels within ``crop``, the box that is shown.
    """
    is_rule = np.zeros(picture.shape, bool)
    for rule in rules:
        is_rule[pixels_around(rule, picture, crop, 0.5, 0.5)] = True
    shown = np.ma.array(picture, mask=is_rule)
    for char, is_on_rule in zip(chars, struck, strict=True):
        char["problem"] = "" if char.get("cut") else _problem_of(char, is_on_rule, shown, crop)
        if char.get("lost"):
            char["problem"] = "unseen"
        foot = char | {"top": char["base"] - _DEEP * char["size"], "bottom": char["base"]}
        # Some fonts have raised digits, for the marks of notes.
        is_upright = not (char["problem"] or char.get("cut")) and char["base"] > middle(char)[1]
        if is_upright and char["text"].isdigit() and _is_blank(foot, shown, crop):
            char["text"] = char["text"].translate(RAISED)
    last: dict | None = None
    end = 0.0
    for char in chars:
        # If one text is printed over two cells, the rule between them may lie in a gap.
        near = _SPACE_IN_NUMBER * char["size"]
        is_one = last and max(abs(char["x0"] - end), abs(char["bottom"] - last["bottom"])) < near
        if not char["text"].strip():
            last, end = last if is_one else None, char["x1"]
            continue
        if _is_again(last, char):
            continue
        if last and is_one and last["cell"] != char["cell"]:
            for part in (last, char):
                part["problem"] = part["problem"] or "struck"
        last, end = char, char["x1"]


def pixels_around(
    part: dict, picture: np.ndarray, crop: Box, width: float = 1, height: float = 1
) -> tuple[slice, slice]:
    """The pixels of a part of a page, widened on each side, in a picture that shows ``crop``."""
    scale = picture.shape[1] / (crop[2] - crop[0])
    left, right = part["x0"] - width - crop[0], part["x1"] + width - crop[0]
    top, bottom = part["top"] - height - crop[1], part["bottom"] + height - crop[1]
    left, top, right, bottom = (max(int(at * scale), 0) for at in (left, top, right, bottom))
    return slice(top, bottom + 1), slice(left, right + 1)


def _problem_of(char: dict, is_on_rule: bool, shown: np.ma.MaskedArray, crop: Box) -> str:
    text = char["text"]
    # A digit or Latin letter as wide as a Japanese one has a wrong name in the file.
    is_wide = char["x1"] - char["x0"] > _WIDE * char["size"] and not is_turned(char)
    if (text in _NARROW and is_wide) or text.startswith("(cid:") or text == "\ufffd":
        return "cid"
    if text.isalnum() and is_on_rule:
        return "struck"
    # An invisible character may stand for a visible one that the file does not name.
    is_nothing = unicodedata.category(text[:1] or " ") in ("Cc", "Cf")
    # Other characters may lie on a rule, or have little ink.
    if not (text.isalnum() or text in _SIGNS or is_nothing):
        return ""
    # White on white, or covered.
    is_unseen = _is_blank(char, shown, crop)
    if is_nothing:
        return "" if is_unseen or char["x1"] <= char["x0"] else "cid"
    if is_unseen:
        return "unseen"
    return "turned" if text.isalnum() and is_turned(char) else ""


def _is_blank(char: dict, shown: np.ma.MaskedArray, crop: Box) -> bool:
    """Whether there is no ink at a character's place, but that of rules and neighbours."""
    part = shown[pixels_around(char, shown, crop, (char["x0"] - char["x1"]) / 4, 0)]
    ink = part.compressed()
    # Beyond the page's edge there is no picture.
    return not part.size or (ink.size > 0 and np.ptp(ink) < INK)


def is_turned(char: dict) -> bool:
    """Whether a character is turned; one that only leans is not."""
    across, lift, _, up, *_ = char["matrix"]
    return not (across > 0 and up > 0 and abs(lift) < _LIFT * across)


def turn_of(char: dict) -> int:
    """How many degrees to the right a page must be turned for a character to stand upright."""
    across, lift, *_ = char["matrix"]
    return round(math.degrees(math.atan2(lift, across)) / 90) * 90 % 360
