"""Whose a byte of physical memory is: a process's, a file's, or the kernel's.

Pages of processes and of files are walked once and kept by their number. Of others, ``struct page`` says what they are
used for (include/linux/page-flags.h, mm_types.h).
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from labkit.errors import EvidenceError
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.pages import pages_of
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.memory.regions import Region, regions
from labkit.evidence.memory.task_scan import scan_tasks
from labkit.evidence.memory.tasks import Task, processes

_TYPE_BASE, _BUDDY, _TABLE = 0xF000_0000, 0x80, 0x200
_STACK_BYTES = 16 * 1024  # THREAD_SIZE
_ORDERS = 11  # blocks of at most 1024 pages (MAX_ORDER)
_MOST_HOLDERS = 16  # of one page that are named
_ODD = 1


@dataclass(frozen=True, slots=True)
class Use:
    """That a process has a byte at a virtual address, in a part of its memory (None where the map is damaged)."""

    task: Task
    virtual: int
    region: Region | None

    @property
    def purpose(self) -> str:
        """Return what the part is for: ``heap``, a path, ``anonymous rwxp``."""
        if self.region is None:
            return "unmapped"
        if self.region.purpose:
            return self.region.purpose
        if self.region.path is not None:
            return self.region.path.text
        return f"anonymous {self.region.permissions}"


@dataclass(frozen=True, slots=True)
class MemoryOwner:
    """Whose a byte is. ``kind`` is ``process``, ``file``, ``kernel``, ``free`` or ``unknown``.

    ``detail`` says of the kernel's what it is used for. Of a file, ``offset_in_file`` is its place in the content.
    """

    kind: str
    detail: str = ""
    file: CachedFile | None = None
    offset_in_file: int | None = None
    uses: tuple[Use, ...] = ()

    def __str__(self) -> str:
        first = ""
        if self.uses:
            use = self.uses[0]
            more = f" and {len(self.uses) - 1} more" if len(self.uses) > 1 else ""
            first = f"process {use.task.pid} {use.task.name} {use.virtual:#x} ({use.purpose}){more}"
        if self.file is None:
            return first or " ".join(filter(None, (self.kind, self.detail)))
        name = self.file.path.text if self.file.path is not None else f"inode {self.file.number}"
        deleted = " (deleted)" if self.file.deleted else ""
        return f"file {name}{deleted} at {self.offset_in_file}" + (f"; {first}" if first else "")


class RegionIndex:
    """The parts of one process's memory, by address."""

    def __init__(self, task: Task, paths: Paths) -> None:
        self._found = sorted(regions(task, paths), key=lambda region: region.start)
        self._starts = [region.start for region in self._found]

    def at(self, virtual: int) -> Region | None:
        """Return the part that an address lies in; None if it lies in none."""
        number = bisect_right(self._starts, virtual) - 1
        return self._found[number] if number >= 0 and virtual < self._found[number].end else None


