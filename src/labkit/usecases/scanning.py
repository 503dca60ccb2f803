"""YARA rules over a file, a folder, or a medium; each hit with its owner."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
from labkit.evidence.verify import Watch, unwatched
from labkit.evidence.volumes import volumes_if_any
from labkit.evidence.yara_scan import RuleHit, Scanner
from labkit.hashing import digest_file
from labkit.usecases.examiner import examined

if TYPE_CHECKING:
    from labkit.evidence.owners import Place, Region


@dataclass(frozen=True, slots=True)
class ScanHit:
    """A hit, the file that was scanned and, where that is an image, the place on its medium."""

    file: Path
    hit: RuleHit
    place: "Place | None"


def scan(
    rules: Path,
    target: Path,
    *,
    regions: "frozenset[Region] | None" = None,
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
        limit_s: The time that the rules may take, all in all.
        tell: Is told of everything that could not be scanned or not to its end.
        watch: Is shown the blocks of a medium as they are read.

    Raises:
        EvidenceError: The rules do not compile, the target can not be read or has no regions, or the time is up.
    """
    details: dict[str, Any] = {"rules": str(rules)} | ({} if regions is None else {"in": sorted(regions)})
    with examined("yara", target, details) as line:
        scanner = Scanner(rules, limit_s=limit_s)
        line.update(rules_sha256=digest_file(rules).sha256, hits=0)
        try:
            for hit in _hits(scanner, target, regions, tell, watch):
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
            yield from (ScanHit(target, hit, None) for hit in (whole() if whole else scanner.file(target)))
        else:
            from labkit.evidence.carving.carve import space_of
            from labkit.evidence.owners import MediumMap

            owners = MediumMap(image, volumes)
            space = space_of(image, owners, regions)
            for hit in whole() if whole else scanner.space(space, watch):
                place = None if hit.offset_bytes is None else owners.at(space.place(hit.offset_bytes))
                yield ScanHit(image.path, hit, place)


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


def _no_regions(target: Path) -> EvidenceError:
    return EvidenceError(
        f"{target.name} has no regions: it is no image with a file system", remedy="Leave --in out, or name an image."
    )
