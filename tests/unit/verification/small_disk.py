"""A small disk with a GUID partition table, an NTFS volume and a lost FAT volume, built from the writers directly."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from labkit.containers.raw import write_raw
from labkit.model.truth import GroundTruth, Trace
from labkit.synthesis.filesystems.fat import FatVolume
from labkit.synthesis.filesystems.ntfs.state import NtfsState
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes.damage import damage_header, delete_gpt_partition
from labkit.synthesis.volumes.gpt import GptCopy, GptPartition, GptType, write_gpt

SIZE_BYTES = 100 * 1024 * 1024
NTFS_START, NTFS_SECTORS = 2048, 32768
LOST_START, LOST_SECTORS = 36864, 81920
LAST_START, LAST_SECTORS = 122880, 8192
ZONE, OFFSET_S = "Asia/Almaty", 433
CLUSTER_BYTES = 4096
DISK = UUID("8afb5c5b-f2c9-4b96-af99-9990267e81b0")
FORMATTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CLOCK_SET = datetime(2026, 1, 10, tzinfo=UTC)  # true time
EARLY = datetime(2026, 1, 5, 8, tzinfo=UTC)  # the clock was right
AT = datetime(2026, 2, 3, 9, 5, 7, 120000, tzinfo=UTC)
LATER = datetime(2026, 2, 4, 4, 30, 1, tzinfo=UTC)


class SmallDisk:
    """The image in a folder, and the truth beside it. Times are those of the machine's clock."""

    def __init__(self, folder: Path) -> None:
        self.traces: dict[str, Trace] = {}
        self.medium = Medium(SIZE_BYTES)
        self._table()
        self.volume = NtfsVolume(
            self.medium,
            start_bytes=NTFS_START * 512,
            size_bytes=NTFS_SECTORS * 512,
            cluster_bytes=CLUSTER_BYTES,
            label="Small",
            serial=0x1122334455667788,
            formatted=FORMATTED,
            journal=True,
        )
        self._story()
        self._lost()
        self._trace("clock-set", "clock_change", at_utc=CLOCK_SET)
        raw = folder / "KF.raw"
        write_raw(self.medium.chunks(), raw)
        self.files = {"KF.raw": raw}

    @property
    def truth(self) -> GroundTruth:
        """The truth without the trace of the clock, which no event log of this disk confirms."""
        return GroundTruth("pc", self.traces)

    def _table(self) -> None:
        kinds = (
            (GptType.BASIC_DATA, NTFS_START, NTFS_SECTORS),
            (GptType.BASIC_DATA, LOST_START, LOST_SECTORS),
            (GptType.WINDOWS_RECOVERY, LAST_START, LAST_SECTORS),
        )
        entries = [GptPartition(kind, UUID(int=start), start, size) for kind, start, size in kinds]
        write_gpt(self.medium, entries, DISK)
        delete_gpt_partition(self.medium, 2)
        damage = damage_header(self.medium, GptCopy.PRIMARY)
        self._trace("table", "partition_table", option="gpt", serial=str(DISK), names=("basic", "recovery"))
        self._trace(
            "damaged-header",
            "gpt_header",
            option="primary",
            other_option="backup",
            offset_bytes=damage.header_offset_bytes,
            offset_sectors=damage.header_offset_bytes // 512,
        )
        start, size = NTFS_START + NTFS_SECTORS, LAST_START - NTFS_START - NTFS_SECTORS
        self._trace(
            "gap", "gap", offset_sectors=start, size_sectors=size, offset_bytes=512 * start, size_bytes=512 * size
        )
        self._partition("partition-last", 2, LAST_START, LAST_SECTORS)

    def _story(self) -> None:
        volume = self.volume
        volume.make_directory("/Docs", EARLY)
        volume.create("/Docs/договор.txt", b"early" * 2000, EARLY)
        volume.create("/Docs/tiny.txt", b"inside the record", AT)
        volume.create("/Docs/host.txt", b"h" * 5000, AT)
        slack_at = volume.write_slack("/Docs/host.txt", b"meet at the quay")
        volume.create("/Docs/draft.pdf", b"%PDF-1.7 " + b"p" * 6000, AT)
        volume.rename("/Docs/draft.pdf", "/final.jpg", LATER)
        doomed = bytes(range(256)) * 40
        gone = volume.create("/Docs/a longer name.bin", doomed, AT)
        volume.delete("/Docs/a longer name.bin", LATER)
        record_at = volume.write_record_slack("/Docs/tiny.txt", b"under the mat")
        quiet_at = volume.write_unallocated(b"call the warehouse")
        volume.flush()

        states = {path: volume.state(volume.node(path)) for path in volume.paths()}
        self._file("early", "file", states["/Docs/договор.txt"], b"early" * 2000)
        self._file("tiny", "file", states["/Docs/tiny.txt"], b"inside the record")
        content = b"%PDF-1.7 " + b"p" * 6000
        self._file("moved", "file", states["/final.jpg"], content, old_path="/Docs/draft.pdf", real_type="PDF")
        self._file("gone", "deleted_file", volume.state(gone), doomed)
        host = states["/Docs/host.txt"]
        self._trace(
            "slack-note",
            "slack",
            path=host.path,
            name=host.name,
            volume=1,
            address=host.address,
            text="meet at the quay",
            words=("meet", "quay"),
            offset_bytes=slack_at,
            volume_offset_bytes=slack_at - NTFS_START * 512,
            file_offset_bytes=5000,
            last_cluster=host.clusters[-1],
        )
        for name, kind, text, place in (
            ("record-note", "record_slack", "under the mat", record_at),
            ("quiet-note", "unallocated", "call the warehouse", quiet_at),
        ):
            inside = place - NTFS_START * 512
            self._trace(
                name,
                kind,
                volume=1,
                text=text,
                offset_bytes=place,
                offset_sectors=place // 512,
                volume_offset_bytes=inside,
            )
        self._partition(
            "partition", 1, NTFS_START, NTFS_SECTORS, serial="5566-7788", label="Small", cluster_bytes=CLUSTER_BYTES
        )

    def _lost(self) -> None:
        volume = FatVolume(
            self.medium,
            start_bytes=LOST_START * 512,
            size_bytes=LOST_SECTORS * 512,
            kind="FAT32",
            cluster_bytes=512,
            label="ARCHIVE",
            serial=0x1A2B3C4D,
            formatted=datetime.fromisoformat("2025-01-02T03:04:06"),
        )
        volume.create("/letter.txt", b"l" * 700, datetime.fromisoformat("2025-02-03T14:05:08"))
        volume.flush()
        data = self.medium.read(LOST_START * 512, LOST_SECTORS * 512)
        self._partition(
            "partition-lost",
            0,
            LOST_START,
            LOST_SECTORS,
            serial="1A2B-3C4D",
            label="ARCHIVE",
            cluster_bytes=512,
            **digests(data),
        )

    def _partition(self, name: str, number: int, start: int, sectors: int, **more: Any) -> None:
        self._trace(
            name,
            "volume",
            volume=number,
            offset_bytes=start * 512,
            offset_sectors=start,
            size_sectors=sectors,
            last_sector=start + sectors - 1,
            **more,
        )

    def _file(self, name: str, kind: str, state: NtfsState, content: bytes, **more: Any) -> None:
        facts: dict[str, Any] = {
            "volume": 1,
            "name": state.name,
            "path": state.path,
            "address": state.address,
            "parent_address": state.parent_address,
            "sequence": state.sequence,
            "entry_offset_bytes": state.entry_offset_bytes,
            "offset_bytes": state.offset_bytes,
            "zone": ZONE,
            "clock_offset_s": OFFSET_S,
            **digests(content),
        }
        if state.clusters:
            last = self.medium.read(self.volume.cluster_offset_bytes(state.clusters[-1]), CLUSTER_BYTES)
            slack = last[state.size_bytes % CLUSTER_BYTES :]
            facts |= {
                "clusters": state.clusters,
                "first_cluster": state.clusters[0],
                "last_cluster": state.clusters[-1],
                "sha256_with_slack": hashlib.sha256(content + slack).hexdigest(),
            }
        stored = {"born": state.born, "modified": state.modified, "changed": state.changed, "accessed": state.accessed}
        stored |= {"name_born": state.file_name_times.born, "name_modified": state.file_name_times.modified}
        for which, device in stored.items():
            true = device - timedelta(seconds=OFFSET_S)
            facts[f"{which}_device_utc"] = device
            facts[f"{which}_utc"] = true if true >= CLOCK_SET else device
            facts[f"{which}_local"] = device.astimezone(ZoneInfo(ZONE)).replace(tzinfo=UTC)
        self._trace(name, kind, **(facts | more))

    def _trace(self, trace_id: str, kind: str, **facts: Any) -> None:
        self.traces[trace_id] = Trace(trace_id, kind, None, facts)


def digests(data: bytes) -> dict[str, Any]:
    return {
        "size_bytes": len(data),
        **{name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")},
    }


def with_facts(trace: Trace, **facts: Any) -> Trace:
    return replace(trace, facts={**trace.facts, **facts})
