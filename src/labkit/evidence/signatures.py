"""What kind of content bytes are, told by the bytes with which each kind begins.

Sources: ITU-T T.81 Annex B (JPEG), W3C PNG specification 5.2, ISO 32000-1 7.5.2 (PDF), PKWARE APPNOTE 4.3.7 (ZIP),
SQLite "Database File Format" 1.3, RFC 1952 2.3 (gzip), ISO/IEC 14496-12 4.3 (file type box of MP4).
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """Fixed bytes, ``offset_bytes`` behind the start of the content."""

    kind: str
    magic: bytes
    offset_bytes: int = 0


SIGNATURES = (
    Signature("jpeg", b"\xff\xd8\xff"),
    Signature("png", b"\x89PNG\r\n\x1a\n"),
    Signature("pdf", b"%PDF-"),
    Signature("zip", b"PK\x03\x04"),
    Signature("sqlite", b"SQLite format 3\x00"),
    Signature("gzip", b"\x1f\x8b\x08"),
    Signature("mp4", b"ftyp", 4),
)
LONGEST_BYTES = max(len(signature.magic) + signature.offset_bytes for signature in SIGNATURES)


def kind_of(head: bytes) -> str | None:
    """Return what begins with these bytes; None where no signature agrees."""
    for signature in SIGNATURES:
        if head.startswith(signature.magic, signature.offset_bytes):
            return signature.kind
    return None


def beginnings(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield (position, kind) of everything that may begin in ``data``, in order."""
    found = []
    for signature in SIGNATURES:
        position = data.find(signature.magic)
        while position >= 0:
            if position >= signature.offset_bytes:
                found.append((position - signature.offset_bytes, signature.kind))
            position = data.find(signature.magic, position + 1)
    return iter(sorted(found))
