"""ZIP archives that have the same bytes on every machine: members stored, not compressed.

``zip_stored`` has one fixed date, as office programs write it; ``zip_files`` is what a person packs, with the times of
the files: local time in steps of two seconds, and beside it UTC in an extra field.

Sources: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", sections 4.3.7, 4.3.12, 4.3.16, 4.4.6 and 4.6.1;
Info-ZIP, "extrafld.txt", extra field 0x5455 (extended timestamp).
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError

_VERSION = 20
_UTF8_NAMES = 0x0800
_DATE_1980_01_01 = 0x0021
_LOCAL, _CENTRAL, _END = 0x04034B50, 0x02014B50, 0x06054B50
_EXTENDED_TIMESTAMP, _HAS_MODIFIED = 0x5455, 1
_ARCHIVE_ATTRIBUTE = 0x20


@dataclass(frozen=True, slots=True)
class ZippedFile:
    """A file on its way into an archive. ``modified`` is aware, in the zone of the computer that packs it."""

    name: str  # with / between folders
    data: bytes
    modified: datetime


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    data: bytes
    time: int
    date: int
    extra: bytes = b""
    attributes: int = 0


def zip_stored(members: Sequence[tuple[str, bytes]]) -> bytes:
    """Return an archive of ``members`` (name, content) in the given order."""
    return _archive([_Member(name, data, 0, _DATE_1980_01_01) for name, data in members])


def zip_files(files: Sequence[ZippedFile]) -> bytes:
    """Return an archive of files with their times.

    Raises:
        SynthesisError: A time carries no zone, or is not within 1980 to 2037.
    """
    return _archive([_member(file) for file in files])


def _member(file: ZippedFile) -> _Member:
    at = file.modified
    if at.tzinfo is None or not 1980 <= at.year <= 2037:  # noqa: PLR2004 - DOS dates; signed 32-bit seconds
        raise SynthesisError(
            f"an archive can not hold the time {at.isoformat()} of {file.name}",
            remedy="Give an aware time from 1980 to 2037, such as DeviceClock.shown returns.",
        )
    date = (at.year - 1980) << 9 | at.month << 5 | at.day
    time = at.hour << 11 | at.minute << 5 | at.second // 2
    extra = struct.pack("<HHBI", _EXTENDED_TIMESTAMP, 5, _HAS_MODIFIED, int(at.timestamp()))
    return _Member(file.name, file.data, time, date, extra, _ARCHIVE_ATTRIBUTE)


def _archive(members: Sequence[_Member]) -> bytes:
    body = bytearray()
    directory = bytearray()
    for member in members:
        encoded = member.name.encode()
        flags = 0 if member.name.isascii() else _UTF8_NAMES
        # CRC-32 is a fixed function; only compression differs from one zlib to another.
        common = struct.pack(
            "<HHHHHIIIHH",
            _VERSION,
            flags,
            0,
            member.time,
            member.date,
            zlib.crc32(member.data),
            len(member.data),
            len(member.data),
            len(encoded),
            len(member.extra),
        )
        directory += struct.pack("<IH", _CENTRAL, _VERSION) + common
        directory += struct.pack("<HHHII", 0, 0, 0, member.attributes, len(body)) + encoded + member.extra
        body += struct.pack("<I", _LOCAL) + common + encoded + member.extra + member.data
    end = struct.pack("<IHHHHIIH", _END, 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory) + end
