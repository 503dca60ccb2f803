"""What programs that check file systems say of a volume alone, cut out of the medium. They change nothing.

``fsck.fat`` comes with dosfstools; ``ntfsresize``, ``ntfsfix`` and ``ntfsinfo`` with ntfs-3g, whose ``-n`` and ``-i``
only look.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from labkit.evidence.image import Image
from labkit.model.volumes import Volume
from labkit.verification.confirmation import Confirmation, statement
from labkit.verification.programs import LONG_TIMEOUT_S, ask

_ACCEPTED = "accepted"
_CHECKS: Mapping[str, Sequence[tuple[str, ...]]] = {
    "FAT": (("fsck.fat", "-n"),),
    "NTFS": (("ntfsresize", "--info", "--force"), ("ntfsfix", "--no-action"), ("ntfsinfo", "--mft", "--force")),
}


def checked(trace_id: str, medium: Image, volume: Volume) -> Iterator[Confirmation]:
    """Yield whether each program for the file system of a volume accepts it."""
    name = volume.filesystem or ""
    commands = next((commands for kind, commands in _CHECKS.items() if name.startswith(kind)), ())
    if not commands:
        return
    with _alone(medium, volume) as path:
        for program, *options in commands:
            answer = ask(program, *options, path, timeout_s=LONG_TIMEOUT_S)
            fact = f"file system of volume {volume.number}"
            if answer is None:
                yield Confirmation(trace_id, fact, program, _ACCEPTED, None, None)
            else:
                found = _ACCEPTED if answer.succeeded else answer.complaint
                yield statement(trace_id, fact, program, _ACCEPTED, found)


@contextmanager
def _alone(medium: Image, volume: Volume) -> Iterator[Path]:
    """Yield a temporary file that holds the volume, with holes where it is empty."""
    with tempfile.TemporaryDirectory(prefix="labkit-volume-") as folder:
        path = Path(folder) / "volume.img"
        with path.open("wb") as file:
            for block in medium.blocks(volume.start_bytes, volume.size_bytes):
                if block.count(0) == len(block):
                    file.seek(len(block), 1)
                else:
                    file.write(block)
            file.truncate(volume.size_bytes)
        yield path
