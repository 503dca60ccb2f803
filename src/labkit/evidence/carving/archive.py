"""ZIP and the office documents that are one: local headers, content, central directory, end record, all in agreement.

Source: PKWARE APPNOTE 6.3.9: 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central directory), 4.3.14 to
4.3.16 (end records), 4.5.3 (ZIP64 sizes). ECMA-376 part 2 and OASIS OpenDocument 1.3 part 2, 3.3 (``mimetype``).
"""

import struct
import zlib
from dataclasses import dataclass, field

from labkit.evidence.carving.extent import BreakOffError, Extent, Source, complete, header_only, partial

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64, _DESCRIPTOR = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_ENCRYPTED, _SIZES_BEHIND = 0x1, 0x8
_STORED, _DEFLATED = 0, 8
_WIDE = 0xFFFFFFFF
_BLOCK_BYTES = 16 * 1024  # deflate makes at most 1032 bytes of one
_LARGEST_BYTES = 1024 * 1024 * 1024  # inflated of one member; more is not followed
_OPENDOCUMENT = "application/vnd.oasis.opendocument."
_OPENDOCUMENT_KINDS = {"text": "odt", "spreadsheet": "ods", "presentation": "odp", "graphics": "odg"}
_OFFICE_FOLDERS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}


@dataclass
class _Archive:
    """What the walk has seen so far. Offsets count from the start of the archive."""

    members: dict[int, int | None] = field(default_factory=dict)  # where a local header begins -> CRC of its content
    names: list[str] = field(default_factory=list)
    mimetype: str = ""
    damaged: list[str] = field(default_factory=list)
    central_start: int = -1
    central_count: int = 0

    def kind(self) -> str:
        """Return which kind of document it is by the names of its members."""
        if self.mimetype.startswith(_OPENDOCUMENT):
            return _OPENDOCUMENT_KINDS.get(self.mimetype.removeprefix(_OPENDOCUMENT).partition("-")[0], "zip")
        if "[Content_Types].xml" in self.names:
            for folder, kind in _OFFICE_FOLDERS.items():
                if any(name.startswith(folder) for name in self.names):
                    return kind
        return "zip"


def walk(source: Source, start: int) -> Extent | None:
    """Return how far a ZIP archive holds that begins at ``start``."""
    archive = _Archive()
    position = start
    try:
        while True:
            mark = source.read(position, 4)
            if mark == _LOCAL and archive.central_start < 0:
                position = _member(source, start, position, archive)
            elif mark == _CENTRAL:
                position = _central(source, start, position, archive)
            elif mark == _END64:
                position += 12 + struct.unpack("<Q", _exactly(source, position + 4, 8))[0]
            elif mark == _LOCATOR64:
                position += 20
            elif mark == _END:
                return _end(source, start, position, archive)
            else:
                return _broken(archive, position - start, "the next header is missing")
    except BreakOffError as broken:
        return _broken(archive, position - start, broken.why)


def _broken(archive: _Archive, size_bytes: int, why: str) -> Extent:
    parts = frozenset(archive.members)
    if not parts or not size_bytes:  # the end of the first member was not found
        return header_only("zip", 4, why)
    return partial(archive.kind(), size_bytes, f"{len(parts)} members; {why}", parts)


def _member(source: Source, start: int, position: int, archive: _Archive) -> int:
    """Take up one local header with its content; return where the next header is."""
    header = _exactly(source, position, 30)
    flags, method = struct.unpack_from("<HH", header, 6)
    packed, size = struct.unpack_from("<II", header, 18)
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    name = _exactly(source, position + 30, name_bytes).decode("utf-8", "replace")
    extra = _exactly(source, position + 30 + name_bytes, extra_bytes)
    if not name or "\0" in name or method > 99:  # noqa: PLR2004 - the highest method there is
        raise BreakOffError(position, "a local header that is none")
    if packed == _WIDE:
        packed = _wide_size(extra, after_size=size == _WIDE)
    begin = position + 30 + name_bytes + extra_bytes
    unsized = bool(flags & _SIZES_BEHIND) and not packed
    if unsized and method != _DEFLATED:
        packed = _stored_size(source, begin)
        unsized = False
    crc: int | None = None
    if not flags & _ENCRYPTED and method in (_STORED, _DEFLATED):
        crc, used = _content(source, begin, None if unsized else packed, deflated=method == _DEFLATED)
        if unsized:
            packed = used
    elif unsized:
        raise BreakOffError(position, f"the size of {name} is not known")
    if begin + packed > source.size_bytes:
        raise BreakOffError(position, f"the space ends inside {name}")
    if name == "mimetype" and method == _STORED and not archive.names:
        archive.mimetype = source.read(begin, min(packed, 100)).decode("ascii", "replace")
    archive.members[position - start] = crc
    archive.names.append(name)
    end: int = begin + packed
    if flags & _SIZES_BEHIND:
        end += _descriptor_bytes(source, end)
    return end


