import struct

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.medium import Medium
from labkit.synthesis.volumes.mbr import MbrPartition, chs_address, write_mbr


def sector_0(*partitions: MbrPartition, sectors: int = 131072) -> bytes:
    medium = Medium(sectors * 512)
    write_mbr(medium, partitions, 0x4B460006)
    return medium.read(0, 512)


def test_the_table_holds_what_was_given() -> None:
    sector = sector_0(MbrPartition(0x0C, 2048, 1000), MbrPartition(0x07, 4096, 500, active=True))

    assert sector[440:446] == bytes.fromhex("0600464b0000")
    assert sector[510:] == b"\x55\xaa"
    assert struct.unpack_from("<B3xB3xII", sector, 446) == (0, 0x0C, 2048, 1000)
    assert struct.unpack_from("<B3xB3xII", sector, 462) == (0x80, 0x07, 4096, 500)
    assert sector[478:510] == bytes(32)


@pytest.mark.parametrize(
    ("sector", "cylinder", "head", "number"),
    [(0, 0, 0, 1), (62, 0, 0, 63), (63, 0, 1, 1), (2048, 0, 32, 33), (16065, 1, 0, 1), (16450559, 1023, 254, 63)],
)
def test_chs_counts_255_heads_and_63_sectors(sector: int, cylinder: int, head: int, number: int) -> None:
    address = chs_address(sector)

    assert (address[0], address[1] & 0x3F, address[2] | (address[1] & 0xC0) << 2) == (head, number, cylinder)


def test_a_sector_beyond_the_last_cylinder_has_no_chs() -> None:
    assert chs_address(16450560) == b"\xfe\xff\xff"


def test_first_and_last_sector_have_their_own_chs() -> None:
    sector = sector_0(MbrPartition(0x0C, 2048, 20_000_000), sectors=30_000_000)

    assert sector[447:450] == bytes((32, 33, 0))
    assert sector[451:454] == b"\xfe\xff\xff"


def test_partitions_may_touch_and_stand_in_any_order() -> None:
    sector = sector_0(MbrPartition(0x0C, 3048, 1000), MbrPartition(0x0C, 2048, 1000))

    assert struct.unpack_from("<I", sector, 454) == (3048,)


@pytest.mark.parametrize(
    ("partitions", "message", "remedy"),
    [
        ([MbrPartition(0x0C, 100 + 10 * n, 10) for n in range(5)], "5 partitions do not fit", "four"),
        ([MbrPartition(0x0C, 2048, 100), MbrPartition(0x0C, 2147, 100)], "1 and 2 overlap at sector 2147", "behind"),
        ([MbrPartition(0x0C, 3000, 100), MbrPartition(0x0C, 2048, 9000)], "2 and 1 overlap at sector 3000", "behind"),
        ([MbrPartition(0x0C, 0, 100)], "does not lie within", "sector 1"),
        ([MbrPartition(0x0C, 2048, 0)], "does not lie within", "sector 1"),
        ([MbrPartition(0x0C, 131000, 73)], "does not lie within a medium of 131072", "131071 at the latest"),
        ([MbrPartition(0x00, 2048, 10)], "type 0", "0x0C"),
        ([MbrPartition(0x100, 2048, 10)], "type 256", "0x0C"),
        (
            [MbrPartition(0x0C, 2048, 10, active=True), MbrPartition(0x0C, 4096, 10, active=True)],
            "more than one partition is active",
            "at most one",
        ),
    ],
)
def test_a_table_that_can_not_be_is_refused(partitions: list[MbrPartition], message: str, remedy: str) -> None:
    with pytest.raises(SynthesisError, match=message) as caught:
        sector_0(*partitions)

    assert remedy in caught.value.remedy


def test_a_partition_beyond_32_bits_of_sectors_is_refused() -> None:
    with pytest.raises(SynthesisError, match="can address") as caught:
        sector_0(MbrPartition(0x0C, 2**32, 10), sectors=2**32 + 100)

    assert "2^32" in caught.value.remedy


@pytest.mark.parametrize("signature", [-1, 2**32])
def test_a_disk_signature_beyond_32_bits_is_refused(signature: int) -> None:
    with pytest.raises(SynthesisError, match="disk signature") as caught:
        write_mbr(Medium(1 << 20), [], signature)

    assert "32 bits" in caught.value.remedy
