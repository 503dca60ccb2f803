"""Files and directories of an NTFS volume under construction: records, names, indexes and what has to be written."""

from collections.abc import Iterator

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs import names as naming
from labkit.synthesis.filesystems.ntfs import rendering
from labkit.synthesis.filesystems.ntfs.allocation import ClusterMap
from labkit.synthesis.filesystems.ntfs.attributes import resident_size
from labkit.synthesis.filesystems.ntfs.blocks import BLOCK_BYTES, Entry, Render
from labkit.synthesis.filesystems.ntfs.index import Index, Surroundings
from labkit.synthesis.filesystems.ntfs.layout import NtfsGeometry
from labkit.synthesis.filesystems.ntfs.mft import Mft, read_extents, write_extents
from labkit.synthesis.filesystems.ntfs.nodes import (
    DATA,
    Attribute,
    Extents,
    Name,
    Namespace,
    Node,
    Times,
    joined,
)
from labkit.synthesis.filesystems.ntfs.records import (
    ATTRIBUTES_START,
    DIRECTORY,
    IN_USE,
    ROOM_BYTES,
    protected,
    record_bytes,
)
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation
from labkit.synthesis.medium import Medium

MFT_NODE = 1
ROOT = 6  # the nodes of NTFS itself are numbered by their records, from 1 on
DIRECTORY_INDEX = "$I30"
_LARGEST_INDEX_BLOCKS = 6400  # that a $BITMAP within an MFT record can count
_SPARE_RECORDS = 4


