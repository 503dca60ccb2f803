"""Keyword search over a medium, and over the content of the files that do not lie in one piece.

The medium is read once, from its first byte to its last: that finds everything that is contiguous, wherever it lies.
What only shows when the pieces of a file are put together is searched for apart, around each seam: between the
fragments of a file, in compressed NTFS files, and over the two bytes at the end of each sector of an MFT record, which
NTFS keeps elsewhere.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from labkit.evidence import mft
from labkit.evidence.detail import Run
from labkit.evidence.image import BLOCK_BYTES, Image
from labkit.evidence.owners import Fragmented, MediumMap, Place, VolumeMap
from labkit.evidence.verify import Watch, unwatched
from labkit.evidence.words import ENCODINGS, Finder, Needle

CONTEXT_BYTES = 32
_SECTOR_BYTES = 512
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]+")


class FoundIn(StrEnum):
    """What a hit was found by."""

    MEDIUM = "medium"  # the bytes lie one behind the other on the medium
    CONTENT = "content"  # only the content of the file, put together, holds the word


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a word stands. ``place`` is that of its first byte.

    In a compressed file the first byte has no place of its own on the medium: ``place`` is None, and ``owner`` and
    ``offset_in_file`` of ``content`` say where it is.
    """

    word: str
    encoding: str
    size_bytes: int
    found_in: FoundIn
    text: str
    context: str
    place: Place | None
    content: Fragmented | None = None
    offset_in_file: int | None = None


def search(image: Image, owners: MediumMap, wanted: Sequence[Needle], watch: Watch = unwatched) -> Iterator[Hit]:
    """Yield every hit: those on the medium in its order, then those that only the content of files shows.

    Raises:
        EvidenceError: The image can not be read.
    """
    finder = Finder(wanted)
    yield from _on_medium(image, owners, finder, watch)
    for volume in owners.volumes:
        for item in volume.fragmented():
            if item.compressed:
                yield from _in_compressed(volume, item, finder)
            else:
                yield from _over_seams(image, owners, item, finder)
        yield from _over_fixups(image, owners, volume, finder)


def _on_medium(image: Image, owners: MediumMap, finder: Finder, watch: Watch) -> Iterator[Hit]:
    keep = finder.longest_bytes - 1
    zeros = bytes(BLOCK_BYTES)
    carried = b""
    position = 0  # of the block on the medium
    for block in watch(image.blocks(), image.size_bytes, "search"):
        blank = block == zeros if len(block) == BLOCK_BYTES else not any(block)
        if not blank or any(carried):
            window = carried + block
            base = position - len(carried)
            for start, end, needle in finder.find(window):
                if end > len(carried):  # else the window before has shown it
                    place = owners.at(base + start)
                    around = _around(image, base + start, end - start)
                    yield _hit(needle, FoundIn.MEDIUM, place, around, offset_in_file=place.offset_in_file)
            carried = window[-keep:] if keep else b""
        else:
            carried = block[-keep:] if keep else b""
        position += len(block)


def _over_seams(image: Image, owners: MediumMap, item: Fragmented, finder: Finder) -> Iterator[Hit]:
    """Yield the hits that reach over a border between two fragments of a file."""
    reach = finder.longest_bytes - 1
    seams = _seams(item.runs, item.size_bytes)
    for previous, seam in pairwise([0, *seams]):
        begin, end = max(0, seam - reach - CONTEXT_BYTES), min(item.size_bytes, seam + reach + CONTEXT_BYTES)
        window = _logical(image, item.runs, begin, end)
        for start, stop, needle in finder.find(window):
            # A hit that reaches over several seams is shown at the first of them.
            if previous <= begin + start < seam < begin + stop:
                offset = _on_medium_at(item.runs, begin + start)
                place = None if offset is None else owners.at(offset)
                around = _cut(window, start, stop)
                yield _hit(needle, FoundIn.CONTENT, place, around, content=item, offset_in_file=begin + start)


