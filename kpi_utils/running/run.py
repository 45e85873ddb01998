"""Parameters in, papermill, a whole report out or none."""

import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from kpi_utils.comparing.changes import Changes, compare
from kpi_utils.errors import KpiError
from kpi_utils.judging.evaluation import Evaluation
from kpi_utils.judging.findings import evaluate
from kpi_utils.language import speaking
from kpi_utils.running.collection import collected
from kpi_utils.running.fingerprint import input_hash
from kpi_utils.running.inputs import changes_since_last_year, check_comparison, load
from kpi_utils.running.output import (
    COLLECTED,
    COMPARED,
    COMPARISON,
    FILES,
    NOTEBOOK,
    PAGE,
    PORTFOLIO,
    REPORTS_VARIABLE,
    keep_sockets_short,
    project_root,
    read_record,
    report_folder,
    whole,
    write_record,
)

__all__ = [
    "ENGINES",
    "Comparison",
    "Report",
    "make_comparison",
    "make_portfolio",
    "make_report",
    "write_report",
]

# papermill's default engine, which runs the cells in a kernel, and ours.
ENGINES = ("nbclient", "kpi")


@dataclass(frozen=True)
class Report:
    """A report that was made: its folder in the project, and what it tells.

    ``changes`` are those since the last year that has a sheet; None where there is none.
    """

    folder: str
    evaluation: Evaluation
    changes: Changes | None


@dataclass(frozen=True)
class Comparison:
    """A comparison that was made: its folder in the project, and what it tells."""

    folder: str
    changes: Changes


def make_report(
    plan: str, fiscal_year: int, engine: str = "nbclient", language: str = "ja"
) -> Report:
    """Run the notebook with papermill and put the whole report in place.

    ``engine`` is papermill's: "nbclient" runs the cells in a kernel, "kpi" in this process. The
    report is in a ``language``, "ja" or "en".

    Raises KpiError where an input cannot be used, before anything starts, and where a cell of the
    notebook fails; the report that was there before is then untouched.
    """
    with speaking(language):
        evaluation = evaluate(load(plan, fiscal_year))
        changes = changes_since_last_year(evaluation)
    return Report(write_report(plan, fiscal_year, engine, language), evaluation, changes)


def write_report(
    plan: str, fiscal_year: int, engine: str = "nbclient", language: str = "ja"
) -> str:
    """The same without a look at the inputs first, for the notebook reads them; the folder's name.

    What is wrong with them is then an error of a cell.
    """
    with speaking(language):
        # Before the notebook reads them: what changes meanwhile makes the report stale.
        inputs = input_hash(plan, fiscal_year, language)
        parameters = {"plan": plan, "fiscal_year": fiscal_year, "language": language}
        place = f"{plan}/{report_folder(fiscal_year)}"
        return _make(NOTEBOOK, PAGE, place, parameters, "", engine, input_hash=inputs)


def make_comparison(
    plan: str, fiscal_year_before: int, fiscal_year_after: int, engine: str = "nbclient"
) -> Comparison:
    """The same with the notebook that compares two years' sheets of a plan."""
    check_comparison(plan, fiscal_year_before, fiscal_year_after)
    before, after = (load(plan, year) for year in (fiscal_year_before, fiscal_year_after))
    changes = compare(evaluate(before), evaluate(after))
    parameters = {
        "plan": plan,
        "fiscal_year_before": fiscal_year_before,
        "fiscal_year_after": fiscal_year_after,
    }
    title = f"{after.plan.municipality} {after.plan.name} {changes.title}"
    place = f"{plan}/{fiscal_year_before}-{fiscal_year_after}"
    folder = _make(COMPARISON, COMPARED, place, parameters, title, engine)
    return Comparison(folder, changes)


def make_portfolio(fiscal_year: int | None = None, engine: str = "nbclient") -> str:
    """The same with the notebook over all reports; the folder's name."""
    collected(fiscal_year)
    parameters = {"fiscal_year": fiscal_year}
    return _make(PORTFOLIO, COLLECTED, COLLECTED, parameters, "", engine)


