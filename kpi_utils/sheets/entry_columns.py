"""What a row's other columns add to its figures: a form's entries, and years of their own."""

from collections.abc import Mapping

from kpi_utils.cells.notation import read_cell
from kpi_utils.cells.years import leading_year


def entry_year(columns: list[dict]) -> int | None:
    """The year whose actuals a form asks for."""
    years = [column["year"] for column in columns if column["role"].startswith("entry_")]
    return years[0] if years else None


def with_entries(columns: list[dict], texts: list[str]) -> tuple[list[str], dict]:
    """The texts of a row with what its entry columns say put to the year's actual; and a problem.

    The problem is what ``mistake`` takes, but for the row: empty where there is none.
    """
    by_role = {column["role"]: text for column, text in zip(columns, texts, strict=True)}
    year, reason = by_role.get("entry_year", ""), by_role.get("entry_reason", "")
    for index, column in enumerate(columns):
        if column["role"] == "actual" and column["year"] == entry_year(columns):
            text = texts[index]
            texts[index] = entered(text, year, reason)
            if text and reason:
                about = {"header": column["header"], "text": text, "reason": reason}
                return texts, {"key": "table.entry-twice", **about}
            named, rest = leading_year(year)
            if text and year and (named is None or rest):
                return texts, {"key": "table.entry-year", "header": column["header"], "year": year}
    return texts, {}


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


def with_years(texts: list[str], years: Mapping[int, int]) -> list[str]:
    """The texts of a row with the years that columns of their own say of them.

    ``years`` has for the index of a column that of the one which says its year.

    >>> with_years(["36.4%", "令和2", "40%以上", "R7.3末"], {0: 1, 2: 3})
    ['2020年度 36.4%', '令和2', '2024年度 40%以上', 'R7.3末']
    """
    texts = list(texts)
    for of, index in years.items():
        year, rest = leading_year(texts[index])
        if year and not rest and texts[of] and read_cell(texts[of]).year is None:
            texts[of] = f"{year}年度 {texts[of]}"
    return texts
