"""Writing E01 images in the EnCase 6 layout: segments, header values, MD5 and SHA-1 of the media.

Two ways to store chunks. **portable** keeps a chunk of zeros as one constant and every other chunk as it is, so the
file has the same bytes on every machine. **zlib** compresses; its bytes depend on the zlib that is installed, its
media do not.

Source: J. Metz, "Expert Witness Compression Format specification" (libewf documentation), section "Segment file".
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from labkit.atomic import whole_file
from labkit.containers.ewf_sections import (
    CHUNK_BYTES,
    COMPRESSED_FLAG,
    SECTION_HEADER_BYTES,
    SECTOR_BYTES,
    ZERO_CHUNK_STREAM,
    EwfMetadata,
    adler32,
    closing_section,
    digest,
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
from labkit.hashing import Digester
from labkit.model.evidence import Digests

Compression = Literal["portable", "zlib"]

# Offsets in a table have 31 bits, and EnCase keeps segments under 2 GiB.
MAX_SEGMENT_BYTES = 2000 * 1024 * 1024
MIN_SEGMENT_BYTES = 1024 * 1024
_GROUP_CHUNKS = 1024  # chunks behind one table: what is held in memory at a time (32 MiB)
_ZERO_CHUNK = bytes(CHUNK_BYTES)
_OVERHEAD_BYTES = 8192  # closing sections of a segment: data, digest, hash, next or done


class Sink(Protocol):
    """Anything that takes bytes: a file, a digest, a counter."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


@dataclass(frozen=True, slots=True)
class EwfResult:
    """What was written. Stored digests are what the container says, which may be wrong on purpose."""

    segments: tuple[Path, ...]
    media: Digests
    stored_md5: str
    stored_sha1: str


def write_ewf(
    chunks: Iterable[bytes],
    size_bytes: int,
    path: Path,
    metadata: EwfMetadata,
    *,
    compression: Compression = "portable",
    segment_bytes: int = MAX_SEGMENT_BYTES,
    stored_md5: bytes | None = None,
    stored_sha1: bytes | None = None,
) -> EwfResult:
    """Write a medium as ``path`` (ending in .E01) and, when it grows past ``segment_bytes``, .E02 and so on.

    Args:
        chunks: The medium in order, 32 KiB at a time; only the last may be shorter.
        size_bytes: Length of the medium, a multiple of 512.
        path: The first segment.
        metadata: Header values.
        compression: "portable" or "zlib".
        segment_bytes: Largest segment file; 1 MiB to 2,000 MiB.
        stored_md5: Digest to state instead of the true one, for exercises on mismatches.
        stored_sha1: The same for SHA-1.

    Raises:
        SynthesisError: The sizes do not fit together.
        OSError: The destination can not be written; nothing is left behind.
    """
    with ExitStack() as stack:
        segments: list[Path] = []

        def open_segment(number: int) -> BinaryIO:
            target = path.with_suffix(segment_suffix(number))
            segments.append(target)
            partial = stack.enter_context(whole_file(target))
            return stack.enter_context(partial.open("wb"))

        media, md5, sha1 = encode_ewf(
            chunks,
            size_bytes,
            open_segment,
            metadata,
            compression=compression,
            segment_bytes=segment_bytes,
            stored_md5=stored_md5,
            stored_sha1=stored_sha1,
        )
    return EwfResult(tuple(segments), media, md5.hex(), sha1.hex())


