"""Values as sheets write them: magnitudes (万, 百万, 億 …), ranges, spellings of one unit."""

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from kpi_utils.cells.letters import WORDS, pattern, squeezed

# More digits than a spreadsheet, and a float, keeps are no figure of a KPI.
MOST_DIGITS = 15

_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "億": 8, "兆": 12}
_SCALED = re.compile(f"({pattern('magnitude')})?({pattern('counted')}(?:/.+)?)")
# Spellings of one unit.
_SPELLINGS = {"トン": "t", "tCO2": "t-CO2", "パーセント": "%", "あたり": "当たり", "当り": "当たり"}
_SPELLINGS |= {"¥": "円", "$": "ドル", "€": "ユーロ", "‐": "-", "ヘクタール": "ha"}
_SPELLINGS |= {"平方キロメートル": "km2", "平方メートル": "m2", "キロメートル": "km"}


class Unreadable(Exception):
    """A cell that cannot be read: its ``cause``, and the part at which no rule reads on."""

    def __init__(self, cause: str, part: str = ""):
        self.cause, self.part = cause, part


def in_unit(value: Decimal, unit: str, other: str) -> Decimal | None:
    """A value in another unit of the same base, exact; None where the units do not convert.

    Spellings that Unicode NFKC makes equal, and ヶ所, か所 and 箇所, are one unit. Per cent and
    percentage points (ポイント) never convert.

    >>> in_unit(Decimal("2620"), "十億円", "億円"), in_unit(Decimal("50.0"), "千人", "人")
    (Decimal('26200'), Decimal('50000'))
    >>> in_unit(Decimal("3"), "ヶ所", "箇所"), in_unit(Decimal("3"), "千名", "人")
    (Decimal('3'), Decimal('3000'))
    >>> in_unit(Decimal("3.5"), "百万$", "$"), in_unit(Decimal("1200"), "¥", "千円")
    (Decimal('3500000'), Decimal('1.200'))
    """
    power, base = _parts(unit)
    other_power, other_base = _parts(other)
    if [base, other_base] == ["時間", "分"]:
        value = value * 60
    elif [base, other_base] == ["分", "時間"] and value % 3 == 0:
        # Exact: 45 minutes are 0.75 hours.
        value = value / 60
    elif base != other_base:
        return None
    # Written out, for 5E+4 is not how a figure is printed.
    return Decimal(f"{value.scaleb(power - other_power):f}")


def total(numbers: list[tuple[Decimal, str]]) -> Decimal | None:
    """The value of a number in several magnitudes, in the last one's unit; None where it is none.

    Each part must be less than one of the magnitude before it. 百 before 万 or 億 counts these.

    >>> total([(Decimal(3), "兆"), (Decimal(2885), "億円")])
    Decimal('32885')
    >>> total([(Decimal(8), "百"), (Decimal(76), "万円")])
    Decimal('876')
    >>> total([(Decimal(2), "時間"), (Decimal(30), "分")])
    Decimal('150')
    """
    units = [unit for _, unit in numbers]
    if units == ["時間", "分"]:
        ratios = [60]
    else:
        power, base = _parts(units[-1])
        if "時間" in units or not _SCALED.fullmatch(base):
            return None
        powers = [*map(_power, units[:-1]), power]
        if len(numbers) == 2 and powers[0] in (2, 3) and power in (4, 8, 12):
            powers = [powers[0] + power, power]
        if powers != sorted(set(powers), reverse=True):
            return None
        ratios = [10 ** (one - other) for one, other in pairwise(powers)]
    value = numbers[0][0]
    for (number, _), ratio in zip(numbers[1:], ratios, strict=True):
        if not 0 <= number < ratio:
            return None
        value = value * ratio + number.copy_sign(value)
    return value


def _power(magnitude: str) -> int:
    return sum(_POWERS[character] for character in magnitude)


def _parts(unit: str) -> tuple[int, str]:
    """The power of ten of a unit's magnitude, and the unit without it.

    >>> _parts("百万円"), _parts("万㎡"), _parts("百貨店"), _parts("千ｔ-CO₂")
    ((6, '円'), (4, 'm2'), (0, '百貨店'), (3, 't-CO2'))
    """
    plain = re.sub("[ヶケヵカか箇個](?=[所国月])", "か", squeezed(unit))
    for spelling, usual in _SPELLINGS.items():
        plain = plain.replace(spelling, usual)
    match = _SCALED.fullmatch(plain)
    # 10名 and 10人 are as many.
    return (_power(match[1] or ""), re.sub("^名$", "人", match[2])) if match else (0, plain)


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
    comparator = WORDS["comparators"].get(squeezed(group["limit"] or group["keep"]), "")
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
    return Decimal(re.sub("^[−‐▲△]", "-", plain))
