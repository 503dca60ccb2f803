import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.exfat import ExFatVolume, tree, upcase
from labkit.synthesis.filesystems.exfat.checksums import table_checksum
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream

MIB = 1024 * 1024
START_BYTES = MIB
KATHMANDU = timezone(timedelta(hours=5, minutes=45))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=KATHMANDU)


NOON = at("01T12:00:01.987654")
LATER = at("05T18:30:03.5")
LAST = at("09T07:00:00.25")


def a_volume(size_bytes: int = 2 * MIB, cluster_bytes: int = 1024, **options: object) -> ExFatVolume:
    settings: dict[str, object] = {
        "start_bytes": START_BYTES,
        "size_bytes": size_bytes,
        "cluster_bytes": cluster_bytes,
        "label": "KF Флешка",
        "serial": 0x0A2B3C4D,
        "formatted": at("01T10:00:00"),
        **options,
    }
    return ExFatVolume(Medium(START_BYTES + max(size_bytes, MIB)), **settings)  # type: ignore[arg-type]


def entry_set(volume: ExFatVolume, node: int, count: int = 3) -> bytes:
    volume.flush()
    return volume._medium.read(volume.state(node).entry_offset_bytes, 32 * count)


def fat_entry(volume: ExFatVolume, cluster: int) -> int:
    volume.flush()
    return int.from_bytes(volume._medium.read(volume._geometry.fat_start_bytes + 4 * cluster, 4), "little")


def in_turns(volume: ExFatVolume, count: int) -> None:
    for number in range(count):
        for path in ("/a", "/b"):
            write: Callable[[str, bytes, datetime], object] = volume.append if volume.exists(path) else volume.create
            write(path, bytes([number % 26 + 65]) * 1024, NOON)


def test_times_are_zoned_and_the_serial_is_printed_as_windows_does() -> None:
    volume = a_volume()

    assert volume.time_basis == "zoned"
    assert volume.serial_text == "0A2B-3C4D"


def test_the_up_case_table_is_the_one_of_the_specification() -> None:
    table = upcase.compressed_table()

    assert len(table) == 5836
    assert table_checksum(table) == 0xE619D30D
    assert upcase.upper("abc жшё ß 🏔") == "ABC ЖШЁ ß 🏔"


# -- reading back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 511, 1024, 1025, 9000])
def test_what_is_written_is_read_back(size: int) -> None:
    volume = a_volume()
    data = Stream(b"1", "data").take(size)

    volume.create("/a.bin", data, NOON)

    assert volume.read("/a.bin") == data
    state = volume.state(volume.node("/a.bin"))
    assert state.size_bytes == size
    assert len(state.clusters) == -(-size // 1024)
    assert (state.offset_bytes == -1) == (state.first_cluster == 0) == (size == 0)
    assert state.contiguous == bool(size)


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


def test_paths_are_found_whatever_their_case() -> None:
    volume = a_volume()
    volume.make_directory("/Счета", NOON)
    volume.create("/Счета/Invoice 2026.xlsx", b"1", NOON)

    assert volume.read("/сЧЕТА/INVOICE 2026.XLSX") == b"1"
    assert volume.exists("/")
    assert not volume.exists("/Счета/Invoice 2026.xlsx/deeper")
    assert volume.paths() == ("/Счета", "/Счета/Invoice 2026.xlsx")


# -- entry sets -------------------------------------------------------------------------------------------------------


def test_a_contiguous_file_needs_no_allocation_table_and_one_in_pieces_does() -> None:
    volume = a_volume()
    in_turns(volume, 1)
    node = volume.node("/a")
    state = volume.state(node)
    assert entry_set(volume, node)[33] == 0x03
    assert fat_entry(volume, state.first_cluster) == 0

    in_turns(volume, 2)

    state = volume.state(node)
    assert not state.contiguous
    assert entry_set(volume, node)[33] == 0x01
    chain = [state.first_cluster]
    while (following := fat_entry(volume, chain[-1])) != 0xFFFFFFFF:
        chain.append(following)
    assert tuple(chain) == state.clusters
    assert volume.read("/a") == b"A" * 1024 + b"A" * 1024 + b"B" * 1024


def test_times_are_stored_with_their_distance_from_utc() -> None:
    volume = a_volume()
    node = volume.create("/a", b"1", NOON)
    volume.append("/a", b"2", LATER.astimezone(timezone(-timedelta(hours=3, minutes=30))))

    state = volume.state(node)
    assert state.born == NOON.replace(microsecond=980000)
    assert state.modified == LATER
    assert state.modified.utcoffset() == -timedelta(hours=3, minutes=30)
    assert state.accessed == LATER.replace(second=2, microsecond=0)
    data = entry_set(volume, node)
    assert data[20:22] == bytes([198, 150])
    assert data[22:25] == bytes([0x80 | 23, 0x80 | 114, 0x80 | 114])  # 5:45 and -3:30 in quarters of an hour


def test_the_second_of_two_equal_hours_in_autumn_is_told_by_its_distance_from_utc() -> None:
    volume = a_volume()
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))
    nodes = [volume.create(f"/{number}", b"", moment) for number, moment in enumerate((first, second))]

    born = [volume.state(node).born for node in nodes]
    assert born[1] - born[0] == timedelta(hours=1)


