"""The master boot record: which partitions a medium has.

Source: the layout that Microsoft documents under "Master Boot Record" (Windows 2000 Server Resource Kit, "Disk Concepts
and Troubleshooting"): 440 bytes of code, the disk signature, four entries of 16 bytes from byte 446, 0x55 0xAA.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.volumes.places import check_places

# Type bytes for partitions that are addressed by sector numbers; FAT12 has only the old one.
FAT_PARTITION_TYPES: Mapping[str, int] = {"FAT12": 0x01, "FAT16": 0x0E, "FAT32": 0x0C}
MOST_PARTITIONS = 4
_LARGEST_32_BIT = 0xFFFFFFFF
_ACTIVE = 0x80
_CODE_BYTES = 440
_TABLE_BYTES = 64
TABLE_OFFSET_BYTES = 446
ENTRY_BYTES = 16
_SIGNATURE = b"\x55\xaa"
_NO_CODE = b"\xcd\x18\xf4\xeb\xfd"  # int 18h: "nothing to start here"; then halt
_SECTORS_PER_TRACK, _HEADS, _CYLINDERS = 63, 255, 1024
_BEYOND_CHS = b"\xfe\xff\xff"


@dataclass(frozen=True, slots=True)
class MbrPartition:
    """One primary partition. Sectors have 512 bytes and count from 0 of the medium."""

    type_byte: int
    start_sector: int
    size_sectors: int
    active: bool = False

    @property
    def end_sector(self) -> int:
        """The first sector behind it."""
        return self.start_sector + self.size_sectors


def write_mbr(medium: Medium, partitions: Sequence[MbrPartition], disk_signature: int) -> None:
    """Write sector 0 of ``medium``; the entries keep the order of ``partitions``.

    Raises:
        SynthesisError: There are more than four partitions, one lies outside the medium, two overlap, two are active,
            or a number does not fit its field.
    """
    _check_numbers(partitions, disk_signature)
    sectors = medium.size_bytes // SECTOR_BYTES
    check_places(partitions, 1, sectors, within=f"a medium of {sectors} sectors")
    _check_fields(partitions)
    table = b"".join(entry(partition) for partition in partitions)
    medium.write(0, table_sector(table, code=_NO_CODE, disk_signature=disk_signature))


def chs_address(sector: int) -> bytes:
    """Return the three bytes of a cylinder-head-sector address for 255 heads and 63 sectors, as Windows counts.

    A sector beyond the last cylinder, 1023, has none and gives FE FF FF.
    """
    track, within = divmod(sector, _SECTORS_PER_TRACK)
    cylinder, head = divmod(track, _HEADS)
    if cylinder >= _CYLINDERS:
        return _BEYOND_CHS
    return bytes((head, (within + 1) | cylinder >> 8 << 6, cylinder & 0xFF))


def entry(partition: MbrPartition, *, counted_from: int = 0) -> bytes:
    """Return the 16 bytes of a table entry; its start sector counts from sector ``counted_from`` of the medium."""
    return struct.pack(
        "<B3sB3sII",
        _ACTIVE if partition.active else 0,
        chs_address(partition.start_sector),
        partition.type_byte,
        chs_address(partition.end_sector - 1),
        partition.start_sector - counted_from,
        partition.size_sectors,
    )


def table_sector(entries: bytes, *, code: bytes = b"", disk_signature: int = 0) -> bytes:
    """Return a sector with boot code, a table of up to four entries, and the signature 0x55 0xAA."""
    head = code.ljust(_CODE_BYTES, b"\0") + struct.pack("<IH", disk_signature, 0)
    return head + entries.ljust(_TABLE_BYTES, b"\0") + _SIGNATURE


def _check_numbers(partitions: Sequence[MbrPartition], disk_signature: int) -> None:
    if len(partitions) > MOST_PARTITIONS:
        raise SynthesisError(
            f"{len(partitions)} partitions do not fit a master boot record", remedy="Take at most four."
        )
    if not 0 <= disk_signature <= _LARGEST_32_BIT:
        raise SynthesisError(
            f"the disk signature {disk_signature} can not be stored", remedy="Give a number of 32 bits, 0 or above."
        )
    if sum(partition.active for partition in partitions) > 1:
        raise SynthesisError("more than one partition is active", remedy="Mark at most one as active.")
    check_types(partitions)


def check_types(partitions: Sequence[MbrPartition]) -> None:
    """Refuse a type that is not a byte above 0.

    Raises:
        SynthesisError: It names the partition, counted from 1.
    """
    for number, partition in enumerate(partitions, start=1):
        if not 0 < partition.type_byte <= 0xFF:  # noqa: PLR2004 - one byte
            raise SynthesisError(
                f"partition {number} has the type {partition.type_byte}; 0 stands for an empty entry",
                remedy="Give a type from 1 to 255, such as 0x0C for FAT32.",
            )


def _check_fields(partitions: Sequence[MbrPartition]) -> None:
    for number, partition in enumerate(partitions, start=1):
        if max(partition.start_sector, partition.size_sectors) > _LARGEST_32_BIT:
            raise SynthesisError(
                f"partition {number} lies beyond what a master boot record can address",
                remedy="Keep start and size below 2^32 sectors.",
            )
