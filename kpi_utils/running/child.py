"""Calls a function in a fresh process, forked from a warm one and ended at its limits."""

import faulthandler
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver
from typing import Any

from kpi_utils.errors import mistake
from kpi_utils.running.output import keep_sockets_short

__all__ = ["TimeLimit", "ignoring_ctrl_c", "in_child", "start_warm_process"]

# Imports what is slow to import, and does what is slow the first time.
PRELOAD = ["kpi_utils.running.warm"]
# Seconds that a child has after its time limit, to report it and to remove its temporary files.
GRACE = 10


class TimeLimit(BaseException):
    """A child's time is over. Not an Exception: no ``except Exception`` of a cell may catch it."""


@contextmanager
def ignoring_ctrl_c() -> Iterator[None]:
    """Processes that are started in the block ignore Ctrl-C: only this process answers it.

    From the main thread only.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_warm_process() -> None:
    """Starts the process that children are forked from; from the main thread only.

    Without it, the first call of ``in_child`` starts one.
    """
    keep_sockets_short()
    multiprocessing.set_forkserver_preload(PRELOAD)
    with ignoring_ctrl_c():
        forkserver.ensure_running()


def in_child(function: Callable, *arguments, seconds: float, memory: int | None = None) -> Any:
    """Calls a function in a fresh child; returns what it returns and raises what it raises.

    After ``seconds`` TimeLimit is raised in the child wherever it is, and ``GRACE`` seconds later
    it is ended. ``memory`` limits its address space, in bytes. Raises BrokenProcessPool where the
    child ends before the function does. Function and arguments are pickled.
    """
    keep_sockets_short()
    multiprocessing.set_forkserver_preload(PRELOAD)
    pool = ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("forkserver"),
        initializer=_limit,
        initargs=(seconds, memory),
        max_tasks_per_child=1,
    )
    future = pool.submit(function, *arguments)
    # As long as the pool is referred to, it would fork the next child as soon as this one ends.
    del pool
    return future.result()


def _limit(seconds: float, memory: int | None) -> None:
    """Sets a child's limits, and seeds its random numbers: it is forked from the warm process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, _raise_time_limit)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    # A separate thread ends what no signal reaches: code in C, and cells that catch everything.
    null_device = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=null_device)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # Without a new seed all children would draw the same numbers.
    import numpy as np

    np.random.seed()


def _raise_time_limit(*_) -> None:
    raise TimeLimit(mistake("batch.time-over"))
