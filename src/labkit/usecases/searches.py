"""What an examiner looks for in a whole medium: words, lost files, what lies in slack.

Each verb leaves a line in the examination log of the workspace it is in.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labkit.atomic import whole_file
from labkit.errors import EvidenceError, StorageError
from labkit.evidence.carving import carve as carving
from labkit.evidence.carving.carve import Carved
from labkit.evidence.carving.extent import Confidence
from labkit.evidence.image import open_image
from labkit.evidence.owner_table import Owner
from labkit.evidence.owners import MediumMap, Region
from labkit.evidence.search import Hit
from labkit.evidence.search import search as search_image
from labkit.evidence.slack_space import SlackPiece, slack_pieces
from labkit.evidence.space import Space
from labkit.evidence.strings import SHORTEST, Text, printable_texts
from labkit.evidence.verify import Watch, unwatched
from labkit.evidence.words import needles
from labkit.usecases.examiner import examined


def regions_named(text: str | None) -> frozenset[Region] | None:
    """Return the regions that a list such as ``slack,unallocated`` names; None for ``all`` and where there is no list.

    Raises:
        EvidenceError: One of them is no region.
    """
    if text is None or text.strip().lower() == "all":
        return None
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [name for name in names if name not in set(Region)]
    if unknown or not names:
        raise EvidenceError(
            f"{', '.join(unknown) or repr(text)} is no region of a medium",
            remedy=f"Name one or more of {', '.join(Region)}, with commas between them.",
        )
    return frozenset(Region(name) for name in names)


def search(
    path: Path,
    words: Sequence[str],
    *,
    encodings: Sequence[str] = (),
    case: bool = False,
    regions: frozenset[Region] | None = None,
    under: str | None = None,
    watch: Watch = unwatched,
) -> Iterator[Hit]:
    """Yield where words stand on a medium.

    Args:
        path: The image.
        words: What to look for.
        encodings: In which encodings, names of ``evidence.words.ENCODINGS``; all if empty.
        case: Whether capital and small letters count as different.
        regions: Only hits whose first byte lies in one of these.
        under: Only hits in the file or directory of this path.
        watch: Is shown the blocks of the medium as they are read.

    Raises:
        EvidenceError: The image can not be read, or a word can not be searched for.
    """
    details: dict[str, Any] = {"words": list(words)}
    details |= {"encodings": list(encodings)} if encodings else {}
    details |= {"case": True} if case else {}
    details |= {"in": sorted(regions)} if regions is not None else {}
    details |= {"under": under} if under is not None else {}
    with examined("image search", path, details) as line:
        wanted = needles(words, encodings, case=case)
        line["hits"] = 0
        with open_image(path) as image:
            for hit in search_image(image, MediumMap(image), wanted, watch):
                if (regions is None or region_of(hit) in regions) and is_under(owner_of(hit), under):
                    line["hits"] += 1
                    yield hit


def slack(
    path: Path,
    *,
    shortest: int,
    empty: bool = False,
    under: str | None = None,
    watch: Watch = unwatched,
) -> Iterator[tuple[SlackPiece, tuple[Text, ...]]]:
    """Yield the slack of a medium and the readable text in each piece of it.

    Args:
        path: The image.
        shortest: Text of at least this many characters.
        empty: Whether pieces that hold nothing but zeros are wanted too.
        under: Only the slack of the file or directory of this path.
        watch: Is shown the records of the MFT as they are read.

    Raises:
        EvidenceError: The image can not be read, or ``shortest`` is too small.
    """
    details: dict[str, Any] = {"shortest": shortest} | ({"under": under} if under is not None else {})
    with examined("image slack", path, details) as line:
        if shortest < SHORTEST:
            raise EvidenceError(
                f"text of {shortest} characters is found in any bytes", remedy=f"Give --strings {SHORTEST} or more."
            )
        line["pieces"] = 0
        with open_image(path) as image:
            for piece in slack_pieces(image, MediumMap(image), watch):
                if (empty or any(piece.data)) and is_under(piece.owner, under):
                    line["pieces"] += 1
                    yield piece, printable_texts(piece.data, shortest)


def carve(
    path: Path,
    *,
    regions: frozenset[Region] | None = frozenset({Region.UNALLOCATED}),
    kinds: frozenset[str] | None = None,
    out: Path | None = None,
    watch: Watch = unwatched,
) -> Iterator[tuple[Carved, Path | None]]:
    """Yield what is found by structure on a medium, and the file that it was written to.

    Args:
        path: The image.
        regions: Which regions are looked at, one stretch behind the other; None for the medium as it is.
        kinds: Only these kinds of content, keys of ``evidence.carving.carve.ENDINGS``.
        out: A folder to write to, made if it is not there. Headers without content and parts of other objects are not
            written.
        watch: Is shown the blocks as they are read.

    Raises:
        EvidenceError: The image can not be read, or a kind is unknown.
        StorageError: A file exists already, or can not be written.
    """
    details: dict[str, Any] = {"in": sorted(regions) if regions is not None else ["all"]}
    details |= {"kinds": sorted(kinds)} if kinds is not None else {}
    details |= {"out": str(out)} if out is not None else {}
    with examined("image carve", path, details) as line:
        unknown = sorted((kinds or frozenset()) - set(carving.ENDINGS))
        if unknown:
            raise EvidenceError(
                f"{', '.join(unknown)} is no kind of content that labkit carves",
                remedy=f"Name one or more of {', '.join(carving.ENDINGS)}.",
            )
        line.update(found=0, written=0)
        with open_image(path) as image:
            if out is not None:
                _make_folder(out)
            owners = MediumMap(image)
            space = carving.space_of(image, owners, regions)
            for found in carving.carve(space, owners, watch):
                if kinds is not None and found.kind not in kinds:
                    continue
                written = _written(space, found, out) if out is not None else None
                line["found"] += 1
                line["written"] += written is not None
                yield found, written


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise StorageError(f"{folder} is a file", remedy="Name a folder with --out.")
    folder.mkdir(parents=True, exist_ok=True)


def _written(space: Space, found: Carved, folder: Path) -> Path | None:
    """Write what was found to a file named after its place on the medium; return None for what is not written."""
    if found.confidence is Confidence.HEADER_ONLY or found.embedded_in is not None:
        return None
    target = folder / f"{found.offset_bytes:012d}.{carving.ENDINGS[found.kind]}"
    if target.exists():
        raise StorageError(
            f"{target} exists already", remedy="Nothing is overwritten. Choose an empty folder with --out."
        )
    free = shutil.disk_usage(folder).free
    if free < found.size_bytes:
        raise StorageError(
            f"the disk of {folder} has {free} bytes free, {target.name} needs {found.size_bytes}",
            remedy="Make room, or choose a folder on another disk with --out.",
        )
    with whole_file(target) as partial, partial.open("wb") as file:
        for block in carving.content(space, found):
            file.write(block)
    return target


def owner_of(hit: Hit) -> Owner | None:
    """Return the file that a hit stands in."""
    if hit.content is not None:
        return hit.content.owner
    return None if hit.place is None else hit.place.owner


def region_of(hit: Hit) -> Region:
    """Return the region of a hit; content of a compressed file has the region of its file."""
    if hit.place is not None:
        return hit.place.region
    owner = owner_of(hit)
    return Region.UNALLOCATED if owner is not None and owner.deleted else Region.ALLOCATED


def is_under(owner: Owner | None, path: str | None) -> bool:
    """Return whether a file is the one at ``path`` or lies below it; always without a path."""
    if path is None:
        return True
    if owner is None:
        return False
    wanted, found = path.rstrip("/").casefold(), owner.path.casefold()
    return found == wanted or found.startswith(wanted + "/")
