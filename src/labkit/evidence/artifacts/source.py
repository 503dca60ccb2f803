"""One file of a volume that may hold artifacts, live or deleted."""

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from labkit.errors import EvidenceError
from labkit.evidence.artifacts.record import ArtifactRecord, Value
from labkit.evidence.disk import VolumeReader
from labkit.evidence.isolation import alive
from labkit.evidence.rows import Row
from labkit.evidence.timestamps import moment

IN_MEMORY_BYTES = 64 << 20
LARGEST_BYTES = 4 << 30  # no artifact file is larger; a damaged record may claim any size


class DamagedArtifactError(Exception):
    """A file does not hold what its kind of file holds. The message completes "PATH: ..."."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a named stream of one, and what its records have in common.

    ``zone`` is the IANA zone of the machine for the local times inside files; None where it is not known.
    """

    reader: VolumeReader
    path: str
    stream: str | None
    address: int
    size_bytes: int
    deleted: bool
    born_utc: datetime | None
    modified_utc: datetime | None
    zone: str | None = None

    @classmethod
    def of_row(cls, reader: VolumeReader, row: Row, zone: str | None) -> "Source":
        """Return the source that a row of a listing stands for."""
        return cls(
            reader,
            row.path,
            row.stream,
            row.address,
            row.size_bytes,
            row.deleted,
            moment(row.born_ns),
            moment(row.modified_ns),
            zone,
        )

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def shown_path(self) -> str:
        """The path with the name of the stream, if any, behind a colon."""
        return f"{self.path}:{self.stream}" if self.stream else self.path

    def sibling(self, name: str) -> "Source | None":
        """Return the live file of that name in the same folder; None if there is none."""
        path = f"{self.path.rpartition('/')[0]}/{name}"
        try:
            address = self.reader.find(path)
            content = self.reader.content(address)
        except EvidenceError:
            return None
        if content.deleted:
            return None
        return Source(self.reader, path, None, address, content.size_bytes, False, None, None, self.zone)

    def has_sibling(self, name: str) -> bool:
        """Return whether a live file or folder of that name lies in the same folder."""
        try:
            address = self.reader.find(f"{self.path.rpartition('/')[0]}/{name}")
        except EvidenceError:
            return False
        return not self.reader.is_deleted(address)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Yield the content as a file: in memory, or in a temporary file if it is large.

        Raises:
            DamagedArtifactError: It is too large to be looked at.
            EvidenceError: It can not be read.
        """
        self._check_size()
        if self.size_bytes <= IN_MEMORY_BYTES:
            yield io.BytesIO(b"".join(self._blocks()))
            return
        with tempfile.TemporaryFile(prefix="labkit-artifact-") as file:
            file.writelines(self._blocks())
            file.seek(0)
            yield file

    def content(self, most_bytes: int = IN_MEMORY_BYTES) -> bytes:
        """Return the content.

        Raises:
            DamagedArtifactError: It has more than ``most_bytes``.
            EvidenceError: It can not be read.
        """
        if self.size_bytes > most_bytes:
            raise DamagedArtifactError(f"it has {self.size_bytes} bytes, more than such a file has ({most_bytes})")
        return b"".join(self._blocks())

    def copy_to(self, path: Path) -> None:
        """Write the content to a new file.

        Raises:
            DamagedArtifactError: It is too large to be looked at, or the disk has no room.
            EvidenceError: It can not be read.
        """
        self._check_size()
        free = shutil.disk_usage(path.parent).free
        if free < self.size_bytes:
            raise DamagedArtifactError(f"it has {self.size_bytes} bytes, and the temporary folder has {free} free")
        with path.open("xb") as file:
            file.writelines(self._blocks())

    def record(
        self,
        kind: str,
        at: datetime | None,
        what: str,
        details: Mapping[str, Value],
        *,
        offset_bytes: int | None = None,
        recovered: bool = False,
    ) -> ArtifactRecord:
        """Return a record out of this file; all records of a deleted file are recovered ones."""
        return ArtifactRecord(
            kind=kind,
            at_utc=at,
            what=what,
            details=details,
            source_volume=self.reader.volume.number,
            source_path=self.shown_path,
            source_address=self.address,
            offset_bytes=offset_bytes,
            recovered=recovered or self.deleted,
        )

    def _check_size(self) -> None:
        if self.size_bytes > LARGEST_BYTES:
            raise DamagedArtifactError(f"it has {self.size_bytes} bytes; files over {LARGEST_BYTES} are not looked at")

    def _blocks(self) -> Iterator[bytes]:
        for block in self.reader.read(self.address, stream=self.stream):
            alive()
            yield block
