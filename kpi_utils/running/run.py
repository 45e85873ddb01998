"""Parameters in, papermill, a whole report out or none."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kpi_utils.comparing.changes import Changes, compare
from kpi_utils.errors import KpiError, mistake
from kpi_utils.judging.findings import evaluate
from kpi_utils.running.collection import collected
from kpi_utils.running.fingerprint import input_hash
from kpi_utils.running.inputs import check_comparison, load
from kpi_utils.running.output import (
    COLLECTED,
    COMPARED,
    COMPARISON,
    EXECUTED,
    FILES,
    NOTEBOOK,
    PORTFOLIO,
    REPORTS_VARIABLE,
    RUN,
    json_bytes,
    project_root,
    read_record,
    replace_folder,
    report_folder,
)

__all__ = [
    "Comparison",
    "make_comparison",
    "make_portfolio",
    "make_report",
    "run_report",
]


@dataclass(frozen=True)
class Comparison:
    """A comparison that was made: its folder in the project, and what it tells."""

    folder: str
    changes: Changes


def make_report(
    plan: str,
    fiscal_year: int,
    engine: str = "kpi",
    language: str = "ja",
    parameters: Mapping | None = None,
) -> str:
    """Run the notebook with papermill and put the whole report in place; its folder's name.

    ``engine`` is papermill's: "kpi" runs the cells in this process, "nbclient" in a kernel. The
    report is in a ``language``, "ja" or "en". ``parameters`` are further ones of the notebook, by
    their names.

    Raises KpiError where an input cannot be used, before anything starts, and where a cell of the
    notebook fails; the report that was there before is then untouched.
    """
    load(plan, fiscal_year)
    return run_report(plan, fiscal_year, engine=engine, language=language, parameters=parameters)


def run_report(
    plan: str,
    fiscal_year: int,
    *,
    engine: str = "kpi",
    language: str = "ja",
    parameters: Mapping | None = None,
) -> str:
    """The same without a look at the inputs first, for the notebook reads them; the folder's name.

    What is wrong with them is then an error of a cell.
    """
    further = dict(parameters or {})
    own = {"plan": plan, "fiscal_year": fiscal_year, "language": language}
    if known := sorted(own.keys() & further.keys()):
        raise KpiError([mistake("parameter.own", name=name) for name in known])
    # Before the notebook reads them: what changes meanwhile makes the report stale.
    inputs = input_hash(plan, fiscal_year, language, further)
    return _run(
        NOTEBOOK,
        own,
        further,
        folder_name=f"{plan}/{report_folder(fiscal_year, language)}",
        engine=engine,
        record={"input_hash": inputs},
    )


def make_comparison(
    plan: str, fiscal_year_before: int, fiscal_year_after: int, engine: str = "kpi"
) -> Comparison:
    """The same with the notebook that compares two years' sheets of a plan."""
    check_comparison(plan, fiscal_year_before, fiscal_year_after)
    before, after = (evaluate(load(plan, y)) for y in (fiscal_year_before, fiscal_year_after))
    changes = compare(before, after)
    parameters = {
        "plan": plan,
        "fiscal_year_before": fiscal_year_before,
        "fiscal_year_after": fiscal_year_after,
    }
    described, years = after.sheet.plan, after.sheet.words.render(changes.title)
    title = f"{described.municipality} {described.name} {years}"
    folder_name = f"{plan}/{fiscal_year_before}-{fiscal_year_after}"
    folder = _run(COMPARISON, parameters, folder_name=folder_name, engine=engine, title=title)
    return Comparison(folder, changes)


def make_portfolio(fiscal_year: int | None = None, engine: str = "kpi") -> str:
    """The same with the notebook over all reports; the folder's name."""
    collected(fiscal_year)
    return _run(PORTFOLIO, {"fiscal_year": fiscal_year}, folder_name=COLLECTED, engine=engine)


def _run(
    name: str,
    parameters: dict,
    further: Mapping | None = None,
    *,
    folder_name: str,
    engine: str,
    title: str = "",
    record: Mapping | None = None,
) -> str:
    """Execute a notebook and put what it writes, itself and its page in place; the folder's name.

    ``folder_name`` is that of the folder in reports/ that it writes with these ``parameters``; with
    ``further`` ones it may be another one. ``title`` is that of its page, ``record`` goes into
    ``run.json``, beside what the notebook says there.
    """
    # papermill and nbconvert are slow to import.
    from kpi_utils.running import notebook

    root, further = project_root(), dict(further or {})
    with tempfile.TemporaryDirectory(prefix="kpi-") as working_folder:
        reports = Path(working_folder, "reports")
        reports.mkdir()
        with _reports_in(reports):
            executed = notebook.execute(
                root / name,
                Path(working_folder, "executed.ipynb"),
                parameters | further,
                {"engine_name": engine, "cwd": root},
                kept=root / "build" / f"{folder_name.replace('/', '-')}-failed.ipynb",
            )
        folders = [path.parent for path in reports.rglob(RUN)]
        run = read_record(folders[0]) if len(folders) == 1 else {}
        # One that ignores its parameters would pass for the report that was asked for.
        if not parameters.items() <= run.get("parameters", {}).items():
            raise KpiError(mistake("run.no-report", notebook=name, folder=folder_name))
        folder_name = folders[0].relative_to(reports).as_posix()
        files = {path.name: path.read_bytes() for path in folders[0].iterdir()}
    text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files[EXECUTED[name]] = text.encode()
    if name == COMPARISON:
        files[COMPARED] = notebook.html(executed, title).encode()
    run |= {"parameters": run["parameters"] | further, **(record or {}), "files": sorted(files)}
    replace_folder(root / "reports" / folder_name, files | {RUN: json_bytes(run)}, FILES)
    return f"reports/{folder_name}"


@contextmanager
def _reports_in(folder: Path) -> Iterator[None]:
    """A folder that stands for reports/ in the cells."""
    before = os.environ.get(REPORTS_VARIABLE, "")
    os.environ[REPORTS_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ[REPORTS_VARIABLE] = before
