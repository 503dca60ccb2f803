"""The lines of a body file for plain files, straight from their records, for speed.

A file is plain if its record is whole, has one name besides a short one, and unnamed content only. What this module
passes over goes the general way, with the same result; it is there because three of four files are plain, and a listing
has tens of thousands of them.
"""

import struct

from labkit.evidence.body_file import printable
from labkit.evidence.file_names import DOS_NAMESPACE, FILE_NAME
from labkit.evidence.ntfs.index import IndexName, Node, name_text
from labkit.evidence.ntfs.record import ATTRIBUTE, ATTRIBUTE_LIST, DATA, END, INDEX_ROOT, PERMISSIONS, nanoseconds
from labkit.evidence.ntfs.record import STANDARD_INFORMATION as STANDARD
from labkit.evidence.ntfs.records import BLOCK_RECORDS, IN_USE, MasterFileTable

_HEADER = struct.Struct("<HHHH8xQ")  # sequence, links, first attribute, flags; from byte 16; base record
_ENTRY = struct.Struct("<QHH")  # reference, entry length, length of the name attribute
_NUMBER = (1 << 48) - 1
_SECOND = 1_000_000_000
_TICKS = 10_000_000  # in a second
_TIMES = struct.Struct("<4Q")
_EPOCH_TICKS = 116_444_736_000_000_000  # 1970 in units of 100 ns since 1601
_LAST_TICKS = _EPOCH_TICKS + (1 << 32) * _TICKS
_OWNER_OFFSET = 48


def plain_lines(
    table: MasterFileTable, node: Node, directory: int, prefix: str
) -> tuple[list[str], list[int], list[IndexName], int]:
    """Return the lines of the plain live files in one node of a live directory's index.

    Args:
        table: The volume's records.
        node: The node.
        directory: The directory's number.
        prefix: The directory's path with a slash, fit to be printed.

    Returns:
        The lines, the numbers of the files that they are of, the other names, and where the names that are not in
        order begin: the node's last entry, and what lingers behind it.
    """
    lines: list[str] = []
    numbers: list[int] = []
    others: list[IndexName] = []
    entry_of = _ENTRY.unpack_from
    data, at, end = node.data, node.begin, node.used_end
    parent = directory.to_bytes(6, "little")
    while at + 84 <= end:  # the last entry has no name
        reference, length, key_length = entry_of(data, at)
        if length < 84 or length & 7 or not key_length or data[at + 16 : at + 22] != parent:  # noqa: PLR2004
            break
        number = reference & _NUMBER
        if number < table.count and data[at + 81] != DOS_NAMESPACE:
            name = data[at + 80 : at + 82 + 2 * data[at + 80]]
            is_directory = bool(data[at + 75] & 0x10)
            text = None if is_directory else _lines_of(table, number, reference >> 48, directory, prefix, name)
            if text is None:
                others.append(IndexName(number, reference >> 48, name_text(name[2:]), True, is_directory))
            else:
                lines.append(text)
                numbers.append(number)
        at += length
    return lines, numbers, others, at


def _lines_of(  # noqa: C901, PLR0911, PLR0912 - every way in which a record is not plain is a way out
    table: MasterFileTable, number: int, sequence: int, directory: int, prefix: str, name: bytes
) -> str | None:
    """Return the lines of one file; None if it is not plain.

    ``name`` is the end of its index entry: the length of the name, its name space, its letters.
    """
    data = table.block(number)
    begin = number % BLOCK_RECORDS * table.record_bytes
    own_sequence, _, at, flags, base = _HEADER.unpack_from(data, begin + 16)
    if flags != IN_USE or own_sequence != sequence or base:
        return None
    at += begin
    limit = begin + table.record_bytes
    end = limit - ATTRIBUTE.size
    attribute_of = ATTRIBUTE.unpack_from
    name_line = content = times = None
    tail = ""
    while at <= end:
        kind, length, outside, name_length, _, _, identity, size, offset = attribute_of(data, at)
        if kind == END:
            break
        if not length or at + length > limit or (not outside and offset + size > length):
            return None
        if kind == FILE_NAME:
            place = at + offset
            if data[place + 65] != DOS_NAMESPACE:
                if (
                    name_line is not None
                    or data[place + 64 : place + 66 + 2 * data[place + 64]] != name
                    or int.from_bytes(data[place : place + 6], "little") != directory
                ):
                    return None
                name_line = f"|{number}-48-{identity}", size, data[place + 8 : place + 40]
        elif kind == DATA:
            if name_length or content is not None:
                return None
            if outside:
                size = int.from_bytes(data[at + 48 : at + 56], "little")
                if not size:
                    return None
            content = f"|{number}-128-{identity}", size
        elif kind == STANDARD:
            place = at + offset
            times = data[place : place + 32]
            owner = int.from_bytes(data[place + 48 : place + 52], "little") if size > _OWNER_OFFSET else 0
            tail = f"|r/r{PERMISSIONS[data[place + 32] & 3]}|{owner}|0|"
        elif kind in {ATTRIBUTE_LIST, INDEX_ROOT}:
            return None
        at += length
    if name_line is None or content is None or times is None:
        return None
    text = name[2:].decode("utf-16-le", "surrogatepass")
    path = prefix + (text if text.isascii() and text.isprintable() else printable(text))
    place_of_name, name_size, name_times = name_line
    place_of_content, size = content
    return (
        f"0|{path} ($FILE_NAME){place_of_name}{tail}{name_size}{_times(name_times)}"
        f"0|{path}{place_of_content}{tail}{size}{_times(times)}"
    )


def _times(stored: bytes) -> str:
    """Return the end of a line: accessed, modified, changed, born, from FILETIMEs in the order of the medium."""
    ticks = _TIMES.unpack(stored)
    born, modified, changed, accessed = ticks
    if min(ticks) >= _EPOCH_TICKS and max(ticks) < _LAST_TICKS:
        return (
            f"|{(accessed - _EPOCH_TICKS) // _TICKS}|{(modified - _EPOCH_TICKS) // _TICKS}"
            f"|{(changed - _EPOCH_TICKS) // _TICKS}|{(born - _EPOCH_TICKS) // _TICKS}\n"
        )
    accessed, modified, changed, born = (nanoseconds(each) // _SECOND for each in (accessed, modified, changed, born))
    return f"|{accessed}|{modified}|{changed}|{born}\n"
