"""Files and directories of an exFAT volume under construction: entry sets, where they stand, clusters.

Holds no content of files. A new set takes the first run of entries not in use that is long enough, those of deleted
files included.
"""

from dataclasses import dataclass, replace

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.exfat import entries
from labkit.synthesis.filesystems.exfat.chains import ClusterChains
from labkit.synthesis.filesystems.exfat.entries import ENTRY_BYTES, EntryTimes, Stream
from labkit.synthesis.filesystems.exfat.layout import FIRST_CLUSTER, ExFatGeometry
from labkit.synthesis.filesystems.exfat.upcase import upper
from labkit.synthesis.filesystems.namespace import ROOT, Namespace
from labkit.synthesis.filesystems.space import NOBODY, SpaceMap, runs
from labkit.synthesis.medium import SECTOR_BYTES, Medium

LARGEST_DIRECTORY_BYTES = 256 << 20  # section 6 "Directory Structure"
_IN_USE = bytes(entry_type >> 7 for entry_type in range(256))  # of each type, whether an entry of it is in use


@dataclass(frozen=True, slots=True)
class SetPlace:
    """Where an entry set stands, and its bytes: as long as they are there, the set is."""

    directory_id: int
    slot: int  # of the first entry
    data: bytes

    @property
    def end(self) -> int:
        """The slot behind the last entry."""
        return self.slot + len(self.data) // ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class Node:
    """One file or directory. It is kept after its deletion, with the content it had."""

    node_id: int
    parent_id: int
    name: str
    directory: bool
    times: EntryTimes
    size_bytes: int = 0  # of a directory: all its clusters
    clusters: tuple[int, ...] = ()
    place: SetPlace | None = None  # None for the root directory
    deleted: bool = False
    former: tuple[tuple[str, SetPlace], ...] = ()  # (path, place) that renames and moves left behind

    @property
    def contiguous(self) -> bool:
        """Whether its clusters follow each other, so that its entry set says all about them."""
        return self.node_id != ROOT and bool(self.clusters) and sum(1 for _ in runs(self.clusters)) == 1


