"""A second opinion on a FAT volume: libfsfat, which shares no code with the Sleuth Kit; and the way through dfvfs.

libfsfat lists live entries only. Its times are left out on purpose: version 20260826 counts the month of a FAT date
from 0, so that every date comes out a month late (and dfvfs, which takes its times from it, shows them so).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence.image import Image
from labkit.evidence.process_clock import use_utc
from labkit.evidence.volume_file import VolumeFile
from labkit.model.volumes import Volume

_DIRECTORY = 0x10  # file attribute of a FAT directory


@dataclass(frozen=True, slots=True)
class FatRecord:
    """One live entry as libfsfat sees it. Offsets count from byte 0 of the medium."""

    path: str
    directory: bool
    entry_offset_bytes: int  # of its short directory entry
    size_bytes: int
    runs: tuple[tuple[int, int], ...]  # (offset, size) in bytes, whole clusters
    content: bytes


def fat_records(image: Image, volume: Volume) -> Iterator[FatRecord]:
    """Yield every live file and directory of a FAT volume with its content, each directory before what it holds.

    Raises:
        EvidenceError: libfsfat can not open or read the volume.
    """
    import pyfsfat

    handle = pyfsfat.volume()
    try:
        handle.open_file_object(VolumeFile(image, volume))
        try:
            yield from _records(handle.get_root_directory(), "", volume.start_bytes)
        finally:
            handle.close()
    except OSError as error:
        raise EvidenceError(
            f"libfsfat can not read volume {volume.number} of {image.path.name}: {error}",
            remedy="Compare with labkit image ls; if only one of the two readers fails, the volume is damaged.",
        ) from error


def _records(directory: Any, prefix: str, start_bytes: int) -> Iterator[FatRecord]:
    for entry in directory.sub_file_entries:
        path = f"{prefix}/{entry.name}"
        is_directory = bool(entry.file_attribute_flags & _DIRECTORY)
        extents = (entry.get_extent(number) for number in range(entry.number_of_extents))
        size = int(entry.size or 0)
        yield FatRecord(
            path=path,
            directory=is_directory,
            entry_offset_bytes=start_bytes + int(entry.identifier),
            size_bytes=size,
            runs=tuple((start_bytes + int(offset), int(length)) for offset, length, _ in extents),
            content=b"" if is_directory or not size else bytes(entry.read_buffer_at_offset(size, 0)),
        )
        if is_directory:
            yield from _records(entry, path, start_bytes)


def dfvfs_paths(path: Path) -> tuple[str, ...]:
    """Return the paths of all live files and directories that dfvfs finds in the partitions of an image, sorted.

    Raises:
        EvidenceError: dfvfs finds no file system, or can not read one.
    """
    from dfvfs.helpers import command_line, volume_scanner
    from dfvfs.lib import errors
    from dfvfs.resolver import resolver

    use_utc()
    options = volume_scanner.VolumeScannerOptions()
    options.partitions = ["all"]
    options.scan_mode = options.SCAN_MODE_ALL
    options.volumes = ["none"]
    options.snapshots = ["none"]
    mediator = command_line.CLIVolumeScannerMediator()
    found: list[str] = []
    roots = 0
    try:
        scanner = volume_scanner.VolumeScanner(mediator=mediator)
        for specification in scanner.GetBasePathSpecs(str(path.resolve()), options=options):
            root = resolver.Resolver.OpenFileEntry(specification)
            if root is not None and root.IsDirectory():
                roots += 1
                found += _below(root, "")
    except (errors.Error, OSError) as error:
        raise EvidenceError(
            f"dfvfs can not read {path.name}: {error}",
            remedy="Compare with labkit image ls; if only one of the two readers fails, the image is damaged.",
        ) from error
    if not roots:
        raise EvidenceError(
            f"dfvfs finds no file system in {path.name}",
            remedy="Look at the volumes with labkit image volumes.",
        )
    return tuple(sorted(found))


def _below(directory: Any, prefix: str) -> Iterator[str]:
    for entry in directory.sub_file_entries:
        path = f"{prefix}/{entry.name}"
        yield path
        if entry.IsDirectory():
            yield from _below(entry, path)
