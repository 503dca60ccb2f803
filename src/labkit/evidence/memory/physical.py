"""The physical memory of a machine, as an image file holds it.

A raw image is one run from address 0. An ELF core (System V ABI, chapter 5, and QEMU's ``dump-guest-memory``) has one
run for each PT_LOAD segment, at its ``p_paddr``. A LiME file (LiME format 1: magic, version, first and last address,
then the bytes) has one for each of its headers. Between the runs are holes: devices, or what was not captured. The
file is mapped, never read whole.
"""

import mmap
import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from labkit.errors import EvidenceError
from labkit.evidence.isolation import alive
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.remarks import remark

PAGE_BYTES = 4096
WINDOW_BYTES = 1024 * 1024
_ELF = b"\x7fELF"
_ELF64_LITTLE = b"\x7fELF\x02\x01"
_CORE, _X86_64, _LOAD = 4, 62, 1
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_LIME = struct.Struct("<4sIQQ8x")
_LIME_MAGIC = b"EMiL"
_LARGEST_ADDRESS = 1 << 52  # SDM 4.1.4: no processor has more physical address bits
_FOREIGN = {
    b"PAGEDUMP": "a Windows crash dump (32 bit)",
    b"PAGEDU64": "a Windows crash dump",
    b"hibr": "a Windows hibernation file",
    b"HIBR": "a Windows hibernation file",
    b"AVML": "a compressed AVML capture",
    b"KDUMP   ": "a compressed kdump file",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x1f\x8b": "a gzip archive",
    b"PK\x03\x04": "a zip archive",
}


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of physical addresses that lies in one piece in the file."""

    start: int
    size_bytes: int
    offset_in_file: int

    @property
    def end(self) -> int:
        """Return the first address behind the run."""
        return self.start + self.size_bytes


class PhysicalMemory:
    """Physical memory by address. Use it in a ``with`` block.

    ``container`` is ``raw``, ``ELF core`` or ``LiME``; ``runs`` are in the order of their addresses and do not overlap;
    ``end`` is the first address behind the last.
    """

    def __init__(self, path: Path, *, any_file: bool = False) -> None:
        """Open an image; with ``any_file`` any file at all, whose bytes count as if they were memory from 0 on.

        Raises:
            EvidenceError: It can not be opened, or is of a kind that is not read.
        """
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise EvidenceError(
                f"{path} can not be opened: {error.strerror or error}", remedy="Check the path and its permissions."
            ) from error
        try:
            self._bytes = self._mapped()
            self.container, self.runs = _any_bytes(self._bytes) if any_file else _runs(path, self._bytes)
        except BaseException:
            self.close()
            raise
        self.end = self.runs[-1].end
        self._first_end = self.runs[0].end if self.runs[0].start == self.runs[0].offset_in_file == 0 else 0
        self._starts = [run.start for run in self.runs]

    def _mapped(self) -> mmap.mmap:
        try:
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (ValueError, OSError) as error:
            raise EvidenceError(
                f"{self.path.name} can not be read as memory: {error}",
                remedy="Name a raw image of physical memory or an ELF core; an empty file and a folder are neither.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read after it."""
        if (mapped := getattr(self, "_bytes", None)) is not None:
            mapped.close()
        self._file.close()

    @property
    def size_bytes(self) -> int:
        """Return how much memory the image holds."""
        return sum(run.size_bytes for run in self.runs)

    def read(self, address: int, size_bytes: int) -> bytes:
        """Return the bytes at a physical address, all of them.

        Raises:
            UnreadableError: Some of them are not in the image.
        """
        end = address + size_bytes
        if address >= 0 and end <= self._first_end:
            return self._bytes[address:end]
        run = self._run_at(address)
        if run is None or end > run.end:
            raise UnreadableError(f"physical address {address:#x} is not in the image")
        begin = run.offset_in_file + address - run.start
        return self._bytes[begin : begin + size_bytes]

    def has(self, address: int, size_bytes: int) -> bool:
        """Return whether the bytes at a physical address are in the image, in one run."""
        run = self._run_at(address)
        return run is not None and address + size_bytes <= run.end

    def _run_at(self, address: int) -> Run | None:
        number = bisect_right(self._starts, address) - 1
        if number < 0 or address >= self.runs[number].end:
            return None
        return self.runs[number]

    def offset_in_file(self, address: int) -> int:
        """Return where in the image file the byte of a physical address lies.

        Raises:
            UnreadableError: It is not in the image.
        """
        run = self._run_at(address)
        if run is None:
            raise UnreadableError(f"physical address {address:#x} is not in the image")
        return run.offset_in_file + address - run.start

    def address_of(self, offset_in_file: int) -> int | None:
        """Return the physical address of a byte of the image file; None for bytes that are no memory."""
        for run in self.runs:
            if run.offset_in_file <= offset_in_file < run.offset_in_file + run.size_bytes:
                return run.start + offset_in_file - run.offset_in_file
        return None

    def windows(self, overlap_bytes: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield all memory in pieces of 1 MiB: physical address and bytes, with some of the next piece behind them."""
        for run in self.runs:
            for address in range(run.start, run.end, WINDOW_BYTES):
                alive()
                size = min(WINDOW_BYTES + overlap_bytes, run.end - address)
                begin = run.offset_in_file + address - run.start
                yield address, self._bytes[begin : begin + size]

    def find(self, wanted: bytes) -> Iterator[int]:
        """Yield the physical address of each place where these bytes stand."""
        return self.find_any([wanted])

    def find_any(self, wanted: Sequence[bytes]) -> Iterator[int]:
        """Yield the physical address of each place where one of some byte strings stands, in order."""
        longest = max(map(len, wanted))
        for address, data in self.windows(longest - 1):
            found: set[int] = set()
            for one in wanted:
                place = data.find(one)
                while 0 <= place < WINDOW_BYTES:
                    found.add(place)
                    place = data.find(one, place + 1)
            yield from (address + place for place in sorted(found))


def _any_bytes(data: mmap.mmap) -> tuple[str, tuple[Run, ...]]:
    return "bytes", (Run(0, len(data), 0),)


def _runs(path: Path, data: mmap.mmap) -> tuple[str, tuple[Run, ...]]:
    start = data[:8]
    for signature, name in _FOREIGN.items():
        if start.startswith(signature):
            raise EvidenceError(
                f"{path.name} is {name}, which is not read here",
                remedy="labkit memory reads raw images of physical memory, ELF cores and LiME files. Unpack an archive "
                "first; labkit memory strings, labkit yara and labkit image hash work on the file as it is.",
            )
    if start.startswith(_LIME_MAGIC):
        return "LiME", _lime_runs(path, data)
    if not start.startswith(_ELF):
        return "raw", (Run(0, len(data), 0),)
    return "ELF core", _segments(path, data)


def _lime_runs(path: Path, data: mmap.mmap) -> tuple[Run, ...]:
    """Return the runs of a LiME file; what stands behind a damaged header can not be placed, and that is remarked."""
    found: list[Run] = []
    place = 0
    while place + _LIME.size <= len(data):
        magic, version, first, last = _LIME.unpack_from(data, place)
        if magic != _LIME_MAGIC or version != 1 or not first <= last < _LARGEST_ADDRESS:
            remark(f"the header at byte {place} of the LiME file is damaged; what stands behind it is not read")
            break
        place += _LIME.size
        size = min(last - first + 1, len(data) - place)
        if size < last - first + 1:
            remark(f"the file ends within the memory at {first:#x}: {last - first + 1 - size} bytes of it are missing")
        if size:
            found.append(Run(first, size, place))
        place += size
    runs = _without_overlaps(sorted(found, key=lambda run: run.start), "the LiME file")
    if not runs:
        raise EvidenceError(f"{path.name} is a LiME file without memory in it", remedy="Copy the capture again.")
    return runs


def _segments(path: Path, data: mmap.mmap) -> tuple[Run, ...]:
    """Return the runs of an ELF core; a segment that the file ends in is cut off, and that is remarked."""
    refused = EvidenceError(
        f"{path.name} is an ELF file, but no core of an x86-64 machine with memory in it",
        remedy="Name a file as QEMU's dump-guest-memory or makedumpfile -E writes it, or a raw image.",
    )
    if len(data) < _HEADER.size or not data[:6] == _ELF64_LITTLE:
        raise refused
    header = _HEADER.unpack_from(data)
    kind, machine, table, entry_bytes, count = header[1], header[2], header[5], header[9], header[10]
    if kind != _CORE or machine != _X86_64 or entry_bytes < _SEGMENT.size:
        raise refused
    found: list[Run] = []
    for place in range(table, table + count * entry_bytes, entry_bytes):
        if place + _SEGMENT.size > len(data):
            remark("the table of segments of the ELF core is cut off")
            break
        segment_kind, _, offset, _, physical, in_file, _, _ = _SEGMENT.unpack_from(data, place)
        if segment_kind != _LOAD or not in_file:
            continue
        size = min(in_file, max(0, len(data) - offset))
        if size < in_file:
            remark(f"the file ends within the memory at {physical:#x}: {in_file - size} bytes of it are missing")
        if size and physical + size <= _LARGEST_ADDRESS:
            found.append(Run(physical, size, offset))
    runs = _without_overlaps(sorted(found, key=lambda run: run.start), "the ELF core")
    if not runs:
        raise refused
    return runs


def _without_overlaps(runs: list[Run], what: str) -> tuple[Run, ...]:
    kept: list[Run] = []
    for run in runs:
        end = kept[-1].end if kept else 0
        cut = max(0, end - run.start)
        if cut:
            remark(f"segments of {what} overlap at {run.start:#x}; the first one counts")
        if cut < run.size_bytes:
            kept.append(Run(run.start + cut, run.size_bytes - cut, run.offset_in_file + cut))
    return tuple(kept)
