"""Writing E01 images in the EnCase 6 layout: segments, header values, MD5 and SHA-1 of the media.

Source: J. Metz, "Expert Witness Compression Format specification" (libewf documentation), section "Segment file".
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from labkit.atomic import whole_file
from labkit.containers.ewf_chunks import Compression, packer
from labkit.containers.ewf_sections import CHUNK_BYTES, EwfMetadata
from labkit.containers.ewf_writer import MAX_SEGMENT_BYTES, EwfWriter, Sink, segment_suffix
from labkit.errors import SynthesisError
from labkit.hashing import Digester
from labkit.model.evidence import Digests

_GROUP_CHUNKS = 1024  # chunks behind one table: what is held in memory at a time (32 MiB)


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
        compression: "portable", "fast" or "best", see :mod:`labkit.containers.ewf_chunks`.
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
    writer = EwfWriter(size_bytes, open_segment, metadata, compression=compression, segment_bytes=segment_bytes)
    pack = packer(compression)
    with Digester() as digester:
        for group in _groups(_measured(chunks, size_bytes, digester)):
            writer.add([pack(chunk) for chunk in group])
        media = digester.finish()
    md5 = bytes.fromhex(media.md5) if stored_md5 is None else stored_md5
    sha1 = bytes.fromhex(media.sha1) if stored_sha1 is None else stored_sha1
    writer.finish(md5, sha1)
    return media, md5, sha1


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
