"""Inodes: what ext4 keeps about one file, and its times.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", the sections "Index Nodes" and "Inode
Timestamps".
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ext4 import directory, extents
from labkit.synthesis.filesystems.ext4.checksums import crc32c
from labkit.synthesis.filesystems.ext4.superblock import EXTRA_INODE_BYTES
from labkit.synthesis.medium import SECTOR_BYTES

NodeKind = Literal["file", "directory", "symlink"]

ENTRY_TYPES = {"file": directory.FILE, "directory": directory.DIRECTORY, "symlink": directory.SYMLINK}
ROOT_OFFSET_BYTES = 0x28  # of the extents, or the target of a short symbolic link, in the inode
SHORT_TARGET_BYTES = extents.ROOT_BYTES - 1  # a longer target takes a block
_MODES = {"file": 0o100000, "directory": 0o040000, "symlink": 0o120000}
_USES_EXTENTS = 0x80000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1901, 12, 14, tzinfo=UTC), datetime(2446, 5, 10, tzinfo=UTC)
_MOST_LINKS = 65000  # a directory with more says 1 (feature dir_nlink)


@dataclass(frozen=True, slots=True)
class InodeTimes:
    """The four times of an inode. ext4 keeps nanoseconds; a ``datetime`` has microseconds."""

    born: datetime
    modified: datetime
    changed: datetime
    accessed: datetime


@dataclass(frozen=True, slots=True)
class NamePlace:
    """Where the entry of a name stands: in which block of which directory, and where in it."""

    directory_id: int
    block_index: int
    offset: int
    name: bytes


@dataclass(frozen=True, slots=True)
class Node:
    """One file, directory or symbolic link. It is kept after its deletion, with the content it had."""

    node_id: int
    parent_id: int
    name: str
    kind: NodeKind
    inode: int
    generation: int
    permissions: int
    owner: int
    group: int
    times: InodeTimes
    place: NamePlace | None = None  # None for the root directory
    size_bytes: int = 0  # what it has, or had; of a directory its blocks
    blocks: tuple[int, ...] = ()  # of the content
    index_blocks: tuple[int, ...] = ()  # of the extent tree
    extent_count: int = 0
    root: bytes = extents.EMPTY_ROOT  # as it stands in the inode
    links: int = 1
    deleted_at: datetime | None = None
    left_open: bool = False  # deleted while a program still had it open, and never cleaned up
    former: tuple[tuple[str, NamePlace], ...] = ()  # (path, place) that renames and moves left behind

    @property
    def directory(self) -> bool:
        """Whether it is a directory."""
        return self.kind == "directory"

    @property
    def deleted(self) -> bool:
        """Whether it was deleted."""
        return self.deleted_at is not None

    @property
    def in_inode(self) -> bool:
        """Whether it is a symbolic link whose target stands in the inode."""
        return self.kind == "symlink" and self.size_bytes <= SHORT_TARGET_BYTES


def check_time(moment: datetime) -> datetime:
    """Return a time that ext4 can hold.

    Raises:
        SynthesisError: It is not in UTC, or outside 1902 to 2446.
    """
    if moment.utcoffset() != timedelta(0):
        raise SynthesisError(
            f"{moment.isoformat()} is not in UTC; ext4 stores times in UTC",
            remedy="Turn it into an aware time in UTC first.",
        )
    if not _FIRST <= moment < _LAST:
        raise SynthesisError(
            f"ext4 can not store the year {moment.year}",
            remedy="Take a time from 1902 to 2445; look at the clock error of the machine too.",
        )
    return moment


def seconds(moment: datetime) -> int:
    """Return the whole seconds since 1970, rounded down."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def render(node: Node, *, inode_bytes: int, block_bytes: int, seed: int, next_orphan: int) -> bytes:
    """Return an inode with its checksum.

    Args:
        node: What it describes. Linux leaves a deleted one with no links and no content, and the time of deletion;
            only a short symbolic link keeps its size.
        inode_bytes: Size of an inode.
        block_bytes: Size of a block.
        seed: Where the checksums of this inode begin.
        next_orphan: If ``left_open``: the inode that follows it in the list of such files, or 0.
    """
    gone = node.deleted and not node.left_open
    times = node.times
    size_bytes = 0 if gone and not node.in_inode else node.size_bytes
    block_count = 0 if gone else (len(node.blocks) + len(node.index_blocks)) * (block_bytes // SECTOR_BYTES)
    dtime = seconds(node.deleted_at) if gone and node.deleted_at else next_orphan
    links = node.links if node.links < _MOST_LINKS else 1
    head = struct.pack(
        "<HHIIIIIHHIII60sIIIIHHHHHH",
        _MODES[node.kind] | node.permissions,
        node.owner & 0xFFFF,
        size_bytes & 0xFFFFFFFF,
        seconds(times.accessed) & 0xFFFFFFFF,
        seconds(times.changed) & 0xFFFFFFFF,
        seconds(times.modified) & 0xFFFFFFFF,
        dtime & 0xFFFFFFFF,
        node.group & 0xFFFF,
        0 if node.deleted else links,
        block_count,
        0 if node.in_inode else _USES_EXTENTS,
        0,  # version
        node.root,
        node.generation,
        0,  # no block of attributes
        size_bytes >> 32,
        0,
        0,
        0,
        node.owner >> 16,
        node.group >> 16,
        0,  # low half of the checksum
        0,
    )
    extra = struct.pack(
        "<HHIIIII",
        EXTRA_INODE_BYTES,
        0,  # high half of the checksum
        _finer(times.changed),
        _finer(times.modified),
        _finer(times.accessed),
        seconds(times.born) & 0xFFFFFFFF,
        _finer(times.born),
    )
    blank = (head + extra).ljust(inode_bytes, b"\0")
    checksum = crc32c(blank, seed).to_bytes(4, "little")
    return blank[:0x7C] + checksum[:2] + blank[0x7E:0x82] + checksum[2:] + blank[0x84:]


def _finer(moment: datetime) -> int:
    """Return the two bits above the 32 of the seconds, and nanoseconds above them in the number."""
    whole = seconds(moment)
    low = (whole + 0x80000000) % (1 << 32) - 0x80000000  # as a reader takes the first 32 bits: signed
    return (whole - low) >> 32 & 3 | moment.microsecond * 1000 << 2
