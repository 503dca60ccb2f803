"""Reading a new image again, from the disk: its medium must have the SHA-256 of what was read from the source.

One strong digest says that the bytes are the same, and then the weaker ones are too; they are not computed again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from labkit.evidence.ewf.medium import EwfMedium
from labkit.evidence.verify import Watch
from labkit.hashing import file_blocks
from labkit.model.acquisition import ImageFile, MediaDigests, Verification


def verified_image(
    files: Sequence[Path],
    container: str,
    media_bytes: int,
    digests: MediaDigests,
    watch: Watch,
    clock: Callable[[], datetime],
) -> tuple[Verification, tuple[ImageFile, ...]]:
    """Return whether the image holds the medium with these digests, and each of its files with its own digest.

    Raises:
        OSError: A file can not be read.
    """
    with ThreadPoolExecutor(1) as pool:
        own = [] if container == "raw" and len(files) == 1 else [pool.submit(_sha256, path) for path in files]
        damage: list[str] = []
        digest = hashlib.sha256()
        size_bytes = 0
        for block in watch(_medium(files, container, damage), media_bytes, "verifying"):
            digest.update(block)
            size_bytes += len(block)
        found = digest.hexdigest()
        values = [job.result() for job in own] or [found]
    agrees = found == digests.sha256 and size_bytes == media_bytes and not damage
    described = tuple(
        ImageFile(path.name, path.stat().st_size, value) for path, value in zip(files, values, strict=True)
    )
    return Verification(agrees, MediaDigests(sha256=found), clock()), described


def _medium(files: Sequence[Path], container: str, damage: list[str]) -> Iterator[bytes]:
    if container == "raw":
        for path in files:
            yield from file_blocks(path)
        return
    try:
        medium = EwfMedium(files)
        yield from medium.blocks()
        damage += medium.damage
    except ValueError as error:  # unusual or damaged: not what was written
        damage.append(str(error))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
