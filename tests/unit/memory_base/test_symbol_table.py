"""The converter of kernel types: every kind of BTF, on a blob made by hand."""

import base64
import json
import lzma
import struct

import pytest

from memory_base.btf import BtfError, Kind, parse_btf
from memory_base.isf import packed, symbol_table

KALLSYMS = (
    "0000000000001000 A runqueues",
    "ffffffff81000000 T _text",
    "ffffffff82000000 D linux_banner",
    "ffffffff82000100 D init_task",
    "ffffffff82000200 d tk_core",
    "ffffffff82000300 t twice",
    "ffffffff82000400 t twice",
    "ffffffff82000500 T twice",
    "ffffffffc0000000 t in_a_module\t[veth]",
)
BANNER = b"Linux version 6.1.0-training (maker) #1\n"


class Blob:
    """BTF by hand: types in their order, the first is number 1."""

    def __init__(self):
        self.strings = b"\0"
        self.types = b""
        self.count = 0

    def name(self, text):
        if not text:
            return 0
        self.strings += text.encode() + b"\0"
        return len(self.strings) - len(text) - 1

    def add(self, kind, name="", size_or_type=0, length=0, flag=False, rest=b""):
        info = int(flag) << 31 | kind << 24 | length
        self.types += struct.pack("<III", self.name(name), info, size_or_type) + rest
        self.count += 1
        return self.count

    def integer(self, name, size, encoding=0):
        return self.add(Kind.INT, name, size, rest=struct.pack("<I", encoding << 24 | size * 8))

    def composite(self, kind, name, size, *members, flag=False):
        rest = b"".join(struct.pack("<III", self.name(member), number, at) for member, number, at in members)
        return self.add(kind, name, size, len(members), flag, rest)

    def enumeration(self, name, size, *constants, signed=False):
        rest = b"".join(struct.pack("<Ii", self.name(text), value) for text, value in constants)
        return self.add(Kind.ENUM, name, size, len(constants), signed, rest)

    def bytes(self, magic=0xEB9F):
        header = struct.pack("<HBBIIIII", magic, 1, 0, 24, 0, len(self.types), len(self.types), len(self.strings))
        return header + self.types + self.strings


@pytest.fixture
def blob():
    return Blob()


def table(blob, kallsyms=KALLSYMS, moved=0):
    return symbol_table(parse_btf(blob.bytes()), kallsyms, BANNER, moved)


def fields(result, name):
    return result["user_types"][name]["fields"]


def test_basic_types_have_size_and_kind(blob):
    blob.integer("int", 4, 1)
    blob.integer("unsigned char", 1)
    blob.integer("char", 1, 3)
    blob.integer("_Bool", 1, 4)
    blob.add(Kind.FLOAT, "double", 8)

    found = table(blob)["base_types"]

    assert found["int"] == {"kind": "int", "size": 4, "signed": True, "endian": "little"}
    assert {name: entry["kind"] for name, entry in found.items()} == {
        "void": "void",
        "pointer": "int",
        "int": "int",
        "unsigned char": "char",
        "char": "char",
        "_Bool": "bool",
        "double": "float",
    }


def test_members_are_pointers_arrays_and_aliases_of_what_they_refer_to(blob):
    number = blob.integer("int", 4, 1)
    const = blob.add(Kind.CONST, size_or_type=number)
    volatile = blob.add(Kind.VOLATILE, size_or_type=const)
    restrict = blob.add(Kind.RESTRICT, size_or_type=volatile)
    tag = blob.add(Kind.TYPE_TAG, "user", restrict)
    alias = blob.add(Kind.TYPEDEF, "pid_t", tag)
    pointer = blob.add(Kind.PTR, size_or_type=alias)
    array = blob.add(Kind.ARRAY, rest=struct.pack("<III", alias, number, 3))
    call = blob.add(Kind.PTR, size_or_type=blob.add(Kind.FUNC_PROTO, length=2, rest=bytes(16)))
    nothing = blob.add(Kind.PTR)
    blob.composite(
        Kind.STRUCT,
        "task_struct",
        48,
        ("pid", alias, 0),
        ("next", pointer, 64),
        ("three", array, 128),
        ("call", call, 256),
        ("anything", nothing, 320),
    )

    found = fields(table(blob), "task_struct")

    whole = {"kind": "base", "name": "int"}
    assert found["pid"] == {"offset": 0, "type": whole}
    assert found["next"] == {"offset": 8, "type": {"kind": "pointer", "subtype": whole}}
    assert found["three"] == {"offset": 16, "type": {"kind": "array", "count": 3, "subtype": whole}}
    assert found["call"]["type"] == {"kind": "pointer", "subtype": {"kind": "function"}}
    assert found["anything"]["type"]["subtype"] == {"kind": "base", "name": "void"}


