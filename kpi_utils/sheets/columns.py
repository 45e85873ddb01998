"""What the columns of a sheet's table are, by their heads; what a form's say together."""

import re
import tomllib
from pathlib import Path

from kpi_utils.cells.letters import squeezed
from kpi_utils.cells.notation import read_cell
from kpi_utils.cells.patterns import compiled
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import mistake

__all__ = [
    "REQUIRED",
    "YEARLY",
    "entered",
    "entry_year",
    "problem_of_entry",
    "problems_of",
    "role_of",
]

_TABLE = tomllib.loads(Path(__file__).with_name("columns.toml").read_text("utf-8"))
# The heads of the columns that every table has, by their roles.
REQUIRED = _TABLE["required"]
# Columns of which there may be several: one a year.
YEARLY = ("actual", "target")
# What a column is, by the whole of its head without spaces, years and notes. What has more beside
# the word of a role (目標値との差, 実績値の出典) is another column, and no rule's.
_ROLES = {
    role: re.sub("<([a-z]+)>", lambda part: _TABLE["parts"][part[1]], pattern)
    for role, pattern in _TABLE["roles"].items()
}


def role_of(header: str) -> dict:
    """What a column is, and the fiscal year in its header.

    >>> role_of("2030年(目標値)"), role_of("2021年度（令和3年度） 実績")
    ({'role': 'target', 'year': 2030}, {'role': 'actual', 'year': 2021})
    >>> role_of("目標値に対する進捗率（％）"), role_of("現状値（2020年度）")
    ({'role': 'published', 'year': None}, {'role': 'baseline', 'year': 2020})
    >>> [role_of(head)["role"] for head in ("目標値との差", "実績", "2022年と2023年の実績")]
    ['', '', '']
    """
    text = re.sub(r"\(?[※*].*|\(注\d*\)", "", squeezed(header))
    years = [leading_year(date)[0] for date in compiled("date").findall(text)]
    text = compiled("date").sub("", text).replace("()", "")
    texts = text, re.sub(r"^\((.*)\)$", r"\1", text)
    known = (role for role in _ROLES if any(re.fullmatch(_ROLES[role], text) for text in texts))
    role = next(known, "")
    year = years[0] if len(set(years)) == 1 else None
    if (role == "actual" and not year) or (role in ("baseline", "target") and years and not year):
        return {"role": "", "year": None}
    return {"role": role, "year": year if role else None}


def entry_year(columns: list[dict]) -> int | None:
    """The year whose actuals a form asks for."""
    years = [column["year"] for column in columns if column["role"].startswith("entry_")]
    return years[0] if years else None


def problems_of(columns: list[dict], section: int) -> list[str]:
    """What is wrong with a table's columns: unknown, twice, or missing."""
    usable, heads = "、".join(REQUIRED.values()), "｜".join(column["header"] for column in columns)
    roles = {column["role"] for column in columns}
    if not roles & REQUIRED.keys():
        return [mistake("table.head-unusable", section=section, heads=heads, usable=usable)]
    problems = []
    # One column a role; of actuals and targets, one a year.
    keys = [(column["role"], column["role"] in YEARLY and column["year"]) for column in columns]
    for column, key in zip(columns, keys, strict=True):
        about = {"section": section, "header": column["header"]}
        if not column["role"]:
            year = mistake("table.column-year") if column["header"].startswith("実績") else ""
            problems.append(mistake("table.column-unknown", **about, usable=usable, year=year))
        elif keys.count(key) > 1:
            problems.append(mistake("table.column-twice", **about))
    problems += [
        mistake("table.column-missing", section=section, header=header, heads=heads)
        for role, header in REQUIRED.items()
        if role not in roles
    ]
    return problems


def entered(text: str, year: str, reason: str) -> str:
    """An actual as a form gives it: number, year and reason put together.

    >>> entered("2,600 十億円", "2021年度", ""), entered("", "2023年度", "集計中")
    ('2021年度 2,600 十億円', '集計中')
    >>> entered("36.0 %", "2023", "")
    '2023年度 36.0 %'
    """
    # A bare number of the year, as it is typed in, would pass for a figure.
    year += "年度" if year.isdecimal() else ""
    # A text with a year of its own was written by hand, and stands as it is.
    is_plain = text and year and read_cell(text).year is None
    return f"{year} {text}" if is_plain else text or reason


def problem_of_entry(text: str, year: str, reason: str, **where) -> str:
    """What is wrong with an actual as a form gives it, at a place (section, no, header)."""
    if text and reason:
        return mistake("table.entry-twice", **where, text=text, reason=reason)
    named, rest = leading_year(year)
    if text and year and (named is None or rest):
        return mistake("table.entry-year", **where, year=year)
    return ""
