"""The partitions of a medium: MBR with its logical partitions, GPT, Apple, BSD and Sun tables, and what lies between.

A GUID partition table is read by ``gpt``, which checks it; the others with the Sleuth Kit over the image that is
already open. (dfvfs finds partitions with the same call, but opens the container a second time for it.)
"""

from collections.abc import Iterable

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.gpt import Gpt, read_gpt
from labkit.evidence.image import Image
from labkit.evidence.remarks import remark
from labkit.evidence.tsk import TskImage, filesystem_name, open_filesystem
from labkit.model.volumes import Gap, PartitionTable, Volume

WHOLE_MEDIUM = 0
_NO_TABLE = "none"
_KINDS = {
    pytsk3.TSK_VS_TYPE_DOS: "MBR",
    pytsk3.TSK_VS_TYPE_GPT: "GPT",
    pytsk3.TSK_VS_TYPE_MAC: "Apple",
    pytsk3.TSK_VS_TYPE_BSD: "BSD",
    pytsk3.TSK_VS_TYPE_SUN: "Sun",
}


class DamagedTableError(EvidenceError):
    """The medium has a table, and no copy of it can be trusted."""


def partition_table(image: Image) -> PartitionTable:
    """Return how a medium is divided: volumes numbered from 1 in the order of the medium, gaps, problems.

    A medium without a table is one volume with the number 0. It may still start with bytes that look like a table (the
    boot sector of a FAT volume ends like an MBR does). Where a file system begins at byte 0 and no partition of the
    seeming table holds one, the medium counts as one volume. Problems are remarked too (``remarks``).

    Raises:
        DamagedTableError: The medium has a GUID partition table, and both copies are damaged.
    """
    table = _table(image)
    for problem in table.problems:
        remark(problem)
    return table


def _table(image: Image) -> PartitionTable:
    tsk_image = TskImage(image)
    gpt = read_gpt(image)
    table = _from_gpt(image, tsk_image, gpt) if gpt is not None else _from_tsk(image, tsk_image)
    if any(volume.filesystem for volume in table.volumes):
        return table
    whole = _volume(tsk_image, WHOLE_MEDIUM, 0, image.size_bytes, "whole medium, no partition table")
    if whole.filesystem is None and gpt is not None and gpt.partitions is None:
        raise DamagedTableError(
            f"{image.path.name}: {'; '.join(gpt.problems)}",
            remedy="Look for volumes by their boot sectors and open them with --offset BYTES; gdisk or TestDisk can "
            "rebuild the table on a working copy.",
        )
    if table.volumes and whole.filesystem is None:
        return table
    return PartitionTable(_NO_TABLE, (whole,))


def volumes(image: Image) -> tuple[Volume, ...]:
    """Return the volumes of ``partition_table``.

    Raises:
        DamagedTableError: As ``partition_table``.
    """
    return partition_table(image).volumes


def volumes_if_any(image: Image) -> tuple[Volume, ...]:
    """Return the same, or nothing where the table is damaged, for who goes through the medium without it."""
    try:
        return volumes(image)
    except DamagedTableError as error:
        remark(f"{error.message}; the medium counts as unpartitioned")
        return ()


def volume_at(image: Image, start_bytes: int) -> Volume:
    """Return the volume that begins at a byte of the medium, be it in the table or not.

    Raises:
        EvidenceError: No file system begins there.
    """
    for volume in volumes_if_any(image):
        if volume.start_bytes == start_bytes and volume.filesystem:
            return volume
    size = image.size_bytes - start_bytes
    found = _volume(TskImage(image), WHOLE_MEDIUM, start_bytes, size, f"file system at byte {start_bytes}")
    if start_bytes < 0 or size <= 0:
        raise EvidenceError(
            f"byte {start_bytes} lies outside the medium of {image.size_bytes} bytes",
            remedy="Count the offset in bytes from byte 0 of the medium (sector number times 512).",
        )
    if found.filesystem is None:
        raise EvidenceError(
            f"no file system that labkit knows begins at byte {start_bytes} of {image.path.name}",
            remedy="Give the offset in bytes, not in sectors (sector number times 512); "
            "labkit image volumes lists where volumes begin.",
        )
    return found


def volume_numbered(image: Image, number: int) -> Volume:
    """Return the volume of that number.

    Raises:
        EvidenceError: The table has no such volume.
    """
    found = volumes(image)
    for volume in found:
        if volume.number == number:
            return volume
    numbers = ", ".join(str(volume.number) for volume in found)
    raise EvidenceError(
        f"{image.path.name} has no volume {number}",
        remedy=f"Its volumes are: {numbers}. labkit image volumes shows them.",
    )


def _from_gpt(image: Image, tsk_image: TskImage, gpt: Gpt) -> PartitionTable:
    found = tuple(
        _volume(tsk_image, number, one.start_bytes, one.size_bytes, one.name)
        for number, one in enumerate(gpt.partitions or (), start=1)
    )
    return PartitionTable("GPT", found, _gaps(found, image.size_bytes), gpt.problems)


def _from_tsk(image: Image, tsk_image: TskImage) -> PartitionTable:
    try:
        table = pytsk3.Volume_Info(tsk_image)
    except OSError:
        tsk_image.check()
        return PartitionTable(_NO_TABLE, ())
    sector = int(table.info.block_size)
    found: list[Volume] = []
    problems: list[str] = []
    for part in table:
        if part.flags != pytsk3.TSK_VS_PART_FLAG_ALLOC:
            continue
        start, stated = int(part.start) * sector, int(part.len) * sector
        size = min(stated, image.size_bytes - start)
        description = part.desc.decode("utf-8", "backslashreplace")
        if size < stated:
            problems.append(
                f"the partition at byte {start} ({description}) ends {stated - size} bytes behind the end of the medium"
            )
        if size > 0:
            found.append(_volume(tsk_image, len(found) + 1, start, size, description))
    kind = _KINDS.get(table.info.vstype, "unknown")
    return PartitionTable(kind, tuple(found), _gaps(found, image.size_bytes), tuple(problems))


def _gaps(found: Iterable[Volume], size_bytes: int) -> tuple[Gap, ...]:
    gaps: list[Gap] = []
    free = 0
    for volume in sorted(found, key=lambda one: one.start_bytes):
        if volume.start_bytes > free:
            gaps.append(Gap(free, volume.start_bytes - free))
        free = max(free, volume.start_bytes + volume.size_bytes)
    if free < size_bytes:
        gaps.append(Gap(free, size_bytes - free))
    return tuple(gaps)


def _volume(tsk_image: TskImage, number: int, start_bytes: int, size_bytes: int, description: str) -> Volume:
    filesystem = open_filesystem(tsk_image, start_bytes) if start_bytes >= 0 and size_bytes > 0 else None
    name = filesystem_name(filesystem) if filesystem is not None else None
    return Volume(number, start_bytes, size_bytes, description, name)
