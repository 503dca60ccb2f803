"""What reads an untrusted image runs in a process of its own, with a clock and a memory limit.

An image may be damaged or made to harm, and its readers are C libraries. The command's own process stays a thin parent:
it forks the reader, which writes its output itself, and waits. A reader that crashes, runs away or takes too much
memory becomes an error with a remedy instead of a broken terminal. Where processes can not be forked (Windows), the
command is started anew as the reader; the clock holds there too, the memory limit does not.

The clock is one of silence: a reader that goes on (see ``alive``) may take as long as it needs.

What a reader is about to do it tells its parent first (``announce``), which therefore can write down what was going on
when the reader died. The two speak in lines: an empty one is a sign of life, others are JSON.
"""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from labkit.errors import EvidenceError

TIMEOUT_SECONDS = 300
MEMORY_BYTES = 4 << 30
INTERRUPTED = 130
HEARTBEAT_VARIABLE = "LABKIT_READER_HEARTBEAT"  # in a reader that was started anew: the file that it touches
_BEAT_SECONDS = 0.5
_POLL_SECONDS = 1.0
_GRACE_SECONDS = 5.0
_FORWARD_SECONDS = 0.5
_LARGEST_EXIT_CODE = 0xFFFF
_LONGEST_LINE = 1 << 20  # of what a reader says; one that was taken over may say anything

Doing = Mapping[str, Any]
_Say = Callable[[bytes], None]

_say: _Say | None = None
_next_beat = 0.0


def alive() -> None:
    """Tell the parent that the reader goes on; nothing where there is none. Cheap: call it whenever work was done."""
    global _next_beat  # noqa: PLW0603 - one clock for the process
    if _say is None:
        return
    now = time.monotonic()
    if now >= _next_beat:
        _next_beat = now + _BEAT_SECONDS
        _say(b"")


def announce(doing: Doing | None) -> None:
    """Tell the parent what the reader begins to do, ready for JSON; None when that has ended, well or not."""
    if _say is not None:
        import json  # by now the parent waits, and each process imports on a core of its own

        _say(json.dumps(doing).encode())


