"""Photographs: baseline JPEG files that decode to a blurred landscape, of an exact size, without an encoder.

The Huffman tables stand in the file, so they are made to measure: a block is its DC difference and then an
end-of-block code that is just long enough to end on a whole byte. A picture is then a row of table look-ups, and every
decoder reads it. No byte of it is 0xFF, so nothing has to be stuffed.

Sources: ITU-T T.81 annexes B, C and F; JEITA CP-3451 (Exif 2.3) section 4.6.
"""

import struct
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from math import isqrt

from labkit.errors import SynthesisError
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.exif import Shot, exif

_COMPONENTS = 3
_RESTART_BYTES = 2
_FIRST_BLOCK_BYTES = 2
_MUTATIONS = 12  # blocks of a row that differ from the row above
_SMALLEST, _SMALLEST_WITH_NOTES = 4096, 8192
_SMALL_COLUMNS, _SMALL_ROWS = 20, 15  # blocks of a thumbnail: 160 x 120 pixels
CAMERAS = (("Norvix", "NX-20"), ("Sarva Optik", "S3 Mark II"), ("Lumera", "Field 7"))


@dataclass(frozen=True, slots=True)
class _Scene:
    profile: bytes  # blocks of brightness from left to right, without the first
    horizon: int  # the row where the ground begins
    above: int
    below: int


def photo(stream: Stream, *, taken: datetime, size_bytes: int) -> bytes:
    """Return a colour photograph of exactly ``size_bytes`` bytes, taken at the camera's local time ``taken``.

    Raises:
        SynthesisError: ``size_bytes`` is below 4096.
    """
    _check_size(size_bytes, _SMALLEST)
    maker, model = stream.pick(CAMERAS)
    columns, rows = _measure(len(_exif(maker, model, taken)), size_bytes)
    scene = _scene(stream, columns, rows)
    return _assembled(_exif(maker, model, taken), scene, stream.take(rows * _MUTATIONS * 3), rows, size_bytes)


def camera_photo(stream: Stream, shot: Shot, *, size_bytes: int, thumbnail: bool = True) -> bytes:
    """Return a colour photograph of exactly ``size_bytes`` bytes with all that a camera notes about it.

    Args:
        stream: Gives the picture.
        shot: What the camera notes; its thumbnail is made here.
        size_bytes: The length of the file.
        thumbnail: Whether there is a small JPEG picture of the same scene inside the Exif block.

    Raises:
        SynthesisError: ``size_bytes`` is below 8192, or the notes can not be stored.
    """
    _check_size(size_bytes, _SMALLEST_WITH_NOTES)
    place_holder = bytes(len(_thumbnail(_Scene(bytes(_SMALL_COLUMNS), 0, 0, 0), 1))) if thumbnail else b""
    noted = replace(shot, thumbnail=place_holder)
    columns, rows = _measure(len(exif(noted, columns=0, rows=0)), size_bytes)
    scene = _scene(stream, columns, rows)
    if thumbnail:
        noted = replace(shot, thumbnail=_thumbnail(scene, rows))
    notes = exif(noted, columns=8 * columns, rows=8 * rows)
    return _assembled(notes, scene, stream.take(rows * _MUTATIONS * 3), rows, size_bytes)


def _check_size(size_bytes: int, smallest: int) -> None:
    if size_bytes < smallest:
        raise SynthesisError(
            f"a photograph of {size_bytes} bytes is too small", remedy=f"Give it {smallest} bytes or more."
        )


