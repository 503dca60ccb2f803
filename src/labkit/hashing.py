"""Read once, all digests at once.

``hashlib`` releases the interpreter lock while it digests, so threads digest the same blocks with one algorithm each;
the reading thread goes on meanwhile. There are no more threads than processors, and each takes the algorithm that is
furthest behind, because which one is slow depends on the machine.
"""

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, Union

from labkit.model.evidence import Digests

if TYPE_CHECKING:
    from concurrent.futures import Future

# What an algorithm is given: blocks to digest, or a promise to keep at this place of the stream.
_Work = Union[list[bytes], "Future[str]"]

ALGORITHMS = ("md5", "sha1", "sha256")
BLOCK_BYTES = 4 * 1024 * 1024
_INLINE_BYTES = 1024 * 1024  # below this, threads cost more than they save
_MOST_WAITING = 4  # batches for one algorithm


class Digester:
    """MD5, SHA-1 and SHA-256 of a stream of blocks. Use it in a ``with`` block, ``update`` it, then ``finish``."""

    def __init__(self) -> None:
        self._hashes = [hashlib.new(name, usedforsecurity=False) for name in ALGORITHMS]
        self._crew: _Crew | None = None
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self.size_bytes = 0

    def update(self, block: bytes) -> None:
        """Add the next bytes of the stream."""
        self.size_bytes += len(block)
        self._batch.append(block)
        self._batch_bytes += len(block)
        if self._batch_bytes >= BLOCK_BYTES:
            self._hand_over()

    def mark(self) -> "Future[str]":
        """Return the SHA-256 of everything that was added so far, as soon as it is worked out."""
        from concurrent.futures import Future

        marked: Future[str] = Future()
        self._hand_over().put_last(marked)
        return marked

    def finish(self) -> Digests:
        """Return the digests of everything that was added."""
        if self._crew is None and self._batch_bytes < _INLINE_BYTES:
            for digest in self._hashes:
                for block in self._batch:
                    digest.update(block)
        else:
            self._hand_over()
            self._stop()
        md5, sha1, sha256 = (digest.hexdigest() for digest in self._hashes)
        return Digests(self.size_bytes, md5, sha1, sha256)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _hand_over(self) -> "_Crew":
        if self._crew is None:
            self._crew = _Crew(self._hashes)
        if self._batch:
            self._crew.put(self._batch)
        self._batch = []
        self._batch_bytes = 0
        return self._crew

    def _stop(self) -> None:
        if self._crew is not None:
            self._crew.stop()
        self._crew = None


@dataclass(slots=True)
class _Lane:
    """One algorithm and what waits for it, in the order of the stream."""

    digest: "hashlib._Hash"
    waiting: deque[_Work] = field(default_factory=deque)
    taken: bool = False  # a thread is at it


class _Crew:
    """Threads that digest what is put until they are stopped; then nothing waits any more."""

    def __init__(self, hashes: Sequence["hashlib._Hash"]) -> None:
        self._lanes = [_Lane(digest) for digest in hashes]
        self._changed = Condition()
        self._ended = False
        count = min(len(hashes), os.cpu_count() or 1)
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def put(self, batch: list[bytes]) -> None:
        """Give blocks to all algorithms, as soon as none has too much before it."""
        with self._changed:
            self._changed.wait_for(lambda: all(len(lane.waiting) < _MOST_WAITING for lane in self._lanes))
            for lane in self._lanes:
                lane.waiting.append(batch)
            self._changed.notify_all()

    def put_last(self, marked: "Future[str]") -> None:
        """Give a promise to the last algorithm."""
        with self._changed:
            self._lanes[-1].waiting.append(marked)
            self._changed.notify_all()

    def stop(self) -> None:
        """Wait until all is done."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (found := self._take()) is not None:
            lane, work = found
            if isinstance(work, list):
                for block in work:
                    lane.digest.update(block)
            else:
                work.set_result(lane.digest.copy().hexdigest())
            with self._changed:
                lane.taken = False
                self._changed.notify_all()

    def _take(self) -> tuple[_Lane, _Work] | None:
        """Return the next piece of work, of the algorithm that is furthest behind; None at the end."""
        with self._changed:
            while not (free := [lane for lane in self._lanes if lane.waiting and not lane.taken]):
                if self._ended and not any(lane.waiting for lane in self._lanes):
                    return None
                self._changed.wait()
            lane = max(free, key=lambda one: len(one.waiting))
            lane.taken = True
            return lane, lane.waiting.popleft()


def digest_blocks(blocks: Iterable[bytes]) -> Digests:
    """Return the digests of ``blocks`` joined. Blocks must not change after they are handed over."""
    with Digester() as digester:
        for block in blocks:
            digester.update(block)
        return digester.finish()


def digest_bytes(data: bytes) -> Digests:
    """Return the digests of ``data``."""
    return digest_blocks((data,))


def digest_file(path: Path) -> Digests:
    """Return the digests of a file, read in blocks of 4 MiB.

    Raises:
        OSError: The file can not be read.
    """
    return digest_blocks(file_blocks(path))


def file_blocks(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks."""
    with path.open("rb", buffering=0) as file:
        while block := file.read(block_bytes):
            yield block
