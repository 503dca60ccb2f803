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

_ENTRY = struct.Struct(
    "<QHH4x6s53xB4xBB"
)  # reference, lengths of entry and name; parent; flags, name length, name space
_ENTRY_BYTES = 84  # the shortest entry with a name
_NAMED_DIRECTORY = 0x10  # in the highest byte of the flags of a name
_NUMBER = (1 << 48) - 1

# A record whose first attribute is its times, at the usual place: sequence, place of the first attribute, flags, base
# record; of the attribute type, length, whether it is outside, size, offset; four times, DOS flags, owner.
_RECORD = struct.Struct("<16xH2xHH8xQ16xIIB7xIH2x4QI12xI")
_FIRST_ATTRIBUTE = 56
_CONTENT_OFFSET = 24  # of an attribute inside a record that has no name
_OWNER_OFFSET = 48  # old volumes have no owner in it
# A name inside a record: type and length, whether it is outside, id, size, offset of the attribute; then parent, four
# times, length of the name, name space.
_NAME = struct.Struct("<IIB5xHIH2x6s2x4Q24xBB")
_LETTERS_OFFSET = 66  # in the attribute's content

_SECOND = 1_000_000_000
_TICKS = 10_000_000  # in a second
_EPOCH_SECONDS = 11_644_473_600  # from 1601 to 1970
_EPOCH_TICKS = _EPOCH_SECONDS * _TICKS
_LAST_TICKS = _EPOCH_TICKS + (1 << 32) * _TICKS


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
    data, at, last = node.data, node.begin, node.used_end - _ENTRY_BYTES
    parent = directory.to_bytes(6, "little")
    prefix = f"0|{prefix}"
    count, step = table.count, table.record_bytes
    block, first = b"", count
    while at <= last:  # the last entry has no name
        reference, length, key_length, named_parent, flags, characters, namespace = entry_of(data, at)
        if length < _ENTRY_BYTES or length & 7 or not key_length or named_parent != parent:
            break
        number = reference & _NUMBER
        if number < count and namespace != DOS_NAMESPACE:
            letters = data[at + 82 : at + 82 + 2 * characters]
            text = None
            if not flags & _NAMED_DIRECTORY:
                if not 0 <= number - first < BLOCK_RECORDS:
                    block, first = table.block(number), number // BLOCK_RECORDS * BLOCK_RECORDS
                text = _lines_of(block, (number - first) * step, step, reference, parent, prefix, letters)
            if text is None:
                others.append(
                    IndexName(number, reference >> 48, name_text(letters), True, bool(flags & _NAMED_DIRECTORY))
                )
            else:
                lines.append(text)
                numbers.append(number)
        at += length
    return lines, numbers, others, at


def _lines_of(
    data: bytes, begin: int, record_bytes: int, reference: int, parent: bytes, prefix: str, letters: bytes
) -> str | None:
    """Return the lines of the file whose record begins at ``begin``; None if it is not plain.

    ``reference``, ``parent`` and ``letters`` are what the index says of it.
    """
    (
        sequence, at, flags, base, kind, length, outside, size, offset, born, modified, changed, accessed, dos, owner,
    ) = _RECORD.unpack_from(data, begin)  # fmt: skip
    if (
        flags != IN_USE or sequence != reference >> 48 or base or at != _FIRST_ATTRIBUTE or kind != STANDARD
        or outside or offset != _CONTENT_OFFSET or size < _OWNER_OFFSET
        or not offset + size <= length < record_bytes // 2
    ):  # fmt: skip
        return None
    at += begin + length
    limit = begin + record_bytes
    number = reference & _NUMBER
    tail = f"|r/r{PERMISSIONS[dos & 3]}|{owner if size > _OWNER_OFFSET else 0}|0|"
    name_end = ""
    while at + _NAME.size <= limit:
        (
            kind, length, outside, identity, size, offset, named_parent,
            name_born, name_modified, name_changed, name_accessed, characters, namespace,
        ) = _NAME.unpack_from(data, at)  # fmt: skip
        if kind != FILE_NAME:
            break
        if outside or offset != _CONTENT_OFFSET or offset + size > length or at + length > limit:
            return None
        if namespace != DOS_NAMESPACE:
            place = at + _CONTENT_OFFSET + _LETTERS_OFFSET
            if name_end or named_parent != parent or data[place : place + 2 * characters] != letters:
                return None
            times = _times(name_born, name_modified, name_changed, name_accessed)
            name_end = f" ($FILE_NAME)|{number}-48-{identity}{tail}{size}{times}"
        at += length
    content = _content(data, at, limit)
    if not name_end or content is None:
        return None
    identity, size = content
    text = letters.decode("utf-16-le", "surrogatepass")
    path = prefix + (text if text.isascii() and text.isprintable() else printable(text))
    times = _times(born, modified, changed, accessed)
    return f"{path}{name_end}{path}|{number}-128-{identity}{tail}{size}{times}"


def _content(data: bytes, at: int, limit: int) -> tuple[int, int] | None:
    """Return attribute id and size of the unnamed content, the only one of its kind behind a file's name."""
    content = None
    end = limit - ATTRIBUTE.size
    attribute_of = ATTRIBUTE.unpack_from
    while at <= end:
        kind, length, outside, name_length, _, _, identity, size, offset = attribute_of(data, at)
        if kind == END:
            break
        if not length or at + length > limit or (not outside and offset + size > length):
            return None
        if kind == DATA:
            if name_length or content is not None:
                return None
            if outside:
                size = int.from_bytes(data[at + 48 : at + 56], "little")
                if not size:
                    return None
            content = identity, size
        elif kind in (STANDARD, FILE_NAME, ATTRIBUTE_LIST, INDEX_ROOT):
            return None
        at += length
    return content


def _times(born: int, modified: int, changed: int, accessed: int) -> str:
    """Return the end of a line, accessed, modified, changed, born, from FILETIMEs."""
    if born == modified == changed == accessed and _EPOCH_TICKS <= born < _LAST_TICKS:
        second = born // _TICKS - _EPOCH_SECONDS
        return f"|{second}|{second}|{second}|{second}\n"
    if min(born, modified, changed, accessed) >= _EPOCH_TICKS and max(born, modified, changed, accessed) < _LAST_TICKS:
        return (
            f"|{accessed // _TICKS - _EPOCH_SECONDS}|{modified // _TICKS - _EPOCH_SECONDS}"
            f"|{changed // _TICKS - _EPOCH_SECONDS}|{born // _TICKS - _EPOCH_SECONDS}\n"
        )
    accessed, modified, changed, born = (nanoseconds(each) // _SECOND for each in (accessed, modified, changed, born))
    return f"|{accessed}|{modified}|{changed}|{born}\n"
