"""Single records of an NTFS $MFT: their fixups, where they end, and the content that lies inside them.

Source: Linux-NTFS project, "NTFS Documentation", concepts "FILE Record", "Fixup" and "Attribute Header".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"FILE"
IN_USE = 1
_FIXED_SECTOR_BYTES = 512  # fixups count in 512 bytes, whatever the sectors are
_HEADER_BYTES = 48
_ATTRIBUTE_HEADER_BYTES = 24
_END_OF_ATTRIBUTES = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ResidentContent:
    """The content of one attribute that lies in the record, ``[start, end)`` from byte 0 of the record."""

    type: int
    stream: str | None
    start: int
    end: int


def with_fixups(record: bytes) -> bytes:
    """Return the record with the last two bytes of each 512 put back; unchanged where the fixups do not agree."""
    if len(record) < _HEADER_BYTES or record[:4] not in (SIGNATURE, b"INDX"):
        return record
    offset, words = struct.unpack_from("<HH", record, 4)
    if words < 1 or offset + 2 * words > len(record) or (words - 1) * _FIXED_SECTOR_BYTES > len(record):
        return record
    mark = record[offset : offset + 2]
    mended = bytearray(record)
    for number in range(1, words):
        end = number * _FIXED_SECTOR_BYTES
        if record[end - 2 : end] != mark:
            return record
        mended[end - 2 : end] = record[offset + 2 * number : offset + 2 * number + 2]
    return bytes(mended)


def used_bytes(record: bytes) -> int | None:
    """Return how many bytes of a record are in use; None where it is no record. What follows is record slack."""
    if len(record) < _HEADER_BYTES or record[:4] != SIGNATURE:
        return None
    used = int(struct.unpack_from("<I", record, 24)[0])
    return used if _HEADER_BYTES <= used <= len(record) else None


def in_use(record: bytes) -> bool:
    """Return whether the record belongs to a live file."""
    return bool(struct.unpack_from("<H", record, 22)[0] & IN_USE)


def resident_contents(record: bytes) -> Iterator[ResidentContent]:
    """Yield what lies inside a record; a damaged attribute ends the series."""
    used = used_bytes(record)
    if used is None:
        return
    position = int(struct.unpack_from("<H", record, 20)[0])
    while position + _ATTRIBUTE_HEADER_BYTES <= used:
        kind, length, non_resident, letters, name_offset = struct.unpack_from("<IIBBH", record, position)
        if kind == _END_OF_ATTRIBUTES or length < _ATTRIBUTE_HEADER_BYTES or position + length > used:
            return
        if not non_resident:
            size, offset = struct.unpack_from("<IH", record, position + 16)
            name = record[position + name_offset : position + name_offset + 2 * letters]
            if offset + size <= length:
                stream = name.decode("utf-16-le", "backslashreplace") or None
                yield ResidentContent(kind, stream, position + offset, position + offset + size)
        position += length
