"""The acquisition: from a connected source to a verified image with its provenance record.

The source is read once, in stretches of 8 MiB. A stretch is packed while the next one is read; when its bytes are on
the disk the journal gets a checkpoint. So at most two stretches are read and not yet safe: what a resumed acquisition
reads again is 16 MiB at most. Digests can not be kept over a power loss; they are made anew from the image so far,
which must have the digest that the checkpoint states.
"""

import errno
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from labkit import __version__
from labkit.acquisition.drives import Bridge
from labkit.acquisition.journal import Checkpoint, Journal, State
from labkit.acquisition.plan import Plan
from labkit.acquisition.reading import BLOCK_BYTES, SourceReader, joined
from labkit.acquisition.record import write_record
from labkit.acquisition.rereading import verified_image
from labkit.acquisition.target import Target, files_in_the_way, part_of, publish
from labkit.acquisition.writers import ImageWriter, Packed, medium_so_far, open_writer
from labkit.errors import (
    AcquisitionError,
    IntegrityError,
    InterruptedAcquisitionError,
    LabkitError,
    StorageError,
    SynthesisError,
)
from labkit.evidence.verify import Watch, unwatched
from labkit.hashing import Digester
from labkit.model.acquisition import (
    ImageDescription,
    InstrumentUsed,
    MediaDigests,
    ProvenanceRecord,
    SectorRun,
    SourceDescription,
    WriteProtection,
)
from labkit.model.evidence import Digests

STRETCH_BYTES = 8 * 1024 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RESUME = "then go on with the same command and --resume"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """One acquisition: what is read, how it is protected, what is made of it."""

    source: Bridge
    description: SourceDescription
    protection: WriteProtection
    target: Target
    plan: Plan

    @property
    def sectors(self) -> int:
        """Return how many sectors are to be read."""
        return self.source.identify().sectors

    @property
    def media_bytes(self) -> int:
        """Return the length of the medium that is to be read."""
        return self.sectors * self.source.sector_bytes


def acquire(
    job: Job, journal: Journal, *, check_space: bool = True, watch: Watch = unwatched, clock: Clock = utc_now
) -> ProvenanceRecord:
    """Acquire a source, or go on where ``journal`` says, verify the image, and write the provenance record.

    Raises:
        StorageError: A file is there already, or the space is too small from the beginning.
        InterruptedAcquisitionError: The cable was pulled or the destination is full; it can be resumed.
        AcquisitionError: It can not be resumed: another device, or the image is not as it was left.
        IntegrityError: The image does not hold what was read.
        KeyboardInterrupt: Stopped with Ctrl-C; it can be resumed.
    """
    resumes = journal.state is not None
    state = journal.state or _begin(job, journal, clock, check_space=check_space)
    if resumes and state.written is None:
        state = _go_on(job, journal, state, clock, check_space=check_space)
    if state.written is None:
        state = _Copy(job, journal, state, watch, clock).run()
    return _close(job, journal, state, watch, clock)


def needed_bytes(job: Job, sectors_done: int = 0) -> int:
    """Return the most that the rest of an image can take on the disk: nothing may turn out to be compressible."""
    rest = job.media_bytes - sectors_done * job.source.sector_bytes
    return rest if job.target.container == "raw" else rest + rest // 2048 + 64 * 1024


def _begin(job: Job, journal: Journal, clock: Clock, *, check_space: bool) -> State:
    for path in files_in_the_way(job.target):
        raise StorageError(
            f"{path} is there already; nothing was overwritten",
            remedy="Choose another name for the image, or move that file away.",
        )
    if check_space:
        _check_space(job, needed_bytes(job))
    return journal.begin(job.plan, job.description, job.protection, clock())


def _go_on(job: Job, journal: Journal, state: State, clock: Clock, *, check_space: bool) -> State:
    if check_space:
        _check_space(job, needed_bytes(job, state.sectors))
    return journal.go_on(clock())


