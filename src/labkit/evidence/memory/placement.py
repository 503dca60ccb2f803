"""Where a kernel lies in an image: at which physical and at which virtual address it was started.

A kernel with address randomisation (KASLR) is moved at each start by a multiple of 2 MiB, physically and virtually by
different amounts. The banner ``linux_banner`` stands at a known place of the kernel, so that its bytes give the
physical shift; ``init_task`` holds pointers to itself and to other variables, which give the virtual one.
Source: arch/x86/include/asm/page_64_types.h (``__START_KERNEL_map``), arch/x86/boot/compressed/kaslr.c.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.errors import EvidenceError
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.physical import PhysicalMemory
from labkit.evidence.memory.symbol_table import SymbolTable
from labkit.evidence.remarks import remark

START_KERNEL_MAP = 0xFFFF_FFFF_8000_0000
KERNEL_ALIGNMENT = 2 << 20  # CONFIG_PHYSICAL_ALIGN of a 64-bit kernel
_FIRST_NAMES = (b"swapper/0\0", b"swapper\0")
_POINTERS = {  # in init_task: a field, and the variable that it points to
    "real_parent": "init_task",
    "parent": "init_task",
    "group_leader": "init_task",
    "files": "init_files",
    "fs": "init_fs",
    "nsproxy": "init_nsproxy",
    "signal": "init_signals",
    "cred": "init_cred",
}
_NOTE = b"\nKERNELOFFSET="
_LONGEST_NUMBER = 17
_LINKED = START_KERNEL_MAP + 0x100_0000  # where a kernel begins that was not moved (CONFIG_PHYSICAL_START)
_LARGEST_SHIFT = 1 << 30  # a kernel stays within its gibibyte
_BANNER_COMPARED = 64
_FEWEST_POINTERS = 2


@dataclass(frozen=True, slots=True)
class Placement:
    """How far a kernel was moved from where it was linked, in bytes; each may be negative."""

    physical_shift: int
    virtual_shift: int

    def physical(self, linked: int) -> int:
        """Return the physical address of a linked address."""
        return linked - START_KERNEL_MAP + self.physical_shift

    def virtual(self, linked: int) -> int:
        """Return the virtual address of a linked address."""
        return linked + self.virtual_shift


def place_kernel(memory: PhysicalMemory, symbols: SymbolTable) -> Placement:
    """Return where the kernel of a symbol table lies in the image.

    Raises:
        EvidenceError: It is not in the image, or ``init_task`` is too damaged to tell.
    """
    by_banner = list(_by_banner(memory, symbols))
    shifts = dict.fromkeys([*by_banner, *_by_first_task(memory, symbols)])
    for shift in shifts:
        virtual = _virtual_shift(memory, symbols, shift)
        if virtual is not None:
            if shift not in by_banner:
                remark("the banner of the kernel is not where it should be; the first task is, and is gone by")
            return Placement(shift, virtual)
    noted = _noted_shift(memory, symbols) if by_banner else None
    if noted is not None:
        remark(
            "the first task is damaged or cut off, and with it the lists; labkit memory ps --scan needs none of them"
        )
        return Placement(by_banner[0], noted)
    if shifts:
        raise EvidenceError(
            "the kernel is in this image, but its first task is damaged, from which everything else is found",
            remedy="labkit memory strings and labkit yara still work on it.",
        )
    raise EvidenceError(
        f"the kernel of the symbol table {symbols.name} is not in this image",
        remedy="labkit memory info shows the kernel's banner; give the table of that very kernel with --symbols.",
    )


def holds_kernel(memory: PhysicalMemory, symbols: SymbolTable) -> bool:
    """Return whether the kernel of a symbol table seems to be in the image."""
    return any(True for _ in _by_banner(memory, symbols)) or any(True for _ in _by_first_task(memory, symbols))


def _by_banner(memory: PhysicalMemory, symbols: SymbolTable) -> Iterator[int]:
    banner = symbols.banner[:_BANNER_COMPARED]
    if banner:
        yield from _where(memory, symbols.address("linux_banner"), (banner,), 0)


def _by_first_task(memory: PhysicalMemory, symbols: SymbolTable) -> Iterator[int]:
    name = symbols.struct("task_struct").offset("comm")
    yield from _where(memory, symbols.address("init_task"), _FIRST_NAMES, name)


def _where(memory: PhysicalMemory, linked: int, wanted: tuple[bytes, ...], inside: int) -> Iterator[int]:
    """Yield the physical shifts with which one of some bytes stands at a variable; only whole steps are looked at."""
    from_start = linked - START_KERNEL_MAP
    first = (from_start + inside) % KERNEL_ALIGNMENT
    for run in memory.runs:
        begin = run.start + (first - run.start) % KERNEL_ALIGNMENT
        for place in range(begin, run.end, KERNEL_ALIGNMENT):
            if any(memory.has(place, len(text)) and memory.read(place, len(text)) == text for text in wanted):
                yield place - inside - from_start


def _virtual_shift(memory: PhysicalMemory, symbols: SymbolTable, physical_shift: int) -> int | None:
    """Return the virtual shift that most pointers of the first task speak for; None if they do not agree."""
    layout = symbols.struct("task_struct")
    start = symbols.address("init_task") - START_KERNEL_MAP + physical_shift
    votes: Counter[int] = Counter()
    for field, variable in _POINTERS.items():
        if field not in layout or not symbols.has(variable):
            continue
        try:
            (pointer,) = struct.unpack("<Q", memory.read(start + layout.offset(field), 8))
        except UnreadableError:
            continue
        shift = pointer - symbols.address(variable)
        if shift % KERNEL_ALIGNMENT == 0 and pointer >= START_KERNEL_MAP:
            votes[shift] += 1
    if not votes:
        return None
    shift, count = votes.most_common(1)[0]
    return shift if count >= _FEWEST_POINTERS else None


def _noted_shift(memory: PhysicalMemory, symbols: SymbolTable) -> int | None:
    """Return the virtual shift that the kernel noted for crash dumps; None if the note is missing or odd.

    Source: Documentation/admin-guide/kdump/vmcoreinfo.rst, KERNELOFFSET: how far it is from where it was linked.
    """
    place = next(memory.find(_NOTE), None)
    linked = symbols.address("_text") - _LINKED if symbols.has("_text") else 0
    if place is None or not memory.has(place + len(_NOTE), _LONGEST_NUMBER):
        return None
    digits, end, _ = memory.read(place + len(_NOTE), _LONGEST_NUMBER).partition(b"\n")
    try:
        shift = int(digits, 16) - linked
    except ValueError:
        return None
    return shift if end and shift % KERNEL_ALIGNMENT == 0 and abs(shift) < _LARGEST_SHIFT else None
