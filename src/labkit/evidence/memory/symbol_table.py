"""The symbol table of a kernel: where its variables are and how its structures are laid out.

The format is the intermediate symbol format (ISF) 4 to 6: JSON with ``symbols``, ``user_types``, ``base_types`` and
``enums``, also xz-packed. It may come from anybody, so that sizes and offsets are checked when a type is first used.
"""

import base64
import binascii
import lzma
import re
import struct
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence.memory.isf_text import Entry, IsfText

_LARGEST_PACKED_BYTES = 64 << 20
_LARGEST_BYTES = 256 << 20
_UNPACKING_BYTES = 128 << 20  # what xz may take; level 9 needs 65 MiB
_LARGEST_TYPE_BYTES = 1 << 24
_DEEPEST = 16
_XZ = b"\xfd7zXZ\x00"
_BANNER_IN_BASE64 = base64.b64encode(b"Linux version ")[:-2]  # the last two depend on what follows
_BANNER = re.compile(rb'"constant_data"\s*:\s*"(' + re.escape(_BANNER_IN_BASE64) + rb'[A-Za-z0-9+/=]{1,2048})"')
_INTEGERS = {
    (1, False): "<B", (1, True): "<b", (2, False): "<H", (2, True): "<h",
    (4, False): "<I", (4, True): "<i", (8, False): "<Q", (8, True): "<q",
}  # fmt: skip
_POINTER = struct.Struct("<Q")

Value = Callable[[bytes], Any]


class Field:
    """A field of a structure: its place, and ``value``, which takes the structure's bytes.

    Integers, enumerations and pointers give an int, everything else its bytes. ``target`` is the name of the structure
    that a pointer points to, or that stands in this place.
    """

    __slots__ = ("offset_bytes", "size_bytes", "target", "value")

    def __init__(self, offset_bytes: int, size_bytes: int, value: Value, target: str | None) -> None:
        self.offset_bytes = offset_bytes
        self.size_bytes = size_bytes
        self.value = value
        self.target = target


