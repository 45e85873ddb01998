"""Calls a function in a fresh process, ended at its limits.

On Linux it is forked from a warm one, which has what is slow to import. On other systems it is a
new one: Windows has no fork, and on macOS system libraries do not bear it.
"""

import _thread
import faulthandler
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from threading import Thread
from typing import Any

from kpi_utils.errors import mistake

FORKS = sys.platform == "linux" and hasattr(os, "fork")
# Imports what is slow to import, and does what is slow the first time.
PRELOAD = ["kpi_utils.running.warm"]
# In bytes: some systems allow 103 for a socket's path, and the names in the folder need the rest.
MAX_FOLDER_BYTES = 65
# Seconds that a child has after its time limit, to report it and to remove its temporary files.
GRACE = 10
# Seconds between two looks at a child's memory, where the system does not limit it.
INTERVAL = 0.1


class TimeLimit(BaseException):
    """A child's time is over. Not an Exception: no ``except Exception`` of a cell may catch it."""


@contextmanager
def ignoring_ctrl_c() -> Iterator[None]:
    """Processes that are started in the block ignore Ctrl-C: only this process answers it.

    And that its terminal is closed, on systems that say so. From the main thread only.
    """
    answered = [signal.SIGINT, *(each for each in signal.Signals if each.name == "SIGHUP")]
    before = [signal.signal(sent, signal.SIG_IGN) for sent in answered]
    try:
        yield
    finally:
        for sent, handler in zip(answered, before, strict=True):
            signal.signal(sent, handler)


def start_warm_process() -> None:
    """Starts the process that children are forked from; from the main thread only.

    Without it, the first call of ``in_child`` starts one.
    """
    if FORKS:
        from multiprocessing import forkserver

        _context()
        with ignoring_ctrl_c():
            forkserver.ensure_running()


def _context():
    """How a child is started."""
    if not FORKS:
        return multiprocessing.get_context("spawn")
    # The path of TMPDIR may be too long for a socket in it.
    if len(os.fsencode(tempfile.gettempdir())) > MAX_FOLDER_BYTES:
        tempfile.tempdir = "/tmp"
    multiprocessing.set_forkserver_preload(PRELOAD)
    return multiprocessing.get_context("forkserver")


def in_child(function: Callable, *arguments, seconds: float, memory: int | None = None) -> Any:
    """Calls a function in a fresh child; returns what it returns and raises what it raises.

    After ``seconds`` TimeLimit is raised in the child wherever it is, and ``GRACE`` seconds later
    it is ended. ``memory`` limits, in bytes, its address space on Linux, and what it holds in
    memory on other systems: MemoryError is raised in it. Raises BrokenProcessPool where the
    child ends before the function does. Function and arguments are pickled.
    """
    pool = ProcessPoolExecutor(
        max_workers=1,
        mp_context=_context(),
        initializer=_limit,
        initargs=(seconds, memory),
        max_tasks_per_child=1,
    )
    future = pool.submit(function, *arguments)
    # A pool that something refers to would start another child as soon as this one ends.
    del pool
    return future.result()


def _limit(seconds: float, memory: int | None) -> None:
    """Sets a child's limits, and seeds its random numbers: it may be forked from a warm process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if FORKS:
        import resource

        signal.signal(signal.SIGALRM, _raise_time_limit)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    else:
        import psutil

        signal.signal(signal.SIGABRT, _raise_memory_error)
        signal.signal(signal.SIGTERM, _raise_time_limit)
        Thread(target=_watch, args=(psutil.Process(), seconds, memory), daemon=True).start()
    _end_in(seconds + GRACE)
    # Without a new seed all children would draw the same numbers.
    import numpy as np

    np.random.seed()


def _watch(process, seconds: float, memory: int | None) -> None:
    """Ends what this ``process`` does when it goes beyond its limits; for a thread of its own."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if memory is not None and process.memory_info().rss > memory:
            _end_in(GRACE)
            _thread.interrupt_main(signal.SIGABRT)
            return
        time.sleep(min(INTERVAL, seconds))
    _thread.interrupt_main(signal.SIGTERM)


def _end_in(seconds: float) -> None:
    """Ends this process later, from a separate thread, even where no signal reaches.

    That is in code in C, and in cells that catch everything.
    """
    null_device = os.open(os.devnull, os.O_WRONLY)
    faulthandler.dump_traceback_later(seconds, exit=True, file=null_device)


def _raise_time_limit(*_) -> None:
    raise TimeLimit(mistake("batch.time-over"))


def _raise_memory_error(*_) -> None:
    raise MemoryError
