import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ext4 import Ext4Volume
from labkit.synthesis.filesystems.ext4.checksums import crc32c
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream

MIB = 1024 * 1024
START_BYTES = MIB


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=UTC)


NOON = at("01T12:00:01.987654")
LATER = at("05T18:30:03.5")
LAST = at("09T07:00:00.25")


def a_volume(size_bytes: int = 4 * MIB, block_bytes: int = 1024, **options: object) -> Ext4Volume:
    settings: dict[str, object] = {
        "start_bytes": START_BYTES,
        "size_bytes": size_bytes,
        "block_bytes": block_bytes,
        "label": "KF LINUX",
        "uuid": bytes(range(16)),
        "formatted": at("01T10:00:00"),
        **options,
    }
    return Ext4Volume(Medium(START_BYTES + 4 * MIB if size_bytes < 4 * MIB else START_BYTES + size_bytes), **settings)  # type: ignore[arg-type]


def inode(volume: Ext4Volume, node: int) -> bytes:
    volume.flush()
    return volume._medium.read(volume.state(node).entry_offset_bytes, 256)


def directory_block(volume: Ext4Volume, path: str = "/") -> bytes:
    volume.flush()
    state = volume.state(volume.node(path))
    return volume._medium.read(volume.cluster_offset_bytes(state.clusters[0]), volume.cluster_bytes)


def test_times_are_in_utc_and_the_uuid_is_printed_as_people_read_it() -> None:
    volume = a_volume()

    assert volume.time_basis == "utc"
    assert volume.serial_text == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_the_checksum_is_the_one_of_castagnoli() -> None:
    assert crc32c(b"123456789") ^ 0xFFFFFFFF == 0xE3069283  # the check value of CRC-32C


