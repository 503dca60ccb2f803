"""Carving: everything on a stretch of a medium that begins like a file, held against its structure.

The stretches that are looked at (the free clusters, as a rule) are read one behind the other as if they were one: a
file that was written around an allocated cluster comes out whole, and its ``runs`` say where its pieces lie.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkit.evidence import signatures
from labkit.evidence.carving import archive, gzip, jpeg, mp4, pdf, png, sqlite
from labkit.evidence.carving.extent import Confidence, Extent, Walk
from labkit.evidence.image import BLOCK_BYTES, Image
from labkit.evidence.owners import MediumMap, Place, Region
from labkit.evidence.space import Space
from labkit.evidence.verify import Watch, unwatched

WALKS: Mapping[str, Walk] = {
    "jpeg": jpeg.walk,
    "png": png.walk,
    "pdf": pdf.walk,
    "zip": archive.walk,
    "sqlite": sqlite.walk,
    "gzip": gzip.walk,
    "mp4": mp4.walk,
}
# What carving can tell apart, and the ending of a file of that kind.
ENDINGS = {
    "jpeg": "jpg", "png": "png", "pdf": "pdf", "zip": "zip", "docx": "docx", "xlsx": "xlsx", "pptx": "pptx",
    "odt": "odt", "ods": "ods", "odp": "odp", "odg": "odg", "sqlite": "sqlite", "gzip": "gz",
    "mp4": "mp4", "mov": "mov", "heic": "heic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carved:
    """Something that was found. Offsets count from byte 0 of the medium.

    ``runs`` are (byte on the medium, bytes) of its pieces; ``embedded_in`` is where the object begins that it is a part
    of, such as the picture of a thumbnail. ``cluster_aligned`` is None outside of clusters.
    """

    kind: str
    offset_bytes: int
    end_bytes: int
    size_bytes: int
    confidence: Confidence
    reason: str
    sha256: str
    runs: tuple[tuple[int, int], ...]
    cluster_aligned: bool | None
    place: Place
    embedded_in: int | None
    start_in_space: int


def carve(space: Space, owners: MediumMap, watch: Watch = unwatched) -> Iterator[Carved]:
    """Yield what is found, in the order of the space.

    What begins inside something else counts only if it is complete, and is marked as embedded there.

    Raises:
        EvidenceError: The image can not be read.
    """
    outer: list[tuple[int, Extent]] = []
    for start, kind in _beginnings(space, watch):
        outer = [(begin, extent) for begin, extent in outer if start < begin + extent.size_bytes]
        if any(start - begin in extent.parts for begin, extent in outer):
            continue
        found = WALKS[kind](space, start)
        if found is None or (outer and found.confidence is not Confidence.COMPLETE):
            continue
        yield _carved(space, owners, start, found, space.place(outer[-1][0]) if outer else None)
        if found.confidence is not Confidence.HEADER_ONLY:
            outer.append((start, found))


def content(space: Space, found: Carved) -> Iterator[bytes]:
    """Yield the bytes of what was found."""
    return space.blocks(found.start_in_space, found.start_in_space + found.size_bytes)


def space_of(image: Image, owners: MediumMap, regions: frozenset[Region] | None) -> Space:
    """Return the stretches of some regions; the whole medium for None."""
    if regions is None:
        return Space(image, [(0, image.size_bytes)])
    return Space(image, owners.ranges(regions))


def _beginnings(space: Space, watch: Watch) -> Iterator[tuple[int, str]]:
    keep = signatures.LONGEST_BYTES - 1
    zeros = bytes(BLOCK_BYTES)
    carried = b""
    position = 0
    done = (-1, "")
    for block in watch(space.blocks(), space.size_bytes, "carve"):
        window = carried + block
        base = position - len(carried)
        if block != zeros or any(carried):
            for offset, kind in signatures.beginnings(window):
                if (base + offset, kind) > done:  # else the window before has shown it
                    done = (base + offset, kind)
                    yield done
        carried = window[-keep:]
        position += len(block)


def _carved(space: Space, owners: MediumMap, start: int, found: Extent, embedded_in: int | None) -> Carved:
    runs = tuple(space.runs(start, start + found.size_bytes))
    place = owners.at(runs[0][0])
    volume = owners.volume_at(place.offset_bytes)
    aligned = None
    if volume is not None and place.cluster is not None:
        aligned = (place.offset_bytes - volume.first_cluster_bytes) % volume.cluster_bytes == 0
    digest = hashlib.sha256()
    for block in space.blocks(start, start + found.size_bytes):
        digest.update(block)
    return Carved(
        kind=found.kind,
        offset_bytes=runs[0][0],
        end_bytes=runs[-1][0] + runs[-1][1],
        size_bytes=found.size_bytes,
        confidence=found.confidence,
        reason=found.reason,
        sha256=digest.hexdigest(),
        runs=runs,
        cluster_aligned=aligned,
        place=place,
        embedded_in=embedded_in,
        start_in_space=start,
    )
