"""An MFT record and the map of clusters, read by hand: the smallest independent witnesses of a file on NTFS.

Source: Linux-NTFS project, "NTFS Documentation": "FILE record" (update sequence at 4, sequence number at 16, first
attribute at 20, flags at 22, bytes in use at 24, number of the record at 44), "Fixup", "Attribute header",
"$STANDARD_INFORMATION", "$FILE_NAME" (parent at 0, times at 8, length and kind of the name at 64), "Data runs",
"$Bitmap" (one bit for each cluster, the lowest first). A FILETIME counts units of 100 ns since 1601 (MS-DTYP 2.3.3).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.evidence.image import Image
from labkit.verification.ntfs_boot import NtfsGeometry

BITMAP_RECORD = 6
_STANDARD_INFORMATION, _FILE_NAME, _DATA, _END = 0x10, 0x30, 0x80, 0xFFFFFFFF
_SHORT_NAME = 2
_IN_USE = 1
_SECTOR = 512
_RECORD_NUMBER = (1 << 48) - 1
_FIRST_FILETIME = datetime(1601, 1, 1, tzinfo=UTC)

Runs = tuple[tuple[int, int], ...]  # (first cluster, number of clusters)


@dataclass(frozen=True, slots=True)
class RawStream:
    """Unnamed content (no name) or a named stream. ``runs`` are empty where it lies inside the record."""

    name: str
    size_bytes: int
    runs: Runs
    inside_offset_bytes: int | None  # where content inside the record begins, from byte 0 of the medium
    inside: bytes


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record. Times are aware UTC, cut to microseconds."""

    number: int
    sequence: int
    live: bool
    used_bytes: int
    times: Mapping[str, datetime]  # born, modified, changed, accessed; name_born, name_modified of the long name
    name: str
    parent_address: int
    streams: tuple[RawStream, ...]

    def stream(self, name: str = "") -> RawStream:
        """Return the unnamed content, or a named stream.

        Raises:
            ValueError: The record has none.
        """
        for stream in self.streams:
            if stream.name == name:
                return stream
        raise ValueError(f"record {self.number} has no {f'stream {name}' if name else 'content'}")


def filetime(ticks: int) -> datetime:
    """Return the time of a FILETIME, cut to microseconds."""
    return _FIRST_FILETIME + timedelta(microseconds=ticks // 10)


def read_record(image: Image, geometry: NtfsGeometry, offset_bytes: int) -> RawRecord:
    """Read the record at a byte of the medium.

    Raises:
        ValueError: No whole record begins there.
    """
    data = _mended(image.read(offset_bytes, geometry.record_bytes), offset_bytes)
    sequence, _, at, flags, used = struct.unpack_from("<HHHHI", data, 16)
    (number,) = struct.unpack_from("<I", data, 44)
    times: dict[str, datetime] = {}
    name, parent = "", 0
    streams = []
    while at + 24 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == _END or not length:
            break
        inside = data[at + 8] == 0
        size, start = struct.unpack_from("<IH", data, at + 16)
        value = data[at + start : at + start + size] if inside else b""
        if kind == _STANDARD_INFORMATION:
            names = ("born", "modified", "changed", "accessed")
            times |= zip(names, map(filetime, struct.unpack_from("<4Q", value)), strict=True)
        elif kind == _FILE_NAME and value[65] != _SHORT_NAME and not name:
            reference, born, modified = struct.unpack_from("<QQQ", value)
            parent = reference & _RECORD_NUMBER
            times |= {"name_born": filetime(born), "name_modified": filetime(modified)}
            name = value[66 : 66 + 2 * value[64]].decode("utf-16-le")
        elif kind == _DATA:
            streams.append(_stream(data, at, length, value, offset_bytes + at + start))
        at += length
    return RawRecord(number, sequence, bool(flags & _IN_USE), used, times, name, parent, tuple(streams))


def record_offset_bytes(image: Image, geometry: NtfsGeometry, number: int) -> int:
    """Return where a record begins on the medium, by the runs of the table's own record."""
    inside = number * geometry.record_bytes
    for first, clusters in read_record(image, geometry, geometry.table_start_bytes).stream().runs:
        length = clusters * geometry.cluster_bytes
        if inside < length:
            return geometry.cluster_offset_bytes(first) + inside
        inside -= length
    raise ValueError(f"the table has no record {number}")


def cluster_map(image: Image, geometry: NtfsGeometry) -> bytes:
    """Return $Bitmap: bit ``n % 8`` of byte ``n // 8`` is set if cluster ``n`` is in use."""
    place = record_offset_bytes(image, geometry, BITMAP_RECORD)
    stream = read_record(image, geometry, place).stream()
    return b"".join(content(image, geometry, stream))[: stream.size_bytes]


def content(image: Image, geometry: NtfsGeometry, stream: RawStream) -> Iterator[bytes]:
    """Yield a stream with what lies behind its end in its last cluster."""
    if not stream.runs:
        yield stream.inside
    for first, clusters in stream.runs:
        yield image.read(geometry.cluster_offset_bytes(first), clusters * geometry.cluster_bytes)


def _mended(data: bytes, offset_bytes: int) -> bytes:
    """Return a record with the ends of its sectors put back."""
    if data[:4] != b"FILE":
        raise ValueError(f"no MFT record begins at byte {offset_bytes}")
    array, count = struct.unpack_from("<HH", data, 4)
    mended = bytearray(data)
    for sector in range(1, count):
        end = sector * _SECTOR
        if data[end - 2 : end] != data[array : array + 2]:
            raise ValueError(f"the sectors of the MFT record at byte {offset_bytes} do not belong together")
        mended[end - 2 : end] = data[array + 2 * sector : array + 2 * sector + 2]
    return bytes(mended)


def _stream(data: bytes, at: int, length: int, value: bytes, place: int) -> RawStream:
    name_length, name_at = data[at + 9], struct.unpack_from("<H", data, at + 10)[0]
    name = data[at + name_at : at + name_at + 2 * name_length].decode("utf-16-le")
    if data[at + 8] == 0:
        return RawStream(name, len(value), (), place, value)
    (runs_at,) = struct.unpack_from("<H", data, at + 32)
    (size,) = struct.unpack_from("<Q", data, at + 48)
    return RawStream(name, size, tuple(_runs(data[at + runs_at : at + length])), None, b"")


def _runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the placed runs; a hole has no clusters."""
    at, cluster = 0, 0
    while at < len(data) and data[at]:
        count_bytes, distance_bytes = data[at] & 15, data[at] >> 4
        middle, end = at + 1 + count_bytes, at + 1 + count_bytes + distance_bytes
        count = int.from_bytes(data[at + 1 : middle], "little")
        if distance_bytes:
            cluster += int.from_bytes(data[middle:end], "little", signed=True)
            yield cluster, count
        at = end
