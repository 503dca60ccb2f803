"""The files that NTFS keeps for itself, as a format leaves them.

Source: Linux-NTFS, "NTFS Documentation", "Files"; libyal, "New Technologies File System (NTFS)", section "Metadata
files".
"""

import struct
from datetime import datetime

from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.filesystems.ntfs.content import rewritten
from labkit.synthesis.filesystems.ntfs.layout import BOOT_BYTES
from labkit.synthesis.filesystems.ntfs.mft import write_extents
from labkit.synthesis.filesystems.ntfs.node_store import MFT_NODE, with_attribute
from labkit.synthesis.filesystems.ntfs.nodes import (
    DATA,
    HOLE,
    Attribute,
    Extents,
    FileFlags,
    Name,
    Namespace,
    Node,
    Times,
)
from labkit.synthesis.filesystems.ntfs.records import IS_IN_EXTEND, IS_VIEW_INDEX, RECORD_BYTES
from labkit.synthesis.filesystems.ntfs.tree import ROOT, NtfsTree
from labkit.synthesis.filesystems.ntfs.view_tree import ViewTree
from labkit.synthesis.filesystems.ntfs_streams import attrdef, log_file, upcase
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.object_ids import object_id_index
from labkit.synthesis.filesystems.ntfs_streams.quota import owner_index, quota_index, written_by_format
from labkit.synthesis.filesystems.ntfs_streams.reparse import reparse_index
from labkit.synthesis.filesystems.ntfs_streams.secure import SecurityStore
from labkit.synthesis.filesystems.ntfs_streams.security import METADATA_READ, METADATA_WRITE, VOLUME_ROOT
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key
from labkit.synthesis.filesystems.ntfs_streams.view_index import ViewIndex

_HIDDEN_SYSTEM = int(FileFlags.HIDDEN | FileFlags.SYSTEM)
_RESERVED_RECORDS = range(12, 16)
_BITMAP_INSTANCE = 14
(_MFT, _MIRROR, _LOG, _VOLUME, _ATTRDEF, _ROOT_RECORD, _BITMAP, _BOOT, _BADCLUS, _SECURE, _UPCASE, _EXTEND) = range(12)
_NAMES = (
    "$MFT",
    "$MFTMirr",
    "$LogFile",
    "$Volume",
    "$AttrDef",
    ".",
    "$Bitmap",
    "$Boot",
    "$BadClus",
    "$Secure",
    "$UpCase",
    "$Extend",
)
_LITTLE_READ = {_MFT, _MIRROR, _LOG, _ATTRDEF, _BITMAP, _BOOT, _BADCLUS, _UPCASE}
SECURE_NODE, EXTEND_NODE = _SECURE + 1, _EXTEND + 1
_SDS_INSTANCE = 4
_LOG_PIECE_BYTES = 1 << 20


