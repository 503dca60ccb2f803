"""Runs whole commands side by side and reports the ratio of their times."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``ratio`` is ours / peer; ``target`` is the largest ratio that meets the promise."""

    name: str
    ours_s: float | None
    peer_s: float | None
    ratio: float | None
    target: float
    met: bool | None
    peak_mib: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Run:
    """Wall-clock time and largest resident memory of one command."""

    seconds: float
    peak_mib: float


class NotPossibleError(Exception):
    """This machine lacks what the measurement needs; the message says what."""


def program(name: str, package: str) -> str:
    """Return the path of a peer, or raise with the Debian package that has it."""
    path = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"
    found = shutil.which(name, path=path)
    if found is None:
        raise NotPossibleError(f"{name} is not installed (Debian package {package})")
    return found


def labkit() -> list[str]:
    """Return the command that starts labkit as its users start it."""
    script = Path(sys.executable).with_name("labkit")
    return [str(script)] if script.exists() else [sys.executable, "-m", "labkit"]


def run(command: Sequence[str | Path], output: Path | None = None) -> Run:
    """Run one command to its end; its output goes to ``output`` or nowhere."""
    with (output or Path(os.devnull)).open("wb") as sink:
        begin = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=sink, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        errors = process.stderr.read() if process.stderr else b""
        if process.stderr:
            process.stderr.close()
    if process.returncode != 0:
        raise NotPossibleError(
            f"{Path(str(command[0])).name} failed: {errors.decode('utf-8', 'replace').strip()[:300]}"
        )
    return Run(seconds, usage.ru_maxrss / 1024)


def side_by_side(
    name: str, ours: Sequence[str | Path], peer: Sequence[str | Path], target: float, note: str, folder: Path
) -> Row:
    """Run both commands alternately, ``ROUNDS`` times after one warm-up, and compare the medians."""
    run(ours, folder / "ours.out")
    run(peer, folder / "peer.out")
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(run(ours, folder / "ours.out"))
        theirs.append(run(peer, folder / "peer.out"))
    ours_s = statistics.median(one.seconds for one in mine)
    peer_s = statistics.median(one.seconds for one in theirs)
    ratio = ours_s / peer_s
    peak = max(one.peak_mib for one in mine)
    return Row(name, round(ours_s, 4), round(peer_s, 4), round(ratio, 3), target, ratio <= target, round(peak, 1), note)


def impossible(name: str, target: float, why: str) -> Row:
    """Return the row of a measurement that this machine can not make."""
    return Row(name, None, None, None, target, None, None, why)
