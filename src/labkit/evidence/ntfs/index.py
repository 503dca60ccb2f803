"""The names in a directory's index, live ones and those that linger in the slack of its nodes.

The nodes are not gone through as a tree, because the tree no longer leads to deleted names: each node is read from its
first entry to its very end. Which of the remains count as a name follows the Sleuth Kit, so that both tools show the
same: a name counts if it lies where an entry may lie, belongs to this directory, has a sound form, and has times
between 1970 and 2020 (a bound of the Sleuth Kit's that hides younger remains).

Sources: Linux-NTFS project, "NTFS Documentation", "$INDEX_ROOT", "$INDEX_ALLOCATION", "Index entry"; Sleuth Kit 4.14,
``ntfs_dent.cpp`` (behaviour).
"""

import re
import struct
from codecs import utf_16_le_decode
from collections.abc import Iterator
from typing import NamedTuple

from labkit.evidence.ntfs.fixups import SECTOR_BYTES, all_mended, mended
from labkit.evidence.ntfs.runs import DamagedError
from labkit.evidence.rows import decoded

_ENTRY = struct.Struct("<IHHHH")  # file reference (4 + 2 + 2 bytes), entry length, length of the name attribute
_NAME = struct.Struct("<QQQQQQQI4xBB")  # parent, four times, allocated and real size, flags, length, name space
_FIXED_BYTES = 16 + 67  # an entry's header and the fixed part of its name attribute, as the Sleuth Kit counts it
_ORDERED = struct.Struct("<8xHH4x6s53xB")  # of an entry in use: its length and that of the name, parent, flags
NAMED_DIRECTORY = 0x10  # in the highest byte of the flags of a name
_DOS_NAMESPACE = 2
_LAST_NAMESPACE = 3
_EARLIEST = (369 * 365 + 89) * 24 * 36  # 1970 in units of 100 s since 1601
_LATEST = _EARLIEST + (50 * 365 + 6) * 24 * 36
_UNIT = 1_000_000_000  # ticks of 100 ns in 100 s
# The upper bytes of the three times that remains must have between 1970 and 2020, from the highest byte of the first.
_OLD_TIMES = re.compile(rb"(?s)\x01.{6}[\x9d-\xd5]\x01.{14}[\x9d-\xd5]\x01")
ENTRY_BYTES = 84  # the shortest entry with a name


class IndexName(NamedTuple):
    """One name in a directory."""

    number: int
    sequence: int
    name: str
    live: bool
    directory: bool | None  # None where the name does not come from an index


class Node(NamedTuple):
    """A stretch of an index with entries: its used part from ``begin`` to ``used_end``, then remains to ``end``."""

    data: bytes
    begin: int
    used_end: int
    end: int


def root_node(content: bytes) -> Node:
    """Return the entries inside a resident index root.

    Raises:
        DamagedError: It is no index of names, or the offsets in it do not fit.
    """
    if len(content) < 32 or content[:4] != b"\x30\0\0\0":  # noqa: PLR2004
        raise DamagedError
    begin, used, allocated = struct.unpack_from("<III", content, 16)
    if used < begin or allocated < used or 16 + allocated > len(content):
        raise DamagedError
    return Node(content, 16 + begin, 16 + used, 16 + allocated)


def outer_nodes(allocation: bytes, cluster_bytes: int, index_bytes: int) -> Iterator[Node]:
    """Yield the nodes of an index allocation.

    Raises:
        DamagedError: A node was written in part, or its offsets do not fit.
    """
    begins = [at for at in range(0, len(allocation), cluster_bytes) if allocation[at : at + 4] == b"INDX"]
    ends = [*begins[1:], len(allocation)]
    usual = not index_bytes % SECTOR_BYTES and not len(allocation) % index_bytes
    usual = usual and begins == [*range(0, len(allocation), index_bytes)]
    whole = all_mended(allocation, index_bytes) if begins and usual else None
    for at, end in zip(begins, ends, strict=False):  # without a node there is one end too many
        if whole is not None:
            yield _node(whole, at, end)
            continue
        node = mended(allocation[at:end])
        if node is None:
            raise DamagedError
        yield _node(node, 0, len(node))


