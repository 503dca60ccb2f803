"""MFT records and the update sequence that protects them and index blocks.

Source: Linux-NTFS, "NTFS Documentation", "Concepts: FILE Record" and "Concepts: Fixup".
"""

import struct
from collections.abc import Sequence

from labkit.synthesis.medium import SECTOR_BYTES

RECORD_BYTES = 1024
UPDATE_SEQUENCE_START = 0x30
ATTRIBUTES_START = 0x38
_END_MARK = b"\xff\xff\xff\xff\0\0\0\0"
ROOM_BYTES = RECORD_BYTES - ATTRIBUTES_START - len(_END_MARK)  # for attributes
IN_USE, DIRECTORY, IS_IN_EXTEND, IS_VIEW_INDEX = 0x01, 0x02, 0x04, 0x08
_HEADER = struct.Struct("<4sHHQHHHHIIQHHI")


def record_bytes(
    number: int,
    sequence: int,
    *,
    flags: int,
    links: int,
    next_instance: int,
    attributes: Sequence[bytes],
    base_reference: int = 0,
) -> bytes:
    """Return the used part of a record, not yet protected."""
    body = b"".join(attributes) + _END_MARK
    header = _HEADER.pack(
        b"FILE",
        UPDATE_SEQUENCE_START,
        RECORD_BYTES // SECTOR_BYTES + 1,
        0,
        sequence,
        links,
        ATTRIBUTES_START,
        flags,
        ATTRIBUTES_START + len(body),
        RECORD_BYTES,
        base_reference,
        next_instance,
        0,
        number,
    )
    return header + bytes(ATTRIBUTES_START - len(header)) + body


def protected(block: bytes, before: bytes) -> bytes:
    """Return ``block`` with an update sequence number that follows that of ``before``, the same block as it stood.

    The last two bytes of each sector go to the array in the header, the number takes their place.
    """
    start = struct.unpack_from("<H", block, 4)[0]
    number = update_sequence_number(before) % 0xFFFF + 1
    mark = number.to_bytes(2, "little")
    result = bytearray(block)
    result[start : start + 2] = mark
    for sector in range(len(block) // SECTOR_BYTES):
        end = (sector + 1) * SECTOR_BYTES
        saved = start + 2 + 2 * sector
        result[saved : saved + 2] = block[end - 2 : end]
        result[end - 2 : end] = mark
    return bytes(result)


def plain(block: bytes) -> bytes:
    """Return a protected block with the bytes that belong to the ends of its sectors; others come back as they are."""
    if block[:4] not in {b"FILE", b"INDX"}:
        return block
    start = struct.unpack_from("<H", block, 4)[0]
    result = bytearray(block)
    for sector in range(len(block) // SECTOR_BYTES):
        end = (sector + 1) * SECTOR_BYTES
        saved = start + 2 + 2 * sector
        result[end - 2 : end] = block[saved : saved + 2]
    return bytes(result)


def update_sequence_number(block: bytes) -> int:
    """Return the update sequence number of a protected block; 0 for another."""
    if block[:4] not in {b"FILE", b"INDX"}:
        return 0
    start = struct.unpack_from("<H", block, 4)[0]
    return int.from_bytes(block[start : start + 2], "little")
