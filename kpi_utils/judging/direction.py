"""One row -> the kind of its target, and which way is better: section 2 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …), which
says when it is met. The side on which a target lies is not enough to tell the better direction: a
plan that means to hold a level, or expects a fall, sets its target a little under the baseline. So
the evidence for a rise or a fall is gathered (the cell's own words, the target's side, the KPI's
name, the printed figure); if there is none, or it contradicts itself, the analyst must declare it.
"""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from kpi_utils.cells.letters import MOVES, compiled
from kpi_utils.cells.notation import (
    BLANK,
    NOT_REPORTED,
    UNREADABLE,
    WORD,
    identity,
    label,
    read_cell,
)
from kpi_utils.judging import published
from kpi_utils.judging.achievement import SIGN
from kpi_utils.judging.conventions import House, given_by
from kpi_utils.judging.undetermined import absent
from kpi_utils.plan import Declaration
from kpi_utils.sheets.rows import UNCLEAR
from kpi_utils.words import Message, joined, message

# The unit of a rank: the smaller its number, the better.
RANK = "位"
WORDED_SIGN = {**SIGN, "at_least": 1, "above": 1, "at_most": -1, "below": -1}

_WORDS = tomllib.loads(Path(__file__).with_name("direction_words.toml").read_text("utf-8"))
# Patterns, each with the name of a KPI as its example: things of which less is better, and names
# with such a word of which more is better (温室効果ガス排出量の削減率); method 2.
LESS_IS_BETTER, RISES = _WORDS["less_is_better"], _WORDS["rises"]
# Not after a negation: 無事故 and 脱炭素 do not count accidents or carbon. Only persons, places and
# measures may follow the word.
_WORD_OF_LESS = f"(?P<word>{'|'.join(LESS_IS_BETTER)})"
_LESS = re.compile(rf"(?<![無非不脱反防]){_WORD_OF_LESS}{_WORDS['neutral']}*+\)?$", re.VERBOSE)
_RISE = re.compile(rf"(?<![未不])(?:{'|'.join(RISES)})$")
_FALL = re.compile(_WORDS["fall"])
_FORESEEN = re.compile(_WORDS["foreseen"])
_BESIDE = re.compile(_WORDS["beside"], re.VERBOSE)


class Kind(NamedTuple):
    """The kind of a row's target, the sign of the better direction, and what that rests on.

    ``by`` is what the direction rests on: ``declared``; ``words`` of the cell or of a column of
    directions; ``target``, the side on which it lies; ``name``, what the KPI counts; ``published``,
    the printed figure; blank if there is no direction. ``note`` says why the row cannot be judged
    (no evidence, or evidence that contradicts itself); else None.
    """

    kind: str = ""
    sign: int = 0
    by: str = ""
    note: Message | None = None


def kind_of(row: dict, declared: Declaration, house: House) -> Kind:
    """The kind of the target of a row with exact numbers (method 2).

    ``house`` is the rule by which the printed figure is read as evidence.
    """
    if note := _unusable(row, declared):
        return Kind(note=note)
    sign = SIGN.get(declared.direction, 0)
    comparator, by = row["target_comparator"], "declared" if sign else ""
    worded, limit = WORDED_SIGN.get(comparator, 0), WORDED_SIGN.get(declared.kind, 0)
    if declared.kind == "text" or row["target_reason"] == WORD:
        return Kind("text", sign, by)
    is_rank = identity(row["target_unit"] or row["unit"]) == RANK
    if worded and is_rank and "以内" not in identity(row["target_raw"]):
        # 10位以上 is the tenth place or a better one, as 10位以内 is: its number is smaller.
        if not sign:
            return Kind(note=message("note.rank-without-direction", raw=row["target_raw"]))
        worded = sign
    if _is_contradicted(row, declared, worded):
        return Kind(note=message("note.declared-against-target"))
    if comparator == "range":
        start, source = row["start"], "declared" if declared.kind == "range" else "words"
        # From a baseline inside a range, or without one, there is no way to go.
        way = 0 if start is None else (start < row["target"]) - (start > row["target_upper"])
        return Kind("range", way, source)
    if row["target"] is None:
        return _by_word_alone(row, sign or limit, worded)
    if limit:
        return Kind(declared.kind, limit, "declared")
    if sign:
        return Kind(_kind_with_number(row, sign, worded), sign, by)
    return _by_evidence(row, worded, house)


def _is_contradicted(row: dict, declared: Declaration, worded: int) -> bool:
    """Whether the target contradicts its declaration (method 2).

    ``worded`` is the sign of the target's own words.
    """
    if declared.kind == "range":
        return (row["target"], row["target_upper"]) != declared.ends
    sign, limit = SIGN.get(declared.direction, 0), WORDED_SIGN.get(declared.kind, 0)
    if row["target_comparator"] == "range":
        return bool(limit)
    # A sum that begins at zero can only rise.
    is_from_zero = declared.cumulative and row["target"] is None
    return bool(worded) and (is_from_zero or -worded in (sign, limit))


