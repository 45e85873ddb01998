"""Runs many plans and years in parallel, if they are not up to date. A failure stops no other run.

How each run ended stands in ``reports/manifest.csv``. Whether a report is up to date is not decided
by this but by the report itself: its ``run.json``, which is put in place with it, has the hash of
its inputs. So a batch may be killed at any moment, and the next one continues from there.
"""

import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import replace
from functools import partial
from pathlib import Path

from kpi_utils.errors import KpiError, mistake, reason
from kpi_utils.running import output
from kpi_utils.running.child import TimeLimit, in_child
from kpi_utils.running.records import Run, hash_of_inputs, note, read_runs
from kpi_utils.running.run import make_report

# Writing the manifest may take at most a tenth of the batch's time: it may lag a little behind.
INTERVAL_FACTOR = 10


def runs(plans: Collection[str] = (), years: Collection[int] = ()) -> list[Run]:
    """The plans and years that have a sheet in the folder of the plans, in order.

    ``plans`` and ``years`` choose among them; none stands for all. Every file named by a year
    counts, whatever its format: if it cannot be read, its run fails. Raises KpiError if a plan does
    not exist, and if no sheet is left.
    """
    data = output.data_folder()
    known = sorted(path.name for path in data.iterdir() if path.is_dir() and path.name[0] != ".")
    if unknown := [plan for plan in plans if plan not in known]:
        about = {"data": data.name, "plans": "、".join(known)}
        raise KpiError([mistake("batch.no-plan", plan=plan, **about) for plan in unknown])
    named = {plan: _years_of(data / plan) for plan in plans or known}
    all_years = {year for of_plan in named.values() for year in of_plan or ()}
    chosen = [
        Run(plan, year)
        for plan, of_plan in sorted(named.items())
        # Of a folder that cannot be opened the newest run fails, and says why.
        for year in sorted(years or {max(all_years, default=0)} if of_plan is None else of_plan)
        if not years or year in years
    ]
    if not all_years or not chosen:
        raise KpiError(mistake("batch.no-sheet", data=data.name))
    return chosen


def _years_of(folder: Path) -> set[int] | None:
    """The years that files in a plan's folder are named by; None where it cannot be opened."""
    try:
        stems = [file.stem for file in folder.iterdir()]
    except OSError:
        return None
    return {int(stem) for stem in stems if re.fullmatch(r"[12]\d{3}", stem, re.ASCII)}


def run_batch(
    chosen: list[Run],
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
    limits of each. Raises OSError if the manifest cannot be written; runs that are done by then
    stay done.
    """
    reports = output.project_root() / "reports"
    reports.mkdir(exist_ok=True)
    data = str(output.data_folder())
    make = partial(_make, root=str(output.project_root()), data=data, engine=engine)
    attempt = partial(_attempt, make=make, seconds=seconds, memory=memory)
    todo = [_current(run, force) for run in chosen]
    # A batch that was killed may have made more than it has written.
    done = {run.key for run in read_runs(reports) if run.status == "done"}
    note(reports, [run for run in todo if run.status == "waiting" or run.key not in done])
    queue = iter(todo)
    pending = dict[Future, Run]()
    ended = list[Run]()
    due = 0.0
    try:
        while True:
            while len(pending) < at_once and (before := next(queue, None)):
                run = _current(before, force)
                if run.status == "done":
                    # Another batch may have made it meanwhile.
                    ended += [run] if before.status == "waiting" else []
                    yield replace(run, status="unchanged")
                    continue
                try:
                    future = executor.submit(attempt, run)
                except Exception as error:
                    # If the executor accepts none, the future raises its error.
                    future = Future()
                    future.set_exception(error)
                pending[future] = run
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
                ended.append(run)
                yield run
            if (started := time.monotonic()) >= due:
                note(reports, ended)
                ended.clear()
                due = time.monotonic() + INTERVAL_FACTOR * (time.monotonic() - started)
    finally:
        note(reports, ended)


def _current(run: Run, force: bool) -> Run:
    """The run with the hash of its inputs: done if its report was made from these, else waiting."""
    inputs = hash_of_inputs(run.plan, run.fiscal_year)
    folder = output.project_root() / "reports" / run.plan / output.report_folder(run.fiscal_year)
    record = output.read_record(folder)
    files = record.get("files")
    is_done = record.get("input_hash") == inputs and not force
    is_whole = isinstance(files, list) and all((folder / f"{file}").is_file() for file in files)
    return replace(run, status="done" if is_done and is_whole else "waiting", input_hash=inputs)


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
    return replace(result, seconds=f"{time.monotonic() - started:.3f}")


def _make(run: Run, *, root: str, data: str, engine: str) -> str:
    """Makes a report, in a process for this alone; returns the hash of its inputs.

    ``root`` is the project's folder, ``data`` that of the plans.
    """
    os.chdir(root)
    os.environ[output.DATA_VARIABLE] = data
    return output.read_record(Path(make_report(run.plan, run.fiscal_year, engine)))["input_hash"]


def _failed(run: Run, error: BaseException) -> Run:
    """The run with the status failed, and with the error as one line."""
    name, cell = type(error).__name__, getattr(error, "cell", None)
    if isinstance(error, KpiError):
        text = "".join(error.problems)
    elif isinstance(error, OSError):
        text = f"{error.filename or 'ファイル'}: {reason(error)}。"
    else:
        try:
            # Errors of Python and Dask have a sentence by name: Dask is optional.
            text = mistake(f"ended.{name}")
        except KeyError:
            text = f"{name}: {error}"
    return replace(run, status="failed", cell=f"{cell or ''}", error=text)
