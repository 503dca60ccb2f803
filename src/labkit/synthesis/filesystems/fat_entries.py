"""The 32 bytes of a short directory entry, and times as FAT keeps them.

Times are local to the machine that writes them and carry no zone. Source: Microsoft, "FAT32 File System
Specification", version 1.03 (2000), the sections "FAT Directory Structure" and "Date and Time Formats".
"""

import struct
from dataclasses import dataclass
from datetime import datetime

from labkit.errors import SynthesisError

ENTRY_BYTES = 32
DELETED_MARK = 0xE5
ATTRIBUTE_LABEL = 0x08
ATTRIBUTE_DIRECTORY = 0x10
ATTRIBUTE_ARCHIVE = 0x20
DOT_FIELD = b".          "
DOT_DOT_FIELD = b"..         "
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


@dataclass(frozen=True, slots=True)
class EntryTimes:
    """The three times of an entry, rounded down to what FAT can keep.

    Windows rounds the last-write time up to an even second and Linux down; this writer rounds down.
    """

    born: datetime  # steps of 10 ms
    modified: datetime  # steps of 2 s
    accessed: datetime  # a date: midnight

    @classmethod
    def of(cls, born: datetime, modified: datetime, accessed: datetime) -> "EntryTimes":
        """Return the times as stored.

        Raises:
            SynthesisError: One of them is aware of a zone, or outside 1980 to 2107.
        """
        for moment in (born, modified, accessed):
            check_time(moment)
        return cls(
            born.replace(microsecond=born.microsecond // 10000 * 10000),
            modified.replace(second=modified.second // 2 * 2, microsecond=0),
            accessed.replace(hour=0, minute=0, second=0, microsecond=0),
        )


def check_time(moment: datetime) -> None:
    """Refuse a time that FAT can not hold.

    Raises:
        SynthesisError: It is aware of a zone, or outside 1980 to 2107.
    """
    if moment.tzinfo is not None:
        raise SynthesisError(
            f"{moment.isoformat()} carries a zone; FAT stores the local time of the machine",
            remedy="Turn it into the device's local time with DeviceClock.local first.",
        )
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise SynthesisError(
            f"FAT can not store the year {moment.year}",
            remedy=f"Take a time from {_FIRST_YEAR} to {_LAST_YEAR}; look at the clock error of the machine too.",
        )


def short_entry(field: bytes, attributes: int, times: EntryTimes, *, first_cluster: int, size_bytes: int) -> bytes:
    """Return the 32 bytes of one short entry. ``field`` is the 11-byte name; a directory has size 0."""
    born_date, born_time = _dos_time(times.born)
    modified_date, modified_time = _dos_time(times.modified)
    accessed_date, _ = _dos_time(times.accessed)
    hundredths = times.born.second % 2 * 100 + times.born.microsecond // 10000
    return struct.pack(
        "<11sBBBHHHHHHHI",
        field,
        attributes,
        0,
        hundredths,
        born_time,
        born_date,
        accessed_date,
        first_cluster >> 16,
        modified_time,
        modified_date,
        first_cluster & 0xFFFF,
        size_bytes,
    )


def _dos_time(moment: datetime) -> tuple[int, int]:
    date = (moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
    return date, moment.hour << 11 | moment.minute << 5 | moment.second // 2
