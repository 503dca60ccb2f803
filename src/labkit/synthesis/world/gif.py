"""GIF pictures with the same bytes on every machine: the codes of the compression say one pixel each.

With colours of seven bits every code takes one byte as long as the table of the decoder is cleared before its codes
need nine bits. Source: CompuServe, "Graphics Interchange Format, Version 89a", sections 17 to 24 and appendix F.
"""

import struct

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream

_COLOUR_BITS = 7
_COLOURS = 1 << _COLOUR_BITS
_CLEAR, _END = _COLOURS, _COLOURS + 1
_PIXELS_BEFORE_CLEARING = 120  # the table has room for 126 codes of eight bits
_LARGEST_BLOCK = 255
_LONGEST_SIDE = 4096
_STRIPES = 24


def gif(stream: Stream, *, columns: int, rows: int, comment: str = "") -> bytes:
    """Return a picture of stripes, such as the banner of a page.

    Args:
        stream: Gives colours and stripes.
        columns: Its width in pixels.
        rows: Its height in pixels.
        comment: A note in plain Latin letters; empty leaves it out.

    Raises:
        SynthesisError: A side is not within 1 to 4096, or the comment has other letters or more than 255 of them.
    """
    if not (1 <= columns <= _LONGEST_SIDE and 1 <= rows <= _LONGEST_SIDE):
        raise SynthesisError(
            f"a picture of {columns} x {rows} pixels is too small or too large",
            remedy=f"Take sides from 1 to {_LONGEST_SIDE}.",
        )
    if not comment.isascii() or len(comment) > _LARGEST_BLOCK:
        raise SynthesisError(
            f"the comment {comment[:20]!r} can not stand in a GIF file",
            remedy=f"Write up to {_LARGEST_BLOCK} plain Latin letters.",
        )
    flags = 0x80 | _COLOUR_BITS - 1 << 4 | _COLOUR_BITS - 1  # a global table of so many colours
    screen = struct.pack("<HHBBB", columns, rows, flags, 0, 0) + stream.take(3 * _COLOURS)
    note = b"\x21\xfe" + _blocks(comment.encode("ascii")) if comment else b""
    picture = struct.pack("<BHHHHBB", 0x2C, 0, 0, columns, rows, 0, _COLOUR_BITS)
    return b"GIF89a" + screen + note + picture + _blocks(_codes(_stripes(stream, columns, rows))) + b"\x3b"


def _stripes(stream: Stream, columns: int, rows: int) -> bytes:
    line = bytearray(columns)
    for colour in stream.take(_STRIPES):
        left = stream.below(columns)
        right = left + 1 + stream.below(columns - left)
        line[left:right] = bytes((colour % _COLOURS,)) * (right - left)
    return bytes(line) * rows


def _codes(pixels: bytes) -> bytes:
    """Return the pixels as codes of eight bits each."""
    starts = range(0, len(pixels), _PIXELS_BEFORE_CLEARING)
    runs = (bytes((_CLEAR,)) + pixels[start : start + _PIXELS_BEFORE_CLEARING] for start in starts)
    return b"".join(runs) + bytes((_END,))


def _blocks(data: bytes) -> bytes:
    starts = range(0, len(data), _LARGEST_BLOCK)
    parts = (data[start : start + _LARGEST_BLOCK] for start in starts)
    return b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
