"""Reading a source from one sector to its end: what can not be read becomes zeros, and its exact place is noted."""

import errno
from collections.abc import Iterator
from typing import Protocol

from labkit.model.acquisition import SectorRun

BLOCK_BYTES = 1024 * 1024
_SMALL_BLOCK_BYTES = 32 * 1024
_ATTEMPTS = 2  # for a single sector


class Readable(Protocol):
    """Sectors that can be read. Unreadable ones raise ``OSError`` with ``EIO``, a lost device any other error."""

    sector_bytes: int

    def read(self, lba: int, count: int) -> bytes:
        """Return ``count`` sectors."""


class SourceReader:
    """Reads ``[first, end)`` in blocks of at most 1 MiB. ``unreadable`` grows on the way."""

    def __init__(self, source: Readable, first: int, end: int) -> None:
        self.unreadable: list[SectorRun] = []
        self._source = source
        self._first = first
        self._end = end

    def blocks(self) -> Iterator[bytes]:
        """Yield the blocks in order.

        Raises:
            OSError: The device is lost.
        """
        step = BLOCK_BYTES // self._source.sector_bytes
        for lba in range(self._first, self._end, step):
            yield self._read(lba, min(step, self._end - lba))

    def _read(self, lba: int, count: int) -> bytes:
        """Read sectors; after an error in smaller pieces, at last one by one."""
        attempts = _ATTEMPTS if count == 1 else 1
        for _ in range(attempts):
            try:
                return self._source.read(lba, count)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
        if count == 1:
            self._note(lba)
            return bytes(self._source.sector_bytes)
        small = _SMALL_BLOCK_BYTES // self._source.sector_bytes
        step = small if count > small else 1
        return b"".join(self._read(part, min(step, lba + count - part)) for part in range(lba, lba + count, step))

    def _note(self, lba: int) -> None:
        last = self.unreadable[-1] if self.unreadable else None
        if last is not None and last.end == lba:
            self.unreadable[-1] = SectorRun(last.lba, last.count + 1)
        else:
            self.unreadable.append(SectorRun(lba, 1))


def joined(runs: Iterator[SectorRun]) -> tuple[SectorRun, ...]:
    """Return runs in order, those that touch made one."""
    found: list[SectorRun] = []
    for run in runs:
        if found and found[-1].end == run.lba:
            found[-1] = SectorRun(found[-1].lba, found[-1].count + run.count)
        else:
            found.append(run)
    return tuple(found)
