"""The sections of one segment file of an E01, and whether each is as its checksums say.

Source: J. Metz, "Expert Witness Compression Format specification" (libewf documentation), sections "Segment file
header", "Section descriptor", "Volume section", "Table section", "Error2 section", "Session section",
"Digest section", "Hash section".
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from labkit.evidence.ewf.streams import stream_problem

FILE_HEADER_BYTES = 13
DESCRIPTOR_BYTES = 76
TABLE_HEAD_BYTES = 24
_SIGNATURE = b"EVF\x09\x0d\x0a\xff\x00"
_DESCRIPTOR = struct.Struct("<16sQQ40xI")
_CHECKSUM_BYTES = 4
_MOST_TEXT_BYTES = 1024 * 1024  # header sections hold a few hundred bytes
_LAST = frozenset({"done", "next"})


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its type, and where its data lies in the segment file."""

    kind: str
    data_start: int
    data_bytes: int


def file_header_problem(file: BinaryIO, number: int) -> str | None:
    """Return what is wrong with the 13 bytes that open segment ``number``; None if nothing is."""
    file.seek(0)
    expected = _SIGNATURE + struct.pack("<BHH", 1, number, 0)
    return None if file.read(FILE_HEADER_BYTES) == expected else "the file header is not that of its segment"


def sections(file: BinaryIO, length_bytes: int) -> Iterator[Section]:
    """Yield the sections of a segment up to its last one, or up to ``length_bytes`` of an unfinished segment.

    Raises:
        ValueError: A descriptor is damaged, or points to where no section can be.
    """
    start = FILE_HEADER_BYTES
    while start < length_bytes:
        file.seek(start)
        descriptor = file.read(DESCRIPTOR_BYTES)
        if len(descriptor) < DESCRIPTOR_BYTES or zlib.adler32(descriptor[:-_CHECKSUM_BYTES]) != int.from_bytes(
            descriptor[-_CHECKSUM_BYTES:], "little"
        ):
            raise ValueError(f"the section descriptor at byte {start} is damaged")
        name, following, _, _ = _DESCRIPTOR.unpack(descriptor)
        kind = name.rstrip(b"\0").decode("ascii", "replace")
        data_start = start + DESCRIPTOR_BYTES
        end = data_start if kind in _LAST else following
        if not data_start <= end <= length_bytes:
            raise ValueError(f"the section at byte {start} points behind the end of the file")
        yield Section(kind, data_start, end - data_start)
        if kind in _LAST:
            if end != length_bytes:
                raise ValueError(f"{length_bytes - end} bytes stand behind the last section")
            return
        start = end


def section_problem(file: BinaryIO, section: Section) -> str | None:
    """Return what is wrong inside a section, as far as the format protects it; None if nothing is."""
    check = _CHECKS.get(section.kind)
    if check is None or not section.data_bytes:
        return None
    if section.data_bytes > _MOST_TEXT_BYTES and section.kind not in {"table", "table2"}:
        return f"the {section.kind} section is far too long"
    file.seek(section.data_start)
    problem = check(file.read(section.data_bytes))
    return f"the {section.kind} section at byte {section.data_start} {problem}" if problem else None


def table_entries(data: bytes) -> tuple[int, tuple[int, ...]]:
    """Return the base offset and the entries of a sound table.

    Raises:
        ValueError: The table is damaged.
    """
    problem = _table(data)
    if problem:
        raise ValueError(problem)
    count, base = struct.unpack_from("<I4xQ", data)
    return base, struct.unpack_from(f"<{count}I", data, TABLE_HEAD_BYTES)


def _closed(data: bytes) -> str | None:
    """Check a structure that its own checksum closes."""
    return None if _fits(data) else "does not fit its checksum"


def _fits(data: bytes) -> bool:
    body, stated = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    return zlib.adler32(body) == int.from_bytes(stated, "little")


def _listed(head_bytes: int, entry_bytes: int, *, footer_may_lack: bool = False) -> Callable[[bytes], str | None]:
    """Return the check of a head with a count, entries behind it, and a checksum behind each of the two."""

    def check(data: bytes) -> str | None:
        if len(data) < head_bytes or not _fits(data[:head_bytes]):
            return "does not fit its checksum"
        entries = data[head_bytes:]
        expected = int.from_bytes(data[:4], "little") * entry_bytes
        if len(entries) == expected and (footer_may_lack or not expected):
            return None
        if len(entries) != expected + _CHECKSUM_BYTES:
            return "does not have the length that it states"
        return None if _fits(entries) else "does not fit its checksum"

    return check


_table = _listed(TABLE_HEAD_BYTES, 4, footer_may_lack=True)
_CHECKS: dict[str, Callable[[bytes], str | None]] = {
    "header": stream_problem,
    "header2": stream_problem,
    "xheader": stream_problem,
    "volume": _closed,
    "disk": _closed,
    "data": _closed,
    "table": _table,
    "table2": _table,
    "error2": _listed(520, 8),
    "session": _listed(36, 32),
    "digest": _closed,
    "hash": _closed,
    "xhash": stream_problem,
}
