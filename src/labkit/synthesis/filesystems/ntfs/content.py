"""Content: in the record as long as it fits, in clusters from then on."""

from collections.abc import Sequence
from itertools import pairwise

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs import rendering
from labkit.synthesis.filesystems.ntfs.attributes import SPARSE_UNIT_CLUSTERS, resident_size, size_of
from labkit.synthesis.filesystems.ntfs.mft import read_extents, write_extents
from labkit.synthesis.filesystems.ntfs.nodes import HOLE, Attribute, Extent, Extents, Node, cluster_total, joined
from labkit.synthesis.filesystems.ntfs.records import ROOM_BYTES
from labkit.synthesis.filesystems.ntfs.tree import NtfsTree
from labkit.synthesis.medium import SECTOR_BYTES


def emptied(tree: NtfsTree, attribute: Attribute) -> Attribute:
    """Return ``attribute`` with nothing in it, its clusters free. What has left its record does not come back."""
    tree.clusters.release(attribute.extents)
    return attribute._replace(value=None if attribute.value is None else b"", size_bytes=0, extents=())


def appended(tree: NtfsTree, node: Node, attribute: Attribute, data: bytes, *, pieces: int = 1) -> Attribute:
    """Return ``attribute`` of ``node`` with ``data`` behind what it has, and write that to the medium.

    Clusters are there: the caller has asked for them (``NtfsTree.require``).
    """
    position = attribute.size_bytes
    size = position + len(data)
    if attribute.value is not None:
        value = attribute.value + data
        if size <= ROOM_BYTES and _fits_record(node, attribute, size):
            return attribute.filled(value, size, attribute.extents)
        if position:
            tree.write(tree.nodes[node.node_id])  # so that the old content stays in the record
        return _in_clusters(tree, node, attribute, 0, value, pieces)
    return _in_clusters(tree, node, attribute, position, data, pieces)


def rewritten(tree: NtfsTree, node: Node, attribute: Attribute, data: bytes) -> Attribute:
    """Return ``attribute`` with ``data`` in place of what it has, in the same clusters and more if it has to be."""
    return _in_clusters(tree, node, attribute, 0, data, 1)


def sparse(
    tree: NtfsTree, node: Node, attribute: Attribute, size_bytes: int, parts: Sequence[tuple[int, bytes]]
) -> Attribute:
    """Return ``attribute``, empty, as ``size_bytes`` with clusters only where one of ``parts`` (offset, bytes) is."""
    extents = tree.geometry.clusters_for(size_bytes), sparse_stretches(tree, size_bytes, parts)
    total, stretches = extents
    found: Extents = ()
    position = 0
    for first, count in stretches:
        if first > position:
            found = (*found, (HOLE, first - position))
        found = joined(found, tree.clusters.allocate(count, node.node_id))
        position = first + count
    if total > position:
        found = (*found, (HOLE, total - position))
    zeros = bytes(tree.geometry.cluster_bytes)
    for first, count in found:
        for cluster in range(first, first + count) if first != HOLE else ():
            tree.medium.write(tree.geometry.cluster_offset_bytes(cluster), zeros)
    for offset, data in parts:
        write_extents(tree.medium, tree.geometry, found, offset, data)
    return attribute._replace(value=None, size_bytes=size_bytes, extents=found, sparse=True)


def sparse_stretches(tree: NtfsTree, size_bytes: int, parts: Sequence[tuple[int, bytes]]) -> list[Extent]:
    """Return (first, count) of the clusters within a sparse file that ``parts`` need, in whole units of 16.

    Raises:
        SynthesisError: A part lies outside of the file, or two overlap or are not in order.
    """
    ends = [(offset, offset + len(data)) for offset, data in parts]
    inside = all(0 <= start < end <= size_bytes for start, end in ends)
    if not inside or any(left[1] > right[0] for left, right in pairwise(ends)):
        raise SynthesisError(
            f"the parts of a sparse file of {size_bytes} bytes overlap, are empty or lie outside of it",
            remedy="Give (offset, bytes) in ascending order, each with some bytes and within the file.",
        )
    unit_bytes = SPARSE_UNIT_CLUSTERS * tree.geometry.cluster_bytes
    wanted = {unit for start, end in ends for unit in range(start // unit_bytes, (end - 1) // unit_bytes + 1)}
    total = tree.geometry.clusters_for(size_bytes)
    stretches: list[Extent] = []
    for unit in sorted(wanted):
        first = unit * SPARSE_UNIT_CLUSTERS
        count = min(SPARSE_UNIT_CLUSTERS, total - first)
        if stretches and sum(stretches[-1]) == first:
            stretches[-1] = (stretches[-1][0], stretches[-1][1] + count)
        else:
            stretches.append((first, count))
    return stretches


def read(tree: NtfsTree, attribute: Attribute | None) -> bytes:
    """Return what an attribute holds."""
    if attribute is None or not attribute.size_bytes:
        return b""
    if attribute.value is not None:
        return attribute.value
    return read_extents(tree.medium, tree.geometry, attribute.extents, 0, attribute.size_bytes)


def _in_clusters(
    tree: NtfsTree, node: Node, attribute: Attribute, position: int, data: bytes, pieces: int
) -> Attribute:
    """Return ``attribute`` with ``data`` from ``position`` to its end, outside of its record."""
    geometry = tree.geometry
    size = position + len(data)
    extents = attribute.extents
    if extents:
        extents = _without_hole_from(extents, position // geometry.cluster_bytes)
    count = cluster_total(extents)
    missing = geometry.clusters_for(size) - count
    if missing > 0:
        near = sum(extents[-1]) if extents and extents[-1][0] != HOLE else None
        extents = joined(extents, tree.clusters.allocate(missing, node.node_id, near=near, pieces=pieces))
        start = count * geometry.cluster_bytes
        if start < position:  # the end of the content was in a hole
            write_extents(tree.medium, geometry, extents, start, bytes(position - start))
    if data:  # the rest of the last sector becomes zeros; sectors behind it keep what they held
        rest = -size % SECTOR_BYTES
        write_extents(tree.medium, geometry, extents, position, data + bytes(rest) if rest else data)
    return attribute.filled(None, size, extents)


def _without_hole_from(extents: Extents, cluster: int) -> Extents:
    """Return ``extents`` without the part of a hole at their end that lies behind the first ``cluster`` clusters."""
    if extents[-1][0] != HOLE:
        return extents
    kept = cluster - cluster_total(extents[:-1])
    return (*extents[:-1], (HOLE, min(kept, extents[-1][1]))) if kept > 0 else extents[:-1]


def _fits_record(node: Node, attribute: Attribute, size_bytes: int) -> bool:
    room = ROOM_BYTES - rendering.fixed_bytes(node)
    if node.attributes and any(one is attribute for one in node.attributes):
        room += size_of(attribute)
    return resident_size(attribute.name, size_bytes) <= room
