"""What lies in the clusters of a file behind its end, read from its place on the medium."""

from collections.abc import Iterator

from labkit.evidence.detail import Attribute
from labkit.evidence.image import Image

_UNIT_CLUSTERS = 16  # of one NTFS compression unit; every writer uses 2^4


def slack_bytes(image: Image, attribute: Attribute, cluster_bytes: int) -> bytes:
    """Return the bytes from the end of the content to the end of the last cluster that the file holds.

    Empty for content inside its record, for empty files, and where the last cluster is sparse. Of a compressed NTFS
    attribute it is what lies behind the compressed bytes.
    """
    if attribute.resident or not attribute.size_bytes:
        return b""
    if attribute.compressed:
        unit_bytes = _UNIT_CLUSTERS * cluster_bytes
        unit = (attribute.size_bytes - 1) // unit_bytes * unit_bytes
        stored = _stored(image, attribute, unit, unit + unit_bytes)
        if len(stored) < unit_bytes:
            return stored[_compressed_length(stored) :]
    allocated = sum(run.size_bytes for run in attribute.runs)
    return _stored(image, attribute, attribute.size_bytes, allocated)


def _stored(image: Image, attribute: Attribute, begin: int, end: int) -> bytes:
    """Return what the medium holds of the bytes ``[begin, end)`` of an attribute; sparse runs hold nothing."""
    return b"".join(image.read(offset, size) for offset, size in _ranges(attribute, begin, end))


def _ranges(attribute: Attribute, begin: int, end: int) -> Iterator[tuple[int, int]]:
    position = 0
    for run in attribute.runs:
        first, last = max(begin, position), min(end, position + run.size_bytes)
        if run.offset_bytes is not None and first < last:
            yield run.offset_bytes + first - position, last - first
        position += run.size_bytes


def _compressed_length(unit: bytes) -> int:
    """Return how many bytes of a compression unit are LZNT1 chunks.

    Source: Microsoft, [MS-XCA] "Xpress Compression Algorithm", section 2.5 "LZNT1 Algorithm Details": a chunk begins
    with 2 bytes, whose low 12 bits are its length minus 3, header included; a header of 0 ends the series.
    """
    position = 0
    while position + 2 <= len(unit):
        header = int.from_bytes(unit[position : position + 2], "little")
        if not header:
            return position + 2
        position += (header & 0x0FFF) + 3
    return min(position, len(unit))
