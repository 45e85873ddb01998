"""One cell's text -> year, value, unit, comparator, or the reason that there is none.

A cell such as ``2020年度 2,620 十億円`` is read on a copy normalised by Unicode NFKC (full-width
digits, ％, （）; not ² or ①, which are marks beside a number); the text itself is kept as it was
printed. The grammar is small and strict: what no rule reads is *unreadable*, and never becomes a
number that only looks right.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Cell", "identity", "label", "read_cell"]

BLANK, NOT_REPORTED, WORD, UNREADABLE = "blank", "not_reported", "word", "unreadable"

# What is said of such a cell, wherever it is named.
UNREADABLE_CELL = "が読み取れない表記"

COMPARATORS = {
    "以上": "at_least",
    "以下": "at_most",
    "超": "above",
    "未満": "below",
    "維持": "keep",
}
DIRECTIONS = {
    "上昇": "increase",
    "増加": "increase",
    "向上": "increase",
    "減少": "decrease",
    "低下": "decrease",
    "維持": "keep",
    "横ばい": "keep",
}
NO_VALUE = {"-", "−", "‐", "–", "—", "―", "ー"} | {
    "未公表",
    "集計中",
    "調査なし",
    "該当なし",
    "未定",
    "検討中",
    "設定なし",
    "設定しない",
}

# Only a sign right before a digit is a minus: △ alone is a grade in some sheets, and a dash
# between spaces parts two things.
_NUMBER = r"(?:[-−]|[▲△]\s?)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
# More digits than a spreadsheet keeps are no figure of a KPI.
_MOST_DIGITS = 15
# Words that say how a value is meant: what has one beside its number is no plain value.
_QUALIFIED = re.compile("累計|程度|見込|平均|以|超|未|比|約|増|減")
# A unit has no digits but those of CO2 and of squares and cubes:
# "300件（5年間累計）" is not a value of 300 with a long unit. Nor is 月 one: "2022年 10月" is a
# date.
_UNIT = r"(?!月)(?:CO[2₂]|m[23²³]|[㎡㎥㎢㎦]|[^\W\d_]|[%‰℃/・-])*?"
_YEAR = re.compile(r"(\d{4})\s*年度?(?![-−–])\s*")
_VALUE = re.compile(
    rf"(?P<value>{_NUMBER})\s*(?P<unit>{_UNIT})"
    rf"(?:\s*[~〜]\s*(?P<upper>{_NUMBER})\s*(?P<upper_unit>{_UNIT}))?"
    rf"\s*(?P<comparator>{'|'.join(COMPARATORS)})?"
)


@dataclass(frozen=True)
class Cell:
    """What one cell says.

    ``raw`` is the text as printed, ``text`` the same without its year. ``year`` is the fiscal year
    that the cell itself names, or None.
    ``value`` is the number in the cell's own unit, exact; of a range the lower end, with the other
    in ``upper``. ``unit`` is as printed. ``comparator`` is "" for a plain number, "range", one of
    the values of COMPARATORS (以上, 以下 …), or of DIRECTIONS where a word stands for a number.
    ``marks`` are what is said beside the number, as printed (約, 暫定, 累計, ※1, a gloss).
    ``why`` says in Japanese why an unreadable cell cannot be read.
    ``reason`` says why there is no number: "blank", "not_reported" (－, 未公表 …), "word" (a text
    without digits), "unreadable"; "" where there is one, or a direction.
    """

    raw: str
    text: str = ""
    year: int | None = None
    value: Decimal | None = None
    upper: Decimal | None = None
    unit: str = ""
    comparator: str = ""
    reason: str = ""
    marks: tuple[str, ...] = ()
    why: str = ""


def read_cell(raw: str) -> Cell:
    """Read one cell of a sheet; never raises, an odd cell says so in ``reason``.

    >>> cell = read_cell("2020年度 2,620 十億円")
    >>> cell.year, cell.value, cell.unit
    (2020, Decimal('2620'), '十億円')
    >>> read_cell("２０３０年 ▲1.5 ％以下").value, read_cell("2030年 15%以下").comparator
    (Decimal('-1.5'), 'at_most')
    >>> read_cell("2023年 上昇").comparator
    'increase'
    >>> read_cell("").reason, read_cell("300件（5年間累計）").reason
    ('blank', 'unreadable')
    """
    text, places = _normalised(raw)
    year, start = None, len(text) - len(text.lstrip())
    if match := _YEAR.match(text, start):
        year, start = int(match[1]), match.end()
    end = len(text.rstrip())
    rest = text[start:end]
    said = raw, raw[places[start] : places[end]].strip(), year
    if not rest:
        return Cell(*said, reason=BLANK)
    if rest in NO_VALUE:
        return Cell(*said, reason=NOT_REPORTED)
    if rest in DIRECTIONS:
        return Cell(*said, comparator=DIRECTIONS[rest])
    match = _VALUE.fullmatch(text, start, end)
    if not match or not _is_plain(match):
        reason = UNREADABLE if any(c.isdigit() for c in rest) else WORD
        return Cell(*said, reason=reason)
    comparator = COMPARATORS.get(match["comparator"], "")
    unit_at = "unit" if match["unit"] else "upper_unit"
    unit = raw[places[match.start(unit_at)] : places[match.end(unit_at)]] if match[unit_at] else ""
    value, upper = _decimal(match["value"]), None
    if match["upper"] is not None:
        upper = _decimal(match["upper"])
        units_agree = match["unit"] in ("", match["upper_unit"])
        if comparator or upper < value or not units_agree:
            return Cell(*said, reason=UNREADABLE)
        comparator = "range"
    return Cell(*said, value, upper, unit.strip(), comparator)


def leading_year(text: str) -> tuple[int | None, str]:
    match = re.match(r"(?:令和(\d+)|(\d{4}))年?度?", text)
    if not match:
        return None, text
    return (int(match[1]) + 2018 if match[1] else int(match[2])), text[match.end() :].strip()


def identity(name: str) -> str:
    """The text by which a KPI is the same KPI in two rows (method 1).

    Unicode NFKC, without white space and without 【…】 (goal numbers, 再掲), and nothing else.

    >>> identity("販売農家 1 戸あたりの出荷額（推計） 【2.3,2.4】")
    '販売農家1戸あたりの出荷額(推計)'
    """
    return re.sub(r"【[^】]*】|\s", "", unicodedata.normalize("NFKC", name))


def label(name: str) -> str:
    """The name as printed, without 【…】: what stands in a chart or a heading.

    >>> label("市内総生産額 【9.2,9.4】【再掲】")
    '市内総生産額'
    """
    return re.sub(r"【[^】]*】", "", name).strip()


def _is_plain(match: re.Match) -> bool:
    """Whether a number has no more digits than it can have, and its unit no qualifying word."""
    unit = match["unit"] + (match["upper_unit"] or "")
    # Footnote marks (①, ²) count as letters, but are none.
    marks = re.sub("CO₂|m[²³]", "", unit)
    if _QUALIFIED.search(unit) or any(unicodedata.category(mark) == "No" for mark in marks):
        return False
    return all(
        sum(c.isdigit() for c in number) <= _MOST_DIGITS
        for number in (match["value"], match["upper"] or "")
    )


def _normalised(raw: str) -> tuple[str, list[int]]:
    """The NFKC copy of a text, and for each place in it the place in the original."""
    parts = [_plain(character) for character in raw]
    places = [place for place, part in enumerate(parts) for _ in part]
    return "".join(parts), [*places, len(raw)]


def _plain(character: str) -> str:
    """NFKC, but for marks that would become digits of the number beside them: ² and ①, not ２."""
    plain = unicodedata.normalize("NFKC", character)
    wide = unicodedata.decomposition(character).startswith("<wide>")
    return plain if wide or not any(c.isdigit() for c in plain) else character


def _decimal(number: str) -> Decimal:
    return Decimal(re.sub(r"[,\s]", "", re.sub(r"^[−▲△]", "-", number)))
