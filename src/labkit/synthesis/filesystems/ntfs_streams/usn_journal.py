"""$Extend/$UsnJrnl: the change journal of a volume, records of version 2 in the stream ``$J``.

The number of a record (USN) is its byte offset in $J. Old records give way to a hole at the front of the stream, so a
journal that has been in use for long starts with gigabytes of nothing. A record never crosses a page of 4,096 bytes.

Sources: Microsoft [MS-FSCC], section 2.3.62.2 (USN_RECORD_V2); Microsoft Win32 documentation, "USN_RECORD_V2
structure" and "Change Journal Records"; libyal, "New Technologies File System (NTFS)", section "USN change journal".
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntFlag
from typing import NamedTuple

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime

PAGE_BYTES = 4096
DEFAULT_MAXIMUM_BYTES = 32 << 20  # Windows 7 to 10 on a system disk
DEFAULT_DELTA_BYTES = 8 << 20
_HEADER = struct.Struct("<IHHQQqQIIIIHH")
_UNIT_BYTES = 8
_LONGEST_NAME_UNITS = 255
_LARGEST_USN = (1 << 63) - 1
_LARGEST_REFERENCE = (1 << 64) - 1


class Reason(IntFlag):
    """Why a record was written. The reasons of a file add up until it is closed."""

    DATA_OVERWRITE = 0x00000001
    DATA_EXTEND = 0x00000002
    DATA_TRUNCATION = 0x00000004
    NAMED_DATA_OVERWRITE = 0x00000010
    NAMED_DATA_EXTEND = 0x00000020
    NAMED_DATA_TRUNCATION = 0x00000040
    FILE_CREATE = 0x00000100
    FILE_DELETE = 0x00000200
    EA_CHANGE = 0x00000400
    SECURITY_CHANGE = 0x00000800
    RENAME_OLD_NAME = 0x00001000
    RENAME_NEW_NAME = 0x00002000
    INDEXABLE_CHANGE = 0x00004000
    BASIC_INFO_CHANGE = 0x00008000
    HARD_LINK_CHANGE = 0x00010000
    COMPRESSION_CHANGE = 0x00020000
    ENCRYPTION_CHANGE = 0x00040000
    OBJECT_ID_CHANGE = 0x00080000
    REPARSE_POINT_CHANGE = 0x00100000
    STREAM_CHANGE = 0x00200000
    TRANSACTED_CHANGE = 0x00400000
    INTEGRITY_CHANGE = 0x00800000
    CLOSE = 0x80000000


class Source(IntFlag):
    """Who made the change, where it was not a user's program."""

    NORMAL = 0
    DATA_MANAGEMENT = 0x1
    AUXILIARY_DATA = 0x2
    REPLICATION_MANAGEMENT = 0x4


class UsnRecord(NamedTuple):
    """One record. References are the MFT record number, and in the upper 16 bits its sequence number."""

    usn: int
    reference: int
    parent_reference: int
    at_utc: datetime
    reason: Reason
    source: Source
    security_id: int
    attributes: int
    name: str

    def to_bytes(self) -> bytes:
        """Return the record, padded with zeros to a multiple of 8 bytes."""
        name = self.name.encode("utf-16-le", "surrogatepass")
        size = _record_bytes(len(name))
        header = _HEADER.pack(
            size,
            2,
            0,
            self.reference,
            self.parent_reference,
            self.usn,
            filetime(self.at_utc),
            self.reason,
            self.source,
            self.security_id,
            self.attributes,
            len(name),
            _HEADER.size,
        )
        return (header + name).ljust(size, b"\0")


