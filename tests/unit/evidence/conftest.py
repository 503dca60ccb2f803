"""Small images made by programs that are not ours."""

import gzip
import struct
from pathlib import Path

import pytest

from tests.oracles import oracle

MIB = 1024 * 1024
LONG_NAME = "Счёт за март 2026.txt"


@pytest.fixture(scope="package")
def fat_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FAT32 volume without a partition table: live and deleted files, a long Cyrillic name, a subdirectory."""
    folder = tmp_path_factory.mktemp("fat")
    image = folder / "fat.raw"
    with image.open("wb") as file:
        file.truncate(40 * MIB)
    oracle(["mkfs.fat", "-F", "32", "-s", "1", "-i", "1234abcd", "-n", "KF-06", image])
    for name, content in {
        "first.txt": b"A" * 1300,
        "second report.txt": b"B" * 3000,
        LONG_NAME: "Сумма: 4 200".encode(),
    }.items():
        (folder / name).write_bytes(content)
    oracle(["mmd", "-i", image, "::papers"])
    oracle(["mcopy", "-i", image, folder / "first.txt", folder / "second report.txt", "::"])
    oracle(["mcopy", "-i", image, folder / LONG_NAME, f"::papers/{LONG_NAME}"])
    oracle(["mdel", "-i", image, "::second report.txt"])
    return image


@pytest.fixture(scope="package")
def fat16_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FAT16 volume with clusters of 2048 bytes; of two deleted files, the first was overwritten by ``taker``."""
    folder = tmp_path_factory.mktemp("fat16")
    image = folder / "fat16.raw"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkfs.fat", "-F", "16", "-s", "4", "-i", "0badcafe", image])
    for name, content in {
        "slack": b"S" * 2048 * 3,
        "lost": b"L" * 5000,
        "kept": b"K" * 5000,
        "short": b"s" * 4100,
        "taker": b"T" * 7000,
    }.items():
        (folder / name).write_bytes(content)
    oracle(["mcopy", "-i", image, *(folder / name for name in ("slack", "lost", "kept")), "::"])
    oracle(["mdel", "-i", image, "::slack"])
    oracle(["mcopy", "-i", image, folder / "short", "::"])
    oracle(["mdel", "-i", image, "::lost", "::kept"])
    return image


@pytest.fixture(scope="package")
def ntfs_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An NTFS volume made by mkntfs, with one copied file that has a named stream."""
    folder = tmp_path_factory.mktemp("ntfs")
    image = folder / "ntfs.raw"
    with image.open("wb") as file:
        file.truncate(16 * MIB)
    oracle(["mkntfs", "-F", "-q", "-Q", "-c", "4096", image])
    (folder / "content").write_bytes(b"N" * 10_000)
    (folder / "stream").write_bytes(b"[ZoneTransfer]\r\nZoneId=3\r\n")
    oracle(["ntfscp", "-q", "-f", image, folder / "content", "/evidence.bin"])
    oracle(["ntfscp", "-q", "-f", "-N", "Zone.Identifier", image, folder / "stream", "/evidence.bin"])
    return image


@pytest.fixture(scope="package")
def disk_image(fat_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MBR disk: nothing known in partition 1, the FAT32 volume in partition 2 from sector 4096."""
    path = tmp_path_factory.mktemp("disk") / "disk.raw"
    fat = fat_image.read_bytes()
    entries = b"".join(
        struct.pack("<B3xB3xII", 0, kind, start, size)
        for kind, start, size in ((0x83, 2048, 2048), (0x0C, 4096, len(fat) // 512))
    )
    sector = bytes(446) + entries.ljust(64, b"\0") + b"\x55\xaa"
    path.write_bytes(sector.ljust(4096 * 512, b"\0") + fat)
    return path


@pytest.fixture
def split_image(fat_image: Path, tmp_path: Path) -> Path:
    """The FAT volume in parts of 9 MiB: .001 to .005."""
    data = fat_image.read_bytes()
    for number, start in enumerate(range(0, len(data), 9 * MIB), start=1):
        (tmp_path / f"fat.{number:03}").write_bytes(data[start : start + 9 * MIB])
    return tmp_path / "fat.001"


@pytest.fixture
def gzip_image(fat_image: Path, tmp_path: Path) -> Path:
    """The FAT volume, gzip'ed in two members."""
    data = fat_image.read_bytes()
    path = tmp_path / "fat.raw.gz"
    path.write_bytes(gzip.compress(data[: 5 * MIB + 17], 1) + gzip.compress(data[5 * MIB + 17 :], 1))
    return path


@pytest.fixture
def e01_image(fat_image: Path, tmp_path: Path) -> Path:
    """The FAT volume in a compressed E01 of several segments, made by ewfacquire."""
    how = ["-u", "-f", "encase6", "-c", "deflate:none", "-S", "15MiB", "-d", "sha1"]
    header = ["-C", "NV-2026-0417", "-E", "KF-06", "-e", "D. Examiner", "-D", "stick", "-N", "none"]
    oracle(["ewfacquire", *how, *header, "-t", tmp_path / "fat", fat_image])
    return tmp_path / "fat.E01"