class SystemFiles:
    """Makes the first records of a new volume.

    Args:
        tree: The volume, with nothing in it yet.
        formatted: When it is formatted.
        security: The security descriptors that there are from the beginning.
    """

    def __init__(self, tree: NtfsTree, formatted: datetime, security: SecurityStore) -> None:
        now = filetime(formatted)
        self._tree = tree
        self._formatted = formatted
        self._times = Times(now, now, now, now)
        self._security = security
        self.object_ids = self.reparse_points = 0  # the nodes of $ObjId and $Reparse

    def make(self, label: str) -> None:
        """Take the places of all tables and write what does not change later."""
        tree = self._tree
        geometry = tree.geometry
        boot = (0, geometry.clusters_for(BOOT_BYTES))
        tree.clusters.take(*boot, owner=_BOOT + 1)
        tree.clusters.take(*geometry.mirror, owner=_MIRROR + 1)
        tree.clusters.hint = sum(geometry.mirror)
        root = VOLUME_ROOT.to_bytes()
        self._add(
            _ROOT_RECORD,
            (Attribute(AttributeType.SECURITY_DESCRIPTOR, "", _SDS_INSTANCE, root, len(root)),),
            directory=True,
        )
        self._add(_EXTEND, (), directory=True)
        self._add(_MFT, mft_attributes(tree))
        self._add(_MIRROR, (_in_clusters((geometry.mirror,), geometry.mirrored_records * RECORD_BYTES),))
        self._add(_LOG, (self._log(),))
        self._add(_VOLUME, _volume_attributes(label))
        self._add(_ATTRDEF, (self._stored(_ATTRDEF, attrdef.attribute_definitions()),))
        self._add(_BITMAP, (self._stored(_BITMAP, bytes(-(-geometry.cluster_count // 64) * 8)),))
        self._add(_BOOT, (_in_clusters((boot,), BOOT_BYTES),))
        volume_bytes = geometry.cluster_count * geometry.cluster_bytes
        nowhere = ((HOLE, geometry.cluster_count),)
        bad = Attribute(DATA, "$Bad", 4, None, volume_bytes, nowhere, initialized_bytes=0)
        self._add(_BADCLUS, (_resident(b""), bad))
        self._add(_SECURE, (Attribute(DATA, "$SDS", _SDS_INSTANCE, None, 0),), views=_secure_views(self._security))
        info = upcase.upcase_info(major=10, build=19045)
        table = self._stored(_UPCASE, upcase.upcase_table())
        self._add(_UPCASE, (table, Attribute(DATA, upcase.INFO_STREAM, 4, info, len(info))))
        for record in _RESERVED_RECORDS:
            tree.settle(self._node(record, (_resident(b""),)))
        for record in range(len(_NAMES)):
            node = tree.nodes[record + 1]
            tree.enter(node, node.names[0])
        self._extend()
        store_security(tree, self._security)

    def finish(self) -> None:
        """Let what is made from now on belong to the story, and lie behind the MFT and its zone."""
        tree = self._tree
        tree.first_own_node = len(tree.nodes) + 1
        tree.clusters.hint = min(sum(tree.geometry.mft) + tree.geometry.zone_count, tree.geometry.cluster_count - 1)

    def add_to_extend(self, text: str, attributes: tuple[Attribute, ...], *views: ViewIndex) -> int:
        """Make a file in $Extend; return its node."""
        tree = self._tree
        tree.require(0, nodes=(tree.nodes[EXTEND_NODE],))
        flags = _HIDDEN_SYSTEM | FileFlags.ARCHIVE
        security_id = self._security.add(METADATA_WRITE)
        name = tree.new_name(tree.nodes[EXTEND_NODE], text, self._times, flags)
        name = name._replace(namespace=Namespace.BOTH, alias="")
        node = tree.new_node(name, self._times, directory=False, flags=flags, security_id=security_id)
        record_flags = IS_IN_EXTEND | (IS_VIEW_INDEX if views else 0)
        node = node._replace(attributes=attributes, record_flags=record_flags, next_instance=_BITMAP_INSTANCE + 1)
        self._keep(node, views)
        tree.enter(tree.nodes[node.node_id], name)
        return node.node_id

    def _extend(self) -> None:
        owners = written_by_format(self._formatted)
        self.add_to_extend("$Quota", (), owner_index(owners), quota_index(owners))
        self.object_ids = self.add_to_extend("$ObjId", (), object_id_index(()))
        self.reparse_points = self.add_to_extend("$Reparse", (), reparse_index(()))

    def _node(self, record: int, attributes: tuple[Attribute, ...], *, directory: bool = False) -> Node:
        self._tree.mft.map.take(record, record + 1, record or 1)
        descriptor = METADATA_READ if record in _LITTLE_READ else METADATA_WRITE
        return Node(
            record + 1,
            record,
            record or 1,
            directory,
            self._times,
            _HIDDEN_SYSTEM,
            (),
            attributes,
            security_id=0 if record == _ROOT_RECORD else self._security.add(descriptor),
            next_instance=_BITMAP_INSTANCE + 1,
        )

    def _add(
        self,
        record: int,
        attributes: tuple[Attribute, ...],
        *,
        directory: bool = False,
        views: tuple[ViewIndex, ...] = (),
    ) -> None:
        node = self._node(record, attributes, directory=directory)
        root = _ROOT_RECORD << 48 | _ROOT_RECORD
        text = _NAMES[record]
        name = Name(ROOT, root, text, collation_key(text), Namespace.BOTH, "", self._times, 0, 0, node.flags, 2)
        node = node._replace(names=(name,), record_flags=IS_VIEW_INDEX if views else 0)
        if directory:
            self._tree.add_directory_index(node)
        self._keep(node, views)

    def _keep(self, node: Node, views: tuple[ViewIndex, ...]) -> None:
        tree = self._tree
        if views:
            cluster_bytes = tree.geometry.cluster_bytes
            tree.indexes[node.node_id] = tuple(ViewTree(one.name, one.collation, cluster_bytes) for one in views)
        tree.settle(node)
        for view in views:
            tree.follow(node.node_id, view)

    def _stored(self, record: int, data: bytes) -> Attribute:
        tree = self._tree
        extents = tree.clusters.allocate(tree.geometry.clusters_for(len(data)), record + 1)
        write_extents(tree.medium, tree.geometry, extents, 0, data)
        return _in_clusters(extents, len(data))

    def _log(self) -> Attribute:
        geometry = self._tree.geometry
        head = log_file.log_head(geometry.log_bytes, bytes_per_cluster=geometry.cluster_bytes)
        extents = self._tree.clusters.allocate(geometry.clusters_for(geometry.log_bytes), _LOG + 1)
        write_extents(self._tree.medium, geometry, extents, 0, head)
        for position in range(len(head), geometry.log_bytes, _LOG_PIECE_BYTES):
            unwritten = log_file.UNWRITTEN * min(_LOG_PIECE_BYTES, geometry.log_bytes - position)
            write_extents(self._tree.medium, geometry, extents, position, unwritten)
        return _in_clusters(extents, geometry.log_bytes)


def store_security(tree: NtfsTree, security: SecurityStore) -> None:
    """Let $Secure hold what ``security`` does."""
    node = tree.nodes[SECURE_NODE]
    sds = node.attributes[0]
    tree.store(tree.settle(with_attribute(node, rewritten(tree, node, sds, security.sds()))))
    for view in _secure_views(security):
        tree.follow(SECURE_NODE, view)


def _secure_views(security: SecurityStore) -> tuple[ViewIndex, ...]:
    return security.sdh(), security.sii()


def mft_attributes(tree: NtfsTree) -> tuple[Attribute, ...]:
    """Return what record 0 says about the MFT as it is now. Its bitmap never lies inside: ntfs-3g would not grow it."""
    bitmap = Attribute(AttributeType.BITMAP, "", _BITMAP_INSTANCE, None, tree.mft.bitmap_bytes, tree.mft.bitmap_extents)
    return _in_clusters(tree.mft.extents, tree.mft.size_bytes), bitmap


def write_bitmaps(tree: NtfsTree) -> None:
    """Write what changed of $Bitmap and $MFT:$BITMAP, and record 0 if the MFT has grown."""
    volume_bitmap = tree.nodes[_BITMAP + 1].attributes[0].extents
    for position, part in tree.clusters.changed_bitmap():
        write_extents(tree.medium, tree.geometry, volume_bitmap, position, part)
    for position, part in tree.mft.map.changed_bitmap():
        write_extents(tree.medium, tree.geometry, tree.mft.bitmap_extents, position, part)


def note_mft_growth(tree: NtfsTree) -> None:
    """Let record 0 say how large the MFT is now."""
    node = tree.nodes[MFT_NODE]
    attributes = mft_attributes(tree)
    if node.attributes != attributes:
        tree.store(node._replace(attributes=attributes))


def _in_clusters(extents: Extents, size_bytes: int) -> Attribute:
    return Attribute(DATA, "", 1, None, size_bytes, extents)


def _resident(value: bytes) -> Attribute:
    return Attribute(DATA, "", 1, value, len(value))


def _volume_attributes(label: str) -> tuple[Attribute, ...]:
    name = label.encode("utf-16-le")
    information = struct.pack("<QBBH", 0, 3, 1, 0)
    return (
        Attribute(AttributeType.VOLUME_NAME, "", 4, name, len(name)),
        Attribute(AttributeType.VOLUME_INFORMATION, "", 5, information, len(information)),
        _resident(b""),
    )