def _content(source: Source, begin: int, packed: int | None, *, deflated: bool) -> tuple[int | None, int]:
    """Return the CRC of a member's content (None where it can not be inflated) and how many bytes it takes."""
    crc, size, position = 0, 0, begin
    limit = source.size_bytes if packed is None else begin + packed
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if deflated else None
    while position < limit:
        block = source.read(position, min(_BLOCK_BYTES, limit - position))
        if not block:
            break
        position += len(block)
        try:
            data = inflater.decompress(block) if inflater else block
        except zlib.error as error:
            if packed is None:
                raise BreakOffError(begin, "the compressed content is damaged, and its size is not known") from error
            return None, packed
        crc, size = zlib.crc32(data, crc), size + len(data)
        if size > _LARGEST_BYTES:
            raise BreakOffError(begin, "a member of more than 1 GiB is not followed")
        if inflater and inflater.eof:
            if packed is None:
                return crc, position - len(inflater.unused_data) - begin
            break
    if packed is None:
        raise BreakOffError(begin, "the space ends inside a member")
    return (crc if inflater is None or inflater.eof or not packed else None), packed


def _stored_size(source: Source, begin: int) -> int:
    """Return the size of stored content that only its data descriptor tells: where one names that very distance."""
    position = begin
    while position < min(source.size_bytes, begin + _LARGEST_BYTES):
        window = source.read(position, _BLOCK_BYTES)
        found = window.find(_DESCRIPTOR)
        while found >= 0:
            distance = position + found - begin
            if source.read(position + found + 8, 4) == (distance & _WIDE).to_bytes(4, "little"):
                return distance
            found = window.find(_DESCRIPTOR, found + 1)
        if len(window) < _BLOCK_BYTES:
            break
        position += _BLOCK_BYTES - 3
    raise BreakOffError(begin, "the size of a stored member is not known")


def _descriptor_bytes(source: Source, position: int) -> int:
    """Return the length of the data descriptor: with or without its mark, sizes of 4 or of 8 bytes."""
    signed = source.read(position, 4) == _DESCRIPTOR
    for length in (12, 20):
        total = length + 4 * signed
        if source.read(position + total, 4) in (_LOCAL, _CENTRAL):
            return total
    raise BreakOffError(position, "a data descriptor is missing")


def _wide_size(extra: bytes, *, after_size: bool) -> int:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        offset = position + 4 + 8 * after_size
        if kind == 1 and offset + 8 <= len(extra):
            return int(struct.unpack_from("<Q", extra, offset)[0])
        position += 4 + length
    raise BreakOffError(0, "a ZIP64 size is missing")


def _central(source: Source, start: int, position: int, archive: _Archive) -> int:
    """Compare one entry of the central directory with its local header; return where the next entry is."""
    entry = _exactly(source, position, 46)
    (crc,) = struct.unpack_from("<I", entry, 16)
    name_bytes, extra_bytes, comment_bytes = struct.unpack_from("<HHH", entry, 28)
    (offset,) = struct.unpack_from("<I", entry, 42)
    rest = _exactly(source, position + 46, name_bytes + extra_bytes + comment_bytes)
    if archive.central_start < 0:
        archive.central_start = position - start
    if offset != _WIDE:
        if offset not in archive.members:
            raise BreakOffError(position, "the central directory names a member that is not where it says")
        if archive.members[offset] != crc and not struct.unpack_from("<H", entry, 8)[0] & _ENCRYPTED:
            archive.damaged.append(rest[:name_bytes].decode("utf-8", "replace"))
    archive.central_count += 1
    return position + len(entry) + len(rest)


def _end(source: Source, start: int, position: int, archive: _Archive) -> Extent:
    record = _exactly(source, position, 22)
    count, offset, comment = struct.unpack_from("<H4xIH", record, 10)
    parts = frozenset(archive.members)
    end = min(position + 22 + comment, source.size_bytes) - start
    if offset not in (archive.central_start, _WIDE) or count not in (archive.central_count, 0xFFFF):
        return partial(archive.kind(), end, "the end record does not agree with the central directory", parts)
    if archive.central_count != len(parts):
        return partial(archive.kind(), end, f"{len(parts)} members, {archive.central_count} in the directory", parts)
    if archive.damaged:
        names = ", ".join(archive.damaged[:3])
        return partial(archive.kind(), end, f"the content of {len(archive.damaged)} members is damaged: {names}", parts)
    return complete(archive.kind(), end, f"{len(parts)} members, directory and end record agree", parts)


def _exactly(source: Source, position: int, size: int) -> bytes:
    data = source.read(position, size)
    if len(data) != size:
        raise BreakOffError(position, "the space ends")
    return data
