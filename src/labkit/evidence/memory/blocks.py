"""The memory of a process in stretches that are whole for it, wherever their pages lie."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labkit.evidence.isolation import alive
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.paging import MappedRun
from labkit.evidence.memory.tasks import Task
from labkit.evidence.remarks import remark

MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes that stand one behind the other in virtual memory, at most 32 MiB of them."""

    virtual: int
    data: bytes


def blocks(task: Task, wanted: Callable[[MappedRun], bool] = lambda _run: True) -> Iterator[Block]:
    """Yield the memory of a process that is in the image, in the order of virtual addresses; of wanted pages only."""
    parts: list[bytes] = []
    start = end = 0
    for run in _split(task):
        if not wanted(run):
            continue
        try:
            data = task.kernel.memory.read(run.physical, run.size_bytes)
        except UnreadableError as error:
            remark(f"memory of process {task.pid}: {error.message}")
            continue
        if parts and (run.virtual != end or end - start >= MOST_BYTES):
            yield Block(start, b"".join(parts))
            parts = []
        if not parts:
            start = run.virtual
        parts.append(data)
        end = run.virtual + run.size_bytes
    if parts:
        yield Block(start, b"".join(parts))


def _split(task: Task) -> Iterator[MappedRun]:
    """Yield what is mapped in pieces of at most 16 MiB."""
    for run in task.mapped():
        alive()
        for step in range(0, run.size_bytes, MOST_BYTES):
            size = min(MOST_BYTES, run.size_bytes - step)
            yield MappedRun(run.virtual + step, run.physical + step, size)
