"""YARA rules over a file, a folder, a medium, or the files inside an image; each hit with its owner."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.owner_table import Owner
from labkit.evidence.verify import Watch, unwatched
from labkit.evidence.volumes import volumes_if_any
from labkit.evidence.yara_scan import RuleHit, Scanner
from labkit.hashing import digest_file
from labkit.usecases.examiner import examined

if TYPE_CHECKING:
    from labkit.evidence.memory.ownership import MemoryOwner
    from labkit.evidence.owners import Place, Region

_SMALLEST_MEMORY_BYTES = 4 << 20  # no kernel is in less


@dataclass(frozen=True, slots=True)
class ScanHit:
    """A hit, the file that was scanned and, where that is an image, the place on its medium.

    Where a file inside an image was scanned as a whole, ``inside`` is that file, and offsets of ``hit`` count in it.
    """

    file: Path
    hit: RuleHit
    place: "Place | None"
    inside: Owner | None = None
    memory: "MemoryOwner | None" = None  # whose it is in a memory image

    @property
    def owner(self) -> Owner | None:
        """The file that the hit lies in, inside an image."""
        return self.place.owner if self.place else self.inside

    @property
    def region(self) -> str | None:
        """The region of the medium that the hit lies in."""
        return self.place.region if self.place else "allocated" if self.inside else None

    @property
    def offset_bytes(self) -> int | None:
        """Where it lies, from byte 0 of the medium, or of the file that is no image."""
        return self.place.offset_bytes if self.place else None if self.inside else self.hit.offset_bytes

    @property
    def offset_in_file(self) -> int | None:
        """Where it lies in its owner."""
        return self.place.offset_in_file if self.place else self.hit.offset_bytes if self.inside else None


def scan(
    rules: Path,
    target: Path,
    *,
    regions: "frozenset[Region] | None" = None,
    files: bool = False,
    limit_s: int = 600,
    tell: Callable[[str], None] = lambda _: None,
    watch: Watch = unwatched,
) -> Iterator[ScanHit]:
    """Yield where rules match.

    Args:
        rules: A file of YARA rules as text.
        target: A file, a folder with all that is below it, or an image. An image is a file that holds a file system, or
            an E01 or split image; of it the medium is scanned, not the container.
        regions: Of an image, only these regions, one stretch behind the other; None for all of it.
        files: Of an image, each live file as a whole, wherever its pieces lie, and nothing else.
        limit_s: The time that the rules may take, all in all.
        tell: Is told of everything that could not be scanned or not to its end.
        watch: Is shown the blocks of a medium as they are read.

    Raises:
        EvidenceError: The rules do not compile, the target can not be read, has no regions or files or both were asked
            for, or the time is up.
    """
    details: dict[str, Any] = {"rules": str(rules)} | ({} if regions is None else {"in": sorted(regions)})
    details |= {"files": True} if files else {}
    with examined("yara", target, details) as line:
        if files and regions is not None:
            raise EvidenceError(
                "--files scans whole files, wherever their pieces lie; --in scans regions",
                remedy="Give --files or --in, not both of them.",
            )
        scanner = Scanner(rules, limit_s=limit_s)
        line.update(rules_sha256=digest_file(rules).sha256, hits=0)
        try:
            found = _in_files(scanner, target, tell) if files else _hits(scanner, target, regions, tell, watch)
            for hit in found:
                line["hits"] += 1
                yield hit
        finally:
            for problem in scanner.problems:
                tell(problem)


def _hits(
    scanner: Scanner,
    target: Path,
    regions: "frozenset[Region] | None",
    tell: Callable[[str], None],
    watch: Watch,
) -> Iterator[ScanHit]:
    if target.is_dir():
        if regions is not None:
            raise _no_regions(target)
        yield from _in_folder(scanner, target, tell)
        return
    with open_image(target) as image:
        # A raw image is scanned as one file whatever is on it; YARA begins while its volumes and owners are looked up.
        whole = scanner.begin(image.path) if image.container == "raw" and regions is None else None
        volumes = volumes_if_any(image)
        if image.container not in ("E01", "split raw") and not any(volume.filesystem for volume in volumes):
            if regions is not None:
                raise _no_regions(target)
            if whole and image.size_bytes >= _SMALLEST_MEMORY_BYTES:
                yield from _with_owners(target, whole, tell)  # they are looked up while YARA scans
            else:
                yield from _in_memory(target, whole() if whole else scanner.file(target), tell)
        else:
            from labkit.evidence.carving.carve import space_of
            from labkit.evidence.owners import MediumMap

            owners = MediumMap(image, volumes)
            space = space_of(image, owners, regions)
            for hit in whole() if whole else scanner.space(space, watch):
                place = None if hit.offset_bytes is None else owners.at(space.place(hit.offset_bytes))
                yield ScanHit(image.path, hit, place)


def _in_files(scanner: Scanner, target: Path, tell: Callable[[str], None]) -> Iterator[ScanHit]:
    if target.is_dir():
        raise _no_image(target)
    from labkit.evidence.disk import VolumeReader
    from labkit.evidence.owners import MediumMap

    with open_image(target) as image:
        owners = MediumMap(image)
        if not owners.volumes:
            raise _no_image(target)
        for volume in owners.volumes:
            reader = VolumeReader(image, volume.volume)
            for address, blocks in reader.contents():
                owner = volume.owner_of(address) or Owner(volume.volume.number, "", address, None, deleted=False)
                hits = scanner.content(owner.path or str(address), _readable(blocks, owner, tell))
                yield from (ScanHit(target, hit, None, owner) for hit in hits)
            for problem in reader.problems:
                tell(f"volume {volume.volume.number}: {problem}")


def _readable(blocks: Iterator[bytes], owner: Owner, tell: Callable[[str], None]) -> Iterator[bytes]:
    """Yield what can be read of a content, and tell where that is not all."""
    try:
        yield from blocks
    except EvidenceError as error:
        tell(
            f"{owner.path or owner.address} in volume {owner.volume} is scanned only so far as it can be read: {error}"
        )


def _in_memory(target: Path, hits: Iterator[RuleHit], tell: Callable[[str], None]) -> Iterator[ScanHit]:
    """Yield hits in a file without a file system; with their owners, if it is a memory image."""
    first = next(hits, None)
    if first is not None:
        yield from _with_owners(target, lambda: chain([first], hits), tell)


def _with_owners(target: Path, hits: Callable[[], Iterator[RuleHit]], tell: Callable[[str], None]) -> Iterator[ScanHit]:
    from labkit.usecases.memory_owners import memory_owners

    with memory_owners(target, tell) as owner_at:
        for hit in hits():
            yield ScanHit(target, hit, None, memory=None if hit.offset_bytes is None else owner_at(hit.offset_bytes))


def _in_folder(scanner: Scanner, folder: Path, tell: Callable[[str], None]) -> Iterator[ScanHit]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(place, name) for name in sorted(names)):
            if path.is_symlink() or not path.is_file():
                continue
            try:
                found = list(scanner.file(path))
            except OSError as error:
                tell(f"{path} can not be read: {error.strerror or error}")
                continue
            yield from (ScanHit(path, hit, None) for hit in found)


def _no_image(target: Path) -> EvidenceError:
    return EvidenceError(
        f"{target.name} is no image with a file system, so there are no files inside it",
        remedy="Leave --files out; each file of a folder is scanned as a whole anyway.",
    )


def _no_regions(target: Path) -> EvidenceError:
    return EvidenceError(
        f"{target.name} has no regions: it is no image with a file system", remedy="Leave --in out, or name an image."
    )
