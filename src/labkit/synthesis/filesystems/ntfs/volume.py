"""An NTFS 3.1 volume that is written by operations in order, as a driver does it.

Fragments, reuse, slack and remnants are not painted: they arise from the order of the operations. Times are aware UTC.
What Windows does to the times of a file follows the tables of SANS, "Windows Time Rules": $FILE_NAME keeps what
$STANDARD_INFORMATION said when the name was given.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.contract import TimeBasis
from labkit.synthesis.filesystems.ntfs import content, layout, rendering
from labkit.synthesis.filesystems.ntfs import names as naming
from labkit.synthesis.filesystems.ntfs.attributes import size_of
from labkit.synthesis.filesystems.ntfs.identified import Identified
from labkit.synthesis.filesystems.ntfs.journal import ChangeJournal
from labkit.synthesis.filesystems.ntfs.node_store import attribute_of, with_attribute
from labkit.synthesis.filesystems.ntfs.nodes import DATA, HOLE, Attribute, FileFlags, Name, Namespace, Node, Times
from labkit.synthesis.filesystems.ntfs.records import ROOM_BYTES
from labkit.synthesis.filesystems.ntfs.state import NtfsState, StreamState, node_state
from labkit.synthesis.filesystems.ntfs.system import SystemFiles, note_mft_growth, store_security, write_bitmaps
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.object_ids import ObjectId
from labkit.synthesis.filesystems.ntfs_streams.reparse import ReparseTag, mount_point, symbolic_link
from labkit.synthesis.filesystems.ntfs_streams.secure import BLOCK_BYTES as _SECURITY_BLOCK_BYTES
from labkit.synthesis.filesystems.ntfs_streams.secure import SecurityStore
from labkit.synthesis.filesystems.ntfs_streams.security import EVERYONE_FULL, SecurityDescriptor
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason, UsnRecord
from labkit.synthesis.medium import SECTOR_BYTES, Medium

__all__ = ["FileFlags", "NtfsState", "NtfsVolume", "StreamState"]

_LARGEST_SERIAL = (1 << 64) - 1
_LONGEST_LABEL = 32
_MOST_LINKS = 1023  # the limit of Windows
_NO_ID = UUID(int=0)
_EMPTY = Attribute(DATA, "", 1, b"", 0)


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
        journal: Whether $UsnJrnl notes each operation.
        start_usn: Where the journal begins, a multiple of 4096: a hole stands for what was noted before.

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
        journal: bool = False,
        start_usn: int = 0,
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
        filetime(formatted)  # refuses a time that can not be stored
        self._medium = medium
        self._serial = serial
        self._tree = NtfsTree(self._geometry, medium, short_names=short_names)
        self._security = SecurityStore()
        self._default_security_id = self._security.add(EVERYONE_FULL)
        files = SystemFiles(self._tree, formatted, self._security)
        files.make(label)
        self._journal = ChangeJournal(self._tree, files, formatted, start_usn=start_usn) if journal else None
        files.finish()
        self._identified = Identified(files.object_ids, files.reparse_points)
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

    def make_directory(self, path: str, at: datetime, *, security_id: int | None = None) -> int:
        """Make an empty directory; its parent must exist. Return its node id.

        ``security_id`` is a number of ``add_security``; without it the directory has that of its parent.
        """
        now = filetime(at)
        tree = self._tree
        parent, text = tree.new_place(path)
        tree.check_new_name(parent, text)
        security_id = self._security_id(parent, security_id)
        self._require(0, parent)
        times = Times(now, now, now, now)
        name = tree.new_name(parent, text, times, rendering.DIRECTORY_FLAG)
        node = tree.new_node(name, times, directory=True, flags=0, security_id=security_id)
        tree.add_directory_index(node)
        node = tree.settle(self._noted(node, name, at, Reason.FILE_CREATE))
        tree.enter(node, name)
        tree.stamp(parent.node_id, now)
        return node.node_id

    def create(
        self,
        path: str,
        data: bytes,
        at: datetime,
        *,
        flags: FileFlags = FileFlags.ARCHIVE,
        pieces: int = 1,
        security_id: int | None = None,
    ) -> int:
        """Write a new file; its directory must exist. Return its node id.

        Args:
            path: Where.
            data: What it holds.
            at: When.
            flags: Its DOS attributes.
            pieces: In how many fragments at least, where it does not fit its record.
            security_id: A number of ``add_security``; without it the file has that of its directory.
        """
        now = filetime(at)
        times = Times(now, now, now, now)
        return self._create(path, data, times, at, flags=flags, pieces=pieces, security_id=security_id)

    def create_sparse(self, path: str, size_bytes: int, parts: Sequence[tuple[int, bytes]], at: datetime) -> int:
        """Write a new sparse file that has clusters only where one of ``parts``, (offset, bytes), is.

        Return its node id.
        """
        now = filetime(at)
        tree = self._tree
        wanted = sum(count for _, count in content.sparse_stretches(tree, size_bytes, parts))
        parent, text = tree.new_place(path)
        tree.check_new_name(parent, text)
        self._require(wanted, parent)
        flags = int(FileFlags.ARCHIVE | FileFlags.SPARSE)
        security_id = self._security_id(parent, None)
        times = Times(now, now, now, now)
        name = tree.new_name(parent, text, times, flags)
        node = tree.new_node(name, times, directory=False, flags=flags, security_id=security_id)
        node = node._replace(attributes=(content.sparse(tree, node, _EMPTY, size_bytes, parts),))
        node = tree.settle(self._noted(node, name, at, Reason.FILE_CREATE, Reason.DATA_EXTEND))
        tree.enter(node, name)
        tree.stamp(parent.node_id, now)
        return node.node_id

    def copy(self, path: str, to_path: str, at: datetime) -> int:
        """Copy a file and its named streams as Windows does: born now, last-write time kept.

        Reading sets the source's access time too. Return the node id of the copy.
        """
        source = self._tree.file(path)
        now = filetime(at)
        streams = [one for one in source.attributes if one.kind == DATA and one.name]
        extra = sum(self._geometry.clusters_for(one.size_bytes) for one in streams)
        times = Times(now, source.times.modified, now, now)
        flags = FileFlags(source.flags) & ~(FileFlags.SPARSE | FileFlags.REPARSE_POINT)
        data = content.read(self._tree, source.content)
        copy_id = self._create(to_path, data, times, at, flags=flags, extra_clusters=extra)
        for stream in streams:
            self._put_stream(self._tree.nodes[copy_id], stream.name, content.read(self._tree, stream))
        self.open(path, at)
        return copy_id

    def append(self, path: str, data: bytes, at: datetime) -> None:
        """Add ``data`` at the end of a file."""
        now = filetime(at)
        node = self._tree.file(path)
        held = _content_of(node)
        self._require(max(self._geometry.clusters_for(held.size_bytes + len(data)) - held.cluster_count, 0))
        node = self._noted(node, self._tree.link(node, path), at, Reason.DATA_EXTEND)
        node = node._replace(times=node.times._replace(modified=now, changed=now))
        self._keep(with_attribute(node, content.appended(self._tree, node, held, data)))

    def overwrite(self, path: str, data: bytes, at: datetime) -> None:
        """Truncate a file and write it anew: same record, other clusters. What stood in the old ones stays there.

        Content that has left its record does not come back into it.
        """
        now = filetime(at)
        node = self._tree.file(path)
        held = _content_of(node)
        self._require(max(self._geometry.clusters_for(len(data)) - held.cluster_count, 0))
        node = self._noted(node, self._tree.link(node, path), at, Reason.DATA_TRUNCATION, Reason.DATA_EXTEND)
        node = node._replace(times=node.times._replace(modified=now, changed=now))
        emptied = content.emptied(self._tree, held)
        self._keep(with_attribute(node, content.appended(self._tree, node, emptied, data)))

    def write_stream(self, path: str, name: str, data: bytes, at: datetime) -> None:
        """Write a named stream of a file or directory, ``path:name``; one that exists is truncated before."""
        now = filetime(at)
        naming.check_stream_name(name)
        node = self._tree.own(path)
        self._require(self._geometry.clusters_for(len(data)), node)
        node = self._noted(node, self._tree.link(node, path), at, Reason.STREAM_CHANGE, Reason.NAMED_DATA_EXTEND)
        self._put_stream(node._replace(times=node.times._replace(modified=now, changed=now)), name, data)

    def link(self, path: str, to_path: str, at: datetime) -> None:
        """Give a file one name more, a hard link; all its names are equal."""
        now = filetime(at)
        tree = self._tree
        node = tree.file(path)
        parent, text = tree.new_place(to_path)
        tree.check_new_name(parent, text)
        if len(node.names) >= _MOST_LINKS:
            raise SynthesisError(f"{path} has {_MOST_LINKS} names already", remedy="Copy the file instead.")
        self._require(0, parent)
        name = tree.name_for(node, parent, text, hard_link=True)
        node = self._noted(node, name, at, Reason.HARD_LINK_CHANGE)
        node = tree.settle(
            node._replace(
                names=(*node.names, name),
                times=node.times._replace(changed=now),
                next_instance=rendering.instance_behind(name),
            )
        )
        tree.enter(node, name)
        tree.store(node)
        tree.stamp(parent.node_id, now)

    def make_junction(self, path: str, target: str, at: datetime) -> int:
        r"""Make a directory that leads to another, such as ``C:\Users``. Return its node id."""
        point = mount_point(target)
        self._require_reparse(path, point)
        node_id = self.make_directory(path, at)
        self._set_reparse(node_id, ReparseTag.MOUNT_POINT, point, at)
        return node_id

    def make_symbolic_link(
        self, path: str, target: str, at: datetime, *, relative: bool = False, directory: bool = False
    ) -> int:
        r"""Make a symbolic link to ``target``: absolute, or ``relative`` such as ``..\papers``. Return its node id."""
        point = symbolic_link(target, relative=relative)
        self._require_reparse(path, point)
        node_id = self.make_directory(path, at) if directory else self.create(path, b"", at)
        self._set_reparse(node_id, ReparseTag.SYMLINK, point, at)
        return node_id

    def set_object_id(
        self, path: str, object_id: UUID, at: datetime, *, birth_volume: UUID = _NO_ID, birth: UUID | None = None
    ) -> None:
        """Give a file or directory an object id, which link tracking finds it by.

        Args:
            path: Which.
            object_id: The id; no other file of the volume may have it.
            at: When.
            birth_volume: The id of the volume where it was given first.
            birth: The id that was given there; the same one by default.
        """
        filetime(at)
        node = self._tree.own(path)
        held = ObjectId(node.reference, object_id, birth_volume, birth or object_id)
        self._identified.check_object_id(node.node_id, held)
        self._require(self._tree.blocks_for(self._tree.view(self._identified.object_ids_node, "$O"), 1), node)
        value = held.attribute()
        node = self._noted(node, self._tree.link(node, path), at, Reason.OBJECT_ID_CHANGE)
        kept = attribute_of(node, AttributeType.OBJECT_ID)
        instance = node.next_instance if kept is None else kept.instance
        node = node._replace(next_instance=max(node.next_instance, rendering.next_instance(instance)))
        self._keep(with_attribute(node, Attribute(AttributeType.OBJECT_ID, "", instance, value, len(value))))
        self._identified = self._identified.with_object_id(node.node_id, held)
        self._identified.write(self._tree)

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
        stays = old.parent_id == parent.node_id and collation_key(text) in old.keys
        tree.check_new_name(parent, text, holder=node.node_id if stays else 0)
        if (old.parent_id, old.text) == (parent.node_id, text):
            raise SynthesisError(f"{to_path} exists already", remedy="Take another name.")
        self._require(0, parent, tree.nodes[old.parent_id], node)
        node = self._noted(node, old, at, Reason.RENAME_OLD_NAME, closed=False)
        tree.withdraw(old)
        name = tree.name_for(node, parent, text, hard_link=old.namespace == Namespace.POSIX)
        node = self._noted(node, name, at, Reason.RENAME_NEW_NAME)
        node = tree.settle(
            node._replace(
                names=tuple(name if one is old else one for one in node.names),
                times=node.times._replace(changed=now),
                next_instance=rendering.instance_behind(name),
            )
        )
        tree.enter(node, name)
        tree.store(node)
        for directory_id in dict.fromkeys((old.parent_id, parent.node_id)):
            tree.stamp(directory_id, now)

    def delete(self, path: str, at: datetime) -> None:
        """Delete a file, or a directory after all that is in it. Of a file with more links only this name goes."""
        filetime(at)
        self._require(0)
        self._delete(self._tree.own(path), path, at)

    def set_times(
        self,
        path: str,
        *,
        born: datetime | None = None,
        modified: datetime | None = None,
        accessed: datetime | None = None,
        changed: datetime | None = None,
    ) -> None:
        """Set the times of $STANDARD_INFORMATION that are given; those of $FILE_NAME stay as they are.

        The journal notes nothing, because it is not said when this happens.
        """
        node = self._tree.own(path)
        given = {"born": born, "modified": modified, "accessed": accessed, "changed": changed}
        times = {name: filetime(at) for name, at in given.items() if at is not None}
        self._tree.store(node._replace(times=node.times._replace(**times)))

    def set_flags(self, path: str, flags: FileFlags, at: datetime) -> None:
        """Set the DOS attributes of a file or directory, such as hidden and system."""
        now = filetime(at)
        node = self._tree.own(path)
        self._require(0)
        node = self._noted(node, self._tree.link(node, path), at, Reason.BASIC_INFO_CHANGE)
        kept = FileFlags(node.flags) & (FileFlags.SPARSE | FileFlags.REPARSE_POINT)
        self._tree.store(node._replace(flags=int(flags | kept), times=node.times._replace(changed=now)))

    def add_security(self, descriptor: SecurityDescriptor) -> int:
        """Keep a security descriptor in $Secure. Return its number, for ``create``; an equal one keeps its own."""
        self._require(2 * self._geometry.clusters_for(_SECURITY_BLOCK_BYTES))
        security_id = self._security.add(descriptor)
        store_security(self._tree, self._security)
        return security_id

    def write_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` right behind the content, inside the last cluster. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit; resident content has no slack.
        """
        node = self._tree.file(path)
        held = _content_of(node)
        used = held.size_bytes % self.cluster_bytes
        has_slack = used and held.extents and held.extents[-1][0] != HOLE
        room = self.cluster_bytes - used if has_slack else 0
        if not 0 < len(data) <= room:
            raise SynthesisError(
                f"{path} has {room} bytes of slack, and {len(data)} are to be written there",
                remedy="Take another host file (one of a few hundred bytes lies in its record), or a shorter text.",
            )
        first, count = held.extents[-1]
        offset_bytes = self.cluster_offset_bytes(first + count - 1) + used
        self._medium.write(offset_bytes, data)
        return offset_bytes

    def write_record_slack(self, path: str, data: bytes) -> int:
        """Put ``data`` behind the used part of the MFT record, so that no sector ends within it.

        It stays until the record grows over it or is given to another file. Return where it begins on the medium.

        Raises:
            SynthesisError: There is nothing to write, or it does not fit.
        """
        node = self._tree.own(path)
        self._tree.write_if_changed(node)
        return self._tree.mft.write_slack(node.record, data)

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
        other._security = self._security.fork()
        other._journal = self._journal.fork(other._tree) if self._journal else None
        return other

    # -- looking --------------------------------------------------------------------------------------------------

    def exists(self, path: str) -> bool:
        """Tell whether there is a live file or directory at ``path``."""
        return self._tree.find(path) is not None

    def read(self, path: str) -> bytes:
        """Return the content of a live file; no time changes."""
        return content.read(self._tree, _content_of(self._tree.file(path)))

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

    def journal_records(self) -> tuple[UsnRecord, ...]:
        """Return what the change journal notes, in order; nothing if the volume has none."""
        return tuple(self._journal.records) if self._journal else ()

    # -- steps ----------------------------------------------------------------------------------------------------

    def _create(
        self,
        path: str,
        data: bytes,
        times: Times,
        at: datetime,
        *,
        flags: FileFlags,
        pieces: int = 1,
        security_id: int | None = None,
        extra_clusters: int = 0,
    ) -> int:
        tree = self._tree
        parent, text = tree.new_place(path)
        tree.check_new_name(parent, text)
        security_id = self._security_id(parent, security_id)
        self._require(self._geometry.clusters_for(len(data)) + extra_clusters, parent)
        name = tree.new_name(parent, text, times, int(flags))
        node = tree.new_node(name, times, directory=False, flags=int(flags), security_id=security_id)
        steps = (Reason.FILE_CREATE, Reason.DATA_EXTEND) if data else (Reason.FILE_CREATE,)
        node = self._noted(node, name, at, *steps)
        stored = content.appended(tree, node, _EMPTY, data, pieces=pieces)
        node = tree.settle(node.holding((stored,)))
        tree.enter(node, name)
        tree.stamp(parent.node_id, times.changed)
        return node.node_id

    def _delete(self, node: Node, path: str, at: datetime) -> None:
        tree = self._tree
        if node.directory:
            for child in tree.children(node):
                for name in child.names:
                    if name.parent_id == node.node_id:
                        self._delete(tree.nodes[child.node_id], tree.name_path(name), at)
            node = tree.nodes[node.node_id]
        name = tree.link(node, path)
        tree.withdraw(name)
        if len(node.names) > 1:
            node = self._noted(node, name, at, Reason.HARD_LINK_CHANGE)
            names = tuple(one for one in node.names if one is not name)
            times = node.times._replace(changed=filetime(at))
            node = tree.settle(node._replace(names=names, times=times))
            tree.store(node)
        else:
            node = self._noted(node, name, at, Reason.FILE_DELETE | Reason.CLOSE, closed=False)
            tree.erase(node)
            forgotten = self._identified.without(node.node_id)
            if forgotten is not self._identified:
                self._identified = forgotten
                forgotten.write(tree)
        tree.stamp(name.parent_id, filetime(at))

    def _put_stream(self, node: Node, name: str, data: bytes) -> None:
        held = attribute_of(node, DATA, name)
        if held is None:
            held = Attribute(DATA, name, node.next_instance, b"", 0)
            node = node._replace(next_instance=rendering.next_instance(node.next_instance))
        emptied = content.emptied(self._tree, held)
        self._keep(with_attribute(node, content.appended(self._tree, node, emptied, data)))

    def _require_reparse(self, path: str, point: bytes) -> None:
        tree = self._tree
        parent, _ = tree.new_place(path)
        view = tree.view(self._identified.reparse_points_node, "$R")
        self._require(self._geometry.clusters_for(len(point)) + tree.blocks_for(view, 1), parent)

    def _set_reparse(self, node_id: int, tag: ReparseTag, point: bytes, at: datetime) -> None:
        tree = self._tree
        node = tree.nodes[node_id]
        node = self._noted(node, node.names[0], at, Reason.REPARSE_POINT_CHANGE)
        held = Attribute(AttributeType.REPARSE_POINT, "", node.next_instance, point, len(point))
        if rendering.fixed_bytes(node) + size_of(held) > ROOM_BYTES // 2:
            held = content.rewritten(tree, node, held, point)
        node = node._replace(
            reparse_tag=tag,
            flags=node.flags | int(FileFlags.REPARSE_POINT),
            next_instance=rendering.next_instance(node.next_instance),
        )
        self._keep(with_attribute(node, held))
        self._identified = self._identified.with_reparse_point(node_id, tag, node.reference)
        self._identified.write(tree)

    def _security_id(self, parent: Node, given: int | None) -> int:
        if given is None:
            return parent.security_id or self._default_security_id
        if not self._security.holds(given):
            raise SynthesisError(
                f"$Secure holds no descriptor {given:#x}", remedy="Use a number that add_security returned."
            )
        return given

    def _require(self, clusters: int, *nodes: Node) -> None:
        """Refuse an operation that may not find the clusters and records that it takes; see ``NtfsTree.require``."""
        journal_clusters = self._journal.growth_clusters if self._journal else 0
        self._tree.require(clusters + journal_clusters, nodes=nodes)

    def _noted(self, node: Node, name: Name, at: datetime, *steps: Reason, closed: bool = True) -> Node:
        return self._journal.note(node, name, at, *steps, closed=closed) if self._journal else node

    def _keep(self, node: Node) -> None:
        self._tree.store(self._tree.settle(node))

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
    held = node.content
    if held is None:
        raise SynthesisError("the file has no content of its own", remedy="Name another file.")
    return held
