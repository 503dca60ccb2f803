"""Writing what changed: superblock, group descriptors, bitmaps, inodes and directories."""

from dataclasses import dataclass, replace

from labkit.synthesis.filesystems.ext4 import superblock
from labkit.synthesis.filesystems.ext4.checksums import crc32c, inode_seed
from labkit.synthesis.filesystems.ext4.inodes import Node, render
from labkit.synthesis.filesystems.ext4.layout import SUPERBLOCK_OFFSET_BYTES
from labkit.synthesis.filesystems.ext4.superblock import GroupFacts, VolumeFacts
from labkit.synthesis.filesystems.ext4.tree import ExtTree
from labkit.synthesis.filesystems.namespace import ROOT
from labkit.synthesis.medium import Medium


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a volume and never changes."""

    uuid: bytes
    label: bytes
    formatted_seconds: int


class Tables:
    """The tables of one volume as they stand on the medium."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._groups: tuple[GroupFacts, ...] = ()  # as they were written last; none before the first time

    def fork(self) -> "Tables":
        """Return an independent copy."""
        copy = Tables(self._identity)
        copy._groups = self._groups
        return copy

    def write(self, tree: ExtTree, medium: Medium, *, written_seconds: int) -> None:
        """Write all that changed in ``tree`` since the last time.

        The first time the copies of the superblock are written too, and never again: Linux leaves them as ``mke2fs``
        wrote them.
        """
        for node_id, index in sorted(tree.changed_blocks):
            tree.write_block(tree.names.nodes[node_id], index)
        tree.write_index()
        for node_id in sorted(tree.changed_nodes - {0}):
            node = tree.names.nodes[node_id]
            if tree.inodes.writer(node.inode) == node_id or node_id == ROOT:  # else another file has its inode
                _write_inode(tree, medium, node)
        tree.changed_nodes.clear()
        fresh = not self._groups
        self._write_bitmaps(tree, medium)
        if fresh:
            self._write_journal(tree, medium)
        self._write_superblocks(tree, medium, written_seconds, copies=fresh)

    def _write_bitmaps(self, tree: ExtTree, medium: Medium) -> None:
        geometry = tree.geometry
        blocks_changed, inodes_changed = tree.blocks.changed_pages(), tree.inodes.changed_pages()
        groups = list(self._groups or (GroupFacts(0, 0, 0, 0, 0, 0),) * geometry.group_count)
        for group in blocks_changed:
            bitmap = tree.blocks.bitmap(group)
            present = min(geometry.group_blocks, geometry.block_count - geometry.group_first(group))
            bitmap = _with_ones(bitmap, present)
            medium.write(geometry.block_offset_bytes(geometry.block_bitmap(group)), bitmap)
            groups[group] = replace(
                groups[group],
                free_blocks=tree.blocks.free_in(group),
                block_bitmap_checksum=crc32c(bitmap, tree.seed),
            )
        for group in inodes_changed:
            bitmap = tree.inodes.bitmap(group)
            padding = b"\xff" * (geometry.block_bytes - len(bitmap))
            medium.write(geometry.block_offset_bytes(geometry.inode_bitmap(group)), bitmap + padding)
            groups[group] = replace(
                groups[group],
                free_inodes=tree.inodes.free_in(group),
                directories=tree.directory_counts[group],
                unused_inodes=geometry.inodes_per_group - tree.used_inodes[group],
                inode_bitmap_checksum=crc32c(bitmap, tree.seed),
            )
        self._groups = tuple(groups)

    def _write_journal(self, tree: ExtTree, medium: Medium) -> None:
        if tree.journal is not None:
            _write_inode(tree, medium, tree.journal)
            first = tree.geometry.block_offset_bytes(tree.journal.blocks[0])
            medium.write(first, superblock.journal_superblock(tree.geometry))

    def _write_superblocks(self, tree: ExtTree, medium: Medium, written_seconds: int, *, copies: bool) -> None:
        geometry = tree.geometry
        descriptors = superblock.group_descriptors(geometry, self._groups, seed=tree.seed)
        nodes = tree.names.nodes
        facts = VolumeFacts(
            uuid=self._identity.uuid,
            label=self._identity.label,
            formatted_seconds=self._identity.formatted_seconds,
            written_seconds=written_seconds,
            free_blocks=tree.blocks.free_count,
            free_inodes=tree.inodes.free_count,
            first_orphan=nodes[tree.open_deleted[0]].inode if tree.open_deleted else 0,
            journal_root=tree.journal.root if tree.journal else b"",
            journal_bytes=tree.journal.size_bytes if tree.journal else 0,
        )
        for group in range(geometry.group_count if copies else 1):
            if geometry.has_superblock(group):
                first = geometry.group_first(group)
                in_first = SUPERBLOCK_OFFSET_BYTES % geometry.block_bytes if group == 0 else 0
                offset_bytes = geometry.block_offset_bytes(first) + in_first
                medium.write(offset_bytes, superblock.superblock(geometry, facts, group=group))
                medium.write(geometry.block_offset_bytes(first + 1), descriptors)


def _write_inode(tree: ExtTree, medium: Medium, node: Node) -> None:
    geometry = tree.geometry
    next_orphan = 0
    if node.left_open:
        later = tree.open_deleted[tree.open_deleted.index(node.node_id) + 1 :]
        next_orphan = tree.names.nodes[later[0]].inode if later else 0
    data = render(
        node,
        inode_bytes=geometry.inode_bytes,
        block_bytes=geometry.block_bytes,
        seed=inode_seed(tree.seed, node.inode, node.generation),
        next_orphan=next_orphan,
    )
    medium.write(geometry.inode_offset_bytes(node.inode), data)


def _with_ones(bitmap: bytes, present: int) -> bytes:
    """Return a bitmap whose bits from ``present`` on are set: blocks that the volume does not have."""
    ones = (1 << 8 * len(bitmap)) - (1 << present)
    return (int.from_bytes(bitmap, "little") | ones).to_bytes(len(bitmap), "little")
