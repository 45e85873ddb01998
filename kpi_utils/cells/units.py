"""Values as sheets write them: magnitudes (万, 百万, 億 …), ranges, spellings of one unit."""

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from kpi_utils.cells.letters import WORDS, pattern, squeezed

# The most digits that a spreadsheet and a float keep; no figure of a KPI has more.
MOST_DIGITS = 15

_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "億": 8, "兆": 12}
_SCALED = re.compile(f"({pattern('magnitude')})?({pattern('counted')}(?:/.+)?)")
_LIMITS = WORDS["comparators"] | WORDS["bounds"]
# Units of one quantity: each as a power of ten times the smallest of them.
_QUANTITIES = {"t": (6, "g"), "kg": (3, "g"), "km": (3, "m"), "km2": (6, "m2"), "ha": (4, "m2")}
_QUANTITIES |= {"kL": (3, "L"), "MWh": (3, "kWh"), "MW": (3, "kW"), "GJ": (3, "MJ"), "割": (1, "%")}
_SECONDS = {"時間": 3600, "分": 60, "秒": 1}
# Spellings of one unit.
_SPELLINGS = {"トン": "t", "tCO2": "t-CO2", "パーセント": "%", "あたり": "当たり", "当り": "当たり"}
_SPELLINGS |= {"¥": "円", "$": "ドル", "€": "ユーロ", "‐": "-", "ヘクタール": "ha"}
_SPELLINGS |= {"平方キロメートル": "km2", "平方メートル": "m2", "キロメートル": "km"}


class Unreadable(Exception):
    """Raised for a cell that cannot be read: the code of its ``cause``, and the part at fault."""

    def __init__(self, cause: str, part: str = ""):
        self.cause, self.part = cause, part


def in_unit(value: Decimal, unit: str, other: str) -> Decimal | None:
    """A value converted exactly to another unit of the same quantity; None if it cannot be.

    Spellings that Unicode NFKC makes equal, and ヶ所, か所 and 箇所, are one unit. Per cent and
    percentage points (ポイント) never convert.

    >>> in_unit(Decimal("2620"), "十億円", "億円"), in_unit(Decimal("45"), "kg-CO2", "t-CO2")
    (Decimal('26200'), Decimal('0.045'))
    """
    power, base = _in_base(unit)
    other_power, other_base = _in_base(other)
    if base != other_base:
        if not {base, other_base} <= _SECONDS.keys():
            return None
        value = value * _SECONDS[base] / _SECONDS[other_base]
        # 45 minutes are 0.75 hours; 70 minutes have no exact decimal.
        if len(value.as_tuple().digits) > MOST_DIGITS:
            return None
    # Written out, for 5E+4 is not how a figure is printed.
    return Decimal(f"{value.scaleb(power - other_power):f}")


def total(numbers: list[tuple[Decimal, str]]) -> Decimal | None:
    """The value of a number in several magnitudes (2億396万), in the unit of the last.

    None unless each part is less than one of the magnitude before. 百 before 万 or 億 counts these.

    >>> total([(Decimal(8), "百"), (Decimal(76), "万円")])
    Decimal('876')
    """
    units = [unit for _, unit in numbers]
    if set(units) <= _SECONDS.keys():
        ratios = [_SECONDS[one] // _SECONDS[other] for one, other in pairwise(units)]
    else:
        power, base = _parts(units[-1])
        if _SECONDS.keys() & set(units) or not _SCALED.fullmatch(base):
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
    """The power of ten of a unit's magnitude, and the unit without it; 百貨店 has no magnitude."""
    plain = re.sub("[ヶケヵカか箇個](?=[所国月])", "か", squeezed(unit))
    for spelling, usual in _SPELLINGS.items():
        plain = plain.replace(spelling, usual)
    match = _SCALED.fullmatch(plain)
    # 名 and 人 count the same.
    return (_power(match[1] or ""), re.sub("^名$", "人", match[2])) if match else (0, plain)


@lru_cache(maxsize=4096)
def _in_base(unit: str) -> tuple[int, str]:
    """A unit as a power of ten and the smallest unit of its quantity: 千t-CO2 is (9, g-CO2)."""
    power, base = _parts(unit)
    head = re.split("[-/]", base)[0]
    more, least = _QUANTITIES.get(head, (0, head))
    return power + more, least + base[len(head) :]


def is_multiple(unit: str) -> bool:
    """Whether a unit is a multiple of a smaller one: 万人, kg, 時間."""
    power, base = _in_base(unit)
    return power > 0 or _SECONDS.get(base, 0) > 1


def measured(match: re.Match) -> tuple[Decimal, Decimal | None, str]:
    """Value, upper end (None if no range) and comparator of a value that a rule has matched.

    Raises Unreadable if its digits, magnitudes or ends do not make one value.
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
    comparator = _LIMITS.get(squeezed(group["bound"] or group["limit"] or group["keep"]), "")
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
    larger = re.findall(rf"(\D?[\d,]+)({pattern('magnitude')}|時間|分)", group["head"])
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
    """The value of a number as it is printed: ▲1,073, ±0.0, 1、007・9."""
    plain = re.sub(r"[,、\s+±]", "", number).replace("・", ".").replace("ゼロ", "0")
    return Decimal(re.sub("^[−‐▲△]", "-", plain))
