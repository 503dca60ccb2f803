"""NTFS: boot sector, MFT record with its attributes, index record, change journal.

Sources: Linux-NTFS project, "NTFS Documentation": $Boot, "FILE Record", "Attribute Header", $STANDARD_INFORMATION,
$FILE_NAME, $INDEX_ALLOCATION, "Data Runs"; Microsoft, "USN_RECORD_V2" and "USN_RECORD_V3" (winioctl.h).
"""

import struct
from collections.abc import Iterator

from labkit.evidence.structures.field import Field, Line, Placed, Structure, at_start, table
from labkit.evidence.structures.meanings import (
    clusters_or_power,
    decimal,
    filetime,
    flags,
    mft_reference,
    must_be,
    number,
    one_of,
    text,
    utf16,
    volume_serial,
)

_END = 0xFFFFFFFF
_FILE_FLAGS = {
    0x1: "read-only", 0x2: "hidden", 0x4: "system", 0x10: "directory", 0x20: "archive", 0x40: "device",
    0x80: "normal", 0x100: "temporary", 0x200: "sparse", 0x400: "reparse point", 0x800: "compressed",
    0x1000: "offline", 0x2000: "not indexed", 0x4000: "encrypted", 0x10000000: "directory", 0x20000000: "index view",
}  # fmt: skip
_TYPES = {
    0x10: "$STANDARD_INFORMATION", 0x20: "$ATTRIBUTE_LIST", 0x30: "$FILE_NAME", 0x40: "$OBJECT_ID",
    0x50: "$SECURITY_DESCRIPTOR", 0x60: "$VOLUME_NAME", 0x70: "$VOLUME_INFORMATION", 0x80: "$DATA",
    0x90: "$INDEX_ROOT", 0xA0: "$INDEX_ALLOCATION", 0xB0: "$BITMAP", 0xC0: "$REPARSE_POINT", 0xD0: "$EA_INFORMATION",
    0xE0: "$EA", 0x100: "$LOGGED_UTILITY_STREAM", _END: "end of the attributes",
}  # fmt: skip
_BOOT = table(
    (0, 3, "jump"),
    (3, 8, "OEM name", must_be(b"NTFS    ")),
    (11, 2, "bytes per sector", decimal),
    (13, 1, "sectors per cluster", decimal),
    (21, 1, "media", one_of({0xF8: "fixed disk"})),
    (24, 2, "sectors per track", decimal),
    (26, 2, "heads", decimal),
    (28, 4, "hidden sectors", decimal),
    (40, 8, "sectors", decimal),
    (48, 8, "first cluster of $MFT", decimal),
    (56, 8, "first cluster of $MFTMirr", decimal),
    (64, 1, "size of an MFT record", clusters_or_power),
    (68, 1, "size of an index record", clusters_or_power),
    (72, 8, "volume serial", volume_serial),
    (510, 2, "end mark", must_be(b"\x55\xaa")),
)
_RECORD = table(
    (0, 4, "signature", must_be(b"FILE")),
    (4, 2, "offset of the fixups", decimal),
    (6, 2, "number of fixup words", decimal),
    (8, 8, "sequence number in $LogFile", decimal),
    (16, 2, "sequence number", decimal),
    (18, 2, "links", decimal),
    (20, 2, "offset of the first attribute", decimal),
    (22, 2, "flags", flags({1: "in use", 2: "directory", 4: "in $Extend", 8: "view index"})),
    (24, 4, "bytes in use", decimal),
    (28, 4, "bytes of the record", decimal),
    (32, 8, "base record", mft_reference),
    (40, 2, "next attribute id", decimal),
    (44, 4, "record number", decimal),
)
_ATTRIBUTE = (
    (0, 4, "type", one_of(_TYPES)),
    (4, 4, "length", decimal),
    (8, 1, "form", one_of({0: "resident", 1: "not resident"})),
    (9, 1, "characters of the name", decimal),
    (10, 2, "offset of the name", decimal),
    (12, 2, "flags", flags({0x1: "compressed", 0x4000: "encrypted", 0x8000: "sparse"})),
    (14, 2, "attribute id", decimal),
)
_RESIDENT = ((16, 4, "size of the content", decimal), (20, 2, "offset of the content", decimal), (22, 1, "indexed"))
_NON_RESIDENT = (
    (16, 8, "first cluster of the content", decimal),
    (24, 8, "last cluster of the content", decimal),
    (32, 2, "offset of the runs", decimal),
    (34, 2, "compression unit", decimal),
    (40, 8, "allocated size", decimal),
    (48, 8, "size", decimal),
    (56, 8, "initialised size", decimal),
)
_NON_RESIDENT_BYTES = 64
_STANDARD_INFORMATION = table(
    (0, 8, "born", filetime),
    (8, 8, "modified", filetime),
    (16, 8, "record changed", filetime),
    (24, 8, "accessed", filetime),
    (32, 4, "file attributes", flags(_FILE_FLAGS)),
    (48, 4, "owner id", decimal),
    (52, 4, "security id", decimal),
    (64, 8, "update sequence number", decimal),
)
_FILE_NAME = table(
    (0, 8, "parent directory", mft_reference),
    (8, 8, "born", filetime),
    (16, 8, "modified", filetime),
    (24, 8, "record changed", filetime),
    (32, 8, "accessed", filetime),
    (40, 8, "allocated size", decimal),
    (48, 8, "size", decimal),
    (56, 4, "file attributes", flags(_FILE_FLAGS)),
    (64, 1, "characters of the name", decimal),
    (65, 1, "namespace", one_of({0: "POSIX", 1: "Win32", 2: "DOS", 3: "Win32 and DOS"})),
)
_FILE_NAME_BYTES = 66
_INDEX_ROOT = table(
    (0, 4, "indexed attribute", one_of(_TYPES)),
    (4, 4, "order", decimal),
    (8, 4, "bytes of an index record", decimal),
)
_INDEX_HEADER = (
    (0, 4, "offset of the first entry", decimal),
    (4, 4, "bytes in use", decimal),
    (8, 4, "bytes of the node", decimal),
    (12, 1, "flags", flags({1: "has subnodes"})),
)
_INDEX_ENTRY = (
    (0, 8, "file", mft_reference),
    (8, 2, "length of the entry", decimal),
    (10, 2, "length of the name", decimal),
    (12, 2, "flags", flags({1: "has a subnode", 2: "last entry"})),
)
_INDEX_RECORD = table(
    (0, 4, "signature", must_be(b"INDX")),
    (4, 2, "offset of the fixups", decimal),
    (6, 2, "number of fixup words", decimal),
    (8, 8, "sequence number in $LogFile", decimal),
    (16, 8, "number of this record", decimal),
)
_INDEX_HEADER_OFFSET = 24
_USN_REASONS = {
    0x1: "data overwritten", 0x2: "data extended", 0x4: "data truncated", 0x10: "stream overwritten",
    0x20: "stream extended", 0x40: "stream truncated", 0x100: "created", 0x200: "deleted", 0x400: "EA changed",
    0x800: "security changed", 0x1000: "renamed: old name", 0x2000: "renamed: new name", 0x4000: "index changed",
    0x8000: "attributes or times changed", 0x10000: "hard link changed", 0x20000: "compression changed",
    0x40000: "encryption changed", 0x80000: "object id changed", 0x100000: "reparse point changed",
    0x200000: "stream changed", 0x80000000: "closed",
}  # fmt: skip


