"""How a medium is divided. Named tuples, because every command on an image loads them, and they load at once."""

from typing import NamedTuple


class Volume(NamedTuple):
    """One stretch of a medium: a partition, or the whole medium where there is no partition table.

    ``number`` counts from 1 in the order of the table; 0 is the whole medium without a table.
    """

    number: int
    start_bytes: int
    size_bytes: int
    description: str
    filesystem: str | None  # "FAT32", "NTFS", "ext2" ...; None where no reader knows it


class Gap(NamedTuple):
    """A stretch of a medium that no partition covers. The tables themselves lie in gaps."""

    start_bytes: int
    size_bytes: int


class PartitionTable(NamedTuple):
    """How a medium is divided, and what is wrong with the table that says so."""

    kind: str  # "MBR", "GPT", "Apple", "BSD", "Sun"; "none" where the whole medium is one volume
    volumes: tuple[Volume, ...]
    gaps: tuple[Gap, ...] = ()
    problems: tuple[str, ...] = ()
