"""Many plans and years: what is new is run, in parallel, and one failing run stops no other.

Each run leaves a record, and ``reports/manifest.csv`` is read off the records. Whether a report is
up to date is not decided there but by the report itself: ``run.json`` in its folder, which is put
in place with it, has the hash of its inputs. So a batch may be killed at any moment, and the next
one goes on from there.
"""

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
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

__all__ = ["run_batch", "runs"]

# Errors that are not ours and have a sentence, by the names of their classes: Dask is optional.
ENDED = {
    "BrokenProcessPool",
    "CancelledError",
    "ClosedClientError",
    "KilledWorker",
    "MemoryError",
}


def runs(plans: Collection[str] = (), years: Collection[int] = ()) -> list[Run]:
    """The plans and years that have a sheet in the folder of the plans, in order.

    ``plans`` and ``years`` choose among them; none stands for all. A file that is named by a year
    counts, whatever its format: whether it can be read, its run says. Raises KpiError where a plan
    is not there, and where nothing is left.
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
    found = {
        (folder.name, int(file.stem))
        for folder in folders
        if not plans or folder.name in plans
        for file in folder.iterdir()
        if re.fullmatch(r"[12]\d{3}", file.stem, re.ASCII)
    }
    chosen = [Run(plan, year) for plan, year in sorted(found) if not years or year in years]
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
    """Run what is not up to date, or all by ``force``; yields each run whenever it stands anew.

    Each run is a fresh process, a child of the place where ``executor`` calls it: threads for this
    machine, workers that share its folders for several. No more than ``at_once`` are handed to it
    at a time. ``seconds`` and ``memory`` (bytes) are the limits of each. Raises OSError where a
    record or the manifest cannot be written; what was done until then stays done.
    """
    reports = project_root() / "reports"
    attempt = _Attempt(str(project_root()), str(data_folder()), engine, seconds, memory)
    manifest = Manifest(reports)
    queue = _still_to_do(_begin(reports, chosen, force), manifest, force)
    pending: dict[Future, Run] = {}
    try:
        manifest.write()
        while True:
            while len(pending) < at_once and (run := next(queue, None)):
                if run.status == "done":
                    yield replace(run, status="unchanged")
                    continue
                pending[_handed_over(run, attempt, executor)] = run
                yield replace(run, status="running")
            if not pending:
                return
            for future in wait(pending, return_when=FIRST_COMPLETED).done:
                run = pending.pop(future)
                try:
                    run = future.result()
                except Exception as error:
                    # Not the run failed, but what should have called it.
                    run = _failed(run, error)
                manifest.note(run)
                yield run
    finally:
        manifest.write()


def _begin(reports: Path, chosen: Iterable[Run], force: bool) -> list[Run]:
    """The runs as they stand before the batch, which is also what their records then say."""
    reports.mkdir(exist_ok=True)
    with locked(reports):
        # Alone: a run that another batch ends now is noted after this.
        todo = [_standing(run) for run in chosen]
        if force:
            todo = [replace(run, status="waiting") for run in todo]
        # How long it took is known of a report that still stands; its own record does not say.
        known = {replace(run, seconds=None) for run in read_runs(reports)}
        write_runs(reports, [run for run in todo if run not in known])
    return todo


def _still_to_do(todo: list[Run], manifest: Manifest, force: bool) -> Iterator[Run]:
    """The runs as they stand when their turn comes: another batch may have made one since."""
    for run in todo:
        now = run if force or run.status == "done" else _standing(run)
        if now != run:
            manifest.note(now)
        yield now


def _handed_over(run: Run, attempt: "_Attempt", executor: Executor) -> Future:
    """The outcome of a run; where it can be handed over to nobody, that error."""
    try:
        return executor.submit(attempt, run)
    except Exception as error:
        outcome = Future()
        outcome.set_exception(error)
        return outcome


def _standing(run: Run) -> Run:
    """A run with the hash of its inputs: done where its report is made from these, else waiting."""
    now = hash_of_inputs(run.plan, run.fiscal_year)
    folder = project_root() / "reports" / run.plan / report_folder(run.fiscal_year)
    record = read_record(folder)
    try:
        is_whole = all((folder / file).is_file() for file in record["files"])
    except (KeyError, TypeError):
        is_whole = False
    is_done = is_whole and record.get("input_hash") == now
    return replace(run, status="done" if is_done else run.status, input_hash=now)


def _failed(run: Run, error: BaseException) -> Run:
    """A run that an error ended, with what went wrong in a line."""
    match error:
        case KpiError():
            text = "".join(error.problems)
        case OSError():
            text = f"{error.filename or 'ファイル'}: {reason(error)}。"
        case _:
            name = type(error).__name__
            text = mistake(f"ended.{name}") if name in ENDED else f"{name}: {error}"
    return replace(run, status="failed", cell=getattr(error, "cell", None), error=text)


@dataclass(frozen=True)
class _Attempt:
    """Tries a run, in a child of the process where it is called.

    ``root`` is the project's folder, ``data`` that of the plans; ``seconds`` and ``memory`` (bytes)
    are the child's limits.
    """

    root: str
    data: str
    engine: str
    seconds: float
    memory: int | None

    def __call__(self, run: Run) -> Run:
        """The run as it ended."""
        started = time.monotonic()
        try:
            inputs = in_child(self.make, run, seconds=self.seconds, memory=self.memory)
            ended = replace(run, status="done", input_hash=inputs)
        except (Exception, TimeLimit) as error:
            ended = _failed(run, error)
            if time.monotonic() - started >= self.seconds:
                text = mistake("batch.limit", seconds=self.seconds, error=ended.error)
                ended = replace(ended, error=text)
        return replace(ended, seconds=round(time.monotonic() - started, 3))

    def make(self, run: Run) -> str:
        """Make a report, in a process that has nothing else to do; the hash of its inputs."""
        os.chdir(self.root)
        os.environ[DATA_VARIABLE] = self.data
        folder = run_report(run.plan, run.fiscal_year, engine=self.engine)
        return read_record(Path(folder))["input_hash"]
