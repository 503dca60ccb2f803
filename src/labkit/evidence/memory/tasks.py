"""Tasks: processes and their threads, as the kernel's list has them.

Source: include/linux/sched.h (``struct task_struct``), sched/signal.h, cred.h.
"""

from collections.abc import Iterator
from functools import cached_property

from labkit.evidence.memory.clock import Clock, read_clock
from labkit.evidence.memory.damage import UnreadableError, tolerating
from labkit.evidence.memory.kernel import Kernel, Record
from labkit.evidence.memory.lists import entries
from labkit.evidence.memory.paging import AddressSpace, MappedRun
from labkit.evidence.remarks import remark

_KERNEL_THREAD = 0x0020_0000  # PF_KTHREAD
_SLEEPING = {0: "running", 1: "sleeping", 2: "waiting", 4: "stopped", 8: "traced"}
_DEAD, _ZOMBIE = 0x10, 0x20  # EXIT_DEAD, EXIT_ZOMBIE
_STATE_BITS = 0xF
_NO_LOAD = 0x400  # TASK_NOLOAD: waits for work, which nobody waits for


class Task:
    """One task: a process (its first thread), another thread of it, or a thread of the kernel itself."""

    def __init__(self, record: Record, clock: Clock) -> None:
        self.kernel = record.kernel
        self.record = record
        self._clock = clock

    @property
    def address(self) -> int:
        """Return the virtual address of its ``task_struct``."""
        return self.record.address

    @property
    def physical(self) -> int:
        """Return the physical address of its ``task_struct``."""
        return self.kernel.space.translate(self.address)

    @property
    def pid(self) -> int:
        """Return the number of the process, which its threads share."""
        return self.record.number("tgid")

    @property
    def thread_id(self) -> int:
        """Return the number of this thread; that of the first is the number of the process."""
        return self.record.number("pid")

    @property
    def name(self) -> str:
        """Return the name, at most 15 bytes: that of the program, unless the process has changed it."""
        return self.record.text("comm")

    @cached_property
    def parent_pid(self) -> int | None:
        """Return the number of the process that started it, or took it over; None if that can not be read."""
        with tolerating(f"parent of process {self.pid}"):
            return self.record.follow("real_parent", "task_struct").number("tgid")
        return None

    @property
    def is_kernel_thread(self) -> bool:
        """Return whether it is a part of the kernel that runs like a process."""
        return bool(self.record.number("flags") & _KERNEL_THREAD)

    @cached_property
    def credentials(self) -> dict[str, int]:
        """Return the numbers of user and group, real and effective; empty if they can not be read."""
        with tolerating(f"credentials of process {self.pid}"):
            held = self.record.follow("cred", "cred")
            return {name: held.number(f"{name}.val") for name in ("uid", "gid", "euid", "egid")}
        return {}

    @property
    def started_ns(self) -> int:
        """Return when it was started, nanoseconds since 1970 in UTC; 0 if that is not known."""
        name = "start_boottime" if "start_boottime" in self.record.layout else "real_start_time"
        return self._clock.since_start(self.record.number(name))

    @property
    def state(self) -> str:
        """Return ``running``, ``sleeping``, ``idle``, ``zombie`` and the like; ``dead`` for one that has ended."""
        ended = self.record.number("exit_state")
        if ended & (_DEAD | _ZOMBIE):
            return "zombie" if ended & _ZOMBIE else "dead"
        name = "__state" if "__state" in self.record.layout else "state"
        state = self.record.number(name)
        return "idle" if state & _NO_LOAD else _SLEEPING.get(state & _STATE_BITS, "other")

    @cached_property
    def memory(self) -> Record | None:
        """Return its ``mm_struct``; None for threads of the kernel and for a process that has ended."""
        if not self.record.number("mm"):
            return None
        with tolerating(f"memory of process {self.pid}"):
            return self.record.follow("mm", "mm_struct")
        return None

    @cached_property
    def space(self) -> AddressSpace | None:
        """Return its virtual memory; None where it has none or it can not be read."""
        if self.memory is None:
            return None
        with tolerating(f"memory of process {self.pid}"):
            return self.kernel.user_space(self.kernel.space.translate(self.memory.number("pgd")))
        return None

    def mapped(self) -> Iterator[MappedRun]:
        """Yield the pages of its own memory that are in the image, in the order of virtual addresses."""
        if self.space is not None:
            yield from self.space.mapped()


def processes(kernel: Kernel) -> Iterator[Task]:
    """Yield the processes of the kernel's list in its order, without the idle task (0), which heads it."""
    clock = read_clock(kernel)
    layout = kernel.symbols.struct("task_struct")
    head = kernel.address("init_task") + layout.offset("tasks")
    for record in entries(kernel, head, "task_struct", "tasks", "the list of processes"):
        yield Task(record, clock)


def threads(task: Task) -> Iterator[Task]:
    """Yield all threads of a process, itself among them."""
    clock = task._clock  # noqa: SLF001 - tasks of one kernel share it
    try:
        signal = task.record.follow("signal", "signal_struct")
    except UnreadableError as error:
        remark(f"threads of process {task.pid}: {error.message}")
        yield task
        return
    what = f"the list of threads of process {task.pid}"
    for record in entries(task.kernel, signal.place("thread_head"), "task_struct", "thread_node", what):
        yield Task(record, clock)
