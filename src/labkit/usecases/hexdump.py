"""Bytes of anything on a medium, and the structure that they hold."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence import mft
from labkit.evidence.allocation import clusters
from labkit.evidence.hexview import AUTO, guessed, structure_named
from labkit.evidence.image import SECTOR_BYTES, Image, open_image
from labkit.evidence.owners import MediumMap, Place
from labkit.evidence.structures.field import Reading, Structure, readings
from labkit.evidence.tsk import TskImage, open_filesystem
from labkit.evidence.volumes import volume_numbered
from labkit.model.volumes import Volume
from labkit.usecases import examiner
from labkit.usecases.examiner import Selection, address_of, examined, one_reader

LARGEST_BYTES = 1024 * 1024
_GUESS_BYTES = 4096
_USUAL_BYTES = 512
_WITH_FIXUPS = ("mft-record", "index-record")


@dataclass(frozen=True, slots=True)
class Window:
    """Which bytes are meant: a beginning, counted in bytes, sectors or clusters, and how many bytes."""

    offset_bytes: int | None = None
    sector: int | None = None
    cluster: int | None = None
    length_bytes: int | None = None

    def details(self) -> dict[str, Any]:
        """Return what the examination log says of the window."""
        named = {"at": self.offset_bytes, "sector": self.sector, "cluster": self.cluster, "length": self.length_bytes}
        return {key: value for key, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class View:
    """Bytes that are shown. ``offset_bytes`` counts from byte 0 of ``what``.

    ``place`` is what is known of the first byte on the medium; None inside of content and slack. Of an MFT or index
    record ``fields`` are read with the last two bytes of each 512 put back, which ``data`` does not show.
    """

    what: str
    offset_bytes: int
    data: bytes
    place: Place | None
    structure: Structure | None
    fields: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """What the bytes are taken from, where they begin in it and on the medium, and how many are shown by themselves."""

    what: str
    offset_bytes: int
    available: bytes
    on_medium: int | None
    usual_bytes: int


def view(
    path: Path,
    window: Window,
    *,
    volume: int | None = None,
    selection: Selection | None = None,
    kind: str | None = None,
) -> View:
    """Return bytes of a medium, of a volume, or of an entry, and the structure they hold.

    Args:
        path: The image.
        window: Which bytes, counted from byte 0 of the medium, the volume or the content.
        volume: The volume that is meant; with it offsets and sectors count from its start.
        selection: The entry whose content or slack is meant; None for the medium or a volume.
        kind: The structure to read them as, a name of ``evidence.hexview.STRUCTURES``, or ``auto`` to guess it.

    Raises:
        EvidenceError: The window lies outside, is too long, or the entry, volume or structure does not exist.
    """
    details = window.details() | ({"volume": volume} if volume is not None else {})
    details |= (selection.details() if selection else {}) | ({"as": kind} if kind else {})
    with examined("image hex", path, details), open_image(path) as image:
        structure = structure_named(kind) if kind and kind != AUTO else None
        _check_length(window)
        wanted = window.length_bytes or max(_GUESS_BYTES, structure.size_bytes if structure else 0)
        if selection is not None:
            source = _content(image, window, volume, selection, wanted)
        else:
            source = _medium(image, window, volume, wanted)
        if not source.available:
            raise EvidenceError(
                f"{source.what} has no byte {source.offset_bytes}", remedy="Choose an offset inside; it counts from 0."
            )
        if kind == AUTO:
            structure = guessed(source.available, on_medium=source.on_medium)
        size = window.length_bytes or (structure.size_bytes if structure else source.usual_bytes)
        data = source.available[:size]
        read_from = mft.with_fixups(data) if structure and structure.name in _WITH_FIXUPS else data
        return View(
            what=source.what,
            offset_bytes=source.offset_bytes,
            data=data,
            place=None if source.on_medium is None else _place(image, source.on_medium),
            structure=structure,
            fields=tuple(readings(structure, read_from)) if structure else (),
        )


def _check_length(window: Window) -> None:
    length = window.length_bytes
    if length is not None and not 0 < length <= LARGEST_BYTES:
        raise EvidenceError(
            f"{length} bytes can not be shown",
            remedy=f"Show 1 to {LARGEST_BYTES} bytes; labkit image export writes whole content to a file.",
        )
    for name, number in (("offset", window.offset_bytes), ("sector", window.sector), ("cluster", window.cluster)):
        if number is not None and number < 0:
            raise EvidenceError(f"the {name} {number} lies before the start", remedy="Count from 0.")


def _medium(image: Image, window: Window, number: int | None, wanted: int) -> _Source:
    """Return the source of a byte range of the medium or of a volume."""
    volume = volume_numbered(image, number) if number is not None else None
    usual = _USUAL_BYTES
    if window.cluster is not None:
        volume = volume or one_reader(image, examiner.Place()).volume
        offset, usual = _cluster(image, volume, window.cluster)
    else:
        offset = window.offset_bytes or (window.sector or 0) * SECTOR_BYTES
    start, size, what = 0, image.size_bytes, "the medium"
    if volume is not None:
        start, size, what = volume.start_bytes, volume.size_bytes, f"volume {volume.number}"
    available = image.read(start + offset, min(wanted, max(0, size - offset)))
    return _Source(what, offset, available, start + offset, usual)


def _cluster(image: Image, volume: Volume, number: int) -> tuple[int, int]:
    """Return where a cluster begins in its volume, and its size."""
    filesystem = open_filesystem(TskImage(image), volume.start_bytes)
    table = clusters(image, volume, filesystem) if filesystem is not None else None
    if table is None:
        raise EvidenceError(
            f"volume {volume.number} has no clusters that labkit can count",
            remedy="Give the place in bytes with --offset or in sectors with --sector.",
        )
    last = table.first_number + table.count - 1
    if not table.first_number <= number <= last:
        raise EvidenceError(
            f"volume {volume.number} has no cluster {number}",
            remedy=f"Its clusters are numbered from {table.first_number} to {last}.",
        )
    offset = table.first_bytes + (number - table.first_number) * table.cluster_bytes - volume.start_bytes
    return offset, min(table.cluster_bytes, _GUESS_BYTES)


def _content(image: Image, window: Window, number: int | None, selection: Selection, wanted: int) -> _Source:
    """Return the source of a byte range of an entry's content or slack."""
    reader = one_reader(image, examiner.Place(number))
    address = address_of(reader, selection)
    name = selection.path or f"address {address}"
    stream = f", stream {selection.stream}" if selection.stream else ""
    offset = window.offset_bytes or 0
    if selection.slack:
        slack = reader.slack(address, stream=selection.stream)
        return _Source(f"the slack of {name}{stream}", offset, slack[offset : offset + wanted], None, _GUESS_BYTES)
    blocks = reader.read(address, stream=selection.stream, offset_bytes=offset)
    available = b"".join(islice(blocks, 1))[:wanted]
    return _Source(f"the content of {name}{stream}", offset, available, None, _USUAL_BYTES)


def _place(image: Image, offset: int) -> Place | None:
    try:
        return MediumMap(image).at(offset)
    except EvidenceError:  # a damaged volume is looked at with this command, not refused
        return None
