"""What one MFT record is about, as values that are replaced when something changes.

The values are named tuples, because a story replaces them hundreds of thousands of times.
Times are FILETIMEs: steps of 100 ns since 1601 in UTC.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag
from typing import NamedTuple

DATA = 0x80
FIRST_INSTANCE = 2  # 0 is $STANDARD_INFORMATION, 1 the unnamed $DATA or $INDEX_ROOT
HOLE = -1  # as first cluster of an extent: nothing is stored
Extent = tuple[int, int]  # first cluster, count of clusters
Extents = tuple[Extent, ...]

_FIRST_TIME = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STEPS_PER_MICROSECOND = 10


class FileFlags(IntFlag):
    """DOS file attributes as $STANDARD_INFORMATION and $FILE_NAME keep them."""

    NONE = 0
    READ_ONLY = 0x01
    HIDDEN = 0x02
    SYSTEM = 0x04
    ARCHIVE = 0x20
    SPARSE = 0x200
    REPARSE_POINT = 0x400
    NOT_INDEXED = 0x2000


class Namespace(IntEnum):
    """Which rules a name keeps."""

    POSIX = 0  # of hard links that were added to a file
    WIN32 = 1  # has a DOS name beside it
    DOS = 2
    BOTH = 3  # is an 8.3 name itself


class Times(NamedTuple):
    """Four FILETIMEs in the order of the disk."""

    born: int
    modified: int
    changed: int  # of the record
    accessed: int


class Name(NamedTuple):
    """One link: a name in one directory, with what $FILE_NAME said when it was given."""

    parent_id: int
    parent_reference: int
    text: str
    key: bytes  # what its directory sorts it by, two bytes for each UTF-16 unit
    namespace: Namespace
    alias: str  # the DOS name beside it; "" if there is none
    times: Times
    allocated_bytes: int
    size_bytes: int
    flags: int
    instance: int  # of its attribute; that of the DOS name is one more

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What its directory finds it by."""
        return (self.key, self.alias.encode("utf-16-be")) if self.alias else (self.key,)


class Attribute(NamedTuple):
    """One attribute with a body: in its record (``value``) or in clusters (``value`` is None)."""

    kind: int
    name: str
    instance: int
    value: bytes | None
    size_bytes: int
    extents: Extents = ()
    sparse: bool = False
    initialized_bytes: int = -1  # -1: all

    def filled(self, value: bytes | None, size_bytes: int, extents: Extents) -> "Attribute":
        """Return the attribute with another body; quicker than ``_replace``."""
        kind, name, instance = self[:3]
        return Attribute(kind, name, instance, value, size_bytes, extents, self.sparse, self.initialized_bytes)

    @property
    def cluster_count(self) -> int:
        """How many clusters it has on the medium, without holes."""
        return sum(count for first, count in self.extents if first != HOLE)


class Node(NamedTuple):
    """One file or directory; it is kept after its deletion."""

    node_id: int
    record: int
    sequence: int  # that it was given; a deleted record states one more
    directory: bool
    times: Times  # of $STANDARD_INFORMATION
    flags: int
    names: tuple[Name, ...]
    attributes: tuple[Attribute, ...] = ()
    security_id: int = 0
    next_instance: int = FIRST_INSTANCE
    usn: int = 0
    reparse_tag: int = 0
    deleted: bool = False
    extensions: tuple[Extent, ...] = ()  # (record, sequence) of further records that $ATTRIBUTE_LIST names
    list_extents: Extents = ()  # of $ATTRIBUTE_LIST, where it does not fit the record
    record_flags: int = 0

    @property
    def reference(self) -> int:
        """What other records and index entries call it: sequence and record number."""
        return self.sequence << 48 | self.record

    def holding(self, attributes: tuple[Attribute, ...]) -> "Node":
        """Return the node with these attributes instead of its own; quicker than ``_replace``."""
        return Node._make((*self[:_ATTRIBUTES], attributes, *self[_ATTRIBUTES + 1 :]))

    def timed(self, times: Times) -> "Node":
        """Return the node with these times instead of its own; quicker than ``_replace``."""
        return Node._make((*self[:_TIMES], times, *self[_TIMES + 1 :]))

    @property
    def content(self) -> Attribute | None:
        """The unnamed $DATA attribute."""
        for attribute in self.attributes:
            if attribute.kind == DATA and not attribute.name:
                return attribute
        return None


_TIMES = Node._fields.index("times")
_ATTRIBUTES = Node._fields.index("attributes")


def moment(steps: int) -> datetime:
    """Return a FILETIME as an aware UTC time, rounded down to a microsecond."""
    return _FIRST_TIME + steps // _STEPS_PER_MICROSECOND * _MICROSECOND


def cluster_total(extents: Extents) -> int:
    """Return how many clusters extents are, with their holes."""
    total = 0
    for _, count in extents:
        total += count
    return total


def joined(left: Extents, right: Extents) -> Extents:
    """Return the extents of two stretches of content, one behind the other."""
    if not left:
        return right
    if right and left[-1][0] != HOLE and left[-1][0] + left[-1][1] == right[0][0]:
        merged = (left[-1][0], left[-1][1] + right[0][1])
        return (*left[:-1], merged, *right[1:])
    return left + right


def clusters_of(extents: Sequence[Extent]) -> tuple[int, ...]:
    """Return the numbers of all clusters in order; a hole has none."""
    return tuple(cluster for first, count in extents if first != HOLE for cluster in range(first, first + count))