# -- reading back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 9000])
def test_what_is_written_is_read_back(size: int) -> None:
    volume = a_volume()
    data = Stream(b"1", "data").take(size)

    volume.create("/a.bin", data, NOON)

    assert volume.read("/a.bin") == data
    state = volume.state(volume.node("/a.bin"))
    assert state.size_bytes == state.stored_size_bytes == size
    assert len(state.clusters) == -(-size // 1024)
    assert (state.offset_bytes == -1) == (size == 0)


@pytest.mark.parametrize("first", [0, 100, 1024, 3000])
@pytest.mark.parametrize("second", [0, 1, 924, 5000])
def test_append_goes_on_where_the_file_ends(first: int, second: int) -> None:
    volume = a_volume()
    data = Stream(b"2", "data").take(first + second)
    volume.create("/a.bin", data[:first], NOON)
    volume.create("/between.bin", b"x", NOON)

    volume.append("/a.bin", data[first:], LATER)

    assert volume.read("/a.bin") == data
    assert volume.read("/between.bin") == b"x"


def test_upper_and_lower_case_are_different_names() -> None:
    volume = a_volume()
    volume.create("/a", b"small", NOON)
    volume.create("/A", b"large", NOON)

    assert (volume.read("/a"), volume.read("/A")) == (b"small", b"large")
    assert volume.paths() == ("/A", "/a", "/lost+found")
    assert volume.exists("/")
    assert not volume.exists("/a/deeper")


def test_a_directory_grows_and_its_names_are_found() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    for number in range(100):
        volume.create(f"/d/file number {number}", b"", NOON)

    assert len(volume.state(volume.node("/d")).clusters) == 3
    assert sum(path.startswith("/d/") for path in volume.paths()) == 100


def test_a_short_target_stands_in_the_inode_and_a_long_one_in_a_block() -> None:
    volume = a_volume()
    short = volume.make_symlink("/short", "t" * 59, NOON)
    long = volume.make_symlink("/long", "t" * 60, NOON)

    volume.flush()
    state = volume.state(short)
    assert (state.kind, state.clusters, state.directory) == ("symlink", (), False)
    assert volume._medium.read(state.offset_bytes, 60) == b"t" * 59 + b"\0"
    assert len(volume.state(long).clusters) == 1
    assert volume.read("/short") + b"t" == volume.read("/long")

    volume.delete("/short", LATER)
    state = volume.state(short)
    assert (state.offset_bytes, state.stored_size_bytes) == (-1, 59)
    assert inode(volume, short)[0x28:0x64] == bytes(60)


# -- times ------------------------------------------------------------------------------------------------------------


def test_each_operation_sets_the_times_that_linux_sets() -> None:
    volume = a_volume()
    node = volume.create("/a", b"1", NOON)
    state = volume.state(node)
    assert {state.born, state.modified, state.changed, state.accessed} == {NOON}

    volume.append("/a", b"2", LATER)
    state = volume.state(node)
    assert (state.born, state.modified, state.changed, state.accessed) == (NOON, LATER, LATER, NOON)

    volume.rename("/a", "/b", LAST)
    state = volume.state(node)
    assert (state.modified, state.changed) == (LATER, LAST)
    assert volume.state(volume.node("/")).modified == LAST

    volume.set_access("/b", LAST + timedelta(days=1), permissions=0o600, owner=0, group=7)
    state = volume.state(node)
    assert (state.permissions, state.owner, state.group) == (0o600, 0, 7)
    assert state.changed == LAST + timedelta(days=1)


def test_reading_sets_the_last_access_as_relatime_does() -> None:
    volume = a_volume()
    node = volume.create("/a", b"1", NOON)
    first, hour_later, day_later = LATER, LATER + timedelta(hours=1), LATER + timedelta(days=1)

    volume.open("/a", first)
    assert volume.state(node).accessed == first
    volume.open("/a", hour_later)
    assert volume.state(node).accessed == first
    volume.open("/a", day_later)
    assert volume.state(node).accessed == day_later


def test_a_copy_is_born_now_and_keeps_the_last_write_time() -> None:
    volume = a_volume()
    volume.create("/a", b"1", NOON)
    copy = volume.state(volume.copy("/a", "/b", LATER))

    assert (copy.born, copy.modified, copy.changed) == (LATER, NOON, LATER)
    assert volume.state(volume.node("/a")).accessed == LATER


def test_times_set_on_purpose_leave_the_time_of_the_change_if_it_is_told() -> None:
    volume = a_volume()
    node = volume.create("/a", b"1", LATER)

    volume.set_times("/a", modified=NOON, accessed=NOON, changed=LAST)

    state = volume.state(node)
    assert (state.born, state.modified, state.accessed, state.changed) == (LATER, NOON, NOON, LAST)


@pytest.mark.parametrize("year", [1902, 1969, 2037, 2039, 2110, 2445])
def test_times_from_1902_to_2445_are_stored_with_nanoseconds(year: int) -> None:
    volume = a_volume()
    moment = NOON.replace(year=year)
    node = volume.create("/a", b"1", moment)

    data = inode(volume, node)

    low = int.from_bytes(data[0x10:0x14], "little", signed=True)  # mtime and its extra part
    extra = int.from_bytes(data[0x88:0x8C], "little")
    seconds = low + ((extra & 3) << 32)
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds) == moment.replace(microsecond=0)
    assert extra >> 2 == 987654000


# -- what a deletion leaves -------------------------------------------------------------------------------------------


