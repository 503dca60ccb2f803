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
_SECTORS = RECORD_BYTES // SECTOR_BYTES
# The low bytes, and the high ones, that the ends of all sectors have in the update sequence, and where they belong.
_SAVED_ENDS = [
    (
        slice(UPDATE_SEQUENCE_START + 2 + place, ATTRIBUTES_START - 2 + place, 2),
        slice(SECTOR_BYTES - 2 + place, None, SECTOR_BYTES),
    )
    for place in range(2)
]
_REPEATED = [bytes((byte,)) for byte in range(256)]
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
    number = update_sequence_number(before) % 0xFFFF + 1
    for saved, end, mark in ((start, SECTOR_BYTES - 2, number & 0xFF), (start + 1, SECTOR_BYTES - 1, number >> 8)):
        ends = result[end::SECTOR_BYTES]
        result[saved] = mark
        result[saved + 2 : saved + 2 + 2 * len(ends) : 2] = ends
        result[end::SECTOR_BYTES] = _REPEATED[mark] * len(ends)
    return bytes(result)


def renew(record: bytearray, used: bytes) -> None:
    """Let a record, protected or empty, begin with ``used`` and go on as it does, protected with the next number."""
    number = 1
    if record.startswith(b"FILE"):
        number = (record[UPDATE_SEQUENCE_START] | record[UPDATE_SEQUENCE_START + 1] << 8) % 0xFFFF + 1
        for saved, ends in _SAVED_ENDS:
            record[ends] = record[saved]
    record[: len(used)] = used
    mark = number.to_bytes(2, "little")
    record[UPDATE_SEQUENCE_START : UPDATE_SEQUENCE_START + 2] = mark
    for (saved, ends), byte in zip(_SAVED_ENDS, mark, strict=True):
        record[saved] = record[ends]
        record[ends] = _REPEATED[byte] * _SECTORS


def plain(block: bytes) -> bytes:
    """Return a protected block with the bytes that belong to the ends of its sectors; others come back as they are."""
    if block[:4] not in _PROTECTED:
        return block
    result = bytearray(block)
    start = result[4] | result[5] << 8
    behind = start + 2 + 2 * (len(block) // SECTOR_BYTES)
    result[SECTOR_BYTES - 2 :: SECTOR_BYTES] = result[start + 2 : behind : 2]
    result[SECTOR_BYTES - 1 :: SECTOR_BYTES] = result[start + 3 : behind : 2]
    return bytes(result)


def update_sequence_number(block: bytes) -> int:
    """Return the update sequence number of a protected block; 0 for another."""
    if block[:4] not in _PROTECTED:
        return 0
    start = block[4] | block[5] << 8
    return block[start] | block[start + 1] << 8
