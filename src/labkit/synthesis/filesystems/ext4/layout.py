"""Where everything lies on an ext4 volume: block groups, their bitmaps and inode tables.

Source: Linux kernel documentation, "ext4 Data Structures and Algorithms", the sections "Blocks", "Layout" and "Special
inodes"; the rules by which sizes are chosen are those of ``mke2fs``(8) and ``mke2fs.conf``(5).
"""

from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES

BLOCK_SIZES = (1024, 2048, 4096)
SUPERBLOCK_OFFSET_BYTES = 1024
ROOT_INODE = 2
JOURNAL_INODE = 8
FIRST_INODE = 11  # lost+found; those below are reserved
DESCRIPTOR_BYTES = 32  # without the feature 64bit
_LEAST_DATA_BLOCKS = 50  # mke2fs leaves a last group out that has no room for them behind its tables
_SMALL_VOLUME_BYTES = 512 << 20
_SMALL_RATIO_BYTES, _RATIO_BYTES = 4096, 16384  # of volume for each inode
_LEAST_INODES = 16
# (volumes of fewer blocks than, blocks of the journal): ext2fs_default_journal_size
_JOURNAL_SIZES = ((2048, 0), (32768, 1024), (256 * 1024, 4096), (512 * 1024, 8192), (4096 * 1024, 16384))
_LARGEST_JOURNAL = 32768


@dataclass(frozen=True, slots=True)
class ExtGeometry:
    """The areas of one volume. Blocks count from 0 of the volume; offsets from byte 0 of the medium."""

    start_bytes: int
    block_bytes: int
    block_count: int
    inodes_per_group: int
    inode_bytes: int

    @property
    def first_block(self) -> int:
        """The block that holds the superblock; groups count from here."""
        return SUPERBLOCK_OFFSET_BYTES // self.block_bytes

    @property
    def group_blocks(self) -> int:
        """Blocks in a group: as many as one block of bits can tell of."""
        return 8 * self.block_bytes

    @property
    def group_count(self) -> int:
        """How many groups there are; the last can be shorter."""
        return -(-(self.block_count - self.first_block) // self.group_blocks)

    @property
    def inode_count(self) -> int:
        """How many inodes there are; they are numbered from 1."""
        return self.group_count * self.inodes_per_group

    @property
    def descriptor_blocks(self) -> int:
        """Blocks of one copy of the group descriptors."""
        return -(-self.group_count * DESCRIPTOR_BYTES // self.block_bytes)

    @property
    def inode_table_blocks(self) -> int:
        """Blocks of the inode table of one group."""
        return self.inodes_per_group * self.inode_bytes // self.block_bytes

    @property
    def journal_blocks(self) -> int:
        """Blocks of the journal; 0 for a volume that is too small for one."""
        return next((size for limit, size in _JOURNAL_SIZES if self.block_count < limit), _LARGEST_JOURNAL)

    def group_first(self, group: int) -> int:
        """Return the first block of a group."""
        return self.first_block + group * self.group_blocks

    def has_superblock(self, group: int) -> bool:
        """Tell whether a group begins with a copy of the superblock and the descriptors (sparse_super)."""
        if group <= 1:
            return True
        return any(_is_power(group, base) for base in (3, 5, 7))

    def block_bitmap(self, group: int) -> int:
        """Return the block that says which blocks of a group are in use."""
        copies = 1 + self.descriptor_blocks if self.has_superblock(group) else 0
        return self.group_first(group) + copies

    def inode_bitmap(self, group: int) -> int:
        """Return the block that says which inodes of a group are in use."""
        return self.block_bitmap(group) + 1

    def inode_table(self, group: int) -> int:
        """Return the first block of a group's inode table."""
        return self.block_bitmap(group) + 2

    def overhead(self, group: int) -> int:
        """Return how many blocks at the start of a group hold tables."""
        return self.inode_table(group) + self.inode_table_blocks - self.group_first(group)

    def group_of_inode(self, inode: int) -> int:
        """Return the group that an inode belongs to."""
        return (inode - 1) // self.inodes_per_group

    def inode_offset_bytes(self, inode: int) -> int:
        """Return where an inode begins, on the medium."""
        group, index = divmod(inode - 1, self.inodes_per_group)
        return self.start_bytes + self.inode_table(group) * self.block_bytes + index * self.inode_bytes

    def block_offset_bytes(self, block: int) -> int:
        """Return where a block begins, on the medium.

        Raises:
            SynthesisError: The volume has no such block.
        """
        if not 0 <= block < self.block_count:
            raise SynthesisError(
                f"the volume has no block {block}", remedy=f"Its blocks are 0 to {self.block_count - 1}."
            )
        return self.start_bytes + block * self.block_bytes


def plan_geometry(*, start_bytes: int, size_bytes: int, block_bytes: int, inode_bytes: int) -> ExtGeometry:
    """Divide ``size_bytes`` into block groups. A rest too short for a group of its own is left unused.

    Raises:
        SynthesisError: The sizes do not fit together, or the volume is too small.
    """
    if block_bytes not in BLOCK_SIZES:
        raise SynthesisError(f"a block can not have {block_bytes} bytes here", remedy="Take 1024, 2048 or 4096 bytes.")
    if inode_bytes not in (256, 512, 1024):
        raise SynthesisError(
            f"an inode can not have {inode_bytes} bytes here",
            remedy="Take 256, 512 or 1024; the old 128 have no room for the time of creation.",
        )
    if start_bytes % SECTOR_BYTES or size_bytes % SECTOR_BYTES or start_bytes < 0:
        raise SynthesisError(
            f"a volume of {size_bytes} bytes at byte {start_bytes} does not lie on whole sectors",
            remedy="Give start and size as multiples of 512.",
        )
    block_count = size_bytes // block_bytes
    while True:
        geometry = _with_inodes(start_bytes, block_bytes, block_count, inode_bytes)
        last = geometry.group_count - 1
        in_last = block_count - geometry.group_first(last)
        if last >= 0 and in_last >= geometry.overhead(last) + _LEAST_DATA_BLOCKS:
            return geometry
        if last <= 0:
            raise SynthesisError(
                f"{size_bytes} bytes are too few for an ext4 volume with blocks of {block_bytes}",
                remedy="Make the volume larger.",
            )
        block_count -= in_last


def _with_inodes(start_bytes: int, block_bytes: int, block_count: int, inode_bytes: int) -> ExtGeometry:
    groups = max(ExtGeometry(start_bytes, block_bytes, block_count, 0, inode_bytes).group_count, 1)
    ratio_bytes = _SMALL_RATIO_BYTES if block_count * block_bytes < _SMALL_VOLUME_BYTES else _RATIO_BYTES
    wanted = max(block_count * block_bytes // ratio_bytes // groups, _LEAST_INODES)
    step = max(8, block_bytes // inode_bytes)  # whole bytes of the bitmap, whole blocks of the table
    return ExtGeometry(start_bytes, block_bytes, block_count, -(-wanted // step) * step, inode_bytes)


def _is_power(number: int, base: int) -> bool:
    while number % base == 0:
        number //= base
    return number == 1
