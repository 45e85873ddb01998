"""One cell's text -> year, value, unit and comparator, or why the cell has no value.

A cell such as ``2020年度 2,620 十億円`` is read on a copy normalised by Unicode NFKC (full-width
digits, ％, （）; not ² or ①, which are marks beside a number); the text itself is kept as printed.
The grammar is small and strict: a cell that no rule reads is *unreadable* and says why; it never
becomes a number that only looks right. Its rules and examples are in docs/notation.md.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from kpi_utils.cells.grammar import (
    ERROR_VALUE,
    Parts,
    cause_of,
    closed,
    is_doubled,
    says_no_value,
    scan,
)
from kpi_utils.cells.letters import MOVES, UNSEEN, WORDS, compiled, plain, squeezed
from kpi_utils.cells.units import Unreadable, measured
from kpi_utils.cells.years import period_in, readings
from kpi_utils.words import Message, joined, message

BLANK, NOT_REPORTED, WORD, UNREADABLE = "blank", "not_reported", "word", "unreadable"

_OWN_WORDS = {"baseline": "own_baseline", "actual": "own_actual"}
_OWN_WORDS |= dict.fromkeys(("target", "yearly_target"), "own_target")
# The units of values that are never sums over years.
_RATES = ("%", "‰", "位", "ポイント", "歳")
_BESIDE_NAME = compiled("beside_name")
_OF_ANY = re.compile("|".join(chain(WORDS["of_any"], MOVES, *WORDS["marks"].values())))
_CHARACTER = re.compile(
    rf"""
    (?<=\s)\s+  # Of several spaces only the first counts.
    | (?<!\d)[{UNSEEN}]+ | [{UNSEEN}]++(?!\d)  # What is not seen counts only between two digits.
    | (.[\u3099\u309a\uff9e\uff9f]?)  # A character, with its voicing mark: ﾎﾟ
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class Cell:
    """What one cell says.

    ``raw`` is the text as printed, ``text`` the same without its year. ``year`` is the fiscal year
    that the cell itself names, or None, and ``year_raw`` that year as printed. If the cell names a
    period, ``year`` is its last year and ``since`` its first. ``short`` is a year or period without
    its era (19年度), as printed: which year it is, only the sheet can say.
    ``value`` is the number in the cell's own unit, exact; for a range the lower end, and ``upper``
    is the other one. ``unit`` is as printed: the smaller of two magnitudes (2億396万円), with the
    denominator of a fraction (31/34島). ``comparator`` is "" for a plain number, "range", one of
    words.toml's ``comparators`` (以上 …), or of its ``directions`` for a word without a number.
    ``marks`` are what stands beside the number, as printed (約, 暫定, 累計, ※1, a gloss).
    ``reason`` says why there is no number: "blank", "not_reported" (－, 未公表 …), "word" (a text
    without digits) or "unreadable"; it is "" for a number or a direction. An unreadable cell has
    the code of its ``cause`` (a key of the messages) and the ``part`` that no rule reads.
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
    since: int | None = None
    short: str = ""

    @property
    def why(self) -> Message | None:
        """Why an unreadable cell cannot be read; None for any other cell."""
        part = joined(self.part.split("\n"), "quoted")
        return message(f"unreadable.{self.cause}", part=part) if self.cause else None

    @property
    def over(self) -> str:
        """The years that it is a sum over: 2008-2022, 2008-, 5, ?; half, change; or blank."""
        own = " ".join(_own(self.marks))
        if other := compiled("no_level").search(own):
            return "half" if "半期" in other[0] else "change"
        span = compiled("summed_years").search(own)
        counted = (self.since or span) and identity(self.unit) not in _RATES
        if self.says("averaged") or not (self.says("cumulative") or counted):
            return ""
        if self.since:
            return f"{self.since}-{self.year or ''}"
        return span[1] if span else "?"

    @property
    def things(self) -> tuple[str, ...]:
        """The words beside the number that say what it counts.

        >>> read_cell("小学校 50%").things, read_cell("約12人（速報値）").things
        (('小学校',), ())
        """
        marks = (mark for mark in map(squeezed, self.marks) if not re.match(r"\W?[※*注]", mark))
        words = (re.sub(r"\W", "", mark) for mark in marks)
        words = (re.sub(r"(?<=年)[間度]$|^単(?=年)|第$", "", word) for word in words)
        is_thing = compiled("thing").fullmatch
        return tuple(word for word in words if is_thing(word) and not _OF_ANY.search(word))

    def says(self, kind: str) -> bool:
        """Whether the marks say that the value is of a kind (a key of ``marks`` in words.toml).

        ``approximate`` (約, 程度); ``provisional``, it may still change (速報, 暫定, 推計, 見込);
        ``cumulative``, a sum over years (累計); ``averaged``, a mean over years (平均).
        """
        return any(word in mark for mark in _own(self.marks) for word in WORDS["marks"][kind])


def read_cell(raw: str, role: str = "") -> Cell:
    r"""Read one cell of a sheet. Never raises: an odd cell says so in ``reason`` and ``why``.

    ``role`` is the role of its column, whose own words are skipped in the cell: 目標:5人.

    >>> cell = read_cell("2020年度 2,620 十億円")
    >>> cell.year, cell.value, cell.unit
    (2020, Decimal('2620'), '十億円')
    >>> read_cell("▲1.5 ％以下（R12年度）").value, read_cell("2030年 15%以下").comparator
    (Decimal('-1.5'), 'at_most')
    >>> cell = read_cell("約300件 （５年間累計）")
    >>> cell.value, cell.marks, cell.says("cumulative")
    (Decimal('300'), ('約', '（５年間累計）'), True)
    >>> read_cell("").reason, read_cell("集計中").reason, read_cell("4(7)").cause
    ('blank', 'not_reported', 'bracket-beside')
    >>> [read_cell(of, "target").value for of in ("20件\n（当初）30件", "20件（当初）\n30件")]
    [Decimal('20'), None]
    """
    cell, own = _read(raw), _OWN_WORDS.get(role)
    if own and cell.reason == UNREADABLE:
        return replace(_read(compiled(own).sub(" ", raw)), raw=raw)
    return cell


# The same cell is read for its row, for its judgement and wherever it is shown.
@lru_cache(maxsize=4096)
def _read(raw: str) -> Cell:
    text, positions = _normalised(raw)
    parts = scan(text, 0, len(text))

    def printed(start: int, end: int) -> str:
        return raw[positions[start] : positions[end]].strip()

    edges = [0, *(edge for span in parts.dates for edge in span), len(text)]
    others = (printed(*span) for span in zip(edges[::2], edges[1::2], strict=True))
    facts: dict[str, Any] = {
        "raw": raw,
        "text": " ".join(filter(None, others)),
        "year": parts.years[0] if len(set(parts.years)) == 1 else None,
        "year_raw": " ".join(printed(*span) for span in parts.dates),
        "short": "" if parts.years else "".join(parts.short[:1]),
    }
    try:
        if parts.rest == len(text):
            facts["marks"] = tuple(printed(*span) for span in parts.marks)
            facts |= _when(text, parts)
        if reason := _reason(text, parts):
            return Cell(**facts, reason=reason)
        match = _one_value(text, parts)
        if "direction" in match.groupdict():
            return Cell(**facts, comparator=MOVES[identity(match["direction"])])
        value, upper, comparator = measured(match)
        unit_group = "unit" if match["unit"] or upper is None else "upper_unit"
        unit = printed(*match.span(unit_group)) + (match.groupdict().get("money") or "")
        return Cell(**facts, value=value, upper=upper, unit=unit, comparator=comparator)
    except Unreadable as unreadable:
        return Cell(**facts, reason=UNREADABLE, cause=unreadable.cause, part=unreadable.part)


@lru_cache(maxsize=4096)
def identity(name: str) -> str:
    """A name in the form that is the same in all rows of a KPI (method 1).

    That is the name as ``plain`` returns it, without white space, 【…】 (goal numbers) and 再掲;
    nothing else is changed.

    >>> identity("販売農家 1 戸あたりの出荷額（推計） 【2.3,2.4】")
    '販売農家1戸あたりの出荷額(推計)'
    """
    return _BESIDE_NAME.sub("", squeezed(name))


def label(name: str) -> str:
    """The name as printed, without 【…】 and 再掲: what stands in a chart or a heading.

    >>> label("市内総生産額 【9.2,9.4】【再掲】"), label("総生産額（推計）（再掲）")
    ('市内総生産額', '総生産額（推計）')
    """
    return _BESIDE_NAME.sub("", name).strip()


def _own(marks: Iterable[str]) -> list[str]:
    return [mark for mark in map(squeezed, marks) if not compiled("of_others").match(mark)]


def _when(text: str, parts: Parts) -> dict:
    """The ``year``, ``since`` and ``short`` of a ``Cell``. Raises Unreadable if years differ."""
    periods = [period_in(mark) for mark in _own(text[slice(*span)] for span in parts.marks)]
    since, until, short = next(filter(any, periods), (None, None, ""))
    shorts = {*parts.short, short} - {""}
    years = set(parts.years) or {until} - {None}
    agree = {year for short in shorts for year in readings(short, 1900, 2100).values()}
    if len(shorts) > 1 or len(years) > 1 or (shorts and years and not years & agree):
        raise Unreadable("years-differ")
    year = next(iter(years), None)
    if since and year and year < since:
        raise Unreadable("years-differ")
    return {"year": year, "since": since, "short": "" if year else "".join(shorts)}


def _reason(text: str, parts: Parts) -> str:
    """Why a text has no number; blank if it may have one. Raises Unreadable if contradictory."""
    rest = text[parts.rest :]
    if parts.dash and not rest:
        if parts.values:
            raise Unreadable("no-value-beside")
        return NOT_REPORTED
    if (rest or not parts.values) and says_no_value(text):
        return NOT_REPORTED
    if (error := ERROR_VALUE.search(text)) or len(set(parts.years)) > 1:
        raise Unreadable("error-value" if error else "years-differ")
    if not rest and not parts.values:
        # A cell with only a footnote's mark is not reported; one with only a year or 累計 is blank.
        beside = [text[slice(*span)] for span in parts.marks]
        notes = [mark for mark in beside if mark[0] in "※*注"]
        doubtful = "".join([*(mark for mark in beside if not _own([mark])), *notes])
        # A sign on both sides is Markdown's emphasis: *4*
        if re.search(r"\d\s*[^\s\d※*注]|\d[※*注](?!\d)|\d\d", doubtful):
            raise Unreadable("value-or-note")
        if parts.short:
            raise Unreadable("era", parts.short[0])
        return NOT_REPORTED if notes and notes == beside else BLANK
    marks = "".join(text[start:end] for start, end in parts.marks)
    if not rest and re.search("毎|各", marks) and "direction" in parts.values[0].groupdict():
        # 毎年増加 compares with the year before, not with the baseline.
        return WORD
    has_digits = any(map(str.isdigit, compiled("digits_of_units").sub("", rest)))
    if not parts.values and (compiled("grade").fullmatch(rest) or not has_digits):
        return WORD
    return ""


def _one_value(text: str, parts: Parts) -> re.Match:
    """The one value of a text. Raises Unreadable if it has none, or several."""
    rest = text[parts.rest :].strip()
    if rest or len(parts.values) > 1 or is_doubled(text):
        raise Unreadable(*cause_of(text, rest, parts))
    if any(says_no_value(text[start:end]) for start, end in parts.marks):
        raise Unreadable("no-value-beside")
    (value,) = parts.values
    if value.start() and compiled("noted").match(text, value.start() - 1):
        raise Unreadable("value-or-note")
    return value


def _normalised(raw: str) -> tuple[str, list[int]]:
    """The NFKC copy of a text, and for each index in it the index in the original."""
    seen = [match for match in _CHARACTER.finditer(raw) if match[1]]
    characters = [(letter, match.start()) for match in seen for letter in _plain(match[1])]
    text = "".join(letter for letter, _ in characters)
    broken = set(closed(text))
    kept = [character for position, character in enumerate(characters) if position not in broken]
    return "".join(letter for letter, _ in kept), [*(position for _, position in kept), len(raw)]


@cache
def _plain(printed: str) -> str:
    """NFKC, except for marks that would become digits of the number beside them: ², ①, not ２."""
    letters = plain(printed) or printed
    wide = unicodedata.decomposition(printed[0]).startswith("<wide>")
    return letters if wide or not any(c.isdigit() for c in letters) else printed
