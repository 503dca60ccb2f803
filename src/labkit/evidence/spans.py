"""Sorted stretches of a medium, each with an owner: which of them covers a byte, in a few bytes for each stretch."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator

_LARGEST_OFFSET = (1 << 63) - 1
# Of stretches: starts, ends, owners, positions in the file, regions. Arrays, because a disk has millions.
_Columns = tuple["array[int]", "array[int]", "array[int]", "array[int]", "array[int]"]


def _columns() -> _Columns:
    return array("Q"), array("Q"), array("l"), array("q"), array("b")


class Spans:
    """Sorted stretches that do not overlap; of several claims to one byte the first added wins."""

    def __init__(self) -> None:
        self._claims: _Columns = _columns()
        self._starts, self._ends, self._owners, self._positions, self._regions = _columns()

    def add(self, start: int, end: int, owner: int, position: int, region: int) -> None:
        """Claim a stretch. What a damaged file system says lies beyond any medium is left out."""
        if 0 <= start < end <= _LARGEST_OFFSET and position <= _LARGEST_OFFSET:
            for column, value in zip(self._claims, (start, end, owner, position, region), strict=True):
                column.append(value)

    def settle(self) -> None:
        """Sort, cut off what overlaps, and drop the claims."""
        reached = 0
        starts, ends, owners, positions, regions = self._claims
        for number in sorted(range(len(starts)), key=starts.__getitem__):  # of one start, the first added comes first
            start, end, position = starts[number], ends[number], positions[number]
            begin = max(start, reached)
            if begin >= end:
                continue
            self._starts.append(begin)
            self._ends.append(end)
            self._owners.append(owners[number])
            self._positions.append(position + begin - start if position >= 0 else -1)
            self._regions.append(regions[number])
            reached = end
        self._claims = _columns()

    def at(self, offset: int) -> tuple[int, int, int, int] | None:
        """Return (end, owner, position in the file or -1, region) of the span that covers an offset."""
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or self._ends[number] <= offset:
            return None
        position = self._positions[number]
        if position >= 0:
            position += offset - self._starts[number]
        return self._ends[number], self._owners[number], position, self._regions[number]

    def next_start(self, offset: int) -> int | None:
        """Return where the first span behind an offset begins."""
        number = bisect_right(self._starts, offset)
        return self._starts[number] if number < len(self._starts) else None

    def of_region(self, region: int) -> Iterator[tuple[int, int, int]]:
        """Yield (owner, start, end) of each span of a region, in order."""
        for number, found in enumerate(self._regions):
            if found == region:
                yield self._owners[number], self._starts[number], self._ends[number]
