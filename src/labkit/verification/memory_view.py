"""What a reader sees in a memory image, looked up once for all traces of an item.

The reader is the kit's own, which shares nothing with what makes the image. What Volatility 3 says of the same is
compared apart from the package (``interop/volatility``).
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from labkit.evidence.memory.command_line import arguments, environment
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.opening import open_kernel
from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.recovery import content
from labkit.evidence.memory.regions import Region, regions
from labkit.evidence.memory.shell_history import shell_history
from labkit.evidence.memory.sockets import Socket, sockets
from labkit.evidence.memory.system import System, describe_system
from labkit.evidence.memory.task_scan import scan_tasks
from labkit.evidence.memory.tasks import Task, processes

READER = "labkit memory"
_NS = 1_000_000_000
_ENDED = frozenset({"zombie", "dead"})
_DIGESTS = ("md5", "sha1", "sha256")


class MemoryView:
    """One open image."""

    def __init__(self, kernel: Kernel, path: Path) -> None:
        self.kernel = kernel
        self.path = path

    @cached_property
    def system(self) -> System:
        """The machine."""
        return describe_system(self.kernel)

    @cached_property
    def listed(self) -> dict[int, Task]:
        """The processes of the kernel's list, by PID."""
        return {task.pid: task for task in processes(self.kernel)}

    @cached_property
    def hidden(self) -> dict[int, Task]:
        """The processes that are alive and not in that list, by PID."""
        found = (one.task for one in scan_tasks(self.kernel) if not one.listed and one.task.state not in _ENDED)
        return {task.pid: task for task in found if task.pid == task.thread_id}

    @cached_property
    def files(self) -> tuple[CachedFile, ...]:
        """The files whose content is in memory."""
        return tuple(cached_files(self.kernel))

    def process(self, pid: int) -> Task:
        """Return a process, listed or hidden.

        Raises:
            LookupError: There is none.
        """
        return self.listed.get(pid) or self.hidden[pid]

    def facts_of(self, task: Task) -> dict[str, Any]:
        """Return what is seen of a process, in the names of the truth."""
        parent = self.listed.get(task.parent_pid or 0)
        facts: dict[str, Any] = {
            "pid": task.pid,
            "pid_read_as_hex": int(str(task.pid), 16),
            "parent_pid": task.parent_pid,
            "parent_name": "" if parent is None else parent.name,
            "name": task.name,
            "user_id": task.credentials.get("uid"),
            "arguments": tuple(one.text for one in arguments(task).texts),
            "environment": tuple(one.text for one in environment(task).texts),
            "offset_bytes": self.kernel.memory.offset_in_file(task.physical),
            "virtual_address": task.address,
        }
        if task.memory is not None and task.memory.number("exe_file"):
            file = task.memory.follow("exe_file", "file")
            path = Paths(self.kernel).of(file.number("f_path.dentry"), file.number("f_path.mnt"))
            facts |= {"program_path": path.text, "address": file.follow("f_inode", "inode").number("i_ino")}
        return facts

    def sockets_of(self, pid: int) -> tuple[Socket, ...]:
        """Return the sockets of a process."""
        return tuple(sockets(self.process(pid), Paths(self.kernel)))

    def executable_regions(self, pid: int) -> tuple[Region, ...]:
        """Return the regions of a process that hold no file and can be executed, apart from the kernel's own."""
        found = regions(self.process(pid), Paths(self.kernel))
        return tuple(one for one in found if one.is_executable and one.is_anonymous and one.purpose != "vdso")

    def commands_of(self, pid: int) -> tuple[str, ...]:
        """Return what was typed into a shell, in order."""
        return tuple(entry.line for entry in shell_history(self.process(pid)))

    def file(self, path: str) -> CachedFile:
        """Return a cached file.

        Raises:
            LookupError: There is none of that path.
        """
        for file in self.files:
            if file.path is not None and file.path.text == path:
                return file
        raise LookupError(f"no cached file has the path {path}")

    def content_facts(self, file: CachedFile) -> dict[str, Any]:
        """Return what is seen of a cached file."""
        path = "" if file.path is None else file.path.text
        data = b"".join(piece.data for piece in content(self.kernel, file))
        facts: dict[str, Any] = {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in _DIGESTS}
        return facts | {
            "path": path,
            "name": path.rpartition("/")[2],
            "address": file.number,
            "size_bytes": len(data),
        }


@contextmanager
def memory_view(path: Path) -> Iterator[MemoryView]:
    """Open an image with the symbol table that lies beside it.

    Raises:
        EvidenceError: It is no image of a machine whose symbol table is there.
    """
    with open_kernel(path, None) as kernel:
        yield MemoryView(kernel, path)


def moment(nanoseconds: int) -> datetime:
    """Return a time of the kernel as the machine's clock had it, cut to seconds."""
    return datetime.fromtimestamp(nanoseconds // _NS, UTC)
