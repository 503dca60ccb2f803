"""Partition tables, as mmls and the makers of the tables see them."""

from pathlib import Path

import pytest

from labkit.containers.raw import write_raw
from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.volumes import partition_table, volume_at, volume_numbered, volumes
from labkit.model.volumes import Volume
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes.ebr import write_logical
from labkit.synthesis.volumes.mbr import MbrPartition, write_mbr
from tests.oracles import oracle
from tests.unit.evidence.conftest import MIB


def test_partitions_are_numbered_in_the_order_of_the_table(disk_image: Path) -> None:
    with open_image(disk_image) as image:
        first, second = volumes(image)

    assert first == Volume(1, 2048 * 512, 2048 * 512, "Linux (0x83)", None)
    assert second == Volume(2, 4096 * 512, 40 * MIB, "Win95 FAT32 (0x0c)", "FAT32")
    assert "Win95 FAT32 (0x0c)" in oracle(["mmls", disk_image])


def test_gpt_partitions_are_found(tmp_path: Path, fat_image: Path) -> None:
    path = tmp_path / "gpt.raw"
    with path.open("wb") as file:
        file.truncate(64 * MIB)
    oracle(["sgdisk", "-n", "1:2048:4095", "-c", "1:boot", "-n", "2:8192:0", "-c", "2:KF data", path])
    with path.open("r+b") as file:
        file.seek(8192 * 512)
        file.write(fat_image.read_bytes())

    with open_image(path) as image:
        found = volumes(image)

    assert [(volume.number, volume.start_bytes, volume.filesystem) for volume in found] == [
        (1, 2048 * 512, None),
        (2, 8192 * 512, "FAT32"),
    ]
    assert found[1].description == "KF data"


def test_medium_without_a_table_is_volume_0(fat_image: Path, ntfs_image: Path) -> None:
    for path, filesystem in ((fat_image, "FAT32"), (ntfs_image, "NTFS")):
        with open_image(path) as image:
            (whole,) = volumes(image)
        assert (whole.number, whole.start_bytes, whole.size_bytes) == (0, 0, path.stat().st_size)
        assert whole.filesystem == filesystem


def test_boot_sector_that_looks_like_a_table_does_not_hide_the_file_system(fat_image: Path, tmp_path: Path) -> None:
    data = bytearray(fat_image.read_bytes())
    data[3:11] = b"LABKIT  "  # an OEM name by which the Sleuth Kit does not tell a boot sector from an MBR
    data[446:462] = bytes.fromhex("00000000830000000008000000100000")
    path = tmp_path / "ambiguous.raw"
    path.write_bytes(data)

    with open_image(path) as image:
        (whole,) = volumes(image)

    assert (whole.number, whole.filesystem) == (0, "FAT32")


def test_text_file_has_one_volume_without_a_file_system(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a disk\n" * 100, encoding="utf-8")
    with open_image(path) as image:
        (whole,) = volumes(image)
    assert (whole.number, whole.filesystem) == (0, None)


def test_unknown_number_lists_those_there_are(disk_image: Path) -> None:
    with open_image(disk_image) as image, pytest.raises(EvidenceError, match="has no volume 7") as caught:
        volume_numbered(image, 7)
    assert "1, 2" in caught.value.remedy


def test_volume_is_chosen_by_its_first_byte(disk_image: Path) -> None:
    with open_image(disk_image) as image:
        assert volume_at(image, 4096 * 512).number == 2


def test_lost_partition_is_opened_by_its_first_byte(disk_image: Path, tmp_path: Path) -> None:
    data = bytearray(disk_image.read_bytes())
    data[446:510] = bytes(64)
    path = tmp_path / "lost.raw"
    path.write_bytes(data)
    with open_image(path) as image:
        found = volume_at(image, 4096 * 512)
    assert (found.number, found.start_bytes, found.filesystem) == (0, 4096 * 512, "FAT32")


@pytest.mark.parametrize(("offset", "message"), [(4096, "no file system"), (10**12, "outside"), (-512, "outside")])
def test_offset_without_a_file_system_explains_the_unit(offset: int, message: str, disk_image: Path) -> None:
    with open_image(disk_image) as image, pytest.raises(EvidenceError, match=message) as caught:
        volume_at(image, offset)
    assert "times 512" in caught.value.remedy


def test_damage_under_a_volume_is_reported_as_such(e01_image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(offset_bytes: int, size_bytes: int) -> bytes:
        raise OSError("chunk")

    with open_image(e01_image) as image:
        monkeypatch.setattr(image._media, "read_at", broken)
        with pytest.raises(EvidenceError, match="can not be read") as caught:
            volumes(image)
    assert "working copy" in caught.value.remedy


def test_logical_partitions_are_listed_with_what_lies_between(tmp_path: Path, fat_image: Path) -> None:
    medium = Medium(128 * MIB)
    extended = MbrPartition(0x0F, 8192, 253952)
    write_mbr(medium, [MbrPartition(0x07, 2048, 2048), extended], 1)
    write_logical(medium, extended, [MbrPartition(0x0C, 10240, 81920), MbrPartition(0x83, 122880, 4096)])
    medium.write(10240 * 512, fat_image.read_bytes())
    path = tmp_path / "logical.raw"
    write_raw(medium.chunks(), path)

    with open_image(path) as image:
        table = partition_table(image)

    assert (table.kind, table.problems) == ("MBR", ())
    assert [(one.number, one.start_bytes // 512, one.filesystem) for one in table.volumes] == [
        (1, 2048, None),
        (2, 10240, "FAT32"),
        (3, 122880, None),
    ]
    assert [(gap.start_bytes // 512, gap.size_bytes // 512) for gap in table.gaps] == [
        (0, 2048),
        (4096, 6144),
        (92160, 30720),
        (126976, 135168),
    ]


def test_a_partition_that_ends_behind_the_medium_is_named(disk_image: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut_off.raw"
    path.write_bytes(disk_image.read_bytes()[: 10 * MIB])

    with open_image(path) as image:
        table = partition_table(image)

    assert table.volumes[1].size_bytes == 8 * MIB
    assert table.problems == (
        f"the partition at byte {2 * MIB} (Win95 FAT32 (0x0c)) ends {32 * MIB} bytes behind the end of the medium",
    )
