"""Data in compressed wrappers that are not compressed, so that they have the same bytes with every zlib.

Sources: RFC 1951 section 3.2.4 (stored blocks), RFC 1950 section 2.2 (zlib), RFC 1952 section 2.3 (gzip).
"""

import struct
import zlib
from datetime import datetime

from labkit.errors import SynthesisError

_LARGEST_BLOCK = 0xFFFF
_ZLIB_HEADER = b"\x78\x01"  # deflate, 32 KiB window, fastest
_GZIP_MAGIC, _DEFLATE, _HAS_NAME, _UNIX = b"\x1f\x8b", 8, 0x08, 3


def deflate_stored(data: bytes) -> bytes:
    """Return ``data`` as a deflate stream of stored blocks."""
    starts = range(0, len(data), _LARGEST_BLOCK) or (0,)
    out = bytearray()
    for start in starts:
        block = data[start : start + _LARGEST_BLOCK]
        final = start + _LARGEST_BLOCK >= len(data)
        out += struct.pack("<BHH", final, len(block), len(block) ^ 0xFFFF) + block
    return bytes(out)


def zlib_stored(data: bytes) -> bytes:
    """Return ``data`` as a zlib stream. Its checksum is a fixed function; only compression differs between zlibs."""
    return _ZLIB_HEADER + deflate_stored(data) + struct.pack(">I", zlib.adler32(data))


def gzip_stored(data: bytes, *, name: str, modified: datetime) -> bytes:
    """Return ``data`` as a ``.gz`` file that knows the name and the time of the file in it.

    Args:
        data: The content.
        name: The name of the file, in Latin-1.
        modified: Its last-write time, aware.

    Raises:
        SynthesisError: The name is not Latin-1, or the time carries no zone or is not within 1970 to 2106.
    """
    try:
        raw_name = name.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SynthesisError(
            f"a gzip header can not hold the name {name!r}",
            remedy="Take a name in Latin letters; gzip knows no others.",
        ) from error
    seconds = int(modified.timestamp()) if modified.tzinfo else -1
    if not 0 <= seconds < 1 << 32:
        raise SynthesisError(
            f"a gzip header can not hold the time {modified.isoformat()}", remedy="Give an aware time after 1970."
        )
    head = _GZIP_MAGIC + struct.pack("<BBIBB", _DEFLATE, _HAS_NAME, seconds, 0, _UNIX) + raw_name + b"\0"
    return head + deflate_stored(data) + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