def _has_stray_sign(row: dict) -> bool:
    """Whether a figure is negative though the KPI cannot be: ▲5 after 10 may mean five fewer."""
    is_fallen = (row["start"] or 0) > 0 > min(row["actual"] or 0, row["target"] or 0)
    # A cut (削減率) may be negative, and so may a change, whose baseline begins with a sign (+12).
    is_cut = named_direction(row["name"], row["unit"]) > 0
    is_change = identity(row["baseline_raw"]).startswith("+")
    # So may figures from which a convention reproduces the printed one.
    judged = {**row, "target_value": row["target"], "target_kind": "", "direction": ""}
    is_printed = is_fallen and any(given_by(judged).values())
    return is_fallen and not (is_cut or is_change or published.may_be_negative(row) or is_printed)


def may_be_range(row: dict, lower: Decimal, upper: Decimal) -> bool:
    """Whether a declared range fits a target: its figures lie inside, those with 以上 at an end.

    A word without a figure and a blank fit any range, the word of a direction none (method 2).
    """
    target, sign = row["target"], WORDED_SIGN.get(row["target_comparator"], 0)
    if target is None:
        return not sign
    first, last = {1: (lower, lower), -1: (upper, upper)}.get(sign, (lower, upper))
    return first <= target and (row["target_upper"] or target) <= last


def _unusable(row: dict, declared: Declaration) -> Message | None:
    """Returns why the target, or the baseline it is compared with, cannot be used; else None."""
    if declared.kind == "text":
        return None
    if row["target_reason"] == UNREADABLE:
        return absent("target", row)
    if row["target_reason"] in (BLANK, NOT_REPORTED):
        return message("note.no-target")
    if not (declared.direction or declared.kind) and _has_stray_sign(row):
        roles = ("baseline", "actual", "target")
        figures = [row[f"{role}_raw"] for role in roles if row[role] is not None]
        return message("note.signs-differ", figures=joined(figures, "quoted"))
    no_baseline = row["start"] is None and row["baseline_reason"] not in (BLANK, NOT_REPORTED)
    return absent("baseline", row) if no_baseline and row["target_reason"] != WORD else None


def _by_word_alone(row: dict, sign: int, worded: int) -> Kind:
    """The kind of a target that is only the word of a direction (増加): by declaration, or by word.

    Without a declaration, the word of the cell, that of a column of directions and the KPI's name
    must not contradict each other: 苦情件数 does not go with 増加 (method 2).
    """
    named, sheets = named_direction(row["name"]), SIGN.get(row["sheet_direction"], 0)
    # The number of a rank falls when the rank rises.
    sheets = 0 if identity(row["unit"]) == RANK else sheets
    words = worded or sheets
    if words and not sign and -words in (named, sheets):
        speaks = _speaks(row, {"words": words, "name": named})
        return Kind(note=message("note.direction-unclear", speaks=speaks))
    by = "declared" if sign else "words" if words else ""
    return Kind("direction_only", worded or sign or sheets, by)


def _kind_with_number(row: dict, sign: int, worded: int) -> str:
    """The kind of a target that is a number, with its better direction."""
    baseline, keeps = row["start"], row["target_comparator"] == "keep"
    is_ahead = baseline is None or (row["target"] - baseline) * sign > 0
    if is_ahead and not worded and not keeps:
        return "reach_up" if sign > 0 else "reach_down"
    # A limit, by the cell's word or because the baseline respects it already.
    return "at_least" if sign > 0 else "at_most"


