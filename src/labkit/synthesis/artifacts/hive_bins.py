"""The space of a hive file: bins of whole 4096-byte blocks, filled with cells.

A cell begins with its size, negative while it is in use, and is a multiple of 8 bytes. A cell that is given back keeps
its content; it becomes one with free cells beside it, as in Windows, and the sizes inside stay as they were.

Source: M. Suhanov, "Windows registry file format specification", sections "Hive bin" and "Cell".
"""

import struct
from datetime import datetime

from labkit.synthesis.artifacts.filetime import filetime

BLOCK_BYTES = 4096
_HEADER_BYTES = 32
_SIZE_BYTES = 4
_ALIGNMENT = 8


class HiveBins:
    """Bins under construction. Offsets count from the first bin, as all offsets in a hive do."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._bins: list[int] = []  # where each begins
        self._cells: dict[int, int] = {}  # offset -> size, in order of offset within a bin
        self._free: set[int] = set()
        self._next = self._end = 0  # the unused rest of the bin that is being filled

    def put(self, content: bytes) -> int:
        """Write ``content`` into a new cell and return the cell's offset."""
        offset = self.reserve(len(content))
        self.write(offset, content)
        return offset

    def reserve(self, size_bytes: int) -> int:
        """Return the offset of a new cell for ``size_bytes`` of content, all zeros until it is written."""
        size = -(-(_SIZE_BYTES + size_bytes) // _ALIGNMENT) * _ALIGNMENT
        if size > self._end - self._next:
            self._add_bin(size)
        offset = self._next
        self._next += size
        self._cells[offset] = size
        return offset

    def write(self, offset: int, content: bytes) -> None:
        """Put ``content`` into a cell, which was reserved large enough."""
        begin = offset + _SIZE_BYTES
        self._data[begin : begin + len(content)] = content

    def give_back(self, offset: int) -> None:
        """Mark a cell as free; its content stays."""
        self._free.add(offset)

    def finish(self, saved: datetime) -> bytes:
        """Return the bins with their headers and the sizes of all cells."""
        self._close_bin()
        for number, begin in enumerate(self._bins):
            end = self._bins[number + 1] if number + 1 < len(self._bins) else len(self._data)
            stamp = filetime(saved) if number == 0 else 0
            struct.pack_into("<4sII8xQI", self._data, begin, b"hbin", begin, end - begin, stamp, 0)
            self._write_sizes(begin + _HEADER_BYTES, end)
        return bytes(self._data)

    def _write_sizes(self, offset: int, end: int) -> None:
        first_free = -1  # where the run of free cells began that this cell goes on with
        while offset < end:
            size = self._cells[offset]
            if offset not in self._free:
                struct.pack_into("<i", self._data, offset, -size)
                first_free = -1
            else:
                struct.pack_into("<i", self._data, offset, size)
                first_free = offset if first_free < 0 else first_free
                struct.pack_into("<i", self._data, first_free, offset + size - first_free)
            offset += size

    def _add_bin(self, cell_bytes: int) -> None:
        self._close_bin()
        begin = len(self._data)
        size = -(-(_HEADER_BYTES + cell_bytes) // BLOCK_BYTES) * BLOCK_BYTES
        self._data += bytes(size)
        self._bins.append(begin)
        self._next, self._end = begin + _HEADER_BYTES, begin + size

    def _close_bin(self) -> None:
        if self._next < self._end:
            self._cells[self._next] = self._end - self._next
            self._free.add(self._next)
            self._next = self._end
