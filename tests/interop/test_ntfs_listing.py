"""The own reader of NTFS directories beside ``fls``: the same lines, on volumes that ntfs-3g wrote."""

import shutil
import struct
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from labkit.evidence import disk
from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import open_image
from labkit.evidence.ntfs.second_opinion import SecondOpinion
from labkit.evidence.volumes import volumes
from tests.oracles import oracle, reference_image

pytestmark = pytest.mark.oracle
MIB = 1024 * 1024
TEN_YEARS_TICKS = 3653 * 86_400 * 10_000_000
EPOCH_TICKS = 116_444_736_000_000_000


def lines_of(image: Path) -> Counter[str]:
    with open_image(image) as opened:
        (volume,) = volumes(opened)
        reader = VolumeReader(opened, volume)
        return Counter(without_owner("".join(reader.body_lines())))


def fls(image: Path) -> Counter[str]:
    return Counter(without_owner(oracle(["fls", "-r", "-p", "-m", "/", image])))


def without_owner(text: str) -> list[str]:
    """Return lines without what fls 4.11 makes up.

    Old $STANDARD_INFORMATION has no owner: fls then shows the bytes of the attribute behind it. A time of 0 comes out
    as 2076. Named streams of a directory are listed a second time, under the name ".".
    """
    lines = [line.replace("3373865674", "0").split("|") for line in text.splitlines()]
    return ["|".join(fields[:4] + fields[5:]) for fields in lines if "/.:" not in fields[1]]


def filled(folder: Path) -> None:
    """Live and deleted files of many kinds: links, streams, fragments, renamed and reused ones, orphans."""
    for number in range(400):
        (folder / f"many {number % 3}").mkdir(exist_ok=True)
        (folder / f"many {number % 3}" / f"paper number {number:04}.txt").write_bytes(b"x" * (number * 13))
    deep = folder / "a" / "b" / "c" / ("long name " * 15).strip()
    deep.mkdir(parents=True)
    (deep / "Счёт 2026 📁.txt").write_text("sum", encoding="utf-8")
    (deep / "linked.txt").write_bytes(b"one file, two names")
    (folder / "second name.txt").hardlink_to(deep / "linked.txt")
    (folder / "points.lnk").symlink_to("a/b")
    with (folder / "sparse.bin").open("wb") as file:
        file.seek(3 * MIB)
        file.write(b"end")
    for number in range(0, 400, 7):
        (folder / f"many {number % 3}" / f"paper number {number:04}.txt").unlink()
    for number in range(1, 40, 7):
        old = folder / f"many {number % 3}" / f"paper number {number:04}.txt"
        old.rename(folder / f"moved {number}.txt")
    gone = folder / "gone"
    (gone / "inner" / "more").mkdir(parents=True)
    for number in range(30):
        (gone / "inner" / "more" / f"lost {number}.txt").write_bytes(b"lost")
    shutil.rmtree(gone)
    for number in range(3):
        (folder / f"new {number}").mkdir()
    for number in range(6):
        shutil.rmtree(folder / "new 1", ignore_errors=True)
        (folder / f"late {number}.txt").write_bytes(b"takes a record that was freed")


def a_volume(folder: Path, cluster_bytes: int) -> Path:
    image, mount = folder / "volume.ntfs", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(32 * MIB)
    oracle(["mkntfs", "-q", "-F", "-f", "-c", str(cluster_bytes), image])
    oracle(["ntfs-3g", "-o", "streams_interface=windows", image, mount])
    try:
        filled(mount)
        for stream in ("Zone.Identifier", "big"):
            (mount / "a" / f"b:{stream}").write_bytes(b"s" * (10 if stream == "Zone.Identifier" else 9000))
    finally:
        subprocess.run(["umount", mount], check=True, timeout=60)
    return image


@pytest.fixture(scope="module", params=[512, 4096, 65536])
def volume(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_volume(tmp_path_factory.mktemp("ntfs"), request.param)


def made_older(image: Path, to: Path) -> Path:
    """Set every time of today back by ten years: the Sleuth Kit takes no names from slack younger than 2020."""
    data = bytearray(image.read_bytes())
    now = int(time.time()) * 10_000_000 + EPOCH_TICKS
    day = 86_400 * 10_000_000
    for number, (ticks,) in enumerate(struct.iter_unpack("<Q", data)):
        if now - day < ticks < now + day:
            struct.pack_into("<Q", data, number * 8, ticks - TEN_YEARS_TICKS)
    to.write_bytes(data)
    return to


def test_every_line_is_the_line_of_fls(volume: Path) -> None:
    assert lines_of(volume) == fls(volume)


def test_names_in_the_slack_of_indexes_are_those_of_fls(volume: Path, tmp_path: Path) -> None:
    older = made_older(volume, tmp_path / "older.ntfs")
    expected = fls(older)

    assert lines_of(older) == expected
    assert sum(expected.values()) > sum(lines_of(volume).values())


def test_almost_nothing_is_asked_of_the_sleuth_kit(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    by_tsk = SecondOpinion.opened
    monkeypatch.setattr(SecondOpinion, "opened", lambda self, number: asked.append(number) or by_tsk(self, number))

    assert sum(lines_of(volume).values()) > 800
    assert len(set(asked)) <= 5


def test_a_plain_listing_leaves_the_deleted_out(volume: Path) -> None:
    with open_image(volume) as opened:
        reader = VolumeReader(opened, volumes(opened)[0])
        live = [row.path for row in reader.rows(deleted=False)]

    assert "/a/b/c" in live
    assert not any(path.startswith("/gone") or "lost" in path for path in live)


@pytest.mark.parametrize("name", ["ntfs-ramslack.raw.gz", "ntfs-si-vs-fn.raw.gz"])
def test_reference_images_are_read_without_the_sleuth_kits_walk(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (reference_image(name).parent / "expected" / name.replace(".raw.gz", ".body.txt")).read_text("utf-8")
    monkeypatch.setattr(disk, "Walk", None)  # the way that asks the Sleuth Kit for every name

    assert lines_of(reference_image(name)) == Counter(without_owner(expected))
