"""A number in a worksheet's cell -> the text that the cell shows: 0.345 as 34.5 %.

A sheet says what it shows, so that is what is read. Of the number formats of Excel this knows
what a KPI sheet uses: digits, commas, decimals, percent, thousands, texts beside the number, and
other sections for negatives and zeros. Dates, fractions and conditions it does not know.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from kpi_utils.cells.notation import read_cell

__all__ = ["Number", "as_number", "as_shown", "exact", "quoted"]

# Parts of a format: a text in quotes, an escaped letter, a width (_x) or filling (*x), a colour or
# locale in brackets, the digits, or a letter that stands for itself.
_PARTS = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<width>_.|\*.)'
    r"|\[(?P<bracket>[^\]]*)\]|(?P<digits>[#0?][#0?,]*(?:\.[#0?]+)?,*|General|@)|(?P<letter>.)",
    re.DOTALL,
)
# Letters that stand for parts of a date or an exponent: such a format is none for a plain number.
_NOT_A_NUMBER = set("ymdhsebgaEG/")

# More than Excel takes for a number format.
_MOST_CHARACTERS = 255


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
    short = Decimal(f"{number:.15g}")
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short.normalize()


def as_shown(number: float, number_format: str) -> tuple[str, bool]:
    """What a cell shows of a number, and whether that is all of it (not rounded).

    A format that is not known shows the number itself.

    >>> as_shown(0.345, "0.0%"), as_shown(1145, '"2022年度 "#,##0" 万円"')
    (('34.5%', True), ('2022年度 1,145 万円', True))
    >>> as_shown(-2700.4, '#,##0;"▲"#,##0'), as_shown(0, '#,##0;-#,##0;"-"')
    (('▲2,700', False), ('-', False))
    """
    value = exact(number)
    sections = re.findall(r'(?:"[^"]*"|\\.|[^;])+|(?<=;)(?=;|$)', number_format) or ["General"]
    which = 0 if value > 0 or len(sections) == 1 else 1 if value < 0 else 2
    section = sections[which if which < len(sections) else 0]
    shown = _section(value, section, bare=which == 1 and len(sections) > 1)
    return shown if shown is not None else (f"{value:f}", True)


def as_number(raw: str) -> Number | None:
    """The number in a cell's text, if a format can show it as just that text; else None.

    Ranges, limits, words and what has marks beside its number stay texts.

    >>> as_number("2020年度 32.1 %").number_format, as_number("2,529 十億円").entry_format
    ('"2020年度 "0.0" %"', '#,##0" 十億円"')
    >>> as_number("15 %以下"), as_number("２０２０年度 １２ 件")
    (None, None)
    """
    cell = read_cell(raw)
    match = re.search(r"\d[\d,]*(?:\.(\d+))?", cell.text, re.ASCII)
    if cell.value is None or cell.comparator or cell.marks or not match:
        return None
    start, end = (len(raw) - len(cell.text) + place for place in match.span())
    decimals = len(match[1] or "")
    behind = ("." if decimals else "") + "0" * decimals
    digits = ("#,##0" if "," in match[0] else "0") + behind
    number_format = quoted(raw[:start]) + digits + quoted(raw[end:])
    if cell.value < 0:
        # The sign is part of the text before the digits.
        number_format = f"{digits};{number_format}"
    if as_shown(float(cell.value), number_format) != (raw, True):
        return None
    if len(number_format) > _MOST_CHARACTERS:
        return None
    entry_format = f"#,##0{behind}{quoted(raw[end:])}"
    return Number(cell.value, number_format, entry_format, decimals, cell.unit)


def quoted(text: str) -> str:
    """A text as a number format has it beside the digits."""
    return f'"{text}"' if text else ""


def _section(value: Decimal, section: str, bare: bool) -> tuple[str, bool] | None:
    """A number in one section of a format; ``bare`` leaves its sign to the format's own text."""
    parts = list(_PARTS.finditer(section))
    letters = [match["letter"] for match in parts if match["letter"]]
    digits = [match["digits"] for match in parts if match["digits"]]
    conditions = [match["bracket"] for match in parts if match["bracket"] and _is_condition(match)]
    if len(digits) > 1 or _NOT_A_NUMBER & set(letters) or conditions:
        return None
    shift = 100 ** letters.count("%")
    # Without digits a section hides the number, or has a text for it: a zero shown as a dash.
    text, whole = _digits(abs(value) * shift, digits[0]) if digits else ("", False)
    sign = "-" if value < 0 and not bare and re.search("[1-9]", text) else ""
    shown = "".join(
        match["quoted"] or match["escaped"] or match["letter"] or (text if match["digits"] else "")
        for match in parts
    )
    return sign + shown.strip(), whole


def _is_condition(match: re.Match) -> bool:
    return bool(re.match("[<>=]|[hms]+$", match["bracket"]))


def _digits(value: Decimal, digits: str) -> tuple[str, bool]:
    """The digits of a positive number: commas, decimals, thousands; and whether these are all."""
    if digits in ("General", "@"):
        return f"{value:f}", True
    body = digits.rstrip(",")
    value /= 1000 ** (len(digits) - len(body))
    front, _, behind = body.partition(".")
    rounded = value.quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP)
    text = f"{rounded:,f}" if "," in front else f"{rounded:f}"
    least = len(behind.rstrip("#?"))
    while "." in text and text.endswith("0") and len(text.rpartition(".")[2]) > least:
        text = text[:-1]
    whole, dot, decimals = text.partition(".")
    width = front.count("0")
    # Without a 0 before the point a zero is not shown there: #,### has none at all for it.
    text = (whole if whole != "0" else "").rjust(width, "0") + dot + decimals
    return text, rounded == value and bool(text)
