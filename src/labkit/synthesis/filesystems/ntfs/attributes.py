"""Attributes as they stand in an MFT record, and run lists.

Source: Linux-NTFS, "NTFS Documentation", "Concepts: Attribute Header" and "Concepts: Data Runs"; libyal, "New
Technologies File System (NTFS)", section "MFT attribute".
"""

import struct

from labkit.synthesis.filesystems.ntfs.nodes import HOLE, Attribute, Extent, Extents, cluster_total

RESIDENT_HEADER_BYTES = 24
NON_RESIDENT_HEADER_BYTES = 64
_SPARSE_HEADER_BYTES = 72
_SPARSE = 0x8000
SPARSE_UNIT_CLUSTERS = 16
_SPARSE_UNIT = 4  # two to the power of it is the unit of holes, in clusters
_RESIDENT = struct.Struct("<IIBBHHHIHBB")
_NON_RESIDENT = struct.Struct("<IIBBHHHQQHH4xQQQ")


def aligned(size_bytes: int) -> int:
    """Return ``size_bytes`` rounded up to a multiple of 8."""
    return (size_bytes + 7) & ~7


def resident_size(name: str, value_bytes: int) -> int:
    """Return how long a resident attribute is; names are in the basic plane."""
    return aligned(RESIDENT_HEADER_BYTES + 2 * len(name)) + aligned(value_bytes)


def size_of(attribute: Attribute) -> int:
    """Return how long an attribute is."""
    if attribute.value is not None:
        return resident_size(attribute.name, attribute.size_bytes)
    header_bytes = _SPARSE_HEADER_BYTES if attribute.sparse else NON_RESIDENT_HEADER_BYTES
    return aligned(header_bytes + 2 * len(attribute.name)) + aligned(run_list_size(attribute.extents))


def resident(kind: int, name: str, instance: int, value: bytes, *, indexed: bool = False) -> bytes:
    """Return an attribute with its body."""
    length = len(value)
    value_start = aligned(RESIDENT_HEADER_BYTES + 2 * len(name)) if name else RESIDENT_HEADER_BYTES
    size = value_start + aligned(length)
    head = _RESIDENT.pack(kind, size, 0, len(name), RESIDENT_HEADER_BYTES, 0, instance, length, value_start, indexed, 0)
    if name:
        head = (head + name.encode("utf-16-le")).ljust(value_start, b"\0")
    return (head + value).ljust(size, b"\0")


def non_resident(attribute: Attribute, cluster_bytes: int, *, first_vcn: int = 0, part: Extents | None = None) -> bytes:
    """Return an attribute that says in which clusters its body lies.

    Args:
        attribute: What to describe.
        cluster_bytes: Bytes in one cluster.
        first_vcn: The number of the first cluster of ``part``, counted within the body.
        part: The extents to describe, where one record does not hold them all.
    """
    extents = attribute.extents if part is None else part
    count = allocated = cluster_total(extents)
    name_start = _SPARSE_HEADER_BYTES if attribute.sparse else NON_RESIDENT_HEADER_BYTES
    runs_start = aligned(name_start + 2 * len(attribute.name))
    runs = run_list(extents)
    size = runs_start + aligned(len(runs))
    sizes = (0, 0, 0)
    if first_vcn == 0:
        if part is not None:
            allocated = cluster_total(attribute.extents)
        initialized = attribute.size_bytes if attribute.initialized_bytes < 0 else attribute.initialized_bytes
        sizes = (allocated * cluster_bytes, attribute.size_bytes, initialized)
    head = _NON_RESIDENT.pack(
        attribute.kind,
        size,
        1,
        len(attribute.name),
        name_start,
        _SPARSE if attribute.sparse else 0,
        attribute.instance,
        first_vcn,
        (first_vcn + count - 1) & 0xFFFFFFFFFFFFFFFF,
        runs_start,
        _SPARSE_UNIT if attribute.sparse else 0,
        *sizes,
    )
    if attribute.sparse:
        head += struct.pack("<Q", attribute.cluster_count * cluster_bytes if first_vcn == 0 else 0)
    if attribute.name:
        head = (head + attribute.name.encode("utf-16-le")).ljust(runs_start, b"\0")
    return (head + runs).ljust(size, b"\0")


def run_list(extents: Extents) -> bytes:
    """Return extents as mapping pairs: lengths, and first clusters as differences from the one before."""
    pairs = bytearray()
    previous = 0
    for first, count in extents:
        length = _shortest(count)
        if first == HOLE:
            pairs.append(len(length))
            pairs += length
        else:
            step = _shortest(first - previous)
            pairs.append(len(step) << 4 | len(length))
            pairs += length + step
            previous = first
    pairs.append(0)
    return bytes(pairs)


def run_list_size(extents: Extents) -> int:
    """Return how long ``run_list`` is."""
    size, previous = 1, 0
    for extent in extents:
        size += run_size(extent, previous)
        if extent[0] != HOLE:
            previous = extent[0]
    return size


def run_size(extent: Extent, previous: int) -> int:
    """Return how long the mapping pair of an extent is that follows one which begins with the cluster ``previous``."""
    first, count = extent
    size = 2 + count.bit_length() // 8
    if first == HOLE:
        return size
    step = first - previous
    return size + 1 + (step if step >= 0 else ~step).bit_length() // 8


def _shortest(number: int) -> bytes:
    """Return a signed number in as few bytes as hold it."""
    magnitude = number if number >= 0 else ~number
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "little", signed=True)
