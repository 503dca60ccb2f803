from datetime import UTC, datetime, timedelta

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.filesystems.ntfs.volume import FileFlags, NtfsVolume
from labkit.synthesis.medium import Medium

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
