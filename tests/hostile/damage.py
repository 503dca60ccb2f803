"""Damage where readers believe what they read: numbers inside of structures, whose fixups and checksums stay right."""

import struct
import zlib
from collections.abc import Callable, Iterable
from random import Random

SECTOR = 512
_EMPTY = bytes(SECTOR)
_EXTREMES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 63, ~0)
_MARKS = (b"FILE", b"INDX", b"RCRD", b"RSTR", b"EFI PART", b"EVF\x09", b"\x1f\x8b", b"PK\3\4")


class Believed:
    """Where an image has structures: sectors that are not empty, the first ones, and those that begin with a mark.

    ``contents`` are files inside of the image that are damaged in most copies, each as often as the others.
    """

    def __init__(self, data: bytes, contents: Iterable[bytes] = ()) -> None:
        self.sectors = [at for at in range(0, len(data), SECTOR) if data[at : at + SECTOR] != _EMPTY[: len(data) - at]]
        self.first = [at for at in self.sectors if at < 24 * SECTOR]
        self.marked = [at for at in self.sectors if data.startswith(_MARKS, at) or _is_structure(data, at)]
        self.containers = _container_places(data)
        self.contents = [range(data.index(content), data.index(content) + len(content)) for content in contents]


def damaged(whole: bytes, places: Believed, draw: Random) -> bytes:
    """Return a copy with one to five faults (of a container one or two); one copy in thirty is cut off too."""
    data = bytearray(whole)
    for _ in range(draw.randrange(1, 3 if places.containers else 6)):
        _fault(data, places, draw)
    if draw.random() < 0.6:
        _with_checksums(data)
        for content in places.contents:
            _with_content_checksums(data, content.start)
    if draw.random() < 1 / 30:
        del data[draw.randrange(1, len(data)) :]
    return bytes(data)


def _fault(data: bytearray, places: Believed, draw: Random) -> None:
    choice = draw.random()
    if places.containers and choice < 0.6:
        at = draw.choice(places.containers)
    elif places.contents and choice < 0.8:
        content = draw.choice(places.contents)
        at = content.start + (draw.randrange(len(content)) & draw.choice([~0, ~3, ~3]))
    else:
        groups = [group for group in (places.first, places.marked, places.marked, places.sectors) if group]
        at = _inside(draw.choice(draw.choice(groups)), draw)
    at = min(at, len(data) - 1)
    how = draw.randrange(9)
    if how < 5:
        _change_number(data, at, draw)
    elif how == 5:
        data[at] ^= 1 << draw.randrange(8)
    elif how == 6:
        length = min(draw.randrange(1, SECTOR), len(data) - at)
        data[at : at + length] = bytes(length)
    elif how == 7:
        length = min(draw.choice([4, 16, 32, 128]), len(data) - at)
        source = draw.choice(places.sectors)
        data[at : at + length] = bytes(data[source : source + length]).ljust(length, b"\0")
    else:  # one structure in the place of another
        to, source = (draw.choice(places.marked or places.sectors) for _ in range(2))
        length = min(draw.choice([SECTOR, 2 * SECTOR]), len(data) - to, len(data) - source)
        data[to : to + length] = data[source : source + length]


def _inside(sector: int, draw: Random) -> int:
    """Return a place in the sector, most often a multiple of 4, and not in the two bytes that NTFS checks."""
    place = draw.randrange(SECTOR - 2)
    return sector + (place & ~3 if draw.random() < 0.6 else place)


