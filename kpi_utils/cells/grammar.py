"""The rules of the notation: a normalised text -> years, marks and values, in any order.

A cell is years, marks (what is said beside a number: 約, 暫定, 累計, ※1) and values, each in
brackets or not. Where no rule reads on, reading stops: ``Parts.rest``. docs/notation.md has the
rules in words, with an example of each.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from kpi_utils.cells.letters import WORDS
from kpi_utils.cells.remarks import is_remark, word_before
from kpi_utils.cells.units import MAGNITUDE
from kpi_utils.cells.years import DATE, ERA_YEAR, PERIOD, SHORT_YEAR, SINCE, WESTERN_YEAR, year_at

__all__ = [
    "COMPARATORS",
    "DIRECTIONS",
    "ERROR_VALUE",
    "MARKS",
    "NUMBER",
    "Parts",
    "closed",
    "says_no_value",
    "scan",
]

COMPARATORS, DIRECTIONS, MARKS = WORDS["comparators"], WORDS["directions"], WORDS["marks"]
_NO_VALUE = WORDS["no_value"]


# What a spreadsheet shows in the place of a value: its errors, or a column that is too narrow.
ERROR_VALUE = re.compile(
    r"[#＃](?:N[/／]A|NAME[?？]|GETTING_DATA|[A-Z]+(?:[/／][0０])?[!！])"
    r"|^\s*[#＃]{2,}\s*$|(?:Err|エラー)[:：]5\d\d",
    re.IGNORECASE,
)


def _any(words: Iterable[str]) -> str:
    """Any of the words, as they stand or broken by spaces or a line's end."""
    return "(?:" + "|".join(r"\s*".join(word) for word in words) + ")"


# Only a sign right before a digit is a minus: △ alone is a grade in some sheets, and a dash
# between spaces parts two things.
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
# Newspapers write 1、007・9%.
_PRESS = r"\d{1,3}(?:、\d{3})*・\d+(?=%)"
NUMBER = rf"(?:{_PRESS}|(?:[-−+]|[▲△]\s?)?{_DIGITS}|±0+(?:\.0+)?)"
NUMBER += r"(?!\d|[.,]\d)"
# What ends a unit. ① and ² are marks beside a number, and no letters.
_STOP = "|".join((*chain.from_iterable(MARKS.values()), *DIRECTIONS))
_STOP += "|年度|以|超|未|比|増|減|削|現在|時点|達成|目標|実績|うち|参考|毎|(?<=[位人円点件歳分])台"
# 10数件, 10件余り and 10件弱 are not 10.
_STOP += r"|(?<=\d)[数余]|(?<=\d\s)[数余]|前後|[強弱余](?![一-鿿ァ-ヺ])"
_STOP += f"|{ERA_YEAR}"
_LETTER = "[A-Za-zΑ-ω一-鿿々ァ-ヺー]"
_ATOM = (
    rf"(?:(?!{_STOP})(?:CO[2₂]|m[23²³]|[㎡㎥㎢㎦]|か(?=[所国月])|[当あ]たり|つ|{_LETTER})"
    r"|[%‰℃](?![%‰℃台])|[¥€$])"
)
# Units with digits: 人口10万対, 10万人当たり, 1人1日当たり, 件/10万人.
_RATE = (
    r"(?:人口|出生|出産)?\s*(?:(?:10{0,2}(?!\d)[十百千万]*|[十百千万]+)[^\W\d_]{0,2}(?:1[日月年])?"
    r"[当あ]た?り|(?:10{0,2})?[百千万]+人?対)"
)
_EACH = rf"(?:\s*[/・]?\s*{_RATE}|/(?:1|\d{{0,3}}[千万]+)(?![月年]){_LETTER}{{1,3}})"
# No month is a unit: "2022年 10月" is a date. A cut (削減) is no value of what is cut.
_UNIT = rf"(?:{MAGNITUDE}\s+(?={_LETTER}))?(?:(?![月ー]){_ATOM}(?:[/・-]?{_ATOM})*)?"
_UNIT += rf"(?:{_EACH}|\s*削減)?"
_QUANTITY = rf"{NUMBER}\s*{_UNIT}"
_HEAD = rf"(?:(?:[-−+▲△])?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:{MAGNITUDE}|時間))*"
_LIMITS = _any([word for word in COMPARATORS if word not in DIRECTIONS]).replace("超", "超(?!過)")
_KEEPS = _any([word for word in COMPARATORS if word in DIRECTIONS])
_PLAIN = (
    rf"(?P<money>[¥€$])?\s*(?P<head>{_HEAD})(?P<value>{NUMBER})\s*(?P<unit>{_UNIT})"
    rf"(?:\s*[~〜]\s*(?P<upper>{NUMBER})\s*(?P<upper_unit>{_UNIT}))?"
    rf"(?:\s*(?P<limit>{_LIMITS})(?:\s*[のを]?\s*維持)?|\s*[のを]?\s*(?P<keep>{_KEEPS}))?"
)
_VALUES = [
    re.compile(pattern)
    for pattern in (
        # 男女計:8.5% 男性:12.9% 女性:2.8% has a headline: the total.
        rf"(?:男女|合|総)?計\s*:\s*{_PLAIN}\s*(?P<parts>(?:\s*[^\W\d_]+\s*:\s*{_QUANTITY})+)",
        rf"(?P<value>{NUMBER})\s*\((?P<unit>{_RATE})\)",
        rf"全(?P<unit>{_LETTER}+)\s*\((?P<value>\d+)(?P=unit)\)",
        rf"(?P<value>{NUMBER})\s*(?P<unit>{_UNIT})\s*以\s*上[\s、,]*(?:かつ)?\s*"
        rf"(?P<upper>{NUMBER})\s*(?P<upper_unit>{_UNIT})\s*以\s*下",
        r"(?P<value>\d*0)\s*(?P<unit>(?P<places>位))台",
        rf"(?P<value>{_DIGITS})\s*(?P<unit>/\s*(?P<whole>{_DIGITS})\s*(?!月){_ATOM}+)",
        _PLAIN,
        rf"(?:現状(?:\s*より)?\s*)?(?P<direction>{_any(DIRECTIONS)})(?=[\s(〈※*]|$)",
    )
]

