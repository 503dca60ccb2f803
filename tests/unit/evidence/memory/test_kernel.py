"""Finding the kernel in an image, its addresses, and page tables."""

import pytest

from labkit.errors import EvidenceError
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.paging import AddressSpace, MappedRun
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_memory import (
    BANNER,
    MIB,
    PAGE,
    PAGE_OFFSET,
    PHYSICAL_SHIFT,
    START_KERNEL_MAP,
    VIRTUAL_SHIFT,
    VMEMMAP,
    TinyMemory,
)


def test_both_shifts_are_found(opened: Opening, remarks: list[str]):
    placement = opened(TinyMemory()).placement
    assert (placement.physical_shift, placement.virtual_shift) == (PHYSICAL_SHIFT, VIRTUAL_SHIFT)
    assert not remarks


def test_without_the_banner_the_first_task_tells(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    memory.data[memory.data.find(BANNER)] = 0
    assert opened(memory).placement.physical_shift == PHYSICAL_SHIFT
    assert "banner" in remarks[0]


def test_without_either_the_kernel_is_not_there(opened: Opening):
    memory = TinyMemory()
    memory.data[memory.data.find(BANNER)] = 0
    memory.put(memory.init, "task_struct", comm=b"x")
    with pytest.raises(EvidenceError, match="not in this image"):
        opened(memory)


def test_pointers_that_do_not_agree_are_told(opened: Opening):
    memory = TinyMemory()
    memory.put(memory.init, "task_struct", real_parent=1, parent=2, group_leader=3)
    with pytest.raises(EvidenceError, match="first task is damaged"):
        opened(memory)


def test_without_a_first_task_the_note_for_crash_dumps_tells(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    memory.put(memory.init, "task_struct", real_parent=1, parent=2, group_leader=3)
    memory.write(memory.text(" " * 40), b"\nSIZE(page)=64\nKERNELOFFSET=600000\n")
    placement = opened(memory).placement
    assert (placement.physical_shift, placement.virtual_shift) == (PHYSICAL_SHIFT, VIRTUAL_SHIFT)
    assert "ps --scan" in remarks[0]


@pytest.mark.parametrize("number", [b"zz\n", b"1234\n", b"40000000\n", b"600000 and no end"])
def test_an_odd_note_for_crash_dumps_is_none(opened: Opening, number: bytes):
    memory = TinyMemory()
    memory.put(memory.init, "task_struct", real_parent=1, parent=2, group_leader=3)
    memory.write(memory.text(" " * 60), b"\nKERNELOFFSET=" + number)
    with pytest.raises(EvidenceError, match="first task is damaged"):
        opened(memory)


def test_addresses_of_the_kernel(opened: Opening):
    memory = TinyMemory()
    text = memory.text("hello")
    kernel = opened(memory)
    assert kernel.text(text) == "hello"
    assert kernel.space.translate(START_KERNEL_MAP + VIRTUAL_SHIFT + 4 * MIB) == 4 * MIB + PHYSICAL_SHIFT
    assert kernel.space.translate(VMEMMAP + 64) == 2 * MIB + 64  # by a large page
    assert kernel.page_frame(VMEMMAP + 3 * memory.size("page")) == 3 * PAGE
    for wild in (VMEMMAP + 1, VMEMMAP + memory.size("page") * 4096, 0):
        with pytest.raises(UnreadableError):
            kernel.page_frame(wild)
    for wild in (0, 8, 0x0000_7FFF_0000_0000, 0x8000_0000_0000_0000, PAGE_OFFSET + 17 * MIB, (1 << 64) - 4):
        with pytest.raises(UnreadableError):
            kernel.read(wild, 8)


def test_pages_of_a_process_in_the_order_of_its_addresses(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    top = memory.frame()
    frames = [memory.frame(bytes([number]) * PAGE) for number in range(3)]
    memory.map(top, 0x7FFF_FFFF_F000, frames[0])
    memory.map(top, 0x40_1000, frames[1])
    memory.map(top, 0x40_0000, frames[2])
    memory.map(top, 0x4000_0000, 2 * MIB, large=True)
    memory.map(top, 0x50_0000, 1 << 40)  # not in the image
    memory.map(top, VMEMMAP, 0)  # the kernel's half is not the process's own
    space = AddressSpace(opened(memory).memory, top)
    assert list(space.mapped()) == [
        MappedRun(0x40_0000, frames[2], PAGE),
        MappedRun(0x40_1000, frames[1], PAGE),
        MappedRun(0x4000_0000, 2 * MIB, 2 * MIB),
        MappedRun(0x7FFF_FFFF_F000, frames[0], PAGE),
    ]
    assert space.read(0x40_0FFE, 4) == b"\2\2\1\1"
    assert space.translate(0x4000_1234) == 2 * MIB + 0x1234
    there = space.read_what_is_there(0x40_1FFE, 6)
    assert (there.data, there.missing) == (b"\1\1\0\0\0\0", ((2, 6),))
    with pytest.raises(UnreadableError, match="not mapped"):
        space.read(0x40_1FFE, 6)
    with pytest.raises(UnreadableError, match="is no address"):
        space.read(0x8000_0000_0000, 1)
    assert not remarks


def test_five_levels(opened: Opening):
    memory = TinyMemory()
    top, four = memory.frame(), memory.frame()
    frame = memory.frame(b"five")
    memory.map(four, 0x40_0000, frame)
    memory.data[top + 8 * 3 : top + 8 * 4] = (four | 7).to_bytes(8, "little")
    space = AddressSpace(opened(memory).memory, top, levels=5)
    assert space.read((3 << 48) + 0x40_0000, 4) == b"five"
    assert list(space.mapped()) == [MappedRun((3 << 48) + 0x40_0000, frame, PAGE)]


def test_a_page_table_in_a_circle_ends(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    top = memory.frame()
    memory.data[top : top + 2048] = (top | 7).to_bytes(8, "little") * 256
    assert not list(AddressSpace(opened(memory).memory, top).mapped())
    assert remarks


def test_page_tables_that_map_more_than_there_is_end(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    top, third = memory.frame(), memory.frame()
    memory.data[top : top + 8] = (third | 7).to_bytes(8, "little")
    memory.data[third : third + PAGE] = (0x87).to_bytes(8, "little") * 512  # pages of 1 GiB
    runs = list(AddressSpace(opened(memory).memory, top).mapped())
    assert sum(run.size_bytes for run in runs) == 4 * 16 * MIB
    assert "they map more than there is" in remarks[0]
