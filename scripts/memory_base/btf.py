"""The BPF Type Format: the C types of a kernel, as the kernel itself carries them (``/sys/kernel/btf/vmlinux``).

Source: the Linux kernel's ``Documentation/bpf/btf.rst``, section 2 (BTF type and string encoding).
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

_MAGIC = 0xEB9F
_VERSION = 1
_HEADER = struct.Struct("<HBBIIIII")  # magic, version, flags, header length, types at, types length, strings at, length
_TYPE = struct.Struct("<III")  # name, info, size or type
_TRIPLE = struct.Struct("<III")
_PAIR = struct.Struct("<II")
_WORD = struct.Struct("<I")


class BtfError(ValueError):
    """Bytes that are no BTF, or are damaged."""


class Kind(IntEnum):
    """What a type is; the numbers of the format."""

    VOID = 0
    INT = 1
    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FWD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12
    FUNC_PROTO = 13
    VAR = 14
    DATASEC = 15
    FLOAT = 16
    DECL_TAG = 17
    TYPE_TAG = 18
    ENUM64 = 19


COMPOSITE = frozenset({Kind.STRUCT, Kind.UNION})
ENUMERATIONS = frozenset({Kind.ENUM, Kind.ENUM64})
ALIASES = frozenset({Kind.TYPEDEF, Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG})


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure or union. The name may be empty; ``bits`` is 0 unless it is a bit field."""

    name: str
    type_id: int
    offset_bits: int
    bits: int


@dataclass(frozen=True, slots=True)
class BtfType:
    """One type. What is meaningful depends on its kind; the rest keeps the values below.

    ``refers_to`` is the type that a pointer, an alias, an array or a variable is about. ``signed``, ``character`` and
    ``boolean`` describe integers; ``signed`` also the constants of an enumeration. ``union`` says what a forward
    declaration announces.
    """

    kind: Kind
    name: str
    size_bytes: int = 0
    refers_to: int = 0
    count: int = 0
    signed: bool = False
    character: bool = False
    boolean: bool = False
    union: bool = False
    members: tuple[Member, ...] = ()
    constants: tuple[tuple[str, int], ...] = ()


def parse_btf(blob: bytes) -> tuple[BtfType, ...]:
    """Return all types of ``blob``, numbered as in it; the first is void.

    Raises:
        BtfError: These are no BTF bytes, or they end too early, or a kind is not known.
    """
    try:
        return _Reader(blob).types()
    except struct.error as error:
        raise BtfError("the BTF bytes end within a type; take the file anew") from error


class _Reader:
    def __init__(self, blob: bytes) -> None:
        magic, version, _, header, types_at, types_bytes, strings_at, strings_bytes = _HEADER.unpack_from(blob)
        if magic != _MAGIC or version != _VERSION:
            raise BtfError(f"no BTF of version {_VERSION} for a little-endian machine: it begins with {blob[:3].hex()}")
        self._blob = blob
        self._at = header + types_at
        self._end = self._at + types_bytes
        self._strings = blob[header + strings_at : header + strings_at + strings_bytes]

    def types(self) -> tuple[BtfType, ...]:
        found = [BtfType(Kind.VOID, "")]
        while self._at < self._end:
            found.append(self._type())
        return tuple(found)

    def _name(self, offset: int) -> str:
        end = self._strings.find(b"\0", offset)
        if end < 0:
            raise BtfError(f"a name at {offset} lies outside the strings of the BTF bytes")
        return self._strings[offset:end].decode()

    def _take(self, layout: struct.Struct) -> tuple[int, ...]:
        values = layout.unpack_from(self._blob, self._at)
        self._at += layout.size
        return values

    def _type(self) -> BtfType:  # noqa: C901, PLR0911 - one case for each kind of the format
        name_at, info, size_or_type = self._take(_TYPE)
        name, length, flag = self._name(name_at), info & 0xFFFF, bool(info >> 31)
        try:
            kind = Kind(info >> 24 & 0x1F)
        except ValueError:
            raise BtfError(f"kind {info >> 24 & 0x1F} of BTF is not known; it is newer than this program") from None
        match kind:
            case Kind.INT:
                (details,) = self._take(_WORD)
                encoding = details >> 24 & 0xF
                return BtfType(
                    kind,
                    name,
                    size_or_type,
                    signed=bool(encoding & 1),
                    character=bool(encoding & 2),
                    boolean=bool(encoding & 4),
                )
            case Kind.ARRAY:
                element, _, count = self._take(_TRIPLE)
                return BtfType(kind, name, refers_to=element, count=count)
            case Kind.STRUCT | Kind.UNION:
                members = tuple(self._member(flag) for _ in range(length))
                return BtfType(kind, name, size_or_type, members=members)
            case Kind.ENUM | Kind.ENUM64:
                constants = tuple(self._constant(kind, flag) for _ in range(length))
                return BtfType(kind, name, size_or_type, signed=flag, constants=constants)
            case Kind.FWD:
                return BtfType(kind, name, union=flag)
            case Kind.FLOAT:
                return BtfType(kind, name, size_or_type, signed=True)
            case Kind.FUNC_PROTO:
                self._at += _PAIR.size * length
            case Kind.VAR | Kind.DECL_TAG:
                self._at += _WORD.size
            case Kind.DATASEC:
                self._at += _TRIPLE.size * length
        return BtfType(kind, name, refers_to=size_or_type)

    def _member(self, with_bits: bool) -> Member:
        name_at, type_id, offset = self._take(_TRIPLE)
        if with_bits:
            return Member(self._name(name_at), type_id, offset & 0xFFFFFF, offset >> 24)
        return Member(self._name(name_at), type_id, offset, 0)

    def _constant(self, kind: Kind, signed: bool) -> tuple[str, int]:
        if kind is Kind.ENUM:
            name_at, value, bits = *self._take(_PAIR), 32
        else:
            name_at, low, high = self._take(_TRIPLE)
            value, bits = high << 32 | low, 64
        if signed and value >> bits - 1:
            value -= 1 << bits
        return self._name(name_at), value