class UsnJournal:
    """The journal of one volume: records are added at its end, and it can be forked.

    Args:
        created_utc: When the journal was made; its identifier is this time.
        start_usn: Where the first record stands; what is before it is a hole. A multiple of 4,096.
        maximum_bytes: The size that the journal is allowed, as $Max states it.
        delta_bytes: How much is freed at once when it is full.

    Raises:
        SynthesisError: ``start_usn`` is not a multiple of 4,096, or the time can not be stored.
    """

    def __init__(
        self,
        created_utc: datetime,
        *,
        start_usn: int = 0,
        maximum_bytes: int = DEFAULT_MAXIMUM_BYTES,
        delta_bytes: int = DEFAULT_DELTA_BYTES,
    ) -> None:
        if start_usn % PAGE_BYTES or not 0 <= start_usn <= _LARGEST_USN - PAGE_BYTES:
            raise SynthesisError(
                f"a journal can not begin at USN {start_usn}",
                remedy=f"Give a multiple of {PAGE_BYTES}, 0 or above.",
            )
        self.start_usn = start_usn
        self._created_utc = created_utc
        self._identifier = filetime(created_utc)
        self._maximum_bytes = maximum_bytes
        self._delta_bytes = delta_bytes
        self._records: list[UsnRecord] = []
        self._end = start_usn

    @property
    def next_usn(self) -> int:
        """The size of $J: the first byte behind the last record."""
        return self._end

    def end_with(self, names: Iterable[str]) -> int:
        """Return what ``next_usn`` would be after one record more for each of these names."""
        end = self._end
        for name in names:
            size = _record_bytes(len(name.encode("utf-16-le", "surrogatepass")))
            end = _place(end, size) + size
        return end

    def add(
        self,
        reference: int,
        parent_reference: int,
        name: str,
        at_utc: datetime,
        reason: Reason,
        *,
        attributes: int,
        security_id: int = 0,
        source: Source = Source.NORMAL,
    ) -> UsnRecord:
        """Add a record at the end and return it. Windows leaves ``security_id`` 0 in records of version 2.

        Args:
            reference: The file's record number and sequence.
            parent_reference: Those of the directory.
            name: The name without a path.
            at_utc: An aware time; kept in steps of 100 ns.
            reason: What happened since the file was opened.
            attributes: The file's attributes; 0x10 for a directory.
            security_id: Its number in $Secure.
            source: Who made the change.

        Raises:
            SynthesisError: The name is empty or longer than 255 UTF-16 units, a time or a number does not fit.
        """
        units = len(name.encode("utf-16-le", "surrogatepass")) // 2
        if not 1 <= units <= _LONGEST_NAME_UNITS:
            raise SynthesisError(
                f"a journal record can not name a file with {units} UTF-16 units",
                remedy=f"Give a name of 1 to {_LONGEST_NAME_UNITS} units, without its path.",
            )
        if not (0 <= reference <= _LARGEST_REFERENCE and 0 <= parent_reference <= _LARGEST_REFERENCE):
            raise SynthesisError(
                f"{reference} in {parent_reference} are not file references of 64 bits",
                remedy="Give record number | sequence number << 48.",
            )
        filetime(at_utc)
        size = _record_bytes(2 * units)
        usn = _place(self._end, size)
        record = UsnRecord(usn, reference, parent_reference, at_utc, reason, source, security_id, attributes, name)
        self._records.append(record)
        self._end = usn + size
        return record

    @property
    def records(self) -> Sequence[UsnRecord]:
        """The records in order."""
        return tuple(self._records)

    def fork(self) -> "UsnJournal":
        """Return an independent copy. The records are shared."""
        other = UsnJournal(
            self._created_utc,
            start_usn=self.start_usn,
            maximum_bytes=self._maximum_bytes,
            delta_bytes=self._delta_bytes,
        )
        other._records, other._end = self._records.copy(), self._end
        return other

    def stored(self) -> bytes:
        """Return what stands in $J from ``start_usn`` to its end; before it is a hole of ``start_usn`` bytes."""
        content = bytearray(self._end - self.start_usn)
        for record in self._records:
            place = record.usn - self.start_usn
            stored = record.to_bytes()
            content[place : place + len(stored)] = stored
        return bytes(content)

    def maximum(self) -> bytes:
        """Return the 32 bytes of the stream ``$Max``: size, delta, identifier, lowest valid USN."""
        return struct.pack("<QQQq", self._maximum_bytes, self._delta_bytes, self._identifier, 0)


def _place(end: int, size_bytes: int) -> int:
    """Return where a record stands that is added at ``end``: no page ends within one."""
    return end if end % PAGE_BYTES + size_bytes <= PAGE_BYTES else -(-end // PAGE_BYTES) * PAGE_BYTES


def _record_bytes(name_bytes: int) -> int:
    return -(-(_HEADER.size + name_bytes) // _UNIT_BYTES) * _UNIT_BYTES
