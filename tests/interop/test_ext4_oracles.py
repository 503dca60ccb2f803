"""ext4 volumes after long random stories, as programs and libraries see them that we did not write."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import open_image
from labkit.evidence.volumes import volumes
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.filesystems.ext4 import Ext4Volume, ExtState
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from tests.interop.stories import Story
from tests.oracles import oracle

pytestmark = pytest.mark.oracle

MIB = 1024 * 1024
BEGIN = datetime(2026, 2, 1, 8, 0, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UUID = bytes(range(16, 32))
# block size, volume size, seed, steps: with and without a journal, one group and several
BUILT = [
    (1024, 1 * MIB, "a", 60),
    (1024, 40 * MIB, "b", 300),
    (2048, 36 * MIB, "c", 200),
    (4096, 132 * MIB, "d", 250),
]


def begin(block_bytes: int, size_bytes: int, seed: str, **options: Any) -> Story:
    medium = Medium(size_bytes)
    volume: VolumeWriter = Ext4Volume(
        medium,
        start_bytes=0,
        size_bytes=size_bytes,
        block_bytes=block_bytes,
        label="KF LINUX",
        uuid=UUID,
        formatted=datetime(2026, 1, 31, 10, 0, 1, tzinfo=UTC),
        **options,
    )
    return Story(medium, volume, Stream(seed.encode(), "story"), BEGIN)


def ext4(story: Story) -> Ext4Volume:
    assert isinstance(story.volume, Ext4Volume)
    return story.volume


def link(story: Story) -> None:
    path = story.new_path()
    target = story.stream.pick(["notes.txt", "../" * 20 + "x", "t" * 59, "u" * 60])
    story.nodes[ext4(story).make_symlink(path, target, story.at)] = target.encode()
    story.files.pop(path, None)


class Built:
    def __init__(self, story: Story, image: Path) -> None:
        self.story, self.image, self.volume = story, image, ext4(story)

    @property
    def states(self) -> list[ExtState]:
        return [self.volume.state(node_id) for node_id in self.story.nodes]


@pytest.fixture(scope="module", params=BUILT, ids=lambda row: f"{row[0]}-{row[1] // MIB}MiB")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    block_bytes, size_bytes, seed, steps = request.param
    story = begin(block_bytes, size_bytes, seed)
    story.play(steps, link)
    if size_bytes > 2 * MIB:
        pieces = {1024: 350, 2048: 200, 4096: 350}[block_bytes]  # 84, 169 and 340 fit into an index block
        fragment(story, "/in many pieces.bin", pieces)
        fragment(story, "/deleted pieces.bin", pieces)
        story.volume.delete("/deleted pieces.bin", story.at)
        del story.files["/deleted pieces.bin"]
    return Built(story, story.write_image(tmp_path_factory.mktemp("ext4") / "volume.raw"))


def fragment(story: Story, path: str, appends: int) -> None:
    """Write a file in turns with another, so that no two of its blocks are neighbours."""
    volume, block = story.volume, story.volume.cluster_bytes
    story.nodes[volume.create(path, b"", story.at)] = b""
    story.nodes[volume.create(path + ".other", b"", story.at)] = b""
    for number in range(appends):
        volume.append(path, bytes([number % 256]) * block, story.at)
        volume.append(path + ".other", b"-" * block, story.at)
    for each in (path, path + ".other"):
        story.files[each] = volume.read(each)
        story.nodes[volume.node(each)] = story.files[each]


@pytest.mark.seeds
@pytest.mark.parametrize("block_bytes", [1024, 2048, 4096])
def test_e2fsck_finds_nothing_after_any_story(block_bytes: int, tmp_path: Path) -> None:
    sizes = {1024: 9 * MIB, 2048: 5 * MIB, 4096: 12 * MIB}
    for seed in range(20):
        story = begin(block_bytes, sizes[block_bytes], f"seed {seed}", wipes_names=seed % 2 == 0)
        story.play(100, link)
        image = story.write_image(tmp_path / "volume.raw")

        report = oracle(["e2fsck", "-fn", image])  # any exit code but 0 fails, with what it said

        volume = ext4(story)
        inodes = 10 + len(volume.paths())
        if volume.journal_blocks == ():
            assert "has_journal" not in oracle(["dumpe2fs", "-h", image])
        used = volume.block_count - len(volume.free_clusters())
        assert f"{inodes}/{volume.inode_count} files" in report
        assert f"{used}/{volume.block_count} blocks" in report


def test_e2fsck_finds_nothing(built: Built) -> None:
    report = oracle(["e2fsck", "-fn", built.image])

    assert f"{len(built.volume.paths()) + 10}/{built.volume.inode_count} files" in report


def test_every_backup_superblock_serves_in_the_place_of_the_first(built: Built, tmp_path: Path) -> None:
    block_bytes = built.volume.cluster_bytes
    damaged = bytearray(built.image.read_bytes())
    damaged[1024:2048] = bytes(1024)
    image = tmp_path / "damaged.raw"
    image.write_bytes(damaged)
    backups = re.findall(r"Backup superblock at (\d+)", oracle(["dumpe2fs", built.image]))

    for block in backups:
        listing = oracle(["debugfs", "-c", "-s", block, "-b", str(block_bytes), "-R", "ls -p /", image])
        assert "lost+found" in listing
    if backups:
        oracle(["e2fsck", "-fy", "-b", backups[-1], "-B", str(block_bytes), image], check=False)
        oracle(["e2fsck", "-fn", image])
        assert {row for row in listed(image) if not row[0]} == {row for row in listed(built.image) if not row[0]}
    assert bool(backups) == (built.volume.block_count > 8 * block_bytes + 1)


def test_dumpe2fs_prints_what_the_volume_says_of_itself(built: Built) -> None:
    report = oracle(["dumpe2fs", built.image])

    assert "Filesystem volume name:   KF LINUX" in report
    assert f"Filesystem UUID:          {built.volume.serial_text}\n" in report
    assert "Checksum type:            crc32c" in report
    assert "Filesystem created:       Sat Jan 31 10:00:01 2026" in report
    assert ("Journal start:            0" in report) == bool(built.volume.journal_blocks)
    free = re.findall(r"Free blocks: (.*)", report.partition("Group 0:")[2])
    found = set()
    for part in filter(None, ", ".join(free).split(", ")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    assert found == set(built.volume.free_clusters())


def debugfs(image: Path, request: str) -> str:
    return oracle(["debugfs", "-R", request, image])


def test_debugfs_shows_the_same_inodes(built: Built) -> None:
    shown = [s for s in built.states if s.entry_intact]
    for state in shown[:: max(len(shown) // 25, 1)]:
        report = debugfs(built.image, f"stat <{state.address}>")

        assert f"Type: {'regular' if state.kind == 'file' else state.kind}" in report
        assert re.search(rf"Size: {state.stored_size_bytes}\b", report) or state.directory
        assert f"Links: {state.links}" in report
        for field, moment in (
            ("ctime", state.changed),
            ("atime", state.accessed),
            ("mtime", state.modified),
            ("crtime", state.born),
        ):
            seconds = int((moment - EPOCH) / timedelta(seconds=1))
            assert f" {field}: 0x{seconds:08x}:{moment.microsecond * 1000 << 2:08x}" in report.replace(
                "crtime", " crtime"
            )
        assert ("dtime:" in report) == (state.deleted_at is not None)
        if state.deleted_at is not None:
            assert f"dtime: 0x{int((state.deleted_at - EPOCH).total_seconds()):08x}" in report
        if state.deleted:
            assert report.rstrip().endswith("EXTENTS:") or state.kind == "symlink"


def test_debugfs_names_the_same_blocks(built: Built) -> None:
    live = sorted((s for s in built.states if not s.deleted and s.clusters), key=lambda s: -len(s.clusters))
    for state in live[:10]:
        report = debugfs(built.image, f"blocks <{state.address}>")
        shown = [int(number) for number in report.split()]
        assert sorted(shown) == sorted((*state.clusters, *state.index_blocks))


def listed(image: Path) -> list[tuple[bool, str, int, str]]:
    """(deleted, type, address, path) of each row of fls, without what fls makes up itself."""
    rows = []
    for line in oracle(["fls", "-r", "-p", image]).splitlines():
        found = re.fullmatch(r"(\S)/(\S) (\* )?(\d+)(?:\(realloc\))?:\t(.*)", line)
        assert found, line
        entry_type, meta_type, deleted, address, path = found.groups()
        if "v" not in (entry_type + meta_type).lower():
            rows.append((bool(deleted), entry_type if entry_type != "-" else meta_type, int(address), "/" + path))
    return rows


def test_fls_lists_the_live_files_at_their_inodes(built: Built) -> None:
    letters = {"file": "r", "directory": "d", "symlink": "l"}
    expected = {(letters[s.kind], s.address, s.path) for s in built.states if not s.deleted}

    live = {row[1:] for row in listed(built.image) if not row[0]}

    assert {row for row in live if row[2] != "/lost+found"} == expected
    assert {path for _, _, path in live} == set(built.volume.paths())


def test_fls_shows_the_deleted_names_that_still_stand(built: Built) -> None:
    shown = {(address, path) for deleted, _, address, path in listed(built.image) if deleted}
    live_directories = {s.path for s in built.states if s.directory and not s.deleted} | {""}
    tested = 0
    for state in built.states:
        parent = state.path.rpartition("/")[0]
        if state.deleted and state.name_intact and state.entry_intact and parent in live_directories:
            if (0, state.path) in shown:  # it was the first of its block, whose inode number is cleared
                continue
            assert (state.address, state.path) in shown
            tested += 1
    assert tested or built.volume.block_count < 2048
    standing = {state.path for state in built.states if state.deleted and not state.name_intact}
    standing -= {s.path for s in built.states if s.name_intact} | {p for s in built.states for p, _ in s.old_names}
    assert not standing & {path for _, path in shown}


def test_the_sleuth_kit_reads_every_live_file(built: Built) -> None:
    pytsk3 = pytest.importorskip("pytsk3")
    filesystem = pytsk3.FS_Info(pytsk3.Img_Info(str(built.image)))

    for state in built.states:
        if not state.entry_intact:
            continue
        entry = filesystem.open_meta(inode=state.address)
        meta = entry.info.meta
        stamps = [(meta.crtime, meta.crtime_nano), (meta.mtime, meta.mtime_nano)]
        stamps += [(meta.ctime, meta.ctime_nano), (meta.atime, meta.atime_nano)]
        assert [EPOCH + timedelta(seconds=whole, microseconds=nano // 1000) for whole, nano in stamps] == [
            state.born,
            state.modified,
            state.changed,
            state.accessed,
        ]
        assert bool(meta.flags & pytsk3.TSK_FS_META_FLAG_UNALLOC) == state.deleted
        assert (meta.uid, meta.gid) == (state.owner, state.group)
        assert int(meta.mode) & 0o7777 == state.permissions
        if state.directory:
            continue
        assert meta.size == state.stored_size_bytes
        if state.kind == "symlink":  # the Sleuth Kit 4.11 does not follow the extents of a long one
            assert state.deleted or state.size_bytes > 59 or meta.link == built.story.nodes[state.node_id]
        elif not state.deleted:
            content = entry.read_random(0, state.size_bytes) if state.size_bytes else b""
            assert content == built.story.nodes[state.node_id]


def test_istat_and_icat_agree(built: Built) -> None:
    # The Sleuth Kit 4.11 gives up on a tree of more than one leaf, on files that Linux wrote too; 4.14 does not.
    files = [s for s in built.states if not s.deleted and s.kind == "file" and len(s.index_blocks) < 2]
    longest = max(files, key=lambda s: len(s.clusters))

    report = oracle(["istat", built.image, str(longest.address)])

    direct = report.partition("Direct Blocks:")[2].partition("Extent Blocks")[0]
    assert [int(word) for word in direct.split()] == list(longest.clusters)
    content = built.story.nodes[longest.node_id]
    assert content is not None
    text = oracle(["icat", built.image, str(longest.address)])
    assert len(text.encode()) == len(content) or not content.isascii()


def test_another_library_reads_the_same_names_times_and_contents(built: Built) -> None:
    pyfsext = pytest.importorskip("pyfsext")
    found: dict[str, Any] = {}

    def walk(directory: Any, path: str) -> None:
        for entry in directory.sub_file_entries:
            here = f"{path}/{entry.name}"
            kind = entry.file_mode & 0o170000
            content = entry.symbolic_link_target.encode() if kind == 0o120000 else None
            if kind == 0o100000:
                content = entry.read_buffer(entry.size) if entry.size else b""
            times = [entry.get_creation_time_as_integer(), entry.get_modification_time_as_integer()]
            times += [entry.get_inode_change_time_as_integer(), entry.get_access_time_as_integer()]
            found[here] = (entry.inode_number, content, times, (entry.owner_identifier, entry.group_identifier))
            if kind == 0o040000:
                walk(entry, here)

    with built.image.open("rb") as stream:
        volume = pyfsext.volume()
        volume.open_file_object(stream)
        assert volume.label == "KF LINUX"
        walk(volume.root_directory, "")
        volume.close()

    def nanoseconds(moment: datetime) -> int:
        return (moment - EPOCH) // timedelta(microseconds=1) * 1000

    del found["/lost+found"]
    assert found == {
        state.path: (
            state.address,
            built.story.nodes[state.node_id],
            [nanoseconds(moment) for moment in (state.born, state.modified, state.changed, state.accessed)],
            (state.owner, state.group),
        )
        for state in built.states
        if not state.deleted
    }


def test_dfvfs_reads_live_files_and_tells_deleted_inodes(built: Built) -> None:
    from dfvfs.lib import definitions
    from dfvfs.path import factory
    from dfvfs.resolver import resolver

    raw = factory.Factory.NewPathSpec(
        definitions.TYPE_INDICATOR_RAW,
        parent=factory.Factory.NewPathSpec(definitions.TYPE_INDICATOR_OS, location=str(built.image)),
    )
    tested = 0
    for state in built.states:
        if state.kind != "file" or state.deleted or len(built.story.nodes[state.node_id] or b"") == 0:
            continue
        spec = factory.Factory.NewPathSpec(
            definitions.TYPE_INDICATOR_EXT, location=state.path, inode=state.address, parent=raw
        )
        entry = resolver.Resolver.OpenFileEntry(spec)
        assert entry.name == state.name
        assert entry.GetFileObject().read() == built.story.nodes[state.node_id]
        tested += 1
        if tested == 10:
            break
    assert tested or len(built.states) < 70
    for state in [s for s in built.states if s.deleted and s.entry_intact][:10]:
        spec = factory.Factory.NewPathSpec(definitions.TYPE_INDICATOR_TSK, inode=state.address, parent=raw)
        assert not resolver.Resolver.OpenFileEntry(spec).IsAllocated()


def test_a_file_in_many_pieces_is_found_again_through_its_index_block(built: Built) -> None:
    state = next((s for s in built.states if s.path == "/deleted pieces.bin"), None)
    if state is None:
        return
    data = built.image.read_bytes()
    block_bytes = built.volume.cluster_bytes
    found: list[int] = []
    for block in state.index_blocks:
        node = data[block * block_bytes : (block + 1) * block_bytes]
        assert node[:2] == b"\x0a\xf3"
        if node[6:8] == b"\0\0":
            count = int.from_bytes(node[2:4], "little")
            entries = [node[12 * i : 12 * i + 12] for i in range(1, count + 1)]
            found += [int.from_bytes(entry[8:12], "little") for entry in entries]
    content = b"".join(data[block * block_bytes : (block + 1) * block_bytes] for block in found)

    assert content == built.story.nodes[state.node_id]


def test_labkit_lists_and_reads_the_volume(built: Built) -> None:
    with open_image(built.image) as image:
        reader = VolumeReader(image, volumes(image)[0])
        rows = {row.path: row for row in reader.rows(deleted=False)}
        assert reader.time_basis == "utc"
        assert set(built.volume.paths()) <= set(rows)
        state = max((s for s in built.states if not s.deleted and s.kind == "file"), key=lambda s: s.size_bytes)
        assert reader.find(state.path) == state.address
        assert b"".join(reader.read(state.address)) == built.story.nodes[state.node_id]
        detail = reader.stat(state.path)
        assert detail.entries[0].modified_utc == state.modified
        assert detail.mode & 0o777 == 0o644


def test_slack_and_unallocated_notes_are_where_they_are_said_to_be(built: Built, tmp_path: Path) -> None:
    medium = built.story.medium.fork()
    volume = built.volume.fork(medium)
    volume.create("/host of the note.txt", b"h" * 700, built.story.at)
    state = volume.state(volume.node("/host of the note.txt"))
    slack_offset = volume.write_slack(state.path, b"meet at the old mill")
    note_offset = volume.write_unallocated(b"account 7781, not in the books")
    volume.flush()
    image = tmp_path / "volume.raw"
    image.write_bytes(b"".join(medium.chunks()))

    assert oracle(["icat", "-s", image, str(state.address)])[700:720] == "meet at the old mill"
    assert oracle(["dd", f"if={image}", "bs=1", f"skip={slack_offset}", "count=20"]) == "meet at the old mill"
    block, within = divmod(note_offset, volume.cluster_bytes)
    assert within == 0
    assert "Not Allocated" in oracle(["blkstat", image, str(block)])
    assert oracle(["blkcat", image, str(block)]).startswith("account 7781, not in the books\0")
    oracle(["e2fsck", "-fn", image])


def test_a_file_deleted_while_open_is_an_orphan_with_content(tmp_path: Path) -> None:
    story = begin(1024, 9 * MIB, "open")
    story.play(40)
    volume = ext4(story)
    nodes = []
    for number in range(3):
        nodes.append(volume.create(f"/open {number}.db", f"record {number} ".encode() * 300, story.at))
        volume.delete_while_open(f"/open {number}.db", story.at)
    image = story.write_image(tmp_path / "volume.raw")

    states = [volume.state(node) for node in nodes]

    assert f"First orphan inode:       {states[-1].address}" in oracle(["dumpe2fs", "-h", image])
    allocated = oracle(["ils", "-a", image])
    for number, state in enumerate(states):
        assert oracle(["icat", image, str(state.address)]) == f"record {number} " * 300
        assert re.search(rf"^{state.address}\|a\|.*\|0\|{state.size_bytes}$", allocated, re.MULTILINE)
        assert not set(state.clusters) & set(volume.free_clusters())
    cleaned = oracle(["e2fsck", "-fy", image], check=False)
    for state in states:
        assert re.search(rf"Clearing orphaned inode {state.address} ", cleaned)
    oracle(["e2fsck", "-fn", image])


def test_the_same_story_gives_the_same_bytes() -> None:
    digests = set()
    for _ in range(2):
        story = begin(1024, 9 * MIB, "digest")
        story.play(120, link)
        story.volume.flush()
        digests.add(hashlib.sha256(b"".join(story.medium.chunks())).hexdigest())

    assert len(digests) == 1