_BRACKET = re.compile(r"[(\[〈<《【〔]([^(\[〈<《【〔)\]〉>》】〕]*)[)\]〉>》】〕]")
# A note's words end a cell; a number behind them would be theirs.
_NOTE = (
    r"[※*注](?:\d{1,2}(?![\w.,%]))?"
    rf"(?:(?:\[\])?(?:(?!{DATE})[^\d()\[\]〈〉【】〔〕※*])+(?=$|[(\[〈【〔※*]|{DATE}))?"
)
_SPAN = r"(?:(?:直近|過去)?\s*(?<![\dA-Za-z])\d{1,2}\s*[かヶカ箇]?\s*年間?)"
_OVER_YEARS = rf"(?:(?:{SINCE}|{PERIOD}|(?:計画)?期間[中内]?)\s*の?\s*)?(?:{_SPAN}\s*の?\s*)?"
_SHORT = re.compile(SHORT_YEAR)
_MARK = re.compile(
    rf"{_NOTE}|{_OVER_YEARS}{_any(MARKS['cumulative'] + MARKS['averaged'])}値?"
    rf"|(?:{PERIOD}|{_SPAN})\s*(?:の?合?計|で)(?=\s*{NUMBER}|$)|{PERIOD}(?:の{_SPAN})?"
    rf"|{_any(MARKS['approximate'])}|{_any(MARKS['provisional'])}値?|{_any(WORDS['beside'])}"
    rf"|{_RATE}(?=\s*[\d▲△−-])"
    rf"|[にへ]{_any(DIRECTIONS)}(?=[\s(〈※*]|$)"
)
# Years that are named so only in brackets: (2021~2026), (5年間).
_INSIDE = re.compile(
    rf"{WESTERN_YEAR}\s*[~〜]\s*(?:{WESTERN_YEAR}|\d\d)|\d+\s*(?:[かヶカ箇]\s*年|年\s*間)"
)
# What a bracket says of other things than the value before it, or by which it is only marked.
_GLOSS = re.compile(
    rf"(?:全国|全県|県内?|国)\s*(?:順位|平均値?|値)?\s*:?\s*第?{_QUANTITY}"
    rf"|うち.*|{_RATE}|(?P<total>延べ)\s*{NUMBER}\s*(?P<unit>{_UNIT})|{DATE}\s*:\s*{_QUANTITY}"
    rf"|[★☆\s]*[★☆]|[※*注](?:{DATE}|\D)*",
    re.DOTALL,
)
# "※[]が全国平均" says of what a number in square brackets is.
_EXPLAINED = re.compile(r"[※*]\s*\[\]")

_RUN = re.compile(r"(?<![\d,.])[\d,.]++(?:\s++[\d,.]++)+")
_DASH = "[-−‐–—―ー─]"
_DASHED = re.compile(rf"(?:{_DASH}+|{_any(_NO_VALUE)})(?=\s*(?:[(\[〈]|$))")
_WITHOUT = re.compile(
    rf"[(\[〈]?\s*(?:{_DASH}+\s*[)\]〉]?(?:[\s(※*].*)?|{_any(_NO_VALUE)}(?:[\s(※*。].*)?"
    rf"|.*{_any(_NO_VALUE)}[\s)\]〉。]*)",
    re.DOTALL,
)
_TIMES = re.compile(
    rf"(?!{WESTERN_YEAR}(?!\s*年)){DATE}|(?<!\d)\d+\s*(?:月(?:\d+日)?頃?|年(?:に\s*\d+\s*回|ごと|毎))|(?<=[※*注])\d{{1,2}}"
)


@dataclass
class Parts:
    """What the rules read of a text; spans are places in it.

    ``years`` are fiscal years, ``short`` those that leave out their era, ``dates`` the spans that
    say them and nothing else, ``marks`` spans, ``values`` matches, ``dash`` whether a dash stands
    for the value. ``rest`` is where no rule reads on.
    """

    years: list[int] = field(default_factory=list)
    short: list[str] = field(default_factory=list)
    dates: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    values: list[re.Match] = field(default_factory=list)
    dash: bool = False
    rest: int = 0


