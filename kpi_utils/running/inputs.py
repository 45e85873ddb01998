"""What lies in data/ -> checked parameters, a plan's sheets, and what changed since last year."""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.changes import Changes, compare, uncompared
from kpi_utils.errors import STEERING, KpiError, mistake, reason
from kpi_utils.frames import typed
from kpi_utils.judging.declarations import unknown_declarations, unused_declarations
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import per_kpi
from kpi_utils.plan import Plan, address, begins, read_plan
from kpi_utils.running.injected import unknown_parameters
from kpi_utils.running.output import PORTFOLIO_FOLDER, data_folder
from kpi_utils.sheets.files import sheet_file, sheet_years
from kpi_utils.sheets.lines import Remark
from kpi_utils.sheets.sheet import Sheet, read_sheet
from kpi_utils.words import LANGUAGES

# What plan.toml says in vain.
_IDLE = "declaration-unused"

__all__ = [
    "changes_since_last_year",
    "check_comparison",
    "check_parameters",
    "folder_label",
    "load",
    "name_problem",
    "plan_folder",
]


def check_parameters(plan: str, fiscal_year: int, language: str = "ja", **others) -> None:
    """Check a run's parameters, and in a notebook the names that papermill injected.

    ``plan`` is the name of a folder in data/, ``fiscal_year`` a year whose sheet lies in it,
    ``language`` "ja" or "en"; ``others`` are the notebook's further parameters by their names:
    ``initiative`` (a text), ``pace_cuts`` (three falling numbers) and thresholds (numbers). Raises
    KpiError with all that is wrong.
    """
    problems = unknown_parameters("plan", "fiscal_year", "language", *others)
    if not isinstance(language, str) or language not in LANGUAGES:
        known = " 又は ".join(map(repr, LANGUAGES))
        problems.append(mistake("parameter.language", language=language, known=known))
    for name, value in others.items():
        if not _is_parameter(name, value):
            problems.append(mistake(f"parameter.{name}", value=value))
    _check(plan, {"fiscal_year": fiscal_year}, problems)
    _write_japanese()


def _write_japanese() -> None:
    """Let a notebook's own figures be written in a font that has Japanese letters."""
    # kpi check, which shows no figure, does without matplotlib.
    from kpi_utils.showing.drawing import use_font

    use_font()


def _is_parameter(name: str, value: object) -> bool:
    """Whether a further parameter of the notebook has a value that it can have."""

    def is_number(number: object) -> bool:
        is_real = isinstance(number, int | float) and not isinstance(number, bool)
        return is_real and math.isfinite(number)

    match name:
        case "initiative":
            return isinstance(value, str)
        case "pace_cuts":
            is_three = isinstance(value, list | tuple) and len(value) == 3
            return is_three and all(map(is_number, value)) and value[0] > value[1] > value[2]
    return is_number(value) and value > 0


def check_comparison(plan: str, fiscal_year_before: int, fiscal_year_after: int) -> None:
    """The same for a run that compares two years' sheets of a plan, the earlier one first."""
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    _check(plan, years, unknown_parameters("plan", *years))
    if fiscal_year_before >= fiscal_year_after:
        given = {"before": fiscal_year_before, "after": fiscal_year_after}
        raise KpiError(mistake("parameter.order", **given))
    _write_japanese()


