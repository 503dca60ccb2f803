"""A reader that crashes, is silent or takes too much becomes an error; one that works is not noticed."""

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence import isolation
from labkit.evidence.isolation import alive, read_anew, read_apart

MIB = 1024 * 1024
forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@forks
def test_the_exit_code_of_the_reader_is_returned() -> None:
    assert read_apart(lambda: 5) == 5


@forks
def test_a_crash_is_an_error_with_a_remedy() -> None:
    def crash() -> int:
        faulthandler.disable()  # pytest's, which would print a trace
        os.kill(os.getpid(), signal.SIGSEGV)
        return 0

    with pytest.raises(EvidenceError, match=r"crashed \(SIGSEGV\)") as caught:
        read_apart(crash)

    assert "digest" in caught.value.remedy


@forks
def test_a_silent_reader_is_ended() -> None:
    begin = time.monotonic()

    with pytest.raises(EvidenceError, match="no progress for 1 seconds") as caught:
        read_apart(lambda: time.sleep(60) or 0, timeout_seconds=1)

    assert time.monotonic() - begin < 20
    assert "--timeout" in caught.value.remedy


@forks
def test_a_reader_that_goes_on_may_take_longer_than_the_clock() -> None:
    def slow() -> int:
        for _ in range(25):
            time.sleep(0.1)
            alive()
        return 0

    assert read_apart(slow, timeout_seconds=2) == 0


@forks
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold to RLIMIT_AS")
def test_memory_is_limited() -> None:
    def greedy() -> int:
        try:
            return len(bytearray(8 << 30)) and 0
        except MemoryError:
            return 77

    assert read_apart(greedy, memory_bytes=2 << 30) == 77


@forks
def test_ctrl_c_reaches_a_reader_that_only_its_parent_got_it_for() -> None:
    code = (
        "import time; from labkit.evidence.isolation import read_apart\n"
        "def work():\n    print('ready', flush=True); time.sleep(60); return 0\n"
        "raise SystemExit(read_apart(work))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=30) == 130
    process.stdout.close()


def started(arguments: list[str], code: str, monkeypatch: pytest.MonkeyPatch, timeout: float = 30) -> int:
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _command, **options: popen([sys.executable, "-c", code, *arguments], **options)
    )
    return read_anew(arguments, timeout_seconds=timeout)


def test_without_fork_the_command_is_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import time; from labkit.evidence import isolation; assert isolation.started_as_reader();"
        "isolation.become_reader_anew();"
        "[(time.sleep(.2), isolation.alive()) for _ in range(20)]; raise SystemExit(6)"
    )
    assert started(["image", "ls"], code, monkeypatch, timeout=2.5) == 6


def test_without_fork_a_silent_reader_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EvidenceError, match="no progress"):
        started([], "import time; time.sleep(60)", monkeypatch, timeout=1)


def test_without_fork_a_whole_command_gives_its_output(tmp_path: Path) -> None:
    (tmp_path / "empty.raw").write_bytes(b"")
    code = (
        "import os, sys; del os.fork; sys.argv = ['labkit', 'image', 'info', 'empty.raw'];"
        "from labkit.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=60, check=False)

    assert done.returncode == 5
    assert b"empty.raw is empty" in done.stderr


def test_a_process_without_a_parent_may_say_that_it_is_alive() -> None:
    assert isolation._beat is None
    alive()
