"""Small images of every file system and container, to be damaged. Each is a list of the files that it consists of."""

import gzip
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from labkit.synthesis.filesystems.exfat.volume import ExFatVolume
from labkit.synthesis.filesystems.ext4.volume import Ext4Volume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium
from tests.hostile.windows import windows_files
from tests.oracles import oracle

MIB = 1024 * 1024
SECTOR = 512
FORMATTED = datetime(2026, 1, 31, 10, tzinfo=UTC)
ZONE_IDENTIFIER = b"[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://drive.cloudnest.example/d/9/offer.pdf\r\n"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(8) + b"\x08\x02\0\0\0" + bytes(4)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0" + b"x" * 90


def fat12(folder: Path) -> list[Path]:
    return [_fat(folder, "12", 720 * 1024)]


def fat16(folder: Path) -> list[Path]:
    return [_fat(folder, "16", 2300 * 1024)]


def fat32(folder: Path) -> list[Path]:
    """As small as FAT32 can be: 65,525 clusters; nearly all of it is a hole."""
    return [_fat(folder, "32", 34 * MIB)]


def _fat(folder: Path, width: str, size_bytes: int) -> Path:
    image = _empty(folder / f"fat{width}.raw", size_bytes)
    oracle(["mkfs.fat", "-F", width, "-s", "1", "-i", "1234abcd", "-n", "STICK", image])
    oracle(["mmd", "-i", image, "::papers", "::papers/more"])
    for name, content in _files().items():
        (folder / name).write_bytes(content)
        oracle(["mcopy", "-i", image, folder / name, f"::papers/{name}"])
    oracle(["mdel", "-i", image, "::papers/gone.png"])
    return image


def ntfs(folder: Path) -> list[Path]:
    image = _empty(folder / "ntfs.raw", 2 * MIB)
    oracle(["mkntfs", "-q", "-F", "-f", image])
    with _mounted(["ntfs-3g", "-o", "streams_interface=windows"], image, folder) as mount:
        (mount / "papers").mkdir()
        for number in range(30):
            (mount / "papers" / f"paper number {number}.txt").write_bytes(b"x" * number * 40)
        for name, content in _files().items():
            (mount / "papers" / name).write_bytes(content)
        (mount / "papers" / "first file.txt:stream").write_bytes(b"stream" * 300)
        (mount / "papers" / "gone.png").unlink()
    return [image]


def own_ntfs(folder: Path) -> list[Path]:
    """Attribute lists, a change journal that begins with a hole, holes, links, junctions, an index in blocks."""
    medium = Medium(4 * MIB)
    volume = NtfsVolume(
        medium,
        start_bytes=0,
        size_bytes=4 * MIB,
        cluster_bytes=1024,
        label="WORK",
        serial=0x1234,
        formatted=FORMATTED,
        journal=True,
        start_usn=65536,
    )
    at = FORMATTED + timedelta(days=1)
    volume.make_directory("/papers", at)
    for name, content in _files().items():
        volume.create(f"/papers/{name}", content, at)
    for number in range(40):
        volume.create(f"/papers/paper number {number}.txt", b"x" * number * 30, at)
    volume.write_stream("/papers/first file.txt", "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n", at)
    volume.write_stream("/papers/first file.txt", "large", b"stream" * 600, at)
    for number in range(30):  # more names than one record holds
        volume.link("/papers/first file.txt", f"/another quite long name of the same file {number}.txt", at)
    volume.create("/in pieces.bin", bytes(range(256)) * 160, at, pieces=20)
    volume.create_sparse("/sparse.bin", 40 * MIB, [(0, b"begin" * 300), (20 * MIB, b"middle" * 300)], at)
    volume.make_junction("/junction", "C:\\papers", at)
    volume.write_slack("/papers/first file.txt", b"what stood here before")
    volume.delete("/papers/gone.png", at)
    volume.flush()
    return [_written(folder / "own-ntfs.raw", medium)]


