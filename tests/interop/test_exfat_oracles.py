"""exFAT volumes after long random stories, as programs and libraries see them that we did not write.

``fsstat`` of the Sleuth Kit 4.11 never ends on exFAT and is not asked here; its ``fls`` ends with a failed assertion at
a name of exactly 128 UTF-16 units, which no story here has.
"""

import hashlib
import re
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import open_image
from labkit.evidence.volumes import volumes
from labkit.synthesis.filesystems.exfat import ExFatState, ExFatVolume
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.zones import zone
from tests.interop.stories import Story
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

MIB = 1024 * 1024
ALMATY = timezone(timedelta(hours=5))
BEGIN = datetime(2026, 2, 1, 8, 0, 1, tzinfo=ALMATY)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# cluster size, volume size, seed, steps
BUILT = [
    (512, 2 * MIB, "a", 120),
    (4096, 32 * MIB, "b", 300),
    (32768, 48 * MIB, "c", 250),
]


def begin(cluster_bytes: int, size_bytes: int, seed: str) -> Story:
    medium = Medium(size_bytes)
    volume = ExFatVolume(
        medium,
        start_bytes=0,
        size_bytes=size_bytes,
        cluster_bytes=cluster_bytes,
        label="KF Флешка",
        serial=0x1A2B3C4D,
        formatted=datetime(2026, 1, 31, 10, 0, 1, tzinfo=ALMATY),
    )
    return Story(medium, volume, Stream(seed.encode(), "story"), BEGIN)


def exfat(story: Story) -> ExFatVolume:
    assert isinstance(story.volume, ExFatVolume)
    return story.volume


class Built:
    def __init__(self, story: Story, image: Path) -> None:
        self.story, self.image, self.volume = story, image, exfat(story)

    @property
    def states(self) -> list[ExFatState]:
        return [self.volume.state(node_id) for node_id in self.story.nodes]


@pytest.fixture(scope="module", params=BUILT, ids=lambda row: f"{row[0]}-{row[1] // MIB}MiB")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    cluster_bytes, size_bytes, seed, steps = request.param
    story = begin(cluster_bytes, size_bytes, seed)
    story.play(steps)
    return Built(story, story.write_image(tmp_path_factory.mktemp("exfat") / "volume.raw"))


@pytest.mark.seeds
@pytest.mark.parametrize("cluster_bytes", [512, 1024, 4096, 32768, 131072])
def test_fsck_finds_nothing_after_any_story(cluster_bytes: int, tmp_path: Path) -> None:
    size_bytes = {512: 3 * MIB, 1024: 3 * MIB, 4096: 8 * MIB, 32768: 24 * MIB, 131072: 40 * MIB}[cluster_bytes]
    for seed in range(20):
        story = begin(cluster_bytes, size_bytes, f"seed {seed}")
        story.play(100)
        image = story.write_image(tmp_path / "volume.raw")

        report = oracle(["fsck.exfat", "-n", image])  # any exit code but 0 fails, with what it said

        volume = exfat(story)
        states = [volume.state(volume.node(path)) for path in volume.paths()]
        directories = sum(state.directory for state in states) + 1
        assert f"clean. directories {directories}, files {len(states) - directories + 1}" in report


def test_fsck_finds_nothing(built: Built) -> None:
    assert "clean" in oracle(["fsck.exfat", "-n", built.image])


def test_dump_prints_what_the_volume_says_of_itself(built: Built) -> None:
    report = oracle(["dump.exfat", built.image])

    assert re.search(r"Volume label:\s+KF Флешка\n", report)
    assert re.search(r"Volume Serial:\s+0x1a2b3c4d\n", report)
    assert re.search(rf"Cluster Count:\s+{built.volume.cluster_count}\n", report)
    assert re.search(r"Upcase table size:\s+5836\n", report)
    assert re.search(rf"Cluster size:\s+{built.volume.cluster_bytes}\n", report)
    assert re.search(rf"Free Clusters:\s+{len(built.volume.free_clusters())}\n", report)


def test_fsck_restores_the_boot_region_from_its_backup(built: Built, tmp_path: Path) -> None:
    damaged = bytearray(built.image.read_bytes())
    damaged[200:210] = bytes(10)  # of the boot code, so that the checksum is wrong
    image = tmp_path / "damaged.raw"
    image.write_bytes(damaged)

    oracle(["fsck.exfat", "-y", image], check=False)

    assert "clean" in oracle(["fsck.exfat", "-n", image])
    whole, restored = built.image.read_bytes(), image.read_bytes()
    assert [place for place in range(512) if whole[place] != restored[place]] in ([], [112])  # percent in use


