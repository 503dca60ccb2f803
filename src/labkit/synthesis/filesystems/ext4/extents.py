"""Extents: which blocks hold a file, in the inode itself or in a tree of index blocks.

The inode has 60 bytes for it: a header and four places. What stood in a place before is not cleared when the place is
given up, so an inode shows its first extents long after they moved into a block of their own. Deletion is shown as
Linux 6.18 leaves it (looked at with ``debugfs -R inode_dump`` after ``rm``): the header counts no extents; of an
extent in the inode only the number of its first block within the file remains; a place that led to an index block is
left as it was, and so is that block.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", section "Extent Tree".
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labkit.synthesis.filesystems.ext4.checksums import crc32c
from labkit.synthesis.filesystems.space import runs

ROOT_BYTES = 60
ROOT_PLACES = 4
_MAGIC = 0xF30A
_ENTRY_BYTES = 12
_LONGEST_EXTENT = 32768  # blocks; a larger number marks one that was reserved and not written
EMPTY_ROOT = struct.pack("<HHHHI", _MAGIC, 0, ROOT_PLACES, 0, 0).ljust(ROOT_BYTES, b"\0")


@dataclass(frozen=True, slots=True)
class ExtentTree:
    """The tree of one file: what stands in the inode, and the index blocks to be written."""

    root: bytes
    index_blocks: tuple[tuple[int, bytes], ...]  # (block number, its bytes without the checksum)


def places_in(block_bytes: int) -> int:
    """Return how many extents, or index entries, a block holds; the 4 bytes behind them are the checksum."""
    return (block_bytes - _ENTRY_BYTES - 4) // _ENTRY_BYTES


def index_blocks_for(extent_count: int, block_bytes: int) -> int:
    """Return how many index blocks hold ``extent_count`` extents."""
    total = 0
    while extent_count > ROOT_PLACES:
        extent_count = -(-extent_count // places_in(block_bytes))
        total += extent_count
    return total


def extents_of(blocks: Sequence[int]) -> Iterator[bytes]:
    """Yield the extents of a file without holes, 12 bytes each."""
    position = 0
    for first, count in runs(blocks):
        for done in range(0, count, _LONGEST_EXTENT):
            length = min(count - done, _LONGEST_EXTENT)
            yield struct.pack("<IHHI", position, length, 0, first + done)
            position += length


def build_tree(entries: Sequence[bytes], index_blocks: Sequence[int], block_bytes: int, before: bytes) -> ExtentTree:
    """Return the tree of a file.

    Args:
        entries: Its extents in order.
        index_blocks: As many blocks for the tree as ``index_blocks_for`` says.
        block_bytes: Size of a block.
        before: What stood in the inode until now.
    """
    level = list(entries)
    unused = iter(index_blocks)
    rendered: list[tuple[int, bytes]] = []
    depth = 0
    if len(level) > ROOT_PLACES and _depth(before) == 0:  # the first four stood in the inode before it was full
        before = _node(level[:ROOT_PLACES], ROOT_PLACES, 0) + before[_ENTRY_BYTES * (1 + ROOT_PLACES) :]
    while len(level) > ROOT_PLACES:
        above = []
        for start in range(0, len(level), places_in(block_bytes)):
            part = level[start : start + places_in(block_bytes)]
            block = next(unused)
            rendered.append((block, _node(part, places_in(block_bytes), depth).ljust(block_bytes, b"\0")))
            above.append(part[0][:4] + struct.pack("<IHH", block, 0, 0))
        level = above
        depth += 1
    head = _node(level, ROOT_PLACES, depth)
    return ExtentTree(head + before[len(head) :], tuple(rendered))


def sealed(index_block: bytes, seed: int) -> bytes:
    """Return an index block with its checksum; ``seed`` is that of the inode."""
    end = _ENTRY_BYTES * (1 + places_in(len(index_block)))
    return index_block[:end] + crc32c(index_block[:end], seed).to_bytes(4, "little") + index_block[end + 4 :]


def emptied(root: bytes) -> bytes:
    """Return what stands in the inode after Linux truncated the file to nothing."""
    rest = root[_ENTRY_BYTES:]
    count = int.from_bytes(root[2:4], "little")
    if _depth(root) == 0:
        kept = b"".join(rest[i * _ENTRY_BYTES :][:4] + bytes(8) for i in range(count))
        rest = kept + rest[len(kept) :]
    return EMPTY_ROOT[:_ENTRY_BYTES] + rest


def _depth(root: bytes) -> int:
    return int.from_bytes(root[6:8], "little")


def _node(entries: Sequence[bytes], places: int, depth: int) -> bytes:
    return struct.pack("<HHHHI", _MAGIC, len(entries), places, depth, 0) + b"".join(entries)
