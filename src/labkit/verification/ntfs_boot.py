"""The boot sector of an NTFS volume, read by hand.

Source: Linux-NTFS project, "NTFS Documentation", "$Boot": bytes in a sector at 11, sectors in a cluster at 13, sectors
of the volume at 40, first cluster of $MFT at 48, size of a record at 64, serial number at 72.
"""

import struct
from dataclasses import dataclass

from labkit.evidence.image import Image

SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class NtfsGeometry:
    """Where clusters lie. Offsets count from byte 0 of the medium."""

    volume_start_bytes: int
    cluster_bytes: int
    record_bytes: int
    table_start_bytes: int  # the first record of $MFT
    size_sectors: int
    serial: int

    def cluster_offset_bytes(self, cluster: int) -> int:
        """Return where a cluster begins."""
        return self.volume_start_bytes + cluster * self.cluster_bytes

    def cluster_at(self, offset_bytes: int) -> int:
        """Return the cluster that holds a byte of the medium."""
        return (offset_bytes - self.volume_start_bytes) // self.cluster_bytes


def read_ntfs_geometry(image: Image, volume_start_bytes: int) -> NtfsGeometry:
    """Read the boot sector of an NTFS volume.

    Raises:
        ValueError: It is none, or of sizes that no NTFS volume has.
    """
    sector = image.read(volume_start_bytes, SECTOR_BYTES)
    if len(sector) < SECTOR_BYTES or sector[3:7] != b"NTFS":
        raise ValueError(f"no NTFS boot sector stands at byte {volume_start_bytes}")
    sector_bytes, per_cluster = struct.unpack_from("<HB", sector, 11)
    sectors, first_cluster = struct.unpack_from("<QQ", sector, 40)
    record, serial = struct.unpack_from("<b7xQ", sector, 64)
    cluster_bytes = sector_bytes * per_cluster
    if not cluster_bytes or record >= 0:
        raise ValueError(f"the boot sector at byte {volume_start_bytes} states sizes that no NTFS volume has")
    return NtfsGeometry(
        volume_start_bytes=volume_start_bytes,
        cluster_bytes=cluster_bytes,
        record_bytes=1 << -record,
        table_start_bytes=volume_start_bytes + first_cluster * cluster_bytes,
        size_sectors=sectors + 1,  # the last one holds a copy of this one
        serial=serial,
    )
