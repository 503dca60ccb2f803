"""The GUID partition table, both copies of it.

The Sleuth Kit reads the first copy and compares no checksum, so that a changed entry passes for true. Here a copy
counts only if its checksums are right; else the other one is used, and what is wrong is said.

Source: UEFI Specification 2.10, sections 5.2.3 (protective MBR), 5.3.2 (GPT header) and 5.3.3 (partition entries).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from labkit.evidence.image import Image

_SIGNATURE = b"EFI PART"
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_ENTRY = struct.Struct("<16s16sQQQ72s")
_PROTECTIVE = 0xEE
_MBR_ENTRIES = range(446, 510, 16)
_MBR_SIGNATURE = b"\x55\xaa"
_UNUSED = bytes(16)
_MOST_TABLE_BYTES = 1 << 20
_SECTOR_SIZES = (512, 4096)
_TYPE_NAMES = {
    UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"): "EFI system",
    UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae"): "Microsoft reserved",
    UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"): "basic data",
    UUID("de94bba4-06d1-4d40-a16a-bfd50179d6ac"): "Windows recovery",
    UUID("0fc63daf-8483-4772-8e79-3d69d8477de4"): "Linux",
}


class GptPartition(NamedTuple):
    """One used entry."""

    slot: int  # from 1
    start_bytes: int
    size_bytes: int
    name: str  # or what its type is for, where it has no name


class Gpt(NamedTuple):
    """What a medium says in its two tables. ``partitions`` is None where neither copy can be trusted."""

    partitions: tuple[GptPartition, ...] | None
    problems: tuple[str, ...]


class _Damaged(Exception):  # noqa: N818 - the reader is told as it stands
    """What is wrong with one copy."""


class _Copy(NamedTuple):
    header: bytes
    entries: bytes
    entry_bytes: int
    other_sector: int

    def same_as(self, other: "_Copy") -> bool:
        return self.entries == other.entries and self.header[56:72] == other.header[56:72]


def read_gpt(image: Image) -> Gpt | None:
    """Return the GUID partition table of a medium, or None where it has none.

    A medium has one if its MBR says so, or if it has no MBR at all and a sound header stands where one belongs. (Where
    a medium was divided anew by an MBR alone, an old GUID partition table may still be there.)

    Raises:
        EvidenceError: The image can not be read.
    """
    protected = _protected(image)
    if not protected and image.read(510, 2) == _MBR_SIGNATURE:
        return None
    tries = [_Reading(image, size).result() for size in dict.fromkeys((image.bytes_per_sector, *_SECTOR_SIZES))]
    found = next((one for one in tries if one.partitions is not None), tries[0])
    return found if protected or found.partitions is not None else None


class _Reading:
    """One try to read both copies with one sector size."""

    def __init__(self, image: Image, sector_bytes: int) -> None:
        self._image = image
        self._sector_bytes = sector_bytes
        self._last_sector = image.size_bytes // sector_bytes - 1

    def result(self) -> Gpt:
        primary = self._copy(1)
        backup = self._copy(primary.other_sector if isinstance(primary, _Copy) else self._last_sector)
        problems = [
            f"the {name} GUID partition table is damaged: {copy}"
            for name, copy in (("primary", primary), ("backup", backup))
            if isinstance(copy, str)
        ]
        used = primary if isinstance(primary, _Copy) else backup
        if isinstance(used, str):
            return Gpt(None, tuple(problems))
        if isinstance(primary, str):
            problems.append("the backup at the end of the medium was used")
        elif isinstance(backup, _Copy) and not primary.same_as(backup):
            problems.append("the primary and the backup GUID partition table differ; the primary was used")
        if not _protected(self._image):
            problems.append("there is a GUID partition table, but no protective master boot record")
        partitions = tuple(sorted(self._partitions(used, problems), key=lambda one: one.start_bytes))
        return Gpt(partitions, tuple(problems))

    def _copy(self, sector: int) -> _Copy | str:
        """Return the copy whose header stands in ``sector``, or what is wrong with it."""
        try:
            return self._sound_copy(sector)
        except _Damaged as damaged:
            return str(damaged)

    def _sound_copy(self, sector: int) -> _Copy:
        if not 0 < sector <= self._last_sector:
            raise _Damaged(f"sector {sector} lies outside the medium")
        stored = self._image.read(sector * self._sector_bytes, self._sector_bytes)
        signature, _, size, checksum, _, own, other, _, _, _, table, count, entry_bytes, table_checksum = (
            _HEADER.unpack_from(stored)
        )
        if signature != _SIGNATURE:
            raise _Damaged(f"sector {sector} does not begin with EFI PART")
        if not _HEADER.size <= size <= self._sector_bytes:
            raise _Damaged(f"the header in sector {sector} states a size of {size} bytes")
        header = stored[:size]
        if zlib.crc32(header[:16] + bytes(4) + header[20:]) != checksum:
            raise _Damaged(f"the checksum of the header in sector {sector} is wrong")
        if own != sector:
            raise _Damaged(f"the header in sector {sector} belongs to sector {own}")
        if entry_bytes < _ENTRY.size or count * entry_bytes > _MOST_TABLE_BYTES:
            raise _Damaged(f"the header in sector {sector} states {count} entries of {entry_bytes} bytes")
        entries = self._image.read(table * self._sector_bytes, count * entry_bytes)
        if len(entries) != count * entry_bytes or zlib.crc32(entries) != table_checksum:
            raise _Damaged(f"the checksum of the entries from sector {table} on is wrong")
        return _Copy(header, entries, entry_bytes, other)

    def _partitions(self, copy: _Copy, problems: list[str]) -> Iterator[GptPartition]:
        for slot, start in enumerate(range(0, len(copy.entries), copy.entry_bytes), start=1):
            kind, _, first, last, _, name = _ENTRY.unpack_from(copy.entries, start)
            if kind == _UNUSED:
                continue
            if not 0 < first <= last or first > self._last_sector:
                problems.append(f"entry {slot}, sectors {first} to {last}, lies outside the medium")
                continue
            if last > self._last_sector:
                problems.append(f"entry {slot} ends at sector {last}, behind the end of the medium")
            end = min(last, self._last_sector) + 1
            text = name.decode("utf-16-le", "backslashreplace").split("\0")[0]
            yield GptPartition(
                slot,
                first * self._sector_bytes,
                (end - first) * self._sector_bytes,
                text or _type_name(kind),
            )


def _type_name(kind: bytes) -> str:
    type_guid = UUID(bytes_le=kind)
    return _TYPE_NAMES.get(type_guid, f"type {type_guid}")


def _protected(image: Image) -> bool:
    """Tell whether the master boot record says that there is a GUID partition table."""
    sector = image.read(0, 512)
    return sector[510:] == _MBR_SIGNATURE and any(sector[place + 4] == _PROTECTIVE for place in _MBR_ENTRIES)
