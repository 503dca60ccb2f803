"""Carving a medium: places, owners, pieces, parts of other objects; against foremost."""

import hashlib
import tracemalloc
from pathlib import Path

import pytest

from labkit.evidence.carving.carve import Carved, carve, content, space_of
from labkit.evidence.carving.extent import Confidence
from labkit.evidence.image import open_image
from labkit.evidence.owners import MediumMap, Region
from tests.oracles import oracle
from tests.unit.evidence.carving import samples
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, written

FREE = frozenset({Region.UNALLOCATED})


def carved(path: Path, regions: frozenset[Region] | None = FREE) -> list[Carved]:
    with open_image(path) as image:
        owners = MediumMap(image)
        return list(carve(space_of(image, owners, regions), owners))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def deleted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file of each kind, created and deleted."""
    volume = fat_volume()
    for kind, data in samples.all_kinds().items():
        volume.create(f"/{kind}.bin", data, AT)
    for kind in samples.all_kinds():
        volume.delete(f"/{kind}.bin", AT)
    return written(volume, tmp_path_factory.mktemp("deleted") / "deleted.raw")


def test_every_deleted_file_comes_out_whole(deleted: Path) -> None:
    found = {item.kind: item for item in carved(deleted) if item.embedded_in is None}
    medium = deleted.read_bytes()
    assert set(found) == set(samples.all_kinds())
    for kind, data in samples.all_kinds().items():
        item = found[kind]
        assert (item.confidence, item.sha256) == (Confidence.COMPLETE, sha256(data))
        assert medium[item.offset_bytes : item.end_bytes] == data
        assert item.cluster_aligned
        assert (item.place.owner.path, item.place.owner.deleted) == (f"/{kind}.bin", True)


@pytest.mark.oracle
def test_what_foremost_recovers_is_recovered_here(deleted: Path, tmp_path: Path) -> None:
    """Foremost writes one file for each header it knows; those that end where the file ends have the same digest."""
    oracle(["foremost", "-q", "-t", "jpg,png,pdf,zip", "-i", deleted, "-o", tmp_path / "out"])
    theirs = {sha256(path.read_bytes()) for path in (tmp_path / "out").rglob("*.*") if path.name != "audit.txt"}
    ours = {item.sha256 for item in carved(deleted)}
    for kind in ("jpeg", "png", "pdf"):
        assert sha256(samples.all_kinds()[kind]) in theirs & ours


def test_only_free_space_is_looked_at_unless_all_is_chosen(tmp_path: Path) -> None:
    volume = fat_volume()
    volume.create("/live.jpg", samples.picture("JPEG"), AT)
    path = written(volume, tmp_path / "live.raw")
    assert carved(path) == []
    for regions in (None, frozenset({Region.ALLOCATED})):
        (item,) = carved(path, regions)
        assert (item.place.owner.path, item.place.owner.deleted) == ("/live.jpg", False)


def test_file_around_an_allocated_cluster_comes_out_in_pieces(tmp_path: Path) -> None:
    volume = fat_volume()
    data = samples.picture("PNG")
    cut = 5 * CLUSTER
    volume.create("/a.png", data[:cut], AT)
    volume.create("/between.txt", b"-" * CLUSTER, AT)
    volume.append("/a.png", data[cut:], AT)
    volume.delete("/a.png", AT)
    path = written(volume, tmp_path / "pieces.raw")

    (item,) = carved(path)

    assert (item.confidence, item.sha256) == (Confidence.COMPLETE, sha256(data))
    (first, first_bytes), (second, second_bytes) = item.runs
    assert (first_bytes, second) == (cut, first + cut + CLUSTER)
    assert first_bytes + second_bytes == item.size_bytes == len(data)
    with open_image(path) as image:
        owners = MediumMap(image)
        assert b"".join(content(space_of(image, owners, FREE), item)) == data


def test_thumbnail_is_reported_as_a_part_of_its_picture(tmp_path: Path) -> None:
    volume = fat_volume()
    volume.write_unallocated(samples.with_thumbnail(), cluster=500)
    picture, thumbnail = carved(written(volume, tmp_path / "thumb.raw"))
    assert picture.embedded_in is None
    assert picture.size_bytes == len(samples.with_thumbnail())
    assert thumbnail.embedded_in == picture.offset_bytes
    assert thumbnail.sha256 == sha256(samples.picture("JPEG", 48, 32))


def test_members_of_an_archive_are_not_reported_again(tmp_path: Path) -> None:
    volume = fat_volume()
    volume.write_unallocated(samples.archive("docx"), cluster=500)
    assert [item.kind for item in carved(written(volume, tmp_path / "docx.raw"))] == ["docx"]


def test_start_inside_a_cluster_is_said(tmp_path: Path) -> None:
    volume = fat_volume()
    volume.write_unallocated(b"x" * 100 + samples.picture("JPEG"), cluster=500)
    (item,) = carved(written(volume, tmp_path / "odd.raw"))
    assert item.cluster_aligned is False
    assert item.offset_bytes == volume.cluster_offset_bytes(500) + 100


def test_medium_without_a_file_system_is_carved_whole(tmp_path: Path) -> None:
    path = tmp_path / "plain.raw"
    path.write_bytes(bytes(MIB - 5) + samples.picture("JPEG") + bytes(3 * MIB))  # over the border of two reads
    (item,) = carved(path, None)
    assert (item.offset_bytes, item.cluster_aligned, item.place.region) == (MIB - 5, None, Region.UNPARTITIONED)


def test_memory_does_not_grow_with_the_image(tmp_path: Path) -> None:
    path = tmp_path / "big.raw"
    with path.open("wb") as file:
        file.truncate(256 * MIB)
        for offset in range(0, 256 * MIB, 32 * MIB):
            file.seek(offset + 4096)
            file.write(samples.picture("JPEG"))
    tracemalloc.start()
    try:
        found = len(carved(path, None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 8
    assert peak < 16 * MIB
