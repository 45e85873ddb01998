"""Fiscal years (年度, April to March) as sheets write them: 2022年度, 令和4年度, R4, H30, R6.4."""

import re

from kpi_utils.cells.letters import WORDS, compiled, pattern, plain

# The first day of each era, by its letter and name, the newest first; and the year before 元年.
ERAS = WORDS["eras"]
_BEFORE = {name: day.year - 1 for era, day in ERAS.items() for name in (*era[:2], era[1:])}
# The eras that a year without its era may be of (or 西暦), and what each adds to its number.
RECKONINGS = {"昭和": 1925, "平成": 1988, "令和": 2018, "西暦": 2000}


def year_at(
    text: str, start: int = 0, end: int | None = None, bare: bool = False
) -> tuple[int, int] | None:
    """The fiscal year that a normalised text names at an index, and the index after that name.

    None if it names none there, or names two that differ. ``bare`` also takes four digits without
    年, as they stand in brackets and in heads. A date from January to March belongs to the fiscal
    year before.

    >>> year_at("令和4年度 5 件"), year_at("R6.3"), year_at("2016 51.0"), year_at("2016", bare=True)
    ((2022, 5), (2023, 4), None, (2016, 4))
    """
    end = len(text) if end is None else end
    match = compiled("bare_date" if bare else "named_date").match(text, start, end)
    if not match:
        return None
    years = {_western(name) for name in compiled("one_year").findall(match[0])}
    if len(years) > 1:
        return None
    month = re.search(rf"(?:[年./]|\s(?=\d+月))({pattern('month')})(?!\d)", match[0])
    return years.pop() - (month is not None and int(month[1]) < 4), match.end()


def leading_year(text: str) -> tuple[int | None, str]:
    """The fiscal year with which a head or a worksheet's name begins, and the rest of the text.

    The text is read after Unicode NFKC. The year is None if the text does not begin with one.

    >>> leading_year("令和4年度 実績"), leading_year("2030年度末の目標"), leading_year("備考")
    ((2022, ''), (2030, 'の目標'), (None, '備考'))
    """
    head = plain(text).strip()
    year, end = year_at(head, bare=True) or (None, 0)
    return year, head[end:].strip()


def period_in(text: str) -> tuple[int | None, int | None, str]:
    """The first and the last fiscal year of the period that a normalised text names.

    A year that it does not name is None. The third value is a period without its era, as printed.

    >>> period_in("(R3~8年度)"), period_in("2008~19年度累計"), period_in("2008年度からの累計")
    ((2021, 2026, ''), (2008, 2019, ''), (2008, None, ''))
    """
    one_year = compiled("one_year")
    if begun := compiled("since").search(text):
        return _western(one_year.findall(begun[0])[0]), None, ""
    if not (period := compiled("period").search(text)):
        return None, None, ""
    first, last = re.split("[~〜−–-]|から", period[0], maxsplit=1)
    if not (named := one_year.search(first)):
        return None, None, period[0]
    since = _western(named[0])
    if until := one_year.search(last):
        return since, _western(until[0]), ""
    era = re.sub(r"元|\d+", "", named[0])
    number = re.findall(r"\d+", last)[0]
    return since, _western(f"{era}{number}") if era else since // 100 * 100 + int(number), ""


def readings(short: str, first: int, last: int) -> dict[str, int]:
    """The years from ``first`` to ``last`` that a year without its era can be, by era.

    A period counts by its last year. A western year (西暦) must have two digits.

    >>> readings("19年度", 2002, 2022), readings("元年度", 2010, 2022)
    ({'平成': 2007, '西暦': 2019}, {'令和': 2019})
    """
    number = re.findall(r"元|\d+", plain(short))[-1]
    years = {name: before + int(number.replace("元", "1")) for name, before in RECKONINGS.items()}
    if len(number) == 1:
        del years["西暦"]
    return {name: year for name, year in years.items() if first <= year <= last}


def _western(name: str) -> int:
    """The western year of a year with or without its era: 平成31, r4, 令和元, 2019."""
    era, number, _ = re.split(r"\s*(元|\d+)", name, maxsplit=1)
    return (1 if number == "元" else int(number)) + (_BEFORE[era.upper()] if era else 0)
