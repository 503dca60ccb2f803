"""Digests of the medium and, apart from it, of the files that hold it; and whether a container tells the truth.

A bit that flips inside an E01 gives wrong bytes and no error: only computing everything anew and comparing shows it.
Of an E01 every checksum of its sections and chunks is computed too (``evidence/ewf``), because its digests say nothing
of the header values, and not where the damage is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.image import Image
from labkit.hashing import digest_blocks, file_blocks
from labkit.model.evidence import Digests

# Passes blocks on and shows how far they are: (blocks, their size in bytes, what they are).
Watch = Callable[[Iterable[bytes], int, str], Iterable[bytes]]
ALGORITHMS = ("md5", "sha1", "sha256")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was computed over the medium beside what was recorded.

    ``agrees`` is None where nothing that can be compared was recorded; it is True only if every recorded digest
    is the computed one and the container is sound. ``damage`` holds a sentence for each damaged place of it.
    """

    computed: Digests
    stored: Mapping[str, str]
    agrees: bool | None
    damage: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the algorithms whose digests differ."""
        return tuple(
            name for name in ALGORITHMS if name in self.stored and self.stored[name] != getattr(self.computed, name)
        )


def unwatched(blocks: Iterable[bytes], size_bytes: int, what: str) -> Iterable[bytes]:  # noqa: ARG001
    """Pass the blocks on, unseen."""
    return blocks


def media_digests(image: Image, watch: Watch = unwatched) -> Digests:
    """Return the digests of the medium: of the disk, not of the file that holds it."""
    return digest_blocks(watch(image.blocks(), image.size_bytes, "medium"))


def stretch_digests(image: Image, start_bytes: int, size_bytes: int, watch: Watch = unwatched) -> Digests:
    """Return the digests of the bytes ``[start_bytes, start_bytes + size_bytes)`` of the medium.

    Raises:
        EvidenceError: The stretch is empty or does not lie on the medium.
    """
    if not 0 <= start_bytes < start_bytes + size_bytes <= image.size_bytes:
        raise EvidenceError(
            f"{size_bytes} bytes from byte {start_bytes} on do not lie on the medium of {image.size_bytes} bytes",
            remedy="Count both in bytes: sectors times the sector size, 512 with most media.",
        )
    return digest_blocks(watch(image.blocks(start_bytes, size_bytes), size_bytes, "stretch"))


def container_digests(path: Path | tuple[Path, ...], watch: Watch = unwatched) -> Digests:
    """Return the digests of a container file; of several segments, of their bytes in order."""
    paths = path if isinstance(path, tuple) else (path,)
    size_bytes = sum(part.stat().st_size for part in paths)
    return digest_blocks(watch(_joined(paths), size_bytes, "container"))


def _joined(paths: tuple[Path, ...]) -> Iterator[bytes]:
    for path in paths:
        yield from file_blocks(path)


def compare(computed: Digests, stored: Mapping[str, str]) -> Verification:
    """Compare computed digests with recorded ones (algorithm to hexadecimal digits)."""
    comparable = {name: value.lower() for name, value in stored.items() if name in ALGORITHMS}
    if not comparable:
        return Verification(computed, comparable, None)
    agrees = all(getattr(computed, name) == value for name, value in comparable.items())
    return Verification(computed, comparable, agrees)


def verify(image: Image, watch: Watch = unwatched) -> Verification:
    """Compute the digests of the medium and compare them with those that the container states.

    Raises:
        EvidenceError: The container is damaged so that its medium can not be read.
    """
    if image.container != "E01":
        return compare(media_digests(image, watch), image.stored_digests)
    computed, damage = _checked_digests(image, watch)
    compared = compare(computed, image.stored_digests)
    return replace(compared, agrees=False, damage=damage) if damage else compared


def _checked_digests(image: Image, watch: Watch) -> tuple[Digests, tuple[str, ...]]:
    """Return the digests of an E01's medium, and what does not fit its checksum."""
    from labkit.evidence.ewf.medium import DamagedEwfError, EwfMedium, UnusualEwfError

    try:
        medium = EwfMedium(image.segments)
        if medium.size_bytes != image.size_bytes:
            return media_digests(image, watch), ()
        computed = digest_blocks(watch(medium.blocks(), image.size_bytes, "medium"))
    except UnusualEwfError:
        return media_digests(image, watch), ()
    except DamagedEwfError as error:
        raise EvidenceError(
            f"{image.path.name} is damaged: {error}",
            remedy="Do not examine this copy. Copy the image again from its master and compare its digest.",
        ) from error
    return computed, tuple(medium.damage)