@contextmanager
def room_to_map(size_bytes: int) -> Iterator[None]:
    """Let the block map a file of this size beside the memory that the reader may take.

    What is mapped counts as address space, which is what is limited, but takes no memory that others would need.
    """
    if _say is None or sys.platform == "win32":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        more = soft + size_bytes
        resource.setrlimit(resource.RLIMIT_AS, (more if hard == resource.RLIM_INFINITY else min(more, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def is_forked_reader() -> bool:
    """Return whether this process is a reader that ``read_apart`` forked, or a fork of one."""
    return _say is not None and not started_as_reader()


def started_as_reader() -> bool:
    """Return whether this process was started by ``read_anew``."""
    return HEARTBEAT_VARIABLE in os.environ


def _nobody(_doing: Doing, _reason: str) -> None:
    pass


def read_apart(
    work: Callable[[], int],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
    left_off: Callable[[Doing, str], None] = _nobody,
) -> int:
    """Run ``work`` in a forked process and return the exit code that it returns.

    Args:
        work: What reads the image; it writes to this process's standard output.
        timeout_seconds: How long it may be silent.
        memory_bytes: How much address space it may take.
        left_off: Is told what the reader had announced and did not end, and why the reader ended.

    Raises:
        EvidenceError: The reader crashed or was silent for too long.
    """
    listening, speaking = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    # No signal may come between the fork and the moment at which both processes know what to do with it.
    signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    gc.freeze()  # what both processes have stays shared, and is not gone through again and again
    child = os.fork()
    if not child:
        os.close(listening)
        _become_reader(lambda line: _write_all(speaking, line + b"\n"), memory_bytes)
        _leave(work, signals)
    os.close(speaking)
    heard = _Heard()
    try:
        with _passing_signals_on(child):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            silent = _listen(listening, timeout_seconds, heard)
            if silent:
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
    finally:
        os.close(listening)
    return _verdict(os.waitstatus_to_exitcode(status), timeout_seconds if silent else None, heard.doing, left_off)


def read_anew(
    arguments: Sequence[str],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    left_off: Callable[[Doing, str], None] = _nobody,
) -> int:
    """Start the command ``labkit ARGUMENTS`` as the reader and return its exit code; for systems that do not fork.

    Raises:
        EvidenceError: As ``read_apart``.
    """
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="labkit-reader-") as folder:
        heartbeat = Path(folder) / "heartbeat"
        heartbeat.touch()
        process = subprocess.Popen(
            [sys.executable, "-m", "labkit", *arguments], env={**os.environ, HEARTBEAT_VARIABLE: str(heartbeat)}
        )
        last, at = heartbeat.stat().st_mtime_ns, time.monotonic()
        while True:
            try:
                code = process.wait(timeout=_POLL_SECONDS)
                return _verdict(code, None, _Heard.in_file(heartbeat), left_off)
            except subprocess.TimeoutExpired:
                beat = heartbeat.stat().st_mtime_ns
                if beat != last:
                    last, at = beat, time.monotonic()
                elif time.monotonic() - at > timeout_seconds:
                    process.kill()
                    process.wait()
                    return _verdict(0, timeout_seconds, _Heard.in_file(heartbeat), left_off)
            except KeyboardInterrupt:  # the reader got it too, and says so itself
                return process.wait(timeout=_GRACE_SECONDS)


def become_reader_anew() -> None:
    """Take up the heartbeat that ``read_anew`` waits for; called in a reader that was started by it."""
    path = Path(os.environ[HEARTBEAT_VARIABLE])

    def say(line: bytes) -> None:
        if line:
            path.write_bytes(line + b"\n")
        else:
            path.touch()

    _become_reader(say, None)


def _become_reader(say: _Say, memory_bytes: int | None) -> None:
    global _say  # noqa: PLW0603 - this process is the reader from now on
    _say = say
    if memory_bytes is not None and sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = min(limit for limit in (memory_bytes, soft, hard) if limit != resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _leave(work: Callable[[], int], blocked: set[signal.Signals]) -> None:
    """Run the work and end the process without the parent's clean-up, whatever happens."""
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
        code = work()
        sys.stdout.flush()
        sys.stderr.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = 1
    finally:
        os._exit(code)


def _write_all(speaking: int, line: bytes) -> None:
    while line:
        line = line[os.write(speaking, line) :]


class _Heard:
    """What a reader has said: ``doing`` is what it announced last."""

    def __init__(self) -> None:
        self.doing: Doing | None = None
        self._begun = b""  # a line whose end was not heard yet

    @classmethod
    def in_file(cls, path: Path) -> "Doing | None":
        """Return what a reader that was started anew announced last."""
        heard = cls()
        heard.add(path.read_bytes())
        return heard.doing

    def add(self, said: bytes) -> None:
        import json

        *lines, self._begun = (self._begun + said).split(b"\n")
        for line in filter(None, lines):
            try:
                doing = json.loads(line)
            except (ValueError, RecursionError):
                continue
            self.doing = doing if isinstance(doing, dict) else None
        if len(self._begun) > _LONGEST_LINE:
            self._begun = b""


def _listen(listening: int, timeout_seconds: float, heard: _Heard) -> bool:
    """Wait until the reader has ended; return True if it was silent for too long instead."""
    import select

    while True:
        ready, _, _ = select.select([listening], [], [], timeout_seconds)
        if not ready:
            return True
        said = os.read(listening, 65536)
        if not said:
            return False
        heard.add(said)


@contextmanager
def _passing_signals_on(child: int) -> Iterator[None]:
    """Let the reader decide about Ctrl-C, and let it not outlive a parent that is told to end."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        # From a terminal the reader has got it as well and is ending; from a program only this process has got it.
        from threading import Timer

        later = Timer(_FORWARD_SECONDS, _interrupt, [child])
        later.daemon = True
        later.start()
        waiting.append(later)

    def end(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        raise SystemExit(128 + number)

    waiting: list[Any] = []
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        for later in waiting:
            later.cancel()
        for number, handler in before:
            signal.signal(number, handler)


def _interrupt(child: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGINT)


def _verdict(
    code: int, silent_seconds: float | None, doing: Doing | None, left_off: Callable[[Doing, str], None]
) -> int:
    """Return the exit code of a reader that ended by itself; tell what it left off, however it ended."""
    try:
        _check_end(code, silent_seconds)
    except EvidenceError as error:
        if doing is not None:
            left_off(doing, error.message)
        raise
    if doing is not None:
        left_off(doing, f"the reader of this image ended with exit code {code}")
    return code


def _check_end(code: int, silent_seconds: float | None) -> None:
    if silent_seconds is not None:
        raise EvidenceError(
            f"the reader of this image made no progress for {silent_seconds:.0f} seconds and was ended",
            remedy="The image is damaged or made to mislead. Look at a single volume with --volume, or give it more "
            "time with --timeout SECONDS (before the command's name in labkit image); compare with the Sleuth Kit.",
        )
    if code < 0 or code > _LARGEST_EXIT_CODE:  # a signal; on Windows, an exception's number
        name = signal.Signals(-code).name if code < 0 else f"0x{code:08x}"
        raise EvidenceError(
            f"the reader of this image crashed ({name})",
            remedy="The image is damaged or made to mislead. Compare its digest with its master's; "
            "look at a single volume or entry, and send the image's description to the kit's maintainers.",
        )
