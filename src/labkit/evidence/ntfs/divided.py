"""The lines of a body file, made by two processes in the order of one.

Most of a listing is the lines of files in directories whose index is in order. A stretch of such an index is a piece of
work by itself: the walk says where it stands among the lines, and whoever has time makes its lines.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from labkit.evidence.companion import Companion
from labkit.evidence.ntfs.index import Node

STRETCH_NODES = 32  # most directories are not cut, and their index is read once
_MOST_PARTS = 256  # in a batch
_MOST_WAITING = 64  # batches that are done but stand behind one that the companion is not ready with


class Stretch(NamedTuple):
    """Files of one directory: nodes of its index, from the one with number ``first`` on."""

    directory: int
    path: str
    first: int
    nodes: list[Node]


Done = tuple[str, list[int]]  # the lines of the files in a stretch, and their numbers
Task = tuple[int, str, int, int]  # a stretch whose nodes are to be read again: their number instead of them
Lines = Callable[[Stretch], Done]


class _Batch:
    """Lines that are there, and stretches between them; enough to be worth a task."""

    def __init__(self) -> None:
        self.parts: list[str | Stretch] = []
        self.nodes = 0
        self.done: list[Done] | None = None  # of its stretches

    @property
    def stretches(self) -> list[Stretch]:
        return [part for part in self.parts if isinstance(part, Stretch)]

    def add(self, part: str | Stretch) -> None:
        self.parts.append(part)
        if isinstance(part, Stretch):
            self.nodes += len(part.nodes)

    @property
    def full(self) -> bool:
        return self.nodes >= STRETCH_NODES or len(self.parts) >= _MOST_PARTS


class Divided:
    """Puts a listing together.

    Args:
        lines_of: Makes the lines of a stretch.
        nodes_of: Reads the nodes of a directory's index.
        named: Is told the numbers of the files whose lines were made.
        by_two: Whether a second process is worth its start, and may read the medium.
    """

    def __init__(
        self,
        lines_of: Lines,
        nodes_of: Callable[[int], list[Node]],
        named: Callable[[list[int]], None],
        *,
        by_two: bool,
    ) -> None:
        self._by_two = by_two
        self._lines_of = lines_of
        self._nodes_of = nodes_of
        self._named = named
        self._last: tuple[int, list[Node]] = (-1, [])

    def lines(self, parts: Iterable[str | Stretch]) -> Iterator[str]:
        """Yield the texts of all parts in their order."""
        waiting: deque[_Batch] = deque()
        with Companion(self._work, wanted=self._by_two) as companion:
            for batch in _batches(parts):
                tasks = [(part.directory, part.path, part.first, len(part.nodes)) for part in batch.stretches]
                if not (tasks and companion.takes(tasks)):
                    batch.done = [self._lines_of(part) for part in batch.stretches]
                waiting.append(batch)
                self._hear(companion, waiting, wait=len(waiting) > _MOST_WAITING)
                while waiting and waiting[0].done is not None:
                    yield from self._texts(waiting.popleft())
            self._hear(companion, waiting, wait=True)
            for batch in waiting:
                yield from self._texts(batch)

    def _hear(self, companion: Companion, waiting: Iterable[_Batch], *, wait: bool) -> None:
        open_batches = (batch for batch in waiting if batch.done is None)
        for result in companion.results(wait=wait):
            next(open_batches).done = result

    def _work(self, tasks: list[Task]) -> list[Done]:
        """Make the lines of stretches that are told by their places, in the companion."""
        found = []
        for directory, path, first, count in tasks:
            if self._last[0] != directory:
                self._last = directory, self._nodes_of(directory)
            found.append(self._lines_of(Stretch(directory, path, first, self._last[1][first : first + count])))
        return found

    def _texts(self, batch: _Batch) -> Iterator[str]:
        done = iter(batch.done or ())
        for part in batch.parts:
            if isinstance(part, str):
                yield part
            else:
                text, numbers = next(done)
                self._named(numbers)
                yield text


def _batches(parts: Iterable[str | Stretch]) -> Iterator[_Batch]:
    batch = _Batch()
    for part in parts:
        batch.add(part)
        if batch.full:
            yield batch
            batch = _Batch()
    if batch.parts:
        yield batch