def _in_compressed(volume: VolumeMap, item: Fragmented, finder: Finder) -> Iterator[Hit]:
    """Yield all hits in the content of a compressed NTFS stream."""
    _, read = volume.content(item)
    keep = finder.longest_bytes - 1
    carried = b""
    for offset in range(0, item.size_bytes, BLOCK_BYTES):
        block = read(offset, min(BLOCK_BYTES, item.size_bytes - offset))
        window = carried + block
        for start, end, needle in finder.find(window):
            if end > len(carried):
                around = _cut(window, start, end)
                at = offset - len(carried) + start
                yield _hit(needle, FoundIn.CONTENT, None, around, content=item, offset_in_file=at)
        carried = window[-keep:] if keep else b""


def _over_fixups(image: Image, owners: MediumMap, volume: VolumeMap, finder: Finder) -> Iterator[Hit]:
    """Yield the hits in MFT records that reach over the end of a sector, where NTFS put its own two bytes."""
    size = volume.record_bytes
    reach = finder.longest_bytes - 1
    for run in volume.mft_runs if size else ():
        if run.offset_bytes is None:
            continue
        for offset in range(run.offset_bytes, run.offset_bytes + run.size_bytes - size + 1, size):
            stored = image.read(offset, size)
            record = mft.with_fixups(stored)
            if record == stored:
                continue
            for start, end, needle in finder.find(record):
                torn = any(
                    start < seam and end > seam - 2
                    for seam in range(_SECTOR_BYTES, size + 1, _SECTOR_BYTES)
                    if seam - reach - 2 <= start
                )
                if torn and stored[start:end] != record[start:end]:
                    place = owners.at(offset + start)
                    around = _cut(record, start, end)
                    yield _hit(needle, FoundIn.CONTENT, place, around, offset_in_file=place.offset_in_file)


def _hit(
    needle: Needle,
    found_in: FoundIn,
    place: Place | None,
    around: tuple[bytes, bytes, bytes],
    *,
    content: Fragmented | None = None,
    offset_in_file: int | None = None,
) -> Hit:
    before, found, after = around
    if needle.encoding.startswith("UTF-16"):
        before = before[len(before) % 2 :]  # in step with the word
    match = _text(found, needle.encoding)
    context = _text(before, needle.encoding) + match + _text(after, needle.encoding)
    size = needle.size_bytes
    return Hit(needle.word, needle.encoding, size, found_in, match, context, place, content, offset_in_file)


def _around(image: Image, offset: int, size: int) -> tuple[bytes, bytes, bytes]:
    begin = max(0, offset - CONTEXT_BYTES)
    data = image.read(begin, offset - begin + size + CONTEXT_BYTES)
    return _cut(data, offset - begin, offset - begin + size)


def _cut(data: bytes, start: int, end: int) -> tuple[bytes, bytes, bytes]:
    before = min(start, CONTEXT_BYTES)
    return data[start - before : start], data[start:end], data[end : end + CONTEXT_BYTES]


def _text(data: bytes, encoding: str) -> str:
    return _CONTROLS.sub("·", data.decode(ENCODINGS[encoding], "replace"))


def _seams(runs: Sequence[Run], size_bytes: int) -> list[int]:
    """Return the offsets in a file at which it goes on elsewhere on the medium."""
    found = []
    position = 0
    expected: int | None = None
    for run in runs:
        if position and run.offset_bytes != expected and position < size_bytes:
            found.append(position)
        expected = None if run.offset_bytes is None else run.offset_bytes + run.size_bytes
        position += run.size_bytes
    return found


def _logical(image: Image, runs: Sequence[Run], begin: int, end: int) -> bytes:
    """Return the bytes ``[begin, end)`` of a file's content; sparse stretches are zeros."""
    parts = []
    position = 0
    for run in runs:
        low, high = max(begin, position), min(end, position + run.size_bytes)
        if low < high:
            sparse = run.offset_bytes is None
            parts.append(
                bytes(high - low) if sparse else image.read((run.offset_bytes or 0) + low - position, high - low)
            )
        position += run.size_bytes
    return b"".join(parts)


def _on_medium_at(runs: Sequence[Run], offset: int) -> int | None:
    position = 0
    for run in runs:
        if position <= offset < position + run.size_bytes:
            return None if run.offset_bytes is None else run.offset_bytes + offset - position
        position += run.size_bytes
    return None
