"""Office files: .docx, .xlsx, .ods and .csv of an exact size, with the same bytes on every machine.

Sources: ECMA-376 (Office Open XML) part 1, sections 11.3.10, 12.3.24 and 15.2.12.1 and part 2 (packages);
OASIS OpenDocument 1.3 part 2, sections 2.2 and 3.3.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from labkit.errors import SynthesisError
from labkit.synthesis.world.office_properties import (
    APPLICATION_PART,
    APPLICATION_RELATION,
    APPLICATION_TYPE,
    DocumentProperties,
    application_xml,
    core_xml,
)
from labkit.synthesis.world.zip_stored import zip_stored

Members = list[tuple[str, bytes]]

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns:"


def docx(
    paragraphs: Sequence[str],
    *,
    author: str,
    saved: datetime,
    size_bytes: int | None,
    properties: DocumentProperties | None = None,
) -> bytes:
    """Return a text document of exactly ``size_bytes`` bytes, or as long as it comes.

    With ``properties`` it tells all that a word processor notes; without, its author and when it was saved.
    """
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>' for text in paragraphs)
    document = f'{_XML}<w:document xmlns:w="{_WORD}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

    def members(filler: str) -> Members:
        return [
            ("[Content_Types].xml", _content_types({"/word/document.xml": kind}, properties)),
            ("_rels/.rels", _package_relations("word/document.xml", properties)),
            ("word/document.xml", document.encode()),
            *_property_parts(author, saved, properties, filler),
        ]

    return _exactly(members, size_bytes)


def xlsx(
    rows: Sequence[Sequence[str]],
    *,
    author: str,
    saved: datetime,
    size_bytes: int | None,
    properties: DocumentProperties | None = None,
) -> bytes:
    """Return a workbook with one sheet of text and number cells, of exactly ``size_bytes`` bytes.

    ``properties`` as for ``docx``.
    """
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    part = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    parts = {"/xl/workbook.xml": main, "/xl/worksheets/sheet1.xml": part}
    body = "".join(
        f'<row r="{number}">{"".join(_cell(column, number, value) for column, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
    )
    sheet = f'{_XML}<worksheet xmlns="{_SHEET}"><sheetData>{body}</sheetData></worksheet>'
    book = (
        f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_DOCUMENT_RELATION}"><sheets>'
        '<sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    relations = (
        f'{_XML}<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_DOCUMENT_RELATION}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    )

    def members(filler: str) -> Members:
        return [
            ("[Content_Types].xml", _content_types(parts, properties)),
            ("_rels/.rels", _package_relations("xl/workbook.xml", properties)),
            ("xl/workbook.xml", book.encode()),
            ("xl/_rels/workbook.xml.rels", relations.encode()),
            ("xl/worksheets/sheet1.xml", sheet.encode()),
            *_property_parts(author, saved, properties, filler),
        ]

    return _exactly(members, size_bytes)


def ods(rows: Sequence[Sequence[str]], *, author: str, saved: datetime, size_bytes: int | None) -> bytes:
    """Return an OpenDocument spreadsheet of exactly ``size_bytes`` bytes."""
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
            for value in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'{_XML}<office:document-content xmlns:office="{_OPEN}office:1.0" xmlns:table="{_OPEN}table:1.0" '
        f'xmlns:text="{_OPEN}text:1.0" office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="1">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'{_XML}<manifest:manifest xmlns:manifest="{_OPEN}manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{mime}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )

    def members(filler: str) -> Members:
        meta = (
            f'{_XML}<office:document-meta xmlns:office="{_OPEN}office:1.0" xmlns:meta="{_OPEN}meta:1.0" '
            f'office:version="1.3"><office:meta><meta:initial-creator>{escape(author)}</meta:initial-creator>'
            f"<meta:creation-date>{saved:%Y-%m-%dT%H:%M:%S}</meta:creation-date></office:meta>"
            f"</office:document-meta>{filler}"
        )
        return [
            ("mimetype", mime.encode()),
            ("content.xml", content.encode()),
            ("meta.xml", meta.encode()),
            ("META-INF/manifest.xml", manifest.encode()),
        ]

    return _exactly(members, size_bytes)


def _exactly(members: Callable[[str], Members], size_bytes: int | None) -> bytes:
    """Return the archive, stretched to ``size_bytes`` by white space behind the last element of its metadata."""
    data = zip_stored(members(""))
    if size_bytes is None or len(data) == size_bytes:
        return data
    if len(data) > size_bytes:
        raise SynthesisError(
            f"an office file with this content takes {len(data)} bytes, and {size_bytes} are wished for",
            remedy="Give it a larger size_bytes or a shorter text.",
        )
    return zip_stored(members(" " * (size_bytes - len(data))))


def _property_parts(author: str, saved: datetime, properties: DocumentProperties | None, filler: str) -> Members:
    if properties is None:
        return [("docProps/core.xml", _core(author, saved, filler))]
    return [
        (APPLICATION_PART, application_xml(properties)),
        ("docProps/core.xml", core_xml(properties) + filler.encode()),
    ]


def _core(author: str, saved: datetime, filler: str) -> bytes:
    # Office programs write these in UTC (ECMA-376 part 2, core properties: W3CDTF), by the clock of their computer.
    stamp = f"{saved.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:creator>{escape(author)}</dc:creator>"
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{stamp}</dcterms:modified></cp:coreProperties>{filler}'
    ).encode()


def _content_types(parts: dict[str, str], properties: DocumentProperties | None) -> bytes:
    if properties is not None:
        parts = parts | {f"/{APPLICATION_PART}": APPLICATION_TYPE}
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in parts.items())
    return (
        f'{_XML}<Types xmlns="{_TYPES}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    ).encode()


def _package_relations(target: str, properties: DocumentProperties | None) -> bytes:
    application = f'<Relationship Id="rId3" Type="{APPLICATION_RELATION}" Target="{APPLICATION_PART}"/>'
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    return (
        f'{_XML}<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_DOCUMENT_RELATION}/officeDocument" Target="{target}"/>'
        f'<Relationship Id="rId2" Type="{core}" Target="docProps/core.xml"/>'
        f"{application if properties else ''}</Relationships>"
    ).encode()


def _cell(column: int, row: int, value: str) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if value.replace(".", "", 1).isascii() and value.replace(".", "", 1).isdigit():
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
