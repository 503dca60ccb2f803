"""CRC-32C as ext4 uses it: without the final inversion, begun anew for each kind of structure.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", section "Checksums"; the polynomial is that
of Castagnoli, RFC 3720, appendix B.4.
"""

import struct

_POLYNOMIAL = 0x82F63B78  # reflected
_START = 0xFFFFFFFF


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        rows.append(crc)
    return tuple(rows)


_TABLE = _table()


def crc32c(data: bytes, start: int = _START) -> int:
    """Return the checksum of ``data``, going on from ``start``: what an earlier call returned."""
    crc, table = start, _TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


def volume_seed(uuid: bytes) -> int:
    """Return where the checksums of one volume's structures begin."""
    return crc32c(uuid)


def inode_seed(seed: int, inode: int, generation: int) -> int:
    """Return where the checksums of one inode, its directory blocks and its extent blocks begin."""
    return crc32c(struct.pack("<II", inode, generation), seed)
