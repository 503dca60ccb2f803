"""The parts of a process's memory: from where to where, what may be done with them, which file is behind them.

Source: include/linux/mm_types.h (``vm_area_struct``), mm.h (``VM_*``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from labkit.evidence.memory.damage import UnreadableError, tolerating
from labkit.evidence.memory.kernel import Record
from labkit.evidence.memory.maple_tree import maple_entries
from labkit.evidence.memory.paging import Stretch
from labkit.evidence.memory.paths import FilePath, Paths
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.memory.tasks import Task
from labkit.evidence.remarks import remark

_READ, _WRITE, _EXECUTE, _SHARED = 1, 2, 4, 8
_MOST_REGIONS = 1 << 17  # twice the usual limit of a process
_USER_END = 1 << 56
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Region:
    """A part of the memory of a process. ``purpose`` is ``heap``, ``stack``, ``vdso`` or empty."""

    task: Task
    record: Record
    paths: Paths
    purpose: str

    @property
    def start(self) -> int:
        """Return the first virtual address."""
        return self.record.number("vm_start")

    @property
    def end(self) -> int:
        """Return the first virtual address behind it."""
        return self.record.number("vm_end")

    @property
    def permissions(self) -> str:
        """Return ``rwxp`` and the like, as /proc/PID/maps has them."""
        flags = self.record.number("vm_flags")
        letters = ((_READ, "r"), (_WRITE, "w"), (_EXECUTE, "x"))
        return "".join(letter if flags & bit else "-" for bit, letter in letters) + ("s" if flags & _SHARED else "p")

    @property
    def is_executable(self) -> bool:
        """Return whether its bytes may be run as a program."""
        return bool(self.record.number("vm_flags") & _EXECUTE)

    @property
    def is_anonymous(self) -> bool:
        """Return whether no file is behind it."""
        return not self.record.number("vm_file")

    @property
    def offset_in_file(self) -> int:
        """Return where in its file it begins, in bytes."""
        return 0 if self.is_anonymous else self.record.number("vm_pgoff") * PAGE_BYTES

    def stretches(self) -> Iterator[Stretch]:
        """Yield its bytes in order, in pieces of 1 MiB, with zeros for pages that are not in the image."""
        for start in range(self.start, self.end, _PIECE_BYTES):
            size = min(_PIECE_BYTES, self.end - start)
            if self.task.space is None:
                yield Stretch(bytes(size), ((0, size),))
            else:
                yield self.task.space.read_what_is_there(start, size)

    @cached_property
    def file(self) -> Record | None:
        """Return the ``struct file`` behind it; None where there is none or it can not be read."""
        if self.is_anonymous:
            return None
        with tolerating(f"a file behind memory of process {self.task.pid}"):
            return self.record.follow("vm_file", "file")
        return None

    @cached_property
    def path(self) -> FilePath | None:
        """Return the path of its file; None where there is none or it can not be read."""
        if self.file is None:
            return None
        with tolerating(f"the name of a file behind memory of process {self.task.pid}"):
            return self.paths.of(self.file.number("f_path.dentry"), self.file.number("f_path.mnt"))
        return None

    @property
    def inode(self) -> int | None:
        """Return the number of the inode of its file."""
        if self.file is None:
            return None
        with tolerating(f"the inode of a file behind memory of process {self.task.pid}"):
            return self.file.follow("f_inode", "inode").number("i_ino")
        return None


def regions(task: Task, paths: Paths | None = None) -> Iterator[Region]:
    """Yield the parts of a process's memory in the order of their addresses; none for threads of the kernel."""
    memory = task.memory
    if memory is None:
        return
    paths = paths or Paths(task.kernel)
    what = f"the map of the memory of process {task.pid}"
    count = 0
    for record in _records(task, memory, what):
        count += 1
        if count > _MOST_REGIONS:
            remark(f"{what} does not end")
            return
        start, end = record.number("vm_start"), record.number("vm_end")
        if not start < end <= _USER_END:
            remark(f"{what} has a part that can not be from {start:#x} to {end:#x}")
            continue
        yield Region(task, record, paths, _purpose(memory, start, end))
    if "map_count" in memory.layout and memory.number("map_count") != count:
        remark(f"{what} has {count} parts, and the kernel counted {memory.number('map_count')}")


def executable_of(task: Task, paths: Paths) -> FilePath | None:
    """Return the path of the program that a process runs; None where it has none or it can not be read."""
    if task.memory is None or not task.memory.number("exe_file"):
        return None
    with tolerating(f"the program of process {task.pid}"):
        file = task.memory.follow("exe_file", "file")
        return paths.of(file.number("f_path.dentry"), file.number("f_path.mnt"))
    return None


def _records(task: Task, memory: Record, what: str) -> Iterator[Record]:
    kernel = task.kernel
    if "mm_mt" in memory.layout:
        for entry in maple_entries(kernel, memory.number("mm_mt.ma_root"), what):
            try:
                yield kernel.record("vm_area_struct", entry)
            except UnreadableError as error:
                remark(f"{what} has a gap: {error.message}")
        return
    address, seen = memory.number("mmap"), set[int]()  # kernels before 6.1 have a list
    while address and address not in seen:
        seen.add(address)
        try:
            record = kernel.record("vm_area_struct", address)
        except UnreadableError as error:
            remark(f"{what} is broken: {error.message}")
            return
        yield record
        address = record.number("vm_next")


def _purpose(memory: Record, start: int, end: int) -> str:
    if start < memory.number("brk") and end > memory.number("start_brk"):
        return "heap"
    if start <= memory.number("start_stack") < end:
        return "stack"
    if "context.vdso" in memory.layout and start == memory.number("context.vdso"):
        return "vdso"
    return ""
