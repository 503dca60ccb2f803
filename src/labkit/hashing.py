"""Read once, all digests at once.

``hashlib`` releases the interpreter lock while it digests, so each algorithm runs in a thread of its own over the
same blocks; the reading thread goes on meanwhile.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self, Union

from labkit.model.evidence import Digests

if TYPE_CHECKING:
    from concurrent.futures import Future

# What a thread is given: blocks to digest, a promise to keep at this place of the stream, or the end.
_Work = Union[list[bytes], "Future[str]", None]

ALGORITHMS = ("md5", "sha1", "sha256")
BLOCK_BYTES = 4 * 1024 * 1024
_INLINE_BYTES = 1024 * 1024  # below this, threads cost more than they save
_QUEUE_BATCHES = 4


class Digester:
    """MD5, SHA-1 and SHA-256 of a stream of blocks. Use it in a ``with`` block, ``update`` it, then ``finish``."""

    def __init__(self) -> None:
        self._hashes = [hashlib.new(name, usedforsecurity=False) for name in ALGORITHMS]
        self._queues: list[Queue[_Work]] = []
        self._threads: list[Thread] = []
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
        self._hand_over()
        self._queues[-1].put(marked)
        return marked

    def finish(self) -> Digests:
        """Return the digests of everything that was added."""
        if not self._threads and self._batch_bytes < _INLINE_BYTES:
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

    def _hand_over(self) -> None:
        if not self._threads:
            for digest in self._hashes:
                queue: Queue[_Work] = Queue(maxsize=_QUEUE_BATCHES)
                thread = Thread(target=_consume, args=(digest, queue), daemon=True)
                thread.start()
                self._queues.append(queue)
                self._threads.append(thread)
        if self._batch:
            for queue in self._queues:
                queue.put(self._batch)
        self._batch = []
        self._batch_bytes = 0

    def _stop(self) -> None:
        for queue in self._queues:
            queue.put(None)
        for thread in self._threads:
            thread.join()
        self._queues, self._threads = [], []


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


def _consume(digest: "hashlib._Hash", queue: "Queue[_Work]") -> None:
    while (work := queue.get()) is not None:
        if isinstance(work, list):
            for block in work:
                digest.update(block)
        else:
            work.set_result(digest.copy().hexdigest())
