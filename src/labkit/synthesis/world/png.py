"""PNG pictures, as a screen capture program writes them, with the same bytes on every machine.

Source: W3C, "Portable Network Graphics (PNG) Specification (Second Edition)", sections 5 and 11.
"""

import struct
import zlib
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.stored_deflate import zlib_stored

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH_BITS, _INDEXED = 8, 3
_COLOURS = 16
_LONGEST_SIDE = 8192


def png(stream: Stream, *, columns: int, rows: int, made: datetime | None = None, software: str = "") -> bytes:
    """Return a picture of windows on a desktop.

    Args:
        stream: Gives colours and places.
        columns: Its width in pixels.
        rows: Its height in pixels.
        made: When it was last changed, aware; None leaves the note (tIME) out.
        software: The program that made it, in Latin-1; empty leaves the note out.

    Raises:
        SynthesisError: A side is not within 1 to 8192, the time carries no zone, or the program's name is not Latin-1.
    """
    if not (1 <= columns <= _LONGEST_SIDE and 1 <= rows <= _LONGEST_SIDE):
        raise SynthesisError(
            f"a picture of {columns} x {rows} pixels is too small or too large",
            remedy=f"Take sides from 1 to {_LONGEST_SIDE}.",
        )
    if made is not None and made.tzinfo is None:
        raise SynthesisError(
            f"{made.isoformat()} carries no zone; a PNG file states UTC", remedy="Give an aware time, or none."
        )
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, _DEPTH_BITS, _INDEXED, 0, 0, 0))]
    if software:
        chunks.append(_chunk(b"tEXt", b"Software\0" + _latin(software)))
    if made is not None:
        utc = made.astimezone(UTC)
        fields = struct.pack(">HBBBBB", utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
        chunks.append(_chunk(b"tIME", fields))
    chunks.append(_chunk(b"PLTE", stream.take(3 * _COLOURS)))
    lines = b"".join(b"\0" + line for line in _windows(stream, columns, rows))  # filter 0: as it is
    return _SIGNATURE + b"".join((*chunks, _chunk(b"IDAT", zlib_stored(lines)), _chunk(b"IEND", b"")))


def _windows(stream: Stream, columns: int, rows: int) -> list[bytearray]:
    lines = [bytearray(columns) for _ in range(rows)]
    for colour in range(1, _COLOURS):
        left, top = stream.below(columns), stream.below(rows)
        right = left + 1 + stream.below(columns - left)
        for line in lines[top : top + 1 + stream.below(rows - top)]:
            line[left:right] = bytes((colour,)) * (right - left)
    return lines


def _latin(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SynthesisError(
            f"a tEXt chunk can not hold {text!r}", remedy="Name the program in Latin letters."
        ) from error


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
