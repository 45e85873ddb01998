"""One row -> the kind of its target, and the direction that is better: section 2 of docs/method.md.

A KPI's target has a *kind* (to rise to a number, to stay under one, to lie in a range …); the kind
says when it is met. What cannot be told from the sheet or a declaration says why.
"""

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, UNREADABLE, WORD, identity, label
from kpi_utils.judging.achievement import SIGN, Undetermined, absent
from kpi_utils.judging.direction import RANK, Evidence, less_word, named_direction
from kpi_utils.language import listed, say
from kpi_utils.plan import Declaration

__all__ = ["kind_of"]

WORDED_SIGN = {**SIGN, "at_least": 1, "above": 1, "at_most": -1, "below": -1}


def kind_of(
    row: dict, declared: Declaration, printed: int = 0, said: int = 0
) -> tuple[str, int, str]:
    """The kind of a row's target, the sign of the better direction, and what that rests on.

    Method 2. ``printed`` is the direction that the printed figure speaks for, ``said`` that of a
    printed word, which is heard where nothing else says. What it rests on is declared, or a name
    of ``direction.Evidence``; blank where there is no direction. Raises ``Undetermined`` where
    there is no evidence, or where it contradicts itself.
    """
    sign = SIGN.get(declared.direction, 0)
    baseline, target, comparator = row["start"], row["target"], row["target_comparator"]
    by = "declared" if sign else ""
    if _must_be_in_words(row, declared):
        return "text", sign, by
    if comparator == "range":
        # From outside of it, the way to a range has a direction; from inside there is none.
        inside = baseline is None or target <= baseline <= row["target_upper"]
        way = 0 if inside else 1 if baseline < target else -1
        return "range", way, "declared" if declared.kind == "range" else "words"
    worded = WORDED_SIGN.get(comparator, 0)
    if worded and identity(row["target_unit"] or row["unit"]) == RANK:
        # 10位以上 is the tenth place or a better one, of which the number is smaller.
        if not sign:
            raise Undetermined("rank-without-direction", raw=row["target_raw"])
        worded = sign
    limit = WORDED_SIGN.get(declared.kind, 0)
    if worded and -worded in (sign, limit):
        raise Undetermined("declared-against-target")
    if target is None:
        return "direction_only", worded or sign, by or ("words" if worded else "")
    if limit:
        return declared.kind, limit, "declared"
    if not sign:
        sign, by = _by_evidence(row, worded, printed, said)
    ahead = baseline is None or (target - baseline) * sign > 0
    if ahead and not worded and comparator != "keep":
        return "reach_up" if sign > 0 else "reach_down", sign, by
    # A limit, by the cell's word or because the baseline respects it already.
    return "at_least" if sign > 0 else "at_most", sign, by


def _must_be_in_words(row: dict, declared: Declaration) -> bool:
    """Whether a target is in words; raises where it, or the baseline, cannot be read."""
    if declared.kind == "text":
        return True
    if row["target_reason"] == UNREADABLE:
        raise absent("target", row["target_raw"], UNREADABLE)
    if row["target_reason"] in (BLANK, NOT_REPORTED):
        raise Undetermined("no-target")
    if row["target_reason"] == WORD:
        return True
    if row["start"] is None and row["baseline_reason"] not in (BLANK, NOT_REPORTED):
        raise absent("baseline", row["baseline_raw"], row["baseline_reason"])
    return False


def _by_evidence(row: dict, worded: int, printed: int, said: int) -> tuple[int, str]:
    """The better direction of a row with a number for its target, and what speaks for it.

    Only a target above its baseline is evidence by itself; one below needs a name that counts what
    is to be less, or the printed figure. A word (以上, 以下) goes before the side of the target.
    """
    start, target = row["start"], row["target"]
    rises = start is not None and target > start and not worded
    # Of a rank's word (10位を維持) only a declaration says what it means.
    unit = "" if row["target_comparator"] else row["target_unit"] or row["unit"]
    named = named_direction(row["name"], unit)
    if named > 0 and start is not None and not rises:
        # That a name speaks of a rise does not explain a target that lies below.
        named = 0
    evidence = Evidence(worded, int(rises), named, printed)
    sides = {sign for sign in evidence if sign}
    if start == target and row["target_comparator"] in ("", "keep"):
        sides = set()
    elif not sides and said:
        return said, "published"
    if len(sides) != 1:
        raise Undetermined("direction-unclear", speaks=_speaks(row, evidence))
    sign = sides.pop()
    return sign, evidence.of(sign)[0]


def _speaks(row: dict, evidence: Evidence) -> str:
    """What speaks for a rise, and what for a fall."""
    named = {
        "target": row["target_raw"],
        "word": less_word(row["name"]) or label(row["name"]),
        "published": row["published"],
    }
    sides = {
        side: listed(say(f"evidence.{name}", **named) for name in evidence.of(sign))
        for side, sign in SIGN.items()
    }
    told = [say(f"evidence.for-{side}", what=what) for side, what in sides.items() if what]
    if not told and row["start"] is not None:
        side = "below" if row["target"] < row["start"] else "equal"
        told = [say(f"evidence.only-{side}")]
    return listed(told) or say("evidence.none")
