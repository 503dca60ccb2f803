"""The ends of sectors, put back where they belong.

The last two bytes of each sector of a record or index node are kept in its update sequence array, and replaced on the
medium by a number that is the same for all of its sectors: what was written in part is recognised by it.

Source: Linux-NTFS project, "NTFS Documentation", "Fixup".
"""

import struct

SECTOR_BYTES = 512
_WORDS = SECTOR_BYTES // 2


def mended(stored: bytes) -> bytes | None:
    """Return a record or an index node as it is meant; None if it was written in part, or is none at all."""
    array, count = struct.unpack_from("<HH", stored, 4)
    if not count or (count - 1) * SECTOR_BYTES > len(stored) or array + 2 * count > len(stored):
        return None
    found = bytearray(stored)
    for number in range(1, count):
        end = number * SECTOR_BYTES
        if stored[end - 2 : end] != stored[array : array + 2]:
            return None
        found[end - 2 : end] = stored[array + 2 * number : array + 2 * number + 2]
    return bytes(found)


def all_mended(stored: bytes, each_bytes: int) -> bytes | None:
    """Return many of ``each_bytes`` mended at once, for speed; None if they are not all whole and of the usual form."""
    alike = len(stored) // each_bytes
    if any(stored[at::each_bytes] != stored[at : at + 1] * alike for at in range(4, 8)):
        return None
    array, count = struct.unpack_from("<HH", stored, 4)
    if count != each_bytes // SECTOR_BYTES + 1 or array & 1 or array + 2 * count > each_bytes:
        return None
    found = bytearray(stored)
    step = each_bytes // 2
    with memoryview(stored).cast("H") as before, memoryview(found).cast("H") as after:
        first = array // 2
        for number in range(1, count):
            end = number * _WORDS - 1
            if before[end::step] != before[first::step]:
                return None
            after[end::step] = before[first + number :: step]
    return bytes(found)
