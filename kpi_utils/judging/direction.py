"""Which way is better, by evidence: "Which way is better" in section 2 of docs/method.md.

The side on which a target lies is not enough: a plan that means to hold a level, or expects a fall,
sets its target a little under the baseline. So what speaks for a rise or a fall is gathered (the
cell's own words, the target's side, the KPI's name, the printed figure); where it is missing or
contradicts itself, a person has to say.
"""

import json
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from kpi_utils.cells.notation import identity, label

__all__ = [
    "DIRECTION_UNCLEAR",
    "LESS_IS_BETTER",
    "RANK",
    "RISES",
    "Evidence",
    "less_word",
    "named_direction",
    "quoted_name",
]

# Why a row is undetermined whose direction only a person can say, in plan.toml.
DIRECTION_UNCLEAR = (
    "direction-unclear",
    "rank-without-direction",
    "target-without-direction",
    "published-contradicts",
)
# The unit of a rank, of which the smaller number is the better place.
RANK = "位"

_WORDS = tomllib.loads(Path(__file__).with_name("direction_words.toml").read_text("utf-8"))
# What a KPI counts of which less is better, and what rises as it gets better though it names such
# a thing: patterns, each with the name of a KPI in which it does (method 2).
LESS_IS_BETTER, RISES = _WORDS["less_is_better"], _WORDS["rises"]
_LESS = re.compile(
    rf"(?<![無非不脱反防])(?P<word>{'|'.join(LESS_IS_BETTER)}){_WORDS['neutral']}*+$", re.VERBOSE
)
_RISE = re.compile(rf"(?:{'|'.join(RISES)})$")
# Brackets with what is in them, and marks of notes.
_BESIDE = re.compile(r"[(\[〔〈<].*?[)\]〕〉>]|[※*★☆○●◎■□◆◇⇩⇧↓↑▲△▼†]\d*")


class Evidence(NamedTuple):
    """What speaks for a rise (1) or a fall (-1) of a KPI being better; 0 where it says nothing.

    ``words`` are the cell's own (以上, 減少), ``target`` the side of the baseline on which the
    target lies, ``name`` what the KPI counts, ``published`` the printed figure.
    """

    words: int = 0
    target: int = 0
    name: int = 0
    published: int = 0

    def of(self, sign: int) -> list[str]:
        """What speaks for one side."""
        return [name for name, said in self._asdict().items() if said == sign]


def less_word(name: str) -> str:
    """The word of a KPI's name that says that less of what it counts is better; else blank.

    A word counts only where it names what is counted, that is, where only persons, places and
    measures stand behind it.

    >>> less_word("温室効果ガス排出量"), less_word("交通事故防止教室の参加者数")
    ('排出量', '')
    """
    plain = _BESIDE.sub("", identity(name))
    found = None if _RISE.search(plain) else _LESS.search(plain)
    return found["word"] if found else ""


def named_direction(name: str, unit: str = "") -> int:
    """The direction that a KPI's name, or the unit of a rank, says is better; 0 where it does not.

    >>> named_direction("温室効果ガス排出量"), named_direction("温室効果ガス排出量の削減率")
    (-1, 1)
    >>> named_direction("むし歯のない3歳児の割合"), named_direction("全国順位", "位")
    (0, -1)
    """
    if less_word(name) or identity(unit) == RANK:
        return -1
    return 1 if _RISE.search(_BESIDE.sub("", identity(name))) else 0


def quoted_name(name: str) -> str:
    """A KPI's name as plan.toml has it, without its goals.

    >>> quoted_name("市内総生産額 【9.2,9.4】")
    '"市内総生産額"'
    """
    return json.dumps(label(name), ensure_ascii=False)
