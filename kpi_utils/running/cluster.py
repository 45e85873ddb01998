"""Where the runs of a batch are called: threads of this machine, or the workers of a Dask cluster.

Each run is a child of a worker, so a worker must be allowed to have children; it shares the
project's folder with us, under the same name, and has this version of the package. Dask is
optional (the extra ``cluster``), and is imported once a cluster is asked for.
"""

import asyncio
import logging
import multiprocessing
import os
import re
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from kpi_utils.errors import KpiError
from kpi_utils.running.child import start_warm_process
from kpi_utils.running.fingerprint import package_hash
from kpi_utils.running.output import data_folder, project_root, versions

__all__ = ["workers"]

# Seconds: to reach a scheduler and a first worker of it, and that a batch waits without a worker.
REACHED, WITHOUT_WORKER = 4, 60
TWICE = "ワーカーが2度とも途中で止まりました（強制終了、メモリーの不足など）。"
LOST = "Dask のスケジューラーとの接続が切れました。もう一度実行すると、続きから始まります。"
NO_WORKER = "Dask のワーカーが1つも動いていません。dask worker を起動してください。"


@contextmanager
def workers(scheduler: str | None, jobs: int | None) -> Iterator[tuple[Executor, int]]:
    """An executor for ``run_batch``, and how many runs to hand to it at a time.

    ``scheduler`` is the address of a Dask scheduler, "local" for a cluster of this machine that
    ends with the block, or None for threads of this process. ``jobs`` is how many at a time; None
    stands for the cores, or the threads of all workers. Raises KpiError where Dask is missing, the
    scheduler cannot be reached, or a worker cannot do it, with all that is wrong.
    """
    if scheduler is None:
        start_warm_process()
        at_once = jobs or os.cpu_count()
        with ThreadPoolExecutor(at_once) as threads:
            yield threads, at_once
        return
    if scheduler != "local" and not re.fullmatch(r"(tcp|tls)://[^/]+:\d{1,5}", scheduler):
        raise KpiError(
            f"--scheduler が「{scheduler}」です。"
            "tcp://ホスト:ポート 又は local を指定してください。"
        )
    try:
        import dask
        from distributed import Client
    except ImportError as error:
        raise KpiError(
            f"--scheduler には Dask（distributed）が必要です（{error}）。"
            'pip install -e ".[cluster]" 又は conda install distributed で入れてください。'
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    reports = project_root() / "reports"
    reports.mkdir(exist_ok=True)
    with (
        dask.config.set({"distributed.worker.daemon": False}),
        _address(scheduler, jobs) as address,
    ):
        try:
            asyncio.run(_answer(address))
            client = Client(address, timeout=REACHED, set_as_default=False)
        except (OSError, ValueError) as error:
            why = str(error).partition("\n")[0] or "応答がありません"
            raise KpiError(
                f"Dask のスケジューラー {scheduler} に接続できません（{why}）。"
                "dask scheduler が動いていることを確かめてください。"
            ) from None
        try:
            with tempfile.TemporaryDirectory(prefix=".batch-", dir=reports) as begun:
                ours = _ours(begun)
                _check(client, ours)
                executor = _Cluster(client, ours)
                try:
                    yield executor, jobs or sum(client.nthreads().values())
                finally:
                    executor.shutdown()
        finally:
            client.close(REACHED)


async def _answer(address: str) -> None:
    """Wait for the scheduler's answer; a client would for ever, where something else listens."""
    from distributed.core import rpc

    scheduler = rpc(address, timeout=REACHED)
    try:
        await asyncio.wait_for(scheduler.identity(), REACHED)
    finally:
        await scheduler.close_rpc()


@contextmanager
def _address(scheduler: str, jobs: int | None) -> Iterator[str]:
    """Where the scheduler is; that of a local cluster lives as long as the block."""
    if scheduler != "local":
        yield scheduler
        return
    from distributed import LocalCluster

    # Deaf to Ctrl-C, which is ours to answer.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cluster = LocalCluster(
            n_workers=jobs or os.cpu_count(),
            threads_per_worker=1,
            # A run has limits of its own.
            memory_limit=None,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with cluster:
        yield cluster.scheduler_address


class _Cluster(Executor):
    """Calls functions on the workers of a cluster; what dies with its worker is tried once more.

    That a call was begun, and begun again, lies in a folder that the workers share: Dask itself
    would try it four times, and gives up calls that only waited at a worker that died.
    """

    def __init__(self, client, ours: dict):
        self._client, self._ours, self._numbers = client, ours, count()
        self._executor = client.get_executor(pure=False)
        self._pending: set[Future] = set()
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, function: Callable, *arguments) -> Future:
        future = Future()
        self._pending.add(future)
        begun = f"{self._ours['begun']}/{next(self._numbers)}"
        self._hand_over(future, (self._ours, begun, function, *arguments))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = True) -> None:
        """Give up what has not ended, whatever is asked for."""
        self._ended.set()
        self._executor.shutdown(wait=False)

    def _hand_over(self, future: Future, call: tuple) -> None:
        self._executor.submit(_on_worker, *call).add_done_callback(
            lambda done: self._take(future, call, done)
        )

    def _take(self, future: Future, call: tuple, done: Future) -> None:
        """The outcome of a call becomes that of its future, if nobody has given it up."""
        from distributed import KilledWorker

        error = KpiError(LOST) if done.cancelled() else done.exception()
        if isinstance(error, KilledWorker):
            if not self._ended.is_set() and not Path(f"{call[1]}-2").exists():
                self._hand_over(future, call)
                return
            error = KpiError(TWICE)
        self._settle(future, error, None if error else done.result())

    def _settle(self, future: Future, error: BaseException | None, result=None) -> None:
        with suppress(KeyError):
            self._pending.remove(future)
            if error:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _watch(self) -> None:
        """Fail what is pending once there has been no worker for long."""
        waited = 0
        while not self._ended.wait(1):
            waited = 0 if self._client.scheduler_info().get("workers") else waited + 1
            if waited > WITHOUT_WORKER:
                for future in list(self._pending):
                    self._settle(future, KpiError(NO_WORKER))


