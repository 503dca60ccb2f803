"""An NTFS 3.1 volume that is written by operations in order, as a driver does it.

Fragments, reuse, slack and remnants are not painted: they arise from the order of the operations. Times are aware UTC.
What Windows does to the times of a file follows the tables of SANS, "Windows Time Rules": $FILE_NAME keeps what
$STANDARD_INFORMATION said when the name was given.
"""

from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.ntfs import layout, rendering
from labkit.synthesis.filesystems.ntfs import names as naming
from labkit.synthesis.filesystems.ntfs.attributes import resident_size
from labkit.synthesis.filesystems.ntfs.mft import read_extents, write_extents
from labkit.synthesis.filesystems.ntfs.nodes import DATA, Attribute, FileFlags, Node, Times, joined
from labkit.synthesis.filesystems.ntfs.records import ROOM_BYTES
from labkit.synthesis.filesystems.ntfs.state import NtfsState, StreamState, node_state
from labkit.synthesis.filesystems.ntfs.system import SystemFiles, note_mft_growth, write_bitmaps
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree, attribute_of, with_attribute
from labkit.synthesis.medium import SECTOR_BYTES, Medium

__all__ = ["FileFlags", "NtfsState", "NtfsVolume", "StreamState"]

_LARGEST_SERIAL = (1 << 64) - 1
_LONGEST_LABEL = 32
_CONTENT_INSTANCE = 1


