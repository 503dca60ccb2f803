"""What differs between trainees of one base by a choice: which process is hidden, which region is executable."""

import re
import struct
from collections.abc import Iterator, Mapping

from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.regions import Region, regions
from labkit.evidence.memory.tasks import Task, processes
from memory_base.entries import ChoiceEntry

_POINTER = struct.Struct("<Q")
_PAGE = 4096
_NO_EXECUTE = 1 << 63  # bit 63 of an entry of a page table, Intel SDM volume 3, table 4-20
_ADDRESS = 0x000F_FFFF_FFFF_F000
_MARK = re.compile(rb"KESTREL TRAINING REGION ([1-9]) PAGE 0:")
_MARK_AT = 64
FIRST = "1"  # the region that is executable in the capture itself


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


def regions_of(sync: Task) -> dict[str, Region]:
    """Return the marked regions of kf_sync by option."""
    found = {}
    for region in regions(sync):
        start = next(region.stretches()).data[_MARK_AT:] if region.is_anonymous else b""
        if match := _MARK.match(start):
            found[match[1].decode()] = region
    return dict(sorted(found.items()))


def region_entries(sync: Task, marked: Mapping[str, Region]) -> Iterator[ChoiceEntry]:
    """Yield how to make another region than the first one executable: rights of its mapping, entries of page tables."""
    for option, region in marked.items():
        if option != FIRST:
            yield from _swapped_rights(sync, option, marked[FIRST], region)


def _swapped_rights(sync: Task, option: str, first: Region, other: Region) -> Iterator[ChoiceEntry]:
    memory = sync.kernel.memory
    for field in ("vm_flags", "vm_page_prot"):
        places = [sync.kernel.space.translate(region.record.place(field)) for region in (first, other)]
        values = [memory.read(place, 8) for place in places]
        for place, old, new in zip(places, values, reversed(values), strict=True):
            yield ChoiceEntry(place, "region", option, old, new)
    for region in (first, other):
        for virtual in range(region.start, region.end, _PAGE):
            place = _page_table_entry(sync, virtual)
            old = memory.read(place, 8)
            yield ChoiceEntry(place, "region", option, old, _POINTER.pack(_POINTER.unpack(old)[0] ^ _NO_EXECUTE))


def _page_table_entry(task: Task, virtual: int) -> int:
    """Return the physical place of the entry of the last page table for an address of a process."""
    if task.space is None:
        raise LookupError(f"process {task.pid} has no memory")
    table = task.space.top
    for shift in (39, 30, 21):
        table = _POINTER.unpack(task.kernel.memory.read(table + (virtual >> shift & 511) * 8, 8))[0] & _ADDRESS
    return int(table + (virtual >> 12 & 511) * 8)
