"""Work for several processes, one job each; results come back as they are ready, and nothing outlives a stop.

Processes are spawned, not forked, so that Windows, macOS and Linux do the same.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

_J = TypeVar("_J")
_R = TypeVar("_R")


def run_jobs(work: Callable[[_J], _R], jobs: Sequence[_J], *, processes: int) -> Iterator[_R]:
    """Yield ``work(job)`` for each job, in the order in which they end; in this process where one is enough.

    When the caller stops listening, an error is raised or Ctrl-C is pressed, what still runs is ended.

    Raises:
        Exception: The first error that a job raises.
    """
    if processes <= 1 or len(jobs) <= 1:
        yield from map(work, jobs)
        return
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(
        min(processes, len(jobs)), mp_context=multiprocessing.get_context("spawn"), initializer=_ignore_interrupt
    )
    finished = False
    try:
        for future in as_completed([executor.submit(work, job) for job in jobs]):
            yield future.result()
        finished = True
    finally:
        if not finished:
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def together() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done: for steps that belong together and take a moment."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    pressed = False

    def remember(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def usable_processors() -> int:
    """Return on how many processors this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides; it ends its workers itself
