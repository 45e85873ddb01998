"""Fiscal years (年度, April to March) as sheets write them: 2022年度, 令和4年度, R4, H30, R6.4."""

import re

from kpi_utils.cells.letters import WORDS, plain

__all__ = [
    "DATE",
    "ERAS",
    "ERA_YEAR",
    "PERIOD",
    "RECKONINGS",
    "SHORT_YEAR",
    "SINCE",
    "WESTERN_YEAR",
    "leading_year",
    "period_in",
    "readings",
    "year_at",
]

# The first day of each era by its letter and name, the newest first; the year before its 元年.
ERAS = WORDS["eras"]
_BEFORE = {said: day.year - 1 for era, day in ERAS.items() for said in (era[0], era[1:])}
# By which a year may be counted that names no era.
RECKONINGS = {"昭和": 1925, "平成": 1988, "令和": 2018, "西暦": 2000}
# The letters M and T are left out: units begin so.
_LETTER = r"(?<![A-Za-z\d])[SHRshr]"

ERA_YEAR = rf"(?:明治|大正|昭和|平成|令和|{_LETTER})\s*(?:元|0?[1-9]|[1-9]\d)(?!\d)"
WESTERN_YEAR = r"(?<!\d)(?:19|20)\d\d(?!\d)"
_MONTH = r"(?:0?[1-9]|1[0-2])"
# 平成31・令和元年度, 令和4(2022)年度: one year, named twice.
_OF_AN_ERA = (
    rf"{ERA_YEAR}(?:(?:\s*年度?)?\s*[・/]\s*{ERA_YEAR}"
    rf"|(?:\s*年度?)?\s*\(\s*{WESTERN_YEAR}\s*(?:年度?)?\))?"
)
_TWIN = rf"\s*\(\s*{ERA_YEAR}\s*(?:年度?)?\)"
_WESTERN = rf"{WESTERN_YEAR}(?:{_TWIN})?"
# R6.4 is a month, 2024.4 is a number, and R6.4% neither.
_DOTTED = rf"(?:\.{_MONTH}(?:\.\d{{1,2}})?(?=月|末|頃|現在|時点|実績|[^\w.,%‰]|$)月?)?"
_TAIL = rf"(?:\s*年(?:度|{_MONTH}月(?:\d{{1,2}}日)?)?)?末?(?:\s*(?:実績値?|現在|時点))?"
DATE = rf"(?:{_OF_AN_ERA}{_DOTTED}|{_WESTERN}){_TAIL}"
# A dash right behind a year may be a minus or none; 年 behind a date is a slip of the pen; a date
# of publication is no year of the value.
_END = r"(?![-−–年月日度])(?!\s*(?:頃|に?公表))"
# 19年度 leaves out its era; 5年度分 and 3年度連続 are no years.
SHORT_YEAR = (
    r"(?<![\d.,~〜A-Za-z和成正治第])(?:元|[1-9]\d?|0[1-9])\s*年度(?!\s*(?:ごと|毎|分|間|連続|目|前|後|以|比|[~〜]))"
    rf"末?(?:\s*(?:実績値?|現在|時点))?{_END}"
)
# 2018~2022年の累計, H30~R2平均, R3~8年度, 25年度末~28年度: more than a year.
_TURN = r"(?:\s*年度?)?末?\s*(?:[~〜]|から)\s*"
_LAST = r"\d{1,2}(?=\s*(?:年|累|平|合|末|[)\]〉]|$))"
_ANY = rf"(?:{_OF_AN_ERA}|{_WESTERN})"
PERIOD = (
    rf"(?:(?:{_OF_AN_ERA}{_TURN}(?:{_ANY}|{_LAST})(?:\s*年度?)?"
    rf"|{_WESTERN}{_TURN}(?:{_ANY}|\d\d(?!\d))\s*(?:年度?|(?=[累平合)\]〉]))"
    rf"|(?<![\d.,])\d{{1,2}}{_TURN}\d{{1,2}}\s*年度)末?(?:まで)?)"
)
# 2008年度からの累計
SINCE = rf"(?:{ERA_YEAR}|{WESTERN_YEAR})(?:\s*年度?)?\s*(?:から|以降)\s*の?\s*(?=累)"
_BARE = re.compile(rf"(?>{DATE}){_END}")
_NAMED = re.compile(rf"(?!{WESTERN_YEAR}(?!\s*年|{_TWIN})){_BARE.pattern}")
_ONE = re.compile(rf"{ERA_YEAR}|{WESTERN_YEAR}")


