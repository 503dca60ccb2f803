"""The Master File Table: one record for each file, read in blocks, its sector ends put right for a block at once."""

import struct
from collections.abc import Iterator

from labkit.evidence.image import Image
from labkit.evidence.ntfs.fixups import SECTOR_BYTES, all_mended, mended
from labkit.evidence.ntfs.runs import DamagedError, Stream, decoded_runs

BLOCK_RECORDS = 64
IN_USE, DIRECTORY = 1, 2  # flags of a record
DATA_TYPE, END_TYPE = 0x80, 0xFFFFFFFF
_CACHED_BLOCKS = 64
_STRETCH_RECORDS = 256
_ATTRIBUTE_LIST = 0x20
_MAX_RECORD_BYTES = 64 * 1024


class MasterFileTable:
    """The records of one NTFS volume.

    Attributes:
        cluster_bytes, index_bytes: Sizes of a cluster and of an index node, from the boot sector.
        record_bytes: Size of a record.
        medium_bytes: The size of the medium.
        reads_in_forks: Whether forks of this process may read it at the same time.
        count: How many records there are; the Sleuth Kit gives its $OrphanFiles directory this number.
        damaged: Records whose sectors do not belong together; known for the blocks that were read.

    Sources: Linux-NTFS project, "NTFS Documentation": "$Boot" (offsets 11 to 68), "FILE record", "Fixup".

    Raises:
        DamagedError: The boot sector or the table's own record is not one that is read here.
    """

    def __init__(self, image: Image, start_bytes: int) -> None:
        boot = image.read(start_bytes, SECTOR_BYTES)
        if len(boot) < SECTOR_BYTES or boot[3:7] != b"NTFS":
            raise DamagedError
        sector_bytes, per_cluster = struct.unpack_from("<HB", boot, 11)
        (first_cluster,) = struct.unpack_from("<Q", boot, 48)
        record_size, index_size = struct.unpack_from("<b3xb", boot, 64)
        self.cluster_bytes = sector_bytes * (per_cluster if per_cluster <= 128 else 1 << (256 - per_cluster))  # noqa: PLR2004
        self.record_bytes = self._size(record_size)
        self.index_bytes = self._size(index_size)
        if self.record_bytes % SECTOR_BYTES or not 0 < self.record_bytes <= _MAX_RECORD_BYTES or not self.cluster_bytes:
            raise DamagedError
        self.medium_bytes = image.size_bytes
        self.reads_in_forks = image.reads_in_forks
        self._image = image
        self._start_bytes = start_bytes
        self.damaged: set[int] = set()
        self._blocks: dict[int, bytes] = {}
        self._alone = (-1, b"")  # the number of the record that was read alone last, and its bytes
        place = start_bytes + first_cluster * self.cluster_bytes
        own = mended(image.read(place, self.record_bytes).ljust(self.record_bytes, b"\0"))
        if own is None:
            raise DamagedError
        size, self._stream = self._own_content(own)
        self.count = min(size, self._stream.size_bytes) // self.record_bytes
        if not self.count:
            raise DamagedError

    def stream(self, runs: bytes) -> Stream:
        """Return the content that a list of data runs describes.

        Raises:
            DamagedError: The list is damaged.
        """
        return Stream(
            self._image.read,
            decoded_runs(runs),
            volume_start_bytes=self._start_bytes,
            cluster_bytes=self.cluster_bytes,
        )

    def block(self, number: int) -> bytes:
        """Return the block that holds record ``number``, at ``number % BLOCK_RECORDS`` records from its begin."""
        key = number // BLOCK_RECORDS
        found = self._blocks.get(key)
        if found is None:
            if len(self._blocks) >= _CACHED_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            found = self._blocks[key] = self._read_block(key)
        return found

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number of its first record and the bytes of each block, in order."""
        for first in range(0, self.count, BLOCK_RECORDS):
            yield first, self.block(first)

    def holding(self, number: int) -> tuple[bytes, int]:
        """Return bytes that hold record ``number``, and where it begins in them; for one that is read alone."""
        block = self._blocks.get(number // BLOCK_RECORDS)
        if block is not None:
            return block, number % BLOCK_RECORDS * self.record_bytes
        if self._alone[0] != number:
            record = mended(self._stored(number, 1))
            if record is None:
                self.damaged.add(number)
                record = bytes(self.record_bytes)
            self._alone = number, record
        return self._alone[1], 0

    def stretches(self) -> Iterator[tuple[int, bytes]]:
        """Yield the number of its first record and the bytes of each stretch of records, as they are stored.

        The ends of their sectors are not put back, and nothing is known of damage.
        """
        for first in range(0, self.count, _STRETCH_RECORDS):
            yield first, self._stored(first, min(_STRETCH_RECORDS, self.count - first))

    def _stored(self, first: int, records: int) -> bytes:
        size = records * self.record_bytes
        data = self._stream.read(first * self.record_bytes, size)
        return data if len(data) == size else data.ljust(size, b"\0")

    def _read_block(self, key: int) -> bytes:
        first = key * BLOCK_RECORDS
        return self._mended(self._stored(first, min(BLOCK_RECORDS, self.count - first)), first)

    def _mended(self, stored: bytes, first: int) -> bytes:
        """Return records with the ends of their sectors put back; damaged ones as zeros, and noted."""
        step = self.record_bytes
        block = all_mended(stored, step)
        if block is not None:
            return block
        records = []
        for at in range(0, len(stored), step):
            record = mended(stored[at : at + step])
            if record is None:
                self.damaged.add(first + at // step)
            records.append(bytes(step) if record is None else record)
        return b"".join(records)

    def _own_content(self, record: bytes) -> tuple[int, Stream]:
        position = record[20] | record[21] << 8
        while position + 64 <= len(record):
            kind, length, outside, name_length = struct.unpack_from("<IIBB", record, position)
            if kind in {END_TYPE, _ATTRIBUTE_LIST} or not length:
                break
            if kind == DATA_TYPE and not name_length and outside:
                (runs,) = struct.unpack_from("<H", record, position + 32)
                (size,) = struct.unpack_from("<Q", record, position + 48)
                return size, self.stream(record[position + runs : position + length])
            position += length
        raise DamagedError  # or a table in so many pieces that its own record does not hold their list

    def _size(self, stated: int) -> int:
        """Return bytes from a number of clusters; a negative number is a power of two of bytes."""
        return stated * self.cluster_bytes if stated > 0 else 1 << -stated
