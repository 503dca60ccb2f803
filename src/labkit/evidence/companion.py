"""A second process beside the reader of an image, which takes a part of its work.

It is a fork of the reader, so that it knows all that the reader knows and nothing has to be opened anew. Tasks and
results go through two pipes, in order. Whatever the companion can not do (it met damage, it died, it hangs) is done by
the reader itself, with the error that belongs to it: with a companion a reader is faster and says nothing else.

Only a reader that was forked apart (``isolation``) has one: it has no threads, and its output is its own.
"""

import marshal
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from labkit.evidence.isolation import TIMEOUT_SECONDS, is_forked_reader

_MOST_TASKS = 2  # that it has at a time: one that it works on, and the next
_LONGEST_TASK_BYTES = 4096  # those two fit into every pipe, so that giving a task never waits
_PIPE_BYTES = 1 << 20  # for results, where the system lets it be set
_LENGTH_BYTES = 8


class Companion:
    """Does ``work``, whose tasks and results are plain values (``marshal``). Use it in a ``with`` block.

    Where it is not ``wanted``, or can not be had, it takes no task.
    """

    def __init__(self, work: Callable[[Any], Any], *, wanted: bool = True) -> None:
        self._work = work
        self._wanted = wanted
        self._given: deque[Any] = deque()
        self._process: int | None = None

    def __enter__(self) -> Self:
        if self._wanted and _can_be_had():
            self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def takes(self, task: Any) -> bool:
        """Give it a task; return False where it has enough of them, or is not there."""
        if self._process is None or len(self._given) >= _MOST_TASKS:
            return False
        message = marshal.dumps(task)
        if len(message) > _LONGEST_TASK_BYTES:
            return False
        try:
            _send(self._tasks, message)
        except BrokenPipeError:
            return False
        self._given.append(task)
        return True

    def results(self, *, wait: bool) -> Iterator[Any]:
        """Yield the results of tasks in the order of these: those that are there, or all where it shall ``wait``."""
        while self._given and (wait or self._has_answered()):
            answer = None if self._process is None else _received(self._answers)
            if answer is None:
                self._end()
            task = self._given.popleft()
            yield answer[0] if answer else self._work(task)

    def _start(self) -> None:
        tasks, self._tasks = os.pipe()
        self._answers, answers = os.pipe()
        self._process = os.fork()
        if not self._process:
            os.close(self._tasks)
            os.close(self._answers)
            _enlarge(answers)
            _serve(self._work, tasks, answers)
        os.close(tasks)
        os.close(answers)

    def _end(self) -> None:
        if self._process is not None:
            os.close(self._tasks)
            os.close(self._answers)
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            self._process = None

    def _has_answered(self) -> bool:
        import select

        return self._process is None or bool(select.select([self._answers], [], [], 0)[0])


def _can_be_had() -> bool:
    if sys.platform == "win32" or not is_forked_reader():
        return False
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (processors or 1) > 1


def _serve(work: Callable[[Any], Any], tasks: int, answers: int) -> None:
    """Do tasks until there are no more, and end the process without the reader's clean-up, whatever happens."""
    try:
        while (task := _received(tasks)) is not None:
            signal.alarm(TIMEOUT_SECONDS)  # nobody else watches this process
            try:
                answer: tuple[Any, ...] = (work(task),)
            except Exception:  # noqa: BLE001 - the reader will meet the same error and tell it
                answer = ()
            _send(answers, marshal.dumps(answer))
    finally:
        os._exit(0)


def _send(to: int, message: bytes) -> None:
    message = len(message).to_bytes(_LENGTH_BYTES, "little") + message
    while message:
        message = message[os.write(to, message) :]


def _received(source: int) -> Any | None:
    """Return what was sent; None where the other side is gone."""
    head = _exactly(source, _LENGTH_BYTES)
    message = _exactly(source, int.from_bytes(head, "little"))
    return marshal.loads(message) if message else None  # noqa: S302 - it comes from a fork of this process


def _exactly(source: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(source, size)
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _enlarge(pipe: int) -> None:
    """Let a pipe hold more than the 64 KiB that are usual, so that the companion need not wait for the reader."""
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # this user's pipes take all that they may
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
