import struct
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat_entries import EntryTimes, short_entry
from labkit.synthesis.filesystems.fat_layout import CLUSTER_LIMITS, FatGeometry, boot_sector, plan_geometry

MIB = 1024 * 1024


def geometry(kind: str = "FAT32", size_bytes: int = 64 * MIB, cluster_bytes: int = 512) -> FatGeometry:
    return plan_geometry(kind, start_bytes=MIB, size_bytes=size_bytes, cluster_bytes=cluster_bytes)


@given(st.sampled_from(["FAT12", "FAT16", "FAT32"]), st.integers(100, 5_000_000), st.integers(0, 6))
def test_the_table_covers_every_cluster_and_is_the_smallest(kind: str, sectors: int, power: int) -> None:
    try:
        plan = plan_geometry(kind, start_bytes=0, size_bytes=sectors * 512, cluster_bytes=512 << power)
    except SynthesisError:
        return

    end_bytes = plan.data_start_bytes + plan.cluster_count * plan.cluster_bytes
    assert 0 <= sectors * 512 - end_bytes < plan.cluster_bytes
    assert plan.fat_sectors * 512 * 8 >= (plan.cluster_count + 2) * plan.entry_bits
    # One sector less would leave room for more clusters than it has entries for.
    more = (sectors * 512 - plan.data_start_bytes + 2 * 512) // plan.cluster_bytes
    assert (plan.fat_sectors - 1) * 512 * 8 < (more + 2) * plan.entry_bits


def test_the_table_of_a_64_mib_stick_does_not_fall_two_entries_short() -> None:
    # With 1008 sectors the table has 129024 entries, but the sectors left over make 129024 clusters, and two more
    # entries are needed: fsck.fat refuses that.
    plan = geometry()

    assert (plan.fat_sectors, plan.cluster_count) == (1009, 129022)


def test_the_boot_sector_of_fat32_states_where_things_are() -> None:
    plan = geometry()
    sector = boot_sector(plan, label=b"KF STICK   ", serial=0x1A2B3C4D)

    assert struct.unpack_from("<HBHBHHBHHHII", sector, 11) == (512, 1, 32, 2, 0, 0, 0xF8, 0, 63, 255, 2048, 131072)
    assert struct.unpack_from("<IHHIHH", sector, 36) == (plan.fat_sectors, 0, 0, 2, 1, 6)
    assert sector[66:90] == b"\x29" + bytes.fromhex("4d3c2b1a") + b"KF STICK   FAT32   "
    assert sector[510:] == b"\x55\xaa"


@pytest.mark.parametrize(("size_bytes", "short", "long"), [(32 * MIB - 512, 65535, 0), (32 * MIB, 0, 65536)])
def test_a_small_fat16_states_its_sectors_in_the_old_field(size_bytes: int, short: int, long: int) -> None:
    sector = boot_sector(geometry("FAT16", size_bytes, 1024), label=b"NO NAME    ", serial=1)

    assert struct.unpack_from("<H", sector, 19) == (short,)
    assert struct.unpack_from("<I", sector, 32) == (long,)
    assert sector[38:62] == b"\x29\x01\x00\x00\x00NO NAME    FAT16   "


@pytest.mark.parametrize(
    ("kind", "size_bytes", "cluster_bytes", "message", "remedy"),
    [
        ("FAT64", MIB, 512, "not a kind of FAT", "FAT32"),
        ("FAT32", 64 * MIB, 500, "can not have 500 bytes", "1024"),
        ("FAT32", 64 * MIB, 65536, "can not have 65536 bytes", "32768"),
        ("FAT32", 64 * MIB + 1, 512, "whole sectors", "multiples of 512"),
        ("FAT32", 32 * MIB, 512, "which is no FAT32", "more and smaller clusters"),
        ("FAT16", MIB, 512, "which is no FAT16", "more and smaller clusters"),
        ("FAT16", 64 * MIB, 512, "which is no FAT16", "fewer and larger clusters"),
        ("FAT12", 8 * MIB, 512, "which is no FAT12", "fewer and larger clusters"),
        ("FAT32", 0, 512, "make 0 clusters", "larger"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(
    kind: str, size_bytes: int, cluster_bytes: int, message: str, remedy: str
) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        geometry(kind, size_bytes, cluster_bytes)

    assert remedy in caught.value.remedy


def test_the_limits_are_those_of_the_specification() -> None:
    assert CLUSTER_LIMITS["FAT12"][1] + 1 == CLUSTER_LIMITS["FAT16"][0] == 4085
    assert CLUSTER_LIMITS["FAT16"][1] + 1 == CLUSTER_LIMITS["FAT32"][0] == 65525


@pytest.mark.parametrize("cluster", [0, 1, 129024])
def test_a_cluster_that_is_not_there_is_refused(cluster: int) -> None:
    with pytest.raises(SynthesisError, match=f"no cluster {cluster}") as caught:
        geometry().cluster_offset_bytes(cluster)

    assert "2 to 129023" in caught.value.remedy


def decoded(date: int, time: int) -> datetime:
    day = datetime.fromisoformat(f"{1980 + (date >> 9):04}-{date >> 5 & 15:02}-{date & 31:02}T00:00:00")
    return day + timedelta(hours=time >> 11, minutes=time >> 5 & 63, seconds=(time & 31) * 2)


fat_times = st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2107-12-31T23:59:59.999999"))


@given(fat_times, fat_times, fat_times)
def test_stored_times_are_what_the_entry_says(born: datetime, modified: datetime, accessed: datetime) -> None:
    times = EntryTimes.of(born, modified, accessed)
    entry = short_entry(b"A       TXT", 0x20, times, first_cluster=0x12345, size_bytes=77)
    name, _, _, hundredths, b_time, b_date, a_date, high, m_time, m_date, low, size = struct.unpack(
        "<11sBBBHHHHHHHI", entry
    )

    assert decoded(b_date, b_time) + timedelta(milliseconds=10 * hundredths) == times.born
    assert decoded(m_date, m_time) == times.modified
    assert decoded(a_date, 0) == times.accessed
    assert timedelta(0) <= born - times.born < timedelta(milliseconds=10)
    assert timedelta(0) <= modified - times.modified < timedelta(seconds=2)
    assert times.accessed.date() == accessed.date()
    assert (name, high, low, size) == (b"A       TXT", 1, 0x2345, 77)


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("2026-03-01T10:00:00+05:00", "carries a zone", "DeviceClock.local"),
        ("1979-12-31T23:59:59", "the year 1979", "1980 to 2107"),
        ("2108-01-01T00:00:00", "the year 2108", "1980 to 2107"),
    ],
)
def test_a_time_that_fat_can_not_hold_is_refused(text: str, message: str, remedy: str) -> None:
    good, bad = datetime.fromisoformat("2026-03-01T10:00:00"), datetime.fromisoformat(text)
    for times in ((bad, good, good), (good, bad, good), (good, good, bad)):
        with pytest.raises(SynthesisError, match=message) as caught:
            EntryTimes.of(*times)
        assert remedy in caught.value.remedy
