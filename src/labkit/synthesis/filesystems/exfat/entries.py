"""Directory entries: the set of 32-byte entries that describes one file, and times as exFAT keeps them.

Source: Microsoft, "exFAT file system specification" (2019), the sections 6 "Directory Structure", 7.1 "Allocation
Bitmap Directory Entry", 7.2 "Up-case Table Directory Entry", 7.3 "Volume Label Directory Entry", 7.4 "File Directory
Entry", 7.6 "Stream Extension Directory Entry", 7.7 "File Name Directory Entry".
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.exfat.checksums import name_hash, set_checksum, table_checksum
from labkit.synthesis.filesystems.exfat.upcase import upper

ENTRY_BYTES = 32
LONGEST_NAME_UNITS = 255  # UTF-16 code units
LONGEST_LABEL_UNITS = 11
_IN_USE = 0x80
_BITMAP, _UPCASE, _LABEL, _FILE, _STREAM, _NAME = 0x81, 0x82, 0x83, 0x85, 0xC0, 0xC1
_ATTRIBUTE_DIRECTORY, _ATTRIBUTE_ARCHIVE = 0x10, 0x20
_ALLOCATION_POSSIBLE, _NO_FAT_CHAIN = 0x01, 0x02
_UNITS_PER_NAME_ENTRY = 15
_OFFSET_VALID = 0x80
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
_QUARTER_HOUR = timedelta(minutes=15)
_BAD_CHARACTERS = frozenset('"*/:<>?\\|') | {chr(code) for code in range(32)}


@dataclass(frozen=True, slots=True)
class EntryTimes:
    """The three times of a file in the zone of the machine, rounded down to what exFAT can keep."""

    born: datetime  # steps of 10 ms
    modified: datetime  # steps of 10 ms
    accessed: datetime  # steps of 2 s

    @classmethod
    def of(cls, born: datetime, modified: datetime, accessed: datetime) -> "EntryTimes":
        """Return the times as stored, each with its distance from UTC.

        Raises:
            SynthesisError: One of them has no zone, an odd one, or lies outside 1980 to 2107.
        """
        born, modified, accessed = map(_in_fixed_zone, (born, modified, accessed))
        return cls(
            born.replace(microsecond=born.microsecond // 10000 * 10000),
            modified.replace(microsecond=modified.microsecond // 10000 * 10000),
            accessed.replace(second=accessed.second // 2 * 2, microsecond=0),
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """Where the content of a file lies, as its entry set says."""

    first_cluster: int  # 0 without content
    size_bytes: int
    contiguous: bool  # the clusters follow each other, and the allocation table says nothing about them


def check_time(moment: datetime) -> None:
    """Refuse a time that exFAT can not hold.

    Raises:
        SynthesisError: It has no zone, an odd one, or lies outside 1980 to 2107.
    """
    _in_fixed_zone(moment)


def check_name(name: str) -> None:
    """Refuse a name that an exFAT volume can not hold.

    Raises:
        SynthesisError: The name is empty, too long, ends with a dot or a space, or has a character that is not
            allowed.
    """
    bad = sorted(set(name) & _BAD_CHARACTERS | {character for character in name if "\ud800" <= character <= "\udfff"})
    if bad:
        raise SynthesisError(
            f"the name {name!r} has the character {bad[0]!r}, which exFAT does not allow",
            remedy='Leave out " * / : < > ? \\ | and control characters.',
        )
    if not name or name[-1] in ". ":
        raise SynthesisError(
            f"the name {name!r} is empty or ends with a dot or a space, which Windows does not make",
            remedy="Give a name that ends with another character.",
        )
    units = len(name.encode("utf-16-le")) // 2
    if units > LONGEST_NAME_UNITS:
        raise SynthesisError(
            f"the name {name[:20]!r}... has {units} UTF-16 units; exFAT allows {LONGEST_NAME_UNITS}",
            remedy="Shorten the name.",
        )


def set_length(name: str) -> int:
    """Return how many entries describe a file of this name."""
    return 2 + -(-len(name.encode("utf-16-le")) // (2 * _UNITS_PER_NAME_ENTRY))


def entry_set(name: str, times: EntryTimes, stream: Stream, *, directory: bool) -> bytes:
    """Return the entries of one file: file, stream extension, names."""
    units = name.encode("utf-16-le")
    born, modified, accessed = times.born, times.modified, times.accessed
    head = struct.pack(
        "<BBHHHIIIBBBBB7x",
        _FILE,
        set_length(name) - 1,
        0,  # the checksum, which is known last
        _ATTRIBUTE_DIRECTORY if directory else _ATTRIBUTE_ARCHIVE,
        0,
        _stamp(born),
        _stamp(modified),
        _stamp(accessed),
        _hundredths(born),
        _hundredths(modified),
        _quarters(born),
        _quarters(modified),
        _quarters(accessed),
    )
    contiguous = _NO_FAT_CHAIN if stream.contiguous else 0
    extension = struct.pack(
        "<BBxBHxxQ4xIQ",
        _STREAM,
        _ALLOCATION_POSSIBLE | contiguous,
        len(units) // 2,
        name_hash(upper(name).encode("utf-16-le")),
        stream.size_bytes,  # all of it was written
        stream.first_cluster,
        stream.size_bytes,
    )
    names = bytearray()
    for start in range(0, len(units), 2 * _UNITS_PER_NAME_ENTRY):
        part = units[start : start + 2 * _UNITS_PER_NAME_ENTRY]
        names += struct.pack("<BB30s", _NAME, 0, part)
    whole = head + extension + bytes(names)
    return whole[:2] + set_checksum(whole).to_bytes(2, "little") + whole[4:]


def erased(entries: bytes) -> bytes:
    """Return entries that are no longer in use: one bit of each is cleared, the rest stays."""
    data = bytearray(entries)
    for place in range(0, len(data), ENTRY_BYTES):
        data[place] &= ~_IN_USE
    return bytes(data)


def volume_label(label: str) -> bytes:
    """Return the entry of the volume label, which is not in use if the label is empty.

    Raises:
        SynthesisError: The label has more than 11 UTF-16 units, or a character that is not allowed.
    """
    units = label.encode("utf-16-le", "surrogatepass")
    if (
        len(units) > 2 * LONGEST_LABEL_UNITS
        or _BAD_CHARACTERS & set(label)
        or any("\ud800" <= c <= "\udfff" for c in label)
    ):
        raise SynthesisError(
            f"the volume label {label!r} can not be stored",
            remedy='Take up to 11 characters without " * / : < > ? \\ |.',
        )
    return struct.pack("<BB22s8x", _LABEL if label else _LABEL & ~_IN_USE, len(units) // 2, units)


def bitmap_entry(first_cluster: int, size_bytes: int) -> bytes:
    """Return the entry of the allocation bitmap."""
    return struct.pack("<BB18xIQ", _BITMAP, 0, first_cluster, size_bytes)


def upcase_entry(first_cluster: int, table: bytes) -> bytes:
    """Return the entry of the up-case table."""
    return struct.pack("<B3xI12xIQ", _UPCASE, table_checksum(table), first_cluster, len(table))


def _in_fixed_zone(moment: datetime) -> datetime:
    offset = moment.utcoffset()
    if offset is None or offset % _QUARTER_HOUR:
        raise SynthesisError(
            f"{moment.isoformat()} has no zone that exFAT can store: it keeps whole quarters of an hour from UTC",
            remedy="Give an aware time in the zone of the machine.",
        )
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise SynthesisError(
            f"exFAT can not store the year {moment.year}",
            remedy=f"Take a time from {_FIRST_YEAR} to {_LAST_YEAR}; look at the clock error of the machine too.",
        )
    return moment.replace(tzinfo=timezone(offset), fold=0)


def _stamp(moment: datetime) -> int:
    date = (moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
    return date << 16 | moment.hour << 11 | moment.minute << 5 | moment.second // 2


def _hundredths(moment: datetime) -> int:
    return moment.second % 2 * 100 + moment.microsecond // 10000


def _quarters(moment: datetime) -> int:
    offset = moment.utcoffset() or timedelta()
    return _OFFSET_VALID | offset // _QUARTER_HOUR & 0x7F
