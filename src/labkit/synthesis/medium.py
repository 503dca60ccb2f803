"""A medium under construction: sparse, sector-addressed, cheap to fork.

Only chunks that hold something other than zeros are kept. A fork shares all chunks with its parent until one of the
two writes. Chunks are 32 KiB, the chunk size of the E01 container, so that containers can pass them on as they are.
"""

from collections.abc import Iterator

from labkit.errors import SynthesisError

CHUNK_BYTES = 32768
SECTOR_BYTES = 512
_ZERO_CHUNK = bytes(CHUNK_BYTES)


class Medium:
    """``size_bytes`` of zeros that can be written anywhere. A multiple of 512 bytes."""

    def __init__(self, size_bytes: int) -> None:
        if size_bytes <= 0 or size_bytes % SECTOR_BYTES:
            raise SynthesisError(
                f"a medium of {size_bytes} bytes is not a whole number of 512-byte sectors",
                remedy="Give a size that is a multiple of 512.",
            )
        self.size_bytes = size_bytes
        self._chunks: dict[int, bytes | bytearray] = {}

    def fork(self) -> "Medium":
        """Return a copy that shares unchanged chunks with this one."""
        # Frozen chunks are bytes; a chunk becomes a private bytearray when it is first written after a fork.
        self._chunks = {number: bytes(chunk) for number, chunk in self._chunks.items()}
        copy = Medium(self.size_bytes)
        copy._chunks = dict(self._chunks)
        return copy

    def write(self, offset_bytes: int, data: bytes | bytearray) -> None:
        """Put ``data`` at ``offset_bytes`` from byte 0 of the medium."""
        length = len(data)
        if offset_bytes < 0 or offset_bytes + length > self.size_bytes:
            raise self._outside(offset_bytes, length)
        number, start = divmod(offset_bytes, CHUNK_BYTES)
        if 0 < length <= CHUNK_BYTES - start:
            self._writable(number)[start : start + length] = data
            return
        position = 0
        while position < length:
            number, start = divmod(offset_bytes + position, CHUNK_BYTES)
            size = min(CHUNK_BYTES - start, length - position)
            part = data[position : position + size]
            if size == CHUNK_BYTES:
                self._chunks[number] = bytes(part)
            else:
                self._writable(number)[start : start + size] = part
            position += size

    def read(self, offset_bytes: int, size_bytes: int) -> bytes:
        """Return ``size_bytes`` bytes from ``offset_bytes``."""
        if offset_bytes < 0 or offset_bytes + size_bytes > self.size_bytes:
            raise self._outside(offset_bytes, size_bytes)
        number, start = divmod(offset_bytes, CHUNK_BYTES)
        if size_bytes <= CHUNK_BYTES - start:
            return bytes(self._chunks.get(number, _ZERO_CHUNK)[start : start + size_bytes])
        parts = []
        position = offset_bytes
        end = offset_bytes + size_bytes
        while position < end:
            number, start = divmod(position, CHUNK_BYTES)
            size = min(CHUNK_BYTES - start, end - position)
            parts.append(self._chunks.get(number, _ZERO_CHUNK)[start : start + size])
            position += size
        return b"".join(parts)

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole medium in order, 32 KiB at a time; the last chunk may be shorter."""
        whole, rest = divmod(self.size_bytes, CHUNK_BYTES)
        for number in range(whole):
            chunk = self._chunks.get(number)
            yield _ZERO_CHUNK if chunk is None else bytes(chunk)
        if rest:
            yield bytes(self._chunks.get(whole, _ZERO_CHUNK)[:rest])

    def _writable(self, number: int) -> bytearray:
        chunk = self._chunks.get(number)
        if isinstance(chunk, bytearray):
            return chunk
        chunk = self._chunks[number] = bytearray(CHUNK_BYTES if chunk is None else chunk)
        return chunk

    def _outside(self, offset_bytes: int, size_bytes: int) -> SynthesisError:
        return SynthesisError(
            f"bytes {offset_bytes} to {offset_bytes + size_bytes} lie outside a medium of {self.size_bytes} bytes",
            remedy="Make the medium larger or the content smaller.",
        )
