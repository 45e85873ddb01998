"""Runs a notebook with papermill and puts all of its report in place, or nothing."""

import json
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.running import output
from kpi_utils.running.inputs import check_comparison, must_have_sheets
from kpi_utils.running.records import hash_of_inputs

# A line of progress, where there is a terminal to show it: in the words of tqdm.
PROGRESS = {"desc": "報告書", "unit": "セル", "leave": False, "disable": None}


def make_report(
    plan: str,
    fiscal_year: int,
    engine: str = "kpi",
    language: str = "ja",
    parameters: Mapping | None = None,
    is_watched: bool = False,
) -> str:
    """Runs the notebook with papermill and puts its report in place; returns "reports/PLAN/YEAR".

    ``engine`` is papermill's: "kpi" runs the cells in this process, "nbclient" in a kernel. The
    report is in a ``language``, "ja" or "en". ``parameters`` are further ones of the notebook, by
    their names. If it is watched, a line of a terminal shows its steps and how far it is.

    Raises KpiError if an input cannot be used, and if a cell of the notebook fails; an earlier
    report is then untouched.
    """
    must_have_sheets(plan, {"fiscal_year": fiscal_year})
    further = dict(parameters or {})
    own = {"plan": plan, "fiscal_year": fiscal_year, "language": language}
    if repeated := sorted(own.keys() & further.keys()):
        raise KpiError([mistake("parameter.own", name=name) for name in repeated])
    # Computed before the notebook reads the inputs: if one changes meanwhile, the report is stale.
    inputs = hash_of_inputs(plan, fiscal_year, language, further)
    folder = f"{plan}/{output.report_folder(fiscal_year, language)}"
    return _run(output.NOTEBOOK, own | further, folder, engine, inputs, is_watched)


def make_comparison(
    plan: str, fiscal_year_before: int, fiscal_year_after: int, engine: str = "kpi"
) -> str:
    """Compares two years' sheets of a plan by their notebook; otherwise like ``make_report``."""
    check_comparison(plan, fiscal_year_before, fiscal_year_after)
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    folder = f"{plan}/{fiscal_year_before}-{fiscal_year_after}"
    return _run(output.COMPARISON_NOTEBOOK, {"plan": plan} | years, folder, engine)


def make_portfolio(fiscal_year: int | None = None, engine: str = "kpi") -> str:
    """Makes the portfolio of all reports by its notebook; otherwise like ``make_report``."""
    parameters = {"fiscal_year": fiscal_year}
    return _run(output.PORTFOLIO_NOTEBOOK, parameters, output.PORTFOLIO_FOLDER, engine)


def _run(
    name: str,
    parameters: dict,
    folder_name: str,
    engine: str,
    inputs: str = "",
    is_watched: bool = False,
) -> str:
    """Executes a notebook and puts its files, its outputs and its page in place.

    ``folder_name`` is the folder in reports/ that the notebook writes with these ``parameters``, if
    none of them makes it a part. ``inputs`` is the hash that its ``run.json`` is to have. Returns
    the folder that was written, as "reports/…".
    """
    if is_watched:
        # Before IPython's kernel is, for it would take this process for a notebook's.
        import_module("tqdm.auto")
    # papermill and nbconvert are slow to import.
    from kpi_utils.running import notebook

    root = output.project_root()
    with output.working_folder(Path(tempfile.gettempdir(), "kpi"), mode=0o700) as working_folder:
        reports = working_folder / "reports"
        reports.mkdir()
        # A user's settings of IPython shape no report, and their folder may be a read-only one.
        own = {output.REPORTS_VARIABLE: f"{reports}", "IPYTHONDIR": f"{working_folder / 'ipython'}"}
        before = {name: os.environ[name] for name in own if name in os.environ}
        os.environ.update(own)
        try:
            executed = notebook.execute(
                root / name,
                working_folder / "executed.ipynb",
                parameters,
                failed=root / "build" / f"{folder_name.replace('/', '-')}-failed.ipynb",
                engine_name=engine,
                cwd=root,
                progress_bar=is_watched and PROGRESS,
            )
        finally:
            for variable in own:
                del os.environ[variable]
            os.environ.update(before)
        folders = [path.parent for path in reports.rglob(output.RECORD)]
        record = output.read_record(folders[0]) if len(folders) == 1 else {}
        # A notebook that ignores its parameters writes another report than the one asked for.
        if not record or not record["parameters"].items() <= parameters.items():
            written = "、".join(f"{path.relative_to(reports)}" for path in folders) or "0件"
            about = {"notebook": name, "folder": folder_name, "written": written}
            raise KpiError(mistake("run.no-report", **about))
        folder_name = folders[0].relative_to(reports).as_posix()
        files = {path.name: path.read_bytes() for path in folders[0].iterdir()}
    text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files[output.EXECUTED[name]] = text.encode()
    if name == output.COMPARISON_NOTEBOOK:
        files[output.COMPARISON_PAGE] = notebook.html(executed, record["title"]).encode()
    record["parameters"] = parameters
    record |= {"input_hash": inputs} if inputs else {}
    files[output.RECORD] = output.json_bytes(record | {"files": sorted(files)})
    output.replace_folder(root / "reports" / folder_name, files, output.FILES)
    return f"reports/{folder_name}"
