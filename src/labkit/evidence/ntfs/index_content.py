"""The content of a directory's index: the root inside its record, and the nodes outside of it."""

import struct
from collections.abc import Iterator

from labkit.evidence.ntfs.record import ATTRIBUTE, ATTRIBUTE_LIST, END, INDEX_ROOT, OUTSIDE_BYTES
from labkit.evidence.ntfs.records import MasterFileTable
from labkit.evidence.ntfs.runs import DamagedError

INDEX_ALLOCATION = 0xA0
_MAX_INDEX_BYTES = 128 * 1024 * 1024  # the Sleuth Kit reads no larger directory
_HAS_NODES_OFFSET = 28  # in the root: whether the tree goes on in nodes


def index_of(table: MasterFileTable, number: int) -> tuple[bytes, bytes | None]:
    """Return the index root of a directory and the nodes of its index allocation; None where it has none.

    Source: Linux-NTFS project, "NTFS Documentation", "$INDEX_ROOT", "$INDEX_ALLOCATION".

    Raises:
        DamagedError: It is no directory, or its index is not plain.
    """
    root, nodes = None, None
    data, begin = table.holding(number)
    for kind, at, length in _attributes(data, begin, table.record_bytes):
        if kind == ATTRIBUTE_LIST:
            raise DamagedError
        if kind == INDEX_ROOT and root is None:
            root = _inside(data, at, length)
        elif kind == INDEX_ALLOCATION and nodes is None:
            nodes = _outside(table, data, at, length)
    if root is None or (nodes is None and root[_HAS_NODES_OFFSET:][:1] != b"\0"):
        raise DamagedError
    return root, nodes


def _attributes(data: bytes, begin: int, record_bytes: int) -> Iterator[tuple[int, int, int]]:
    end = begin + record_bytes
    at = begin + (data[begin + 20] | data[begin + 21] << 8)
    while at + ATTRIBUTE.size <= end:
        kind, length = struct.unpack_from("<II", data, at)
        if kind == END or not length:
            return
        if at + length > end:
            raise DamagedError
        yield kind, at, length
        at += length


def _inside(data: bytes, at: int, length: int) -> bytes:
    _, _, outside, _, _, _, _, size, offset = ATTRIBUTE.unpack_from(data, at)
    if outside or offset + size > length:
        raise DamagedError
    return data[at + offset : at + offset + size]


def _outside(table: MasterFileTable, data: bytes, at: int, length: int) -> bytes:
    if not data[at + 8] or length < OUTSIDE_BYTES:
        raise DamagedError
    runs, allocated = struct.unpack_from("<H6xQ", data, at + 32)
    stream = table.stream(data[at + runs : at + length])
    if allocated > min(stream.size_bytes, _MAX_INDEX_BYTES):
        raise DamagedError
    nodes = stream.read(0, allocated)
    if len(nodes) < allocated:
        raise DamagedError
    return nodes
