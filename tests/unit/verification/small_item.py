"""A small item with one trace of every kind, built from the writers directly: no scenario stands between."""

import gzip
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from labkit.containers.ewf import write_ewf
from labkit.containers.ewf_sections import EwfMetadata
from labkit.containers.raw import write_raw
from labkit.model.truth import GroundTruth, Trace
from labkit.synthesis.filesystems.fat import FatVolume, FileState
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes import MbrPartition, write_mbr

SIZE_BYTES = 40 * 1024 * 1024
START_SECTOR = 2048
ZONE, OFFSET_S = "Asia/Almaty", 433
# What the device's clock showed: local, without a zone.
FORMATTED = datetime.fromisoformat("2025-01-02T03:04:06")
AT = datetime.fromisoformat("2026-02-03T14:05:07.120")
LATER = datetime.fromisoformat("2026-02-04T09:30:01.990")
METADATA = EwfMetadata("NV-1", "KF-06", "stick", "A. Examiner", "", datetime(2026, 3, 10, tzinfo=UTC))


class SmallItem:
    """The files in a folder, the truth beside them, and the public variables."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, Path] = {}
        self.traces: dict[str, Trace] = {}
        self.variables = {"candidate_1": "overwritten plan.txt", "candidate_2": "kept plan.txt"}
        self.folder = folder
        self.medium = Medium(SIZE_BYTES)
        self.volume = self._volume()
        self._story()
        self._media()
        self._loose()

    @property
    def truth(self) -> GroundTruth:
        return GroundTruth("usb", self.traces)

    def changed(self, trace: str, **facts: Any) -> GroundTruth:
        """Return the truth with facts of one trace replaced."""
        old = self.traces[trace]
        return GroundTruth("usb", {**self.traces, trace: replace(old, facts={**old.facts, **facts})})

    def _volume(self) -> FatVolume:
        sectors = SIZE_BYTES // 512 - START_SECTOR
        write_mbr(self.medium, [MbrPartition(0x0C, START_SECTOR, sectors)], 0x1234ABCD)
        return FatVolume(
            self.medium,
            start_bytes=START_SECTOR * 512,
            size_bytes=sectors * 512,
            kind="FAT32",
            cluster_bytes=512,
            label="KFSTICK",
            serial=0x1A2B3C4D,
            formatted=FORMATTED,
        )

    def _story(self) -> None:
        volume = self.volume
        volume.make_directory("/Docs", AT)
        volume.make_directory("/Old", AT)
        volume.create("/Docs/договор plan.csv", b"live" * 700, AT)
        volume.create("/Docs/host.txt", b"h" * 700, AT)
        slack_at = volume.write_slack("/Docs/host.txt", b"meet at the quay")
        volume.create("/Docs/photo as text.txt", b"\xff\xd8\xff\xe0" + b"p" * 600, AT)
        doomed = volume.create("/overwritten plan.txt", bytes(range(256)) * 12, AT)
        volume.create("/wall.txt", b"w" * 100, AT)
        kept = volume.create("/kept plan.txt", bytes(reversed(range(256))) * 12, AT)
        volume.create("/second wall.txt", b"w" * 100, AT)
        moved = volume.create("/Docs/moved.txt", b"m" * 900, AT)
        volume.rename("/Docs/moved.txt", "/Old/moved.txt", LATER)
        volume.delete("/overwritten plan.txt", LATER)
        volume.remount()
        volume.create("/Old/newer.txt", b"N" * 1000, LATER)
        volume.delete("/kept plan.txt", LATER)
        quiet_at = volume.write_unallocated(b"call the warehouse")
        volume.flush()

        self._file("sheet", "file", volume.state(volume.node("/Docs/договор plan.csv")), b"live" * 700)
        host = volume.state(volume.node("/Docs/host.txt"))
        photo = volume.state(volume.node("/Docs/photo as text.txt"))
        content = b"\xff\xd8\xff\xe0" + b"p" * 600
        self._file("wrong-extension", "file", photo, content, extension="txt", real_type="jpeg")
        self._file("moved", "file", volume.state(moved), b"m" * 900, old_path="/Docs/moved.txt")
        self._file("candidate-2", "deleted_file", volume.state(kept), bytes(reversed(range(256))) * 12)
        state = volume.state(doomed)
        now = self.medium.read(state.offset_bytes, 512 * len(state.clusters))
        self._file("candidate-1", "deleted_file", state, bytes(range(256)) * 12)
        self._file(
            "overwritten",
            "overwritten_file",
            state,
            bytes(range(256)) * 12,
            option="candidate-1",
            lost_cluster=state.lost[0][0],
            other_path=state.lost[0][1],
            sha256_mixed=hashlib.sha256(now[: state.size_bytes]).hexdigest(),
            sha256_with_slack=hashlib.sha256(now).hexdigest(),
        )
        self._trace(
            "slack-note",
            "slack",
            path=host.path,
            text="meet at the quay",
            words=("meet", "quay"),
            offset_bytes=slack_at,
            volume_offset_bytes=slack_at - START_SECTOR * 512,
            file_offset_bytes=700,
            last_cluster=host.clusters[-1],
        )
        self._trace(
            "quiet-note",
            "unallocated",
            text="call the warehouse",
            offset_bytes=quiet_at,
            offset_sectors=quiet_at // 512,
        )
        self._trace("clock", "clock", zone=ZONE, clock_offset_s=OFFSET_S)

    def _media(self) -> None:
        raw = self._add("KF.raw")
        first = write_raw(self.medium.chunks(), raw)
        self._trace("media", "medium", size_sectors=first.size_bytes // 512, **_digests(raw.read_bytes()))
        start = START_SECTOR * 512
        self._trace(
            "partition",
            "volume",
            volume=1,
            offset_bytes=start,
            offset_sectors=START_SECTOR,
            size_sectors=SIZE_BYTES // 512 - START_SECTOR,
            serial=self.volume.serial_text,
            label="KFSTICK",
            cluster_bytes=512,
            **_digests(raw.read_bytes()[start:]),
        )
        made = write_ewf(self.medium.chunks(), SIZE_BYTES, self._add("KF.E01"), METADATA)
        stored = {"stored_md5": made.stored_md5, "stored_sha1": made.stored_sha1}
        self._trace("container", "container", name="KF.E01", **_digests(self.files["KF.E01"].read_bytes()), **stored)

        flipped = self.medium.fork()
        flipped_at = START_SECTOR * 512 + 3
        flipped.write(flipped_at, b"X")
        write_ewf(
            flipped.chunks(),
            SIZE_BYTES,
            self._add("KF-copy-b.E01"),
            METADATA,
            stored_md5=bytes.fromhex(first.md5),
            stored_sha1=bytes.fromhex(first.sha1),
        )
        old = {"stored_md5": first.md5, "stored_sha1": first.sha1}
        self._trace(
            "copy-b",
            "medium",
            name="KF-copy-b.E01",
            **_digests(b"".join(flipped.chunks())),
            **old,
            offset_bytes=flipped_at,
        )

        second = self.medium.fork()
        kept = self.traces["candidate-2"].facts["offset_bytes"]
        assert isinstance(kept, int)
        lost = (START_SECTOR, START_SECTOR + 1, kept // 512)
        for sector in lost:
            second.write(sector * 512, bytes(512))
        data = b"".join(second.chunks())
        path = self._add("KF-second-pass.raw.gz")
        path.write_bytes(gzip.compress(data, compresslevel=1, mtime=0))
        self._trace("second-pass", "medium", lbas=lost, lba_count=len(lost), **_digests(data))
        self._trace("second-pass-container", "container", name=path.name, **_digests(path.read_bytes()))
        log = f"started\nread error at 0x100000, length 0x400\nread error at {kept:#x}, length 0x200\ndone\n"
        self._add("KF-second-pass.log").write_text(log, encoding="utf-8", newline="\n")

    def _loose(self) -> None:
        content = {"a.txt": b"a" * 64, "b.txt": b"b" * 64, "c.txt": b"a" * 64, "d.txt": b"a" * 40 + b"-" + b"a" * 23}
        for name, data in content.items():
            self._add(name).write_bytes(data)
            with_newline = hashlib.sha256(data + b"\n").hexdigest()
            self._trace(f"file-{name[0]}", "plain_file", name=name, sha256_with_newline=with_newline, **_digests(data))
        self._trace("identical-pair", "comparison", names=("c.txt", "a.txt"))
        self._trace("near-twins", "comparison", names=("d.txt", "c.txt"), file_offset_bytes=40, offset_bytes=40)
        self._trace(
            "kabul-note",
            "moment",
            zone="Asia/Kabul",
            local_text="14:05 on 3 March 2026",
            at_utc=datetime(2026, 3, 3, 9, 35, tzinfo=UTC),
        )

    def _add(self, name: str) -> Path:
        self.files[name] = self.folder / name
        return self.files[name]

    def _trace(self, trace_id: str, kind: str, **facts: Any) -> None:
        self.traces[trace_id] = Trace(trace_id, kind, None, facts)

    def _file(self, trace_id: str, kind: str, state: FileState, content: bytes, **more: Any) -> None:
        last = self.medium.read(self.volume.cluster_offset_bytes(state.clusters[-1]), 512)
        slack = last[state.size_bytes % 512 :] if state.size_bytes % 512 else b""
        facts: dict[str, Any] = {
            "volume": 1,
            "name": state.shown_name,
            "path": state.path,
            "address": state.address,
            "parent_address": state.parent_address,
            "entry_offset_bytes": state.entry_offset_bytes,
            "first_cluster": state.first_cluster,
            "last_cluster": state.clusters[-1],
            "clusters": state.clusters,
            "offset_bytes": state.offset_bytes,
            "sha256_with_slack": hashlib.sha256(content + slack).hexdigest(),
            "zone": ZONE,
            "clock_offset_s": OFFSET_S,
            **_digests(content),
        }
        for name, local in (("born", state.born), ("modified", state.modified), ("accessed", state.accessed)):
            device = local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
            facts[f"{name}_stored"] = local.replace(tzinfo=UTC)
            facts[f"{name}_device_utc"] = device
            facts[f"{name}_utc"] = device - timedelta(seconds=OFFSET_S)
        self._trace(trace_id, kind, **(facts | more))


def _digests(data: bytes) -> dict[str, Any]:
    return {
        "size_bytes": len(data),
        **{name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")},
    }
