"""Parameters in, papermill, a whole report out or none."""

import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

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
    keep_sockets_short,
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
    engine: str = "nbclient",
    language: str = "ja",
    parameters: Mapping | None = None,
) -> str:
    """Run the notebook with papermill and put the whole report in place; its folder's name.

    ``engine`` is papermill's: "nbclient" runs the cells in a kernel, "kpi" in this process. The
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
    engine: str = "nbclient",
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
    plan: str, fiscal_year_before: int, fiscal_year_after: int, engine: str = "nbclient"
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


def make_portfolio(fiscal_year: int | None = None, engine: str = "nbclient") -> str:
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
    root, further = project_root(), dict(further or {})
    keep_sockets_short()
    with tempfile.TemporaryDirectory(prefix="kpi-") as working_folder:
        reports = Path(working_folder, "reports")
        reports.mkdir()
        with _engine(engine, root, reports) as options:
            from kpi_utils.running import notebook

            executed = notebook.execute(
                root / name,
                Path(working_folder, "executed.ipynb"),
                parameters | further,
                options,
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
def _engine(name: str, root: Path, reports: Path) -> Iterator[dict]:
    """What papermill is told of the engine. ``reports`` stands for reports/ in the cells."""
    before = os.environ.get(REPORTS_VARIABLE, "")
    os.environ[REPORTS_VARIABLE] = str(reports)
    try:
        if name == "nbclient":
            with _kernel(root, reports.parent) as kernel:
                yield {"km": kernel}
        else:
            yield {"engine_name": name, "cwd": root}
    finally:
        os.environ[REPORTS_VARIABLE] = before


@contextmanager
def _kernel(root: Path, folder: Path) -> Iterator[AsyncKernelManager]:
    """A kernel that starts, and imports what the notebook needs, while we do other things.

    It listens on sockets in a ``folder`` of its own, so that no other run can take its port first.
    """
    kernel = AsyncKernelManager(
        kernel_name="python3",
        # This Python's, whatever kernel of that name lies in a folder of the user's.
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        connection_file=f"{folder}/kernel.json",
        transport="ipc",
        ip=f"{folder}/kernel",
    )
    preload = "import kpi_utils.report, kpi_utils.showing.tables"
    # Without the user's settings and startup files, as our engine.
    arguments = [f"--InteractiveShellApp.exec_lines={preload}", f"--ipython-dir={folder}"]
    arguments += ["--HistoryManager.hist_file=:memory:"]
    try:
        with _interrupts_later():
            run_sync(kernel.start_kernel)(cwd=str(root), extra_arguments=arguments)
        # papermill closes no client of a kernel that it did not start: it gets ours.
        client = kernel.client()
        kernel.client = lambda: client
        try:
            yield kernel
        finally:
            client.stop_channels()
    finally:
        if kernel.has_kernel:
            run_sync(kernel.shutdown_kernel)(now=True)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C in the block is answered after it, when there is a kernel that can be shut down."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupts = []
    before = signal.signal(signal.SIGINT, lambda *arguments: interrupts.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupts and callable(before):
        before(*interrupts[0])
