"""Many damaged images of one kind, each read in a process of its own, and how they ended."""

import json
import os
import resource
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from labkit.errors import EvidenceError
from labkit.evidence.isolation import read_apart
from tests.hostile.commands import CPU_SECONDS, RULES, Fault, all_commands
from tests.hostile.damage import Believed, damaged
from tests.hostile.kinds import CONTENTS, KINDS

SILENT_SECONDS = 120  # of the wall clock, on a busy machine; at the command line it is 300
MEMORY_BYTES = 3 << 30
_LARGEST_FILE_BYTES = 64 << 20
_PIECE_BYTES = 64 << 10
_FAULT = 70
ENDS = ("results", "clear errors", "slow", "hangs", "crashes", "faults")


def tried(kind: str, folder: Path, mutations: int, *, seed: int = 1, first: int = 0) -> tuple[Counter[str], list[str]]:
    """Run every command over damaged images of one kind.

    Args:
        kind: A key of ``KINDS``.
        folder: Where images are made; empty.
        mutations: How many.
        seed: Of the damage; ``seed/kind/number`` names one mutation for ever.
        first: The number of the first mutation.

    Returns:
        How many commands ended in a result and how many in a clear error, how many of both took more than
        ``SLOW_SECONDS``, how many mutations ended in a hang, a crash or a fault (any other exception); and what must
        not happen, with the name of its mutation.
    """
    original, work = folder / "original", folder / "work"
    original.mkdir()
    paths = KINDS[kind](original)
    sizes = [path.stat().st_size for path in paths]
    whole = b"".join(path.read_bytes() for path in paths)
    places, ends, bad = Believed(whole, CONTENTS.get(kind, tuple)()), Counter[str](), []
    _read_undamaged(paths[0], folder / "undamaged")
    for number in range(first, first + mutations):
        data = damaged(whole, places, Random(f"{seed}/{kind}/{number}"))
        work.mkdir()
        image = _spread(work, paths, sizes, data)
        (work / "rules.yar").write_text(RULES)
        end, text = ended(partial(_counted, image, work, number), work)
        shutil.rmtree(work)
        if end:
            ends[end] += 1
            bad.append(f"{seed}/{kind}/{number}: {end}: {text}")
        else:
            ends.update(json.loads(text))
    return ends, bad


def _read_undamaged(image: Path, folder: Path) -> None:
    """Run every command over the image as it was made: it must end well, and loads what every child needs."""
    folder.mkdir()
    (folder / "rules.yar").write_text(RULES)
    all_commands(image, folder)
    shutil.rmtree(folder)


def _spread(folder: Path, paths: list[Path], sizes: list[int], data: bytes) -> Path:
    """Write the damaged bytes to files of the names and sizes of the original ones; return the first."""
    start = 0
    for path, size in zip(paths, sizes, strict=True):
        part = data[start : start + size]
        with (folder / path.name).open("wb") as file:
            for at in range(0, len(part), _PIECE_BYTES):
                piece = part[at : at + _PIECE_BYTES]
                if piece.strip(b"\0"):  # zeros stay holes
                    file.seek(at)
                    file.write(piece)
            file.truncate(len(part))
        start += size
    return folder / paths[0].name


def _counted(image: Path, folder: Path, number: int) -> str:
    return json.dumps(all_commands(image, folder, number))


def ended(commands: Callable[[], str], folder: Path, *, cpu_seconds: int = CPU_SECONDS) -> tuple[str, str]:
    """Run commands over an image in a child; ``commands`` returns a note for the parent.

    Returns:
        What must not have happened (one of the last three of ``ENDS``) and where; else nothing, and the note.
    """
    notes = folder / "notes.txt"
    notes.unlink(missing_ok=True)

    def work() -> int:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE_BYTES, _LARGEST_FILE_BYTES))
        os.chdir(folder)
        try:
            note = commands()
        except Fault as fault:
            notes.write_text(str(fault), encoding="utf-8", errors="backslashreplace")
            return _FAULT
        notes.write_text(note, encoding="utf-8", errors="backslashreplace")
        return 0

    try:
        code = read_apart(work, timeout_seconds=SILENT_SECONDS, memory_bytes=MEMORY_BYTES)
    except EvidenceError as error:
        hung = "SIGPROF" in error.message or "no progress" in error.message
        return "hangs" if hung else "crashes", error.message
    note = notes.read_text(encoding="utf-8") if notes.exists() else f"exit code {code}"
    return ("faults", note) if code else ("", note)
