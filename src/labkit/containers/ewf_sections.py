"""The sections of an E01 file as bytes: pure format code.

Source for every layout here: J. Metz, "Expert Witness Compression Format specification" (libewf documentation),
sections "Section descriptor", "Header2 section", "Header section", "Volume section" (EWF specification variant),
"Table section", "Error2 section", "Digest section", "Hash section"; ASR Data, "Expert Witness File Format
Specification" (2002).
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

SIGNATURE = b"EVF\x09\x0d\x0a\xff\x00"
SECTION_HEADER_BYTES = 76
SECTOR_BYTES = 512
CHUNK_BYTES = 32768
COMPRESSED_FLAG = 0x80000000

# The zlib stream of 32,768 zeros as zlib 1.2.13 writes it at level 9. A constant, because zlib-ng writes another
# one; every inflater reads both (RFC 1950, RFC 1951).
ZERO_CHUNK_STREAM = bytes.fromhex("78daedc101010000008090feafee080a" + "00" * 31 + "1880000001")


@dataclass(frozen=True, slots=True)
class EwfMetadata:
    """The header values that examiners read first. ``acquired`` is aware; it is stored in UTC."""

    case_number: str
    evidence_number: str
    description: str
    examiner: str
    notes: str
    acquired: datetime
    software_version: str = "labkit"
    operating_system: str = "labkit"


def file_header(segment: int) -> bytes:
    """Return the 13 bytes that open segment number ``segment`` (from 1)."""
    return SIGNATURE + struct.pack("<BHH", 1, segment, 0)


def section(kind: str, offset_bytes: int, data: bytes) -> bytes:
    """Return a whole section that begins at ``offset_bytes`` of its segment file."""
    return section_header(kind, offset_bytes, len(data)) + data


def section_header(kind: str, offset_bytes: int, data_bytes: int) -> bytes:
    """Return the 76-byte descriptor of a section with ``data_bytes`` of data behind it."""
    size = SECTION_HEADER_BYTES + data_bytes
    fields = struct.pack("<16sQQ40x", kind.encode("ascii"), offset_bytes + size, size)
    return fields + adler32(fields)


def closing_section(kind: str, offset_bytes: int) -> bytes:
    """Return ``next`` or ``done``: it points at itself."""
    fields = struct.pack("<16sQQ40x", kind.encode("ascii"), offset_bytes, SECTION_HEADER_BYTES)
    return fields + adler32(fields)


def header2(metadata: EwfMetadata) -> bytes:
    """Return the data of ``header2``: UTF-16 text with Unix times, as EnCase 6 writes it, in a zlib stream."""
    seconds = int(metadata.acquired.astimezone(UTC).timestamp())
    keys = "a\tc\tn\te\tt\tmd\tsn\tav\tov\tm\tu\tp\tdc"
    values = "\t".join(
        (
            _plain(metadata.description),
            _plain(metadata.case_number),
            _plain(metadata.evidence_number),
            _plain(metadata.examiner),
            _plain(metadata.notes),
            "",
            "",
            _plain(metadata.software_version),
            _plain(metadata.operating_system),
            str(seconds),
            str(seconds),
            "0",
            "",
        )
    )
    sources = "srce\n0\t1\np\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq\n0\t0\n\t\t\t\t\t-1\t-1\t\t\t\n"
    subjects = "sub\n0\t1\np\tn\tid\tnu\tco\tgu\n0\t0\n\t\t\t\t1\t\n"
    text = f"3\nmain\n{keys}\n{values}\n\n{sources}\n{subjects}\n"
    return stored_stream(b"\xff\xfe" + text.encode("utf-16-le"))


def header(metadata: EwfMetadata) -> bytes:
    """Return the data of ``header``: the older ASCII text with local-looking times, in a zlib stream."""
    moment = metadata.acquired.astimezone(UTC)
    when = f"{moment.year} {moment.month} {moment.day} {moment.hour} {moment.minute} {moment.second}"
    values = "\t".join(
        (
            _plain(metadata.case_number),
            _plain(metadata.evidence_number),
            _plain(metadata.description),
            _plain(metadata.examiner),
            _plain(metadata.notes),
            _plain(metadata.software_version),
            _plain(metadata.operating_system),
            when,
            when,
            "0",
        )
    )
    text = f"1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n{values}\r\n\r\n"
    return stored_stream(text.encode("ascii", "replace"))


def volume(
    size_bytes: int, *, compression_level: int, set_identifier: bytes, sector_bytes: int = SECTOR_BYTES
) -> bytes:
    """Return the 1,052 bytes of ``volume`` (and of ``data``, which repeats them) for a fixed, physical medium.

    ``compression_level`` is 0 for none, 1 for fast, 2 for best; it is only a remark, each chunk says how it is stored.
    """
    sectors = size_bytes // sector_bytes
    chunk_sectors = CHUNK_BYTES // sector_bytes
    chunks = -(-size_bytes // CHUNK_BYTES)
    fields = struct.pack(
        "<B3xIIIQIIIB3xI4xIB3xI4x16s963x5s",
        1,  # media type: fixed
        chunks,
        chunk_sectors,
        sector_bytes,
        sectors,
        0,  # cylinders, heads, sectors per track: not known
        0,
        0,
        0x01 | 0x02,  # an image, of a physical device
        0,  # PALM volume start
        0,  # SMART logs start
        compression_level,
        chunk_sectors,  # error granularity
        set_identifier,
        b"",
    )
    return fields + adler32(fields)


def table(offsets: Sequence[int], base_offset_bytes: int) -> bytes:
    """Return the data of ``table`` and ``table2``: where each chunk begins, counted from ``base_offset_bytes``.

    The highest bit of an offset says that the chunk is compressed.
    """
    head = struct.pack("<I4xQ4x", len(offsets), base_offset_bytes)
    entries = struct.pack(f"<{len(offsets)}I", *offsets)
    return head + adler32(head) + entries + adler32(entries)


def digest(md5: bytes, sha1: bytes) -> bytes:
    """Return the data of ``digest``: MD5 and SHA-1 of the media."""
    fields = md5 + sha1 + bytes(40)
    return fields + adler32(fields)


def hash_section(md5: bytes) -> bytes:
    """Return the data of ``hash``: MD5 of the media."""
    fields = md5 + bytes(16)
    return fields + adler32(fields)


def error2(runs: Sequence[tuple[int, int]]) -> bytes:
    """Return the data of ``error2``: the runs of sectors that could not be read, as (first sector, how many)."""
    head = struct.pack("<I512x", len(runs))
    entries = b"".join(struct.pack("<II", first, count) for first, count in runs)
    return head + adler32(head) + entries + adler32(entries)


def stored_stream(data: bytes) -> bytes:
    """Return ``data`` as a zlib stream of stored blocks: the same bytes under every zlib (RFC 1950, RFC 1951)."""
    blocks = []
    pieces = [data[start : start + 0xFFFF] for start in range(0, len(data), 0xFFFF)] or [b""]
    for number, piece in enumerate(pieces, start=1):
        last = 1 if number == len(pieces) else 0
        blocks.append(struct.pack("<BHH", last, len(piece), len(piece) ^ 0xFFFF) + piece)
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))


def adler32(data: bytes) -> bytes:
    """Return the Adler-32 checksum that closes most structures, little-endian."""
    return struct.pack("<I", zlib.adler32(data))


def _plain(value: str) -> str:
    """Return a header value without the characters that separate values."""
    return " ".join(value.replace("\t", " ").split())