def listed(image: Path) -> list[tuple[bool, str, int, str]]:
    """(deleted, type, address, path) of each row of fls, without what fls makes up itself."""
    rows = []
    for line in oracle(["fls", "-f", "exfat", "-r", "-p", image]).splitlines():
        found = re.fullmatch(r"(\S)/(\S) (\* )?(\d+)(?:\(realloc\))?:\t(.*)", line)
        assert found, line
        entry_type, meta_type, deleted, address, path = found.groups()
        if "v" not in (entry_type + meta_type).lower() and not path.startswith("$"):
            rows.append((bool(deleted) or entry_type == "-", meta_type, int(address), "/" + path))
    return rows


def test_fls_lists_the_live_files_at_their_addresses(built: Built) -> None:
    expected = {("d" if s.directory else "r", s.address, s.path) for s in built.states if not s.deleted}

    rows = [row for row in listed(built.image) if "(Volume Label Entry)" not in row[3]]

    # What is in a directory that was moved is listed below its old entry too, which still leads to its clusters.
    former = tuple(path + "/" for deleted, kind, _, path in rows if deleted and kind == "d")
    live = {row[1:] for row in rows if not row[0]}
    twice = {row for row in live - expected if row[2].startswith(former)}
    assert live - twice == expected
    assert {address for _, address, _ in twice} <= {address for _, address, _ in expected}
    assert {path for _, _, path in expected} == set(built.volume.paths())


def test_fls_lists_the_deleted_files_whose_entries_still_stand(built: Built) -> None:
    shown = {(address, path) for deleted, _, address, path in listed(built.image) if deleted}
    live_directories = {s.path for s in built.states if s.directory and not s.deleted} | {""}
    tested = 0
    for state in built.states:
        parent = state.path.rpartition("/")[0]
        if state.deleted and state.entry_intact and parent in live_directories:
            assert (state.address, state.path) in shown
            tested += 1
        for path, address, _ in state.old_entries:
            if path.rpartition("/")[0] in live_directories:
                assert (address, path) in shown
    assert tested


def test_the_sleuth_kit_reads_live_files_and_recovers_deleted_ones(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))
    recovered = 0

    for state in built.states:
        if not state.entry_intact:
            continue
        entry = filesystem.open_meta(inode=state.address)
        meta = entry.info.meta
        shown = [EPOCH + timedelta(seconds=stamp) for stamp in (meta.crtime, meta.mtime, meta.atime)]
        # The Sleuth Kit gives local times and does not look at the distance from UTC.
        local = [moment.replace(tzinfo=UTC, microsecond=0) for moment in (state.born, state.modified, state.accessed)]
        assert shown == local
        assert meta.crtime_nano == state.born.microsecond * 1000
        assert meta.mtime_nano == state.modified.microsecond * 1000
        assert bool(meta.flags & pytsk3.TSK_FS_META_FLAG_UNALLOC) == state.deleted
        if state.directory:
            continue
        assert meta.size == state.size_bytes
        if state.deleted and (state.lost or not state.contiguous):
            continue
        content = entry.read_random(0, state.size_bytes) if state.size_bytes else b""
        assert content == built.story.nodes[state.node_id]
        recovered += state.deleted
    assert recovered