def _check(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> None:
    """Raise what is wrong with parameters: names, years, the plan, or a year without a sheet."""
    folder = plan_folder(plan, years, problems)
    for year in years.values():
        sheet_file(folder, year, folder_label(folder))


def plan_folder(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> Path:
    """The folder of a plan in data/; a year (by its parameter's name) need not have a sheet there.

    Raises KpiError with all that is wrong with these parameters, after the ``problems`` known.
    """
    data, problems = data_folder(), list(problems)
    for name, year in years.items():
        if type(year) is not int or not 1900 < year < 2200:
            problems.append(mistake("parameter.year", name=name, year=year))
    if _is_name(plan) and name_problem(plan):
        problems.append(name_problem(plan))
    elif not _is_name(plan) or not (data / plan).is_dir():
        plans = sorted(filter(_is_name, (path.parent.name for path in data.glob("*/plan.toml"))))
        known = {"data": data.name, "plans": "、".join(plans)}
        problems.append(mistake("parameter.plan", plan=plan, **known))
    if problems:
        raise KpiError(problems)
    return data / plan


def _is_name(plan) -> bool:
    return isinstance(plan, str) and bool(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plan))


def name_problem(plan: str) -> str:
    """What is wrong with a plan's name whose folder in reports/ is another's; blank if it is free.

    >>> name_problem("kumamoto")
    ''
    """
    # Some disks take capital letters for small ones.
    is_taken = plan.lower() == PORTFOLIO_FOLDER
    return mistake("parameter.plan-taken", plan=plan, folder=PORTFOLIO_FOLDER) if is_taken else ""


def folder_label(folder: Path) -> str:
    """What a plan's folder is called in messages and reports: ``data/PLAN``.

    >>> folder_label(Path("/somewhere/data/kumamoto"))
    'data/kumamoto'
    """
    return f"{folder.parent.name}/{folder.name}"


def load(plan: str, fiscal_year: int, language: str = "ja") -> Sheet:
    """The sheet of a plan and year from data/; what is said of it is in a language, "ja" or "en".

    Raises KpiError where it cannot be used.
    """
    _check(plan, {"fiscal_year": fiscal_year})
    path = data_folder() / plan / "plan.toml"
    metadata = read_plan(path, f"{folder_label(path.parent)}/plan.toml")
    lines = path.read_text("utf-8-sig").split("\n")
    declared = [(metadata.source, number, _unescaped(line)) for number, line in enumerate(lines, 1)]
    try:
        sheet = _read(metadata, fiscal_year, language)
    except KpiError as error:
        # A name with such a character stands in no sheet's title.
        raise KpiError(_steering(declared) or error.problems) from None
    if problems := _steering(declared + sheet.texts):
        raise KpiError(problems)
    remarks = _without_glyph(sheet.texts + declared) + _in_vain(sheet, lines)
    return replace(sheet, remarks=sheet.remarks + remarks)


def _read(plan: Plan, fiscal_year: int, language: str = "ja") -> Sheet:
    folder = data_folder() / plan.id
    path = sheet_file(folder, fiscal_year, folder_label(folder))
    return read_sheet(path, plan, fiscal_year, f"{folder_label(folder)}/{path.name}", language)


def changes_since_last_year(sheet: Sheet, rows: pd.DataFrame) -> Changes | None:
    """The changes since the newest earlier year of which the plan has a sheet; None without one.

    ``rows`` are those of ``sheet``, judged and read. Where the earlier sheet cannot be used,
    ``Changes.problems`` say why.
    """
    folder = data_folder() / sheet.plan.id
    years = [year for year in sheet_years(folder) if year < sheet.fiscal_year]
    if not years:
        return None
    after = Evaluation(sheet, rows, per_kpi(rows), typed("findings", []))
    try:
        before = evaluate(load(sheet.plan.id, years[-1], sheet.words.language))
    except KpiError as error:
        return uncompared(years[-1], after, error.problems)
    except OSError as error:
        values = {"place": folder_label(folder), "year": years[-1], "reason": reason(error)}
        return uncompared(years[-1], after, [mistake("sheet.not-opened", **values)])
    return compare(before, after)


def _in_vain(sheet: Sheet, written: list[str]) -> list[Remark]:
    """Remarks on what plan.toml (``written``) says and no year's sheet of the plan has.

    It serves all of them: what this sheet does not need another may. One that cannot be read may
    need anything. That a declaration changes no judgement is told where the plan has one sheet.
    """
    plan, years = sheet.plan, sheet_years(data_folder() / sheet.plan.id)
    if not plan.declarations and not plan.english:
        return []
    sheets = [sheet]
    for year in years:
        if year == sheet.fiscal_year:
            continue
        try:
            sheets.append(_read(plan, year))
        except (KpiError, OSError):
            return []
    unknown = {(of.line, name) for of, name in unknown_declarations(sheet)}
    for other in sheets[1:]:
        unknown &= {(of.line, name) for of, name in unknown_declarations(other)}
    rows = pd.concat([read.rows()[["name", "initiative"]] for read in sheets])
    names = sorted({*map(label, rows["name"]), *map(address, rows["name"], rows["initiative"])})
    remarks = [_unknown(line, name, names, plan.source) for line, name in sorted(unknown)]
    if len(sheets) == 1:
        lines = {line for line, _ in unknown}
        remarks += [
            Remark(_IDLE, of.line, of.name, source=plan.source)
            for of in unused_declarations(sheet)
            if of.line not in lines
        ]
    return remarks + _untranslated(sheets, written)


def _unknown(line: int, name: str, names: list[str], source: str) -> Remark:
    """A remark on a name that no sheet has, with the one in the sheets that it may mean."""
    meant = difflib.get_close_matches(name, names, 1, 0.7)
    says = "declaration-resembles" if meant else "declaration-unknown"
    return Remark(_IDLE, line, name, exact="".join(meant), source=source, says=says)


def _untranslated(sheets: list[Sheet], written: list[str]) -> list[Remark]:
    """Remarks on translations whose original stands in none of the sheets."""
    plan = sheets[0].plan
    if sheets[0].words.is_japanese:
        return []
    texts = {identity(text) for sheet in sheets for text in _translatable(sheet)}
    originals = [re.split("[\"']", f'{identity(line)}""')[1] for line in written]
    lines = {original: number for number, original in enumerate(originals, 1)}
    return [
        Remark(_IDLE, lines.get(of, 1), of, source=plan.source, says="translation-unused")
        for of in plan.english
        if not any(begins(text, of) for text in texts)
    ]


def _translatable(sheet: Sheet) -> Iterator[str]:
    """The texts of a sheet and its plan that a report in English has in English."""
    plan = sheet.plan
    yield from (plan.municipality, plan.name, sheet.title, *sheet.captions.values())
    for declared in plan.declarations.values():
        yield from (declared.name, declared.reason, declared.same_as, declared.formerly)
    rows = sheet.rows()
    yield from (*rows["name"], *rows["initiative"], *sheet.commentary["heading"])
    for text in sheet.commentary["text"]:
        yield from text.split("\n")


def _steering(lines: list[tuple[str, int, str]]) -> list[str]:
    """The characters in lines of files that steer a terminal or turn words round."""
    return [
        mistake("sheet.steering", source=source, line=number, code=ord(character))
        for source, number, text in lines
        for character in sorted(set(STEERING.findall(text.strip())))
    ]


def _without_glyph(lines: list[tuple[str, int, str]]) -> list[Remark]:
    """The characters that no font of a report has, each where it stands first."""
    first = {c: (source, number) for source, number, text in reversed(lines) for c in text}
    # What Shift_JIS (CP932) has, a font has, but for letters of private use: to open it for those
    # would take its time.
    rare = "".join(c for c in first if not c.encode("cp932", "ignore") or category(c) == "Co")
    if not rare:
        return []
    from kpi_utils.report import substitutes

    lost = [chr(code) for code, printed in sorted(substitutes(rare).items()) if printed]
    code = "glyph-substituted"
    return [Remark(code, first[c][1], c, exact=f"U+{ord(c):04X}", source=first[c][0]) for c in lost]


def _unescaped(text: str) -> str:
    r"""A line of TOML with the characters that it names by their numbers, or by b and f.

    >>> _unescaped(r"\u5e02\U00005e02 C:\\b")
    '市市 C:\\b'
    """
    named = r"\\(?:u([0-9A-Fa-f]{4})|U(00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4})|([\\bf]))"

    def character(found: re.Match) -> str:
        number = found[1] or found[2]
        return chr(int(number, 16)) if number else {"b": "\b", "f": "\f"}.get(found[3], "\\")

    return re.sub(named, character, text)
