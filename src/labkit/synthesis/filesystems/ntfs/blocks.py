"""One block of an index: its entries in order, where they lead, and what stands behind their end.

Source: Linux-NTFS, "NTFS Documentation", "Concepts: Index Record" and "Attributes: $INDEX_ROOT"; libyal, "New
Technologies File System (NTFS)", section "Index".
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

BLOCK_BYTES = 4096
SECTOR_UNIT_BYTES = 512
_HEADER_BYTES = 0x40  # with the update sequence of nine numbers
BLOCK_ROOM_BYTES = BLOCK_BYTES - _HEADER_BYTES  # for entries, with the end
_NODE_HEADER_START = 0x18
_UPDATE_SEQUENCE_START = 0x28
CHILD_BYTES = 8
END_BYTES = 16
_HAS_CHILD, _IS_END = 1, 2
_HAS_BLOCKS = 1


class Entry(NamedTuple):
    """One key. Entries sort by ``key``; the rest is what the owner of the index needs to write it."""

    key: bytes
    owner: int
    text: str
    kind: int
    size_bytes: int  # without the number of a child


Render = Callable[[Entry], bytes]  # an entry as it stands in a leaf


@dataclass(slots=True)
class Block:
    """One block, or the root. Numbers of blocks are stated in units of ``unit_bytes``."""

    unit_bytes: int
    entries: list[Entry] = field(default_factory=list)
    children: list[int] = field(default_factory=list)  # one more than entries; none in a leaf
    used: int = 0  # bytes of the entries, without the end
    tail: bytes = b""  # what stands behind the end

    @property
    def end_bytes(self) -> int:
        """How long the entry is that ends the block."""
        return END_BYTES + CHILD_BYTES if self.children else END_BYTES

    def has_room(self, entry: Entry, room: int) -> bool:
        """Tell whether ``entry`` can be put in beside the others when the block has ``room`` bytes for all."""
        beside = END_BYTES + 2 * CHILD_BYTES if self.children else END_BYTES
        return self.used + entry.size_bytes + beside <= room

    def size_of(self, entry: Entry) -> int:
        """Return how long ``entry`` is in this block."""
        return entry.size_bytes + CHILD_BYTES if self.children else entry.size_bytes

    def copy(self) -> "Block":
        """Return an independent copy."""
        return Block(self.unit_bytes, self.entries[:], self.children[:], self.used, self.tail)

    def insert(self, position: int, entry: Entry, right: int | None) -> None:
        """Put ``entry`` at ``position`` and ``right``, in an inner block, as the child behind it."""
        size = entry.size_bytes + CHILD_BYTES if self.children else entry.size_bytes
        self.entries.insert(position, entry)
        if right is not None:
            self.children.insert(position + 1, right)
        self.used += size
        if self.tail:
            self.tail = self.tail[size:]

    def take(self, position: int, render: Render) -> Entry:
        """Take an entry out of a leaf; the rest moves down, and the end of what stood there stays."""
        entry = self.entries[position]
        first, size = len(self.entries), self.end_bytes
        while size < entry.size_bytes:
            first -= 1
            size += self.size_of(self.entries[first])
        self.tail = self.bytes_from(first, render)[-entry.size_bytes :] + self.tail
        del self.entries[position]
        self.used -= entry.size_bytes
        return entry

    def cut(self, middle: int, render: Render) -> tuple[Entry, "Block"]:
        """Divide the block: return the entry at ``middle`` and a block with what follows; both stay in the tail."""
        risen = self.entries[middle]
        before = sum(map(self.size_of, self.entries[:middle]))
        behind = before + self.size_of(risen)
        old_end = self.bytes_from(middle, render)
        moved = Block(
            self.unit_bytes, self.entries[middle + 1 :], self.children[middle + 1 :], max(self.used - behind, 0)
        )
        self.entries, self.children, self.used = self.entries[:middle], self.children[: middle + 1], before
        self.trim(BLOCK_ROOM_BYTES, old_end[self.end_bytes :] + self.tail)
        return risen, moved

    def trim(self, room: int, tail: bytes) -> None:
        """Set the tail, as far as there is room for it."""
        self.tail = tail[: max(room - self.used - self.end_bytes, 0)]

    def middle(self) -> int:
        """Return the entry at which the block is best divided."""
        before = 0
        for position, entry in enumerate(self.entries[:-2]):
            before += self.size_of(entry)
            if before >= self.used // 2:
                return position
        return max(len(self.entries) - 2, 0)

    def bytes_from(self, position: int, render: Render) -> bytes:
        """Return the entries from ``position`` on, and the end, as they stand."""
        entries = self.entries[position:]
        if not self.children:
            return b"".join(map(render, entries)) + struct.pack("<QHHHH", 0, END_BYTES, 0, _IS_END, 0)
        parts = [
            self._inner(render(entry), child) for entry, child in zip(entries, self.children[position:], strict=False)
        ]
        end = struct.pack(
            "<QHHHHQ", 0, END_BYTES + CHILD_BYTES, 0, _HAS_CHILD | _IS_END, 0, self._vcn(self.children[-1])
        )
        return b"".join(parts) + end

    def root_value(self, indexed_kind: int, collation: int, render: Render) -> bytes:
        """Return the value of $INDEX_ROOT."""
        body = self.bytes_from(0, render)
        size = END_BYTES + len(body)
        head = struct.pack("<IIIB3x", indexed_kind, collation, BLOCK_BYTES, BLOCK_BYTES // self.unit_bytes)
        return head + struct.pack("<IIIB3x", END_BYTES, size, size, _HAS_BLOCKS if self.children else 0) + body

    def block_bytes(self, number: int, render: Render) -> bytes:
        """Return block ``number`` of an index, not yet protected."""
        body = self.bytes_from(0, render)
        head = struct.pack(
            "<4sHHQQIIIB3x",
            b"INDX",
            _UPDATE_SEQUENCE_START,
            BLOCK_BYTES // SECTOR_UNIT_BYTES + 1,
            0,
            self._vcn(number),
            _HEADER_BYTES - _NODE_HEADER_START,
            _HEADER_BYTES - _NODE_HEADER_START + len(body),
            BLOCK_BYTES - _NODE_HEADER_START,
            _HAS_BLOCKS if self.children else 0,
        )
        return (head.ljust(_HEADER_BYTES, b"\0") + body + self.tail).ljust(BLOCK_BYTES, b"\0")[:BLOCK_BYTES]

    def _inner(self, leaf_form: bytes, child: int) -> bytes:
        """Return an entry with the number of its child, which lengthens it and sets a flag."""
        size = len(leaf_form) + CHILD_BYTES
        flags = bytes((leaf_form[12] | _HAS_CHILD,))
        head = leaf_form[:8] + size.to_bytes(2, "little") + leaf_form[10:12] + flags
        return head + leaf_form[13:] + struct.pack("<Q", self._vcn(child))

    def _vcn(self, number: int) -> int:
        return number * BLOCK_BYTES // self.unit_bytes
