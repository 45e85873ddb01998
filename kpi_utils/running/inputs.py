"""Checks parameters, loads a plan's sheets from data/, and finds the changes since last year."""

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

# The code of remarks on entries of plan.toml that have no effect.
_IDLE = "declaration-unused"
# How TOML writes a character by its number, or by a letter; and the backslash itself.
_ESCAPE = re.compile(
    r"""
    \\ (?:
      u([0-9A-Fa-f]{4})                             # \u5e02
      | U(00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4})      # \U00005e02, up to 0010ffff
      | ([\\bf])
    )
    """,
    re.VERBOSE,
)

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
    """Checks a run's parameters, and in a notebook the names that papermill injected.

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
    """Sets a font with Japanese letters for the figures that a notebook draws itself."""
    # Imported here: kpi check draws no figure and is faster without matplotlib.
    from kpi_utils.showing.drawing import use_font

    use_font()


def _is_parameter(name: str, value: object) -> bool:
    """True if a further parameter of the notebook has a value that it can have."""

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
    """Checks the parameters of a run that compares two years' sheets, the earlier one first.

    Raises KpiError with all that is wrong.
    """
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    _check(plan, years, unknown_parameters("plan", *years))
    if fiscal_year_before >= fiscal_year_after:
        values = {"before": fiscal_year_before, "after": fiscal_year_after}
        raise KpiError(mistake("parameter.order", **values))
    _write_japanese()


def _check(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> None:
    """Raises KpiError with what is wrong with names, years or the plan, or if a sheet is missing."""
    folder = plan_folder(plan, years, problems)
    for year in years.values():
        sheet_file(folder, year, folder_label(folder))


def plan_folder(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> Path:
    """The folder of a plan in data/. The years, by their parameters' names, need not have sheets.

    Raises KpiError with the given ``problems`` and all that is wrong with these parameters.
    """
    data, problems = data_folder(), list(problems)
    for name, year in years.items():
        if type(year) is not int or not 1900 < year < 2200:
            problems.append(mistake("parameter.year", name=name, year=year))
    if _is_name(plan) and (problem := name_problem(plan)):
        problems.append(problem)
    elif not _is_name(plan) or not (data / plan).is_dir():
        plans = sorted(filter(_is_name, (path.parent.name for path in data.glob("*/plan.toml"))))
        values = {"data": data.name, "plans": "、".join(plans)}
        problems.append(mistake("parameter.plan", plan=plan, **values))
    if problems:
        raise KpiError(problems)
    return data / plan


def _is_name(plan) -> bool:
    return isinstance(plan, str) and bool(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plan))


def name_problem(plan: str) -> str:
    """Why a plan cannot have this name: the portfolio has its folder in reports/. Blank if it can.

    >>> name_problem("kumamoto")
    ''
    """
    # Some disks do not tell capital from small letters.
    is_taken = plan.lower() == PORTFOLIO_FOLDER
    return mistake("parameter.plan-taken", plan=plan, folder=PORTFOLIO_FOLDER) if is_taken else ""


def folder_label(folder: Path) -> str:
    """The name of a plan's folder in messages and reports: ``data/PLAN``.

    >>> folder_label(Path("/somewhere/data/kumamoto"))
    'data/kumamoto'
    """
    return f"{folder.parent.name}/{folder.name}"


def load(plan: str, fiscal_year: int, language: str = "ja") -> Sheet:
    """The sheet of a plan and year in data/, with its report in a language, "ja" or "en".

    Raises KpiError, with all problems of the sheet and its plan.toml, if it cannot be used.
    """
    _check(plan, {"fiscal_year": fiscal_year})
    path = data_folder() / plan / "plan.toml"
    metadata = read_plan(path, f"{folder_label(path.parent)}/plan.toml")
    lines = path.read_text("utf-8-sig").split("\n")
    declared = [(metadata.source, number, _unescaped(line)) for number, line in enumerate(lines, 1)]
    try:
        sheet = _read(metadata, fiscal_year, language)
    except KpiError as error:
        # An invisible character in plan.toml may be why names differ: it is reported first.
        raise KpiError(_steering_characters(declared) or error.problems) from None
    if problems := _steering_characters(declared + sheet.texts):
        raise KpiError(problems)
    remarks = _without_glyph(sheet.texts + declared) + _idle_declarations(sheet, lines)
    return replace(sheet, remarks=sheet.remarks + remarks)


def _read(plan: Plan, fiscal_year: int, language: str = "ja") -> Sheet:
    folder = data_folder() / plan.id
    path = sheet_file(folder, fiscal_year, folder_label(folder))
    return read_sheet(path, plan, fiscal_year, f"{folder_label(folder)}/{path.name}", language)


def changes_since_last_year(sheet: Sheet, rows: pd.DataFrame) -> Changes | None:
    """The changes since the newest earlier sheet of the plan; None if there is no earlier sheet.

    ``rows`` are those of ``sheet``, judged and with readings. If the earlier sheet cannot be used,
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


