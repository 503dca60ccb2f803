"""Writing an E01 group by group, so that it can stop after any group and go on later at the same place.

Source: J. Metz, "Expert Witness Compression Format specification" (libewf documentation), section "Segment file".
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from labkit.containers.ewf_chunks import LEVELS, Compression, StoredChunk
from labkit.containers.ewf_sections import (
    COMPRESSED_FLAG,
    SECTION_HEADER_BYTES,
    SECTOR_BYTES,
    EwfMetadata,
    closing_section,
    digest,
    error2,
    file_header,
    hash_section,
    header,
    header2,
    section,
    section_header,
    table,
    volume,
)
from labkit.errors import SynthesisError

# Offsets in a table have 31 bits, and EnCase keeps segments under 2 GiB.
MAX_SEGMENT_BYTES = 2000 * 1024 * 1024
MIN_SEGMENT_BYTES = 1024 * 1024
_OVERHEAD_BYTES = 8192  # closing sections of a segment: data, digest, hash, next or done


class Sink(Protocol):
    """Anything that takes bytes: a file, a digest, a counter."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class EwfPlace:
    """Where an unfinished E01 ends: in which segment (from 1), and after how many of its bytes."""

    segment: int
    length_bytes: int


class EwfWriter:
    """Writes chunks in order into segments; ``add`` groups of them, then ``finish``.

    Args:
        size_bytes: Length of the medium, a multiple of ``sector_bytes``.
        open_segment: Returns what takes the bytes of a segment, by its number from 1. It is called again for the
            segment in which an unfinished image goes on; what it returns then must stand at that segment's end.
        metadata: Header values.
        compression: How the chunks were packed.
        segment_bytes: Largest segment file; 1 MiB to 2,000 MiB.
        sector_bytes: Length of a sector of the medium.
        resume_at: Where the earlier writer stopped, as its ``place`` told; the rest of the arguments must be the same.

    Raises:
        SynthesisError: The sizes do not fit together.
    """

    def __init__(
        self,
        size_bytes: int,
        open_segment: Callable[[int], Sink],
        metadata: EwfMetadata,
        *,
        compression: Compression = "portable",
        segment_bytes: int = MAX_SEGMENT_BYTES,
        sector_bytes: int = SECTOR_BYTES,
        resume_at: EwfPlace | None = None,
    ) -> None:
        check_sizes(size_bytes, segment_bytes, sector_bytes)
        self._open_segment = open_segment
        self._segment_bytes = segment_bytes
        self._media_fields = volume(
            size_bytes,
            compression_level=LEVELS[compression],
            set_identifier=_identifier(metadata, size_bytes),
            sector_bytes=sector_bytes,
        )
        if resume_at is not None:
            self._segment = _Segment(resume_at.segment, open_segment(resume_at.segment), resume_at.length_bytes)
            return
        self._segment = _Segment(1, open_segment(1))
        for kind, data in (
            ("header2", header2(metadata)),
            ("header2", header2(metadata)),
            ("header", header(metadata)),
            ("volume", self._media_fields),
        ):
            self._segment.section(kind, data)

    @property
    def place(self) -> EwfPlace:
        """Return where the image ends by now."""
        return EwfPlace(self._segment.number, self._segment.length_bytes)

    def add(self, chunks: Sequence[StoredChunk]) -> None:
        """Write a group of chunks with its tables; it goes over into the next segment where one is full."""
        while chunks:
            fitting = self._segment.fitting(chunks, self._segment_bytes)
            if fitting:
                self._segment.chunks(chunks[:fitting])
                chunks = chunks[fitting:]
            if chunks:
                self._segment.close("next")
                number = self._segment.number + 1
                self._segment = _Segment(number, self._open_segment(number))
                self._segment.section("data", self._media_fields)

    def finish(self, md5: bytes, sha1: bytes, unreadable: Sequence[tuple[int, int]] = ()) -> None:
        """Close the image with the digests of the medium and the runs of unreadable sectors (first, how many)."""
        closing = [("data", self._media_fields)] if self._segment.number == 1 else []
        if unreadable:
            closing.append(("error2", error2(unreadable)))
        closing += [("digest", digest(md5, sha1)), ("hash", hash_section(md5))]
        for kind, data in closing:
            self._segment.section(kind, data)
        self._segment.close("done")


