"""$Secure: each security descriptor of a volume once, under a number that files refer to.

$SDS holds the descriptors, each with its hash, number, place and length; every 256 KiB of them are followed by a copy
of the same. $SII finds them by number, $SDH by hash.

Sources: Linux-NTFS, "NTFS Documentation", "Files: $Secure (9)"; libyal, "New Technologies File System (NTFS)", section
"Access control"; streams of volumes made by Windows 10 and mkntfs.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.security import WRITTEN_BY_FORMAT, SecurityDescriptor
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex

FIRST_ID = 0x100
BLOCK_BYTES = 0x40000
_HEADER_BYTES = 20
_ALIGNMENT_BYTES = 16
_WORD = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Stored:
    """One descriptor and where its entry stands in $SDS."""

    security_id: int
    offset_bytes: int
    descriptor: bytes

    @property
    def size_bytes(self) -> int:
        return _HEADER_BYTES + len(self.descriptor)

    @property
    def end_bytes(self) -> int:
        return self.offset_bytes + self.size_bytes

    @property
    def header(self) -> bytes:
        """What stands before the descriptor, and as data in both indexes."""
        return struct.pack(
            "<IIQI", security_hash(self.descriptor), self.security_id, self.offset_bytes, self.size_bytes
        )


class SecurityStore:
    """The descriptors of one volume, in the order in which they came.

    Args:
        descriptors: Those that are there from the beginning; by default what Windows writes when it formats.
    """

    def __init__(self, descriptors: Iterable[SecurityDescriptor] = WRITTEN_BY_FORMAT) -> None:
        self._stored: list[_Stored] = []
        self._ids: dict[bytes, int] = {}
        for descriptor in descriptors:
            self.add(descriptor)

    def add(self, descriptor: SecurityDescriptor) -> int:
        """Return the number of a descriptor, 0x100 or above; an equal one that is there already keeps its number.

        Raises:
            SynthesisError: The descriptor is malformed, or larger than a block of $SDS.
        """
        stored = descriptor.to_bytes()
        known = self._ids.get(stored)
        if known is not None:
            return known
        if _HEADER_BYTES + len(stored) > BLOCK_BYTES:
            raise SynthesisError(
                f"a security descriptor of {len(stored)} bytes does not fit $SDS",
                remedy="Give fewer access rules.",
            )
        security_id = FIRST_ID + len(self._stored)
        self._stored.append(_Stored(security_id, self._place(_HEADER_BYTES + len(stored)), stored))
        self._ids[stored] = security_id
        return security_id

    def holds(self, security_id: int) -> bool:
        """Tell whether there is a descriptor with this number."""
        return 0 <= security_id - FIRST_ID < len(self._stored)

    def fork(self) -> "SecurityStore":
        """Return an independent copy."""
        copy = SecurityStore(())
        copy._stored = self._stored.copy()
        copy._ids = self._ids.copy()
        return copy

    def sds(self) -> bytes:
        """Return $SDS. It ends with the copy of the last block, as long as what the block holds."""
        *full, last = list(self._blocks()) or [b""]
        parts = [block.ljust(BLOCK_BYTES, b"\0") for block in full for _ in range(2)]
        if last:
            parts += [last.ljust(BLOCK_BYTES, b"\0"), last]
        return b"".join(parts)

    def sii(self) -> ViewIndex:
        """Return the index by number."""
        entries = (ViewEntry(struct.pack("<I", one.security_id), one.header) for one in self._stored)
        return ViewIndex.of("$SII", Collation.ULONG, entries)

    def sdh(self) -> ViewIndex:
        """Return the index by hash; descriptors with one hash follow each other by number."""
        entries = (ViewEntry(one.header[:8], one.header) for one in self._stored)
        return ViewIndex.of("$SDH", Collation.SECURITY_HASH, entries)

    def _place(self, size_bytes: int) -> int:
        """Return where the next entry goes: at 16 bytes, and wholly inside a block that is not a copy."""
        end = self._stored[-1].end_bytes if self._stored else 0
        offset = -(-end // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
        within = offset % (2 * BLOCK_BYTES)
        return offset if within + size_bytes <= BLOCK_BYTES else offset - within + 2 * BLOCK_BYTES

    def _blocks(self) -> Iterator[bytes]:
        """Yield what each block holds, without the zeros at its end."""
        block = bytearray()
        start = 0
        for one in self._stored:
            if one.offset_bytes >= start + BLOCK_BYTES:
                yield bytes(block)
                block, start = bytearray(), start + 2 * BLOCK_BYTES
            block += bytes(one.offset_bytes - start - len(block))
            block += one.header + one.descriptor
        if block:
            yield bytes(block)


def security_hash(descriptor: bytes) -> int:
    """Return the hash of a self-relative descriptor: each word of 32 bits is added to the hash, turned left by 3."""
    total = 0
    for (word,) in struct.iter_unpack("<I", descriptor):
        total = ((total << 3 | total >> 29) + word) & _WORD
    return total
