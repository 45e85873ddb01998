"""A number in a worksheet's cell -> the text that the cell shows: 0.345 as 34.5 %.

What counts is what the cell shows, so that is what is read. This module knows what KPI sheets use
of Excel's number formats: digits, commas, decimals, percent, thousands, texts beside the number,
dates and times, and sections for negatives, zeros, texts or a condition. For other formats
(fractions, exponents, numerals) nothing is shown: a number without its unit would be another one.
"""

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

from kpi_utils.cells.letters import compiled
from kpi_utils.cells.notation import read_cell
from kpi_utils.cells.years import ERAS

_PARTS = compiled("parts_of_format", re.DOTALL | re.IGNORECASE)
_WHITE = re.compile(r"\[(?:white|白|(?:color|色) ?2)\]", re.IGNORECASE)
_CONDITION = re.compile(r"(?:\[[^\]]*\])*?\[(<=|>=|<>|=|<|>)(-?\d+(?:\.\d+)?)\]")
_COMPARED = {"<=": le, ">=": ge, "<>": ne, "=": eq, "<": lt, ">": gt}
# An m after hours or before seconds means minutes, else a month; the codes stand one a line.
_MINUTES = re.compile(r"(?<=h\n)mm?(?!m)|(?<![^\n])mm?(?=\n\[?s)")
# The longest number format that Excel takes.
_MOST_CHARACTERS = 255
# Larger than any figure; from here on Excel shows powers of ten.
_TOO_LARGE = 10**15


class Number(NamedTuple):
    """A cell's text as a number: its value, and the format that shows it as it was printed.

    ``entry_format`` shows other numbers of the same unit, with as many decimals.
    """

    value: Decimal
    number_format: str
    entry_format: str
    decimals: int
    unit: str


def exact(number: float) -> Decimal:
    """A number as Excel keeps it: to 15 significant digits, 0.345 and not 0.34499999….

    >>> exact(0.1 + 0.2), exact(34.0), exact(2620)
    (Decimal('0.3'), Decimal('34'), Decimal('2620'))
    """
    return Decimal(f"{Decimal(f'{number:.15g}'):f}")


def as_shown(number: float | Decimal, number_format: str) -> tuple[str, bool] | None:
    """The text that a cell shows for a number, and whether it shows all of it (not rounded).

    None if the format is not known. A Decimal is taken as it is, a float as ``exact`` returns it.

    >>> as_shown(0.345, "0.0%"), as_shown(1145, '"2022年度 "#,##0" 万円"')
    (('34.5%', True), ('2022年度 1,145 万円', True))
    >>> as_shown(-2700.4, '#,##0;"▲"#,##0'), as_shown(0, '[=0]"－";#,##0" 箇所"')
    (('▲2,700', False), ('－', False))
    >>> as_shown(2 / 3, "General"), as_shown(0.25, "General")
    (('0.666666667', False), ('0.25', True))
    >>> as_shown(0.5, "# ?/?"), as_shown(44652, '[$-411]ggge"年度"')
    (None, ('令和4年度', False))
    >>> as_shown(1.10416667, '[h]"時間"mm"分"'), as_shown(5, "mmm-yy")
    (('26時間30分', False), None)
    """
    sections, _ = _sections(number_format)
    value = number if isinstance(number, Decimal) else exact(number)
    section = _section(value, sections)
    if section is None or abs(value) >= _TOO_LARGE:
        return None
    codes, digits, letters = (_said(section, kind) for kind in ("code", "digits", "letter"))
    if codes and not digits:
        return _date(value, section)
    # A decimal point without digits, or a fraction, is not known.
    if codes or len(digits) > 1 or {".", "/"} & {*letters}:
        return None
    scaled = abs(value) * 100 ** letters.count("%")
    # A section without digits hides the number, or shows a text for it: a dash for a zero.
    text, is_whole = _digits(scaled, digits[0]) if digits else ("", False)
    shown = "".join(text if kind == "digits" else what for kind, what in _parts(section)).strip()
    # A section for negatives brings a sign of its own, or shows none.
    has_own = len(sections) > 1 and not any(map(_CONDITION.match, sections))
    if value < 0 and not has_own and re.search("[1-9]", text):
        shown = f"-{shown}"
    # A negative number shown only in brackets or in red would be read as positive.
    return None if value < 0 and text and not re.search("[-−－▲△]", shown) else (shown, is_whole)


