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
_HEADER = struct.Struct("<4sHHQHHHHIIQHHI8x")  # with the room of the update sequence
_PROTECTED = frozenset((b"FILE", b"INDX"))


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
    return header + body


def protected(block: bytes | bytearray, before: bytes) -> bytes:
    """Return ``block`` with an update sequence number that follows that of ``before``, the same block as it stood.

    The last two bytes of each sector go to the array in the header, the number takes their place.
    """
    result = bytearray(block)
    start = result[4] | result[5] << 8
    low, high = divmod(update_sequence_number(before) % 0xFFFF + 1, 256)[::-1]
    for saved, end, mark in ((start + 2, SECTOR_BYTES - 2, low), (start + 3, SECTOR_BYTES - 1, high)):
        ends = result[end::SECTOR_BYTES]
        result[saved : saved + 2 * len(ends) : 2] = ends
        result[end::SECTOR_BYTES] = bytes((mark,)) * len(ends)
    result[start] = low
    result[start + 1] = high
    return bytes(result)


def plain(block: bytes) -> bytes:
    """Return a protected block with the bytes that belong to the ends of its sectors; others come back as they are."""
    if block[:4] not in _PROTECTED:
        return block
    result = bytearray(block)
    start = result[4] | result[5] << 8
    count = len(block) // SECTOR_BYTES
    for saved, end in ((start + 2, SECTOR_BYTES - 2), (start + 3, SECTOR_BYTES - 1)):
        result[end::SECTOR_BYTES] = result[saved : saved + 2 * count : 2]
    return bytes(result)


def update_sequence_number(block: bytes) -> int:
    """Return the update sequence number of a protected block; 0 for another."""
    if block[:4] not in _PROTECTED:
        return 0
    start = block[4] | block[5] << 8
    return block[start] | block[start + 1] << 8
