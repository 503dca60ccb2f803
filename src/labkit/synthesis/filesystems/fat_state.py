"""What is known about one file or directory of a FAT volume, live or deleted."""

from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_directory import Placement
from labkit.synthesis.filesystems.fat_entries import ENTRY_BYTES
from labkit.synthesis.filesystems.fat_names import UNITS_PER_SLOT
from labkit.synthesis.filesystems.fat_tree import FatTree, Node


@dataclass(frozen=True, slots=True)
class FileState:
    """Where a file is and what readers can still see of it. Offsets count from byte 0 of the medium.

    Addresses are those of the Sleuth Kit: 16 for each sector from the first that can hold directory entries, plus the
    place in the sector, plus 3; the root directory is 2. Times are naive local times as stored.
    """

    node_id: int
    path: str
    name: str
    directory: bool
    deleted: bool
    entry_intact: bool  # all its slots still stand, live or deleted
    address: int
    parent_address: int
    entry_offset_bytes: int  # of the short entry; -1 for the root directory
    size_bytes: int  # 0 for a directory
    first_cluster: int  # 0 if it has none
    clusters: tuple[int, ...]  # that it has, or had when it was deleted
    lost: tuple[tuple[int, str], ...]  # if deleted: (cluster, path of who was given it since)
    offset_bytes: int  # where the content begins; -1 if there is none
    born: datetime
    modified: datetime
    accessed: datetime
    old_entries: tuple[tuple[str, int, int], ...]  # (path, address, entry offset) that renames and moves left standing
    alias: str  # the 8.3 name
    short_entry_intact: bool  # the short entry stands, whatever became of the long-name slots
    shown_name: str  # the name, or what readers show of a deleted one (see DeletedEntry)


@dataclass(frozen=True, slots=True)
class DeletedEntry:
    """A deleted short entry that still stands: of a deleted file, or left by a rename or a move.

    Readers show the long name as far as slots of it stand right before the short entry. Without them they show the
    short name, whose first letter is lost; the Sleuth Kit puts ``_`` there.
    """

    node_id: int
    name: str  # what it was called
    shown_path: str  # what readers show, if it is reachable
    address: int
    entry_offset_bytes: int
    complete: bool  # all its slots stand
    renamed: bool  # left by a rename or a move: the file lives, or was deleted, under another name
    reachable: bool  # entries still lead to all directories above it; else it is an orphan to readers


def file_state(tree: FatTree, node_id: int) -> FileState:
    """Return what is known about a node.

    Raises:
        SynthesisError: There is no such node.
    """
    node = tree.nodes.get(node_id)
    if node is None:
        raise SynthesisError(f"there is no node {node_id}", remedy="Use the number that create or node returned.")
    placement = node.placement
    standing = tree.standing(placement)
    return FileState(
        node_id=node_id,
        path=tree.path(node),
        name=node.name,
        directory=node.directory,
        deleted=node.deleted,
        entry_intact=placement is None or standing == placement.count,
        address=tree.address(placement),
        parent_address=tree.address(tree.nodes[node.parent_id].placement),
        entry_offset_bytes=tree.slot_offset_bytes(placement.directory_id, placement.short_slot) if placement else -1,
        size_bytes=node.size_bytes,
        first_cluster=node.first_cluster,
        clusters=node.clusters,
        lost=_lost(tree, node),
        offset_bytes=tree.geometry.cluster_offset_bytes(node.clusters[0]) if node.clusters else -1,
        born=node.times.born,
        modified=node.times.modified,
        accessed=node.times.accessed,
        old_entries=_old_entries(tree, node),
        alias=node.alias,
        short_entry_intact=placement is None or standing > 0,
        shown_name=_shown_name(node.name, node.alias, standing) if node.deleted else node.name,
    )


def deleted_entries(tree: FatTree) -> tuple[DeletedEntry, ...]:
    """Return every deleted short entry that still stands, in the order of the addresses."""
    found = []
    for node in tree.nodes.values():
        past = [(former.name, former.alias, former.placement, True) for former in node.former]
        if node.deleted:
            past.append((node.name, node.alias, tree.placed(node), False))
        for name, alias, placement, renamed in past:
            standing = tree.standing(placement)
            if not standing:
                continue
            found.append(
                DeletedEntry(
                    node_id=node.node_id,
                    name=name,
                    shown_path=f"{_shown_directory(tree, placement.directory_id)}/{_shown_name(name, alias, standing)}",
                    address=tree.address(placement),
                    entry_offset_bytes=tree.slot_offset_bytes(placement.directory_id, placement.short_slot),
                    complete=standing == placement.count,
                    renamed=renamed,
                    reachable=_is_reachable(tree, placement),
                )
            )
    return tuple(sorted(found, key=lambda entry: entry.address))


def _lost(tree: FatTree, node: Node) -> tuple[tuple[int, str], ...]:
    if not node.deleted:
        return ()
    writers = ((cluster, tree.clusters.writer(cluster)) for cluster in node.clusters)
    return tuple((cluster, tree.path(tree.nodes[writer])) for cluster, writer in writers if writer != node.node_id)


def _old_entries(tree: FatTree, node: Node) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (
            tree.joined(former.placement.directory_id, former.name),
            tree.address(former.placement),
            tree.slot_offset_bytes(former.placement.directory_id, former.placement.short_slot),
        )
        for former in node.former
        if tree.standing(former.placement) == former.placement.count
    )


def _is_reachable(tree: FatTree, placement: Placement) -> bool:
    while True:
        directory = tree.nodes[placement.directory_id]
        if not directory.deleted:
            return True
        # The chain of a deleted directory is gone: only its first cluster is known from its entry.
        in_first_cluster = placement.short_slot * ENTRY_BYTES < tree.geometry.cluster_bytes
        placement = tree.placed(directory)
        if not in_first_cluster or not tree.standing(placement):
            return False


def _shown_directory(tree: FatTree, node_id: int) -> str:
    parts = []
    for node in tree.line(tree.nodes[node_id]):
        standing = tree.standing(node.placement)
        parts.append(_shown_name(node.name, node.alias, standing) if node.deleted else node.name)
    return "/".join(reversed(parts))


def _shown_name(name: str, alias: str, standing: int) -> str:
    long_slots = max(standing - 1, 0)
    if long_slots == 0:
        return "_" + alias[1:]
    units = name.encode("utf-16-le")[: long_slots * UNITS_PER_SLOT * 2]
    return units.decode("utf-16-le", "replace")
