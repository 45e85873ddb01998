"""What next year's form asks for, cell by cell: columns, formats, checks and words of help.

``checks.toml`` has the checks, in XlsxWriter's words for ``data_validation``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, read_cell
from kpi_utils.cells.number_format import Number, as_number
from kpi_utils.sheets.columns import role_of

__all__ = ["PUBLISHED", "REASON", "Asked", "asked", "revise", "with_entry_columns"]

# How many fiscal years back a figure may be chosen to be from.
_YEARS_BACK = 10
_CHECKS = tomllib.loads(Path(__file__).with_name("checks.toml").read_text("utf-8"))
REASON, PUBLISHED = _CHECKS["reason"], _CHECKS["published"]


@dataclass(frozen=True)
class Asked:
    """What is asked of a row: ``number`` is the pattern of its figures, None where they are words.

    ``year`` is the fiscal year that is entered beforehand, as the sheet prints one; ``actual`` and
    ``when`` are the checks of the two cells.
    """

    number: Number | None
    year: str
    actual: Mapping
    when: Mapping


def with_entry_columns(columns: list[dict], fiscal_year: int) -> list[dict]:
    """A table's columns (``frames.COLUMNS``) with those of a form, which are ``new``.

    Where the table has no column yet for the year's actuals, it gets one behind those of earlier
    years. Beside it stand the columns for the year of the figure and the reason for none.
    """
    columns = list(columns)
    earlier = [
        column for column in columns if column["role"] == "actual" and column["year"] <= fiscal_year
    ]
    newest = max(earlier, key=lambda column: column["year"])
    place = columns.index(newest)
    if newest["year"] != fiscal_year:
        place += 1
        header = _next_header(newest, fiscal_year)
        columns.insert(place, newest | {"year": fiscal_year, "header": header, "new": True})
    beside = [
        {**columns[place], "role": role, "header": f"{fiscal_year}年の実績{what}", "new": True}
        for role, what in (("entry_year", "の年度"), ("entry_reason", "がない理由"))
    ]
    return [*columns[: place + 1], *beside, *columns[place + 1 :]]


def _next_header(column: dict, fiscal_year: int) -> str:
    """The head of a new year's column in the style of another."""
    header = column["header"].replace(str(column["year"]), str(fiscal_year), 1)
    same = role_of(header) == {"role": "actual", "year": fiscal_year}
    return header if same else f"{fiscal_year}年 実績"


def asked(
    actuals: list[tuple[int, str]], others: list[str], fiscal_year: int, relisted: str
) -> Asked:
    """What a form asks of a row, from its actuals of earlier years and its other figures.

    ``actuals`` are column years and texts, oldest first; ``others`` the texts of its baseline and
    target; ``relisted`` names the row that lists the KPI first, or is blank.
    """
    reported = [
        (year, text)
        for year, text in actuals
        if read_cell(text).reason not in (BLANK, NOT_REPORTED)
    ]
    column_year, last = reported[-1] if reported else (fiscal_year, "")
    numbers = (as_number(text) for text in [*(text for _, text in reversed(reported)), *others])
    number = next(filter(None, numbers), None)
    cell = read_cell(last)
    printed = last.removesuffix(cell.text).strip()
    year_word = "年" if printed.endswith("年") else "年度"
    # Figures that came late come as late the next year, more often than not.
    year = f"{fiscal_year - column_year + cell.year}{year_word}" if cell.year else ""
    actual = _actual(number, last, fiscal_year, relisted)
    return Asked(number, year, actual, _when(fiscal_year, year_word))


def _actual(number: Number | None, last: str, fiscal_year: int, relisted: str) -> dict:
    unit = f"単位「{_short(number.unit)}」の数値" if number and number.unit else "数値"
    told = [
        f"{unit}を、数字だけで記入します。" if number else "シートの書き方に合わせて記入します。",
        f"前回は「{_short(last)}」です。" if last else "",
        f"{relisted} の再掲であり、同じ値を記入します。" if relisted else "",
        "値がないときは空白とし、右の列で理由を選びます。",
    ]
    check = _check("figure" if number else "words", year=fiscal_year, unit=unit)
    return check | {"input_message": "\n".join(filter(None, told))}


def _when(fiscal_year: int, year_word: str) -> dict:
    years = [f"{fiscal_year - back}{year_word}" for back in range(_YEARS_BACK)]
    return _check("when", year=fiscal_year, first=years[0]) | {"source": years}


def revise(fiscal_year: int) -> Mapping:
    """The word of help at a text that was written in an earlier fiscal year."""
    return _check("revise", year=fiscal_year)


def _check(name: str, **known) -> dict:
    """A check of ``checks.toml`` whose texts say what is known."""
    return {
        key: said.format(**known) if isinstance(said, str) else said
        for key, said in _CHECKS[name].items()
    }


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
