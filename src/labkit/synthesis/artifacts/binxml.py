"""Binary XML, in which event logs keep their events: typed values, templates, and the bytes of an instance.

A template is an element tree with numbered gaps. It is written once in a chunk of a log, with its names; after that an
event is the number of the template and the values for its gaps. A value may be an instance of another template.

Sources: Microsoft, MS-EVEN6, section 2.2.12 "BinXml" (tokens and value types) and 2.2.13; J. Metz, "Windows XML Event
Log (EVTX) format" (libevtx), section "Binary XML" (names, template definitions and offsets inside a chunk).
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime_bytes
from labkit.synthesis.artifacts.registry_tree import utf16
from labkit.synthesis.filesystems.ntfs_streams.security import sid_bytes

_FRAGMENT = b"\x0f\x01\x01\x00"
_END = b"\x00"
_OPEN_ELEMENT, _HAS_MORE = 0x01, 0x40
_CLOSE_START, _CLOSE_EMPTY, _END_ELEMENT = b"\x02", b"\x03", b"\x04"
_TEXT = b"\x05\x01"
_ATTRIBUTE = 0x06
_TEMPLATE_INSTANCE = b"\x0c\x01"
_OPTIONAL_GAP = 0x0E
_NO_DEPENDENCY = b"\xff\xff"
_LONGEST_VALUE_BYTES = 0xFFFF
_TEMPLATE_HEADER = struct.Struct("<I16sI")


class Kind(IntEnum):
    """Types of values. Source: MS-EVEN6, section 2.2.12, BinXmlValueType."""

    NONE = 0x00
    TEXT = 0x01
    UINT8 = 0x04
    UINT16 = 0x06
    UINT32 = 0x08
    UINT64 = 0x0A
    BOOLEAN = 0x0D
    BINARY = 0x0E
    GUID = 0x0F
    SIZE = 0x10
    FILETIME = 0x11
    SID = 0x13
    HEX32 = 0x14
    HEX64 = 0x15
    XML = 0x21


@dataclass(frozen=True, slots=True)
class Value:
    """A typed value as it is stored. ``gap`` is what a template calls its type."""

    kind: Kind
    data: bytes
    gap: Kind

    @classmethod
    def none(cls, gap: Kind) -> "Value":
        """Return the absence of a value: the attribute or element that would hold it is left out."""
        return cls(Kind.NONE, b"", gap)

    @classmethod
    def text(cls, text: str) -> "Value":
        """Return a text."""
        return cls(Kind.TEXT, utf16(text), Kind.TEXT)

    @classmethod
    def uint8(cls, number: int) -> "Value":
        """Return a number in [0, 2^8)."""
        return _number(Kind.UINT8, number, 1)

    @classmethod
    def uint16(cls, number: int) -> "Value":
        """Return a number in [0, 2^16)."""
        return _number(Kind.UINT16, number, 2)

    @classmethod
    def uint32(cls, number: int) -> "Value":
        """Return a number in [0, 2^32)."""
        return _number(Kind.UINT32, number, 4)

    @classmethod
    def uint64(cls, number: int) -> "Value":
        """Return a number in [0, 2^64)."""
        return _number(Kind.UINT64, number, 8)

    @classmethod
    def hex32(cls, number: int) -> "Value":
        """Return a number in [0, 2^32) that is shown in hexadecimal."""
        return _number(Kind.HEX32, number, 4)

    @classmethod
    def hex64(cls, number: int) -> "Value":
        """Return a number in [0, 2^64) that is shown in hexadecimal."""
        return _number(Kind.HEX64, number, 8)

    @classmethod
    def pointer(cls, number: int) -> "Value":
        """Return a number of the word size of the machine (SizeT), here 64 bits: a process id in the Security log."""
        return cls(Kind.HEX64, _number(Kind.HEX64, number, 8).data, Kind.SIZE)

    @classmethod
    def boolean(cls, truth: bool) -> "Value":
        """Return true or false."""
        return cls(Kind.BOOLEAN, struct.pack("<I", truth), Kind.BOOLEAN)

    @classmethod
    def guid(cls, guid: UUID) -> "Value":
        """Return a GUID."""
        return cls(Kind.GUID, guid.bytes_le, Kind.GUID)

    @classmethod
    def filetime(cls, at: datetime) -> "Value":
        """Return an aware time.

        Raises:
            SynthesisError: It has no zone.
        """
        return cls(Kind.FILETIME, filetime_bytes(at), Kind.FILETIME)

    @classmethod
    def sid(cls, sid: str) -> "Value":
        """Return a security identifier such as ``S-1-5-18``.

        Raises:
            SynthesisError: It has another form.
        """
        return cls(Kind.SID, sid_bytes(sid), Kind.SID)

    @classmethod
    def binary(cls, data: bytes) -> "Value":
        """Return bytes."""
        return cls(Kind.BINARY, data, Kind.BINARY)


@dataclass(frozen=True, slots=True)
class Gap:
    """The place of a value in a template."""

    number: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a template. Texts stand in the template itself."""

    name: str
    attributes: tuple[tuple[str, "str | Gap"], ...] = ()
    content: tuple["Element | str | Gap", ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """A template's element with the values for its gaps."""

    template: Element
    values: tuple["Value | Instance", ...]


@cache
def template_id(template: Element) -> UUID:
    """Return the id of a template, which follows from all that is in it."""
    return UUID(bytes=hashlib.sha256(_notation(template).encode()).digest()[:16])


def _notation(part: "Element | str | Gap") -> str:
    if isinstance(part, Gap):
        return f"%{part.number}:{part.kind:d}"
    if isinstance(part, str):
        return f"'{part}'"
    attributes = "".join(f" {name}={_notation(value)}" for name, value in part.attributes)
    return f"<{part.name}{attributes}>{''.join(map(_notation, part.content))}</{part.name}>"


class Draft:
    """The bytes of one event that is being written into a chunk, and the names and templates that it brings along.

    Names and templates that the chunk has already are pointed to. ``new_names`` and ``new_templates`` become the
    chunk's own when the event is taken. Offsets count from the begin of the chunk.
    """

    def __init__(self, begin: int, names: Mapping[str, int], templates: Mapping[UUID, int]) -> None:
        self.data = bytearray()
        self.new_names: dict[str, int] = {}
        self.new_templates: dict[UUID, int] = {}
        self._begin = begin
        self._names = names
        self._templates = templates

    def fragment(self, instance: Instance) -> None:
        """Write a fragment that holds an instance of a template."""
        self.data += _FRAGMENT + _TEMPLATE_INSTANCE
        identity = template_id(instance.template)
        self.data += identity.bytes_le[:4]
        offset = self._templates.get(identity) or self.new_templates.get(identity)
        if offset is None:
            offset = self.new_templates[identity] = self._here + 4
            self.data += struct.pack("<I", offset)
            self._definition(instance.template, identity)
        else:
            self.data += struct.pack("<I", offset)
        self._values(instance.values)

    @property
    def _here(self) -> int:
        return self._begin + len(self.data)

    def _definition(self, template: Element, identity: UUID) -> None:
        header = len(self.data)
        self.data += bytes(_TEMPLATE_HEADER.size)
        begin = len(self.data)
        self.data += _FRAGMENT
        self._element(template)
        self.data += _END
        _TEMPLATE_HEADER.pack_into(self.data, header, 0, identity.bytes_le, len(self.data) - begin)

    def _element(self, element: Element) -> None:
        self.data += bytes((_OPEN_ELEMENT | (_HAS_MORE if element.attributes else 0),)) + _NO_DEPENDENCY
        size = self._reserve_size()
        self._name(element.name)
        if element.attributes:
            attributes_size = self._reserve_size()
            for number, (name, value) in enumerate(element.attributes, start=1):
                more = _HAS_MORE if number < len(element.attributes) else 0
                self.data += bytes((_ATTRIBUTE | more,))
                self._name(name)
                self._content(value)
            self._fill_size(attributes_size)
        if element.content:
            self.data += _CLOSE_START
            for part in element.content:
                self._content(part)
            self.data += _END_ELEMENT
        else:
            self.data += _CLOSE_EMPTY
        self._fill_size(size)

    def _content(self, part: "Element | str | Gap") -> None:
        if isinstance(part, Element):
            self._element(part)
        elif isinstance(part, Gap):
            self.data += struct.pack("<BHB", _OPTIONAL_GAP, part.number, part.kind)
        else:
            text = utf16(part)
            self.data += _TEXT + struct.pack("<H", len(text) // 2) + text

    def _name(self, name: str) -> None:
        known = self._names.get(name) or self.new_names.get(name)
        if known is not None:
            self.data += struct.pack("<I", known)
            return
        offset = self.new_names[name] = self._here + 4
        text = utf16(name)
        self.data += struct.pack("<IIHH", offset, 0, name_hash(name), len(text) // 2) + text + b"\0\0"

    def _values(self, values: Sequence["Value | Instance"]) -> None:
        self.data += struct.pack("<I", len(values))
        descriptor = len(self.data)
        self.data += bytes(4 * len(values))
        for value in values:
            begin = len(self.data)
            if isinstance(value, Instance):
                self.fragment(value)
                kind = Kind.XML
            else:
                self.data += value.data
                kind = value.kind
            size = len(self.data) - begin
            if size > _LONGEST_VALUE_BYTES:
                raise SynthesisError(
                    f"a value of {size} bytes does not fit into an event", remedy="Shorten it to less than 64 KiB."
                )
            struct.pack_into("<HBB", self.data, descriptor, size, kind, 0)
            descriptor += 4

    def _reserve_size(self) -> int:
        place = len(self.data)
        self.data += bytes(4)
        return place

    def _fill_size(self, place: int) -> None:
        struct.pack_into("<I", self.data, place, len(self.data) - place - 4)


def name_hash(name: str) -> int:
    """Return the hash of a name, of which a chunk keeps 16 bits."""
    total = 0
    for (unit,) in struct.iter_unpack("<H", utf16(name)):
        total = (total * 65599 + unit) & 0xFFFFFFFF
    return total & 0xFFFF


def _number(kind: Kind, number: int, size_bytes: int) -> Value:
    try:
        return Value(kind, number.to_bytes(size_bytes, "little"), kind)
    except OverflowError as error:
        raise SynthesisError(
            f"{number} does not fit into {size_bytes} bytes", remedy="Take another type of value, or a smaller number."
        ) from error
