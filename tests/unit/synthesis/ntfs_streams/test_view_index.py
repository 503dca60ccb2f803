import struct

import pytest

from labkit.synthesis.filesystems.ntfs_streams.view_index import Collation, ViewEntry, ViewIndex, sort_key


def numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def test_an_entry_is_header_key_data_and_padding_to_8_bytes() -> None:
    stored = ViewEntry(numbers(0x100), b"x" * 20).to_bytes()

    assert stored == bytes.fromhex("14001400000000002800040000000000") + numbers(0x100) + b"x" * 20


def test_numbers_are_sorted_as_numbers_and_not_as_bytes() -> None:
    keys = [numbers(0x200), numbers(0x101), numbers(0xFFFFFFFF), numbers(0x1)]

    index = ViewIndex.of("$SII", Collation.ULONG, [ViewEntry(key, b"") for key in keys])

    assert [entry.key for entry in index.entries] == [keys[3], keys[1], keys[0], keys[2]]


def test_the_first_of_several_numbers_counts_most() -> None:
    low, high = numbers(1, 0x200), numbers(2, 0x100)

    for collation in (Collation.SECURITY_HASH, Collation.ULONGS):
        assert sort_key(collation, low) < sort_key(collation, high)


def test_names_have_their_own_rule() -> None:
    with pytest.raises(ValueError, match="FILE_NAME sorts names"):
        sort_key(Collation.FILE_NAME, b"a\0")
