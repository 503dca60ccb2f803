"""Kill acquisitions with SIGKILL at random moments and go on with them: ``python -m tests.acquire_kills [KILLS]``.

Each image must have the digests of an acquisition that nobody disturbed, and no stop may cost more than 16 MiB of
reading again. What was read is written down by the killed process itself, before each reading.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from labkit.hashing import digest_bytes
from tests.unit.acquisition.devices import MIB, medium_bytes, write_device

SIZE_BYTES = 48 * MIB + 512 * 5
MOST_REPEATED_BYTES = 16 * MIB
UNREADABLE = [[100, 2], [16383, 2], [70001, 1]]
FORMS = (("KF-06.raw", 0), ("KF-06.E01", 5 * MIB), ("KF-06.001", 7 * MIB))


@dataclass(frozen=True)
class Outcome:
    """What one image cost: kills that took place, and the most that one of them made read again."""

    kills: int
    most_repeated_bytes: int


def expected_digests() -> dict[str, str]:
    """Return the digests of the medium with zeros where it can not be read."""
    data = bytearray(medium_bytes(SIZE_BYTES))
    for first, count in UNREADABLE:
        data[first * 512 : (first + count) * 512] = bytes(count * 512)
    digests = digest_bytes(bytes(data))
    return {"md5": digests.md5, "sha1": digests.sha1, "sha256": digests.sha256}


def a_source(folder: Path) -> Path:
    """Write the device that is acquired."""
    return write_device(folder, medium_bytes(SIZE_BYTES), head=f"unreadable = {UNREADABLE}")


def tried(device: Path, folder: Path, form: tuple[str, int], chance: random.Random, most_kills: int) -> Outcome:
    """Acquire with up to ``most_kills`` kills on the way; raise AssertionError where a promise is broken."""
    folder.mkdir()
    name, segment_bytes = form
    kills = most = reached = 0
    while True:
        log = folder / "read.log"
        log.write_bytes(b"")
        delay_s = chance.uniform(0, _DURATION_S[0]) if kills < most_kills else 0.0
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "tests.acquire_kills", "child", device, folder / name, str(segment_bytes), log,
             f"{delay_s:.6f}"],
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        read = [tuple(map(int, line.split())) for line in log.read_text().splitlines()]
        if read:
            most = max(most, (reached - read[0][0]) * 512)
            reached = max(reached, *(lba + count for lba, count in read))
        if done.returncode == 0:
            _DURATION_S[0] = max(_DURATION_S[0], float(done.stdout or 0)) if not kills else _DURATION_S[0]
            break
        assert done.returncode == -signal.SIGKILL, (done.returncode, done.stderr.decode(), time.monotonic() - begun)
        kills += 1
    record = json.loads((folder / f"{name}.acquisition.json").read_text())
    assert record["digests"] == expected_digests(), record
    assert record["verification"]["agrees"], record
    assert [[run["lba"], run["count"]] for run in record["read_errors"]] == UNREADABLE, record["read_errors"]
    assert most <= MOST_REPEATED_BYTES, f"{most} bytes were read again"
    assert len(record["interruptions"]) <= kills, record["interruptions"]
    assert not list(folder.glob("*.part")), sorted(folder.iterdir())
    return Outcome(kills, most)


_DURATION_S = [0.5]  # how long an acquisition takes that nobody disturbs; measured by the first


def child(device: str, out: str, segment_bytes: str, log: str, delay_s: str) -> None:
    """Acquire, or go on; write down each reading, and be killed after ``delay_s`` seconds (0: not at all)."""
    from labkit.acquisition.drives import ImageDrive
    from labkit.acquisition.plan import Plan
    from labkit.acquisition.target import target_named
    from labkit.usecases.acquiring import Protection, acquire

    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    read = ImageDrive.read

    def noted(drive: ImageDrive, lba: int, count: int) -> bytes:
        os.write(descriptor, f"{lba} {count}\n".encode())
        return read(drive, lba, count)

    ImageDrive.read = noted  # type: ignore[method-assign]
    target = target_named(Path(out), None, segmented=int(segment_bytes) > 0)
    plan = Plan(target.container, segment_bytes=int(segment_bytes))
    begun = time.monotonic()
    if float(delay_s):
        timer = Timer(float(delay_s), os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
    if not target.record.exists() or target.journal.exists():
        acquire(Path(device), target, plan, Protection("none", "a trial"), resume=target.journal.exists())
    print(time.monotonic() - begun)  # noqa: T201


def main(words: list[str]) -> int:
    """Kill as often as the first word says (200)."""
    if words[:1] == ["child"]:
        child(*words[1:])
        return 0
    wanted = int(words[0]) if words else 200
    chance = random.Random(int(words[1]) if len(words) > 1 else 1)
    kills = images = most = 0
    with tempfile.TemporaryDirectory() as folder:
        device = a_source(Path(folder) / "source")
        tried(device, Path(folder) / "undisturbed", FORMS[0], chance, 0)
        while kills < wanted:
            outcome = tried(
                device, Path(folder) / f"{images}", FORMS[images % len(FORMS)], chance, chance.randint(1, 4)
            )
            kills += outcome.kills
            images += 1
            most = max(most, outcome.most_repeated_bytes)
            _empty(Path(folder) / f"{images - 1}")
            print(f"{images} images, {kills} kills, at most {most} bytes read again", flush=True)  # noqa: T201
    return 0


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
