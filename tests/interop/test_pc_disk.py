"""KF-05 as programs see it that were not written here: its table, its file systems, every file that the story names."""

import hashlib
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from labkit.content.scenario import load_case
from labkit.model.truth import Trace
from labkit.synthesis.build import build_case
from tests.oracles import oracle

pytestmark = pytest.mark.oracle
SECTOR_BYTES = 512
WINDOWS_SECTOR = 165888
LARGEST_PACKED_BYTES = 60_000_000
NAMED_KINDS = {"file", "download", "opened_document", "recycled", "stream", "split_hit"}


@dataclass(frozen=True)
class Disk:
    raw: Path
    container: Path
    traces: dict[str, Trace]
    folder: Path

    def partition(self, trace: str) -> Path:
        """Return a partition as a file of its own."""
        facts = self.traces[trace].facts
        path = self.folder / f"{trace}.img"
        if not path.exists():
            with self.raw.open("rb") as source, path.open("wb") as target:
                source.seek(int(str(facts["offset_bytes"])))
                for _ in range(int(str(facts["size_sectors"])) // 2048):
                    block = source.read(2048 * SECTOR_BYTES)
                    if block.count(0) == len(block):
                        target.seek(len(block), 1)
                    else:
                        target.write(block)
                target.truncate(int(str(facts["size_sectors"])) * SECTOR_BYTES)
        return path


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder = tmp_path_factory.mktemp("pc")
    built = build_case(load_case("kestrel"), hashlib.sha256(b"pc disk").digest(), folder, items=("pc",))
    traces = dict(built.truth.items["pc"].traces)
    yield Disk(built.files["pc/KF-05.raw"], built.files["pc/KF-05.E01"], traces, folder)
    for path in folder.rglob("*"):
        if path.is_file():
            path.unlink()  # a gigabyte


def icat(disk: Disk, address: object, offset_sectors: int = WINDOWS_SECTOR) -> bytes:
    done = subprocess.run(
        ["icat", "-o", str(offset_sectors), str(disk.raw), str(address)], capture_output=True, check=True, timeout=60
    )
    return done.stdout


def test_the_table_has_the_partitions_and_the_damage_that_the_truth_says(disk: Disk) -> None:
    listed = oracle(["mmls", disk.raw])
    oracle(["sgdisk", "--version"])  # skips where it is missing
    asked = subprocess.run(["sgdisk", "-v", str(disk.raw)], capture_output=True, text=True, check=False, timeout=60)
    said = (asked.stdout + asked.stderr).lower()  # it complains on standard error
    bad = {"primary": "invalid main gpt header", "backup": "invalid backup gpt header"}

    for name in ("efi", "reserved", "windows", "recovery"):
        facts = disk.traces[f"partition-{name}"].facts
        assert f"{facts['offset_sectors']:010d}   {facts['last_sector']:010d}" in listed
    assert f"{disk.traces['partition-lost'].facts['offset_sectors']:010d}" not in listed
    assert bad[str(disk.traces["damaged-header"].facts["option"])] in said


def test_every_file_system_is_accepted(disk: Disk) -> None:
    for name in ("windows", "recovery"):
        answer = oracle(["ntfsresize", "-i", "-f", disk.partition(f"partition-{name}")], timeout_s=120)
        assert "Cluster accounting failed" not in answer
        assert "You might resize" in answer or "nothing to do" in answer.lower()
    for name in ("efi", "lost"):
        oracle(["fsck.fat", "-n", disk.partition(f"partition-{name}")])


def test_the_system_volume_holds_more_than_twenty_thousand_files(disk: Disk) -> None:
    lines = oracle(["fls", "-r", "-p", "-F", "-o", str(WINDOWS_SECTOR), disk.raw], timeout_s=120).splitlines()

    assert len(lines) > 20_000


def test_every_named_file_is_where_the_truth_says_and_has_its_content(disk: Disk) -> None:
    listed = set(oracle(["fls", "-r", "-p", "-o", str(WINDOWS_SECTOR), disk.raw], timeout_s=120).splitlines())
    named = [trace for trace in disk.traces.values() if trace.kind in NAMED_KINDS and trace.facts.get("volume") == 3]

    assert len(named) > 15
    for trace in named:
        path, address = str(trace.facts["path"]).lstrip("/"), trace.facts["address"]
        shown = path.replace("\u202e", "^")  # what fls makes of a character that turns the direction round
        assert any(f" {address}-" in line and line.endswith((path, shown)) for line in listed), trace.id
        assert hashlib.sha256(icat(disk, address)).hexdigest() == trace.facts["sha256"], trace.id


def test_the_deleted_letter_can_be_recovered(disk: Disk) -> None:
    facts = disk.traces["deleted-letter"].facts
    deleted = oracle(["fls", "-r", "-p", "-d", "-o", str(WINDOWS_SECTOR), disk.raw], timeout_s=120)

    assert f"* {facts['address']}-128-" in deleted
    assert hashlib.sha256(icat(disk, facts["address"])).hexdigest() == facts["sha256"]


def test_the_hidden_stream_is_what_the_truth_says(disk: Disk) -> None:
    facts = disk.traces["hidden-stream"].facts
    listed = oracle(["fls", "-r", "-p", "-o", str(WINDOWS_SECTOR), disk.raw], timeout_s=120).splitlines()
    named = f"{str(facts['path']).lstrip('/')}:{facts['stream']}"
    address = next(line for line in listed if line.endswith(named)).split()[1].rstrip(":")
    content = icat(disk, address)

    assert len(content) == facts["stream_size_bytes"]
    assert hashlib.sha256(content).hexdigest() == facts["stream_sha256"]
    assert str(facts["text"]).encode() in content  # a document; its parts are stored, not compressed


def test_the_journal_dates_the_removal_of_the_letter(disk: Disk) -> None:
    facts = disk.traces["deleted-letter"].facts
    lines = oracle(["usnjls", "-l", "-o", str(WINDOWS_SECTOR), disk.raw], timeout_s=120).split("\n\n")
    removed = [entry for entry in lines if str(facts["name"]) in entry and "DELETE" in entry]

    assert len(removed) == 1
    at = datetime.fromisoformat(str(facts["at_device_utc"]))
    assert at.strftime("%Y-%m-%d %H:%M:%S") in removed[0]


def test_the_lost_partition_opens_at_its_offset(disk: Disk) -> None:
    facts = disk.traces["partition-lost"].facts
    said = oracle(["fsstat", "-o", str(facts["offset_sectors"]), disk.raw])

    assert "FAT32" in said
    assert "ARCHIVE" in said


def test_bytes_between_files_stand_where_the_truth_says(disk: Disk) -> None:
    with disk.raw.open("rb") as file:
        for name in ("slack-note", "carved-photo"):
            facts = disk.traces[name].facts
            file.seek(int(str(facts["offset_bytes"])))
            if name == "slack-note":
                assert file.read(len(str(facts["text"]))).decode() == facts["text"]
            else:
                assert hashlib.sha256(file.read(int(str(facts["size_bytes"])))).hexdigest() == facts["sha256"]


def test_a_personal_copy_packs_to_less_than_60_megabytes(disk: Disk) -> None:
    packed = 0
    for path in (disk.raw, disk.container):
        packer = zlib.compressobj(1)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                packed += len(packer.compress(block))
        packed += len(packer.flush())

    assert packed < LARGEST_PACKED_BYTES
