"""The Master File Table: one record for each file, read in blocks, its sector ends put right for a block at once."""

import struct
from collections.abc import Iterator

from labkit.evidence.image import Image
from labkit.evidence.ntfs.runs import DamagedError, Stream, decoded_runs

BLOCK_RECORDS = 64
IN_USE, DIRECTORY = 1, 2  # flags of a record
DATA_TYPE, END_TYPE = 0x80, 0xFFFFFFFF
_CACHED_BLOCKS = 256
_SECTOR = 512
_ATTRIBUTE_LIST = 0x20
_MAX_RECORD_BYTES = 64 * 1024


class MasterFileTable:
    """The records of one NTFS volume.

    Attributes:
        cluster_bytes, index_bytes: Sizes of a cluster and of an index node, from the boot sector.
        record_bytes: Size of a record.
        medium_bytes: The size of the medium.
        count: How many records there are; the Sleuth Kit gives its $OrphanFiles directory this number.
        damaged: Records whose sectors do not belong together; known for the blocks that were read.

    Sources: Linux-NTFS project, "NTFS Documentation": "$Boot" (offsets 11 to 68), "FILE record", "Fixup".

    Raises:
        DamagedError: The boot sector or the table's own record is not one that is read here.
    """

    def __init__(self, image: Image, start_bytes: int) -> None:
        boot = image.read(start_bytes, _SECTOR)
        if len(boot) < _SECTOR or boot[3:7] != b"NTFS":
            raise DamagedError
        sector_bytes, per_cluster = struct.unpack_from("<HB", boot, 11)
        (first_cluster,) = struct.unpack_from("<Q", boot, 48)
        record_size, index_size = struct.unpack_from("<b3xb", boot, 64)
        self.cluster_bytes = sector_bytes * (per_cluster if per_cluster <= 128 else 1 << (256 - per_cluster))  # noqa: PLR2004
        self.record_bytes = self._size(record_size)
        self.index_bytes = self._size(index_size)
        if self.record_bytes % _SECTOR or not 0 < self.record_bytes <= _MAX_RECORD_BYTES or not self.cluster_bytes:
            raise DamagedError
        self.medium_bytes = image.size_bytes
        self._image = image
        self._start_bytes = start_bytes
        self.damaged: set[int] = set()
        self._blocks: dict[int, bytes] = {}
        place = start_bytes + first_cluster * self.cluster_bytes
        own = self._mended(image.read(place, self.record_bytes), 0)
        self.damaged.clear()
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

    def _read_block(self, key: int) -> bytes:
        first = key * BLOCK_RECORDS
        records = min(BLOCK_RECORDS, self.count - first)
        data = self._stream.read(first * self.record_bytes, records * self.record_bytes)
        return self._mended(data.ljust(records * self.record_bytes, b"\0"), first)

    def _mended(self, data: bytes, first: int) -> bytes:
        """Return records with the ends of their sectors put back; damaged ones as zeros, and noted.

        The two bytes at the end of each sector are kept in the record's update sequence array and replaced by a
        number that is the same for all sectors, so that a record written in part is recognised.
        """
        step = self.record_bytes
        sectors = step // _SECTOR
        array = data[4] | data[5] << 8
        alike = len(data) // step
        block = bytearray(data)
        usual = all(data[at::step] == data[at : at + 1] * alike for at in range(4, 8))
        if usual and data[6] == sectors + 1 and not data[7] and array + 2 * sectors + 2 <= step:
            for half in (0, 1):
                wanted = data[array + half :: step]
                if any(wanted != data[_SECTOR * n + _SECTOR - 2 + half :: step] for n in range(sectors)):
                    break
                for n in range(sectors):
                    block[_SECTOR * n + _SECTOR - 2 + half :: step] = data[array + 2 + 2 * n + half :: step]
            else:
                return bytes(block)
        for number in range(alike):
            at = number * step
            mended = _mended_record(data[at : at + step])
            if mended is None:
                self.damaged.add(first + number)
                mended = bytes(step)
            block[at : at + step] = mended
        return bytes(block)

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


def _mended_record(record: bytes) -> bytes | None:
    array, count = struct.unpack_from("<HH", record, 4)
    if not count or (count - 1) * _SECTOR > len(record) or array + 2 * count > len(record):
        return None
    mended = bytearray(record)
    for number in range(1, count):
        end = number * _SECTOR
        if record[end - 2 : end] != record[array : array + 2]:
            return None
        mended[end - 2 : end] = record[array + 2 * number : array + 2 * number + 2]
    return bytes(mended)
