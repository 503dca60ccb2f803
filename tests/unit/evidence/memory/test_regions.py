"""Maps of process memory: maple trees of one and of two levels, damaged ones, files behind them."""

from labkit.evidence.memory.paths import FilePath, Paths
from labkit.evidence.memory.regions import Region, executable_of, regions
from labkit.evidence.memory.tasks import processes
from tests.unit.evidence.memory.conftest import Opening
from tests.unit.evidence.memory.tiny_holdings import ARANGE, LAST, LEAF, RANGE, area, node
from tests.unit.evidence.memory.tiny_memory import PAGE, TinyFiles, TinyMemory


def with_tree(memory: TinyMemory, root: int, **fields: int) -> int:
    task = memory.task(40, "backup")
    memory.memory_of(task, mm_mt__ma_root=root, **fields)
    return task


def found(opened: Opening, memory: TinyMemory) -> list[Region]:
    (task,) = processes(opened(memory))
    return list(regions(task))


def spans(areas: list[Region]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in areas]


def test_one_node(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    heap, stack = area(memory, 0x5000, 0x7000), area(memory, 0x9000, 0xA000, 0x3)
    code = area(memory, 0xA000, 0xB000, 0xF)
    slots = [(0x4FFF, 0), (0x6FFF, heap), (0x8FFF, 0), (0x9FFF, stack), (0xAFFF, code), (LAST, 0)]
    with_tree(memory, node(memory, LEAF, slots) | 2, start_brk=0x5000, brk=0x6800, start_stack=0x9F00, map_count=3)
    areas = found(opened, memory)
    assert spans(areas) == [(0x5000, 0x7000), (0x9000, 0xA000), (0xA000, 0xB000)]
    assert [(one.permissions, one.purpose) for one in areas] == [("rw-p", "heap"), ("rw-p", "stack"), ("rwxs", "")]
    assert [one.is_executable for one in areas] == [False, False, True]
    assert all(one.is_anonymous and one.path is None and one.inode is None for one in areas)
    assert not remarks


def test_two_levels(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    low = node(memory, LEAF, [(0xFFF, 0), (0x1FFF, area(memory, 0x1000, 0x2000)), (0x3FFF, 0)])
    high = node(memory, LEAF, [(0x4FFF, area(memory, 0x4000, 0x5000)), (LAST, 0)])
    with_tree(memory, node(memory, ARANGE, [(0x3FFF, low), (LAST, high)]) | 2, map_count=2)
    assert spans(found(opened, memory)) == [(0x1000, 0x2000), (0x4000, 0x5000)]
    assert not remarks


def test_a_full_leaf_has_one_pivot_less_than_slots(opened: Opening):
    memory = TinyMemory()
    areas = [area(memory, n * PAGE, (n + 1) * PAGE) for n in range(1, 17)]
    slots = [((n + 2) * PAGE - 1, one) for n, one in enumerate(areas)]
    with_tree(memory, node(memory, RANGE, [(LAST, node(memory, LEAF, slots))]) | 2)
    assert len(found(opened, memory)) == 16


def test_a_single_entry_needs_no_node(opened: Opening):
    memory = TinyMemory()
    with_tree(memory, area(memory, 0x1000, 0x2000))
    assert spans(found(opened, memory)) == [(0x1000, 0x2000)]


def test_damage_costs_only_its_branch(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    good = node(memory, LEAF, [(0x1FFF, area(memory, 0x1000, 0x2000)), (0x2FFF, 0x1234), (0x3FFF, 0)])
    root = node(memory, ARANGE, [(0x3FFF, good), (0x4FFF, good), (0x5FFF, 0x5C), (LAST, 0xFFFF_FFFF_FFFF_FF00 | 12)])
    with_tree(memory, root | 2, map_count=5)
    assert spans(found(opened, memory)) == [(0x1000, 0x2000)]
    text = "\n".join(remarks)
    assert "can not stand where it does" in text
    assert "has a gap" in text
    assert "1 parts, and the kernel counted 5" in text


def test_numbers_of_a_node_that_are_not_its_own(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    low = node(memory, LEAF, [(0x9FFF, area(memory, 0x1000, 0x2000))])
    with_tree(memory, node(memory, ARANGE, [(0x3FFF, low), (LAST, 0)]) | 2)
    assert found(opened, memory) == []
    assert "not its own" in remarks[0]


def test_a_region_that_ends_before_it_begins(opened: Opening, remarks: list[str]):
    memory = TinyMemory()
    with_tree(memory, area(memory, 0x3000, 0x2000))
    assert found(opened, memory) == []
    assert "can not be from 0x3000 to 0x2000" in remarks[0]


def test_the_file_behind_a_region_and_the_program(opened: Opening):
    memory = TinyMemory()
    root = TinyFiles(memory, "tmpfs")
    inode = root.inode(12, 0o100755, PAGE)
    entry = root.entry("tool", root.root, inode, deleted=True)
    file = memory.new("file", f_path__mnt=root.seen_through, f_path__dentry=entry, f_inode=inode)
    with_tree(memory, area(memory, 0x1000, 0x2000, 5, vm_file=file, vm_pgoff=2), exe_file=file)
    (one,) = found(opened, memory)
    assert (one.path, one.inode, one.offset_in_file) == (FilePath("/tool", deleted=True), 12, 2 * PAGE)
    assert executable_of(one.task, Paths(one.task.kernel)) == FilePath("/tool", deleted=True)


def test_the_bytes_of_a_region_with_zeros_for_what_is_missing(opened: Opening):
    memory = TinyMemory()
    task = memory.task(40, "backup")
    _, top = memory.memory_of(task, mm_mt__ma_root=area(memory, 0x40_0000, 0x40_2000))
    memory.map(top, 0x40_1000, memory.frame(b"second page"))
    (one,) = found(opened, memory)
    (stretch,) = one.stretches()
    assert stretch.data == bytes(PAGE) + b"second page".ljust(PAGE, b"\0")
    assert stretch.missing == ((0, PAGE),)
