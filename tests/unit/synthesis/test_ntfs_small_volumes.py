"""NTFS volumes with little room: each node fits the records it has, whatever the story does."""

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.nodes import DATA, HOLE, Attribute, Node, Times
from labkit.synthesis.filesystems.ntfs.records import ROOM_BYTES
from labkit.synthesis.filesystems.ntfs.rendering import pieces
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from tests.ntfs_stories import MIB, CrowdedStory, begin

NOW = datetime(2026, 3, 1, 9, 30, 15, tzinfo=UTC)
RECORD_BYTES = 1024
RUNS = st.lists(st.tuples(st.one_of(st.just(HOLE), st.integers(0, 1 << 40)), st.integers(1, 1 << 30)), min_size=1)


def small(cluster_bytes: int = 4096) -> NtfsVolume:
    return begin(cluster_bytes, "small", size_bytes=8 * MIB).volume


def assert_records_are_whole(volume: NtfsVolume) -> None:
    """Say that no record has grown over the next one."""
    volume.flush()
    mft = volume._tree.mft
    for number in range(mft.map.count):
        record = mft.read(number)
        used, allocated = struct.unpack_from("<II", record, 24)
        assert (record[:4], allocated) == (b"FILE", RECORD_BYTES), number
        assert used <= RECORD_BYTES, number


# The seeds once met directories that needed more records (5), or fewer (10), than they had.
@pytest.mark.parametrize(
    ("cluster_bytes", "seed", "journal"), [(512, 10, True), (4096, 10, False), (16384, 5, False), (65536, 5, True)]
)
def test_a_random_story_leaves_what_it_says(cluster_bytes: int, seed: int, journal: bool) -> None:
    story = begin(cluster_bytes, f"crowded {seed}", size_bytes=8 * MIB, journal=journal, kind=CrowdedStory)
    for _ in range(4):
        story.play_what_fits(15)
        story.volume.flush()

    assert_records_are_whole(story.volume)
    paths = set(story.volume.paths())
    assert paths >= story.files.keys() | story.directories.keys()
    others = [story.volume.state(story.volume.node(path)) for path in paths - story.files.keys()]
    assert all(state.directory for state in others)
    for path, node_id in story.files.items():
        assert story.volume.read(path) == story.contents[node_id]
        assert {one.name for one in story.volume.state(node_id).streams} == story.streams[node_id].keys()


def test_a_stream_leaves_the_record_of_a_directory_that_gets_its_first_block() -> None:
    v = small()
    node = v.make_directory("/d", NOW)
    v.write_stream("/d", "s", b"s" * 540, NOW)
    for number in range(4):
        v.create(f"/d/F{number}", b"", NOW)

    assert not v.state(node).streams[0].resident
    assert_records_are_whole(v)


def test_a_directory_gives_further_records_back_when_names_have_gone() -> None:
    v = small()
    node = v.make_directory("/d", NOW)
    for number in range(5):
        v.create(f"/d/F{number}", b"", NOW)
    for number in range(3):
        v.write_stream("/d", f"a stream of this {number}", b"s" * 99, NOW)
    assert v._tree.nodes[node].extensions

    for number in range(5):
        v.delete(f"/d/F{number}", NOW)

    assert not v._tree.nodes[node].extensions
    assert_records_are_whole(v)


def test_a_directory_with_records_beside_its_own_can_be_deleted() -> None:
    v = small()
    node = v.make_directory("/d", NOW)
    for number in range(5):
        v.create(f"/d/F{number}", b"", NOW)
    for number in range(3):
        v.write_stream("/d", f"a stream of this {number}", b"s" * 99, NOW)

    v.delete("/d", NOW)

    assert v.state(node).deleted
    assert v.paths() == ()
    assert_records_are_whole(v)


def test_a_directory_goes_whole_or_stays_whole_where_the_journal_has_no_room() -> None:
    v = begin(512, "full", size_bytes=8 * MIB, journal=True).volume
    v.make_directory("/d", NOW)
    for number in range(2200):
        v.create(f"/d/{number:04d} {'long name ' * 9}.txt", b"", NOW)
    v.create("/filler.bin", bytes(512 * (len(v.free_clusters()) - 900)), NOW)
    paths = v.paths()

    with pytest.raises(SynthesisError, match="full"):
        v.delete("/d", NOW)
    assert v.paths() == paths
    v.delete("/filler.bin", NOW)
    v.delete("/d", NOW)
    assert not v.exists("/d")
    assert_records_are_whole(v)


def test_names_leave_the_record_of_a_directory_where_streams_need_it() -> None:
    v = small()
    v.make_directory("/d", NOW)
    for number in range(6):
        v.create(f"/d/F{number}", b"", NOW)
    for number in range(3):
        v.write_stream("/d", f"Zone.Identifier{number}", b"s" * 70, NOW)

    assert_records_are_whole(v)
    assert len(v.paths()) == 7


def test_a_list_of_attributes_may_lie_in_many_pieces() -> None:
    v = small(512)
    node = v.create("/a.txt", b"once", NOW)
    for number in range(25):
        for more in range(16):
            v.link("/a.txt", f"/{number:02} {more:02}", NOW)
        v.create(f"/{number}.bin", b"between" * 150, NOW)

    assert len(v._tree.nodes[node].list_extents) > 15
    assert_records_are_whole(v)


def test_a_stream_with_a_long_name_may_lie_in_many_pieces() -> None:
    v = small(512)
    for number in range(400):
        v.create(f"/{number}.bin", b"between" * 150, NOW)
    for number in range(0, 400, 2):
        v.delete(f"/{number}.bin", NOW)
    v.remount(after=v.state(v.node("/1.bin")).clusters[0])
    v.write_stream("/1.bin", "n" * 255, b"s" * 300_000, NOW)

    assert_records_are_whole(v)


@given(RUNS, st.integers(0, 255), st.booleans())
def test_each_part_of_an_attribute_fits_a_record(runs: list[tuple[int, int]], name_units: int, sparse: bool) -> None:
    held = Attribute(DATA, "n" * name_units, 4, None, 1, tuple(runs * 9), sparse=sparse)
    node = Node(50, 50, 1, False, Times(0, 0, 0, 0), 0, (), (held,))

    parts = pieces(node, (), 4096)[1:]

    assert all(len(part.content) <= ROOM_BYTES for part in parts)
    ends = [struct.unpack_from("<q", part.content, 24)[0] for part in parts]
    starts = [part.first_vcn for part in parts]
    assert starts == [0, *(end + 1 for end in ends[:-1])]
    assert ends[-1] + 1 == 9 * sum(count for _, count in runs)
