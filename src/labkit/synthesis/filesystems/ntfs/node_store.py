"""The nodes of an NTFS volume: their records, the indexes of directories, and what has to be written."""

from typing import Self

from labkit.synthesis.filesystems.ntfs import rendering
from labkit.synthesis.filesystems.ntfs.allocation import ClusterMap
from labkit.synthesis.filesystems.ntfs.attributes import resident_size
from labkit.synthesis.filesystems.ntfs.blocks import BLOCK_BYTES, Render
from labkit.synthesis.filesystems.ntfs.index import Index, Surroundings
from labkit.synthesis.filesystems.ntfs.layout import NtfsGeometry
from labkit.synthesis.filesystems.ntfs.mft import Mft, read_extents, write_extents
from labkit.synthesis.filesystems.ntfs.nodes import DATA, Attribute, Extent, Extents, Node, cluster_total, joined
from labkit.synthesis.filesystems.ntfs.records import (
    ATTRIBUTES_START,
    DIRECTORY,
    IN_USE,
    ROOM_BYTES,
    protected,
    record_bytes,
)
from labkit.synthesis.filesystems.ntfs.view_tree import ViewTree
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key
from labkit.synthesis.filesystems.ntfs_streams.view_index import ViewIndex
from labkit.synthesis.medium import SECTOR_BYTES, Medium

MFT_NODE = 1
_GROWTH_SHARE = 8