def _check_space(job: Job, needed: int) -> None:
    folder = job.target.first.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageError(
            f"the disk of {folder} has {free} bytes free; the image can take {needed}",
            remedy="Make room or choose another disk. If you know that the medium compresses well: --no-space-check; "
            "a full disk then stops the work, and it can be resumed.",
        )


class _Copy:
    """The reading and writing itself."""

    def __init__(self, job: Job, journal: Journal, state: State, watch: Watch, clock: Clock) -> None:
        self._job = job
        self._journal = journal
        self._state = state
        self._watch = watch
        self._clock = clock

    def run(self) -> State:
        """Copy to the end; return the state of the whole image."""
        with ExitStack() as stack:
            digester = stack.enter_context(Digester())
            self._digest_what_is_there(digester)
            try:
                writer = self._open_writer()
            except OSError as error:
                self._destination_failed(error)
            stack.callback(writer.drop)
            pool = stack.enter_context(ThreadPoolExecutor(min(4, os.cpu_count() or 1)))
            try:
                return self._copy(digester, writer, pool)
            except KeyboardInterrupt:
                self._stopped("stopped", writer)
                raise

    def _digest_what_is_there(self, digester: Digester) -> None:
        at = self._state.checkpoint
        if at is None:
            return
        size_bytes = at.sectors * self._job.source.sector_bytes
        wrong = True
        try:
            for block in self._watch(medium_so_far(self._job.target, at), size_bytes, "what is there"):
                digester.update(block)
            wrong = digester.size_bytes != size_bytes or digester.mark().result() != at.sha256
        except (OSError, ValueError):
            pass
        if wrong:
            raise AcquisitionError(
                f"the unfinished image {self._job.target.first.name} is not as it was left",
                remedy="It can not be resumed. Move its .part files and the .acquiring.jsonl away and acquire again.",
            )

    def _open_writer(self) -> ImageWriter:
        job, state = self._job, self._state
        try:
            return open_writer(
                job.target, state.plan, job.media_bytes, job.source.sector_bytes, state.started_at, state.checkpoint
            )
        except SynthesisError as error:
            raise AcquisitionError(error.message, remedy=error.remedy) from error

    def _copy(self, digester: Digester, writer: ImageWriter, pool: Executor) -> State:
        sector_bytes = self._job.source.sector_bytes
        first = self._state.sectors
        reader = SourceReader(self._job.source, first, self._job.sectors)
        waiting: deque[tuple[Packed, int, Future[str]]] = deque()
        stretch: list[bytes] = []
        reached = first
        blocks = self._watch(reader.blocks(), (self._job.sectors - first) * sector_bytes, "acquiring")
        for block in _source_errors(blocks):
            if isinstance(block, OSError):
                self._settle(writer, waiting, reader)
                self._lost(block, writer)
            digester.update(block)
            stretch.append(block)
            reached += len(block) // sector_bytes
            if len(stretch) * BLOCK_BYTES >= STRETCH_BYTES or reached == self._job.sectors:
                waiting.append((writer.pack(stretch, pool), reached, digester.mark()))
                stretch = []
                if len(waiting) > 1:
                    self._write(writer, *waiting.popleft(), reader)
        self._settle(writer, waiting, reader)
        return self._finish(writer, digester.finish())

    def _settle(
        self, writer: ImageWriter, waiting: "deque[tuple[Packed, int, Future[str]]]", reader: SourceReader
    ) -> None:
        while waiting:
            self._write(writer, *waiting.popleft(), reader)

    def _write(
        self, writer: ImageWriter, packed: Packed, reached: int, digest: "Future[str]", reader: SourceReader
    ) -> None:
        """Write one stretch and a checkpoint behind it."""
        try:
            writer.add(packed)
            writer.sync()
            self._checkpoint(Checkpoint(reached, digest.result(), *writer.place), reader)
        except (OSError, StorageError) as error:
            self._destination_failed(error, writer)

    def _checkpoint(self, at: Checkpoint, reader: SourceReader) -> None:
        """Write a checkpoint with the unreadable sectors before it that no checkpoint has yet."""
        known = self._state.unreadable[-1].end if self._state.unreadable else 0
        new = tuple(
            SectorRun(max(run.lba, known), min(run.end, at.sectors) - max(run.lba, known))
            for run in reader.unreadable
            if run.lba < at.sectors and run.end > known
        )
        self._state = self._journal.checkpoint(at, new, self._clock())

    def _finish(self, writer: ImageWriter, media: Digests) -> State:
        digests = MediaDigests(media.md5, media.sha1, media.sha256)
        try:
            writer.finish(digests, joined(iter(self._state.unreadable)))
            return self._journal.written(digests, writer.place[0], self._clock())
        except (OSError, StorageError) as error:
            self._destination_failed(error, writer)

    def _lost(self, error: OSError, writer: ImageWriter) -> NoReturn:
        self._stopped("cable", writer)
        raise InterruptedAcquisitionError(
            f"reading stopped: {error.strerror}; {self._safe()}",
            remedy=f"Check cable and plug and write down what you did; {_RESUME}.",
        ) from error

    def _destination_failed(self, error: OSError | StorageError, writer: ImageWriter | None = None) -> NoReturn:
        if isinstance(error, OSError) and error.errno in _FULL:
            self._stopped("destination-full", writer)
            raise InterruptedAcquisitionError(
                f"the destination is full; {self._safe()}",
                remedy=f"Make room on the disk of {self._job.target.first.parent}; {_RESUME}.",
            ) from error
        self._stopped("destination", writer)
        why = error.message if isinstance(error, LabkitError) else error.strerror
        raise InterruptedAcquisitionError(
            f"the destination can not be written ({why}); {self._safe()}",
            remedy=f"Put it right; {_RESUME}.",
        ) from error

    def _safe(self) -> str:
        return f"{self._state.sectors} of {self._job.sectors} sectors are safely in the image"

    def _stopped(self, reason: str, writer: ImageWriter | None) -> None:
        """Cut the image back to what is safe, which makes room for the line, and write down why it stopped."""
        if writer is not None:
            writer.drop()
        with suppress(OSError):  # going on cuts it back as well
            at = self._state.checkpoint
            last = part_of(self._job.target.segment(at.segment if at else 1))
            os.truncate(last, at.length_bytes if at else 0)
        with suppress(OSError, StorageError):  # a full disk: the stop is found out when it goes on
            self._journal.interrupted(reason, self._clock())


