"""What cameras and programs note in photographs (Exif): when, with what, where. Read by Pillow.

A camera knows its own local time, and mostly no zone: such a time is given as it is stored, and ``at_utc`` stays empty.
Sources: JEITA CP-3451C (Exif 2.3), 4.6.4 to 4.6.6; CIPA DC-008-2019 (Exif 2.32) for the offsets of times.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from struct import error as StructError  # noqa: N812 - named like an exception
from typing import Any

from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known, utc_text
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

_FORMATS = ("JPEG", "TIFF", "PNG", "WEBP")
_BEGINS = (b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"\x89PNG", b"RIFF")
_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_MAKER, _MODEL, _SOFTWARE, _CHANGED, _ARTIST = 0x010F, 0x0110, 0x0131, 0x0132, 0x013B
_TAKEN, _TAKEN_OFFSET, _SERIAL = 0x9003, 0x9011, 0xA431
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE, _ALTITUDE_REF, _ALTITUDE, _GPS_TIME, _GPS_DATE = (
    1, 2, 3, 4, 5, 6, 7, 29,
)  # fmt: skip
_SEXAGESIMAL = 3  # degrees, minutes, seconds
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    from PIL import Image, UnidentifiedImageError

    with source.opened() as file:
        if not file.read(4).startswith(_BEGINS):
            return  # its name promises a picture, and its content is something else
        file.seek(0)
        try:
            with warnings.catch_warnings(action="ignore"), Image.open(file, formats=_FORMATS) as picture:
                exif = picture.getexif()
                main, camera, place = dict(exif), dict(exif.get_ifd(_EXIF_IFD)), dict(exif.get_ifd(_GPS_IFD))
                width, height = picture.size
        except UnidentifiedImageError:
            raise DamagedArtifactError("it begins as a picture does, and goes on as none") from None
        except (
            SyntaxError,
            StructError,
            Image.DecompressionBombError,
        ) as error:  # what Pillow raises for damage beside OSError
            raise DamagedArtifactError(f"it is a damaged picture ({error})") from error
    if not main and not camera and not place:
        return
    local = _local(camera.get(_TAKEN))
    offset = _text(camera.get(_TAKEN_OFFSET))
    at = None
    if local is not None and _OFFSET.fullmatch(offset):
        at = datetime.fromisoformat(f"{local.isoformat()}{offset}").astimezone(UTC)
    maker = " ".join(part for part in (_text(main.get(_MAKER)), _text(main.get(_MODEL))) if part)
    changed = _local(main.get(_CHANGED))
    details = known(
        time_of="taken, by the camera's clock" if at is not None else None,
        taken_local=None if local is None else local.isoformat(),
        taken_offset=offset,
        changed_local=None if changed is None else changed.isoformat(),
        camera=maker,
        camera_serial=_text(camera.get(_SERIAL)),
        program=_text(main.get(_SOFTWARE)),
        author=_text(main.get(_ARTIST)),
        latitude=_degrees(place.get(_LATITUDE), place.get(_LATITUDE_REF), "S"),
        longitude=_degrees(place.get(_LONGITUDE), place.get(_LONGITUDE_REF), "W"),
        altitude_m=_altitude(place),
        satellites_utc=_satellites(place),
        width=width,
        height=height,
    )
    taken = f"taken {details['taken_local']}" if "taken_local" in details else "a picture with notes"
    yield source.record("photo", at, f"{source.name}: {taken}" + (f" with {maker}" if maker else ""), details)


def _text(stored: Any) -> str:
    return stored.strip("\0 ") if isinstance(stored, str) else ""


def _local(stored: Any) -> datetime | None:
    found = _TIME.match(_text(stored))
    try:
        return None if found is None else datetime(*map(int, found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def _degrees(stored: Any, reference: Any, negative: str) -> float | None:
    try:
        parts = [float(part) for part in stored]
        if len(parts) != _SEXAGESIMAL:
            return None
        degrees = round(parts[0] + parts[1] / 60 + parts[2] / 3600, 6)
    except (TypeError, ValueError, ArithmeticError):
        return None
    return -degrees if _text(reference) == negative else degrees


def _altitude(place: Mapping[int, Any]) -> float | None:
    try:
        metres = round(float(place[_ALTITUDE]), 1)
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None
    return -metres if place.get(_ALTITUDE_REF) in (1, b"\1") else metres


def _satellites(place: Mapping[int, Any]) -> str | None:
    """Return when the position was read, which satellites tell in UTC."""
    try:
        day = date.fromisoformat(_text(place[_GPS_DATE]).replace(":", "-"))
        hour, minute, second = (int(part) for part in place[_GPS_TIME])
        return utc_text(datetime.combine(day, time(hour, minute, second), UTC))
    except (LookupError, TypeError, ValueError, ArithmeticError):
        return None


PARSER = ArtifactParser(
    name="photo",
    kinds={"photo": "Photographs: when they were taken, with what and where, as they note themselves"},
    patterns=("*.jpg", "*.jpeg", "*.jpe", "*.tif", "*.tiff", "*.png", "*.webp"),
    records=_records,
)
