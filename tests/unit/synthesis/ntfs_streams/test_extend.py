"""The small indexes of $Extend beside those that Windows 10 wrote; reparse points as dissect.ntfs reads them."""

import io
import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs_streams.object_ids import ObjectId, object_id_index
from labkit.synthesis.filesystems.ntfs_streams.quota import owner_index, quota_index, written_by_format
from labkit.synthesis.filesystems.ntfs_streams.reparse import ReparseTag, mount_point, reparse_index, symbolic_link
from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewIndex
from tests.unit.synthesis.ntfs_streams.conftest import StreamOf

FORMATTED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CHANGE_TIMES = slice(0x44, 0x4C), slice(0x8C, 0x94)
VOLUME_ID = UUID("b6a0c0de-3de2-11e9-a028-02004c4f4f50")
FIRST_ID = UUID("00000001-3de2-11e9-a028-02004c4f4f50")
SECOND_ID = UUID("00000002-3de2-11e9-a028-02004c4f4f50")


def in_root(index: ViewIndex) -> bytes:
    """Return a small index as it stands in $INDEX_ROOT: headers, entries, and the entry that ends the node."""
    entries = b"".join(entry.to_bytes() for entry in index.entries) + struct.pack("<QHHHH", 0, 16, 0, 2, 0)
    size = 16 + len(entries)
    return struct.pack("<IIIB3xIIII", 0, index.collation, 4096, 1, 16, size, size, 0) + entries


@pytest.mark.oracle
def test_quota_by_owner_is_what_windows_10_writes(windows_stream: StreamOf) -> None:
    written = bytearray(windows_stream("24-144-2"))
    ours = bytearray(in_root(quota_index(written_by_format(FORMATTED))))

    for place in CHANGE_TIMES:
        assert ours[place] != written[place]
        ours[place] = written[place]
    assert ours == written


@pytest.mark.oracle
def test_owner_by_sid_is_what_windows_10_writes(windows_stream: StreamOf) -> None:
    written = bytearray(windows_stream("24-144-3"))
    written[0x44:0x48] = bytes(4)  # padding, where Windows leaves what was there

    assert in_root(owner_index(written_by_format(FORMATTED))) == written


@pytest.mark.oracle
def test_an_index_without_reparse_points_is_what_windows_10_writes(windows_stream: StreamOf) -> None:
    assert in_root(reparse_index(())) == windows_stream("26-144-2")


def test_an_object_id_is_indexed_as_windows_10_does() -> None:
    # From ntfs-ramslack.raw of msuhanov/ntfs-samples (CC0): the second entry of $ObjId:$O, without its header.
    written = bytes.fromhex(
        "d5ba7a49e23de911a0288053bc66ebbd2700000000000100"
        "00000000000000000000000000000000d5ba7a49e23de911a0288053bc66ebbd00000000000000000000000000000000"
    )
    found = UUID("497abad5-3de2-11e9-a028-8053bc66ebbd")

    (entry,) = object_id_index([ObjectId(39 | 1 << 48, found, birth_object_id=found)]).entries

    assert entry.to_bytes() == bytes.fromhex("20003800000000005800100000000000") + written


def test_object_ids_are_sorted_and_repeat_their_birth() -> None:
    second = ObjectId(40 | 1 << 48, SECOND_ID, VOLUME_ID, FIRST_ID)
    first = ObjectId(41 | 2 << 48, FIRST_ID, VOLUME_ID, FIRST_ID)

    index = object_id_index([second, first])

    assert [entry.key for entry in index.entries] == [FIRST_ID.bytes_le, SECOND_ID.bytes_le]
    assert index.entries[1].data == struct.pack("<Q", 40 | 1 << 48) + second.attribute()[16:]
    assert second.attribute()[:16] == SECOND_ID.bytes_le
    assert len(second.attribute()) == 64


def test_an_object_id_names_one_file() -> None:
    with pytest.raises(SynthesisError, match=f"two files have the object identifier {FIRST_ID}") as caught:
        object_id_index([ObjectId(40, FIRST_ID), ObjectId(41, FIRST_ID)])

    assert "Stream" in caught.value.remedy


def test_an_independent_reader_follows_a_junction_and_a_link() -> None:
    attributes = pytest.importorskip("dissect.ntfs.attr", reason="dissect.ntfs is not installed")

    def read(stored: bytes) -> tuple[int, str, str]:
        point = attributes.ReparsePoint.from_fh(io.BytesIO(stored), None)
        return int(point.tag), point.substitute_name, point.print_name

    users = "C:\\Пользователи"
    assert read(mount_point(users)) == (ReparseTag.MOUNT_POINT, f"\\??\\{users}", users)
    assert read(symbolic_link(users)) == (ReparseTag.SYMLINK, f"\\??\\{users}", users)
    assert read(symbolic_link("..\\papers", relative=True)) == (ReparseTag.SYMLINK, "..\\papers", "..\\papers")


def test_a_relative_link_says_so() -> None:
    flags = [struct.unpack_from("<I", symbolic_link("a", relative=relative), 16) for relative in (False, True)]

    assert flags == [(0,), (1,)]


def test_reparse_points_are_listed_by_tag_and_file() -> None:
    index = reparse_index([(ReparseTag.SYMLINK, 40), (ReparseTag.MOUNT_POINT, 300), (ReparseTag.MOUNT_POINT, 41)])

    assert index.collation is Collation.ULONGS
    assert [struct.unpack("<IQ", entry.key) for entry in index.entries] == [
        (ReparseTag.MOUNT_POINT, 41),
        (ReparseTag.MOUNT_POINT, 300),
        (ReparseTag.SYMLINK, 40),
    ]
    assert len(index.entries[0].to_bytes()) == 32


@pytest.mark.parametrize("target", ["", "C:\\" + "n" * 8200])
def test_a_target_that_does_not_fit_is_refused(target: str) -> None:
    for make in (mount_point, symbolic_link):
        with pytest.raises(SynthesisError, match=f"a path of {len(target)} characters") as caught:
            make(target)
        assert "4,000" in caught.value.remedy