class ExFatTree:
    """The root directory and what is below it."""

    def __init__(self, geometry: ExFatGeometry, medium: Medium, times: EntryTimes) -> None:
        self.geometry = geometry
        self.clusters = SpaceMap(
            FIRST_CLUSTER,
            FIRST_CLUSTER + geometry.cluster_count,
            page_units=8 * SECTOR_BYTES,  # the clusters of one sector of the bitmap
            unit_name="clusters",
        )
        self.chains = ClusterChains(geometry.cluster_count)
        self.directories: dict[int, bytes] = {}
        self._changed: set[tuple[int, int]] = set()  # (node of a directory, index of its cluster)
        self._medium = medium
        self.names = Namespace(Node(ROOT, ROOT, "", directory=True, times=times), upper)

    def fork(self, medium: Medium) -> "ExFatTree":
        """Return an independent copy that writes to ``medium``."""
        other = object.__new__(ExFatTree)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other.clusters, other.chains = self.clusters.fork(), self.chains.fork()
        other.names = self.names.fork()
        other.directories = dict(self.directories)
        other._changed = set(self._changed)
        return other

    # -- formatting -----------------------------------------------------------------------------------------------

    def allocate_system(self, size_bytes: int) -> tuple[int, ...]:
        """Give clusters to what is no file: bitmap and up-case table. They are chained."""
        clusters = self.clusters.allocate(-(-size_bytes // self.geometry.cluster_bytes), NOBODY)
        self.chains.link(clusters)
        return clusters

    def make_root(self, first_entries: bytes) -> None:
        """Make the root directory; it begins with the entries of label, bitmap and up-case table."""
        size_bytes = self.geometry.cluster_bytes
        root = replace(self.names.nodes[ROOT], clusters=self.clusters.allocate(1, ROOT), size_bytes=size_bytes)
        self.chains.link(root.clusters)
        self.names.put(root)
        self.directories[ROOT] = bytes(size_bytes)
        self._write_slots(ROOT, 0, first_entries)

    # -- changing -------------------------------------------------------------------------------------------------

    def add(self, path: str, times: EntryTimes, *, directory: bool, content_clusters: int) -> Node:
        """Write the entry set of a new file or directory; a directory gets its first cluster.

        Raises:
            SynthesisError: The place is taken or does not exist, the name is not allowed, or ``content_clusters`` and
                what the directory grows by are more than is free. Nothing has changed then.
        """
        parent, name = self.names.new_place(path)
        entries.check_name(name)
        self.clusters.require(self._growth(parent, entries.set_length(name)) + content_clusters)
        node = Node(self.names.next_id(), parent.node_id, name, directory, times)
        if directory:
            size_bytes = self.geometry.cluster_bytes
            self.directories[node.node_id] = bytes(size_bytes)
            node = self.with_content(node, self.clusters.allocate(1, node.node_id), size_bytes)
            self._changed.add((node.node_id, 0))
        node = self._placed(node, parent)
        self.names.bind(node)
        return node

    def move(self, node: Node, to_path: str, times: EntryTimes) -> None:
        """Give ``node`` another name or directory.

        In the same directory a name of no more entries is written over the old one, and entries too many are no
        longer in use. Else a new set is written, and then the old one is no longer in use.

        Raises:
            SynthesisError: As ``add``, or a directory would come to lie in itself. Nothing has changed then.
        """
        parent, name = self.names.new_place(to_path, mover=node)
        entries.check_name(name)
        old_path, old = self.names.path(node), place_of(node)
        moved = replace(node, parent_id=parent.node_id, name=name, times=times)
        length = entries.set_length(name)
        if parent.node_id == old.directory_id and old.slot + length <= old.end:
            self.names.unbind(node)
            self._write_slots(old.directory_id, old.slot, entries.erased(old.data))
            moved = self._rewritten(moved, old.slot)
        else:
            self.clusters.require(self._growth(parent, length))
            self.names.unbind(node)
            moved = self._placed(moved, parent)
            former = (old_path, self._erased(old))
            moved = replace(moved, former=(*node.former, former))
        self.names.bind(moved)

    def store(self, node: Node) -> None:
        """Keep a changed node and write its entry set where it stands."""
        self.names.put(node if node.place is None else self._rewritten(node, node.place.slot))

    def with_content(self, node: Node, clusters: tuple[int, ...], size_bytes: int) -> Node:
        """Return ``node`` with other clusters, which are its own already; the table is written if they need it."""
        node = replace(node, clusters=clusters, size_bytes=size_bytes)
        if clusters and not node.contiguous:
            self.chains.link(clusters)
        return node

    def erase(self, node: Node) -> None:
        """Delete ``node``, and before it all that is in it: entries are no longer in use, clusters are free."""
        self.names.unbind(node)
        if node.directory:
            for child in sorted(self.names.children(node), key=lambda child: place_of(child).slot):
                self.erase(child)
            self._write_directory(node)  # its entries must stand on the medium before others can take its clusters
        self.clusters.release(node.clusters)
        self.names.put(replace(node, deleted=True, place=self._erased(place_of(node))))

    # -- looking --------------------------------------------------------------------------------------------------

    def stands(self, place: SetPlace) -> bool:
        """Tell whether the bytes of an entry set are still where they were written."""
        directory = self.names.nodes[place.directory_id]
        first, last = (slot * ENTRY_BYTES // self.geometry.cluster_bytes for slot in (place.slot, place.end - 1))
        if any(self.clusters.writer(cluster) != directory.node_id for cluster in directory.clusters[first : last + 1]):
            return False
        start = place.slot * ENTRY_BYTES
        return self.directories[place.directory_id][start : start + len(place.data)] == place.data

    def offset_bytes(self, place: SetPlace) -> int:
        """Return where an entry set begins, on the medium."""
        index, within = divmod(place.slot * ENTRY_BYTES, self.geometry.cluster_bytes)
        return self.geometry.cluster_offset_bytes(self.names.nodes[place.directory_id].clusters[index]) + within

    # -- writing --------------------------------------------------------------------------------------------------

    def write_directories(self) -> None:
        """Write the clusters of directories that changed to the medium."""
        for node_id in sorted({node_id for node_id, _ in self._changed}):
            self._write_directory(self.names.nodes[node_id])

    def _write_directory(self, node: Node) -> None:
        size = self.geometry.cluster_bytes
        for index, cluster in enumerate(node.clusters):
            if (node.node_id, index) in self._changed:
                self._changed.discard((node.node_id, index))
                part = self.directories[node.node_id][index * size : (index + 1) * size]
                self._medium.write(self.geometry.cluster_offset_bytes(cluster), part)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _growth(self, parent: Node, length: int) -> int:
        """Return by how many clusters a directory grows before ``length`` entries fit in.

        Raises:
            SynthesisError: It can not grow that far.
        """
        data = self.directories[parent.node_id]
        missing_bytes = (_free_slot(data, length) + length) * ENTRY_BYTES - len(data)
        clusters = max(-(-missing_bytes // self.geometry.cluster_bytes), 0)
        if len(data) + clusters * self.geometry.cluster_bytes > LARGEST_DIRECTORY_BYTES:
            raise SynthesisError(
                f"the directory is full: exFAT allows {LARGEST_DIRECTORY_BYTES} bytes",
                remedy="Spread the files over several directories.",
            )
        return clusters

    def _placed(self, node: Node, parent: Node) -> Node:
        length = entries.set_length(node.name)
        growth = self._growth(parent, length)
        slot = _free_slot(self.directories[parent.node_id], length)
        if growth:
            self._grow(parent, growth)
        node = replace(node, place=SetPlace(parent.node_id, slot, b""))
        return self._rewritten(node, slot)

    def _grow(self, directory: Node, count: int) -> None:
        clusters = directory.clusters + self.clusters.allocate(count, directory.node_id)
        self._changed.update((directory.node_id, index) for index in range(len(directory.clusters), len(clusters)))
        size_bytes = len(clusters) * self.geometry.cluster_bytes
        self.directories[directory.node_id] = self.directories[directory.node_id].ljust(size_bytes, b"\0")
        self.store(self.with_content(directory, clusters, size_bytes))

    def _rewritten(self, node: Node, slot: int) -> Node:
        stream = Stream(node.clusters[0] if node.clusters else 0, node.size_bytes, node.contiguous)
        data = entries.entry_set(node.name, node.times, stream, directory=node.directory)
        self._write_slots(node.parent_id, slot, data)
        return replace(node, place=SetPlace(node.parent_id, slot, data))

    def _erased(self, place: SetPlace) -> SetPlace:
        data = entries.erased(place.data)
        self._write_slots(place.directory_id, place.slot, data)
        return replace(place, data=data)

    def _write_slots(self, directory_id: int, slot: int, data: bytes) -> None:
        start = slot * ENTRY_BYTES
        before = self.directories[directory_id]
        self.directories[directory_id] = before[:start] + data + before[start + len(data) :]
        first, last = start // self.geometry.cluster_bytes, (start + len(data) - 1) // self.geometry.cluster_bytes
        self._changed.update((directory_id, index) for index in range(first, last + 1))


def place_of(node: Node) -> SetPlace:
    """Return where the entry set of ``node`` stands; only the root directory has none, and must not come here."""
    if node.place is None:
        raise AssertionError("the root directory has no entry set")
    return node.place


def _free_slot(data: bytes, length: int) -> int:
    """Return the first slot from which ``length`` entries are not in use, or lie behind the end."""
    in_use = data[::ENTRY_BYTES].translate(_IN_USE)
    found = in_use.find(bytes(length))
    return found if found >= 0 else len(in_use.rstrip(b"\0"))
