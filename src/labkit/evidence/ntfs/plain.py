"""The lines of a body file for plain files, straight from their records, for speed.

A file is plain if its record is whole and laid out as Windows and ntfs-3g lay out a new one: its times first, then one
name besides a short one, and unnamed content only, with nothing behind it. What this module passes over goes the
general way, with the same result; it is there because nine of ten files are plain, and a listing has tens of thousands
of them.
"""

import struct
from codecs import utf_16_le_decode
from functools import lru_cache

from labkit.evidence.body_file import printable
from labkit.evidence.file_names import DOS_NAMESPACE, FILE_NAME
from labkit.evidence.ntfs.index import ENTRY_BYTES, NAMED_DIRECTORY, IndexName, Node, name_text
from labkit.evidence.ntfs.record import DATA, END, INDEX_ROOT, PERMISSIONS, nanoseconds
from labkit.evidence.ntfs.record import STANDARD_INFORMATION as STANDARD
from labkit.evidence.ntfs.records import BLOCK_RECORDS, IN_USE, MasterFileTable

# Of an entry: reference, lengths of entry and name; parent; flags, name length, name space.
_ENTRY = struct.Struct("<QHH4x6s53xB4xBB")
_NUMBER = (1 << 48) - 1

# The begin of a record: sequence; place of the first attribute with the flags; base record. Then the attribute of the
# times: type with length, whether it is outside, size with offset; four times, DOS flags, the owner where it has one.
# Then the first name: type, length, whether it is outside, id, size, offset of the attribute; parent, four times,
# length of the name, name space.
_BEGIN = "<16xH2xI8xQ16xQB7xQ4QI"
_FIRST_NAME = "IIB5xHIH2x6s2x4Q24xBB"
_OLD_RECORD = struct.Struct(f"{_BEGIN}12x{_FIRST_NAME}")
_RECORD = struct.Struct(f"{_BEGIN}12xI20x{_FIRST_NAME}")
_NAME = struct.Struct(f"<{_FIRST_NAME}")
_HEADER_BYTES = 24  # of an attribute inside a record that has no name
_OLD_LENGTH, _LENGTH = _HEADER_BYTES + 48, _HEADER_BYTES + 72  # of the times, without and with an owner
_HEAD, _OLD_HEAD = STANDARD | _LENGTH << 32, STANDARD | _OLD_LENGTH << 32
_SHAPE, _OLD_SHAPE = 72 | _HEADER_BYTES << 32, 48 | _HEADER_BYTES << 32
_FIRST_ATTRIBUTE = 56
_LENGTH_OFFSET = _FIRST_ATTRIBUTE + 4
_PLAIN_START = _FIRST_ATTRIBUTE | IN_USE << 16  # and it is a file
_NAMESPACE_OFFSET = _HEADER_BYTES + 65
_LETTERS_OFFSET = _HEADER_BYTES + 66

_ATTRIBUTE = struct.Struct("<IIBB4xHIH")  # type, length, whether it is outside, name length, id, size, offset
_SIZE = struct.Struct("<48xQ")  # of an attribute outside
_END = END.to_bytes(4, "little")

_MIDDLES = tuple(f"|r/r{permissions}|0|0|" for permissions in PERMISSIONS)
_SECOND = 1_000_000_000
_TICKS = 10_000_000  # in a second


def file_lines(
    table: MasterFileTable, node: Node, directory: int, prefix: str
) -> tuple[list[str], list[int], list[IndexName]]:
    """Return the lines of the plain files in the ordered part of one node of a live directory's index.

    Args:
        table: The volume's records.
        node: The node.
        directory: The directory's number.
        prefix: The directory's path with a slash, fit to be printed.

    Returns:
        The lines, the numbers of the files that they are of, and the names of files that are not plain.
    """
    lines: list[str] = []
    numbers: list[int] = []
    others: list[IndexName] = []
    entry_of = _ENTRY.unpack_from
    data, at, used_end = node.data, node.begin, node.used_end
    parent = directory.to_bytes(6, "little")
    prefix = f"0|{prefix}"
    count, step = table.count, table.record_bytes
    block, first = b"", count
    while at + ENTRY_BYTES <= used_end:  # the last entry has no name
        reference, length, key_length, named_parent, flags, characters, namespace = entry_of(data, at)
        following = at + length
        if length < ENTRY_BYTES or length & 7 or not key_length or named_parent != parent or following > used_end:
            break
        if not flags & NAMED_DIRECTORY and namespace != DOS_NAMESPACE:
            number = reference & _NUMBER
            if number < count:
                letters = data[at + 82 : at + 82 + 2 * characters]
                if not 0 <= number - first < BLOCK_RECORDS:
                    block, first = table.block(number), number // BLOCK_RECORDS * BLOCK_RECORDS
                begin = (number - first) * step
                text = _lines_of(block, begin, begin + step, number, reference >> 48, parent, prefix, letters)
                if text is None:
                    others.append(IndexName(number, reference >> 48, name_text(letters), True, False))
                else:
                    lines.append(text)
                    numbers.append(number)
        at = following
    return lines, numbers, others


