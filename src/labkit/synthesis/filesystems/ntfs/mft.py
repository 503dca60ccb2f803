"""The master file table on the medium: where each record lies, how the table grows, and its mirror."""

import struct
from collections.abc import Iterator

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.allocation import ClusterMap, RecordMap
from labkit.synthesis.filesystems.ntfs.layout import FIRST_RECORDS, NtfsGeometry
from labkit.synthesis.filesystems.ntfs.nodes import HOLE, Extents, cluster_total, joined
from labkit.synthesis.filesystems.ntfs.records import IN_USE, RECORD_BYTES, plain, protected, record_bytes, renew
from labkit.synthesis.medium import SECTOR_BYTES, Medium

FIRST_FREE_RECORD = 24
_RECORDS_NEVER_GIVEN = 8  # 16 to 23
_MOST_EXTENTS = 48  # that surely fit record 0
_FLAGS_START, _SEQUENCE_START, _USED_START, _NUMBER_START = 22, 16, 24, 44


class Mft:
    """The records of one volume.

    ``owner`` is the node of $MFT itself, which the clusters of the table belong to.
    """

    def __init__(self, geometry: NtfsGeometry, medium: Medium, clusters: ClusterMap, owner: int) -> None:
        self.geometry = geometry
        self.medium = medium
        self.clusters = clusters
        self.map = RecordMap()
        self.owner = owner
        self._mirror_bytes = geometry.cluster_offset_bytes(geometry.mirror[0])
        self._mirrored_records = geometry.mirrored_records
        first, count = geometry.mft
        bitmap_count = geometry.clusters_for(FIRST_RECORDS)
        clusters.take(first - bitmap_count, bitmap_count, owner)
        self.bitmap_extents: Extents = ((first - bitmap_count, bitmap_count),)
        clusters.take(first, count, owner)
        self.extents: Extents = ((first, count),)
        clusters.keep_back(first + count, geometry.zone_count)
        self._add_records(FIRST_RECORDS)

    def fork(self, medium: Medium, clusters: ClusterMap) -> "Mft":
        """Return an independent copy that writes to ``medium`` and allocates from ``clusters``."""
        copy = object.__new__(Mft)
        copy.__dict__.update(self.__dict__)
        copy.medium, copy.clusters, copy.map = medium, clusters, self.map.fork()
        return copy

    @property
    def size_bytes(self) -> int:
        """How long the table is."""
        return self.map.count * RECORD_BYTES

    @property
    def bitmap_bytes(self) -> int:
        """How long $MFT:$BITMAP is."""
        return -(-self.map.count // 64) * 8

    def require(self, clusters: int, records: int) -> None:
        """Refuse to go on when so many records, and clusters beside them, may not be there.

        Raises:
            SynthesisError: The volume is full, or the table is in too many pieces to grow.
        """
        fresh, kept_back = self.map.free_counts
        fresh -= _RECORDS_NEVER_GIVEN
        growth = self._growth_clusters * -(-records // FIRST_RECORDS) if fresh < records else 0
        if growth and kept_back + fresh >= records and self.clusters.free_count < clusters + growth:
            growth = 0  # records that were kept back are given instead
        self.clusters.require(clusters + growth)
        if growth and max(len(self.extents), len(self.bitmap_extents)) > _MOST_EXTENTS:
            raise SynthesisError(
                "the master file table can not grow: what is free lies in too many pieces",
                remedy="Make the volume larger, or the files of the story fewer.",
            )

    def allocate(self, owner: int) -> tuple[int, int]:
        """Give the next free record to node ``owner``; return its number and its sequence number.

        The table grows when only records are left that are kept back, or none (see ``require``).
        """
        number = self.map.next_free(FIRST_FREE_RECORD)
        if number < 0 and self.clusters.free_count >= self._growth_clusters:
            self._grow()
            number = self.map.next_free(FIRST_FREE_RECORD)
        if number < 0:
            number = self.map.next_kept_back(FIRST_FREE_RECORD)
        self.map.take(number, owner)
        return number, self.map.sequence(number)

    @property
    def _growth_clusters(self) -> int:
        return self.geometry.clusters_for(FIRST_RECORDS * RECORD_BYTES) + 1

    def offset_bytes(self, number: int) -> int:
        """Return where a record begins, on the medium."""
        return next(spans(self.geometry, self.extents, number * RECORD_BYTES, RECORD_BYTES))[0]

    def read(self, number: int) -> bytes:
        """Return a record as it stands on the medium."""
        return read_extents(self.medium, self.geometry, self.extents, number * RECORD_BYTES, RECORD_BYTES)

    def write(self, number: int, used: bytes) -> None:
        """Write the used part of a record; what stood behind it stays."""
        record = bytearray(self.read(number))
        renew(record, used)
        self.put(number, record)

    def put(self, number: int, block: bytes | bytearray) -> None:
        """Write a whole record, and its copy in the mirror."""
        write_extents(self.medium, self.geometry, self.extents, number * RECORD_BYTES, block)
        if number < self._mirrored_records:
            self.medium.write(self._mirror_bytes + number * RECORD_BYTES, block)

    def write_slack(self, number: int, data: bytes) -> int:
        """Put ``data`` behind the used part of a record, so that no sector ends within it. Return where, on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        before = self.read(number)
        block = bytearray(plain(before))
        used = struct.unpack_from("<I", block, _USED_START)[0]
        ends = range(SECTOR_BYTES - 2, RECORD_BYTES, SECTOR_BYTES)  # the update sequence has two bytes there
        places = [(max(used, end + 2 - SECTOR_BYTES), end) for end in ends]
        room = max(end - start for start, end in places)
        place = next((start for start, end in places if len(data) <= end - start), None)
        if not data or place is None:
            raise SynthesisError(
                f"record {number} has room for {max(room, 0)} bytes in one sector, and {len(data)} are to be written",
                remedy="Take another host file, one with a shorter name or less content in its record.",
            )
        block[place : place + len(data)] = data
        self.put(number, protected(bytes(block), before))
        offsets = spans(self.geometry, self.extents, number * RECORD_BYTES + place, 1)
        return next(offsets)[0]

    def release(self, number: int) -> None:
        """Free a record. On the medium it stays but for the mark that it is in use, and its sequence number."""
        self.map.release(number)
        before = self.read(number)
        block = bytearray(plain(before))
        flags = struct.unpack_from("<H", block, _FLAGS_START)[0]
        struct.pack_into("<H", block, _FLAGS_START, flags & ~IN_USE)
        struct.pack_into("<H", block, _SEQUENCE_START, self.map.sequence(number))
        self.put(number, protected(bytes(block), before))

    def _grow(self) -> None:
        geometry = self.geometry
        wanted = geometry.clusters_for((self.map.count + FIRST_RECORDS) * RECORD_BYTES)
        missing = wanted - cluster_total(self.extents)
        if missing > 0:
            end = sum(self.extents[-1])
            length = self.clusters.grow_at(end, missing, self.owner)
            extents = joined(self.extents, ((end, length),)) if length else self.extents
            if length < missing:
                unit = geometry.clusters_for(RECORD_BYTES)
                more = self.clusters.allocate(missing - length, self.owner, near=end + length, unit=unit)
                extents = joined(extents, more)
            self.extents = extents
        self._add_records(FIRST_RECORDS)
        if geometry.clusters_for(self.bitmap_bytes) > cluster_total(self.bitmap_extents):
            more = self.clusters.allocate(1, self.owner, near=sum(self.bitmap_extents[-1]))
            self.bitmap_extents = joined(self.bitmap_extents, more)
            self.medium.write(geometry.cluster_offset_bytes(more[0][0]), bytes(geometry.cluster_bytes))

    def _add_records(self, count: int) -> None:
        first = self.map.count
        self.map.add(count)
        empty = record_bytes(0, 1, flags=0, links=0, next_instance=0, attributes=()).ljust(RECORD_BYTES, b"\0")
        block = bytearray(protected(empty, bytes(RECORD_BYTES)) * count)
        numbers = struct.pack(f"<{count}I", *range(first, first + count))
        for place in range(4):
            block[_NUMBER_START + place :: RECORD_BYTES] = numbers[place::4]
        write_extents(self.medium, self.geometry, self.extents, first * RECORD_BYTES, bytes(block))
        mirrored = bytes(block)[: max(self.geometry.mirrored_records - first, 0) * RECORD_BYTES]
        if mirrored:
            self.medium.write(self._mirror_bytes + first * RECORD_BYTES, mirrored)


def spans(geometry: NtfsGeometry, extents: Extents, position: int, size_bytes: int) -> Iterator[tuple[int, int, int]]:
    """Yield (offset on the medium, position within the range, length) for a byte range of some content.

    A hole has the offset -1.
    """
    done, start_bytes = 0, 0
    for first, count in extents:
        end_bytes = start_bytes + count * geometry.cluster_bytes
        while done < size_bytes and start_bytes <= position + done < end_bytes:
            within = position + done - start_bytes
            length = min(size_bytes - done, end_bytes - position - done)
            offset = -1 if first == HOLE else geometry.start_bytes + first * geometry.cluster_bytes + within
            yield offset, done, length
            done += length
        if done == size_bytes:
            return
        start_bytes = end_bytes


def read_extents(medium: Medium, geometry: NtfsGeometry, extents: Extents, position: int, size_bytes: int) -> bytes:
    """Return a byte range of some content; holes are zeros."""
    offset = _whole_offset(geometry, extents, position, size_bytes)
    if offset >= 0:
        return medium.read(offset, size_bytes)
    return b"".join(
        bytes(length) if offset < 0 else medium.read(offset, length)
        for offset, _, length in spans(geometry, extents, position, size_bytes)
    )


def write_extents(
    medium: Medium, geometry: NtfsGeometry, extents: Extents, position: int, data: bytes | bytearray
) -> None:
    """Write a byte range of some content; no hole may be in it."""
    offset = _whole_offset(geometry, extents, position, len(data))
    if offset >= 0:
        medium.write(offset, data)
        return
    for offset, start, length in spans(geometry, extents, position, len(data)):
        medium.write(offset, data[start : start + length])


def _whole_offset(geometry: NtfsGeometry, extents: Extents, position: int, size_bytes: int) -> int:
    """Return where a byte range lies on the medium if the first extent holds it all; -1 otherwise."""
    if not extents:
        return -1
    first, count = extents[0]
    if first == HOLE or position + size_bytes > count * geometry.cluster_bytes:
        return -1
    return geometry.start_bytes + first * geometry.cluster_bytes + position
