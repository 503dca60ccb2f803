"""The table against those that mkntfs and Windows 10 write; keys against the order in which ntfs-3g sorts."""

import struct

import pytest

from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key, upcase_info, upcase_table, upper
from tests.unit.synthesis.ntfs_streams.conftest import StreamOf


@pytest.mark.oracle
def test_the_table_is_the_one_that_mkntfs_writes(mkntfs_stream: StreamOf) -> None:
    assert upcase_table() == mkntfs_stream("10-128-1")
    assert upcase_info() == mkntfs_stream("10-128-2")


@pytest.mark.oracle
def test_the_table_is_the_one_that_windows_10_writes(windows_stream: StreamOf) -> None:
    assert upcase_table() == windows_stream("10-128-1")
    assert upcase_info(major=10, build=15063) == windows_stream("10-128-4")


def test_letters_of_the_three_alphabets_of_our_cases() -> None:
    assert upper("Rechnung straße.XLSX") == "RECHNUNG STRAßE.XLSX"
    assert upper("счёт № 7") == "СЧЁТ № 7"
    assert upper("صورت‌حساب") == "صورت‌حساب"


def test_every_unit_is_changed_as_the_table_says() -> None:
    units = struct.unpack("<65536H", upcase_table())

    assert [ord(upper(chr(unit))) for unit in range(65536)] == list(units)


def test_the_table_does_not_follow_later_unicode_versions() -> None:
    added_in_unicode_8 = "\uab70"  # Cherokee small letter a; Python gives U+13A0

    assert upper(added_in_unicode_8) == added_in_unicode_8
    assert added_in_unicode_8.upper() == "\u13a0"


def test_changing_a_letter_twice_changes_nothing_more_than_the_table_says() -> None:
    units = struct.unpack("<65536H", upcase_table())

    assert [unit for unit in units if units[unit] != unit] == []


def test_keys_sort_names_without_case_by_code_units() -> None:
    names = ["b", "A", "a1", "_", "Z", "\ue000", "\U0001f4c4", "\u00e9", "~"]

    assert sorted(names, key=collation_key) == ["A", "a1", "b", "Z", "_", "~", "\u00e9", "\U0001f4c4", "\ue000"]


def test_names_that_ntfs_takes_for_the_same_share_their_key() -> None:
    assert collation_key("Invoice.PDF") == collation_key("iNVOICE.pdf")
    assert collation_key("Straße") != collation_key("Strasse")


def test_half_of_a_surrogate_pair_has_a_key() -> None:
    assert collation_key("a\ud800") == b"\0A\xd8\0"
