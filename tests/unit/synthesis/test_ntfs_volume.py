import hashlib
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.filesystems.ntfs.records import plain
from labkit.synthesis.filesystems.ntfs.volume import FileFlags, NtfsVolume
from labkit.synthesis.filesystems.ntfs_streams.security import profile_entry
from labkit.synthesis.filesystems.ntfs_streams.usn_journal import Reason
from labkit.synthesis.medium import Medium
from tests.ntfs_stories import begin

MIB = 1024 * 1024
NOW = datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)


def volume(cluster_bytes: int = 4096, size_bytes: int = 16 * MIB) -> NtfsVolume:
    return NtfsVolume(
        Medium(size_bytes + MIB),
        start_bytes=MIB,
        size_bytes=size_bytes,
        cluster_bytes=cluster_bytes,
        label="KF DISK",
        serial=0x1A2B3C4D5E6F7081,
        formatted=NOW,
    )


def test_it_is_a_volume_writer() -> None:
    writer: VolumeWriter = volume()

    assert writer.time_basis == "utc"
    assert writer.serial_text == "5E6F-7081"


def test_small_content_lies_in_the_record_and_leaves_it_when_it_grows() -> None:
    v = volume()
    node = v.create("/note.txt", b"meet at the mill", NOW)
    v.flush()

    small = v.state(node)
    assert small.resident
    assert v._medium.read(small.offset_bytes, 16) == b"meet at the mill"
    assert small.clusters == ()

    v.append("/note.txt", b"!" * 2000, LATER)
    large = v.state(node)
    assert not large.resident
    assert v._medium.read(large.offset_bytes, 18) == b"meet at the mill!!"
    assert (large.born, large.modified) == (NOW, LATER)


def test_a_fork_changes_nothing_here() -> None:
    v = volume()
    v.create("/a.txt", b"a" * 5000, NOW)
    v.flush()
    before = b"".join(v._medium.chunks())
    other_medium = v._medium.fork()
    other = v.fork(other_medium)

    other.create("/b.txt", b"b" * 5000, LATER)
    other.delete("/a.txt", LATER)
    other.flush()
    v.flush()

    assert b"".join(v._medium.chunks()) == before
    assert v.paths() == ("/a.txt",)
    assert other.paths() == ("/b.txt",)


def test_forks_write_what_was_pending_each_for_itself() -> None:
    v = volume()
    for number in range(60):
        v.create(f"/paper {number:02}.txt", b"a", NOW)
    alone = v.fork(v._medium.fork())
    other = v.fork(v._medium.fork())

    v.flush()
    other.flush()
    alone.flush()

    digests = [hashlib.sha256(b"".join(one._medium.chunks())).digest() for one in (v, other, alone)]
    assert len(set(digests)) == 1


def test_only_standard_information_follows_a_changed_time() -> None:
    v = volume()
    node = v.create("/stomped.exe", b"MZ", NOW)
    old = datetime(2011, 3, 13, 7, 6, 40, tzinfo=UTC)

    v.set_times("/stomped.exe", born=old, modified=old, changed=old, accessed=old)

    state = v.state(node)
    assert (state.born, state.modified, state.changed, state.accessed) == (old,) * 4
    assert state.file_name_times.born == NOW


def test_flags_are_kept() -> None:
    v = volume()
    node = v.create("/desktop.ini", b"", NOW, flags=FileFlags.HIDDEN | FileFlags.SYSTEM)
    v.set_flags("/desktop.ini", FileFlags.ARCHIVE, LATER)

    assert v.state(node).flags == FileFlags.ARCHIVE


@pytest.mark.parametrize(
    ("path", "message"),
    [("/no/file", "there is no directory /no"), ("/a.txt", "exists already"), ("/A.TXT", "exists already")],
)
def test_a_place_that_is_not_free_is_refused(path: str, message: str) -> None:
    v = volume()
    v.create("/a.txt", b"", NOW)

    with pytest.raises(SynthesisError, match=message):
        v.create(path, b"", NOW)

    assert v.paths() == ("/a.txt",)


def image(v: NtfsVolume) -> bytes:
    v.flush()
    return b"".join(v._medium.chunks())


def record(v: NtfsVolume, number: int) -> bytes:
    v.flush()
    return plain(v._tree.mft.read(number))


