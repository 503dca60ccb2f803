"""One NTFS volume through the Sleuth Kit's library, libfsntfs, and by hand."""

from collections.abc import Mapping
from functools import cached_property

from labkit.evidence.libyal_ntfs import LibfsntfsVolume, Record
from labkit.evidence.tsk_record import TskRecord, tsk_record
from labkit.verification.mft_record import RawRecord, cluster_map, read_record, record_offset_bytes
from labkit.verification.ntfs_boot import NtfsGeometry, read_ntfs_geometry
from labkit.verification.sleuthkit_ntfs import JournalLine, journal_lines
from labkit.verification.volume_view import VolumeView

RENAMED_FROM = 0x1000  # USN_REASON_RENAME_OLD_NAME (MS-FSCC 2.3.62.2)


class NtfsView(VolumeView):
    """A volume with a master file table."""

    @cached_property
    def geometry(self) -> NtfsGeometry:
        """Where clusters lie, read by hand from the boot sector."""
        return read_ntfs_geometry(self.medium, self.volume.start_bytes)

    @cached_property
    def libfsntfs(self) -> LibfsntfsVolume:
        """The volume as libfsntfs has it open."""
        return LibfsntfsVolume(self.medium, self.volume)

    def by_libfsntfs(self, address: int) -> Record:
        """Return a record by libfsntfs."""
        if address not in self._libfsntfs_records:
            self._libfsntfs_records[address] = self.libfsntfs.record(address)
        return self._libfsntfs_records[address]

    def by_pytsk3(self, address: int) -> TskRecord:
        """Return a record by the Sleuth Kit's library."""
        if address not in self._tsk_records:
            self._tsk_records[address] = tsk_record(self.medium, self.volume, address)
        return self._tsk_records[address]

    def by_hand(self, offset_bytes: int) -> RawRecord:
        """Return the record at a byte of the medium, read by hand."""
        return read_record(self.medium, self.geometry, offset_bytes)

    def record_offset_bytes(self, address: int) -> int:
        """Return where a record begins, by hand."""
        return record_offset_bytes(self.medium, self.geometry, address)

    @property
    def block_bytes(self) -> int:
        """What the Sleuth Kit's programs for blocks count on NTFS: clusters."""
        return self.geometry.cluster_bytes

    def is_free(self, cluster: int) -> bool:
        """Return whether $Bitmap says that a cluster belongs to nobody.

        Raises:
            LookupError: The volume has no such cluster.
        """
        return not self._cluster_map[cluster // 8] >> cluster % 8 & 1

    @cached_property
    def owners(self) -> Mapping[int, int]:
        """Cluster to the record of the live file that it belongs to, by libfsntfs's runs of contents and streams."""
        found = {}
        for number, offset, size in self.libfsntfs.owned():
            first = self.geometry.cluster_at(offset)
            for cluster in range(first, first + size // self.geometry.cluster_bytes):
                found[cluster] = number
        return found

    @cached_property
    def renamed(self) -> Mapping[int, str]:
        """Record to the path from which it was renamed or moved last, by labkit's reader of the change journal."""
        return {
            record.address: f"{self.libfsntfs.path_of(record.parent_address)}/{record.name}"
            for record in self.reader.change_journal()
            if record.reasons & RENAMED_FROM
        }

    @cached_property
    def journal(self) -> tuple[JournalLine, ...] | None:
        """Every line of ``usnjls -m``: the change journal; None where the program is not installed."""
        answer = self.sleuthkit("usnjls", options=("-m",))
        return None if answer is None else journal_lines(answer.text)

    @cached_property
    def _cluster_map(self) -> bytes:
        return cluster_map(self.medium, self.geometry)

    @cached_property
    def _libfsntfs_records(self) -> dict[int, Record]:
        return {}

    @cached_property
    def _tsk_records(self) -> dict[int, TskRecord]:
        return {}
