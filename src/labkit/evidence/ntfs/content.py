"""The unnamed content of plain NTFS files, without the Sleuth Kit, which costs more per file than small files do."""

import struct
from collections.abc import Iterator

from labkit.evidence.ntfs.record import ATTRIBUTE, ATTRIBUTE_LIST, DATA, END, OUTSIDE_BYTES
from labkit.evidence.ntfs.records import BLOCK_RECORDS, DIRECTORY, IN_USE, MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError

_HEADER = struct.Struct("<HH8xQ")  # first attribute, flags; from byte 20; base record
_SIZES = struct.Struct("<H6xQQQ")  # place of the data runs; from byte 32; allocated, real and initialised size


FIRST_FILE = 24  # records below are the file system's own, or kept for it


def live_files(table: MasterFileTable) -> Iterator[int]:
    """Yield the numbers of the records of live files in order, the file system's own left out.

    Source: Linux-NTFS project, "NTFS Documentation", "FILE record" (flags, base record), "$MFT" (records 0 to 23).
    """
    step = table.record_bytes
    for first, block in table.blocks():
        for place, flags in enumerate(block[22::step]):
            number = first + place
            at = place * step + 32
            if flags & (IN_USE | DIRECTORY) == IN_USE and number >= FIRST_FILE and not any(block[at : at + 6]):
                yield number


def plain_content(table: MasterFileTable, number: int, block_bytes: int, *, first_bytes: int = 0) -> Iterator[bytes]:
    """Yield the content of a live file from its byte ``first_bytes``, in blocks of at most ``block_bytes``.

    Source: Linux-NTFS project, "NTFS Documentation", "Attribute header".

    Raises:
        DamagedError: At once, before any block: the file is not plain (deleted, a directory, compressed, encrypted,
            sparse, in several records, damaged).
    """
    data = table.block(number)
    begin = number % BLOCK_RECORDS * table.record_bytes
    limit = begin + table.record_bytes
    at, flags, base = _HEADER.unpack_from(data, begin + 20)
    if flags != IN_USE or base or number in table.damaged:
        raise DamagedError
    at += begin
    found: Iterator[bytes] | None = None
    while at + ATTRIBUTE.size <= limit:
        kind, length, outside, name_length, _, special, _, size, offset = ATTRIBUTE.unpack_from(data, at)
        if kind == END:
            break
        if kind == ATTRIBUTE_LIST or not length or at + length > limit:
            raise DamagedError
        if kind == DATA and not name_length:
            if found is not None or special or (not outside and offset + size > length):
                raise DamagedError
            if outside:
                found = _outside(table, data[at : at + length], block_bytes, first_bytes)
            else:
                rest = data[at + offset : at + offset + size][first_bytes:]
                found = iter((rest,) if rest else ())
        at += length
    if found is None:
        raise DamagedError
    return found


def _outside(table: MasterFileTable, attribute: bytes, block_bytes: int, first_bytes: int) -> Iterator[bytes]:
    if len(attribute) < OUTSIDE_BYTES:
        raise DamagedError
    runs, _, size, initialised = _SIZES.unpack_from(attribute, 32)
    stream = table.stream(attribute[runs:])
    if size != initialised or not 0 < size <= stream.size_bytes or not stream.lies_on(table.medium_bytes):
        raise DamagedError
    return (stream.read(begin, min(block_bytes, size - begin)) for begin in range(first_bytes, size, block_bytes))
