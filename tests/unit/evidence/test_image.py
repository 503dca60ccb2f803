"""Opening images: every container gives the same medium, and what can not be read says so."""

import gzip
import random
from pathlib import Path

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.gzip_media import SPAN_BYTES, GzipMedia
from labkit.evidence.image import open_image
from tests.unit.evidence.conftest import MIB


@pytest.mark.parametrize(
    ("fixture", "container", "segments"),
    [("fat_image", "raw", 1), ("split_image", "split raw", 5), ("gzip_image", "gzip", 1), ("e01_image", "E01", 3)],
)
def test_every_container_gives_the_same_medium(
    fixture: str, container: str, segments: int, fat_image: Path, request: pytest.FixtureRequest
) -> None:
    expected = fat_image.read_bytes()
    with open_image(request.getfixturevalue(fixture)) as image:
        assert image.info().container == container
        assert len(image.info().segments) == segments
        assert image.size_bytes == len(expected)
        assert b"".join(image.blocks()) == expected
        assert b"".join(image.blocks(9 * MIB - 3, 3 * MIB)) == expected[9 * MIB - 3 : 12 * MIB - 3]
        draws = random.Random(7)
        for _ in range(100):
            offset, size = draws.randrange(len(expected)), draws.randrange(1, 3 * MIB)
            assert image.read(offset, size) == expected[offset : offset + size]
        assert image.read(len(expected), 10) == b""


def test_e01_tells_its_header_values_and_stored_digests(e01_image: Path) -> None:
    with open_image(e01_image) as image:
        info = image.info()

    assert info.metadata["case_number"] == "NV-2026-0417"
    assert info.metadata["evidence_number"] == "KF-06"
    assert set(info.stored_digests) == {"md5", "sha1"}
    assert info.bytes_per_sector == 512


def test_reading_before_the_medium_is_a_fault_of_the_caller(fat_image: Path) -> None:
    with open_image(fat_image) as image, pytest.raises(ValueError, match="count from 0"):
        image.read(-1, 10)


def test_image_that_shrinks_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "shrinking.raw"
    path.write_bytes(bytes(4096))
    with open_image(path) as image:
        with path.open("r+b") as file:
            file.truncate(1024)
        with pytest.raises(EvidenceError, match="ends early: 1024 of 4096 bytes") as caught:
            image.read(0, 4096)
    assert "master" in caught.value.remedy


def refused(path: Path, message: str, remedy: str) -> None:
    with pytest.raises(EvidenceError, match=message) as caught:
        open_image(path)
    assert remedy in caught.value.remedy


def test_missing_file_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "nothing.E01", "there is no file", "Check the name")


def test_folder_is_not_an_image(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder", "first part")


def test_empty_file_is_not_an_image(tmp_path: Path) -> None:
    (tmp_path / "empty.raw").touch()
    refused(tmp_path / "empty.raw", "is empty", "Copy the image again")


def test_unreadable_file_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.raw"
    path.write_bytes(b"x")

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    refused(path, "can not be opened: Permission denied", "may read the file")


@pytest.mark.parametrize(
    ("head", "name"),
    [(b"KDMV", "VMDK"), (b"QFI\xfb", "QCOW"), (b"LVF\x09\x0d\x0a\xff\x00", "L01"), (b"EVF2\r\n\x81\x00", "Ex01")],
)
def test_other_containers_are_named_instead_of_read_as_raw(head: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "other.img"
    path.write_bytes(head + bytes(1000))
    refused(path, name, "Convert")


def test_gzip_that_is_cut_off_is_refused(gzip_image: Path) -> None:
    gzip_image.write_bytes(gzip_image.read_bytes()[:-5])
    refused(gzip_image, "can not be inflated: it is cut off", "master")


def test_gzip_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(random.Random(1).randbytes(100_000)))
    data[50_000] ^= 1
    path = tmp_path / "flipped.gz"
    path.write_bytes(data)
    refused(path, "can not be inflated", "master")


def test_gzip_of_nothing_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "nothing.raw.gz"
    path.write_bytes(gzip.compress(b""))
    refused(path, "is empty", "Copy the image again")


@pytest.mark.parametrize("size", [1, SPAN_BYTES - 1, SPAN_BYTES, SPAN_BYTES + 1, 2 * SPAN_BYTES])
def test_gzip_of_any_size_keeps_every_byte(size: int, tmp_path: Path) -> None:
    data = random.Random(size).randbytes(1000) * (size // 1000 + 1)
    path = tmp_path / "sized.gz"
    path.write_bytes(gzip.compress(data[:size], 1) + bytes(512))  # padding as some tools add it

    media = GzipMedia(path)

    assert media.size_bytes == size
    assert media.read_at(0, size + 10) == data[:size]
    assert media.read_at(size - 1, 10) == data[size - 1 : size]
    media.close()
