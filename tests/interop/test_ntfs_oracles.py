"""NTFS volumes after random stories, as programs see them that we did not write.

Limits of the readers that were met:

- libfsntfs 20260526 finds nothing in index blocks where a cluster is larger than a block of 4096 bytes, on volumes of
  mkntfs and ntfs-3g too;
- libfsntfs 20260526 refuses an entry of $ATTRIBUTE_LIST that is longer than 255 bytes: one of a stream with a name of
  more than 110 characters;
- ntfsinfo -f of ntfs-3g 2022.10.3 and the Sleuth Kit 4.11.1 read every cluster size up to 65536; neither knows larger
  ones;
- usnjls of the Sleuth Kit 4.11.1 loses its place in $J where a page of 4096 bytes has more than one cluster.
"""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.synthesis.filesystems.ntfs.volume import NtfsState
from tests.ntfs_stories import MIB, START_BYTES, CrowdedStory, Story, begin, save
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

CLUSTERS = (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536)
SEEDS = range(20)
CROWDED_SEEDS = (5, 10)
STEPS = 45
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILES_OF_NTFS = 28  # records below belong to NTFS itself


@dataclass
class Built:
    story: Story
    image: Path  # of the volume alone

    @property
    def states(self) -> list[NtfsState]:
        return [self.story.volume.state(node_id) for node_id in self.story.contents]

    @property
    def live(self) -> list[NtfsState]:
        return [state for state in self.states if not state.deleted]