class NodeStore:
    """Nodes by their numbers, and their indexes. Holds no content outside of records."""

    def __init__(self, geometry: NtfsGeometry, medium: Medium) -> None:
        self.geometry = geometry
        self.medium = medium
        self.clusters = ClusterMap(geometry.cluster_count)
        self.mft = Mft(geometry, medium, self.clusters, MFT_NODE)
        self.nodes: dict[int, Node] = {}
        self.indexes: dict[int, tuple[Index, ...]] = {}
        self.found: dict[int, dict[str, int]] = {}  # directory -> name in upper case -> node
        self._owned: set[int] = set()  # nodes whose indexes no fork shares
        self._in_hand: dict[int, tuple[Index, Surroundings]] = {}  # directories that change again and again
        self._changed: set[int] = set()  # nodes whose record has to be written
        self._restated: set[int] = set()  # nodes whose index entries have to be written
        self._changed_indexes: set[int] = set()

    def fork(self, medium: Medium) -> Self:
        """Return an independent copy that writes to ``medium``. Directories are shared until one of both changes."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.medium = medium
        other.clusters = self.clusters.fork()
        other.mft = self.mft.fork(medium, other.clusters)
        other.nodes, other.indexes, other.found = dict(self.nodes), dict(self.indexes), dict(self.found)
        other._changed, other._restated = set(self._changed), set(self._restated)
        other._changed_indexes = set(self._changed_indexes)
        self._owned, other._owned = set(), set()
        self._in_hand, other._in_hand = {}, {}
        return other

    def settle(self, node: Node) -> Node:
        """Make ``node`` fit its record: move content out of it, or attributes to further records. Store it.

        It may be the stored one, whose index has changed. The caller has made sure that there is room (``require``).
        """
        before = self.nodes.get(node.node_id)
        if before is node:
            before = None  # its record does not hold it any more
        indexes = self.own_indexes(node.node_id) if node.node_id in self.indexes else ()
        while not (fits := rendering.used_bytes(node, indexes) <= ROOM_BYTES):
            large = _largest_resident(node)
            if large is None:
                break
            if before is not None:
                self.write(before)  # so that the content stays in the slack of the record
            node = self._moved_out(node, large)
        self.nodes[node.node_id] = node
        if not fits or node.extensions:
            node = self._with_extensions(node, indexes)
        for index in indexes:
            index.grown = False
            index.root_room = rendering.root_room(node, index, len(indexes))
        self.keep(node)
        return node

    def keep(self, node: Node) -> None:
        """Keep the new value of a node whose attributes take no more room than before; its record will be written."""
        self.nodes[node.node_id] = node
        self._changed.add(node.node_id)

    def store(self, node: Node) -> None:
        """Keep the new value of a node; its record and its index entries will be written."""
        self.keep(node)
        self._restated.add(node.node_id)

    def erase(self, node: Node) -> None:
        """Free the record and the clusters of a node that has left its directories.

        What it has in records and index blocks is written first, before others can take the places.
        """
        self.nodes[node.node_id] = node
        self.write(node)
        if node.directory:
            self._write_blocks(node.node_id)
            self._changed_indexes.discard(node.node_id)
        self.mft.release(node.record)
        for number, _ in node.extensions:
            self.mft.release(number)
        for attribute in node.attributes:
            self.clusters.release(attribute.extents)
        self.clusters.release(node.list_extents)
        for index in self.indexes.get(node.node_id, ()):
            self.clusters.release(index.extents)
        self.nodes[node.node_id] = node._replace(deleted=True)
        self._changed.discard(node.node_id)

    def follow(self, node_id: int, wanted: ViewIndex) -> None:
        """Let an index that is no directory hold what ``wanted`` says. There is room (see ``blocks_for``)."""
        index = self.view(node_id, wanted.name)
        index.follow(wanted, self.surroundings(node_id, index))
        self._changed_indexes.add(node_id)
        self.settle(self.nodes[node_id])

    def view(self, node_id: int, name: str) -> ViewTree:
        """Return an index that is no directory."""
        return next(one for one in self.own_indexes(node_id) if isinstance(one, ViewTree) and one.name == name)

    # -- writing --------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the records and index blocks that changed."""
        self._restate()
        for node_id in sorted(self._changed_indexes):
            self._write_blocks(node_id)
        self._changed_indexes.clear()
        for node_id in sorted(self._changed, key=lambda number: self.nodes[number].record):
            self.write(self.nodes[node_id])
        self._changed.clear()
        self._in_hand.clear()

    def write_if_changed(self, node: Node) -> None:
        """Write the record of a node unless it stands as it is."""
        if node.node_id in self._changed:
            self.write(node)
            self._changed.discard(node.node_id)

    def write(self, node: Node) -> None:
        """Write the record of a node, and those that it needs beside it."""
        plain = rendering.plain_record(node, self.geometry.cluster_bytes)
        if plain is not None:
            self._write_base(node, plain)
            return
        parts = self._spread(node)
        base = [piece.content for piece in parts.base]
        if parts.further:
            base.insert(1, self._list_piece(node, parts).content)
            if parts.list_outside:
                value = rendering.attribute_list(parts, _references(node))
                write_extents(self.medium, self.geometry, node.list_extents, 0, value)
        self._write_base(node, base)
        for (record, sequence), further in zip(node.extensions, parts.further, strict=True):
            used = record_bytes(
                record,
                sequence,
                flags=IN_USE,
                links=0,
                next_instance=max(node.next_instance, rendering.FIXED_END),
                attributes=[piece.content for piece in further],
                base_reference=node.reference,
            )
            self.mft.write(record, used)

    def _write_base(self, node: Node, attributes: list[bytes]) -> None:
        links = 0
        for name in node.names:
            links += 2 if name.alias else 1
        used = record_bytes(
            node.record,
            node.sequence,
            flags=IN_USE | (DIRECTORY if node.directory else 0) | node.record_flags,
            links=links,
            next_instance=max(node.next_instance, rendering.FIXED_END),
            attributes=attributes,
        )
        self.mft.write(node.record, used)

    def place_of(self, node: Node, attribute: Attribute) -> tuple[int, int]:
        """Return the record that holds a resident attribute, and where its value begins within the record."""
        parts = self._spread(node)
        numbers = [node.record, *(number for number, _ in node.extensions)]
        for number, content in zip(numbers, (parts.base, *parts.further), strict=True):
            position = ATTRIBUTES_START
            for piece in content:
                if (piece.kind, piece.instance) == (attribute.kind, attribute.instance):
                    return number, position + resident_size(attribute.name, 0)
                position += len(piece.content)
                if parts.further and number == node.record and piece.kind == AttributeType.STANDARD_INFORMATION:
                    position += len(self._list_piece(node, parts).content)
        raise AssertionError(f"record {node.record} has no attribute {attribute.kind:#x} {attribute.name}")

    def renderer(self, node_id: int, index: Index) -> Render:
        """Return what writes an entry of an index as it stands now."""
        if isinstance(index, ViewTree):
            return index.render
        return rendering.entry_renderer(self.nodes, self.nodes[node_id].reference, self.geometry.cluster_bytes)

    def surroundings(self, node_id: int, index: Index) -> Surroundings:
        """Return what a change of an index asks for."""
        return Surroundings(lambda: self._grow_index(node_id, index), self.renderer(node_id, index))

    def _write_blocks(self, node_id: int) -> None:
        for index in self.own_indexes(node_id):
            render = self.renderer(node_id, index)
            for number in sorted(index.changed):
                position = number * BLOCK_BYTES
                before = read_extents(self.medium, self.geometry, index.extents, position, BLOCK_BYTES)
                block = protected(index.block_bytes(number, render), before)
                write_extents(self.medium, self.geometry, index.extents, position, block)
            index.changed.clear()

    def _restate(self) -> None:
        """Note in which index blocks, or records, what was stored has its entries."""
        for node_id in self._restated:
            node = self.nodes[node_id]
            for name in () if node.deleted else node.names:
                directory = self.own_indexes(name.parent_id)[0]
                self._changed_indexes.add(name.parent_id)
                for key in name.keys:
                    if directory.touch(key):
                        self._changed.add(name.parent_id)
        self._restated.clear()

    def _spread(self, node: Node) -> rendering.Spread:
        indexes = [(index, self.renderer(node.node_id, index)) for index in self.indexes.get(node.node_id, ())]
        return rendering.spread(rendering.pieces(node, indexes, self.geometry.cluster_bytes), node.list_extents)

    def _list_piece(self, node: Node, parts: rendering.Spread) -> rendering.Piece:
        value = rendering.attribute_list(parts, _references(node))
        return rendering.list_piece(value, node.list_extents, self.geometry.cluster_bytes)

    def _with_extensions(self, node: Node, indexes: tuple[Index, ...]) -> Node:
        """Give a node the further records, and the clusters for $ATTRIBUTE_LIST, that it needs now, and no more."""
        while True:
            parts = self._spread(node)
            if parts.overfull:
                largest = max(indexes, key=lambda index: index.root_bytes)
                largest.lower_root(self.surroundings(node.node_id, largest))
                self._changed_indexes.add(node.node_id)
                continue
            extensions = self._extensions(node, len(parts.further))
            list_extents = self._list_extents(node, parts)
            grown = list_extents != node.list_extents  # their run list may need room of the base record
            node = node._replace(extensions=extensions, list_extents=list_extents)
            if not grown:
                return node

    def _extensions(self, node: Node, count: int) -> tuple[Extent, ...]:
        extensions = node.extensions
        while len(extensions) < count:
            extensions = (*extensions, self.mft.allocate(node.node_id))
        for number, _ in extensions[count:]:
            self.mft.release(number)
        return extensions[:count]

    def _list_extents(self, node: Node, parts: rendering.Spread) -> Extents:
        wanted = self.geometry.clusters_for(parts.list_bytes) if parts.list_outside else 0
        missing = wanted - cluster_total(node.list_extents)
        if missing > 0:
            return joined(node.list_extents, self.clusters.allocate(missing, node.node_id))
        if not wanted:
            self.clusters.release(node.list_extents)
            return ()
        return node.list_extents

    def _moved_out(self, node: Node, attribute: Attribute) -> Node:
        """Give a resident attribute clusters."""
        value = attribute.value or b""
        extents = self.clusters.allocate(self.geometry.clusters_for(len(value)), node.node_id)
        write_extents(self.medium, self.geometry, extents, 0, value + bytes(-len(value) % SECTOR_BYTES))
        moved = attribute._replace(value=None, extents=extents)
        return with_attribute(node, moved)

    def _grow_index(self, node_id: int, index: Index) -> None:
        """Give an index clusters for one block more, and an eighth of what it has where that is more."""
        unit = self.geometry.clusters_for(BLOCK_BYTES)
        allocated = cluster_total(index.extents)
        missing = self.geometry.clusters_for((index.block_count + 1) * BLOCK_BYTES) - allocated
        if missing <= 0:
            return
        count = -(-max(missing, allocated // _GROWTH_SHARE) // unit) * unit
        near = sum(index.extents[-1]) if index.extents else None
        index.extents = joined(index.extents, self.clusters.allocate(count, node_id, near=near, unit=unit))

    def blocks_for(self, index: Index, entries: int) -> int:
        """Return how many clusters so many new entries of an index may take at most."""
        per_block = self.geometry.clusters_for(BLOCK_BYTES)
        allocated = cluster_total(index.extents)
        return entries * (index.height + 2) * per_block + allocated // _GROWTH_SHARE + per_block

    def own_directory(self, node_id: int) -> tuple[Index, Surroundings]:
        """Return the index of a directory, not shared with a fork any more, and what a change of it asks for."""
        known = self._in_hand.get(node_id)
        if known is None:
            index = self.own_indexes(node_id)[0]
            known = self._in_hand[node_id] = index, self.surroundings(node_id, index)
        return known

    def own_indexes(self, node_id: int) -> tuple[Index, ...]:
        """Return the indexes of a node, not shared with a fork any more."""
        if node_id not in self._owned:
            self._owned.add(node_id)
            self.indexes[node_id] = tuple(index.fork() for index in self.indexes[node_id])
            if node_id in self.found:
                self.found[node_id] = dict(self.found[node_id])
        return self.indexes[node_id]


def with_attribute(node: Node, attribute: Attribute) -> Node:
    """Return ``node`` with an attribute of this kind and name replaced, or added in its place."""
    others = list(node.attributes)
    for position, one in enumerate(others):
        if one.kind == attribute.kind and _same_name(one.name, attribute.name):
            others[position] = attribute
            return node.holding(tuple(others))
    others.append(attribute)
    others.sort(key=lambda one: (one.kind, collation_key(one.name)))
    return node.holding(tuple(others))


def attribute_of(node: Node, kind: int, name: str = "") -> Attribute | None:
    """Return the attribute of this kind and name, if there is one."""
    for one in node.attributes:
        if one.kind == kind and _same_name(one.name, name):
            return one
    return None


def _same_name(left: str, right: str) -> bool:
    return left == right or collation_key(left) == collation_key(right)


def _references(node: Node) -> list[int]:
    return [node.reference, *(sequence << 48 | record for record, sequence in node.extensions)]


def _largest_resident(node: Node) -> Attribute | None:
    """Return the content that takes the most room in a record, if moving it out makes room."""
    least_bytes = 64
    candidates = [one for one in node.attributes if one.kind == DATA and one.value is not None]
    largest = max(candidates, key=lambda one: one.size_bytes, default=None)
    return largest if largest is not None and largest.size_bytes > least_bytes else None
