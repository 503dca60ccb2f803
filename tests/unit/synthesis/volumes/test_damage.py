"""Damaged tables as gdisk and the Sleuth Kit see them; deleted partitions that leave their bytes behind."""

from pathlib import Path

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes.damage import (
    DeletedPartition,
    HeaderDamage,
    damage_header,
    delete_gpt_partition,
    delete_mbr_partition,
)
from labkit.synthesis.volumes.gpt import GptCopy, GptPartition, GptType, write_gpt
from labkit.synthesis.volumes.mbr import MbrPartition, write_mbr
from tests.oracles import oracle
from tests.unit.synthesis.volumes.conftest import gdisk_verdict, mmls, raw_image
from tests.unit.synthesis.volumes.test_gpt import DISK, guid

SECTORS = 131072
BOOT_SECTOR = b"\xebX\x90KF TEST ".ljust(510, b"\0") + b"\x55\xaa"


def a_gpt_medium() -> Medium:
    medium = Medium(SECTORS * 512)
    partitions = [GptPartition(GptType.BASIC_DATA, guid(n), 2048 * (1 + 4 * n), 4096, f"KF {n}") for n in range(3)]
    write_gpt(medium, partitions, DISK)
    medium.write(partitions[1].start_sector * 512, BOOT_SECTOR)
    return medium


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("copy", "said"),
    [
        (GptCopy.PRIMARY, ["Main header: ERROR", "Backup header: OK", "loaded backup partition table"]),
        (GptCopy.BACKUP, ["Main header: OK", "Backup header: ERROR"]),
    ],
)
def test_gdisk_names_the_damaged_copy_and_uses_the_other(copy: GptCopy, said: list[str], tmp_path: Path) -> None:
    medium = a_gpt_medium()
    damage_header(medium, copy)
    image = raw_image(medium, tmp_path / "damaged.raw")

    for words in said:
        assert words in gdisk_verdict(image)
    assert "KF 2" in oracle(["sgdisk", "-p", image])


@pytest.mark.oracle
@pytest.mark.parametrize("at_byte", [0, 10, 24, 56, 72, 91])
def test_each_byte_of_the_header_is_covered(at_byte: int, tmp_path: Path) -> None:
    medium = a_gpt_medium()
    damage_header(medium, at_byte=at_byte, flip=0x01)

    said = gdisk_verdict(raw_image(medium, tmp_path / "damaged.raw"))

    assert "invalid main GPT header" in said or "Main header: ERROR" in said


@pytest.mark.oracle
def test_without_its_signature_the_sleuth_kit_sees_no_table(tmp_path: Path) -> None:
    medium = a_gpt_medium()
    damage_header(medium, at_byte=3)

    assert [row[3] for row in mmls(raw_image(medium, tmp_path / "damaged.raw")) if row[0] == "000:000"] == [
        "GPT Safety Partition (0xee)"
    ]


def test_damage_tells_what_it_did() -> None:
    before = a_gpt_medium()
    medium = before.fork()

    done = damage_header(medium, GptCopy.BACKUP, at_byte=20, flip=0x81)

    header = (SECTORS - 1) * 512
    assert done == HeaderDamage(GptCopy.BACKUP, header, header + 20, 0, 0x81)
    whole = before.read(0, SECTORS * 512), medium.read(0, SECTORS * 512)
    assert [place for place in range(len(whole[0]) - 512, len(whole[0])) if whole[0][place] != whole[1][place]] == [
        header + 20
    ]
    assert whole[0][:header] == whole[1][:header]


@pytest.mark.oracle
def test_a_deleted_partition_leaves_a_sound_table_and_its_bytes(tmp_path: Path) -> None:
    medium = a_gpt_medium()
    entry = medium.read(1024 + 128, 128)

    done = delete_gpt_partition(medium, 2)

    last_table = (SECTORS - 33) * 512
    assert done == DeletedPartition(2, 10240 * 512, 4096 * 512, (1024 + 128, last_table + 128), entry)
    assert [medium.read(place, 128) for place in done.entry_offsets_bytes] == [bytes(128)] * 2
    assert medium.read(done.start_bytes, 512) == BOOT_SECTOR
    image = raw_image(medium, tmp_path / "deleted.raw")
    assert "No problems found" in gdisk_verdict(image)
    assert [row[1:] for row in mmls(image) if row[0].isdigit()] == [(2048, 4096, "KF 0"), (18432, 4096, "KF 2")]


@pytest.mark.oracle
def test_a_partition_deleted_from_an_mbr_leaves_its_bytes(tmp_path: Path) -> None:
    medium = Medium(SECTORS * 512)
    write_mbr(medium, [MbrPartition(0x07, 2048, 4096), MbrPartition(0x0C, 8192, 4096)], 1)
    medium.write(8192 * 512, BOOT_SECTOR)

    done = delete_mbr_partition(medium, 2)

    assert (done.start_bytes, done.size_bytes, done.entry_offsets_bytes) == (8192 * 512, 4096 * 512, (462,))
    assert medium.read(done.start_bytes, 512) == BOOT_SECTOR
    assert len([row for row in mmls(raw_image(medium, tmp_path / "deleted.raw")) if row[0] == "000:000"]) == 1
    assert "000:001" not in [row[0] for row in mmls(tmp_path / "deleted.raw")]


@pytest.mark.parametrize("number", [-1, 0, 4, 129])
def test_a_partition_that_is_not_there_can_not_be_deleted(number: int) -> None:
    medium = Medium(SECTORS * 512)
    write_mbr(medium, [MbrPartition(0x07, 2048, 4096)], 1)

    for delete, on in ((delete_gpt_partition, a_gpt_medium()), (delete_mbr_partition, medium)):
        with pytest.raises(SynthesisError, match=f"no partition {number}") as caught:
            delete(on, number)
        assert "from 1" in caught.value.remedy


@pytest.mark.parametrize(("at_byte", "flip"), [(-1, 1), (92, 1), (16, 0), (16, 256)])
def test_damage_that_would_not_be_any_is_refused(at_byte: int, flip: int) -> None:
    with pytest.raises(SynthesisError, match="does not damage a GPT header") as caught:
        damage_header(a_gpt_medium(), at_byte=at_byte, flip=flip)

    assert "0 to 91" in caught.value.remedy


def test_a_damaged_table_is_not_damaged_further() -> None:
    medium = a_gpt_medium()
    damage_header(medium)

    for further in (damage_header, lambda on: delete_gpt_partition(on, 1)):
        with pytest.raises(SynthesisError, match="no undamaged GUID partition table") as caught:
            further(medium)
        assert "write_gpt" in caught.value.remedy
