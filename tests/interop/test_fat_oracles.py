"""FAT volumes after long random stories, as programs see them that we did not write."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.synthesis.filesystems.fat import FatVolume, FileState
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.volumes import FAT_PARTITION_TYPES, MbrPartition, write_mbr
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

START_SECTOR = 2048
START_BYTES = START_SECTOR * 512
MIB = 1024 * 1024
BEGIN = datetime.fromisoformat("2026-02-01T08:00:01")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00")
# kind, volume size, cluster size, seed, steps
VOLUMES = [
    ("FAT12", 1474560, 512, "a", 250),
    ("FAT12", 4 * MIB, 2048, "b", 200),
    ("FAT12", 16 * MIB, 8192, "c", 120),
    ("FAT16", 8 * MIB, 512, "d", 250),
    ("FAT16", 32 * MIB, 4096, "e", 200),
    ("FAT16", 160 * MIB, 32768, "f", 60),
    ("FAT32", 34 * MIB, 512, "g", 250),
    ("FAT32", 64 * MIB, 512, "h", 400),
    ("FAT32", 68 * MIB, 1024, "i", 150),
    ("FAT32", 272 * MIB, 4096, "j", 80),
]
NAMES = (
    "REPORT.TXT",
    "notes.txt",
    "Invoice 2026.xlsx",
    "Счёт на оплату.docx",
    "گزارش نهایی.pdf",
    "Budget Бюджет.csv",
    "a.b.c.tar.gz",
    "photo 🏔.jpg",
    "x" * 120 + ".bin",
    ".hidden",
    "DATA",
    "read me",
)


@dataclass
class Story:
    """A volume, and beside it what a plain reading of the operations says about files and their content."""

    medium: Medium
    volume: FatVolume
    stream: Stream
    at: datetime = BEGIN
    files: dict[str, bytes] = field(default_factory=dict)
    directories: list[str] = field(default_factory=lambda: ["/"])
    nodes: dict[int, bytes | None] = field(default_factory=dict)  # last known content; None for a directory

    def play(self, steps: int) -> None:
        moves = [
            self.make_directory,
            *[self.create] * 6,
            self.append,
            self.overwrite,
            self.open,
            *[self.rename] * 2,
            self.copy,
            *[self.delete] * 3,
            self.move_directory,
            self.delete_directory,
            self.slack,
            self.remount,
        ]
        for _ in range(steps):
            self.at += timedelta(seconds=self.stream.between(1, 9000), microseconds=self.stream.below(10**6))
            self.stream.pick(moves)()

    def new_path(self) -> str:
        name = f"{self.stream.below(1000)} {self.stream.pick(NAMES)}"
        if self.stream.below(4) == 0:
            name = f"{self.stream.pick('ABCDEFGH')}{self.stream.below(1000)}.DAT"
        path = f"{self.stream.pick(self.directories).rstrip('/')}/{name}"
        return path if not self.volume.exists(path) else f"{path} {len(self.nodes)}"

    def content(self) -> bytes:
        return self.stream.take(self.stream.pick([0, 1, 100, 512, 1000, 3000, 9000]))

    def any_file(self) -> str | None:
        return self.stream.pick(sorted(self.files)) if self.files else None

    def make_directory(self) -> None:
        path = self.new_path()
        self.nodes[self.volume.make_directory(path, self.at)] = None
        self.directories.append(path)

    def create(self) -> None:
        path, data = self.new_path(), self.content()
        self.nodes[self.volume.create(path, data, self.at)] = data
        self.files[path] = data

    def change(self, operation: Callable[[str, bytes, datetime], None], *, keep: bool) -> None:
        if path := self.any_file():
            data = self.content()
            operation(path, data, self.at)
            self.files[path] = (self.files[path] if keep else b"") + data
            self.nodes[self.volume.node(path)] = self.files[path]

    def append(self) -> None:
        self.change(self.volume.append, keep=True)

    def overwrite(self) -> None:
        self.change(self.volume.overwrite, keep=False)

    def open(self) -> None:
        if path := self.any_file():
            self.volume.open(path, self.at)

    def rename(self) -> None:
        if path := self.any_file():
            to_path = self.new_path()
            if self.stream.below(2):
                to_path = path.rpartition("/")[0] + "/" + to_path.rpartition("/")[2] + "_"
            if not self.volume.exists(to_path):
                self.volume.rename(path, to_path, self.at)
                self.files[to_path] = self.files.pop(path)

    def copy(self) -> None:
        if path := self.any_file():
            to_path = self.new_path()
            self.nodes[self.volume.copy(path, to_path, self.at)] = self.files[path]
            self.files[to_path] = self.files[path]

    def delete(self) -> None:
        if path := self.any_file():
            self.volume.delete(path, self.at)
            del self.files[path]

    def move_directory(self) -> None:
        old, new = self.stream.pick(self.directories), self.new_path()
        if old == "/" or new.startswith(old + "/"):
            return
        self.volume.rename(old, new, self.at)

        def moved(path: str) -> str:
            return new + path[len(old) :] if path == old or path.startswith(old + "/") else path

        self.directories = [moved(path) for path in self.directories]
        self.files = {moved(path): data for path, data in self.files.items()}

    def delete_directory(self) -> None:
        gone = self.stream.pick(self.directories)
        if gone == "/" or sum(path.startswith(gone + "/") for path in self.files) > 3:
            return
        self.volume.delete(gone, self.at)
        self.directories = [path for path in self.directories if path != gone and not path.startswith(gone + "/")]
        self.files = {path: data for path, data in self.files.items() if not path.startswith(gone + "/")}

    def slack(self) -> None:
        path = self.any_file()
        if path and len(self.files[path]) % self.volume.cluster_bytes:
            self.volume.write_slack(path, b"!")

    def remount(self) -> None:
        if self.stream.below(3) == 0:
            self.volume.remount()


def begin(kind: str, size_bytes: int, cluster_bytes: int, seed: str) -> Story:
    medium = Medium(START_BYTES + size_bytes)
    volume = FatVolume(
        medium,
        start_bytes=START_BYTES,
        size_bytes=size_bytes,
        kind=kind,
        cluster_bytes=cluster_bytes,
        label="KF STICK",
        serial=0x1A2B3C4D,
        formatted=datetime.fromisoformat("2026-01-31T10:00:01"),
    )
    write_mbr(medium, [MbrPartition(FAT_PARTITION_TYPES[kind], START_SECTOR, size_bytes // 512)], 0x4B460006)
    return Story(medium, volume, Stream(seed.encode(), "story"))


@dataclass
class Built:
    story: Story
    image: Path
    partition: Path

    @property
    def states(self) -> list[FileState]:
        return [self.story.volume.state(node_id) for node_id in self.story.nodes]


@pytest.fixture(scope="module", params=VOLUMES, ids=lambda row: f"{row[0]}-{row[2]}-{row[3]}")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    kind, size_bytes, cluster_bytes, seed, steps = request.param
    story = begin(kind, size_bytes, cluster_bytes, seed)
    if seed == "h":  # so that cluster numbers need more than 16 bits
        story.volume.create("/filler.bin", bytes(66000 * cluster_bytes), story.at)
        story.volume.delete("/filler.bin", story.at)
    story.play(steps)
    story.volume.flush()
    folder = tmp_path_factory.mktemp("fat")
    image, partition = folder / "medium.raw", folder / "volume.raw"
    with image.open("wb") as whole, partition.open("wb") as part:
        for number, chunk in enumerate(story.medium.chunks()):
            whole.write(chunk)
            if number * 32768 >= START_BYTES:
                part.write(chunk)
    return Built(story, image, partition)


def listed(image: Path) -> list[tuple[bool, str, int, str]]:
    """(deleted, type, address, path) of each row of fls, without what fls makes up itself."""
    rows = []
    for line in oracle(["fls", "-r", "-p", "-o", str(START_SECTOR), image]).splitlines():
        found = re.fullmatch(r"(\S)/(\S) (\* )?(\d+)(?:\(realloc\))?:\t(.*)", line)
        assert found, line
        entry_type, meta_type, deleted, address, path = found.groups()
        if "v" not in (entry_type + meta_type).lower() and "(Volume Label Entry)" not in path:
            rows.append((bool(deleted) or entry_type == "-", meta_type, int(address), "/" + path))
    return rows


def recovered_by_icat(image: Path, address: int) -> bytes:
    oracle(["icat", "-V"])  # skips where there is none
    arguments = ["icat", "-r", "-o", str(START_SECTOR), str(image), str(address)]
    return subprocess.run(arguments, capture_output=True, check=True, timeout=60).stdout


def test_fsck_finds_nothing(built: Built) -> None:
    volume = built.story.volume
    files = len(volume.paths()) + 1  # fsck counts the label
    used = volume.cluster_count - len(volume.free_clusters())

    report = oracle(["fsck.fat", "-n", "-v", "-S", "-U", built.partition])

    assert f": {files} files, {used}/{volume.cluster_count} clusters" in report


def test_fls_lists_the_live_files_at_their_addresses(built: Built) -> None:
    expected = {("d" if s.directory else "r", s.address, s.path) for s in built.states if not s.deleted}

    assert {row[1:] for row in listed(built.image) if not row[0]} == expected
    assert {path for _, _, path in expected} == set(built.story.volume.paths())


def test_fls_lists_the_deleted_entries_that_still_stand(built: Built) -> None:
    shown = {address: path for deleted, _, address, path in listed(built.image) if deleted}
    entries = {entry.address: entry for entry in built.story.volume.deleted_entries()}

    assert shown.keys() <= entries.keys()
    # What is not reachable is shown among the orphans, or below an older name of its directory.
    reachable = {address for address, entry in entries.items() if entry.reachable}
    assert {address: path for address, path in shown.items() if address in reachable} == {
        address: entry.shown_path for address, entry in entries.items() if address in reachable
    }


def test_states_agree_with_the_deleted_entries(built: Built) -> None:
    entries = {entry.address: entry for entry in built.story.volume.deleted_entries()}

    for state in built.states:
        if state.deleted and state.short_entry_intact:
            assert entries[state.address].complete == state.entry_intact
            assert entries[state.address].name == state.name
        for path, address, offset_bytes in state.old_entries:
            assert path.endswith("/" + entries[address].name)
            assert entries[address].entry_offset_bytes == offset_bytes
            assert entries[address].renamed


def test_the_sleuth_kit_reads_every_live_file(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)), offset=START_BYTES)

    for state in built.states:
        if state.deleted:
            continue
        entry = filesystem.open_meta(inode=state.address)
        meta = entry.info.meta
        assert [EPOCH + timedelta(seconds=stamp) for stamp in (meta.mtime, meta.atime, meta.crtime)] == [
            state.modified,
            state.accessed,
            state.born.replace(microsecond=0),
        ]
        assert meta.crtime_nano == state.born.microsecond * 1000
        if not state.directory:
            assert meta.size == state.size_bytes
            content = entry.read_random(0, state.size_bytes) if state.size_bytes else b""
            assert content == built.story.nodes[state.node_id]


def test_istat_names_the_same_sectors(built: Built) -> None:
    volume = built.story.volume
    longest = max((s for s in built.states if not s.deleted and not s.directory), key=lambda s: len(s.clusters))

    report = oracle(["istat", "-o", str(START_SECTOR), built.image, str(longest.address)])

    sectors = [int(word) for word in report.partition("Sectors:")[2].split()]
    starts = [volume.cluster_offset_bytes(cluster) // 512 - START_SECTOR for cluster in longest.clusters]
    expected = [start + number for start in starts for number in range(volume.cluster_bytes // 512)]
    with_content = -(-longest.size_bytes // 512)  # istat writes 0 for sectors of the last cluster behind them
    assert sectors[:with_content] == expected[:with_content]


def test_icat_recovers_what_was_deleted_and_not_overwritten(built: Built) -> None:
    free = set(built.story.volume.free_clusters())
    recovered = 0
    for state in built.states:
        whole = state.clusters == tuple(range(state.first_cluster, state.first_cluster + len(state.clusters)))
        if state.deleted and state.short_entry_intact and not state.lost and whole and free.issuperset(state.clusters):
            if state.directory or not state.size_bytes:  # icat -r gives up on a deleted file without clusters
                continue
            content = recovered_by_icat(built.image, state.address)
            assert content == built.story.nodes[state.node_id]
            recovered += bool(content)
    assert recovered or built.story.volume.cluster_bytes > 2048


def test_another_library_reads_the_same_names_and_contents(built: Built) -> None:
    # Not the times: libfsfat 20260826 gives every month one too late, on volumes of mtools too.
    pyfsfat = pytest.importorskip("pyfsfat")
    found: dict[str, bytes | None] = {}

    def walk(directory: Any, path: str) -> None:
        for entry in directory.sub_file_entries:
            here = f"{path}/{entry.name}"
            is_directory = bool(entry.file_attribute_flags & 0x10)
            content = None if is_directory else entry.read_buffer(entry.size) if entry.size else b""
            found[here] = content
            if is_directory:
                walk(entry, here)

    with built.partition.open("rb") as stream:
        volume = pyfsfat.volume()
        volume.open_file_object(stream)
        assert volume.label == "KF STICK"
        walk(volume.root_directory, "")
        volume.close()

    assert found == {state.path: built.story.nodes[state.node_id] for state in built.states if not state.deleted}


def test_mtools_lists_the_same_names(built: Built) -> None:
    listing = oracle(["mdir", "-/", "-b", "-a", "-i", f"{built.image}@@1M", "::/"])

    names = {line.removeprefix("::").rstrip("/") for line in listing.splitlines() if line}
    # mtools shows a character outside the basic plane as two underscores.
    assert names == {re.sub("[\U00010000-\U0010ffff]", "__", path) for path in built.story.volume.paths()}


def test_slack_and_unallocated_notes_are_where_they_are_said_to_be(built: Built, tmp_path: Path) -> None:
    story = built.story
    medium = story.medium.fork()
    volume = story.volume.fork(medium)
    volume.create("/host of the note.txt", b"h" * 700, story.at)
    state = volume.state(volume.node("/host of the note.txt"))
    slack_offset = volume.write_slack(state.path, b"meet at the old mill")
    note_offset = volume.write_unallocated(b"account 7781, not in the books")
    volume.flush()
    image = tmp_path / "medium.raw"
    with image.open("wb") as stream:
        for chunk in medium.chunks():
            stream.write(chunk)

    with_slack = oracle(["icat", "-s", "-o", str(START_SECTOR), image, str(state.address)])
    block = oracle(["blkstat", "-o", str(START_SECTOR), image, str(note_offset // 512 - START_SECTOR)])
    raw = image.read_bytes()

    assert with_slack[700:720] == "meet at the old mill"
    assert raw[slack_offset : slack_offset + 20] == b"meet at the old mill"
    assert raw[note_offset:].startswith(b"account 7781, not in the books\0")
    assert "Not Allocated" in block
    cluster = (note_offset - volume.data_start_bytes) // volume.cluster_bytes + 2
    assert f"Cluster: {cluster}" in block
    assert cluster in volume.free_clusters()


def test_fsstat_prints_the_serial_and_the_label(built: Built) -> None:
    report = oracle(["fsstat", "-o", str(START_SECTOR), built.image])

    assert f"Volume ID: {built.story.volume.serial_fsstat}\n" in report
    assert "Volume Label (Root Directory): KF STICK" in report
    assert f"Sectors before file system: {START_SECTOR}" in report
    assert f"Total Cluster Range: 2 - {built.story.volume.cluster_count + 1}" in report


def test_mmls_agrees_with_the_partition_table(tmp_path: Path) -> None:
    medium = Medium(64 * MIB)
    partitions = [
        MbrPartition(0x0C, 2048, 40960),
        MbrPartition(0x0E, 43008, 20480, active=True),
        MbrPartition(0x83, 100000, 100),
    ]
    write_mbr(medium, partitions, 0xDEADBEEF)
    image = tmp_path / "medium.raw"
    image.write_bytes(b"".join(medium.chunks()))

    table = oracle(["mmls", image])

    rows = re.findall(r"000:00\d\s+(\d+)\s+(\d+)\s+(\d+)\s+.*\((0x..)\)", table)
    assert [(int(start), int(size), int(kind, 16)) for start, _, size, kind in rows] == [
        (p.start_sector, p.size_sectors, p.type_byte) for p in partitions
    ]


BUILD_AGAIN = """
import hashlib, sys
from tests.interop.test_fat_oracles import begin, image_digest
story = begin("FAT32", 34 * 1024 * 1024, 512, sys.argv[1])
story.play(150)
story.volume.flush()
print(image_digest(story))
"""


def image_digest(story: Story) -> str:
    digest = hashlib.sha256()
    for chunk in story.medium.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@pytest.mark.parametrize("seed", ["k", "l"])
def test_two_builds_have_the_same_bytes_in_any_surroundings(seed: str) -> None:
    story = begin("FAT32", 34 * MIB, 512, seed)
    story.play(150)
    story.volume.flush()
    here = image_digest(story)

    elsewhere = set()
    for hash_seed, zone, locale in (("1", "Asia/Almaty", "C"), ("77", "America/Lima", "tr_TR.UTF-8")):
        surroundings = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": locale}
        done = subprocess.run(
            [sys.executable, "-c", BUILD_AGAIN, seed],
            capture_output=True,
            check=True,
            timeout=120,
            env=surroundings,
            cwd=Path(__file__).resolve().parents[2],
        )
        elsewhere.add(done.stdout.decode("ascii").strip())

    assert elsewhere == {here}
