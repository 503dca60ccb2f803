"""What content is, by its first bytes. Source: the published formats; ZIP: APPNOTE 4.3.7; PDF: ISO 32000-1 7.5.2."""

import io
import zipfile

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"ID3", "mp3"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)
_OFFICE = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))


def recognised(content: bytes) -> str:
    """Return the kind of content in one lower-case word; ``text`` or ``unknown`` where no signature stands."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _inside_zip(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "unknown"
    return "text" if text.isprintable() or not any(ord(letter) < 9 for letter in text) else "unknown"  # noqa: PLR2004


def _inside_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument.sp"):
                return "ods"
    except zipfile.BadZipFile:
        return "unknown"
    return next((kind for prefix, kind in _OFFICE if any(name.startswith(prefix) for name in names)), "zip")


def extension_of(path: str, *, like: str) -> str:
    """Return the extension of a path, written as ``like`` is: with a dot or without, in its case."""
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    found = f".{extension}" if like.startswith(".") else extension
    return (found.lower() if like == like.lower() else found) if dot else ""
