"""The files that NTFS keeps for itself, as a format leaves them.

Source: Linux-NTFS, "NTFS Documentation", "Files"; libyal, "New Technologies File System (NTFS)", section "Metadata
files".
"""

import struct

from labkit.synthesis.filesystems.ntfs.layout import BOOT_BYTES
from labkit.synthesis.filesystems.ntfs.mft import write_extents
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
from labkit.synthesis.filesystems.ntfs.records import RECORD_BYTES
from labkit.synthesis.filesystems.ntfs.tree import MFT_NODE, ROOT, NtfsTree
from labkit.synthesis.filesystems.ntfs_streams import attrdef, upcase
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType

_HIDDEN_SYSTEM = FileFlags.HIDDEN | FileFlags.SYSTEM
_RESERVED_RECORDS = range(12, 16)
_BITMAP_INSTANCE = 14
(_MFT, _MIRROR, _LOG, _VOLUME, _ATTRDEF, _ROOT_RECORD, _BITMAP, _BOOT, _BADCLUS, _SECURE, _UPCASE, _EXTEND) = range(12)
_NAMES = (
    "$MFT $MFTMirr $LogFile $Volume $AttrDef . $Bitmap $Boot $BadClus $Secure $UpCase $Extend".split()  # noqa: SIM905
)


class SystemFiles:
    """Makes the first records of a new volume."""

    def __init__(self, tree: NtfsTree, times: Times) -> None:
        self._tree = tree
        self._times = times

    def make(self, label: str) -> None:
        """Take the places of all tables and write what does not change later."""
        tree = self._tree
        geometry = tree.geometry
        boot = (0, geometry.clusters_for(BOOT_BYTES))
        tree.clusters.take(*boot, owner=_BOOT + 1)
        tree.clusters.take(*geometry.mirror, owner=_MIRROR + 1)
        tree.clusters.hint = sum(geometry.mirror)
        for record in (_ROOT_RECORD, _EXTEND):
            self._add(record, (), directory=True)
        self._add(_MFT, mft_attributes(tree))
        self._add(_MIRROR, (_in_clusters((geometry.mirror,), geometry.mirrored_records * RECORD_BYTES),))
        self._add(_LOG, (self._stored(_LOG, b"\xff" * geometry.log_bytes),))
        self._add(_VOLUME, _volume_attributes(label))
        self._add(_ATTRDEF, (self._stored(_ATTRDEF, attrdef.attribute_definitions()),))
        bitmap_bytes = -(-geometry.cluster_count // 64) * 8
        self._add(_BITMAP, (self._stored(_BITMAP, bytes(bitmap_bytes)),))
        self._add(_BOOT, (_in_clusters((boot,), BOOT_BYTES),))
        bad = Attribute(
            DATA,
            "$Bad",
            4,
            None,
            geometry.cluster_count * geometry.cluster_bytes,
            ((HOLE, geometry.cluster_count),),
            initialized_bytes=0,
        )
        self._add(_BADCLUS, (_resident(b""), bad))
        self._add(_SECURE, (Attribute(DATA, "$SDS", 4, b"", 0),))
        self._add(_UPCASE, (self._stored(_UPCASE, upcase.upcase_table()),))
        for record in _RESERVED_RECORDS:
            self._keep(self._node(record, (_resident(b""),), directory=False))
        for record in range(len(_NAMES)):
            node = tree.nodes[record + 1]
            tree.enter(node, node.names[0])
        tree.first_own_node = len(tree.nodes) + 1
        tree.clusters.hint = min(sum(geometry.mft) + geometry.zone_count, geometry.cluster_count - 1)

    def _node(self, record: int, attributes: tuple[Attribute, ...], *, directory: bool) -> Node:
        self._tree.mft.map.take(record, record + 1, record or 1)
        return Node(
            record + 1,
            record,
            record or 1,
            directory,
            self._times,
            _HIDDEN_SYSTEM,
            (),
            attributes,
            next_instance=_BITMAP_INSTANCE + 1,
        )

    def _add(self, record: int, attributes: tuple[Attribute, ...], *, directory: bool = False) -> None:
        node = self._node(record, attributes, directory=directory)
        text = _NAMES[record]
        name = Name(ROOT, _ROOT_RECORD << 48 | _ROOT_RECORD, text, Namespace.BOTH, "", self._times, 0, 0, node.flags, 2)
        node = node._replace(names=(name,))
        if directory:
            self._tree.add_directory_index(node)
        self._keep(node)

    def _keep(self, node: Node) -> None:
        self._tree.settle(node)

    def _stored(self, record: int, data: bytes) -> Attribute:
        tree = self._tree
        extents = tree.clusters.allocate(tree.geometry.clusters_for(len(data)), record + 1)
        write_extents(tree.medium, tree.geometry, extents, 0, data)
        return _in_clusters(extents, len(data))


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
