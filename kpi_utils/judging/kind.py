"""One row -> the kind of its target, and the direction that is better: section 2 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …); the kind
says when it is met. Where neither the sheet nor a declaration tells the kind, a note says why.
"""

import re
from typing import NamedTuple

from kpi_utils.cells.grammar import DIRECTIONS
from kpi_utils.cells.notation import (
    BLANK,
    NOT_REPORTED,
    UNREADABLE,
    WORD,
    identity,
    label,
    read_cell,
)
from kpi_utils.judging.achievement import SIGN
from kpi_utils.judging.direction import RANK, Evidence, less_word, named_direction
from kpi_utils.judging.undetermined import absent
from kpi_utils.plan import Declaration
from kpi_utils.words import Message, message

# What names of KPIs say of which a fall may go below zero.
_MAY_BE_NEGATIVE = re.compile("超過|増減|収支|損益|社会減|自然減|前年|比")
WORDED_SIGN = {**SIGN, "at_least": 1, "above": 1, "at_most": -1, "below": -1}


class Kind(NamedTuple):
    """The kind of a row's target, the sign of the better direction, and what that rests on.

    ``by`` is declared, or a name of ``direction.Evidence``; blank where there is no direction.
    ``note`` says why the row cannot be judged, where there is no evidence, or where it contradicts
    itself; else None.
    """

    kind: str = ""
    sign: int = 0
    by: str = ""
    note: Message | None = None


def kind_of(
    row: dict, declared: Declaration, direction_by_figure: int = 0, direction_by_word: int = 0
) -> Kind:
    """The kind of a row's target (method 2).

    ``row`` has exact numbers. The two directions are those that the printed figure and the printed
    word speak for; the word counts only where there is no other evidence.
    """
    if note := _unusable(row, declared):
        return Kind(note=note)
    sign = SIGN.get(declared.direction, 0)
    comparator, by = row["target_comparator"], "declared" if sign else ""
    if declared.kind == "text" or row["target_reason"] == WORD:
        return Kind("text", sign, by)
    if comparator == "range":
        source = "declared" if declared.kind == "range" else "words"
        return Kind("range", _way_to_range(row), source)
    worded, limit = WORDED_SIGN.get(comparator, 0), WORDED_SIGN.get(declared.kind, 0)
    if worded and identity(row["target_unit"] or row["unit"]) == RANK:
        # 10位以上 is the tenth place or a better one, of which the number is smaller.
        if not sign:
            return Kind(note=message("note.rank-without-direction", raw=row["target_raw"]))
        worded = sign
    if worded and -worded in (sign, limit):
        return Kind(note=message("note.declared-against-target"))
    if row["target"] is None:
        return _by_word_alone(row, sign or limit, worded)
    if limit:
        return Kind(declared.kind, limit, "declared")
    if not sign:
        return _by_evidence(row, worded, direction_by_figure, direction_by_word)
    return Kind(_kind_with_number(row, sign, worded), sign, by)


def _way_to_range(row: dict) -> int:
    """The sign of the way from the baseline to a range; 0 from inside, or without a baseline."""
    baseline = row["start"]
    if baseline is None or row["target"] <= baseline <= row["target_upper"]:
        return 0
    return 1 if baseline < row["target"] else -1


def _by_word_alone(row: dict, sign: int, worded: int) -> Kind:
    """The kind of a target that is a word of a direction, with the declared sign, or that word's.

    A name that counts what is to be less contradicts 増加, and so does a column of directions.
    """
    named, sheets = named_direction(row["name"]), SIGN.get(row["sheet_direction"], 0)
    # A rank that rises falls in number.
    sheets = 0 if identity(row["unit"]) == RANK else sheets
    if worded and not sign and -worded in (named, sheets):
        speaks = _speaks(row, Evidence(words=worded, name=named))
        return Kind(note=message("note.direction-unclear", speaks=speaks))
    by = "declared" if sign else "words" if worded or sheets else ""
    return Kind("direction_only", worded or sign or sheets, by)