def _source_errors(blocks: Iterable[bytes]) -> Iterable[bytes | OSError]:
    """Yield the blocks; a device that is lost comes as the last of them, so that other errors are not taken for it."""
    try:
        yield from blocks
    except OSError as error:
        yield error


def _close(job: Job, journal: Journal, state: State, watch: Watch, clock: Clock) -> ProvenanceRecord:
    """Give a whole image its names, read it again, and write its record."""
    digests, ended_at = state.written, state.written_at
    assert digests is not None  # noqa: S101 - the caller's business
    files = publish(job.target, state.segments)
    verification, described = verified_image(files, job.target.container, job.media_bytes, digests, watch, clock)
    record = ProvenanceRecord(
        tool=InstrumentUsed("labkit", __version__, state.plan.options),
        case=state.plan.case,
        source=state.source,
        image=ImageDescription(
            job.target.container,
            job.media_bytes,
            state.plan.compression if job.target.container == "E01" else "",
            described,
        ),
        digests=digests,
        started_at=state.started_at,
        ended_at=ended_at,
        write_protection=state.protection,
        verification=verification,
        read_errors=joined(iter(state.unreadable)),
        interruptions=state.interruptions,
    )
    write_record(record, job.target.record)
    journal.is_over = True
    if not verification.agrees:
        raise IntegrityError(
            f"{files[0].name} does not hold what was read from the source",
            remedy="The destination is failing. Do not use this image; acquire again to another disk.",
        )
    return record
