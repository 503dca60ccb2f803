"""What is said about files beside their content: times, flags, security, object ids, and where they lead to."""

from datetime import datetime
from uuid import UUID

from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs import content, rendering
from labkit.synthesis.filesystems.ntfs.attributes import size_of
from labkit.synthesis.filesystems.ntfs.files import Files
from labkit.synthesis.filesystems.ntfs.node_store import attribute_of, with_attribute
from labkit.synthesis.filesystems.ntfs.nodes import Attribute, FileFlags
from labkit.synthesis.filesystems.ntfs.records import ROOM_BYTES
from labkit.synthesis.filesystems.ntfs.system import store_security
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.object_ids import ObjectId
from labkit.synthesis.filesystems.ntfs_streams.reparse import ReparseTag, mount_point, symbolic_link
from labkit.synthesis.filesystems.ntfs_streams.secure import BLOCK_BYTES as _SECURITY_BLOCK_BYTES
from labkit.synthesis.filesystems.ntfs_streams.security import SecurityDescriptor
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason

_NO_ID = UUID(int=0)


class Marks(Files):
    """Operations on attributes other than content and names."""

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
