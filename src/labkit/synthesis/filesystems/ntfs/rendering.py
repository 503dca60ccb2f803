"""The attributes of a file or directory as bytes, and how they are spread over records when one is too small.

Sources: Linux-NTFS, "NTFS Documentation", "Attributes: $STANDARD_INFORMATION", "$FILE_NAME", "$ATTRIBUTE_LIST"; libyal,
"New Technologies File System (NTFS)", section "Attribute list".
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from labkit.synthesis.filesystems.ntfs import attributes as on_disk
from labkit.synthesis.filesystems.ntfs.attributes import aligned
from labkit.synthesis.filesystems.ntfs.blocks import Entry, Render
from labkit.synthesis.filesystems.ntfs.index import Index
from labkit.synthesis.filesystems.ntfs.names import units
from labkit.synthesis.filesystems.ntfs.nodes import DATA, HOLE, Attribute, Extents, Name, Namespace, Node, cluster_total
from labkit.synthesis.filesystems.ntfs.records import IS_VIEW_INDEX, ROOM_BYTES
from labkit.synthesis.filesystems.ntfs_streams.attrdef import AttributeType
from labkit.synthesis.filesystems.ntfs_streams.upcase import collation_key

STANDARD_INFORMATION_BYTES = 96  # with its header
DIRECTORY_FLAG, _VIEW_INDEX_FLAG = 0x10000000, 0x20000000
_NAME_FIXED_BYTES = 66
_NAME_BYTES = 24 + _NAME_FIXED_BYTES  # with the header of the attribute, without the name
_ENTRY_HEADER_BYTES = 16
_LIST_ENTRY_BYTES = 26
_MOST_LIST_BYTES = 320  # of $ATTRIBUTE_LIST in its record
_LIST_IN_CLUSTERS_BYTES = 96  # at least; more where it lies in many pieces
_INDEX_INSTANCES = ((1, 8, 9), (11, 12, 13))  # of $INDEX_ROOT, $INDEX_ALLOCATION and $BITMAP, index by index
_LIST_INSTANCE = 10
_FIXED_INSTANCES = range(8, 14)
FIXED_END = _FIXED_INSTANCES.stop
_INDEX_ROOT_BYTES = 24 + 8 + 16 + 16  # header, name, the head of the index and of its first node
_INDEX_RESERVE_BYTES = 160  # for $INDEX_ALLOCATION and $BITMAP beside it
_LEAST_ROOT_BYTES = 24  # one end that leads to a block
_MOST_RUN_BYTES = 856  # of one part of an attribute
_INDEX_ENTRY = struct.Struct("<QHHHHQQQQQQQIIBB")
_FILE_NAME = struct.Struct("<IIxxHxxHIHBxQQQQQQQI4xBB")  # with the header of a resident attribute
_STANDARD_INFORMATION = struct.Struct("<QQQQI16xI8xQ")
_STANDARD_INFORMATION_HEAD = on_disk.resident(
    AttributeType.STANDARD_INFORMATION, "", 0, bytes(_STANDARD_INFORMATION.size)
)[: -_STANDARD_INFORMATION.size]


class Piece(NamedTuple):
    """One attribute, or one part of it, that has to stand in one record."""

    kind: int
    name: str
    first_vcn: int
    instance: int
    content: bytes

    @property
    def order(self) -> tuple[int, bytes, int, int]:
        """What pieces are sorted by, in records and in $ATTRIBUTE_LIST."""
        return self.kind, collation_key(self.name), self.first_vcn, self.instance


class Spread(NamedTuple):
    """What stands in the base record and what in further ones; no list if there are none."""

    base: list[Piece]
    further: list[list[Piece]]
    list_bytes: int = 0
    list_outside: bool = False  # $ATTRIBUTE_LIST lies in clusters
    overfull: bool = False  # what can not leave the base record is too large for it


def entry_size(key: bytes) -> int:
    """Return how long the entry of a name is in the leaf of a directory; its key is as long as the name."""
    return aligned(_ENTRY_HEADER_BYTES + _NAME_FIXED_BYTES + len(key))


def sizes(node: Node, cluster_bytes: int) -> tuple[int, int]:
    """Return the allocated and the real size of the unnamed content, as $FILE_NAME states them."""
    if node.directory:
        return 0, 0
    for attribute in node.attributes:
        if attribute.kind == DATA and not attribute.name:
            size = attribute.size_bytes
            held = aligned(size) if attribute.value is not None else cluster_total(attribute.extents) * cluster_bytes
            return held, size
    return 0, 0


def flags_of(node: Node) -> int:
    """Return the file attributes as $FILE_NAME states them: with marks for directories and view indexes."""
    flags = node.flags
    if node.directory:
        flags |= DIRECTORY_FLAG
    return flags | _VIEW_INDEX_FLAG if node.record_flags & IS_VIEW_INDEX else flags


def entry_renderer(nodes: Mapping[int, Node], parent_reference: int, cluster_bytes: int) -> Render:
    """Return what writes the entries of a directory as they stand in a leaf, each with what its file is like now."""

    def render(entry: Entry) -> bytes:
        node = nodes[entry.owner]
        text = entry.text.encode("utf-16-le")
        length = len(text)
        allocated, size = sizes(node, cluster_bytes)
        head = _INDEX_ENTRY.pack(
            node.sequence << 48 | node.record,
            entry.size_bytes,
            _NAME_FIXED_BYTES + length,
            0,
            0,
            parent_reference,
            *node.times,
            allocated,
            size,
            flags_of(node),
            node.reparse_tag,
            length // 2,
            entry.kind,
        )
        return (head + text).ljust(entry.size_bytes, b"\0")

    return render


def pieces(node: Node, indexes: Iterable[tuple[Index, Render]], cluster_bytes: int) -> list[Piece]:
    """Return all attributes of a node but $ATTRIBUTE_LIST, in the order of a record."""
    found = [Piece(AttributeType.STANDARD_INFORMATION, "", 0, 0, _standard_information(node))]
    for name in node.names:
        found += [Piece(AttributeType.FILE_NAME, "", 0, instance, content) for instance, content in _file_names(name)]
    for attribute in node.attributes:
        found += _attribute_pieces(attribute, cluster_bytes)
    for number, (index, render) in enumerate(indexes):
        found += _index_pieces(index, render, cluster_bytes, _INDEX_INSTANCES[number])
    if len(node.attributes) > 1 or (node.attributes and node.directory) or node.record_flags:
        found.sort(key=lambda piece: piece.order)
    return found


def plain_record(node: Node, cluster_bytes: int) -> list[bytes] | None:
    """Return all attributes of a file that has one name and nothing but content, in the order of its record.

    They are those of ``pieces``. Return None if the file is of another kind or needs more than one record.
    """
    if node.directory or node.extensions or node.record_flags or len(node.names) != 1 or len(node.attributes) != 1:
        return None
    (attribute,) = node.attributes
    if attribute.kind != DATA:
        return None
    if attribute.value is not None:
        stored = on_disk.resident(DATA, attribute.name, attribute.instance, attribute.value)
    else:
        stored = on_disk.non_resident(attribute, cluster_bytes)
    found = [_standard_information(node), *(content for _, content in _file_names(node.names[0])), stored]
    return found if sum(map(len, found)) <= ROOM_BYTES else None


def used_bytes(node: Node, indexes: Iterable[Index]) -> int:
    """Return how many bytes all attributes of a node take, without $ATTRIBUTE_LIST."""
    used = fixed_bytes(node)
    for index in indexes:
        used += _INDEX_ROOT_BYTES + index.root_bytes + _allocation_bytes(index)
    return used


def fixed_bytes(node: Node) -> int:
    """Return how many bytes the attributes of a node take that are not an index."""
    used = STANDARD_INFORMATION_BYTES
    for name in node.names:
        used += (_NAME_BYTES + len(name.key) + 7) & ~7
        if name.alias:
            used += (_NAME_BYTES + 2 * len(name.alias) + 7) & ~7
    for attribute in node.attributes:
        used += on_disk.size_of(attribute)
    return used


def root_room(node: Node, index: Index, index_count: int) -> int:
    """Return how many bytes of entries one of ``index_count`` indexes of a node can keep in its record."""
    beside = max(_allocation_bytes(index), _INDEX_RESERVE_BYTES)
    share = (ROOM_BYTES - fixed_bytes(node)) // index_count
    return max(share - _INDEX_ROOT_BYTES - beside, _LEAST_ROOT_BYTES)


def next_instance(instance: int) -> int:
    """Return the instance number for an attribute that comes next."""
    return _FIXED_INSTANCES.stop if instance + 1 in _FIXED_INSTANCES else instance + 1


def instance_behind(name: Name) -> int:
    """Return the instance number for an attribute that comes behind a link, of which one with a DOS name has two."""
    return next_instance(name.instance + 1 if name.alias else name.instance)


def spread(found: list[Piece], list_extents: Extents = ()) -> Spread:
    """Divide the attributes of a node over as few records as hold them.

    What is largest leaves the base record first; $STANDARD_INFORMATION and $INDEX_ROOT stay.

    Args:
        found: All attributes but $ATTRIBUTE_LIST.
        list_extents: The clusters that $ATTRIBUTE_LIST has, if it lies in some.
    """
    if sum(len(piece.content) for piece in found) <= ROOM_BYTES:
        return Spread(found, [])
    list_bytes = sum(_list_entry_size(piece) for piece in found)
    outside = list_bytes > _MOST_LIST_BYTES
    if outside:
        runs_bytes = aligned(on_disk.run_list_size(list_extents))
        room = ROOM_BYTES - max(on_disk.NON_RESIDENT_HEADER_BYTES + runs_bytes, _LIST_IN_CLUSTERS_BYTES)
    else:
        room = ROOM_BYTES - on_disk.resident_size("", list_bytes)
    used = sum(len(piece.content) for piece in found)
    moved = set()
    for position in sorted(range(len(found)), key=lambda position: -len(found[position].content)):
        if used <= room:
            break
        if found[position].kind not in {AttributeType.STANDARD_INFORMATION, AttributeType.INDEX_ROOT}:
            moved.add(position)
            used -= len(found[position].content)
    further: list[list[Piece]] = []
    rooms: list[int] = []
    for position in sorted(moved):
        size = len(found[position].content)
        place = next((place for place, free in enumerate(rooms) if free >= size), len(rooms))
        if place == len(rooms):
            further.append([])
            rooms.append(ROOM_BYTES)
        further[place].append(found[position])
        rooms[place] -= size
    base = [piece for position, piece in enumerate(found) if position not in moved]
    return Spread(base, further, list_bytes, outside, overfull=used > room)


def attribute_list(parts: Spread, references: Sequence[int]) -> bytes:
    """Return the value of $ATTRIBUTE_LIST.

    Args:
        parts: What stands where.
        references: Of the base record and the further ones, in order.
    """
    rows = []
    for reference, content in zip(references, (parts.base, *parts.further), strict=True):
        rows += [(piece, reference) for piece in content]
    rows.sort(key=lambda row: row[0].order)
    return b"".join(_list_entry(piece, reference) for piece, reference in rows)


def list_piece(value: bytes, extents: Extents, cluster_bytes: int) -> Piece:
    """Return $ATTRIBUTE_LIST itself, in the record or in the clusters ``extents``."""
    kind = AttributeType.ATTRIBUTE_LIST
    if not extents:
        return Piece(kind, "", 0, _LIST_INSTANCE, on_disk.resident(kind, "", _LIST_INSTANCE, value))
    described = Attribute(kind, "", _LIST_INSTANCE, None, len(value), extents)
    return Piece(kind, "", 0, _LIST_INSTANCE, on_disk.non_resident(described, cluster_bytes))


def _standard_information(node: Node) -> bytes:
    return _STANDARD_INFORMATION_HEAD + _STANDARD_INFORMATION.pack(*node.times, node.flags, node.security_id, node.usn)


def _file_names(name: Name) -> list[tuple[int, bytes]]:
    """Return the $FILE_NAME attributes of a link, each behind its instance number: the DOS name before the long one."""
    found = []
    if name.alias:
        found.append((name.instance + 1, _file_name(name, name.alias, Namespace.DOS, name.instance + 1)))
    found.append((name.instance, _file_name(name, name.text, name.namespace, name.instance)))
    return found


def _file_name(name: Name, text: str, namespace: int, instance: int) -> bytes:
    encoded = text.encode("utf-16-le")
    length = len(encoded)
    size = (_NAME_BYTES + length + 7) & ~7
    head = _FILE_NAME.pack(
        AttributeType.FILE_NAME,
        size,
        on_disk.RESIDENT_HEADER_BYTES,
        instance,
        _NAME_FIXED_BYTES + length,
        on_disk.RESIDENT_HEADER_BYTES,
        1,
        name.parent_reference,
        *name.times,
        name.allocated_bytes,
        name.size_bytes,
        name.flags,
        length // 2,
        namespace,
    )
    return (head + encoded).ljust(size, b"\0")


def _attribute_pieces(attribute: Attribute, cluster_bytes: int) -> list[Piece]:
    kind, name, instance = attribute.kind, attribute.name, attribute.instance
    if attribute.value is not None:
        return [Piece(kind, name, 0, instance, on_disk.resident(kind, name, instance, attribute.value))]
    whole = on_disk.non_resident(attribute, cluster_bytes)
    if len(whole) <= ROOM_BYTES:
        return [Piece(kind, name, 0, instance, whole)]
    found = []
    vcn = 0
    for part in _parts(attribute):
        content = on_disk.non_resident(attribute, cluster_bytes, first_vcn=vcn, part=part)
        found.append(Piece(kind, name, vcn, instance, content))
        vcn += cluster_total(part)
    return found


def _parts(attribute: Attribute) -> list[Extents]:
    """Divide the extents of an attribute so that each part and its header fit one record."""
    extents = attribute.extents
    room = ROOM_BYTES - on_disk.size_of(attribute._replace(extents=())) + aligned(1)  # for a run list with its end
    parts, start, used = [], 0, 0
    size, previous = 1, 0
    for position, extent in enumerate(extents):
        alone = on_disk.run_size(extent, 0)
        stated = on_disk.run_size(extent, previous)
        if used + alone > _MOST_RUN_BYTES or size + stated > room:
            parts.append(extents[start:position])
            start, used = position, 0
            size, previous, stated = 1, 0, alone  # the first one of a part is not stated as a difference
        used += alone
        size += stated
        previous = previous if extent[0] == HOLE else extent[0]
    return [*parts, extents[start:]]


def _index_pieces(index: Index, render: Render, cluster_bytes: int, instances: tuple[int, int, int]) -> list[Piece]:
    root_instance, allocation_instance, bitmap_instance = instances
    kind = AttributeType.INDEX_ROOT
    root = on_disk.resident(kind, index.name, root_instance, index.root_value(render))
    found = [Piece(kind, index.name, 0, root_instance, root)]
    if index.extents:
        kind = AttributeType.INDEX_ALLOCATION
        blocks = Attribute(kind, index.name, allocation_instance, None, index.allocation_bytes, index.extents)
        found += _attribute_pieces(blocks, cluster_bytes)
        kind = AttributeType.BITMAP
        bitmap = on_disk.resident(kind, index.name, bitmap_instance, index.bitmap())
        found.append(Piece(kind, index.name, 0, bitmap_instance, bitmap))
    return found


def _allocation_bytes(index: Index) -> int:
    """Return how many bytes $INDEX_ALLOCATION and $BITMAP of an index take."""
    if not index.extents:
        return 0
    runs = aligned(on_disk.run_list_size(index.extents))
    header = aligned(on_disk.NON_RESIDENT_HEADER_BYTES + 2 * len(index.name))
    return header + runs + on_disk.resident_size(index.name, len(index.bitmap()))


def _list_entry_size(piece: Piece) -> int:
    return aligned(_LIST_ENTRY_BYTES + 2 * units(piece.name))


def _list_entry(piece: Piece, reference: int) -> bytes:
    size = _list_entry_size(piece)
    head = struct.pack(
        "<IHBBQQH", piece.kind, size, units(piece.name), _LIST_ENTRY_BYTES, piece.first_vcn, reference, piece.instance
    )
    return (head + piece.name.encode("utf-16-le")).ljust(size, b"\0")
