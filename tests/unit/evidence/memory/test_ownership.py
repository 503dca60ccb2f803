"""Whose a byte is: processes, files, the kernel, free pages."""

from labkit.evidence.memory.ownership import Ownership
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_holdings import area
from tests.unit.evidence.memory.tiny_memory import PAGE, VMEMMAP, TinyFiles, TinyMemory

HEAP = 0x90_0000


def page(memory: TinyMemory, physical: int, **fields: int) -> None:
    """Describe a page; descriptors lie in order from two mebibytes on."""
    place = (2 << 20) + physical // PAGE * memory.size("page")
    for field, value in fields.items():
        at = place + memory.offset("page", field.replace("__", ".") if "__" in field else field)
        memory.data[at : at + 8] = value.to_bytes(8, "little")


def test_processes_and_files(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    files = TinyFiles(memory, "tmpfs")
    inode = files.inode(9, 0o100600, 2 * PAGE)
    files.entry("notes", files.root, inode, deleted=True)
    frames = files.content(inode, {1: b"second page"})
    heap = memory.frame(b"secret")
    for pid in (40, 41):
        _, top = memory.memory_of(
            memory.task(pid, "backup"),
            mm_mt__ma_root=area(memory, HEAP, HEAP + 2 * PAGE),
            map_count=1,
            start_brk=HEAP,
            brk=HEAP + PAGE,
        )
        memory.map(top, HEAP + PAGE, frames[1])
        if pid == 40:
            memory.map(top, HEAP, heap)
    owners = Ownership(opened(memory))
    own = owners.at(heap + 5)
    assert (own.kind, [(use.task.pid, use.virtual, use.purpose) for use in own.uses]) == (
        "process",
        [(40, HEAP + 5, "heap")],
    )
    assert str(own) == f"process 40 backup {HEAP + 5:#x} (heap)"
    shared = owners.at(frames[1] + 3)
    assert (shared.kind, shared.offset_in_file) == ("file", PAGE + 3)
    assert [(use.task.pid, use.virtual) for use in shared.uses] == [(40, HEAP + PAGE + 3), (41, HEAP + PAGE + 3)]
    assert str(shared).startswith("file /notes (deleted) at 4099; process 40 backup")
    assert str(shared).endswith("and 1 more")
    assert not remarks


def test_pages_of_the_kernel(opened: Opening):
    memory = TinyMemory()
    base = 0x10_0000
    cache = memory.new("kmem_cache", name=memory.text("dentry"))
    page(memory, base, flags=1 << 9, slab_cache=cache)
    page(memory, base + PAGE, compound_head=VMEMMAP + base // PAGE * memory.size("page") + 1)
    page(memory, base + 2 * PAGE, page_type=0xFFFF_FDFF, _refcount__counter=1)
    page(memory, base + 3 * PAGE, flags=1 << 12)
    page(memory, base + 4 * PAGE, page_type=0xFFFF_FF7F, private=2)
    page(memory, base + 8 * PAGE, page_type=0xFFFF_FFFF)
    page(memory, base + 9 * PAGE, _refcount__counter=1, page_type=0xFFFF_FFFF)
    task = memory.task(40, "backup", stack=memory.new("page"))
    owners = Ownership(opened(memory))
    said = [str(owners.at(base + number * PAGE + 7)) for number in range(10)]
    assert said[:4] == ["kernel objects dentry", "kernel objects dentry", "kernel page table", "kernel reserved"]
    assert said[4:] == [*["free"] * 4, "unknown", "kernel pages"]  # of a free block only the first page is marked
    stack = int.from_bytes(memory.data[memory.physical(task) + memory.offset("task_struct", "stack") :][:8], "little")
    assert str(owners.at(memory.physical(stack))) == "kernel stack of process 40 backup"
    assert str(owners.at(1 << 40)) == "unknown"
