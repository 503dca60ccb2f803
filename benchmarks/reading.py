"""``python -m benchmarks.reading ours|dfvfs IMAGE``: read the content of all live files, in a process of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK_BYTES = 1024 * 1024


def ours(image: Path) -> Iterator[int]:
    """Yield the sizes of the blocks that labkit reads."""
    from labkit.evidence.disk import VolumeReader
    from labkit.evidence.image import open_image
    from labkit.evidence.volumes import volumes

    with open_image(image) as opened:
        for volume in volumes(opened):
            for _, content in VolumeReader(opened, volume).contents():
                for block in content:
                    yield len(block)


def dfvfs(image: Path) -> Iterator[int]:
    """Yield the sizes of the blocks that dfvfs reads through its file objects."""
    from dfvfs.helpers import command_line, volume_scanner
    from dfvfs.resolver import resolver

    options = volume_scanner.VolumeScannerOptions()
    options.partitions = ["all"]
    options.scan_mode = options.SCAN_MODE_ALL
    options.volumes = ["none"]
    options.snapshots = ["none"]
    scanner = volume_scanner.VolumeScanner(mediator=command_line.CLIVolumeScannerMediator())
    for specification in scanner.GetBasePathSpecs(str(image), options=options):
        yield from _below(resolver.Resolver.OpenFileEntry(specification), "")


def _below(directory: Any, path: str) -> Iterator[int]:
    for entry in directory.sub_file_entries:
        name = f"{path}/{entry.name}"
        if entry.IsDirectory():
            if not _of_system(name):
                yield from _below(entry, name)
        elif entry.IsFile() and entry.size and not _of_system(name):
            file = entry.GetFileObject()
            while block := file.read(BLOCK_BYTES):
                yield len(block)


def _of_system(path: str) -> bool:
    """Return whether a path is NTFS's own: $LogFile, $Bitmap, $Extend and the like."""
    return path.startswith("/$")


def main() -> None:
    """Read everything and print how many bytes there were."""
    reader = {"ours": ours, "dfvfs": dfvfs}[sys.argv[1]]
    print(sum(reader(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