class Ownership:
    """Whose the bytes of an image are. Making one walks all processes and files once."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._paths = Paths(kernel)
        self._holders: list[Task | CachedFile] = []
        self._first: dict[int, int] = {}  # the number of a page: that of the first holding of it, from 1
        self._by, self._place, self._next = (array("Q", [0]) for _ in range(3))  # of each holding; of the same page
        self._stacks: dict[int, Task] = {}
        self._regions = lru_cache(maxsize=256)(lambda task: RegionIndex(task, self._paths))
        tasks = _all_tasks(kernel)
        for task in reversed(tasks):
            self._add(task)
        for file in cached_files(kernel):
            if file.cached_pages:
                self._add(file)
        for task in tasks:
            self._add_stack(task)

    def _add(self, holder: Task | CachedFile) -> None:
        self._holders.append(holder)
        number = len(self._holders) - 1
        for place, physical in pages_of(holder):
            frame = physical // PAGE_BYTES
            self._by.append(number)
            self._place.append(place)
            self._next.append(self._first.get(frame, 0))
            self._first[frame] = len(self._by) - 1

    def _add_stack(self, task: Task) -> None:
        stack = task.record.number("stack") if "stack" in task.record.layout else 0
        for step in range(0, _STACK_BYTES if stack else 0, PAGE_BYTES):
            try:
                self._stacks[self._kernel.space.translate(stack + step) // PAGE_BYTES] = task
            except UnreadableError:
                return

    def at(self, physical: int) -> MemoryOwner:
        """Return whose the byte at a physical address is."""
        frame, inside = divmod(physical, PAGE_BYTES)
        file, offset = None, None
        uses: list[Use] = []
        holding = self._first.get(frame, 0)
        while holding and len(uses) < _MOST_HOLDERS:
            holder, place, holding = self._holders[self._by[holding]], self._place[holding], self._next[holding]
            if isinstance(holder, CachedFile):
                if file is None:
                    file, offset = holder, place + inside
            else:
                uses.append(Use(holder, place + inside, self._regions(holder).at(place)))
        if file is not None:
            return MemoryOwner("file", "", file, offset, tuple(uses))
        if uses:
            return MemoryOwner("process", "", uses=tuple(uses))
        return self._of_kernel(physical)

    def _of_kernel(self, physical: int) -> MemoryOwner:
        task = self._stacks.get(physical // PAGE_BYTES)
        if task is not None:
            return MemoryOwner("kernel", f"stack of process {task.pid} {task.name}")
        start, end = self._image
        if start <= physical < end:
            return MemoryOwner("kernel", "program and data of the kernel")
        try:
            return self._by_descriptor(physical)
        except EvidenceError:  # no descriptor in the image, or a symbol table without its parts
            return MemoryOwner("unknown")

    def _by_descriptor(self, physical: int) -> MemoryOwner:
        page = self._kernel.page_descriptor(physical)
        if "compound_head" in page.layout and page.number("compound_head") & _ODD:
            page = self._kernel.record("page", page.number("compound_head") - _ODD)
        flags = page.number("flags")
        if self._has(flags, "PG_slab"):
            return MemoryOwner("kernel", self._slab(page.address))
        if page.number("page_type") & (_TYPE_BASE | _TABLE) == _TYPE_BASE:
            return MemoryOwner("kernel", "page table")
        if self._has(flags, "PG_reserved"):
            return MemoryOwner("kernel", "reserved")
        if page.number("_refcount.counter") > 0:
            return MemoryOwner("kernel", "pages")
        return MemoryOwner("free" if self._is_free(physical // PAGE_BYTES) else "unknown")

    def _is_free(self, frame: int) -> bool:
        """Return whether a page is in a free block; only the first page of a block says so, and how large it is."""
        for order in range(_ORDERS):
            head = self._kernel.page_descriptor((frame >> order << order) * PAGE_BYTES)
            if head.number("page_type") & (_TYPE_BASE | _BUDDY) == _TYPE_BASE and head.number("private") >= order:
                return True
        return False

    def _slab(self, page: int) -> str:
        """Return what a slab is for; the head of a slab has its own layout in place of the page's."""
        kernel = self._kernel
        layout = "slab" if kernel.symbols.has_struct("slab") else "page"
        try:
            cache = kernel.record(layout, page).follow("slab_cache", "kmem_cache")
            return f"objects {kernel.text(cache.number('name'))}"
        except UnreadableError:
            return "objects"

    def _has(self, flags: int, name: str) -> bool:
        bit = self._flag_bits.get(name)
        return bit is not None and bool(flags >> bit & 1)

    @cached_property
    def _flag_bits(self) -> dict[str, int]:
        return {name: bit for name, bit in self._kernel.symbols.constants("pageflags").items() if 0 <= bit < 64}  # noqa: PLR2004 - bits of a word

    @cached_property
    def _image(self) -> tuple[int, int]:
        symbols, placement = self._kernel.symbols, self._kernel.placement
        if not (symbols.has("_text") and symbols.has("_end")):
            return 0, 0
        return placement.physical(symbols.address("_text")), placement.physical(symbols.address("_end"))


def _all_tasks(kernel: Kernel) -> list[Task]:
    """Return the processes of the kernel's list, and those that only a scan finds."""
    listed = list(processes(kernel))
    known = {task.address for task in listed}
    try:
        hidden = [one.task for one in scan_tasks(kernel) if not one.listed and one.task.address not in known]
    except EvidenceError:  # a symbol table without scheduling classes
        hidden = []
    return [*listed, *(task for task in hidden if task.thread_id == task.pid)]