def windows(folder: Path) -> list[Path]:
    """Files that ``labkit artifacts`` reads, some of them deleted: what libyal's parsers are given is damaged."""
    medium = Medium(4 * MIB)
    volume = NtfsVolume(
        medium, start_bytes=0, size_bytes=4 * MIB, cluster_bytes=1024, label="OS", serial=0x1234, formatted=FORMATTED
    )
    at = FORMATTED + timedelta(days=1)
    for path, content in windows_files().items():
        _make_directories(volume, path.rpartition("/")[0], at)
        volume.create(path, content, at)
    volume.write_stream("/Users/dana/offer.pdf", "Zone.Identifier", ZONE_IDENTIFIER, at)
    volume.copy("/Users/dana/NTUSER.DAT", "/Users/NTUSER.DAT", at)
    volume.delete("/Users/NTUSER.DAT", at)
    volume.flush()
    return [_written(folder / "windows.raw", medium)]


def _make_directories(volume: NtfsVolume, path: str, at: datetime) -> None:
    if path and not volume.exists(path):
        _make_directories(volume, path.rpartition("/")[0], at)
        volume.make_directory(path, at)


def ext4(folder: Path) -> list[Path]:
    image, files = _empty(folder / "ext4.raw", 2 * MIB), folder / "files"
    (files / "papers").mkdir(parents=True)
    for name, content in _files().items():
        (files / "papers" / name).write_bytes(content)
    (files / "link").symlink_to("papers/first file.txt")
    oracle(["mke2fs", "-q", "-t", "ext4", "-d", files, image])
    oracle(["debugfs", "-w", "-R", "rm /papers/gone.png", image])
    return [image]


def own_ext4(folder: Path) -> list[Path]:
    """Extent trees with an index, a journal, an orphan, symbolic links inside and outside of the inode."""
    medium = Medium(8 * MIB)
    volume = Ext4Volume(
        medium,
        start_bytes=0,
        size_bytes=8 * MIB,
        block_bytes=1024,
        label="work",
        uuid=bytes(range(16)),
        formatted=FORMATTED,
    )
    _play(volume)
    at = FORMATTED + timedelta(days=2)
    volume.make_symlink("/short", "papers/first file.txt", at)
    volume.make_symlink("/long", "papers/" * 20, at)
    for number in range(12):  # two files that grow in turn lie in pieces
        volume.append("/papers/first file.txt", bytes([number]) * 5000, at)
        volume.append("/papers/table.csv", bytes([number]) * 5000, at)
    volume.delete_while_open("/papers/empty.txt", at)
    volume.flush()
    return [_written(folder / "own-ext4.raw", medium)]


def exfat(folder: Path) -> list[Path]:
    image = _empty(folder / "exfat.raw", 4 * MIB)
    oracle(["mkfs.exfat", image])
    return [image]


def own_exfat(folder: Path) -> list[Path]:
    medium = Medium(2 * MIB)
    volume = ExFatVolume(
        medium, start_bytes=0, size_bytes=2 * MIB, cluster_bytes=4096, label="CARD", serial=7, formatted=FORMATTED
    )
    _play(volume)
    for number in range(4):
        volume.append("/papers/first file.txt", bytes([number]) * 5000, FORMATTED)
        volume.append("/papers/table.csv", bytes([number]) * 5000, FORMATTED)
    volume.flush()
    return [_written(folder / "own-exfat.raw", medium)]


def _play(volume: Ext4Volume | ExFatVolume) -> None:
    at = FORMATTED + timedelta(days=1)
    volume.make_directory("/papers", at)
    for name, content in {**_files(), "table.csv": b"a;b\n" * 900, "empty.txt": b""}.items():
        volume.create(f"/papers/{name}", content, at)
    volume.write_slack("/papers/first file.txt", b"what stood here before")
    volume.delete("/papers/gone.png", at)


