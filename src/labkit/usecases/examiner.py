"""What an examiner does with an image. Each verb leaves a line in the examination log of the workspace it is in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.errors import EvidenceError
from labkit.evidence.image import Image, open_image
from labkit.evidence.isolation import Doing, announce
from labkit.evidence.remarks import listening
from labkit.evidence.volumes import partition_table, volume_at, volume_numbered, volumes
from labkit.workspace.root import find_root

if TYPE_CHECKING:
    from labkit.evidence.detail import EntryDetail
    from labkit.evidence.disk import VolumeReader
    from labkit.model.evidence import ImageInfo
    from labkit.model.volumes import PartitionTable

Details = dict[str, Any]


class Place(NamedTuple):
    """Which volumes of an image are meant: one by number, one by its first byte, or all of them."""

    volume: int | None = None
    offset_bytes: int | None = None
    zone: str = "UTC"

    def details(self) -> Details:
        """Return what the examination log says of the place."""
        found: Details = {}
        if self.volume is not None:
            found["volume"] = self.volume
        if self.offset_bytes is not None:
            found["offset_bytes"] = self.offset_bytes
        if self.zone != "UTC":
            found["zone"] = self.zone
        return found


class Selection(NamedTuple):
    """Which bytes of which entry are meant: by path or by address, a named stream, or the slack behind it."""

    path: str | None = None
    address: int | None = None
    stream: str | None = None
    slack: bool = False

    def details(self) -> Details:
        """Return what the examination log says of the selection."""
        named: Details = {"path": self.path, "address": self.address, "stream": self.stream}
        found = {key: value for key, value in named.items() if value is not None}
        return {**found, "slack": True} if self.slack else found


@contextmanager
def examined(command: str, image: Path, details: Mapping[str, Any]) -> Iterator[Details]:
    """Write one line to the examination log when the block ends, however it ends.

    The block adds its results to the yielded details; what is remarked within it stands in the line as problems.
    Nothing is written where neither the current folder nor the image lies in a workspace. If the process of the reader
    dies within the block, its parent writes the line (``left_off``).
    """
    line: Details = dict(details)
    outcome = "stopped"
    announce({"command": command, "image": str(image), "details": line})
    problems: list[str] = []
    try:
        with listening(problems.append):
            yield line
        outcome = "done"
    except Exception as error:
        outcome = "done" if isinstance(error, BrokenPipeError) else "failed"
        if outcome == "failed":
            line.setdefault("error", str(error))
        raise
    finally:
        line["outcome"] = outcome
        if problems:
            line["problems"] = problems
        _write_down(command, image, line)
        announce(None)


def left_off(doing: Doing, reason: str) -> None:
    """Write the line of a command whose reader died: what it had announced, and why it ended.

    Raises:
        WorkspaceError: The workspace is damaged.
        StorageError: The disk is full.
    """
    line = {**doing["details"], "outcome": "failed", "error": reason}
    _write_down(doing["command"], Path(doing["image"]), line)


def _write_down(command: str, image: Path, line: Details) -> None:
    if find_root(Path.cwd()) or find_root(image):
        from labkit.workspace import examination

        examination.record(Path.cwd(), command, image.absolute(), line)


def describe(path: Path) -> "ImageInfo":
    """Return what a container says of itself."""
    with examined("image info", path, {}), open_image(path) as image:
        return image.info()


def list_volumes(path: Path) -> "PartitionTable":
    """Return how the medium of an image is divided."""
    with examined("image volumes", path, {}), open_image(path) as image:
        return partition_table(image)


@contextmanager
def listing(path: Path, place: Place, *, deleted: bool, under: str) -> "Iterator[Iterator[VolumeReader]]":
    """Yield the readers of the volumes to list, one after the other; the image is closed after the block."""
    details = {**place.details(), "deleted": deleted}
    if under != "/":
        details["under"] = under
    with examined("image ls", path, details), open_image(path) as image:
        yield readers(image, place)


def stat(path: Path, place: Place, selection: Selection) -> "tuple[VolumeReader, EntryDetail]":
    """Return everything about one entry, and the reader of its volume (for its number and zone)."""
    with examined("image stat", path, {**place.details(), **selection.details()}), open_image(path) as image:
        reader = one_reader(image, place)
        return reader, reader.stat(address_of(reader, selection))


def read(path: Path, place: Place, selection: Selection) -> Iterator[bytes]:
    """Yield the selected bytes of one entry."""
    with examined("image cat", path, {**place.details(), **selection.details()}), open_image(path) as image:
        reader = one_reader(image, place)
        yield from selected_bytes(reader, address_of(reader, selection), selection)


def readers(image: Image, place: Place) -> "Iterator[VolumeReader]":
    """Yield the readers of the volumes that are meant, one after the other.

    Raises:
        EvidenceError: There is no such volume, or none with a file system.
    """
    from labkit.evidence.disk import VolumeReader

    if place.volume is not None or place.offset_bytes is not None:
        yield one_reader(image, place)
        return
    found = [volume for volume in volumes(image) if volume.filesystem]
    if not found:
        raise _no_filesystem(image)
    for volume in found:
        yield VolumeReader(image, volume, place.zone)


def one_reader(image: Image, place: Place) -> "VolumeReader":
    """Return the reader of the one volume that is meant."""
    from labkit.evidence.disk import VolumeReader

    if place.offset_bytes is not None:
        return VolumeReader(image, volume_at(image, place.offset_bytes), place.zone)
    if place.volume is not None:
        return VolumeReader(image, volume_numbered(image, place.volume), place.zone)
    found = [volume for volume in volumes(image) if volume.filesystem]
    if not found:
        raise _no_filesystem(image)
    if len(found) > 1:
        numbers = ", ".join(str(volume.number) for volume in found)
        raise EvidenceError(
            f"{image.path.name} has several volumes with a file system: {numbers}",
            remedy="Choose one with --volume N (labkit image volumes shows them).",
        )
    return VolumeReader(image, found[0], place.zone)


def _no_filesystem(image: Image) -> EvidenceError:
    return EvidenceError(
        f"{image.path.name} holds no file system that labkit knows",
        remedy="Is it an image of a disk? If a partition was deleted, open its file system with --offset BYTES; "
        "labkit image volumes shows the partition table.",
    )


def address_of(reader: "VolumeReader", selection: Selection) -> int:
    """Return the address of the selected entry.

    Raises:
        EvidenceError: There is none at its path.
    """
    if selection.address is not None:
        return selection.address
    return reader.find(selection.path or "/")


def selected_bytes(reader: "VolumeReader", address: int, selection: Selection) -> Iterator[bytes]:
    """Yield the selected bytes of the entry at an address."""
    if selection.slack:
        yield reader.slack(address, stream=selection.stream)
    else:
        yield from reader.read(address, stream=selection.stream)