def build(cluster_bytes: int, seed: int, folder: Path) -> Built:
    story = begin(cluster_bytes, f"seed {seed}", journal=seed % 2 == 1)
    story.play(STEPS // 2)
    if seed % 3 == 0:
        story.volume.flush()
    if seed % 5 == 0:  # what follows is played on a fork
        story.medium = story.medium.fork()
        story.volume = story.volume.fork(story.medium)
    story.play(STEPS - STEPS // 2)
    story.volume.flush()
    return Built(story, save(story.medium, folder / "volume.raw", start_bytes=START_BYTES))


def build_crowded(cluster_bytes: int, seed: int, folder: Path) -> Built:
    """A volume of 8 MiB that is nearly full, with directories and files that need many records."""
    story = begin(cluster_bytes, f"crowded {seed}", size_bytes=8 * MIB, journal=seed % 2 == 1, kind=CrowdedStory)
    for _ in range(4):
        story.play_what_fits(15)
        story.volume.flush()
    return Built(story, save(story.medium, folder / "volume.raw", start_bytes=START_BYTES))


@pytest.fixture(
    scope="module",
    params=[
        *((build, cluster_bytes, seed) for cluster_bytes in CLUSTERS for seed in SEEDS),
        *((build_crowded, cluster_bytes, seed) for cluster_bytes in CLUSTERS for seed in CROWDED_SEEDS),
    ],
    ids=lambda cell: f"{cell[0].__name__}-{cell[1]}-{cell[2]}",
)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    make, cluster_bytes, seed = request.param
    cell = make(cluster_bytes, seed, tmp_path_factory.mktemp("ntfs"))
    yield cell
    cell.image.unlink()


@pytest.fixture(scope="module", params=CLUSTERS)
def single(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """One volume of each cluster size, for what takes long."""
    cell = build(request.param, 101, tmp_path_factory.mktemp("ntfs"))
    yield cell
    cell.image.unlink()


def times_of(meta: Any) -> list[datetime]:
    seconds = (meta.crtime, meta.mtime, meta.ctime, meta.atime)
    nanoseconds = (meta.crtime_nano, meta.mtime_nano, meta.ctime_nano, meta.atime_nano)
    return [
        EPOCH + timedelta(seconds=whole, microseconds=part // 1000)
        for whole, part in zip(seconds, nanoseconds, strict=True)
    ]


def aware(moments: list[datetime]) -> list[datetime]:
    return [moment.replace(tzinfo=UTC) for moment in moments]


def test_ntfsresize_accounts_for_every_cluster(built: Built) -> None:
    report = oracle(["ntfsresize", "-i", "-f", built.image])

    assert "You might resize" in report


def test_the_sleuth_kit_reads_every_file_and_what_is_left_of_deleted_ones(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))
    free = set(built.story.volume.free_clusters())

    for state in built.states:
        if state.deleted and not state.record_intact:
            continue
        entry = filesystem.open_meta(inode=state.address)
        meta = entry.info.meta
        assert bool(int(meta.flags) & int(pytsk3.TSK_FS_META_FLAG_ALLOC)) is not state.deleted
        assert meta.seq == state.sequence + state.deleted
        assert times_of(meta) == [state.born, state.modified, state.changed, state.accessed]
        content = built.story.contents[state.node_id]
        if content is None or (state.deleted and (state.lost or not free.issuperset(state.clusters))):
            continue
        assert meta.size == state.size_bytes == len(content)
        whole = meta.size and (not state.deleted or state.resident or state.clusters)
        assert (entry.read_random(0, len(content)) if whole else content) == content


def test_the_sleuth_kit_lists_the_live_files_at_their_addresses(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))
    found: dict[str, tuple[int, int]] = {}
    deleted: dict[int, int] = {}

    def walk(address: int, path: str) -> None:
        for entry in filesystem.open_dir(inode=address):
            name, meta = entry.info.name, entry.info.meta
            text = name.name.decode()
            if not int(name.flags) & int(pytsk3.TSK_FS_NAME_FLAG_ALLOC):
                deleted[name.meta_addr] = name.meta_seq
                continue
            if text in {".", ".."} or (not path and text.startswith("$")) or ":" in text:
                continue
            found[f"{path}/{text}"] = (meta.addr, meta.seq)
            if meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                walk(meta.addr, f"{path}/{text}")

    walk(5, "")

    assert found == {path: (state.address, state.sequence) for state in built.live for path in state.links}
    assert found.keys() == set(built.story.volume.paths())
    for state in built.states:
        parent = built.story.volume.state(state.parent_id) if state.parent_id in built.story.contents else None
        if state.deleted and state.record_intact and (parent is None or not parent.deleted):
            assert deleted[state.address] == state.sequence


def test_libfsntfs_reads_names_streams_and_both_kinds_of_times(built: Built) -> None:
    pyfsntfs = pytest.importorskip("pyfsntfs")
    longest = max((len(name) for streams in built.story.streams.values() for name in streams), default=0)
    if built.story.volume.cluster_bytes > 4096 or longest > 110:
        return  # see the limits at the top
    found: dict[str, tuple[int, dict[str, bytes], list[datetime]]] = {}

    def walk(directory: Any, path: str) -> None:
        for number in range(directory.get_number_of_sub_file_entries()):
            entry = directory.get_sub_file_entry(number)
            if not path and entry.name.startswith("$"):
                continue
            here = f"{path}/{entry.name}"
            streams = [
                entry.get_alternate_data_stream(position)
                for position in range(entry.get_number_of_alternate_data_streams())
            ]
            held = {stream.name: stream.read() or b"" for stream in streams}
            times = [
                entry.get_creation_time(),
                entry.get_modification_time(),
                entry.get_entry_modification_time(),
                entry.get_access_time(),
            ]
            found[here] = entry.file_reference >> 48, held, aware(times)
            if entry.has_directory_entries_index():
                walk(entry, here)

    volume = pyfsntfs.volume()
    volume.open(str(built.image))
    walk(volume.get_root_directory(), "")
    for state in built.states:
        if state.record_intact:
            names = [
                attribute
                for attribute in volume.get_file_entry(state.address).attributes
                if attribute.attribute_type == 0x30 and attribute.name == state.name
            ]
            name_times = state.file_name_times
            assert aware(
                [
                    names[0].get_creation_time(),
                    names[0].get_modification_time(),
                    names[0].get_entry_modification_time(),
                    names[0].get_access_time(),
                ]
            ) == [name_times.born, name_times.modified, name_times.changed, name_times.accessed]
    volume.close()

    assert found == {
        path: (
            state.sequence,
            built.story.streams[state.node_id],
            [state.born, state.modified, state.changed, state.accessed],
        )
        for state in built.live
        for path in state.links
    }


def test_ntfsfix_and_ntfsinfo_are_content(single: Built) -> None:
    fixed = oracle(["ntfsfix", "-n", single.image])
    report = oracle(["ntfsinfo", "-m", "-f", single.image])

    volume = single.story.volume
    assert "processed successfully" in fixed
    assert re.search(rf"Cluster Size: +{volume.cluster_bytes}\b", report)
    assert "Volume Name: KF DISK" in report
    largest = max(single.live, key=lambda state: len(state.runs))
    one = oracle(["ntfsinfo", "-f", "-i", str(largest.address), single.image])
    assert "Dumping attribute $FILE_NAME" in one


@pytest.mark.parametrize("cluster_bytes", CLUSTERS)
def test_ntfsfix_and_ntfsinfo_are_content_with_a_crowded_volume(cluster_bytes: int, tmp_path: Path) -> None:
    cell = build_crowded(cluster_bytes, CROWDED_SEEDS[0], tmp_path)

    assert "processed successfully" in oracle(["ntfsfix", "-n", cell.image])
    spread = [state for state in cell.live if cell.story.volume._tree.nodes[state.node_id].extensions]
    assert spread
    for state in spread[:5]:
        report = oracle(["ntfsinfo", "-f", "-i", str(state.address), cell.image])
        assert "Dumping attribute $ATTRIBUTE_LIST" in report


def test_fls_and_icat_agree(single: Built) -> None:
    rows = oracle(["fls", "-r", "-p", "-u", single.image]).splitlines()

    listed = {}
    for row in rows:
        if row.startswith("V/V"):  # what the Sleuth Kit adds itself
            continue
        found = re.fullmatch(r"(\S+) (\d+)-\d+-\d+:\t(.*)", row)
        assert found, row
        _, address, path = found.groups()
        if int(address) >= FILES_OF_NTFS and ":" not in path:
            listed["/" + path] = int(address)
    assert listed == {path: state.address for state in single.live for path in state.links}
    for state in single.live[::9]:
        content = single.story.contents[state.node_id]
        if content is not None:
            arguments = ["icat", str(single.image), f"{state.address}-128-{state.attribute_id}"]
            done = subprocess.run(arguments, capture_output=True, check=True, timeout=60)
            assert hashlib.sha256(done.stdout).digest() == hashlib.sha256(content).digest()


def test_istat_shows_both_kinds_of_times_and_the_clusters(single: Built) -> None:
    story = single.story
    state = max(single.live, key=lambda one: len(one.clusters) * (one.directory is False))

    report = oracle(["istat", single.image, str(state.address)])

    stated = "%Y-%m-%d %H:%M:%S"
    assert f"Created:\t{state.born.strftime(stated)}" in report.partition("$FILE_NAME")[0]
    assert f"Created:\t{state.file_name_times.born.strftime(stated)}" in report.partition("$FILE_NAME")[2]
    numbers = [int(word) for line in report.splitlines() if re.fullmatch(r"[\d ]+", line) for word in line.split()]
    assert set(state.clusters) <= set(numbers)
    assert f"Sequence: {state.sequence}" in report
    assert story.volume.cluster_offset_bytes(state.clusters[0]) == state.offset_bytes


def test_fsstat_knows_the_volume(single: Built) -> None:
    report = oracle(["fsstat", single.image])

    volume = single.story.volume
    assert "Version: Windows XP" in report
    assert "Volume Name: KF DISK" in report
    assert f"Volume Serial Number: {volume.serial_fsstat}" in report
    assert f"Cluster Size: {volume.cluster_bytes}" in report


def test_dfvfs_opens_what_the_state_names(single: Built) -> None:
    pytest.importorskip("dfvfs")
    from dfvfs.lib import definitions
    from dfvfs.path import factory
    from dfvfs.resolver import resolver

    outside = factory.Factory.NewPathSpec(definitions.TYPE_INDICATOR_OS, location=str(single.image))
    raw = factory.Factory.NewPathSpec(definitions.TYPE_INDICATOR_RAW, parent=outside)
    for state in single.live[::7]:
        content = single.story.contents[state.node_id]
        if content is None:
            continue
        spec = factory.Factory.NewPathSpec(
            definitions.TYPE_INDICATOR_NTFS, mft_entry=state.address, mft_attribute=0, parent=raw
        )
        entry = resolver.Resolver.OpenFileEntry(spec)
        assert entry.size == state.size_bytes
        file = entry.GetFileObject()
        assert (file.read() if content else b"") == content


def test_slack_and_unallocated_notes_are_where_they_are_said_to_be(single: Built, tmp_path: Path) -> None:
    story = single.story
    medium = story.medium.fork()
    volume = story.volume.fork(medium)
    volume.create("/host of the note.txt", b"h" * 1700, story.at)
    state = volume.state(volume.node("/host of the note.txt"))
    record_offset = volume.write_record_slack(state.path, b"under the third bridge")
    volume.flush()
    if volume.cluster_bytes == 512:
        volume.append(state.path, b"h" * 7, story.at)
    slack_offset = volume.write_slack(state.path, b"meet at the old mill")
    note_offset = volume.write_unallocated(b"account 7781, not in the books")
    volume.open(state.path, story.at)
    volume.flush()
    raw = save(medium, tmp_path / "medium.raw").read_bytes()

    assert raw[record_offset:].startswith(b"under the third bridge")
    assert state.entry_offset_bytes < record_offset < state.entry_offset_bytes + 1024
    assert raw[slack_offset:].startswith(b"meet at the old mill")
    assert raw[note_offset:].startswith(b"account 7781, not in the books\0")
    image = save(medium, tmp_path / "volume.raw", start_bytes=START_BYTES)
    cluster = (note_offset - START_BYTES) // volume.cluster_bytes
    assert "Not Allocated" in oracle(["blkstat", image, str(cluster)])
    shown = oracle(["icat", "-s", image, str(state.address)])
    size_bytes = volume.state(state.node_id).size_bytes
    assert shown[size_bytes:].startswith("meet at the old mill")
    assert "You might resize" in oracle(["ntfsresize", "-i", "-f", image])


@pytest.mark.parametrize("cluster_bytes", [512, 4096, 65536])
def test_ntfs_3g_writes_to_the_volume(cluster_bytes: int, tmp_path: Path) -> None:
    if os.geteuid() != 0 or not Path("/dev/fuse").exists() or shutil.which("ntfs-3g") is None:
        pytest.skip("needs root, /dev/fuse and ntfs-3g to mount")
    cell = build(cluster_bytes, 7, tmp_path)
    folder = tmp_path / "mounted"
    folder.mkdir()
    mounted = subprocess.run(
        ["ntfs-3g", "-o", "streams_interface=windows", str(cell.image), str(folder)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if mounted.returncode != 0 and b"fuse" in mounted.stderr.lower():
        pytest.skip("this machine does not let FUSE mount")
    assert mounted.returncode == 0, mounted.stderr
    try:
        for state in cell.live:
            content = cell.story.contents[state.node_id]
            if content is not None and not state.flags & 0x400:
                assert (folder / state.path[1:]).read_bytes() == content
        (folder / "new directory").mkdir()
        for number in range(150):
            (folder / "new directory" / f"a new file {number}.txt").write_bytes(b"%d" % number * 900)
        for number in range(0, 150, 2):
            (folder / "new directory" / f"a new file {number}.txt").unlink()
        for state in cell.live[::3]:
            if not state.directory:
                (folder / state.path[1:]).unlink(missing_ok=True)
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=60)

    assert "You might resize" in oracle(["ntfsresize", "-i", "-f", cell.image])


def test_the_journal_is_read_by_others(single: Built) -> None:
    stated = [record.to_bytes() for record in single.story.volume.journal_records()]
    assert len(stated) > 50
    if single.story.volume.cluster_bytes <= 4096:
        pyfsntfs = pytest.importorskip("pyfsntfs")
        volume = pyfsntfs.volume()
        volume.open(str(single.image))
        journal = volume.get_usn_change_journal()
        read = []
        while record := journal.read_usn_record():
            read.append(record)
        volume.close()
        assert [record[: len(known)] for record, known in zip(read, stated, strict=True)] == stated
    if single.story.volume.cluster_bytes >= 4096:  # usnjls loses its place where a page has more than one cluster
        row = re.search(r"(\d+)-128-\d+:\t\$Extend/\$UsnJrnl:\$J", oracle(["fls", "-r", "-p", single.image]))
        assert row
        report = oracle(["usnjls", "-l", single.image, row.group(1)])
        assert story_names(single) <= set(re.findall(r"Name: (.*)", report))
        usns = [int(number) for number in re.findall(r"Update Sequence Number: (\d+)", report)]
        assert len(usns) == len(stated)
        assert usns[0] == 5 * 4096


def story_names(cell: Built) -> set[str]:
    """Return the names that a journal has to hold: those that files have now."""
    return {path.rpartition("/")[2] for state in cell.live for path in state.links}
