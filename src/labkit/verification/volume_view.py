"""What the readers see in one volume, whatever its file system; what is costly is done once."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import Image
from labkit.evidence.rows import Row
from labkit.model.volumes import Volume
from labkit.verification.programs import Answer, ask
from labkit.verification.sleuthkit import Listed, listed

SECTOR_BYTES = 512


class VolumeView:
    """One volume of a medium, which ``raw`` is an image of."""

    def __init__(self, medium: Image, raw: Path, volume: Volume) -> None:
        self.medium = medium
        self.volume = volume
        self._raw = raw

    @cached_property
    def reader(self) -> VolumeReader:
        """What labkit shows to trainees of the volume."""
        return VolumeReader(self.medium, self.volume)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every entry, live and deleted, as ``fls`` would list them; times of FAT are stored digits taken for UTC."""
        return tuple(self.reader.rows())

    def row_at(self, address: int) -> Row:
        """Return the entry with that address.

        Raises:
            LookupError: No directory lists it.
        """
        for row in self.rows:
            if row.address == address:
                return row
        raise LookupError(f"no directory lists an entry with address {address}")

    @cached_property
    def listed(self) -> tuple[Listed, ...] | None:
        """Every line of ``fls -r -p``; None where it is not installed."""
        answer = self.sleuthkit("fls", options=("-r", "-p"))
        return None if answer is None else listed(answer.text)

    def sleuthkit(self, program: str, *operands: int | str, options: Sequence[str] = ()) -> Answer | None:
        """Ask a Sleuth Kit program about this volume; None where it is not installed."""
        sector = str(self.volume.start_bytes // SECTOR_BYTES)
        return ask(program, "-o", sector, *options, self._raw, *map(str, operands))
