"""$Extend/$UsnJrnl on a volume: what each operation is noted as, and where the records go.

Each record goes to the medium when it is made. The reasons follow what Windows writes between the opening of a file
and its closing: they add up, and the last record of a file has CLOSE as well. Source: Microsoft, "Change Journal
Records".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from labkit.synthesis.filesystems.ntfs.mft import write_extents
from labkit.synthesis.filesystems.ntfs.node_store import attribute_of, with_attribute
from labkit.synthesis.filesystems.ntfs.nodes import DATA, HOLE, Attribute, Extents, Name, Node, cluster_total, joined
from labkit.synthesis.filesystems.ntfs.system import SystemFiles
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason, UsnJournal, UsnRecord

_RECORDS_STREAM, _LIMITS_STREAM = "$J", "$Max"
_RECORDS_INSTANCE, _LIMITS_INSTANCE = 4, 5
_AHEAD_BYTES = 256 * 1024  # that are allocated at once, so that a journal does not lie in thousands of pieces
_DIRECTORY_ATTRIBUTE = 0x10


class ChangeJournal:
    """The change journal of one volume."""

    def __init__(self, tree: NtfsTree, files: SystemFiles, created_utc: datetime, *, start_usn: int) -> None:
        self._tree = tree
        self._journal = UsnJournal(created_utc, start_usn=start_usn)
        limits = self._journal.maximum()
        hole_clusters = start_usn // tree.geometry.cluster_bytes
        extents: Extents = ((HOLE, hole_clusters),) if hole_clusters else ()
        records = Attribute(DATA, _RECORDS_STREAM, _RECORDS_INSTANCE, None, start_usn, extents, sparse=True)
        held = Attribute(DATA, _LIMITS_STREAM, _LIMITS_INSTANCE, limits, len(limits))
        self._newest: tuple[int, Extents] = (start_usn, ())  # what was allocated last: from which USN on, and where
        self._node_id = files.add_to_extend("$UsnJrnl", (records, held))
        if start_usn % tree.geometry.cluster_bytes:
            self._reserve(start_usn)

    def fork(self, tree: NtfsTree) -> "ChangeJournal":
        """Return an independent copy for a fork of the volume."""
        copy = object.__new__(ChangeJournal)
        copy.__dict__.update(self.__dict__)
        copy._tree, copy._journal = tree, self._journal.fork()
        return copy

    @property
    def growth_clusters(self) -> int:
        """How many clusters the records of one operation take at most."""
        return self._tree.geometry.clusters_for(_AHEAD_BYTES) + 1

    def clusters_for(self, names: Iterable[str]) -> int:
        """Return how many clusters the journal lacks for one record more for each of these names."""
        wanted = self._tree.geometry.clusters_for(self._journal.end_with(names))
        return max(wanted - cluster_total(self._stream.extents), 0)

    @property
    def records(self) -> Sequence[UsnRecord]:
        """What was noted, in order."""
        return self._journal.records

    def note(self, node: Node, name: Name, at: datetime, *steps: Reason, closed: bool = True) -> Node:
        """Write a record for each step, the reasons adding up, and one for the closing. Return ``node`` with its USN.

        Args:
            node: The file or directory.
            name: Which of its names to state.
            at: When.
            steps: What happens, one after the other.
            closed: Whether the file is closed then; what is deleted is closed with the last step.
        """
        attributes = node.flags | (_DIRECTORY_ATTRIBUTE if node.directory else 0)
        return node._replace(usn=self.write(node.reference, attributes, name, at, steps, closed=closed))

    def write(
        self, reference: int, attributes: int, name: Name, at: datetime, steps: tuple[Reason, ...], *, closed: bool
    ) -> int:
        """Write the records of ``note`` for the file ``reference``. Return the USN of the last one."""
        written = [
            self._journal.add(reference, name.parent_reference, name.text, at, reason, attributes=attributes)
            for reason in _adding_up(steps, closed=closed)
        ]
        self._reserve(self._journal.next_usn)
        tree = self._tree
        start, extents = self._newest
        for record in written:
            if record.usn >= start:
                write_extents(tree.medium, tree.geometry, extents, record.usn - start, record.to_bytes())
            else:
                write_extents(tree.medium, tree.geometry, self._stream.extents, record.usn, record.to_bytes())
        return written[-1].usn

    @property
    def _stream(self) -> Attribute:
        stream = attribute_of(self._tree.nodes[self._node_id], DATA, _RECORDS_STREAM)
        assert stream is not None  # noqa: S101 - made with the journal
        return stream

    def _reserve(self, size_bytes: int) -> None:
        """Let $J be ``size_bytes`` long; new clusters are cleared, as pages are in memory."""
        tree, geometry = self._tree, self._tree.geometry
        stream = self._stream
        extents = stream.extents
        allocated = cluster_total(extents)
        missing = geometry.clusters_for(size_bytes) - allocated
        if missing > 0:
            ahead = max(missing, geometry.clusters_for(_AHEAD_BYTES))
            near = sum(extents[-1]) if extents and extents[-1][0] != HOLE else None
            more = tree.clusters.allocate(ahead, self._node_id, near=near)
            for first, count in more:
                tree.medium.write(geometry.cluster_offset_bytes(first), bytes(count * geometry.cluster_bytes))
            extents = joined(extents, more)
            self._newest = (allocated * geometry.cluster_bytes, more)
        grown = with_attribute(tree.nodes[self._node_id], stream.filled(None, size_bytes, extents))
        if missing > 0:
            tree.settle(grown)
        else:
            tree.keep(grown)


@cache
def _adding_up(steps: tuple[Reason, ...], *, closed: bool) -> tuple[Reason, ...]:
    """Return the reasons that one operation states, one record after the other."""
    reasons = []
    total = Reason(0)
    for step in steps:
        total |= step
        reasons.append(total)
    return (*reasons, total | Reason.CLOSE) if closed else tuple(reasons)
