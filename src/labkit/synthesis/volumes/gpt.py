"""The GUID partition table: a header and 128 entries at the begin of a medium, and both once more at its end.

Source: UEFI Specification 2.10, sections 5.2.3 (protective MBR), 5.3.2 (GPT header) and 5.3.3 (partition entries);
Microsoft, "PARTITION_INFORMATION_GPT structure", for the types and attributes of Windows.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntFlag
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.volumes.mbr import MbrPartition, entry, table_sector
from labkit.synthesis.volumes.places import check_places

MOST_PARTITIONS = 128
ENTRY_BYTES = 128
LONGEST_NAME_UNITS = 36  # UTF-16 code units
HEADER_BYTES = 92
CRC_OFFSET_BYTES = 16
_SIGNATURE = b"EFI PART"
_REVISION = 0x00010000
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_TABLE_SECTORS = MOST_PARTITIONS * ENTRY_BYTES // SECTOR_BYTES
_FIRST_USABLE_SECTOR = 2 + _TABLE_SECTORS
_LEAST_SECTORS = 2 * _FIRST_USABLE_SECTOR
_PROTECTIVE = 0xEE
_LARGEST_32_BIT = 0xFFFFFFFF
_LARGEST_64_BIT = (1 << 64) - 1


class GptType(Enum):
    """What a partition is for."""

    EFI_SYSTEM = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
    MICROSOFT_RESERVED = UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae")
    BASIC_DATA = UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
    WINDOWS_RECOVERY = UUID("de94bba4-06d1-4d40-a16a-bfd50179d6ac")
    LINUX = UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")


class GptAttribute(IntFlag):
    """Attributes of a partition; from READ_ONLY on they are those of Windows for basic data."""

    NONE = 0
    REQUIRED = 1 << 0
    NO_BLOCK_IO = 1 << 1
    LEGACY_BOOT = 1 << 2
    READ_ONLY = 1 << 60
    SHADOW_COPY = 1 << 61
    HIDDEN = 1 << 62
    NO_DRIVE_LETTER = 1 << 63


class GptCopy(Enum):
    """Which of the two headers and tables."""

    PRIMARY = "primary"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class GptPartition:
    """One partition. Sectors have 512 bytes and count from 0 of the medium."""

    type: GptType
    guid: UUID
    start_sector: int
    size_sectors: int
    name: str = ""
    attributes: GptAttribute = GptAttribute.NONE

    @property
    def end_sector(self) -> int:
        """The first sector behind it."""
        return self.start_sector + self.size_sectors


@dataclass(frozen=True, slots=True)
class GptPlaces:
    """Where the parts of a table lie on a medium, in sectors."""

    medium_sectors: int

    @property
    def usable(self) -> range:
        """The sectors that partitions may take."""
        return range(_FIRST_USABLE_SECTOR, self.medium_sectors - _TABLE_SECTORS - 1)

    def header(self, copy: GptCopy) -> int:
        """Return the sector of a header."""
        return 1 if copy is GptCopy.PRIMARY else self.medium_sectors - 1

    def table(self, copy: GptCopy) -> int:
        """Return the first sector of the entries."""
        return 2 if copy is GptCopy.PRIMARY else self.medium_sectors - 1 - _TABLE_SECTORS


def random_guid(stream: Stream) -> UUID:
    """Return a version-4 GUID drawn from ``stream``, as tools give them to disks and partitions."""
    return UUID(bytes=stream.take(16), version=4)


def places(medium: Medium) -> GptPlaces:
    """Return where a table lies on ``medium``.

    Raises:
        SynthesisError: The medium is too small for one.
    """
    sectors = medium.size_bytes // SECTOR_BYTES
    if sectors <= _LEAST_SECTORS:
        raise SynthesisError(
            f"a medium of {sectors} sectors is too small for a GUID partition table",
            remedy=f"Give it more than {_LEAST_SECTORS} sectors; 1 MiB and more is usual.",
        )
    return GptPlaces(sectors)


def write_gpt(medium: Medium, partitions: Sequence[GptPartition], disk_guid: UUID) -> None:
    """Write the protective MBR, both headers and both tables; the entries keep the order of ``partitions``.

    Raises:
        SynthesisError: There are more than 128 partitions, one lies outside of what may be used, two overlap or have
            the same GUID, a name has more than 36 UTF-16 units, or the medium is too small.
    """
    where = places(medium)
    _check(partitions)
    usable = where.usable
    check_places(
        partitions, usable.start, usable.stop, within=f"the usable sectors, {usable.start} to {usable.stop - 1}"
    )
    size = min(where.medium_sectors - 1, _LARGEST_32_BIT)
    medium.write(0, table_sector(entry(MbrPartition(_PROTECTIVE, 1, size))))
    write_table(medium, disk_guid, b"".join(_entry(partition) for partition in partitions))


def write_table(medium: Medium, disk_guid: UUID, entries: bytes) -> None:
    """Write ``entries``, filled up to 128 with empty ones, and a header with right checksums, both twice."""
    where = places(medium)
    table = entries.ljust(MOST_PARTITIONS * ENTRY_BYTES, b"\0")
    for copy, other in ((GptCopy.PRIMARY, GptCopy.BACKUP), (GptCopy.BACKUP, GptCopy.PRIMARY)):
        medium.write(where.table(copy) * SECTOR_BYTES, table)
        fields = (
            where.header(copy),
            where.header(other),
            where.usable.start,
            where.usable.stop - 1,
            disk_guid.bytes_le,
            where.table(copy),
            MOST_PARTITIONS,
            ENTRY_BYTES,
            zlib.crc32(table),
        )
        checksum = zlib.crc32(_HEADER.pack(_SIGNATURE, _REVISION, HEADER_BYTES, 0, 0, *fields))
        header = _HEADER.pack(_SIGNATURE, _REVISION, HEADER_BYTES, checksum, 0, *fields)
        medium.write(where.header(copy) * SECTOR_BYTES, header.ljust(SECTOR_BYTES, b"\0"))


def read_table(medium: Medium) -> tuple[UUID, bytes]:
    """Return the disk GUID and the 16,384 bytes of entries of a medium that ``write_gpt`` wrote.

    Raises:
        SynthesisError: There is no undamaged table.
    """
    where = places(medium)
    header = medium.read(where.header(GptCopy.PRIMARY) * SECTOR_BYTES, HEADER_BYTES)
    table = medium.read(where.table(GptCopy.PRIMARY) * SECTOR_BYTES, MOST_PARTITIONS * ENTRY_BYTES)
    fields = _HEADER.unpack(header)
    unsigned = header[:CRC_OFFSET_BYTES] + bytes(4) + header[CRC_OFFSET_BYTES + 4 :]
    if fields[0] != _SIGNATURE or fields[3] != zlib.crc32(unsigned) or fields[-1] != zlib.crc32(table):
        raise SynthesisError(
            "there is no undamaged GUID partition table at the begin of the medium",
            remedy="Write one with write_gpt; do what changes the table before what damages it.",
        )
    return UUID(bytes_le=fields[9]), table


def _entry(partition: GptPartition) -> bytes:
    return struct.pack(
        "<16s16sQQQ72s",
        partition.type.value.bytes_le,
        partition.guid.bytes_le,
        partition.start_sector,
        partition.end_sector - 1,
        partition.attributes,
        partition.name.encode("utf-16-le"),
    )


def _check(partitions: Sequence[GptPartition]) -> None:
    if len(partitions) > MOST_PARTITIONS:
        raise SynthesisError(
            f"{len(partitions)} partitions do not fit a GUID partition table",
            remedy=f"Take at most {MOST_PARTITIONS}.",
        )
    if len({partition.guid for partition in partitions}) < len(partitions):
        raise SynthesisError(
            "two partitions have the same GUID", remedy="Draw each with random_guid, from a Stream of its own."
        )
    for number, partition in enumerate(partitions, start=1):
        units = len(partition.name.encode("utf-16-le")) // 2
        if units > LONGEST_NAME_UNITS:
            raise SynthesisError(
                f"the name of partition {number} has {units} UTF-16 units; GPT allows {LONGEST_NAME_UNITS}",
                remedy="Shorten the name.",
            )
        if not 0 <= partition.attributes <= _LARGEST_64_BIT:
            raise SynthesisError(
                f"the attributes of partition {number} do not fit 64 bits",
                remedy="Join values of GptAttribute with |.",
            )