def test_a_deleted_record_keeps_all_but_the_mark_and_gets_the_next_sequence_number() -> None:
    v = volume()
    node = v.create("/gone.txt", b"G" * 5000, NOW)
    before = v.state(node)
    standing = record(v, before.address)

    v.delete("/gone.txt", LATER)

    state = v.state(node)
    left = record(v, state.address)
    assert state.deleted
    assert state.record_intact
    assert not state.lost
    assert set(state.clusters) <= set(v.free_clusters())
    assert struct.unpack_from("<H", left, 16)[0] == state.sequence + 1 == 2
    assert struct.unpack_from("<H", left, 22)[0] == 0
    assert left[0x38:0x200] == standing[0x38:0x200]


def test_a_freed_record_is_given_again_after_the_next_mount() -> None:
    v = volume()
    old = v.create("/old.txt", b"old", NOW)
    v.delete("/old.txt", NOW)
    kept_back = v.state(v.create("/next.txt", b"", NOW))
    v.remount()
    new = v.state(v.create("/new.txt", b"new", LATER))

    assert kept_back.address != v.state(old).address
    assert (new.address, new.sequence) == (v.state(old).address, 2)
    assert not v.state(old).record_intact
    assert b"old.txt".decode().encode("utf-16-le") not in record(v, new.address)[:400]


def test_files_of_a_deleted_directory_become_orphans_when_its_record_is_given_again() -> None:
    v = volume()
    above = v.make_directory("/papers", NOW)
    inside = v.create("/papers/inner.txt", b"inner", NOW)
    v.delete("/papers", LATER)
    v.remount()
    v.create("/first.txt", b"", LATER)

    state = v.state(inside)
    assert state.record_intact
    assert state.parent_id == above
    assert not v.state(above).record_intact
    reference = struct.unpack_from("<Q", record(v, state.address), 0x38 + 96 + 24)[0]
    assert reference == v.state(above).address | 1 << 48


def test_freed_clusters_name_who_was_given_them() -> None:
    v = volume()
    old = v.create("/old.bin", b"o" * 9000, NOW)
    v.delete("/old.bin", NOW)
    v.remount(after=v.state(old).clusters[0] - 1)
    v.create("/new.bin", b"n" * 5000, NOW)

    first, second = v.state(old).clusters[:2]
    assert v.state(old).lost == ((first, "/new.bin"), (second, "/new.bin"))


def test_long_names_get_a_short_one_beside_them() -> None:
    v = volume()
    states = [v.state(v.create(f"/Quarterly report {number}.xlsx", b"", NOW)) for number in range(6)]

    assert [state.dos_name for state in states[:4]] == [f"QUARTE~{number}.XLS" for number in range(1, 5)]
    assert all(state.dos_name.startswith("QU") and state.dos_name.endswith("~1.XLS") for state in states[4:])
    assert v.state(v.create("/plain.txt", b"", NOW)).dos_name == ""
    assert v.read("/QUARTE~1.XLS") == b""
    with pytest.raises(SynthesisError, match="exists already"):
        v.create("/quarte~1.xls", b"", NOW)


def test_short_names_can_be_switched_off() -> None:
    v = NtfsVolume(
        Medium(16 * MIB),
        start_bytes=0,
        size_bytes=16 * MIB,
        cluster_bytes=4096,
        label="",
        serial=1,
        formatted=NOW,
        short_names=False,
    )

    assert v.state(v.create("/Quarterly report.xlsx", b"", NOW)).dos_name == ""


def test_times_follow_the_rules_of_windows() -> None:
    v = volume()
    v.make_directory("/d", NOW)
    node = v.create("/d/a.txt", b"a", NOW)
    third = LATER + timedelta(hours=1)

    v.append("/d/a.txt", b"b", LATER)
    state = v.state(node)
    assert (state.born, state.modified, state.changed, state.accessed) == (NOW, LATER, LATER, NOW)
    assert state.file_name_times.modified == NOW
    assert v.state(v.node("/d")).modified == NOW  # content changes no directory

    v.rename("/d/a.txt", "/d/b.txt", third)
    state = v.state(node)
    assert (state.modified, state.changed) == (LATER, third)
    assert state.file_name_times.modified == LATER  # what $STANDARD_INFORMATION said
    assert v.state(v.node("/d")).modified == third

    v.open("/d/b.txt", third)
    assert v.state(node).accessed == third

    copied = v.state(v.copy("/d/b.txt", "/c.txt", third))
    assert (copied.born, copied.modified) == (third, LATER)