def _lines_of(  # noqa: C901, PLR0911, PLR0912 - one pass, for speed
    data: bytes, begin: int, end: int, number: int, sequence: int, parent: bytes, prefix: str, letters: bytes
) -> str | None:
    """Return the lines of the file whose record is ``data[begin:end]``; None if it is not plain.

    ``sequence``, ``parent`` and ``letters`` are what the index says of it.

    Source: Linux-NTFS project, "NTFS Documentation", "FILE record", "Attribute header", "$STANDARD_INFORMATION",
    "$FILE_NAME".
    """
    times_length = data[begin + _LENGTH_OFFSET]
    if times_length == _LENGTH:
        (
            own_sequence, start, base, head, outside, shape, born, modified, changed, accessed, dos, owner,
            kind, length, name_outside, identity, name_size, name_offset, named_parent,
            name_born, name_modified, name_changed, name_accessed, characters, namespace,
        ) = _RECORD.unpack_from(data, begin)  # fmt: skip
        if head != _HEAD or shape != _SHAPE:
            return None
    elif times_length == _OLD_LENGTH:
        (
            own_sequence, start, base, head, outside, shape, born, modified, changed, accessed, dos,
            kind, length, name_outside, identity, name_size, name_offset, named_parent,
            name_born, name_modified, name_changed, name_accessed, characters, namespace,
        ) = _OLD_RECORD.unpack_from(data, begin)  # fmt: skip
        if head != _OLD_HEAD or shape != _OLD_SHAPE:
            return None
        owner = 0
    else:
        return None
    at = begin + _FIRST_ATTRIBUTE + times_length
    last = end - _NAME.size
    if namespace == DOS_NAMESPACE:  # the other one follows
        at += length
        if (
            kind != FILE_NAME or name_outside or name_offset != _HEADER_BYTES or _HEADER_BYTES + name_size > length
            or at > last
        ):  # fmt: skip
            return None
        (
            kind, length, name_outside, identity, name_size, name_offset, named_parent,
            name_born, name_modified, name_changed, name_accessed, characters, namespace,
        ) = _NAME.unpack_from(data, at)  # fmt: skip
    letters_at = at + _LETTERS_OFFSET
    at += length
    if (
        own_sequence != sequence or start != _PLAIN_START or base or outside
        or kind != FILE_NAME or name_outside or name_offset != _HEADER_BYTES or _HEADER_BYTES + name_size > length
        or namespace == DOS_NAMESPACE or named_parent != parent or at > last
        or data[letters_at : letters_at + 2 * characters] != letters
    ):  # fmt: skip
        return None
    kind, length, outside, name_length, content_identity, size, offset = _ATTRIBUTE.unpack_from(data, at)
    while kind != DATA:
        if not length or not FILE_NAME <= kind < DATA or (not outside and offset + size > length):
            return None
        if kind == FILE_NAME and (outside or offset != _HEADER_BYTES or data[at + _NAMESPACE_OFFSET] != DOS_NAMESPACE):
            return None
        at += length
        if at > last:
            return None
        kind, length, outside, name_length, content_identity, size, offset = _ATTRIBUTE.unpack_from(data, at)
    if outside:
        (size,) = _SIZE.unpack_from(data, at)
        if not size:
            return None
    elif offset + size > length:
        return None
    at += length
    if name_length or not length or (data[at : at + 4] != _END and not _ends_plainly(data, at, end)):
        return None
    text = utf_16_le_decode(letters, "surrogatepass")[0]
    path = prefix + (text if text.isprintable() else printable(text))
    middle = f"|r/r{PERMISSIONS[dos & 3]}|{owner}|0|" if owner else _MIDDLES[dos & 3]
    if name_born == name_modified == name_changed == name_accessed:
        name_times = _alike(name_born // _TICKS)
    else:
        name_times = _times(name_born, name_modified, name_changed, name_accessed)
    second = born // _TICKS
    if second == modified // _TICKS == changed // _TICKS == accessed // _TICKS:
        times = _alike(second)
    else:
        times = _times(born, modified, changed, accessed)
    return (
        f"{path} ($FILE_NAME)|{number}-48-{identity}{middle}{name_size}{name_times}"
        f"{path}|{number}-128-{content_identity}{middle}{size}{times}"
    )


def _ends_plainly(data: bytes, at: int, end: int) -> bool:
    """Return whether no more content, index or list of attributes follows in a record that ends at ``end``."""
    while at + _ATTRIBUTE.size <= end:
        kind, length, outside, _, _, size, offset = _ATTRIBUTE.unpack_from(data, at)
        if kind == END:
            return True
        if kind <= INDEX_ROOT or not length or at + length > end or (not outside and offset + size > length):
            return False
        at += length
    return at <= end


@lru_cache(maxsize=4096)
def _alike(second: int) -> str:
    """Return the end of a line, from one second since 1601 for all four times."""
    return _times(*[second * _TICKS] * 4)


def _times(born: int, modified: int, changed: int, accessed: int) -> str:
    """Return the end of a line, accessed, modified, changed, born, from FILETIMEs."""
    accessed, modified, changed, born = (nanoseconds(each) // _SECOND for each in (accessed, modified, changed, born))
    return f"|{accessed}|{modified}|{changed}|{born}\n"