def test_istat_names_the_same_sectors(built: Built) -> None:
    volume = built.volume
    files = [s for s in built.states if not s.deleted and not s.directory]
    longest = max(files, key=lambda s: (not s.contiguous, len(s.clusters)))
    assert not longest.contiguous

    report = oracle(["istat", "-f", "exfat", built.image, str(longest.address)])

    sectors = [int(word) for word in report.partition("Sectors:")[2].split()]
    starts = [volume.cluster_offset_bytes(cluster) // 512 for cluster in longest.clusters]
    expected = [start + number for start in starts for number in range(volume.cluster_bytes // 512)]
    with_content = -(-longest.size_bytes // 512)
    assert sectors[:with_content] == expected[:with_content]


def dos_time(stamp: int, hundredths: int, quarters: int) -> datetime:
    """Return a stored time in UTC; read off the specification once more, apart from the writer."""
    signed = (quarters & 0x7F) - (128 if quarters & 0x40 else 0)
    local = datetime(
        1980 + (stamp >> 25),
        stamp >> 21 & 15,
        stamp >> 16 & 31,
        stamp >> 11 & 31,
        stamp >> 5 & 63,
        2 * (stamp & 31),
        tzinfo=timezone(15 * timedelta(minutes=signed)),
    )
    return local + timedelta(milliseconds=10 * hundredths)


def test_another_library_reads_the_same_names_times_and_contents(built: Built) -> None:
    exfat_module = pytest.importorskip("dissect.fat.exfat")
    if built.volume.cluster_bytes < 32768:
        pytest.skip("dissect.fat 3.13 reads one cluster of a contiguous directory only")
    found: dict[str, Any] = {}

    def walk(entries: Any, path: str) -> None:
        for name, (entry, below) in entries.items():
            here = f"{path}/{name}"
            meta, stream = entry.metadata, entry.stream
            size = stream.data_length
            contiguous = bool(stream.flags.not_fragmented)
            chain = [] if contiguous or not size else volume.get_cluster_chain(stream.location)
            raw = struct.unpack("<8xIIIBBBBB7x", meta.dumps())
            times = (dos_time(raw[0], raw[3], raw[5]), dos_time(raw[1], raw[4], raw[6]), dos_time(raw[2], 0, raw[7]))
            found[here] = (below is not None, 0 if below is not None else size, contiguous, stream.location, times)
            if chain:
                chains[here] = tuple(chain)
            if below is not None:
                walk(below, here)

    chains: dict[str, tuple[int, ...]] = {}
    with built.image.open("rb") as stream_of_image:
        volume = exfat_module.ExFAT(stream_of_image)
        assert volume.volume_label == "KF Флешка"
        walk(volume.files["/"][1], "")

    live = [state for state in built.states if not state.deleted]
    assert found == {
        s.path: (s.directory, s.size_bytes, s.contiguous, s.first_cluster, (s.born, s.modified, s.accessed))
        for s in live
    }
    assert chains == {s.path: s.clusters for s in live if s.clusters and not s.contiguous}


def test_labkit_lists_and_reads_the_volume_with_the_zone_of_the_machine(built: Built) -> None:
    assert zone("Asia/Almaty").utcoffset(BEGIN.replace(tzinfo=None)) == timedelta(hours=5)
    with open_image(built.image) as image:
        reader = VolumeReader(image, volumes(image)[0], zone="Asia/Almaty")
        rows = {row.path: row for row in reader.rows(deleted=False)}
        assert reader.time_basis == "local"
        assert set(built.volume.paths()) <= set(rows)
        state = max((s for s in built.states if not s.deleted and not s.directory), key=lambda s: s.size_bytes)
        assert reader.find(state.path) == state.address
        assert b"".join(reader.read(state.address)) == built.story.nodes[state.node_id]
        assert reader.stat(state.path).entries[0].modified_utc == state.modified
        gone = [
            s for s in built.states if s.deleted and s.entry_intact and s.contiguous and not s.lost and s.size_bytes
        ]
        assert b"".join(reader.read(gone[0].address)) == built.story.nodes[gone[0].node_id]


def test_slack_and_unallocated_notes_are_where_they_are_said_to_be(built: Built, tmp_path: Path) -> None:
    medium = built.story.medium.fork()
    volume = built.volume.fork(medium)
    volume.create("/host of the note.txt", b"h" * 300, built.story.at)
    state = volume.state(volume.node("/host of the note.txt"))
    slack_offset = volume.write_slack(state.path, b"meet at the old mill")
    note_offset = volume.write_unallocated(b"account 7781, not in the books")
    volume.flush()
    image = tmp_path / "volume.raw"
    image.write_bytes(b"".join(medium.chunks()))

    assert oracle(["icat", "-f", "exfat", "-s", image, str(state.address)])[300:320] == "meet at the old mill"
    assert image.read_bytes()[slack_offset:].startswith(b"meet at the old mill")
    assert image.read_bytes()[note_offset:].startswith(b"account 7781, not in the books\0")
    block = oracle(["blkstat", "-f", "exfat", image, str(note_offset // 512)])
    assert "Not Allocated" in block
    assert "clean" in oracle(["fsck.exfat", "-n", image])


def test_the_up_case_table_is_the_one_that_mkfs_writes(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.raw"
    fresh.write_bytes(bytes(8 * MIB))
    oracle(["mkfs.exfat", "-c", "4096", fresh])
    ours = begin(4096, 8 * MIB, "table")
    image = ours.write_image(tmp_path / "ours.raw")

    def table(path: Path) -> bytes:
        data = path.read_bytes()
        heap = int.from_bytes(data[0x58:0x5C], "little") * 512
        root = heap + (int.from_bytes(data[0x60:0x64], "little") - 2) * 4096
        entry = next(e for at in range(0, 128, 32) if (e := data[root + at : root + at + 32])[0] == 0x82)
        start = heap + (int.from_bytes(entry[20:24], "little") - 2) * 4096
        return entry[4:8] + data[start : start + int.from_bytes(entry[24:32], "little")]

    assert table(image) == table(fresh)


def test_the_same_story_gives_the_same_bytes() -> None:
    digests = set()
    for _ in range(2):
        story = begin(1024, 4 * MIB, "digest")
        story.play(120)
        story.volume.flush()
        digests.add(hashlib.sha256(b"".join(story.medium.chunks())).hexdigest())

    assert len(digests) == 1
