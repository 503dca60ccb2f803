"""Small devices for tests: an image of bytes that can be told apart, with the faults that a test names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from labkit.acquisition import journal
from labkit.acquisition.acquire import Clock, Job, acquire
from labkit.acquisition.device import Blocker, read_device
from labkit.acquisition.drives import Bridge, ImageDrive, connect, described
from labkit.acquisition.plan import Plan
from labkit.acquisition.target import Target
from labkit.model.acquisition import CaseDetails, ProvenanceRecord, WriteProtection
from labkit.synthesis.streams import Stream

MIB = 1024 * 1024
SERIAL = "FW-20417-0093"
CASE = CaseDetails("NV-2026-0417", "KF-02", "M. Solen", "red USB stick", "training")


def medium_bytes(size_bytes: int, seed: bytes = b"device") -> bytes:
    """Return bytes of which a third each is zeros, text that shrinks, and noise."""
    noise = Stream(seed, "noise").take(64 * 1024)
    text = b"".join(b"%06d invoice for the carriage of timber to Port Sarva\n" % number for number in range(1500))
    pattern = noise + bytes(64 * 1024) + text[: 64 * 1024]
    return b"".join(number.to_bytes(8, "little") + pattern[8:] for number in range(-(-size_bytes // len(pattern))))[
        :size_bytes
    ]


def write_device(folder: Path, data: bytes, body: str = "", head: str = "") -> Path:
    """Write an image and the device file for it; ``head`` is plain keys, ``body`` tables."""
    folder.mkdir(exist_ok=True)
    (folder / "KF-02.raw").write_bytes(data)
    path = folder / "KF-02.device.toml"
    path.write_text(
        f'schema = "labkit-device/1"\nimage = "KF-02.raw"\nmake = "Fenwick"\nmodel = "Data Stick 64"\n'
        f'serial = "{SERIAL}"\n{head}\n{body}\n',
        encoding="utf-8",
    )
    return path


class SteadyClock:
    """A clock that goes on by one second each time it is looked at."""

    def __init__(self) -> None:
        self._at = datetime(2026, 4, 17, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


class CountingBridge(Bridge):
    """A bridge that notes which sectors were read."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.sector_bytes = bridge.sector_bytes
        self.seen: list[tuple[int, int]] = []

    def identify(self):
        return self._bridge.identify()

    def read(self, lba: int, count: int) -> bytes:
        self.seen.append((lba, count))
        return self._bridge.read(lba, count)


@contextmanager
def a_job(
    device_file: Path, target: Target, *, cable_holds: bool = False, blocker: str | None = None, **plan: Any
) -> Iterator[Job]:
    """Yield a job over a device, connected through a sound blocker unless one is named."""
    device = read_device(device_file)
    with ImageDrive(device, cable_holds=cable_holds) as drive:
        chosen = device.blocker(blocker) if blocker else Blocker("WB-0", "hw")
        bridge = CountingBridge(connect(device, drive, chosen))
        yield Job(
            bridge,
            described(device, bridge),
            WriteProtection(chosen.kind, chosen.id),
            target,
            Plan(target.container, case=CASE, **plan),
        )


def acquired(
    device_file: Path,
    target: Target,
    *,
    cable_holds: bool = False,
    check_space: bool = True,
    clock: Clock | None = None,
    **plan: Any,
) -> ProvenanceRecord:
    """Acquire a device from the beginning, or go on where the journal says."""
    with a_job(device_file, target, cable_holds=cable_holds, **plan) as job, journal.opened(target.journal) as lines:
        return acquire(job, lines, clock=clock or SteadyClock(), check_space=check_space)
