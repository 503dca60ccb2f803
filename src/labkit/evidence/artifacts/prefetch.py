"""Prefetch files (``*.pf``): which programs ran, how often, when last, and what they loaded at their start.

Read by libscca. Source: libyal, "Windows Prefetch File (PF) format".
"""

from collections.abc import Iterator

import pyscca

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known, utc_text
from labkit.evidence.artifacts.source import Source

_OLDEST_WITH_EIGHT_TIMES = 26  # the version of Windows 8; before it there is one time
_KEPT_RUNS = 8


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    prefetch = pyscca.file()
    with source.opened() as file:
        prefetch.open_file_object(file)
        try:
            kept = _KEPT_RUNS if prefetch.format_version >= _OLDEST_WITH_EIGHT_TIMES else 1
            times = [from_filetime(prefetch.get_last_run_time_as_integer(number)) for number in range(kept)]
            volumes = list(prefetch.volumes)
            name = prefetch.executable_filename or "?"
            files = tuple(filename for filename in prefetch.filenames if filename)
            details = known(
                program=name,
                run_count=prefetch.run_count,
                program_path=next((path for path in files if path.upper().endswith(f"\\{name.upper()}")), None),
                prefetch_hash=f"{prefetch.prefetch_hash:08X}",
                volume_serials=tuple(
                    f"{volume.serial_number >> 16:04X}-{volume.serial_number & 0xFFFF:04X}" for volume in volumes
                ),
                volumes=tuple(volume.device_path or "?" for volume in volumes),
                volumes_born_utc=tuple(
                    utc_text(from_filetime(volume.get_creation_time_as_integer())) or "?" for volume in volumes
                ),
                files=files,
            )
        finally:
            prefetch.close()
    runs = [time for time in times if time is not None]
    if not runs:
        yield source.record("prefetch", None, f"{name} ran", details)
    for number, at in enumerate(runs):
        time_of = "last run" if not number else f"run {number} before the last"
        yield source.record("prefetch", at, f"{name} ran", {"time_of": time_of, **details})


PARSER = ArtifactParser(
    name="prefetch",
    kinds={"prefetch": "Prefetch: runs of programs"},
    patterns=("*.pf",),
    records=_records,
)
