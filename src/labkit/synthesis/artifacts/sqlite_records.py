"""Values, records and varints of SQLite: what one row is as bytes, and how rows are ordered in an index.

Source: sqlite.org, "Database File Format", sections 1.6 (varints), 2.1 (record format) and 2.4 (sort order).
"""

import struct
from collections.abc import Sequence

from labkit.errors import SynthesisError

Value = int | float | str | bytes | None
SortKey = tuple[tuple[int, int | float | bytes], ...]

_INTEGER_SIZES = ((1, 1), (2, 2), (3, 3), (4, 4), (6, 5), (8, 6))  # bytes, serial type
_FLOAT, _ZERO, _ONE = 7, 8, 9
_FIRST_BLOB, _FIRST_TEXT = 12, 13
_SHORT_VARINTS = tuple(bytes((number,)) for number in range(0x80))


def varint(number: int) -> bytes:
    """Return a 64-bit number, seven bits in a byte, the highest first; a ninth byte holds eight bits."""
    if 0 <= number < len(_SHORT_VARINTS):
        return _SHORT_VARINTS[number]
    number &= 0xFFFF_FFFF_FFFF_FFFF
    if number >> 56:
        high, last = number >> 8, number & 0xFF
        return bytes(high >> shift & 0x7F | 0x80 for shift in range(49, -1, -7)) + bytes((last,))
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def record(values: Sequence[Value]) -> bytes:
    """Return a record: the header with the types, then the values.

    Raises:
        SynthesisError: A whole number needs more than 64 bits, or a text has half of a surrogate pair.
    """
    types = bytearray()
    body = bytearray()
    for value in values:
        kind, data = _serial(value)
        types += varint(kind)
        body += data
    size = len(types) + 1
    if size > 0x7F:  # noqa: PLR2004 - the length of the header counts itself
        size = len(types) + 2
    return varint(size) + bytes(types) + bytes(body)


def sort_key(values: Sequence[Value]) -> SortKey:
    """Return what orders a key in an index: nothing, then numbers, text by its bytes, blobs by theirs."""
    return tuple(_sort_part(value) for value in values)


def _sort_part(value: Value) -> tuple[int, int | float | bytes]:
    if value is None:
        return 0, 0
    if isinstance(value, int | float):
        return 1, value
    if isinstance(value, str):
        return 2, value.encode()
    return 3, value


def _serial(value: Value) -> tuple[int, bytes]:
    if value is None:
        return 0, b""
    if isinstance(value, float):
        return _FLOAT, struct.pack(">d", value)
    if isinstance(value, int):
        if value in {0, 1}:
            return (_ONE if value else _ZERO), b""
        for size, kind in _INTEGER_SIZES:
            if -(1 << 8 * size - 1) <= value < 1 << 8 * size - 1:
                return kind, value.to_bytes(size, "big", signed=True)
        raise SynthesisError(f"{value} needs more than the 64 bits of SQLite", remedy="Store it as text.")
    if isinstance(value, bytes):
        return _FIRST_BLOB + 2 * len(value), value
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise SynthesisError(
            f"the text {value!r} has half of a surrogate pair", remedy="Give whole characters."
        ) from error
    return _FIRST_TEXT + 2 * len(data), data
