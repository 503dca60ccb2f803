"""B-trees of SQLite as pages: tables and indices packed in order, deleted rows left where they were.

A deleted row's cell is not in the pointer array any more; its bytes stay. SQLite links such room as a freeblock whose
first four bytes hold the next freeblock and the size, or, at the low end of the cells, gives it back to the gap.
A page on which no row is left, and the overflow pages of a deleted row, go to the list of free pages with all that
stands on them.

Source: sqlite.org, "Database File Format", sections 1.5 (freelist), 1.6 (B-tree pages) and 1.7 (overflow pages); what
becomes of freed room: SQLite 3.45 source, btree.c, the functions freeSpace, dropCell and freePage2.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from labkit.synthesis.artifacts.sqlite_records import varint

FILE_HEADER_BYTES = 100  # on page 1, in front of the page's own header
_LEAF_HEADER_BYTES, _INTERIOR_HEADER_BYTES = 8, 12
_INDEX_INTERIOR, _TABLE_INTERIOR, _INDEX_LEAF, _TABLE_LEAF = 0x02, 0x05, 0x0A, 0x0D
_POINTER_BYTES = 2
_UNUSED_IN_TRUNK = 8  # words that SQLite leaves alone for readers before 3.6.0, and the two of the header


@dataclass(frozen=True, slots=True)
class TableEntry:
    """A row as it lies in its table. ``died``: the how-manieth to be deleted or replaced it was; None: it lives."""

    rowid: int
    payload: bytes
    died: int | None = None

    @property
    def live(self) -> bool:
        """Whether it was not deleted or replaced."""
        return self.died is None


@dataclass(frozen=True, slots=True)
class _Cell:
    data: bytes
    died: int | None = None
    key: int = 0

    @property
    def live(self) -> bool:
        return self.died is None

    @property
    def size_bytes(self) -> int:
        return len(self.data) + _POINTER_BYTES


@dataclass(slots=True)
class _Leaf:
    """A leaf page whose cells grow down from its end, and whose room is given back as SQLite does it."""

    data: bytearray
    start: int  # of the page's own header
    kind: int
    zero_deleted: bool
    top: int = field(init=False)  # of the cells
    pointers: list[int] = field(default_factory=list)
    blocks: dict[int, int] = field(default_factory=dict)  # freeblocks: offset and size

    def __post_init__(self) -> None:
        self.top = len(self.data)

    def append(self, cell: bytes) -> int:
        """Write a cell below the others and return where it begins."""
        self.top -= len(cell)
        self.data[self.top : self.top + len(cell)] = cell
        struct.pack_into(">H", self.data, self._pointers_start + _POINTER_BYTES * len(self.pointers), self.top)
        self.pointers.append(self.top)
        return self.top

    def drop(self, place: int, size: int) -> None:
        """Take a cell out; the last pointer stays behind the others, where it was."""
        self.pointers.remove(place)
        struct.pack_into(f">{len(self.pointers)}H", self.data, self._pointers_start, *self.pointers)
        self._free(place, size)
        if not self.pointers:
            self.top, self.blocks = len(self.data), {}

    def finish(self) -> bytes:
        """Write the header and return the page."""
        first = min(self.blocks, default=0)
        header = (self.kind, first, len(self.pointers), self.top & 0xFFFF, 0)
        struct.pack_into(">BHHHB", self.data, self.start, *header)
        return bytes(self.data)

    @property
    def _pointers_start(self) -> int:
        return self.start + _LEAF_HEADER_BYTES

    def _free(self, place: int, size: int) -> None:
        """Make a freeblock, joined with its neighbours, or widen the gap in front of the cells."""
        end = place + size
        if end in self.blocks:
            end += self.blocks.pop(end)
        before = next((offset for offset, length in self.blocks.items() if offset + length == place), None)
        begin = place if before is None else before
        self.blocks[begin] = end - begin
        following = min((offset for offset in self.blocks if offset > begin), default=0)
        if self.zero_deleted:
            self.data[begin:end] = bytes(end - begin)
        struct.pack_into(">HH", self.data, begin, following, end - begin)
        if begin == self.top:  # it joins the gap in front of the cells
            self.top = end
            del self.blocks[begin]
        elif previous := max((offset for offset in self.blocks if offset < begin), default=0):
            struct.pack_into(">H", self.data, previous, begin)


@dataclass(slots=True)
class PageWriter:
    """The pages of a database under construction, numbered from 1."""

    page_bytes: int
    zero_deleted: bool = False
    _pages: list[bytes] = field(default_factory=list)
    _freed: list[int] = field(default_factory=list)

    def allocate(self) -> int:
        """Return the number of a new page at the end."""
        self._pages.append(b"")
        return len(self._pages)

    def write_table(self, root: int, entries: Sequence[TableEntry]) -> None:
        """Write the tree of a table whose root is the page ``root``; ``entries`` are ordered by row number."""
        cells = [self._table_cell(entry) for entry in entries]
        groups: list[Sequence[_Cell]] = [cells]
        if not self._fits(cells, page=root):
            groups = _packed(cells, self.page_bytes - _LEAF_HEADER_BYTES)
        living = [group for group in groups if any(cell.live for cell in group)]
        whole = living[0] if len(living) == 1 else groups[0]
        if len(living) <= 1 and self._fits(whole, page=root):
            self._put(root, self._leaf(root, _TABLE_LEAF, whole))
            groups = [group for group in groups if group is not whole]
        children: list[_Cell] = []
        for group in groups:
            page = self.allocate()
            self._put(page, self._leaf(page, _TABLE_LEAF, group))
            if any(cell.live for cell in group):
                children.append(_separator(page, max(cell.key for cell in group if cell.live)))
            else:
                self._free(page)
        if not children:
            return
        while not self._fits(children[:-1], page=root, interior=True):
            children = [self._table_node(group) for group in self._child_groups(children)]
        self._put(root, self._interior(root, _TABLE_INTERIOR, children[:-1], _child(children[-1])))

    def write_index(self, root: int, payloads: Sequence[bytes]) -> None:
        """Write the tree of an index whose root is the page ``root``; ``payloads`` are its records in order."""
        cells = [self._index_cell(payload) for payload in payloads]
        children: list[int] = []
        while not self._fits(_linked(cells, children), page=root, interior=bool(children)):
            room = self.page_bytes - (_INTERIOR_HEADER_BYTES if children else _LEAF_HEADER_BYTES)
            pages, raised = [], []
            for start, end in _split(_linked(cells, children), room):
                page = self.allocate()
                self._put(page, self._index_page(page, cells[start:end], children[start : end + 1]))
                pages.append(page)
                raised.extend(cells[end : end + 1])
            cells, children = raised, pages
        self._put(root, self._index_page(root, cells, children))

    def finish(self) -> tuple[list[bytes], int, int]:
        """Return all pages, the number of the first trunk page of the free list, and how many pages it has."""
        trunk = 0
        leaves: list[int] = []
        trunks: list[tuple[int, int, list[int]]] = []
        for page in self._freed:
            if trunk and len(leaves) < self.page_bytes // 4 - _UNUSED_IN_TRUNK:
                leaves.append(page)
                continue
            leaves = []
            trunks.append((page, trunk, leaves))
            trunk = page
        for page, following, held in trunks:
            head = struct.pack(f">{2 + len(held)}I", following, len(held), *held)
            self._pages[page - 1] = head + self._pages[page - 1][len(head) :]
        return self._pages, trunk, len(self._freed)

    def _put(self, page: int, data: bytes) -> None:
        self._pages[page - 1] = data

    def _free(self, page: int) -> None:
        self._freed.append(page)
        if self.zero_deleted:
            self._put(page, bytes(self.page_bytes))

    def _fits(self, cells: Sequence[_Cell], *, page: int, interior: bool = False) -> bool:
        header_bytes = _INTERIOR_HEADER_BYTES if interior else _LEAF_HEADER_BYTES
        room = self.page_bytes - header_bytes - _page_start(page)
        return sum(cell.size_bytes for cell in cells) <= room

    # --- cells

    def _table_cell(self, entry: TableEntry) -> _Cell:
        head = varint(len(entry.payload)) + varint(entry.rowid)
        largest = self.page_bytes - 35
        return _Cell(self._with_overflow(head, entry.payload, largest, live=entry.live), entry.died, entry.rowid)

    def _index_cell(self, payload: bytes) -> _Cell:
        largest = (self.page_bytes - 12) * 64 // 255 - 23
        return _Cell(self._with_overflow(varint(len(payload)), payload, largest, live=True))

    def _with_overflow(self, head: bytes, payload: bytes, largest: int, *, live: bool) -> bytes:
        """Return a cell; what does not fit into ``largest`` bytes goes to a chain of overflow pages."""
        if len(payload) <= largest:
            return head + payload
        smallest = (self.page_bytes - 12) * 32 // 255 - 23
        room = self.page_bytes - 4
        local = smallest + (len(payload) - smallest) % room
        if local > largest:
            local = smallest
        parts = [payload[start : start + room] for start in range(local, len(payload), room)]
        pages = [self.allocate() for _ in parts]
        for page, following, part in zip(pages, [*pages[1:], 0], parts, strict=True):
            self._put(page, (struct.pack(">I", following) + part).ljust(self.page_bytes, b"\0"))
            if not live:
                self._free(page)
        return head + payload[:local] + struct.pack(">I", pages[0])

    # --- pages

    def _leaf(self, page: int, kind: int, cells: Sequence[_Cell]) -> bytes:
        """Return a leaf on which all cells were written in order, and the dead ones then dropped in theirs."""
        leaf = _Leaf(bytearray(self.page_bytes), _page_start(page), kind, zero_deleted=self.zero_deleted)
        places = [leaf.append(cell.data) for cell in cells]
        dead = [(cell.died, place, len(cell.data)) for cell, place in zip(cells, places, strict=True) if not cell.live]
        for _, place, size in sorted(dead):
            leaf.drop(place, size)
        return leaf.finish()

    def _interior(self, page: int, kind: int, cells: Sequence[_Cell], right: int) -> bytes:
        start = _page_start(page)
        data = bytearray(self.page_bytes)
        top = self.page_bytes
        pointers = []
        for cell in cells:
            top -= len(cell.data)
            pointers.append(top)
            data[top : top + len(cell.data)] = cell.data
        struct.pack_into(">BHHHBI", data, start, kind, 0, len(pointers), top & 0xFFFF, 0, right)
        struct.pack_into(f">{len(pointers)}H", data, start + _INTERIOR_HEADER_BYTES, *pointers)
        return bytes(data)

    def _index_page(self, page: int, cells: Sequence[_Cell], children: Sequence[int]) -> bytes:
        if not children:
            return self._leaf(page, _INDEX_LEAF, cells)
        return self._interior(page, _INDEX_INTERIOR, _linked(cells, children), children[-1])

    def _table_node(self, children: Sequence[_Cell]) -> _Cell:
        page = self.allocate()
        self._put(page, self._interior(page, _TABLE_INTERIOR, children[:-1], _child(children[-1])))
        return _separator(page, children[-1].key)

    def _child_groups(self, children: Sequence[_Cell]) -> list[Sequence[_Cell]]:
        """Return the children of each page of the next level: two or more pages, two or more children each."""
        groups = _packed(children, self.page_bytes - _INTERIOR_HEADER_BYTES)
        if len(groups) == 1:  # only page 1, which is smaller, makes a second page needed
            middle = len(children) // 2
            return [children[:middle], children[middle:]]
        if len(groups[-1]) == 1:
            groups[-2:] = [groups[-2][:-1], [groups[-2][-1], *groups[-1]]]
        return groups


def _page_start(page: int) -> int:
    return FILE_HEADER_BYTES if page == 1 else 0


def _separator(page: int, key: int) -> _Cell:
    return _Cell(struct.pack(">I", page) + varint(key), key=key)


def _linked(cells: Sequence[_Cell], children: Sequence[int]) -> Sequence[_Cell]:
    """Return index cells with the pages to their left in front; as they are on a leaf, which has no children."""
    if not children:
        return cells
    return [_Cell(struct.pack(">I", child) + cell.data) for child, cell in zip(children, cells, strict=False)]


def _child(separator: _Cell) -> int:
    return int.from_bytes(separator.data[:4], "big")


def _packed(cells: Sequence[_Cell], room_bytes: int) -> list[Sequence[_Cell]]:
    """Return ``cells`` in groups that fill a page each."""
    groups: list[list[_Cell]] = [[]]
    left = room_bytes
    for cell in cells:
        if cell.size_bytes > left and groups[-1]:
            groups.append([])
            left = room_bytes
        groups[-1].append(cell)
        left -= cell.size_bytes
    return list(groups)


def _split(cells: Sequence[_Cell], room_bytes: int) -> list[tuple[int, int]]:
    """Return the ranges of the cells that fill a page each; the cell at the end of a range goes up a level."""
    ranges = []
    start, end, left = 0, 0, room_bytes
    while end < len(cells):
        if cells[end].size_bytes <= left:
            left -= cells[end].size_bytes
            end += 1
            continue
        if end == len(cells) - 1:  # nothing would be left on the other side of it
            end -= 1
        ranges.append((start, end))
        start = end = end + 1
        left = room_bytes
    return [*ranges, (start, end)]
