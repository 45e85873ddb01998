"""Which way is better, by evidence: "Which way is better" in section 2 of docs/method.md.

The side on which a target lies is not enough: a plan that means to hold a level, or expects a fall,
sets its target a little under the baseline. So what speaks for a rise or a fall is gathered (the
cell's own words, the target's side, the KPI's name, the printed figure); where it is missing or
contradicts itself, a person has to say.
"""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

from kpi_utils.cells.notation import identity

# The unit of a rank, of which the smaller number is the better place.
RANK = "位"

_WORDS = tomllib.loads(Path(__file__).with_name("direction_words.toml").read_text("utf-8"))
# Patterns, each with the name of a KPI as its example: what is better the less there is of it, and
# what rises as it gets better, although such a word stands in its name (method 2).
LESS_IS_BETTER, RISES = _WORDS["less_is_better"], _WORDS["rises"]
_LESS = re.compile(
    rf"""
    (?<![無非不脱反防])  # Not behind a negation: 無事故, 脱炭素 count no accidents and no carbon.
    (?P<word>{"|".join(LESS_IS_BETTER)})
    {_WORDS["neutral"]}*+$  # Only persons, places and measures may stand behind the word.
    """,
    re.VERBOSE,
)
_RISE = re.compile(rf"(?:{'|'.join(RISES)})$")
_BESIDE = re.compile(
    r"""
    [(\[〔〈<](?:[^()]|\([^()]*\))*?[)\]〕〉>]  # brackets with their content: (男性(20~69歳)),
    | [※*★☆○●◎■□◆◇⇩⇧↓↑▲△▼†]\d*  # and marks of notes: ※1
    """,
    re.VERBOSE,
)


class Evidence(NamedTuple):
    """What speaks for a rise (1) or a fall (-1) of a KPI being better; 0 where it says nothing.

    ``words`` are the cell's own (以上, 減少) or those of a column of directions,
    ``target`` the side of the baseline on which the target lies, ``name`` what the KPI counts,
    ``published`` the printed figure.
    """

    words: int = 0
    target: int = 0
    name: int = 0
    published: int = 0

    def of(self, sign: int) -> list[str]:
        """What speaks for one side."""
        return [name for name, side in self._asdict().items() if side == sign]


def less_word(name: str) -> str:
    """The word of a KPI's name that says that less of what it counts is better; else blank.

    A word counts only where it names what is counted, that is, where only persons, places and
    measures stand behind it.

    >>> less_word("温室効果ガス排出量"), less_word("交通事故防止教室の参加者数")
    ('排出量', '')
    """
    plain = _BESIDE.sub("", identity(name))
    match = None if _RISE.search(plain) else _LESS.search(plain)
    return match["word"] if match else ""


def named_direction(name: str, unit: str = "") -> int:
    """The direction that a KPI's name, or the unit of a rank, says is better; 0 where it does not.

    >>> named_direction("温室効果ガス排出量"), named_direction("温室効果ガス排出量の削減率")
    (-1, 1)
    >>> named_direction("むし歯のない3歳児の割合"), named_direction("全国順位", "位")
    (0, -1)
    >>> named_direction("温室効果ガス排出量", "%削減")
    1
    """
    if identity(unit).endswith("削減"):
        # A cut is the larger the better, of whatever it is one.
        return 1
    if less_word(name) or identity(unit) == RANK:
        return -1
    return 1 if _RISE.search(_BESIDE.sub("", identity(name))) else 0