def encode_ewf(
    chunks: Iterable[bytes],
    size_bytes: int,
    open_segment: Callable[[int], Sink],
    metadata: EwfMetadata,
    *,
    compression: Compression = "portable",
    segment_bytes: int = MAX_SEGMENT_BYTES,
    stored_md5: bytes | None = None,
    stored_sha1: bytes | None = None,
) -> tuple[Digests, bytes, bytes]:
    """Encode a medium into sinks that ``open_segment(number)`` returns; see :func:`write_ewf`.

    Returns:
        The digests of the media, and the MD5 and SHA-1 that the container states.
    """
    _check_sizes(size_bytes, segment_bytes)
    identifier = hashlib.sha256(
        f"{metadata.case_number}|{metadata.evidence_number}|{metadata.description}|{size_bytes}".encode()
    ).digest()[:16]
    media_fields = volume(size_bytes, compressed=compression == "zlib", set_identifier=identifier)
    pack = _pack_portable if compression == "portable" else _pack_zlib
    segment = _Segment(1, open_segment(1))
    for kind, data in (
        ("header2", header2(metadata)),
        ("header2", header2(metadata)),
        ("header", header(metadata)),
        ("volume", media_fields),
    ):
        segment.section(kind, data)

    with Digester() as digester:
        for group in _groups(_measured(chunks, size_bytes, digester)):
            stored = [pack(chunk) for chunk in group]
            while stored:
                fitting = segment.fitting(stored, segment_bytes)
                if fitting:
                    segment.chunks(stored[:fitting])
                    stored = stored[fitting:]
                if stored:
                    segment.close("next")
                    segment = _Segment(segment.number + 1, open_segment(segment.number + 1))
                    segment.section("data", media_fields)
        media = digester.finish()
    md5 = bytes.fromhex(media.md5) if stored_md5 is None else stored_md5
    sha1 = bytes.fromhex(media.sha1) if stored_sha1 is None else stored_sha1
    if segment.number == 1:
        segment.section("data", media_fields)
    segment.section("digest", digest(md5, sha1))
    segment.section("hash", hash_section(md5))
    segment.close("done")
    return media, md5, sha1


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

    def __init__(self, number: int, sink: Sink) -> None:
        self.number = number
        self._sink = sink
        self._length_bytes = 0
        self._write(file_header(number))

    def section(self, kind: str, data: bytes) -> None:
        self._write(section(kind, self._length_bytes, data))

    def close(self, kind: str) -> None:
        self._write(closing_section(kind, self._length_bytes))

    def fitting(self, stored: list[tuple[bytes, int]], segment_bytes: int) -> int:
        """Return how many of the stored chunks still fit into a segment of ``segment_bytes``."""
        free = segment_bytes - self._length_bytes - _OVERHEAD_BYTES - 3 * SECTION_HEADER_BYTES
        for count, (blob, _) in enumerate(stored):
            free -= len(blob) + 8  # its entry in both tables
            if free < 0:
                return count
        return len(stored)

    def chunks(self, stored: list[tuple[bytes, int]]) -> None:
        base = self._length_bytes
        position = SECTION_HEADER_BYTES
        offsets = []
        for blob, flag in stored:
            offsets.append(position | flag)
            position += len(blob)
        self._write(section_header("sectors", base, position - SECTION_HEADER_BYTES))
        self._write(b"".join(blob for blob, _ in stored))
        entries = table(offsets, base)
        self.section("table", entries)
        self.section("table2", entries)

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self._length_bytes += len(data)


def _pack_portable(chunk: bytes) -> tuple[bytes, int]:
    if chunk == _ZERO_CHUNK:
        return ZERO_CHUNK_STREAM, COMPRESSED_FLAG
    return chunk + adler32(chunk), 0


def _pack_zlib(chunk: bytes) -> tuple[bytes, int]:
    if chunk == _ZERO_CHUNK:
        return ZERO_CHUNK_STREAM, COMPRESSED_FLAG
    compressed = zlib.compress(chunk, 6)
    if len(compressed) < len(chunk):
        return compressed, COMPRESSED_FLAG
    return chunk + adler32(chunk), 0


def _groups(chunks: Iterator[bytes]) -> Iterator[list[bytes]]:
    while group := list(islice(chunks, _GROUP_CHUNKS)):
        yield group


def _measured(chunks: Iterable[bytes], size_bytes: int, digester: Digester) -> Iterator[bytes]:
    """Yield the chunks, digested, and check that they are the medium that was announced."""
    missing = size_bytes
    for chunk in chunks:
        if len(chunk) != min(CHUNK_BYTES, missing):
            raise SynthesisError(
                f"a chunk of {len(chunk)} bytes came where {min(CHUNK_BYTES, missing)} were due",
                remedy="Hand over the medium in chunks of 32 KiB; only the last may be shorter.",
            )
        missing -= len(chunk)
        digester.update(chunk)
        yield chunk
    if missing:
        raise SynthesisError(
            f"the medium ended {missing} bytes before its announced size of {size_bytes} bytes",
            remedy="Give the size of the medium that is handed over.",
        )


def _check_sizes(size_bytes: int, segment_bytes: int) -> None:
    if size_bytes <= 0 or size_bytes % SECTOR_BYTES:
        raise SynthesisError(
            f"a medium of {size_bytes} bytes is not a whole number of 512-byte sectors",
            remedy="Give a size that is a multiple of 512.",
        )
    if not MIN_SEGMENT_BYTES <= segment_bytes <= MAX_SEGMENT_BYTES:
        raise SynthesisError(
            f"segments of {segment_bytes} bytes are not possible in an E01 image",
            remedy="Choose a segment size from 1 MiB to 2000 MiB.",
        )