class StructType:
    """The layout of a structure or union. Fields of nameless parts count as its own; ``a.b`` is a field of a field."""

    def __init__(self, table: "SymbolTable", name: str, size_bytes: int, fields: Mapping[str, tuple[int, Any]]) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self._table = table
        self._declared = fields
        self._known: dict[str, Field] = {}

    def __contains__(self, name: str) -> bool:
        try:
            self.field(name)
        except EvidenceError:
            return False
        return True

    def field(self, name: str) -> Field:
        """Return a field.

        Raises:
            EvidenceError: There is no such field in this kernel, or its type is damaged.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._resolved(name)
        return known

    def offset(self, name: str) -> int:
        """Return where in the structure a field begins."""
        return self.field(name).offset_bytes

    def _resolved(self, name: str) -> Field:
        offset, declared = self._place(name)
        found = self._table.field_at(offset, declared)
        if found.offset_bytes + found.size_bytes > self.size_bytes:
            raise self._table.damaged(f"{self.name}.{name} lies outside of it")
        return found

    def _place(self, name: str) -> tuple[int, Any]:
        """Return the offset of a field in this structure, and its declared type."""
        first, _, rest = name.partition(".")
        if first not in self._declared:
            raise self._table.lacking(f"field {first} in {self.name}")
        offset, declared = self._declared[first]
        if not rest:
            return offset, declared
        inner = self._table.struct(self._table.name_of_struct(declared, f"{self.name}.{first}"))
        inner_offset, declared = inner._place(rest)  # noqa: SLF001 - of its own kind
        return offset + inner_offset, declared


class SymbolTable:
    """Symbols and types of one kernel."""

    def __init__(self, text: IsfText, name: str) -> None:
        self.name = name
        self._text = text
        self._structs: dict[str, StructType] = {}

    @classmethod
    def load(cls, path: Path) -> "SymbolTable":
        """Read a table from a file.

        Raises:
            EvidenceError: The file can not be read, is too large, or is no symbol table.
        """
        return cls.of_json(unpacked(path), path.name)

    @classmethod
    def of_json(cls, data: bytes, name: str) -> "SymbolTable":
        """Return the table that a JSON text holds; ``name`` is what it is called in messages."""
        try:
            return cls(IsfText(data.decode()), name)
        except ValueError as error:
            raise _no_table(name, str(error)[:80]) from error

    @cached_property
    def banner(self) -> bytes:
        """Return the kernel's banner, without its line end; empty if the table has none."""
        return _decoded(self._symbol("linux_banner").get("constant_data", "")) if self.has("linux_banner") else b""

    def has(self, symbol: str) -> bool:
        """Return whether there is a symbol of this name."""
        return self._looked_up(self._text.symbol, symbol) is not None

    def address(self, symbol: str) -> int:
        """Return the address of a symbol, as the kernel was linked.

        Raises:
            EvidenceError: There is none in this kernel.
        """
        found = self._symbol(symbol).get("address")
        if type(found) is not int or not 0 <= found < 1 << 64:
            raise self.damaged(f"the symbol {symbol} has no address")
        return found

    def type_of(self, symbol: str) -> str:
        """Return the name of the structure that a symbol is, or points to.

        Raises:
            EvidenceError: There is none in this kernel, or it is no structure.
        """
        declared = self._symbol(symbol).get("type")
        if isinstance(declared, dict) and declared.get("kind") == "pointer":
            declared = declared.get("subtype")
        return self.name_of_struct(declared, f"the symbol {symbol}")

    def _symbol(self, name: str) -> Mapping[str, Any]:
        found = self._looked_up(self._text.symbol, name)
        if found is None:
            raise self.lacking(f"symbol {name}")
        return found

    def _looked_up(self, where: Callable[[str], Entry | None], name: str) -> Entry | None:
        try:
            return where(name)
        except ValueError as error:
            raise self.damaged(f"{name} can not be read: {error}") from error

    def has_struct(self, name: str) -> bool:
        """Return whether there is a structure of this name."""
        return self._looked_up(self._text.user_type, name) is not None

    def struct(self, name: str) -> StructType:
        """Return the layout of a structure.

        Raises:
            EvidenceError: There is none in this kernel, or it is damaged.
        """
        found = self._structs.get(name)
        if found is None:
            size = self._declared(name)[0]
            found = self._structs[name] = StructType(self, name, size, dict(self._flat(name, 0, _DEEPEST)))
        return found

    def constants(self, enum: str) -> Mapping[str, int]:
        """Return the values of an enumeration by name; empty if this kernel has none of this name."""
        found = self._looked_up(self._text.enum, enum)
        constants = None if found is None else found.get("constants")
        return {k: v for k, v in constants.items() if type(v) is int} if isinstance(constants, dict) else {}

    def _declared(self, name: str) -> tuple[int, Mapping[str, Any]]:
        found = self._looked_up(self._text.user_type, name)
        if found is None:
            raise self.lacking(f"type {name}")
        size, fields = found.get("size"), found.get("fields")
        if type(size) is not int or not 0 <= size <= _LARGEST_TYPE_BYTES or not isinstance(fields, dict):
            raise self.damaged(f"the type {name} has no sound size or fields")
        return size, fields

    def _flat(self, name: str, base: int, deeper: int) -> dict[str, tuple[int, Any]]:
        """Return offset and type of each field, those of nameless parts included; the first of a name counts."""
        if not deeper:
            raise self.damaged(f"the type {name} holds itself")
        flat: dict[str, tuple[int, Any]] = {}
        for key, field in self._declared(name)[1].items():
            offset, declared = (field.get("offset"), field.get("type")) if isinstance(field, dict) else (None, None)
            if type(offset) is not int or not 0 <= offset <= _LARGEST_TYPE_BYTES or not isinstance(declared, dict):
                raise self.damaged(f"the field {key} in {name} has no sound place")
            if field.get("anonymous"):
                inner = self._flat(self.name_of_struct(declared, f"{name}.{key}"), base + offset, deeper - 1)
                flat = {**inner, **flat}
            else:
                flat[key] = (base + offset, declared)
        return flat

    def name_of_struct(self, declared: Any, what: str) -> str:
        """Return the name of a structure from what declares it."""
        if isinstance(declared, dict) and declared.get("kind") in ("struct", "union", "class"):
            name = declared.get("name")
            if isinstance(name, str):
                return name
        raise self.damaged(f"{what} is no structure")

    def field_at(self, offset: int, declared: Any) -> Field:
        """Return a field of the declared type at an offset."""
        kind = declared.get("kind")
        if kind == "pointer":
            subtype = declared.get("subtype")
            target = subtype.get("name") if isinstance(subtype, dict) else None
            return Field(offset, 8, _integer(offset, "<Q"), target if isinstance(target, str) else None)
        if kind == "bitfield":
            return self._bitfield(offset, declared)
        size = self._size(declared, _DEEPEST)
        if kind in ("base", "enum"):
            layout = _INTEGERS.get((size, self._signed(declared)))
            if layout is not None:
                return Field(offset, size, _integer(offset, layout), None)
        target = declared.get("name") if kind in ("struct", "union", "class") else None
        return Field(offset, size, lambda data: data[offset : offset + size], target)

    def _bitfield(self, offset: int, declared: Any) -> Field:
        inner, low, length = declared.get("type"), declared.get("bit_position"), declared.get("bit_length")
        size = self._size(inner, _DEEPEST)
        bits = range(size * 8 + 1)
        sound = type(low) is int and type(length) is int and low in bits and length in bits and low + length in bits
        if not sound or (size, False) not in _INTEGERS:
            raise self.damaged("a bit field has no sound place")
        # A field of 32 bits may begin near the end of its structure: only the bytes that its bits are in are read.
        first, last = low // 8, max(low, low + length - 1) // 8

        def value(data: bytes) -> int:
            whole = int.from_bytes(data[offset + first : offset + last + 1], "little")
            return int(whole >> (low - first * 8) & ((1 << length) - 1))

        return Field(offset + first, last + 1 - first, value, None)

    def _size(self, declared: Any, deeper: int) -> int:
        kind = declared.get("kind") if isinstance(declared, dict) else None
        name = declared.get("name") if isinstance(declared, dict) else None
        size: Any = None
        if kind == "pointer":
            size = 8
        elif kind == "array" and deeper:
            count = declared.get("count")
            if type(count) is int and 0 <= count <= _LARGEST_TYPE_BYTES:
                size = count * self._size(declared.get("subtype"), deeper - 1)
        elif kind in ("struct", "union", "class") and isinstance(name, str):
            size = self._declared(name)[0]
        elif kind in ("base", "enum"):
            found = self._looked_up(self._text.base_type if kind == "base" else self._text.enum, str(name))
            size = None if found is None else found.get("size")
        elif kind == "function":
            size = 0
        if type(size) is not int or not 0 <= size <= _LARGEST_TYPE_BYTES:
            raise self.damaged(f"the type {name or kind} has no sound size")
        return int(size)

    def _signed(self, declared: Any) -> bool:
        if declared.get("kind") == "enum":
            return any(value < 0 for value in self.constants(str(declared.get("name"))).values())
        found = self._looked_up(self._text.base_type, str(declared.get("name")))
        return found is not None and bool(found.get("signed"))

    def lacking(self, what: str) -> EvidenceError:
        """Return the error that says what the table does not have."""
        return EvidenceError(
            f"the symbol table {self.name} has no {what}",
            remedy="It was made for a kernel of another kind. labkit memory reads x86-64 Linux from 5.10 on; strings, "
            "labkit yara and labkit image hash work without a table.",
        )

    def damaged(self, what: str) -> EvidenceError:
        """Return the error that says what is wrong with the table."""
        return EvidenceError(
            f"the symbol table {self.name} is damaged: {what}",
            remedy="Make it anew from the kernel's type information, or use another with --symbols.",
        )


