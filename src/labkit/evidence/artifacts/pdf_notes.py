"""What programs note in PDF files: author, title, when it was made, with what. Read by pypdf.

Source: ISO 32000-1, 14.3.3 "Document information dictionary" and 7.9.4 "Dates".
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from struct import error as StructError  # noqa: N812 - named like an exception
from zlib import error as DeflateError  # noqa: N812 - as above

from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source

_BEGIN, _BEGIN_WITHIN = b"%PDF-", 1024


def _records(source: Source, _problem: Problem) -> Iterator[ArtifactRecord]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would tell each flaw on standard error
    with source.opened() as file:
        if _BEGIN not in file.read(_BEGIN_WITHIN):
            return  # its name promises a PDF file, and its content is something else
        try:
            noted = PdfReader(file).metadata
            if noted is None:
                return
            details = known(
                author=noted.author,
                title=noted.title,
                subject=noted.subject,
                program=noted.creator,
                made_by=noted.producer,
            )
            moments = {"created": noted.creation_date, "last saved": noted.modification_date}
        except (PyPdfError, AttributeError, AssertionError, NotImplementedError, StructError, DeflateError) as error:
            raise DamagedArtifactError(f"it is a damaged PDF file ({error})") from error
    known_moments = {time_of: at for time_of, at in moments.items() if at is not None}
    if not details and not known_moments:
        return
    for time_of, at in known_moments.items() or ((None, None),):
        what = f"{source.name}: {time_of or 'notes of its program'}"
        yield source.record("document", _utc(at), what, {**known(time_of=time_of, stored=_stored(at)), **details})


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None or at.tzinfo is None else at.astimezone(UTC)


def _stored(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


PARSER = ArtifactParser(
    name="document",
    kinds={"document": "Documents: who wrote and saved them, when, with what, as they note themselves"},
    patterns=("*.pdf",),
    records=_records,
)