def test_every_link_is_the_same_file() -> None:
    v = volume()
    v.make_directory("/d", NOW)
    node = v.create("/a.txt", b"once", NOW)
    v.link("/a.txt", "/d/b.txt", LATER)

    assert v.node("/d/b.txt") == node
    assert v.state(node).links == ("/a.txt", "/d/b.txt")
    assert v.paths() == ("/a.txt", "/d", "/d/b.txt")
    v.delete("/a.txt", LATER)
    assert v.state(node).links == ("/d/b.txt",)
    assert not v.state(node).deleted
    assert v.read("/d/b.txt") == b"once"


def test_a_file_with_many_names_needs_further_records() -> None:
    v = volume()
    node = v.create("/a.txt", b"once", NOW)
    for number in range(200):
        v.link("/a.txt", f"/another name of the same file {number}", NOW)

    v.flush()
    assert len(v._tree.nodes[node].extensions) > 10
    assert v._tree.nodes[node].list_extents
    for number in range(200):
        v.delete(f"/another name of the same file {number}", LATER)
    assert not v._tree.nodes[node].extensions
    assert v.state(node).links == ("/a.txt",)


def test_a_sparse_file_has_clusters_only_where_something_is() -> None:
    v = volume()
    node = v.create_sparse("/s.bin", 400_000, [(0, b"begin"), (399_990, b"end")], NOW)

    state = v.state(node)
    assert [first for first, _ in state.runs].count(-1) == 1
    assert len(state.clusters) < 40
    data = v.read("/s.bin")
    assert (len(data), data[:5], data[399_990:399_993]) == (400_000, b"begin", b"end")
    v.append("/s.bin", b"!", LATER)
    assert v.read("/s.bin") == data + b"!"


@pytest.mark.parametrize("parts", [[(5, b"")], [(0, b"abc"), (2, b"d")], [(99, b"ab")], [(-1, b"a")]])
def test_parts_of_a_sparse_file_that_do_not_fit_are_refused(parts: list[tuple[int, bytes]]) -> None:
    v = volume()

    with pytest.raises(SynthesisError, match="overlap, are empty or lie outside") as caught:
        v.create_sparse("/s.bin", 100, parts, NOW)

    assert "ascending" in caught.value.remedy


def test_streams_are_kept_beside_the_content() -> None:
    v = volume()
    node = v.create("/a.exe", b"MZ", NOW)
    v.write_stream("/a.exe", "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n", LATER)
    v.write_stream("/a.exe", "hidden", b"h" * 3000, LATER)
    v.write_stream("/a.exe", "HIDDEN", b"again", LATER)

    small, large = v.state(node).streams[1], v.state(node).streams[0]
    assert (small.name, small.resident) == ("Zone.Identifier", True)
    assert (large.name, large.size_bytes, large.resident) == ("hidden", 5, False)
    v.flush()
    assert v._medium.read(small.offset_bytes, 14) == b"[ZoneTransfer]"
    assert v._medium.read(large.offset_bytes, 5) == b"again"
    copied = v.state(v.copy("/a.exe", "/b.exe", LATER))
    assert [stream.name for stream in copied.streams] == ["hidden", "Zone.Identifier"]


def test_a_note_behind_the_record_survives_what_does_not_reach_it() -> None:
    v = volume()
    v.create("/host.txt", b"host", NOW)
    offset_bytes = v.write_record_slack("/host.txt", b"under the bridge")

    v.open("/host.txt", LATER)
    v.flush()

    assert v._medium.read(offset_bytes, 16) == b"under the bridge"


def test_content_that_leaves_the_record_stays_in_its_slack() -> None:
    v = volume()
    node = v.create("/a.txt", b"first words of a long letter, " * 15, NOW)
    v.append("/a.txt", b"x" * 2000, LATER)

    assert b"words of a long letter" in record(v, v.state(node).address)


def test_reparse_points_lead_elsewhere() -> None:
    v = volume()
    v.make_junction("/Documents and Settings", "C:\\Users", NOW)
    node = v.make_symbolic_link("/link.txt", "..\\papers\\a.txt", NOW, relative=True)

    assert v.state(node).flags & FileFlags.REPARSE_POINT
    assert "C:\\Users".encode("utf-16-le") in record(v, v.state(v.node("/Documents and Settings")).address)
    with pytest.raises(SynthesisError, match="leads elsewhere") as caught:
        v.create("/Documents and Settings/a.txt", b"", NOW)
    assert "directory it leads to" in caught.value.remedy
    v.delete("/link.txt", LATER)
    v.delete("/Documents and Settings", LATER)
    assert v.paths() == ()


