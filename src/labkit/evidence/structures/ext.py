"""The super block of ext2, ext3 and ext4.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", "The Super Block".
"""

from labkit.evidence.structures.field import Structure, at_start, table
from labkit.evidence.structures.meanings import decimal, flags, must_be, number, one_of, text, unix_time, uuid

_COMPATIBLE = {1: "directory preallocation", 4: "journal", 8: "extended attributes", 16: "resize inode", 32: "htree"}
_INCOMPATIBLE = {
    1: "compression", 2: "file types in directories", 4: "needs recovery", 8: "journal device", 16: "meta block groups",
    64: "extents", 128: "64 bits", 256: "multiple mount protection", 512: "flexible groups", 0x2000: "checksum seed",
    0x8000: "inline data", 0x10000: "encryption",
}  # fmt: skip
_READ_ONLY = {
    1: "sparse super blocks", 2: "large files", 8: "huge files", 16: "group checksums", 32: "many subdirectories",
    64: "large inodes", 0x400: "metadata checksums",
}  # fmt: skip
_SUPER_BLOCK = table(
    (0, 4, "inodes", decimal),
    (4, 4, "blocks", decimal),
    (8, 4, "reserved blocks", decimal),
    (12, 4, "free blocks", decimal),
    (16, 4, "free inodes", decimal),
    (20, 4, "first data block", decimal),
    (24, 4, "block size", lambda data: f"{1024 << number(data) % 32} bytes"),
    (32, 4, "blocks per group", decimal),
    (40, 4, "inodes per group", decimal),
    (44, 4, "last mounted", unix_time),
    (48, 4, "last written", unix_time),
    (52, 2, "mounts since the last check", decimal),
    (54, 2, "mounts until a check", decimal),
    (56, 2, "signature", must_be(b"\x53\xef")),
    (58, 2, "state", flags({1: "clean", 2: "errors", 4: "orphans being recovered"})),
    (60, 2, "on errors", one_of({1: "continue", 2: "remount read-only", 3: "panic"})),
    (64, 4, "last checked", unix_time),
    (68, 4, "seconds between checks", decimal),
    (72, 4, "made by", one_of({0: "Linux", 1: "Hurd", 2: "Masix", 3: "FreeBSD", 4: "Lites"})),
    (76, 4, "revision", decimal),
    (84, 4, "first inode for files", decimal),
    (88, 2, "inode size", decimal),
    (90, 2, "group of this super block", decimal),
    (92, 4, "compatible features", flags(_COMPATIBLE)),
    (96, 4, "incompatible features", flags(_INCOMPATIBLE)),
    (100, 4, "features that forbid writing", flags(_READ_ONLY)),
    (104, 16, "UUID", uuid),
    (120, 16, "volume name", text),
    (136, 64, "last mounted on", text),
    (224, 4, "journal inode", decimal),
    (232, 4, "first orphaned inode", decimal),
    (254, 2, "size of a group descriptor", decimal),
    (264, 4, "made", unix_time),
)
_LARGEST_BLOCK = 6  # 1024 << 6: 64 KiB
EXT = (
    Structure(
        "ext-super", "ext super block", "Linux kernel documentation, ext4, The Super Block", 1024,
        at_start("super block", _SUPER_BLOCK),
        lambda data: data[56:58] == b"\x53\xef" and number(data[24:28]) <= _LARGEST_BLOCK,
    ),
)  # fmt: skip
