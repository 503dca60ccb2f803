"""Chains of logical partitions as the Sleuth Kit and libvsmbr walk them."""

from pathlib import Path

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes.ebr import EXTENDED_CHS, EXTENDED_LBA, ONE_TRACK_SECTORS, write_logical
from labkit.synthesis.volumes.mbr import MbrPartition, write_mbr
from tests.unit.synthesis.volumes.conftest import mmls, raw_image

SECTORS = 131072
PRIMARY = MbrPartition(0x07, 2048, 2048)
EXTENDED = MbrPartition(EXTENDED_LBA, 4096, 122880)
LOGICAL = (
    MbrPartition(0x07, 6144, 10240),
    MbrPartition(0x0C, 18432, 20480),
    MbrPartition(0x83, 49152, 8192),  # 8,192 sectors free before its EBR
)


def a_medium(
    *logical: MbrPartition, extended: MbrPartition = EXTENDED, gap_sectors: int = 2048
) -> tuple[Medium, tuple[int, ...]]:
    medium = Medium(SECTORS * 512)
    write_mbr(medium, [PRIMARY, extended], 0x4B460006)
    return medium, write_logical(medium, extended, logical, gap_sectors=gap_sectors)


@pytest.mark.oracle
def test_the_sleuth_kit_walks_the_chain(tmp_path: Path) -> None:
    medium, tables = a_medium(*LOGICAL)

    rows = mmls(raw_image(medium, tmp_path / "logical.raw"))

    found = [row[1:3] for row in rows if row[0] not in {"Meta", "-------"}]
    assert found == [(one.start_sector, one.size_sectors) for one in (PRIMARY, *LOGICAL)]
    starts = [row[1] * 512 for row in rows if row[3].startswith("Extended Table")]
    assert tables == tuple(starts) == (4096 * 512, 16384 * 512, 47104 * 512)


def test_libvsmbr_walks_the_chain(tmp_path: Path) -> None:
    pyvsmbr = pytest.importorskip("pyvsmbr", reason="libvsmbr is not installed")
    volume = pyvsmbr.volume()
    medium, _ = a_medium(*LOGICAL)
    volume.open(str(raw_image(medium, tmp_path / "logical.raw")))
    try:
        read = [(one.type, one.volume_offset, one.size) for one in volume.partitions]
    finally:
        volume.close()

    for one in (PRIMARY, *LOGICAL):
        assert (one.type_byte, one.start_sector * 512, one.size_sectors * 512) in read


@pytest.mark.oracle
def test_an_old_disk_leaves_one_track(tmp_path: Path) -> None:
    extended = MbrPartition(EXTENDED_CHS, 4158, 100000)
    logical = MbrPartition(0x06, 4158 + 63, 20000), MbrPartition(0x06, 4158 + 63 + 20000 + 63, 20000)
    medium, tables = a_medium(*logical, extended=extended, gap_sectors=ONE_TRACK_SECTORS)

    rows = mmls(raw_image(medium, tmp_path / "old.raw"))

    assert [row[1:3] for row in rows if "FAT16" in row[3]] == [(4221, 20000), (24284, 20000)]
    assert tables[1] == (4158 + 63 + 20000) * 512


@pytest.mark.parametrize(
    ("logical", "extended", "gap", "message", "remedy"),
    [
        ([LOGICAL[0]], MbrPartition(0x07, 4096, 8192), 2048, "type 0x07 can not hold", "0x0F"),
        ([], EXTENDED, 2048, "0 logical partitions", "at least one"),
        ([LOGICAL[0]], EXTENDED, 0, "gap of 0 sectors", "2048 or 63"),
        ([MbrPartition(0x07, 4096, 100)], EXTENDED, 2048, "from sector 6144, behind its EBR", "sector 6144"),
        ([MbrPartition(0x07, 6144, 130000)], EXTENDED, 2048, "does not lie within", "126975 at the latest"),
        ([LOGICAL[0], MbrPartition(0x07, 16385, 10)], EXTENDED, 2048, "no room for an EBR", "sector 18432"),
        ([LOGICAL[1], LOGICAL[0]], EXTENDED, 2048, "before logical partition 2", "order"),
        ([LOGICAL[0], MbrPartition(0x07, 7000, 10)], EXTENDED, 2048, "overlap", "behind"),
        ([MbrPartition(0, 6144, 10)], EXTENDED, 2048, "partition 1 has the type 0", "1 to 255"),
    ],
)
def test_a_chain_that_can_not_be_is_refused(
    logical: list[MbrPartition], extended: MbrPartition, gap: int, message: str, remedy: str
) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        a_medium(*logical, extended=extended, gap_sectors=gap)

    assert remedy in caught.value.remedy
