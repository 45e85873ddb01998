"""What ``kpi`` writes into a plan's folder: plan.toml, and an example sheet (見本) or one's own.

The example's figures are made up. plan.toml also keeps which worksheet holds a year's sheet.
"""

import datetime
import json
import re
import tomllib
from contextlib import suppress
from pathlib import Path

from kpi_utils.cells.letters import plain
from kpi_utils.cells.notation import label
from kpi_utils.cells.years import leading_year
from kpi_utils.errors import KpiError, mistake
from kpi_utils.formats.files import FORMATS, content_of
from kpi_utils.judging.findings import quoted_name
from kpi_utils.plan import Plan, read_plan
from kpi_utils.running.inputs import folder_label, name_problem
from kpi_utils.running.output import data_folder, move, working_folder, write_file
from kpi_utils.sheets.reading import named_town, read_sheet
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.workbooks.formulas import achievement_formulas
from kpi_utils.workbooks.layout import layout
from kpi_utils.workbooks.workbook import workbook

_TEMPLATES = Path(__file__).parent
# How many fiscal years are tried for a sheet if the name of its file does not tell the year.
_YEARS_BACK = 25
# Names that Windows takes for a device in any folder.
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)\d")
_WORKSHEET = re.compile(r"^[ \t]*\[[ \t]*worksheet[ \t]*\][ \t]*(?:#.*)?\n", re.MULTILINE)


def last_fiscal_year(today: datetime.date) -> int:
    """The fiscal year (年度, April to March) that ended last: the one whose results are judged.

    >>> last_fiscal_year(datetime.date(2026, 3, 31)), last_fiscal_year(datetime.date(2026, 4, 1))
    (2024, 2025)
    """
    return today.year - (1 if today.month >= 4 else 2)


def make_plan(plan: str, fiscal_year: int) -> str:
    """Write ``data/PLAN`` with plan.toml and an example sheet of a year; returns "data/PLAN".

    A report of the example can be made at once. Raises KpiError where the name cannot be a plan's,
    the plan exists already, or the year is too early or too late for the example.
    """
    folder = _new_folder(plan)
    # The target's year, up to five years later, must be one that a column header can name.
    if not isinstance(fiscal_year, int) or not 2000 <= fiscal_year <= 2094:
        raise KpiError(mistake("new.year", year=fiscal_year))
    template = (_TEMPLATES / "example.txt").read_text("utf-8")
    ends = {"base": fiscal_year - 2, "far": max(2030, fiscal_year + 5)}
    years = [fiscal_year, fiscal_year + 1, fiscal_year + 2]
    with working_folder(folder) as working:
        example = working / "example.txt"
        new_folder = working / plan
        new_folder.mkdir()
        metadata = new_folder / "plan.toml"
        metadata.write_bytes((_TEMPLATES / "example.toml").read_bytes())
        example.write_text(template.format(*years, **ends), "utf-8", newline="\n")
        sheet = read_sheet(example, read_plan(metadata), fiscal_year)
        # A live formula stands in each cell of 達成度 that can have one.
        page = layout(sheet)
        formulas = achievement_formulas(sheet, fiscal_year, page)
        places = {page.rows[listing]["published", None]: cell for listing, cell in formulas.items()}
        created = datetime.date(fiscal_year, 4, 1)
        (new_folder / f"{fiscal_year}.xlsx").write_bytes(workbook([page.changed(places)], created))
        move(new_folder, folder)
    return folder_label(folder)


