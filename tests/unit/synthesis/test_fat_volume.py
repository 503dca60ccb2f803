import time
from collections.abc import Callable
from datetime import datetime

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems import fat
from labkit.synthesis.filesystems.fat import FatVolume
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream

MIB = 1024 * 1024
START_BYTES = MIB


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}")


NOON = at("01T12:00:01.987654")
LATER = at("05T18:30:03.5")


def a_volume(
    kind: str = "FAT12", size_bytes: int = 2 * MIB, cluster_bytes: int = 1024, medium: Medium | None = None
) -> FatVolume:
    return FatVolume(
        medium or Medium(START_BYTES + size_bytes),
        start_bytes=START_BYTES,
        size_bytes=size_bytes,
        kind=kind,
        cluster_bytes=cluster_bytes,
        label="KF STICK",
        serial=0x0A2B3C4D,
        formatted=at("01T10:00:00"),
    )


def media_bytes(volume: FatVolume) -> bytes:
    volume.flush()
    return b"".join(volume._medium.chunks())


# -- reading back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 511, 512, 1024, 1025, 9000])
def test_what_is_written_is_read_back(size: int) -> None:
    volume = a_volume()
    data = Stream(b"1", "data").take(size)

    volume.create("/a.bin", data, NOON)

    assert volume.read("/a.bin") == data
    state = volume.state(volume.node("/a.bin"))
    assert state.size_bytes == size
    assert len(state.clusters) == -(-size // 1024)
    assert (state.offset_bytes == -1) == (size == 0)
    assert (state.first_cluster == 0) == (size == 0)


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


def test_paths_are_found_whatever_their_case_and_by_their_alias() -> None:
    volume = a_volume()
    volume.make_directory("/Счета", NOON)
    volume.create("/Счета/Invoice 2026.xlsx", b"1", NOON)

    assert volume.read("/сЧЕТА/INVOICE 2026.XLSX") == b"1"
    assert volume.read("/_____~1/INVOIC~1.XLS") == b"1"
    assert volume.exists("/")
    assert not volume.exists("/Счета/Invoice 2026.xlsx/deeper")
    assert volume.paths() == ("/Счета", "/Счета/Invoice 2026.xlsx")


# -- allocation -------------------------------------------------------------------------------------------------------


def test_a_freed_cluster_is_not_reused_before_a_remount() -> None:
    volume = a_volume()
    node = volume.create("/a.bin", b"a" * 3000, NOON)
    freed = volume.state(node).clusters
    volume.delete("/a.bin", NOON)
    volume.create("/b.bin", b"b" * 3000, NOON)
    assert volume.state(node).lost == ()

    volume.remount()
    volume.create("/c.bin", b"c" * 1500, NOON)

    state = volume.state(node)
    assert state.clusters == freed
    assert state.lost == ((freed[0], "/c.bin"), (freed[1], "/c.bin"))
    volume.rename("/c.bin", "/d.bin", NOON)
    volume.create("/c.bin", b"", NOON)
    assert volume.state(node).lost[0] == (freed[0], "/d.bin")


def test_appending_in_turns_makes_fragments() -> None:
    volume = a_volume()
    for name in "abab":
        operation: Callable[[str, bytes, datetime], object] = (
            volume.append if volume.exists(f"/{name}") else volume.create
        )
        operation(f"/{name}", name.encode() * 1024, NOON)

    first, second = (volume.state(volume.node(path)).clusters for path in ("/a", "/b"))
    assert first == (2, 4)
    assert second == (3, 5)
    assert volume.read("/a") == b"a" * 2048


def test_the_search_goes_round_at_the_end() -> None:
    volume = a_volume()
    volume.create("/first.bin", bytes(1024 * 10), NOON)
    volume.create("/rest.bin", bytes(1024 * (volume.cluster_count - 12)), NOON)
    volume.delete("/first.bin", NOON)

    node = volume.create("/round.bin", b"r" * 4096, NOON)

    last = volume.cluster_count + 1
    assert volume.state(node).clusters == (last - 1, last, 2, 3)
    assert volume.read("/round.bin") == b"r" * 4096


def test_overwrite_leaves_the_old_content_in_free_clusters() -> None:
    volume = a_volume()
    node = volume.create("/a.txt", b"old words" * 200, NOON)
    before = volume.state(node)

    volume.overwrite("/a.txt", b"new", LATER)

    after = volume.state(node)
    assert (after.address, after.born) == (before.address, before.born)
    assert not set(after.clusters) & set(before.clusters)
    assert set(before.clusters) <= set(volume.free_clusters())
    assert volume._medium.read(before.offset_bytes, 9) == b"old words"
    assert volume.read("/a.txt") == b"new"


def test_the_volume_can_be_filled_to_the_last_cluster_and_not_beyond() -> None:
    volume = a_volume()
    free = len(volume.free_clusters())
    volume.create("/all.bin", bytes(1024 * (free - 1)), NOON)
    before = media_bytes(volume)
    full: list[Callable[[], object]] = [
        lambda: volume.create("/b.bin", bytes(1025), NOON),
        lambda: volume.append("/all.bin", bytes(1025), LATER),
        lambda: volume.overwrite("/all.bin", bytes(1024 * (free + 1)), LATER),
        lambda: volume.copy("/all.bin", "/b.bin", LATER),
    ]

    for operation in full:
        with pytest.raises(SynthesisError, match="the volume is full") as caught:
            operation()
        assert "larger" in caught.value.remedy
        assert media_bytes(volume) == before

    volume.create("/last.bin", b"x", NOON)
    assert volume.free_clusters() == ()
    volume.remount()
    with pytest.raises(SynthesisError, match="1 clusters are needed and 0 are free"):
        volume.make_directory("/more", NOON)


# -- slack ------------------------------------------------------------------------------------------------------------


def test_the_last_sector_is_filled_with_zeros_and_the_sectors_behind_keep_what_they_held() -> None:
    volume = a_volume(cluster_bytes=2048)
    volume.create("/old.bin", b"o" * 2048, NOON)
    volume.delete("/old.bin", NOON)
    volume.remount()

    node = volume.create("/new.bin", b"n" * 600, NOON)

    cluster = volume._medium.read(volume.state(node).offset_bytes, 2048)
    assert cluster == b"n" * 600 + bytes(424) + b"o" * 1024


def test_slack_begins_right_behind_the_content() -> None:
    volume = a_volume()
    node = volume.create("/host.txt", b"h" * 1500, NOON)

    offset_bytes = volume.write_slack("/host.txt", b"meet at six")

    state = volume.state(node)
    assert offset_bytes == volume.cluster_offset_bytes(state.clusters[1]) + 476
    assert volume._medium.read(offset_bytes - 1, 12) == b"hmeet at six"
    assert volume.read("/host.txt") == b"h" * 1500


@pytest.mark.parametrize(("size", "slack"), [(1024, 1), (0, 1), (1000, 25), (1000, 0)])
def test_slack_that_does_not_fit_is_refused(size: int, slack: int) -> None:
    volume = a_volume()
    volume.create("/host.txt", bytes(size), NOON)

    with pytest.raises(SynthesisError, match="bytes of slack") as caught:
        volume.write_slack("/host.txt", b"s" * slack)

    assert "another host" in caught.value.remedy


# -- unallocated space ------------------------------------------------------------------------------------------------


def test_a_note_in_unallocated_space_stays_free_and_apart() -> None:
    volume = a_volume()
    gone = volume.create("/gone.bin", bytes(3000), NOON)  # zeros: looks empty, but belonged to a file
    volume.delete("/gone.bin", NOON)
    free = volume.free_clusters()

    first = volume.write_unallocated(b"one" * 500)
    second = volume.write_unallocated(b"two")
    third = volume.write_unallocated(b"three", cluster=100)
    volume.create("/later.bin", b"l" * 5000, NOON)

    assert volume.free_clusters() == free[:3] + free[8:]
    assert volume.state(gone).clusters == free[:3]
    assert volume._medium.read(first, 1500) == b"one" * 500
    assert second == first + 2048
    assert third == volume.cluster_offset_bytes(100)
    assert volume._medium.read(third, 6) == b"three\0"


@pytest.mark.parametrize("cluster", [2, 3, 0, 1, 2027, 5000])
def test_clusters_that_hold_or_held_something_are_refused(cluster: int) -> None:
    volume = a_volume()
    volume.create("/live.bin", b"x", NOON)
    volume.create("/gone.bin", b"x", NOON)
    volume.delete("/gone.bin", NOON)

    with pytest.raises(SynthesisError, match=f"at cluster {cluster}") as caught:
        volume.write_unallocated(b"note", cluster=cluster)

    assert "never held anything" in caught.value.remedy


def test_a_note_that_finds_no_place_is_refused() -> None:
    volume = a_volume()
    with pytest.raises(SynthesisError, match="0 bytes can not be put"):
        volume.write_unallocated(b"")
    volume.create("/most.bin", bytes(1024 * (volume.cluster_count - 2)), NOON)

    with pytest.raises(SynthesisError, match="can not be put into unallocated space"):
        volume.write_unallocated(bytes(3000))

    assert volume.write_unallocated(b"n" * 2048) == volume.cluster_offset_bytes(volume.cluster_count)


# -- times ------------------------------------------------------------------------------------------------------------


def times_of(volume: FatVolume, path: str) -> tuple[str, str, str]:
    state = volume.state(volume.node(path))
    return tuple(f"{moment:%d %H:%M:%S.%f}"[:-4] for moment in (state.born, state.modified, state.accessed))


def test_each_operation_changes_the_times_it_should() -> None:
    volume = a_volume()
    volume.make_directory("/d", NOON)
    noon = ("01 12:00:01.98", "01 12:00:00.00", "01 00:00:00.00")

    volume.create("/a", b"1", NOON)
    assert times_of(volume, "/a") == times_of(volume, "/d") == noon
    volume.open("/a", at("02T09:00:00"))
    assert times_of(volume, "/a") == (*noon[:2], "02 00:00:00.00")
    volume.append("/a", b"2", at("03T09:00:05"))
    assert times_of(volume, "/a") == (noon[0], "03 09:00:04.00", "03 00:00:00.00")
    volume.rename("/a", "/d/b", at("04T09:00:00"))
    assert times_of(volume, "/d/b") == (noon[0], "03 09:00:04.00", "04 00:00:00.00")
    volume.copy("/d/b", "/c", at("05T09:00:07.25"))
    assert times_of(volume, "/c") == ("05 09:00:07.25", "03 09:00:04.00", "05 00:00:00.00")
    assert times_of(volume, "/d/b")[2] == "05 00:00:00.00"
    volume.overwrite("/c", b"3", at("06T09:00:09"))
    assert times_of(volume, "/c") == ("05 09:00:07.25", "06 09:00:08.00", "06 00:00:00.00")
    volume.set_times("/c", born=at("20T01:01:01"))
    assert times_of(volume, "/c") == ("20 01:01:01.00", "06 09:00:08.00", "06 00:00:00.00")
    volume.set_times("/c", modified=at("21T01:01:01"), accessed=at("22T23:59:59"))
    assert times_of(volume, "/c") == ("20 01:01:01.00", "21 01:01:00.00", "22 00:00:00.00")
    assert times_of(volume, "/d") == noon


def test_a_bad_time_changes_nothing() -> None:
    volume = a_volume()
    volume.create("/a", b"1", NOON)
    before = media_bytes(volume)
    bad = datetime.fromisoformat("1970-01-01T00:00:00")
    operations: list[Callable[[], object]] = [
        lambda: volume.create("/b", b"", bad),
        lambda: volume.make_directory("/b", bad),
        lambda: volume.append("/a", b"2", bad),
        lambda: volume.overwrite("/a", b"2", bad),
        lambda: volume.open("/a", bad),
        lambda: volume.rename("/a", "/b", bad),
        lambda: volume.copy("/a", "/b", bad),
        lambda: volume.delete("/a", bad),
        lambda: volume.set_times("/a", born=bad),
    ]

    for operation in operations:
        with pytest.raises(SynthesisError, match="the year 1970"):
            operation()

    assert media_bytes(volume) == before


# -- names, moves, deletion -------------------------------------------------------------------------------------------


def test_a_rename_leaves_its_old_entry_until_the_slots_are_reused() -> None:
    volume = a_volume()
    node = volume.create("/draft of the letter.txt", b"dear", NOON)
    old = volume.state(node)

    volume.rename("/draft of the letter.txt", "/letter.txt", LATER)

    new = volume.state(node)
    assert (new.path, new.deleted, new.clusters) == ("/letter.txt", False, old.clusters)
    assert new.entry_offset_bytes > old.entry_offset_bytes
    assert new.old_entries == (("/draft of the letter.txt", old.address, old.entry_offset_bytes),)
    volume.flush()
    assert volume._medium.read(old.entry_offset_bytes, 11) == b"\xe5RAFTO~1TXT"
    assert volume._medium.read(new.entry_offset_bytes, 11) == b"LETTER  TXT"

    volume.create("/another.txt", b"", LATER)
    assert volume.state(node).old_entries == ()
    (left,) = volume.deleted_entries()
    assert (left.shown_path, left.complete, left.renamed) == ("/_RAFTO~1.TXT", False, True)


def test_a_rename_can_change_the_case_alone() -> None:
    volume = a_volume()
    node = volume.create("/a.txt", b"1", NOON)

    volume.rename("/a.txt", "/A.TXT", LATER)
    volume.rename("/A.TXT", "/a.Txt", LATER)

    assert volume.paths() == ("/a.Txt",)
    assert volume.node("/A.TXT") == node
    assert volume.state(node).alias == "A.TXT"
    with pytest.raises(SynthesisError, match=r"/a\.Txt exists already"):
        volume.rename("/a.txt", "/a.Txt", LATER)


def test_a_moved_directory_takes_its_content_along() -> None:
    volume = a_volume()
    for path in ("/a", "/a/b", "/c"):
        volume.make_directory(path, NOON)
    file = volume.create("/a/b/f.txt", b"1", NOON)

    volume.rename("/a/b", "/c/b2", LATER)

    state = volume.state(file)
    assert state.path == "/c/b2/f.txt"
    assert state.parent_address == volume.state(volume.node("/c/b2")).address
    volume.flush()
    table = volume._medium.read(volume.state(volume.node("/c/b2")).offset_bytes, 64)
    assert table[32:34] == b".."
    assert int.from_bytes(table[58:60], "little") == volume.state(volume.node("/c")).first_cluster
    volume.rename("/c/b2", "/b3", LATER)
    volume.flush()
    assert volume._medium.read(volume.state(volume.node("/b3")).offset_bytes + 58, 2) == b"\0\0"


def test_deletion_leaves_entry_size_and_content() -> None:
    volume = a_volume("FAT32", 40 * MIB, 512)
    volume.create("/filler.bin", bytes(512 * 66000), NOON)
    node = volume.create("/invoice of may.txt", b"total 700", NOON)
    live = volume.state(node)

    volume.delete("/invoice of may.txt", LATER)

    state = volume.state(node)
    assert (state.deleted, state.entry_intact, state.lost) == (True, True, ())
    assert (state.address, state.clusters, state.size_bytes) == (live.address, live.clusters, 9)
    assert state.clusters[0] > 0xFFFF
    assert state.shown_name == "invoice of may.txt"
    volume.flush()
    entry = volume._medium.read(state.entry_offset_bytes, 32)
    assert entry[:11] == b"\xe5NVOIC~1TXT"
    assert int.from_bytes(entry[20:22], "little") << 16 | int.from_bytes(entry[26:28], "little") == state.first_cluster
    assert volume._medium.read(state.offset_bytes, 9) == b"total 700"
    assert set(state.clusters) <= set(volume.free_clusters())
    assert not volume.exists("/invoice of may.txt")


def test_a_deleted_short_name_loses_its_first_letter() -> None:
    volume = a_volume()
    node = volume.create("/REPORT.TXT", b"1", NOON)
    volume.delete("/report.txt", NOON)

    assert volume.state(node).shown_name == "_EPORT.TXT"
    assert volume.state(node).name == "REPORT.TXT"


def test_the_first_run_of_free_slots_that_is_long_enough_is_taken() -> None:
    volume = a_volume()
    nodes = [volume.create(f"/file number {number}.txt", b"", NOON) for number in range(3)]
    offsets = [volume.state(node).entry_offset_bytes for node in nodes]
    volume.delete("/file number 1.txt", NOON)

    short = volume.create("/SHORT.TXT", b"", NOON)
    long = volume.create("/a name that needs three slots.txt", b"", NOON)

    assert volume.state(short).entry_offset_bytes == offsets[0] + 32
    assert volume.state(long).entry_offset_bytes == offsets[2] + 4 * 32
    state = volume.state(nodes[1])
    assert (state.entry_intact, state.short_entry_intact) == (False, True)
    assert state.shown_name == "file number 1"


def test_a_deleted_directory_takes_everything_in_it_along() -> None:
    volume = a_volume()
    directory = volume.make_directory("/d", NOON)
    volume.make_directory("/d/e", NOON)
    file = volume.create("/d/e/f.txt", b"1", NOON)

    volume.delete("/d", LATER)

    assert volume.paths() == ()
    state = volume.state(file)
    assert (state.deleted, state.entry_intact, state.path) == (True, True, "/d/e/f.txt")
    assert len(volume.free_clusters()) == volume.cluster_count
    assert volume._medium.read(state.entry_offset_bytes, 8) == b"\xe5       "
    assert [entry.shown_path for entry in volume.deleted_entries()] == ["/d", "/d/e", "/d/e/f.txt"]

    assert all(entry.reachable for entry in volume.deleted_entries())

    volume.remount()
    volume.create("/over.bin", b"o" * 1500, LATER)
    assert volume.state(directory).lost == ((2, "/over.bin"),)
    assert not volume.state(file).entry_intact
    volume.flush()
    assert volume.read("/over.bin") == b"o" * 1500


def test_entries_become_orphans_where_nothing_leads_to_them() -> None:
    volume = a_volume(cluster_bytes=512)
    volume.make_directory("/FIRST", NOON)
    for number in range(20):
        volume.create(f"/FIRST/A{number:02}.TXT", b"", NOON)
    volume.make_directory("/SECOND", NOON)
    volume.create("/SECOND/B.TXT", b"", NOON)
    volume.delete("/FIRST", LATER)
    volume.delete("/SECOND", LATER)
    volume.create("/C.TXT", b"", LATER)
    volume.create("/D.TXT", b"", LATER)
    volume.delete("/C.TXT", LATER)
    volume.delete("/D.TXT", LATER)

    # /FIRST and /SECOND lost their entries to C.TXT and D.TXT.
    assert {entry.name for entry in volume.deleted_entries() if entry.reachable} == {"C.TXT", "D.TXT"}


def test_a_deleted_directory_leads_to_its_first_cluster_only() -> None:
    volume = a_volume(cluster_bytes=512)
    volume.make_directory("/FIRST", NOON)
    for number in range(20):
        volume.create(f"/FIRST/A{number:02}.TXT", b"", NOON)
    volume.delete("/FIRST", LATER)

    entries = {entry.name: entry.reachable for entry in volume.deleted_entries()}

    assert (entries["FIRST"], entries["A13.TXT"], entries["A14.TXT"]) == (True, True, False)


def test_a_directory_grows_by_clusters_and_keeps_its_entries() -> None:
    volume = a_volume(cluster_bytes=512)
    node = volume.make_directory("/many", NOON)
    for number in range(60):
        volume.create(f"/many/A{number}.TXT", b"%d" % number, NOON)

    state = volume.state(node)
    assert len(state.clusters) == -(-62 // 16)
    assert state.size_bytes == 0
    assert [volume.read(f"/many/A{number}.TXT") for number in range(60)] == [b"%d" % number for number in range(60)]
    media_bytes(volume)
    last = volume.state(volume.node("/many/A59.TXT"))
    assert volume._medium.read(last.entry_offset_bytes, 11) == b"A59     TXT"
    assert volume.cluster_offset_bytes(state.clusters[-1]) <= last.entry_offset_bytes


def test_the_root_directory_of_fat12_can_be_full() -> None:
    volume = a_volume()
    for number in range(511):  # and the label
        volume.create(f"/A{number}.TXT", b"", NOON)

    with pytest.raises(SynthesisError, match="the root directory is full: it has 512 entries") as caught:
        volume.create("/ONEMORE.TXT", b"", NOON)

    assert "FAT32" in caught.value.remedy
    volume.delete("/A7.TXT", NOON)
    volume.create("/ONEMORE.TXT", b"", NOON)


def test_a_directory_can_be_full() -> None:
    volume = a_volume("FAT16", 32 * MIB, 4096)
    volume.make_directory("/d", NOON)
    for number in range((65536 - 2) // 21):
        volume.create(f"/d/{number:05}{'x' * 250}", b"", NOON)

    with pytest.raises(SynthesisError, match="the directory is full: FAT allows 65536") as caught:
        volume.create(f"/d/{'y' * 255}", b"", NOON)

    assert "several directories" in caught.value.remedy


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "message", "remedy"),
    [
        (lambda v: v.create("/a.txt", b"", NOON), "/a.txt exists already", "another name"),
        (lambda v: v.create("/A.TXT", b"", NOON), "exists already", "upper and lower case"),
        (lambda v: v.create("/LONGNA~1.TXT", b"", NOON), "exists already", "alias"),
        (lambda v: v.make_directory("/d", NOON), "exists already", "another name"),
        (lambda v: v.copy("/a.txt", "/d", NOON), "exists already", "another name"),
        (lambda v: v.rename("/a.txt", "/d", NOON), "exists already", "another name"),
        (lambda v: v.create("/", b"", NOON), "root directory stands already", "below it"),
        (lambda v: v.create("/nowhere/b.txt", b"", NOON), "there is no directory /nowhere", "make_directory"),
        (lambda v: v.create("/a.txt/b.txt", b"", NOON), "there is no directory /a.txt", "make_directory"),
        (lambda v: v.create("b.txt", b"", NOON), "not a full path", "Begin it with /"),
        (lambda v: v.create("/d/", b"", NOON), "is empty or ends", "another character"),
        (lambda v: v.create("/a?.txt", b"", NOON), "does not allow", "Leave out"),
        (lambda v: v.read("/b.txt"), "there is no /b.txt", "spelling"),
        (lambda v: v.append("/b.txt", b"", NOON), "there is no /b.txt", "spelling"),
        (lambda v: v.delete("/b.txt", NOON), "there is no /b.txt", "spelling"),
        (lambda v: v.rename("/b.txt", "/c.txt", NOON), "there is no /b.txt", "spelling"),
        (lambda v: v.node("/b.txt"), "there is no /b.txt", "spelling"),
        (lambda v: v.overwrite("/d", b"", NOON), "/d is a directory", "Name a file"),
        (lambda v: v.copy("/d", "/e", NOON), "/d is a directory", "Name a file"),
        (lambda v: v.rename("/d", "/d/e", NOON), "moved into itself", "outside"),
        (lambda v: v.rename("/d", "/d/sub/e", NOON), "moved into itself", "outside"),
        (lambda v: v.rename("/", "/e", NOON), "root directory can not be", "below it"),
        (lambda v: v.delete("/", NOON), "root directory can not be", "below it"),
        (lambda v: v.set_times("/", born=LATER), "root directory can not be", "below it"),
        (lambda v: v.state(99), "there is no node 99", "create or node"),
        (lambda v: v.cluster_offset_bytes(1), "no cluster 1", "2 to"),
    ],
)
def test_what_can_not_be_done_is_refused_and_changes_nothing(
    operation: Callable[[FatVolume], object], message: str, remedy: str
) -> None:
    volume = a_volume()
    volume.create("/a.txt", b"1", NOON)
    volume.create("/long name of a file.txt", b"1", NOON)
    volume.make_directory("/d", NOON)
    volume.make_directory("/d/sub", NOON)
    before, paths = media_bytes(volume), volume.paths()

    with pytest.raises(SynthesisError, match=message) as caught:
        operation(volume)

    assert remedy in caught.value.remedy
    assert (media_bytes(volume), volume.paths()) == (before, paths)


def test_a_file_too_large_for_the_size_field_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fat, "_LARGEST_FILE_BYTES", 4000)
    volume = a_volume()
    volume.create("/a.bin", bytes(4000), NOON)

    with pytest.raises(SynthesisError, match="4001 bytes is too large") as caught:
        volume.append("/a.bin", b"x", NOON)

    assert "4 GiB" in caught.value.remedy


