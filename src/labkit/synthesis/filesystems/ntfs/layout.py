"""Where everything lies on an NTFS volume, and the boot sector that says so.

Source: Linux-NTFS, "NTFS Documentation", "Files: $Boot (7)"; libyal, "New Technologies File System (NTFS)", section
"The volume header".
"""

import struct
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.blocks import BLOCK_BYTES
from labkit.synthesis.filesystems.ntfs.nodes import Extent
from labkit.synthesis.filesystems.ntfs.records import RECORD_BYTES
from labkit.synthesis.medium import SECTOR_BYTES

BOOT_BYTES = 8192
FIRST_RECORDS = 64  # of a new MFT, and how many it grows by
_LARGEST_CLUSTER_BYTES = 65536
_MIRRORED_RECORDS = 4
_LEAST_LOG_BYTES, _MOST_LOG_BYTES = 256 * 1024, 64 * 1024 * 1024
_LOG_SHARE = 128  # one part of so many of the volume
_ZONE_SHARE = 8
_MEDIA_FIXED = 0xF8
_SECTORS_PER_TRACK, _HEADS = 63, 255


@dataclass(frozen=True, slots=True)
class NtfsGeometry:
    """The areas of one volume, in clusters from 0 at its start. The last sector holds a copy of the boot sector."""

    start_bytes: int  # of the volume, on the medium
    total_sectors: int
    cluster_bytes: int
    cluster_count: int
    mirror: Extent  # $MFTMirr
    mft: Extent  # as formatted
    zone_count: int  # clusters behind the MFT that are kept for its growth
    log_bytes: int

    @property
    def mirrored_records(self) -> int:
        """How many records $MFTMirr holds: four, or what fills a cluster."""
        return self.mirror[1] * self.cluster_bytes // RECORD_BYTES

    def clusters_for(self, size_bytes: int) -> int:
        """Return how many clusters hold ``size_bytes``."""
        return -(-size_bytes // self.cluster_bytes)

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where ``cluster`` begins, on the medium.

        Raises:
            SynthesisError: The volume has no such cluster.
        """
        if not 0 <= cluster < self.cluster_count:
            raise SynthesisError(
                f"the volume has no cluster {cluster}", remedy=f"Its clusters are 0 to {self.cluster_count - 1}."
            )
        return self.start_bytes + cluster * self.cluster_bytes


def plan_geometry(*, start_bytes: int, size_bytes: int, cluster_bytes: int) -> NtfsGeometry:
    """Divide ``size_bytes`` as Windows does: the MFT a third of the way in, its mirror near the start.

    Raises:
        SynthesisError: The sizes do not fit together, or the volume is too small for its own tables.
    """
    if cluster_bytes not in {SECTOR_BYTES << power for power in range(8)}:
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
    cluster_count = max(total_sectors - 1, 0) * SECTOR_BYTES // cluster_bytes

    def clusters(size_bytes: int) -> int:
        return -(-size_bytes // cluster_bytes)

    log_bytes = min(max(size_bytes // _LOG_SHARE, _LEAST_LOG_BYTES), _MOST_LOG_BYTES)
    log_bytes = log_bytes // BLOCK_BYTES * BLOCK_BYTES
    mirror = (clusters(BOOT_BYTES), clusters(_MIRRORED_RECORDS * RECORD_BYTES))
    mft = (cluster_count // 3, clusters(FIRST_RECORDS * RECORD_BYTES))
    tables_bytes = 2 * log_bytes + 512 * 1024 + cluster_count // 8
    if cluster_count < 3 * clusters(tables_bytes):
        raise SynthesisError(
            f"{size_bytes} bytes in clusters of {cluster_bytes} are too few for an NTFS volume",
            remedy=f"Give at least {3 * (clusters(tables_bytes) + 1) * cluster_bytes} bytes, or smaller clusters.",
        )
    return NtfsGeometry(
        start_bytes, total_sectors, cluster_bytes, cluster_count, mirror, mft, cluster_count // _ZONE_SHARE, log_bytes
    )


def boot_sector(geometry: NtfsGeometry, serial: int) -> bytes:
    """Return the first sector of the volume."""
    head = struct.pack(
        "<3s8sHB7xB2xHHII",
        b"\xeb\x52\x90",
        b"NTFS    ",
        SECTOR_BYTES,
        geometry.cluster_bytes // SECTOR_BYTES,
        _MEDIA_FIXED,
        _SECTORS_PER_TRACK,
        _HEADS,
        geometry.start_bytes // SECTOR_BYTES,  # "hidden" sectors: those before the volume
        0,
    )
    head += struct.pack(
        "<IQQQb3xb3xQI",
        0x00800080,
        geometry.total_sectors - 1,
        geometry.mft[0],
        geometry.mirror[0],
        _clusters_per(RECORD_BYTES, geometry.cluster_bytes),
        _clusters_per(BLOCK_BYTES, geometry.cluster_bytes),
        serial,
        0,
    )
    halt = b"\xf4\xeb\xfd"  # hlt; jmp to the hlt: the volume does not start a computer
    return (head + halt).ljust(SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"


def _clusters_per(size_bytes: int, cluster_bytes: int) -> int:
    """Return a size in clusters; one that is less than a cluster as minus its power of two."""
    return size_bytes // cluster_bytes if size_bytes >= cluster_bytes else -(size_bytes.bit_length() - 1)
