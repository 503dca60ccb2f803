"""The medium inside an E01, inflated in several threads, with a note of everything that does not fit its checksum."""

import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from labkit.containers.ewf_sections import CHUNK_BYTES, ZERO_CHUNK_STREAM
from labkit.evidence.ewf.sections import (
    DESCRIPTOR_BYTES,
    Section,
    file_header_problem,
    section_problem,
    sections,
    table_entries,
)
from labkit.evidence.ewf.streams import DamagedStreamError, inflated
from labkit.evidence.isolation import alive

_COMPRESSED = 0x80000000
_CHECKSUM_BYTES = 4
_MOST_CHUNK_BYTES = 1024 * 1024
_JOB_BYTES = 1024 * 1024  # of the medium, inflated in one go
_MOST_TOLD = 20  # damaged places that are named one by one
_SHORT_BYTES = 256
_ZERO_CHUNK = bytes(CHUNK_BYTES)


class UnusualEwfError(ValueError):
    """The image is of a kind that is not read here (EnCase 1, SMART, segments over 2 GiB); libewf may read it."""


class DamagedEwfError(ValueError):
    """The image is damaged so that it can not be told where its chunks lie."""


class Problem(StrEnum):
    """What is wrong with one chunk."""

    DAMAGED = "the checksum does not fit"
    TOO_LONG = "followed by bytes that do not belong to the medium"
    IDLE_BITS = "whole, but bits that carry nothing are set in the container"


@dataclass(frozen=True, slots=True)
class _Job:
    """Stored bytes of about 1 MiB of the medium: where each chunk lies in them, is it compressed, how long it is."""

    stored: bytes
    places: list[tuple[int, int, bool, int]]
    first_chunk: int
    chunk_bytes: int


_Result = tuple[bytes, list[tuple[int, Problem]]]


@dataclass(frozen=True, slots=True)
class _Group:
    """The chunks of one ``sectors`` section: where each begins in the segment file, and where the last one ends."""

    segment: int  # from 0
    first_chunk: int
    table: Section
    sectors: Section


