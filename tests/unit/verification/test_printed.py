"""What programs for partition tables and NTFS print, cut into facts; and the small readers beside them."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.libyal_ntfs import LibfsntfsVolume
from labkit.evidence.tsk_record import tsk_record
from labkit.model.volumes import Volume
from labkit.verification.exif import taken_at
from labkit.verification.machine_clock import MachineClock, worked_out_utc
from labkit.verification.mft_record import cluster_map, read_record, record_offset_bytes
from labkit.verification.ntfs_boot import read_ntfs_geometry
from labkit.verification.sgdisk import damaged_headers, disk_guid, entries
from labkit.verification.sleuthkit import gaps, listed, partitions
from labkit.verification.sleuthkit_ntfs import journal_lines, stated_record
from tests.unit.verification.small_disk import NTFS_SECTORS, NTFS_START, SmallDisk

MMLS = """GUID Partition Table (EFI)
      Slot      Start        End          Length       Description
000:  Meta      0000000000   0000000000   0000000001   Safety Table
001:  -------   0000000000   0000002047   0000002048   Unallocated
004:  000       0000002048   0000133119   0000131072   EFI system partition
008:  004       0001796096   0001878015   0000081920   
009:  -------   0001878016   0002097151   0000219136   Unallocated
"""  # noqa: W291 - a partition without a name
SGDISK = """Disk identifier (GUID): 8AFB5C5B-F2C9-4B96-AF99-9990267E81B0
Number  Start (sector)    End (sector)  Size       Code  Name
   5         1796096         1878015   40.0 MiB    2700  
   1            2048          133119   64.0 MiB    EF00  EFI system partition
"""  # noqa: W291
ISTAT = """MFT Entry Header Values:
Entry: 23087        Sequence: 2
Not Allocated File
Links: 2

$STANDARD_INFORMATION Attribute Values:
Created:	2026-03-02 07:50:07.120000100 (UTC)
File Modified:	2026-03-02 07:50:08.000000000 (UTC)

$FILE_NAME Attribute Values:
Flags: Archive
Name: REPORT~1.DOC
Parent MFT Entry: 21994 	Sequence: 1
Created:	2026-01-01 00:00:00.000000000 (UTC)

$FILE_NAME Attribute Values:
Flags: Archive
Name: report.docx
Parent MFT Entry: 21994 	Sequence: 1
Created:	2026-02-02 00:00:00.000000000 (UTC)

