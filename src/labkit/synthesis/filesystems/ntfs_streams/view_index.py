"""Indexes that are not directories ("view indexes"): $SII, $SDH, $O, $Q, $R.

They hold keys with data instead of file names, and each names the rule by which its keys are sorted. Where the nodes
of the tree go is the business of the index writer.

Sources: Linux-NTFS, "NTFS Documentation", "Concepts: Index Header", "Concepts: Collation", "Attributes: $INDEX_ROOT";
libyal, "New Technologies File System (NTFS)", sections "Index root header" and "Index value".
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

_HEADER_BYTES = 16
_UNIT_BYTES = 8


class Collation(IntEnum):
    """How the keys of an index are sorted: the number that stands in $INDEX_ROOT."""

    BINARY = 0x00
    FILE_NAME = 0x01
    UNICODE_STRING = 0x02
    ULONG = 0x10  # one number of 32 bits
    SID = 0x11
    SECURITY_HASH = 0x12  # the hash, then the security id
    ULONGS = 0x13  # numbers of 32 bits, the first one first


@dataclass(frozen=True, slots=True)
class ViewEntry:
    """One key and what stands with it."""

    key: bytes
    data: bytes

    def to_bytes(self) -> bytes:
        """Return the entry as it stands in a leaf: 16 bytes of header, the key, the data, padded to 8 bytes.

        The flags, at byte 12, are 0. An entry of an inner node has flag 1 and 8 bytes more, the VCN of its child.
        """
        data_offset = _HEADER_BYTES + len(self.key)
        size = -(-(data_offset + len(self.data)) // _UNIT_BYTES) * _UNIT_BYTES
        header = struct.pack("<HHIHHHH", data_offset, len(self.data), 0, size, len(self.key), 0, 0)
        return (header + self.key + self.data).ljust(size, b"\0")


@dataclass(frozen=True, slots=True)
class ViewIndex:
    """All that one index holds, in its order. The attribute type in its $INDEX_ROOT is 0."""

    name: str  # of the attributes $INDEX_ROOT, $INDEX_ALLOCATION and $BITMAP, such as "$SII"
    collation: Collation
    entries: tuple[ViewEntry, ...]

    @classmethod
    def of(cls, name: str, collation: Collation, entries: Iterable[ViewEntry]) -> "ViewIndex":
        """Return the index with ``entries`` sorted by its rule."""
        return cls(name, collation, tuple(sorted(entries, key=lambda entry: sort_key(collation, entry.key))))


def sort_key(collation: Collation, key: bytes) -> tuple[int, ...]:
    """Return a value that sorts as the keys of an index with that rule do.

    Raises:
        ValueError: The rule is for names; see ``upcase.collation_key``.
    """
    match collation:
        case Collation.BINARY | Collation.SID:
            return tuple(key)
        case Collation.ULONG | Collation.SECURITY_HASH | Collation.ULONGS:
            return struct.unpack(f"<{len(key) // 4}I", key)
        case Collation.FILE_NAME | Collation.UNICODE_STRING:
            raise ValueError(f"{collation.name} sorts names, not the keys of a view index")