def _usn_fields(wide: bool) -> tuple[Line, ...]:
    reference = 16 if wide else 8
    shift = 8 + 2 * reference
    return (
        (0, 4, "length of the record", decimal),
        (4, 2, "major version", decimal),
        (6, 2, "minor version", decimal),
        (8, reference, "file", mft_reference),
        (8 + reference, reference, "parent directory", mft_reference),
        (shift, 8, "update sequence number", decimal),
        (shift + 8, 8, "time", filetime),
        (shift + 16, 4, "reasons", flags(_USN_REASONS)),
        (shift + 20, 4, "source", flags({1: "data management", 2: "auxiliary data", 4: "replication"})),
        (shift + 24, 4, "security id", decimal),
        (shift + 28, 4, "file attributes", flags(_FILE_FLAGS)),
        (shift + 32, 2, "length of the name", decimal),
        (shift + 34, 2, "offset of the name", decimal),
    )


def _record(data: bytes) -> Iterator[Placed]:
    yield Placed("MFT record", 0, _RECORD)
    if len(data) < 48:  # noqa: PLR2004 - the header
        return
    offset, words = struct.unpack_from("<HH", data, 4)
    yield Placed(
        "fixups",
        offset,
        table((0, 2, "mark in each sector"), (2, 2 * max(0, words - 1), "bytes that stood there")),
    )
    position = int(struct.unpack_from("<H", data, 20)[0])
    used = min(number(data[24:28]), len(data))
    while position + 8 <= used:
        kind, length = struct.unpack_from("<II", data, position)
        if kind == _END:
            yield Placed("end", position, table((0, 4, "type", one_of(_TYPES))))
            return
        if length < 24 or position + length > used:  # noqa: PLR2004 - the smallest attribute
            return
        yield from _attribute(data[position : position + length], position, kind)
        position += length


