"""A reader that crashes, is silent or takes too much becomes an error; one that works is not noticed."""

import faulthandler
import mmap
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import EvidenceError
from labkit.evidence import isolation
from labkit.evidence.isolation import Doing, alive, announce, read_anew, read_apart, room_to_map

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


DOING = {"command": "image ls", "image": "\udce9.raw", "details": {"volume": 1}}


def crash_while_doing() -> int:
    announce(DOING)
    alive()
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def sleep_while_doing() -> int:
    announce(DOING)
    time.sleep(60)
    return 0


def leave_while_doing() -> int:
    announce({"command": "image info"})
    announce(None)
    announce(DOING)
    return 5


@forks
@pytest.mark.parametrize(
    ("work", "reason"),
    [
        (crash_while_doing, "crashed (SIGKILL)"),
        (sleep_while_doing, "no progress for 1 seconds"),
        (leave_while_doing, "exit code 5"),
    ],
)
def test_what_a_reader_did_when_it_died_is_told(work: Callable[[], int], reason: str) -> None:
    told: list[tuple[Doing, str]] = []

    with suppress(EvidenceError):
        read_apart(work, timeout_seconds=1, left_off=lambda doing, why: told.append((doing, why)))

    ((doing, why),) = told
    assert doing == DOING
    assert reason in why


@forks
@pytest.mark.parametrize("said", [b"{" * 200_000 + b"\n", b"\xff\n", b"[1]\n", b"x" * (5 << 20)])
def test_a_reader_that_was_taken_over_may_say_anything(said: bytes) -> None:
    def work() -> int:
        announce(DOING)
        announce(None)
        assert isolation._say
        isolation._say(said)
        return 3

    assert read_apart(work, left_off=lambda doing, why: pytest.fail(f"{doing} {why}")) == 3


@forks
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold to RLIMIT_AS")
def test_a_mapped_file_counts_beside_the_memory(tmp_path: Path) -> None:
    big = tmp_path / "big.raw"
    with big.open("wb") as file:
        file.truncate(8 << 30)

    def mapped() -> int:
        with big.open("rb") as file:
            try:
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ).close()
            except OSError:
                pass
            else:
                return 1
            with room_to_map(8 << 30), mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
                return 77

    assert read_apart(mapped, memory_bytes=2 << 30) == 77


def started(
    arguments: list[str], code: str, monkeypatch: pytest.MonkeyPatch, timeout: float = 30, **options: Any
) -> int:
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda _command, **options: popen([sys.executable, "-c", code, *arguments], **options)
    )
    return read_anew(arguments, timeout_seconds=timeout, **options)


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


def test_without_fork_what_a_reader_did_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import os; from labkit.evidence import isolation; isolation.become_reader_anew();"
        "isolation.announce({'command': 'image ls'}); isolation.alive(); os._exit(3)"
    )
    told: list[tuple[Doing, str]] = []

    assert started([], code, monkeypatch, left_off=lambda doing, why: told.append((doing, why))) == 3
    assert told == [({"command": "image ls"}, "the reader of this image ended with exit code 3")]


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
    assert isolation._say is None
    alive()
