"""PDF files of an exact size: pages of plain Latin text in Helvetica, nothing compressed.

Sources: ISO 32000-1:2008, sections 7.5 (file structure), 7.7 (document structure), 7.9.4 (dates), 9.4 (text objects),
14.3 (metadata); ISO 16684-1:2012 (XMP), sections 7 and 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from labkit.errors import SynthesisError

_LINES_PER_PAGE = 52
_FIXED_OBJECTS = 4  # catalogue, page tree, font, document information


@dataclass(frozen=True, slots=True)
class PdfProperties:
    """What programs note about a document, twice: in its information dictionary and as XMP. Times are aware."""

    creator: str  # the program in which it was written
    producer: str  # the one that made the PDF file
    created: datetime
    modified: datetime

    def __post_init__(self) -> None:
        if self.created.tzinfo is None or self.modified.tzinfo is None:
            raise SynthesisError(
                f"a PDF file by {self.producer} has a time without a zone",
                remedy="Give aware times, such as DeviceClock.shown returns them: the file shows the zone.",
            )


def pdf(
    lines: Sequence[str],
    *,
    title: str,
    author: str,
    size_bytes: int | None,
    properties: PdfProperties | None = None,
) -> bytes:
    """Return a document of exactly ``size_bytes`` bytes, or as long as it comes. Other than Latin letters become ?.

    With ``properties`` it tells programs and times as well, in its information and as XMP.
    """
    pages = [lines[start : start + _LINES_PER_PAGE] for start in range(0, len(lines), _LINES_PER_PAGE)] or [()]
    data = _assemble(pages, title, author, properties, 0)
    if size_bytes is None or len(data) == size_bytes:
        return data
    # The comment shifts the table behind it, and the number that says where the table begins may grow by digits.
    for filler in range(size_bytes - len(data), max(size_bytes - len(data) - 8, 0), -1):
        stretched = _assemble(pages, title, author, properties, filler)
        if len(stretched) == size_bytes:
            return stretched
    raise SynthesisError(
        f"a PDF file with this content takes {len(data)} bytes and can not have {size_bytes}",
        remedy="Give it a larger size_bytes or a shorter text.",
    )


def _assemble(
    pages: Sequence[Sequence[str]], title: str, author: str, properties: PdfProperties | None, filler_bytes: int
) -> bytes:
    kids = " ".join(f"{_FIXED_OBJECTS + 1 + 2 * number} 0 R" for number in range(len(pages)))
    metadata = _FIXED_OBJECTS + 1 + 2 * len(pages)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R%b >>" % (b" /Metadata %d 0 R" % metadata if properties else b""),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <"
        + _text_string(title)
        + b"> /Author <"
        + _text_string(author)
        + b">"
        + _more_information(properties)
        + b" >>",
    ]
    for number, lines in enumerate(pages):
        drawn = b"".join(b"(" + _escaped(line) + b") Tj T*\n" for line in lines)
        stream = b"BT /F1 10 Tf 14 TL 50 800 Td\n" + drawn + b"ET\n"
        content = _FIXED_OBJECTS + 2 + 2 * number
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % content,
            b"<< /Length %d >>\nstream\n%bendstream" % (len(stream), stream),
        ]
    if properties:
        xmp = _xmp(title, author, properties)
        objects.append(b"<< /Type /Metadata /Subtype /XML /Length %d >>\nstream\n%b\nendstream" % (len(xmp), xmp))
    data = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, text in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    if filler_bytes:
        data += b"%" + b" " * (filler_bytes - 2) + b"\n" if filler_bytes > 1 else b"\n"
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data += b"trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(data)


def _more_information(properties: PdfProperties | None) -> bytes:
    if properties is None:
        return b""
    texts = b" /Creator <%b> /Producer <%b>" % (_text_string(properties.creator), _text_string(properties.producer))
    return texts + f" /CreationDate ({_date(properties.created)}) /ModDate ({_date(properties.modified)})".encode(
        "ascii"
    )


def _xmp(title: str, author: str, properties: PdfProperties) -> bytes:
    """Return the same notes as an XMP packet."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>"
        f"<xmp:CreatorTool>{escape(properties.creator)}</xmp:CreatorTool>"
        f"<xmp:CreateDate>{properties.created.isoformat(timespec='seconds')}</xmp:CreateDate>"
        f"<xmp:ModifyDate>{properties.modified.isoformat(timespec='seconds')}</xmp:ModifyDate>"
        f"<pdf:Producer>{escape(properties.producer)}</pdf:Producer>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _date(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta(0)
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta(0) else "+"
    day = f"D:{moment.year:04d}{moment.month:02d}{moment.day:02d}"
    return f"{day}{moment.hour:02d}{moment.minute:02d}{moment.second:02d}{sign}{minutes // 60:02d}'{minutes % 60:02d}'"


def _text_string(text: str) -> bytes:
    """Return a text string object's hexadecimal digits, in UTF-16 with its mark (section 7.9.2.2)."""
    return (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper().encode()


def _escaped(line: str) -> bytes:
    return line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
