"""The super block and the directories of ext2, ext3 and ext4.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", "The Super Block" and "Directory Entries".
"""

from collections.abc import Iterator

from labkit.evidence.structures.field import Field, Placed, Structure, at_start, table
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
_ENTRY_BYTES, _STEP = 8, 4  # of an entry without its name; entries begin at multiples of four
_ENTRY = table(
    (0, 4, "inode", decimal),
    (4, 2, "length of the entry", decimal),
    (6, 1, "length of the name", decimal),
    (
        7, 1, "type",
        one_of({1: "file", 2: "directory", 3: "character device", 4: "block device", 5: "pipe", 6: "socket",
                7: "symbolic link", 0xDE: "checksum of the block"}),
    ),
)  # fmt: skip
_TYPES, _CHECKSUM = range(1, 8), 0xDE
_FIRST = b"\x0c\0\x01\x02.\0\0\0"  # of the entry "." behind its inode


def _directory(data: bytes) -> Iterator[Placed]:
    """Yield the entries of a block of a directory, and what stands between them.

    Linux deletes an entry by making the one before it longer; so the old one stands in the room behind a name.
    """
    place = 0
    while place + _ENTRY_BYTES <= len(data):
        length = number(data[place + 4 : place + 6])
        if length < _ENTRY_BYTES or length % _STEP:
            return
        yield _entry(data, place, "entry")
        old, end = place + _used(data, place), min(place + length, len(data))
        while old + _ENTRY_BYTES < end and _is_old_entry(data, old, end):
            yield _entry(data, old, "entry that was deleted,")
            old += _used(data, old)
        place += length


def _used(data: bytes, place: int) -> int:
    """Return how many bytes an entry needs."""
    return (_ENTRY_BYTES + data[place + 6] + _STEP - 1) // _STEP * _STEP


def _is_old_entry(data: bytes, place: int, end: int) -> bool:
    inode, name_bytes, kind = number(data[place : place + 4]), data[place + 6], data[place + 7]
    return inode > 0 and name_bytes > 0 and kind in _TYPES and place + _ENTRY_BYTES + name_bytes <= end


def _entry(data: bytes, place: int, title: str) -> Placed:
    size, kind = data[place + 6], data[place + 7]
    if kind == _CHECKSUM:
        return Placed("checksum", place, (*_ENTRY, Field(8, 4, "checksum")))
    name = data[place + _ENTRY_BYTES : place + _ENTRY_BYTES + size].decode("utf-8", "backslashreplace")
    return Placed(f"{title} {name!r}", place, (*_ENTRY, Field(_ENTRY_BYTES, size, "name", _name)) if size else _ENTRY)


def _name(data: bytes) -> str:
    return f'"{data.decode("utf-8", "backslashreplace")}"'


_LARGEST_BLOCK = 6  # 1024 << 6: 64 KiB
EXT = (
    Structure(
        "ext-super", "ext super block", "Linux kernel documentation, ext4, The Super Block", 1024,
        at_start("super block", _SUPER_BLOCK),
        lambda data: data[56:58] == b"\x53\xef" and number(data[24:28]) <= _LARGEST_BLOCK,
    ),
    Structure(
        "ext-dir", "ext directory", "Linux kernel documentation, ext4, Directory Entries", 1024, _directory,
        lambda data: data[4:12] == _FIRST,
    ),
)  # fmt: skip
