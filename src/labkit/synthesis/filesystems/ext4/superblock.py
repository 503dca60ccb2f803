"""The superblock, the group descriptors and the journal's own superblock.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", the sections "Super Block", "Block Group
Descriptors" and "Journal (jbd2)".
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from labkit.synthesis.filesystems.ext4.checksums import crc32c
from labkit.synthesis.filesystems.ext4.layout import FIRST_INODE, JOURNAL_INODE, ExtGeometry

SUPERBLOCK_BYTES = 1024
EXTRA_INODE_BYTES = 32  # of the inode, behind the first 128, that this writer fills
_HAS_JOURNAL, _EXT_ATTR = 0x4, 0x8  # compatible features
_FILETYPE, _EXTENTS = 0x2, 0x40  # incompatible ones
_SPARSE_SUPER, _LARGE_FILE, _HUGE_FILE, _DIR_NLINK, _EXTRA_ISIZE, _METADATA_CSUM = 0x1, 0x2, 0x8, 0x20, 0x40, 0x400
_RO_COMPATIBLE = _SPARSE_SUPER | _LARGE_FILE | _HUGE_FILE | _DIR_NLINK | _EXTRA_ISIZE | _METADATA_CSUM
_TABLE_ZEROED, _INODES_UNINITIALISED = 0x4, 0x1
_JOURNAL_MAGIC = 0xC03B3998


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """What the superblock says that changes with the volume's life, and what names it."""

    uuid: bytes
    label: bytes
    formatted_seconds: int
    written_seconds: int
    free_blocks: int
    free_inodes: int
    first_orphan: int  # inode that begins the list of deleted files which were still open; 0 without any
    journal_root: bytes  # the 60 bytes of the journal's inode that say where it lies; empty without a journal
    journal_bytes: int


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What a group descriptor says."""

    free_blocks: int
    free_inodes: int
    directories: int
    unused_inodes: int  # at the end of the table, never given to a file
    block_bitmap_checksum: int
    inode_bitmap_checksum: int


def superblock(geometry: ExtGeometry, facts: VolumeFacts, *, group: int) -> bytes:
    """Return the superblock as it stands in ``group``, with its checksum."""
    block = bytearray(SUPERBLOCK_BYTES)
    written, formatted = facts.written_seconds & 0xFFFFFFFF, facts.formatted_seconds & 0xFFFFFFFF
    written_high, formatted_high = facts.written_seconds >> 32 & 0xFF, facts.formatted_seconds >> 32 & 0xFF
    fields = (
        (0x00, "<III", (geometry.inode_count, geometry.block_count, 0)),  # no blocks reserved, as mke2fs -m 0
        (0x0C, "<II", (facts.free_blocks, facts.free_inodes)),
        (0x14, "<I", (geometry.first_block,)),
        (0x18, "<II", ((geometry.block_bytes // 1024).bit_length() - 1,) * 2),  # log of block and of cluster size
        (0x20, "<III", (geometry.group_blocks, geometry.group_blocks, geometry.inodes_per_group)),
        (0x2C, "<II", (written, written)),  # mounted, written
        (0x34, "<HhH", (1, -1, 0xEF53)),  # mounts, mounts before a check, magic
        (0x3A, "<HHH", (1, 1, 0)),  # cleanly unmounted; go on after errors; minor revision
        (0x40, "<IIII", (formatted, 0, 0, 1)),  # last check, interval, Linux, dynamic revision
        (0x54, "<IHH", (FIRST_INODE, geometry.inode_bytes, group)),
        (0x5C, "<III", ((_HAS_JOURNAL if facts.journal_root else 0) | _EXT_ATTR, _FILETYPE | _EXTENTS, _RO_COMPATIBLE)),
        (0x68, "<16s16s", (facts.uuid, facts.label)),
        (0xE8, "<I", (facts.first_orphan,)),
        (0xFC, "<B", (1,)),  # default hash: half MD4
        (0x100, "<I", (0x000C,)),  # default mount options: user_xattr, acl
        (0x108, "<I", (formatted,)),
        (0x15C, "<HH", (EXTRA_INODE_BYTES, EXTRA_INODE_BYTES)),
        (0x160, "<I", (1,)),  # directory hashes take characters as signed
        (0x175, "<B", (1,)),  # checksums are CRC-32C
        (0x274, "<BBBB", (written_high, written_high, formatted_high, formatted_high)),  # bits 32 to 39 of the times
    )
    for offset, layout, values in fields:
        struct.pack_into(layout, block, offset, *values)
    if facts.journal_root:
        struct.pack_into("<I", block, 0xE0, JOURNAL_INODE)
        struct.pack_into("<B", block, 0xFD, 1)  # what follows is a copy of the journal's inode: blocks and size
        struct.pack_into("<60sII", block, 0x10C, facts.journal_root, 0, facts.journal_bytes)
    struct.pack_into("<I", block, 0x3FC, crc32c(bytes(block[:0x3FC])))
    return bytes(block)


def group_descriptors(geometry: ExtGeometry, groups: Sequence[GroupFacts], *, seed: int) -> bytes:
    """Return the descriptors of all groups, with their checksums."""
    table = bytearray()
    for number, facts in enumerate(groups):
        never_used = facts.unused_inodes == geometry.inodes_per_group
        descriptor = struct.pack(
            "<IIIHHHHIHHHH",
            geometry.block_bitmap(number),
            geometry.inode_bitmap(number),
            geometry.inode_table(number),
            facts.free_blocks,
            facts.free_inodes,
            facts.directories,
            _TABLE_ZEROED | (_INODES_UNINITIALISED if never_used else 0),
            0,  # no snapshot
            facts.block_bitmap_checksum & 0xFFFF,
            facts.inode_bitmap_checksum & 0xFFFF,
            facts.unused_inodes,
            0,
        )
        checksum = crc32c(struct.pack("<I", number) + descriptor, seed) & 0xFFFF
        table += descriptor[:-2] + checksum.to_bytes(2, "little")
    return bytes(table)


def journal_superblock(geometry: ExtGeometry) -> bytes:
    """Return the first block of a journal that was emptied by a clean unmount. Its numbers are big-endian."""
    superblock_version_2 = 4
    first_log_block, first_sequence, nowhere, users = 1, 1, 0, 1
    head = struct.pack(
        ">IIIIIIII",
        _JOURNAL_MAGIC,
        superblock_version_2,
        0,
        geometry.block_bytes,
        geometry.journal_blocks,
        first_log_block,
        first_sequence,
        nowhere,  # where the log begins: there is nothing to replay
    )
    return head.ljust(0x40, b"\0") + struct.pack(">I", users)
