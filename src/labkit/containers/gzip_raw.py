"""Raw media as .gz that has the same bytes on every machine: what a compressor would do differently is fixed here.

A chunk of zeros is one constant deflate block; every other chunk is stored. Sources: RFC 1951 sections 3.2.3 and
3.2.4, RFC 1952 section 2.3.
"""

import struct
import zlib
from collections.abc import Iterable

from labkit.containers.ewf_writer import Sink

CHUNK_BYTES = 32768
_ZERO_CHUNK = bytes(CHUNK_BYTES)
# 32,768 zeros as raw deflate: one block with dynamic codes, then an empty stored block that ends on a whole byte.
_ZERO_CHUNK_BLOCKS = bytes.fromhex("ecc101010000008090feafee080a" + "00" * 31 + "180000ffff")
_LAST_BLOCK = bytes.fromhex("010000ffff")
# No name, no time, compression not told, system unknown.
_HEADER = b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff"


def write_gzip(chunks: Iterable[bytes], sink: Sink) -> None:
    """Write ``chunks`` (each up to 65,535 bytes, usually 32 KiB) as one gzip member."""
    checksum = size_bytes = 0
    sink.write(_HEADER)
    for chunk in chunks:
        checksum = zlib.crc32(chunk, checksum)
        size_bytes += len(chunk)
        if chunk == _ZERO_CHUNK:
            sink.write(_ZERO_CHUNK_BLOCKS)
        else:
            sink.write(struct.pack("<BHH", 0, len(chunk), len(chunk) ^ 0xFFFF) + chunk)
    sink.write(_LAST_BLOCK + struct.pack("<II", checksum, size_bytes & 0xFFFFFFFF))
