"""Where the content of a file lies: attributes, runs, sectors, FAT clusters, and NTFS's second set of times."""

import struct
from dataclasses import dataclass
from typing import Any

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.file_names import FileNameTimes, file_names
from labkit.evidence.image import Image
from labkit.evidence.rows import decoded
from labkit.model.evidence import FileEntry
from labkit.model.volumes import Volume

_NON_RESIDENT = int(pytsk3.TSK_FS_ATTR_NONRES)
_COMPRESSED = int(pytsk3.TSK_FS_ATTR_COMP)
_RECOVERED = int(pytsk3.TSK_FS_ATTR_RECOVERY)
_RUN_WITHOUT_PLACE = int(pytsk3.TSK_FS_ATTR_RUN_FLAG_SPARSE) | int(pytsk3.TSK_FS_ATTR_RUN_FLAG_FILLER)
_BOOT_SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch of content. ``offset_bytes`` counts from byte 0 of the medium; None where it is sparse."""

    offset_bytes: int | None
    size_bytes: int
    first_cluster: int | None  # FAT and NTFS count clusters; other file systems blocks


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a record. Other file systems than NTFS have a single one without a name."""

    type: int
    id: int
    name: str | None
    size_bytes: int
    resident: bool
    compressed: bool
    recovered: bool  # the runs are the Sleuth Kit's guess for a deleted file, not read from a chain
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class EntryDetail:
    """Everything about one record. ``entries`` has a row for each name and each named stream.

    ``deleted`` is what the record itself says. A deleted name that leads to a live record is an old one, of this file
    or of another that had the record before; such names come last.
    """

    entries: tuple[FileEntry, ...]
    deleted: bool
    mode: int
    owner: int
    group: int
    links: int
    sequence: int
    cluster_bytes: int
    attributes: tuple[Attribute, ...]
    file_names: tuple[FileNameTimes, ...]


class Geometry:
    """Turns the Sleuth Kit's block numbers into bytes of the medium and cluster numbers."""

    def __init__(self, image: Image, volume: Volume, filesystem: Any) -> None:
        self._start_bytes = volume.start_bytes
        self._block_bytes = int(filesystem.info.block_size)
        self._first_cluster_block = 0
        self._first_cluster = 0
        self._blocks_per_cluster = 1
        if volume.filesystem is not None and volume.filesystem.startswith("FAT"):
            # The Sleuth Kit's blocks are sectors on FAT; the boot sector says how many make a cluster.
            self._read_boot_sector(image.read(volume.start_bytes, _BOOT_SECTOR_BYTES))

    @property
    def cluster_bytes(self) -> int:
        """Return the size of a cluster (a block, on file systems without clusters)."""
        return self._block_bytes * self._blocks_per_cluster

    def run(self, block: int, blocks: int, *, placed: bool) -> Run:
        """Return the run of ``blocks`` blocks from ``block``."""
        size = blocks * self._block_bytes
        if not placed:
            return Run(None, size, None)
        cluster = None
        if block >= self._first_cluster_block:
            cluster = (block - self._first_cluster_block) // self._blocks_per_cluster + self._first_cluster
        return Run(self._start_bytes + block * self._block_bytes, size, cluster)

    def _read_boot_sector(self, sector: bytes) -> None:
        """Source: Microsoft FAT specification, "Boot Sector and BPB": offsets 11 to 36; the first cluster is 2."""
        sector_bytes, per_cluster, reserved, tables, root_entries = struct.unpack_from("<HBHBH", sector, 11)
        (table_sectors,) = struct.unpack_from("<H", sector, 22)
        if not table_sectors:
            (table_sectors,) = struct.unpack_from("<I", sector, 36)
        if not sector_bytes or not per_cluster:
            raise EvidenceError(
                "the boot sector of the FAT volume is damaged: it has no sector or cluster size",
                remedy="Compare it with the backup boot sector (sector 6 of a FAT32 volume).",
            )
        root_sectors = -(-root_entries * 32 // sector_bytes)
        self._first_cluster_block = reserved + tables * table_sectors + root_sectors
        self._first_cluster = 2
        self._blocks_per_cluster = per_cluster


def attributes(record: Any, geometry: Geometry) -> tuple[Attribute, ...]:
    """Return the attributes of a record with their runs, in the record's order."""
    found = []
    for attribute in record:
        info = attribute.info
        flags = int(info.flags)
        runs = tuple(
            geometry.run(int(run.addr), int(run.len), placed=not int(run.flags) & _RUN_WITHOUT_PLACE)
            for run in attribute
        )
        found.append(
            Attribute(
                type=int(info.type),
                id=int(info.id),
                name=decoded(info.name) if info.name else None,
                size_bytes=int(info.size),
                resident=not flags & _NON_RESIDENT,
                compressed=bool(flags & _COMPRESSED),
                recovered=bool(flags & _RECOVERED),
                runs=runs,
            )
        )
    return tuple(found)


def file_name_times(record: Any) -> tuple[FileNameTimes, ...]:
    """Return the times in the $FILE_NAME attributes of an NTFS record, short names included."""
    return tuple(name.times for name in file_names(record))
