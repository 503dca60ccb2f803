"""Tasks wherever they lie in memory, in the kernel's list or not.

Every task points to the scheduling class that it runs under (``sched_class``), one of a handful of constants whose
addresses are known. The bytes of these pointers are looked for in all of physical memory, and what stands around each
must be like a task. So tasks are found that were taken out of the list, and ended ones that were not overwritten yet.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.memory.clock import read_clock
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.tasks import Task, processes, threads

_CLASSES = ("stop_sched_class", "dl_sched_class", "rt_sched_class", "fair_sched_class", "ext_sched_class",
            "idle_sched_class")  # fmt: skip
_LARGEST_PID = 1 << 22  # PID_MAX_LIMIT
_KERNEL_HALF = 1 << 63
_POINTER_STEP = 8
_NAME_BYTES = 16
_POINTERS = ("real_parent", "group_leader", "cred")


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task that was found by its bytes, and whether the kernel's lists have it."""

    task: Task
    listed: bool


def scan_tasks(kernel: Kernel) -> Iterator[FoundTask]:
    """Yield tasks in the order of their physical addresses, idle tasks (0) left out.

    Raises:
        EvidenceError: The symbol table has no scheduling classes.
    """
    listed = {thread.address for task in processes(kernel) for thread in (task, *threads(task))}
    layout = kernel.symbols.struct("task_struct")
    inside = layout.offset("sched_class")
    names = [name for name in _CLASSES if kernel.symbols.has(name)]
    if not names:
        raise kernel.symbols.lacking("scheduling classes")
    clock = read_clock(kernel)
    for place in kernel.memory.find_any([struct.pack("<Q", kernel.address(name)) for name in names]):
        start = place - inside
        if start < 0 or start % _POINTER_STEP or not kernel.memory.has(start, layout.size_bytes):
            continue
        data = kernel.memory.read(start, layout.size_bytes)
        record = Record(kernel, layout, kernel.space.page_offset + start, data)
        if _is_task(record):
            yield FoundTask(Task(record, clock), record.address in listed)


def _is_task(record: Record) -> bool:
    if not (0 < record.number("pid") <= _LARGEST_PID and 0 < record.number("tgid") <= _LARGEST_PID):
        return False
    if any(pointer < _KERNEL_HALF or pointer % _POINTER_STEP for pointer in map(record.number, _POINTERS)):
        return False
    name, end, _ = bytes(record["comm"])[:_NAME_BYTES].partition(b"\0")
    return bool(end) and any(byte > ord(" ") for byte in name)  # a process may call itself anything
