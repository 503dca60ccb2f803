"""Where everything lies on a FAT volume, and the sectors that say so.

Source of every offset here: Microsoft, "FAT32 File System Specification", version 1.03 (2000), the sections "Boot
Sector and BPB", "FAT Type Determination", "FAT32 FSInfo Sector Structure and Backup Boot Sector".
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES

FatKind = Literal["FAT12", "FAT16", "FAT32"]

ENTRY_BITS: Mapping[str, int] = {"FAT12": 12, "FAT16": 16, "FAT32": 32}
# The number of clusters alone decides what a reader takes a volume for; both ends are allowed.
CLUSTER_LIMITS: Mapping[str, tuple[int, int]] = {
    "FAT12": (1, 4084),
    "FAT16": (4085, 65524),
    "FAT32": (65525, 0x0FFFFFF4),
}
FIRST_CLUSTER = 2
ROOT_CLUSTER = 2  # of FAT32; the older kinds keep the root in an area of its own
BACKUP_BOOT_SECTOR = 6
_FAT_COPIES = 2
_ROOT_ENTRIES = 512
_ENTRIES_PER_SECTOR = 16
_LARGEST_CLUSTER_BYTES = 32768
_MEDIA_FIXED = 0xF8
_SECTORS_PER_TRACK, _HEADS = 63, 255
_SIGNATURE = b"\x55\xaa"
_HALT = b"\xf4\xeb\xfd"  # hlt; jmp to the hlt: the volume does not start a computer


@dataclass(frozen=True, slots=True)
class FatGeometry:
    """The areas of one volume. Sectors have 512 bytes and count from 0 of the volume unless the name says medium."""

    kind: FatKind
    start_bytes: int  # of the volume, on the medium
    total_sectors: int
    cluster_bytes: int
    reserved_sectors: int
    fat_sectors: int  # of one copy
    root_entries: int  # 0 on FAT32
    cluster_count: int

    @property
    def entry_bits(self) -> int:
        """Bits of one entry of the allocation table."""
        return ENTRY_BITS[self.kind]

    @property
    def fat_starts_bytes(self) -> tuple[int, ...]:
        """Where each copy of the allocation table begins, on the medium."""
        first = self.start_bytes + self.reserved_sectors * SECTOR_BYTES
        return tuple(first + copy * self.fat_sectors * SECTOR_BYTES for copy in range(_FAT_COPIES))

    @property
    def entries_start_bytes(self) -> int:
        """Where the first area that can hold directory entries begins, on the medium.

        That is the root directory of FAT12 and FAT16, and the first cluster of FAT32. The Sleuth Kit numbers
        directory entries from here.
        """
        return self.fat_starts_bytes[-1] + self.fat_sectors * SECTOR_BYTES

    @property
    def data_start_bytes(self) -> int:
        """Where cluster 2 begins, on the medium."""
        return self.entries_start_bytes + _root_sectors(self.root_entries) * SECTOR_BYTES

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium.

        Raises:
            SynthesisError: The volume has no such cluster.
        """
        if not FIRST_CLUSTER <= cluster < FIRST_CLUSTER + self.cluster_count:
            raise SynthesisError(
                f"the volume has no cluster {cluster}",
                remedy=f"Its clusters are {FIRST_CLUSTER} to {self.cluster_count + 1}.",
            )
        return self.data_start_bytes + (cluster - FIRST_CLUSTER) * self.cluster_bytes


