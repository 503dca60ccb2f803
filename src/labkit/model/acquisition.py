"""What an acquisition leaves behind: the provenance record, schema ``labkit-acquisition/1``.

A record says what was copied, with what, when, and what the copy is. Records of the kit's own acquisitions are whole;
those read from another tool's log have None or nothing where that log is silent. Times are in UTC.
"""

from dataclasses import dataclass
from datetime import datetime

SCHEMA = "labkit-acquisition/1"


@dataclass(frozen=True, slots=True)
class SectorRun:
    """Consecutive sectors: the first, counted from 0 of the medium, and how many."""

    lba: int
    count: int

    @property
    def end(self) -> int:
        """Return the sector behind the last one."""
        return self.lba + self.count


@dataclass(frozen=True, slots=True)
class InstrumentUsed:
    """The tool, its version, and how it was called."""

    name: str
    version: str = ""
    options: str = ""


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The source medium as it told its identity. ``sectors`` are those that could be reached."""

    make: str = ""
    model: str = ""
    serial: str = ""
    connection: str = ""
    sector_bytes: int | None = None
    sectors: int | None = None
    hidden_sectors: int = 0
    hidden_by: str = ""  # HPA or DCO
    hidden_acquired: bool = False


@dataclass(frozen=True, slots=True)
class WriteProtection:
    """What stood between the examiner's computer and the source. ``kind`` is hw, sw or none."""

    kind: str
    id: str = ""
    make: str = ""
    model: str = ""
    firmware: str = ""
    tested_at: datetime | None = None
    test_passed: bool | None = None
    justification: str = ""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One file of the image, with the digest of the file itself (not of the medium in it)."""

    name: str
    size_bytes: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class MediaDigests:
    """Digests of the medium; empty where a tool did not compute one."""

    md5: str = ""
    sha1: str = ""
    sha256: str = ""

    def agrees(self, other: "MediaDigests") -> bool | None:
        """Return whether all digests that both have are the same; None if they have none in common."""
        pairs = [
            (getattr(self, name), getattr(other, name))
            for name in ("md5", "sha1", "sha256")
            if getattr(self, name) and getattr(other, name)
        ]
        return all(mine == theirs for mine, theirs in pairs) if pairs else None


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """The image: container, how it is stored, how long its medium is, and its files."""

    container: str  # raw or E01
    media_bytes: int | None = None
    compression: str = ""
    files: tuple[ImageFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """The image was read again after it was written."""

    agrees: bool
    digests: MediaDigests = MediaDigests()
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stop, and the going on after it.

    ``reached_lba`` is the first sector that was not safely in the image when it stopped; reading went on there.
    """

    reason: str  # cable, destination-full, destination, stopped, unknown
    at: datetime
    reached_lba: int
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What stands in the header of the image."""

    case_number: str = ""
    evidence_number: str = ""
    examiner: str = ""
    description: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ProvenanceRecord:
    """One acquisition, from the device to the verified image."""

    tool: InstrumentUsed
    case: CaseDetails
    source: SourceDescription
    image: ImageDescription
    digests: MediaDigests
    started_at: datetime | None = None
    ended_at: datetime | None = None
    write_protection: WriteProtection | None = None
    verification: Verification | None = None
    read_errors: tuple[SectorRun, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    read_from: str = ""  # the log of another tool that this record was read from

    @property
    def unreadable_sectors(self) -> int:
        """Return how many sectors could not be read."""
        return sum(run.count for run in self.read_errors)
