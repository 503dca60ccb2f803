"""Rows that were deleted from a table of SQLite, as far as nothing was written over them.

A deleted row stays in the free parts of its page: in a free block, which overwrites its first four bytes alone, or
between the cell pointers and the cells; or the whole page went onto the list of free pages. A row is recognised by the
serial types of its columns, which stand in front of their values. Source: SQLite, "Database File Format", 1.5 "The
Freelist", 1.6 "B-tree Pages", 2.1 "Record Format".
"""

import re
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from labkit.evidence.isolation import alive

_HEADER_BYTES, _SIGNATURE = 100, b"SQLite format 3\0"
_HEADER_OF_TABLE = {13: 8, 5: 12}  # bytes of the header of a leaf, and of what was one before the table grew
_PAGE_HEADER = struct.Struct(">BHHHB")  # kind, first free block, cells, begin of the cells, loose bytes
_FREE_BLOCK = struct.Struct(">HH")  # next one, size
_LARGEST_PAGE = 65536
_UTF8 = 1
_NUMBER_BYTES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)  # by serial type; 7 is a float, 8 and 9 are the numbers 0 and 1
_FIRST_TEXT = 13
_NUMBER = rb"[\x00-\x09]"
_TEXT = rb"(?:[\x0d-\x7f]|[\x80-\xff]{1,2}[\x00-\x7f])"
_TEXT_OR_NULL = rb"(?:\x00|" + _TEXT + rb")"


@dataclass(frozen=True, slots=True)
class FreedRow:
    """A row without its number, which is overwritten as a rule; ``offset_bytes`` is where its values begin."""

    offset_bytes: int
    values: dict[str, Any]


def freed_rows(file: BinaryIO, database: sqlite3.Connection, table: str) -> Iterator[FreedRow]:
    """Yield what looks like a deleted row of a table whose first column is its number and whose second is a text.

    What follows from chance, or is an old copy of a row that lives, is among them: look at the values. A row whose
    second column is NULL is not found: nothing would tell it from zeros.

    Args:
        file: The database file as it is.
        database: The same, open: it says which columns the table has.
        table: The name of the table, which is the kit's own and never out of evidence.
    """
    columns = [(name, str(kind).upper()) for _, name, kind, *_ in database.execute(f"PRAGMA table_info({table})")][1:]
    if not columns:
        return
    kinds = [_TEXT_OR_NULL if "CHAR" in declared or "TEXT" in declared else _NUMBER for _, declared in columns]
    kinds[0] = _TEXT
    pattern = re.compile(b"(?=(" + b"".join(b"(" + kind + b")" for kind in kinds) + b"))", re.DOTALL)
    names = [name for name, _ in columns]
    for begin, free in _free_parts(file):
        for match in pattern.finditer(free):
            types = [_varint(part) for part in match.groups()[1:]]
            values = _values(free, match.end(1), types)
            if values is not None:
                yield FreedRow(begin + match.end(1), dict(zip(names, values, strict=True)))


def _free_parts(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the free parts of all pages that hold rows, each with its place in the file."""
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_SIGNATURE) or header[59] != _UTF8:
        return
    stored = int.from_bytes(header[16:18], "big")
    page_bytes = _LARGEST_PAGE if stored == 1 else stored
    if page_bytes < 512 or page_bytes & (page_bytes - 1):  # noqa: PLR2004 - the smallest page of the format
        return
    gone = _free_pages(file, int.from_bytes(header[32:36], "big"), page_bytes)
    file.seek(0)
    number = 0
    while page := file.read(page_bytes):
        alive()
        number += 1
        begin = (number - 1) * page_bytes
        if number in gone:
            yield begin, page
        else:
            yield from ((begin + start, part) for start, part in _free_in(page, _HEADER_BYTES if number == 1 else 0))


def _free_pages(file: BinaryIO, trunk: int, page_bytes: int) -> set[int]:
    """Return the numbers of all free pages; the list of them stands at the begin of some."""
    found: set[int] = set()
    met: set[int] = set()
    while trunk and trunk not in met:
        file.seek((trunk - 1) * page_bytes)
        numbers = [number for (number,) in struct.iter_unpack(">I", file.read(page_bytes))]
        if len(numbers) * 4 < page_bytes:
            break
        met.add(trunk)
        found.update(numbers[2 : 2 + numbers[1]])
        trunk = numbers[0]
    return found | met


def _free_in(page: bytes, header: int) -> Iterator[tuple[int, bytes]]:
    if len(page) < header + _PAGE_HEADER.size:
        return
    kind, block, cells, content, _ = _PAGE_HEADER.unpack_from(page, header)
    if kind not in _HEADER_OF_TABLE:
        return
    between = header + _HEADER_OF_TABLE[kind] + 2 * cells
    yield between, page[between : content or _LARGEST_PAGE]
    before = 0
    while before < block <= len(page) - _FREE_BLOCK.size:  # blocks stand in the order of their places
        before = block
        block, size = _FREE_BLOCK.unpack_from(page, block)
        yield before + _FREE_BLOCK.size, page[before + _FREE_BLOCK.size : before + size]


def _varint(stored: bytes) -> int:
    number = 0
    for byte in stored:
        number = number << 7 | byte & 0x7F
    return number


def _values(free: bytes, place: int, types: Sequence[int]) -> list[Any] | None:
    """Return the values that begin at a place; None where they do not fit in, or a text is none."""
    values: list[Any] = []
    for kind in types:
        if kind >= _FIRST_TEXT:
            if not kind % 2:
                return None
            length = (kind - _FIRST_TEXT) // 2
        elif kind < len(_NUMBER_BYTES):
            length = _NUMBER_BYTES[kind]
        else:
            return None
        stored = free[place : place + length]
        if len(stored) < length:
            return None
        place += length
        if kind >= _FIRST_TEXT:
            try:
                values.append(stored.decode("utf-8"))
            except UnicodeDecodeError:
                return None
        else:
            values.append({0: None, 8: 0, 9: 1}[kind] if not length else int.from_bytes(stored, "big", signed=True))
    return values
