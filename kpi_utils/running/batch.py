"""Many plans and years: what is new is run, in parallel, and one failing run stops no other.

``reports/manifest.csv`` has a line a run. Whether a report is up to date is not decided there but
by the report itself: ``run.json`` in its folder, which is put in place with it, has the hash of its
inputs. So a batch may be killed at any moment, and the next one goes on from there.
"""

import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from kpi_utils.errors import KpiError, reason
from kpi_utils.running.child import TimeLimit, in_child
from kpi_utils.running.fingerprint import input_hash
from kpi_utils.running.manifest import MANIFEST, Run, note, read_manifest, write_manifest
from kpi_utils.running.output import DATA_VARIABLE, data_folder, locked, project_root, read_record
from kpi_utils.running.run import write_report

__all__ = ["run_batch", "runs"]


def runs(plans: Collection[str] = (), years: Collection[int] = ()) -> list[Run]:
    """The plans and years that have a sheet in the folder of the plans, in order.

    ``plans`` and ``years`` choose among them; none stands for all. A file that is named by a year
    counts, whatever its format: whether it can be read, its run says. Raises KpiError where a plan
    is not there, and where nothing is left.
    """
    data = data_folder()
    if not data.is_dir():
        raise KpiError(f"{data}: フォルダーがありません。計画のあるフォルダーを指定してください。")
    folders = [path for path in data.iterdir() if path.is_dir() and path.name[0] != "."]
    known = sorted(folder.name for folder in folders)
    problems = [
        f"計画 {plan} がありません。{data.name}/ にある計画は {'、'.join(known)} です。"
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
        raise KpiError(f"{data.name}/ に、指定された計画と年度のシートがありません。")
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
    at a time. ``seconds`` and ``memory`` (bytes) are the limits of each. Raises KpiError or OSError
    where the manifest cannot be read or written; what was done until then stays done.
    """
    manifest = project_root() / "reports" / MANIFEST
    places = str(project_root()), str(data_folder())
    queue = iter(_begin(manifest, chosen, force))
    pending: dict[Future, Run] = {}
    while True:
        while len(pending) < at_once and (run := next(queue, None)):
            if run.status == "waiting" and not force:
                # Another batch may have made it since.
                run = _standing(run)
                if run.status == "done":
                    note(manifest, run)
            if run.status == "done":
                yield replace(run, status="unchanged")
                continue
            arguments = run, places, engine, seconds, memory
            pending[executor.submit(_attempt, *arguments)] = run
            yield replace(run, status="running")
        if not pending:
            return
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            run = pending.pop(future)
            try:
                run = future.result()
            except Exception as error:
                # Not the run failed, but what should have called it.
                run = replace(run, status="failed", error=_told(error))
            note(manifest, run)
            yield run


def _begin(manifest: Path, chosen: Iterable[Run], force: bool) -> list[Run]:
    """The runs as they stand before the batch, which is also what the manifest then says."""
    manifest.parent.mkdir(exist_ok=True)
    with locked(manifest.parent):
        # Alone: a run that another batch ends now is noted after this.
        todo = [_standing(run) for run in chosen]
        if force:
            todo = [replace(run, status="waiting", seconds=None) for run in todo]
        write_manifest(manifest, read_manifest(manifest), todo)
    return todo


def _standing(run: Run) -> Run:
    """A run with the hash of its inputs: done where its report is made from these, else waiting."""
    now = input_hash(run.plan, run.fiscal_year)
    folder = project_root() / "reports" / run.plan / str(run.fiscal_year)
    record = read_record(folder)
    try:
        is_whole = all((folder / file).is_file() for file in record["files"])
    except (KeyError, TypeError):
        is_whole = False
    is_done = is_whole and record.get("input_hash") == now
    return replace(run, status="done" if is_done else run.status, input_hash=now)


def _attempt(
    run: Run, places: tuple[str, str], engine: str, seconds: float, memory: int | None
) -> Run:
    """A run after it was tried in a child of this process."""
    started = time.monotonic()
    try:
        made = in_child(_make, run, places, engine, seconds=seconds, memory=memory)
        ended = replace(run, status="done", input_hash=made)
    except (Exception, TimeLimit) as error:
        told = _told(error)
        if time.monotonic() - started >= seconds:
            told = f"{seconds:g}秒以内に終わりませんでした。{told}"
        ended = replace(run, status="failed", cell=getattr(error, "cell", None), error=told)
    return replace(ended, seconds=round(time.monotonic() - started, 3))


def _make(run: Run, places: tuple[str, str], engine: str) -> str:
    """Make a report, in a process that has nothing else to do; the hash of its inputs."""
    root, data = places
    os.chdir(root)
    os.environ[DATA_VARIABLE] = data
    folder = write_report(run.plan, run.fiscal_year, engine)
    return read_record(Path(folder))["input_hash"]


def _told(error: BaseException) -> str:
    """What went wrong with a run, in a line."""
    match error:
        case KpiError():
            return "".join(error.problems)
        case BrokenProcessPool():
            return "プロセスが途中で止まりました（強制終了、メモリーの不足など）。"
        case MemoryError():
            return "メモリーが足りません。"
        case OSError():
            return f"{error.filename or 'ファイル'}: {reason(error)}。"
        case _:
            return f"{type(error).__name__}: {error}"
