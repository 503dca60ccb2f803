"""Logical partitions: an extended partition holds a chain of tables, each with one partition and the way to the next.

Each extended boot record (EBR) has the form of a master boot record without code. Its first entry is the logical
partition, counted from this EBR; its second is the next EBR, counted from the begin of the extended partition.

Source: Microsoft, Windows 2000 Server Resource Kit, "Disk Concepts and Troubleshooting", "Logical Drives and Extended
Boot Record"; where Windows and fdisk put them, by their behaviour.
"""

from collections.abc import Sequence
from itertools import pairwise

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.volumes.mbr import MbrPartition, check_types, entry, table_sector
from labkit.synthesis.volumes.places import ALIGNMENT_SECTORS, check_places

EXTENDED_CHS, EXTENDED_LBA = 0x05, 0x0F
ONE_TRACK_SECTORS = 63  # the gap of Windows XP and older


def write_logical(
    medium: Medium,
    extended: MbrPartition,
    partitions: Sequence[MbrPartition],
    *,
    gap_sectors: int = ALIGNMENT_SECTORS,
) -> tuple[int, ...]:
    """Write the chain of an extended partition, and return where each EBR begins, in bytes of the medium.

    Readers number logical partitions from 5.

    Args:
        medium: Its master boot record, with ``extended`` in it, is written by ``write_mbr``.
        extended: The partition of type 0x05 or 0x0F that holds the chain.
        partitions: In the order of the medium, by sectors counted from 0 of the medium.
        gap_sectors: How far before its partition an EBR stands: 2048, or 63. The first one stands at the begin of
            ``extended``.

    Raises:
        SynthesisError: ``extended`` has another type; a partition lies outside of it, in the wrong order, on another
            one or on an EBR; or there is none.
    """
    _check(extended, partitions, gap_sectors)
    tables = [extended.start_sector] + [partition.start_sector - gap_sectors for partition in partitions[1:]]
    following = [
        entry(MbrPartition(EXTENDED_CHS, table, partition.end_sector - table), counted_from=extended.start_sector)
        for table, partition in zip(tables[1:], partitions[1:], strict=True)
    ]
    for table, partition, chain in zip(tables, partitions, [*following, b""], strict=True):
        medium.write(table * SECTOR_BYTES, table_sector(entry(partition, counted_from=table) + chain))
    return tuple(table * SECTOR_BYTES for table in tables)


def _check(extended: MbrPartition, partitions: Sequence[MbrPartition], gap_sectors: int) -> None:
    if extended.type_byte not in {EXTENDED_CHS, EXTENDED_LBA}:
        raise SynthesisError(
            f"a partition of type {extended.type_byte:#04x} can not hold logical ones",
            remedy="Make it one of type 0x0F (or 0x05, as on old disks).",
        )
    if not partitions or gap_sectors < 1:
        raise SynthesisError(
            f"{len(partitions)} logical partitions with a gap of {gap_sectors} sectors make no chain",
            remedy="Give at least one, and a gap of 2048 or 63 sectors.",
        )
    check_types(partitions)
    first = extended.start_sector + gap_sectors
    check_places(
        partitions, first, extended.end_sector, within=f"the extended partition from sector {first}, behind its EBR"
    )
    for number, (left, right) in enumerate(pairwise(partitions), start=2):
        if right.start_sector - gap_sectors < left.end_sector:
            raise SynthesisError(
                f"there is no room for an EBR {gap_sectors} sectors before logical partition {number}",
                remedy=f"Begin it at sector {left.end_sector + gap_sectors} or later; keep the order of the medium.",
            )