def mbr(folder: Path) -> list[Path]:
    """A primary partition, and an extended one with two logical partitions."""
    volume = fat12(folder)[0].read_bytes()
    sectors = len(volume) // SECTOR
    medium = bytearray(SECTOR * (1610 + sectors))
    medium[8 * SECTOR : 8 * SECTOR + len(volume)] = volume
    medium[1601 * SECTOR : 1601 * SECTOR + len(volume)] = volume
    tables = {
        0: [(0x01, 8, sectors), (0x05, 1500, sectors + 110)],
        1500: [(0x06, 4, 40), (0x05, 100, sectors + 1)],
        1600: [(0x01, 1, sectors)],
    }
    for sector, entries in tables.items():
        table = b"".join(struct.pack("<B3xB3xII", 0, *entry) for entry in entries)
        medium[sector * SECTOR + 446 : (sector + 1) * SECTOR] = table.ljust(64, b"\0") + b"\x55\xaa"
    image = folder / "mbr.raw"
    image.write_bytes(medium)
    return [image]


def gpt(folder: Path) -> list[Path]:
    volume = fat12(folder)[0].read_bytes()
    image = _empty(folder / "gpt.raw", 1 * MIB)
    oracle(["sgdisk", "-a", "8", "-n", f"1:64:{63 + len(volume) // SECTOR}", "-n", "2:1600:1700", image])
    with image.open("r+b") as file:
        file.seek(64 * SECTOR)
        file.write(volume)
    return [image]


def e01(folder: Path) -> list[Path]:
    raw = fat12(folder)[0]
    oracle(["ewfacquire", "-u", "-f", "encase6", "-c", "deflate:fast", "-t", folder / "disk", raw])
    return [folder / "disk.E01"]


def gzipped(folder: Path) -> list[Path]:
    """Two members, as pigz and joined files have them; the first states a name and a comment."""
    data = fat12(folder)[0].read_bytes()
    first = gzip.compress(data[: 300 * 1024], 6, mtime=0)
    named = first[:3] + b"\x18" + first[4:10] + b"fat12.raw\0a comment\0" + first[10:]
    image = folder / "fat12.raw.gz"
    image.write_bytes(named + gzip.compress(data[300 * 1024 :], 6, mtime=0))
    return [image]


def split(folder: Path) -> list[Path]:
    data = fat12(folder)[0].read_bytes()
    size = 300 * 1024
    parts = []
    for number, start in enumerate(range(0, len(data), size), start=1):
        parts.append(folder / f"disk.{number:03}")
        parts[-1].write_bytes(data[start : start + size])
    return parts


KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "FAT12": fat12,
    "FAT16": fat16,
    "FAT32": fat32,
    "exFAT": exfat,
    "exFAT-own": own_exfat,
    "NTFS": ntfs,
    "NTFS-own": own_ntfs,
    "Windows": windows,
    "ext4": ext4,
    "ext4-own": own_ext4,
    "MBR": mbr,
    "GPT": gpt,
    "E01": e01,
    "gzip": gzipped,
    "split": split,
}
# What lies inside of an image and is damaged more often than the rest of it.
CONTENTS: dict[str, Callable[[], Iterable[bytes]]] = {"Windows": lambda: (*windows_files().values(), ZONE_IDENTIFIER)}


def _files() -> dict[str, bytes]:
    return {
        "first file.txt": b"A" * 5000,
        "gone.png": PNG + b"gone" * 500,
        "Счёт за март.txt": "сумма".encode(),
        "photo.jpg": JPEG,
        "packed.gz": gzip.compress(b"packed" * 99, 6, mtime=0),
    }


def _empty(path: Path, size_bytes: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_bytes)
    return path


def _written(path: Path, medium: Medium) -> Path:
    path.write_bytes(b"".join(medium.chunks()))
    return path


@contextmanager
def _mounted(command: list[str], image: Path, folder: Path) -> Iterator[Path]:
    mount = folder / "mount"
    mount.mkdir()
    oracle([*command, image, mount])
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True, timeout=60)
