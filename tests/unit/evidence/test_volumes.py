"""Partition tables, as mmls and the makers of the tables see them."""

from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.volumes import volume_at, volume_numbered, volumes
from labkit.model.evidence import Volume
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
