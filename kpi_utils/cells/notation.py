"""One cell's text -> year, value, unit, comparator, or the reason that there is none.

A cell such as ``2020年度 2,620 十億円`` is read on a copy normalised by Unicode NFKC (full-width
digits, ％, （）; not ² or ①, which are marks beside a number); the text itself is kept as it was
printed. The grammar is small and strict: what no rule reads is *unreadable*, says why, and never
becomes a number that only looks right. Its rules and examples are in docs/notation.md.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from kpi_utils.cells.grammar import (
    APPROXIMATE,
    AVERAGED,
    COMPARATORS,
    CUMULATIVE,
    DIRECTIONS,
    ERROR_VALUE,
    NUMBER,
    PROVISIONAL,
    Parts,
    closed,
    says_no_value,
    scan,
)
from kpi_utils.cells.units import MAGNITUDE, total
from kpi_utils.cells.years import DATE
from kpi_utils.language import say

__all__ = ["Cell", "identity", "label", "read_cell"]

BLANK, NOT_REPORTED, WORD, UNREADABLE = "blank", "not_reported", "word", "unreadable"

# More digits than a spreadsheet keeps are no figure of a KPI.
_MOST_DIGITS = 15
# Why a cell cannot be read, by what stands in it; the first that fits is said.
_CAUSES = {
    r"\(cid:": "cid",
    r"\d,(?!\d{3}(?!\d))\d|\d{4},\d": "separator",
    r"\d\.\d+\.\d": "run-on",
    "参考": "reference",
    "超過": "excess",
    "比|並み|上回|下回": "comparison",
    "かつ": "conditions",
}
# Grades are words: A, B-1.
_GRADE = re.compile(r"[A-Z](?:-\d)?")
_DIGITS_OF_UNITS = re.compile("CO[2₂]|m[23²³]")
# Marks that are about other values: of the nation, of a part, of another year.
_OF_OTHERS = re.compile(r"\W*(?:全国|全県|県|国|うち)|※\[\]|.*:")


@dataclass(frozen=True)
class Cell:
    """What one cell says.

    ``raw`` is the text as printed, ``text`` the same without its year. ``year`` is the fiscal year
    that the cell itself names, or None, and ``year_raw`` that year as printed.
    ``value`` is the number in the cell's own unit, exact; of a range the lower end, with the other
    in ``upper``. ``unit`` is as printed; of two magnitudes (2億396万円) the smaller, of a fraction
    (31/34島) with its denominator. ``comparator`` is "" for a plain number, "range", one of the
    values of COMPARATORS (以上, 以下 …), or of DIRECTIONS where a word stands for a number.
    ``marks`` are what is said beside the number, as printed (約, 暫定, 累計, ※1, a gloss).
    ``reason`` says why there is no number: "blank", "not_reported" (－, 未公表 …), "word" (a text
    without digits), "unreadable"; "" where there is one, or a direction. Of an unreadable cell
    ``cause`` is the code of why (a key of the messages), and ``part`` where no rule reads on.
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
    cause: str = ""
    part: str = ""
    year_raw: str = ""

    @property
    def why(self) -> str:
        """Why an unreadable cell cannot be read, in the language that is spoken; else blank."""
        return say(f"unreadable.{self.cause}", part=self.part) if self.cause else ""

    @property
    def approximate(self) -> bool:
        """Whether the value is said to be about so much: 約, 程度."""
        return self._says(APPROXIMATE)

    @property
    def provisional(self) -> bool:
        """Whether the value may still change: 速報, 暫定, 推計, 見込."""
        return self._says(PROVISIONAL)

    @property
    def cumulative(self) -> bool:
        """Whether the value is a sum over years: 累計."""
        return self._says(CUMULATIVE)

    @property
    def averaged(self) -> bool:
        """Whether the value is a mean over years: 平均."""
        return self._says(AVERAGED)

    def _says(self, words: tuple[str, ...]) -> bool:
        marks = map(_squeezed, self.marks)
        own = [mark for mark in marks if not _OF_OTHERS.match(mark)]
        return any(word in mark for mark in own for word in words)


