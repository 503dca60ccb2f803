"""What office programs note in their documents: who wrote and saved them, when, with what, how often.

The notes travel with the file and say nothing of the computer that it lies on. Sources: ECMA-376 part 2, section 11
(core properties of docx, xlsx, pptx) and part 1, 22.2 (extended properties); OASIS OpenDocument 1.3 part 3, section
4.3, whose times have no zone as a rule.
"""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from struct import error as StructError  # noqa: N812 - named like an exception
from typing import BinaryIO
from xml.etree.ElementTree import Element
from zlib import error as DeflateError  # noqa: N812 - as above

from labkit.evidence.artifacts.moments import from_local
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.plain_xml import local_name, plain_xml
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

_ZIP = b"PK\x03\x04"
_PARTS = ("docProps/core.xml", "docProps/app.xml", "meta.xml")
_LARGEST_PART = 1 << 20  # packed or not; a few kilobytes are usual
_NAMES = {  # element: detail
    "title": "title",
    "subject": "subject",
    "description": "comment",
    "creator": "author",
    "initial-creator": "author",
    "lastModifiedBy": "last_saved_by",
    "revision": "revision",
    "editing-cycles": "revision",
    "Application": "program",
    "AppVersion": "program_version",
    "generator": "program",
    "Company": "company",
    "Manager": "manager",
    "Template": "template",
    "TotalTime": "edited_minutes",
    "editing-duration": "edited",
}
_TIMES = {
    "created": "created",
    "creation-date": "created",
    "modified": "last saved",
    "date": "last saved",
    "lastPrinted": "last printed",
    "print-date": "last printed",
}


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    with source.opened() as file:
        if file.read(len(_ZIP)) != _ZIP:
            return  # its name promises a document, and its content is something else
        elements = {local_name(element): element for part in _parts(file) for element in part.iter()}
    noted = {name: (element.text or "").strip() for name, element in elements.items()}
    details: dict[str, Value] = {}
    for name, detail in _NAMES.items():
        if noted.get(name):
            # An OpenDocument text names who began it and who saved it last; others name their author alone.
            saved_by = name == "creator" and "initial-creator" in noted
            details["last_saved_by" if saved_by else detail] = noted[name]
    moments = {time_of: _moment(noted[name]) for name, time_of in _TIMES.items() if noted.get(name)}
    if not details and not moments:
        return
    for time_of, at in moments.items() or ((None, None),):
        who = details.get("last_saved_by") if time_of == "last saved" else details.get("author")
        what = f"{source.name}: {time_of or 'notes of its program'}" + (f" by {who}" if who and time_of else "")
        local = at.isoformat() if at is not None and at.tzinfo is None else None
        yield source.record(
            "document", _utc(at, source.zone), what, {**known(time_of=time_of, at_local=local), **details}
        )


def _parts(file: BinaryIO) -> Iterator[Element]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            for name in _PARTS:
                if name in names:
                    with archive.open(name) as part:
                        data = part.read(_LARGEST_PART + 1)
                    if len(data) > _LARGEST_PART:
                        raise DamagedArtifactError(f"its part {name} is larger than notes of a program are")
                    yield plain_xml(data)
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        UnicodeDecodeError,
        StructError,
        DeflateError,
    ) as error:
        raise DamagedArtifactError(f"its archive is damaged ({error})") from error


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _utc(at: datetime | None, zone: str | None) -> datetime | None:
    if at is None or at.tzinfo is None:
        return None if at is None else from_local(at, zone)
    return at.astimezone(UTC)


PARSER = ArtifactParser(
    name="document",
    kinds={"document": "Documents: who wrote and saved them, when, with what, as they note themselves"},
    patterns=(
        *("*.docx", "*.docm", "*.dotx", "*.xlsx", "*.xlsm", "*.xltx", "*.pptx", "*.pptm"),
        *("*.odt", "*.ods", "*.odp"),
    ),
    records=_records,
)
