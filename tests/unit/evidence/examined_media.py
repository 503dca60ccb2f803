"""Media for the tests of searching and carving: written by the kit's own FAT writer, byte for byte known."""

from datetime import datetime
from pathlib import Path

from labkit.synthesis.filesystems.fat import FatVolume
from labkit.synthesis.medium import Medium

AT = datetime(2026, 3, 9, 10, 0, 0)  # noqa: DTZ001 - FAT stores local times
CLUSTER = 2048
MIB = 1024 * 1024


def fat_volume(size_bytes: int = 16 * MIB, *, start_bytes: int = 0, medium: Medium | None = None) -> FatVolume:
    """Return an empty FAT16 volume with clusters of 2048 bytes."""
    medium = medium or Medium(start_bytes + size_bytes)
    return FatVolume(
        medium,
        start_bytes=start_bytes,
        size_bytes=size_bytes,
        kind="FAT16",
        cluster_bytes=CLUSTER,
        label="KF-06",
        serial=0x1234ABCD,
        formatted=AT,
    )


def written(volume: FatVolume, path: Path) -> Path:
    """Write the medium of a volume to a file."""
    volume.flush()
    with path.open("wb") as file:
        for chunk in volume._medium.chunks():
            file.write(chunk)
    return path


def in_two_pieces(volume: FatVolume, path: str, first: bytes, second: bytes) -> None:
    """Create a file whose second part lies apart from its first, which ends with its cluster."""
    assert len(first) % CLUSTER == 0
    volume.create(path, first, AT)
    volume.create(f"{path}.between", b"-" * CLUSTER, AT)
    volume.append(path, second, AT)
