"""GZIP: one member, inflated to its end, with CRC and size. A second member behind it is found as one of its own.

Source: RFC 1952, 2.3 "Member format".
"""

import zlib

from labkit.evidence.carving.extent import BreakOffError, Extent, Source, complete, header_only, partial

_RESERVED, _HCRC, _EXTRA, _NAME, _COMMENT = 0xE0, 2, 4, 8, 16
_LAST_SYSTEM, _UNKNOWN_SYSTEM = 13, 255
_BLOCK_BYTES = 16 * 1024  # deflate makes at most 1032 bytes of one
_LARGEST_BYTES = 1024 * 1024 * 1024  # of the inflated content; a bomb ends here
_LARGEST_NAME_BYTES = 64 * 1024


def walk(source: Source, start: int) -> Extent | None:
    """Return how far gzip data hold that begin at ``start``; None where not one byte can be inflated."""
    head = source.read(start, 10)
    if len(head) < 10 or head[3] & _RESERVED or head[8] not in (0, 2, 4):  # noqa: PLR2004 - the fixed header, 2.3.1
        return None
    if head[9] > _LAST_SYSTEM and head[9] != _UNKNOWN_SYSTEM:
        return None
    body = _body(source, start, head[3])
    if body is None:
        return header_only("gzip", 10, "the header has no end")
    member = _Member(source, body)
    try:
        end = member.end()
    except BreakOffError as broken:
        why = f"{member.size} bytes inflated; {broken.why}"
        return partial("gzip", broken.position - start, why) if member.size else None
    return complete("gzip", end - start, f"{member.size} bytes inflated, CRC and size agree")


class _Member:
    """Compressed data that are inflated piece by piece; ``size`` is how many bytes came out so far."""

    def __init__(self, source: Source, position: int) -> None:
        self._source = source
        self._position = position
        self._crc = 0
        self.size = 0

    def end(self) -> int:
        """Inflate to the end and return where the member ends, with its trailer."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        while not inflater.eof:
            block = self._source.read(self._position, _BLOCK_BYTES)
            if not block:
                raise BreakOffError(self._position, "the space ends inside the compressed data")
            before = self._position
            self._position += len(block)
            try:
                data = inflater.decompress(block)
            except zlib.error as error:
                raise BreakOffError(before, "the compressed data are damaged") from error
            self.size, self._crc = self.size + len(data), zlib.crc32(data, self._crc)
            if self.size > _LARGEST_BYTES:
                raise BreakOffError(self._position, "more than 1 GiB inflated, not followed to the end")
        end = self._position - len(inflater.unused_data)
        stated = self._crc.to_bytes(4, "little") + (self.size & 0xFFFFFFFF).to_bytes(4, "little")
        if self._source.read(end, 8) != stated:
            raise BreakOffError(end, "CRC or size do not agree")
        return end + 8


def _body(source: Source, start: int, flags: int) -> int | None:
    """Return where the compressed data begin."""
    position = start + 10
    if flags & _EXTRA:
        position += 2 + int.from_bytes(source.read(position, 2), "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            text = source.read(position, _LARGEST_NAME_BYTES)
            if b"\0" not in text:
                return None
            position += text.index(b"\0") + 1
    return position + (2 if flags & _HCRC else 0)
