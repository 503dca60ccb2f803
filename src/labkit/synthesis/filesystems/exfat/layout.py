"""Where everything lies on an exFAT volume, and the boot region that says so.

Source: Microsoft, "exFAT file system specification" (2019), the sections 2 "Volume Structure" and 3 "Main and Backup
Boot Regions".
"""

import struct
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.exfat.checksums import boot_checksum
from labkit.synthesis.medium import SECTOR_BYTES

FIRST_CLUSTER = 2
BOOT_REGION_SECTORS = 12
PERCENT_OFFSET_BYTES = 112  # of PercentInUse in the boot sector
_CLUSTER_SIZES = tuple(SECTOR_BYTES << power for power in range(17))  # 512 bytes to 32 MiB
_LEAST_VOLUME_BYTES = 1 << 20
_MOST_CLUSTERS = 0xFFFFFFF5
_FAT_OFFSET_SECTORS = 128  # 24 at least; Windows leaves the same gap
_FAT_ENTRY_BYTES = 4
_SECTOR_SHIFT = 9
_HALT = 0xF4  # fills the boot code: the volume does not start a computer


@dataclass(frozen=True, slots=True)
class ExFatGeometry:
    """The areas of one volume. Sectors have 512 bytes and count from 0 of the volume unless the name says medium."""

    start_bytes: int
    total_sectors: int
    cluster_bytes: int
    fat_sectors: int
    cluster_count: int

    @property
    def fat_start_bytes(self) -> int:
        """Where the allocation table begins, on the medium."""
        return self.start_bytes + _FAT_OFFSET_SECTORS * SECTOR_BYTES

    @property
    def heap_sector(self) -> int:
        """The sector where the first cluster begins, on a multiple of the cluster size."""
        return _round_up(_FAT_OFFSET_SECTORS + self.fat_sectors, self.cluster_bytes // SECTOR_BYTES)

    @property
    def data_start_bytes(self) -> int:
        """Where cluster 2 begins, on the medium."""
        return self.start_bytes + self.heap_sector * SECTOR_BYTES

    @property
    def bitmap_bytes(self) -> int:
        """Length of the allocation bitmap."""
        return -(-self.cluster_count // 8)

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


def plan_geometry(*, start_bytes: int, size_bytes: int, cluster_bytes: int) -> ExFatGeometry:
    """Divide ``size_bytes`` into boot regions, allocation table and clusters.

    Raises:
        SynthesisError: The sizes do not fit together.
    """
    if cluster_bytes not in _CLUSTER_SIZES:
        raise SynthesisError(
            f"a cluster can not have {cluster_bytes} bytes",
            remedy=f"Take 512, 1024, 2048 ... up to {_CLUSTER_SIZES[-1]} bytes.",
        )
    if start_bytes % SECTOR_BYTES or size_bytes % SECTOR_BYTES or start_bytes < 0:
        raise SynthesisError(
            f"a volume of {size_bytes} bytes at byte {start_bytes} does not lie on whole sectors",
            remedy="Give start and size as multiples of 512.",
        )
    total_sectors = size_bytes // SECTOR_BYTES
    most = (total_sectors - _FAT_OFFSET_SECTORS) * SECTOR_BYTES // cluster_bytes  # clusters, if there were no table
    fat_sectors = -(-(most + FIRST_CLUSTER) * _FAT_ENTRY_BYTES // SECTOR_BYTES)
    heap_sector = ExFatGeometry(start_bytes, total_sectors, cluster_bytes, fat_sectors, 0).heap_sector
    cluster_count = (total_sectors - heap_sector) * SECTOR_BYTES // cluster_bytes
    if size_bytes < _LEAST_VOLUME_BYTES or cluster_count < 1:
        raise SynthesisError(
            f"{size_bytes} bytes are too few for an exFAT volume with clusters of {cluster_bytes}",
            remedy="Make the volume larger, 1 MiB at least, or the clusters smaller.",
        )
    if cluster_count > _MOST_CLUSTERS:
        raise SynthesisError(
            f"{size_bytes} bytes make {cluster_count} clusters; exFAT allows {_MOST_CLUSTERS}",
            remedy="Take larger clusters.",
        )
    return ExFatGeometry(start_bytes, total_sectors, cluster_bytes, fat_sectors, cluster_count)


def boot_region(geometry: ExFatGeometry, *, root_cluster: int, serial: int, percent_in_use: int) -> bytes:
    """Return the 12 sectors of a boot region: boot sector, boot code, parameters and checksum."""
    no_flags, revision_1_0, one_fat, drive = 0, 0x0100, 1, 0x80
    head = struct.pack(
        "<3s8s53xQQIIIIIIHHBBBBB7x",
        b"\xeb\x76\x90",
        b"EXFAT   ",
        geometry.start_bytes // SECTOR_BYTES,
        geometry.total_sectors,
        _FAT_OFFSET_SECTORS,
        geometry.fat_sectors,
        geometry.heap_sector,
        geometry.cluster_count,
        root_cluster,
        serial,
        revision_1_0,
        no_flags,
        _SECTOR_SHIFT,
        (geometry.cluster_bytes // SECTOR_BYTES).bit_length() - 1,
        one_fat,
        drive,
        percent_in_use,
    )
    boot_sector = head.ljust(SECTOR_BYTES - 2, bytes((_HALT,))) + b"\x55\xaa"
    extended = (bytes(SECTOR_BYTES - 4) + b"\0\0\x55\xaa") * 8
    parameters_and_reserved = bytes(2 * SECTOR_BYTES)
    sectors = boot_sector + extended + parameters_and_reserved
    checksum = boot_checksum(sectors).to_bytes(4, "little")
    return sectors + checksum * (SECTOR_BYTES // len(checksum))


def _round_up(number: int, step: int) -> int:
    return -(-number // step) * step
