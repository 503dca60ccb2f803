"""GUID partition tables as gdisk, the Sleuth Kit, libvsgpt and dfvfs read them."""

from pathlib import Path
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.volumes.gpt import GptAttribute, GptPartition, GptType, places, random_guid, write_gpt
from labkit.synthesis.volumes.places import Gap, aligned, gaps
from tests.oracles import oracle
from tests.unit.synthesis.volumes.conftest import mmls, raw_image

SECTORS = 131072
DISK = UUID("4b460006-0001-4002-8003-000000000006")


def guid(number: int) -> UUID:
    return UUID(int=0x4B460006_0001_4002_8003_000000000100 + number)


WINDOWS = (
    GptPartition(
        GptType.WINDOWS_RECOVERY,
        guid(1),
        2048,
        8192,
        "Basic data partition",
        GptAttribute.REQUIRED | GptAttribute.NO_DRIVE_LETTER,
    ),
    GptPartition(GptType.EFI_SYSTEM, guid(2), 10240, 16384, "EFI system partition"),
    GptPartition(GptType.MICROSOFT_RESERVED, guid(3), 26624, 2048, "Microsoft reserved partition"),
    GptPartition(GptType.BASIC_DATA, guid(4), 30720, 40960, "Данные"),
    GptPartition(GptType.LINUX, guid(5), 81920, 49119 - 2048, "n" * 36, GptAttribute.READ_ONLY),
)


def a_medium(*partitions: GptPartition, sectors: int = SECTORS) -> Medium:
    medium = Medium(sectors * 512)
    write_gpt(medium, partitions, DISK)
    return medium


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return raw_image(a_medium(*WINDOWS), tmp_path_factory.mktemp("gpt") / "gpt.raw")


@pytest.mark.oracle
def test_gdisk_finds_no_problem(image: Path) -> None:
    said = oracle(["sgdisk", "-v", image])

    assert "No problems found" in said
    assert "Caution" not in said.replace("Caution: Partition 5 doesn't end on a 2048-sector boundary", "")


@pytest.mark.oracle
def test_gdisk_reads_every_field(image: Path) -> None:
    assert str(DISK).upper() in oracle(["sgdisk", "-p", image])
    for number, partition in enumerate(WINDOWS, start=1):
        said = oracle(["sgdisk", "-i", str(number), image])
        assert f"Partition GUID code: {str(partition.type.value).upper()}" in said
        assert f"Partition unique GUID: {str(partition.guid).upper()}" in said
        assert f"First sector: {partition.start_sector} " in said
        assert f"Last sector: {partition.end_sector - 1} " in said
        assert f"Attribute flags: {partition.attributes:016X}" in said
        assert f"Partition name: '{partition.name}'" in said


@pytest.mark.oracle
def test_the_sleuth_kit_lists_them_with_the_gaps(image: Path) -> None:
    rows = mmls(image)

    assert [row[1:3] for row in rows if row[0].isdigit()] == [
        (partition.start_sector, partition.size_sectors) for partition in WINDOWS
    ]
    ours = gaps(WINDOWS, 0, SECTORS)
    assert ours == tuple(Gap(row[1] * 512, row[2] * 512) for row in rows if row[3] == "Unallocated")
    assert Gap(28672 * 512, 2048 * 512) in ours


def test_libvsgpt_reads_the_same(image: Path) -> None:
    pyvsgpt = pytest.importorskip("pyvsgpt", reason="libvsgpt is not installed")
    volume = pyvsgpt.volume()
    volume.open(str(image))
    try:
        read = [
            (UUID(one.identifier), UUID(one.type_identifier), one.volume_offset, one.size) for one in volume.partitions
        ]
    finally:
        volume.close()

    assert read == [(one.guid, one.type.value, one.start_sector * 512, one.size_sectors * 512) for one in WINDOWS]


def test_dfvfs_finds_the_partitions(image: Path) -> None:
    from dfvfs.path import factory
    from dfvfs.volume import gpt_volume_system

    located = factory.Factory.NewPathSpec("OS", location=str(image))
    system = gpt_volume_system.GPTVolumeSystem()

    system.Open(factory.Factory.NewPathSpec("GPT", location="/", parent=located))

    assert [(one.identifier, one.extents[0].offset, one.extents[0].size) for one in system.volumes] == [
        (f"p{number}", one.start_sector * 512, one.size_sectors * 512) for number, one in enumerate(WINDOWS, start=1)
    ]


def test_the_largest_table_is_full(tmp_path: Path) -> None:
    partitions = [GptPartition(GptType.LINUX, guid(number), 2048 + 8 * number, 8) for number in range(128)]

    image = raw_image(a_medium(*partitions), tmp_path / "full.raw")

    assert len([row for row in mmls(image) if row[0].isdigit()]) == 128


def test_partitions_may_touch_both_ends_of_what_is_usable() -> None:
    usable = places(Medium(SECTORS * 512)).usable

    a_medium(GptPartition(GptType.LINUX, guid(1), usable.start, len(usable)))

    assert (usable.start, usable.stop) == (34, SECTORS - 33)


def test_guids_are_drawn_and_of_version_4() -> None:
    drawn = random_guid(Stream(b"seed", "disk")), random_guid(Stream(b"seed", "disk"))

    assert drawn[0] == drawn[1] != random_guid(Stream(b"seed", "partition"))
    assert (drawn[0].version, drawn[0].variant) == (4, "specified in RFC 4122")


def test_the_usual_begin_is_a_mebibyte() -> None:
    assert [aligned(sector) for sector in (0, 1, 34, 2048, 2049)] == [0, 2048, 2048, 2048, 4096]


@pytest.mark.parametrize(
    ("partitions", "message", "remedy"),
    [
        ([GptPartition(GptType.LINUX, guid(n), 2048 + n, 1) for n in range(129)], "129 partitions", "at most 128"),
        ([GptPartition(GptType.LINUX, guid(1), 33, 10)], "usable sectors, 34 to 131038", "sector 34 or later"),
        ([GptPartition(GptType.LINUX, guid(1), 131000, 40)], "usable sectors", "131038 at the latest"),
        ([GptPartition(GptType.LINUX, guid(1), 2048, 0)], "does not lie within", "sector 34"),
        (
            [GptPartition(GptType.LINUX, guid(1), 4096, 10), GptPartition(GptType.LINUX, guid(2), 2048, 2049)],
            "2 and 1 overlap at sector 4096",
            "behind the end",
        ),
        (
            [GptPartition(GptType.LINUX, guid(1), 2048, 10), GptPartition(GptType.LINUX, guid(1), 4096, 10)],
            "same GUID",
            "random_guid",
        ),
        ([GptPartition(GptType.LINUX, guid(1), 2048, 10, "n" * 37)], "37 UTF-16 units", "Shorten"),
        ([GptPartition(GptType.LINUX, guid(1), 2048, 10, "\U0001f4be" * 19)], "38 UTF-16 units", "Shorten"),
    ],
)
def test_a_table_that_can_not_be_is_refused(partitions: list[GptPartition], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_medium(*partitions)

    assert remedy in caught.value.remedy


def test_attributes_beyond_64_bits_are_refused() -> None:
    with pytest.raises(SynthesisError, match="do not fit 64 bits") as caught:
        a_medium(GptPartition(GptType.LINUX, guid(1), 2048, 10, attributes=GptAttribute(1 << 64)))

    assert "GptAttribute" in caught.value.remedy


def test_a_medium_without_room_is_refused() -> None:
    with pytest.raises(SynthesisError, match="68 sectors is too small") as caught:
        a_medium(sectors=68)

    assert "1 MiB" in caught.value.remedy
