"""The change journal of an NTFS volume, ``$Extend/$UsnJrnl:$J``: what happened to which file, and when.

Sources: Microsoft [MS-FSCC], section 2.3.62.2 "USN_RECORD_V2" and following; Microsoft Win32 documentation,
"USN_RECORD_V3 structure", "Change Journal Records".
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labkit.evidence.detail import Run
from labkit.evidence.file_names import unix_ns
from labkit.evidence.image import Image
from labkit.evidence.ntfs.index import name_text

PAGE_BYTES = 4096  # no record crosses a page
_BLOCK_BYTES = 256 * PAGE_BYTES
_HEAD = struct.Struct("<IHH")  # length, major and minor version
_REFERENCES = {2: struct.Struct("<QQ"), 3: struct.Struct("<Q8xQ8x")}  # the upper half of 128 bits is not used by NTFS
_REST = struct.Struct("<QQIIIIHH")  # USN, time, reasons, source, security, file attributes, name length and offset
_RECORD_NUMBER = (1 << 48) - 1
_REASONS = {
    0x00000001: "data overwrite",
    0x00000002: "data extend",
    0x00000004: "data truncation",
    0x00000010: "named data overwrite",
    0x00000020: "named data extend",
    0x00000040: "named data truncation",
    0x00000100: "file create",
    0x00000200: "file delete",
    0x00000400: "EA change",
    0x00000800: "security change",
    0x00001000: "rename old name",
    0x00002000: "rename new name",
    0x00004000: "indexable change",
    0x00008000: "basic info change",
    0x00010000: "hard link change",
    0x00020000: "compression change",
    0x00040000: "encryption change",
    0x00080000: "object ID change",
    0x00100000: "reparse point change",
    0x00200000: "stream change",
    0x00400000: "transacted change",
    0x00800000: "integrity change",
    0x80000000: "close",
}


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One change. ``time_ns`` counts from 1970; addresses are MFT record numbers."""

    usn: int
    time_ns: int
    address: int
    sequence: int
    parent_address: int
    parent_sequence: int
    name: str
    reasons: int
    file_attributes: int

    @property
    def reason_text(self) -> str:
        """Return the names of the reasons, joined with ``+``; unknown ones in hexadecimal."""
        names = [name for bit, name in _REASONS.items() if self.reasons & bit]
        unknown = self.reasons & ~sum(_REASONS)
        return "+".join([*names, f"0x{unknown:08x}"] if unknown else names)


def journal_records(image: Image, runs: Iterable[Run], size_bytes: int) -> Iterator[JournalRecord]:
    """Yield the records of a journal in their order.

    The journal begins with a hole where old records were; it is skipped without being read.

    Args:
        image: The medium.
        runs: Where the stream lies.
        size_bytes: The length of the stream.
    """
    begin = 0
    for run in runs:
        length = min(run.size_bytes, size_bytes - begin)
        if run.offset_bytes is not None and length > 0:
            for offset in range(0, length, _BLOCK_BYTES):
                block = image.read(run.offset_bytes + offset, min(_BLOCK_BYTES, length - offset))
                yield from _records(block)
        begin += run.size_bytes


def _records(block: bytes) -> Iterator[JournalRecord]:
    for page in range(0, len(block), PAGE_BYTES):
        at, end = page, min(page + PAGE_BYTES, len(block))
        while at + _HEAD.size <= end:
            length, major, _ = _HEAD.unpack_from(block, at)
            record = _record(block, at, length, major) if at + length <= end else None
            if record is None:
                break  # the rest of the page is free, or of a version that is not known here
            yield record
            at += length


def _record(block: bytes, at: int, length: int, major: int) -> JournalRecord | None:
    references = _REFERENCES.get(major)
    if references is None or length % 8:
        return None
    rest = at + _HEAD.size + references.size
    if length < rest + _REST.size - at:
        return None
    file, parent = references.unpack_from(block, at + _HEAD.size)
    usn, ticks, reasons, _, _, file_attributes, name_bytes, name_offset = _REST.unpack_from(block, rest)
    if name_offset + name_bytes > length or name_bytes % 2:
        return None
    return JournalRecord(
        usn=usn,
        time_ns=unix_ns(ticks),
        address=file & _RECORD_NUMBER,
        sequence=file >> 48,
        parent_address=parent & _RECORD_NUMBER,
        parent_sequence=parent >> 48,
        name=name_text(block[at + name_offset : at + name_offset + name_bytes]),
        reasons=reasons,
        file_attributes=file_attributes,
    )
