"""One call in a process of its own: fresh, forked from a warm one, and ended at its limits."""

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

from kpi_utils.running.output import keep_sockets_short

__all__ = ["TimeLimit", "deaf_children", "in_child", "start_warm_process"]

# What is slow to import, and to do for the first time.
PRELOAD = ["kpi_utils.running.warm"]
# How long a child has, once its time is over, to say so and to clear away what it began (seconds).
GRACE = 10


class TimeLimit(BaseException):
    """The time of a child is over. No ``except Exception`` in a notebook is meant to stop it."""


@contextmanager
def deaf_children() -> Iterator[None]:
    """What is started in the block does not hear Ctrl-C, which is ours to answer.

    From the main thread only.
    """
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_warm_process() -> None:
    """Start the process that children are forked from; from the main thread only.

    Without it, the first call of ``in_child`` starts one.
    """
    keep_sockets_short()
    multiprocessing.set_forkserver_preload(PRELOAD)
    with deaf_children():
        forkserver.ensure_running()


def in_child(function: Callable, *arguments, seconds: float, memory: int | None = None) -> Any:
    """Call a function in a fresh child; returns what it returns and raises what it raises.

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
    # A pool that someone holds would fork the next child as soon as this one has ended.
    del pool
    return future.result()


def _limit(seconds: float, memory: int | None) -> None:
    """Set a child's limits, and what it must not share with its sisters."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    # A thread of its own ends what no signal reaches: code in C, and cells that catch everything.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=nowhere)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # Forked from one process, all children would draw the same numbers.
    import numpy as np

    np.random.seed()


def _over(*_) -> None:
    raise TimeLimit("時間の上限に達しました")
