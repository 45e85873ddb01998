"""What lies in data/ -> checked parameters, a plan's sheets, and what changed since last year."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import pandas as pd

from kpi_utils.cells.notation import identity, label
from kpi_utils.comparing.changes import Changes, compare, uncompared
from kpi_utils.errors import STEERING, KpiError, mistake, reason
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import unknown_declarations, unused_declarations
from kpi_utils.language import LANGUAGES, spoken
from kpi_utils.plan import Plan, address, begins, read_plan
from kpi_utils.running.injected import unknown
from kpi_utils.running.output import COLLECTED, data_folder
from kpi_utils.sheets.files import sheet_file, sheet_years
from kpi_utils.sheets.lines import Remark
from kpi_utils.sheets.sheet import Sheet, read_sheet

__all__ = [
    "changes_since_last_year",
    "check_comparison",
    "check_parameters",
    "load",
    "place_of",
    "plan_folder",
    "taken",
]


def check_parameters(plan: str, fiscal_year: int, language: str = "ja") -> None:
    """Check a run's parameters, and in a notebook the names that papermill injected.

    ``plan`` is the name of a folder in data/, ``fiscal_year`` a year whose sheet lies in it,
    ``language`` "ja" or "en". Raises KpiError with all that is wrong.
    """
    _check(plan, {"fiscal_year": fiscal_year}, unknown("plan", "fiscal_year", "language"))
    if not isinstance(language, str) or language not in LANGUAGES:
        known = " 又は ".join(map(repr, LANGUAGES))
        raise KpiError(mistake("parameter.language", language=language, known=known))


def check_comparison(plan: str, fiscal_year_before: int, fiscal_year_after: int) -> None:
    """The same for a run that compares two years' sheets of a plan, the earlier one first."""
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    _check(plan, years, unknown("plan", *years))
    if fiscal_year_before >= fiscal_year_after:
        given = {"before": fiscal_year_before, "after": fiscal_year_after}
        raise KpiError(mistake("parameter.order", **given))