def _attribute(data: bytes, position: int, kind: int) -> Iterator[Placed]:
    title = _TYPES.get(kind, f"attribute 0x{kind:x}")
    resident = not data[8]
    yield Placed(title, position, table(*_ATTRIBUTE, *(_RESIDENT if resident else _NON_RESIDENT)))
    letters, name = data[9], number(data[10:12])
    if letters:
        yield Placed(title, position + name, table((0, 2 * letters, "name", utf16)))
    if not resident:
        yield from _runs(data, position, title)
        return
    size, offset = struct.unpack_from("<IH", data, 16)
    if kind == 0x10:  # noqa: PLR2004 - $STANDARD_INFORMATION
        fields = tuple(field for field in _STANDARD_INFORMATION if field.offset + field.size <= size)
        yield Placed(title, position + offset, fields)
    elif kind == 0x30:  # noqa: PLR2004 - $FILE_NAME
        yield Placed(title, position + offset, (*_FILE_NAME, *_name(data[offset:])))
    elif kind == 0x90:  # noqa: PLR2004 - $INDEX_ROOT
        yield Placed(title, position + offset, _INDEX_ROOT)
        yield Placed("index header", position + offset + 16, table(*_INDEX_HEADER))
        yield from _entries(data[offset + 16 :], position + offset + 16)
    elif size:
        meaning = text if kind == 0x80 and data[offset : offset + size].isascii() else None  # noqa: PLR2004 - $DATA
        yield Placed(title, position + offset, (Field(0, size, "content", meaning),))


def _runs(data: bytes, position: int, title: str) -> Iterator[Placed]:
    """Each run: a byte with the lengths of the two numbers, the number of clusters, the distance to the run before."""
    at, cluster = number(data[32:34]), 0
    if at < _NON_RESIDENT_BYTES:
        return
    while at < len(data) and data[at]:
        lengths, distances = data[at] & 15, data[at] >> 4
        count = number(data[at + 1 : at + 1 + lengths])
        jump = data[at + 1 + lengths : at + 1 + lengths + distances]
        cluster += int.from_bytes(jump, "little", signed=True)
        where = f"{count} clusters from {cluster}" if distances else f"{count} clusters, sparse"
        yield Placed(title, position + at, (Field(0, 1 + lengths + distances, "run", lambda _, where=where: where),))  # type: ignore[misc]
        at += 1 + lengths + distances


def _name(data: bytes) -> tuple[Field, ...]:
    letters = data[64] if len(data) > 64 else 0  # noqa: PLR2004 - the length of the name
    return (Field(_FILE_NAME_BYTES, 2 * letters, "name", utf16),)


def _entries(data: bytes, position: int) -> Iterator[Placed]:
    """Yield the entries of an index node whose header begins ``data``."""
    if len(data) < 16:  # noqa: PLR2004 - the header
        return
    at, used = struct.unpack_from("<II", data, 0)
    count = 0
    while at + 16 <= min(used, len(data)):
        length, key, bits = struct.unpack_from("<HHH", data, at + 8)
        title = f"index entry {count}"
        yield Placed(title, position + at, table(*_INDEX_ENTRY))
        if key >= _FILE_NAME_BYTES and not bits & 2:
            yield Placed(title, position + at + 16, (*_FILE_NAME, *_name(data[at + 16 :])))
        if bits & 2 or length < 16:  # noqa: PLR2004 - the fixed part
            return
        at, count = at + length, count + 1


def _index(data: bytes) -> Iterator[Placed]:
    yield Placed("index record", 0, _INDEX_RECORD)
    yield Placed("index header", _INDEX_HEADER_OFFSET, table(*_INDEX_HEADER))
    yield from _entries(data[_INDEX_HEADER_OFFSET:], _INDEX_HEADER_OFFSET)


def _journal(data: bytes) -> Iterator[Placed]:
    position, count = 0, 0
    while position + 60 <= len(data):
        length, major = struct.unpack_from("<IH", data, position)
        if not length:  # zeros up to the next page
            position += 8
            continue
        if major not in (2, 3) or length < 60 or length % 8:  # noqa: PLR2004 - the fixed part, aligned
            return
        wide = major == 3  # noqa: PLR2004 - USN_RECORD_V3 has 128-bit references
        fields = table(*_usn_fields(wide))
        size, offset = struct.unpack_from("<HH", data, position + (72 if wide else 56))
        yield Placed(f"journal record {count}", position, (*fields, Field(offset, size, "name", utf16)))
        position, count = position + length, count + 1


def _is_journal(data: bytes) -> bool:
    if len(data) < 60:  # noqa: PLR2004 - the fixed part
        return False
    length, major, minor = struct.unpack_from("<IHH", data, 0)
    return (major, minor) in ((2, 0), (3, 0)) and 60 <= length <= 1024 and length % 8 == 0  # noqa: PLR2004 - V2 and V3


NTFS = (
    Structure(
        "ntfs-boot", "NTFS boot sector", "NTFS Documentation, $Boot", 512, at_start("NTFS boot sector", _BOOT),
        lambda data: data[3:11] == b"NTFS    ",
    ),
    Structure("mft-record", "MFT record", "NTFS Documentation, FILE Record", 1024, _record, lambda d: d[:4] == b"FILE"),
    Structure(
        "index-record", "index record", "NTFS Documentation, $INDEX_ALLOCATION", 4096, _index,
        lambda data: data[:4] == b"INDX",
    ),
    Structure("usn", "change journal", "Microsoft, USN_RECORD_V2 and V3", 512, _journal, _is_journal),
)  # fmt: skip
