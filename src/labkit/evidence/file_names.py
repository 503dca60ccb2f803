"""NTFS's second set of times: those in the $FILE_NAME attributes of a record."""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

FILE_NAME = 48  # the type of the attribute
DOS_NAMESPACE = 2
_FIXED_BYTES = 66
_FILETIME_EPOCH_TICKS = 116_444_736_000_000_000  # 1601-01-01 to 1970-01-01 in units of 100 ns


class FileNameTimes(NamedTuple):
    """The times in one $FILE_NAME attribute, in nanoseconds since 1970; 0 means none."""

    name: str
    parent_address: int
    born_ns: int
    modified_ns: int
    changed_ns: int
    accessed_ns: int
    id: int  # of the attribute
    size_bytes: int


class FileName(NamedTuple):
    """One name of a record."""

    times: FileNameTimes
    parent_sequence: int
    namespace: int


def file_names(record: Any) -> Iterator[FileName]:
    """Yield the $FILE_NAME attributes of a record that the Sleuth Kit has open.

    Source: Linux-NTFS project, "NTFS Documentation", $FILE_NAME: parent reference (6 bytes of record number, 2 of its
    sequence), four FILETIMEs from byte 8 (born, written, record changed, read), name length in characters at byte 64,
    name space at byte 65, UTF-16 name from byte 66.
    """
    for attribute in record:
        info = attribute.info
        if int(info.type) != FILE_NAME:
            continue
        try:
            data = record.read_random(0, int(info.size), info.type, info.id)
        except OSError:  # a damaged record: this name is lost, the others are not
            continue
        if len(data) < _FIXED_BYTES:
            continue
        parent = int.from_bytes(data[:6], "little")
        sequence = int.from_bytes(data[6:8], "little")
        ticks = struct.unpack_from("<4Q", data, 8)
        name = data[66 : 66 + 2 * data[64]].decode("utf-16-le", "backslashreplace")
        born, modified, changed, accessed = map(unix_ns, ticks)
        times = FileNameTimes(name, parent, born, modified, changed, accessed, int(info.id), int(info.size))
        yield FileName(times, sequence, data[65])


def unix_ns(filetime: int) -> int:
    """Return nanoseconds since 1970 of a FILETIME (units of 100 ns since 1601); 0 for earlier times."""
    return max(0, (filetime - _FILETIME_EPOCH_TICKS) * 100)