def test_bit_fields_lie_within_the_unit_of_their_type(blob):
    number = blob.integer("unsigned int", 4)
    first, second = 1 << 24 | 32, 5 << 24 | 33
    blob.composite(
        Kind.STRUCT, "flags", 12, ("one", number, first), ("five", number, second), ("x", number, 64), flag=True
    )

    found = fields(table(blob), "flags")

    whole = {"kind": "base", "name": "unsigned int"}
    assert found["one"] == {
        "offset": 4,
        "type": {"kind": "bitfield", "bit_position": 0, "bit_length": 1, "type": whole},
    }
    assert found["five"]["type"] == {"kind": "bitfield", "bit_position": 1, "bit_length": 5, "type": whole}
    assert found["x"] == {"offset": 8, "type": whole}


def test_a_bit_field_of_a_large_unit_counts_from_the_beginning_of_that_unit(blob):
    large = blob.add(Kind.TYPEDEF, "u64", blob.integer("long unsigned int", 8))
    blob.composite(Kind.STRUCT, "wide", 16, ("late", large, 3 << 24 | 64 + 40), flag=True)

    assert fields(table(blob), "wide")["late"] == {
        "offset": 8,
        "type": {
            "kind": "bitfield",
            "bit_position": 40,
            "bit_length": 3,
            "type": {"kind": "base", "name": "long unsigned int"},
        },
    }


def test_anonymous_members_are_marked_and_their_types_have_names(blob):
    number = blob.integer("int", 4, 1)
    inner = blob.composite(Kind.UNION, "", 4, ("a", number, 0), ("b", number, 0))
    blob.composite(Kind.STRUCT, "outer", 8, ("first", number, 0), ("", inner, 32))

    result = table(blob)

    assert fields(result, "outer")["unnamed_field_1"] == {
        "offset": 4,
        "type": {"kind": "union", "name": f"unnamed_{inner}"},
        "anonymous": True,
    }
    assert set(fields(result, f"unnamed_{inner}")) == {"a", "b"}


def test_what_has_no_name_is_named_by_its_typedef_and_namesakes_by_their_number(blob):
    number = blob.integer("int", 4, 1)
    blob.add(Kind.TYPEDEF, "spinlock_t", blob.composite(Kind.STRUCT, "", 4, ("value", number, 0)))
    blob.composite(Kind.STRUCT, "twin", 4, ("one", number, 0))
    other = blob.composite(Kind.STRUCT, "twin", 8, ("two", number, 0))

    result = table(blob)

    assert set(fields(result, "spinlock_t")) == {"value"}
    assert set(fields(result, "twin")) == {"one"}
    assert set(fields(result, f"twin__{other}")) == {"two"}


def test_forward_declarations_are_empty_unless_the_type_is_there(blob):
    blob.add(Kind.FWD, "hidden")
    blob.add(Kind.FWD, "either", flag=True)
    blob.add(Kind.FWD, "shown")
    blob.composite(Kind.STRUCT, "shown", 4, ("x", blob.integer("int", 4, 1), 0))

    found = table(blob)["user_types"]

    assert found["hidden"] == {"kind": "struct", "size": 0, "fields": {}}
    assert found["either"]["kind"] == "union"
    assert found["shown"]["size"] == 4


def test_enumerations_keep_signs_and_64_bits(blob):
    blob.enumeration("plain", 4, ("ZERO", 0), ("MANY", -1))
    blob.enumeration("signed", 4, ("NONE", -1), signed=True)
    large = struct.pack("<III", blob.name("HIGH"), 5, 1) + struct.pack(
        "<III", blob.name("MINUS"), 0xFFFFFFFE, 0xFFFFFFFF
    )
    blob.add(Kind.ENUM64, "large", 8, 2, True, large)

    found = table(blob)["enums"]

    assert found["plain"] == {"size": 4, "base": "unsigned int", "constants": {"ZERO": 0, "MANY": 0xFFFFFFFF}}
    assert found["signed"] == {"size": 4, "base": "int", "constants": {"NONE": -1}}
    assert found["large"] == {"size": 8, "base": "long int", "constants": {"HIGH": 1 << 32 | 5, "MINUS": -2}}