def directories_in(node: Node, directory: int, last: int) -> tuple[list[IndexName], int]:
    """Return the live names of directories in a node of a live directory, and where its ordered entries end.

    What lies behind them is the node's last entry, which has no name, and what lingers. The arguments are those of
    ``names_in``.
    """
    found: list[IndexName] = []
    entry_of = _ORDERED.unpack_from
    data, at, used_end = node.data, node.begin, node.used_end
    parent = directory.to_bytes(6, "little")
    while at + ENTRY_BYTES <= used_end:
        length, key_length, named_parent, flags = entry_of(data, at)
        following = at + length
        if length < ENTRY_BYTES or length & 7 or not key_length or named_parent != parent or following > used_end:
            break
        if flags & NAMED_DIRECTORY:
            low, high, sequence, _, _ = _ENTRY.unpack_from(data, at)
            number = low | high << 32
            if number < last and data[at + 81] != _DOS_NAMESPACE:
                text = name_text(data[at + 82 : at + 82 + 2 * data[at + 80]])
                found.append(IndexName(number, sequence, text, True, True))
        at = following
    return found, at


def may_linger(nodes: list[Node]) -> bool:
    """Return whether any of the nodes may hold remains of a name, of an age that is shown."""
    return any(_OLD_TIMES.search(data) for data in {id(node.data): node.data for node in nodes}.values())


def names_in(node: Node, directory: int, last: int, *, deleted: bool, begin: int | None = None) -> Iterator[IndexName]:
    """Yield the names in a node.

    Args:
        node: The node.
        directory: The record number of the directory.
        last: The highest number that a name may refer to.
        deleted: The directory is deleted, and so all names in it.
        begin: Where to begin behind all entries in use, if not with the first.
    """
    data, end, used_end = node.data, node.end, node.used_end
    if begin is not None and begin + ENTRY_BYTES > used_end and not _OLD_TIMES.search(data, begin, end):
        return  # remains, and none of an age that is shown
    parent = directory.to_bytes(6, "little")
    find, entry_of = data.find, _ENTRY.unpack_from
    at, room = node.begin if begin is None else begin, end - node.begin
    while at + _FIXED_BYTES < end:
        # Everything that is no entry of this directory fails on its parent; go to where the parent's number is.
        found = find(parent, at + 16, end)
        if found < 0:
            break
        step = found - 16 - at
        if step:
            at += (step + 3) // 4 * 4
            continue
        low, high, sequence, length, key_length = entry_of(data, at)
        number = low | high << 32
        if number > last or length <= key_length or length & 3 or length > room:
            at += 4
            continue
        characters, namespace = data[at + 80], data[at + 81]
        in_use = key_length and at + length <= used_end
        if not in_use and not _sound(data, at + 16):
            at += 4
            continue
        name_end = at + 82 + 2 * characters
        if namespace != _DOS_NAMESPACE and name_end < end:
            yield IndexName(
                number,
                sequence,
                name_text(data[at + 82 : name_end]),
                bool(in_use) and not deleted,
                bool(data[at + 75] & 0x10),
            )
        at = at + length if key_length else (at + 82 + 2 * characters + 3) // 4 * 4


def name_text(stored: bytes) -> str:
    """Return a name stored as UTF-16; halves of characters are written as escapes, as with every name here."""
    try:
        return utf_16_le_decode(stored)[0]
    except UnicodeDecodeError:
        return decoded(utf_16_le_decode(stored, "surrogatepass")[0].encode("utf-8", "surrogatepass"))


def _sound(data: bytes, at: int) -> bool:
    _, born, modified, _, accessed, allocated, real, _, characters, namespace = _NAME.unpack_from(data, at)
    return (
        namespace <= _LAST_NAMESPACE
        and allocated >= real
        and characters > 0
        and data[at + 66] != 0
        and all(_EARLIEST <= ticks // _UNIT <= _LATEST for ticks in (born, modified, accessed))
    )


def _node(data: bytes, at: int, end: int) -> Node:
    begin, used = struct.unpack_from("<II", data, at + 24)
    if at + 24 + begin > end or at + 24 + used > end or used < begin:
        raise DamagedError
    return Node(data, at + 24 + begin, at + 24 + used, end)