def test_a_volume_that_does_not_fit_its_medium_is_refused() -> None:
    with pytest.raises(SynthesisError, match="does not fit a medium") as caught:
        a_volume(medium=Medium(2 * MIB))

    assert "larger" in caught.value.remedy


@pytest.mark.parametrize("serial", [-1, 2**32])
def test_a_serial_beyond_32_bits_is_refused(serial: int) -> None:
    with pytest.raises(SynthesisError, match="volume serial") as caught:
        FatVolume(
            Medium(2 * MIB),
            start_bytes=0,
            size_bytes=2 * MIB,
            kind="FAT12",
            cluster_bytes=1024,
            label="",
            serial=serial,
            formatted=NOON,
        )

    assert "32 bits" in caught.value.remedy


# -- the volume as a whole --------------------------------------------------------------------------------------------


def test_the_serial_is_printed_as_programs_do() -> None:
    assert a_volume().serial_text == "0A2B-3C4D"
    assert a_volume().serial_fsstat == "0xa2b3c4d"


def some_story(volume: FatVolume) -> None:
    stream = Stream(b"fork", "data")
    for number in range(30):
        volume.create(f"/file number {volume.cluster_count} {number}.bin", stream.take(stream.below(5000)), NOON)
    for path in volume.paths()[::3]:
        volume.delete(path, LATER)