def _by_evidence(row: dict, worded: int, house: House) -> Kind:
    """The kind of a target that is a number, by the evidence for its better direction.

    Only a target above its baseline is evidence by itself; one below needs a name of which less is
    better, or the printed figure. The cell's comparator (以上, 以下: ``worded``) takes precedence
    over the side of the target; so does a column of directions. A printed 達成 or 未達成 counts
    only if there is no other evidence.
    """
    start, target = row["start"], row["target"]
    rises = start is not None and target > start and not worded
    unit = row["target_unit"] or row["unit"]
    # Only a declaration can tell what the word beside a rank means (10位を維持).
    is_worded_rank = row["target_comparator"] and identity(unit) == RANK
    named = named_direction(row["name"], "" if is_worded_rank else unit)
    is_foreseen = named < 0 < target and _FORESEEN.search(less_word(row["name"], unit))
    is_open = start is None and (is_foreseen or published.is_loss_below_zero(row))
    if is_open or named > 0 > min(target, row["actual"] or 0):
        # What a plan foresees, it need not want less of; a loss of ▲5 is less than one of ▲10; and
        # a cut of ▲5 rises to ▲10.
        named = 0
    marked = _marked_sign(row["target_raw"])
    sheets = 0 if identity(unit) == RANK else SIGN.get(row["sheet_direction"], 0)
    keeps = row["target_comparator"] == "keep"
    # Of what is kept at 100 % nothing but less can break it, where not more is there already.
    is_share = identity(unit) == "%" and not compiled("no_share").search(row["name"])
    is_all_kept = keeps and is_share and target == 100 >= (row["actual"] or 0)
    words = worded or marked or sheets or int(is_all_kept)
    # ▲20%以上 after ▲10% may be the larger cut.
    way = marked or (worded if target < 0 else 0)
    is_against = words * sheets < 0 or (start is not None and (target - start) * way < 0)
    is_unclear = row["sheet_direction"] == UNCLEAR and not (words or identity(unit) == RANK)
    evidence = {
        "words": words,
        "target": int(rises),
        "name": named,
        "published": published.direction_by_figure(row, house),
    }
    if named > 0 and start is not None and not rises and -1 not in evidence.values():
        # A name for a rise is no evidence for a target below the baseline, but one against a fall.
        evidence["name"] = 0
    sides = set(evidence.values()) - {0}
    # Of what is to be less, nothing but more can break a zero.
    is_zero_kept = target == 0 <= (row["actual"] or 0) and named < 0
    is_held = start == target and (keeps or not row["target_comparator"])
    if is_against or is_unclear or (is_held and not (is_zero_kept or is_all_kept or sheets)):
        sides = set()
    elif not sides and (by_word := published.direction_by_word(row)) and by_word + named:
        sides, evidence = {by_word}, {"published": by_word}
    if len(sides) != 1:
        return Kind(note=message("note.direction-unclear", speaks=_speaks(row, evidence)))
    sign = sides.pop()
    by = next(name for name, side in evidence.items() if side)
    return Kind(_kind_with_number(row, sign, worded), sign, by)


def _marked_sign(raw: str) -> int:
    """The sign of a direction whose word stands beside the target's number: 20人に増加; else 0."""
    marks = map(identity, read_cell(raw, "target").marks)
    words = (re.sub("^(?:まで|.)|(?:させる|する|る)$", "", mark) for mark in marks)
    return next((SIGN.get(MOVES[word], 0) for word in words if word in MOVES), 0)


def _speaks(row: dict, evidence: dict[str, int]) -> tuple[Message, ...]:
    """The evidence for a rise, and that for a fall, in words."""
    values = {
        "target": row["target_raw"],
        "word": less_word(row["name"], row["target_unit"] or row["unit"]) or label(row["name"]),
        "published": row["published"],
    }
    spoken = []
    for direction, sign in SIGN.items():
        names = [name for name, side in evidence.items() if side == sign]
        what = [message(f"evidence.{name}", **values) for name in names]
        spoken += [message(f"evidence.for-{direction}", what=what)] if what else []
    if not spoken and row["start"] is not None:
        spoken = [message(f"evidence.only-{'below' if row['target'] < row['start'] else 'equal'}")]
    spoken += [message("evidence.unclear")] if row["sheet_direction"] == UNCLEAR else []
    return tuple(spoken) or (message("evidence.none"),)


def less_word(name: str, unit: str = "") -> str:
    """The word of a KPI's name that says that less of what it counts is better; else blank.

    A word counts only if it names what is counted, that is, if only persons, places and measures
    follow it; a limit (以内) only if it is in the row's unit.

    >>> less_word("待ち時間を10分以内", "分"), less_word("徒歩10分以内", "%")
    ('分以内', '')
    """
    plain = _BESIDE.sub("", identity(name))
    match = None if _RISE.search(plain) else _LESS.search(plain)
    if not match or (match["rank"] and unit):
        return ""
    is_in_brackets = plain[: match.start()].endswith("(")
    is_other = match["of"] and match["of"] != identity(unit) and (unit or not is_in_brackets)
    return "" if is_other else match["word"]


def named_direction(name: str, unit: str = "") -> int:
    """The sign of the direction that is better by a KPI's name, or by the unit of a rank; else 0.

    >>> named_direction("温室効果ガス排出量"), named_direction("温室効果ガス排出量の削減率")
    (-1, 1)
    >>> named_direction("苦情件数の減少率"), named_direction("商店数の減少率")
    (1, 0)
    """
    if identity(unit).endswith("削減"):
        # A larger cut is better, whatever is cut.
        return 1
    if identity(unit) == RANK or less_word(name, unit):
        return -1
    plain = _BESIDE.sub("", identity(name))
    is_wanted = (fall := _FALL.search(plain)) and not _LESS.search(plain[: fall.start()])
    return 1 if _RISE.search(plain) and not is_wanted else 0
