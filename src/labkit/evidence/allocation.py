"""Which clusters of a volume are in use, as its own bitmap or table says: FAT, exFAT, NTFS, ext2/3/4.

The Sleuth Kit's Python binding has no block walk, so the few bytes are read here, from where each file system
keeps them.
"""

import re
import struct
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from labkit.evidence.image import BLOCK_BYTES, Image
from labkit.evidence.remarks import remark
from labkit.model.volumes import Volume

_SECTOR_BYTES = 512
_UNIFORM = re.compile(rb"\x00+|\xff+|[^\x00\xff]", re.DOTALL)
_EXT_SUPERBLOCK_BYTES = 1024
_EXT_64BIT, _EXT_META_BG = 0x80, 0x10
_EXT_CHECKSUMS = 0x10 | 0x400  # gdt_csum and metadata_csum: only with them are a group's flags valid
_EXT_SPARSE_SUPER = 0x1
_EXT_BLOCK_UNINIT = 0x2
_EXFAT_BITMAP_ENTRY = 0x81
_FAT32_ENTRY = 0x0FFFFFFF  # the upper four bits are reserved

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The data area of a volume: clusters of one size, one behind the other, and which of them are free.

    Offsets count from byte 0 of the medium. ``starts`` and ``ends`` are the free stretches in bytes, in order.
    """

    first_bytes: int
    cluster_bytes: int
    count: int
    first_number: int
    starts: "array[int]"
    ends: "array[int]"

    @property
    def end_bytes(self) -> int:
        """Return where the last cluster ends."""
        return self.first_bytes + self.count * self.cluster_bytes


def clusters(image: Image, volume: Volume, filesystem: Any) -> Clusters | None:
    """Return the clusters of a volume, or None where its record of free ones is not read here or is damaged.

    That it is damaged is remarked (``remarks``).

    Raises:
        EvidenceError: The image can not be read.
    """
    name = volume.filesystem or ""
    try:
        if name.startswith("FAT"):
            return _fat(image, volume)
        if name == "exFAT":
            return _exfat(image, volume)
        if name == "NTFS":
            return _ntfs(image, volume, filesystem)
        if name.startswith("ext"):
            return _ext(image, volume)
    except (struct.error, ZeroDivisionError, OSError):
        remark(f"volume {volume.number}: its record of free clusters is damaged; what no file has counts as free")
    return None


def _fat(image: Image, volume: Volume) -> Clusters:
    """Source: Microsoft FAT specification, "Boot Sector and BPB" (offsets 11 to 36) and "FAT Data Structure"."""
    boot = image.read(volume.start_bytes, _SECTOR_BYTES)
    sector, per_cluster, reserved, tables, root_entries, small = struct.unpack_from("<HBHBHH", boot, 11)
    table_sectors = struct.unpack_from("<H", boot, 22)[0] or struct.unpack_from("<I", boot, 36)[0]
    sectors = small or struct.unpack_from("<I", boot, 32)[0]
    first = reserved + tables * table_sectors + -(-root_entries * 32 // sector)
    count = (sectors - first) // per_cluster
    table = image.read(volume.start_bytes + reserved * sector, table_sectors * sector)
    if volume.filesystem == "FAT12":
        used = bytes(
            int.from_bytes(table[n * 3 // 2 : n * 3 // 2 + 2], "little") >> (n & 1) * 4 & 0xFFF != 0
            for n in range(2, count + 2)
        )
    elif volume.filesystem == "FAT16":
        used = bytes(map(bool, chain.from_iterable(struct.iter_unpack("<H", table[4 : 4 + 2 * count]))))
    else:
        entries = chain.from_iterable(struct.iter_unpack("<I", table[8 : 8 + 4 * count]))
        used = bytes(map(bool, map(_FAT32_ENTRY.__and__, entries)))
    free = (match.span() for match in re.finditer(rb"\x00+", used))
    return _clusters(volume.start_bytes + first * sector, per_cluster * sector, count, 2, free)


def _exfat(image: Image, volume: Volume) -> Clusters | None:
    """Source: Microsoft exFAT specification, 3.1 "Main and Backup Boot Sector", 7.1 "Allocation Bitmap"."""
    boot = image.read(volume.start_bytes, _SECTOR_BYTES)
    heap, count, root = struct.unpack_from("<III", boot, 88)
    sector = 1 << boot[108]
    cluster = sector << boot[109]
    base = volume.start_bytes + heap * sector
    directory = image.read(base + (root - 2) * cluster, cluster)
    for entry in (directory[n : n + 32] for n in range(0, len(directory), 32)):
        if entry[0] == _EXFAT_BITMAP_ENTRY and not entry[1] & 1:
            first, size = struct.unpack_from("<IQ", entry, 20)
            blocks = image.blocks(base + (first - 2) * cluster, min(size, -(-count // 8)))
            return _clusters(base, cluster, count, 2, _free_bits(blocks, count))
    return None


def _ntfs(image: Image, volume: Volume, filesystem: Any) -> Clusters:
    """Source: Linux-NTFS project, "NTFS Documentation", $Bitmap: one bit a cluster, the lowest bit first."""
    del image
    count, cluster = int(filesystem.info.block_count), int(filesystem.info.block_size)
    record = filesystem.open_meta(6)  # $Bitmap
    size = min(int(record.info.meta.size), -(-count // 8))
    blocks = (
        bytes(record.read_random(offset, min(BLOCK_BYTES, size - offset))) for offset in range(0, size, BLOCK_BYTES)
    )
    return _clusters(volume.start_bytes, cluster, count, 0, _free_bits(blocks, count))


def _ext(image: Image, volume: Volume) -> Clusters | None:
    """Read the block bitmaps of all groups.

    Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": super block, block group descriptors,
    block and inode bitmaps; a group with BLOCK_UNINIT has no bitmap on disk yet.
    """
    head = image.read(volume.start_bytes + _EXT_SUPERBLOCK_BYTES, 1024)
    inodes, count = struct.unpack_from("<II", head, 0)
    first, log_size = struct.unpack_from("<II", head, 20)
    per_group = struct.unpack_from("<I", head, 32)[0]
    inodes_per_group = struct.unpack_from("<I", head, 40)[0]
    inode_bytes = struct.unpack_from("<H", head, 88)[0] or 128
    incompatible, read_only = struct.unpack_from("<II", head, 96)
    if incompatible & _EXT_META_BG or not per_group:
        return None
    wide = bool(incompatible & _EXT_64BIT)
    size = struct.unpack_from("<H", head, 254)[0] if wide else 32
    block = 1024 << log_size
    groups = -(-(count - first) // per_group)
    del inodes
    table = image.read(volume.start_bytes + (first + 1) * block, groups * size)
    places: list[tuple[int, int, int, int]] = []
    for number in range(groups):
        entry = table[number * size : (number + 1) * size]
        low = struct.unpack_from("<III", entry, 0)
        high = struct.unpack_from("<III", entry, 32) if wide and size >= 64 else (0, 0, 0)  # noqa: PLR2004 - 64bit
        flags = struct.unpack_from("<H", entry, 18)[0] if read_only & _EXT_CHECKSUMS else 0
        places.append((low[0] | high[0] << 32, low[1] | high[1] << 32, low[2] | high[2] << 32, flags))
    table_blocks = -(-inodes_per_group * inode_bytes // block)
    fixed = sorted(
        span
        for bits, nodes, at, _ in places
        for span in ((bits, bits + 1), (nodes, nodes + 1), (at, at + table_blocks))
    )

    def free() -> Iterator[Range]:
        for number, (bits, _, _, flags) in enumerate(places):
            begin = first + number * per_group
            blocks = min(per_group, count - begin)
            if flags & _EXT_BLOCK_UNINIT:
                copies = 0
                if not read_only & _EXT_SPARSE_SUPER or _holds_superblock(number):
                    reserved = struct.unpack_from("<H", head, 206)[0]  # blocks kept for growing the table
                    copies = 1 + -(-groups * size // block) + reserved
                yield from _without(begin - first + copies, begin - first + blocks, fixed, first)
                continue
            bitmap = image.read(volume.start_bytes + bits * block, -(-blocks // 8))
            for low, high in _free_bits([bitmap], blocks):
                yield begin - first + low, begin - first + high

    return _clusters(volume.start_bytes + first * block, block, count - first, first, free())


def _holds_superblock(group: int) -> bool:
    """Return whether a group has a copy of the super block: groups 0, 1 and powers of 3, 5 and 7."""
    if group <= 1:
        return True
    for base in (3, 5, 7):
        power = base
        while power < group:
            power *= base
        if power == group:
            return True
    return False


def _without(begin: int, end: int, fixed: list[Range], shift: int) -> Iterator[Range]:
    for low, high in fixed:
        low, high = low - shift, high - shift  # noqa: PLW2901 - the same numbers, counted from the first block
        if high <= begin or low >= end:
            continue
        if low > begin:
            yield begin, low
        begin = max(begin, high)
    if begin < end:
        yield begin, end


def _free_bits(blocks: Iterable[bytes], count: int) -> Iterator[Range]:
    """Yield the stretches of zero bits among the first ``count``, the lowest bit of each byte first."""
    position = 0
    for block in blocks:
        for match in _UNIFORM.finditer(block):
            first = position + match.start() * 8
            piece = match[0]
            if piece[0] == 0:
                yield first, min(position + match.end() * 8, count)
            elif piece[0] != 0xFF:  # noqa: PLR2004 - eight clusters in use
                for bit in range(8):
                    if not piece[0] >> bit & 1 and first + bit < count:
                        yield first + bit, first + bit + 1
        position += len(block) * 8


def _clusters(first_bytes: int, cluster_bytes: int, count: int, number: int, free: Iterable[Range]) -> Clusters:
    starts, ends = array("Q"), array("Q")
    for begin, end in free:
        low, high = first_bytes + begin * cluster_bytes, first_bytes + end * cluster_bytes
        if ends and ends[-1] == low:
            ends[-1] = high
        elif low < high:
            starts.append(low)
            ends.append(high)
    return Clusters(first_bytes, cluster_bytes, count, number, starts, ends)
