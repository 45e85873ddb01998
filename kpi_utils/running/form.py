"""Next year's form: the newest sheet of a plan, with the new year's cells open, as a workbook.

Before it is put in place it is read back as the sheet that it was made from: what it would lose is
an error, and no form.
"""

import datetime
import tempfile
import tomllib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.running.inputs import load, place_of, plan_folder
from kpi_utils.sheets.files import must_be_closed, sheet_years
from kpi_utils.sheets.sheet import Sheet, read_sheet, sheet_cells
from kpi_utils.words import JAPANESE
from kpi_utils.workbooks.entry import form
from kpi_utils.workbooks.workbook import Cell, Worksheet, workbook

__all__ = ["Form", "make_form"]

_GUIDE = tomllib.loads(Path(__file__).with_name("guide.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Form:
    """A form that was made: its file in the project, and the sheet that it was made from.

    ``given`` is what its formulas of 達成度 give, by section and No., where there is one.
    """

    path: str
    sheet: Sheet
    given: dict[tuple[int, int], str]

    def differing(self) -> list[str]:
        """The rows whose formula does not give what the sheet prints, each as a sentence."""
        published = self.sheet.rows()["published"]
        return [
            f"{JAPANESE.rows([listing])}: 達成度の式は「{given}」となり、"
            f"{self.sheet.source} の「{published[listing]}」と異なる。"
            for listing, given in self.given.items()
            if given != published[listing]
        ]


def make_form(plan: str, fiscal_year: int) -> Form:
    """Write ``data/PLAN/YEAR.xlsx``, the form of a fiscal year, from the newest sheet before it.

    Raises KpiError where there is a file of that year already, no sheet of an earlier one, or a
    newer one; where that sheet cannot be used; and where the form would not hold all of it.
    """
    folder = plan_folder(plan, {"fiscal_year": fiscal_year})
    path, place = folder / f"{fiscal_year}.xlsx", f"{place_of(folder)}/{fiscal_year}.xlsx"
    sheet = load(plan, _newest_year(folder, place_of(folder), fiscal_year))
    must_be_closed(path, place)
    worksheet, given = form(sheet, fiscal_year)
    created = datetime.date(fiscal_year, 4, 1)
    content = workbook([worksheet, _guide(sheet, fiscal_year)], created)
    with tempfile.TemporaryDirectory(prefix=f".{fiscal_year}-", dir=folder) as beside:
        whole = Path(beside, path.name)
        whole.write_bytes(content)
        if lost := _lost(sheet, whole, given):
            raise KpiError(lost)
        whole.rename(path)
    return Form(place, sheet, given)


def _newest_year(folder: Path, place: str, fiscal_year: int) -> int:
    """The fiscal year of the newest sheet, which must be an earlier one."""
    if found := sorted(path.name for path in folder.glob(f"{fiscal_year}.*")):
        raise KpiError(mistake("form.exists", place=place, name=found[0]))
    years = sheet_years(folder)
    if not years:
        raise KpiError(mistake("form.no-sheet", place=place))
    if years[-1] > fiscal_year:
        found = {"place": place, "newest": years[-1], "next": years[-1] + 1}
        raise KpiError(mistake("form.newer-sheet", year=fiscal_year, **found))
    return years[-1]


def _guide(sheet: Sheet, fiscal_year: int) -> Worksheet:
    """The worksheet that says how the form is filled in."""
    known = {"source": sheet.source, "year": fiscal_year, "plan": sheet.plan.id}
    steps = [(f"{number}", step.format(**known)) for number, step in enumerate(_GUIDE["steps"], 1)]
    lines = [("", "記入の手順"), *steps, ("確認", _GUIDE["flagged"]), ("", "そのほか")]
    lines += [("・", rule) for rule in _GUIDE["rules"]]
    cells = [
        Cell(0, 0, _GUIDE["title"].format(**known), "title"),
        Cell(1, 0, sheet.title, "caption"),
    ]
    looks = {"1": "entry_centre", "確認": "flag"}
    for row, (mark, text) in enumerate(lines, 3):
        if not mark:
            cells.append(Cell(row, 0, text, "caption"))
            continue
        cells += [Cell(row, 0, mark, looks.get(mark, "centre")), Cell(row, 1, text)]
    return Worksheet(_GUIDE["worksheet"], cells, [8, 110])


def _lost(sheet: Sheet, form: Path, given: dict[tuple[int, int], str]) -> list[str]:
    """What a form, read as its sheet, does not say as that does; achievements as the formulas."""
    try:
        back = read_sheet(form, sheet.plan, sheet.fiscal_year, "記入用のシート")
    except KpiError as error:
        return [mistake("form.unreadable", source=sheet.source, error=error)]
    pairs = zip_longest(_texts(sheet), _texts(back), fillvalue="")
    lost = [f"「{_short(text)}」" for text, read in pairs if text != read]
    published = sheet.columns[sheet.columns["role"] == "published"].set_index("section")["header"]
    for section, header in published.items():
        printed = sheet_cells(sheet, section)
        printed[header] = [given.get(listing, text) for listing, text in printed[header].items()]
        read = sheet_cells(back, section).reindex(index=printed.index, columns=printed.columns)
        lost += [
            f"{JAPANESE.rows([listing])} 列「{head}」の「{_short(text)}」"
            for (*listing, head), text in printed[printed != read].stack().dropna().items()
        ]
    return [mistake("form.lost", source=sheet.source, text=text) for text in lost]


def _texts(sheet: Sheet) -> list[str]:
    """What a sheet says outside of its tables."""
    blocks = [
        text
        for block in sheet.commentary.itertuples()
        for text in (block.heading + block.references_raw, *block.text.split("\n"))
    ]
    notes = [text for _, _, text in sheet.notes]
    return [sheet.title, *sheet.captions.values(), *notes, *blocks]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
