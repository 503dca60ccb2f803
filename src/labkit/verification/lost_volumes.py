"""Volumes that no table lists, found by their boot sectors in the gaps between the partitions.

A boot sector states the number of its own sector ("hidden sectors"), by which it is told from a backup of itself.
Sources: Microsoft FAT specification, "Boot Sector and BPB" (hidden sectors at 28, sectors at 32, "FAT32" at 82);
Linux-NTFS project, "NTFS Documentation", "$Boot" ("NTFS" at 3, sectors at 40; the backup behind them is not counted).
"""

import struct
from collections.abc import Iterable, Iterator

from labkit.evidence.image import Image
from labkit.model.volumes import Gap, Volume
from labkit.verification.volume_view import SECTOR_BYTES

_MARK = b"\x55\xaa"
_MARK_AT = 510


def lost_volumes(image: Image, gaps: Iterable[Gap]) -> Iterator[Volume]:
    """Yield the FAT32 and NTFS volumes that begin in gaps. Their number is 0."""
    for gap in gaps:
        for start, block in _blocks(image, gap):
            place = block.find(_MARK)
            while place >= 0:
                if place % SECTOR_BYTES == _MARK_AT:
                    volume = _volume(block[place - _MARK_AT : place + len(_MARK)], start + place - _MARK_AT)
                    if volume is not None:
                        yield volume
                place = block.find(_MARK, place + 1)


def _blocks(image: Image, gap: Gap) -> Iterator[tuple[int, bytes]]:
    place = gap.start_bytes
    for block in image.blocks(gap.start_bytes, gap.size_bytes):
        yield place, block
        place += len(block)


def _volume(sector: bytes, start_bytes: int) -> Volume | None:
    (hidden,) = struct.unpack_from("<I", sector, 28)
    if hidden != start_bytes // SECTOR_BYTES:
        return None
    if sector[82:87] == b"FAT32":
        (sectors,) = struct.unpack_from("<I", sector, 32)
        return Volume(0, start_bytes, sectors * SECTOR_BYTES, "not in the table", "FAT32")
    if sector[3:7] == b"NTFS":
        (sectors,) = struct.unpack_from("<Q", sector, 40)
        return Volume(0, start_bytes, (sectors + 1) * SECTOR_BYTES, "not in the table", "NTFS")
    return None
