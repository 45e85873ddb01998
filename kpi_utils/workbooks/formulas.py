"""A judged row -> the live formulas of its achievement and status, with what they give at present.

A formula computes on the cells of its own row, by a linear convention or a ratio (method 3). A
number whose cell holds a text (10～15, 15%以下) stands in the formula itself. The result is also
computed here, exactly, for programs that do not calculate.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import pandas as pd
from xlsxwriter.utility import xl_rowcol_to_cell

from kpi_utils.cells.notation import identity, read_cell
from kpi_utils.cells.number_format import as_number, as_shown, quoted
from kpi_utils.judging.achievement import exact, exact_rows, percent_text, round_half_away
from kpi_utils.judging.conventions import by_convention, house_rule, is_figure
from kpi_utils.judging.judgement import judge
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.workbooks.layout import Layout, Listing
from kpi_utils.workbooks.workbook import Place

# Excel and LibreOffice keep numbers in binary: (23.324 - 23.34) / (22.7 - 23.34) is 0.025 on paper
# and a little less there, and would be rounded down. Rounded to so many digits first, it is 0.025.
_ON_PAPER = 10
_BLANK = '""'
# Our own percentages, as ``percent_text`` prints them.
_OURS = '#,##0%;"−"#,##0%'


def percent_format(published: Iterable[str]) -> str:
    """The number format in which most of a sheet's published figures are printed.

    >>> percent_format(["13.1％", "▲126.0％", "1,655.2％", "9％"]), percent_format(["(R3)-13%"])
    ('#,##0.0"％";"▲"#,##0.0"％"', '0%')
    """
    numbers = [
        (text, number)
        for text in published
        if is_figure(read_cell(text)) and (number := as_number(text))
    ]
    if not numbers:
        return "0%"
    texts = [text for text, _ in numbers]
    shown, _ = Counter(number.entry_format for _, number in numbers).most_common(1)[0]
    if not any("," in text for text in texts):
        shown = shown.replace("#,##0", "0")
    # Over a cell with a true % format, Excel takes what is typed as a percentage.
    shown = shown.replace('"%"', "%")
    # Anything else before the digits, such as a year or 約, is not a sign.
    sign = next((text[0] for text in texts if text[0] in "-−－▲△"), "-")
    return shown if sign == "-" else f"{shown};{quoted(sign)}{shown}"


def achievement_formulas(
    sheet: Sheet, fiscal_year: int, page: Layout, units: Mapping[Listing, str] | None = None
) -> dict[Listing, dict]:
    """The formulas of 達成度 up to a fiscal year, by the convention of a row's published figures.

    Each is a dictionary with fields of a ``Cell``; rows without a formula are left out. ``page`` is
    the layout in which the sheet stands; ``units`` are the units in which numbers are entered, by
    listing, if these are not the rows'.
    """
    now = due = judge(sheet.rows(), sheet.plan)
    if fiscal_year != sheet.fiscal_year:
        # In that year another target may be due next.
        due = judge(replace(sheet, fiscal_year=fiscal_year).rows(), sheet.plan)
    house = house_rule(exact_rows(now), sheet.plan)
    number_format = percent_format(now["published"])
    formulas = {}
    for row in exact_rows(due):
        listing = row["section"], row["no"]
        unit = (units or {}).get(listing, row["unit"])
        # A printed word (達成) is not replaced by a formula.
        in_words = row["published"] and not is_figure(read_cell(row["published"]))
        if in_words or identity(unit) != identity(row["unit"]):
            continue
        declared = sheet.plan.declared(row["kpi"])
        convention = declared.convention or house.convention_of(row) or "linear"
        if share := _share(row, convention, page, fiscal_year):
            result = None if pd.isna(row["actual"]) else by_convention(row)[convention]
            formulas[listing] = share.percentage(number_format, result, "")
    return formulas


def judged_formulas(
    row: Mapping, page: Layout, fiscal_year: int, statuses: Mapping[str, str]
) -> tuple[dict, dict] | None:
    """The formulas of a row's achievement and of its status, as it is judged here (method 3, 4).

    Each is a dictionary with fields of a ``Cell``. None if the row has no percentage, or if its
    target's year has come but not the figure. ``row`` is a judged row with exact numbers;
    ``statuses`` maps a status to its word.
    """
    due = row["target_year"] if row["stage"] == "interim" else None
    if pd.isna(row["achievement"]) or (due is not None and due <= fiscal_year):
        return None
    share = _share(row, "linear", page, fiscal_year)
    if share is None:
        return None
    met, missed, *ways, undetermined = (
        f'"{statuses[status]}"'
        for status in ("met", "missed", "regressed", "unchanged", "progressing", "undetermined")
    )
    way = f"CHOOSE(2+SIGN({share.on_paper}),{','.join(ways)})"
    otherwise = missed if row["stage"] == "final" else way
    reaches = ">" if row["target_comparator"] in ("above", "below") else ">="
    status = f"IF({share.on_paper}{reaches}{share.met},{met},{otherwise})"
    return (
        share.percentage(_OURS, Fraction(int(row["achievement"]), 100), percent_text(None)),
        {"formula": share.guarded(status, undetermined), "text": statuses[row["status"]]},
    )


@dataclass(frozen=True)
class _Share:
    """A formula of the achievement as a fraction (1 is 100 %).

    The target is met from ``met`` on, also a formula. ``needed`` are cells that must hold numbers.
    """

    formula: str
    met: str
    needed: list[str]

    @property
    def on_paper(self) -> str:
        """The formula, rounded to its value on paper: binary numbers are a hair's breadth off."""
        return f"ROUND({self.formula},{_ON_PAPER})"

    def guarded(self, formula: str, otherwise: str) -> str:
        """A formula that gives ``otherwise`` if a number is missing or a cell has an error."""
        guarded = f"IFERROR({formula},{otherwise})"
        if self.needed:
            count = f"COUNT({','.join(self.needed)})<{len(self.needed)}"
            guarded = f"IF({count},{otherwise},{guarded})"
        return f"={guarded}"

    def percentage(self, number_format: str, share: Fraction | None, otherwise: str) -> dict:
        """The fields of a cell with the percentage; ``share`` is its result at present, if any."""
        digits = 2 + len(re.findall(r"\.(0+)|$", number_format)[0])
        times = 1 if "%" in re.sub('"[^"]*"', "", number_format) else 100
        rounded = f"ROUND({self.on_paper},{digits})" + ("" if times == 1 else f"*{times}")
        fields: dict[str, Any] = {"formula": self.guarded(rounded, f'"{otherwise}"')}
        fields |= {"text": "", "number": None, "number_format": number_format}
        if share is not None:
            number = Decimal(round_half_away(share * 10**digits)).scaleb(-digits) * times
            shown = as_shown(float(number), number_format)
            assert shown, "the format of a percentage is known"
            fields["text"], _ = shown
            fields["number"] = number
        return fields


