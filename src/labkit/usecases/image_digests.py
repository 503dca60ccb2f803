"""The digests of an image, and whether they are the recorded ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.errors import EvidenceError
from labkit.evidence.image import open_image
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
from labkit.model.evidence import Digests
from labkit.usecases.examiner import examined


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
