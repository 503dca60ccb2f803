"""Windows event logs: records are added as they happen, and the log renders to the bytes of an ``.evtx`` file.

Chunks that are full never change again; a fork shares them and copies only the one that is being filled.

Sources: J. Metz, "Windows XML Event Log (EVTX) format" (libevtx), section "File header"; Microsoft, the event schema
(http://schemas.microsoft.com/win/2004/08/events/event) and "Windows Event Log" (Win32 documentation).
"""

import struct
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Self
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.binxml import Element, Gap, Instance, Kind, Value
from labkit.synthesis.artifacts.evtx_chunk import CHUNK_BYTES, EvtxChunk

_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_FILE_HEADER_BYTES = 4096
_CHECKED_BYTES = 120
_MAJOR, _MINOR = 3, 1  # Windows Vista and later; 3.2, since Windows 10 2004, is not known to all readers
_HEADER_PART_BYTES = 128


Fields = tuple[tuple[str, Value], ...]  # (name, value) in the provider's order


@dataclass(frozen=True, slots=True)
class UserData:
    """What an event has in place of EventData: one element of the provider's own, and in it one for each field."""

    name: str
    namespace: str
    fields: Fields


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event as a provider writes it. ``at`` is an aware time by the machine's clock."""

    at: datetime
    provider: str
    event_id: int
    provider_guid: UUID | None = None
    event_source: str = ""  # of a provider that was once a classic source
    qualifiers: int | None = None  # of classic events
    version: int = 0
    level: int = 4
    task: int = 0
    opcode: int = 0
    keywords: int = 0x8000000000000000
    process_id: int = 0
    thread_id: int = 0
    user_sid: str = ""
    activity: UUID | None = None
    data: Fields = ()  # an empty name: <Data> without the attribute Name
    binary: bytes = b""
    user_data: UserData | None = None


class EventLog:
    """One channel's log on one computer."""

    def __init__(self, channel: str, computer: str) -> None:
        self.channel = channel
        self.computer = computer
        self._full: list[bytes] = []
        self._chunk = EvtxChunk(1)

    @property
    def record_count(self) -> int:
        """How many records it has."""
        return self._chunk.next_record - 1

    def fork(self) -> Self:
        """Return an independent copy; it shares the chunks that are full."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._full, copy._chunk = list(self._full), self._chunk.fork()
        return copy

    def add(self, record: EventRecord) -> int:
        """Write an event behind the others, whatever its time, and return its record id; the first is 1.

        Raises:
            SynthesisError: The event does not fit into a chunk of 64 KiB, its time has no zone, or a number or a text
                does not fit into its field. Nothing was added.
        """
        record_id = self._chunk.next_record
        event = self._event(record, record_id)
        if not self._chunk.add(event, record.at):
            fresh = EvtxChunk(record_id)
            if not fresh.add(event, record.at):
                raise SynthesisError(
                    f"event {record.event_id} of {record.provider} does not fit into a chunk of {CHUNK_BYTES} bytes",
                    remedy="Shorten its values.",
                )
            if not self._chunk.is_empty:
                self._full.append(self._chunk.render())
            self._chunk = fresh
        return record_id

    def render(self) -> bytes:
        """Return the file as it is after Windows closed it in good order."""
        chunks = [*self._full, self._chunk.render()]
        header = struct.pack(
            "<8sQQQIHHHH",
            b"ElfFile\0",
            0,
            len(chunks) - 1,
            self._chunk.next_record,
            _HEADER_PART_BYTES,
            _MINOR,
            _MAJOR,
            _FILE_HEADER_BYTES,
            len(chunks),
        ).ljust(_CHECKED_BYTES, b"\0")
        header += struct.pack("<II", 0, zlib.crc32(header))
        return header.ljust(_FILE_HEADER_BYTES, b"\0") + b"".join(chunks)

    def _event(self, record: EventRecord, record_id: int) -> Instance:
        user = Value.sid(record.user_sid) if record.user_sid else Value.none(Kind.SID)
        values: tuple[Value | Instance, ...] = (
            Value.uint8(record.level),
            Value.uint8(record.opcode),
            Value.uint16(record.task),
            Value.uint16(record.event_id),
            Value.none(Kind.UINT16) if record.qualifiers is None else Value.uint16(record.qualifiers),
            Value.hex64(record.keywords),
            Value.filetime(record.at),
            Value.guid(record.activity) if record.activity else Value.none(Kind.GUID),
            Value.uint32(record.process_id),
            Value.uint32(record.thread_id),
            Value.uint64(record_id),
            Value.uint8(record.version),
            user,
            _payload(record),
        )
        template = _event_template(
            record.provider, record.provider_guid, record.event_source, self.channel, self.computer
        )
        return Instance(template, values)


@cache
def _event_template(provider: str, guid: UUID | None, source: str, channel: str, computer: str) -> Element:
    names: list[tuple[str, str | Gap]] = [("Name", provider)]
    names += [("Guid", f"{{{guid}}}")] if guid else []
    names += [("EventSourceName", source)] if source else []
    system = (
        Element("Provider", tuple(names)),
        Element("EventID", (("Qualifiers", Gap(4, Kind.UINT16)),), (Gap(3, Kind.UINT16),)),
        Element("Version", (), (Gap(11, Kind.UINT8),)),
        Element("Level", (), (Gap(0, Kind.UINT8),)),
        Element("Task", (), (Gap(2, Kind.UINT16),)),
        Element("Opcode", (), (Gap(1, Kind.UINT8),)),
        Element("Keywords", (), (Gap(5, Kind.HEX64),)),
        Element("TimeCreated", (("SystemTime", Gap(6, Kind.FILETIME)),)),
        Element("EventRecordID", (), (Gap(10, Kind.UINT64),)),
        Element("Correlation", (("ActivityID", Gap(7, Kind.GUID)),)),
        Element("Execution", (("ProcessID", Gap(8, Kind.UINT32)), ("ThreadID", Gap(9, Kind.UINT32)))),
        Element("Channel", (), (channel,)),
        Element("Computer", (), (computer,)),
        Element("Security", (("UserID", Gap(12, Kind.SID)),)),
    )
    return Element("Event", (("xmlns", _NAMESPACE),), (Element("System", (), system), Gap(13, Kind.XML)))


def _payload(record: EventRecord) -> Instance:
    if record.user_data:
        own = record.user_data
        kinds = tuple((name, value.gap) for name, value in own.fields)
        template = _user_data_template(own.name, own.namespace, kinds)
        return Instance(template, tuple(value for _, value in own.fields))
    values = [value for _, value in record.data]
    if record.binary:
        values.append(Value.binary(record.binary))
    kinds = tuple((name, value.gap) for name, value in record.data)
    return Instance(_event_data_template(kinds, bool(record.binary)), tuple(values))


@cache
def _event_data_template(kinds: tuple[tuple[str, Kind], ...], with_binary: bool) -> Element:
    fields = [
        Element("Data", (("Name", name),) if name else (), (Gap(number, kind),))
        for number, (name, kind) in enumerate(kinds)
    ]
    if with_binary:
        fields.append(Element("Binary", (), (Gap(len(kinds), Kind.BINARY),)))
    return Element("EventData", (), tuple(fields))


@cache
def _user_data_template(name: str, namespace: str, kinds: tuple[tuple[str, Kind], ...]) -> Element:
    fields = tuple(Element(field, (), (Gap(number, kind),)) for number, (field, kind) in enumerate(kinds))
    return Element("UserData", (), (Element(name, (("xmlns", namespace),), fields),))
