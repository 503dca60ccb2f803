"""What a word processor or spreadsheet program notes about a document: who, when, how often, with what.

Sources: ECMA-376 part 2, section 11 (core properties: Dublin Core and W3CDTF times in UTC); ECMA-376 part 1, sections
15.2.12.1 (core) and 15.2.12.3 (extended properties) and 22.2.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from labkit.errors import SynthesisError

APPLICATION_PART = "docProps/app.xml"
APPLICATION_TYPE = "application/vnd.openxmlformats-officedocument.extended-properties+xml"
APPLICATION_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EXTENDED = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
_CORE = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"


@dataclass(frozen=True, slots=True)
class DocumentProperties:
    """The notes of an office program. Times are aware, by the clock of the computer; they are stored in UTC.

    ``revision`` counts how often the document was saved, ``edited_minutes`` how long it was open for writing.
    """

    creator: str
    last_modified_by: str
    created: datetime
    modified: datetime
    printed: datetime | None = None
    revision: int = 1
    title: str = ""
    application: str = "Microsoft Office Word"
    application_version: str = "16.0000"
    template: str = ""
    company: str = ""
    manager: str = ""
    edited_minutes: int = 0

    def __post_init__(self) -> None:
        moments = [self.created, self.modified, *([self.printed] if self.printed else [])]
        if any(moment.tzinfo is None for moment in moments):
            raise SynthesisError(
                f"the properties of {self.creator}'s document have a time without a zone",
                remedy="Give aware times, such as DeviceClock.device_utc returns them.",
            )
        if self.revision < 1 or self.edited_minutes < 0:
            raise SynthesisError(
                f"a document can not be in revision {self.revision} after {self.edited_minutes} minutes",
                remedy="Count revisions from 1 and minutes from 0.",
            )


def core_xml(properties: DocumentProperties) -> bytes:
    """Return ``docProps/core.xml``."""
    printed = f"<cp:lastPrinted>{_stamp(properties.printed)}</cp:lastPrinted>" if properties.printed else ""
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_CORE}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(properties.title)}</dc:title><dc:creator>{escape(properties.creator)}</dc:creator>"
        f"<cp:lastModifiedBy>{escape(properties.last_modified_by)}</cp:lastModifiedBy>"
        f"<cp:revision>{properties.revision}</cp:revision>{printed}"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_stamp(properties.created)}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{_stamp(properties.modified)}</dcterms:modified>'
        "</cp:coreProperties>"
    ).encode()


def application_xml(properties: DocumentProperties) -> bytes:
    """Return ``docProps/app.xml``."""
    fields = (
        ("Template", properties.template),
        ("Manager", properties.manager),
        ("Company", properties.company),
        ("TotalTime", str(properties.edited_minutes)),
        ("Application", properties.application),
        ("AppVersion", properties.application_version),
    )
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields if text)
    return f'{_XML}<Properties xmlns="{_EXTENDED}">{inside}</Properties>'.encode()


def _stamp(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    date = f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}"
    return f"{date}T{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}Z"
