"""Recorded beside computed digests: nothing is called verified that differs."""

import hashlib
from pathlib import Path

import pytest

from labkit.evidence.image import open_image
from labkit.evidence.verify import compare, container_digests, media_digests, verify
from labkit.hashing import digest_bytes
from labkit.model.evidence import Digests
from tests.oracles import oracle, reference_image

COMPUTED = Digests(3, "aa", "bb", "cc")


def test_nothing_recorded_is_neither_agreement_nor_difference() -> None:
    assert compare(COMPUTED, {}).agrees is None
    assert compare(COMPUTED, {"crc32": "12"}).agrees is None


def test_every_recorded_digest_must_agree() -> None:
    assert compare(COMPUTED, {"md5": "AA", "sha1": "bb"}).agrees is True
    one_differs = compare(COMPUTED, {"md5": "aa", "sha1": "xx"})
    assert one_differs.agrees is False
    assert one_differs.differing == ("sha1",)


def test_media_of_an_e01_is_not_its_container(fat_image: Path, e01_image: Path) -> None:
    expected = digest_bytes(fat_image.read_bytes())
    with open_image(e01_image) as image:
        assert media_digests(image) == expected
        joined = b"".join(segment.read_bytes() for segment in image.segments)
        assert container_digests(image.segments) == digest_bytes(joined)
        found = verify(image)
    assert found.agrees is True
    assert found.stored == {"md5": expected.md5, "sha1": expected.sha1}
    assert "SUCCESS" in oracle(["ewfverify", "-q", e01_image])


def test_flipped_bit_in_an_e01_is_found_although_nothing_else_complains(tmp_path: Path) -> None:
    data = bytearray(reference_image("mmls_1.E01").read_bytes())
    data[200_000] ^= 1
    path = tmp_path / "flipped.E01"
    path.write_bytes(data)

    with open_image(path) as image:
        found = verify(image)

    assert found.agrees is False
    assert found.differing == ("md5", "sha1")
    assert "FAILURE" in oracle(["ewfverify", "-q", path], check=False)


def test_blocks_are_watched_on_their_way(fat_image: Path) -> None:
    seen = []

    def watch(blocks, size_bytes, what):
        for block in blocks:
            seen.append((len(block), size_bytes, what))
            yield block

    with open_image(fat_image) as image:
        found = media_digests(image, watch)

    size = fat_image.stat().st_size
    assert sum(length for length, _, _ in seen) == size
    assert {(total, what) for _, total, what in seen} == {(size, "medium")}
    assert found.sha256 == hashlib.sha256(fat_image.read_bytes()).hexdigest()


@pytest.mark.parametrize("fixture", ["split_image", "gzip_image"])
def test_nothing_is_stored_in_raw_containers(fixture: str, request: pytest.FixtureRequest) -> None:
    with open_image(request.getfixturevalue(fixture)) as image:
        assert verify(image).agrees is None