@pytest.mark.parametrize("flushed", [True, False])
def test_a_fork_goes_on_as_the_volume_itself_would(flushed: bool) -> None:
    straight, parent = a_volume(), a_volume()
    some_story(straight)
    some_story(parent)
    if flushed:
        parent.flush()
    untouched = media_bytes(straight)

    fork = parent.fork(parent._medium.fork())
    for volume in (straight, fork):
        volume.make_directory("/later", LATER)
        volume.create("/later/own.txt", b"own words", LATER)
        volume.remount()
        volume.create("/reuse.bin", b"r" * 20_000, LATER)
        volume.rename("/later/own.txt", "/own.txt", LATER)

    assert media_bytes(fork) == media_bytes(straight)
    assert media_bytes(parent) == untouched
    assert "/later" not in parent.paths()


def test_flushing_often_changes_nothing() -> None:
    often, once = a_volume(), a_volume()
    for number in range(20):
        for volume in (often, once):
            volume.create(f"/file {number}.txt", b"x" * 700, NOON)
            if number % 3 == 2:
                volume.delete(f"/file {number - 1}.txt", NOON)
        often.flush()

    assert media_bytes(often) == media_bytes(once)


def test_a_stick_with_200_files_is_built_well_under_a_third_of_a_second() -> None:
    data = bytes(range(256)) * 800
    best_s = float("inf")
    for _ in range(3):
        begin = time.process_time()
        volume = a_volume("FAT32", 63 * MIB, 512)
        volume.make_directory("/Документы", NOON)
        for number in range(200):
            volume.create(f"/Документы/Счёт номер {number}.txt", data[: number * 1000], NOON)
        volume.flush()
        best_s = min(best_s, time.process_time() - begin)

    assert best_s < 0.3
