"""What the small readers of verification make of what they are given."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.libyal import dfvfs_paths, fat_records
from labkit.model.volumes import Volume
from labkit.verification.acquisition_log import unreadable_sectors
from labkit.verification.confirmation import Span, agree
from labkit.verification.content_types import extension_of, recognised
from labkit.verification.sleuthkit import labelled, listed, partitions, stated
from labkit.verification.times import RESOLUTION, worked_out
from tests.unit.verification.small_item import SmallItem

FLS = """r/r 3:\tKFSTICK     (Volume Label Entry)
d/d 5:\tDocs
r/r 23:\tDocs/договор.txt
r/r * 31:\tDocs/gone.txt
-/r * 40-128-2:\tDocs/ntfs.txt
V/V 2032102:\t$OrphanFiles
"""
MMLS = """DOS Partition Table
Offset Sector: 0
Units are in 512-byte sectors

      Slot      Start        End          Length       Description
000:  Meta      0000000000   0000000000   0000000001   Primary Table (#0)
001:  -------   0000000000   0000002047   0000002048   Unallocated
002:  000:000   0000002048   0000131071   0000129024   Win95 FAT32 (0x0c)
"""
ISTAT = """Directory Entry: 26
Not Allocated
File Attributes: File, Archive
Size: 700
Name: _LACKH~1.TXT

Directory Entry Times:
Written:\t2026-02-03 14:05:06 (UTC)
Accessed:\t2026-02-03 00:00:00 (UTC)
Created:\t2026-02-03 14:05:07 (UTC)

Sectors:
2025 2026 2027 2028 2029 2030 2031 2032
2033
"""


def test_fls_lines_are_paths_addresses_and_states() -> None:
    lines = {line.path: line for line in listed(FLS)}

    assert lines["/Docs/договор.txt"].address == 23
    assert lines["/Docs/gone.txt"].deleted
    assert lines["/Docs"].directory
    assert not lines["/Docs"].deleted
    assert lines["/Docs/ntfs.txt"].address == 40


def test_mmls_lines_are_partitions_only() -> None:
    (partition,) = partitions(MMLS)

    assert (partition.start_sector, partition.size_sectors) == (2048, 129024)


def test_istat_gives_state_size_sectors_and_times() -> None:
    found = stated(ISTAT)

    assert found is not None
    assert not found.allocated
    assert found.size_bytes == 700
    assert found.sectors == tuple(range(2025, 2034))
    assert found.times["born"] == datetime(2026, 2, 3, 14, 5, 7, tzinfo=UTC)
    assert stated("Invalid address") is None


def test_fsstat_values_stand_behind_their_labels() -> None:
    text = "OEM Name: X\nVolume ID: 0x1a2b\n* Data Area: 2018 - 129023\n"

    assert labelled(text, "Volume ID") == "0x1a2b"
    assert labelled(text, "Data Area") == "2018 - 129023"
    assert labelled(text, "Serial") is None


def test_a_log_gives_every_sector_of_every_run() -> None:
    text = "opened 0x0 0x4000000\nread ERROR at 0x200 length 0x400\nunreadable: offset 0x1000, 0x200 bytes\n"

    assert unreadable_sectors(text) == (1, 2, 8)


def test_a_log_that_does_not_speak_of_whole_sectors_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="not about whole sectors"):
        unreadable_sectors("read error at 0x201, length 0x200")


def test_times_are_worked_out_with_the_rules_of_their_day() -> None:
    """Almaty was 6 hours ahead of UTC until the end of February 2024 and is 5 hours ahead since."""
    before = worked_out({"modified": datetime(2024, 2, 1, 12, tzinfo=UTC)}, "Asia/Almaty", 0).facts
    after = worked_out({"modified": datetime(2026, 2, 1, 12, tzinfo=UTC)}, "Asia/Almaty", 433).facts

    assert before is not None
    assert after is not None
    assert before["modified_utc"] == Span(datetime(2024, 2, 1, 6, tzinfo=UTC), RESOLUTION["modified"])
    assert after["modified_device_utc"].begin == datetime(2026, 2, 1, 7, tzinfo=UTC)
    assert after["modified_utc"].begin == datetime(2026, 2, 1, 6, 52, 47, tzinfo=UTC)


def test_agreement_is_strict_about_types_and_spans_are_half_open() -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    assert agree((1, 2), [1, 2])
    assert not agree(1, "1")
    assert not agree(True, 1)
    assert agree(noon, Span(noon, RESOLUTION["modified"]))
    assert not agree(noon.replace(second=2), Span(noon, RESOLUTION["modified"]))
    assert not agree("noon", Span(noon, RESOLUTION["modified"]))


def test_content_is_told_by_its_first_bytes() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("xl/workbook.xml", "<x/>")

    assert recognised(b"\xff\xd8\xff\xe0") == "jpeg"
    assert recognised(b"%PDF-1.7") == "pdf"
    assert recognised(archive.getvalue()) == "xlsx"
    assert recognised("договор\n".encode()) == "text"
    assert recognised(b"\x00\x01\x02\xff") == "unknown"
    assert recognised(b"PK\x03\x04 cut off") == "unknown"


def test_an_extension_is_written_as_the_truth_writes_it() -> None:
    assert extension_of("/a.b/Photo.TXT", like="txt") == "txt"
    assert extension_of("/a.b/Photo.TXT", like=".TXT") == ".TXT"
    assert extension_of("/a.b/photo", like="txt") == ""


def test_libfsfat_and_dfvfs_list_the_same_live_entries(small: SmallItem) -> None:
    raw = small.files["KF.raw"]
    with open_image(raw) as image:
        volume = Volume(1, 2048 * 512, image.size_bytes - 2048 * 512, "", "FAT32")
        records = {record.path: record for record in fat_records(image, volume)}

    assert set(dfvfs_paths(raw)) == set(records)
    assert records["/Docs/host.txt"].content == b"h" * 700
    assert records["/Docs"].directory


def test_what_is_no_file_system_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "zeros.raw"
    path.write_bytes(bytes(1024 * 1024))

    with open_image(path) as image, pytest.raises(EvidenceError, match="libfsfat can not read") as caught:
        list(fat_records(image, Volume(0, 0, image.size_bytes, "", None)))
    assert "labkit image ls" in caught.value.remedy
    with pytest.raises(EvidenceError, match="dfvfs finds no file system"):
        dfvfs_paths(path)
