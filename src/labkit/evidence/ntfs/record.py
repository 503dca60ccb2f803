"""From an MFT record to rows: its times, its names, its streams."""

import struct
from typing import NamedTuple

from labkit.evidence.file_names import DOS_NAMESPACE, FILE_NAME, FileNameTimes
from labkit.evidence.ntfs.index import name_text
from labkit.evidence.ntfs.records import BLOCK_RECORDS, DIRECTORY, IN_USE, MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError

STANDARD_INFORMATION, ATTRIBUTE_LIST, DATA, INDEX_ROOT = 0x10, 0x20, 0x80, 0x90
END = 0xFFFFFFFF
ATTRIBUTE = struct.Struct("<IIBBHHHIH")  # type, length, non-resident, name length and offset, flags, id, size, offset
OUTSIDE_BYTES = 64  # the fixed part of an attribute outside its record
_RUNS_AND_SIZE = struct.Struct("<32xH14xQ")  # of such a one
_TIMES = struct.Struct("<4Q")
_FILETIME_EPOCH_TICKS = 116_444_736_000_000_000  # 1601-01-01 to 1970-01-01 in units of 100 ns
_LAST_TICKS = (1 << 32) * 10_000_000  # the Sleuth Kit shows no time that does not fit into 32 bits of seconds
_OWNER_OFFSET = 48
_RECORD_NUMBER = (1 << 48) - 1  # of a file reference; the 16 bits above it are a sequence number
_READ_ONLY, _HIDDEN = 1, 2


class StreamEntry(NamedTuple):
    """One attribute that has a row: unnamed or named content, or an index."""

    type: int
    id: int
    size_bytes: int
    name: str | None


class Record(NamedTuple):
    """What a listing shows of one record. Times are nanoseconds since 1970 (0: none): born, modified, changed, read."""

    in_use: bool
    directory: bool
    sequence: int
    base: int  # the record that this one continues; 0 for a file's own record
    times: tuple[int, int, int, int]
    permissions: str
    owner: int
    file_name: FileNameTimes | None  # the last name that is not a short one: fls -m shows the times of that
    names: tuple[tuple[int, int, str], ...]  # (parent, sequence of the parent, name); short names left out
    streams: tuple[StreamEntry, ...]
    used: bool  # it has an attribute


def nanoseconds(ticks: int) -> int:
    """Return nanoseconds since 1970 of a FILETIME; 0 for times before 1970 or after 2106, as in the Sleuth Kit."""
    ticks -= _FILETIME_EPOCH_TICKS
    return ticks * 100 if 0 <= ticks < _LAST_TICKS else 0


PERMISSIONS = tuple(
    f"{'-' if dos & _READ_ONLY else 'r'}{'-' if dos & _HIDDEN else 'w'}x" * 3 for dos in range(_READ_ONLY + _HIDDEN + 1)
)


def read_record(table: MasterFileTable, number: int, *, alone: bool = False) -> Record:
    """Return what record ``number`` says. ``alone``: those beside it are not going to be read.

    Raises:
        DamagedError: It is not a plain record: its attributes go on in others, or it is damaged.
    """
    step = table.record_bytes
    data, begin = table.holding(number) if alone else (table.block(number), number % BLOCK_RECORDS * step)
    if number in table.damaged:
        raise DamagedError
    return record_in(data, begin, begin + step)


def _size_outside(data: bytes, at: int, length: int) -> int:
    """Return the size of the content of an attribute that lies outside its record."""
    if length < OUTSIDE_BYTES:
        raise DamagedError
    runs, size = _RUNS_AND_SIZE.unpack_from(data, at)
    if runs >= length or (not size and data[at + runs]):
        raise DamagedError  # the Sleuth Kit counts the clusters instead
    return int(size)


def record_in(data: bytes, begin: int, end: int) -> Record:  # noqa: C901, PLR0912 - one pass, for speed
    """Return what the record in ``data[begin:end]`` says, whose sector ends are put back.

    Sources: Linux-NTFS project, "NTFS Documentation": "FILE record", "Attribute header", "$STANDARD_INFORMATION",
    "$FILE_NAME".

    Raises:
        DamagedError: It is not a plain record: its attributes go on in others, or it is damaged.
    """
    sequence, _, at, flags = struct.unpack_from("<HHHH", data, begin + 16)
    base = int.from_bytes(data[begin + 32 : begin + 38], "little")
    at += begin
    times = (0, 0, 0, 0)
    permissions = "-" * 9
    owner = 0
    file_name = None
    names = []
    streams = []
    used = False
    attribute_of, times_of = ATTRIBUTE.unpack_from, _TIMES.unpack_from
    while at + 24 <= end:
        kind, length, outside, name_length, name_offset, _, identity, size, offset = attribute_of(data, at)
        if kind == END or not length:
            break
        if at + length > end or kind == ATTRIBUTE_LIST:
            raise DamagedError
        used = True
        if not outside and offset + size > length:
            raise DamagedError
        if kind in (DATA, INDEX_ROOT):
            name = None
            if name_length:
                name = name_text(data[at + name_offset : at + name_offset + 2 * name_length])
                if kind == INDEX_ROOT and name == "$I30":
                    name = None
            if outside:
                size = _size_outside(data, at, length)
            streams.append(StreamEntry(kind, identity, size, name))
        elif kind == STANDARD_INFORMATION:
            if outside or size < _OWNER_OFFSET:
                raise DamagedError
            born, modified, changed, accessed = times_of(data, at + offset)
            times = (nanoseconds(born), nanoseconds(modified), nanoseconds(changed), nanoseconds(accessed))
            permissions = PERMISSIONS[data[at + offset + 32] & 3]
            if size > _OWNER_OFFSET:
                (owner,) = struct.unpack_from("<I", data, at + offset + _OWNER_OFFSET)
        elif kind == FILE_NAME:
            place = at + offset
            if outside or size < 66 or 66 + 2 * data[place + 64] > size:  # noqa: PLR2004 - the fixed part
                raise DamagedError
            if data[place + 65] != DOS_NAMESPACE:
                name = name_text(data[place + 66 : place + 66 + 2 * data[place + 64]])
                (reference,) = struct.unpack_from("<Q", data, place)
                parent = reference & _RECORD_NUMBER
                names.append((parent, reference >> 48, name))
                born, modified, changed, accessed = times_of(data, place + 8)
                file_name = FileNameTimes(
                    name, parent, nanoseconds(born), nanoseconds(modified), nanoseconds(changed),
                    nanoseconds(accessed), identity, size,
                )  # fmt: skip
        at += length
    return Record(
        bool(flags & IN_USE), bool(flags & DIRECTORY), sequence, base, times, permissions, owner, file_name,
        tuple(names), tuple(streams), used,
    )  # fmt: skip
