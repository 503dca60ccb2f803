"""Damage to a memory image and to its symbol table."""

import copy
import json
import lzma
from collections.abc import Iterator, MutableMapping, MutableSequence
from random import Random
from typing import Any

from labkit.evidence.memory.physical import PAGE_BYTES
from tests.hostile_memory.places import WORD_BYTES, Believed

_NUMBERS = (0, 1, 2, 7, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 47, 1 << 63, (1 << 64) - 1)
_POISON = (0xDEAD000000000100, 0xDEAD000000000122, 0x800000000000, 0xFFFF7FFFFFFFFFFF, 0xFFFFFFFFFFFFFFF8)
_VALUES = (
    None,
    True,
    "",
    "task_struct",
    "pointer",
    -1,
    0,
    3,
    1 << 31,
    1 << 64,
    1e300,
    [],
    {},
    [1],
    {"kind": "pointer"},
)
_NEVER_BEFORE = 1 << 16  # bytes that are left of an image at least

Patch = tuple[int, bytes]
Node = tuple[Any, ...]


def image_faults(data: Any, places: Believed, draw: Random) -> Iterator[tuple[str, list[Patch]]]:
    """Yield one to five faults: what it is called, and the bytes that change."""
    for _ in range(draw.randrange(1, 6)):
        at, size = draw.choice(draw.choice(places.groups))
        word = min(at + (draw.randrange(size) & ~(WORD_BYTES - 1)), len(data) - WORD_BYTES)
        how = draw.randrange(10)
        if how < 2:
            yield f"a number at {word:#x}", [(word, _number(data, word, draw))]
        elif how < 5:
            word = draw.choice(places.pointers) if draw.random() < 0.7 else word
            yield f"a wild pointer at {word:#x}", [(word, _pointer(data, word, places, draw))]
        elif how == 5:
            bit = bytes([data[at] ^ 1 << draw.randrange(8)])
            yield f"a flipped bit at {at:#x}", [(at, bit)]
        elif how == 6:
            yield f"zeros at {at:#x}", [(at, bytes(size))]
        elif how == 7:
            page = at - at % PAGE_BYTES
            yield (
                f"a page of {'zeros' if (fill := draw.choice([0, 0xFF])) == 0 else 'ones'} at {page:#x}",
                [(page, bytes([fill]) * PAGE_BYTES)],
            )
        elif how == 8:
            one, other = (place - place % PAGE_BYTES for place in (at, draw.choice(draw.choice(places.groups))[0]))
            pages = [(one, data[other : other + PAGE_BYTES]), (other, data[one : one + PAGE_BYTES])]
            yield f"pages {one:#x} and {other:#x} swapped", pages
        else:
            source = draw.choice(draw.choice(places.groups))[0]
            length = min(size, len(data) - source)
            yield f"{length} bytes of {source:#x} at {at:#x}", [(at, data[source : source + length])]


def cut_at(size_bytes: int, draw: Random) -> int | None:
    """Return where one image in twenty ends; None for the others."""
    if draw.random() >= 1 / 20:
        return None
    return draw.randrange(_NEVER_BEFORE, size_bytes) & draw.choice([~0, ~(PAGE_BYTES - 1)])


def _number(data: Any, at: int, draw: Random) -> bytes:
    size = draw.choice([1, 2, 4, 8])
    old = int.from_bytes(data[at : at + size], "little")
    new = draw.choice(
        [draw.choice(_NUMBERS), old + draw.choice([-8, -1, 1, 8, 16]), draw.getrandbits(64), draw.randrange(64)]
    )
    return (new & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _pointer(data: Any, at: int, places: Believed, draw: Random) -> bytes:
    """Return a pointer to something else, to nothing, or a little beside; often one that stands elsewhere."""
    old = int.from_bytes(data[at : at + WORD_BYTES], "little")
    other = draw.choice(places.pointers)
    elsewhere = int.from_bytes(data[other : other + WORD_BYTES], "little")
    beside = old + draw.choice([-PAGE_BYTES, -8, -1, 1, 8, 64, PAGE_BYTES])
    far = old & ~0xFFFFFFF | draw.randrange(len(data)) & ~7
    new = draw.choice([elsewhere, elsewhere, elsewhere, beside, far, draw.choice(_POISON), draw.choice(_NUMBERS)])
    return (new & ((1 << 64) - 1)).to_bytes(WORD_BYTES, "little")


def reduced(table: Any, places: Believed) -> dict[str, Any]:
    """Return the part of a symbol table (an ISF as Python has it) that the reader asks for."""
    types = {name: table["user_types"][name] for name in sorted(places.types) if name in table["user_types"]}
    text = json.dumps(types)
    near = {name: value for name, value in table["user_types"].items() if f'"name": "{name}"' in text}
    asked = places.types
    enums = {name: value for name, value in table["enums"].items() if name in asked or f'"name": "{name}"' in text}
    symbols = {name: table["symbols"][name] for name in sorted(places.symbols) if name in table["symbols"]}
    return {**table, "user_types": {**near, **types}, "enums": enums, "symbols": symbols}


def damaged_table(table: Any, draw: Random) -> tuple[str, bytes]:
    """Return what was done to a symbol table, and its file, xz-packed or not."""
    new = copy.deepcopy(table)
    done = []
    if draw.random() < 0.8:
        nodes = list(_nodes(new, ()))
        for _ in range(draw.randrange(1, 8)):
            node = draw.choice(nodes)
            done.append(f"{'.'.join(map(str, node))}: {_changed(new, node, nodes, draw)}")
    data = bytearray(json.dumps(new).encode())
    if not done or draw.random() < 0.1:
        at = draw.randrange(len(data))
        length = draw.choice([0, 1, 100])
        data[at : at + length] = draw.choice([b"", b"\xff", b'"', b"}", b"9" * 40, b"[" * 3000])
        done.append(f"text at {at}")
    packed = bytearray(lzma.compress(data, preset=0)) if draw.random() < 0.5 else data
    if draw.random() < 0.1:
        at = draw.randrange(len(packed))
        if draw.random() < 0.5:
            del packed[at:]
        else:
            packed[at] ^= 1 << draw.randrange(8)
        done.append(f"file at {at}")
    return "; ".join(done), bytes(packed)


def _nodes(value: Any, path: Node) -> Iterator[Node]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _nodes(inner, (*path, key))


def _changed(table: Any, node: Node, nodes: list[Node], draw: Random) -> str:
    """Change one value of a table in place; return what was done."""
    try:
        holder = _at(table, node[:-1])
        old = holder[node[-1]]
    except (LookupError, TypeError):
        return "gone already"
    if not isinstance(holder, MutableMapping | MutableSequence):
        return "inside of a text"
    if draw.random() < 0.15:
        del holder[node[-1]]
        return "taken out"
    if type(old) is int and draw.random() < 0.7:
        holder[node[-1]] = draw.choice([old + draw.choice([-8, -1, 1, 4, 8]), draw.choice(_NUMBERS), -old, old * 2])
    elif draw.random() < 0.5:
        try:
            holder[node[-1]] = copy.deepcopy(_at(table, draw.choice([one for one in nodes if one[-1] == node[-1]])))
        except (LookupError, TypeError):
            return "left as it was"
    else:
        holder[node[-1]] = copy.deepcopy(draw.choice(_VALUES))
    return f"{str(old)[:40]} became {str(holder[node[-1]])[:40]}"


def _at(table: Any, node: Node) -> Any:
    for key in node:
        table = table[key]
    return table