def test_an_object_id_belongs_to_one_file() -> None:
    v = volume()
    v.create("/a.txt", b"", NOW)
    v.create("/b.txt", b"", NOW)
    v.set_object_id("/a.txt", UUID(int=7), NOW)

    with pytest.raises(SynthesisError, match="another file has the object id") as caught:
        v.set_object_id("/b.txt", UUID(int=7), NOW)

    assert "Stream" in caught.value.remedy
    v.delete("/a.txt", NOW)
    v.set_object_id("/b.txt", UUID(int=7), NOW)


def test_files_share_security_descriptors() -> None:
    v = volume()
    number = v.add_security(profile_entry("S-1-5-21-1-2-3-1001", directory=True))
    v.make_directory("/anna", NOW, security_id=number)

    assert v.add_security(profile_entry("S-1-5-21-1-2-3-1001", directory=True)) == number
    assert v.state(v.create("/anna/a.txt", b"", NOW)).security_id == number
    with pytest.raises(SynthesisError, match="holds no descriptor 0x999") as caught:
        v.create("/b.txt", b"", NOW, security_id=0x999)
    assert "add_security" in caught.value.remedy


def test_the_journal_notes_what_happened() -> None:
    v = NtfsVolume(
        Medium(16 * MIB),
        start_bytes=0,
        size_bytes=16 * MIB,
        cluster_bytes=4096,
        label="",
        serial=1,
        formatted=NOW,
        journal=True,
        start_usn=8192,
    )
    node = v.create("/a.txt", b"a", NOW)
    v.rename("/a.txt", "/b.txt", LATER)
    v.delete("/b.txt", LATER)

    records = v.journal_records()
    assert [(one.name, one.reason) for one in records] == [
        ("a.txt", Reason.FILE_CREATE),
        ("a.txt", Reason.FILE_CREATE | Reason.DATA_EXTEND),
        ("a.txt", Reason.FILE_CREATE | Reason.DATA_EXTEND | Reason.CLOSE),
        ("a.txt", Reason.RENAME_OLD_NAME),
        ("b.txt", Reason.RENAME_NEW_NAME),
        ("b.txt", Reason.RENAME_NEW_NAME | Reason.CLOSE),
        ("b.txt", Reason.FILE_DELETE | Reason.CLOSE),
    ]
    assert records[0].usn == 8192
    assert v.state(node).usn == records[-1].usn


Operation = Callable[[NtfsVolume], object]
REFUSED: list[tuple[Operation, str, str]] = [
    (lambda v: v.create("a.txt", b"", NOW), "not a full path", "Begin it with /"),
    (lambda v: v.create("/", b"", NOW), "root directory stands", "below it"),
    (lambda v: v.create("/no/a.txt", b"", NOW), "no directory /no", "make_directory"),
    (lambda v: v.create("/file/a.txt", b"", NOW), "no directory /file", "make_directory"),
    (lambda v: v.create("/FILE", b"", NOW), "exists already", "another name"),
    (lambda v: v.create("/$mft", b"", NOW), "exists already", "another name"),
    (lambda v: v.create("/a|b", b"", NOW), "does not allow", "Leave out"),
    (lambda v: v.create("/a", b"", NOW.replace(tzinfo=None)), "has no zone", "aware"),
    (lambda v: v.create("/a", b"", datetime(1600, 1, 1, tzinfo=UTC)), "before 1601", "later"),
    (lambda v: v.create("/a", bytes(20 * MIB), NOW), "volume is full", "larger"),
    (lambda v: v.make_directory("/file", NOW), "exists already", "another name"),
    (lambda v: v.append("/none", b"", NOW), "there is no /none", "spelling"),
    (lambda v: v.append("/d", b"", NOW), "/d is a directory", "files only"),
    (lambda v: v.append("/file", bytes(20 * MIB), NOW), "volume is full", "larger"),
    (lambda v: v.overwrite("/file", bytes(20 * MIB), NOW), "volume is full", "larger"),
    (lambda v: v.overwrite("/$Bitmap", b"", NOW), "belongs to NTFS itself", "of the story"),
    (lambda v: v.delete("/", NOW), "belongs to NTFS itself", "of the story"),
    (lambda v: v.rename("/d", "/d/e", NOW), "into itself", "outside"),
    (lambda v: v.rename("/file", "/d", NOW), "exists already", "another name"),
    (lambda v: v.rename("/file", "/file", NOW), "exists already", "another name"),
    (lambda v: v.copy("/file", "/d", NOW), "exists already", "another name"),
    (lambda v: v.link("/d", "/e", NOW), "is a directory", "files only"),
    (lambda v: v.link("/file", "/d", NOW), "exists already", "another name"),
    (lambda v: v.write_stream("/file", "a:b", b"", NOW), "does not allow", "Leave out"),
    (lambda v: v.write_stream("/file", "a", bytes(20 * MIB), NOW), "volume is full", "larger"),
    (lambda v: v.make_junction("/file", "C:\\Users", NOW), "exists already", "another name"),
    (lambda v: v.make_junction("/j", "", NOW), "can not lead to", "4,000"),
    (lambda v: v.set_times("/file", born=NOW.replace(tzinfo=None)), "has no zone", "aware"),
    (lambda v: v.write_slack("/small", b"x"), "0 bytes of slack", "another host"),
    (lambda v: v.write_slack("/file", bytes(5000)), "bytes of slack", "shorter"),
    (lambda v: v.write_record_slack("/small", bytes(600)), "has room for", "another host"),
    (lambda v: v.write_record_slack("/small", b""), "has room for", "another host"),
    (lambda v: v.write_unallocated(b"x", cluster=0), "unallocated space at cluster 0", "free"),
    (lambda v: v.write_unallocated(b""), "0 bytes can not be put", "some bytes"),
    (lambda v: v.remount(after=10**6), "no cluster 1000000", "clusters are 0 to"),
    (lambda v: v.state(99999), "no node 99999", "returned"),
    (lambda v: v.cluster_offset_bytes(-1), "no cluster -1", "clusters are 0 to"),
]


