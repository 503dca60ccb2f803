"""Stretches of a medium, one behind the other, read as if they were one file: the free clusters of a volume, say."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from labkit.evidence.allocation import Range
from labkit.evidence.image import BLOCK_BYTES, Image


class Space:
    """The bytes of some stretches ``[start, end)`` of a medium; offsets in it count from 0."""

    def __init__(self, image: Image, ranges: Iterable[Range]) -> None:
        self._image = image
        self._places, self._starts = array("Q"), array("Q")
        self.size_bytes = 0
        for start, end in ranges:
            if start < end:
                self._places.append(start)
                self._starts.append(self.size_bytes)
                self.size_bytes += end - start

    def read(self, offset_bytes: int, size_bytes: int) -> bytes:
        """Return bytes of the space; fewer only at its end."""
        parts = [self._image.read(place, size) for place, size in self.runs(offset_bytes, offset_bytes + size_bytes)]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield (byte on the medium, bytes) of each stretch that ``[start, end)`` of the space lies in."""
        end = min(end, self.size_bytes)
        number = bisect_right(self._starts, start) - 1
        while start < end:
            following = self._starts[number + 1] if number + 1 < len(self._starts) else self.size_bytes
            size = min(end, following) - start
            yield self._places[number] + start - self._starts[number], size
            start += size
            number += 1

    def place(self, offset: int) -> int:
        """Return where a byte of the space lies on the medium."""
        number = bisect_right(self._starts, offset) - 1
        return self._places[number] + offset - self._starts[number]

    def blocks(self, start: int = 0, end: int | None = None, *, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Yield the bytes ``[start, end)`` in order; all of them without an end."""
        last = self.size_bytes if end is None else min(end, self.size_bytes)
        for offset in range(start, last, block_bytes):
            yield self.read(offset, min(block_bytes, last - offset))
