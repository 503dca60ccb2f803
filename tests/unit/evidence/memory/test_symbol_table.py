"""Symbol tables: layouts, odd types, and tables made to harm."""

import json
import lzma
import struct
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.memory.symbol_table import SymbolTable, banner_in, unpacked
from tests.unit.evidence.memory.tiny_memory import BANNER, TinyMemory


def table(**types: Any) -> SymbolTable:
    content = {
        "base_types": {"int": {"size": 4, "signed": True}, "char": {"size": 1, "signed": False}},
        "enums": {"colour": {"size": 4, "constants": {"RED": -1, "BLUE": 2}}},
        "symbols": {"x": {"address": 1 << 63, "type": {"kind": "base", "name": "int"}}},
        "user_types": types,
    }
    return SymbolTable.of_json(json.dumps(content).encode(), "test")


def struct_type(size: int, **fields: Any) -> dict[str, Any]:
    return {"kind": "struct", "size": size, "fields": fields}


INT = {"kind": "base", "name": "int"}


def test_numbers_bit_fields_enumerations_and_arrays():
    found = table(
        thing=struct_type(
            20,
            number={"offset": 0, "type": INT},
            low={"offset": 4, "type": {"kind": "bitfield", "bit_position": 3, "bit_length": 5, "type": INT}},
            colour={"offset": 8, "type": {"kind": "enum", "name": "colour"}},
            text={"offset": 12, "type": {"kind": "array", "count": 8, "subtype": {"kind": "base", "name": "char"}}},
        )
    ).struct("thing")
    data = struct.pack("<iIi8s", -5, 0b1010_1000, -1, b"sentence")
    assert found.field("number").value(data) == -5
    assert found.field("low").value(data) == 0b10101
    assert found.field("colour").value(data) == -1
    assert found.field("text").value(data) == b"sentence"


def test_a_bit_field_at_the_end_of_a_structure_takes_the_bytes_it_has():
    field = {"offset": 1, "type": {"kind": "bitfield", "bit_position": 4, "bit_length": 4, "type": INT}}
    assert table(thing=struct_type(2, high=field)).struct("thing").field("high").value(b"\0\xa5") == 10


def test_fields_of_nameless_parts_and_of_fields():
    inner = struct_type(8, a={"offset": 0, "type": INT}, b={"offset": 4, "type": INT})
    outer = struct_type(
        20,
        part={"offset": 4, "type": {"kind": "struct", "name": "inner"}, "anonymous": True},
        named={"offset": 12, "type": {"kind": "struct", "name": "inner"}},
    )
    found = table(inner=inner, outer=outer).struct("outer")
    assert (found.offset("b"), found.offset("named.b")) == (8, 16)
    assert "named.c" not in found
    with pytest.raises(EvidenceError, match="no field c in inner"):
        found.field("named.c")


@pytest.mark.parametrize(
    "declared",
    [
        {"kind": "array", "count": 1 << 60, "subtype": INT},
        {"kind": "array", "count": -1, "subtype": INT},
        {"kind": "struct", "name": 5},
        {"kind": "base", "name": "none"},
        {"kind": "bitfield", "bit_position": 40, "bit_length": 1, "type": INT},
        {"kind": "bitfield", "bit_position": 0, "bit_length": "x", "type": INT},
        {"kind": "odd"},
        {},
    ],
)
def test_fields_without_sense_are_refused(declared: dict[str, Any]):
    found = table(thing=struct_type(4, field={"offset": 0, "type": declared})).struct("thing")
    with pytest.raises(EvidenceError, match=r"damaged|has no type"):
        found.field("field")


def test_a_field_outside_of_its_structure_is_refused():
    found = table(thing=struct_type(4, field={"offset": 2, "type": INT})).struct("thing")
    with pytest.raises(EvidenceError, match="lies outside"):
        found.field("field")


def test_a_type_that_holds_itself_is_refused():
    part = {"offset": 0, "type": {"kind": "struct", "name": "thing"}, "anonymous": True}
    with pytest.raises(EvidenceError, match="holds itself"):
        table(thing=struct_type(4, part=part)).struct("thing")


@pytest.mark.parametrize("thing", [5, {"size": -1, "fields": {}}, {"size": 1 << 40, "fields": {}}, {"size": 4}])
def test_types_without_sense_are_refused(thing: Any):
    with pytest.raises(EvidenceError, match=r"damaged|no type"):
        table(thing=thing).struct("thing")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"{}", b'{"symbols": 1}', b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_table_is_refused(text: bytes):
    with pytest.raises(EvidenceError, match="is no symbol table"):
        SymbolTable.of_json(text, "odd.json")


def test_a_packed_table_is_unpacked_and_states_its_banner(tmp_path: Path):
    _, plain = TinyMemory().write_to(tmp_path)
    packed = tmp_path / "tiny.json.xz"
    packed.write_bytes(lzma.compress(plain.read_bytes()))
    assert unpacked(packed) == plain.read_bytes()
    assert banner_in(plain.read_bytes()) == BANNER.rstrip()
    assert SymbolTable.load(packed).banner == BANNER.rstrip()
    assert banner_in(b"{}") is None


def test_a_packed_table_that_is_cut_off_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    packed = tmp_path / "tiny.json.xz"
    packed.write_bytes(lzma.compress(bytes(1 << 20))[:-20])
    with pytest.raises(EvidenceError, match="cut off"):
        unpacked(packed)
    packed.write_bytes(lzma.compress(bytes(1 << 20)))
    monkeypatch.setattr("labkit.evidence.memory.symbol_table._LARGEST_BYTES", 1 << 19)
    with pytest.raises(EvidenceError, match="too large"):
        unpacked(packed)
    packed.write_bytes(b"\xfd7zXZ\0" + bytes(500))
    with pytest.raises(EvidenceError, match="is no symbol table"):
        unpacked(packed)
    packed.write_bytes(b" " * (1 << 20))
    with pytest.raises(EvidenceError, match="too large"):
        unpacked(packed)


def test_a_table_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(EvidenceError, match="can not be read"):
        SymbolTable.load(tmp_path / "none.json")
