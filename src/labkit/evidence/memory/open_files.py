"""What processes have open: files, pipes, sockets, by their descriptors.

Source: include/linux/fdtable.h, fs.h (``struct file``).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.evidence.memory.damage import UnreadableError, tolerating
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.page_cache import kind_of
from labkit.evidence.memory.paths import FilePath, Paths
from labkit.evidence.memory.tasks import Task
from labkit.evidence.remarks import remark

_MOST_DESCRIPTORS = 1 << 20  # the usual limit of the system for one process
_BATCH = 512
_FOR_READING, _FOR_WRITING = 1, 2  # FMODE_READ, FMODE_WRITE
_ACCESS = {0: "", 1: "r", 2: "w", 3: "rw"}


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A descriptor of a process; ``path`` is None where it can not be read."""

    task: Task
    descriptor: int
    record: Record
    path: FilePath | None

    @property
    def inode(self) -> Record | None:
        """Return the ``struct inode``; None where it can not be read."""
        with tolerating(f"descriptor {self.descriptor} of process {self.task.pid}"):
            return self.record.follow("f_inode", "inode")
        return None

    @property
    def kind(self) -> str:
        """Return ``file``, ``directory``, ``socket``, ``pipe`` and so on."""
        inode = self.inode
        return "?" if inode is None else kind_of(inode)

    @property
    def position_bytes(self) -> int:
        """Return where the next byte is read or written."""
        return self.record.number("f_pos")

    @property
    def access(self) -> str:
        """Return ``r``, ``w`` or ``rw``: for what it was opened."""
        return _ACCESS[self.record.number("f_mode") & (_FOR_READING | _FOR_WRITING)]


def open_files(task: Task, paths: Paths) -> Iterator[OpenFile]:
    """Yield what a process has open, by descriptor; nothing for one that has ended."""
    if not task.record.number("files"):
        return
    what = f"the open files of process {task.pid}"
    for descriptor, address in _descriptors(task, what):
        try:
            record = task.kernel.record("file", address)
        except UnreadableError as error:
            remark(f"descriptor {descriptor} of process {task.pid}: {error.message}")
            continue
        path = None
        with tolerating(f"the name of descriptor {descriptor} of process {task.pid}"):
            path = paths.of(record.number("f_path.dentry"), record.number("f_path.mnt"))
        yield OpenFile(task, descriptor, record, path)


def _descriptors(task: Task, what: str) -> Iterator[tuple[int, int]]:
    """Yield each descriptor that is open, and the address of its ``struct file``."""
    kernel = task.kernel
    try:
        table = task.record.follow("files", "files_struct").follow("fdt", "fdtable")
        count, array = table.number("max_fds"), table.number("fd")
        if count > _MOST_DESCRIPTORS:
            remark(f"{what} are damaged: so many there can not be: {count}")
            count = _BATCH
        for first in range(0, count, _BATCH):
            batch = min(_BATCH, count - first)
            found = struct.unpack(f"<{batch}Q", kernel.read(array + first * 8, batch * 8))
            yield from ((first + number, address) for number, address in enumerate(found) if address)
    except UnreadableError as error:
        remark(f"{what}: {error.message}")


def mounts(kernel: Kernel) -> Iterator[tuple[str, str, str]]:
    """Yield device, path and kind of each file system that is mounted where the first process sees it."""
    from labkit.evidence.memory.lists import entries
    from labkit.evidence.memory.tasks import processes

    paths = Paths(kernel)
    first = next(processes(kernel), None)
    if first is None:
        return
    with tolerating("the list of mounts"):
        namespace = first.record.follow("nsproxy", "nsproxy").follow("mnt_ns", "mnt_namespace")
        for mount in entries(kernel, namespace.place("list"), "mount", "mnt_list", "the list of mounts"):
            with tolerating("a mount"):
                device = kernel.text(mount.number("mnt_devname")) if mount.number("mnt_devname") else ""
                path = paths.of(mount.number("mnt.mnt_root"), mount.place("mnt"))
                system = mount.follow("mnt.mnt_sb", "super_block").follow("s_type", "file_system_type")
                yield device, path.text, kernel.text(system.number("name"))