def text_as_shown(text: str, number_format: str) -> str:
    """The text that a cell shows for a text, by its format's section for texts; it may be hidden.

    >>> text_as_shown("12", '0;-0;;@" 件"'), text_as_shown("12", ";;;"), text_as_shown("12", "0")
    ('12 件', '', '12')
    """
    by_kind = {"digits": text, "code": ""}
    _, section = _sections(number_format)
    if _WHITE.search(section):
        return ""
    return "".join(by_kind.get(kind, what) for kind, what in _parts(section))


@lru_cache
def _sections(number_format: str) -> tuple[list[str], str]:
    """The sections of a format for numbers, and the one for texts: the fourth, or one with @."""
    parts = [part[0] for part in _PARTS.finditer(number_format or "General")]
    *others, last = "".join("\0" if part == ";" else part for part in parts).split("\0")
    if len(others) == 3 or "@" in _said(last, "digits"):
        # What a format with a section for texts only shows for a number is not known, except for @.
        return others or [last][: last == "@"], last
    return [*others, last], "@"


def _section(value: Decimal, sections: list[str]) -> str | None:
    """The section that shows a number: by its sign, or the first whose condition holds."""
    conditions = [_CONDITION.match(section) for section in sections]
    if sections and not any(conditions):
        which = 1 if value < 0 else 2 if value == 0 else 0
        return sections[which if which < len(sections) else 0]
    for section, condition in zip(sections, conditions, strict=True):
        if not condition:
            return section if section is sections[-1] else None
        # It depends on the condition whether a negative number shows its sign there.
        if value < 0 and condition[1] not in ("=", "<>"):
            return None
        if _COMPARED[condition[1]](value, Decimal(condition[2])):
            return section
    return None


@lru_cache
def _parts(section: str) -> list[tuple[str, str]]:
    """The kind of each part of a section, and what it shows or stands for.

    ``digits`` stand for the number or the text of the cell; a ``code`` is of a date, of a time, or
    not known; all else, such as a ``letter`` without quotes, shows itself or nothing.
    """
    parts = [(part.lastgroup or "", part) for part in _PARTS.finditer(section)]
    codes = "\n".join(part[0].lower() for kind, part in parts if kind == "code")
    # Elapsed time, which may exceed a day: [hh].
    codes = re.sub(r"\[(.)\1*\]", r"[\1", codes)
    in_order = iter(_MINUTES.sub(lambda m: "n" * len(m[0]), codes).split("\n"))
    return [
        (kind, next(in_order) if kind == "code" else "" if kind == "silent" else part[kind])
        for kind, part in parts
    ]


def _said(section: str, kind: str) -> list[str]:
    """The texts or codes of those parts of a section that are of a kind."""
    return [what for of, what in _parts(section) if of == kind]


