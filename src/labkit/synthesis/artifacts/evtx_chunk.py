"""One chunk of an event log: 64 KiB with its own tables of names and templates, its records and its checksums.

Source: J. Metz, "Windows XML Event Log (EVTX) format" (libevtx), the sections "Chunk" and "Event record".
"""

import struct
import zlib
from datetime import datetime
from typing import Self
from uuid import UUID

from labkit.synthesis.artifacts.binxml import Draft, Instance, name_hash
from labkit.synthesis.artifacts.filetime import filetime

CHUNK_BYTES = 65536
HEADER_BYTES = 512
_CHECKED_BYTES = 120  # of the header; its tables are checked too
_TABLES = 128
_NAME_BUCKETS, _TEMPLATE_BUCKETS = 64, 32
_TEMPLATE_TABLE = _TABLES + 4 * _NAME_BUCKETS
_RECORD_HEADER = struct.Struct("<4sIQQ")
_RECORD_SIGNATURE = b"**\0\0"
_ALIGNMENT = 8
_END_OF_XML = b"\0"
_NO_RECORD = 0xFFFFFFFFFFFFFFFF


class EvtxChunk:
    """A chunk that takes records until it is full."""

    def __init__(self, first_record: int) -> None:
        self.next_record = first_record
        self._first_record = first_record
        self._data = bytearray(HEADER_BYTES)
        self._last_offset = HEADER_BYTES
        self._names: dict[str, int] = {}
        self._templates: dict[UUID, int] = {}

    def fork(self) -> Self:
        """Return an independent copy."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._data, copy._names, copy._templates = self._data[:], dict(self._names), dict(self._templates)
        return copy

    @property
    def is_empty(self) -> bool:
        """Whether no record is in it."""
        return self.next_record == self._first_record

    def add(self, event: Instance, at: datetime) -> bool:
        """Add a record and return True; return False, changed in nothing, where it does not fit any more."""
        offset = len(self._data)
        draft = Draft(offset + _RECORD_HEADER.size, self._names, self._templates)
        draft.fragment(event)
        content = bytes(draft.data) + _END_OF_XML
        size = _RECORD_HEADER.size + len(content) + 4
        size += -size % _ALIGNMENT
        if offset + size >= CHUNK_BYTES:  # some room stays: libevtx misses a record that ends with the chunk
            return False
        record = _RECORD_HEADER.pack(_RECORD_SIGNATURE, size, self.next_record, filetime(at)) + content
        self._data += record.ljust(size - 4, b"\0") + struct.pack("<I", size)
        self._names.update(draft.new_names)
        self._templates.update(draft.new_templates)
        self._last_offset = offset
        self.next_record += 1
        return True

    def render(self) -> bytes:
        """Return the 64 KiB of the chunk."""
        data = self._data[:]
        self._link(data, _TABLES, [(name_hash(name) % _NAME_BUCKETS, at) for name, at in self._names.items()])
        templates = self._templates.items()
        buckets = [(int.from_bytes(name.bytes_le[:4], "little") % _TEMPLATE_BUCKETS, at) for name, at in templates]
        self._link(data, _TEMPLATE_TABLE, buckets)
        first, last = self._first_record, _NO_RECORD if self.is_empty else self.next_record - 1
        records_checksum = zlib.crc32(data[HEADER_BYTES:])
        struct.pack_into(
            "<8s4Q4I",
            data,
            0,
            b"ElfChnk\0",
            *(first, last, first, last),
            *(_TABLES, self._last_offset, len(data), records_checksum),
        )
        checksum = zlib.crc32(bytes(data[_TABLES:HEADER_BYTES]), zlib.crc32(bytes(data[:_CHECKED_BYTES])))
        struct.pack_into("<I", data, _TABLES - 4, checksum)
        return bytes(data).ljust(CHUNK_BYTES, b"\0")

    @staticmethod
    def _link(data: bytearray, table: int, entries: list[tuple[int, int]]) -> None:
        """Fill a hash table: it points to the latest entry of a bucket, each entry to the one before it."""
        for bucket, offset in entries:
            place = table + 4 * bucket
            data[offset : offset + 4] = data[place : place + 4]
            struct.pack_into("<I", data, place, offset)
