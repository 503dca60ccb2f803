"""What is known about one file or directory of an exFAT volume, live or deleted."""

from dataclasses import dataclass
from datetime import datetime

from labkit.synthesis.filesystems.exfat.entries import ENTRY_BYTES
from labkit.synthesis.filesystems.exfat.tree import ExFatTree, Node, SetPlace

_ROOT_ADDRESS = 2
_FIRST_ENTRY_ADDRESS = 3  # of the Sleuth Kit: 0 and 1 are not used, 2 is the root directory


@dataclass(frozen=True, slots=True)
class ExFatState:
    """Where a file is and what readers can still see of it. Offsets count from byte 0 of the medium.

    Addresses are those of the Sleuth Kit: entries are counted from the first cluster on, plus 3; the root directory is
    2. Times are in the zone of the machine, as stored.
    """

    node_id: int
    path: str
    name: str
    directory: bool
    deleted: bool
    entry_intact: bool  # all entries of its set still stand, live or deleted
    address: int
    parent_address: int
    entry_offset_bytes: int  # of the first entry of its set; -1 for the root directory
    size_bytes: int  # 0 for a directory
    first_cluster: int  # 0 if it has none
    clusters: tuple[int, ...]  # that it has, or had when it was deleted
    contiguous: bool  # the set says NoFatChain: the clusters follow each other
    lost: tuple[tuple[int, str], ...]  # if deleted: (cluster, path of who was given it since)
    offset_bytes: int  # where the content begins; -1 if there is none
    born: datetime
    modified: datetime
    accessed: datetime
    old_entries: tuple[tuple[str, int, int], ...]  # (path, address, entry offset) that renames and moves left standing


def file_state(tree: ExFatTree, node_id: int) -> ExFatState:
    """Return what is known about a node.

    Raises:
        SynthesisError: There is no such node.
    """
    node = tree.names.any(node_id)
    place = node.place
    return ExFatState(
        node_id=node_id,
        path=tree.names.path(node),
        name=node.name,
        directory=node.directory,
        deleted=node.deleted,
        entry_intact=place is None or tree.stands(place),
        address=_address(tree, place),
        parent_address=_address(tree, tree.names.nodes[node.parent_id].place),
        entry_offset_bytes=tree.offset_bytes(place) if place else -1,
        size_bytes=0 if node.directory else node.size_bytes,
        first_cluster=node.clusters[0] if node.clusters else 0,
        clusters=node.clusters,
        contiguous=node.contiguous,
        lost=_lost(tree, node),
        offset_bytes=tree.geometry.cluster_offset_bytes(node.clusters[0]) if node.clusters else -1,
        born=node.times.born,
        modified=node.times.modified,
        accessed=node.times.accessed,
        old_entries=tuple(
            (path, _address(tree, former), tree.offset_bytes(former))
            for path, former in node.former
            if tree.stands(former)
        ),
    )


def _address(tree: ExFatTree, place: SetPlace | None) -> int:
    if place is None:
        return _ROOT_ADDRESS
    return (tree.offset_bytes(place) - tree.geometry.data_start_bytes) // ENTRY_BYTES + _FIRST_ENTRY_ADDRESS


def _lost(tree: ExFatTree, node: Node) -> tuple[tuple[int, str], ...]:
    if not node.deleted:
        return ()
    writers = ((cluster, tree.clusters.writer(cluster)) for cluster in node.clusters)
    nodes = tree.names.nodes
    return tuple((cluster, tree.names.path(nodes[writer])) for cluster, writer in writers if writer != node.node_id)