def plan_geometry(kind: FatKind, *, start_bytes: int, size_bytes: int, cluster_bytes: int) -> FatGeometry:
    """Divide ``size_bytes`` into boot area, allocation tables, root directory and clusters.

    The table is the smallest that has an entry for every cluster that a reader computes from the number of sectors.

    Raises:
        SynthesisError: The sizes do not fit together, or the number of clusters is not one of ``kind``.
    """
    if kind not in ENTRY_BITS:
        raise SynthesisError(f"{kind!r} is not a kind of FAT", remedy="Take FAT12, FAT16 or FAT32.")
    if cluster_bytes not in {SECTOR_BYTES << power for power in range(7)}:
        raise SynthesisError(
            f"a cluster can not have {cluster_bytes} bytes",
            remedy=f"Take 512, 1024, 2048 ... up to {_LARGEST_CLUSTER_BYTES} bytes.",
        )
    if start_bytes % SECTOR_BYTES or size_bytes % SECTOR_BYTES or start_bytes < 0:
        raise SynthesisError(
            f"a volume of {size_bytes} bytes at byte {start_bytes} does not lie on whole sectors",
            remedy="Give start and size as multiples of 512.",
        )
    total_sectors = size_bytes // SECTOR_BYTES
    reserved_sectors = 32 if kind == "FAT32" else 1
    root_entries = 0 if kind == "FAT32" else _ROOT_ENTRIES

    def clusters(fat_sectors: int) -> int:
        rest = total_sectors - reserved_sectors - _FAT_COPIES * fat_sectors - _root_sectors(root_entries)
        return max(rest, 0) // (cluster_bytes // SECTOR_BYTES)

    def covers(fat_sectors: int) -> bool:
        entries = fat_sectors * SECTOR_BYTES * 8 // ENTRY_BITS[kind]
        return entries >= clusters(fat_sectors) + FIRST_CLUSTER

    low, high = 1, max(total_sectors, 1)
    while low < high:  # covers() turns from False to True once: more table leaves fewer clusters
        middle = (low + high) // 2
        low, high = (low, middle) if covers(middle) else (middle + 1, high)
    cluster_count = clusters(low)
    _check_cluster_count(kind, cluster_count, size_bytes, cluster_bytes)
    return FatGeometry(
        kind, start_bytes, total_sectors, cluster_bytes, reserved_sectors, low, root_entries, cluster_count
    )


def boot_sector(geometry: FatGeometry, *, label: bytes, serial: int) -> bytes:
    """Return the first sector of the volume. ``label`` has 11 bytes, padded with spaces."""
    big = geometry.kind == "FAT32"
    short_total = geometry.total_sectors if not big and geometry.total_sectors <= 0xFFFF else 0  # noqa: PLR2004
    head = struct.pack(
        "<3s8sHBHBHHBHHHII",
        b"\xeb\x58\x90" if big else b"\xeb\x3c\x90",
        b"MSDOS5.0",
        SECTOR_BYTES,
        geometry.cluster_bytes // SECTOR_BYTES,
        geometry.reserved_sectors,
        _FAT_COPIES,
        geometry.root_entries,
        short_total,
        _MEDIA_FIXED,
        0 if big else geometry.fat_sectors,
        _SECTORS_PER_TRACK,
        _HEADS,
        geometry.start_bytes // SECTOR_BYTES,  # "hidden" sectors: those before the volume
        0 if short_total else geometry.total_sectors,
    )
    if big:
        fsinfo_sector = 1
        head += struct.pack("<IHHIHH12x", geometry.fat_sectors, 0, 0, ROOT_CLUSTER, fsinfo_sector, BACKUP_BOOT_SECTOR)
    head += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, serial, label, geometry.kind.ljust(8).encode("ascii"))
    return (head + _HALT).ljust(SECTOR_BYTES - 2, b"\0") + _SIGNATURE


def fsinfo_sector(*, free_clusters: int, hint: int) -> bytes:
    """Return the FSInfo sector of FAT32; ``hint`` is the cluster that was allocated last."""
    return struct.pack("<I480xIII12xI", 0x41615252, 0x61417272, free_clusters, hint, 0xAA550000)


def third_boot_sector() -> bytes:
    """Return sector 2 of FAT32: empty here, but it carries the signature as the other two do."""
    return bytes(SECTOR_BYTES - 2) + _SIGNATURE


def _root_sectors(root_entries: int) -> int:
    return root_entries // _ENTRIES_PER_SECTOR


def _check_cluster_count(kind: FatKind, count: int, size_bytes: int, cluster_bytes: int) -> None:
    least, most = CLUSTER_LIMITS[kind]
    if least <= count <= most:
        return
    remedy = "Make the volume larger."
    if count > 0:
        direction = "more and smaller" if count < least else "fewer and larger"
        remedy = f"{kind} needs {least} to {most} clusters: take {direction} clusters, or another kind of FAT."
    raise SynthesisError(
        f"{size_bytes} bytes in clusters of {cluster_bytes} make {count} clusters, which is no {kind}", remedy=remedy
    )
