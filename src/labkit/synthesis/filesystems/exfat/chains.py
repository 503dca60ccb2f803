"""The allocation table: for files in pieces, which cluster follows which.

What the table says of a file whose clusters follow each other is not defined, and Windows does not clear the entries
of a file that is deleted or becomes contiguous: they stay until other chains are written over them.

Source: Microsoft, "exFAT file system specification" (2019), section 4 "File Allocation Table Region".
"""

import sys
from array import array
from collections.abc import Iterator, Sequence

from labkit.synthesis.filesystems.exfat.layout import FIRST_CLUSTER
from labkit.synthesis.filesystems.space import runs
from labkit.synthesis.medium import SECTOR_BYTES

_END = 0xFFFFFFFF
_MEDIA = 0xFFFFFFF8
_ENTRIES_PER_SECTOR = SECTOR_BYTES // 4


class ClusterChains:
    """The allocation table under construction."""

    def __init__(self, cluster_count: int) -> None:
        self._next = array("I", bytes(4 * (cluster_count + FIRST_CLUSTER)))
        self._next[0], self._next[1] = _MEDIA, _END
        self._changed = {0}  # sectors of the table

    def fork(self) -> "ClusterChains":
        """Return an independent copy."""
        copy = object.__new__(ClusterChains)
        copy._next, copy._changed = self._next[:], set(self._changed)
        return copy

    def link(self, clusters: Sequence[int]) -> None:
        """Let each of ``clusters`` lead to the next."""
        for cluster, following in zip(clusters, (*clusters[1:], _END), strict=True):
            if self._next[cluster] != following:
                self._next[cluster] = following
                self._changed.add(cluster // _ENTRIES_PER_SECTOR)

    def changed_table(self) -> Iterator[tuple[int, bytes]]:
        """Yield (offset in bytes, bytes) for the parts of the table that changed since the last call."""
        for first, count in runs(sorted(self._changed)):
            part = self._next[first * _ENTRIES_PER_SECTOR : (first + count) * _ENTRIES_PER_SECTOR]
            if sys.byteorder == "big":
                part.byteswap()
            yield first * SECTOR_BYTES, part.tobytes()
        self._changed.clear()