def as_number(raw: str) -> Number | None:
    """The number in a cell's text, if a format can show it as exactly that text; else None.

    Ranges, limits, words and numbers with marks beside them stay texts.

    >>> as_number("2020年度 32.1 %").number_format, as_number("2,529 十億円").entry_format
    ('"2020年度 "0.0" %"', '#,##0" 十億円"')
    >>> as_number("15 %以下"), as_number("２０２０年度 １２ 件")
    (None, None)
    """
    cell = read_cell(raw)
    match = re.search(r"\d[\d,]*(?:\.(\d+))?", cell.text, re.ASCII)
    if cell.value is None or cell.comparator or cell.marks or not match:
        return None
    start, end = (len(raw) - len(cell.text) + index for index in match.span())
    decimals = len(match[1] or "")
    behind = ("." if decimals else "") + "0" * decimals
    digits = ("#,##0" if "," in match[0] else "0") + behind
    number_format = quoted(raw[:start]) + digits + quoted(raw[end:])
    if cell.value < 0:
        # The sign is part of the text before the digits.
        number_format = f"{digits};{number_format}"
    is_whole = as_shown(float(cell.value), number_format) == (raw, True)
    if not is_whole or len(number_format) > _MOST_CHARACTERS:
        return None
    entry_format = f"#,##0{behind}{quoted(raw[end:])}"
    return Number(cell.value, number_format, entry_format, decimals, cell.unit)


def quoted(text: str) -> str:
    """A text in quotes, as it stands beside the digits in a number format; blank if it is blank."""
    return f'"{text}"' if text else ""


def _date(value: Decimal, section: str) -> tuple[str, bool] | None:
    """What a section with a date or a time shows for a number of days, and False: never all of it.

    None where a part is not known here (months by name, days of the week, AM/PM).
    """
    fields = _fields(value, section)
    if value < 0 or not fields.keys() >= {*_said(section, "code")}:
        return None
    shown = [fields[what] if kind == "code" else what for kind, what in _parts(section)]
    return "".join(shown).strip(), False


def _fields(value: Decimal, section: str) -> dict[str, str]:
    """The parts of a date and time by their codes, with n for minutes."""
    seconds = int((value * 86400).to_integral_value(ROUND_HALF_UP))
    days, hours, minutes = seconds // 86400, seconds // 3600, seconds // 60
    numbers = {"h": hours % 24, "n": minutes % 60, "s": seconds % 60}
    fields = {"[h": f"{hours}", "[n": f"{minutes}", "[m": f"{minutes}", "[s": f"{seconds}"}
    # Excel has a 29th of February 1900, which never was.
    if 1 <= days <= 2_958_465 and days != 60:
        day = date(1899, 12, 30) + timedelta(days + (days < 60))
        numbers |= {"m": day.month, "d": day.day}
        fields |= {"yyyy": f"{day.year}", "yy": f"{day.year % 100:02}"}
        era = next((era for era, first in ERAS.items() if first <= day), "")
        # Without an era or Japan's locale, e is a western year.
        if era and re.search("g|-411|ja-JP", section, re.IGNORECASE):
            letter, name = era[0], era[1:]
            numbers["e"] = day.year - ERAS[era].year + 1
            fields |= {"g": letter, "gg": name[0], "ggg": name}
    return fields | {
        c * wide: f"{number:0{wide}}" for c, number in numbers.items() for wide in (1, 2)
    }


def _digits(value: Decimal, digits: str) -> tuple[str, bool]:
    """The digits that a format shows for a positive number, and whether these are all of it."""
    if digits[0] in "@Gg":
        # Without a format of its own, a cell has room for ten digits.
        room = Decimal(1).scaleb(min(0, len(f"{int(value)}") - 10))
        shown = value.quantize(room, ROUND_HALF_UP).normalize() if value % room else value
        return f"{shown:f}", shown == value
    body = digits.rstrip(",")
    value /= 1000 ** (len(digits) - len(body))
    front, _, behind = body.partition(".")
    rounded = value.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in front else f"{rounded:f}"
    integer, dot, decimals = text.partition(".")
    least = len(behind.rstrip("#?"))
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    width = front.count("0")
    # A format without a 0 before the point shows no zero there: #,### shows nothing for 0.
    text = (integer if integer != "0" else "").rjust(width, "0")
    # A point without decimals after it is left out: 0.# would show 5. for 5.
    text += dot + decimals if decimals else ""
    return text, rounded == value and bool(text)