def scan(text: str, start: int, end: int, in_brackets: bool = False) -> Parts:
    """Read a normalised text from left to right, as far as the rules go."""
    parts = Parts(rest=start)
    while (at := parts.rest) < end:
        if text[at].isspace():
            parts.rest += 1
        elif bracket := _BRACKET.match(text, at, end):
            if not _read_bracket(text, bracket, parts):
                break
            parts.rest = bracket.end()
        elif mark := _MARK.match(text, at, end) or (
            in_brackets and _INSIDE.fullmatch(text, at, end)
        ):
            parts.marks.append((at, at + len(mark[0].rstrip())))
            parts.rest = mark.end()
        elif year := year_at(text, at, end, bare=in_brackets):
            parts.years.append(year[0])
            parts.dates.append((at, year[1]))
            parts.rest = year[1]
        elif short := _SHORT.match(text, at, end):
            parts.short.append(short[0])
            parts.dates.append(short.span())
            parts.rest = short.end()
        elif value := next(filter(None, (rule.match(text, at, end) for rule in _VALUES)), None):
            parts.values.append(value)
            if value.groupdict().get("parts"):
                parts.marks.append(value.span("parts"))
            parts.rest = value.end()
        elif not parts.values and (dash := _DASHED.match(text, at, end)):
            parts.dash, parts.rest = True, dash.end()
        elif not parts.values and (word := word_before(NUMBER).match(text, at, end)):
            parts.marks.append((at, at + len(word[0].rstrip())))
            parts.rest = word.end()
        else:
            break
    return parts


def _read_bracket(text: str, bracket: re.Match, parts: Parts) -> bool:
    """Read a bracket with what is in it; whether a rule does."""
    start, end = bracket.span(1)
    explained = bracket[0].startswith("[") and bracket[1] and _EXPLAINED.search(text)
    if explained or _is_gloss(text, bracket, parts):
        parts.marks.append(bracket.span())
        return True
    inner = scan(text, start, end, in_brackets=True)
    if inner.rest < end:
        return False
    if inner.values:
        # A percentage alone is the value, and behind a value of another unit a gloss.
        value, *more = inner.values
        units = [other.groupdict().get("unit") for other in (*parts.values, value)]
        shares = any("%" in text[slice(*span)] for span in parts.marks)
        if more or inner.years or inner.short or inner.marks or shares:
            return False
        if units[-1] != "%" or {"", "%"} & set(units[:-1]):
            return False
        parts.values += [] if parts.values else [value]
    parts.years += inner.years
    parts.short += inner.short
    if inner.values or inner.marks:
        parts.marks.append(bracket.span())
    elif inner.dates:
        parts.dates.append(bracket.span())
    return bool(inner.values or inner.marks or inner.dates)


def _is_gloss(text: str, bracket: re.Match, parts: Parts) -> bool:
    """Whether a bracket says what does not change the value beside it."""
    units = [value.groupdict().get("unit") for value in parts.values]
    if gloss := _GLOSS.fullmatch(text, *bracket.span(1)):
        # Of 延べ only a number of other things: 年12人(延べ300日).
        return not gloss["total"] or (bool(units) and gloss["unit"] not in units)
    beside = parts.values or re.match(rf"\s*{NUMBER}(?!\s*年)", text[bracket.end() :])
    return bool(beside) and is_remark(bracket[1], bare=not any(units))


def says_no_value(text: str) -> bool:
    """Whether a text is a dash or a word for no value, with no digits but of dates and notes.

    >>> says_no_value("―"), says_no_value("6月公表予定"), says_no_value("95 件 未公表")
    (True, True, False)
    """
    plain = _TIMES.sub("", text)
    return not re.search(r"\d", plain) and bool(_WITHOUT.fullmatch(plain.strip()))


def closed(text: str) -> list[int]:
    """The places of spaces that break a number, as PDF text does: "1 6 ,3 7 7" is 16,377.

    Only where a comma's group or a decimal point proves that they stand in one number: each digit
    stands alone, or any other cut would leave a piece that is no number.

    >>> closed("1 0 .7"), closed("△6,27 5"), closed("3,756 404"), closed("4 7")
    ([1, 3], [5], [], [])
    """
    places = []
    for run in _RUN.finditer(text):
        pieces = run[0].split()
        joined = "".join(pieces)
        apart = all(sum(c.isdigit() for c in piece) == 1 for piece in pieces) and re.fullmatch(
            r"\d{1,3}(?:,\d{3})+(?:\.\d)?|\d+\.\d", joined
        )
        cuts = range(1, len(pieces))
        whole = not any(
            _is_number("".join(pieces[:cut])) and _is_number("".join(pieces[cut:])) for cut in cuts
        )
        open_end = any(piece[-1] in ",." for piece in pieces)
        if not open_end and re.search("[,.]", joined) and _is_number(joined) and (apart or whole):
            places += [at for at in range(*run.span()) if text[at].isspace()]
    return places


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(_DIGITS, text))
