"""PNG: from chunk to chunk, each with its CRC, to IEND.

Source: W3C PNG specification (third edition), 5.3 "Chunk layout", 11.2.1 "IHDR".
"""

import zlib

from labkit.evidence.carving.extent import Extent, Source, complete, header_only, partial

_SIGNATURE_BYTES = 8
_LARGEST_CHUNK_BYTES = 0x7FFFFFFF
_BLOCK_BYTES = 256 * 1024


def walk(source: Source, start: int) -> Extent | None:
    """Return how far a PNG picture holds that begins at ``start``."""
    position = start + _SIGNATURE_BYTES
    size = ""
    chunks = 0
    while True:
        head = source.read(position, 8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if len(head) < 8 or length > _LARGEST_CHUNK_BYTES or not kind.isalpha():  # noqa: PLR2004 - length and type
            return _broken(start, position, size, f"no chunk behind {chunks} good ones")
        if not chunks and (kind, length) != (b"IHDR", 13):
            return _broken(start, position, size, "the first chunk is not IHDR")
        if position + 12 + length > source.size_bytes:
            return _broken(start, position, size, f"the space ends inside the chunk {kind.decode()}")
        if _crc(source, position + 4, length + 4) != source.read(position + 8 + length, 4):
            return _broken(start, position, size, f"the CRC of the chunk {kind.decode()} is wrong")
        if not chunks:
            header = source.read(position + 8, 8)
            size = f"{int.from_bytes(header[:4], 'big')}x{int.from_bytes(header[4:], 'big')}"
        chunks += 1
        position += 12 + length
        if kind == b"IEND":
            return complete("png", position - start, f"{chunks} chunks with right CRCs to IEND, {size} pixels")


def _crc(source: Source, start: int, size: int) -> bytes:
    value = 0
    for offset in range(start, start + size, _BLOCK_BYTES):
        value = zlib.crc32(source.read(offset, min(_BLOCK_BYTES, start + size - offset)), value)
    return value.to_bytes(4, "big")


def _broken(start: int, end: int, size: str, why: str) -> Extent:
    if size:
        return partial("png", end - start, f"{size} pixels; {why}")
    return header_only("png", end - start, why)
