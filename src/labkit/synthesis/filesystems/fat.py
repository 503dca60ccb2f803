"""A FAT12, FAT16 or FAT32 volume that is written by operations in order, as a driver does it.

Fragments, reuse, slack and remnants are not painted: they arise from the order of the operations. Times are naive and
local, as the device's clock showed them.

Deletion marks the slots of a name with 0xE5 and frees the chain; size, first cluster and content stay. Linux leaves a
deleted entry so (shown step by step in fatcat's docs/undelete.md), and Windows does on FAT12 and FAT16. On FAT32
Windows also clears the high 16 bits of the first cluster (CnW Recovery manual, "FAT 32 deleted file recovery"). That
this writer keeps them is a choice: what a deleted entry says leads to its content, wherever that begins.
"""

from datetime import datetime
from itertools import chain

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems import fat_layout as layout
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.fat_allocation import ClusterMap, runs
from labkit.synthesis.filesystems.fat_entries import EntryTimes, check_time
from labkit.synthesis.filesystems.fat_layout import FIRST_CLUSTER, FatKind
from labkit.synthesis.filesystems.fat_names import label_field
from labkit.synthesis.filesystems.fat_state import DeletedEntry, FileState, deleted_entries, file_state
from labkit.synthesis.filesystems.fat_tree import ROOT, FatTree, Node
from labkit.synthesis.medium import SECTOR_BYTES, Medium

__all__ = ["DeletedEntry", "FatKind", "FatVolume", "FileState"]

_LARGEST_FILE_BYTES = 0xFFFFFFFF
_LARGEST_SERIAL = 0xFFFFFFFF