def _idle_declarations(sheet: Sheet, lines: list[str]) -> list[Remark]:
    """Remarks on declarations and translations that no sheet of the plan uses.

    None if some year's sheet cannot be read, for it might use them. If the plan has only one sheet,
    also remarks on declarations that change no judgement. ``lines`` are those of plan.toml.
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
    unknown_names = set.intersection(*map(_unknown_names, sheets))
    rows = pd.concat([each.rows()[["name", "initiative"]] for each in sheets])
    names = sorted({*map(label, rows["name"]), *map(address, rows["name"], rows["initiative"])})
    remarks = [_on_unknown(line, name, names, plan.source) for line, name in sorted(unknown_names)]
    if len(sheets) == 1:
        reported = {line for line, _ in unknown_names}
        remarks += [
            Remark(_IDLE, number=declaration.line, text=declaration.name, source=plan.source)
            for declaration in unused_declarations(sheet)
            if declaration.line not in reported
        ]
    return remarks + _unused_translations(sheets, lines)


def _unknown_names(sheet: Sheet) -> set[tuple[int, str]]:
    """The names in declarations that a sheet does not have, each with its line in plan.toml."""
    return {(declaration.line, name) for declaration, name in unknown_declarations(sheet)}


def _on_unknown(line: int, name: str, names: list[str], source: str) -> Remark:
    """A remark on a name that no sheet has, with the most similar of the sheets' ``names``."""
    similar = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    says = "declaration-resembles" if similar else "declaration-unknown"
    exact = "".join(similar)
    return Remark(_IDLE, number=line, text=name, exact=exact, source=source, says=says)


def _unused_translations(sheets: list[Sheet], lines: list[str]) -> list[Remark]:
    """Remarks on translations whose original is in none of the sheets."""
    plan = sheets[0].plan
    if sheets[0].words.is_japanese:
        return []
    texts = {identity(text) for sheet in sheets for text in _translatable(sheet)}
    # A translation is a line of plan.toml, whose first text in quotation marks is the original.
    quoted = [re.split("[\"']", f'{identity(line)}""')[1] for line in lines]
    line_of = {original: number for number, original in enumerate(quoted, 1)}
    keywords = {"source": plan.source, "says": "translation-unused"}
    return [
        Remark(_IDLE, number=line_of.get(original, 1), text=original, **keywords)
        for original in plan.english
        if not any(begins(text, original) for text in texts)
    ]


def _translatable(sheet: Sheet) -> Iterator[str]:
    """Yields the texts of a sheet and its plan that an English report has in English."""
    plan = sheet.plan
    yield from (plan.municipality, plan.name, sheet.title, *sheet.captions.values())
    for declared in plan.declarations.values():
        yield from (declared.name, declared.reason, declared.same_as, declared.formerly)
    rows = sheet.rows()
    yield from (*rows["name"], *rows["initiative"], *sheet.commentary["heading"])
    for text in sheet.commentary["text"]:
        yield from text.split("\n")


def _steering_characters(lines: list[tuple[str, int, str]]) -> list[str]:
    """A sentence for each character that steers a terminal or reverses text; with file and line."""
    return [
        mistake("sheet.steering", source=source, line=number, code=ord(character))
        for source, number, text in lines
        for character in sorted(set(STEERING.findall(text.strip())))
    ]


def _without_glyph(lines: list[tuple[str, int, str]]) -> list[Remark]:
    """Remarks on the characters that no font of a report has, each at its first line."""
    first = {c: (source, number) for source, number, text in reversed(lines) for c in text}
    # The fonts have all characters of Shift_JIS (CP932) except those of private use. So the slow
    # opening of the fonts is rarely needed.
    rare = "".join(c for c in first if not c.encode("cp932", "ignore") or category(c) == "Co")
    if not rare:
        return []
    from kpi_utils.report import substitutes

    missing = [chr(code) for code, printed in sorted(substitutes(rare).items()) if printed]
    return [
        Remark("glyph-substituted", number=number, text=c, exact=f"U+{ord(c):04X}", source=source)
        for c in missing
        for source, number in [first[c]]
    ]


def _unescaped(text: str) -> str:
    r"""A line of TOML with its escapes of characters by number, and of b and f, resolved.

    >>> _unescaped(r"\u5e02\U00005e02 C:\\b")
    '市市 C:\\b'
    """

    def character(match: re.Match) -> str:
        if number := match[1] or match[2]:
            return chr(int(number, 16))
        return {"b": "\b", "f": "\f"}.get(match[3], "\\")

    return _ESCAPE.sub(character, text)
