"""Raw and E01 images that grow stretch by stretch and can go on after any of them.

Packing is apart from writing: packing takes the time and runs in a pool, writing keeps the order.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from labkit.acquisition.journal import Checkpoint
from labkit.acquisition.plan import Plan
from labkit.acquisition.target import GrowingFiles, Target, part_of
from labkit.containers.ewf_chunks import StoredChunk, packer
from labkit.containers.ewf_sections import CHUNK_BYTES, EwfMetadata
from labkit.containers.ewf_writer import EwfPlace, EwfWriter, Sink
from labkit.evidence.ewf.medium import EwfMedium
from labkit.hashing import BLOCK_BYTES
from labkit.model.acquisition import MediaDigests, SectorRun

Packed = Sequence[Future[list[StoredChunk]]] | Sequence[bytes]


class ImageWriter(Protocol):
    """An image that grows."""

    @property
    def place(self) -> tuple[int, int]:
        """Return where it ends by now: segment from 1, and the segment's length in bytes."""

    def pack(self, blocks: Sequence[bytes], pool: Executor) -> Packed:
        """Begin to bring blocks of 1 MiB into the form in which they are stored."""

    def add(self, packed: Packed) -> None:
        """Write what was packed behind what is there."""

    def sync(self) -> None:
        """Wait until the disk has all of it."""

    def finish(self, digests: MediaDigests, unreadable: Sequence[SectorRun]) -> None:
        """Close the image."""

    def drop(self) -> None:
        """Leave the image as it is."""


class RawWriter:
    """A raw image: the bytes of the medium, in one file or in segments of equal size."""

    def __init__(self, target: Target, plan: Plan, checkpoint: Checkpoint | None) -> None:
        self._files = GrowingFiles(target.segment)
        self._segment_bytes = plan.segment_bytes
        if checkpoint is None:
            self._number, self._length = 1, 0
            self._file = self._files.begin(1)
        else:
            self._number, self._length = checkpoint.segment, checkpoint.length_bytes
            self._file = self._files.go_on(self._number, self._length)

    @property
    def place(self) -> tuple[int, int]:
        """Return segment and length."""
        return self._number, self._length

    def pack(self, blocks: Sequence[bytes], pool: Executor) -> Packed:  # noqa: ARG002 - raw bytes are packed already
        """Return the blocks as they are."""
        return blocks

    def add(self, packed: Packed) -> None:
        """Write the bytes; a full segment is followed by the next."""
        for block in packed:
            assert isinstance(block, bytes)  # noqa: S101 - what pack returned
            rest = memoryview(block)
            while rest:
                if self._segment_bytes and self._length == self._segment_bytes:
                    self._number, self._length = self._number + 1, 0
                    self._file = self._files.begin(self._number)
                room = self._segment_bytes - self._length if self._segment_bytes else len(rest)
                written = self._file.write(rest[:room])
                self._length += written
                rest = rest[written:]

    def sync(self) -> None:
        """Wait for the disk."""
        self._files.sync()

    def finish(self, digests: MediaDigests, unreadable: Sequence[SectorRun]) -> None:  # noqa: ARG002 - raw keeps neither
        """Close the last file."""
        self._files.close()

    def drop(self) -> None:
        """Close what is open."""
        self._files.drop()


class E01Writer:
    """An E01 image."""

    def __init__(
        self, target: Target, plan: Plan, media_bytes: int, sector_bytes: int, begun: datetime, at: Checkpoint | None
    ) -> None:
        self._files = GrowingFiles(target.segment)
        self._pack = packer(plan.compression)

        def open_segment(number: int) -> Sink:
            if at is not None and number == at.segment:
                return _Whole(self._files.go_on(number, at.length_bytes))
            return _Whole(self._files.begin(number))

        try:
            self._writer = EwfWriter(
                media_bytes,
                open_segment,
                _metadata(plan, begun),
                compression=plan.compression,
                segment_bytes=plan.segment_bytes,
                sector_bytes=sector_bytes,
                resume_at=EwfPlace(at.segment, at.length_bytes) if at else None,
            )
        except BaseException:
            self._files.drop()
            raise

    @property
    def place(self) -> tuple[int, int]:
        """Return segment and length."""
        return self._writer.place.segment, self._writer.place.length_bytes

    def pack(self, blocks: Sequence[bytes], pool: Executor) -> Packed:
        """Begin to compress the chunks."""
        return [pool.submit(self._stored, block) for block in blocks]

    def _stored(self, block: bytes) -> list[StoredChunk]:
        return [self._pack(block[start : start + CHUNK_BYTES]) for start in range(0, len(block), CHUNK_BYTES)]

    def add(self, packed: Packed) -> None:
        """Write the chunks as one group with its tables."""
        self._writer.add([chunk for job in packed if isinstance(job, Future) for chunk in job.result()])

    def sync(self) -> None:
        """Wait for the disk."""
        self._files.sync()

    def finish(self, digests: MediaDigests, unreadable: Sequence[SectorRun]) -> None:
        """Write digests and unreadable sectors into the container and close it."""
        runs = [(run.lba, run.count) for run in unreadable]
        self._writer.finish(bytes.fromhex(digests.md5), bytes.fromhex(digests.sha1), runs)
        self._files.close()

    def drop(self) -> None:
        """Close what is open."""
        self._files.drop()


class _Whole:
    """A file that takes all bytes or says why not; an unbuffered one may take a part of them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def open_writer(
    target: Target, plan: Plan, media_bytes: int, sector_bytes: int, begun: datetime, at: Checkpoint | None
) -> ImageWriter:
    """Return the writer of a target; at a checkpoint it goes on, without one it begins.

    Raises:
        StorageError: A file is there already.
        OSError: The destination can not be written.
    """
    if target.container == "E01":
        return E01Writer(target, plan, media_bytes, sector_bytes, begun, at)
    return RawWriter(target, plan, at)


def medium_so_far(target: Target, at: Checkpoint) -> Iterator[bytes]:
    """Yield the medium of an unfinished image up to a checkpoint.

    Raises:
        OSError: A file can not be read.
        ValueError: The image is not as it was left.
    """
    parts = [part_of(target.segment(number)) for number in range(1, at.segment + 1)]
    lengths = [*(path.stat().st_size for path in parts[:-1]), at.length_bytes]
    if target.container == "E01":
        yield from EwfMedium(parts, lengths).blocks()
        return
    for path, length in zip(parts, lengths, strict=True):
        yield from _beginning(path, length)


def _beginning(path: Path, length: int) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while length and (block := file.read(min(BLOCK_BYTES, length))):
            yield block
            length -= len(block)


def _metadata(plan: Plan, begun: datetime) -> EwfMetadata:
    from labkit import __version__

    case = plan.case
    return EwfMetadata(
        case.case_number,
        case.evidence_number,
        case.description,
        case.examiner,
        case.notes,
        begun,
        software_version=f"labkit {__version__}",
    )
