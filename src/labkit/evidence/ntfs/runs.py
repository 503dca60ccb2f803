"""Where a non-resident attribute lies on the medium, and reading it."""

from bisect import bisect_right
from collections.abc import Callable


class DamagedError(Exception):
    """A structure is not as NTFS lays it down; the Sleuth Kit is asked instead. Never seen by a user."""


def decoded_runs(data: bytes) -> tuple[tuple[int, int | None], ...]:
    """Return (clusters, first cluster) of each run; None as the first cluster of a sparse one.

    Source: Linux-NTFS project, "NTFS Documentation", "Data runs": one byte with the sizes of the two numbers that
    follow, the length and the signed distance from the run before; 0 ends the list.

    Raises:
        DamagedError: The list does not end, or a run has no length.
    """
    found: list[tuple[int, int | None]] = []
    position, cluster = 0, 0
    while position < len(data) and data[position]:
        length_bytes, distance_bytes = data[position] & 15, data[position] >> 4
        position += 1
        middle, end = position + length_bytes, position + length_bytes + distance_bytes
        length = int.from_bytes(data[position:middle], "little")
        if not length or end > len(data):
            raise DamagedError
        if distance_bytes:
            cluster += int.from_bytes(data[middle:end], "little", signed=True)
            if cluster < 0:
                raise DamagedError
            found.append((length, cluster))
        else:
            found.append((length, None))
        position = end
    return tuple(found)


class Stream:
    """The bytes of a non-resident attribute, as far as its clusters go. ``read`` is that of the medium."""

    def __init__(
        self,
        read: Callable[[int, int], bytes],
        runs: tuple[tuple[int, int | None], ...],
        *,
        volume_start_bytes: int,
        cluster_bytes: int,
    ) -> None:
        self._read = read
        self._begins: list[int] = []  # of each run, in bytes of the stream
        self._places: list[int | None] = []  # of each run, in bytes of the medium
        size = 0
        for clusters, first in runs:
            self._begins.append(size)
            self._places.append(None if first is None else volume_start_bytes + first * cluster_bytes)
            size += clusters * cluster_bytes
        self.size_bytes = size

    def lies_on(self, medium_bytes: int) -> bool:
        """Return whether every byte is on a medium of that size: no run is sparse or goes on behind its end."""
        ends = [*self._begins[1:], self.size_bytes]
        return all(
            place is not None and place + end - begin <= medium_bytes
            for place, begin, end in zip(self._places, self._begins, ends, strict=False)
        )

    def read(self, begin: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``begin``; fewer only at the end. Sparse runs are zeros."""
        parts = []
        end = min(begin + size, self.size_bytes)
        while begin < end:
            number = bisect_right(self._begins, begin) - 1
            run_end = self._begins[number + 1] if number + 1 < len(self._begins) else self.size_bytes
            length = min(end, run_end) - begin
            place = self._places[number]
            if place is None:
                parts.append(bytes(length))
            else:
                part = self._read(place + begin - self._begins[number], length)
                parts.append(part)
                if len(part) < length:  # the run goes on behind the end of the medium
                    break
            begin += length
        return parts[0] if len(parts) == 1 else b"".join(parts)
