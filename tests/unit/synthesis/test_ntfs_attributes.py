"""Run lists, boot sectors, names and times as bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.ntfs.attributes import run_list, run_list_size
from labkit.synthesis.filesystems.ntfs.layout import boot_sector, plan_geometry
from labkit.synthesis.filesystems.ntfs.names import check_name, check_stream_name, is_dos_name
from labkit.synthesis.filesystems.ntfs.nodes import HOLE, clusters_of, joined
from labkit.synthesis.filesystems.ntfs.records import plain, protected

MIB = 1024 * 1024
EXTENTS = st.lists(st.tuples(st.one_of(st.just(HOLE), st.integers(0, 1 << 40)), st.integers(1, 1 << 30)), max_size=30)


def decoded(pairs: bytes) -> list[tuple[int, int]]:
    found, position, previous = [], 0, 0
    while pairs[position]:
        length_bytes, step_bytes = pairs[position] & 15, pairs[position] >> 4
        start = position + 1
        middle, position = start + length_bytes, start + length_bytes + step_bytes
        count = int.from_bytes(pairs[start:middle], "little", signed=True)
        if step_bytes:
            previous += int.from_bytes(pairs[middle:position], "little", signed=True)
        found.append((previous if step_bytes else HOLE, count))
    return found


@given(EXTENTS)
def test_a_run_list_can_be_read_back(extents: list[tuple[int, int]]) -> None:
    pairs = run_list(tuple(extents))

    assert decoded(pairs) == extents
    assert run_list_size(tuple(extents)) == len(pairs)


def test_a_run_list_as_linux_ntfs_documents_it() -> None:
    # "Concepts: Data Runs", example 2: three runs, the second and the third stated as differences.
    extents = ((0x342573, 0x38), (0x363758, 0x114), (0x393802, 0x42))

    assert run_list(extents) == bytes.fromhex("3138732534 321401e51102 3142aa0003 00")


def test_neighbours_become_one_extent() -> None:
    assert joined(((5, 2),), ((7, 3), (20, 1))) == ((5, 5), (20, 1))
    assert joined(((5, 2), (HOLE, 3)), ((2, 1),)) == ((5, 2), (HOLE, 3), (2, 1))
    assert clusters_of(((5, 2), (HOLE, 3), (9, 1))) == (5, 6, 9)


@given(st.binary(min_size=1000, max_size=1000))
def test_the_update_sequence_hides_nothing(tail: bytes) -> None:
    block = b"FILE" + struct.pack("<HH", 0x30, 3) + bytes(0x30 - 8) + bytes(8) + tail[: 1024 - 0x38]

    first = protected(block, bytes(1024))
    second = protected(plain(first), first)

    assert plain(first)[0x38:] == block[0x38:]
    assert first[510:512] == first[1022:1024] == first[0x30:0x32] == b"\x01\x00"
    assert second[510:512] == b"\x02\x00"


@pytest.mark.parametrize(
    ("cluster_bytes", "record", "block"), [(512, 2, 8), (1024, 1, 4), (4096, -10, 1), (65536, -10, -12)]
)
def test_the_boot_sector_states_sizes_in_clusters_or_as_powers_of_two(
    cluster_bytes: int, record: int, block: int
) -> None:
    geometry = plan_geometry(start_bytes=MIB, size_bytes=256 * MIB, cluster_bytes=cluster_bytes)
    sector = boot_sector(geometry, 0x1122334455667788)

    assert sector[3:11] == b"NTFS    "
    assert struct.unpack_from("<HB", sector, 11) == (512, cluster_bytes // 512)
    assert struct.unpack_from("<I", sector, 28) == (2048,)
    total, mft, mirror = struct.unpack_from("<QQQ", sector, 40)
    assert (total, mft, mirror) == (256 * MIB // 512 - 1, geometry.mft[0], geometry.mirror[0])
    assert struct.unpack_from("<b3xb3xQ", sector, 64) == (record, block, 0x1122334455667788)
    assert sector[510:] == b"\x55\xaa"


@pytest.mark.parametrize(
    ("size_bytes", "cluster_bytes", "message", "remedy"),
    [
        (16 * MIB, 500, "can not have 500 bytes", "1024"),
        (16 * MIB, 131072, "can not have 131072 bytes", "65536"),
        (16 * MIB + 1, 4096, "whole sectors", "multiples of 512"),
        (MIB, 4096, "too few", "Give at least"),
        (0, 4096, "too few", "Give at least"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(size_bytes: int, cluster_bytes: int, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        plan_geometry(start_bytes=0, size_bytes=size_bytes, cluster_bytes=cluster_bytes)

    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "message", "remedy"),
    [
        ("a:b", "the character ':'", "Leave out"),
        ("a\x01", "does not allow", "control"),
        ("half \ud83c", "does not allow", "Leave out"),
        ("dot.", "ends with a dot", "another character"),
        ("", "allows 1 to 255", "give one"),
        ("я" * 256, "256 UTF-16 units", "Shorten"),
    ],
)
def test_names_that_windows_can_not_make_are_refused(name: str, message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        check_name(name)

    assert remedy in caught.value.remedy


def test_stream_names_may_hold_more() -> None:
    check_stream_name('a "quoted" name?')
    with pytest.raises(SynthesisError, match="the character ':'"):
        check_stream_name("a:b")


@pytest.mark.parametrize(
    ("name", "short"), [("readme.txt", True), ("A~1.B", True), ("a b.txt", False), ("я.txt", False)]
)
def test_an_8_3_name_needs_no_other(name: str, short: bool) -> None:
    assert is_dos_name(name) is short
