"""Executors for the runs of a batch: threads of this machine, or the workers of a Dask cluster.

Each run is a child process of a worker, so a worker must be allowed to have children. It must also
have the project's folder under the same name, and this version of the package: every worker is
checked once, before the batch. Dask is optional (the extra ``cluster``), and is imported only when
a cluster is asked for.
"""

import asyncio
import logging
import multiprocessing
import os
import platform
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from kpi_utils.errors import KpiError, mistake
from kpi_utils.running.child import ignoring_ctrl_c, start_warm_process
from kpi_utils.running.output import data_folder, project_root, versions
from kpi_utils.running.records import PACKAGE

# Seconds to reach a scheduler and its first worker, and those that a batch waits without a worker.
CONNECTION_SECONDS, IDLE_SECONDS = 4, 60


@contextmanager
def workers(scheduler: str | None, jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """Yields an executor for ``run_batch``, and the number of runs to hand to it at a time.

    ``scheduler`` is the address of a Dask scheduler, "local" for a cluster of this machine that
    ends with the block, or None for threads of this process. ``jobs`` is the number of runs at a
    time; None stands for the cores, or the threads of all workers. Raises KpiError if Dask is
    missing, the scheduler cannot be reached, or a worker cannot execute runs, with all reasons. A
    call whose workers die raises Dask's KilledWorker; a call that has lost all workers or the
    scheduler raises CancelledError.
    """
    if scheduler is None:
        start_warm_process()
        at_once = jobs or os.cpu_count() or 1
        with ThreadPoolExecutor(at_once) as threads:
            yield threads, at_once
        return
    with _client(scheduler, jobs) as client:
        _check(client)
        ended = threading.Event()
        threading.Thread(target=_watch, args=(client, ended), daemon=True).start()
        try:
            # Runs that have not ended are given up when the client is closed.
            yield client.get_executor(pure=False), jobs or sum(client.nthreads().values())
        finally:
            ended.set()


@contextmanager
def _client(scheduler: str, jobs: int | None) -> Iterator:
    """Yields a client of Dask; a local cluster lives as long as the block."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise KpiError(mistake("cluster.no-dask", error=error)) from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        # A daemon may not have children, and a run is a child of its worker.
        stack.enter_context(dask.config.set({"distributed.worker.daemon": False}))
        address = scheduler
        if scheduler == "local":
            with ignoring_ctrl_c():
                cluster = LocalCluster(
                    n_workers=jobs or os.cpu_count() or 1,
                    threads_per_worker=1,
                    # A run has limits of its own.
                    memory_limit=None,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            address = stack.enter_context(cluster).scheduler_address
        try:
            asyncio.run(_await_answer(address))
            client = Client(address, timeout=CONNECTION_SECONDS, set_as_default=False)
        # The greeting of another service, such as SSH, is taken for the length of a message.
        except (OSError, ValueError, MemoryError) as error:
            why = str(error).partition("\n")[0] or mistake("cluster.silent")
            sentence = mistake("cluster.no-scheduler", scheduler=scheduler, reason=why)
            raise KpiError(sentence) from None
        stack.callback(client.close, CONNECTION_SECONDS)
        yield client


async def _await_answer(address: str) -> None:
    """Waits for the scheduler's answer: a client would wait for ever if something else listens."""
    from distributed.core import rpc

    scheduler = rpc(address, timeout=CONNECTION_SECONDS)
    try:
        await asyncio.wait_for(scheduler.identity(), CONNECTION_SECONDS)
    finally:
        await scheduler.close_rpc()


def _watch(client, ended: threading.Event) -> None:
    """Cancels all pending runs when there has been no worker for ``IDLE_SECONDS``."""
    from distributed import Future

    seen = time.monotonic()
    while not ended.wait(1):
        # If the scheduler is gone, the runs end with an error that says so.
        with suppress(Exception):
            if client.scheduler_info().get("workers"):
                seen = time.monotonic()
            elif time.monotonic() - seen > IDLE_SECONDS:
                client.cancel([Future(key, client) for key in list(client.futures)])


def _check(client) -> None:
    """Raises KpiError if there is no worker, or with what is wrong with the workers."""
    from distributed.utils import TimeoutError

    try:
        client.wait_for_workers(1, timeout=CONNECTION_SECONDS)
    except TimeoutError:
        raise KpiError(mistake("cluster.no-worker")) from None
    reports = project_root() / "reports"
    reports.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".batch-", dir=reports) as shared:
        folders = [shared, str(data_folder())]
        answers = client.run(_problems, folders, _versions(), on_error="return")
    workers_with: dict[str, list[str]] = {}
    for worker, problems in answers.items():
        if isinstance(problems, Exception):
            kind = type(problems).__name__
            problems = [mistake("cluster.no-package", kind=kind, text=problems)]
        for problem in problems:
            workers_with.setdefault(problem, []).append(worker)
    sentences = []
    for problem, names in workers_with.items():
        key = "cluster.workers" if len(names) > 1 else "cluster.worker"
        sentences.append(mistake(key, worker=names[0], count=len(names), problem=problem))
    if sentences:
        raise KpiError(sentences)


def _problems(folders: list[str], ours: dict[str, str]) -> list[str]:
    """Runs on a worker: why it cannot execute runs. ``folders`` are those that it must see."""
    problems = [mistake("cluster.daemon")] if multiprocessing.current_process().daemon else []
    lost = [path for path in folders if not Path(path).is_dir()]
    problems += [mistake("cluster.folder", folder=path) for path in lost]
    theirs = _versions()
    for name, here in ours.items():
        if (there := theirs.get(name)) != here:
            problems.append(mistake("cluster.differs", name=name, there=there, here=here))
    return problems


def _versions() -> dict[str, str]:
    """The versions that must be the same on all machines, by their names in a message."""
    installed = {"python": platform.python_version()} | versions()
    numbers = {f"{name} の版": number for name, number in installed.items()}
    return numbers | {"kpi_utils の内容": PACKAGE[:8]}
