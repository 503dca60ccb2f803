"""One FAT volume through the Sleuth Kit's library, libfsfat, and by hand."""

from collections.abc import Mapping
from functools import cached_property

from labkit.evidence.libyal import FatRecord, fat_records
from labkit.verification.fat_entry import FatGeometry, is_free, read_geometry
from labkit.verification.volume_view import SECTOR_BYTES, VolumeView


class FatView(VolumeView):
    """A volume with directory entries of 32 bytes and allocation tables."""

    @cached_property
    def records(self) -> Mapping[str, FatRecord]:
        """Every live entry by path, by libfsfat."""
        return {record.path: record for record in fat_records(self.medium, self.volume)}

    @cached_property
    def geometry(self) -> FatGeometry:
        """Where clusters lie, read by hand from the boot sector."""
        return read_geometry(self.medium, self.volume.start_bytes)

    @property
    def block_bytes(self) -> int:
        """What the Sleuth Kit's programs for blocks count on FAT: sectors."""
        return SECTOR_BYTES

    def is_free(self, cluster: int) -> bool:
        """Return whether the first allocation table says that a cluster belongs to nobody."""
        return is_free(self.medium, self.geometry, cluster)

    @cached_property
    def owners(self) -> Mapping[int, str]:
        """Cluster to the path of the live file or directory that it belongs to, by libfsfat's runs of files."""
        found = {}
        for record in self.records.values():
            for offset, size in record.runs:
                first = self.geometry.cluster_at(offset)
                for cluster in range(first, first + -(-size // self.geometry.cluster_bytes)):
                    found[cluster] = record.path
        return found
