"""What a reader says about an image: entries, digests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from labkit.model.entry_type import EntryType


@dataclass(frozen=True, slots=True)
class Digests:
    """All digests of one object. Hexadecimal digits are lower case."""

    size_bytes: int
    md5: str
    sha1: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One name in a file system, allocated or deleted. Times are aware UTC; None where there is none.

    ``address`` is the inode, MFT record number or the Sleuth Kit's FAT entry address. On FAT the medium stores
    local times without a zone; a reader shifts them by the zone it was told, else it takes them as UTC.
    """

    volume: int
    path: str  # starts with "/" at the root of its volume
    type: EntryType
    address: int
    size_bytes: int
    deleted: bool
    born_utc: datetime | None
    modified_utc: datetime | None
    changed_utc: datetime | None
    accessed_utc: datetime | None
    stream: str | None = None  # the name of a named data stream, on a row of its own


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What an image is, before anything inside it is looked at."""

    container: str  # "raw", "split raw", "E01", "gzip"
    segments: tuple[str, ...]
    media_size_bytes: int
    bytes_per_sector: int
    stored_digests: Mapping[str, str] = field(default_factory=dict)  # algorithm -> hex, as the container says
    metadata: Mapping[str, str] = field(default_factory=dict)  # case number, examiner, ...: header values
