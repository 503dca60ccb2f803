"""PDF files of an exact size: pages of plain Latin text in Helvetica, nothing compressed.

Source: ISO 32000-1:2008, sections 7.5 (file structure), 7.7 (document structure) and 9.4 (text objects).
"""

from collections.abc import Sequence

from labkit.errors import SynthesisError

_LINES_PER_PAGE = 52
_FIXED_OBJECTS = 4  # catalogue, page tree, font, document information


def pdf(lines: Sequence[str], *, title: str, author: str, size_bytes: int | None) -> bytes:
    """Return a document of exactly ``size_bytes`` bytes, or as long as it comes. Other than Latin letters become ?."""
    pages = [lines[start : start + _LINES_PER_PAGE] for start in range(0, len(lines), _LINES_PER_PAGE)] or [()]
    data = _assemble(pages, title, author, 0)
    if size_bytes is None or len(data) == size_bytes:
        return data
    # The comment shifts the table behind it, and the number that says where the table begins may grow by digits.
    for filler in range(size_bytes - len(data), max(size_bytes - len(data) - 8, 0), -1):
        stretched = _assemble(pages, title, author, filler)
        if len(stretched) == size_bytes:
            return stretched
    raise SynthesisError(
        f"a PDF file with this content takes {len(data)} bytes and can not have {size_bytes}",
        remedy="Give it a larger size_bytes or a shorter text.",
    )


def _assemble(pages: Sequence[Sequence[str]], title: str, author: str, filler_bytes: int) -> bytes:
    kids = " ".join(f"{_FIXED_OBJECTS + 1 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Title <" + _text_string(title) + b"> /Author <" + _text_string(author) + b"> >>",
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


def _text_string(text: str) -> bytes:
    """Return a text string object's hexadecimal digits, in UTF-16 with its mark (section 7.9.2.2)."""
    return (b"\xfe\xff" + text.encode("utf-16-be")).hex().upper().encode()


def _escaped(line: str) -> bytes:
    return line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
