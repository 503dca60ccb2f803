"""GUID partition tables made by gdisk, whole and damaged."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.owners import MediumMap, Region
from labkit.evidence.volumes import partition_table, volume_at
from labkit.model.volumes import Gap, PartitionTable
from tests.oracles import oracle
from tests.unit.evidence.conftest import MIB

SIZE = 24 * MIB
LAST_SECTOR = SIZE // 512 - 1
DATA_SECTOR = 8192
CRC = 16


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory, fat16_image: Path) -> bytes:
    path = tmp_path_factory.mktemp("gpt") / "gpt.raw"
    with path.open("wb") as file:
        file.truncate(SIZE)
    oracle(["sgdisk", "-n", "1:2048:4095", "-t", "1:ef00", "-n", "2:8192:40959", "-c", "2:KF data", path])
    content = bytearray(path.read_bytes())
    fat = fat16_image.read_bytes()
    content[DATA_SECTOR * 512 : DATA_SECTOR * 512 + len(fat)] = fat
    return bytes(content)


Changed = Callable[..., Path]


@pytest.fixture
def changed(disk: bytes, tmp_path: Path) -> Changed:
    def change(*places: int, size: int = SIZE) -> Path:
        content = bytearray(disk[:size])
        for place in places:
            content[place] ^= 0xFF
        path = tmp_path / "changed.raw"
        path.write_bytes(content)
        return path

    return change


def table_of(path: Path) -> PartitionTable:
    with open_image(path) as image:
        return partition_table(image)


def test_a_sound_table_has_no_problems(changed: Changed) -> None:
    table = table_of(changed())

    assert (table.kind, table.problems) == ("GPT", ())
    assert [(one.number, one.start_bytes, one.size_bytes, one.description) for one in table.volumes] == [
        (1, 1 * MIB, 1 * MIB, "EFI system"),
        (2, 4 * MIB, 16 * MIB, "KF data"),
    ]
    assert [one.filesystem for one in table.volumes] == [None, "FAT16"]


def test_gaps_are_those_of_mmls(changed: Changed) -> None:
    path = changed()
    unallocated = [line.split() for line in oracle(["mmls", path]).splitlines() if "Unallocated" in line]

    assert table_of(path).gaps == tuple(Gap(int(row[2]) * 512, int(row[4]) * 512) for row in unallocated)


PRIMARY_HEADER, PRIMARY_ENTRY = 512 + CRC, 1024 + 32
BACKUP_HEADER, BACKUP_ENTRY = LAST_SECTOR * 512 + CRC, (LAST_SECTOR - 32) * 512 + 32


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (PRIMARY_HEADER, "primary GUID partition table is damaged: the checksum of the header in sector 1"),
        (512, "primary GUID partition table is damaged: sector 1 does not begin with EFI PART"),
        (512 + 13, "primary GUID partition table is damaged: the header in sector 1 states a size of"),
        (PRIMARY_ENTRY, "primary GUID partition table is damaged: the checksum of the entries from sector 2 on"),
        (BACKUP_HEADER, f"backup GUID partition table is damaged: the checksum of the header in sector {LAST_SECTOR}"),
        (BACKUP_ENTRY, "backup GUID partition table is damaged: the checksum of the entries"),
        (510, "no protective master boot record"),
    ],
)
def test_the_sound_copy_is_used_and_the_damage_named(place: int, problem: str, changed: Changed) -> None:
    sound = table_of(changed())

    table = table_of(changed(place))

    assert table.volumes == sound.volumes
    assert problem in table.problems[0]
    assert ("the backup at the end of the medium was used" in table.problems) == ("primary" in problem)


def test_both_copies_damaged_is_an_error_that_names_both(changed: Changed) -> None:
    with pytest.raises(EvidenceError, match=r"primary .* sector 1 .*; the backup .* entries") as caught:
        table_of(changed(PRIMARY_HEADER, BACKUP_ENTRY))

    assert "--offset BYTES" in caught.value.remedy


def test_a_volume_is_opened_by_its_first_byte_without_a_table(changed: Changed) -> None:
    with open_image(changed(PRIMARY_HEADER, BACKUP_HEADER)) as image:
        found = volume_at(image, DATA_SECTOR * 512)

    assert (found.number, found.filesystem) == (0, "FAT16")


def test_a_medium_is_searched_without_a_table(changed: Changed) -> None:
    with open_image(changed(PRIMARY_HEADER, BACKUP_HEADER)) as image:
        place = MediumMap(image).at(DATA_SECTOR * 512)

    assert place.region is Region.UNPARTITIONED


def test_copies_that_differ_are_named(disk: bytes, tmp_path: Path) -> None:
    content = bytearray(disk)
    entries = (LAST_SECTOR - 32) * 512
    header = LAST_SECTOR * 512
    content[entries + 128 : entries + 256] = bytes(128)
    struct.pack_into("<I", content, header + 88, zlib.crc32(content[entries : entries + 16384]))
    content[header + CRC : header + CRC + 4] = bytes(4)
    struct.pack_into("<I", content, header + CRC, zlib.crc32(content[header : header + 92]))
    path = tmp_path / "differ.raw"
    path.write_bytes(content)

    table = table_of(path)

    assert [one.description for one in table.volumes] == ["EFI system", "KF data"]
    assert table.problems == ("the primary and the backup GUID partition table differ; the primary was used",)


def test_a_medium_cut_off_has_its_backup_outside(changed: Changed) -> None:
    table = table_of(changed(size=12 * MIB))

    assert table.problems == (
        f"the backup GUID partition table is damaged: sector {LAST_SECTOR} lies outside the medium",
        "entry 2 ends at sector 40959, behind the end of the medium",
    )
    assert [one.size_bytes for one in table.volumes] == [1 * MIB, 8 * MIB]


def test_an_old_guid_table_behind_a_new_mbr_does_not_count(disk: bytes, tmp_path: Path) -> None:
    content = bytearray(disk)
    content[446:510] = struct.pack("<B3xB3xII", 0, 0x0C, DATA_SECTOR, 32768).ljust(64, b"\0")
    path = tmp_path / "divided_anew.raw"
    path.write_bytes(content)

    table = table_of(path)

    assert table.kind == "MBR"
    assert [(one.start_bytes, one.filesystem) for one in table.volumes] == [(4 * MIB, "FAT16")]


def test_sectors_of_4096_bytes_are_read(tmp_path: Path) -> None:
    entries = struct.pack("<16s16sQQQ72s", b"\x01" * 16, b"\x02" * 16, 256, 511, 0, "4K".encode("utf-16-le")).ljust(
        128 * 128, b"\0"
    )
    fields = (1, 1023, 6, 1017, b"\x03" * 16, 2, 128, 128, zlib.crc32(entries))
    layout = "<8sIIIIQQQQ16sQIII"
    crc = zlib.crc32(struct.pack(layout, b"EFI PART", 0x10000, 92, 0, 0, *fields))
    content = bytearray(1024 * 4096)
    content[446:462] = struct.pack("<B3xB3xII", 0, 0xEE, 1, 1023)
    content[510:512] = b"\x55\xaa"
    content[4096 : 4096 + 92] = struct.pack(layout, b"EFI PART", 0x10000, 92, crc, 0, *fields)
    content[8192 : 8192 + len(entries)] = entries
    path = tmp_path / "four_k.raw"
    path.write_bytes(content)

    table = table_of(path)

    assert [(one.start_bytes, one.size_bytes, one.description) for one in table.volumes] == [(1 * MIB, 1 * MIB, "4K")]
    assert "backup" in table.problems[0]
