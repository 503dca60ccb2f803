"""Whose byte it is, against the Sleuth Kit's programs, dumpe2fs, and files whose places are known."""

import re
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest

from labkit.evidence.image import open_image
from labkit.evidence.owners import MediumMap, Place, Region
from labkit.model.volumes import Volume
from tests.oracles import oracle
from tests.unit.evidence.examined_media import AT, CLUSTER, MIB, fat_volume, in_two_pieces, written


def place(path: Path, offset: int) -> Place:
    with open_image(path) as image:
        return MediumMap(image).at(offset)


def ranges(path: Path, *regions: Region) -> list[tuple[int, int]]:
    with open_image(path) as image:
        return list(MediumMap(image).ranges(regions))


def joined(path: Path, found: list[tuple[int, int]]) -> bytes:
    data = path.read_bytes()
    return b"".join(data[start:end] for start, end in found)


def unallocated_by_blkls(path: Path, target: Path, *options: str) -> bytes:
    """What blkls says lies in free blocks, as bytes."""
    oracle(["sh", "-c", 'blkls "$@" > "$0"', target, *options, path])
    return target.read_bytes()


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """A FAT16 volume: live, deleted, fragmented, and a directory."""
    volume = fat_volume()
    volume.create("/live.txt", b"L" * 3000, AT)
    volume.create("/gone.txt", b"G" * 5000, AT)
    volume.make_directory("/docs", AT)
    in_two_pieces(volume, "/docs/pieces.txt", b"1" * CLUSTER, b"2" * 700)
    volume.delete("/gone.txt", AT)
    return written(volume, tmp_path / "busy.raw")


def found_at(path: Path, text: bytes) -> int:
    position = path.read_bytes().find(text)
    assert position > 0
    return position


def test_content_slack_free_space_and_tables_are_told_apart(busy: Path) -> None:
    live = place(busy, found_at(busy, b"L" * 3000) + 2999)
    assert (live.region, live.owner.path, live.offset_in_file) == (Region.ALLOCATED, "/live.txt", 2999)
    slack = place(busy, live.offset_bytes + 1)
    assert (slack.region, slack.owner.path, slack.cluster) == (Region.SLACK, "/live.txt", live.cluster)
    assert slack.end_bytes == slack.offset_bytes + 2 * CLUSTER - 3000
    gone = place(busy, found_at(busy, b"G" * 5000) + 4000)
    assert (gone.region, gone.owner.path, gone.owner.deleted) == (Region.UNALLOCATED, "/gone.txt", True)
    assert gone.offset_in_file == 4000
    assert place(busy, 0).region is Region.METADATA
    assert place(busy, found_at(busy, b"PIECES")).region is Region.METADATA
    far = place(busy, 15 * MIB)
    assert (far.region, far.owner) == (Region.UNALLOCATED, None)


def test_second_fragment_counts_on_in_the_file(busy: Path) -> None:
    second = place(busy, found_at(busy, b"2" * 700) + 10)
    assert (second.owner.path, second.offset_in_file) == ("/docs/pieces.txt", CLUSTER + 10)


def test_all_regions_together_are_the_medium(busy: Path, disk_image: Path, ntfs_image: Path) -> None:
    for path in (busy, disk_image, ntfs_image):
        pieces = sorted(span for region in Region for span in ranges(path, region))
        assert pieces[0][0] == 0
        assert all(before[1] == after[0] for before, after in pairwise(pieces))
        assert pieces[-1][1] == path.stat().st_size


