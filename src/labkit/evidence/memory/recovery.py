"""Files out of the page cache: content with its gaps, or one that is named."""

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.errors import EvidenceError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.physical import PAGE_BYTES

_LARGEST_BYTES = 1 << 40
_GAP_BYTES = 1 << 20  # zeros are yielded in pieces


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file, in order: bytes, or zeros for what is not in the image."""

    offset_bytes: int
    data: bytes
    missing: bool


def content(kernel: Kernel, file: CachedFile) -> Iterator[Piece]:
    """Yield the content of a file, from its first byte to its size; gaps as zeros.

    Raises:
        EvidenceError: The size of the file is impossible.
    """
    size = file.size_bytes
    if size > _LARGEST_BYTES:
        raise EvidenceError(
            f"a file of {size} bytes can not be recovered",
            remedy="Its size is damaged. labkit memory recover --list shows what is cached of it.",
        )
    done = 0
    for offset, physical in file.pages():
        if not done <= offset < size:
            continue
        yield from _gap(done, offset)
        part = min(PAGE_BYTES, size - offset)
        yield Piece(offset, kernel.memory.read(physical, part), missing=False)
        done = offset + part
    yield from _gap(done, size)


def _gap(begin: int, end: int) -> Iterator[Piece]:
    for offset in range(begin, end, _GAP_BYTES):
        yield Piece(offset, bytes(min(_GAP_BYTES, end - offset)), missing=True)


def find_file(kernel: Kernel, path: str | None, inode: int | None, filesystem: str | None = None) -> CachedFile:
    """Return the one file of a path or an inode number; a live one comes before a deleted one.

    Raises:
        EvidenceError: There is none, or an inode number stands for several.
    """
    wanted = [
        file
        for file in cached_files(kernel)
        if file.kind == "file"
        and (filesystem is None or filesystem in (file.filesystem, file.device))
        and (
            file.number == inode
            if path is None
            else file.path is not None and file.path.text == path and inode in (None, file.number)
        )
    ]
    live = [file for file in wanted if not file.deleted]
    found = live or wanted
    named = path if path is not None else f"inode {inode}"
    if not found:
        raise EvidenceError(
            f"there is no file {named} in the page cache", remedy="labkit memory recover IMAGE lists what there is."
        )
    if len(found) > 1:
        places = ", ".join(f"inode {file.number} on {file.filesystem}" for file in found[:8])
        raise EvidenceError(f"{named} is several files: {places}", remedy="Give the path, or --filesystem NAME.")
    return found[0]