class NtfsVolume:
    """A volume at ``start_bytes`` of ``medium``. Paths begin with ``/``; case does not matter, as on Windows.

    File content goes to the medium at once, records and directories with ``flush``. An operation that raises has
    changed nothing. Each raises SynthesisError where a path does not exist or exists already, where the volume or a
    directory is full, and where a name or time can not be stored.

    Args:
        medium: Where the volume is written.
        start_bytes: Where it begins; the sectors before it are its "hidden sectors".
        size_bytes: How long it is, with the copy of the boot sector in its last sector.
        cluster_bytes: 512 to 65536.
        label: Up to 32 UTF-16 units.
        serial: A number of 64 bits.
        formatted: When it was formatted, an aware time.
        short_names: Whether a long name gets an 8.3 name beside it.

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
        short_names: bool = True,
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
                f"the volume serial {serial} can not be stored", remedy="Give a number of 64 bits, 0 or above."
            )
        if len(label.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_LABEL:
            raise SynthesisError(
                f"the volume label {label!r} can not be stored", remedy=f"Take up to {_LONGEST_LABEL} characters."
            )
        now = filetime(formatted)
        self._medium = medium
        self._serial = serial
        self._tree = NtfsTree(self._geometry, medium, short_names=short_names)
        SystemFiles(self._tree, Times(now, now, now, now)).make(label)
        self._write_boot_sectors()

    # -- what the volume is ---------------------------------------------------------------------------------------

    @property
    def time_basis(self) -> TimeBasis:
        """NTFS keeps UTC."""
        return "utc"

    @property
    def cluster_bytes(self) -> int:
        """Bytes in one cluster."""
        return self._geometry.cluster_bytes

    @property
    def cluster_count(self) -> int:
        """How many clusters there are; they are numbered from 0."""
        return self._geometry.cluster_count

    @property
    def serial_text(self) -> str:
        """The volume serial as Windows' ``vol`` prints it: ``1A2B-3C4D``, its low 32 bits."""
        return f"{self._serial >> 16 & 0xFFFF:04X}-{self._serial & 0xFFFF:04X}"

    @property
    def serial_fsstat(self) -> str:
        """The volume serial as the Sleuth Kit's ``fsstat`` prints it: all 64 bits."""
        return f"{self._serial:016X}"

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium."""
        return self._geometry.cluster_offset_bytes(cluster)

    def free_clusters(self) -> tuple[int, ...]:
        """Return the numbers of all free clusters, in order."""
        return self._tree.clusters.free()

    # -- operations -----------------------------------------------------------------------------------------------

    def make_directory(self, path: str, at: datetime) -> int:
        """Make an empty directory; its parent must exist. Return its node id."""
        now = filetime(at)
        parent, text = self._tree.new_place(path)
        self._tree.check_new_name(parent, text)
        self._tree.require(0, directories=(parent,))
        node = self._tree.new_node(Times(now, now, now, now), directory=True, flags=0, security_id=0)
        node, name = self._tree.name_for(node, parent, text)
        node = node._replace(names=(name,))
        self._tree.add_directory_index(node)
        self._tree.enter(self._tree.settle(node), name)
        self._stamp_directory(parent.node_id, now)
        return node.node_id

    def create(
        self, path: str, data: bytes, at: datetime, *, flags: FileFlags = FileFlags.ARCHIVE, pieces: int = 1
    ) -> int:
        """Write a new file; its directory must exist. Return its node id.

        Args:
            path: Where.
            data: What it holds.
            at: When.
            flags: Its DOS attributes.
            pieces: In how many fragments at least, where it does not fit its record.
        """
        now = filetime(at)
        return self._create(path, data, Times(now, now, now, now), flags=flags, pieces=pieces)

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file as Windows does: born now, last-write time kept. Reading sets the source's access time too."""
        source = self._tree.file(path)
        now = filetime(at)
        times = Times(now, source.times.modified, now, now)
        copy_id = self._create(to_path, self._content(source.content), times, flags=FileFlags(source.flags))
        for stream in source.attributes:
            if stream.kind == DATA and stream.name:
                self._put_stream(self._tree.nodes[copy_id], stream.name, self._content(stream))
        self.open(path, at)
        return copy_id

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file."""
        now = filetime(at)
        node = self._tree.file(path)
        content = _content_of(node)
        size = content.size_bytes + len(data)
        self._tree.require(self._geometry.clusters_for(size) - content.cluster_count)
        node = node._replace(times=node.times._replace(modified=now, changed=now))
        self._keep(with_attribute(node, self._appended(node, content, data)))

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew: same record, other clusters. What stood in the old ones stays there.

        Content that has left its record does not come back into it.
        """
        now = filetime(at)
        node = self._tree.file(path)
        content = _content_of(node)
        self._tree.require(self._geometry.clusters_for(len(data)) - content.cluster_count)
        self._tree.clusters.release(content.extents)
        resident = content.value is not None
        emptied = content._replace(value=b"" if resident else None, size_bytes=0, extents=(), sparse=False)
        node = node._replace(times=node.times._replace(modified=now, changed=now))
        self._keep(with_attribute(node, self._appended(node, emptied, data)))

    def write_stream(self, path: str, name: str, data: bytes, at: datetime) -> None:
        """Write a named stream of a file or directory, ``path:name``; one that exists is truncated before."""
        now = filetime(at)
        naming.check_stream_name(name)
        node = self._tree.own(path)
        self._tree.require(self._geometry.clusters_for(len(data)))
        self._put_stream(node._replace(times=node.times._replace(modified=now, changed=now)), name, data)

    def open(self, path: str, at: datetime) -> None:
        """Read a file: only its last access changes."""
        now = filetime(at)
        node = self._tree.file(path)
        self._tree.store(node._replace(times=node.times._replace(accessed=now)))

    def rename(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file or directory another name or another directory; its node id stays.

        Its own times stay but for that of the record; $FILE_NAME takes over what $STANDARD_INFORMATION says.
        """
        now = filetime(at)
        tree = self._tree
        node = tree.own(path)
        old = tree.link(node, path)
        parent, text = tree.new_place(to_path)
        if any(above.node_id == node.node_id for above in tree.line(parent)):
            raise SynthesisError(f"{path} can not be moved into itself", remedy="Move it to a directory outside of it.")
        unchanged = (old.parent_id, old.text) == (parent.node_id, text)
        tree.check_new_name(parent, text, holder=0 if unchanged else node.node_id)
        tree.require(0, directories=(parent, tree.nodes[old.parent_id]))
        tree.withdraw(node, old)
        node, name = tree.name_for(node, parent, text, link=len(node.names) > 1 and old.alias == "")
        names = tuple(name if one is old else one for one in node.names)
        node = tree.settle(node._replace(names=names, times=node.times._replace(changed=now)))
        tree.enter(node, name)
        tree.store(node)
        for directory_id in dict.fromkeys((old.parent_id, parent.node_id)):
            self._stamp_directory(directory_id, now)

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it. Of a file with more links only this name goes."""
        now = filetime(at)
        node = self._tree.own(path)
        self._delete(node, path, now)

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
        changed: datetime | None = None,
    ) -> None:
        """Set the times of $STANDARD_INFORMATION that are given; those of $FILE_NAME stay as they are."""
        node = self._tree.own(path)
        given = {"born": born, "modified": modified, "accessed": accessed, "changed": changed}
        times = {name: filetime(at) for name, at in given.items() if at is not None}
        self._tree.store(node._replace(times=node.times._replace(**times)))

    def set_flags(self, path: str, flags: FileFlags, at: datetime) -> None:
        """Set the DOS attributes of a file or directory, such as hidden and system."""
        now = filetime(at)
        node = self._tree.own(path)
        kept = FileFlags(node.flags) & (FileFlags.SPARSE | FileFlags.REPARSE_POINT)
        self._tree.store(node._replace(flags=flags | kept, times=node.times._replace(changed=now)))

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit; resident content has no slack.
        """
        node = self._tree.file(path)
        content = _content_of(node)
        used = content.size_bytes % self.cluster_bytes
        room = self.cluster_bytes - used if used and content.extents else 0
        if not 0 < len(data) <= room:
            raise SynthesisError(
                f"{path} has {room} bytes of slack, and {len(data)} are to be written there",
                remedy="Take another host file (one of a few hundred bytes lies in its record), or a shorter text.",
            )
        first, count = content.extents[-1]
        offset_bytes = self.cluster_offset_bytes(first + count - 1) + used
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def write_unallocated(self, data: bytes, *, cluster: int | None = None) -> int:
        """Put ``data`` at the start of free clusters that never held anything; they stay free.

        Without ``cluster`` it goes into the middle of the longest stretch that was never used. Return where it begins
        on the medium.

        Raises:
            SynthesisError: There is nothing to write, or no such place for it.
        """
        count = max(self._geometry.clusters_for(len(data)), 1)
        if cluster is None:
            cluster = self._tree.clusters.quiet_place(count)
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
        """Unmount and mount again: freed records can be given anew, and the search for clusters begins at the lowest.

        With ``after`` it begins behind that cluster.
        """
        if after is not None:
            self.cluster_offset_bytes(after)  # refuses a cluster that the volume does not have
        self._tree.mft.map.rewind()
        self._tree.clusters.hint = 0 if after is None else after + 1

    def flush(self) -> None:
        """Write records, directories and bitmaps that changed to the medium. Can be repeated."""
        note_mft_growth(self._tree)
        self._tree.flush()
        write_bitmaps(self._tree)

    def fork(self, medium: Medium) -> "NtfsVolume":
        """Return an independent copy that goes on writing to ``medium``, a fork of this volume's medium."""
        other = object.__new__(NtfsVolume)
        other.__dict__.update(self.__dict__)
        other._medium = medium
        other._tree = self._tree.fork(medium)
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""
        return self._content(_content_of(self._tree.file(path)))

    def paths(self) -> tuple[str, ...]:
        """Return the paths of all live files and directories, sorted, without the root and NTFS's own files."""
        tree = self._tree
        live = (node for node in tree.nodes.values() if not node.deleted and node.node_id >= tree.first_own_node)
        return tuple(sorted(tree.name_path(name) for node in live for name in node.names))

    def node(self, path: str) -> int:
        """Return the node id of a live file or directory; renames and deletion do not change it."""
        return self._tree.live(path).node_id

    def state(self, node_id: int) -> NtfsState:
        """Return what is known about a node, live or deleted."""
        return node_state(self._tree, node_id)

    # -- content --------------------------------------------------------------------------------------------------

    def _create(self, path: str, data: bytes, times: Times, *, flags: FileFlags, pieces: int = 1) -> int:
        tree = self._tree
        parent, text = tree.new_place(path)
        tree.check_new_name(parent, text)
        tree.require(self._geometry.clusters_for(len(data)), directories=(parent,))
        node = tree.new_node(times, directory=False, flags=flags, security_id=0)
        node, name = tree.name_for(node, parent, text)
        node = node._replace(names=(name,))
        content = self._appended(node, Attribute(DATA, "", _CONTENT_INSTANCE, b"", 0), data, pieces=pieces)
        node = tree.settle(node._replace(attributes=(content,)))
        tree.enter(node, name)
        self._stamp_directory(parent.node_id, times.changed)
        return node.node_id

    def _delete(self, node: Node, path: str, now: int) -> None:
        tree = self._tree
        if node.directory:
            for child in tree.children(node):
                for name in child.names:
                    if name.parent_id == node.node_id:
                        self._delete(tree.nodes[child.node_id], tree.name_path(name), now)
            node = tree.nodes[node.node_id]
        name = tree.link(node, path)
        tree.withdraw(node, name)
        if len(node.names) > 1:
            names = tuple(one for one in node.names if one is not name)
            node = tree.settle(node._replace(names=names, times=node.times._replace(changed=now)))
            tree.store(node)
        else:
            tree.erase(node)
        self._stamp_directory(name.parent_id, now)

    def _put_stream(self, node: Node, name: str, data: bytes) -> None:
        stream = attribute_of(node, DATA, name)
        if stream is None:
            stream = Attribute(DATA, name, node.next_instance, b"", 0)
            node = node._replace(next_instance=rendering.next_instance(node.next_instance))
        else:
            self._tree.clusters.release(stream.extents)
        emptied = stream._replace(value=None if stream.value is None else b"", size_bytes=0, extents=())
        self._keep(with_attribute(node, self._appended(node, emptied, data)))

    def _appended(self, node: Node, attribute: Attribute, data: bytes, *, pieces: int = 1) -> Attribute:
        """Return ``attribute`` of ``node`` with ``data`` behind what it has, and write that to the medium."""
        geometry, clusters = self._geometry, self._tree.clusters
        position = attribute.size_bytes
        size = position + len(data)
        if attribute.value is not None:
            value = attribute.value + data
            if self._fits_record(node, attribute, size):
                return attribute._replace(value=value, size_bytes=size)
            if node.node_id in self._tree.nodes and position:
                self._tree.write(self._tree.nodes[node.node_id])  # so that the old content stays in the record
            extents = clusters.allocate(geometry.clusters_for(size), node.node_id, pieces=pieces)
            self._write(extents, 0, value)
            return attribute._replace(value=None, size_bytes=size, extents=extents)
        missing = geometry.clusters_for(size) - sum(count for _, count in attribute.extents)
        extents = attribute.extents
        if missing > 0:
            near = sum(extents[-1]) if extents else None
            extents = joined(extents, clusters.allocate(missing, node.node_id, near=near, pieces=pieces))
        self._write(extents, position, data)
        return attribute._replace(size_bytes=size, extents=extents)

    def _fits_record(self, node: Node, attribute: Attribute, size_bytes: int) -> bool:
        others = [one for one in node.attributes if one is not attribute]
        room = ROOM_BYTES - rendering.fixed_bytes(node._replace(attributes=tuple(others)))
        return size_bytes <= room and resident_size(attribute.name, size_bytes) <= room

    def _write(self, extents: tuple[tuple[int, int], ...], position: int, data: bytes) -> None:
        """Write content. The rest of its last sector becomes zeros; sectors behind it keep what they held."""
        if data:
            rest = -(position + len(data)) % SECTOR_BYTES
            write_extents(self._medium, self._geometry, extents, position, data + bytes(rest) if rest else data)

    def _keep(self, node: Node) -> None:
        self._tree.store(self._tree.settle(node))

    def _stamp_directory(self, node_id: int, now: int) -> None:
        node = self._tree.nodes[node_id]
        self._tree.store(node._replace(times=node.times._replace(modified=now, changed=now)))

    def _content(self, attribute: Attribute | None) -> bytes:
        if attribute is None or not attribute.size_bytes:
            return b""
        if attribute.value is not None:
            return attribute.value
        return read_extents(self._medium, self._geometry, attribute.extents, 0, attribute.size_bytes)

    def _is_blank(self, cluster: int, count: int) -> bool:
        if not self._tree.clusters.is_untouched(cluster, count):
            return False
        return not any(self._medium.read(self.cluster_offset_bytes(cluster), count * self.cluster_bytes))

    def _write_boot_sectors(self) -> None:
        sector = layout.boot_sector(self._geometry, self._serial)
        self._medium.write(self._geometry.start_bytes, sector)
        last = self._geometry.start_bytes + (self._geometry.total_sectors - 1) * SECTOR_BYTES
        self._medium.write(last, sector)


def _content_of(node: Node) -> Attribute:
    content = node.content
    if content is None:
        raise SynthesisError("the file has no content of its own", remedy="Name another file.")
    return content
