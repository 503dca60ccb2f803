"""Where an image is written: the names of its files, and the files while they grow.

While an image is not whole its files end in ``.part``; nobody takes them for an image.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from labkit.containers.ewf_writer import segment_suffix
from labkit.errors import AcquisitionError, StorageError

Container = Literal["raw", "E01"]
_RAW_SUFFIXES = frozenset({".raw", ".dd", ".img", ".001"})


@dataclass(frozen=True, slots=True)
class Target:
    """The image to be: its container, its first file, and whether it is in several files."""

    container: Container
    first: Path
    segmented: bool

    def segment(self, number: int) -> Path:
        """Return the file of segment ``number``, from 1: .E01, .E02 ...; raw: .001, .002 ... if it is segmented."""
        if self.container == "E01":
            return self.first.with_suffix(segment_suffix(number))
        return self.first.with_suffix(f".{number:03d}") if self.segmented else self.first

    @property
    def journal(self) -> Path:
        """Return the file that remembers an unfinished acquisition."""
        return self.first.with_name(f"{self.first.name}.acquiring.jsonl")

    @property
    def record(self) -> Path:
        """Return the provenance record."""
        return record_path(self.first)


def record_path(image: Path) -> Path:
    """Return where the provenance record of an image lies: beside its first file."""
    return image.with_name(f"{image.name}.acquisition.json")


def target_named(out: Path, container: Container | None, *, segmented: bool) -> Target:
    """Return the target that OUT means: by ``container``, else by its suffix, else an E01.

    Raises:
        AcquisitionError: Suffix and container contradict each other, or the suffix is of a later segment.
    """
    suffix = out.suffix
    is_ewf = re.fullmatch(r"\.[Ee]\d\d", suffix) is not None
    told: Container | None = "E01" if is_ewf else "raw" if suffix.lower() in _RAW_SUFFIXES else None
    if is_ewf and suffix[1:] not in {"E01", "e01"}:
        raise AcquisitionError(f"{out.name} is not the name of a first segment", remedy="Name the image NAME.E01.")
    if told is not None and container is not None and told != container:
        raise AcquisitionError(
            f"the name {out.name} says {told}, --format says {container}",
            remedy="Leave out --format, or give the image another ending.",
        )
    chosen: Container = container or told or "E01"
    if chosen == "E01":
        return Target("E01", out.with_suffix(".E01") if is_ewf else out.with_name(f"{out.name}.E01"), segmented=True)
    if segmented:
        return Target("raw", out.with_suffix(".001") if told else out.with_name(f"{out.name}.001"), segmented=True)
    return Target("raw", out if told else out.with_name(f"{out.name}.raw"), segmented=False)


class GrowingFiles:
    """The files of an image while they grow; at the end ``publish`` gives them their names."""

    def __init__(self, name: Callable[[int], Path]) -> None:
        self._name = name
        self._file: BinaryIO | None = None

    def begin(self, number: int) -> BinaryIO:
        """Close the file before and return a new empty one for segment ``number``.

        Raises:
            StorageError: There is a file of that name already.
        """
        self.close()
        final = self._name(number)
        if final.exists():
            raise StorageError(
                f"{final} is there already; nothing was overwritten",
                remedy="Choose another name, or move that file away.",
            )
        self._remove_behind(number)
        self._file = part_of(final).open("wb", buffering=0)
        return self._file

    def go_on(self, number: int, length_bytes: int) -> BinaryIO:
        """Cut segment ``number`` to ``length_bytes``, remove those behind it, and return it, at its end."""
        self.close()
        self._remove_behind(number)
        file = part_of(self._name(number)).open("r+b", buffering=0)
        file.truncate(length_bytes)
        file.seek(length_bytes)
        self._file = file
        return file

    def _remove_behind(self, number: int) -> None:
        """Remove what an earlier, unsafe part of the work wrote behind segment ``number``."""
        behind = number + 1
        while self._name(behind) != self._name(number) and part_of(self._name(behind)).exists():
            part_of(self._name(behind)).unlink()
            behind += 1

    def sync(self) -> None:
        """Wait until the disk has what was written."""
        if self._file is not None:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file that is open; what it holds is on the disk then."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def drop(self) -> None:
        """Close the file that is open, as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None


def part_of(final: Path) -> Path:
    """Return the name of a file while it grows."""
    return final.with_name(f"{final.name}.part")


def publish(target: Target, segments: int) -> tuple[Path, ...]:
    """Give all files of a whole image their names; those that have them already keep them. Return them in order."""
    names = tuple(target.segment(number) for number in range(1, segments + 1))
    for final in names:
        if part_of(final).exists():
            os.replace(part_of(final), final)  # noqa: PTH105 - Path.replace is the same; both lie in one folder
    return names


def files_in_the_way(target: Target) -> tuple[Path, ...]:
    """Return the files that a new image would overwrite, or that would be taken for parts of it."""
    found = [path for path in (target.segment(1), target.record) if path.exists()]
    if target.container == "raw" and target.segmented:
        stem = target.first.stem
        found += [
            path
            for path in sorted(target.first.parent.iterdir())
            if path.stem == stem and re.fullmatch(r"\.\d{3,5}", path.suffix) and path not in found
        ]
    return tuple(found)