@pytest.mark.oracle
@pytest.mark.parametrize("fixture", ["busy", "fat_image", "fat16_image", "ntfs_image"])
def test_unallocated_is_what_blkls_finds(fixture: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The Sleuth Kit counts the sectors behind the last cluster of a FAT volume as free; here they are volume slack."""
    path = request.getfixturevalue(fixture)
    theirs = unallocated_by_blkls(path, tmp_path / "free")
    ours = joined(path, ranges(path, Region.UNALLOCATED))
    rest = len(theirs) - len(ours)
    assert theirs.startswith(ours)
    assert 0 <= rest < 4096
    if rest:
        end = ranges(path, Region.UNALLOCATED)[-1][1]
        assert place(path, end).region is Region.SLACK


@pytest.mark.oracle
def test_every_cluster_of_ntfs_has_the_owner_that_ifind_names(ntfs_image: Path) -> None:
    with open_image(ntfs_image) as image:
        owners = MediumMap(image)
        for cluster in (0, 4, 5, 20, 40, *range(2048, 2052)):
            found = owners.at(cluster * 4096)
            said = oracle(["ifind", "-d", str(cluster), ntfs_image], check=False)
            if found.owner is None:
                assert "not found" in said or not said[:1].isdigit()
            elif found.owner.path != "/$MFT":
                assert said.split("-")[0].strip() == str(found.owner.address) or found.region is Region.METADATA


@pytest.mark.oracle
def test_bytes_of_an_mft_record_belong_to_its_file(ntfs_image: Path) -> None:
    offset = found_at(ntfs_image, b"[ZoneTransfer]")
    found = place(ntfs_image, offset + 3)
    assert (found.owner.path, found.owner.stream) == ("/evidence.bin", "Zone.Identifier")
    assert (found.region, found.offset_in_file) == (Region.ALLOCATED, 3)
    record = offset // 1024 * 1024
    head = place(ntfs_image, record)
    assert (head.region, head.owner.path) == (Region.METADATA, "/evidence.bin")
    assert place(ntfs_image, record + 1000).region is Region.SLACK


@pytest.mark.oracle
@pytest.mark.parametrize("kind", ["ext2", "ext4"])
def test_free_blocks_of_ext_are_those_of_dumpe2fs(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "ext.raw"
    with path.open("wb") as file:
        file.truncate(60 * MIB)
    content = tmp_path / "content"
    content.write_bytes(b"E" * 100_000)
    oracle(["mke2fs", "-q", "-t", kind, "-b", "1024", "-F", path])
    oracle(["debugfs", "-w", "-R", f"write {content} content", path])
    theirs: set[int] = set()
    for line in oracle(["dumpe2fs", path]).splitlines():
        if line.startswith("  Free blocks: "):
            for first, last in re.findall(r"(\d+)(?:-(\d+))?", line.split(": ")[1]):
                theirs.update(range(int(first), int(last or first) + 1))
    ours = {block for start, end in ranges(path, Region.UNALLOCATED) for block in range(start // 1024, -(-end // 1024))}
    assert ours == theirs
    assert place(path, found_at(path, b"E" * 1024)).owner.path == "/content"


@pytest.mark.oracle
def test_free_clusters_of_exfat_are_counted_in_its_bitmap(tmp_path: Path) -> None:
    path = tmp_path / "exfat.raw"
    with path.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkfs.exfat", path])
    assert joined(path, ranges(path, Region.UNALLOCATED)) == unallocated_by_blkls(
        path, tmp_path / "free", "-f", "exfat"
    )


def test_bytes_outside_every_volume_are_unpartitioned(disk_image: Path) -> None:
    found = place(disk_image, 600)
    assert (found.region, found.volume, found.end_bytes) == (Region.UNPARTITIONED, None, 4096 * 512)
    assert place(disk_image, 4096 * 512).volume.number == 2


def test_sectors_behind_the_file_system_are_volume_slack(busy: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer.raw"
    longer.write_bytes(busy.read_bytes() + bytes(4096))
    with open_image(longer) as image:
        volume = Volume(0, 0, image.size_bytes, "", "FAT16")
        found = MediumMap(image, [volume]).at(16 * MIB + 17)
    assert (found.region, found.owner) == (Region.SLACK, None)


def test_damaged_boot_sector_leaves_the_rest_of_the_map(busy: Path) -> None:
    """A sector size of 0 is not taken by the Sleuth Kit either: the medium has no volume, all is unpartitioned."""
    data = bytearray(busy.read_bytes())
    data[11:13] = b"\0\0"
    busy.write_bytes(data)
    assert ranges(busy, Region.UNPARTITIONED) == [(0, len(data))]


def test_memory_does_not_grow_with_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a map holds in memory before it uses temporary files is small here, so that a few thousand files show it."""
    monkeypatch.setattr("labkit.evidence.spill._HELD_BYTES", 16 * 1024)
    monkeypatch.setattr("labkit.evidence.spill._SORTED_AT_ONCE", 256)
    peaks = []
    for count in (500, 5000):
        volume = fat_volume()
        for number in range(count):
            if number % 100 == 0:
                volume.make_directory(f"/folder {number // 100}", AT)
            volume.create(f"/folder {number // 100}/document number {number}.txt", b"x" * 100, AT)
        path = written(volume, tmp_path / f"{count}.raw")
        with open_image(path) as image:
            tracemalloc.start()
            owners = MediumMap(image)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
            assert len(list(owners.volumes[0].owners)) > count
    assert peaks[1] - peaks[0] < 4500 * 60  # kept in arrays it was some 300 bytes for each file
