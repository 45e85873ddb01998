"""What next year's form asks for, cell by cell: columns, formats, checks and words of help.

Checks are in XlsxWriter's words for ``data_validation``. Excel takes 32 characters for a heading
and 255 for a message.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kpi_utils.cells.notation import BLANK, NOT_REPORTED, read_cell
from kpi_utils.cells.number_format import Number, as_number
from kpi_utils.sheets.columns import role_of

__all__ = ["PUBLISHED", "REASON", "Asked", "asked", "revise", "with_entry_columns"]

REASONS = ["未公表", "集計中", "調査なし", "該当なし"]
# How many fiscal years back a figure may be chosen to be from.
_YEARS_BACK = 10
_MOST = 999_999_999_999_999

REASON = {
    "validate": "list",
    "source": REASONS,
    "input_title": "実績がない理由",
    "input_message": "実績がないときだけ、一覧から選びます。",
    "error_type": "warning",
    "error_title": "一覧にない理由です",
    "error_message": "一覧にない語を書くと、その行が判定保留となることがあります。",
}
PUBLISHED = {
    "validate": "list",
    "source": ["達成", "未達成"],
    "input_title": "達成度",
    "input_message": "目標値が数値でないなど、式で計算できない行です。達成又は未達成を選びます。",
    "error_type": "warning",
    "error_title": "一覧にない語です",
    "error_message": "達成又は未達成を選んでください。",
}


@dataclass(frozen=True)
class Asked:
    """What is asked of a row: ``number`` is the pattern of its figures, None where they are words.

    ``year`` is the fiscal year that is entered beforehand, as the sheet prints one; ``years`` those
    that may be chosen. ``actual`` and ``when`` are the checks of the two cells.
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
    check = {
        "validate": "any",
        "input_title": f"{fiscal_year}年の実績",
        "input_message": "\n".join(filter(None, told)),
    }
    if not number:
        return check
    return check | {
        "validate": "decimal",
        "criteria": "between",
        "minimum": -_MOST,
        "maximum": _MOST,
        "error_title": "数値ではありません",
        "error_message": f"{unit}を、数字だけで記入してください。値がないときは空白とし、"
        f"列「{fiscal_year}年の実績がない理由」で理由を選んでください。",
    }


def _when(fiscal_year: int, year_word: str) -> dict:
    return {
        "validate": "list",
        "source": [f"{fiscal_year - back}{year_word}" for back in range(_YEARS_BACK)],
        "input_title": "実績の年度",
        "input_message": "実績がどの年度の値かを選びます。"
        f"空白のときは{fiscal_year}年度の値とみなします。",
        "error_title": "年度ではありません",
        "error_message": f"「{fiscal_year}{year_word}」のように、一覧から選んでください。",
    }


def revise(fiscal_year: int) -> Mapping:
    """The word of help at a text that was written in an earlier fiscal year."""
    return {
        "validate": "any",
        "input_title": f"{fiscal_year}年度の記載です",
        "input_message": "前回のシートの文です。見直し、書き改めます。",
    }


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