def _make(
    name: str,
    page: str,
    place: str,
    parameters: dict,
    title: str,
    engine: str,
    **recorded,
) -> str:
    """Execute a notebook and put what it writes, itself and its page in place; the folder's name.

    ``page`` is what the executed notebook and its page are called, and ``place`` the folder in
    reports/; ``recorded`` goes into the record, beside what the notebook writes there.
    """
    root = project_root()
    folder = root / "reports" / place
    with _nothing_left(folder), whole(folder, FILES) as new:
        reports = new.parent / "reports"
        reports.mkdir()
        with _engine(engine, root, reports) as options:
            from kpi_utils.running import notebook

            executed = notebook.execute(
                root / name,
                reports / f"{page}.ipynb",
                parameters,
                options,
                kept=root / "build" / f"{place.replace('/', '-')}-failed.ipynb",
            )
        written = reports / place
        record = read_record(written)
        if record.get("parameters") != parameters:
            raise KpiError(
                f"{name} が reports/{place}/ の報告書を書き出しませんでした。"
                "パラメーターのセルと、それを使うセルを確かめてください。"
            )
        for file in written.iterdir():
            file.rename(new / file.name)
        text = json.dumps(executed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        (new / f"{page}.ipynb").write_text(text, "utf-8")
        if name == COMPARISON:
            (new / f"{page}.html").write_text(notebook.html(executed, title), "utf-8")
        record |= recorded | {"files": sorted(file.name for file in new.iterdir())}
        write_record(record, new)
    return folder.relative_to(root).as_posix()


@contextmanager
def _nothing_left(folder: Path) -> Iterator[None]:
    """Where the block fails, the folders around ``folder`` that it made go, if they are empty."""
    made = [around for around in folder.parents if not around.exists()]
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for around in made:
                around.rmdir()
        raise


@contextmanager
def _engine(name: str, root: Path, reports: Path) -> Iterator[dict]:
    """What papermill is told of the engine. ``reports`` stands for reports/ in the cells."""
    if name == "nbclient":
        with _kernel(root, reports) as kernel:
            yield {"km": kernel}
        return
    before = os.environ.get(REPORTS_VARIABLE, "")
    os.environ[REPORTS_VARIABLE] = str(reports)
    try:
        yield {"engine_name": name, "cwd": root}
    finally:
        os.environ[REPORTS_VARIABLE] = before


@contextmanager
def _kernel(root: Path, reports: Path) -> Iterator[AsyncKernelManager]:
    """A kernel that starts, and imports what the notebook needs, while we do other things.

    ``reports`` stands for reports/ in it. It listens on sockets in a folder of its own, so that
    no other run can take its port first.
    """
    keep_sockets_short()
    with tempfile.TemporaryDirectory(prefix="kpi-") as own:
        kernel = AsyncKernelManager(
            kernel_name="python3",
            # This Python's, whatever kernel of that name lies in a folder of the user's.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            connection_file=f"{own}/kernel.json",
            transport="ipc",
            ip=f"{own}/kernel",
        )
        preload = "import kpi_utils.report, kpi_utils.showing.tables"
        try:
            # Ctrl-C waits until there is a kernel that can be shut down.
            with _uninterrupted():
                run_sync(kernel.start_kernel)(
                    cwd=str(root),
                    env=os.environ | {REPORTS_VARIABLE: str(reports)},
                    extra_arguments=[
                        f"--InteractiveShellApp.exec_lines={preload}",
                        "--HistoryManager.hist_file=:memory:",
                        # Without the user's settings and startup files, as our engine.
                        f"--ipython-dir={own}",
                    ],
                )
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
def _uninterrupted() -> Iterator[None]:
    """An interrupt that comes in the block is told when it has ended."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple] = []
    before = signal.signal(signal.SIGINT, lambda *about: came.append(about))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):
        before(*came[0])
