"""What processes of a tiny memory hold: parts of memory in maple trees, descriptors, sockets."""

import struct

from tests.unit.evidence.memory.tiny_memory import TinyFiles, TinyMemory

SOCKFS = 0x534F434B
LAST = (1 << 64) - 1
LEAF, RANGE, ARANGE = 1, 2, 3


def node(memory: TinyMemory, kind: int, slots: list[tuple[int, int]]) -> int:
    """Make a node from (last number, entry) and return how others point to it: at a multiple of 256, with its type."""
    name = "maple_arange_64" if kind == ARANGE else "maple_range_64"
    pivots, entries = (9, 10) if kind == ARANGE else (15, 16)
    lasts = [last for last, _ in slots][:pivots]
    values = [entry for _, entry in slots]
    address = memory.new("page")
    while address % 256:
        address = memory.new("page")
    for _ in range(4):
        memory.new("page")
    memory.put(address, name, pivot=struct.pack(f"<{pivots}Q", *lasts, *[0] * (pivots - len(lasts))))
    memory.put(address, name, slot=struct.pack(f"<{entries}Q", *values, *[0] * (entries - len(values))))
    return address | kind << 3 | 4


def area(memory: TinyMemory, start: int, end: int, flags: int = 3, **fields: int) -> int:
    return memory.new("vm_area_struct", vm_start=start, vm_end=end, vm_flags=flags, **fields)


def give(memory: TinyMemory, task: int, files: dict[int, int], *, slots: int = 64) -> int:
    array = memory.new("fdtable")
    for _ in range(slots * 8 // 64):
        memory.new("fdtable")
    for number, file in files.items():
        memory.write(array + 8 * number, struct.pack("<Q", file))
    table = memory.new("fdtable", max_fds=slots, fd=array)
    memory.put(task, "task_struct", files=memory.new("files_struct", fdt=table))
    return table


def file_of(memory: TinyMemory, files: TinyFiles, name: str, mode: int, **fields: int) -> int:
    inode = files.inode(50, mode)
    entry = files.entry(name, files.root, inode)
    return memory.new("file", f_path__mnt=files.seen_through, f_path__dentry=entry, f_inode=inode, f_mode=3, **fields)


def socket(memory: TinyMemory, files: TinyFiles, sock: int) -> int:
    memory.put(files.superblock, "super_block", s_magic=SOCKFS)
    return file_of(memory, files, "socket", 0o140777, private_data=memory.new("socket", sk=sock))