def test_a_deleted_file_keeps_its_times_but_neither_size_nor_extents() -> None:
    volume = a_volume()
    node = volume.create("/a", b"secret" * 500, NOON)
    before = volume.state(node)
    content = volume.read("/a")

    volume.delete("/a", LATER)

    state = volume.state(node)
    data = inode(volume, node)
    assert (state.deleted, state.entry_intact, state.address) == (True, True, before.address)
    assert (state.size_bytes, state.stored_size_bytes, state.clusters) == (3000, 0, before.clusters)
    assert (state.born, state.modified, state.changed) == (NOON, LATER, LATER)
    assert state.deleted_at == LATER.replace(microsecond=0)
    assert int.from_bytes(data[0x14:0x18], "little") == int(LATER.timestamp())
    assert data[4:8] == data[0x6C:0x70] == bytes(4)  # size
    assert data[0x1A:0x1C] == bytes(2)  # links
    assert data[0x28:0x34] == bytes.fromhex("0af300000400000000000000")
    assert data[0x34:0x64] == bytes(48)
    assert set(before.clusters) <= set(volume.free_clusters())
    assert volume._medium.read(before.offset_bytes, 3000) == content


def test_a_deleted_file_of_several_extents_keeps_their_numbers_within_the_file() -> None:
    volume = a_volume()
    in_turns(volume, 3)
    node = volume.node("/a")

    volume.delete("/a", LATER)

    data = inode(volume, node)
    entries = [data[0x34 + 12 * i : 0x40 + 12 * i] for i in range(4)]
    assert entries == [number.to_bytes(4, "little") + bytes(8) for number in (0, 1, 2, 0)]


def in_turns(volume: Ext4Volume, count: int) -> None:
    for number in range(count):
        for path in ("/a", "/b"):
            write: Callable[[str, bytes, datetime], object] = volume.append if volume.exists(path) else volume.create
            write(path, bytes([number + 65]) * 1024, NOON)


def test_a_file_of_many_extents_shows_the_first_four_and_its_index_block_after_deletion() -> None:
    volume = a_volume()
    in_turns(volume, 6)
    node = volume.node("/a")
    state = volume.state(node)
    assert len(state.index_blocks) == 1
    leaf_offset = volume.cluster_offset_bytes(state.index_blocks[0])
    volume.flush()
    leaf = volume._medium.read(leaf_offset, 1024)

    volume.delete("/a", LATER)

    data = inode(volume, node)
    assert data[0x28:0x34] == bytes.fromhex("0af300000400000000000000")
    assert int.from_bytes(data[0x38:0x3C], "little") == state.index_blocks[0]
    for number in (1, 2, 3):  # remnants of the time before there was an index block
        place = data[0x34 + 12 * number : 0x40 + 12 * number]
        assert int.from_bytes(place[:4], "little") == number
        assert int.from_bytes(place[8:], "little") == state.clusters[number]
    assert volume._medium.read(leaf_offset, 1024) == leaf
    assert leaf[:8] == bytes.fromhex("0af3060054000000")


def test_a_deleted_name_stays_in_the_slack_of_its_directory() -> None:
    volume = a_volume()
    volume.create("/first.txt", b"1", NOON)
    node = volume.create("/second.txt", b"2", NOON)
    volume.create("/third.txt", b"3", NOON)

    volume.delete("/second.txt", LATER)

    state = volume.state(node)
    assert state.name_intact
    place = state.name_offset_bytes - volume.cluster_offset_bytes(volume.state(1).clusters[0])
    block = directory_block(volume)
    assert block[place + 8 : place + 18] == b"second.txt"
    assert int.from_bytes(block[place : place + 4], "little") == state.address
    assert int.from_bytes(block[place - 16 : place - 14], "little") == 40  # first.txt leads to third.txt

    volume.create("/4.txt", b"4", LAST)
    assert not volume.state(node).name_intact


def test_linux_of_today_wipes_a_deleted_name() -> None:
    volume = a_volume(wipes_names=True)
    node = volume.create("/second.txt", b"2", NOON)

    volume.delete("/second.txt", LATER)

    assert not volume.state(node).name_intact
    assert b"second" not in directory_block(volume)


