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
    """Run one command to its end; its output goes to ``output`` or nowhere.

    Python may keep what it compiles, as it does for users: packages are compiled when they are installed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (output or Path(os.devnull)).open("wb") as sink:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], env=environment, stdout=sink, stderr=subprocess.PIPE
        )
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
    name: str,
    ours: Sequence[str | Path],
    peer: Sequence[str | Path],
    target: float,
    note: str,
    folder: Path,
    *,
    start: Sequence[str | Path] = (),
    rounds: int = ROUNDS,
) -> Row:
    """Run both commands alternately, ``rounds`` times after one warm-up, and compare the medians.

    ``start`` is our command with nothing to work on; its time does not count in the ratio.
    """
    commands = {"ours": ours, "peer": peer, **({"start": start} if start else {})}
    runs: dict[str, list[Run]] = {side: [] for side in commands}
    for number in range(rounds + 1):
        for side, command in commands.items():
            done = run(command, folder / f"{side}.out")
            if number:
                runs[side].append(done)
    seconds = {side: statistics.median(one.seconds for one in done) for side, done in runs.items()}
    ours_s, peer_s, start_s = seconds["ours"], seconds["peer"], seconds.get("start", 0.0)
    ratio = (ours_s - start_s) / peer_s
    peak = max(one.peak_mib for one in runs["ours"])
    if start:
        note = f"{note}; the ratio is without our start-up of {start_s:.3f} s"
    return Row(name, round(ours_s, 4), round(peer_s, 4), round(ratio, 3), target, ratio <= target, round(peak, 1), note)


def anonymous_peak_mib(command: Sequence[str | Path]) -> float:
    """Return the largest memory of its own (RssAnon) that a process of a command had, looked at all the time.

    The largest resident size also counts the pages of a file that is mapped: they are the system's cache, given back
    whenever somebody needs the room, and as many as the file has.
    """
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    most_kib = 0
    while process.poll() is None:
        most_kib = max([most_kib, *(_anonymous_kib(number) for number in _below(process.pid))])
        time.sleep(0.002)
    if process.returncode:
        raise NotPossibleError(f"{Path(str(command[0])).name} failed with exit code {process.returncode}")
    return most_kib / 1024


def _below(number: int) -> list[int]:
    """Return a process and those that it started."""
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [number, *(found for child in children for found in _below(int(child)))]


def _anonymous_kib(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)


def impossible(name: str, target: float, why: str) -> Row:
    """Return the row of a measurement that this machine can not make."""
    return Row(name, None, None, None, target, None, None, why)
