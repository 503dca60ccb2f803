"""Which cluster follows which, which are free, and who wrote to each last.

Source of the values: Microsoft, "FAT32 File System Specification", version 1.03 (2000), section "FAT Data Structure".
"""

import sys
from array import array
from collections.abc import Iterator, Sequence

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_layout import FIRST_CLUSTER, FatGeometry
from labkit.synthesis.medium import SECTOR_BYTES

_ENDS = {12: 0xFFF, 16: 0xFFFF, 32: 0x0FFFFFFF}
_TYPE_CODES = {16: "H", 32: "I"}
_MEDIA_MARKS = {12: 0xFF8, 16: 0xFFF8, 32: 0x0FFFFFF8}
NOBODY = 0


class ClusterMap:
    """The allocation table under construction, with next-fit allocation.

    A search for free clusters begins behind the cluster that was allocated last and goes round at the end, so what is
    freed is not reused at once.
    """

    def __init__(self, geometry: FatGeometry) -> None:
        self._bits = geometry.entry_bits
        self._end = _ENDS[self._bits]
        size = geometry.cluster_count + FIRST_CLUSTER
        self._next = array("I", bytes(4 * size))
        self._next[0], self._next[1] = _MEDIA_MARKS[self._bits], self._end
        self._writers = array("I", bytes(4 * size))
        self._changed = {0}  # sectors of the table
        self.free_count = geometry.cluster_count
        self.hint = FIRST_CLUSTER - 1  # the cluster allocated last; not a cluster while there is none
        self.used_end = FIRST_CLUSTER  # no cluster from here on was ever used

    def fork(self) -> "ClusterMap":
        """Return an independent copy."""
        copy = object.__new__(ClusterMap)
        copy.__dict__.update(self.__dict__)
        copy._next, copy._writers = self._next[:], self._writers[:]
        copy._changed = set(self._changed)
        return copy

    def require(self, count: int) -> None:
        """Refuse to go on when fewer than ``count`` clusters are free.

        Raises:
            SynthesisError: The volume is full.
        """
        if count > self.free_count:
            raise SynthesisError(
                f"the volume is full: {count} clusters are needed and {self.free_count} are free",
                remedy="Make the volume larger, or the files of the story smaller or fewer.",
            )

    def allocate(self, count: int, owner: int, *, after: int | None = None) -> tuple[int, ...]:
        """Take ``count`` free clusters for node ``owner`` and chain them, behind cluster ``after`` if it is given.

        Raises:
            SynthesisError: Fewer than ``count`` clusters are free.
        """
        self.require(count)
        taken: list[int] = []
        while len(taken) < count:
            first = self._next_free(self.hint + 1)
            window = self._next[first : first + count - len(taken)]
            length = len(window) if not any(window) else next(i for i, entry in enumerate(window) if entry)
            end = first + length
            self._next[first:end] = array("I", range(first + 1, end + 1))
            self._next[end - 1] = self._end
            self._writers[first:end] = array("I", (owner,)) * length
            self._touch(first, end)
            previous = taken[-1] if taken else after
            if previous is not None:
                self._next[previous] = first
                self._touch(previous, previous + 1)
            taken.extend(range(first, end))
            self.hint = end - 1
            self.used_end = max(self.used_end, end)
            self.free_count -= length
        return tuple(taken)

    def release(self, clusters: Sequence[int]) -> None:
        """Free ``clusters``. What stands in them stays."""
        for first, count in runs(clusters):
            self._next[first : first + count] = array("I", bytes(4 * count))
            self._touch(first, first + count)
        self.free_count += len(clusters)

    def rewind(self) -> None:
        """Let the next search begin at the lowest free cluster, as after a new mount."""
        if self.free_count:
            self.hint = self._next_free(FIRST_CLUSTER) - 1

    def writer(self, cluster: int) -> int:
        """Return the node that was given ``cluster`` last, freed since or not; ``NOBODY`` if it was never used."""
        return self._writers[cluster]

    def is_untouched(self, cluster: int) -> bool:
        """Tell whether ``cluster`` is free and never belonged to a file or directory."""
        return self._next[cluster] == 0 and self._writers[cluster] == NOBODY

    def free(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters."""
        return tuple(number for number, entry in enumerate(self._next) if entry == 0)

    def changed_table(self) -> Iterator[tuple[int, bytes]]:
        """Yield (offset in bytes, bytes) for the parts of the table that changed since the last call."""
        if self._bits == 12 and self._changed:  # noqa: PLR2004 - at most 12 sectors, and entries cross their borders
            yield 0, _packed_12(self._next)
        elif self._changed:
            per_sector = SECTOR_BYTES * 8 // self._bits
            for first, count in runs(sorted(self._changed)):
                part = array(_TYPE_CODES[self._bits], self._next[first * per_sector : (first + count) * per_sector])
                if sys.byteorder == "big":
                    part.byteswap()
                yield first * SECTOR_BYTES, part.tobytes()
        self._changed.clear()

    def _next_free(self, start: int) -> int:
        try:
            return self._next.index(0, start)
        except ValueError:
            return self._next.index(0, FIRST_CLUSTER)

    def _touch(self, first: int, end: int) -> None:
        per_sector = SECTOR_BYTES * 8 // self._bits
        self._changed.update(range(first // per_sector, (end - 1) // per_sector + 1))


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, count) for each stretch of consecutive ``numbers``."""
    start = 0
    for position in range(1, len(numbers) + 1):
        if position == len(numbers) or numbers[position] != numbers[position - 1] + 1:
            yield numbers[start], position - start
            start = position


def _packed_12(entries: Sequence[int]) -> bytes:
    packed = bytearray()
    for position in range(0, len(entries), 2):
        low = entries[position]
        high = entries[position + 1] if position + 1 < len(entries) else 0
        packed += (low | high << 12).to_bytes(3, "little")
    return bytes(packed)
