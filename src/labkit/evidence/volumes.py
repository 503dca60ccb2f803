"""The partitions of a medium: MBR, GPT, Apple, BSD and Sun tables.

The table is read with the Sleuth Kit over the image that is already open. (dfvfs finds partitions with the same
call, but opens the container a second time for it.)
"""

import pytsk3

from labkit.errors import EvidenceError
from labkit.evidence.image import Image
from labkit.evidence.tsk import TskImage, filesystem_name, open_filesystem
from labkit.model.evidence import Volume

WHOLE_MEDIUM = 0


def volumes(image: Image) -> tuple[Volume, ...]:
    """Return the partitions in the order of the table, numbered from 1; else the whole medium as number 0.

    A medium without a partition table may still start with bytes that look like one (the boot sector of a FAT
    volume ends like an MBR does). Where a file system begins at byte 0 and no partition of the seeming table holds
    one, the medium counts as one volume.
    """
    tsk_image = TskImage(image)
    found = _partitions(image, tsk_image)
    if any(volume.filesystem for volume in found):
        return found
    whole = _volume(tsk_image, WHOLE_MEDIUM, 0, image.size_bytes, "whole medium, no partition table")
    if found and whole.filesystem is None:
        return found
    return (whole,)


def volume_at(image: Image, start_bytes: int) -> Volume:
    """Return the volume that begins at a byte of the medium, be it in the table or not.

    Raises:
        EvidenceError: No file system begins there.
    """
    for volume in volumes(image):
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
        remedy=f"There is: {numbers}. labkit image volumes shows them.",
    )


def _partitions(image: Image, tsk_image: TskImage) -> tuple[Volume, ...]:
    try:
        table = pytsk3.Volume_Info(tsk_image)
    except OSError:
        tsk_image.check()
        return ()
    sector = int(table.info.block_size)
    found: list[Volume] = []
    for part in table:
        if part.flags != pytsk3.TSK_VS_PART_FLAG_ALLOC:
            continue
        start = int(part.start) * sector
        size = min(int(part.len) * sector, image.size_bytes - start)
        if size > 0:
            description = part.desc.decode("utf-8", "backslashreplace")
            found.append(_volume(tsk_image, len(found) + 1, start, size, description))
    return tuple(found)


def _volume(tsk_image: TskImage, number: int, start_bytes: int, size_bytes: int, description: str) -> Volume:
    filesystem = open_filesystem(tsk_image, start_bytes) if start_bytes >= 0 and size_bytes > 0 else None
    name = filesystem_name(filesystem) if filesystem is not None else None
    return Volume(number, start_bytes, size_bytes, description, name)
