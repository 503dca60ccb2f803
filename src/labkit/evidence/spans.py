"""Sorted stretches of a medium, each with an owner: which of them covers a byte. A disk has millions of them."""

from collections.abc import Iterator

from labkit.evidence.spill import Row, SortedRows

_LARGEST_OFFSET = (1 << 63) - 1
_LAYOUT = "<QQqqB"  # start, end, owner, position in the file, region


class Spans:
    """Sorted stretches that do not overlap; of several claims to one byte the first added wins."""

    def __init__(self) -> None:
        self._rows = SortedRows(_LAYOUT)

    def add(self, start: int, end: int, owner: int, position: int, region: int) -> None:
        """Claim a stretch. What a damaged file system says lies beyond any medium is left out."""
        if 0 <= start < end <= _LARGEST_OFFSET and position <= _LARGEST_OFFSET:
            self._rows.add((start, end, owner, position, region))

    def settle(self) -> None:
        """Sort, and cut off what overlaps."""
        self._rows.settle(_without_overlaps)

    def at(self, offset: int) -> tuple[int, int, int, int] | None:
        """Return (end, owner, position in the file or -1, region) of the span that covers an offset."""
        number = self._rows.last_not_behind(offset)
        if number < 0:
            return None
        start, end, owner, position, region = self._rows[number]
        if end <= offset:
            return None
        return end, owner, position + offset - start if position >= 0 else position, region

    def next_start(self, offset: int) -> int | None:
        """Return where the first span behind an offset begins."""
        number = self._rows.last_not_behind(offset) + 1
        return self._rows[number][0] if number < len(self._rows) else None

    def of_region(self, region: int) -> Iterator[tuple[int, int, int]]:
        """Yield (owner, start, end) of each span of a region, in order."""
        for start, end, owner, _, found in self._rows:
            if found == region:
                yield owner, start, end


def _without_overlaps(claims: Iterator[Row]) -> Iterator[Row]:
    reached = 0
    for start, end, owner, position, region in claims:
        begin = max(start, reached)
        if begin < end:
            yield begin, end, owner, position + begin - start if position >= 0 else -1, region
            reached = end