def _ours(begun: str) -> dict:
    """What a worker must have as we have it; ``begun`` is a folder that was made just now."""
    return {
        "begun": begun,
        "data": str(data_folder()),
        "versions": versions(),
        "package": package_hash(),
    }


def _check(client, ours: dict) -> None:
    """Raise KpiError where there is no worker, or with what is wrong with the workers."""
    from distributed.utils import TimeoutError

    try:
        client.wait_for_workers(1, timeout=REACHED)
    except TimeoutError:
        raise KpiError(NO_WORKER) from None
    having: dict[str, list[str]] = {}
    for worker, told in client.run(_problems, ours, on_error="return").items():
        if isinstance(told, Exception):
            told = [f"kpi_utils を使えません（{type(told).__name__}: {told}）。"]
        for problem in told:
            having.setdefault(problem, []).append(worker)
    if having:
        raise KpiError(
            [
                f"ワーカー {found[0]}{f' など{len(found)}件' if found[1:] else ''}: {problem}"
                for problem, found in having.items()
            ]
        )


def _problems(ours: dict) -> list[str]:
    """On a worker: why it cannot do what we ask for."""
    problems = []
    if multiprocessing.current_process().daemon:
        problems.append(
            "子プロセスを作れません。環境変数 DASK_DISTRIBUTED__WORKER__DAEMON=False を付けて"
            "起動し直してください。"
        )
    if not Path(ours["begun"]).is_dir():
        problems.append(
            f"{Path(ours['begun']).parent} が、こちらと同じフォルダーではありません。"
            "同じ名前で共有してください。"
        )
    if not Path(ours["data"]).is_dir():
        problems.append(f"{ours['data']} がありません。同じ名前で共有してください。")
    problems += [
        f"{name} の版が {there} です。こちらと同じ {ours['versions'][name]} を入れてください。"
        for name, there in versions().items()
        if there != ours["versions"][name]
    ]
    if not problems and package_hash() != ours["package"]:
        problems.append(
            "kpi_utils の内容がこちらと異なります。同じものを入れ、起動し直してください。"
        )
    return problems


def _on_worker(ours: dict, begun: str, function: Callable, *arguments) -> Any:
    """On a worker, which may have come after the others: call a function, at most twice."""
    if problems := _problems(ours):
        raise KpiError(problems)
    for number in (1, 2):
        with suppress(FileExistsError):
            Path(f"{begun}-{number}").touch(exist_ok=False)
            break
    else:
        raise KpiError(TWICE)
    return function(*arguments)
