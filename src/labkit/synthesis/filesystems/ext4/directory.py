"""One block of a linear directory: where a new name goes, what a deleted name leaves.

Each entry says how long it is to the next one. A deleted entry is given to the one before it, whose length then covers
it: the bytes of the old name stand in that slack until a new name is written over them. The first entry of a block has
none before it and loses its inode number instead. Kernels from about 5.13 on wipe deleted names (looked at with
6.18); older ones left them.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", section "Directory Entries".
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ext4.checksums import crc32c

LONGEST_NAME_BYTES = 255
FILE, DIRECTORY, SYMLINK = 1, 2, 7  # types in an entry
_HEAD = struct.Struct("<IHBB")
_TAIL_BYTES = 12
_TAIL = struct.pack("<IHBBI", 0, _TAIL_BYTES, 0, 0xDE, 0)  # looks like an unused entry; ends with the checksum


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in use, at ``offset`` of its block."""

    offset: int
    inode: int
    length: int  # to the next entry
    name: bytes


def check_name(name: str) -> bytes:
    """Return a name as it is stored.

    Raises:
        SynthesisError: ext4 can not hold it.
    """
    stored = name.encode("utf-8", "surrogatepass")
    if name in {"", ".", ".."} or b"\0" in stored or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise SynthesisError(
            f"{name!r} can not be the name of a file", remedy="Give a name of visible characters, without zero bytes."
        )
    if len(stored) > LONGEST_NAME_BYTES:
        raise SynthesisError(
            f"the name {name[:20]!r}... has {len(stored)} bytes in UTF-8; ext4 allows {LONGEST_NAME_BYTES}",
            remedy="Shorten the name.",
        )
    return stored


def empty_block(block_bytes: int) -> bytes:
    """Return a block without names."""
    room = block_bytes - _TAIL_BYTES
    return _HEAD.pack(0, room, 0, 0).ljust(room, b"\0") + _TAIL


def first_block(block_bytes: int, inode: int, parent_inode: int) -> bytes:
    """Return the first block of a new directory: ``.`` and ``..``."""
    dot = _entry(inode, 12, b".", DIRECTORY)
    dot_dot = _entry(parent_inode, block_bytes - _TAIL_BYTES - len(dot), b"..", DIRECTORY)
    return (dot + dot_dot).ljust(block_bytes - _TAIL_BYTES, b"\0") + _TAIL


def insert(block: bytes, inode: int, name: bytes, kind: int) -> tuple[bytes, int] | None:
    """Write a name into the first place that is large enough. Return the new block and the place, or None."""
    needed = bytes_for(len(name))
    for offset, holder, length, name_bytes in _heads(block):
        used = bytes_for(name_bytes) if holder else 0
        if length - used >= needed:
            place = offset + used
            entry = _entry(inode, length - used, name, kind)
            changed = block[:place] + entry + block[place + len(entry) :]
            if used:
                changed = _with_length(changed, offset, used)
            return changed, place
    return None


def remove(block: bytes, offset: int, *, wipe: bool) -> bytes:
    """Take the name at ``offset`` out of a block. ``wipe`` clears its bytes, as newer kernels do."""
    before = None
    for entry in entries(block, unused=True):
        if entry.offset == offset:
            break
        before = entry
    length = int.from_bytes(block[offset + 4 : offset + 6], "little")
    if before is None:
        rest = bytes(length - 6) if wipe else block[offset + 6 : offset + length]
        return block[:offset] + bytes(4) + block[offset + 4 : offset + 6] + rest + block[offset + length :]
    if wipe:
        block = block[:offset] + bytes(length) + block[offset + length :]
    return _with_length(block, before.offset, before.length + length)


def holds(block: bytes, offset: int, inode: int, name: bytes) -> bool:
    """Tell whether the bytes of a name still stand at ``offset``; the first of a block loses its inode number."""
    found, _, length, _ = _HEAD.unpack_from(block, offset)
    start = offset + _HEAD.size
    return found in (inode, 0) and length == len(name) and block[start : start + length] == name


def bytes_for(name_bytes: int) -> int:
    """Return how many bytes the entry of a name takes."""
    return _HEAD.size + -(-name_bytes // 4) * 4


def room(block: bytes) -> int:
    """Return the largest number of bytes that an entry can take in a block."""
    return max(length - (bytes_for(name_bytes) if inode else 0) for _, inode, length, name_bytes in _heads(block))


def entries(block: bytes, *, unused: bool = False) -> Iterator[Entry]:
    """Yield the entries of a block in order, ``.`` and ``..`` included."""
    for offset, inode, length, name_bytes in _heads(block):
        if inode or unused:
            start = offset + _HEAD.size
            yield Entry(offset, inode, length, block[start : start + name_bytes])


def with_parent(block: bytes, parent_inode: int) -> bytes:
    """Return the first block of a directory with another ``..``."""
    return block[:12] + parent_inode.to_bytes(4, "little") + block[16:]


def sealed(block: bytes, seed: int) -> bytes:
    """Return a block with its checksum; ``seed`` is that of the directory's inode."""
    return block[:-4] + crc32c(block[:-_TAIL_BYTES], seed).to_bytes(4, "little")


def _heads(block: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield offset, inode, length and length of the name of each entry, used or not."""
    offset, end = 0, len(block) - _TAIL_BYTES
    while offset < end:
        inode, length, name_bytes, _ = _HEAD.unpack_from(block, offset)
        yield offset, inode, length, name_bytes
        offset += length


def _entry(inode: int, length: int, name: bytes, kind: int) -> bytes:
    return (_HEAD.pack(inode, length, len(name), kind) + name).ljust(bytes_for(len(name)), b"\0")


def _with_length(block: bytes, offset: int, length: int) -> bytes:
    return block[: offset + 4] + length.to_bytes(2, "little") + block[offset + 6 :]