def test_each_operation_sets_the_times_that_windows_sets() -> None:
    volume = a_volume()
    node = volume.create("/a", b"1", NOON)
    copy = volume.state(volume.copy("/a", "/b", LATER))
    assert (copy.born, copy.modified) == (LATER, NOON.replace(microsecond=980000))
    assert volume.state(node).accessed == LATER.replace(second=2, microsecond=0)

    volume.rename("/a", "/c", LAST)
    assert volume.state(node).accessed == LAST.replace(microsecond=0)
    volume.set_times("/c", born=LATER, modified=LATER, accessed=LATER)
    state = volume.state(node)
    assert (state.born, state.modified) == (LATER, LATER)


def test_a_directory_grows_and_its_own_entry_says_so() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    volume.create("/d/first", b"x", NOON)
    for number in range(25):
        volume.create(f"/d/file number {number}", b"", NOON)

    state = volume.state(volume.node("/d"))
    assert (len(state.clusters), state.contiguous, state.size_bytes) == (3, False, 0)
    data = entry_set(volume, state.node_id)
    assert int.from_bytes(data[56:64], "little") == int.from_bytes(data[40:48], "little") == 3 * 1024


# -- what a deletion leaves -------------------------------------------------------------------------------------------


def test_a_deletion_clears_one_bit_of_each_entry() -> None:
    volume = a_volume()
    node = volume.create("/a name of two entries", b"secret" * 500, NOON)
    before = volume.state(node)
    data = entry_set(volume, node, 4)

    volume.delete("/a name of two entries", LATER)

    state = volume.state(node)
    left = entry_set(volume, node, 4)
    assert [left[place] for place in (0, 32, 64, 96)] == [0x05, 0x40, 0x41, 0x41]
    assert bytes(byte for place, byte in enumerate(left) if place % 32) == bytes(
        byte for place, byte in enumerate(data) if place % 32
    )
    assert (state.deleted, state.entry_intact, state.lost) == (True, True, ())
    assert state.clusters == before.clusters
    assert set(before.clusters) <= set(volume.free_clusters())
    assert volume._medium.read(before.offset_bytes, 3000) == b"secret" * 500


