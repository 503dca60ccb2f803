"""What an examiner does with an image. Each verb leaves a line in the examination log of the workspace it is in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.atomic import whole_file
from labkit.errors import EvidenceError, StorageError
from labkit.evidence.detail import EntryDetail
from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import Image, open_image
from labkit.evidence.isolation import Doing, announce
from labkit.evidence.remarks import listening
from labkit.evidence.verify import (
    Verification,
    Watch,
    compare,
    container_digests,
    media_digests,
    stretch_digests,
    unwatched,
    verify,
)
from labkit.evidence.volumes import partition_table, volume_at, volume_numbered, volumes
from labkit.hashing import Digester
from labkit.model.evidence import Digests, ImageInfo, PartitionTable
from labkit.workspace.root import find_root

Details = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
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


@dataclass(frozen=True, slots=True)
class Selection:
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


@dataclass(frozen=True, slots=True)
class ImageDigests:
    """The digests of the medium and, apart, of the container that holds it."""

    media: Digests
    container: Digests
    segments: Mapping[str, Digests]  # of each file, where there are several
    stored: Mapping[str, str]  # what the container says of its medium
    agrees: bool | None  # whether stored and computed agree; None where nothing is stored


@dataclass(frozen=True, slots=True)
class VerifiedImage:
    """The computed digests beside those of the container, of the provenance record, and one that was expected."""

    stored: Verification
    record: Verification
    expected: Verification
    damage: tuple[str, ...] = ()  # of the container, also where the medium agrees

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the algorithms whose digests differ, wherever they were recorded."""
        return tuple(sorted({*self.stored.differing, *self.record.differing, *self.expected.differing}))

    @property
    def agrees(self) -> bool | None:
        """Return False if anything differs, True if something was compared and all of it agrees, else None."""
        answers = {self.stored.agrees, self.record.agrees, self.expected.agrees, False if self.damage else None}
        if False in answers:
            return False
        return True if True in answers else None


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written out of an image."""

    path: Path
    address: int
    digests: Digests


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


def describe(path: Path) -> ImageInfo:
    """Return what a container says of itself."""
    with examined("image info", path, {}), open_image(path) as image:
        return image.info()


def list_volumes(path: Path) -> PartitionTable:
    """Return how the medium of an image is divided."""
    with examined("image volumes", path, {}), open_image(path) as image:
        return partition_table(image)


@contextmanager
def listing(path: Path, place: Place, *, deleted: bool, under: str) -> Iterator[Iterator[VolumeReader]]:
    """Yield the readers of the volumes to list, one after the other; the image is closed after the block."""
    details = {**place.details(), "deleted": deleted}
    if under != "/":
        details["under"] = under
    with examined("image ls", path, details), open_image(path) as image:
        yield readers(image, place)


def stat(path: Path, place: Place, selection: Selection) -> tuple[VolumeReader, EntryDetail]:
    """Return everything about one entry, and the reader of its volume (for its number and zone)."""
    with examined("image stat", path, {**place.details(), **selection.details()}), open_image(path) as image:
        reader = one_reader(image, place)
        return reader, reader.stat(address_of(reader, selection))


def read(path: Path, place: Place, selection: Selection) -> Iterator[bytes]:
    """Yield the selected bytes of one entry."""
    with examined("image cat", path, {**place.details(), **selection.details()}), open_image(path) as image:
        reader = one_reader(image, place)
        yield from _selected(reader, address_of(reader, selection), selection)


def export(
    path: Path,
    place: Place,
    selection: Selection,
    destination: Path,
    *,
    force: bool = False,
    watch: Watch = unwatched,
) -> Exported:
    """Write the selected bytes of one entry to a file, whole or not at all.

    ``destination`` is a file to be, or a folder that is there, in which the file gets the entry's own name.

    Raises:
        EvidenceError: The entry can not be found or read.
        StorageError: The file exists already, or the disk has no room for it.
    """
    details = {**place.details(), **selection.details(), "to": str(destination)}
    with examined("image export", path, details) as line, open_image(path) as image:
        reader = one_reader(image, place)
        address = address_of(reader, selection)
        content = reader.content(address, stream=selection.stream)
        target = destination
        if destination.is_dir():
            target = destination / _own_name(selection, address)
        _check_target(path, image, target, content.size_bytes, force=force)
        with whole_file(target) as partial, partial.open("wb") as file, Digester() as digester:
            for block in watch(_selected(reader, address, selection), content.size_bytes, "content"):
                file.write(block)
                digester.update(block)
            digests = digester.finish()
        line.update(address=address, to=str(target), size_bytes=digests.size_bytes, sha256=digests.sha256)
        return Exported(target, address, digests)


def hash_image(path: Path, watch: Watch = unwatched) -> ImageDigests:
    """Return the digests of the medium and of its container."""
    with examined("image hash", path, {}) as line, open_image(path) as image:
        media = media_digests(image, watch)
        segments: dict[str, Digests] = {}
        if image.container == "raw":
            container = media  # the very same bytes
        else:
            container = container_digests(image.segments, watch)
            if len(image.segments) > 1:
                segments = {segment.name: container_digests(segment) for segment in image.segments}
        line.update(media_sha256=media.sha256, container_sha256=container.sha256)
        agrees = compare(media, image.stored_digests).agrees
        return ImageDigests(media, container, segments, image.stored_digests, agrees)


def hash_stretch(path: Path, offset_bytes: int, length_bytes: int, watch: Watch = unwatched) -> Digests:
    """Return the digests of a part of the medium, such as a partition that the table has lost.

    Raises:
        EvidenceError: The stretch is empty or does not lie on the medium.
    """
    details = {"at": offset_bytes, "length": length_bytes}
    with examined("image hash", path, details) as line, open_image(path) as image:
        digests = stretch_digests(image, offset_bytes, length_bytes, watch)
        line.update(sha256=digests.sha256)
        return digests


def verify_image(path: Path, expected: str | None = None, watch: Watch = unwatched) -> VerifiedImage:
    """Compute the medium's digests and compare them with the stored ones, the record's, and an expected one.

    A provenance record that lies beside the image also says what its files were.

    Raises:
        EvidenceError: ``expected`` is no digest, or the image can not be read.
        AcquisitionError: The provenance record beside the image is damaged.
    """
    from labkit.usecases.recorded import changed_files, recorded_digests, recorded_image

    wanted = {_algorithm(expected): expected.lower()} if expected else {}
    with examined("image verify", path, {"expected": expected} if expected else {}) as line, open_image(path) as image:
        record = recorded_image(image.segments[0])
        stored = verify(image, watch)
        found = VerifiedImage(
            stored,
            compare(stored.computed, recorded_digests(record)),
            compare(stored.computed, wanted),
            stored.damage + changed_files(record, image.segments),
        )
        line.update(sha256=stored.computed.sha256, agrees=found.agrees)
        if found.damage:
            line["damage"] = list(found.damage)
        return found


def _algorithm(digest: str) -> str:
    lengths = {32: "md5", 40: "sha1", 64: "sha256"}
    algorithm = lengths.get(len(digest))
    if algorithm is None or not set(digest.lower()) <= set("0123456789abcdef"):
        raise EvidenceError(
            f"{digest!r} is not an MD5, SHA-1 or SHA-256",
            remedy="Give 32, 40 or 64 hexadecimal digits, without spaces.",
        )
    return algorithm


def readers(image: Image, place: Place) -> Iterator[VolumeReader]:
    """Yield the readers of the volumes that are meant, one after the other.

    Raises:
        EvidenceError: There is no such volume, or none with a file system.
    """
    if place.volume is not None or place.offset_bytes is not None:
        yield one_reader(image, place)
        return
    found = [volume for volume in volumes(image) if volume.filesystem]
    if not found:
        raise _no_filesystem(image)
    for volume in found:
        yield VolumeReader(image, volume, place.zone)


def one_reader(image: Image, place: Place) -> VolumeReader:
    """Return the reader of the one volume that is meant."""
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


def address_of(reader: VolumeReader, selection: Selection) -> int:
    """Return the address of the selected entry.

    Raises:
        EvidenceError: There is none at its path.
    """
    if selection.address is not None:
        return selection.address
    return reader.find(selection.path or "/")


def _selected(reader: VolumeReader, address: int, selection: Selection) -> Iterator[bytes]:
    if selection.slack:
        yield reader.slack(address, stream=selection.stream)
    else:
        yield from reader.read(address, stream=selection.stream)


def _own_name(selection: Selection, address: int) -> str:
    """Return a file name for an entry that every operating system takes; its own as far as that goes."""
    name = (selection.path or "").rstrip("/").rpartition("/")[2] or f"address-{address}"
    if selection.stream:
        name += f".{selection.stream}"
    if selection.slack:
        name += ".slack"
    safe = "".join("_" if character in '<>:"/\\|?*' or not character.isprintable() else character for character in name)
    safe = safe.rstrip(". ") or f"address-{address}"
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
    return f"_{safe}" if safe.partition(".")[0].casefold() in reserved else safe


def _check_target(source: Path, image: Image, target: Path, size_bytes: int, *, force: bool) -> None:
    import shutil

    if any(target.exists() and target.samefile(segment) for segment in (source, *image.segments)):
        raise StorageError(
            f"{target} is the image itself", remedy="Evidence is never written to. Choose another file with --to."
        )
    if not target.parent.is_dir():
        raise StorageError(f"there is no folder {target.parent}", remedy="Make the folder first, or choose another.")
    if target.is_dir():
        raise StorageError(f"{target} is a folder", remedy="Choose another name with --to.")
    if target.exists() and not force:
        raise StorageError(
            f"{target} exists already", remedy="Choose another name with --to, or overwrite it with --force."
        )
    free = shutil.disk_usage(target.parent).free
    if free < size_bytes:
        raise StorageError(
            f"the disk of {target.parent} has {free} bytes free, the content needs {size_bytes}",
            remedy="Make room, or choose a folder on another disk with --to.",
        )
