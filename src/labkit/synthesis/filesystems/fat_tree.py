"""Files and directories of a FAT volume under construction: paths, names, slots and their addresses.

Holds no content. Source of the layout of directories: Microsoft, "FAT32 File System Specification", version 1.03
(2000), section "FAT Directory Structure".
"""

import copy as copying
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems import fat_names as names
from labkit.synthesis.filesystems.fat_allocation import ClusterMap
from labkit.synthesis.filesystems.fat_directory import DirectoryTable, Placement
from labkit.synthesis.filesystems.fat_entries import (
    ATTRIBUTE_ARCHIVE,
    ATTRIBUTE_DIRECTORY,
    ATTRIBUTE_LABEL,
    DOT_DOT_FIELD,
    DOT_FIELD,
    ENTRY_BYTES,
    EntryTimes,
    short_entry,
)
from labkit.synthesis.filesystems.fat_layout import FatGeometry

ROOT = 1
_ROOT_ADDRESS = 2
_FIRST_ENTRY_ADDRESS = 3  # of the Sleuth Kit: 0 and 1 are not used, 2 is the root directory


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that a rename or a move left behind, marked as deleted."""

    name: str
    alias: str
    placement: Placement


@dataclass(slots=True)
class Node:
    """One file or directory; it is kept after its deletion."""

    node_id: int
    parent_id: int
    name: str
    directory: bool
    times: EntryTimes
    alias: str = ""
    size_bytes: int = 0
    clusters: tuple[int, ...] = ()
    placement: Placement | None = None  # None for the root directory
    deleted: bool = False
    former: tuple[FormerName, ...] = ()

    @property
    def keys(self) -> set[str]:
        """What its directory finds it by."""
        return {names.name_key(self.name), self.alias}

    @property
    def first_cluster(self) -> int:
        """The number that its entry states; 0 without content."""
        return self.clusters[0] if self.clusters else 0


class FatTree:
    """The root directory and what is below it."""

    def __init__(self, geometry: FatGeometry, clusters: ClusterMap, times: EntryTimes) -> None:
        self.geometry = geometry
        self.clusters = clusters
        fixed = geometry.root_entries > 0
        root = Node(ROOT, ROOT, "", directory=True, times=times)
        if not fixed:
            root.clusters = clusters.allocate(1, ROOT)
        size_bytes = geometry.root_entries * ENTRY_BYTES if fixed else geometry.cluster_bytes
        self.nodes = {ROOT: root}
        self.tables = {ROOT: DirectoryTable(size_bytes, fixed=fixed)}

    def fork(self, clusters: ClusterMap) -> "FatTree":
        """Return an independent copy that allocates from ``clusters``."""
        other = copying.copy(self)
        other.clusters = clusters
        other.nodes = {node_id: copying.copy(node) for node_id, node in self.nodes.items()}
        other.tables = {node_id: table.fork() for node_id, table in self.tables.items()}
        return other

    def add_label(self, label_field: bytes) -> None:
        """Write the entry of the volume label into the root directory."""
        times = self.nodes[ROOT].times
        entry = short_entry(label_field, ATTRIBUTE_LABEL, times, first_cluster=0, size_bytes=0)
        self.tables[ROOT].place(ROOT, entry)

    # -- finding --------------------------------------------------------------------------------------------------

    def find(self, path: str) -> Node | None:
        """Return the live node at ``path``, or None."""
        node = self.nodes[ROOT]
        for name in _parts(path):
            table = self.tables.get(node.node_id)
            found = table.names.get(names.name_key(name)) if table else None
            if found is None:
                return None
            node = self.nodes[found]
        return node

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

    def file(self, path: str) -> Node:
        """Return the live file at ``path``.

        Raises:
            SynthesisError: There is none, or it is a directory.
        """
        node = self.live(path)
        if node.directory:
            raise SynthesisError(f"{path} is a directory", remedy="Name a file; this works on files only.")
        return node

    def new_place(self, path: str) -> tuple[Node, str]:
        """Return the directory that ``path`` lies in, and the name; whether the name is free is not looked at.

        Raises:
            SynthesisError: There is no such directory.
        """
        parts = _parts(path)
        if not parts:
            raise SynthesisError("the root directory stands already", remedy="Give a path below it.")
        above = "/" + "/".join(parts[:-1])
        parent = self.find(above)
        if parent is None or not parent.directory:
            raise SynthesisError(
                f"there is no directory {above}", remedy=f"Make it before {path}, with make_directory."
            )
        return parent, parts[-1]

    def children(self, node: Node) -> list[Node]:
        """Return what lives in a directory, in the order of its slots."""
        table = self.tables.get(node.node_id)
        found = {self.nodes[child].node_id for child in table.names.values()} if table else set()
        return sorted((self.nodes[child] for child in found), key=lambda child: self.placed(child).slot)

    def line(self, node: Node) -> Iterator[Node]:
        """Yield ``node`` and the directories above it, up to the root."""
        while node.node_id != ROOT:
            yield node
            node = self.nodes[node.parent_id]
        yield node

    def path(self, node: Node) -> str:
        """Return its path, with the present names of the directories above."""
        return "/" + "/".join([above.name for above in self.line(node)][-2::-1])

    def joined(self, directory_id: int, name: str) -> str:
        """Return the path of ``name`` in a directory."""
        return self.path(self.nodes[directory_id]).rstrip("/") + "/" + name

    # -- writing --------------------------------------------------------------------------------------------------

    def add(self, path: str, times: EntryTimes, *, directory: bool, data_clusters: int) -> Node:
        """Write the entry of a new file or directory; a directory gets its cluster and the two dot entries.

        Raises:
            SynthesisError: The place is taken or does not exist, the name is not allowed, or ``data_clusters`` and
                what the directory grows by are more than is free. Nothing has changed then.
        """
        parent, name = self.new_place(path)
        node = Node(len(self.nodes) + 1, parent.node_id, name, directory=directory, times=times)
        self._place_name(node, parent, name, times, data_clusters=data_clusters)
        self.nodes[node.node_id] = node
        if directory:
            node.clusters = self.clusters.allocate(1, node.node_id)
            table = DirectoryTable(self.geometry.cluster_bytes, fixed=False)
            self.tables[node.node_id] = table
            table.place(node.node_id, self._dot_entry(DOT_FIELD, node, node))
            table.place(node.node_id, self._dot_entry(DOT_DOT_FIELD, node, parent))
            self.store(node)
        return node

    def move(self, node: Node, to_path: str, times: EntryTimes) -> None:
        """Write a new entry for ``node`` at ``to_path``, then mark the old one as deleted.

        Raises:
            SynthesisError: As ``add``, or a directory would come to lie in itself. Nothing has changed then.
        """
        old, old_keys = FormerName(node.name, node.alias, self.placed(node)), node.keys
        parent, name = self.new_place(to_path)
        if any(above is node for above in self.line(parent)):
            raise SynthesisError(
                f"{self.path(node)} can not be moved into itself", remedy="Move it to a directory outside of it."
            )
        self._place_name(node, parent, name, times)
        old_table = self.tables[old.placement.directory_id]
        old_table.erase(old.placement)
        for key in old_keys - (node.keys if parent.node_id == old.placement.directory_id else set()):
            del old_table.names[key]
        node.former += (old,)
        if node.directory and parent.node_id != old.placement.directory_id:
            self.tables[node.node_id].rewrite(1, self._dot_entry(DOT_DOT_FIELD, node, parent))

    def store(self, node: Node) -> None:
        """Write size, first cluster and times of ``node`` into its short entry."""
        placement = self.placed(node)
        self.tables[placement.directory_id].rewrite(placement.short_slot, self._short_entry(node))

    def erase(self, node: Node) -> None:
        """Mark the slots of ``node`` as deleted and free its clusters."""
        placement = self.placed(node)
        table = self.tables[placement.directory_id]
        table.erase(placement)
        for key in node.keys:
            del table.names[key]
        self.clusters.release(node.clusters)
        node.deleted = True

    def _place_name(self, node: Node, parent: Node, name: str, times: EntryTimes, *, data_clusters: int = 0) -> None:
        names.check_name(name)
        table = self.tables[parent.node_id]
        key = names.name_key(name)
        holder = table.names.get(key, node.node_id)
        unchanged = node.placement is not None and (node.parent_id, node.name) == (parent.node_id, name)
        if holder != node.node_id or unchanged:
            raise SynthesisError(
                f"{self.joined(parent.node_id, name)} exists already",
                remedy="Take another name; FAT does not tell upper and lower case apart, and an 8.3 alias counts too.",
            )
        long_name = not names.is_short_name(name)
        alias = names.alias_for(name, lambda alias: table.names.get(alias, node.node_id) != node.node_id)
        field = names.short_field(alias)
        slots = names.long_name_slots(name, field) if long_name else b""
        growth = -(-table.missing_bytes(len(slots) // ENTRY_BYTES + 1) // self.geometry.cluster_bytes)
        self.clusters.require(growth + data_clusters)
        if growth:
            parent.clusters += self.clusters.allocate(growth, parent.node_id, after=parent.clusters[-1])
            table.grow(growth * self.geometry.cluster_bytes)
        node.name, node.alias, node.parent_id, node.times = name, alias, parent.node_id, times
        node.placement = table.place(parent.node_id, slots + self._short_entry(node))
        table.names |= dict.fromkeys(node.keys, node.node_id)

    def _short_entry(self, node: Node) -> bytes:
        attributes = ATTRIBUTE_DIRECTORY if node.directory else ATTRIBUTE_ARCHIVE
        return short_entry(
            names.short_field(node.alias),
            attributes,
            node.times,
            first_cluster=node.first_cluster,
            size_bytes=node.size_bytes,
        )

    def _dot_entry(self, field: bytes, node: Node, target: Node) -> bytes:
        first_cluster = 0 if target.node_id == ROOT else target.first_cluster  # 0 stands for the root on FAT32 too
        return short_entry(field, ATTRIBUTE_DIRECTORY, node.times, first_cluster=first_cluster, size_bytes=0)

    def placed(self, node: Node) -> Placement:
        """Return where the slots of ``node`` stand.

        Raises:
            SynthesisError: It is the root directory, which has none.
        """
        if node.placement is None:
            raise SynthesisError(
                "the root directory can not be changed, moved or deleted", remedy="Name something below it."
            )
        return node.placement

    # -- where slots lie ------------------------------------------------------------------------------------------

    def slot_offset_bytes(self, directory_id: int, slot: int) -> int:
        """Return where a slot begins, on the medium."""
        position = slot * ENTRY_BYTES
        directory = self.nodes[directory_id]
        if not directory.clusters:  # the root directory of FAT12 and FAT16
            return self.geometry.entries_start_bytes + position
        number, within = divmod(position, self.geometry.cluster_bytes)
        return self.geometry.cluster_offset_bytes(directory.clusters[number]) + within

    def address(self, placement: Placement | None) -> int:
        """Return the address that the Sleuth Kit gives to an entry (fatfs_meta: sector, place in it, plus 3)."""
        if placement is None:
            return _ROOT_ADDRESS
        offset_bytes = self.slot_offset_bytes(placement.directory_id, placement.short_slot)
        return (offset_bytes - self.geometry.entries_start_bytes) // ENTRY_BYTES + _FIRST_ENTRY_ADDRESS

    def standing(self, placement: Placement | None) -> int:
        """Return how many slots of a name still stand, counted back from the short entry."""
        if placement is None:
            return 0
        table, directory = self.tables[placement.directory_id], self.nodes[placement.directory_id]
        count = 0
        for slot in range(placement.short_slot, placement.slot - 1, -1):
            if not table.holds(placement, slot):
                break
            if directory.clusters:
                cluster = directory.clusters[slot * ENTRY_BYTES // self.geometry.cluster_bytes]
                if self.clusters.writer(cluster) != directory.node_id:
                    break
            count += 1
        return count


def _parts(path: str) -> list[str]:
    if not path.startswith("/"):
        raise SynthesisError(f"{path!r} is not a full path", remedy="Begin it with / at the root of the volume.")
    return path[1:].split("/") if path != "/" else []
