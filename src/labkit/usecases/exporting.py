"""What an examiner takes out of an image: the content of an entry, as a file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.atomic import whole_file
from labkit.errors import StorageError
from labkit.evidence.image import open_image
from labkit.evidence.verify import Watch, unwatched
from labkit.hashing import Digester
from labkit.model.evidence import Digests
from labkit.usecases.examiner import Place, Selection, address_of, examined, one_reader, selected_bytes


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written out of an image."""

    path: Path
    address: int
    digests: Digests


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
        check_target((path, *image.segments), target, content.size_bytes, force=force)
        with whole_file(target) as partial, partial.open("wb") as file, Digester() as digester:
            for block in watch(selected_bytes(reader, address, selection), content.size_bytes, "content"):
                file.write(block)
                digester.update(block)
            digests = digester.finish()
        line.update(address=address, to=str(target), size_bytes=digests.size_bytes, sha256=digests.sha256)
        return Exported(target, address, digests)


def _own_name(selection: Selection, address: int) -> str:
    """Return a file name for an entry that every operating system takes; its own as far as that goes."""
    name = (selection.path or "").rstrip("/").rpartition("/")[2] or f"address-{address}"
    if selection.stream:
        name += f".{selection.stream}"
    if selection.slack:
        name += ".slack"
    return safe_name(name, f"address-{address}")


def safe_name(name: str, otherwise: str) -> str:
    """Return a file name that every operating system takes; ``otherwise`` where nothing is left of it."""
    safe = "".join("_" if character in '<>:"/\\|?*' or not character.isprintable() else character for character in name)
    safe = safe.rstrip(". ") or otherwise
    reserved = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
    return f"_{safe}" if safe.partition(".")[0].casefold() in reserved else safe


def check_target(sources: Iterable[Path], target: Path, size_bytes: int, *, force: bool) -> None:
    """Check that a file can be written, and is none of the image's own.

    Raises:
        StorageError: It is there already, has no folder, is evidence, or the disk has no room for it.
    """
    import shutil

    if any(target.exists() and target.samefile(segment) for segment in sources):
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
