"""What differs between trainees of one base by a choice: which process is hidden, which region is executable."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.tasks import Task, processes
from memory_base.entries import ChoiceEntry

_POINTER = struct.Struct("<Q")
_PAGE = 4096
_NO_EXECUTE = 1 << 63  # bit 63 of an entry of a page table, Intel SDM volume 3, table 4-20
_EXECUTABLE = 0x4  # VM_EXEC, include/linux/mm.h
_ADDRESS = 0x000F_FFFF_FFFF_F000
_MARK = b"KESTREL TRAINING REGION %d PAGE 0:"
_MARK_AT = 64
FIRST = "1"  # the region that is executable in the capture itself


@dataclass(frozen=True, slots=True)
class Region:
    """One of the anonymous mappings of kf_sync."""

    begin: int
    end: int
    offset: int  # of its first page in the image


def hidden_entries(kernel: Kernel, candidates: Mapping[str, int]) -> Iterator[ChoiceEntry]:
    """Yield how to take each candidate (option -> PID) out of the list of tasks: its neighbours point past it."""
    link = kernel.symbols.struct("task_struct").offset("tasks")
    by_pid = {task.pid: task for task in processes(kernel)}
    for option, pid in candidates.items():
        own = by_pid[pid].address + link
        following, before = kernel.pointer(own), kernel.pointer(own + 8)
        for place, new in ((before, following), (following + 8, before)):
            at = kernel.space.translate(place)
            yield ChoiceEntry(at, "hidden", option, _POINTER.pack(own), _POINTER.pack(new))


def regions_of(kernel: Kernel, sync: Task, count: int) -> dict[str, Region]:
    """Return the marked regions of kf_sync by option."""
    begins = {}
    for run in sync.mapped():
        for number in range(1, count + 1):
            if kernel.memory.read(run.physical + _MARK_AT, 40).startswith(_MARK % number):
                begins[number] = run
    found = {}
    for number, run in sorted(begins.items()):
        (_, end), _ = _mapping(kernel, run.virtual)
        found[str(number)] = Region(run.virtual, end, run.physical)
    return found


def region_entries(kernel: Kernel, sync: Task, regions: Mapping[str, Region]) -> Iterator[ChoiceEntry]:
    """Yield how to make another region than the first one executable: rights of its mapping, entries of page tables."""
    first = regions[FIRST]
    for option, region in regions.items():
        if option != FIRST:
            yield from _swapped_rights(kernel, sync, option, first, region)


def _swapped_rights(kernel: Kernel, sync: Task, option: str, first: Region, other: Region) -> Iterator[ChoiceEntry]:
    layout = kernel.symbols.struct("vm_area_struct")
    for field in ("vm_flags", "vm_page_prot"):
        places = [_mapping(kernel, region.begin)[1] + layout.offset(field) for region in (first, other)]
        values = [kernel.memory.read(place, 8) for place in places]
        for place, old, new in zip(places, values, reversed(values), strict=True):
            yield ChoiceEntry(place, "region", option, old, new)
    for region in (first, other):
        for virtual in range(region.begin, region.end, _PAGE):
            place = _page_table_entry(kernel, sync, virtual)
            old = kernel.memory.read(place, 8)
            yield ChoiceEntry(place, "region", option, old, _POINTER.pack(_POINTER.unpack(old)[0] ^ _NO_EXECUTE))


def _mapping(kernel: Kernel, begin: int) -> tuple[tuple[int, int], int]:
    """Return begin and end of the mapping that begins at ``begin``, and the physical place of its vm_area_struct.

    The structure begins with both addresses (include/linux/mm_types.h); no other one does with these.
    """
    found = []
    flags = kernel.symbols.struct("vm_area_struct").offset("vm_flags")
    for place in kernel.memory.find(_POINTER.pack(begin)):
        if place % 8 == 0:
            (end,) = _POINTER.unpack(kernel.memory.read(place + 8, 8))
            (rights,) = _POINTER.unpack(kernel.memory.read(place + flags, 8))
            if begin < end < begin + (64 << 12) and end % _PAGE == 0 and rights & 3 == 3:  # noqa: PLR2004 - read, write
                found.append(((begin, end), place))
    if len(found) != 1:
        raise LookupError(f"{len(found)} mappings begin at {begin:#x}")
    return found[0]


def _page_table_entry(kernel: Kernel, task: Task, virtual: int) -> int:
    """Return the physical place of the entry of the last page table for an address of a process."""
    if task.space is None:
        raise LookupError(f"process {task.pid} has no memory")
    table = task.space.top
    for shift in (39, 30, 21):
        table = _POINTER.unpack(kernel.memory.read(table + (virtual >> shift & 511) * 8, 8))[0] & _ADDRESS
    return int(table + (virtual >> 12 & 511) * 8)
