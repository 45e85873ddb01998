"""What a rule of the notation has matched -> the value, exact, and how it limits."""

import re
from decimal import Decimal

from kpi_utils.cells.causes import Unreadable
from kpi_utils.cells.grammar import COMPARATORS
from kpi_utils.cells.units import MAGNITUDE, total

__all__ = ["measured"]

# More digits than a spreadsheet keeps are no figure of a KPI.
_MOST_DIGITS = 15


def measured(match: re.Match) -> tuple[Decimal, Decimal | None, str]:
    """Value, upper end and comparator of a value that a rule has matched."""
    said = match.groupdict()
    head = said.get("head") or ""
    for number in (head + said["value"], said.get("upper") or ""):
        if sum(map(str.isdigit, number)) > _MOST_DIGITS:
            raise Unreadable("too-long")
    value = _decimal(said["value"])
    if head:
        larger = re.findall(rf"(\D?[\d,]+)({MAGNITUDE}|時間)", head)
        numbers = [(_decimal(number), size) for number, size in larger]
        value = total([*numbers, (value, said["unit"])]) if said["value"][0].isdigit() else None
        if value is None or said.get("upper"):
            raise Unreadable("magnitudes")
    if (whole := said.get("whole")) and value > _decimal(whole):
        raise Unreadable("fraction")
    if said.get("places"):
        return value, value + 9, "range"
    comparator = COMPARATORS.get(_squeezed(said.get("limit") or said.get("keep") or ""), "")
    if not said.get("upper"):
        return value, None, comparator
    upper = _decimal(said["upper"])
    if comparator:
        raise Unreadable("range-limit")
    if _squeezed(said["unit"]) not in ("", _squeezed(said["upper_unit"])):
        raise Unreadable("range-units")
    if upper < value:
        raise Unreadable("range-order")
    return value, upper, "range"


def _decimal(number: str) -> Decimal:
    """The value of a number as it is printed.

    >>> _decimal("▲1,073"), _decimal("±0.0"), _decimal("1、007・9")
    (Decimal('-1073'), Decimal('0.0'), Decimal('1007.9'))
    """
    plain = re.sub(r"[,、\s+±]", "", number).replace("・", ".")
    return Decimal(re.sub("^[−▲△]", "-", plain))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
