"""One NTFS record as the Sleuth Kit's library has it, with no reader of labkit's own between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.detail import Attribute, Geometry, attributes
from labkit.evidence.file_names import DOS_NAMESPACE, file_names
from labkit.evidence.image import Image
from labkit.evidence.rows import DATA, NANOSECONDS
from labkit.evidence.slack import slack_bytes
from labkit.evidence.timestamps import moment
from labkit.evidence.tsk import TskImage, open_filesystem
from labkit.model.volumes import Volume

_DELETED = int(pytsk3.TSK_FS_META_FLAG_UNALLOC)


@dataclass(frozen=True, slots=True)
class TskStream:
    """The unnamed content or a named stream. Runs are (offset, size) in bytes from byte 0 of the medium."""

    name: str | None
    content: bytes
    slack: bytes
    runs: tuple[tuple[int, int], ...]  # whole clusters; none inside a record


@dataclass(frozen=True, slots=True)
class TskRecord:
    """One record. Times are aware UTC, cut to microseconds; None where there is none."""

    address: int
    sequence: int
    live: bool
    name: str
    parent_address: int
    times: Mapping[str, datetime | None]  # born, modified, changed, accessed, name_born, name_modified
    streams: tuple[TskStream, ...]

    @property
    def content(self) -> TskStream:
        """Return the unnamed content; an empty one where there is none."""
        return next((one for one in self.streams if one.name is None), TskStream(None, b"", b"", ()))


def tsk_record(image: Image, volume: Volume, address: int) -> TskRecord:
    """Return the record at an address of an NTFS volume, with its content.

    Raises:
        EvidenceError: The Sleuth Kit can not open the volume, or read the record.
    """
    tsk_image = TskImage(image)
    filesystem = open_filesystem(tsk_image, volume.start_bytes)
    try:
        if filesystem is None:
            raise OSError("no file system")  # noqa: TRY301 - told in one way with the rest
        record = filesystem.open_meta(address)
        geometry = Geometry(image, volume, filesystem)
        found = attributes(record, geometry)
        streams = tuple(_stream(image, record, one, geometry) for one in found if one.type == DATA)
    except OSError as error:
        tsk_image.check()
        raise EvidenceError(
            f"the Sleuth Kit can not read record {address} of volume {volume.number} of {image.path.name}: {error}",
            remedy="See with labkit image ls whether there is such a record.",
        ) from error
    tsk_image.check()
    meta = record.info.meta
    times = {
        "born": _time(meta.crtime, meta.crtime_nano),
        "modified": _time(meta.mtime, meta.mtime_nano),
        "changed": _time(meta.ctime, meta.ctime_nano),
        "accessed": _time(meta.atime, meta.atime_nano),
    }
    name, parent = "", 0
    for file_name in file_names(record):
        if file_name.namespace != DOS_NAMESPACE:
            name, parent = file_name.times.name, file_name.times.parent_address
            times["name_born"] = moment(file_name.times.born_ns)
            times["name_modified"] = moment(file_name.times.modified_ns)
            break
    return TskRecord(
        address=int(meta.addr),
        sequence=int(meta.seq),
        live=not int(meta.flags) & _DELETED,
        name=name,
        parent_address=parent,
        times=times,
        streams=streams,
    )


def _stream(image: Image, record: Any, attribute: Attribute, geometry: Geometry) -> TskStream:
    size = attribute.size_bytes
    content = bytes(record.read_random(0, size, attribute.type, attribute.id)) if size else b""
    runs = () if attribute.resident else attribute.runs
    places = tuple((run.offset_bytes, run.size_bytes) for run in runs if run.offset_bytes is not None)
    return TskStream(attribute.name, content, slack_bytes(image, attribute, geometry.cluster_bytes), places)


def _time(seconds: Any, nanoseconds: Any) -> datetime | None:
    return moment(int(seconds) * NANOSECONDS + int(nanoseconds))