class _Unreadable(Exception):
    """A cell that cannot be read: its ``cause``, and the part at which no rule reads on."""

    def __init__(self, cause: str, part: str = ""):
        self.cause, self.part = cause, part


def read_cell(raw: str) -> Cell:
    """Read one cell of a sheet; never raises, an odd cell says so in ``reason`` and ``why``.

    >>> cell = read_cell("2020年度 2,620 十億円")
    >>> cell.year, cell.value, cell.unit
    (2020, Decimal('2620'), '十億円')
    >>> read_cell("▲1.5 ％以下（R12年度）").value, read_cell("2030年 15%以下").comparator
    (Decimal('-1.5'), 'at_most')
    >>> cell = read_cell("約300件 （５年間累計）")
    >>> cell.value, cell.marks, cell.cumulative
    (Decimal('300'), ('約', '（５年間累計）'), True)
    >>> read_cell("").reason, read_cell("集計中").reason, read_cell("4(7)").why
    ('blank', 'not_reported', 'かっこ内にも数値がある')
    """
    text, places = _normalised(raw)
    parts = scan(text, 0, len(text))

    def printed(start: int, end: int) -> str:
        return raw[places[start] : places[end]].strip()

    edges = [0, *(edge for span in parts.dates for edge in span), len(text)]
    others = (printed(*span) for span in zip(edges[::2], edges[1::2], strict=True))
    said = {
        "raw": raw,
        "text": " ".join(filter(None, others)),
        "year": parts.years[0] if len(set(parts.years)) == 1 else None,
        "year_raw": " ".join(printed(*span) for span in parts.dates),
    }
    if parts.rest == len(text):
        said["marks"] = tuple(printed(*span) for span in parts.marks)
    try:
        if reason := _reason(text, parts):
            return Cell(**said, reason=reason)
        match = _one_value(text, parts)
        if "direction" in match.groupdict():
            return Cell(**said, comparator=DIRECTIONS[identity(match["direction"])])
        value, upper, comparator = _measured(match)
        unit_at = "unit" if match["unit"] or upper is None else "upper_unit"
        unit = printed(*match.span(unit_at))
        return Cell(**said, value=value, upper=upper, unit=unit, comparator=comparator)
    except _Unreadable as unreadable:
        return Cell(**said, reason=UNREADABLE, cause=unreadable.cause, part=unreadable.part)


def identity(name: str) -> str:
    """The text by which a KPI is the same KPI in two rows (method 1).

    Unicode NFKC, without white space and without 【…】 (goal numbers, 再掲), and nothing else.

    >>> identity("販売農家 1 戸あたりの出荷額（推計） 【2.3,2.4】")
    '販売農家1戸あたりの出荷額(推計)'
    """
    return re.sub(r"【[^】]*】", "", _squeezed(name))


def label(name: str) -> str:
    """The name as printed, without 【…】: what stands in a chart or a heading.

    >>> label("市内総生産額 【9.2,9.4】【再掲】")
    '市内総生産額'
    """
    return re.sub(r"【[^】]*】", "", name).strip()


def _reason(text: str, parts: Parts) -> str:
    """Why a text has no number, where it says so or has no digits; else blank."""
    rest = text[parts.rest :]
    if (rest or not parts.values) and says_no_value(text):
        return NOT_REPORTED
    if (error := ERROR_VALUE.search(text)) or len(set(parts.years)) > 1:
        raise _Unreadable("error-value" if error else "years-differ")
    if not rest and not parts.values:
        # A footnote's mark stands for what is not there; a year or a kind of value for nothing.
        noted = parts.marks and all(text[start] in "※*注" for start, _ in parts.marks)
        if noted and any(re.search(r"\d\s*[^\s\d]", text[slice(*span)]) for span in parts.marks):
            raise _Unreadable("value-or-note")
        return NOT_REPORTED if noted else BLANK
    marks = "".join(text[start:end] for start, end in parts.marks)
    if not rest and re.search("毎|各", marks) and "direction" in parts.values[0].groupdict():
        # Not against the baseline, but against the year before.
        return WORD
    if not parts.values and (_GRADE.fullmatch(rest) or not _has_digits(rest)):
        return WORD
    return ""


