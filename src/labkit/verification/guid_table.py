"""Both copies of a GUID partition table, read by hand: checksums, the disk's GUID, the types of the partitions.

Source: UEFI Specification 2.10, sections 5.3.2 (GPT header: size at 12, checksum at 16, own sector at 24, the other
copy's at 32, disk GUID at 56, first sector of the entries at 72, their number at 80, their size at 84, their checksum
at 88) and 5.3.3 (entry: type at 0, first and last sector at 32 and 40).
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from labkit.evidence.image import Image
from labkit.verification.volume_view import SECTOR_BYTES

PRIMARY, BACKUP = "primary", "backup"
_SIGNATURE = b"EFI PART"
_LARGEST_HEADER_BYTES = 512
_MOST_ENTRIES_BYTES = 1 << 20
# The types that a case plants, by the name that the truth gives them.
TYPES: Mapping[UUID, str] = {
    UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"): "efi",
    UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae"): "reserved",
    UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"): "basic",
    UUID("de94bba4-06d1-4d40-a16a-bfd50179d6ac"): "recovery",
    UUID("0fc63daf-8483-4772-8e79-3d69d8477de4"): "linux",
}


@dataclass(frozen=True, slots=True)
class HeaderCopy:
    """One copy of the header. ``sound`` says that its own checksum and that of its entries are right."""

    sector: int
    sound: bool
    disk_guid: UUID
    types: tuple[UUID, ...]  # of the used entries, in the order of their first sectors


def read_copies(image: Image) -> Mapping[str, HeaderCopy]:
    """Return both copies, where they belong: in sector 1 and in the last one."""
    last = image.size_bytes // SECTOR_BYTES - 1
    return {PRIMARY: _read(image, 1), BACKUP: _read(image, last)}


def _read(image: Image, sector: int) -> HeaderCopy:
    data = image.read(sector * SECTOR_BYTES, SECTOR_BYTES).ljust(SECTOR_BYTES, b"\0")
    size, checksum = struct.unpack_from("<II", data, 12)
    own, table, count, entry_bytes, table_checksum = struct.unpack_from("<Q40xQIII", data, 24)
    disk_guid = UUID(bytes_le=data[56:72])
    header = data[: min(size, _LARGEST_HEADER_BYTES)]
    whole = zlib.crc32(header[:16] + bytes(4) + header[20:]) == checksum and data.startswith(_SIGNATURE)
    if not whole or own != sector or entry_bytes < 128 or count * entry_bytes > _MOST_ENTRIES_BYTES:  # noqa: PLR2004
        return HeaderCopy(sector, sound=False, disk_guid=disk_guid, types=())
    entries = image.read(table * SECTOR_BYTES, count * entry_bytes)
    used = []
    for place in range(0, len(entries), entry_bytes):
        (first,) = struct.unpack_from("<Q", entries, place + 32)
        kind = entries[place : place + 16]
        if kind.strip(b"\0"):
            used.append((first, UUID(bytes_le=kind)))
    return HeaderCopy(sector, zlib.crc32(entries) == table_checksum, disk_guid, tuple(kind for _, kind in sorted(used)))