def _measure(notes_bytes: int, size_bytes: int) -> tuple[int, int]:
    """Return columns and rows of blocks of a photograph of ``size_bytes`` bytes; a comment takes what is left."""
    columns = max(8, isqrt(size_bytes * 4 // 9))
    fixed = _fixed_bytes(notes_bytes)
    rows, left = divmod(size_bytes - fixed + _RESTART_BYTES, _row_bytes(columns))
    return columns, rows - 1 if 0 < left < 4 else rows  # noqa: PLR2004 - a comment needs four bytes for itself


def _fixed_bytes(notes_bytes: int) -> int:
    return 2 + 4 + notes_bytes + len(_tables()) + len(_frame(1, 1)) + len(_scan_header()) + 2


def _row_bytes(columns: int) -> int:
    return _COMPONENTS * (columns + _FIRST_BLOCK_BYTES - 1) + _RESTART_BYTES


def _assembled(notes: bytes, scene: _Scene, changes: bytes, rows: int, size_bytes: int) -> bytes:
    columns = len(scene.profile) + 1
    left = size_bytes - _fixed_bytes(len(notes)) - rows * _row_bytes(columns) + _RESTART_BYTES
    comment = _segment(0xFE, b" " * (left - 4)) if left else b""
    return b"\xff\xd8" + _segment(0xE1, notes) + comment + _jpeg(scene, changes, rows)


def _jpeg(scene: _Scene, changes: bytes, rows: int) -> bytes:
    """Return what follows the notes of a photograph."""
    frame = _frame(len(scene.profile) + 1, rows)
    return _tables() + frame + _scan_header() + _picture(scene, changes, rows) + b"\xff\xd9"


def _thumbnail(scene: _Scene, rows: int) -> bytes:
    """Return a picture of 160 x 120 pixels of the same scene, a JPEG file of its own."""
    step = max(1, len(scene.profile) // _SMALL_COLUMNS)
    profile = scene.profile[::step][: _SMALL_COLUMNS - 1]
    small = replace(scene, profile=profile, horizon=scene.horizon * _SMALL_ROWS // rows)
    return b"\xff\xd8" + _jpeg(small, b"", _SMALL_ROWS)


def _scene(stream: Stream, columns: int, rows: int) -> _Scene:
    profile = stream.take(columns - 1).translate(_small_blocks())
    horizon = rows // 4 + stream.below(rows // 3 + 1)
    return _Scene(profile, horizon, 40 + stream.below(20), -(20 + stream.below(30)))


def _picture(scene: _Scene, changes: bytes, rows: int) -> bytes:
    """Return the entropy-coded rows: sky above ground, brightness wandering from left to right.

    ``changes`` has three bytes for each block that differs from the row above: where, and what.
    """
    small = _small_blocks()
    profile = bytearray(scene.profile)
    flat = bytes((_block(0)[0],)) * len(profile)
    row_changes = len(changes) // rows
    out = bytearray()
    for row in range(rows):
        for start in range(row * row_changes, (row + 1) * row_changes, 3):
            place = int.from_bytes(changes[start : start + 2], "big") % len(profile)
            profile[place] = small[changes[start + 2]]
        sky = row < scene.horizon
        first = (scene.above if sky else scene.below, 24 if sky else -16, -18 if sky else 12)
        line = bytearray(_COMPONENTS * len(profile))
        line[0::3], line[1::3], line[2::3] = profile, flat, flat
        out += b"".join(_block(level) for level in first) + line
        if row < rows - 1:
            out += bytes((0xFF, 0xD0 + row % 8))
    return bytes(out)


@lru_cache(maxsize=256)
def _block(difference: int) -> bytes:
    """Return one block: a DC difference of up to 127 either way, then the end of block, in one or two bytes."""
    category = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << category) - 1
    bits = 4 + category
    end = -bits % 8 or 8
    code = (category << category | value) << end | ((1 << end) - 2)
    return code.to_bytes((bits + end) // 8, "big")


@lru_cache(maxsize=1)
def _small_blocks() -> bytes:
    """Return a table from any byte to a block whose difference is small and on average zero."""
    return bytes(_block(round(((byte % 16) + (byte // 16) - 15) * 7 / 15))[0] for byte in range(256))


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


@lru_cache(maxsize=1)
def _tables() -> bytes:
    # T.81 B.2.4.1 quantisation, B.2.4.2 Huffman. DC: eight codes of four bits; AC: end of block in one to eight bits.
    quantisation = _segment(0xDB, b"\0" + bytes((8,)) + bytes((16,)) * 63)
    direct = _segment(0xC4, b"\x00" + bytes((0, 0, 0, 8)) + bytes(12) + bytes(range(8)))
    alternating = _segment(0xC4, b"\x10" + bytes((1,)) * 8 + bytes(8) + bytes(8))
    return quantisation + direct + alternating


def _frame(columns: int, rows: int) -> bytes:
    size = struct.pack(">BHHB", 8, rows * 8, columns * 8, _COMPONENTS)
    frame = _segment(0xC0, size + b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3)))
    return frame + _segment(0xDD, struct.pack(">H", columns))


def _scan_header() -> bytes:
    return _segment(0xDA, bytes((_COMPONENTS, 1, 0, 2, 0, 3, 0, 0, 63, 0)))


def _exif(maker: str, model: str, taken: datetime) -> bytes:
    """Return an Exif block with maker, model and the two times; the times carry no zone."""
    stamp = f"{taken.year:04d}:{taken.month:02d}:{taken.day:02d} {taken.hour:02d}:{taken.minute:02d}:{taken.second:02d}"
    texts = [(0x010F, maker), (0x0110, model), (0x0132, stamp)]
    first_count = len(texts) + 1
    data_start = 8 + 2 + 12 * first_count + 4
    data = b""
    entries = b""
    for tag, text in texts:
        raw = text.encode("ascii") + b"\0"
        entries += struct.pack("<HHII", tag, 2, len(raw), data_start + len(data))
        data += raw + b"\0" * (len(raw) % 2)
    entries += struct.pack("<HHII", 0x8769, 4, 1, data_start + len(data))
    raw = stamp.encode("ascii") + b"\0"
    second_start = data_start + len(data) + 2 + 12 + 4
    second = struct.pack("<HHHIII", 1, 0x9003, 2, len(raw), second_start, 0) + raw
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, first_count) + entries + bytes(4) + data + second
