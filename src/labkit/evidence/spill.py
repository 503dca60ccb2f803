"""What grows with a volume and is rarely asked for: kept in a temporary file, so that memory stays the same.

The first MiB stays in memory, so that small images need no file. The file has no name, or goes away with its last user.
"""

import tempfile
import weakref
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from heapq import merge
from operator import itemgetter
from struct import Struct
from typing import IO

from labkit.errors import StorageError

_HELD_BYTES = 1024 * 1024
_SORTED_AT_ONCE = 8192  # rows; as Python objects they take some 200 bytes each
_BLOCK_ROWS = 128  # of which the first one's key is held in memory
_MERGE_ROWS = 64  # of each sorted stretch, while they are merged
_REMEDY = "Make room, or set TMPDIR (Windows: TEMP) to a folder on another disk."

Row = tuple[int, ...]


class Spill:
    """Bytes to which more are added at the end, and which are read again by their offset."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._written_bytes = 0
        self._held = bytearray()

    @property
    def size_bytes(self) -> int:
        """Return how many bytes there are."""
        return self._written_bytes + len(self._held)

    def append(self, data: bytes) -> int:
        """Add bytes and return the offset at which they begin.

        Raises:
            StorageError: There is no room for temporary files.
        """
        offset = self.size_bytes
        self._held += data
        if len(self._held) > _HELD_BYTES:
            self._write()
        return offset

    def read(self, offset_bytes: int, size_bytes: int) -> bytes:
        """Return bytes; fewer only at the end.

        Raises:
            StorageError: The temporary file can not be read.
        """
        held = max(0, offset_bytes - self._written_bytes)
        missing = min(size_bytes, self._written_bytes - offset_bytes)
        if self._file is None or missing <= 0:
            return bytes(self._held[held : held + size_bytes])
        try:
            self._file.seek(offset_bytes)
            found = self._file.read(missing)
        except OSError as error:
            raise StorageError(f"a temporary file can not be read: {error}", remedy=_REMEDY) from error
        return found + bytes(self._held[: size_bytes - missing])

    def _write(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with this object
                weakref.finalize(self, self._file.close)
            self._file.seek(self._written_bytes)
            rest = memoryview(self._held)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise StorageError(f"a temporary file can not be written: {error}", remedy=_REMEDY) from error
        self._written_bytes += len(self._held)
        self._held = bytearray()


class SortedRows:
    """Rows of whole numbers, sorted by their first; of rows that are equal there, the first added comes first.

    Args:
        layout: How a row is stored, as ``struct`` writes it, the first column without a sign.
    """

    def __init__(self, layout: str) -> None:
        self._struct = Struct(layout)
        self._fresh: list[Row] = []
        self._stretches: list[tuple[int, int]] = []  # sorted ones in _unsettled: first and behind the last row
        self._unsettled = Spill()
        self._settled = Spill()
        self._keys = array("Q")  # the first of each block
        self._count = 0
        self._block_number = -1
        self._block: list[Row] = []
        self._block_keys: list[int] = []

    def __len__(self) -> int:
        return self._count

    def add(self, row: Row) -> None:
        """Add a row; it is found after ``settle``."""
        self._fresh.append(row)
        if len(self._fresh) == _SORTED_AT_ONCE:
            self._put_aside()

    def settle(self, passed: Callable[[Iterator[Row]], Iterator[Row]] = iter) -> None:
        """Sort all rows; ``passed`` may leave out and change some on the way, without changing their order."""
        self._put_aside()
        ordered = merge(*(self._stretch(*each) for each in self._stretches), key=itemgetter(0))
        for row in passed(ordered):
            if self._count % _BLOCK_ROWS == 0:
                self._keys.append(row[0])
            self._settled.append(self._struct.pack(*row))
            self._count += 1
        self._unsettled, self._stretches = Spill(), []

    def last_not_behind(self, key: int) -> int:
        """Return the number of the last row whose key is at most ``key``; -1 where there is none."""
        block = bisect_right(self._keys, key) - 1
        if block < 0:
            return -1
        self._load(block)
        return block * _BLOCK_ROWS + bisect_right(self._block_keys, key) - 1

    def __getitem__(self, number: int) -> Row:
        block, inside = divmod(number, _BLOCK_ROWS)
        self._load(block)
        return self._block[inside]

    def __iter__(self) -> Iterator[Row]:
        return self._rows(self._settled, 0, self._count, _BLOCK_ROWS)

    def _put_aside(self) -> None:
        self._fresh.sort(key=itemgetter(0))
        begin = self._unsettled.size_bytes // self._struct.size
        self._unsettled.append(b"".join(self._struct.pack(*row) for row in self._fresh))
        self._stretches.append((begin, begin + len(self._fresh)))
        self._fresh = []

    def _stretch(self, begin: int, end: int) -> Iterator[Row]:
        return self._rows(self._unsettled, begin, end, _MERGE_ROWS)

    def _rows(self, source: Spill, begin: int, end: int, step: int) -> Iterator[Row]:
        size = self._struct.size
        for number in range(begin, end, step):
            yield from self._struct.iter_unpack(source.read(number * size, min(step, end - number) * size))

    def _load(self, block: int) -> None:
        if block != self._block_number:
            begin = block * _BLOCK_ROWS
            self._block = list(self._rows(self._settled, begin, min(begin + _BLOCK_ROWS, self._count), _BLOCK_ROWS))
            self._block_keys = [row[0] for row in self._block]
            self._block_number = block
