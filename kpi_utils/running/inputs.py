"""Checks parameters, loads a plan's sheets from data/, and finds the changes since last year.

papermill does not check the names that it injects into a notebook: that is done here, too.
"""

import os
import re
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from kpi_utils.comparing.changes import Changes, compare
from kpi_utils.declaration import threshold_problems
from kpi_utils.errors import KpiError, mistake, reason
from kpi_utils.formats.files import sheet_file, sheet_years
from kpi_utils.frames import typed
from kpi_utils.judging.evaluation import USUAL_THRESHOLDS, Evaluation, thresholds_of
from kpi_utils.judging.findings import evaluate
from kpi_utils.judging.judgement import per_kpi
from kpi_utils.plan import Plan, read_plan
from kpi_utils.running import remarks
from kpi_utils.running.output import PORTFOLIO_FOLDER, data_folder
from kpi_utils.sheets.reading import read_sheet
from kpi_utils.sheets.sheet import Sheet
from kpi_utils.words import LANGUAGES

# The first line of the cell that papermill writes, and how a parameter stands in a cell.
INJECTED = "# Parameters\n"
_ASSIGNED = re.compile(r"^(\w+)(?:: \w+)? = ", re.MULTILINE)


def check_parameters(plan: str, fiscal_year: int, language: str = "ja", **others) -> None:
    """Checks a run's parameters, and in a notebook the names that papermill injected.

    ``plan`` is the name of a folder in data/, ``fiscal_year`` a year whose sheet lies in it,
    ``language`` "ja" or "en"; ``others`` are the notebook's further parameters by their names:
    ``initiative`` (a text), ``pace_cuts`` (three falling numbers) and thresholds (numbers). Raises
    KpiError with all that is wrong.
    """
    problems = unknown_parameters("plan", "fiscal_year", "language", *others)
    problems += _language_problems(language)
    if not isinstance(initiative := others.pop("initiative", ""), str):
        problems.append(mistake("parameter.initiative", value=initiative))
    problems += threshold_problems(**others)
    must_have_sheets(plan, {"fiscal_year": fiscal_year}, problems)
    prepare_notebook()


def prepare_notebook() -> None:
    """A font with Japanese letters for its own figures; a change that pandas loses is an error."""
    # Imported here: kpi check draws no figure and is faster without matplotlib.
    from kpi_utils.showing.drawing import use_font

    use_font()
    warnings.simplefilter("error", pd.errors.ChainedAssignmentError)


def thresholds(sheet: Sheet, **parameters) -> tuple:
    """The thresholds of a report: what the run or the notebook's cell says, else plan.toml.

    ``parameters`` are the notebook's ``pace_cuts``, ``fragile_points`` and ``outgrown``; they are
    returned in this order. One that papermill was given (``-p``), or that was changed in the cell,
    is taken as it is; one that has the usual value is the plan's, if plan.toml has it in [report].
    """
    injected = injected_names("plan", "fiscal_year")
    declared = thresholds_of(sheet)
    return tuple(
        declared[name]
        if name not in injected and np.array_equal(value, USUAL_THRESHOLDS[name])
        else value
        for name, value in parameters.items()
    )


def check_comparison(plan: str, fiscal_year_before: int, fiscal_year_after: int) -> None:
    """Checks the parameters of a run that compares two years' sheets, the earlier one first.

    Raises KpiError with all that is wrong.
    """
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    must_have_sheets(plan, years, unknown_parameters("plan", *years))
    if fiscal_year_before >= fiscal_year_after:
        raise KpiError(mistake("parameter.order", **years))
    prepare_notebook()


def unknown_parameters(*known: str) -> list[str]:
    """A sentence for each name that papermill injected and that no parameter has."""
    return [
        mistake("parameter.unknown", name=name, known="、".join(known))
        for name, is_parameter in injected_names(*known).items()
        if not is_parameter and name not in known
    ]


def injected_names(*known: str) -> dict[str, bool]:
    """The names that papermill injected, and whether the cell of the parameters assigns them.

    Outside of IPython there are none. papermill writes a line a name, into a cell right after the
    one that assigns the parameters; the ``known`` names are among these. Another cell that begins
    with the same words is the analyst's own.
    """
    try:
        # IPython puts the name into the builtins.
        cells = get_ipython().user_ns["In"]  # type: ignore[name-defined]
    except NameError:
        return {}
    injected: dict[str, bool] = {}
    is_injected = False
    for parameters, cell in pairwise(cells):
        assigned = _ASSIGNED.findall(parameters)
        # The cell after the injected one, which assigns parameters too, is not injected.
        is_injected = not is_injected and not {*known}.isdisjoint(assigned)
        is_injected = is_injected and cell.startswith(INJECTED)
        if is_injected:
            injected = {name: name in assigned for name in _ASSIGNED.findall(cell)}
    return injected


