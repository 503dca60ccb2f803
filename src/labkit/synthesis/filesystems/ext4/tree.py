"""Inodes, directories and blocks of an ext4 volume under construction, and what an operation changes in them.

Holds no content. Inodes are given out as Linux does, a little simplified: a file gets the lowest free inode of its
directory's group, so that of a deleted file is soon used again; a directory in the root directory goes to the group
with the most free inodes, and so spreads its files over the volume.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from labkit.synthesis.filesystems.ext4 import directory, extents
from labkit.synthesis.filesystems.ext4.checksums import crc32c, inode_seed, volume_seed
from labkit.synthesis.filesystems.ext4.inodes import ENTRY_TYPES, InodeTimes, NamePlace, Node, NodeKind
from labkit.synthesis.filesystems.ext4.layout import FIRST_INODE, JOURNAL_INODE, ROOT_INODE, ExtGeometry
from labkit.synthesis.filesystems.namespace import ROOT, Namespace
from labkit.synthesis.filesystems.space import NOBODY, SpaceMap
from labkit.synthesis.medium import Medium

_LOST_AND_FOUND_BYTES, _LOST_AND_FOUND_BLOCKS = 16384, 12  # at least the first, at most the second: mke2fs


@dataclass(frozen=True, slots=True)
class DirectoryBlock:
    """The bytes of one directory block without the checksum, and the largest entry that fits in."""

    data: bytes
    room: int

    @classmethod
    def of(cls, data: bytes) -> "DirectoryBlock":
        """Return ``data`` with what fits in."""
        return cls(data, directory.room(data))


class ExtTree:
    """Everything but content. ``wipes_names`` as in ``Ext4Volume``."""

    def __init__(
        self, geometry: ExtGeometry, medium: Medium, *, uuid: bytes, formatted: datetime, wipes_names: bool
    ) -> None:
        self.geometry = geometry
        self.seed = volume_seed(uuid)
        self.blocks = SpaceMap(
            geometry.first_block, geometry.block_count, page_units=geometry.group_blocks, unit_name="blocks"
        )
        self.inodes = SpaceMap(1, geometry.inode_count + 1, page_units=geometry.inodes_per_group, unit_name="inodes")
        self.directories: dict[int, tuple[DirectoryBlock, ...]] = {}
        self.open_deleted: tuple[int, ...] = ()  # nodes deleted while open, the last one first
        self.directory_counts = [0] * geometry.group_count
        self.used_inodes = [0] * geometry.group_count  # from the start of a table: what was ever given out
        self.changed_nodes: set[int] = set()
        self.changed_blocks: set[tuple[int, int]] = set()  # (node of a directory, index of its block)
        self._unwritten_index: dict[int, tuple[bytes, int]] = {}  # index block -> its bytes, where its checksum begins
        self._medium = medium
        self._uuid = uuid
        self._wipes_names = wipes_names
        self._format(InodeTimes(formatted, formatted, formatted, formatted))

    def fork(self, medium: Medium) -> "ExtTree":
        """Return an independent copy that writes to ``medium``."""
        other = object.__new__(ExtTree)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other.blocks, other.inodes = self.blocks.fork(), self.inodes.fork()
        other.names = self.names.fork()
        other.directories = dict(self.directories)
        other.directory_counts, other.used_inodes = self.directory_counts[:], self.used_inodes[:]
        other.changed_nodes, other.changed_blocks = set(self.changed_nodes), set(self.changed_blocks)
        other._unwritten_index = dict(self._unwritten_index)
        return other

    # -- making ---------------------------------------------------------------------------------------------------

    def require(self, parent: Node, name: bytes, *, content_blocks: int, inodes: int = 1) -> None:
        """Refuse a new name whose content and entry may not fit: blocks of the extent tree count as in the worst case.

        Raises:
            SynthesisError: The volume is full.
        """
        self.inodes.require(inodes)
        growth = 0
        if all(block.room < directory.bytes_for(len(name)) for block in self.directories[parent.node_id]):
            growth = 1 + self._index_growth(parent, 1)
        self.blocks.require(content_blocks + self._worst_index_blocks(content_blocks) + growth)

    def require_content(self, node: Node, more_blocks: int, *, freed: Node | None = None) -> None:
        """Refuse to let a file grow by ``more_blocks`` that may not fit when the blocks of ``freed`` are free again.

        Raises:
            SynthesisError: The volume is full.
        """
        back = len(freed.blocks) + len(freed.index_blocks) if freed is not None else 0
        self.blocks.require(more_blocks + self._index_growth(node, more_blocks) - back)

    def add(
        self,
        parent: Node,
        name: str,
        kind: NodeKind,
        times: InodeTimes,
        *,
        permissions: int,
        owner: tuple[int, int],
        inode: int | None = None,
    ) -> Node:
        """Make a node and write its name; ``require`` has made sure of the place. A directory gets its first block."""
        inode = inode or self._free_inode(parent, kind)
        node = self._new_node(self.names.next_id(), kind, inode, times, permissions=permissions, owner=owner)
        node = self.place_name(node, parent, name, times.changed)
        if kind == "directory":
            node = self._with_first_block(node, parent)
        self.names.bind(node)
        return node

    def put(self, node: Node) -> None:
        """Keep a changed node; its inode is written with the next flush."""
        self.names.put(node)
        self.changed_nodes.add(node.node_id)

    def with_content(self, node: Node, blocks: tuple[int, ...], size_bytes: int) -> Node:
        """Return ``node`` with other blocks of content, which are its own already, and its extent tree for them."""
        entries = tuple(extents.extents_of(blocks))
        needed = extents.index_blocks_for(len(entries), self.geometry.block_bytes)
        index_blocks = node.index_blocks + self.blocks.allocate(needed - len(node.index_blocks), node.node_id)
        tree = extents.build_tree(entries, index_blocks, self.geometry.block_bytes, node.root)
        seed = inode_seed(self.seed, node.inode, node.generation)
        self._unwritten_index |= {block: (data, seed) for block, data in tree.index_blocks}
        return replace(
            node,
            blocks=blocks,
            index_blocks=index_blocks,
            extent_count=len(entries),
            root=tree.root,
            size_bytes=size_bytes,
        )

    def emptied(self, node: Node) -> Node:
        """Return ``node`` without content, its blocks freed; what stood in them stays."""
        self._release(node)
        return replace(node, blocks=(), index_blocks=(), extent_count=0, root=extents.emptied(node.root), size_bytes=0)

    # -- names ----------------------------------------------------------------------------------------------------

    def place_name(self, node: Node, parent: Node, name: str, at: datetime) -> Node:
        """Write the entry of a name into ``parent``, which grows if it must. Return the node with its new place."""
        stored = directory.check_name(name)
        rows = self.directories[parent.node_id]
        needed = directory.bytes_for(len(stored))
        index = next((number for number, block in enumerate(rows) if block.room >= needed), len(rows))
        if index == len(rows):
            rows += (DirectoryBlock.of(directory.empty_block(self.geometry.block_bytes)),)
            grown = parent.blocks + self.blocks.allocate(1, parent.node_id)
            parent = self.with_content(parent, grown, len(grown) * self.geometry.block_bytes)
        inserted = directory.insert(rows[index].data, node.inode, stored, ENTRY_TYPES[node.kind])
        if inserted is None:
            raise AssertionError("a block with room takes the entry")
        data, offset = inserted
        self._set_block(parent.node_id, index, data, rows)
        self.put(_touched(parent, at, links=1 if node.directory and node.parent_id != parent.node_id else 0))
        return replace(
            node, parent_id=parent.node_id, name=name, place=NamePlace(parent.node_id, index, offset, stored)
        )

    def remove_name(self, place: NamePlace, at: datetime, *, links: int) -> None:
        """Take an entry out of its directory, which loses ``links`` links."""
        rows = self.directories[place.directory_id]
        data = directory.remove(rows[place.block_index].data, place.offset, wipe=self._wipes_names)
        self._set_block(place.directory_id, place.block_index, data, rows)
        self.put(_touched(self.names.nodes[place.directory_id], at, links=-links))

    def name_stands(self, place: NamePlace, inode: int) -> bool:
        """Tell whether the bytes of an entry are still where they were written."""
        block = self.names.nodes[place.directory_id].blocks[place.block_index]
        if self.blocks.writer(block) != place.directory_id:
            return False
        data = self.directories[place.directory_id][place.block_index].data
        return directory.holds(data, place.offset, inode, place.name)

    def place_offset_bytes(self, place: NamePlace) -> int:
        """Return where an entry stands, on the medium."""
        block = self.names.nodes[place.directory_id].blocks[place.block_index]
        return self.geometry.block_offset_bytes(block) + place.offset

    def point_to_parent(self, node: Node, parent: Node) -> None:
        """Let the ``..`` of a directory lead to ``parent``."""
        rows = self.directories[node.node_id]
        self._set_block(node.node_id, 0, directory.with_parent(rows[0].data, parent.inode), rows)

    # -- deleting -------------------------------------------------------------------------------------------------

    def erase(self, node: Node, at: datetime) -> None:
        """Delete ``node``, and before it all that is in it; its name in its own directory is not touched.

        The blocks of a deleted directory stay as they stood before: their last changes are still in the journal when
        the blocks are freed, and Linux does not write freed blocks (looked at with 6.18 after ``rm -r``).
        """
        if node.directory:
            for index in range(len(node.blocks)):
                self.write_block(node, index)
            for child in tuple(self._children(node)):
                self.erase(child, at)
            self.directory_counts[self.geometry.group_of_inode(node.inode)] -= 1
        self.names.unbind(node)
        self._release(node)
        self.inodes.release((node.inode,))
        root = bytes(extents.ROOT_BYTES) if node.in_inode else extents.emptied(node.root)
        modified = at if node.blocks else node.times.modified
        times = replace(node.times, modified=modified, changed=at)
        self.put(replace(node, root=root, times=times, links=0, deleted_at=at.replace(microsecond=0)))

    def leave_open(self, node: Node, at: datetime) -> None:
        """Take the links of a file whose name is gone, and put it into the list of deleted files still open."""
        self.names.unbind(node)
        times = replace(node.times, changed=at)
        self.put(replace(node, times=times, links=0, deleted_at=at.replace(microsecond=0), left_open=True))
        self.open_deleted = (node.node_id, *self.open_deleted)

    # -- writing --------------------------------------------------------------------------------------------------

    def write_block(self, node: Node, index: int) -> None:
        """Write one block of a directory to the medium if it changed."""
        if (node.node_id, index) not in self.changed_blocks:
            return
        self.changed_blocks.discard((node.node_id, index))
        seed = inode_seed(self.seed, node.inode, node.generation)
        data = directory.sealed(self.directories[node.node_id][index].data, seed)
        self._medium.write(self.geometry.block_offset_bytes(node.blocks[index]), data)

    def write_index(self, index_blocks: Iterable[int] | None = None) -> None:
        """Write index blocks of extent trees to the medium if they changed: the given ones, or all."""
        for block in tuple(self._unwritten_index if index_blocks is None else index_blocks):
            data, seed = self._unwritten_index.pop(block, (b"", 0))
            if data:
                self._medium.write(self.geometry.block_offset_bytes(block), extents.sealed(data, seed))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _format(self, times: InodeTimes) -> None:
        geometry = self.geometry
        for group in range(geometry.group_count):
            self.blocks.take(geometry.group_first(group), geometry.overhead(group), NOBODY)
        self.inodes.take(1, FIRST_INODE - 1, NOBODY)
        self.used_inodes[0] = FIRST_INODE - 1
        root = replace(
            self._new_node(ROOT, "directory", ROOT_INODE, times, permissions=0o755, owner=(0, 0)), parent_id=ROOT
        )
        self.names = Namespace(root, lambda name: name)
        self.put(self._with_first_block(root, root))
        self._make_lost_and_found(times)
        self.journal = self._make_journal(times)

    def _make_lost_and_found(self, times: InodeTimes) -> None:
        parent = self.names.nodes[ROOT]
        node = self.add(parent, "lost+found", "directory", times, permissions=0o700, owner=(0, 0), inode=FIRST_INODE)
        block_bytes = self.geometry.block_bytes
        more = min(_LOST_AND_FOUND_BYTES // block_bytes, _LOST_AND_FOUND_BLOCKS) - 1
        blocks = node.blocks + self.blocks.allocate(more, node.node_id)
        rows = self.directories[node.node_id]
        for index in range(1, len(blocks)):
            rows = (*rows, DirectoryBlock.of(directory.empty_block(block_bytes)))
            self.changed_blocks.add((node.node_id, index))
        self.directories[node.node_id] = rows
        self.put(self.with_content(node, blocks, len(blocks) * block_bytes))

    def _make_journal(self, times: InodeTimes) -> Node | None:
        count = self.geometry.journal_blocks
        if not count:
            return None
        node = Node(NOBODY, ROOT, "", "file", JOURNAL_INODE, 0, 0o600, 0, 0, times)
        self.blocks.rewind(after=self.geometry.group_first(self.geometry.group_count // 2) - 1)
        blocks = self.blocks.allocate(count, NOBODY)
        self.blocks.rewind()
        return self.with_content(node, blocks, count * self.geometry.block_bytes)

    def _new_node(
        self,
        node_id: int,
        kind: NodeKind,
        inode: int,
        times: InodeTimes,
        *,
        permissions: int,
        owner: tuple[int, int],
    ) -> Node:
        """Take an inode for a node that lies in no directory yet."""
        group = self.geometry.group_of_inode(inode)
        generation = 0
        if inode >= FIRST_INODE:
            self.inodes.take(inode, 1, node_id)
            generation = crc32c(self._uuid + node_id.to_bytes(4, "little"))
        self.used_inodes[group] = max(self.used_inodes[group], (inode - 1) % self.geometry.inodes_per_group + 1)
        self.directory_counts[group] += kind == "directory"
        self.changed_nodes.add(node_id)
        links = 2 if kind == "directory" else 1
        return Node(node_id, NOBODY, "", kind, inode, generation, permissions, *owner, times, links=links)

    def _with_first_block(self, node: Node, parent: Node) -> Node:
        block_bytes = self.geometry.block_bytes
        data = directory.first_block(block_bytes, node.inode, parent.inode)
        self._set_block(node.node_id, 0, data, ())
        return self.with_content(node, self.blocks.allocate(1, node.node_id), block_bytes)

    def _release(self, node: Node) -> None:
        self.write_index(node.index_blocks)  # it must stand on the medium before others can take its blocks
        self.blocks.release(node.blocks)
        self.blocks.release(node.index_blocks)

    def _set_block(self, node_id: int, index: int, data: bytes, rows: tuple[DirectoryBlock, ...]) -> None:
        self.directories[node_id] = (*rows[:index], DirectoryBlock.of(data), *rows[index + 1 :])
        self.changed_blocks.add((node_id, index))

    def _free_inode(self, parent: Node, kind: NodeKind) -> int:
        group = self.geometry.group_of_inode(parent.inode)
        if kind == "directory" and parent.node_id == ROOT:
            groups = range(self.geometry.group_count)
            group = max(groups, key=lambda number: (self.inodes.free_in(number), self.blocks.free_in(number), -number))
        return self.inodes.next_free(group * self.geometry.inodes_per_group + 1)

    def _children(self, node: Node) -> Iterator[Node]:
        """Yield what lives in a directory, in the order of its entries."""
        for block in self.directories[node.node_id]:
            for entry in directory.entries(block.data):
                if entry.name not in (b".", b".."):
                    yield self.names.nodes[self.inodes.writer(entry.inode)]

    def _worst_index_blocks(self, block_count: int) -> int:
        return extents.index_blocks_for(block_count, self.geometry.block_bytes)

    def _index_growth(self, node: Node, more_blocks: int) -> int:
        return max(self._worst_index_blocks(node.extent_count + more_blocks) - len(node.index_blocks), 0)


def _touched(parent: Node, at: datetime, *, links: int) -> Node:
    times = replace(parent.times, modified=at, changed=at)
    return replace(parent, times=times, links=parent.links + links)
