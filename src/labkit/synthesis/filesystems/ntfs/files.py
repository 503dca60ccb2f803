"""Making files and directories, and changing what they hold."""

from collections.abc import Sequence
from datetime import datetime

from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs import content, rendering
from labkit.synthesis.filesystems.ntfs import names as naming
from labkit.synthesis.filesystems.ntfs.formatted import FormattedVolume, content_of
from labkit.synthesis.filesystems.ntfs.node_store import attribute_of, with_attribute
from labkit.synthesis.filesystems.ntfs.nodes import DATA, Attribute, FileFlags, Node, Times
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason

_EMPTY = Attribute(DATA, "", 1, b"", 0)


class Files(FormattedVolume):
    """Operations on the content of files."""

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
        held = content_of(node)
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
        held = content_of(node)
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

    def open(self, path: str, at: datetime) -> None:
        """Read a file: only its last access changes."""
        now = filetime(at)
        node = self._tree.file(path)
        self._tree.store(node._replace(times=node.times._replace(accessed=now)))

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

    def _put_stream(self, node: Node, name: str, data: bytes) -> None:
        held = attribute_of(node, DATA, name)
        if held is None:
            held = Attribute(DATA, name, node.next_instance, b"", 0)
            node = node._replace(next_instance=rendering.next_instance(node.next_instance))
        emptied = content.emptied(self._tree, held)
        self._keep(with_attribute(node, content.appended(self._tree, node, emptied, data)))