def unpacked(path: Path) -> bytes:
    """Return the JSON text of a table, unpacked if it is packed.

    Raises:
        EvidenceError: The file can not be read, or is larger than any table is.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_PACKED_BYTES + 1)
            if not data.startswith(_XZ):
                data += file.read(max(0, _LARGEST_BYTES + 1 - len(data)))
    except OSError as error:
        raise EvidenceError(
            f"the symbol table {path} can not be read: {error.strerror or error}",
            remedy="Check the path that --symbols names.",
        ) from error
    if not data.startswith(_XZ):
        if len(data) > _LARGEST_BYTES:
            raise _no_table(path.name, "it is too large")
        return data
    if len(data) > _LARGEST_PACKED_BYTES:
        raise _no_table(path.name, "it is too large")
    unpacker = lzma.LZMADecompressor(memlimit=_UNPACKING_BYTES)
    try:
        text = unpacker.decompress(data, max_length=_LARGEST_BYTES + 1)
    except lzma.LZMAError as error:
        raise _no_table(path.name, str(error)) from error
    if len(text) > _LARGEST_BYTES or not unpacker.eof:
        raise _no_table(path.name, "it is too large or cut off")
    return text


def banner_in(text: bytes) -> bytes | None:
    """Return the banner that the JSON text of a table states, without parsing it; None if it states none."""
    found = _BANNER.search(text)
    return _decoded(found[1].decode()) or None if found else None


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True).rstrip(b"\0\n")
    except (binascii.Error, TypeError, ValueError):
        return b""


def _no_table(name: str, why: str) -> EvidenceError:
    return EvidenceError(
        f"{name} is no symbol table: {why}",
        remedy="Name a file in the intermediate symbol format (JSON, also .xz) with --symbols.",
    )


def _integer(offset: int, layout: str) -> Value:
    unpack = struct.Struct(layout).unpack_from

    def value(data: bytes) -> int:
        number: int = unpack(data, offset)[0]
        return number

    return value