def test_functions_variables_sections_and_tags_are_read_over(blob):
    number = blob.integer("long unsigned int", 8)
    blob.add(Kind.FUNC, "start", blob.add(Kind.FUNC_PROTO, length=1, rest=bytes(8)))
    variable = blob.add(Kind.VAR, "runqueues", number, rest=struct.pack("<I", 1))
    blob.add(Kind.DATASEC, ".data..percpu", 8, 1, rest=struct.pack("<III", variable, 0, 8))
    blob.add(Kind.DECL_TAG, "tag", variable, rest=struct.pack("<i", -1))
    blob.composite(Kind.STRUCT, "last", 8, ("x", number, 0))

    result = table(blob)

    assert fields(result, "last")["x"]["type"] == {"kind": "base", "name": "long unsigned int"}
    assert result["symbols"]["runqueues"] == {"address": 0x1000, "type": {"kind": "base", "name": "long unsigned int"}}


def test_symbols_have_types_and_the_banner(blob):
    number = blob.integer("int", 4, 1)
    blob.composite(Kind.STRUCT, "task_struct", 4, ("pid", number, 0))
    keeper = blob.composite(Kind.STRUCT, "timekeeper", 4, ("x", number, 0))
    core = blob.composite(Kind.STRUCT, "", 8, ("seq", number, 0), ("timekeeper", keeper, 32))

    found = table(blob)["symbols"]

    assert found["init_task"]["type"] == {"kind": "struct", "name": "task_struct"}
    assert found["tk_core"]["type"] == {"kind": "struct", "name": f"unnamed_{core}"}
    assert found["_text"] == {"address": 0xFFFFFFFF81000000, "type": {"kind": "base", "name": "void"}}
    assert base64.b64decode(found["linux_banner"]["constant_data"]) == BANNER + b"\0"
    assert found["linux_banner"]["type"]["count"] == len(BANNER) + 1
    assert found["twice"]["address"] == 0xFFFFFFFF82000500
    assert "in_a_module" not in found


def test_a_variable_whose_structure_is_missing_stays_void(blob):
    assert table(blob)["symbols"]["init_task"]["type"] == {"kind": "base", "name": "void"}


def test_a_moved_kernel_is_moved_back_and_per_cpu_offsets_are_not(blob):
    moved = tuple(line.replace("ffffffff8", "ffffffff9") for line in KALLSYMS)

    found = table(blob, moved, 0x10000000)["symbols"]

    assert found["_text"]["address"] == 0xFFFFFFFF81000000
    assert found["runqueues"]["address"] == 0x1000


def test_the_same_input_gives_the_same_bytes(blob):
    blob.composite(Kind.STRUCT, "task_struct", 4, ("pid", blob.integer("int", 4, 1), 0))

    once, again = packed(table(blob)), packed(table(blob))

    assert once == again
    assert json.loads(lzma.decompress(once)) == json.loads(json.dumps(table(blob)))


def test_foreign_bytes_are_named(blob):
    with pytest.raises(BtfError, match="no BTF of version 1"):
        parse_btf(blob.bytes(magic=0x1234))


def test_bytes_that_end_early_are_named(blob):
    blob.integer("int", 4, 1)

    with pytest.raises(BtfError, match="end within a type"):
        parse_btf(struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 16, 16, 0, 16) + blob.strings.ljust(16) + blob.types[:14])


def test_an_unknown_kind_is_named(blob):
    blob.add(31)

    with pytest.raises(BtfError, match="kind 31"):
        parse_btf(blob.bytes())


def test_a_name_outside_of_the_strings_is_named(blob):
    blob.types += struct.pack("<III", 9999, Kind.FLOAT << 24, 8)

    with pytest.raises(BtfError, match="9999"):
        parse_btf(blob.bytes())


def test_kallsyms_read_without_rights_is_named(blob):
    hidden = tuple("0000000000000000" + line[16:] for line in KALLSYMS)

    with pytest.raises(ValueError, match="kptr_restrict"):
        table(blob, hidden)