def year_at(
    text: str, start: int = 0, end: int | None = None, bare: bool = False
) -> tuple[int, int] | None:
    """The fiscal year that begins at a place of a normalised text, and where it ends.

    None where there is none, or where two names of it do not agree. ``bare`` takes four digits
    without 年, too, as they stand in brackets and in headers. A date with a month before April
    is of the fiscal year before.

    >>> year_at("令和4年度 5 件"), year_at("R6.3"), year_at("2016 51.0"), year_at("2016", bare=True)
    ((2022, 5), (2023, 4), None, (2016, 4))
    """
    end = len(text) if end is None else end
    match = (_BARE if bare else _NAMED).match(text, start, end)
    if not match:
        return None
    years = {_western(name) for name in _ONE.findall(match[0])}
    if len(years) > 1:
        return None
    month = re.search(rf"(?:年|\.)({_MONTH})(?!\d)", match[0])
    return years.pop() - (month is not None and int(month[1]) < 4), match.end()


def leading_year(text: str) -> tuple[int | None, str]:
    """The fiscal year with which a header or a worksheet's name begins, and the rest of the text.

    Read on the text after Unicode NFKC; None and the whole of it where it begins with no year.

    >>> leading_year("令和4年度 実績"), leading_year("平成31・令和元年度"), leading_year("Ｒ元")
    ((2022, ''), (2019, ''), (2019, ''))
    >>> leading_year("2030年度末の目標"), leading_year("2022"), leading_year("備考")
    ((2030, 'の目標'), (2022, ''), (None, '備考'))
    """
    head = plain(text).strip()
    if not (found := year_at(head, bare=True)):
        return None, head
    year, end = found
    return year, head[end:].strip()


def period_in(text: str) -> tuple[int | None, int | None, str]:
    """The first and the last year of the period that a normalised text names, or None for each.

    The third is a period that leaves out its era, as printed.

    >>> period_in("(R3~8年度)"), period_in("2008~19年度累計"), period_in("2008年度からの累計")
    ((2021, 2026, ''), (2008, 2019, ''), (2008, None, ''))
    >>> period_in("(17〜23年度)"), period_in("5年間累計")
    ((None, None, '17〜23年度'), (None, None, ''))
    """
    if since := re.search(SINCE, text):
        return _western(_ONE.search(since[0])[0]), None, ""
    if not (period := re.search(PERIOD, text)):
        return None, None, ""
    first, last = re.split("[~〜]|から", period[0], maxsplit=1)
    if not (named := _ONE.search(first)):
        return None, None, period[0]
    since = _western(named[0])
    if until := _ONE.search(last):
        return since, _western(until[0]), ""
    era, number = re.sub(r"元|\d+", "", named[0]), re.search(r"\d+", last)[0]
    return since, _western(f"{era}{number}") if era else since // 100 * 100 + int(number), ""


def readings(short: str, first: int, last: int) -> dict[str, int]:
    """The years from ``first`` to ``last`` that one without its era can be, by reckoning.

    Of a period its last year. Two digits of a western year are both printed.

    >>> readings("19年度", 2002, 2022), readings("元年度", 2010, 2022)
    ({'平成': 2007, '西暦': 2019}, {'令和': 2019})
    """
    number = re.findall(r"元|\d+", plain(short))[-1]
    years = {name: before + int(number.replace("元", "1")) for name, before in RECKONINGS.items()}
    if len(number) == 1:
        del years["西暦"]
    return {name: year for name, year in years.items() if first <= year <= last}


def _western(name: str) -> int:
    """The year of the calendar that a year of an era is.

    >>> _western("平成31"), _western("r4"), _western("令和元"), _western("2019")
    (2019, 2022, 2019, 2019)
    """
    era, number = re.fullmatch(r"(\D*?)\s*(元|\d+)", name).groups()
    return (1 if number == "元" else int(number)) + (_BEFORE[era.upper()] if era else 0)
