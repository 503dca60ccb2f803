"""A registry hive as the bytes of a REGF 1.5 file, as Windows 10 writes it.

Keys lie depth first, each with its values behind it, as in a hive that Windows has reorganised. Deleted keys and values
lie where they were, in free cells.

Source: M. Suhanov, "Windows registry file format specification", section "Format of primary files"; J. Metz, "Windows
NT Registry File (REGF) format" (libregf), the sections "Named key", "Values" and "Data block".
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from itertools import pairwise
from operator import xor

from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.artifacts.hive_bins import BLOCK_BYTES, HiveBins
from labkit.synthesis.artifacts.registry_tree import Key, NamedValue, name_key, utf16

BIG_DATA_SEGMENT_BYTES = 16344
LONGEST_LEAF = 507  # hash leaf entries that fit into one block; Windows splits a longer list
_BEHIND_SEGMENT = bytes(4)  # libregf takes the last four bytes of a segment's cell for padding
_NOWHERE = 0xFFFFFFFF
_KEY_IS_ROOT = 0x0004 | 0x0008  # the hive's entry, and not to be deleted
_KEY_NAME_IS_NARROW = 0x0020
_VALUE_NAME_IS_NARROW = 0x0001
_DATA_IN_VALUE = 0x80000000
_LONGEST_DATA_IN_VALUE = 4
_KEY_HEADER_BYTES = 76
_FILE_NAME_UNITS = 31
_CHECKED_BYTES = 508


def render(root: Key, file_name: str, *, sequence_number: int, saved: datetime) -> bytes:
    """Return the bytes of a hive file.

    Args:
        root: Its root key.
        file_name: What the base block calls the file; of a longer one Windows keeps the last 31 UTF-16 units.
        sequence_number: How many times the file was written; primary and secondary number are equal.
        saved: When it was last written, an aware time.

    Raises:
        SynthesisError: ``saved`` has no zone.
    """
    bins = HiveBins()
    securities = _Securities(bins)
    root_offset = _Writer(bins, securities).key(root, parent=_NOWHERE)
    securities.finish()
    data = bins.finish(saved)
    return _base_block(file_name, root_offset, len(data), sequence_number, saved) + data


class _Securities:
    """Security descriptors, each in one cell that all keys with it share."""

    def __init__(self, bins: HiveBins) -> None:
        self._bins = bins
        self._offsets: dict[bytes, int] = {}
        self._references: dict[bytes, int] = {}

    def offset(self, descriptor: bytes, *, live: bool) -> int:
        """Return the cell of ``descriptor``; a deleted key still points there but is not counted."""
        if descriptor not in self._offsets:
            self._offsets[descriptor] = self._bins.reserve(20 + len(descriptor))
            self._references[descriptor] = 0
        self._references[descriptor] += live
        return self._offsets[descriptor]

    def finish(self) -> None:
        """Write the cells as a ring; one that only deleted keys point to is free."""
        ring = [self._offsets[descriptor] for descriptor, count in self._references.items() if count]
        for descriptor, offset in self._offsets.items():
            following = preceding = offset
            if offset in ring:
                place = ring.index(offset)
                following, preceding = ring[(place + 1) % len(ring)], ring[place - 1]
            else:
                self._bins.give_back(offset)
            fields = (b"sk", 0, following, preceding, self._references[descriptor], len(descriptor))
            self._bins.write(offset, struct.pack("<2sHIIII", *fields) + descriptor)


class _Writer:
    def __init__(self, bins: HiveBins, securities: _Securities) -> None:
        self._bins = bins
        self._securities = securities

    def key(self, key: Key, *, parent: int, live: bool = True) -> int:
        """Write a key with all that belongs to it and return its offset."""
        name, narrow = _stored_name(key.name)
        offset = self._reserve(_KEY_HEADER_BYTES + len(name), live=live)
        values_offset = self._values(key.values, live=live)
        for value in key.deleted_values:
            self._value(value, live=False)
        class_name = utf16(key.class_name)
        class_offset = self._put(class_name, live=live) if class_name else _NOWHERE
        security = self._securities.offset(key.security, live=live)
        subkeys = []
        for subkey in key.subkeys:  # no comprehension: it would double the depth of the recursion
            subkeys.append((self.key(subkey, parent=offset, live=live), subkey.name))  # noqa: PERF401
        for subkey in key.deleted_subkeys:
            self.key(subkey, parent=offset, live=False)
        is_root = parent == _NOWHERE
        header = struct.pack(
            "<2sHQ15IHH",
            b"nk",
            (_KEY_NAME_IS_NARROW if narrow else 0) | (_KEY_IS_ROOT if is_root else 0),
            filetime(key.last_written),
            0,
            0 if is_root else parent,
            len(subkeys),
            0,  # volatile subkeys
            self._subkey_list(subkeys),
            _NOWHERE,
            len(key.values),
            values_offset,
            security,
            class_offset,
            max((len(utf16(subkey.name)) for subkey in key.subkeys), default=0),
            max((len(utf16(subkey.class_name)) for subkey in key.subkeys), default=0),
            max((len(utf16(value.name)) for value in key.values), default=0),
            max((len(value.value.data) for value in key.values), default=0),
            0,
            len(name),
            len(class_name),
        )
        self._bins.write(offset, header + name)
        return offset

    def _values(self, values: Sequence[NamedValue], *, live: bool) -> int:
        if not values:
            return _NOWHERE
        list_offset = self._reserve(4 * len(values), live=live)
        offsets = [self._value(value, live=live) for value in values]
        self._bins.write(list_offset, struct.pack(f"<{len(offsets)}I", *offsets))
        return list_offset

    def _value(self, named: NamedValue, *, live: bool) -> int:
        name, narrow = _stored_name(named.name)
        data = named.value.data
        flags = _VALUE_NAME_IS_NARROW if name and narrow else 0
        offset = self._reserve(20 + len(name), live=live)
        if len(data) <= _LONGEST_DATA_IN_VALUE:
            size, place = len(data) | _DATA_IN_VALUE, int.from_bytes(data, "little")
        else:
            size, place = len(data), self._data(data, live=live)
        header = struct.pack("<2sHIIIHH", b"vk", len(name), size, place, named.value.type, flags, 0)
        self._bins.write(offset, header + name)
        return offset

    def _data(self, data: bytes, *, live: bool) -> int:
        if len(data) <= BIG_DATA_SEGMENT_BYTES:
            return self._put(data, live=live)
        segments = [
            self._put(data[begin : begin + BIG_DATA_SEGMENT_BYTES] + _BEHIND_SEGMENT, live=live)
            for begin in range(0, len(data), BIG_DATA_SEGMENT_BYTES)
        ]
        list_offset = self._put(struct.pack(f"<{len(segments)}I", *segments), live=live)
        return self._put(struct.pack("<2sHI", b"db", len(segments), list_offset), live=live)

    def _subkey_list(self, subkeys: Sequence[tuple[int, str]]) -> int:
        if not subkeys:
            return _NOWHERE
        count = -(-len(subkeys) // LONGEST_LEAF)
        bounds = [len(subkeys) * number // count for number in range(count + 1)]
        leaves = [
            self._bins.put(
                struct.pack("<2sH", b"lh", end - begin)
                + b"".join(struct.pack("<II", offset, _hash(name)) for offset, name in subkeys[begin:end])
            )
            for begin, end in pairwise(bounds)
        ]
        if len(leaves) == 1:
            return leaves[0]
        return self._bins.put(struct.pack(f"<2sH{len(leaves)}I", b"ri", len(leaves), *leaves))

    def _put(self, content: bytes, *, live: bool) -> int:
        offset = self._reserve(len(content), live=live)
        self._bins.write(offset, content)
        return offset

    def _reserve(self, size_bytes: int, *, live: bool) -> int:
        offset = self._bins.reserve(size_bytes)
        if not live:
            self._bins.give_back(offset)
        return offset


def _stored_name(name: str) -> tuple[bytes, bool]:
    """Return a name as stored, and whether it is narrow: one byte for each character, where all are below U+0100."""
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return utf16(name), False


def _hash(name: str) -> int:
    units = utf16(name_key(name))
    return reduce(lambda total, unit: (37 * total + unit[0]) & 0xFFFFFFFF, struct.iter_unpack("<H", units), 0)


def _base_block(file_name: str, root_offset: int, bins_bytes: int, sequence_number: int, saved: datetime) -> bytes:
    name = utf16(file_name)[-2 * _FILE_NAME_UNITS :].ljust(64, b"\0")
    numbers = (sequence_number, sequence_number, filetime(saved), 1, 5, 0, 1, root_offset, bins_bytes, 1)
    block = struct.pack("<4sIIQ7I64s", b"regf", *numbers, name).ljust(_CHECKED_BYTES, b"\0")
    checksum = reduce(xor, struct.unpack(f"<{_CHECKED_BYTES // 4}I", block))
    checksum = {0: 1, 0xFFFFFFFF: 0xFFFFFFFE}.get(checksum, checksum)  # values that mean "none"
    return (block + struct.pack("<I", checksum)).ljust(BLOCK_BYTES, b"\0")
