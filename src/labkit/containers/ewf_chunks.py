"""How one chunk of a medium is stored in an E01: compressed, or as it is with a checksum behind it.

**portable** keeps a chunk of zeros as one constant and every other chunk as it is, so the file has the same bytes on
every machine. **fast** and **best** compress with zlib; their bytes depend on the zlib that is installed, their media
do not. A chunk that does not shrink is stored as it is; **fast** does not even try where a sample does not shrink, such
as in pictures and archives.

Source: J. Metz, "Expert Witness Compression Format specification" (libewf documentation), section "Data chunk".
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labkit.containers.ewf_sections import CHUNK_BYTES, ZERO_CHUNK_STREAM, adler32

Compression = Literal["portable", "fast", "best"]
LEVELS: dict[Compression, int] = {"portable": 0, "fast": 1, "best": 2}  # as the volume section counts them

_ZLIB_LEVELS: dict[Compression, int] = {"fast": 1, "best": 9}
_ZERO_CHUNK = bytes(CHUNK_BYTES)
_CHECKSUM_BYTES = 4
_MANY_VALUES = 240
_SAMPLE_BYTES = 2048
_SHRUNK = 0.98


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """One chunk as the segment holds it."""

    data: bytes
    is_compressed: bool


def packer(compression: Compression) -> Callable[[bytes], StoredChunk]:
    """Return the function that stores one chunk of at most 32 KiB."""
    if compression == "portable":
        return _portable
    level = _ZLIB_LEVELS[compression]
    tries_all = compression == "best"

    def compressed(chunk: bytes) -> StoredChunk:
        if chunk == _ZERO_CHUNK:
            return StoredChunk(ZERO_CHUNK_STREAM, is_compressed=True)
        if not tries_all and _is_hopeless(chunk):
            return _as_it_is(chunk)
        data = zlib.compress(chunk, level)
        if len(data) < len(chunk) + _CHECKSUM_BYTES:
            return StoredChunk(data, is_compressed=True)
        return _as_it_is(chunk)

    return compressed


def _portable(chunk: bytes) -> StoredChunk:
    if chunk == _ZERO_CHUNK:
        return StoredChunk(ZERO_CHUNK_STREAM, is_compressed=True)
    return _as_it_is(chunk)


def _is_hopeless(chunk: bytes) -> bool:
    """Return whether two samples of a chunk say that it does not shrink.

    Compressing costs far more than counting which byte values there are, so that is looked at first: in 1 KiB of
    compressed or encrypted data nearly all 256 occur.
    """
    middle = len(chunk) // 2
    if len({*chunk[:512], *chunk[middle : middle + 512]}) < _MANY_VALUES:
        return False
    sample = chunk[:_SAMPLE_BYTES] + chunk[middle : middle + _SAMPLE_BYTES]
    return len(zlib.compress(sample, 1)) > len(sample) * _SHRUNK


def _as_it_is(chunk: bytes) -> StoredChunk:
    return StoredChunk(chunk + adler32(chunk), is_compressed=False)