def _language_problems(language: str) -> list[str]:
    if isinstance(language, str) and language in LANGUAGES:
        return []
    known = " 又は ".join(map(repr, LANGUAGES))
    return [mistake("parameter.language", language=language, known=known)]


def must_have_sheets(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> None:
    """Raises KpiError as ``plan_folder`` does, and if a year has no sheet."""
    folder = plan_folder(plan, years, problems)
    for year in years.values():
        sheet_file(folder, year, folder_label(folder))


def plan_folder(plan: str, years: Mapping[str, int], problems: Iterable[str] = ()) -> Path:
    """The folder of a plan in data/. The years, by their parameters' names, need not have sheets.

    Raises KpiError with the given ``problems`` and all that is wrong with these parameters.
    """
    data = data_folder()
    problems = list(problems)
    for name, year in years.items():
        if type(year) is not int or not 1900 < year < 2200:
            problems.append(mistake("parameter.year", name=name, year=year))
    # Some disks do not tell capital from small letters.
    folders = [path.name for path in data.iterdir() if path.is_dir()]
    if _is_name(plan) and (problem := name_problem(plan)):
        problems.append(problem)
    elif not _is_name(plan) or plan not in folders:
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


def load(plan: str, fiscal_year: int, language: str = "ja", worksheet: str = "") -> Sheet:
    """The sheet of a plan and year in data/, with its report in a language, "ja" or "en".

    ``worksheet`` is the one of its workbook that is read, instead of what plan.toml says.
    Raises KpiError, with all problems of the sheet and its plan.toml, if it cannot be used, and if
    a file cannot be read.
    """
    try:
        must_have_sheets(plan, {"fiscal_year": fiscal_year}, _language_problems(language))
        return _load(plan, fiscal_year, language, worksheet)
    except OSError as error:
        file = error.filename or data_folder() / plan
        where = f"{file}".removeprefix(f"{data_folder().parent}{os.sep}")
        sentence = mistake("sheet.not-opened", where=where, reason=reason(error))
        raise KpiError(sentence) from None


def _load(name: str, fiscal_year: int, language: str, worksheet: str) -> Sheet:
    path = data_folder() / name / "plan.toml"
    metadata = read_plan(path, f"{folder_label(path.parent)}/plan.toml")
    if worksheet:
        metadata = replace(metadata, worksheets={f"{fiscal_year}": worksheet})
    lines = path.read_text("utf-8-sig").split("\n")
    declared = [(metadata.source, number, line) for number, line in enumerate(lines, 1)]
    if problems := metadata.unclear_years(sheet_years(path.parent)):
        raise KpiError(problems)
    try:
        sheet = _read(metadata, fiscal_year, language)
    except KpiError as error:
        # An invisible character in plan.toml may be why names differ: it is reported first.
        raise KpiError(remarks.steering_characters(declared) or error.problems) from None
    heads = list(dict.fromkeys(sheet.columns["header"]))
    about = {"where": metadata.source, "year": fiscal_year, "heads": "、".join(heads)}
    problems = remarks.steering_characters([*declared, *sheet.texts])
    # The cards print the cells of columns that a table must have.
    problems += [
        mistake("plan.no-such-head", head=head, **about)
        for head in metadata.document(fiscal_year).cards
        if head not in heads
    ]
    if problems:
        raise KpiError(problems)
    # Added in place: a copy of the sheet would have to compute its rows again.
    sheet.remarks.extend(remarks.characters_without_glyph([*sheet.texts, *declared]))
    plan = sheet.plan
    if plan.declarations or plan.heads or len(plan.documents) > 1:
        # No entry counts as unused while a year's sheet cannot be read: that one might use it.
        with suppress(KpiError, OSError):
            years = sheet_years(path.parent)
            others = [_read(plan, year) for year in years if year != fiscal_year]
            sheet.remarks.extend(remarks.unused_entries([sheet, *others], lines))
    return sheet


def _read(plan: Plan, fiscal_year: int, language: str = "ja") -> Sheet:
    folder = data_folder() / plan.id
    path = sheet_file(folder, fiscal_year, folder_label(folder))
    return read_sheet(path, plan, fiscal_year, f"{folder_label(folder)}/{path.name}", language)


def changes_since_last_year(
    sheet: Sheet, rows: pd.DataFrame, kpis: pd.DataFrame | None = None
) -> Changes | None:
    """The changes since the newest earlier sheet of the plan; None if there is no earlier sheet.

    ``rows`` are those of ``sheet``, judged and with readings; of ``kpis``, if they are a part of
    its KPIs, only what changed for these (``Changes.of``). If the earlier sheet cannot be used,
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
        return Changes(years[-1], None, after, problems=tuple(error.problems))
    changes = compare(before, after)
    return changes if kpis is None else changes.of(kpis)
