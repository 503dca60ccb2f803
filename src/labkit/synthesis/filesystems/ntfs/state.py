"""What is known about one file or directory of an NTFS volume, live or deleted."""

from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.mft import spans
from labkit.synthesis.filesystems.ntfs.nodes import DATA, HOLE, Attribute, Extents, Node, clusters_of, moment
from labkit.synthesis.filesystems.ntfs.records import RECORD_BYTES
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree


@dataclass(frozen=True, slots=True)
class StreamState:
    """One named stream of a file or directory."""

    name: str
    size_bytes: int
    resident: bool
    offset_bytes: int  # where it begins on the medium; -1 if there is none
    clusters: tuple[int, ...]
    attribute_id: int  # the last number of an address such as 30-128-4


@dataclass(frozen=True, slots=True)
class FourTimes:
    """The times of one $STANDARD_INFORMATION or $FILE_NAME, in UTC."""

    born: datetime
    modified: datetime
    changed: datetime
    accessed: datetime


@dataclass(frozen=True, slots=True)
class NtfsState:
    """Where a file is and what readers can still see of it. Offsets count from byte 0 of the medium.

    Addresses are numbers of MFT records, as the Sleuth Kit counts. Times are aware UTC, rounded down to microseconds.
    """

    node_id: int
    path: str
    name: str
    directory: bool
    deleted: bool
    record_intact: bool  # the record is still this node's, live or deleted
    address: int
    sequence: int  # that the file had; a deleted record states one more
    parent_id: int  # node id of the directory of the first name
    parent_address: int
    parent_sequence: int
    entry_offset_bytes: int  # of the record
    size_bytes: int  # 0 for a directory
    resident: bool
    runs: Extents  # (first cluster, count); -1 as first cluster for a hole
    clusters: tuple[int, ...]
    lost: tuple[tuple[int, str], ...]  # if deleted: (cluster, path of the live file that was given it since)
    offset_bytes: int  # where the content begins, inside the record if it is resident; -1 if there is none
    attribute_id: int  # of the content: the last number of an address such as 30-128-1
    born: datetime
    modified: datetime
    changed: datetime
    accessed: datetime
    file_name_times: FourTimes  # of the first name
    streams: tuple[StreamState, ...]
    links: tuple[str, ...]  # all paths
    dos_name: str  # the 8.3 name beside the first name; "" if there is none
    security_id: int
    flags: int
    usn: int  # of the last journal record; 0 if there is none

    @property
    def entry_intact(self) -> bool:
        """Whether what names it still stands: its record."""
        return self.record_intact


def node_state(tree: NtfsTree, node_id: int) -> NtfsState:
    """Return what is known about a node.

    Raises:
        SynthesisError: There is no such node, or it is one of NTFS's own.
    """
    node = tree.nodes.get(node_id)
    if node is None or not node.names:
        raise SynthesisError(f"there is no node {node_id}", remedy="Use the number that create or node returned.")
    name = node.names[0]
    parent = tree.nodes[name.parent_id]
    content = node.content
    extents = content.extents if content is not None else ()
    clusters = clusters_of(extents)
    return NtfsState(
        node_id=node_id,
        path=tree.path(node),
        name=name.text,
        directory=node.directory,
        deleted=node.deleted,
        record_intact=tree.mft.map.owner(node.record) == node_id,
        address=node.record,
        sequence=node.sequence,
        parent_id=name.parent_id,
        parent_address=parent.record,
        parent_sequence=parent.sequence,
        entry_offset_bytes=tree.mft.offset_bytes(node.record),
        size_bytes=content.size_bytes if content is not None else 0,
        resident=content is not None and content.value is not None,
        runs=extents,
        clusters=clusters,
        lost=_lost(tree, node, clusters),
        offset_bytes=_offset_bytes(tree, node, content),
        attribute_id=1,
        born=moment(node.times.born),
        modified=moment(node.times.modified),
        changed=moment(node.times.changed),
        accessed=moment(node.times.accessed),
        file_name_times=FourTimes(*map(moment, name.times)),
        streams=tuple(_stream(tree, node, one) for one in node.attributes if one.kind == DATA and one.name),
        links=tuple(tree.name_path(one) for one in node.names),
        dos_name=name.alias,
        security_id=node.security_id,
        flags=node.flags,
        usn=node.usn,
    )


def _stream(tree: NtfsTree, node: Node, attribute: Attribute) -> StreamState:
    return StreamState(
        attribute.name,
        attribute.size_bytes,
        attribute.value is not None,
        _offset_bytes(tree, node, attribute),
        clusters_of(attribute.extents),
        attribute.instance,
    )


def _offset_bytes(tree: NtfsTree, node: Node, attribute: Attribute | None) -> int:
    if attribute is None or not attribute.size_bytes:
        return -1
    if attribute.value is None:
        first = next((first for first, _ in attribute.extents if first != HOLE), HOLE)
        return -1 if first == HOLE else tree.geometry.cluster_offset_bytes(first)
    record, within = tree.place_of(node, attribute)
    return next(spans(tree.geometry, tree.mft.extents, record * RECORD_BYTES + within, 1))[0]


def _lost(tree: NtfsTree, node: Node, clusters: tuple[int, ...]) -> tuple[tuple[int, str], ...]:
    if not node.deleted:
        return ()
    writers = ((cluster, tree.clusters.writer(cluster)) for cluster in clusters)
    return tuple((cluster, tree.path(tree.nodes[writer])) for cluster, writer in writers if writer != node.node_id)
