"""BTF and kallsyms into the JSON symbol table that Volatility 3 and the kit read (Intermediate Symbol Format).

Source: the published JSON schema 6.2.0 of the format. The same input always gives the same bytes.
"""

import base64
import json
import lzma
from collections.abc import Iterable, Mapping
from typing import Any

from memory_base.btf import ALIASES, COMPOSITE, ENUMERATIONS, BtfType, Kind, Member
from memory_base.kernel_variables import KERNEL_VARIABLES, UNNAMED_STRUCTURES, IsfType, array_of, base, pointer_to

_POINTER_BYTES = 8
_KERNEL_HALF = 0xFFFFFFFF80000000  # kernel text and data live above; below are per-CPU offsets, which do not move
_ENUM_BASES = {
    (1, False): "unsigned char",
    (1, True): "signed char",
    (2, False): "short unsigned int",
    (2, True): "short int",
    (4, False): "unsigned int",
    (4, True): "int",
    (8, False): "long unsigned int",
    (8, True): "long int",
}


def symbol_table(types: tuple[BtfType, ...], kallsyms: Iterable[str], banner: bytes, moved: int = 0) -> dict[str, Any]:
    """Return the symbol table of a kernel.

    Args:
        types: Its types (``btf.parse_btf``).
        kallsyms: The lines of ``/proc/kallsyms``; symbols of modules are left out.
        banner: ``/proc/version`` with its line feed: by it a reader knows which kernel an image is of.
        moved: By how many bytes the kernel was moved (KASLR) when ``kallsyms`` was read; 0 with ``nokaslr``.

    Raises:
        ValueError: There is no symbol ``linux_banner``: kallsyms was read without rights, or is not of this kernel.
    """
    described = _Types(types)
    symbols = _symbols(kallsyms, moved)
    if "linux_banner" not in symbols or not symbols["linux_banner"]["address"]:
        raise ValueError("kallsyms has no address for linux_banner; read it as root with kptr_restrict = 0")
    user_types = described.user_types()
    for name, kind in KERNEL_VARIABLES.items():
        if name in symbols and _is_complete(kind, user_types):
            symbols[name]["type"] = kind
    for name, members in UNNAMED_STRUCTURES.items():
        if name in symbols and (found := described.unnamed_with(members)):
            symbols[name]["type"] = found
    for entry in types:
        if entry.kind is Kind.VAR and entry.name in symbols:
            symbols[entry.name]["type"] = described.reference(entry.refers_to)
    constant = banner + b"\0"
    symbols["linux_banner"] |= {
        "type": array_of(base("char"), len(constant)),
        "constant_data": base64.b64encode(constant).decode(),
    }
    return {
        "metadata": {
            "format": "6.2.0",
            "producer": {"name": "labkit build_memory_base", "version": "1", "datetime": "2026-03-10T00:00:00"},
            "linux": {"symbols": [], "types": []},
        },
        "base_types": described.base_types(),
        "user_types": user_types,
        "enums": described.enumerations(),
        "symbols": symbols,
    }


def packed(table: Mapping[str, Any]) -> bytes:
    """Return ``table`` as canonical JSON in an xz container, the same bytes for the same table."""
    text = json.dumps(table, sort_keys=True, separators=(",", ":"))
    return lzma.compress(text.encode(), preset=9)


