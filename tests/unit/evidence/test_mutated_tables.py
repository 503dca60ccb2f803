"""Whatever stands in a partition table, it is listed or refused with a labkit error; nothing else escapes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from labkit.errors import LabkitError
from labkit.evidence import volumes
from labkit.evidence.image import Image
from labkit.evidence.volumes import partition_table
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.volumes.ebr import write_logical
from labkit.synthesis.volumes.gpt import GptPartition, GptType, write_gpt
from labkit.synthesis.volumes.mbr import MbrPartition, write_mbr

SECTORS = 16384
TRIES = 1000  # for each of the two tables


@dataclass
class MediumMedia:
    """A medium under construction as the readers take it: no file is written."""

    medium: Medium
    reads_in_forks = False

    @property
    def size_bytes(self) -> int:
        return self.medium.size_bytes

    def read_at(self, offset_bytes: int, size_bytes: int) -> bytes:
        return self.medium.read(offset_bytes, size_bytes)

    def close(self) -> None:
        pass


Make = Callable[[], tuple[Medium, tuple[int, ...]]]


def with_gpt() -> tuple[Medium, tuple[int, ...]]:
    medium = Medium(SECTORS * 512)
    partitions = [GptPartition(GptType.LINUX, UUID(int=n + 1), 2048 * (n + 1), 1024) for n in range(5)]
    write_gpt(medium, partitions, UUID(int=99))
    return medium, (0, 1, 2, 3, SECTORS - 33, SECTORS - 1)


def with_logical() -> tuple[Medium, tuple[int, ...]]:
    medium = Medium(SECTORS * 512)
    extended = MbrPartition(0x0F, 4096, 12288)
    write_mbr(medium, [MbrPartition(0x07, 2048, 1024), extended], 1)
    logical = [MbrPartition(0x07, 4159, 1000), MbrPartition(0x0C, 6000, 1000), MbrPartition(0x83, 8000, 1000)]
    tables = write_logical(medium, extended, logical, gap_sectors=63)
    return medium, (0, *(table // 512 for table in tables))


@pytest.mark.seeds
@pytest.mark.parametrize("make", [with_gpt, with_logical])
def test_mutated_tables_end_in_a_result_or_a_labkit_error(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    # To look for a file system in each partition takes far longer than to read a table, and no medium here has one.
    monkeypatch.setattr(volumes, "open_filesystem", lambda *_: None)
    sound, sectors = make()
    draw = Stream(b"mutations", make.__name__)
    listed = refused = 0
    for _ in range(TRIES):
        medium = sound.fork()
        for _ in range(draw.between(1, 6)):
            # Half of the places lie where an MBR has its entries; a GPT has its own all over its sectors.
            place = draw.pick(sectors) * 512 + (draw.between(446, 511) if draw.below(2) else draw.below(512))
            medium.write(place, draw.take(draw.between(1, 4)) if place % 512 < 508 else draw.take(1))
        try:
            table = partition_table(Image(Path("mutated.raw"), "raw", (), MediumMedia(medium)))
        except LabkitError:
            refused += 1
        else:
            covered = [*table.volumes, *table.gaps]
            assert all(0 <= one.start_bytes < one.start_bytes + one.size_bytes <= sound.size_bytes for one in covered)
            listed += 1
    assert listed > TRIES // 2
    assert listed + refused == TRIES
