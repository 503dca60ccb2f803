"""A second opinion on an NTFS volume: libfsntfs, which shares no code with the Sleuth Kit.

It reads live and deleted records. Its change journal is not read here: version 20260827 does not come to an end of one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence.file_names import DOS_NAMESPACE, FILE_NAME, unix_ns
from labkit.evidence.image import Image
from labkit.evidence.timestamps import moment
from labkit.evidence.volume_file import VolumeFile
from labkit.model.volumes import Volume

_ROOT = 5
_RECORD_NUMBER = (1 << 48) - 1  # of a file reference; its sequence number stands above
_SPARSE = 1  # flag of an extent
_DEEPEST = 64  # folders in one another; a damaged record may name itself as its own parent

Runs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """A named stream of a record. Runs are (offset, size) in bytes from byte 0 of the medium, whole clusters."""

    name: str
    content: bytes
    runs: Runs


@dataclass(frozen=True, slots=True)
class Record:
    """One MFT record as libfsntfs sees it. Times are aware UTC, cut to microseconds; None where there is none."""

    address: int
    sequence: int  # that the record states now
    path: str  # along the parents that the records name
    name: str
    parent_address: int
    live: bool
    size_bytes: int
    content: bytes
    runs: Runs  # of the unnamed content
    times: dict[str, datetime | None]  # born, modified, changed, accessed, name_born, name_modified
    streams: tuple[Stream, ...]


class LibfsntfsVolume:
    """An NTFS volume that libfsntfs has open.

    Raises:
        EvidenceError: libfsntfs can not open it; also from every method, where it can not read something.
    """

    def __init__(self, image: Image, volume: Volume) -> None:
        import pyfsntfs

        self._image, self._volume = image, volume
        self._handle = pyfsntfs.volume()
        try:
            self._handle.open_file_object(VolumeFile(image, volume))
        except OSError as error:
            raise self._unreadable("", error) from error
        self.label = str(self._handle.name or "")
        self.serial = int(self._handle.serial_number)
        self.cluster_bytes = int(self._handle.cluster_block_size)

    def record(self, address: int) -> Record:
        """Return one record, live or deleted, with its content."""
        try:
            entry = self._handle.get_file_entry(address)
            number, sequence = _reference(entry.file_reference)
            times, name, parent = self._times_and_name(entry)
            size = int(entry.size) if entry.has_default_data_stream() else 0
            return Record(
                address=number,
                sequence=sequence,
                path=f"{self.path_of(parent)}/{name}",
                name=name,
                parent_address=parent,
                live=bool(entry.is_allocated()),
                size_bytes=size,
                content=bytes(entry.read_buffer_at_offset(size, 0)) if size else b"",
                runs=self._runs(entry) if size else (),
                times=times,
                streams=tuple(self._stream(stream) for stream in entry.alternate_data_streams),
            )
        except OSError as error:
            raise self._unreadable(f"record {address} of ", error) from error

    def address_of(self, path: str) -> int | None:
        """Return the record number of the live entry at a path, found through the indexes of its folders."""
        try:
            entry = self._handle.get_file_entry_by_path(path.replace("/", "\\"))
        except OSError as error:
            raise self._unreadable(f"{path} on ", error) from error
        return None if entry is None else _reference(entry.file_reference)[0]

    def path_of(self, address: int) -> str:
        """Return the path of a folder along the parents that the records name; empty for the root."""
        parts: list[str] = []
        try:
            while address != _ROOT and len(parts) < _DEEPEST:
                _, name, address = self._times_and_name(self._handle.get_file_entry(address))
                parts.append(f"/{name}")
        except OSError as error:
            raise self._unreadable(f"record {address} of ", error) from error
        return "".join(reversed(parts))

    def live_paths(self) -> Iterator[tuple[str, int]]:
        """Yield path and record number of every live entry but the root, each folder before what it holds."""
        try:
            yield from self._below(self._handle.get_root_directory(), "")
        except OSError as error:
            raise self._unreadable("the folders of ", error) from error

    def owned(self) -> Iterator[tuple[int, int, int]]:
        """Yield (record number, offset, size) of each run of unnamed content and named streams of live records."""
        for number in range(int(self._handle.number_of_file_entries)):
            try:
                entry = self._handle.get_file_entry(number)
                if not entry.is_allocated():
                    continue
                streams = [*([entry] if entry.has_default_data_stream() else []), *entry.alternate_data_streams]
                for stream in streams:
                    for offset, size in self._runs(stream):
                        yield number, offset, size
            except OSError:
                continue  # a record that was never used, or one that continues another

    def _below(self, folder: Any, prefix: str) -> Iterator[tuple[str, int]]:
        for entry in folder.sub_file_entries:
            path = f"{prefix}/{entry.name}"
            number = _reference(entry.file_reference)[0]
            yield path, number
            if number != _ROOT and entry.has_directory_entries_index() and path.count("/") < _DEEPEST:
                yield from self._below(entry, path)

    def _times_and_name(self, entry: Any) -> tuple[dict[str, datetime | None], str, int]:
        """Return the times of a record and of its long name, that name, and the record number of its folder."""
        times = {
            "born": _time(entry.get_creation_time_as_integer()),
            "modified": _time(entry.get_modification_time_as_integer()),
            "changed": _time(entry.get_entry_modification_time_as_integer()),
            "accessed": _time(entry.get_access_time_as_integer()),
        }
        for attribute in entry.attributes:
            if int(attribute.attribute_type) == FILE_NAME and int(attribute.name_space) != DOS_NAMESPACE:
                times["name_born"] = _time(attribute.get_creation_time_as_integer())
                times["name_modified"] = _time(attribute.get_modification_time_as_integer())
                return times, str(attribute.name), _reference(attribute.parent_file_reference)[0]
        return times, "", _ROOT

    def _stream(self, stream: Any) -> Stream:
        size = int(stream.size)
        return Stream(
            str(stream.name), bytes(stream.read_buffer_at_offset(size, 0)) if size else b"", self._runs(stream)
        )

    def _runs(self, stream: Any) -> Runs:
        extents = (stream.get_extent(number) for number in range(stream.number_of_extents))
        start = self._volume.start_bytes
        return tuple((start + int(offset), int(size)) for offset, size, flags in extents if not flags & _SPARSE)

    def _unreadable(self, what: str, error: OSError) -> EvidenceError:
        return EvidenceError(
            f"libfsntfs can not read {what}volume {self._volume.number} of {self._image.path.name}: {error}",
            remedy="Compare with labkit image ls; if only one of the two readers fails, the volume is damaged.",
        )


def _reference(value: int) -> tuple[int, int]:
    return int(value) & _RECORD_NUMBER, int(value) >> 48


def _time(ticks: int) -> datetime | None:
    return moment(unix_ns(ticks))