class _Types:
    """All types, each with a name: JSON refers to structures by name, C does not always give one."""

    def __init__(self, types: tuple[BtfType, ...]) -> None:
        self._types = types
        self._names = self._named()
        self._references: dict[int, IsfType] = {}

    def _named(self) -> dict[int, str]:
        """Name what has none after its typedef, else after its number; the second of a name gets its number too."""
        typedefs: dict[int, str] = {}
        for entry in self._types:
            if entry.kind is Kind.TYPEDEF and not self._types[entry.refers_to].name:
                typedefs.setdefault(entry.refers_to, entry.name)
        names: dict[int, str] = {}
        taken: set[tuple[bool, str]] = set()
        for number, entry in enumerate(self._types):
            if entry.kind not in COMPOSITE | ENUMERATIONS:
                continue
            name = entry.name or typedefs.get(number) or f"unnamed_{number}"
            space = entry.kind in COMPOSITE
            if (space, name) in taken:
                name = f"{name}__{number}"
            taken.add((space, name))
            names[number] = name
        return names

    def reference(self, number: int) -> IsfType:
        """Return how the table speaks of one type."""
        if number not in self._references:
            self._references[number] = self._described(self._types[number], number)
        return self._references[number]

    def _described(self, entry: BtfType, number: int) -> IsfType:  # noqa: PLR0911 - one case for each kind
        match entry.kind:
            case Kind.VOID:
                return base("void")
            case Kind.INT | Kind.FLOAT:
                return base(entry.name)
            case Kind.PTR:
                return pointer_to(self.reference(entry.refers_to))
            case Kind.ARRAY:
                return array_of(self.reference(entry.refers_to), entry.count)
            case Kind.STRUCT | Kind.UNION:
                return {"kind": entry.kind.name.lower(), "name": self._names[number]}
            case Kind.ENUM | Kind.ENUM64:
                return {"kind": "enum", "name": self._names[number]}
            case Kind.FWD:
                return {"kind": "union" if entry.union else "struct", "name": entry.name}
            case Kind.FUNC | Kind.FUNC_PROTO:
                return {"kind": "function"}
            case _:
                return self.reference(entry.refers_to)

    def size_bytes(self, number: int) -> int:
        """Return the size of one type; 0 for what has none."""
        entry = self._types[number]
        if entry.kind in ALIASES:
            return self.size_bytes(entry.refers_to)
        if entry.kind is Kind.ARRAY:
            return entry.count * self.size_bytes(entry.refers_to)
        return _POINTER_BYTES if entry.kind is Kind.PTR else entry.size_bytes

    def base_types(self) -> dict[str, Any]:
        """Return the basic types, with void and pointers."""
        found: dict[str, Any] = {
            "void": {"kind": "void", "size": 0, "signed": False, "endian": "little"},
            "pointer": {"kind": "int", "size": _POINTER_BYTES, "signed": False, "endian": "little"},
        }
        for entry in self._types:
            if entry.kind in {Kind.INT, Kind.FLOAT}:
                found[entry.name] = {
                    "kind": _base_kind(entry),
                    "size": entry.size_bytes,
                    "signed": entry.signed,
                    "endian": "little",
                }
        return found

    def user_types(self) -> dict[str, Any]:
        """Return structures and unions; what is only announced has no members and no size."""
        found = {
            self._names[number]: {
                "kind": entry.kind.name.lower(),
                "size": entry.size_bytes,
                "fields": dict(self._field(member, place) for place, member in enumerate(entry.members)),
            }
            for number, entry in enumerate(self._types)
            if entry.kind in COMPOSITE
        }
        for entry in self._types:
            if entry.kind is Kind.FWD:
                found.setdefault(entry.name, {"kind": "union" if entry.union else "struct", "size": 0, "fields": {}})
        return found

    def _field(self, member: Member, place: int) -> tuple[str, dict[str, Any]]:
        kind = self.reference(member.type_id)
        offset = member.offset_bits // 8
        if member.bits:  # a bit field is described within the unit of its declared type
            unit_bits = 8 * self.size_bytes(member.type_id)
            offset = member.offset_bits // unit_bits * unit_bits // 8
            kind = {
                "kind": "bitfield",
                "bit_position": member.offset_bits - 8 * offset,
                "bit_length": member.bits,
                "type": kind,
            }
        if member.name:
            return member.name, {"offset": offset, "type": kind}
        return f"unnamed_field_{place}", {"offset": offset, "type": kind, "anonymous": True}

    def enumerations(self) -> dict[str, Any]:
        """Return the enumerations with their constants."""
        return {
            self._names[number]: {
                "size": entry.size_bytes,
                "base": _ENUM_BASES[entry.size_bytes, entry.signed],
                "constants": dict(entry.constants),
            }
            for number, entry in enumerate(self._types)
            if entry.kind in ENUMERATIONS
        }

    def unnamed_with(self, members: frozenset[str]) -> IsfType | None:
        """Return the structure without a name that has exactly these members, if there is one."""
        for number, entry in enumerate(self._types):
            if entry.kind in COMPOSITE and not entry.name and {member.name for member in entry.members} == members:
                return self.reference(number)
        return None


def _base_kind(entry: BtfType) -> str:
    if entry.kind is Kind.FLOAT:
        return "float"
    if entry.boolean:
        return "bool"
    return "char" if entry.size_bytes == 1 and (entry.character or "char" in entry.name) else "int"


def _symbols(kallsyms: Iterable[str], moved: int) -> dict[str, Any]:
    """Read the lines; of two symbols with one name the global one counts, else the first."""
    found: dict[str, Any] = {}
    global_names: set[str] = set()
    for line in kallsyms:
        address, kind, name, *module = line.split()
        if module or (name in found and (kind.islower() or name in global_names)):
            continue
        place = int(address, 16)
        found[name] = {"address": place - moved if place >= _KERNEL_HALF else place, "type": base("void")}
        if kind.isupper():
            global_names.add(name)
    return found


def _is_complete(kind: IsfType, user_types: Mapping[str, Any]) -> bool:
    """Tell whether the structures that ``kind`` speaks of exist in this kernel."""
    if kind["kind"] in {"struct", "union"}:
        return kind["name"] in user_types
    return "subtype" not in kind or _is_complete(kind["subtype"], user_types)
