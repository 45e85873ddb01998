"""A sheet -> next year's form: the sheet's layout with the cells of the new year open for entry.

Open cells have a check and a word of help: the year's actual with the fiscal year that it is of and
the reason for none, who is in charge and what is done next, the commentary, and an achievement that
no formula gives. ``checks.toml`` has the checks, in XlsxWriter's words for ``data_validation``.
"""

import tomllib
from dataclasses import replace
from pathlib import Path

from kpi_utils.cells.heads import head_of
from kpi_utils.cells.notation import BLANK, NOT_REPORTED, read_cell
from kpi_utils.cells.number_format import Number, as_number
from kpi_utils.frames import typed
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import JAPANESE
from kpi_utils.workbooks.formulas import achievement_formulas
from kpi_utils.workbooks.layout import Layout, Listing, layout
from kpi_utils.workbooks.workbook import Place, Worksheet

# What is asked of each row beside its actual, and the heads of these columns if a sheet has none.
_ASKED_OF_ROWS = {"department": "担当課", "next_step": "今後の対応"}
# How many fiscal years back a figure may be chosen to be from.
_YEARS_BACK = 10
# How many characters a text in a formula may have.
_MOST_IN_FORMULA = 255
_CHECKS = tomllib.loads(Path(__file__).with_name("checks.toml").read_text("utf-8"))


def form(sheet: Sheet, fiscal_year: int) -> tuple[Worksheet, dict[Listing, str]]:
    """The worksheet of a fiscal year's form, and what its formulas of 達成度 give at present."""
    columns = []
    for _, table in sheet.columns.groupby("section"):
        columns += with_entry_columns(table.to_dict("records"), fiscal_year)
    page = layout(sheet, typed("columns", columns))
    asked = {listing: _asked(page, listing, fiscal_year) for listing in page.rows}
    units = {listing: number.unit for listing, (_, _, number) in asked.items() if number}
    formulas = achievement_formulas(sheet, fiscal_year, page, units)
    revise = _check("revise", year=sheet.fiscal_year)
    changes = {
        place: {"look": f"entry_{cell.look}", "check": revise}
        for place, cell in page.worksheet.cells.items()
        if cell.look in ("heading", "paragraph")
    }
    for row in sheet.rows().itertuples():
        listing = row.section, row.no
        places = page.rows[listing]
        first_row = sheet.first_listings[row.kpi]
        first = first_row["section"], first_row["no"]
        changes |= _opened(page, listing, asked[listing], fiscal_year, first)
        # Who is in charge is kept, as printed or as in plan.toml; what is done next is asked anew.
        department = page.text(places["department", None]) or row.department
        in_charge = {"look": "entry", "text": department, "check": _CHECKS["department"]}
        last = f"前回は「{_short(row.next_step)}」です。" if row.next_step else ""
        next_step = {"look": "entry", "text": "", "check": _check("next_step", last=last)}
        changes |= {places["department", None]: in_charge, places["next_step", None]: next_step}
        for role, formula in (("grade", None), ("published", formulas.get(listing))):
            if place := places.get((role, None)):
                changes[place] = formula or _opened_word(page, listing, place, fiscal_year)
    results = {
        listing: formula["text"]
        for listing, formula in formulas.items()
        if ("published", None) in page.rows[listing]
    }
    return replace(page.changed(changes), name=f"{fiscal_year}年度"), results


def with_entry_columns(columns: list[dict], fiscal_year: int) -> list[dict]:
    """A table's columns (``frames.COLUMNS``) with those of a form.

    Where the table has no column yet for the year's actuals, it gets one behind those of earlier
    years. Beside it stand the columns for the year of the figure and the reason for none; at the
    end those for who is in charge and what is done next, if the table has none.
    """
    columns = [dated(column) for column in columns]
    # The new columns stand behind the actuals of earlier years, or what stands before them.
    known = [column for column in columns if column["role"] in ("name", "unit", "baseline")]
    actuals = [column for column in columns if column["role"] == "actual"]
    earlier = [column for column in actuals if column["year"] <= fiscal_year]
    newest = max(earlier, key=lambda column: column["year"], default=known[-1])
    blank = newest | {"role": "actual", "year": fiscal_year, "column": 0}
    new = []
    if newest["year"] != fiscal_year or newest["role"] != "actual":
        header = newest["header"].replace(str(newest["year"]), str(fiscal_year), 1)
        if head_of(header)[1:3] not in [(("actual",), fiscal_year), (("year",), fiscal_year)]:
            header = f"{fiscal_year}年 実績"
        new.append(blank | {"header": header})
    for role, what in (("entry_year", "の年度"), ("entry_reason", "がない理由")):
        new.append(blank | {"role": role, "header": f"{fiscal_year}年の実績{what}"})
    roles = [column["role"] for column in columns]
    asked = [
        blank | {"role": role, "year": None, "header": header}
        for role, header in _ASKED_OF_ROWS.items()
        if role not in roles
    ]
    end = columns.index(newest) + 1
    return [*columns[:end], *new, *columns[end:], *asked]


