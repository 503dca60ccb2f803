"""Inflating one zlib stream strictly: also the bits that an inflater passes over must be as a writer leaves them.

A deflate stream ends somewhere in a byte, and a stored block begins at the next whole byte; the bits between carry
nothing, no checksum covers them, and every writer leaves them zero. A bit that is set there was flipped.

Sources: RFC 1950 section 2.2, RFC 1951 sections 3.1.1 and 3.2.4.
"""

import zlib

_CHECKSUM_BYTES = 4
_MOST_BYTES = 16 * 1024 * 1024


class DamagedStreamError(ValueError):
    """The stream does not hold what its checksum says, or more than it may."""


def inflated(data: bytes, most_bytes: int) -> tuple[bytes, bool]:
    """Return the content of a zlib stream, and whether its idle bits are as a writer leaves them.

    Raises:
        DamagedStreamError: The stream is damaged, is followed by something, or holds more than ``most_bytes``.
    """
    stream = zlib.decompressobj()
    before_end = len(data) - _CHECKSUM_BYTES - 1
    try:
        content = stream.decompress(data[:before_end], most_bytes + 1)
        at_the_end = stream.copy()
        content += stream.decompress(data[before_end:], most_bytes + 1)
    except (zlib.error, ValueError) as error:
        raise DamagedStreamError(str(error)) from None
    if not stream.eof or stream.unused_data or len(content) > most_bytes:
        raise DamagedStreamError("the stream does not end where it should")
    return content, not _last_bit_is_idle(data[before_end:], at_the_end) and _stored_heads_are_plain(data)


def stream_problem(data: bytes) -> str | None:
    """Return what is wrong with a section that is one zlib stream; None if nothing is."""
    try:
        _, plain = inflated(data, _MOST_BYTES)
    except DamagedStreamError:
        return "does not fit its checksum"
    return None if plain else "has bits set that carry nothing"


def _last_bit_is_idle(ending: bytes, at_the_end: "zlib._Decompress") -> bool:
    """Return whether the stream ends as well without the highest bit that is set in its last byte.

    ``ending`` is that byte and the checksum behind it; ``at_the_end`` stands before both.
    """
    last = ending[0]
    if not last:
        return False
    cleared = last & ~(1 << (last.bit_length() - 1))
    try:
        at_the_end.decompress(bytes((cleared,)) + ending[1:])
    except zlib.error:
        return False
    return at_the_end.eof


def _stored_heads_are_plain(data: bytes) -> bool:
    """Return whether the stored blocks that a stream begins with have nothing in their five idle bits."""
    position = 2
    while position + 5 <= len(data):
        head = data[position]
        if head & 0b110:
            return True  # a compressed block: from here on no block begins at a whole byte
        if head >> 3:
            return False
        if head & 1:
            return True
        position += 5 + int.from_bytes(data[position + 1 : position + 3], "little")
    return True
