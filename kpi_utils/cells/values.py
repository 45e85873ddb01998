"""What a rule of the notation has matched -> the one value of a text, or why it is none."""

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from kpi_utils.cells.grammar import COMPARATORS, Parts, says_no_value
from kpi_utils.cells.letters import WORDS, squeezed
from kpi_utils.cells.patterns import compiled, pattern
from kpi_utils.cells.units import total

# More digits than a spreadsheet, and a float, keeps are no figure of a KPI.
MOST_DIGITS = 15
# Why a cell cannot be read, by what stands in it; the first that fits is said.
_CAUSES = WORDS["causes"]


class Unreadable(Exception):
    """A cell that cannot be read: its ``cause``, and the part at which no rule reads on."""

    def __init__(self, cause: str, part: str = ""):
        self.cause, self.part = cause, part


def cause_of(text: str, rest: str, parts: Parts) -> tuple[str, str]:
    """Why a text is not one value: the first cause that fits, and the part that it is about."""
    if not is_doubled(text) and compiled("series").fullmatch(text):
        words = re.findall(rf"([^\W\d_]+)\s*:?\s*{pattern('number')}", text)
        return "series", "\n".join(words)
    return _cause(text, rest, parts), rest.split()[0] if rest.split() else ""


def _cause(text: str, rest: str, parts: Parts) -> str:
    if is_doubled(text):
        return "doubled"
    for evidence, cause in _CAUSES.items():
        if re.search(evidence, text):
            return cause
    if says_no_value(rest):
        return "no-value-beside"
    if re.match(r"[(\[〈<《【〔]\D*\d", rest) and not parts.dash:
        return "bracket-beside" if parts.values else "bracket"
    if len(compiled("number").findall(compiled("date").sub("", text))) > 1:
        return "several"
    directed = any("direction" in value.groupdict() for value in parts.values)
    if directed or re.search("増|減|上昇|低下|向上", rest):
        return "change"
    return "part" if rest else "several"


def is_doubled(text: str) -> bool:
    """Whether each character stands twice, as in text of a PDF that was printed twice over."""
    letters = squeezed(text)
    return letters[::2] == letters[1::2] and not letters.isdigit()


def measured(match: re.Match) -> tuple[Decimal, Decimal | None, str]:
    """Value, upper end and comparator of a value that a rule has matched.

    Raises Unreadable where it is no one value: digits, magnitudes or ends that do not fit.
    """
    group = defaultdict(str, {name: text for name, text in match.groupdict().items() if text})
    for number in (group["head"] + group["value"], group["upper"]):
        if sum(map(str.isdigit, number)) > MOST_DIGITS:
            raise Unreadable("too-long")
    value = _with_magnitudes(group) if group["head"] else _decimal(group["value"])
    if group["whole"] and value > _decimal(group["whole"]):
        raise Unreadable("fraction")
    if group["places"]:
        return value, value + 9, "range"
    comparator = COMPARATORS.get(squeezed(group["limit"] or group["keep"]), "")
    if not group["upper"]:
        return value, None, comparator
    upper = _decimal(group["upper"])
    if comparator:
        raise Unreadable("range-limit")
    if squeezed(group["unit"]) not in ("", squeezed(group["upper_unit"])):
        raise Unreadable("range-units")
    if upper < value:
        raise Unreadable("range-order")
    return value, upper, "range"


def _with_magnitudes(group: Mapping[str, str]) -> Decimal:
    """The value of a number in several magnitudes: 2億396万円."""
    larger = re.findall(rf"(\D?[\d,]+)({pattern('magnitude')}|時間)", group["head"])
    numbers = [(_decimal(number), size) for number, size in larger]
    last = group["value"]
    value = total([*numbers, (_decimal(last), group["unit"])]) if last[0].isdigit() else None
    if value is None or group["upper"]:
        raise Unreadable("magnitudes")
    # 9,999兆1円 has few digits as printed, and more than a float keeps.
    if len(value.normalize().as_tuple().digits) > MOST_DIGITS:
        raise Unreadable("too-long")
    return value


def _decimal(number: str) -> Decimal:
    """The value of a number as it is printed.

    >>> _decimal("▲1,073"), _decimal("±0.0"), _decimal("1、007・9")
    (Decimal('-1073'), Decimal('0.0'), Decimal('1007.9'))
    """
    plain = re.sub(r"[,、\s+±]", "", number).replace("・", ".")
    return Decimal(re.sub("^[−▲△]", "-", plain))