def _one_value(text: str, parts: Parts) -> re.Match:
    """The one value of a text."""
    rest = text[parts.rest :].strip()
    if rest or len(parts.values) > 1 or _is_doubled(text):
        raise _Unreadable(_cause(text, rest, parts), *rest.split()[:1])
    if any(says_no_value(text[start:end]) for start, end in parts.marks):
        raise _Unreadable("no-value-beside")
    return parts.values[0]


def _cause(text: str, rest: str, parts: Parts) -> str:
    """Why a text is not one value: the first cause that fits, else where no rule reads on."""
    if _is_doubled(text):
        return "doubled"
    for pattern, cause in _CAUSES.items():
        if re.search(pattern, text):
            return cause
    if says_no_value(rest):
        return "no-value-beside"
    if re.match(r"[(\[〈<《【〔]\D*\d", rest):
        return "bracket-beside" if parts.values else "bracket"
    if len(re.findall(NUMBER, re.sub(DATE, "", text))) > 1:
        return "several"
    directed = any("direction" in value.groupdict() for value in parts.values)
    if directed or re.search("増|減|上昇|低下|向上", rest):
        return "change"
    return "part" if rest else "several"


def _measured(match: re.Match) -> tuple[Decimal, Decimal | None, str]:
    """Value, upper end and comparator of a value that a rule has matched."""
    said = match.groupdict()
    head = said.get("head") or ""
    for number in (head + said["value"], said.get("upper") or ""):
        if sum(map(str.isdigit, number)) > _MOST_DIGITS:
            raise _Unreadable("too-long")
    value = _decimal(said["value"])
    if head:
        larger = re.findall(rf"(\D?[\d,]+)({MAGNITUDE}|時間)", head)
        numbers = [(_decimal(number), size) for number, size in larger]
        value = total([*numbers, (value, said["unit"])]) if said["value"][0].isdigit() else None
        if value is None or said.get("upper"):
            raise _Unreadable("magnitudes")
    if (whole := said.get("whole")) and value > _decimal(whole):
        raise _Unreadable("fraction")
    if said.get("places"):
        return value, value + 9, "range"
    comparator = COMPARATORS.get(identity(said.get("limit") or said.get("keep") or ""), "")
    if not said.get("upper"):
        return value, None, comparator
    upper = _decimal(said["upper"])
    if comparator:
        raise _Unreadable("range-limit")
    if identity(said["unit"]) not in ("", identity(said["upper_unit"])):
        raise _Unreadable("range-units")
    if upper < value:
        raise _Unreadable("range-order")
    return value, upper, "range"


def _decimal(number: str) -> Decimal:
    """The value of a number as it is printed.

    >>> _decimal("▲1,073"), _decimal("±0.0"), _decimal("1、007・9")
    (Decimal('-1073'), Decimal('0.0'), Decimal('1007.9'))
    """
    plain = re.sub(r"[,、\s+±]", "", number).replace("・", ".")
    return Decimal(re.sub("^[−▲△]", "-", plain))


def _is_doubled(text: str) -> bool:
    """Whether each character stands twice, as in text of a PDF that was printed twice over."""
    squeezed = _squeezed(text)
    return squeezed[::2] == squeezed[1::2] and not squeezed.isdigit()


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in _DIGITS_OF_UNITS.sub("", text))


def _normalised(raw: str) -> tuple[str, list[int]]:
    """The NFKC copy of a text, and for each place in it the place in the original."""
    # Half-width kana write their voicing marks (ﾎﾟ) apart.
    printed = re.finditer(".[\u3099\u309a\uff9e\uff9f]?", raw, re.DOTALL)
    characters = [(plain, match.start()) for match in printed for plain in _plain(match[0])]
    text = "".join(plain for plain, _ in characters)
    broken = set(closed(text))
    kept = [character for at, character in enumerate(characters) if at not in broken]
    return "".join(plain for plain, _ in kept), [*(at for _, at in kept), len(raw)]


@cache
def _plain(printed: str) -> str:
    """NFKC, but for marks that would become digits of the number beside them: ² and ①, not ２."""
    plain = unicodedata.normalize("NFKC", printed)
    wide = unicodedata.decomposition(printed[0]).startswith("<wide>")
    return plain if wide or not any(c.isdigit() for c in plain) else printed
