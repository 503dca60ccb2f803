"""One built evidence item as the readers see it; what is costly is done once."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from labkit.evidence.disk import VolumeReader
from labkit.evidence.image import Image, open_image
from labkit.evidence.libyal import FatRecord, fat_records
from labkit.evidence.rows import Row
from labkit.evidence.verify import container_digests
from labkit.evidence.volumes import volumes
from labkit.hashing import Digester
from labkit.model.evidence import Digests, Volume
from labkit.model.truth import GroundTruth
from labkit.verification.fat_entry import FatGeometry, read_geometry
from labkit.verification.programs import Answer, ask
from labkit.verification.sleuthkit import Listed, listed

_BLOCK_BYTES = 1024 * 1024
RAW_SUFFIXES = frozenset({".raw", ".dd", ".img"})
SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class MediumReading:
    """One pass over a medium. ``changed_sectors`` are those in which it differs from the item's raw image."""

    digests: Digests
    changed_sectors: tuple[int, ...]


class BuiltItem:
    """The files of one item beside its truth. Use it in a ``with`` block."""

    def __init__(self, files: Mapping[str, Path], truth: GroundTruth, variables: Mapping[str, str]) -> None:
        self.truth = truth
        self.variables = variables
        self._files = {Path(name).name: path for name, path in files.items()}
        self._open = ExitStack()
        self._images: dict[Path, Image] = {}
        self._file_digests: dict[Path, Digests] = {}
        self._readings: dict[Path, MediumReading] = {}
        self._ewfverify: dict[Path, Answer | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def file(self, name: str) -> Path:
        """Return the file of that name.

        Raises:
            FileNotFoundError: The item has no such file, or it is not on the disk.
        """
        path = self._files.get(Path(name).name)
        if path is None or not path.is_file():
            raise FileNotFoundError(f"the item has no file {name}")
        return path

    def with_suffix(self, suffix: str) -> tuple[Path, ...]:
        """Return all files with that ending, sorted by name."""
        return tuple(self._files[name] for name in sorted(self._files) if name.lower().endswith(suffix))

    def file_digests(self, path: Path) -> Digests:
        """Return the digests of a file as it lies there."""
        if path not in self._file_digests:
            self._file_digests[path] = container_digests(path)
        return self._file_digests[path]

    def media_digests(self, path: Path) -> Digests:
        """Return the digests of the medium inside a file."""
        return self.file_digests(path) if path.suffix.lower() in RAW_SUFFIXES else self.reading(path).digests

    def reading(self, path: Path) -> MediumReading:
        """Read the medium inside a file once: digests, and where it differs from the raw image, if there is one."""
        if path not in self._readings:
            image = self.image(path)
            try:
                own: Image | None = self.medium
            except FileNotFoundError:
                own = None
            changed: list[int] = []
            with Digester() as digester:
                for number, block in enumerate(image.blocks(block_bytes=_BLOCK_BYTES)):
                    digester.update(block)
                    first = b"" if own is None else own.read(number * _BLOCK_BYTES, len(block))
                    if own is not None and block != first:
                        changed += (
                            (number * _BLOCK_BYTES + place) // SECTOR_BYTES
                            for place in range(0, len(block), SECTOR_BYTES)
                            if block[place : place + SECTOR_BYTES] != first[place : place + SECTOR_BYTES]
                        )
                self._readings[path] = MediumReading(digester.finish(), tuple(changed))
        return self._readings[path]

    def ewfverify(self, path: Path) -> Answer | None:
        """Return what ``ewfverify`` says of a container; it is asked once, because it reads all of the medium."""
        if path not in self._ewfverify:
            self._ewfverify[path] = ask("ewfverify", "-q", "-d", "sha1,sha256", path)
        return self._ewfverify[path]

    def image(self, path: Path) -> Image:
        """Return the open image of a file; it is closed with the item."""
        if path not in self._images:
            self._images[path] = self._open.enter_context(open_image(path))
        return self._images[path]

    @cached_property
    def raw(self) -> Path:
        """The raw image of the medium.

        Raises:
            FileNotFoundError: There is none.
        """
        found = [path for name, path in sorted(self._files.items()) if Path(name).suffix.lower() in RAW_SUFFIXES]
        if not found or not found[0].is_file():
            raise FileNotFoundError("the item has no raw image of a medium")
        return found[0]

    @cached_property
    def medium(self) -> Image:
        """The medium, read through its raw image."""
        return self.image(self.raw)

    @cached_property
    def volumes(self) -> tuple[Volume, ...]:
        """The volumes of the medium, by the Sleuth Kit's library."""
        return volumes(self.medium)

    def volume(self, number: int) -> Volume:
        """Return one volume.

        Raises:
            LookupError: The medium has no such volume.
        """
        for volume in self.volumes:
            if volume.number == number:
                return volume
        raise LookupError(f"the medium has no volume {number}, only {[volume.number for volume in self.volumes]}")

    @cached_property
    def _views(self) -> dict[int, "VolumeView"]:
        return {}

    def view(self, number: int) -> "VolumeView":
        """Return what the readers see in one volume."""
        if number not in self._views:
            self._views[number] = VolumeView(self, self.volume(number))
        return self._views[number]


class VolumeView:
    """One volume through the Sleuth Kit's library, libfsfat, and by hand."""

    def __init__(self, item: BuiltItem, volume: Volume) -> None:
        self._item = item
        self.volume = volume
        self.reader = VolumeReader(item.medium, volume)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every entry, live and deleted, as ``fls`` would list them; times are stored digits taken for UTC."""
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
    def records(self) -> Mapping[str, FatRecord]:
        """Every live entry by path, by libfsfat."""
        return {record.path: record for record in fat_records(self._item.medium, self.volume)}

    @cached_property
    def geometry(self) -> FatGeometry:
        """Where clusters lie, read by hand from the boot sector."""
        return read_geometry(self._item.medium, self.volume.start_bytes)

    @cached_property
    def owners(self) -> Mapping[int, str]:
        """Cluster to the path of the live file or directory that it belongs to, by libfsfat's runs of files."""
        found = {}
        for record in self.records.values():
            for offset, size in record.runs:
                first = self.geometry.cluster_at(offset)
                for cluster in range(first, first + -(-size // self.geometry.cluster_bytes)):
                    found[cluster] = record.path
        return found

    @cached_property
    def listed(self) -> tuple[Listed, ...] | None:
        """Every line of ``fls -r -p``; None where it is not installed."""
        answer = self.sleuthkit("fls", options=("-r", "-p"))
        return None if answer is None else listed(answer.text)

    def sleuthkit(self, program: str, *operands: int, options: Sequence[str] = ()) -> Answer | None:
        """Ask a Sleuth Kit program about this volume; None where it is not installed."""
        sector = str(self.volume.start_bytes // SECTOR_BYTES)
        return ask(program, "-o", sector, *options, self._item.raw, *map(str, operands))
