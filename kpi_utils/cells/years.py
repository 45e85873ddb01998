"""Fiscal years (年度, April to March) as sheets write them: 2022年度, 令和4年度, R4, H30, R6.4."""

import re

from kpi_utils.cells.letters import plain

__all__ = ["DATE", "ERA_YEAR", "WESTERN_YEAR", "leading_year", "year_at"]

# The year before each era's first, 元年. Of their letters M and T are left out: units begin so.
_ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERAS |= {"S": _ERAS["昭和"], "H": _ERAS["平成"], "R": _ERAS["令和"]}
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


def _western(name: str) -> int:
    """The year of the calendar that a year of an era is.

    >>> _western("平成31"), _western("r4"), _western("令和元"), _western("2019")
    (2019, 2022, 2019, 2019)
    """
    era, number = re.fullmatch(r"(\D*?)\s*(元|\d+)", name).groups()
    return (1 if number == "元" else int(number)) + (_ERAS[era.upper()] if era else 0)
