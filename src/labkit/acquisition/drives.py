"""Drives, and the bridge between a drive and the computer: a write blocker, sound or faulty, or nothing at all.

Errors are those that an operating system gives: ``EIO`` for a sector that can not be read, ``ENODEV`` for a device
that is gone, ``EROFS`` for a write that is not allowed.
"""

import errno
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from labkit.acquisition.device import Blocker, BlockerFault, Device
from labkit.errors import AcquisitionError
from labkit.evidence.image import open_image
from labkit.model.acquisition import SectorRun, SourceDescription


@dataclass(frozen=True, slots=True)
class Identity:
    """What a drive tells of its size: sectors that can be reached, sectors that are hidden behind them, and how."""

    sectors: int
    hidden_sectors: int
    hidden_by: str


class Drive(Protocol):
    """A medium of sectors, counted from 0."""

    sector_bytes: int

    def identify(self) -> Identity:
        """Return the size."""

    def read(self, lba: int, count: int) -> bytes:
        """Return ``count`` sectors."""

    def write(self, lba: int, data: bytes) -> None:
        """Write one sector."""


class ImageDrive:
    """The drive of a device file. Its image is only ever read: what is written to the drive stays in memory.

    Args:
        device: The device.
        show_hidden: Show the hidden sectors for this session.
        cable_holds: The cable was pulled before and is in again.

    Raises:
        AcquisitionError: The image does not fit the device.
        EvidenceError: The image can not be opened.
    """

    def __init__(self, device: Device, *, show_hidden: bool = False, cable_holds: bool = False) -> None:
        self.sector_bytes = device.sector_bytes
        self._device = device
        self._image = open_image(device.image)
        self._written: dict[int, bytes] = {}
        self._cable = None if cable_holds else device.cable_pulled_at
        self._all, rest = divmod(self._image.size_bytes, self.sector_bytes)
        hidden = 0 if show_hidden else device.hidden_sectors
        if rest or self._all <= device.hidden_sectors:
            self._image.close()
            raise AcquisitionError(
                f"{device.image.name} has {self._image.size_bytes} bytes; that is no device with sectors of "
                f"{self.sector_bytes} bytes, {device.hidden_sectors} of them hidden",
                remedy="Copy the device file and its image again from the pack.",
            )
        self._identity = Identity(self._all - hidden, hidden, device.hidden_by if hidden else "")

    def identify(self) -> Identity:
        """Return the size of the drive."""
        return self._identity

    def read(self, lba: int, count: int) -> bytes:
        """Return ``count`` sectors.

        Raises:
            OSError: ``EIO``: a sector among them can not be read. ``ENODEV``: the cable was pulled.
        """
        if not 0 <= lba < lba + count <= self._identity.sectors:
            raise OSError(errno.EIO, "sectors behind the end of the drive")
        if self._cable is not None and lba + count > self._cable:
            raise OSError(errno.ENODEV, "the device is gone")
        if any(run.lba < lba + count and lba < run.end for run in self._device.unreadable):
            raise OSError(errno.EIO, "a sector can not be read")
        data = self._image.read(lba * self.sector_bytes, count * self.sector_bytes)
        changed = [sector for sector in self._written if lba <= sector < lba + count]
        if changed:
            sectors = bytearray(data)
            for sector in changed:
                start = (sector - lba) * self.sector_bytes
                sectors[start : start + self.sector_bytes] = self._written[sector]
            data = bytes(sectors)
        return data

    def write(self, lba: int, data: bytes) -> None:
        """Write one sector, in memory only."""
        self._written[lba] = data

    def close(self) -> None:
        """Close the image."""
        self._image.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class TestDrive:
    """A small drive with known content, one unreadable sector and hidden ones: what blockers are tested with."""

    __test__ = False  # pytest takes names that begin with Test for its own

    SECTORS = 64
    HIDDEN_SECTORS = 16
    UNREADABLE = SectorRun(40, 1)
    sector_bytes = 512

    def __init__(self) -> None:
        self._sectors = [bytes((number,)) * self.sector_bytes for number in range(self.SECTORS)]

    def identify(self) -> Identity:
        """Return the size of the drive."""
        return Identity(self.SECTORS, self.HIDDEN_SECTORS, "HPA")

    def read(self, lba: int, count: int) -> bytes:
        """Return ``count`` sectors."""
        if lba < self.UNREADABLE.end and self.UNREADABLE.lba < lba + count:
            raise OSError(errno.EIO, "a sector can not be read")
        return b"".join(self._sectors[lba : lba + count])

    def write(self, lba: int, data: bytes) -> None:
        """Write one sector."""
        self._sectors[lba] = data


class Bridge:
    """What the computer sees of a drive: through a write blocker, or directly where ``blocker`` is None."""

    def __init__(self, drive: Drive, blocker: Blocker | None) -> None:
        self._drive = drive
        self._faults = blocker.faults if blocker is not None else frozenset((BlockerFault.PASSES_WRITES,))
        self.sector_bytes = drive.sector_bytes

    def identify(self) -> Identity:
        """Return the size of the drive, as far as the blocker lets the computer know it."""
        identity = self._drive.identify()
        return Identity(identity.sectors, 0, "") if BlockerFault.HIDES_CAPACITY in self._faults else identity

    def read(self, lba: int, count: int) -> bytes:
        """Return ``count`` sectors."""
        try:
            data = self._drive.read(lba, count)
        except OSError as error:
            if error.errno != errno.EIO or BlockerFault.HIDES_ERRORS not in self._faults:
                raise
            data = self._without_errors(lba, count)
        if BlockerFault.WRONG_DATA in self._faults and lba + count == self._drive.identify().sectors:
            data = data[: -self.sector_bytes] + bytes(self.sector_bytes)  # the last sector of all gets lost
        return data

    def write(self, lba: int, data: bytes) -> None:
        """Write one sector, if nothing stops it.

        Raises:
            OSError: ``EROFS``: the blocker stopped it.
        """
        if BlockerFault.PASSES_WRITES not in self._faults:
            raise OSError(errno.EROFS, "writing is blocked")
        self._drive.write(lba, data)

    def _without_errors(self, lba: int, count: int) -> bytes:
        sectors = []
        for number in range(lba, lba + count):
            try:
                sectors.append(self._drive.read(number, 1))
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                sectors.append(bytes(self.sector_bytes))
        return b"".join(sectors)


def connect(device: Device, drive: ImageDrive, blocker: Blocker | None) -> Bridge:
    """Connect a drive to the computer, which at once writes what it always writes, if nothing stops it."""
    bridge = Bridge(drive, blocker)
    for write in device.host_writes:
        try:
            sector = bytearray(bridge.read(write.lba, 1))
            sector[write.offset_bytes : write.offset_bytes + len(write.data)] = write.data
            bridge.write(write.lba, bytes(sector))
        except OSError:
            continue
    return bridge


def described(device: Device, bridge: Bridge) -> SourceDescription:
    """Return the device as the computer sees it through a bridge."""
    identity = bridge.identify()
    return SourceDescription(
        device.make,
        device.model,
        device.serial,
        device.connection,
        device.sector_bytes,
        identity.sectors,
        identity.hidden_sectors,
        identity.hidden_by,
    )
