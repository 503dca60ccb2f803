"""Short videos: MP4 files whose pictures are photographs one after the other (Motion JPEG).

Times in the file count seconds since 1904-01-01 UTC, by the clock of the camera. Sources: ISO/IEC 14496-12:2015 (ISO
base media file format), sections 4.3, 8.2 to 8.7 and 12.1; ISO/IEC 14496-14 annex, registered object type 0x6C (JPEG);
ISO/IEC 14496-1:2010 section 7.2.6 (descriptors).
"""

import struct
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.photo import photo

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_TICKS_PER_SECOND = 600
_FRAMES_PER_SECOND = 2
_FRAME_BYTES = 8192
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # language "und"
_FULL_SCREEN_DPI = 0x480000


def mp4(stream: Stream, *, taken: datetime, seconds: int) -> bytes:
    """Return a video of ``seconds`` seconds, two pictures in each.

    Args:
        stream: Gives the pictures.
        taken: When it was taken, aware: UTC as the camera believes it.
        seconds: Its length, 1 to 3600.

    Raises:
        SynthesisError: The time carries no zone or lies before 1904, or the length is out of range.
    """
    if taken.tzinfo is None or taken < _EPOCH:
        raise SynthesisError(
            f"a video can not hold the time {taken.isoformat()}", remedy="Give an aware time after 1904."
        )
    if not 1 <= seconds <= 3600:  # noqa: PLR2004 - more would not fit a training image
        raise SynthesisError(f"a video of {seconds} seconds is too short or too long", remedy="Take 1 to 3600 seconds.")
    local = taken.astimezone(UTC)
    frames = [photo(stream, taken=local, size_bytes=_FRAME_BYTES) for _ in range(seconds * _FRAMES_PER_SECOND)]
    columns, rows = _measures(frames[0])
    made = int((taken - _EPOCH).total_seconds())
    kind = _box(b"ftyp", b"isom" + struct.pack(">I", 512) + b"isomiso2mp41")
    media_start = len(kind) + len(_movie(made, seconds, columns, rows, len(frames), 0))
    movie = _movie(made, seconds, columns, rows, len(frames), media_start + 8)
    return kind + movie + _box(b"mdat", b"".join(frames))


def _movie(made: int, seconds: int, columns: int, rows: int, frames: int, media_start: int) -> bytes:
    length = seconds * _TICKS_PER_SECOND
    times = struct.pack(">III", made, made, _TICKS_PER_SECOND) + struct.pack(">I", length)
    header = _full_box(
        b"mvhd", times + struct.pack(">IHHII", 0x10000, 0x0100, 0, 0, 0) + _MATRIX + bytes(24) + b"\0\0\0\2"
    )
    place = struct.pack(">IIIIIIIHHHH", made, made, 1, 0, length, 0, 0, 0, 0, 0, 0)
    track = _full_box(b"tkhd", place + _MATRIX + struct.pack(">II", columns << 16, rows << 16), flags=7)
    media = _full_box(b"mdhd", times + struct.pack(">HH", _UNDETERMINED, 0))
    handler = _full_box(b"hdlr", bytes(4) + b"vide" + bytes(12) + b"VideoHandler\0")
    source = _box(b"dinf", _full_box(b"dref", struct.pack(">I", 1) + _full_box(b"url ", b"", flags=1)))
    information = _full_box(b"vmhd", bytes(8), flags=1) + source + _samples(columns, rows, frames, media_start)
    inside = _box(b"mdia", media + handler + _box(b"minf", information))
    return _box(b"moov", header + _box(b"trak", track + inside))


def _samples(columns: int, rows: int, frames: int, media_start: int) -> bytes:
    """Return the sample table: all pictures in one chunk, every one of the same length and duration."""
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16)
    entry += struct.pack(">HHIIIH", columns, rows, _FULL_SCREEN_DPI, _FULL_SCREEN_DPI, 0, 1)
    entry += b"\x05MJPEG".ljust(32, b"\0") + struct.pack(">Hh", 24, -1) + _full_box(b"esds", _descriptors())
    ticks = _TICKS_PER_SECOND // _FRAMES_PER_SECOND
    return _box(
        b"stbl",
        _full_box(b"stsd", struct.pack(">I", 1) + _box(b"mp4v", entry))
        + _full_box(b"stts", struct.pack(">III", 1, frames, ticks))
        + _full_box(b"stsc", struct.pack(">IIII", 1, 1, frames, 1))
        + _full_box(b"stsz", struct.pack(">II", _FRAME_BYTES, frames))
        + _full_box(b"stco", struct.pack(">II", 1, media_start)),
    )


def _descriptors() -> bytes:
    bits_per_second = _FRAME_BYTES * 8 * _FRAMES_PER_SECOND
    # Object type JPEG, visual stream, buffer size, greatest and average rate.
    decoder = struct.pack(">BB", 0x6C, 4 << 2 | 1) + _FRAME_BYTES.to_bytes(3, "big")
    decoder += struct.pack(">II", bits_per_second, bits_per_second)
    return _descriptor(3, struct.pack(">HB", 1, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02"))


def _descriptor(tag: int, data: bytes) -> bytes:
    return bytes((tag, len(data))) + data


def _measures(jpeg: bytes) -> tuple[int, int]:
    """Return columns and rows that the frame header of a JPEG file states."""
    rows, columns = struct.unpack_from(">HH", jpeg, jpeg.index(b"\xff\xc0\x00\x11\x08") + 5)
    return columns, rows


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def _full_box(kind: bytes, data: bytes, *, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", flags) + data)
