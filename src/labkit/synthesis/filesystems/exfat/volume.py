"""An exFAT volume that is written by operations in order, as Windows does it.

Fragments, reuse, slack and remnants are not painted: they arise from the order of the operations. Times are stored as
local times with their distance from UTC.

A deletion clears one bit of each entry of the set and frees the clusters in the bitmap; names, times, size, first
cluster, checksums and the allocation table stay. A name of more entries gets a new set, and the old one stays likewise.
The times of a directory are those of its making and of what is done to itself, not of changes in it.

Source: Microsoft, "exFAT file system specification" (2019), the sections 6.2 "General Directory Entry Template" (the
bit InUse), 8.1 "Recommended Write Ordering"; the modules beside this one name theirs.
"""

from dataclasses import replace
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.content import ContentArea
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.exfat import entries, layout, upcase
from labkit.synthesis.filesystems.exfat.entries import EntryTimes, check_time
from labkit.synthesis.filesystems.exfat.state import ExFatState, file_state
from labkit.synthesis.filesystems.exfat.tree import ExFatTree
from labkit.synthesis.filesystems.namespace import ROOT
from labkit.synthesis.medium import SECTOR_BYTES, Medium

_LARGEST_SERIAL = 0xFFFFFFFF


class ExFatVolume:
    """A volume at ``start_bytes`` of ``medium``. Paths begin with ``/``; case does not matter, as on Windows.

    File content goes to the medium at once, tables and directories with ``flush``. An operation that raises has
    changed nothing. Each raises SynthesisError where a path does not exist or exists already, where the volume is
    full, and where a name or time can not be stored.

    Args:
        medium: Where it is written.
        start_bytes: Where it begins.
        size_bytes: Its size, 1 MiB at least.
        cluster_bytes: 512 bytes to 32 MiB, a power of two.
        label: Up to 11 characters, or empty.
        serial: 32 bits.
        formatted: When, an aware time in the machine's zone.

    Raises:
        SynthesisError: The sizes do not fit together or into the medium, or label, serial or time can not be stored.
    """

    def __init__(
        self,
        medium: Medium,
        *,
        start_bytes: int,
        size_bytes: int,
        cluster_bytes: int,
        label: str,
        serial: int,
        formatted: datetime,
    ) -> None:
        self._geometry = layout.plan_geometry(
            start_bytes=start_bytes, size_bytes=size_bytes, cluster_bytes=cluster_bytes
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
        self._tree = ExFatTree(self._geometry, medium, EntryTimes.of(formatted, formatted, formatted))
        self._content = ContentArea(
            medium,
            self._tree.clusters,
            unit_bytes=cluster_bytes,
            padding_bytes=SECTOR_BYTES,  # what is behind it in the cluster keeps what it held, as Windows leaves it
            offset_of=self._geometry.cluster_offset_bytes,
        )
        self._bitmap_offset_bytes = -1
        self._format(entries.volume_label(label))

    # -- what the volume is ---------------------------------------------------------------------------------------

    @property
    def time_basis(self) -> TimeBasis:
        """ExFAT keeps local times with their distance from UTC."""
        return "zoned"

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

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium."""
        return self._geometry.cluster_offset_bytes(cluster)

    def free_clusters(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters, in order."""
        return self._tree.clusters.free()

    # -- operations -----------------------------------------------------------------------------------------------

    def make_directory(self, path: str, at: datetime) -> int:
        """Make an empty directory; its parent must exist. Return its node id."""
        return self._tree.add(path, EntryTimes.of(at, at, at), directory=True, content_clusters=1).node_id

    def create(self, path: str, data: bytes, at: datetime) -> int:
        """Write a new file; its directory must exist. Return its node id."""
        return self._create(path, data, EntryTimes.of(at, at, at))

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file as Windows does: born now, last-write time kept. Reading sets the source's last access too."""
        source = self._tree.names.file(path)
        copy_id = self._create(to_path, self.read(path), EntryTimes.of(at, source.times.modified, at))
        self.open(path, at)
        return copy_id

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file. Once it lies in pieces, the allocation table says where."""
        node = self._tree.names.file(path)
        times = EntryTimes.of(node.times.born, at, at)
        position = node.size_bytes
        more = self._content.units_for(position + len(data)) - len(node.clusters)
        clusters = node.clusters + self._tree.clusters.allocate(more, node.node_id)
        self._content.write(clusters, position, data)
        node = self._tree.with_content(node, clusters, position + len(data))
        self._tree.store(replace(node, times=times))

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew: same entries, other clusters. What stood in the old ones stays there."""
        node = self._tree.names.file(path)
        times = EntryTimes.of(node.times.born, at, at)
        count = self._content.units_for(len(data))
        self._tree.clusters.require(count - len(node.clusters))
        self._tree.clusters.release(node.clusters)
        clusters = self._tree.clusters.allocate(count, node.node_id)
        self._content.write(clusters, 0, data)
        node = self._tree.with_content(node, clusters, len(data))
        self._tree.store(replace(node, times=times))

    def open(self, path: str, at: datetime) -> None:
        """Read a file: only its last access changes."""
        node = self._tree.names.file(path)
        self._tree.store(replace(node, times=EntryTimes.of(node.times.born, node.times.modified, at)))

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory; its node id stays.

        Born and last-write time are kept; the last access is set.
        """
        node = self._tree.names.below_root(path)
        self._tree.move(node, to_path, EntryTimes.of(node.times.born, node.times.modified, at))

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it.

        exFAT keeps no time of deletion, so ``at`` is only checked.
        """
        check_time(at)
        self._tree.erase(self._tree.names.below_root(path))

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
    ) -> None:
        """Set the times that are given, as a program can do on purpose."""
        node = self._tree.names.below_root(path)
        now = node.times
        times = EntryTimes.of(born or now.born, modified or now.modified, accessed or now.accessed)
        self._tree.store(replace(node, times=times))

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        node = self._tree.names.file(path)
        return self._content.write_slack(path, node.clusters, node.size_bytes, data)

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free clusters that never held anything; they stay free.

        Without ``cluster`` it goes a little behind the used area, so that a few later files do not overwrite it.
        Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        return self._content.write_unallocated(data, first=cluster)

    def remount(self, *, after: int | None = None) -> None:
        """Unplug and plug in again: the search for free clusters begins at the lowest, or behind ``after``."""
        if after is not None:
            self.cluster_offset_bytes(after)  # refuses a cluster that the volume does not have
        self._tree.clusters.rewind(after=after)

    def flush(self) -> None:
        """Write what changed in tables and directories to the medium. Can be repeated."""
        changed_pages = self._tree.clusters.changed_pages()
        for page in changed_pages:
            bits = self._tree.clusters.bitmap(page)[: self._geometry.bitmap_bytes - page * SECTOR_BYTES]
            self._medium.write(self._bitmap_offset_bytes + page * SECTOR_BYTES, bits)
        if changed_pages:
            percent_offset = self._geometry.start_bytes + layout.PERCENT_OFFSET_BYTES
            self._medium.write(percent_offset, bytes((self._percent_in_use(),)))
        for offset_bytes, part in self._tree.chains.changed_table():
            self._medium.write(self._geometry.fat_start_bytes + offset_bytes, part)
        self._tree.write_directories()

    def fork(self, medium: Medium) -> "ExFatVolume":
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""
        other = object.__new__(ExFatVolume)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other._tree = self._tree.fork(medium)
        other._content = self._content.fork(medium, other._tree.clusters)
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.names.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""
        node = self._tree.names.file(path)
        return self._content.read(node.clusters, node.size_bytes)

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live files and directories, sorted, without the root."""
        return self._tree.names.paths()

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory; renames and deletion do not change it."""
        return self._tree.names.live(path).node_id

    def state(self, node_id: int) -> ExFatState:
        """Return what is known about a node, live or deleted."""
        return file_state(self._tree, node_id)

    # -- inside ---------------------------------------------------------------------------------------------------

    def _format(self, label_entry: bytes) -> None:
        bitmap = self._tree.allocate_system(self._geometry.bitmap_bytes)
        table = upcase.compressed_table()
        table_clusters = self._tree.allocate_system(len(table))
        self._content.write(table_clusters, 0, table)
        self._tree.make_root(
            label_entry
            + entries.bitmap_entry(bitmap[0], self._geometry.bitmap_bytes)
            + entries.upcase_entry(table_clusters[0], table)
        )
        self._bitmap_offset_bytes = self.cluster_offset_bytes(bitmap[0])
        region = layout.boot_region(
            self._geometry,
            root_cluster=self._tree.names.nodes[ROOT].clusters[0],
            serial=self._serial,
            percent_in_use=self._percent_in_use(),
        )
        self._medium.write(self._geometry.start_bytes, region * 2)  # the second is the backup, and stays as it is

    def _create(self, path: str, data: bytes, times: EntryTimes) -> int:
        count = self._content.units_for(len(data))
        node = self._tree.add(path, times, directory=False, content_clusters=count)
        clusters = self._tree.clusters.allocate(count, node.node_id)
        self._content.write(clusters, 0, data)
        self._tree.store(self._tree.with_content(node, clusters, len(data)))
        return node.node_id

    def _percent_in_use(self) -> int:
        return (self.cluster_count - self._tree.clusters.free_count) * 100 // self.cluster_count