@pytest.mark.parametrize("wipes_names", [False, True])
def test_the_first_name_of_a_block_loses_its_inode_number(wipes_names: bool) -> None:
    volume = a_volume(wipes_names=wipes_names)
    volume.make_directory("/d", NOON)
    names = [f"/d/{'n' * 200}{number}" for number in range(6)]
    nodes = [volume.create(name, b"", NOON) for name in names]
    first_of_second = nodes[4]

    volume.delete(names[4], LATER)

    second = volume.state(volume.node("/d")).clusters[1]
    volume.flush()
    block = volume._medium.read(volume.cluster_offset_bytes(second), 1024)
    assert block[:4] == bytes(4)
    assert (b"n4" in block) != wipes_names
    assert volume.state(first_of_second).name_intact != wipes_names
    volume.create(names[4], b"again", LAST)
    assert volume.read(names[4]) == b"again"


def test_the_blocks_of_a_deleted_directory_stay_as_they_were() -> None:
    volume = a_volume(wipes_names=True)
    volume.make_directory("/d", NOON)
    node = volume.create("/d/inner.txt", b"1", NOON)
    state = volume.state(volume.node("/d"))

    volume.delete("/d", LATER)

    block = volume._medium.read(volume.cluster_offset_bytes(state.clusters[0]), 1024)
    assert b"inner.txt" in block
    assert volume.state(node).name_intact
    assert volume.state(node).path == "/d/inner.txt"
    assert volume.state(state.node_id).deleted
    assert volume.state(1).links == 3  # itself, its name, lost+found


def test_the_inode_of_a_deleted_file_goes_to_the_next_new_one() -> None:
    volume = a_volume()
    gone = volume.create("/gone", b"1" * 2000, NOON)
    volume.delete("/gone", LATER)

    heir = volume.create("/heir", b"2", LAST)

    assert volume.state(heir).address == volume.state(gone).address
    assert not volume.state(gone).entry_intact
    assert inode(volume, heir)[4:8] == (1).to_bytes(4, "little")


def test_lost_blocks_name_who_has_them() -> None:
    volume = a_volume()
    node = volume.create("/gone", b"1" * 3000, NOON)
    freed = volume.state(node).clusters
    volume.delete("/gone", LATER)
    volume.create("/b", b"2" * 1500, LAST)
    assert volume.state(node).lost == ()

    volume.remount(after=freed[0] - 1)
    volume.create("/c", b"3" * 1500, LAST)

    assert volume.state(node).lost == ((freed[0], "/c"), (freed[1], "/c"))


def test_a_rename_leaves_the_old_name_and_moves_the_link_to_the_parent() -> None:
    volume = a_volume()
    volume.make_directory("/one", NOON)
    volume.make_directory("/two", NOON)
    node = volume.make_directory("/one/d", NOON)

    volume.rename("/one/d", "/two/e", LATER)

    state = volume.state(node)
    assert [path for path, _ in state.old_names] == ["/one/d"]
    assert volume.state(volume.node("/one")).links == 2
    assert volume.state(volume.node("/two")).links == 3
    block = directory_block(volume, "/two/e")
    assert int.from_bytes(block[12:16], "little") == volume.state(volume.node("/two")).address


def test_deleted_while_open_keeps_content_and_blocks() -> None:
    volume = a_volume()
    node = volume.create("/db", b"record" * 500, NOON)
    other = volume.create("/other", b"x", NOON)

    volume.delete_while_open("/db", LATER)
    volume.delete_while_open("/other", LATER)

    state = volume.state(node)
    assert (state.deleted, state.left_open, state.links, state.deleted_at) == (True, True, 0, None)
    assert (state.stored_size_bytes, state.lost) == (3000, ())
    assert not volume.exists("/db")
    assert not set(state.clusters) & set(volume.free_clusters())
    assert int.from_bytes(inode(volume, other)[0x14:0x18], "little") == state.address  # the next in the list
    assert int.from_bytes(inode(volume, node)[0x14:0x18], "little") == 0
    superblock = volume._medium.read(START_BYTES + 1024, 1024)
    assert int.from_bytes(superblock[0xE8:0xEC], "little") == volume.state(other).address


# -- places -----------------------------------------------------------------------------------------------------------


