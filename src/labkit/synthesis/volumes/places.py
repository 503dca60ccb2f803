"""Where partitions may lie on a medium, whatever table names them, and what lies between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES

ALIGNMENT_SECTORS = 2048  # 1 MiB, as Windows has it since Vista


class Placed(Protocol):
    """A stretch of sectors, counted from 0 of the medium."""

    @property
    def start_sector(self) -> int:
        """Its first sector."""

    @property
    def size_sectors(self) -> int:
        """How many there are."""

    @property
    def end_sector(self) -> int:
        """The first sector behind it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of the medium that no partition covers."""

    start_bytes: int
    size_bytes: int


def aligned(sector: int) -> int:
    """Return the first sector from ``sector`` on where a partition usually begins."""
    return -(-sector // ALIGNMENT_SECTORS) * ALIGNMENT_SECTORS


def check_places(partitions: Sequence[Placed], first_sector: int, end_sector: int, *, within: str) -> None:
    """Refuse partitions that lie outside of ``first_sector`` up to ``end_sector``, or on each other.

    Args:
        partitions: They are numbered from 1 in the messages.
        first_sector: Where the first one may begin.
        end_sector: The first sector behind what may be used.
        within: What holds them, as the message names it: "a medium of 131072 sectors".

    Raises:
        SynthesisError: One lies outside, is empty, or overlaps another.
    """
    for number, partition in enumerate(partitions, start=1):
        if partition.start_sector < first_sector or partition.size_sectors < 1 or partition.end_sector > end_sector:
            raise SynthesisError(
                f"partition {number}, sectors {partition.start_sector} to {partition.end_sector}, does not lie within "
                f"{within}",
                remedy=f"Begin at sector {first_sector} or later ({aligned(first_sector)} is usual), "
                f"and end with sector {end_sector - 1} at the latest.",
            )
    placed = sorted(enumerate(partitions, start=1), key=lambda item: item[1].start_sector)
    for (number, left), (other, right) in pairwise(placed):
        if right.start_sector < left.end_sector:
            raise SynthesisError(
                f"partitions {number} and {other} overlap at sector {right.start_sector}",
                remedy="Begin each partition behind the end of the one before it.",
            )


def gaps(partitions: Sequence[Placed], first_sector: int, end_sector: int) -> tuple[Gap, ...]:
    """Return what ``partitions`` leave free between ``first_sector`` and ``end_sector``, in order."""
    found: list[Gap] = []
    free = first_sector
    for partition in sorted(partitions, key=lambda one: one.start_sector):
        if partition.start_sector > free:
            found.append(_gap(free, partition.start_sector))
        free = max(free, partition.end_sector)
    if free < end_sector:
        found.append(_gap(free, end_sector))
    return tuple(found)


def _gap(start_sector: int, end_sector: int) -> Gap:
    return Gap(start_sector * SECTOR_BYTES, (end_sector - start_sector) * SECTOR_BYTES)