def _check(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> None:
    """Raise what is wrong with parameters: names, years, the plan, or a year without a sheet."""
    folder = plan_folder(plan, years, problems)
    for year in years.values():
        sheet_file(folder, year, place_of(folder))


def plan_folder(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> Path:
    """The folder of a plan in data/; a year (by its parameter's name) need not have a sheet there.

    Raises KpiError with all that is wrong with these parameters, after the ``problems`` known.
    """
    data, problems = data_folder(), list(problems)
    for name, year in years.items():
        if type(year) is not int or not 1900 < year < 2200:
            problems.append(mistake("parameter.year", name=name, year=year))
    if _is_name(plan) and taken(plan):
        problems.append(taken(plan))
    elif not _is_name(plan) or not (data / plan).is_dir():
        plans = sorted(filter(_is_name, (path.parent.name for path in data.glob("*/plan.toml"))))
        known = {"data": data.name, "plans": "、".join(plans)}
        problems.append(mistake("parameter.plan", plan=plan, **known))
    if problems:
        raise KpiError(problems)
    return data / plan


def _is_name(plan) -> bool:
    return isinstance(plan, str) and bool(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plan))


def taken(plan: str) -> str:
    """What is wrong with a plan's name whose folder in reports/ is another's; blank if it is free.

    >>> taken("kumamoto")
    ''
    """
    # Some disks take capital letters for small ones.
    is_taken = plan.lower() == COLLECTED
    return mistake("parameter.plan-taken", plan=plan, folder=COLLECTED) if is_taken else ""


def place_of(folder: Path) -> str:
    """What a plan's folder is called in messages and reports: ``data/PLAN``.

    >>> place_of(Path("/somewhere/data/kumamoto"))
    'data/kumamoto'
    """
    return f"{folder.parent.name}/{folder.name}"


def load(plan: str, fiscal_year: int, language: str | None = None) -> Sheet:
    """The sheet of a plan and year from data/. Raises KpiError where it cannot be used.

    Its remarks are for a report in a ``language``; None stands for the one that is spoken.
    """
    _check(plan, {"fiscal_year": fiscal_year})
    path = data_folder() / plan / "plan.toml"
    metadata = read_plan(path, f"{place_of(path.parent)}/plan.toml")
    lines = path.read_text("utf-8-sig").split("\n")
    declared = [(metadata.source, number, _unescaped(line)) for number, line in enumerate(lines, 1)]
    try:
        sheet = _read(metadata, fiscal_year)
    except KpiError as error:
        # A name with such a character stands in no sheet's title.
        raise KpiError(_steering(declared) or error.problems) from None
    printed = [(sheet.source, line.number, line.said()) for line in sheet.lines]
    if problems := _steering(declared + printed):
        raise KpiError(problems)
    remarks = _without_glyph(printed + declared) + _in_vain(sheet, lines, language or spoken())
    return replace(sheet, remarks=sheet.remarks + remarks)


def _read(plan: Plan, fiscal_year: int) -> Sheet:
    folder = data_folder() / plan.id
    path = sheet_file(folder, fiscal_year, place_of(folder))
    return read_sheet(path, plan, fiscal_year, f"{place_of(folder)}/{path.name}")


def changes_since_last_year(evaluation: Evaluation) -> Changes | None:
    """The changes since the newest earlier year of which the plan has a sheet; None without one.

    Where that sheet cannot be used, ``Changes.problems`` say why.
    """
    plan, fiscal_year = evaluation.sheet.plan.id, evaluation.sheet.fiscal_year
    folder = data_folder() / plan
    years = [year for year in sheet_years(folder) if year < fiscal_year]
    if not years:
        return None
    try:
        return compare(evaluate(load(plan, years[-1])), evaluation)
    except KpiError as error:
        return uncompared(years[-1], evaluation, error.problems)
    except OSError as error:
        said = {"place": place_of(folder), "year": years[-1], "reason": reason(error)}
        return uncompared(years[-1], evaluation, [mistake("sheet.not-opened", **said)])


def _in_vain(sheet: Sheet, lines: list[str], language: str) -> list[Remark]:
    """Remarks on what plan.toml (``lines``) says and no year's sheet of the plan needs.

    It serves all of them: what this sheet does not need another may. One that cannot be read may
    need anything.
    """
    idle, sheets = _idle(sheet, lines, language), [sheet]
    years = sheet_years(data_folder() / sheet.plan.id)
    for year in reversed(years):
        if not idle or year == sheet.fiscal_year:
            continue
        try:
            sheets.append(_read(sheet.plan, year))
        except (KpiError, OSError):
            return []
        idle_there = _idle(sheets[-1], lines, language)
        idle = [remark for remark in idle if remark in idle_there]
    rows = pd.concat([read.rows[["name", "initiative"]] for read in sheets])
    names = sorted({*map(label, rows["name"]), *map(address, rows["name"], rows["initiative"])})
    unknown = {remark.number for remark in idle if remark.says == "declaration-unknown"}
    remarks = []
    for remark in idle:
        if remark.says == "declaration-unknown":
            if meant := difflib.get_close_matches(remark.text, names, 1, 0.7):
                remark = remark._replace(exact=meant[0], says="declaration-resembles")
        elif remark.says == "declaration-unused" and remark.number in unknown:
            continue
        remarks.append(remark)
    return remarks


def _idle(sheet: Sheet, lines: list[str], language: str) -> list[Remark]:
    """Remarks on what plan.toml says and one sheet does not need."""
    plan = sheet.plan
    idle = [(of.line, name, "declaration-unknown") for of, name in unknown_declarations(sheet)]
    idle += [(of.line, of.name, "declaration-unused") for of in unused_declarations(sheet)]
    if language != "ja":
        texts = set(map(identity, _translatable(sheet)))
        originals = [re.split("[\"']", f'{identity(line)}""')[1] for line in lines]
        numbers = {original: number for number, original in enumerate(originals, 1)}
        idle += [
            (numbers.get(original, 1), original, "translation-unused")
            for original in plan.english
            if not any(begins(text, original) for text in texts)
        ]
    return [
        Remark("declaration-unused", line, text, source=plan.source, says=says)
        for line, text, says in idle
    ]


def _translatable(sheet: Sheet) -> Iterator[str]:
    """The texts of a sheet and its plan that a report in English has in English."""
    plan = sheet.plan
    yield from (plan.municipality, plan.name, sheet.title, *sheet.captions.values())
    for declared in plan.declarations.values():
        yield from (declared.name, declared.reason, declared.same_as, declared.formerly)
    yield from (*sheet.rows["name"], *sheet.rows["initiative"], *sheet.commentary["heading"])
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
