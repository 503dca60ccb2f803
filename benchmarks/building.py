"""``python -m benchmarks.building files|ours|peer ...``: build one disk of 1 GiB, in a process of its own.

``files FOLDER`` writes what the disk is to hold. ``ours FOLDER IMAGE`` reads it and builds the disk with labkit's own
writer; ``peer FOLDER IMAGE MOUNT`` formats with mkntfs and copies through ntfs-3g.
"""

import os
import random
import shutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

from benchmarks.measure import program

DISK_BYTES = 1024 * 1024 * 1024
FILES = 50_000
FOLDERS = 200
CONTENT_BYTES = 300_000_000
_SECTOR_BYTES = 512
_FIRST_SECTOR = 2048
_CLUSTER_BYTES = 4096
_name = attrgetter("name")


def files(folder: Path) -> None:
    """Write 50,000 files of 300 MB in 200 folders: three of four are small, as on a real disk."""
    source = random.Random(1)  # the same files in each run
    large = (CONTENT_BYTES - FILES * 3 // 4 * 1000) // (FILES // 4)
    for number in range(FILES):
        parent = folder / f"folder {number % FOLDERS:03d}"
        parent.mkdir(parents=True, exist_ok=True)
        size = source.randrange(2000) if number % 4 else source.randrange(2 * large)
        (parent / f"document number {number:05d}.txt").write_bytes(source.randbytes(size))


def ours(folder: Path, image: Path) -> None:
    """Build the disk as labkit builds a trainee's: partition table, volume, raw image. As with the peer, no digests."""
    from datetime import UTC, datetime

    from labkit.lasting import lasting_objects
    from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
    from labkit.synthesis.medium import Medium
    from labkit.synthesis.shelf import Shelf
    from labkit.synthesis.volumes.mbr import MbrPartition, write_mbr

    at = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
    medium = Medium(DISK_BYTES)
    sectors = DISK_BYTES // _SECTOR_BYTES - _FIRST_SECTOR
    write_mbr(medium, [MbrPartition(0x07, _FIRST_SECTOR, sectors)], disk_signature=1)
    volume = NtfsVolume(
        medium,
        start_bytes=_FIRST_SECTOR * _SECTOR_BYTES,
        size_bytes=sectors * _SECTOR_BYTES,
        cluster_bytes=_CLUSTER_BYTES,
        label="BUILD",
        serial=1,
        formatted=at,
    )
    with lasting_objects():
        for parent in sorted(os.scandir(folder), key=_name):
            volume.make_directory(f"/{parent.name}", at)
            for entry in sorted(os.scandir(parent), key=_name):
                volume.create(f"/{parent.name}/{entry.name}", _content(entry), at)
        volume.flush()
    with Shelf(image.parent) as shelf:
        shelf.put_medium(image.name, medium.chunks())


def _content(entry: "os.DirEntry[str]") -> bytes:
    """Return what a file holds, with as few calls to the system as there can be: the peer copies within the system."""
    file = os.open(entry, os.O_RDONLY)
    try:
        return os.read(file, os.fstat(file).st_size)
    finally:
        os.close(file)


def peer(folder: Path, image: Path, mount: Path) -> None:
    """Build the same with mkntfs and ntfs-3g, on a file system without a partition table."""
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run([program("mkntfs", "ntfs-3g"), "-q", "-F", "-f", image], check=True, capture_output=True)
    subprocess.run([program("ntfs-3g", "ntfs-3g"), image, mount], check=True, capture_output=True)
    try:
        shutil.copytree(folder, mount, dirs_exist_ok=True)
    finally:
        subprocess.run([program("umount", "mount"), mount], check=True, capture_output=True)


def main() -> None:
    """Run the part that the first argument names with the paths that follow."""
    part = {"files": files, "ours": ours, "peer": peer}[sys.argv[1]]
    part(*map(Path, sys.argv[2:]))


if __name__ == "__main__":
    main()
