"""Thirty-two bytes of a FAT directory, read by hand: the smallest independent witness of a file.

Source: Microsoft FAT specification, "FAT Directory Structure" (name at 0, attributes at 11, tenths of the creation
second at 13, creation time and date at 14 and 16, access date at 18, first cluster at 20 (high) and 26 (low), write
time and date at 22 and 24, size at 28) and "Date and Time Formats"; "Boot Sector and BPB" for the geometry.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.evidence.image import Image

ENTRY_BYTES = 32
SECTOR_BYTES = 512
_DELETED = 0xE5
_ENTRY = struct.Struct("<11sBBBHHHHHHHI")
# The Sleuth Kit numbers the directory entries from the first sector of the data area, 16 to a sector, from 3 on.
# Source: Sleuth Kit, "FAT Implementation Notes".
_FIRST_ADDRESS = 3
_ENTRIES_PER_SECTOR = SECTOR_BYTES // ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One short directory entry. Times are local digits taken for UTC; None where the field is empty or no date."""

    deleted: bool
    first_cluster: int
    size_bytes: int
    born: datetime | None
    modified: datetime | None
    accessed: datetime | None


@dataclass(frozen=True, slots=True)
class FatGeometry:
    """Where clusters lie. Offsets count from byte 0 of the medium."""

    volume_start_bytes: int
    entries_start_bytes: int  # the first area that holds directory entries
    data_start_bytes: int  # cluster 2
    table_start_bytes: int  # the first allocation table
    cluster_bytes: int
    serial: int
    label: str
    is_fat32: bool
    size_sectors: int

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where a cluster begins."""
        return self.data_start_bytes + (cluster - 2) * self.cluster_bytes

    def cluster_at(self, offset_bytes: int) -> int:
        """Return the cluster that holds a byte of the medium."""
        return (offset_bytes - self.data_start_bytes) // self.cluster_bytes + 2

    def address_of(self, entry_offset_bytes: int) -> int:
        """Return the Sleuth Kit's address of a directory entry."""
        sector, inside = divmod(entry_offset_bytes - self.entries_start_bytes, SECTOR_BYTES)
        return _FIRST_ADDRESS + sector * _ENTRIES_PER_SECTOR + inside // ENTRY_BYTES

    def entry_offset_bytes(self, address: int) -> int:
        """Return where the directory entry with one of the Sleuth Kit's addresses begins."""
        sector, place = divmod(address - _FIRST_ADDRESS, _ENTRIES_PER_SECTOR)
        return self.entries_start_bytes + sector * SECTOR_BYTES + place * ENTRY_BYTES


def read_geometry(image: Image, volume_start_bytes: int) -> FatGeometry:
    """Read the boot sector of a FAT volume with sectors of 512 bytes."""
    sector = image.read(volume_start_bytes, SECTOR_BYTES)
    sector_bytes, per_cluster, reserved, tables, root_entries = struct.unpack_from("<HBHBH", sector, 11)
    short_sectors, short_table = struct.unpack_from("<HxH", sector, 19)
    (long_sectors,) = struct.unpack_from("<I", sector, 32)
    (long_table,) = struct.unpack_from("<I", sector, 36)
    is_fat32 = short_table == 0
    table_start = volume_start_bytes + reserved * sector_bytes
    entries_start = table_start + tables * (short_table or long_table) * sector_bytes
    serial, label = struct.unpack_from("<I11s", sector, 67 if is_fat32 else 39)
    return FatGeometry(
        volume_start_bytes=volume_start_bytes,
        entries_start_bytes=entries_start,
        data_start_bytes=entries_start + -(-root_entries * ENTRY_BYTES // SECTOR_BYTES) * SECTOR_BYTES,
        table_start_bytes=table_start,
        cluster_bytes=sector_bytes * per_cluster,
        serial=serial,
        label=label.decode("ascii", "replace").rstrip(),
        is_fat32=is_fat32,
        size_sectors=short_sectors or long_sectors,
    )


def read_entry(image: Image, offset_bytes: int) -> RawEntry:
    """Read the directory entry at a byte of the medium."""
    data = image.read(offset_bytes, ENTRY_BYTES).ljust(ENTRY_BYTES, b"\0")
    name, _, _, tenths, born_time, born_date, accessed, high, time, date, low, size = _ENTRY.unpack(data)
    born = _moment(born_date, born_time)
    return RawEntry(
        deleted=name[0] == _DELETED,
        first_cluster=high << 16 | low,
        size_bytes=size,
        born=None if born is None else born + timedelta(milliseconds=10 * tenths),
        modified=_moment(date, time),
        accessed=_moment(accessed, 0),
    )


def is_free(image: Image, geometry: FatGeometry, cluster: int) -> bool:
    """Return whether the first allocation table of a FAT32 volume says that a cluster belongs to nobody.

    Raises:
        ValueError: The volume is not FAT32, or the medium ends before that cluster's place in the table.
    """
    data = image.read(geometry.table_start_bytes + 4 * cluster, 4)
    if not geometry.is_fat32 or len(data) < 4:  # noqa: PLR2004 - bytes of one place in the table
        raise ValueError(f"the allocation table has no 32-bit place for cluster {cluster}")
    return int.from_bytes(data, "little") & 0x0FFFFFFF == 0


def _moment(date: int, time: int) -> datetime | None:
    try:
        return datetime(
            1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, 2 * (time & 31), tzinfo=UTC
        )
    except ValueError:
        return None