@pytest.mark.parametrize(("operation", "message", "remedy"), REFUSED, ids=range(len(REFUSED)))
def test_an_operation_that_is_refused_changes_nothing(operation: Operation, message: str, remedy: str) -> None:
    v = volume()
    v.make_directory("/d", NOW)
    v.create("/file", b"f" * 1000, NOW)
    v.create("/small", b"s", NOW)
    before, paths, free = image(v), v.paths(), v.free_clusters()

    with pytest.raises(SynthesisError, match=message) as caught:
        operation(v)

    assert remedy in caught.value.remedy
    assert (v.paths(), v.free_clusters()) == (paths, free)
    assert image(v) == before


@pytest.mark.parametrize(
    ("changed", "message", "remedy"),
    [
        ({"size_bytes": 32 * MIB}, "does not fit a medium", "smaller"),
        ({"serial": 1 << 64}, "can not be stored", "64 bits"),
        ({"label": "x" * 33}, "volume label", "32 characters"),
        ({"formatted": NOW.replace(tzinfo=None)}, "has no zone", "aware"),
        ({"journal": True, "start_usn": 5}, "can not begin at USN 5", "multiple of 4096"),
    ],
)
def test_a_volume_that_can_not_be_made_is_refused(changed: dict[str, Any], message: str, remedy: str) -> None:
    given = {
        "start_bytes": MIB,
        "size_bytes": 16 * MIB,
        "cluster_bytes": 4096,
        "label": "KF",
        "serial": 1,
        "formatted": NOW,
    }

    with pytest.raises(SynthesisError, match=message) as caught:
        NtfsVolume(Medium(17 * MIB), **(given | changed))

    assert remedy in caught.value.remedy


def test_a_full_volume_takes_what_fits_and_no_more() -> None:
    v = volume(size_bytes=4 * MIB)
    number = 0
    with pytest.raises(SynthesisError, match="full"):
        for number in range(10_000):
            v.create(f"/{number}.bin", b"x" * 5000, NOW)

    assert number > 100
    assert len(v.paths()) == number
    assert all(v.read(path) == b"x" * 5000 for path in v.paths())
    for path in v.paths()[:5]:
        v.delete(path, LATER)
    v.create("/again.bin", b"y" * 5000, LATER)


def test_the_same_story_gives_the_same_bytes() -> None:
    story = begin(4096, "golden", journal=True)
    story.play(80)
    story.volume.flush()
    digest = hashlib.sha256(b"".join(story.medium.chunks())).hexdigest()

    assert digest == "05e36ae0f743c8ad1af8a1e8f26437b49ebfbdbd7e3433a4e71e9aa3688a76c0"


def test_a_fork_goes_on_as_the_volume_itself_would() -> None:
    here = begin(4096, "fork")
    here.play(60)
    there = begin(4096, "fork")
    there.play(60)
    there.medium = there.medium.fork()
    there.volume = there.volume.fork(there.medium)
    for story in (here, there):
        story.play(60)
        story.volume.flush()

    assert b"".join(here.medium.chunks()) == b"".join(there.medium.chunks())