def test_the_chain_of_a_deleted_file_stays_in_the_allocation_table() -> None:
    volume = a_volume()
    in_turns(volume, 3)
    state = volume.state(volume.node("/a"))

    volume.delete("/a", LATER)

    assert [fat_entry(volume, cluster) for cluster in state.clusters] == [*state.clusters[1:], 0xFFFFFFFF]
    bitmap = volume._medium.read(volume._bitmap_offset_bytes, 100)
    assert not any(bitmap[(cluster - 2) // 8] >> (cluster - 2) % 8 & 1 for cluster in state.clusters)


def test_a_freed_cluster_is_not_reused_before_a_remount() -> None:
    volume = a_volume()
    node = volume.create("/a.bin", b"a" * 3000, NOON)
    freed = volume.state(node).clusters
    volume.delete("/a.bin", NOON)
    volume.create("/b.bin", b"b" * 3000, NOON)
    assert volume.state(node).lost == ()

    volume.remount()
    volume.create("/c.bin", b"c" * 1500, NOON)

    assert volume.state(node).clusters == freed
    assert volume.state(node).lost == ((freed[0], "/c.bin"), (freed[1], "/c.bin"))


def test_a_new_file_takes_the_entries_of_a_deleted_one() -> None:
    volume = a_volume()
    node = volume.create("/gone", b"1", NOON)
    volume.delete("/gone", NOON)

    heir = volume.create("/heir", b"2", NOON)

    assert volume.state(heir).entry_offset_bytes == volume.state(node).entry_offset_bytes
    assert not volume.state(node).entry_intact
    assert volume.state(heir).entry_intact


def test_a_name_of_no_more_entries_is_written_over_the_old_one() -> None:
    volume = a_volume()
    node = volume.create("/a name of two entries", b"1", NOON)
    place = volume.state(node).entry_offset_bytes

    volume.rename("/a name of two entries", "/short", LATER)

    state = volume.state(node)
    assert (state.entry_offset_bytes, state.old_entries) == (place, ())
    data = entry_set(volume, node, 4)
    assert [data[at_byte] for at_byte in (0, 1, 32, 64, 96)] == [0x85, 2, 0xC0, 0xC1, 0x41]
    assert volume.read("/short") == b"1"


def test_a_name_of_more_entries_and_another_directory_leave_the_old_set() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    node = volume.create("/short", b"1", NOON)
    first = volume.state(node)

    volume.rename("/short", "/a name of two entries", LATER)
    volume.rename("/a name of two entries", "/d/x", LATER)

    state = volume.state(node)
    assert [path for path, _, _ in state.old_entries] == ["/short", "/a name of two entries"]
    assert state.old_entries[0][1:] == (first.address, first.entry_offset_bytes)
    assert volume.read("/d/x") == b"1"


def test_only_the_case_of_a_name_can_change() -> None:
    volume = a_volume()
    volume.create("/name", b"1", NOON)

    volume.rename("/name", "/NAME", LATER)

    assert volume.paths() == ("/NAME",)


def test_the_entries_of_a_deleted_directory_stand_in_its_freed_clusters() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    node = volume.create("/d/inner.txt", b"1", NOON)
    volume.delete("/d", LATER)

    assert volume.state(node).entry_intact
    assert entry_set(volume, node)[0] == 0x05
    assert "inner.txt".encode("utf-16-le") in entry_set(volume, node)
    assert volume.state(node).path == "/d/inner.txt"
    volume.remount()
    volume.create("/e", b"x" * 20000, LAST)
    assert not volume.state(node).entry_intact


# -- places -----------------------------------------------------------------------------------------------------------


def test_slack_stands_behind_the_content() -> None:
    volume = a_volume()
    volume.create("/a", b"a" * 700, NOON)
    state = volume.state(volume.node("/a"))

    offset = volume.write_slack("/a", b"hidden")

    assert offset == state.offset_bytes + 700
    assert volume._medium.read(offset, 6) == b"hidden"


def test_the_rest_of_the_last_sector_is_cleared_and_the_rest_of_the_cluster_is_not() -> None:
    volume = a_volume()
    volume.create("/old", b"o" * 1024, NOON)
    old = volume.state(volume.node("/old"))
    volume.delete("/old", NOON)
    volume.remount()

    volume.create("/new", b"n" * 100, LATER)

    assert volume._medium.read(old.offset_bytes, 1024) == b"n" * 100 + bytes(412) + b"o" * 512


def test_unallocated_text_stays_free_and_untouched_by_the_next_files() -> None:
    volume = a_volume()
    offset = volume.write_unallocated(b"account 7781")
    for number in range(10):
        volume.create(f"/{number}", b"x" * 1024, NOON)

    assert volume._medium.read(offset, 12) == b"account 7781"
    free = volume.free_clusters()[-1]
    assert volume.write_unallocated(b"2", cluster=free) == volume.cluster_offset_bytes(free)


def test_a_volume_without_a_label_keeps_the_place_of_it() -> None:
    volume = a_volume(label="")
    volume.create("/a", b"1", NOON)
    volume.flush()

    root = volume._medium.read(volume.cluster_offset_bytes(volume.state(1).first_cluster), 32)
    assert root == b"\x03" + bytes(31)


# -- flush and fork ---------------------------------------------------------------------------------------------------


def test_flush_writes_only_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = a_volume(16 * MIB)
    for number in range(200):
        volume.create(f"/{number}", b"x", NOON)
    volume.flush()
    written: list[int] = []
    monkeypatch.setattr(volume._medium, "write", lambda offset, data: written.append(len(data)))

    volume.open("/7", LATER)
    volume.flush()

    assert written == [1024]  # one cluster of the root directory


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
    fork = volume.fork(volume._medium.fork())

    fork.append("/d/a", b"2" * 5000, LATER)
    fork.create("/d/b", b"3", LATER)
    fork.delete("/d/a", LATER)
    volume.create("/c", b"4", LATER)

    assert volume.paths() == ("/c", "/d", "/d/a")
    assert fork.paths() == ("/d", "/d/b")
    same = a_volume()
    same.make_directory("/d", NOON)
    same.create("/d/a", b"1" * 5000, NOON)
    same.create("/c", b"4", LATER)
    same.flush()
    volume.flush()
    assert b"".join(same._medium.chunks()) == b"".join(volume._medium.chunks())


def test_a_fork_of_many_files_takes_a_moment() -> None:
    volume = a_volume(64 * MIB, 4096)
    for directory in range(20):
        volume.make_directory(f"/{directory}", NOON)
        for number in range(200):
            volume.create(f"/{directory}/{number}", b"x", NOON)
    volume.flush()

    medium = volume._medium.fork()

    begin = time.process_time()
    volume.fork(medium)

    assert time.process_time() - begin < 0.05


GOLDEN = "822dcdf3430724e0ba14c2c25329257908e92df356a2d7f15feedcf4553a8177"


def test_the_bytes_of_a_story_do_not_change_unnoticed() -> None:
    volume = a_volume(4 * MIB)
    volume.make_directory("/Документы", NOON)
    in_turns(volume, 100)
    for number in range(50):
        volume.create(f"/Документы/{number}.txt", b"x" * number * 50, NOON)
    volume.rename("/Документы/7.txt", "/seven", LATER)
    volume.overwrite("/Документы/8.txt", b"new", LATER)
    volume.delete("/a", LAST)
    volume.delete("/Документы/9.txt", LAST)
    volume.flush()

    assert hashlib.sha256(b"".join(volume._medium.chunks())).hexdigest() == GOLDEN


# -- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message", "remedy"),
    [
        ({"cluster_bytes": 3000}, "a cluster can not have 3000 bytes", "512, 1024"),
        ({"cluster_bytes": 64 * MIB}, "a cluster can not have 67108864 bytes", "up to 33554432"),
        ({"start_bytes": 100}, "does not lie on whole sectors", "multiples of 512"),
        ({"size_bytes": 1000}, "does not lie on whole sectors", "multiples of 512"),
        ({"size_bytes": MIB - 512}, "1048064 bytes are too few", "1 MiB at least"),
        ({"cluster_bytes": 4 * MIB}, "2097152 bytes are too few", "clusters smaller"),
        ({"cluster_bytes": 2 * MIB, "size_bytes": 5 * MIB}, "the volume is full", "larger"),
        ({"size_bytes": 1 << 42, "cluster_bytes": 512}, "exFAT allows 4294967285", "larger clusters"),
        ({"start_bytes": 2 * MIB}, "does not fit a medium", "smaller"),
        ({"serial": 1 << 32}, "the volume serial 4294967296", "32 bits"),
        ({"label": "twelve chars"}, "can not be stored", "up to 11 characters"),
        ({"label": "a:b"}, "can not be stored", "without"),
        ({"label": "\ud800"}, "can not be stored", "without"),
        ({"formatted": NOON.replace(tzinfo=None)}, "has no zone that exFAT can store", "aware time"),
    ],
)
def test_a_volume_that_can_not_be_is_refused(changes: dict[str, object], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_volume(**changes)  # type: ignore[arg-type]
    assert remedy in caught.value.remedy


def test_every_refused_operation_changes_nothing() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    volume.create("/d/a", b"1" * 2000, NOON)
    volume.flush()
    before = b"".join(volume._medium.chunks())
    full = bytes(2 * MIB)
    odd = timezone(timedelta(hours=5, minutes=7))
    refused: list[tuple[Callable[[], object], str, str]] = [
        (lambda: volume.create("/x/y", b"", NOON), "there is no directory /x", "make_directory"),
        (lambda: volume.create("/d/a/b", b"", NOON), "there is no directory /d/a", "make_directory"),
        (lambda: volume.create("d/b", b"", NOON), "is not a full path", "Begin it with /"),
        (lambda: volume.create("/d/A", b"", NOON), "/d/A exists already", "another name"),
        (lambda: volume.create("/d/a?", b"", NOON), "has the character '?'", "Leave out"),
        (lambda: volume.create("/d/\ud800", b"", NOON), "has the character", "Leave out"),
        (lambda: volume.create("/d/", b"", NOON), "is empty or ends", "another character"),
        (lambda: volume.create("/d/a.", b"", NOON), "is empty or ends", "another character"),
        (lambda: volume.create("/d/" + "🏔" * 128, b"", NOON), "has 256 UTF-16 units", "Shorten"),
        (lambda: volume.create("/big", full, NOON), "the volume is full", "larger"),
        (lambda: volume.append("/d/a", full, NOON), "the volume is full", "larger"),
        (lambda: volume.overwrite("/d/a", full, NOON), "the volume is full", "larger"),
        (lambda: volume.append("/d", b"1", NOON), "/d is a directory", "Name a file"),
        (lambda: volume.read("/none"), "there is no /none", "spelling"),
        (lambda: volume.rename("/d", "/d/e", NOON), "can not be moved into itself", "outside"),
        (lambda: volume.rename("/d/a", "/d/a", NOON), "exists already", "another name"),
        (lambda: volume.rename("/", "/x", NOON), "the root directory", "below it"),
        (lambda: volume.delete("/", NOON), "the root directory", "below it"),
        (lambda: volume.delete("/d/a", NOON.replace(tzinfo=None)), "has no zone", "aware"),
        (lambda: volume.append("/d/a", b"", NOON.replace(tzinfo=odd)), "has no zone", "aware"),
        (lambda: volume.create("/d/b", b"", datetime(1979, 12, 31, tzinfo=UTC)), "the year 1979", "1980 to 2107"),
        (lambda: volume.create("/d/b", b"", NOON.replace(year=2108)), "the year 2108", "1980 to 2107"),
        (lambda: volume.set_times("/d/a", born=NOON.replace(tzinfo=None)), "has no zone", "aware"),
        (lambda: volume.write_slack("/d/a", b"x" * 49), "has 48 bytes of slack", "shorter text"),
        (lambda: volume.write_unallocated(b""), "0 bytes can not be put", "Give some bytes"),
        (lambda: volume.write_unallocated(b"1", cluster=2), "at cluster 2", "free"),
        (lambda: volume.write_unallocated(b"1", cluster=1), "at cluster 1", "free"),
        (lambda: volume.remount(after=99999), "has no cluster 99999", "Its clusters are 2 to"),
        (lambda: volume.cluster_offset_bytes(1), "has no cluster 1", "Its clusters"),
        (lambda: volume.state(99), "there is no node 99", "create or node"),
    ]
    for operation, message, remedy in refused:
        with pytest.raises(SynthesisError) as caught:
            operation()
        assert message in caught.value.message
        assert remedy in caught.value.remedy

    volume.flush()
    assert b"".join(volume._medium.chunks()) == before


def test_a_directory_can_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LARGEST_DIRECTORY_BYTES", 2048)
    volume = a_volume()
    volume.make_directory("/d", NOON)

    with pytest.raises(SynthesisError, match="the directory is full: exFAT allows 2048 bytes") as caught:
        for number in range(100):
            volume.create(f"/d/{number}", b"", NOON)

    assert "several directories" in caught.value.remedy
    assert len(volume.paths()) == 1 + 2048 // 96


def test_a_volume_can_be_filled_to_the_last_cluster() -> None:
    volume = a_volume()
    volume.create("/all", bytes(1024 * len(volume.free_clusters())), NOON)

    assert volume.free_clusters() == ()
    with pytest.raises(SynthesisError, match="the volume is full"):
        volume.append("/all", b"1", NOON)