def dated(column: dict) -> dict:
    """A column of actuals with its year in the head, which a sheet of one year may leave out."""
    head = head_of(column["header"])
    if column["role"] != "actual" or head.year or head.short:
        return column
    return column | {"header": f"{column['year']}年度 {column['header']}"}


def _asked(page: Layout, listing: Listing, fiscal_year: int) -> tuple[int, str, Number | None]:
    """What a row already says, as a guide for the entry of its actual.

    The year and the text of its newest earlier actual (the form's year and a blank if it has none),
    and the number format of its figures, None if they are words: with as many decimals as any of
    them in that unit, for 44 % may follow on 42.5 %.
    """
    actuals = [
        (year, text)
        for year, text in page.actuals(listing, fiscal_year - 1)
        if read_cell(text).reason not in (BLANK, NOT_REPORTED)
    ]
    texts = [text for _, text in reversed(actuals)]
    texts += [
        page.text(place)
        for (role, _), place in page.rows[listing].items()
        if role in ("baseline", "target")
    ]
    year, text = actuals[-1] if actuals else (fiscal_year, "")
    numbers = list(filter(None, map(as_number, texts)))
    if not numbers:
        return year, text, None
    finest = max((of for of in numbers if of.unit == numbers[0].unit), key=lambda of: of.decimals)
    return year, text, finest._replace(value=numbers[0].value)


def _opened(
    page: Layout, listing: Listing, asked: tuple, fiscal_year: int, first: Listing
) -> dict[Place, dict]:
    """The changes of the cells in which the year's actual is entered.

    ``first`` is the row that lists the KPI first; a later one must repeat its value.
    """
    last_year, last, number = asked
    places = page.rows[listing]
    cell = read_cell(last)
    actual = page.address(listing, "actual", fiscal_year)
    has_both = f'AND({actual}<>"",{page.address(listing, "entry_reason")}<>"")'
    flags = [has_both]
    relisted = ""
    if number:
        # What the format rounds away would not be read.
        flags.append(f"IF(ISNUMBER({actual}),ROUND({actual},{number.decimals})<>{actual})")
    if number and number.unit in ("%", "％") and abs(number.value) > 1:
        # Excel may make 0.36 of 36 % that is typed with its mark.
        flags.append(f"IF(ISNUMBER({actual}),AND({actual}<>0,ABS({actual})<=1))")
    if first != listing:
        relisted = JAPANESE.rows([first])
        flags.append(f'AND({actual}<>"",{actual}<>{page.address(first, "actual", fiscal_year)})')
    entry = {"look": "entry_figure", "check": _check_of_actual(last, number, fiscal_year, relisted)}
    printed = last.removesuffix(cell.text).strip()
    year_word = "年" if printed.endswith("年") else "年度"
    years = [f"{fiscal_year - back}{year_word}" for back in range(_YEARS_BACK)]
    when = _check("when", year=fiscal_year, first=years[0]) | {"source": years}
    year = {"look": "entry_centre", "check": when}
    if not page.text(places["actual", fiscal_year]):
        # Figures that came late come as late the next year, more often than not.
        late = fiscal_year - last_year
        year["text"] = f"{cell.year + late}{year_word}" if cell.year else ""
        entry |= {"number_format": number.entry_format} if number else {}
    reason = {"look": "entry_centre", "check": _CHECKS["reason"], "flag": has_both}
    return {
        places["actual", fiscal_year]: entry | {"flag": f"OR({','.join(flags)})"},
        places["entry_year", None]: year,
        places["entry_reason", None]: reason,
    }


def _check_of_actual(last: str, number: Number | None, fiscal_year: int, relisted: str) -> dict:
    """The check of the cell for the year's actual; ``relisted`` names the row of the same value."""
    unit = "数値"
    if number and number.unit:
        unit = f"単位「{_short(number.unit)}」の数値"
    help_lines = [
        f"{unit}を、数字だけで記入します。" if number else "シートの書き方に合わせて記入します。",
        f"前回は「{_short(last)}」です。" if last else "",
        f"{relisted} の再掲であり、同じ値を記入します。" if relisted else "",
        "値がないときは空白とし、右の列で理由を選びます。",
    ]
    check = _check("figure" if number else "words", year=fiscal_year, unit=unit)
    return check | {"input_message": "\n".join(filter(None, help_lines))}


def _opened_word(page: Layout, listing: Listing, place: Place, fiscal_year: int) -> dict:
    """The changes of a cell in which people enter an achievement, or the grade beside it."""
    opened = {"number": None, "number_format": "", "look": "entry_centre"}
    opened["check"] = _CHECKS["published"]
    word = page.text(place)
    if 0 < len(word) <= _MOST_IN_FORMULA:
        # The word of an earlier year goes when there is a new actual to judge.
        quoted = word.replace('"', '""')
        actual = page.address(listing, "actual", fiscal_year)
        opened["formula"] = f'=IF({actual}="","{quoted}","")'
    return opened


def _check(name: str, **known) -> dict:
    """A check of ``checks.toml``, its texts filled in."""
    return {
        key: text.format(**known) if isinstance(text, str) else text
        for key, text in _CHECKS[name].items()
    }


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
