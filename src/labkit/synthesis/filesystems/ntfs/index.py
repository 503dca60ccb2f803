"""The B+ tree of a directory or of another index: a small root in the MFT record, and blocks of 4096 bytes.

Old entries stay where NTFS leaves them: what is removed lets the rest move down, and a block that is split keeps the
moved half behind its end.

Source: Linux-NTFS, "NTFS Documentation", "Concepts: B*Trees"; libyal, "New Technologies File System (NTFS)", section
"Index".
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple, Self

from labkit.synthesis.filesystems.ntfs.attributes import aligned
from labkit.synthesis.filesystems.ntfs.blocks import (
    BLOCK_BYTES,
    BLOCK_ROOM_BYTES,
    CHILD_BYTES,
    SECTOR_UNIT_BYTES,
    Block,
    Entry,
    Render,
)
from labkit.synthesis.filesystems.ntfs.nodes import Extents

_ROOT = -1
_Path = list[tuple[int, int]]  # (block, position in it) from the root down


class Surroundings(NamedTuple):
    """What a change of an index asks of its owner."""

    grow: Callable[[], None]  # give clusters for one block more
    render: Render  # write an entry that leaves its place, as it stands now


class Index:
    """One index under construction.

    Args:
        name: Of its attributes, such as ``$I30``.
        indexed_kind: The kind of attribute that it sorts; 0 for none.
        collation: The number of its order.
        cluster_bytes: Bytes in one cluster of the volume.
    """

    def __init__(self, name: str, indexed_kind: int, collation: int, cluster_bytes: int) -> None:
        self.name = name
        self._order = (indexed_kind, collation)
        # A block is numbered in clusters, or in sectors where a cluster is larger than a block.
        self._unit_bytes = cluster_bytes if cluster_bytes <= BLOCK_BYTES else SECTOR_UNIT_BYTES
        self._blocks = {_ROOT: Block(self._unit_bytes)}
        self._free: list[int] = []  # blocks that were given up, the highest first
        self.block_count = 0
        self.changed: set[int] = set()  # blocks to write
        self.extents: Extents = ()  # of $INDEX_ALLOCATION
        self.root_room = 0  # how many bytes of entries, with the end, the MFT record has room for
        self.grown = False  # has got a block, so that its attributes may take more room than the owner knows

    def fork(self) -> Self:
        """Return an independent copy."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._blocks = {number: block.copy() for number, block in self._blocks.items()}
        copy._free = self._free[:]
        copy.changed = set(self.changed)
        return copy

    # -- what the owner has to know -------------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """How many blocks lie between the root and an entry at the bottom."""
        height, block = 0, self._blocks[_ROOT]
        while block.children:
            height, block = height + 1, self._blocks[block.children[0]]
        return height

    @property
    def root_bytes(self) -> int:
        """How many bytes the entries in the root take, with the end."""
        root = self._blocks[_ROOT]
        return root.used + root.end_bytes

    @property
    def allocation_bytes(self) -> int:
        """How long $INDEX_ALLOCATION is."""
        return self.block_count * BLOCK_BYTES

    def bitmap(self) -> bytes:
        """Return which blocks are in use: the value of $BITMAP."""
        bits = (1 << self.block_count) - 1
        for number in self._free:
            bits ^= 1 << number
        return bits.to_bytes(max(aligned(-(-self.block_count // 8)), 8), "little")

    def root_value(self, render: Render) -> bytes:
        """Return the value of $INDEX_ROOT."""
        return self._blocks[_ROOT].root_value(*self._order, render)

    def block_bytes(self, number: int, render: Render) -> bytes:
        """Return one block, not yet protected."""
        return self._blocks[number].block_bytes(number, render)

    # -- changing -------------------------------------------------------------------------------------------------

    def insert(self, entry: Entry, around: Surroundings) -> None:
        """Put ``entry``, whose key is not there yet, in its place."""
        path = self._descend(entry.key)
        number, position = path.pop()
        block = self._blocks[number]
        if number != _ROOT and not block.children and block.has_room(entry, BLOCK_ROOM_BYTES):
            block.insert(position, entry, None)
            self.changed.add(number)
        else:
            self._put(number, position, entry, None, path, around)

    def remove(self, key: bytes, around: Surroundings) -> None:
        """Take out the entry with ``key``, which is there; one in an inner block is replaced by its follower."""
        path = self._descend(key)
        number, position = path.pop()
        block = self._blocks[number]
        if not block.children:
            block.take(position, around.render)
            self.changed.add(number)
            self._drop_if_empty(number, path, around)
        else:
            path.append((number, position + 1))
            leaf = block.children[position + 1]
            while self._blocks[leaf].children:
                path.append((leaf, 0))
                leaf = self._blocks[leaf].children[0]
            follower = self._blocks[leaf].take(0, around.render)
            block.used += follower.size_bytes - block.entries[position].size_bytes
            block.entries[position] = follower
            block.trim(self._room(number), block.tail)
            self.changed.update((number, leaf))
            self._drop_if_empty(leaf, path, around)
            self._relieve(follower.key, around)
        self.changed.discard(_ROOT)

    def lower_root(self, around: Surroundings) -> None:
        """Move what stands in the root to a block, so that the MFT record has room for other attributes."""
        self._make_room(_ROOT, 0, [], around)

    def touch(self, key: bytes) -> bool:
        """Note that the entry with ``key`` has to be written anew; tell whether it stands in the root."""
        number = self._descend(key)[-1][0]
        if number != _ROOT:
            self.changed.add(number)
        return number == _ROOT

    def _room(self, number: int) -> int:
        return self.root_room if number == _ROOT else BLOCK_ROOM_BYTES

    def _descend(self, key: bytes) -> _Path:
        """Return the way to the entry with ``key``, or to where it would stand in a leaf."""
        wanted = (key,)
        number = _ROOT
        path: _Path = []
        while True:
            block = self._blocks[number]
            entries = block.entries
            position = bisect_left(entries, wanted)
            path.append((number, position))
            if not block.children or (position < len(entries) and entries[position].key == key):
                return path
            number = block.children[position]

    def _put(
        self, number: int, position: int, entry: Entry, right: int | None, path: _Path, around: Surroundings
    ) -> None:
        """Insert ``entry`` into a block that ``path`` leads to, and ``right`` as the child behind it."""
        block = self._blocks[number]
        if not block.has_room(entry, self._room(number)):
            number, position = self._make_room(number, position, path, around)
            block = self._blocks[number]
        block.insert(position, entry, right)
        if number != _ROOT:
            self.changed.add(number)

    def _make_room(self, number: int, position: int, path: _Path, around: Surroundings) -> tuple[int, int]:
        """Move entries of a full block elsewhere; return where ``position`` is now."""
        if number == _ROOT:
            root = self._blocks[_ROOT]
            number = self._new_block(root.copy(), around)
            self._blocks[_ROOT] = Block(self._unit_bytes, [], [number])
            path.append((_ROOT, 0))
            if root.used + root.end_bytes <= BLOCK_ROOM_BYTES // 2:
                return number, position
        block = self._blocks[number]
        middle = block.middle()
        risen, moved = block.cut(middle, around.render)
        right = self._new_block(moved, around)
        self.changed.add(number)
        parent, place = path.pop()
        self._put(parent, place, risen, right, path, around)
        return (number, position) if position <= middle else (right, position - middle - 1)

    def _new_block(self, block: Block, around: Surroundings) -> int:
        block.tail = b""
        if self._free:
            number = self._free.pop()
        else:
            around.grow()
            number = self.block_count
            self.block_count += 1
        self._blocks[number] = block
        self.changed.add(number)
        self.grown = True
        return number

    def _drop_if_empty(self, number: int, path: _Path, around: Surroundings) -> None:
        """Give up a block without entries; what parted it from its neighbour goes to another place."""
        if number == _ROOT or self._blocks[number].entries:
            return
        self._free.append(number)
        self._free.sort(reverse=True)
        self._blocks[number].children = []
        parent, position = path.pop()
        above = self._blocks[parent]
        if not above.entries:  # it was the only child
            above.children = []
            self._drop_if_empty(parent, path, around)
            return
        parted = above.entries.pop(min(position, len(above.entries) - 1))
        above.used -= parted.size_bytes + CHILD_BYTES
        del above.children[position]
        self.changed.add(parent)
        self.insert(parted, around)

    def _relieve(self, key: bytes, around: Surroundings) -> None:
        """Divide the block that holds ``key`` if a longer entry has made it too large."""
        path = self._descend(key)
        number, position = path.pop()
        block = self._blocks[number]
        if block.used + block.end_bytes > self._room(number):
            self._make_room(number, position, path, around)
