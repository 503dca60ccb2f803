"""One built evidence item as the readers see it; what is costly is done once."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from labkit.evidence.image import Image, open_image
from labkit.evidence.verify import container_digests
from labkit.evidence.volumes import partition_table
from labkit.hashing import Digester, digest_blocks
from labkit.model.evidence import Digests
from labkit.model.truth import GroundTruth
from labkit.model.volumes import PartitionTable, Volume
from labkit.verification.fat_view import FatView
from labkit.verification.lost_volumes import lost_volumes
from labkit.verification.memory_view import MemoryView, memory_view
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.programs import LONG_TIMEOUT_S, Answer, ask
from labkit.verification.volume_view import SECTOR_BYTES

_BLOCK_BYTES = 1024 * 1024
Seen = TypeVar("Seen")
RAW_SUFFIXES = frozenset({".raw", ".dd", ".img"})


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
        self._beside: dict[tuple[Callable[[NtfsView], Any], int], Any] = {}
        self._readings: dict[Path, MediumReading] = {}
        self._stretches: dict[tuple[int, int], Digests] = {}
        self._ewfverify: dict[Path, Future[Answer | None]] = {}

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

    def stretch_digests(self, start_bytes: int, size_bytes: int) -> Digests:
        """Return the digests of a stretch of the medium."""
        place = start_bytes, size_bytes
        if place not in self._stretches:
            self._stretches[place] = digest_blocks(self.medium.blocks(*place))
        return self._stretches[place]

    def ewfverify(self, path: Path) -> Answer | None:
        """Return what ``ewfverify`` says of a container; it is asked once, because it reads all of the medium."""
        self.begin_ewfverify(path)
        return self._ewfverify[path].result()

    def begin_ewfverify(self, path: Path) -> None:
        """Let ``ewfverify`` read a container while others read too."""
        if path not in self._ewfverify:
            pool = self._open.enter_context(ThreadPoolExecutor(1))
            asked = partial(ask, "ewfverify", "-q", "-d", "sha1,sha256", path, timeout_s=LONG_TIMEOUT_S)
            self._ewfverify[path] = pool.submit(asked)

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
    def memory(self) -> MemoryView:
        """What a reader sees in the item's memory image.

        Raises:
            EvidenceError: There is no symbol table for it.
        """
        return self._open.enter_context(memory_view(self.raw))

    @cached_property
    def table(self) -> PartitionTable:
        """How the medium is divided, by the Sleuth Kit's library, and by both copies of a GUID partition table."""
        return partition_table(self.medium)

    @cached_property
    def lost(self) -> tuple[Volume, ...]:
        """The volumes that begin in a gap of the table, found by their boot sectors. Their number is 0."""
        return tuple(lost_volumes(self.medium, self.table.gaps))

    def volume(self, number: int) -> Volume:
        """Return one volume. Where there is a table, number 0 is the volume that it lost.

        Raises:
            LookupError: The medium has no such volume, or several that are lost.
        """
        for volume in self.table.volumes:
            if volume.number == number:
                return volume
        if number == 0 and len(self.lost) == 1:
            return self.lost[0]
        numbers = [volume.number for volume in self.table.volumes]
        raise LookupError(f"the medium has no volume {number}, only {numbers} and {len(self.lost)} lost")

    @cached_property
    def _views(self) -> dict[int, FatView | NtfsView]:
        return {}

    def beside(self, view: NtfsView, make: Callable[[NtfsView], Seen]) -> Seen:
        """Return what ``make`` makes of a view; it is made once for each volume."""
        key = (make, view.volume.number)
        if key not in self._beside:
            self._beside[key] = make(view)
        return cast("Seen", self._beside[key])

    def view(self, number: int) -> FatView | NtfsView:
        """Return what the readers see in one volume.

        Raises:
            LookupError: The medium has no such volume, or its file system is none that is verified.
        """
        if number not in self._views:
            volume = self.volume(number)
            if (volume.filesystem or "").startswith("FAT"):
                self._views[number] = FatView(self.medium, self.raw, volume)
            elif volume.filesystem == "NTFS":
                self._views[number] = NtfsView(self.medium, self.raw, volume)
            else:
                raise LookupError(f"volume {number} holds {volume.filesystem or 'no file system'}, not FAT or NTFS")
        return self._views[number]
