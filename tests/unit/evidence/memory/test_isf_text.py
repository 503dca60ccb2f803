"""Single entries of a symbol table are found as a parser of all of it finds them."""

import json
from typing import Any

import pytest

from labkit.evidence.memory.isf_text import IsfText
from tests.unit.evidence.memory.tiny_memory import TinyMemory

INT = {"kind": "base", "name": "int"}
ODD = {  # names that stand in several parts, and keys of the format as names of fields
    "metadata": {"linux": {"symbols": [], "types": [{"symbols": {"kind": "x"}}]}},
    "enums": {"int": {"size": 4, "constants": {"fields": 1, "page": 2}, "base": "int"}},
    "base_types": {"int": {"size": 4, "signed": True, "kind": "int", "endian": "little"}},
    "symbols": {
        "page": {"type": INT, "address": 1},
        "address": {"address": 2, "type": INT},
        "int": {"constant_data": "eHg=", "address": 3},
    },
    "user_types": {
        "file": {"size": 8, "kind": "struct", "fields": {"page": {"offset": 0, "type": INT}}},
        "page": {
            "kind": "union",
            "fields": {
                "address": {"type": INT, "offset": 0},
                "fields": {"offset": 0, "type": INT},
                "constants": {"offset": 4, "type": INT},
            },
            "size": 8,
        },
        "void": {"size": 0, "kind": "struct", "fields": {}},
    },
}


@pytest.mark.parametrize("table", [ODD, TinyMemory().table()], ids=["odd", "tiny"])
@pytest.mark.parametrize("layout", [{"separators": (",", ":")}, {}, {"indent": 2}, {"sort_keys": True}])
def test_every_entry_is_as_in_the_whole(table: dict[str, Any], layout: dict[str, Any]):
    text = IsfText(json.dumps(table, **layout))
    looks = {
        "symbols": text.symbol,
        "base_types": text.base_type,
        "enums": text.enum,
        "user_types": text.user_type,
    }
    for part, look in looks.items():
        assert {name: look(name) for name in table[part]} == table[part]
        assert look("nothing") is None


def test_what_is_only_a_field_is_nothing_else():
    text = IsfText(json.dumps(ODD))
    assert text.symbol("file") is None
    assert text.base_type("page") is None
    assert text.user_type("int") is None
    assert text.enum("page") is None


def test_a_table_without_a_part_and_a_damaged_entry():
    with pytest.raises(ValueError, match="enums"):
        IsfText(json.dumps({part: {} for part in ("base_types", "symbols", "user_types")}))
    damaged = IsfText(json.dumps(ODD).replace('"address": 2', '"address": ?'))
    with pytest.raises(ValueError, match="Expecting value"):
        damaged.symbol("address")