def check_sizes(size_bytes: int, segment_bytes: int, sector_bytes: int = SECTOR_BYTES) -> None:
    """Refuse sizes that an E01 can not have.

    Raises:
        SynthesisError: The medium is no whole number of sectors, or the segments are too small or too large.
    """
    if size_bytes <= 0 or size_bytes % sector_bytes:
        raise SynthesisError(
            f"a medium of {size_bytes} bytes is not a whole number of {sector_bytes}-byte sectors",
            remedy=f"Give a size that is a multiple of {sector_bytes}.",
        )
    if not MIN_SEGMENT_BYTES <= segment_bytes <= MAX_SEGMENT_BYTES:
        raise SynthesisError(
            f"segments of {segment_bytes} bytes are not possible in an E01 image",
            remedy="Choose a segment size from 1 MiB to 2000 MiB.",
        )


def segment_suffix(number: int) -> str:
    """Return the suffix of segment ``number``: .E01 to .E99, then .EAA to .EZZ, .FAA and so on.

    Raises:
        SynthesisError: There is no name for so many segments.
    """
    if 1 <= number <= 99:  # noqa: PLR2004 - two digits
        return f".E{number:02d}"
    letters = number - 100
    first, rest = divmod(letters, 26 * 26)
    if number < 1 or first > ord("Z") - ord("E"):
        raise SynthesisError(
            f"an E01 image has no name for segment {number}",
            remedy="Choose larger segments (up to 2000 MiB).",
        )
    second, third = divmod(rest, 26)
    return f".{chr(ord('E') + first)}{chr(ord('A') + second)}{chr(ord('A') + third)}"


class _Segment:
    """One segment file under construction; knows its length, because every section states offsets."""

    def __init__(self, number: int, sink: Sink, length_bytes: int = 0) -> None:
        self.number = number
        self.length_bytes = length_bytes
        self._sink = sink
        if not length_bytes:
            self._write(file_header(number))

    def section(self, kind: str, data: bytes) -> None:
        self._write(section(kind, self.length_bytes, data))

    def close(self, kind: str) -> None:
        self._write(closing_section(kind, self.length_bytes))

    def fitting(self, stored: Sequence[StoredChunk], segment_bytes: int) -> int:
        """Return how many of the stored chunks still fit into a segment of ``segment_bytes``."""
        free = segment_bytes - self.length_bytes - _OVERHEAD_BYTES - 3 * SECTION_HEADER_BYTES
        for count, chunk in enumerate(stored):
            free -= len(chunk.data) + 8  # its entry in both tables
            if free < 0:
                return count
        return len(stored)

    def chunks(self, stored: Sequence[StoredChunk]) -> None:
        base = self.length_bytes
        position = SECTION_HEADER_BYTES
        offsets = []
        for chunk in stored:
            offsets.append(position | (COMPRESSED_FLAG if chunk.is_compressed else 0))
            position += len(chunk.data)
        self._write(section_header("sectors", base, position - SECTION_HEADER_BYTES))
        self._write(b"".join(chunk.data for chunk in stored))
        entries = table(offsets, base)
        self.section("table", entries)
        self.section("table2", entries)

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self.length_bytes += len(data)


def _identifier(metadata: EwfMetadata, size_bytes: int) -> bytes:
    """Return the 16 bytes that all segments of one image share."""
    text = f"{metadata.case_number}|{metadata.evidence_number}|{metadata.description}|{size_bytes}"
    return hashlib.sha256(text.encode()).digest()[:16]
