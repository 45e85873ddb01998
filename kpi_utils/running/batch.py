"""Runs many plans and years in parallel, if they are not up to date. A failure stops no other run.

Each run leaves a record, and ``reports/manifest.csv`` is made from the records. Whether a report is
up to date is not decided by these but by the report itself: its ``run.json``, which is put in place
with it, has the hash of its inputs. So a batch may be killed at any moment, and the next one
continues from there.
"""

import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

from kpi_utils.errors import KpiError, mistake, reason
from kpi_utils.running.child import TimeLimit, in_child
from kpi_utils.running.fingerprint import hash_of_inputs
from kpi_utils.running.manifest import Manifest, Run, read_runs, write_runs
from kpi_utils.running.output import (
    DATA_VARIABLE,
    data_folder,
    locked,
    project_root,
    read_record,
    report_folder,
)
from kpi_utils.running.run import run_report


def runs(plans: Collection[str] = (), years: Collection[int] = ()) -> list[Run]:
    """The plans and years that have a sheet in the folder of the plans, in order.

    ``plans`` and ``years`` choose among them; none stands for all. Every file named by a year
    counts, whatever its format: if it cannot be read, its run fails. Raises KpiError if a plan does
    not exist, and if no sheet is left.
    """
    data = data_folder()
    if not data.is_dir():
        raise KpiError(mistake("batch.no-data", data=data))
    folders = [path for path in data.iterdir() if path.is_dir() and path.name[0] != "."]
    known = sorted(folder.name for folder in folders)
    problems = [
        mistake("batch.no-plan", plan=plan, data=data.name, plans="、".join(known))
        for plan in plans
        if plan not in known
    ]
    if problems:
        raise KpiError(problems)
    plan_years = {
        (folder.name, int(file.stem))
        for folder in folders
        if not plans or folder.name in plans
        for file in folder.iterdir()
        if re.fullmatch(r"[12]\d{3}", file.stem, re.ASCII)
    }
    chosen = [Run(plan, year) for plan, year in sorted(plan_years) if not years or year in years]
    if not chosen:
        raise KpiError(mistake("batch.no-sheet", data=data.name))
    return chosen


def run_batch(
    chosen: Iterable[Run],
    executor: Executor,
    at_once: int,
    *,
    seconds: float = 300,
    memory: int | None = None,
    engine: str = "kpi",
    force: bool = False,
) -> Iterator[Run]:
    """Executes the runs that are not up to date, or all with ``force``.

    Yields a run each time that its status changes. Each is a fresh process: a child process of the
    thread or worker of ``executor`` that executes it; workers must share this machine's folders. No
    more than ``at_once`` runs are submitted at a time. ``seconds`` and ``memory`` (bytes) are the
    limits of each. Raises OSError if a record or the manifest cannot be written; runs that are done
    by then stay done.
    """
    reports = project_root() / "reports"
    make = partial(_make, root=str(project_root()), data=str(data_folder()), engine=engine)
    attempt = partial(_attempt, make=make, seconds=seconds, memory=memory)
    manifest = Manifest(reports)
    queue = _with_status_at_turn(_begin(reports, chosen, force), manifest, force)
    pending: dict[Future, Run] = {}
    try:
        manifest.write()
        while True:
            while len(pending) < at_once and (run := next(queue, None)):
                if run.status == "done":
                    yield replace(run, status="unchanged")
                    continue
                pending[_submit(run, attempt, executor)] = run
                yield replace(run, status="running")
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                run = pending.pop(future)
                try:
                    run = future.result()
                except Exception as error:
                    # The executor failed, not the run.
                    run = _failed(run, error)
                manifest.note(run)
                yield run
    finally:
        manifest.write()


def _begin(reports: Path, chosen: Iterable[Run], force: bool) -> list[Run]:
    """The runs with their status before the batch, which is also written into their records."""
    reports.mkdir(exist_ok=True)
    with locked(reports):
        # Locked: another batch can write the record of a run that ends now only after this.
        todo = [_with_current_status(run) for run in chosen]
        if force:
            todo = [replace(run, status="waiting") for run in todo]
        # An unchanged record is not written again: it has the seconds, which ``todo`` has not.
        recorded = {replace(run, seconds=None) for run in read_runs(reports)}
        write_runs(reports, [run for run in todo if run not in recorded])
    return todo


def _with_status_at_turn(todo: list[Run], manifest: Manifest, force: bool) -> Iterator[Run]:
    """Yields each run with its status when its turn comes: another batch may have made it."""
    for run in todo:
        current = run if force or run.status == "done" else _with_current_status(run)
        if current != run:
            manifest.note(current)
        yield current


def _submit(run: Run, attempt: Callable, executor: Executor) -> Future:
    """The future of a run. If the executor accepts none, the future raises its error."""
    try:
        return executor.submit(attempt, run)
    except Exception as error:
        failure: Future = Future()
        failure.set_exception(error)
        return failure


def _with_current_status(run: Run) -> Run:
    """The run with the hash of its inputs; done if its report was made from these inputs."""
    current_hash = hash_of_inputs(run.plan, run.fiscal_year)
    folder = project_root() / "reports" / run.plan / report_folder(run.fiscal_year)
    record = read_record(folder)
    try:
        is_complete = all((folder / file).is_file() for file in record["files"])
    except (KeyError, TypeError):
        is_complete = False
    is_done = is_complete and record.get("input_hash") == current_hash
    return replace(run, status="done" if is_done else run.status, input_hash=current_hash)


def _failed(run: Run, error: BaseException) -> Run:
    """The run with the status failed, and with the error as one line."""
    match error:
        case KpiError():
            text = "".join(error.problems)
        case OSError():
            text = f"{error.filename or 'ファイル'}: {reason(error)}。"
        case _:
            name = type(error).__name__
            try:
                # Errors of Python and Dask have a sentence by name: Dask is optional.
                text = mistake(f"ended.{name}")
            except KeyError:
                text = f"{name}: {error}"
    return replace(run, status="failed", cell=getattr(error, "cell", None), error=text)


def _attempt(run: Run, *, make: Callable[[Run], str], seconds: float, memory: int | None) -> Run:
    """Executes a run in a child of the process that calls this; returns it as done or failed.

    ``make`` is called there; ``seconds`` and ``memory`` (bytes) are the child's limits.
    """
    started = time.monotonic()
    try:
        inputs = in_child(make, run, seconds=seconds, memory=memory)
        result = replace(run, status="done", input_hash=inputs)
    except (Exception, TimeLimit) as error:
        result = _failed(run, error)
        if time.monotonic() - started >= seconds:
            text = mistake("batch.limit", seconds=seconds, error=result.error)
            result = replace(result, error=text)
    return replace(result, seconds=round(time.monotonic() - started, 3))


def _make(run: Run, *, root: str, data: str, engine: str) -> str:
    """Makes a report, in a process for this alone; returns the hash of its inputs.

    ``root`` is the project's folder, ``data`` that of the plans.
    """
    os.chdir(root)
    os.environ[DATA_VARIABLE] = data
    folder = run_report(run.plan, run.fiscal_year, engine=engine)
    return read_record(Path(folder))["input_hash"]
