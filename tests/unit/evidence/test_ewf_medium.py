"""The own reader of E01 media: images of other programs are sound, and damage is named."""

import zlib
from pathlib import Path

import pytest

from labkit.containers.ewf_sections import ZERO_CHUNK_STREAM
from labkit.evidence.ewf.medium import DamagedEwfError, EwfMedium, UnusualEwfError
from labkit.evidence.ewf.streams import DamagedStreamError, inflated, stream_problem
from labkit.evidence.image import open_image
from labkit.evidence.verify import verify
from labkit.hashing import digest_blocks, digest_file
from tests.oracles import oracle, reference_image
from tests.unit.acquisition.devices import MIB, acquired, medium_bytes, write_device
from tests.unit.acquisition.test_acquire import e01

FORMATS = ("ewf", "smart", "ftk", "encase2", "encase3", "encase4", "encase5", "encase6", "linen5", "linen6", "ewfx")


def foreign(folder: Path, form: str, compression: str, *more: str) -> Path:
    """Return an image that ewfacquire made of 3 MiB and a bit."""
    source = folder / "source.raw"
    source.write_bytes(medium_bytes(3 * MIB + 512 * 7))
    oracle(["ewfacquire", "-u", "-f", form, "-c", compression, *more, "-t", folder / "image", source])
    return next(folder.glob("image.[Ees]01"))


@pytest.mark.oracle
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("compression", ["none", "empty-block", "fast", "best"])
def test_images_of_ewfacquire_are_sound(tmp_path: Path, form: str, compression: str) -> None:
    image = foreign(tmp_path, form, compression)

    with open_image(image) as opened:
        found = verify(opened)

    assert found.damage == ()
    assert found.agrees is True
    assert found.computed == digest_file(tmp_path / "source.raw")


@pytest.mark.oracle
@pytest.mark.parametrize("sectors", ["16", "128", "1024"])
def test_chunks_of_any_size_and_several_segments(tmp_path: Path, sectors: str) -> None:
    image = foreign(tmp_path, "encase6", "fast", "-b", sectors, "-S", str(MIB))
    segments = sorted(tmp_path.glob("image.E*"))

    medium = EwfMedium(segments)

    assert digest_blocks(medium.blocks()) == digest_file(tmp_path / "source.raw")
    assert len(segments) > 1
    assert medium.damage == []
    assert image == segments[0]


@pytest.mark.parametrize("name", ["mmls_1.E01", "ext2.E01", "ext2.split.E01"])
def test_reference_images_are_sound(name: str) -> None:
    with open_image(reference_image(name)) as image:
        found = verify(image)

    assert (found.agrees, found.damage) == (True, ())
    assert found.computed.size_bytes == image.size_bytes


@pytest.mark.oracle
def test_a_source_with_a_part_of_a_sector_is_said_where_ewfverify_fails_too(tmp_path: Path) -> None:
    source = tmp_path / "source.raw"
    source.write_bytes(medium_bytes(MIB + 700))  # a sector and a part of one
    oracle(["ewfacquire", "-u", "-c", "fast", "-t", tmp_path / "image", source])

    with open_image(tmp_path / "image.E01") as image:
        found = verify(image)

    assert found.damage == ("sector 2048: followed by bytes that do not belong to the medium",)
    assert found.agrees is False
    assert "FAILURE" in oracle(["ewfverify", "-q", tmp_path / "image.E01"], check=False)


def own(folder: Path) -> Path:
    acquired(write_device(folder / "source", medium_bytes(MIB)), e01(folder), compression="fast")
    return folder / "KF-06.E01"


def damaged(image: Path, position: int) -> list[str]:
    data = bytearray(image.read_bytes())
    data[position] ^= 1
    image.write_bytes(data)
    medium = EwfMedium([image])
    assert sum(map(len, medium.blocks())) == MIB  # damaged chunks are zeros, nothing is lost
    return medium.damage


@pytest.mark.parametrize(
    ("behind", "offset", "said"),
    [
        (b"EVF", 9, "the file header is not that of its segment"),
        (b"header2", 76 + 30, "the header2 section at byte 89 does not fit its checksum"),
        (b"header2", 76 + 2, "the header2 section at byte 89 does not fit its checksum"),
        (b"volume", 76 + 300, "the volume section at byte"),
        (b"sectors", 76 + 100, "sectors 0 to 63: the checksum does not fit"),
        (b"table2", 76 + 5, "the table2 section at byte"),
        (b"digest", 76 + 50, "the digest section at byte"),
        (b"hash", 76 + 20, "the hash section at byte"),
    ],
)
def test_damage_is_named(tmp_path: Path, behind: bytes, offset: int, said: str) -> None:
    image = own(tmp_path)
    found = damaged(image, image.read_bytes().index(behind) + offset)
    assert len(found) == 1
    assert said in found[0]


def test_one_damaged_table_is_replaced_by_the_other(tmp_path: Path) -> None:
    image = own(tmp_path)
    found = damaged(image, image.read_bytes().index(b"table\0") + 76 + 30)
    assert ["the table section" in one for one in found] == [True]


def test_two_damaged_tables_leave_nothing_to_read_by(tmp_path: Path) -> None:
    image = own(tmp_path)
    data = bytearray(image.read_bytes())
    for name in (b"table\0", b"table2"):
        data[data.index(name) + 76 + 30] ^= 1
    image.write_bytes(data)

    with pytest.raises(DamagedEwfError, match=r"table section .* table2 section"):
        EwfMedium([image])


@pytest.mark.parametrize("form", ["smart", "ewf"])
@pytest.mark.oracle
def test_an_old_kind_is_left_to_libewf(tmp_path: Path, form: str) -> None:
    image = foreign(tmp_path, form, "fast")
    try:
        medium = EwfMedium([image])
    except UnusualEwfError:
        return
    assert digest_blocks(medium.blocks()) == digest_file(tmp_path / "source.raw")


def test_bytes_behind_the_last_section_are_named(tmp_path: Path) -> None:
    image = own(tmp_path)
    with image.open("ab") as file:
        file.write(b"more")
    medium = EwfMedium([image])
    assert medium.damage == ["KF-06.E01: 4 bytes stand behind the last section"]


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_a_stream_is_plain_as_zlib_writes_it(level: int) -> None:
    for data in (b"", b"a", bytes(40_000), medium_bytes(70_000)):
        assert inflated(zlib.compress(data, level), 70_000) == (data, True)


def test_idle_bits_are_seen() -> None:
    stream = bytearray(zlib.compress(b"invoice " * 20))
    seen = {}
    for bit in range(8):
        changed = bytearray(stream)
        changed[-5] ^= 1 << bit
        try:
            seen[bit] = inflated(bytes(changed), 1000)[1]
        except DamagedStreamError:
            seen[bit] = False
    assert not any(seen.values())
    assert stream_problem(bytes(stream)) is None


def test_a_stream_may_not_hold_more_than_it_should_nor_be_followed() -> None:
    with pytest.raises(DamagedStreamError):
        inflated(zlib.compress(bytes(10_000_000)), 32768)
    with pytest.raises(DamagedStreamError):
        inflated(zlib.compress(b"x") + b"y", 32768)
    for cut in range(len(ZERO_CHUNK_STREAM)):
        with pytest.raises(DamagedStreamError):
            inflated(ZERO_CHUNK_STREAM[:cut], 32768)
