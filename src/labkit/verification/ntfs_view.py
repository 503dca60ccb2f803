"""One NTFS volume through the Sleuth Kit's library, libfsntfs, and by hand."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from labkit.evidence.libyal_ntfs import LibfsntfsVolume, Record
from labkit.evidence.timestamps import moment
from labkit.evidence.tsk_record import TskRecord, tsk_record
from labkit.verification.mft_record import RawRecord, cluster_map, read_record, record_offset_bytes
from labkit.verification.ntfs_boot import NtfsGeometry, read_ntfs_geometry
from labkit.verification.sleuthkit_ntfs import JournalLine, journal_lines
from labkit.verification.volume_view import VolumeView

TABLE_RECORD = 0  # of $MFT itself


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
    def live_paths(self) -> Mapping[int, str]:
        """Record to the path of every live file and directory, by libfsntfs."""
        return {address: path for path, address in self.libfsntfs.live_paths()}

    def owner(self, offset_bytes: int) -> int | None:
        """Return the record of the live file that a byte of the medium belongs to: of its clusters, or inside it."""
        record = self.owners.get(self.geometry.cluster_at(offset_bytes))
        if record != TABLE_RECORD:
            return record
        begin = offset_bytes - (offset_bytes - self.geometry.table_start_bytes) % self.geometry.record_bytes
        return self.by_hand(begin).number

    def occurrences(self, words: tuple[bytes, ...]) -> Iterator[int]:
        """Yield where words stand on the medium, within the volume."""
        overlap = max(map(len, words), default=1) - 1
        place, tail = self.volume.start_bytes, b""
        for block in self.medium.blocks(place, self.volume.size_bytes):
            data = tail + block
            begin = place - len(tail)
            for word in words:
                found = data.find(word)
                while found >= 0:
                    yield begin + found
                    found = data.find(word, found + 1)
            tail = data[len(data) - overlap :] if overlap else b""
            place += len(block)

    @cached_property
    def changes(self) -> Mapping[int, tuple[JournalLine, ...]]:
        """Record to what happened to it, by labkit's reader of the change journal."""
        found: dict[int, list[JournalLine]] = {}
        for record in self.reader.change_journal():
            at = moment(record.time_ns)
            if at is not None:
                line = JournalLine(record.address, record.parent_address, at, record.reasons, record.name)
                found.setdefault(record.address, []).append(line)
        return {address: tuple(lines) for address, lines in found.items()}

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
