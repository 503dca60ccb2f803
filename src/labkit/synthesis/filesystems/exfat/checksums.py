"""The sums by which exFAT tells damage: each turns the sum right by one bit and adds a byte.

Source: Microsoft, "exFAT file system specification" (2019), the sections 3.4 "Main and Backup Boot Checksum
Sub-regions", 6.3.3 "SetChecksum Field", 7.2.2 "TableChecksum Field" and 7.6.4 "NameHash Field".
"""

from collections.abc import Iterable

_VOLUME_FLAGS_AND_PERCENT = frozenset({106, 107, 112})  # bytes of the boot sector that change while it is mounted


def boot_checksum(sectors: bytes) -> int:
    """Return the 32-bit sum of the first 11 sectors of a boot region."""
    return _sum_32(byte for place, byte in enumerate(sectors) if place not in _VOLUME_FLAGS_AND_PERCENT)


def table_checksum(table: bytes) -> int:
    """Return the 32-bit sum of the up-case table."""
    return _sum_32(table)


def set_checksum(entry_set: bytes) -> int:
    """Return the 16-bit sum of an entry set."""
    return _sum_16(entry_set[:2] + entry_set[4:])  # the sum itself stands between


def name_hash(upper_name: bytes) -> int:
    """Return the 16-bit hash of a name in upper case, UTF-16 little-endian."""
    return _sum_16(upper_name)


def _sum_32(data: Iterable[int]) -> int:
    total = 0
    for byte in data:
        total = ((total & 1) << 31 | total >> 1) + byte & 0xFFFFFFFF
    return total


def _sum_16(data: bytes) -> int:
    total = 0
    for byte in data:
        total = ((total & 1) << 15 | total >> 1) + byte & 0xFFFF
    return total