Attributes: 
Type: $DATA (128-1)   Name: N/A   Non-Resident   size: 17249  init_size: 17249
123735 123736
123737 
Type: $DATA (128-6)   Name: otter   Resident   size: 30
"""  # noqa: W291


def test_mmls_of_a_guid_table_has_partitions_and_gaps() -> None:
    assert [(one.start_sector, one.size_sectors) for one in partitions(MMLS)] == [(2048, 131072), (1796096, 81920)]
    assert [(one.start_sector, one.size_sectors) for one in gaps(MMLS)] == [(0, 2048), (1878016, 219136)]


def test_sgdisk_gives_partitions_in_the_order_of_the_medium() -> None:
    assert [(one.first_sector, one.last_sector, one.code) for one in entries(SGDISK)] == [
        (2048, 133119, "EF00"),
        (1796096, 1878015, "2700"),
    ]
    assert disk_guid(SGDISK) == "8afb5c5b-f2c9-4b96-af99-9990267e81b0"
    assert disk_guid("no table") is None
    assert damaged_headers("Main header: OK\nBackup header: ERROR\n") == ("backup",)


def test_istat_of_an_ntfs_record_gives_the_long_name_and_its_times() -> None:
    found = stated_record(ISTAT)

    assert found is not None
    assert (found.address, found.sequence, found.allocated) == (23087, 2, False)
    assert found.names == (("report.docx", 21994), ("REPORT~1.DOC", 21994))
    assert found.times["born"] == datetime(2026, 3, 2, 7, 50, 7, 120000, tzinfo=UTC)
    assert found.times["name_born"] == datetime(2026, 2, 2, tzinfo=UTC)
    assert [(one.name, one.size_bytes, one.clusters) for one in found.streams] == [
        ("", 17249, (123735, 123736, 123737)),
        ("otter", 30, ()),
    ]
    assert stated_record("Invalid address") is None


def test_fls_lines_of_streams_say_so() -> None:
    stream, whole = listed("r/r 23026-128-6:\tDocs/a.docx:otter\nr/r 23026-128-1:\tDocs/a.docx\n")

    assert (stream.stream, stream.attribute) == ("otter", "128-6")
    assert whole.stream == ""


def test_usnjls_lines_are_changes() -> None:
    (line,) = journal_lines("2.0|104|23087-1|21994-1|7691648|1772982498.0|2147484160|0|0|32|a|b.docx\nnonsense\n")

    assert (line.address, line.parent_address, line.name, line.reasons) == (23087, 21994, "a|b.docx", 0x80000200)
    assert line.at_utc == datetime(2026, 3, 8, 15, 8, 18, tzinfo=UTC)


def test_a_clock_is_right_until_it_is_set_wrong() -> None:
    clock = MachineClock("Asia/Almaty", 433, datetime(2026, 2, 1, tzinfo=UTC))
    before, after = datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 1, 0, 7, 13, tzinfo=UTC)

    assert clock.true_utc(before) == before
    assert clock.true_utc(after) == datetime(2026, 2, 1, tzinfo=UTC)
    assert worked_out_utc({"born": after}, clock).facts == {
        "born_utc": datetime(2026, 2, 1, tzinfo=UTC),
        "born_local": datetime(2026, 2, 1, 5, 7, 13, tzinfo=UTC),
    }


def exif(order: str, tag: int) -> bytes:
    mark = {"<": b"II*\0", ">": b"MM\0*"}[order]
    first = struct.pack(f"{order}IHHHIII", 8, 1, 34665, 4, 1, 26, 0)
    second = struct.pack(f"{order}HHHIII", 1, tag, 2, 20, 44, 0)
    return b"\xff\xd8\xff\xe1\0\0Exif\0\0" + mark + first + second + b"2026:02:27 12:11:37\0"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photo_says_when_it_was_taken(order: str) -> None:
    assert taken_at(exif(order, 36867)) == "2026:02:27 12:11:37"


def test_a_photo_without_a_time_is_said_to_have_none() -> None:
    with pytest.raises(ValueError, match="no tag 36867"):
        taken_at(exif("<", 1))
    with pytest.raises(ValueError, match="no Exif"):
        taken_at(b"\xff\xd8\xff\xdb")
    with pytest.raises(ValueError, match="damaged"):
        taken_at(exif("<", 36867)[:30])


def test_what_is_no_ntfs_is_refused_by_every_reader(tmp_path: Path) -> None:
    path = tmp_path / "zeros.raw"
    path.write_bytes(bytes(1024 * 1024))
    volume = Volume(1, 0, 1024 * 1024, "", "NTFS")

    with open_image(path) as image:
        with pytest.raises(ValueError, match="no NTFS boot sector"):
            read_ntfs_geometry(image, 0)
        with pytest.raises(EvidenceError, match="libfsntfs can not read") as caught:
            LibfsntfsVolume(image, volume)
        assert "labkit image ls" in caught.value.remedy
        with pytest.raises(EvidenceError, match="the Sleuth Kit can not read record 5"):
            tsk_record(image, volume, 5)


def test_records_that_are_not_there_are_refused(disk: SmallDisk) -> None:
    volume = Volume(1, NTFS_START * 512, NTFS_SECTORS * 512, "", "NTFS")
    with open_image(disk.files["KF.raw"]) as image:
        geometry = read_ntfs_geometry(image, volume.start_bytes)
        library = LibfsntfsVolume(image, volume)

        assert len(cluster_map(image, geometry)) * 8 >= NTFS_SECTORS // 8
        with pytest.raises(ValueError, match="the table has no record 60000"):
            record_offset_bytes(image, geometry, 60000)
        with pytest.raises(ValueError, match="no MFT record begins"):
            read_record(image, geometry, volume.start_bytes)
        with pytest.raises(ValueError, match="no stream otter"):
            read_record(image, geometry, geometry.table_start_bytes).stream("otter")
        with pytest.raises(EvidenceError, match="libfsntfs can not read record 60000"):
            library.record(60000)
        with pytest.raises(EvidenceError, match="the Sleuth Kit can not read record 60000"):
            tsk_record(image, volume, 60000)
        assert library.address_of("/nobody.txt") is None
        with pytest.raises(EvidenceError, match="libfsntfs can not read record 60000"):
            library.path_of(60000)


def test_a_record_whose_sectors_do_not_belong_together_is_refused(disk: SmallDisk, tmp_path: Path) -> None:
    place = disk.traces["early"].facts["entry_offset_bytes"]
    assert isinstance(place, int)
    data = bytearray(disk.files["KF.raw"].read_bytes())
    data[place + 510] ^= 1
    torn = tmp_path / "torn.raw"
    torn.write_bytes(data)

    with open_image(torn) as image, pytest.raises(ValueError, match="do not belong together"):
        read_record(image, read_ntfs_geometry(image, NTFS_START * 512), place)
