"""Next year's form: the newest sheet of a plan, with the new year's cells open, as a workbook.

Before the form is put in place, it is read back and compared with the sheet that it was made from.
If it would lose anything, that is an error, and no form is written.
"""

import datetime
import tomllib
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats.files import must_be_closed, sheet_years
from kpi_utils.running.inputs import folder_label, load, plan_folder
from kpi_utils.running.output import move, working_folder
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.sheets.sheet import Sheet, sheet_cells
from kpi_utils.words import JAPANESE
from kpi_utils.workbooks.entry import dated, form
from kpi_utils.workbooks.workbook import Cell, Worksheet, workbook

_GUIDE = tomllib.loads(Path(__file__).with_name("guide.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Form:
    """A form that was made: its file in the project, and the sheet that it was made from.

    ``formula_results`` are the texts that its formulas of 達成度 give, by section and No. of the
    rows that have a formula.
    """

    path: str
    sheet: Sheet
    formula_results: dict[tuple[int, int], str]

    def differing(self) -> list[str]:
        """A sentence for each row whose formula does not give the 達成度 that the sheet prints."""
        published = self.sheet.rows()["published"]
        return [
            mistake(
                "form.formula-differs",
                rows=JAPANESE.rows([listing]),
                result=f"「{result}」" if result else "空白",
                source=self.sheet.source,
                published=published[listing],
            )
            for listing, result in self.formula_results.items()
            if published[listing] not in ("", result)
        ]


def make_form(plan: str, fiscal_year: int) -> Form:
    """Write ``data/PLAN/YEAR.xlsx``, the form of a fiscal year, from the newest sheet before it.

    Raises KpiError where there is a file of that year already, no sheet of an earlier one, or a
    newer one; where that sheet cannot be used; and where the form would not hold all of it.
    """
    folder = plan_folder(plan, {"fiscal_year": fiscal_year})
    place = folder_label(folder)
    path = folder / f"{fiscal_year}.xlsx"
    if names := sorted(file.name for file in folder.glob(f"{fiscal_year}.*")):
        raise KpiError(mistake("form.exists", place=place, name=names[0]))
    newest = max(sheet_years(folder), default=0)
    if not newest:
        raise KpiError(mistake("form.no-sheet", place=place))
    if newest > fiscal_year:
        years = {"year": fiscal_year, "newest": newest, "next": newest + 1}
        raise KpiError(mistake("form.newer-sheet", place=place, **years))
    sheet = load(plan, newest)
    must_be_closed(path, f"{place}/{path.name}")
    worksheet, formula_results = form(sheet, fiscal_year)
    created = datetime.date(fiscal_year, 4, 1)
    content = workbook([worksheet, _guide(sheet, fiscal_year)], created)
    with working_folder(path) as working:
        temporary_file = working / path.name
        temporary_file.write_bytes(content)
        if problems := _losses(sheet, temporary_file, formula_results):
            raise KpiError(problems)
        move(temporary_file, path)
    return Form(f"{place}/{path.name}", sheet, formula_results)


def _guide(sheet: Sheet, fiscal_year: int) -> Worksheet:
    """The worksheet that says how the form is filled in."""
    values = {"source": sheet.source, "year": fiscal_year, "plan": sheet.plan.id}
    # Steps and rules about what the sheet lacks are left out.
    has = {"達成度": "published" in {*sheet.columns["role"]}, "評価": not sheet.commentary.empty}
    absent = [word for word, is_there in has.items() if not is_there]
    said, rules = (
        [text for text in _GUIDE[part] if not any(word in text for word in absent)]
        for part in ("steps", "rules")
    )
    steps = [(f"{number}", step.format(**values)) for number, step in enumerate(said, 1)]
    lines = [("", "記入の手順"), *steps, ("確認", _GUIDE["flagged"]), ("", "そのほか")]
    lines += [("・", rule) for rule in rules]
    cells = {
        (0, 0): Cell(_GUIDE["title"].format(**values), "title"),
        (1, 0): Cell(sheet.title, "caption"),
    }
    looks = {"1": "entry_centre", "確認": "flag"}
    for row, (mark, text) in enumerate(lines, 3):
        if mark:
            cells[row, 0] = Cell(mark, looks.get(mark, "centre"))
            cells[row, 1] = Cell(text)
        else:
            cells[row, 0] = Cell(text, "caption")
    return Worksheet(_GUIDE["worksheet"], cells, [8, 110])


def _losses(sheet: Sheet, form: Path, formula_results: dict[tuple[int, int], str]) -> list[str]:
    """A sentence for each text of a sheet that is missing if its form is read back as a sheet.

    A row with a formula of 達成度 must have the formula's result; the next step (今後の対応) is
    asked anew, and so not compared.
    """
    try:
        plan = replace(sheet.plan, worksheets={})
        copy = read_sheet(form, plan, sheet.fiscal_year, "記入用のシート", is_filled=False)
    except KpiError as error:
        return [mistake("form.unreadable", source=sheet.source, error=error)]
    pairs = zip_longest(_texts(sheet), _texts(copy), fillvalue="")
    lost = [("", text) for text, copied in pairs if text != copied]
    asked_anew = sheet.columns.loc[sheet.columns["role"] == "next_step", "header"]
    for section, columns in sheet.columns.groupby("section"):
        printed = sheet_cells(sheet, section)
        for header in columns.loc[columns["role"] == "published", "header"]:
            printed[header] = [
                formula_results.get(listing, text) for listing, text in printed[header].items()
            ]
        heads = {column["header"]: dated(column)["header"] for column in columns.to_dict("records")}
        printed = printed.drop(columns=asked_anew, errors="ignore").rename(columns=heads)
        copied = sheet_cells(copy, section).reindex(index=printed.index, columns=printed.columns)
        lost += [
            (f"{JAPANESE.rows([listing])} 列「{head}」の", text)
            for (*listing, head), text in printed[printed != copied].stack().dropna().items()
        ]
    return [
        mistake("form.lost", source=sheet.source, text=f"{cell}「{short}」")
        for cell, text in lost
        for short in [text if len(text) <= 60 else f"{text[:60]}…"]
    ]


def _texts(sheet: Sheet) -> list[str]:
    """The texts of a sheet outside of its tables, in order."""
    blocks = [
        text
        for block in sheet.commentary.itertuples()
        for text in (block.heading + block.references_raw, *block.text.split("\n"))
    ]
    notes = [text for _, _, text in sheet.notes]
    return [sheet.title, *sheet.captions.values(), *notes, *blocks]
