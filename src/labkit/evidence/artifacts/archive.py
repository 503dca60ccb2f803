"""What zip archives hold: names, sizes and times of their members.

The time that all archives have is the local one of the machine that packed them; many programs add one in UTC. Sources:
PKWARE, "APPNOTE.TXT", 4.3.12 (central directory), 4.4.6 (times in steps of two seconds, without a zone) and 4.5.1
(extra fields); Info-ZIP, "extrafld.txt", the field 0x5455.
"""

import struct
import zipfile
from collections.abc import Iterator
from datetime import datetime

from labkit.evidence.artifacts.moments import from_local, from_unix_seconds
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source
from labkit.evidence.isolation import alive

_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")  # with members, and without any
_ENCRYPTED = 0x0001
_FIELD = struct.Struct("<HH")  # identifier, size
_UNIX_TIMES, _HAS_MODIFIED = 0x5455, 1
_MODIFIED = struct.Struct("<BI")  # which times follow, the last change in seconds since 1970


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    with source.opened() as file:
        if file.read(4) not in _BEGINS:
            return  # its name promises an archive, and its content is something else
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error) as error:
            raise DamagedArtifactError(f"the archive is damaged ({error})") from error
    for member in members:
        alive()
        local = _local(member.date_time)
        details = known(
            time_of=None if local is None else "last change of the member when it was packed",
            member=member.filename,
            size_bytes=member.file_size,
            packed_bytes=member.compress_size,
            at_local=None if local is None else local.isoformat(),
            encrypted=bool(member.flag_bits & _ENCRYPTED),
            comment=member.comment.decode("utf-8", "backslashreplace"),
        )
        at = _stored_in_utc(member.extra) or (None if local is None else from_local(local, source.zone))
        what = f"{source.name} holds {member.filename}"
        yield source.record("archive", at, what, details, offset_bytes=member.header_offset)


def _local(parts: tuple[int, ...]) -> datetime | None:
    try:
        return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - it has no zone
    except ValueError:
        return None


def _stored_in_utc(extra: bytes) -> datetime | None:
    place = 0
    while place + _FIELD.size <= len(extra):
        identifier, size = _FIELD.unpack_from(extra, place)
        place += _FIELD.size
        field = extra[place : place + size]
        if identifier == _UNIX_TIMES and len(field) >= _MODIFIED.size:
            held, seconds = _MODIFIED.unpack_from(field)
            return from_unix_seconds(seconds) if held & _HAS_MODIFIED else None
        place += size
    return None


PARSER = ArtifactParser(
    name="archive",
    kinds={"archive": "Zip archives: their members and their times"},
    patterns=("*.zip",),
    records=_records,
)