def _new_folder(plan: str) -> Path:
    """The folder of a plan that is to be made. Raises KpiError where its name cannot be one."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", plan):
        raise KpiError(mistake("new.name", plan=plan))
    if _DEVICE.fullmatch(plan):
        raise KpiError(mistake("new.device", plan=plan))
    folder = data_folder() / plan
    problem = name_problem(plan)
    if folder.exists():
        problem = mistake("new.exists", place=folder_label(folder))
    if problem:
        raise KpiError(problem)
    return folder


def adopt_sheet(plan: str, file: Path, fiscal_year: int | None, today: datetime.date) -> int:
    """Write ``data/PLAN`` with an analyst's own sheet, and a plan.toml filled in from its title.

    Without ``fiscal_year``, the year is that of the file's name, else the newest year for which the
    sheet can be read. Returns the year. What the title does not say is left for the analyst to
    write. Raises KpiError if the file cannot be a sheet, or the plan exists already.
    """
    folder = _new_folder(plan)
    if file.suffix.lower() not in FORMATS:
        about = {"where": file.name, "formats": "、".join(FORMATS)}
        raise KpiError(mistake("new.format", **about))
    content = content_of(file, file.name)
    sheet, year = _first_that_reads(file, fiscal_year, today)
    title = sheet.title if sheet else ""
    town = named_town(title)
    name = re.sub(r"[（(]?架空のデータ[）)]?", "", title.partition(town)[2] if town else title)
    template = (_TEMPLATES / "example.toml").read_text("utf-8")
    for key, text in (("municipality", town), ("name", label(name))):
        if text:
            line = f"{key} = {quoted_name(text)}".replace("\\", r"\\")
            template = re.sub(rf"^{key} = .*$", line, template, flags=re.M)
    with working_folder(folder) as working:
        new_folder = working / plan
        new_folder.mkdir()
        (new_folder / "plan.toml").write_text(template, "utf-8", newline="\n")
        (new_folder / f"{year}{file.suffix.lower()}").write_bytes(content)
        move(new_folder, folder)
    return year


def _first_that_reads(
    file: Path, fiscal_year: int | None, today: datetime.date
) -> tuple[Sheet | None, int]:
    """The sheet, read for the newest fiscal year that is possible, and that year.

    The sheet is None if it can be read for none.
    """
    named = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", plain(file.stem))
    stem_year = leading_year(file.stem)[0] or (int(named[0]) if named else None)
    last = fiscal_year or stem_year or last_fiscal_year(today)
    unknown = Plan("new", "", "")
    for year in [last] if fiscal_year or stem_year else range(last, last - _YEARS_BACK, -1):
        with suppress(KpiError):
            sheet = read_sheet(file, unknown, year, file.name)
            return sheet, year
    return None, last


def worksheet_lines(fiscal_year: int, name: str) -> str:
    """The lines of plan.toml that name the worksheet of a year.

    >>> print(worksheet_lines(2022, "実績"))
    [worksheet]
    2022 = "実績"
    """
    return f"[worksheet]\n{fiscal_year} = {json.dumps(name, ensure_ascii=False)}"


def keep_worksheet(plan: str, fiscal_year: int, name: str) -> bool:
    """Write into a plan's plan.toml which worksheet holds a year's sheet.

    Returns False, and leaves the file as it is, if it cannot be written or if anything else would
    change. The rest of the file stays, byte for byte.
    """
    path = data_folder() / plan / "plan.toml"
    try:
        old = path.read_bytes().decode()
        new = _with_worksheet(old, fiscal_year, name)
        tables = tomllib.loads(old.removeprefix("\ufeff"))
        tables.setdefault("worksheet", {})[f"{fiscal_year}"] = name
        is_safe = tomllib.loads(new.removeprefix("\ufeff")) == tables
        if is_safe and new != old:
            write_file(path, new.encode())
    except (OSError, tomllib.TOMLDecodeError):
        return False
    return is_safe


def _with_worksheet(text: str, fiscal_year: int, name: str) -> str:
    """The text of a plan.toml with the worksheet of a year, instead of another one."""
    end = "\r\n" if "\r\n" in text else "\n"
    head, line = worksheet_lines(fiscal_year, name).split("\n")
    heading = _WORKSHEET.search(text)
    if not heading:
        before = text if text.endswith("\n") else text + end
        return f"{before}{end}{head}{end}{line}{end}"
    below, start, rest = text[heading.end() :].partition("\n[")
    entry = rf"^[ \t]*[\"']?{fiscal_year}[\"']?[ \t]*=.*\n?"
    others = re.sub(entry, "", below, flags=re.MULTILINE)
    return f"{text[: heading.end()]}{line}{end}{others}{start}{rest}"