def _kind_with_number(row: dict, sign: int, worded: int) -> str:
    """The kind of a target that is a number, with its better direction."""
    baseline, keeps = row["start"], row["target_comparator"] == "keep"
    is_ahead = baseline is None or (row["target"] - baseline) * sign > 0
    if is_ahead and not worded and not keeps:
        return "reach_up" if sign > 0 else "reach_down"
    # A limit, by the cell's word or because the baseline respects it already.
    return "at_least" if sign > 0 else "at_most"


def _unusable(row: dict, declared: Declaration) -> Message | None:
    """Returns why the target, or the baseline that it is measured from, cannot be used, or None."""
    if declared.kind == "text":
        return None
    if row["target_reason"] == UNREADABLE:
        return absent("target", row["target_raw"], UNREADABLE)
    if row["target_reason"] in (BLANK, NOT_REPORTED):
        return message("note.no-target")
    no_baseline = row["start"] is None and row["baseline_reason"] not in (BLANK, NOT_REPORTED)
    if no_baseline and row["target_reason"] != WORD:
        return absent("baseline", row["baseline_raw"], row["baseline_reason"])
    return None


def _by_evidence(row: dict, worded: int, by_figure: int, by_word: int) -> Kind:
    """The kind of a target that is a number, by what speaks for its better direction.

    Only a target above its baseline is evidence by itself; one below needs a name that counts what
    is to be less, or the printed figure. The cell's comparator (以上, 以下: ``worded``) goes before
    the side of the target; so does a column of directions. ``by_word`` is the direction of a
    printed 達成 or 未達成.
    """
    start, target = row["start"], row["target"]
    rises = start is not None and target > start and not worded
    unit = row["target_unit"] or row["unit"]
    # Of a rank's word (10位を維持) only a declaration says what it means.
    is_worded_rank = row["target_comparator"] and identity(unit) == RANK
    named = named_direction(row["name"], "" if is_worded_rank else unit)
    if named > 0 and start is not None and not rises:
        # A name that speaks of a rise does not explain a target below the baseline.
        named = 0
    # Of other units ``incomparable`` tells.
    may_be = _MAY_BE_NEGATIVE.search(row["name"]) or identity(unit) != identity(row["unit"])
    if start is not None and start > 0 > target and not may_be:
        # ▲5 behind 10 accidents may be five fewer.
        named = 0
    marked, sheets = _marked_sign(row["target_raw"]), SIGN.get(row["sheet_direction"], 0)
    words = worded or marked or sheets
    evidence = Evidence(words=words, target=int(rises), name=named, published=by_figure)
    sides = {sign for sign in evidence if sign}
    is_against = words * sheets < 0 or (start is not None and (target - start) * marked < 0)
    if is_against or (start == target and row["target_comparator"] in ("", "keep")):
        sides = set()
    elif not sides and by_word:
        return Kind(_kind_with_number(row, by_word, worded), by_word, "published")
    if len(sides) != 1:
        return Kind(note=message("note.direction-unclear", speaks=_speaks(row, evidence)))
    sign = sides.pop()
    return Kind(_kind_with_number(row, sign, worded), sign, evidence.of(sign)[0])


def _marked_sign(raw: str) -> int:
    """The sign of a direction that is said of a number: 20人に増加."""
    words = (identity(mark)[1:] for mark in read_cell(raw).marks)
    return next((SIGN.get(DIRECTIONS[word], 0) for word in words if word in DIRECTIONS), 0)


def _speaks(row: dict, evidence: Evidence) -> tuple[Message, ...]:
    """What speaks for a rise, and what for a fall."""
    values = {
        "target": row["target_raw"],
        "word": less_word(row["name"]) or label(row["name"]),
        "published": row["published"],
    }
    sides = {
        side: tuple(message(f"evidence.{name}", **values) for name in evidence.of(sign))
        for side, sign in SIGN.items()
    }
    spoken = [message(f"evidence.for-{side}", what=what) for side, what in sides.items() if what]
    if not spoken and row["start"] is not None:
        spoken = [message(f"evidence.only-{'below' if row['target'] < row['start'] else 'equal'}")]
    return tuple(spoken) or (message("evidence.none"),)