def _change_number(data: bytearray, at: int, draw: Random) -> None:
    size = min(draw.choice([1, 2, 4, 4, 8]), len(data) - at)
    old = int.from_bytes(data[at : at + size], "little")
    change: Callable[[], int] = draw.choice(
        [
            lambda: draw.choice(_EXTREMES),
            lambda: old + draw.choice([-1, 1, 2, -2, 16]),
            lambda: old << draw.randrange(1, 16),
            lambda: old >> draw.randrange(1, 8),
            lambda: draw.getrandbits(8 * size),
            lambda: draw.randrange(64),
        ]
    )
    data[at : at + size] = (change() & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _is_structure(data: bytes, at: int) -> bool:
    """Tell boot sectors and partition tables, superblocks, inodes with extents, directories of FAT and exFAT."""
    sector = data[at : at + SECTOR]
    return (
        sector[510:] == b"\x55\xaa"
        or sector[56:58] == b"\x53\xef"
        or b"\x0a\xf3" in (sector[0x28:0x2A], sector[0x128:0x12A])
        or sector[:2] in (b". ", b"\x83\x08", b"\x85\x02", b"\x05\x02")
        or sector[32:34] == b". "
        or (at % 1024 == 0 and sector[6:9] == b"\x01\x02.")
        or sector[:3] in (b"\xf8\xff\xff", b"\xf0\xff\xff")
    )


def _container_places(data: bytes) -> list[int]:
    """Return the bytes of an E01's section headers and of a gzip's headers and ends, each to be drawn alike often."""
    if data.startswith(b"EVF\x09"):
        found, at = list(range(13)), 13
        while at + 76 <= len(data):
            found += range(at, at + 76)
            kind, following = struct.unpack_from("<16sQ", data, at)
            found += range(at + 76, min(at + 76 + (160 if kind[:6] != b"sector" else 0), len(data)))
            if following <= at:
                break
            at = following
        return found
    if data.startswith(b"\x1f\x8b"):
        found = []
        at = data.find(b"\x1f\x8b\x08")
        while at >= 0:
            found += range(max(0, at - 8), min(at + 40, len(data)))
            at = data.find(b"\x1f\x8b\x08", at + 1)
        return [*found, *range(len(data) - 8, len(data))]
    return []


def _with_checksums(data: bytearray) -> None:
    """Make the checksums of GUID partition tables and of E01 sections right again, so that the damage is believed."""
    if data.startswith(b"EVF\x09"):
        at = 13
        while at + 76 <= len(data):
            struct.pack_into("<I", data, at + 72, zlib.adler32(data[at : at + 72]))
            (following,) = struct.unpack_from("<Q", data, at + 16)
            if following <= at:
                return
            at = following
    for header in (SECTOR, len(data) - SECTOR):
        if data.startswith(b"EFI PART", header):
            table, count, size = struct.unpack_from("<QII", data, header + 72)
            if count * size <= 1 << 20:
                entries = data[table * SECTOR : table * SECTOR + count * size]
                struct.pack_into("<I", data, header + 88, zlib.crc32(entries))
            length = min(int.from_bytes(data[header + 12 : header + 16], "little"), SECTOR)
            struct.pack_into("<I", data, header + 16, 0)
            struct.pack_into("<I", data, header + 16, zlib.crc32(data[header : header + length]))


def _with_content_checksums(data: bytearray, start: int) -> None:
    """The same for the header of a hive (exclusive or of its first 127 numbers), and for an event log.

    Sources: libyal, "Windows NT Registry File (REGF) format", section "File header"; "Windows XML Event Log (EVTX)
    format", sections "File header" and "Chunk".
    """
    if data.startswith(b"regf", start) and len(data) >= start + SECTOR:
        checksum = 0
        for (number,) in struct.iter_unpack("<I", data[start : start + 508]):
            checksum ^= number
        struct.pack_into("<I", data, start + 508, checksum)
    if data.startswith(b"ElfFile\0", start) and len(data) >= start + 4096:
        struct.pack_into("<I", data, start + 124, zlib.crc32(data[start : start + 120]))
        at = start + 4096
        while data.startswith(b"ElfChnk\0", at) and len(data) >= at + 65536:
            (free,) = struct.unpack_from("<I", data, at + 48)
            struct.pack_into("<I", data, at + 52, zlib.crc32(data[at + 512 : at + min(max(free, 512), 65536)]))
            header = data[at : at + 120] + data[at + 128 : at + 512]
            struct.pack_into("<I", data, at + 124, zlib.crc32(header))
            at += 65536