class EwfMedium:
    """Reads the chunks of an E01 in order. ``damage`` grows while ``blocks`` is read to its end.

    Args:
        segments: The segment files in order.
        lengths: How many bytes of each count, for an image that is still being written; all of them without it.

    Raises:
        UnusualEwfError: The image is of a kind that is not read here.
        DamagedEwfError: It can not be told where the chunks lie.
        OSError: A segment can not be read.
    """

    def __init__(self, segments: Sequence[Path], lengths: Sequence[int] | None = None) -> None:
        self.damage: list[str] = []
        self._segments = tuple(segments)
        self._unfinished = lengths is not None
        self._lengths = tuple(lengths or (path.stat().st_size for path in segments))
        self._groups: list[_Group] = []
        self._chunk_bytes = self.size_bytes = self._chunks = 0
        for number, path in enumerate(self._segments):
            with path.open("rb") as file:
                self._survey(number, file)
        expected = -(-self.size_bytes // self._chunk_bytes) if self._chunk_bytes else 0
        if not expected or self._chunks > expected or (self._chunks != expected and not self._unfinished):
            if self.damage:
                raise DamagedEwfError("; ".join(self.damage))
            raise UnusualEwfError(f"{self._chunks} chunks where {expected} should be")

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes of the medium in order; zeros stand where a chunk is damaged."""
        workers = min(4, os.cpu_count() or 1)
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb", buffering=0)) for path in self._segments]
            pool = stack.enter_context(ThreadPoolExecutor(workers))
            waiting: deque[Future[_Result]] = deque()
            for job in self._jobs(files):
                waiting.append(pool.submit(_inflate_all, job))
                if len(waiting) > 2 * workers:
                    yield self._settled(waiting.popleft())
            while waiting:
                yield self._settled(waiting.popleft())

    def _settled(self, job: "Future[_Result]") -> bytes:
        alive()
        block, problems = job.result()
        for chunk, problem in problems:
            self._tell(f"{self._sectors(chunk)}: {problem}")
        return block

    def _sectors(self, chunk: int) -> str:
        per_chunk = self._chunk_bytes // self._sector_bytes
        last = min((chunk + 1) * per_chunk, self.size_bytes // self._sector_bytes) - 1
        first = chunk * per_chunk
        return f"sectors {first} to {last}" if last > first else f"sector {first}"

    def _tell(self, problem: str) -> None:
        if len(self.damage) < _MOST_TOLD:
            self.damage.append(problem)
        elif len(self.damage) == _MOST_TOLD:
            self.damage.append("and more")

    def _survey(self, number: int, file: BinaryIO) -> None:
        """Go through the sections of one segment: check each, and note where the chunks are."""
        name = self._segments[number].name
        problem = file_header_problem(file, number + 1)
        if problem:
            self._tell(f"{name}: {problem}")
        try:
            self._survey_sections(number, file)
        except UnusualEwfError:
            raise
        except ValueError as error:
            self._tell(f"{name}: {error}")

    def _survey_sections(self, number: int, file: BinaryIO) -> None:
        sectors: Section | None = None
        for section in sections(file, self._lengths[number]):
            alive()
            problem = section_problem(file, section)
            if problem:
                self._tell(f"{self._segments[number].name}: {problem}")
            if section.kind in {"volume", "disk"}:
                self._geometry(file, section)
            elif section.kind == "sectors":
                sectors = section
            elif section.kind == "table" and sectors is None:
                raise UnusualEwfError("a table without sectors before it")
            elif section.kind in {"table", "table2"} and sectors is not None and problem is None:
                self._groups.append(_Group(number, self._chunks, section, sectors))
                self._chunks += len(_entries(file, section))
                sectors = None

    def _geometry(self, file: BinaryIO, section: Section) -> None:
        file.seek(section.data_start)
        data = file.read(24)
        if len(data) < 24:  # noqa: PLR2004 - the fields up to the number of sectors
            raise UnusualEwfError("a volume section without fields")
        chunk_sectors, self._sector_bytes, count = struct.unpack_from("<IIQ", data, 8)
        self._chunk_bytes = chunk_sectors * self._sector_bytes
        self.size_bytes = count * self._sector_bytes
        if not 0 < self._chunk_bytes <= _MOST_CHUNK_BYTES:
            raise UnusualEwfError(f"chunks of {self._chunk_bytes} bytes")

    def _jobs(self, files: Sequence[BinaryIO]) -> Iterator[_Job]:
        for group in self._groups:
            file = files[group.segment]
            places = list(self._places(file, group))
            step = max(1, _JOB_BYTES // self._chunk_bytes)
            for first in range(0, len(places), step):
                some = places[first : first + step]
                begin, end = some[0][0], some[-1][1]
                file.seek(begin)
                stored = file.read(end - begin)
                chunk = group.first_chunk + first
                within = [
                    (start - begin, stop - begin, compressed, self._length(chunk + index))
                    for index, (start, stop, compressed) in enumerate(some)
                ]
                yield _Job(stored, within, chunk, self._chunk_bytes)

    def _places(self, file: BinaryIO, group: _Group) -> Iterator[tuple[int, int, bool]]:
        """Yield where each chunk of a group begins and ends in its segment file, and whether it is compressed."""
        sectors = group.sectors
        base, entries = _table(file, group.table)
        starts = [base + (entry & ~_COMPRESSED) for entry in entries]
        ends = [*starts[1:], sectors.data_start + sectors.data_bytes]
        for entry, start, end in zip(entries, starts, ends, strict=True):
            if not sectors.data_start <= start < end <= sectors.data_start + sectors.data_bytes:
                raise UnusualEwfError("a chunk that lies outside of its section")
            if end - start > 2 * self._chunk_bytes + DESCRIPTOR_BYTES:
                raise UnusualEwfError("a chunk that is longer than it can be")
            yield start, end, bool(entry & _COMPRESSED)

    def _length(self, chunk: int) -> int:
        return min(self._chunk_bytes, self.size_bytes - chunk * self._chunk_bytes)


def _table(file: BinaryIO, section: Section) -> tuple[int, tuple[int, ...]]:
    file.seek(section.data_start)
    return table_entries(file.read(section.data_bytes))


def _entries(file: BinaryIO, section: Section) -> tuple[int, ...]:
    return _table(file, section)[1]


def _inflate_all(job: _Job) -> _Result:
    """Return the chunks joined, and the numbers of those with a problem."""
    parts: list[bytes] = []
    problems: list[tuple[int, Problem]] = []
    for number, (start, end, compressed, length) in enumerate(job.places, start=job.first_chunk):
        unpack = _checked if not compressed else _inflated if end - start > _SHORT_BYTES else _inflated_short
        chunk, problem = unpack(job.stored[start:end], job.chunk_bytes)
        if len(chunk) != length:
            # Zeros where a chunk is lost; what is behind the medium's end is cut off.
            problem = Problem.TOO_LONG if problem is None and len(chunk) > length else Problem.DAMAGED
            chunk = chunk[:length].ljust(length, b"\0")
        if problem is not None:
            problems.append((number, problem))
        parts.append(chunk)
    return b"".join(parts), problems


def _checked(data: bytes, most_bytes: int) -> tuple[bytes, Problem | None]:
    """Return a chunk that is stored as it is, without its checksum; nothing if it is damaged."""
    chunk, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    sound = len(chunk) <= most_bytes and zlib.adler32(chunk).to_bytes(_CHECKSUM_BYTES, "little") == checksum
    return (chunk, None) if sound else (b"", Problem.DAMAGED)


def _inflated(data: bytes, most_bytes: int) -> tuple[bytes, Problem | None]:
    """Return a compressed chunk; nothing if it is damaged."""
    if data == ZERO_CHUNK_STREAM:
        return _ZERO_CHUNK, None
    try:
        chunk, plain = inflated(data, most_bytes)
    except DamagedStreamError:
        return b"", Problem.DAMAGED
    plain = plain and not (chunk == _ZERO_CHUNK and _differs_in_one_bit(data, ZERO_CHUNK_STREAM))
    return chunk, None if plain else Problem.IDLE_BITS


@lru_cache(maxsize=8)
def _inflated_short(data: bytes, most_bytes: int) -> tuple[bytes, Problem | None]:
    """Return a chunk that takes next to nothing: of an empty disk, thousands of them are the same."""
    return _inflated(data, most_bytes)


def _differs_in_one_bit(data: bytes, usual: bytes) -> bool:
    """Return whether a single bit was flipped in a stream that is usual for zeros.

    Of zeros deflate can say the same in many ways, so that neither inflating nor the checksum shows it.
    """
    if len(data) != len(usual):
        return False
    return (int.from_bytes(data, "big") ^ int.from_bytes(usual, "big")).bit_count() == 1
