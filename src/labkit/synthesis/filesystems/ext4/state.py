"""What is known about one file or directory of an ext4 volume, live or deleted."""

from dataclasses import dataclass
from datetime import datetime

from labkit.synthesis.filesystems.ext4.inodes import ROOT_OFFSET_BYTES, Node, NodeKind
from labkit.synthesis.filesystems.ext4.tree import ExtTree
from labkit.synthesis.filesystems.namespace import ROOT


@dataclass(frozen=True, slots=True)
class ExtState:
    """Where a file is and what readers can still see of it. Offsets count from byte 0 of the medium.

    ``size_bytes`` and ``clusters`` of a deleted file are those that it had: its inode says neither. Times are in UTC,
    as stored.
    """

    node_id: int
    path: str
    name: str
    kind: NodeKind
    directory: bool
    deleted: bool
    address: int  # inode number
    parent_address: int
    entry_offset_bytes: int  # of the inode
    entry_intact: bool  # the inode was not given to another file since
    name_intact: bool  # the directory entry stands, live or in the slack of another
    name_offset_bytes: int  # where the directory entry stands or stood; -1 for the root directory
    size_bytes: int  # 0 for a directory
    stored_size_bytes: int  # what the inode says
    clusters: tuple[int, ...]  # blocks of the content
    index_blocks: tuple[int, ...]  # blocks of the extent tree, in use or left standing
    lost: tuple[tuple[int, str], ...]
    offset_bytes: int  # where the content begins, in the inode for a short symbolic link; -1 if there is none
    born: datetime
    modified: datetime
    changed: datetime
    accessed: datetime
    deleted_at: datetime | None  # as stored: whole seconds; None for a live file and for one that was left open
    left_open: bool  # deleted while a program had it open: links 0, content still allocated
    permissions: int
    owner: int
    group: int
    links: int
    old_names: tuple[tuple[str, int], ...]  # (path, offset of the entry) that renames and moves left standing


def file_state(tree: ExtTree, node_id: int) -> ExtState:
    """Return what is known about a node.

    Raises:
        SynthesisError: There is no such node.
    """
    node = tree.names.any(node_id)
    place, times = node.place, node.times
    gone = node.deleted and not node.left_open
    return ExtState(
        node_id=node_id,
        path=tree.names.path(node),
        name=node.name,
        kind=node.kind,
        directory=node.directory,
        deleted=node.deleted,
        address=node.inode,
        parent_address=tree.names.nodes[node.parent_id].inode,
        entry_offset_bytes=tree.geometry.inode_offset_bytes(node.inode),
        entry_intact=node_id == ROOT or tree.inodes.writer(node.inode) == node_id,
        name_intact=place is None or tree.name_stands(place, node.inode),
        name_offset_bytes=tree.place_offset_bytes(place) if place else -1,
        size_bytes=0 if node.directory else node.size_bytes,
        stored_size_bytes=0 if gone and not node.in_inode else node.size_bytes,
        clusters=node.blocks,
        index_blocks=node.index_blocks,
        lost=_lost(tree, node) if gone else (),
        offset_bytes=_content_offset_bytes(tree, node),
        born=times.born,
        modified=times.modified,
        changed=times.changed,
        accessed=times.accessed,
        deleted_at=None if node.left_open else node.deleted_at,
        left_open=node.left_open,
        permissions=node.permissions,
        owner=node.owner,
        group=node.group,
        links=node.links,
        old_names=tuple(
            (path, tree.place_offset_bytes(former))
            for path, former in node.former
            if tree.name_stands(former, node.inode)
        ),
    )


def _lost(tree: ExtTree, node: Node) -> tuple[tuple[int, str], ...]:
    writers = ((block, tree.blocks.writer(block)) for block in node.blocks)
    return tuple(
        (block, tree.names.path(tree.names.nodes[writer])) for block, writer in writers if writer != node.node_id
    )


def _content_offset_bytes(tree: ExtTree, node: Node) -> int:
    if node.in_inode and not node.deleted:
        return tree.geometry.inode_offset_bytes(node.inode) + ROOT_OFFSET_BYTES
    return tree.geometry.block_offset_bytes(node.blocks[0]) if node.blocks else -1