def _share(row: Mapping, convention: str, page: Layout, fiscal_year: int) -> _Share | None:
    """The formula of a row's achievement by a convention; None if it gives none for such a row."""
    # Start and target must be numbers, and the actual, if any, in the same unit.
    units = [row["unit"], row["target_unit"] or row["unit"]]
    if not pd.isna(row["actual"]):
        units.append(read_cell(row["actual_raw"]).unit)
    has_way = not pd.isna(row["start"]) and not pd.isna(row["target_value"])
    is_linear = row["target_kind"] not in ("", "text")
    if not has_way or not is_linear or len(set(map(identity, units))) != 1:
        return None
    actual, start, target, needed = _operands(row, page, fiscal_year)
    lower = row["target_value"]
    upper = row["target_upper"]
    if convention.startswith("ratio"):
        ratios = {
            "ratio": f"{actual}/{target}",
            "ratio_lower": f"2-{actual}/{target}",
            "ratio_inverse": f"{target}/{actual}",
        }
        needed = [cell for cell in needed if cell != start]
        return _Share(ratios[convention], "1", needed) if lower else None
    if lower <= row["start"] <= (lower if pd.isna(upper) else upper):
        return None
    if row["target_kind"] == "range":
        # The way to a range is the way to its nearer end.
        ends = f"{target}-{{0}},{{0}}-{_constant(upper)},0"
        share = f"1-MAX({ends.format(actual)})/MAX({ends.format(start)})"
        met = "1"
    else:
        # Improvement over distance: for a limit that the baseline respects, the plain formula has
        # the wrong sign. Such a limit is met until all of the distance is lost.
        rises = row["direction"] == "increase"
        gone = f"{actual}-{start}" if rises else f"{start}-{actual}"
        way = f"{target}-{start}" if rises else f"{start}-{target}"
        share = f"({gone})/ABS({way})"
        met = f"SIGN({way})"
    if convention != "linear":
        share = f"MAX({share},0)"
    return _Share(f"MIN({share},1)" if convention == "linear_clipped" else share, met, needed)


def _operands(row: Mapping, page: Layout, fiscal_year: int) -> tuple[str, str, str, list[str]]:
    """Actual, start and target as operands of a formula, and the cells that must have a number.

    An actual that is entered for a newer year replaces the older one. So does an error in its cell,
    or a text where there was a blank: otherwise the older figure would pass for the new one.
    """
    listing = row["section"], row["no"]
    unit = row["unit"]
    places = page.rows[listing]
    due = row["target_column_year"]
    due_place = places["target", None if pd.isna(due) else due]
    start = _written(page, places["baseline", None], row["start"], unit)
    target = _written(page, due_place, row["target_value"], unit)
    last, *newer = [
        places["actual", year]
        for year, _ in page.actuals(listing, fiscal_year)
        if year >= row["actual_column_year"]
    ]
    actual = _written(page, last, row["actual"], unit)
    if newer or xl_rowcol_to_cell(*last) != actual:
        actual = _BLANK if actual == xl_rowcol_to_cell(*last) else actual
        for place in (last, *newer):
            cell = xl_rowcol_to_cell(*place)
            is_none = f'OR({cell}="",ISTEXT({cell}))' if page.text(place) else f'{cell}=""'
            actual = f"IF({is_none},{actual},{cell})"
    operands = actual, start, target
    return *operands, [cell for cell in operands if re.fullmatch("[A-Z]+[0-9]+", cell)]


def _written(page: Layout, place: Place, value: float | Decimal | None, unit: str) -> str:
    """A number in a formula: the address of its cell, or the number if its cell holds a text.

    Without a ``value`` it is the address of the cell that will hold one.
    """
    if value is None or pd.isna(value):
        return xl_rowcol_to_cell(*place)
    number = as_number(page.text(place))
    is_held = number and number.value == exact(value) and identity(number.unit) == identity(unit)
    return xl_rowcol_to_cell(*place) if is_held else _constant(value)


def _constant(value: float | Decimal) -> str:
    number = f"{cast(Decimal, exact(value)).normalize():f}"
    return number if value >= 0 else f"({number})"