class NtfsTree:
    """The records of a volume and the indexes that lead to them. Holds no content outside of records."""

    def __init__(self, geometry: NtfsGeometry, medium: Medium, *, short_names: bool) -> None:
        self.geometry = geometry
        self.medium = medium
        self.short_names = short_names
        self.clusters = ClusterMap(geometry.cluster_count)
        self.mft = Mft(geometry, medium, self.clusters, MFT_NODE)
        self.nodes: dict[int, Node] = {}
        self.indexes: dict[int, tuple[Index, ...]] = {}
        self.found: dict[int, dict[bytes, int]] = {}  # directory -> key of a name -> node
        self.first_own_node = 0  # nodes below are NTFS's own
        self._owned: set[int] = set()  # directories that no fork shares
        self._changed: set[int] = set()  # nodes whose record has to be written
        self._changed_indexes: set[int] = set()

    def fork(self, medium: Medium) -> "NtfsTree":
        """Return an independent copy that writes to ``medium``. Directories are shared until one of both changes."""
        other = object.__new__(NtfsTree)
        other.__dict__.update(self.__dict__)
        other.medium = medium
        other.clusters = self.clusters.fork()
        other.mft = self.mft.fork(medium, other.clusters)
        other.nodes, other.indexes, other.found = dict(self.nodes), dict(self.indexes), dict(self.found)
        other._changed, other._changed_indexes = set(self._changed), set(self._changed_indexes)
        self._owned, other._owned = set(), set()
        return other

    # -- finding --------------------------------------------------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """Return the live node at ``path``, or None."""
        number: int | None = ROOT
        for name in _parts(path):
            number = self.found.get(number, {}).get(collation_key(name)) if number is not None else None
        return None if number is None else self.nodes[number]

    def live(self, path: str) -> Node:
        """Return the live node at ``path``.

        Raises:
            SynthesisError: There is none.
        """
        node = self.find(path)
        if node is None:
            raise SynthesisError(
                f"there is no {path} on the volume",
                remedy="Check the spelling and the order of the story: it may come later or be deleted by then.",
            )
        return node

    def own(self, path: str) -> Node:
        """Return the live node at ``path`` that the story may change.

        Raises:
            SynthesisError: There is none, or it is the root or belongs to NTFS itself.
        """
        node = self.live(path)
        if node.node_id < self.first_own_node:
            raise SynthesisError(
                f"{path} belongs to NTFS itself and can not be changed, moved or deleted",
                remedy="Name a file or directory of the story.",
            )
        return node

    def file(self, path: str) -> Node:
        """Return the live file at ``path``.

        Raises:
            SynthesisError: There is none, or it is a directory or belongs to NTFS itself.
        """
        node = self.own(path)
        if node.directory:
            raise SynthesisError(f"{path} is a directory", remedy="Name a file; this works on files only.")
        return node

    def new_place(self, path: str) -> tuple[Node, str]:
        """Return the directory that ``path`` lies in, and the name.

        Raises:
            SynthesisError: There is no such directory.
        """
        parts = _parts(path)
        if not parts:
            raise SynthesisError("the root directory stands already", remedy="Give a path below it.")
        above = "/" + "/".join(parts[:-1])
        parent = self.find(above)
        if parent is None or not parent.directory or parent.node_id not in self.found:
            raise SynthesisError(
                f"there is no directory {above}", remedy=f"Make it before {path}, with make_directory."
            )
        return parent, parts[-1]

    def children(self, node: Node) -> list[Node]:
        """Return what lives in a directory, in the order of its index."""
        return [
            self.nodes[number]
            for number in dict.fromkeys(value for _, value in sorted(self.found[node.node_id].items()))
        ]

    def line(self, node: Node) -> Iterator[Node]:
        """Yield ``node`` and the directories above its first name, up to the root."""
        while node.node_id != ROOT:
            yield node
            node = self.nodes[node.names[0].parent_id]
        yield node

    def path(self, node: Node) -> str:
        """Return the path of its first name, with the present names of the directories above."""
        return "/" + "/".join([above.names[0].text for above in self.line(node)][-2::-1])

    def link(self, node: Node, path: str) -> Name:
        """Return the link of ``node`` that ``path`` leads by, or its first one."""
        parent, text = self.new_place(path)
        key = collation_key(text)
        for name in node.names:
            if name.parent_id == parent.node_id and key in {collation_key(name.text), collation_key(name.alias)}:
                return name
        return node.names[0]

    def name_path(self, name: Name) -> str:
        """Return the path of one link."""
        return self.path(self.nodes[name.parent_id]).rstrip("/") + "/" + name.text

    # -- names ----------------------------------------------------------------------------------------------------

    def require(self, clusters: int, records: int = 1, *, directories: tuple[Node, ...] = ()) -> None:
        """Refuse to go on when the clusters and records that an operation may take are not there.

        Args:
            clusters: Of content.
            records: How many the operation makes, without those for attributes that leave their record.
            directories: Where names come in or go out; each may need blocks for two names.

        Raises:
            SynthesisError: The volume or a directory is full.
        """
        per_block = self.geometry.clusters_for(BLOCK_BYTES)
        growth = 0
        for directory in directories:
            index = self.indexes[directory.node_id][0]
            if index.block_count > _LARGEST_INDEX_BLOCKS:
                raise SynthesisError(
                    f"the directory {self.path(directory)} is full", remedy="Spread the files over more directories."
                )
            growth += 2 * (index.height + 2) * per_block + index.block_count * per_block // 8
        self.mft.require(clusters + growth + 2, records + _SPARE_RECORDS)

    def check_new_name(self, parent: Node, name: str, *, holder: int = 0) -> None:
        """Refuse a name that is not allowed or taken by another node than ``holder``.

        Raises:
            SynthesisError: It is.
        """
        naming.check_name(name)
        if self.found[parent.node_id].get(collation_key(name), holder) != holder:
            raise SynthesisError(
                f"{self.path(parent).rstrip('/')}/{name} exists already",
                remedy="Take another name; upper and lower case are the same, and an 8.3 name beside another counts.",
            )

    def name_for(self, node: Node, parent: Node, text: str, *, link: bool = False) -> tuple[Node, Name]:
        """Return the link that ``node`` gets in ``parent``, and the node with its next instance number."""
        alias = ""
        found = self.found[parent.node_id]
        if link:
            namespace = Namespace.POSIX
        elif naming.is_dos_name(text):
            namespace = Namespace.BOTH
        else:
            namespace = Namespace.WIN32
            if self.short_names:
                own = node.node_id
                alias = naming.alias_for(text, lambda name: found.get(name.encode("utf-16-be"), own) != own)
        allocated, size = rendering.sizes(node, self.geometry.cluster_bytes)
        name = Name(
            parent_id=parent.node_id,
            parent_reference=parent.reference,
            text=text,
            namespace=namespace,
            alias=alias,
            times=node.times,
            allocated_bytes=allocated,
            size_bytes=size,
            flags=rendering.flags_of(node),
            instance=node.next_instance,
        )
        instance = rendering.next_instance(node.next_instance)
        if alias:  # its number is the next one; both are taken together
            if instance != name.instance + 1:
                name, instance = name._replace(instance=instance), rendering.next_instance(instance)
            instance = rendering.next_instance(instance)
        return node._replace(next_instance=instance), name

    def enter(self, node: Node, name: Name) -> None:
        """Put a link of ``node``, which is stored already, into its directory."""
        directory = self._own(name.parent_id)
        found, around = self.found[name.parent_id], self._around(name.parent_id)
        blocks = directory.block_count
        for entry in _entries(node, name):
            found[entry.key] = node.node_id
            directory.insert(entry, around)
        self._changed_indexes.add(name.parent_id)
        self._changed.add(name.parent_id)
        if directory.block_count != blocks:
            self.settle(self.nodes[name.parent_id])

    def withdraw(self, node: Node, name: Name) -> None:
        """Take a link of ``node`` out of its directory."""
        directory = self._own(name.parent_id)
        found, around = self.found[name.parent_id], self._around(name.parent_id)
        for entry in _entries(node, name):
            del found[entry.key]
            directory.remove(entry.key, around)
        self._changed_indexes.add(name.parent_id)
        self._changed.add(name.parent_id)

    # -- nodes ----------------------------------------------------------------------------------------------------

    def new_node(self, times: Times, *, directory: bool, flags: int, security_id: int) -> Node:
        """Return a node with a record of its own; it has no name yet and is not stored."""
        node_id = len(self.nodes) + 1
        record, sequence = self.mft.allocate(node_id)
        return Node(node_id, record, sequence, directory, times, flags, (), security_id=security_id)

    def add_directory_index(self, node: Node) -> None:
        """Give a new directory its empty index."""
        index = Index(DIRECTORY_INDEX, AttributeType.FILE_NAME, Collation.FILE_NAME, self.geometry.cluster_bytes)
        index.root_room = rendering.root_room(node, index)
        self.indexes[node.node_id] = (index,)
        self.found[node.node_id] = {}
        self._owned.add(node.node_id)

    def store(self, node: Node) -> Node:
        """Keep the new value of a node; its record and its index entries will be written."""
        self.nodes[node.node_id] = node
        self._changed.add(node.node_id)
        for name in node.names:
            directory = self._own(name.parent_id)
            for entry in _entries(node, name):
                if directory.touch(entry.key):
                    self._changed.add(name.parent_id)
            self._changed_indexes.add(name.parent_id)
        return node

    def settle(self, node: Node) -> Node:
        """Make ``node`` fit its record: move content out of it, or attributes to further records. Store it.

        The caller has made sure that there is room (``require``).
        """
        indexes = self.indexes.get(node.node_id, ())
        while rendering.used_bytes(node, indexes) > ROOM_BYTES and (large := _largest_resident(node)) is not None:
            node = self._moved_out(node, large)
        self.nodes[node.node_id] = node
        if rendering.used_bytes(node, indexes) > ROOM_BYTES or node.extensions:
            node = self._with_extensions(node)
        for index in indexes:
            index.root_room = rendering.root_room(node, index)
        self.nodes[node.node_id] = node
        self._changed.add(node.node_id)
        return node

    def erase(self, node: Node) -> None:
        """Free the record and the clusters of a node that has left its directories.

        What it has in records and index blocks is written first, before others can take the places.
        """
        self.nodes[node.node_id] = node
        self.write(node)
        if node.directory:
            self._own(node.node_id)
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

    # -- writing --------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write the records and index blocks that changed."""
        for node_id in sorted(self._changed_indexes):
            self._write_blocks(node_id)
        self._changed_indexes.clear()
        for node_id in sorted(self._changed, key=lambda number: self.nodes[number].record):
            self.write(self.nodes[node_id])
        self._changed.clear()

    def write(self, node: Node) -> None:
        """Write the record of a node, and those that it needs beside it."""
        parts = self._spread(node)
        flags = IN_USE | (DIRECTORY if node.directory else 0) | node.record_flags
        base = parts.base
        if parts.further:
            base = [base[0], self._list_piece(node, parts), *base[1:]]
            if parts.list_outside:
                value = rendering.attribute_list(parts, _references(node))
                write_extents(self.medium, self.geometry, node.list_extents, 0, value)
        self.mft.write(
            node.record,
            record_bytes(
                node.record,
                node.sequence,
                flags=flags,
                links=sum(2 if name.alias else 1 for name in node.names),
                next_instance=max(node.next_instance, rendering.FIXED_END),
                attributes=[piece.content for piece in base],
            ),
        )
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

    def renderer(self, directory_id: int) -> Render:
        """Return what writes an entry of a directory as it stands now."""
        nodes, cluster_bytes = self.nodes, self.geometry.cluster_bytes
        reference = nodes[directory_id].reference
        return lambda entry: rendering.index_entry(entry, nodes[entry.owner], reference, cluster_bytes)

    def _write_blocks(self, node_id: int) -> None:
        for index in self.indexes[node_id]:
            render = self.renderer(node_id)
            for number in sorted(index.changed):
                self.write_block(index, number, render)
            index.changed.clear()

    def write_block(self, index: Index, number: int, render: Render) -> None:
        """Write one block of an index."""
        position = number * BLOCK_BYTES
        before = read_extents(self.medium, self.geometry, index.extents, position, BLOCK_BYTES)
        block = protected(index.block_bytes(number, render), before)
        write_extents(self.medium, self.geometry, index.extents, position, block)

    def _spread(self, node: Node) -> rendering.Spread:
        indexes = [(index, self.renderer(node.node_id)) for index in self.indexes.get(node.node_id, ())]
        return rendering.spread(rendering.pieces(node, indexes, self.geometry.cluster_bytes))

    def _list_piece(self, node: Node, parts: rendering.Spread) -> rendering.Piece:
        value = rendering.attribute_list(parts, _references(node))
        return rendering.list_piece(value, node.list_extents, self.geometry.cluster_bytes)

    def _with_extensions(self, node: Node) -> Node:
        parts = self._spread(node)
        extensions = node.extensions
        while len(extensions) < len(parts.further):
            extensions = (*extensions, self.mft.allocate(node.node_id))
        for number, _ in extensions[len(parts.further) :]:
            self.mft.release(number)
        list_extents = node.list_extents
        wanted = self.geometry.clusters_for(parts.list_bytes) if parts.list_outside else 0
        missing = wanted - sum(count for _, count in list_extents)
        if missing > 0:
            list_extents = joined(list_extents, self.clusters.allocate(missing, node.node_id))
        elif not wanted:
            self.clusters.release(list_extents)
            list_extents = ()
        return node._replace(extensions=extensions[: len(parts.further)], list_extents=list_extents)

    def _moved_out(self, node: Node, attribute: Attribute) -> Node:
        """Give a resident attribute clusters; the record is written before, so that the content stays in its slack."""
        if node.node_id in self.nodes:
            self.write(self.nodes[node.node_id])
        value = attribute.value or b""
        extents = self.clusters.allocate(self.geometry.clusters_for(len(value)), node.node_id)
        write_extents(self.medium, self.geometry, extents, 0, value + bytes(-len(value) % 512))
        moved = attribute._replace(value=None, extents=extents)
        return with_attribute(node, moved)

    def _around(self, directory_id: int) -> Surroundings:
        return Surroundings(lambda: self._grow_index(directory_id), self.renderer(directory_id))

    def _grow_index(self, directory_id: int) -> None:
        index = self.indexes[directory_id][0]
        allocated = sum(count for _, count in index.extents)
        wanted = self.geometry.clusters_for((index.block_count + 1) * BLOCK_BYTES)
        if wanted <= allocated:
            return
        count = max(wanted - allocated, allocated // 8)
        near = sum(index.extents[-1]) if index.extents else None
        unit = self.geometry.clusters_for(BLOCK_BYTES)
        count = -(-count // unit) * unit
        index.extents = joined(index.extents, self.clusters.allocate(count, directory_id, near=near, unit=unit))

    def _own(self, directory_id: int) -> Index:
        """Return the index of a directory, not shared with a fork any more."""
        if directory_id not in self._owned:
            self._owned.add(directory_id)
            self.indexes[directory_id] = tuple(index.fork() for index in self.indexes[directory_id])
            self.found[directory_id] = dict(self.found[directory_id])
        return self.indexes[directory_id][0]


def with_attribute(node: Node, attribute: Attribute) -> Node:
    """Return ``node`` with an attribute of this kind and name replaced, or added."""
    key = (attribute.kind, collation_key(attribute.name))
    others = [one for one in node.attributes if (one.kind, collation_key(one.name)) != key]
    return node._replace(
        attributes=tuple(sorted([*others, attribute], key=lambda one: (one.kind, collation_key(one.name))))
    )


def attribute_of(node: Node, kind: int, name: str = "") -> Attribute | None:
    """Return the attribute of this kind and name, if there is one."""
    key = collation_key(name)
    return next((one for one in node.attributes if one.kind == kind and collation_key(one.name) == key), None)


def _references(node: Node) -> list[int]:
    return [node.reference, *(sequence << 48 | record for record, sequence in node.extensions)]


def _largest_resident(node: Node) -> Attribute | None:
    """Return the content that takes the most room in a record, if moving it out makes room."""
    least_bytes = 64
    candidates = [one for one in node.attributes if one.kind == DATA and one.value is not None]
    largest = max(candidates, key=lambda one: one.size_bytes, default=None)
    return largest if largest is not None and largest.size_bytes > least_bytes else None


def _entries(node: Node, name: Name) -> list[Entry]:
    entries = [
        Entry(collation_key(name.text), node.node_id, name.text, name.namespace, rendering.entry_size(name.text))
    ]
    if name.alias:
        key = name.alias.encode("utf-16-be")
        entries.append(Entry(key, node.node_id, name.alias, Namespace.DOS, rendering.entry_size(name.alias)))
    return entries


def _parts(path: str) -> list[str]:
    if not path.startswith("/"):
        raise SynthesisError(f"{path!r} is not a full path", remedy="Begin it with / at the root of the volume.")
    return path[1:].split("/") if path != "/" else []


def extents_of(node: Node) -> Extents:
    """Return where the unnamed content lies."""
    content = node.content
    return content.extents if content is not None else ()
