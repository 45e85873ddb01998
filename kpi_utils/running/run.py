"""Runs a notebook with papermill and puts all of its report in place, or nothing."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.running.collection import collected
from kpi_utils.running.fingerprint import hash_of_inputs
from kpi_utils.running.inputs import check_comparison, load, plan_folder
from kpi_utils.running.output import (
    COMPARISON_NOTEBOOK,
    COMPARISON_PAGE,
    EXECUTED,
    FILES,
    NOTEBOOK,
    PORTFOLIO_FOLDER,
    PORTFOLIO_NOTEBOOK,
    RECORD,
    REPORTS_VARIABLE,
    json_bytes,
    project_root,
    read_record,
    replace_folder,
    report_folder,
)


def make_report(
    plan: str,
    fiscal_year: int,
    engine: str = "kpi",
    language: str = "ja",
    parameters: Mapping | None = None,
    on_step: Callable[[float, str], None] | None = None,
) -> str:
    """Runs the notebook with papermill and puts its report in place; returns "reports/PLAN/YEAR".

    ``engine`` is papermill's: "kpi" runs the cells in this process, "nbclient" in a kernel. The
    report is in a ``language``, "ja" or "en". ``parameters`` are further ones of the notebook, by
    their names. ``on_step`` is called at each heading of the notebook, by the engine "kpi", with
    the share of the cells that are done and the heading.

    Raises KpiError if an input cannot be used, and if a cell of the notebook fails; an earlier
    report is then untouched.
    """
    plan_folder(plan, {"fiscal_year": fiscal_year})
    try:
        return run_report(
            plan,
            fiscal_year,
            engine=engine,
            language=language,
            parameters=parameters,
            on_step=on_step,
        )
    except KpiError:
        # An input that cannot be used says more by itself than through the cell that it stopped.
        load(plan, fiscal_year)
        raise


def run_report(
    plan: str,
    fiscal_year: int,
    *,
    engine: str = "kpi",
    language: str = "ja",
    parameters: Mapping | None = None,
    on_step: Callable[[float, str], None] | None = None,
) -> str:
    """Makes a report like ``make_report``, but does not check the inputs before.

    The notebook reads them itself: an input that cannot be used is then an error of a cell.
    """
    further = dict(parameters or {})
    identifying = {"plan": plan, "fiscal_year": fiscal_year, "language": language}
    if repeated := sorted(identifying.keys() & further.keys()):
        raise KpiError([mistake("parameter.own", name=name) for name in repeated])
    # Computed before the notebook reads the inputs: if one changes meanwhile, the report is stale.
    inputs = hash_of_inputs(plan, fiscal_year, language, further)
    return _run(
        NOTEBOOK,
        identifying,
        further,
        folder_name=f"{plan}/{report_folder(fiscal_year, language)}",
        engine=engine,
        record={"input_hash": inputs},
        on_step=on_step,
    )


def make_comparison(
    plan: str, fiscal_year_before: int, fiscal_year_after: int, engine: str = "kpi"
) -> str:
    """Compares two years' sheets of a plan by their notebook; otherwise like ``make_report``."""
    check_comparison(plan, fiscal_year_before, fiscal_year_after)
    years = {"fiscal_year_before": fiscal_year_before, "fiscal_year_after": fiscal_year_after}
    for year in years.values():
        load(plan, year)
    folder_name = f"{plan}/{fiscal_year_before}-{fiscal_year_after}"
    parameters = {"plan": plan} | years
    return _run(COMPARISON_NOTEBOOK, parameters, folder_name=folder_name, engine=engine)


def make_portfolio(fiscal_year: int | None = None, engine: str = "kpi") -> str:
    """Makes the portfolio of all reports by its notebook; otherwise like ``make_report``."""
    collected(fiscal_year)
    parameters = {"fiscal_year": fiscal_year}
    return _run(PORTFOLIO_NOTEBOOK, parameters, folder_name=PORTFOLIO_FOLDER, engine=engine)


def _run(
    name: str,
    parameters: dict,
    further: Mapping | None = None,
    *,
    folder_name: str,
    engine: str,
    record: Mapping | None = None,
    on_step: Callable[[float, str], None] | None = None,
) -> str:
    """Executes a notebook and puts its files, its outputs and its page in place.

    ``folder_name`` is the folder in reports/ that the notebook writes with these ``parameters``;
    ``further`` ones may change it. ``record`` is added to the notebook's ``run.json``. Returns the
    folder that was written, as "reports/…".
    """
    # papermill and nbconvert are slow to import.
    from kpi_utils.running import notebook

    root, further = project_root(), dict(further or {})
    # papermill's own engine takes no such option.
    steps = {"on_step": on_step} if engine == "kpi" else {}
    with tempfile.TemporaryDirectory(prefix="kpi-") as working_folder:
        reports = Path(working_folder, "reports")
        reports.mkdir()
        with _reports_in(reports):
            executed = notebook.execute(
                root / name,
                Path(working_folder, "executed.ipynb"),
                parameters | further,
                {"engine_name": engine, "cwd": root} | steps,
                failed=root / "build" / f"{folder_name.replace('/', '-')}-failed.ipynb",
            )
        folders = [path.parent for path in reports.rglob(RECORD)]
        run = read_record(folders[0]) if len(folders) == 1 else {}
        # A notebook that ignores its parameters writes another report than the one asked for.
        if not parameters.items() <= run.get("parameters", {}).items():
            raise KpiError(mistake("run.no-report", notebook=name, folder=folder_name))
        folder_name = folders[0].relative_to(reports).as_posix()
        files = {path.name: path.read_bytes() for path in folders[0].iterdir()}
    text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files[EXECUTED[name]] = text.encode()
    if name == COMPARISON_NOTEBOOK:
        files[COMPARISON_PAGE] = notebook.html(executed, run["title"]).encode()
    run |= {"parameters": run["parameters"] | further, **(record or {}), "files": sorted(files)}
    replace_folder(root / "reports" / folder_name, files | {RECORD: json_bytes(run)}, FILES)
    return f"reports/{folder_name}"


@contextmanager
def _reports_in(folder: Path) -> Iterator[None]:
    """Lets notebooks write to a folder in place of reports/, in the block."""
    before = os.environ.get(REPORTS_VARIABLE, "")
    os.environ[REPORTS_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ[REPORTS_VARIABLE] = before
