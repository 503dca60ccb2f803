"""What a camera notes in a photograph: the Exif block, with position, thumbnail and the offset of its clock.

Positions are round figures in the open sea or in a place that the story invents, nobody's home. Sources: JEITA CP-3451C
(Exif 2.3), sections 4.5 (files), 4.6.4 to 4.6.6 (tags) and 4.8 (thumbnails); CIPA DC-008-2019 (Exif 2.32) for the
offsets of times; Adobe, "TIFF Revision 6.0", section 2.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from labkit.errors import SynthesisError

Field = str | int | tuple[Fraction, ...] | bytes

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 3, 4, 5, 7
_LARGEST_SHORT = 0xFFFF
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_MAKER, _MODEL, _SOFTWARE, _DATE_TIME, _CHROMA_POSITION = 0x010F, 0x0110, 0x0131, 0x0132, 0x0213
_COMPRESSION, _THUMBNAIL_OFFSET, _THUMBNAIL_BYTES = 0x0103, 0x0201, 0x0202
_EXPOSURE, _F_NUMBER, _SPEED, _VERSION = 0x829A, 0x829D, 0x8827, 0x9000
_ORIGINAL, _DIGITIZED, _OFFSET, _OFFSET_ORIGINAL = 0x9003, 0x9004, 0x9010, 0x9011
_COMPONENTS, _FLASHPIX, _COLOUR_SPACE, _WIDTH, _HEIGHT = 0x9101, 0xA000, 0xA001, 0xA002, 0xA003
_GPS_VERSION, _LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE = range(7)
_GPS_TIME, _GPS_DATE = 7, 29
_LONG_TAGS = frozenset((_EXIF_IFD, _GPS_IFD, _WIDTH, _HEIGHT, _THUMBNAIL_OFFSET, _THUMBNAIL_BYTES))
_JPEG = 6
_INCH = 2
_RESOLUTION: Mapping[int, Field] = {
    _X_RESOLUTION: (Fraction(72),),
    _Y_RESOLUTION: (Fraction(72),),
    _RESOLUTION_UNIT: _INCH,
}
_LONGEST_SEGMENT_BYTES = 65533


@dataclass(frozen=True, slots=True)
class Position:
    """A place on the Earth in degrees (WGS 84), north and east positive, and when the satellites were read."""

    latitude: float
    longitude: float
    altitude_m: int = 0
    at: datetime | None = None  # aware; true time, whatever the clock of the camera says


@dataclass(frozen=True, slots=True)
class Shot:
    """What the camera notes about one photograph."""

    maker: str
    model: str
    taken: datetime  # local time as the camera's clock shows it
    offset: timedelta | None = None  # of the camera's zone, if it notes it
    changed: datetime | None = None  # by a program, later; None: as taken
    software: str = ""
    position: Position | None = None
    thumbnail: bytes = b""  # a small JPEG file


def exif(shot: Shot, *, columns: int, rows: int) -> bytes:
    """Return the content of the APP1 segment for a photograph of so many pixels.

    Raises:
        SynthesisError: A text is not plain Latin, the position does not exist, the time of the satellites carries no
            zone, or the thumbnail is too large for one segment.
    """
    stamp, changed = _stamp(shot.taken), _stamp(shot.changed or shot.taken)
    main: dict[int, Field] = {
        _MAKER: shot.maker,
        _MODEL: shot.model,
        _ORIENTATION: 1,
        **_RESOLUTION,
        **({_SOFTWARE: shot.software} if shot.software else {}),
        _DATE_TIME: changed,
        _CHROMA_POSITION: 1,
    }
    details: dict[int, Field] = {
        _EXPOSURE: (Fraction(1, 125),),
        _F_NUMBER: (Fraction(28, 10),),
        _SPEED: 100,
        _VERSION: b"0230" if shot.offset is None else b"0232",
        _ORIGINAL: stamp,
        _DIGITIZED: stamp,
        _COMPONENTS: b"\x01\x02\x03\x00",  # Y, Cb, Cr
        _FLASHPIX: b"0100",
        _COLOUR_SPACE: 1,  # sRGB
        _WIDTH: columns,
        _HEIGHT: rows,
    }
    if shot.offset is not None:
        details |= {_OFFSET: _offset(shot.offset), _OFFSET_ORIGINAL: _offset(shot.offset)}
    block = _directories(main, details, _gps(shot.position) if shot.position else {}, shot.thumbnail)
    if len(block) > _LONGEST_SEGMENT_BYTES - 6:
        raise SynthesisError(
            f"a thumbnail of {len(shot.thumbnail)} bytes does not fit into an Exif block",
            remedy="Take one below 60000 bytes.",
        )
    return b"Exif\0\0" + block


def _directories(
    main: dict[int, Field], details: Mapping[int, Field], gps: Mapping[int, Field], thumbnail: bytes
) -> bytes:
    """Return the TIFF structure: the main directory, those it points to, and the one of the thumbnail."""
    pointers = [_EXIF_IFD, *([_GPS_IFD] if gps else [])]
    main |= dict.fromkeys(pointers, 0)  # takes the room of an offset
    start = 8
    details_start = start + len(_directory(main, start, 0))
    gps_start = details_start + len(_directory(details, details_start, 0))
    last_start = gps_start + (len(_directory(gps, gps_start, 0)) if gps else 0)
    main |= {_EXIF_IFD: details_start, **({_GPS_IFD: gps_start} if gps else {})}
    small: dict[int, Field] = {_COMPRESSION: _JPEG, **_RESOLUTION, _THUMBNAIL_BYTES: len(thumbnail)}
    small[_THUMBNAIL_OFFSET] = 0
    small[_THUMBNAIL_OFFSET] = last_start + len(_directory(small, last_start, 0))
    return b"".join(
        (
            b"II*\0" + struct.pack("<I", start),
            _directory(main, start, last_start if thumbnail else 0),
            _directory(details, details_start, 0),
            _directory(gps, gps_start, 0) if gps else b"",
            _directory(small, last_start, 0) + thumbnail if thumbnail else b"",
        )
    )


def _directory(fields: Mapping[int, Field], start: int, following: int) -> bytes:
    """Return one directory that begins at ``start``, with the values that do not fit into its entries behind it."""
    entries, data = b"", b""
    data_start = start + 2 + 12 * len(fields) + 4
    for tag, value in sorted(fields.items()):
        kind, count, raw = _raw(tag, value)
        if len(raw) > 4:  # noqa: PLR2004 - the room in an entry
            place = struct.pack("<I", data_start + len(data))
            data += raw + b"\0" * (len(raw) % 2)
        else:
            place = raw.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(fields)) + entries + struct.pack("<I", following) + data


def _raw(tag: int, value: Field) -> tuple[int, int, bytes]:
    """Return type, count and bytes of a value."""
    if isinstance(value, int):
        if tag in _LONG_TAGS:
            return _LONG, 1, struct.pack("<I", value)
        return _SHORT, 1, struct.pack("<H", value)
    if isinstance(value, bytes):
        return (_BYTE if tag <= _ALTITUDE_REF else _UNDEFINED), len(value), value
    if isinstance(value, tuple):
        return _RATIONAL, len(value), b"".join(struct.pack("<II", part.numerator, part.denominator) for part in value)
    if not value.isascii():
        raise SynthesisError(f"an Exif text can not hold {value!r}", remedy="Write it in plain Latin letters.")
    text = value.encode("ascii") + b"\0"
    return _ASCII, len(text), text


def _gps(position: Position) -> dict[int, Field]:
    if not (-90 <= position.latitude <= 90 and -180 <= position.longitude <= 180):  # noqa: PLR2004 - the Earth
        raise SynthesisError(
            f"there is no place at {position.latitude}, {position.longitude}",
            remedy="Give degrees from -90 to 90 and from -180 to 180.",
        )
    fields: dict[int, Field] = {
        _GPS_VERSION: b"\x02\x03\x00\x00",
        _LATITUDE_REF: "N" if position.latitude >= 0 else "S",
        _LATITUDE: _degrees(position.latitude),
        _LONGITUDE_REF: "E" if position.longitude >= 0 else "W",
        _LONGITUDE: _degrees(position.longitude),
        _ALTITUDE_REF: b"\0" if position.altitude_m >= 0 else b"\x01",
        _ALTITUDE: (Fraction(abs(position.altitude_m)),),
    }
    if position.at is not None:
        if position.at.tzinfo is None:
            raise SynthesisError(
                f"{position.at.isoformat()} carries no zone; satellites tell UTC", remedy="Give an aware time."
            )
        utc = position.at.astimezone(UTC)
        fields[_GPS_TIME] = (Fraction(utc.hour), Fraction(utc.minute), Fraction(utc.second))
        fields[_GPS_DATE] = f"{utc.year:04d}:{utc.month:02d}:{utc.day:02d}"
    return fields


def _degrees(value: float) -> tuple[Fraction, ...]:
    """Return degrees, minutes and hundredths of seconds."""
    hundredths = round(abs(value) * 360_000)
    return Fraction(hundredths // 360_000), Fraction(hundredths // 6000 % 60), Fraction(hundredths % 6000, 100)


def _stamp(at: datetime) -> str:
    return f"{at.year:04d}:{at.month:02d}:{at.day:02d} {at.hour:02d}:{at.minute:02d}:{at.second:02d}"


def _offset(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