def test_slack_stands_behind_the_content_until_the_file_grows() -> None:
    volume = a_volume()
    volume.create("/a", b"a" * 700, NOON)
    state = volume.state(volume.node("/a"))

    offset = volume.write_slack("/a", b"hidden")

    assert offset == state.offset_bytes + 700
    assert volume._medium.read(offset, 6) == b"hidden"
    volume.append("/a", b"b", LATER)
    assert volume._medium.read(offset, 6) == b"b\0\0\0\0\0"


def test_unallocated_text_stays_free_and_untouched_by_the_next_files() -> None:
    volume = a_volume()
    offset = volume.write_unallocated(b"account 7781")
    for number in range(10):
        volume.create(f"/{number}", b"x" * 1024, NOON)

    assert volume._medium.read(offset, 12) == b"account 7781"
    assert (offset - START_BYTES) // 1024 in volume.free_clusters()
    free = volume.free_clusters()[-1]
    assert volume.write_unallocated(b"2", cluster=free) == volume.cluster_offset_bytes(free)


def test_directories_of_the_root_are_spread_over_the_groups() -> None:
    volume = a_volume(40 * MIB)
    groups = set()
    for number in range(4):
        volume.make_directory(f"/{number}", NOON)
        state = volume.state(volume.create(f"/{number}/file", b"", NOON))
        groups.add((state.address - 1) // (volume.inode_count // 5))

    assert groups == {1, 2, 3, 4}


def test_a_rest_too_short_for_a_group_is_left_unused() -> None:
    whole = a_volume(8 * MIB + 1024)
    longer = a_volume(8 * MIB + 1024 * 21)

    assert whole.block_count == longer.block_count == 8193


def test_a_volume_of_fewer_than_2048_blocks_has_no_journal() -> None:
    assert a_volume(2 * MIB - 1024).journal_blocks == ()
    assert len(a_volume(2 * MIB).journal_blocks) == 1024


# -- flush and fork ---------------------------------------------------------------------------------------------------


def test_flush_writes_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = a_volume(40 * MIB)
    for number in range(200):
        volume.create(f"/{number}", b"x", NOON)
    volume.flush()
    written: list[int] = []
    monkeypatch.setattr(volume._medium, "write", lambda offset, data: written.append(len(data)))

    volume.append("/7", b"y", LATER)
    volume.flush()

    assert sum(written) == 1023 + 256 + 1024 + 160  # content, inode, superblock, descriptors


def test_a_second_flush_changes_nothing() -> None:
    volume = a_volume()
    volume.create("/a", b"1", NOON)
    volume.flush()
    before = b"".join(volume._medium.chunks())
    volume.flush()

    assert b"".join(volume._medium.chunks()) == before


def test_a_fork_goes_its_own_way() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    volume.create("/d/a", b"1" * 5000, NOON)
    medium = volume._medium.fork()
    fork = volume.fork(medium)

    fork.append("/d/a", b"2" * 5000, LATER)
    fork.create("/d/b", b"3", LATER)
    fork.delete("/d/a", LATER)
    volume.create("/c", b"4", LATER)

    assert volume.paths() == ("/c", "/d", "/d/a", "/lost+found")
    assert fork.paths() == ("/d", "/d/b", "/lost+found")
    assert volume.read("/d/a") == b"1" * 5000
    assert fork.read("/d/b") == b"3"
    same = a_volume()
    same.make_directory("/d", NOON)
    same.create("/d/a", b"1" * 5000, NOON)
    same.create("/c", b"4", LATER)
    same.flush()
    volume.flush()
    assert b"".join(same._medium.chunks()) == b"".join(volume._medium.chunks())


def test_a_fork_of_many_files_takes_a_moment() -> None:
    volume = a_volume(64 * MIB)
    for directory in range(20):
        volume.make_directory(f"/{directory}", NOON)
        for number in range(200):
            volume.create(f"/{directory}/{number}", b"x", NOON)
    volume.flush()

    medium = volume._medium.fork()

    begin = time.process_time()
    volume.fork(medium)

    assert time.process_time() - begin < 0.05


GOLDEN = "51be5defd4c78476b53443c53af35dd5aea13b5e2e936c5affc71b0f220d0484"


def test_the_bytes_of_a_story_do_not_change_unnoticed() -> None:
    volume = a_volume(10 * MIB)
    volume.make_directory("/Документы", NOON)
    in_turns(volume, 100)
    for number in range(50):
        volume.create(f"/Документы/{number}.txt", b"x" * number * 50, NOON)
    volume.make_symlink("/link", "Документы", NOON)
    volume.rename("/Документы/7.txt", "/seven", LATER)
    volume.overwrite("/Документы/8.txt", b"new", LATER)
    volume.delete("/a", LAST)
    volume.delete("/Документы/9.txt", LAST)
    volume.delete_while_open("/Документы/10.txt", LAST)
    volume.flush()

    assert hashlib.sha256(b"".join(volume._medium.chunks())).hexdigest() == GOLDEN


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message", "remedy"),
    [
        ({"block_bytes": 512}, "a block can not have 512 bytes", "1024, 2048 or 4096"),
        ({"inode_bytes": 128}, "an inode can not have 128 bytes", "256, 512 or 1024"),
        ({"start_bytes": 100}, "does not lie on whole sectors", "multiples of 512"),
        ({"size_bytes": 1000}, "does not lie on whole sectors", "multiples of 512"),
        ({"size_bytes": 40 * 1024}, "40960 bytes are too few", "larger"),
        ({"size_bytes": 512}, "512 bytes are too few", "larger"),
        ({"start_bytes": 2 * MIB}, "does not fit a medium", "smaller"),
        ({"uuid": b"short"}, "a UUID has 16 bytes, not 5", "16 bytes"),
        ({"label": "a label too long"[:16] + "!"}, "can not be stored", "up to 16 bytes"),
        ({"label": "a\0b"}, "can not be stored", "without zeros"),
        ({"formatted": NOON.replace(tzinfo=None)}, "is not in UTC", "aware time"),
        ({"owner": -1}, "user -1", "32 bits"),
        ({"group": 1 << 32}, "group 4294967296", "32 bits"),
    ],
)
def test_a_volume_that_can_not_be_is_refused(changes: dict[str, object], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_volume(**changes)  # type: ignore[arg-type]
    assert remedy in caught.value.remedy


def test_every_refused_operation_changes_nothing() -> None:
    volume = a_volume(600 * 1024)
    volume.make_directory("/d", NOON)
    volume.create("/d/a", b"1" * 2000, NOON)
    volume.make_symlink("/link", "d", NOON)
    volume.flush()
    before = b"".join(volume._medium.chunks())
    full = bytes(600 * 1024)
    refused: list[tuple[Callable[[], object], str, str]] = [
        (lambda: volume.create("/x/y", b"", NOON), "there is no directory /x", "make_directory"),
        (lambda: volume.create("/d/a/b", b"", NOON), "there is no directory /d/a", "make_directory"),
        (lambda: volume.create("d/b", b"", NOON), "is not a full path", "Begin it with /"),
        (lambda: volume.create("/", b"", NOON), "there is no directory /", "make_directory"),
        (lambda: volume.create("/d/a", b"", NOON), "/d/a exists already", "another name"),
        (lambda: volume.create("/d/..", b"", NOON), "can not be the name", "visible"),
        (lambda: volume.create("/d/", b"", NOON), "can not be the name", "visible"),
        (lambda: volume.create("/d/a\0", b"", NOON), "can not be the name", "visible"),
        (lambda: volume.create("/d/\ud800", b"", NOON), "can not be the name", "visible"),
        (lambda: volume.create("/d/" + "ж" * 128, b"", NOON), "has 256 bytes in UTF-8", "Shorten"),
        (lambda: volume.create("/big", full, NOON), "the volume is full", "larger"),
        (lambda: volume.append("/d/a", full, NOON), "the volume is full", "larger"),
        (lambda: volume.overwrite("/d/a", full, NOON), "the volume is full", "larger"),
        (lambda: volume.append("/d", b"1", NOON), "/d is a directory", "Name a file"),
        (lambda: volume.append("/link", b"1", NOON), "/link is a symbolic link", "leads to"),
        (lambda: volume.read("/none"), "there is no /none", "spelling"),
        (lambda: volume.rename("/d", "/d/e", NOON), "can not be moved into itself", "outside"),
        (lambda: volume.rename("/d/a", "/d/a", NOON), "exists already", "another name"),
        (lambda: volume.rename("/", "/x", NOON), "the root directory", "below it"),
        (lambda: volume.delete("/", NOON), "the root directory", "below it"),
        (lambda: volume.delete("/d/a", NOON.replace(tzinfo=None)), "is not in UTC", "aware"),
        (lambda: volume.append("/d/a", b"", NOON.astimezone(timezone(timedelta(hours=5)))), "is not in UTC", "aware"),
        (lambda: volume.create("/d/b", b"", NOON.replace(year=1901)), "the year 1901", "1902 to 2445"),
        (lambda: volume.create("/d/b", b"", NOON.replace(year=2447)), "the year 2447", "1902 to 2445"),
        (lambda: volume.set_times("/d/a", born=NOON.replace(tzinfo=None)), "is not in UTC", "aware"),
        (lambda: volume.set_access("/d/a", NOON, permissions=0o10000), "are no permissions", "0o7777"),
        (lambda: volume.set_access("/d/a", NOON, owner=-5), "user -5", "32 bits"),
        (lambda: volume.make_symlink("/l", "", NOON), "a target of 0 bytes", "1 to 1023"),
        (lambda: volume.make_symlink("/l", "t" * 1024, NOON), "a target of 1024 bytes", "1 to 1023"),
        (lambda: volume.write_slack("/d/a", b""), "bytes of slack", "another host file"),
        (lambda: volume.write_slack("/d/a", b"x" * 49), "has 48 bytes of slack", "shorter text"),
        (lambda: volume.write_unallocated(b""), "0 bytes can not be put", "Give some bytes"),
        (lambda: volume.write_unallocated(b"1", cluster=5), "at cluster 5", "free"),
        (lambda: volume.write_unallocated(b"1", cluster=99999), "at cluster 99999", "free"),
        (lambda: volume.remount(after=99999), "has no block 99999", "Its blocks are 0 to 599"),
        (lambda: volume.cluster_offset_bytes(-1), "has no block -1", "Its blocks"),
        (lambda: volume.inode_offset_bytes(0), "has no inode 0", "Its inodes are 1 to"),
        (lambda: volume.state(99), "there is no node 99", "create or node"),
    ]
    for operation, message, remedy in refused:
        with pytest.raises(SynthesisError) as caught:
            operation()
        assert message in caught.value.message
        assert remedy in caught.value.remedy

    volume.flush()
    assert b"".join(volume._medium.chunks()) == before


def test_a_volume_without_free_inodes_is_full() -> None:
    volume = a_volume(300 * 1024)
    with pytest.raises(SynthesisError, match="1 inodes are needed and 0 are free"):
        for number in range(1000):
            volume.create(f"/{number}", b"", NOON)
    assert len(volume.paths()) == volume.inode_count - 10


def test_a_volume_can_be_filled_to_the_last_block() -> None:
    volume = a_volume(600 * 1024)
    volume.create("/all", bytes(1024 * 500), NOON)

    with pytest.raises(SynthesisError, match="the volume is full"):
        for _ in range(100):
            volume.append("/all", bytes(1024), NOON)

    assert volume.free_clusters() == ()