class FatVolume:
    """A volume at ``start_bytes`` of ``medium``. Paths begin with ``/``; case does not matter, as on Windows.

    File content goes to the medium at once, tables and directories with ``flush``. An operation that raises has
    changed nothing. Each raises SynthesisError where a path does not exist or exists already, where the volume or a
    directory is full, and where a name or time can not be stored.

    Raises:
        SynthesisError: The sizes do not fit together or into the medium, or label or serial can not be stored.
    """

    def __init__(
        self,
        medium: Medium,
        *,
        start_bytes: int,
        size_bytes: int,
        kind: FatKind,
        cluster_bytes: int,
        label: str,
        serial: int,
        formatted: datetime,
    ) -> None:
        self._geometry = layout.plan_geometry(
            kind, start_bytes=start_bytes, size_bytes=size_bytes, cluster_bytes=cluster_bytes
        )
        if start_bytes + size_bytes > medium.size_bytes:
            raise SynthesisError(
                f"a volume that ends at byte {start_bytes + size_bytes} does not fit a medium of {medium.size_bytes}",
                remedy="Make the medium larger or the volume smaller.",
            )
        if not 0 <= serial <= _LARGEST_SERIAL:
            raise SynthesisError(
                f"the volume serial {serial} can not be stored", remedy="Give a number of 32 bits, 0 or above."
            )
        self._medium = medium
        self._serial = serial
        self._label = label_field(label)
        self._clusters = ClusterMap(self._geometry)
        self._tree = FatTree(self._geometry, self._clusters, EntryTimes.of(formatted, formatted, formatted))
        if label:
            self._tree.add_label(self._label)

    # -- what the volume is ---------------------------------------------------------------------------------------

    @property
    def time_basis(self) -> TimeBasis:
        """FAT keeps naive local times."""
        return "local"

    @property
    def cluster_bytes(self) -> int:
        """Bytes in one cluster."""
        return self._geometry.cluster_bytes

    @property
    def cluster_count(self) -> int:
        """How many clusters there are; they are numbered from 2."""
        return self._geometry.cluster_count

    @property
    def data_start_bytes(self) -> int:
        """Where cluster 2 begins, on the medium."""
        return self._geometry.data_start_bytes

    @property
    def serial_text(self) -> str:
        """The volume serial as Windows' ``vol`` prints it: ``1A2B-3C4D``."""
        return f"{self._serial >> 16:04X}-{self._serial & 0xFFFF:04X}"

    @property
    def serial_fsstat(self) -> str:
        """The volume serial as the Sleuth Kit's ``fsstat`` prints it: ``0x1a2b3c4d``."""
        return f"0x{self._serial:x}"

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium."""
        return self._geometry.cluster_offset_bytes(cluster)

    def free_clusters(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters, in order."""
        return self._clusters.free()

    # -- operations -----------------------------------------------------------------------------------------------

    def make_directory(self, path: str, at: datetime) -> int:
        """Make an empty directory; its parent must exist. Return its node id."""
        return self._tree.add(path, EntryTimes.of(at, at, at), directory=True, data_clusters=1).node_id

    def create(self, path: str, data: bytes, at: datetime) -> int:
        """Write a new file; its directory must exist. Return its node id."""
        return self._create(path, data, EntryTimes.of(at, at, at))

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file as Windows does: born now, last-write time kept. Reading sets the source's access date too."""
        source = self._tree.file(path)
        copy_id = self._create(to_path, self._content(source), EntryTimes.of(at, source.times.modified, at))
        self.open(path, at)
        return copy_id

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file."""
        node = self._tree.file(path)
        times = EntryTimes.of(node.times.born, at, at)
        position = node.size_bytes
        missing = self._clusters_for(position + len(data)) - len(node.clusters)
        last = node.clusters[-1] if node.clusters else None
        node.clusters += self._clusters.allocate(missing, node.node_id, after=last)
        node.size_bytes, node.times = position + len(data), times
        self._write_content(node, position, data)
        self._tree.store(node)

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew: same entry, other clusters. What stood in the old ones stays there."""
        node = self._tree.file(path)
        times = EntryTimes.of(node.times.born, at, at)
        count = self._clusters_for(len(data))
        self._clusters.require(count - len(node.clusters))
        self._clusters.release(node.clusters)
        node.clusters = self._clusters.allocate(count, node.node_id)
        node.size_bytes, node.times = len(data), times
        self._write_content(node, 0, data)
        self._tree.store(node)

    def open(self, path: str, at: datetime) -> None:
        """Read a file: only its access date changes."""
        node = self._tree.file(path)
        node.times = EntryTimes.of(node.times.born, node.times.modified, at)
        self._tree.store(node)

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory; its node id stays.

        The new entry is written before the old one is marked as deleted, so it stands elsewhere. Born and last-write
        time are kept; the access date is set.
        """
        node = self._tree.live(path)
        self._tree.move(node, to_path, EntryTimes.of(node.times.born, node.times.modified, at))

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it.

        FAT keeps no time of deletion, so ``at`` is only checked.
        """
        check_time(at)
        node = self._tree.live(path)
        self._tree.placed(node)
        self._delete(node)

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
    ) -> None:
        """Set the times that are given, as a program can do on purpose."""
        node = self._tree.live(path)
        self._tree.placed(node)
        now = node.times
        node.times = EntryTimes.of(born or now.born, modified or now.modified, accessed or now.accessed)
        self._tree.store(node)

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        node = self._tree.file(path)
        used = node.size_bytes % self.cluster_bytes
        room = self.cluster_bytes - used if used else 0
        if not 0 < len(data) <= room:
            raise SynthesisError(
                f"{path} has {room} bytes of slack, and {len(data)} are to be written there",
                remedy="Take another host file, larger clusters or a shorter text.",
            )
        offset_bytes = self.cluster_offset_bytes(node.clusters[-1]) + used
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free clusters that never held anything; they stay free.

        Without ``cluster`` it goes a little behind the used area, so that a few later files do not overwrite it.
        Enough later files do: write it late in the story. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        count = max(self._clusters_for(len(data)), 1)
        if cluster is None:
            cluster = self._quiet_place(count)
        if not data or cluster is None or not self._is_blank(cluster, count):
            raise SynthesisError(
                f"{len(data)} bytes can not be put into unallocated space"
                + ("" if cluster is None else f" at cluster {cluster}"),
                remedy="Give some bytes, and clusters that are free and never held anything, or a larger volume.",
            )
        offset_bytes = self.cluster_offset_bytes(cluster)
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def remount(self, *, after: int | None = None) -> None:
        """Unplug and plug in again: the search begins at the lowest free cluster, so freed ones are reused.

        With ``after``, the stick was pulled out without an eject: the hint that it keeps is an old one, and the search
        begins behind that cluster.
        """
        if after is None:
            self._clusters.rewind()
        else:
            self.cluster_offset_bytes(after)  # refuses a cluster that the volume does not have
            self._clusters.hint = after

    def flush(self) -> None:
        """Write boot area, allocation tables and directories to the medium. Can be repeated."""
        self._write_boot_area()
        for offset_bytes, part in self._clusters.changed_table():
            for start_bytes in self._geometry.fat_starts_bytes:
                self._medium.write(start_bytes + offset_bytes, part)
        for node_id in self._tree.tables:
            if not self._tree.nodes[node_id].deleted:
                self._write_directory(self._tree.nodes[node_id])

    def fork(self, medium: Medium) -> "FatVolume":
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""
        other = object.__new__(FatVolume)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other._clusters = self._clusters.fork()
        other._tree = self._tree.fork(other._clusters)
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""
        return self._content(self._tree.file(path))

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live files and directories, sorted, without the root."""
        live = (node for node in self._tree.nodes.values() if not node.deleted and node.node_id != ROOT)
        return tuple(sorted(self._tree.path(node) for node in live))

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory; renames and deletion do not change it."""
        return self._tree.live(path).node_id

    def state(self, node_id: int) -> FileState:
        """Return what is known about a node, live or deleted."""
        return file_state(self._tree, node_id)

    def deleted_entries(self) -> tuple[DeletedEntry, ...]:
        """Return every deleted directory entry that still stands: what a reader can list besides ``paths``."""
        return deleted_entries(self._tree)

    # -- content --------------------------------------------------------------------------------------------------

    def _create(self, path: str, data: bytes, times: EntryTimes) -> int:
        count = self._clusters_for(len(data))
        node = self._tree.add(path, times, directory=False, data_clusters=count)
        node.clusters = self._clusters.allocate(count, node.node_id)
        node.size_bytes = len(data)
        self._write_content(node, 0, data)
        self._tree.store(node)
        return node.node_id

    def _delete(self, node: Node) -> None:
        for child in self._tree.children(node):
            self._delete(child)
        if node.directory:  # its slots must stand on the medium before others can take its clusters
            self._write_directory(node)
        self._tree.erase(node)

    def _clusters_for(self, size_bytes: int) -> int:
        if size_bytes > _LARGEST_FILE_BYTES:
            raise SynthesisError(f"a file of {size_bytes} bytes is too large for FAT", remedy="Keep files below 4 GiB.")
        return -(-size_bytes // self.cluster_bytes)

    def _write_content(self, node: Node, position: int, data: bytes) -> None:
        """Write ``data`` at byte ``position`` of a file. The rest of the last sector becomes zeros.

        The sectors behind it in the last cluster keep what they held, as Windows leaves them.
        """
        rest = -(position + len(data)) % SECTOR_BYTES
        padded = data + bytes(rest) if data else b""
        index, within = divmod(position, self.cluster_bytes)
        done = 0
        for first, count in runs(node.clusters[index:]):
            size = count * self.cluster_bytes - within
            self._medium.write(self.cluster_offset_bytes(first) + within, padded[done : done + size])
            done += size
            within = 0

    def _content(self, node: Node) -> bytes:
        parts = [
            self._medium.read(self.cluster_offset_bytes(first), count * self.cluster_bytes)
            for first, count in runs(node.clusters)
        ]
        return b"".join(parts)[: node.size_bytes]

    def _is_blank(self, cluster: int, count: int) -> bool:
        end = FIRST_CLUSTER + self.cluster_count
        if cluster < FIRST_CLUSTER or cluster + count > end:
            return False
        if not all(self._clusters.is_untouched(number) for number in range(cluster, cluster + count)):
            return False
        return not any(self._medium.read(self.cluster_offset_bytes(cluster), count * self.cluster_bytes))

    def _quiet_place(self, count: int) -> int | None:
        end = FIRST_CLUSTER + self.cluster_count - count + 1
        ahead = min(self._clusters.used_end + max(16, self.cluster_count // 64), end)
        starts = chain(range(ahead, end), range(FIRST_CLUSTER, ahead))
        return next((start for start in starts if self._is_blank(start, count)), None)

    def _write_directory(self, node: Node) -> None:
        table = self._tree.tables[node.node_id]
        if not table.changed:
            return
        if not node.clusters:  # the root directory of FAT12 and FAT16
            self._medium.write(self._geometry.entries_start_bytes, bytes(table.data))
        done = 0
        for first, count in runs(node.clusters):
            size = count * self.cluster_bytes
            self._medium.write(self.cluster_offset_bytes(first), bytes(table.data[done : done + size]))
            done += size
        table.changed = False

    def _write_boot_area(self) -> None:
        boot = layout.boot_sector(self._geometry, label=self._label, serial=self._serial)
        start = self._geometry.start_bytes
        self._medium.write(start, boot)
        if self._geometry.kind != "FAT32":
            return
        now = layout.fsinfo_sector(free_clusters=self._clusters.free_count, hint=self._clusters.hint)
        # Drivers keep the copy of the boot sector as formatting left it, FSInfo included.
        fresh = layout.fsinfo_sector(free_clusters=self.cluster_count - 1, hint=layout.ROOT_CLUSTER)
        third = layout.third_boot_sector()
        self._medium.write(start + SECTOR_BYTES, now + third)
        self._medium.write(start + layout.BACKUP_BOOT_SECTOR * SECTOR_BYTES, boot + fresh + third)
