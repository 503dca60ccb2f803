"""What ``labkit artifacts`` tells of files that are put onto a small NTFS volume."""

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from labkit.cli import main
from labkit.containers.raw import write_raw
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import Medium

AT = datetime(2026, 2, 1, 8, tzinfo=UTC)
_BYTES = 4 << 20


def told(
    folder: Path, files: Mapping[str, bytes], *arguments: str, deleted: Collection[str] = ()
) -> tuple[list[dict[str, Any]], str]:
    """Return the records of all files, and what was said beside them."""
    medium = Medium(_BYTES)
    volume = NtfsVolume(
        medium, start_bytes=0, size_bytes=_BYTES, cluster_bytes=4096, label="OS", serial=0x1234, formatted=AT
    )
    for path, content in files.items():
        parts = path.strip("/").split("/")[:-1]
        for number in range(len(parts)):
            parent = "/" + "/".join(parts[: number + 1])
            if not volume.exists(parent):
                volume.make_directory(parent, AT)
        volume.create(path, content, AT)
    for path in deleted:
        volume.delete(path, AT)
    volume.flush()
    image = folder / "disk.raw"
    write_raw(medium.chunks(), image)
    done = CliRunner().invoke(main, ["artifacts", str(image), "--json", *arguments])
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr
