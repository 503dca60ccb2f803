"""Sixteen mebibytes of memory with a kernel of a few structures, laid out by hand.

Fields stand in other places than in any real kernel, so that only what the symbol table says can find them.
"""

import base64
import json
import struct
from pathlib import Path

MIB = 1 << 20
PAGE = 4096
SIZE = 16 * MIB
START_KERNEL_MAP = 0xFFFF_FFFF_8000_0000
PHYSICAL_SHIFT, VIRTUAL_SHIFT = 2 * MIB, 6 * MIB
PAGE_OFFSET, VMEMMAP = 0xFFFF_9A00_0000_0000, 0xFFFF_EB00_0000_0000
BANNER = b"Linux version 6.1.0-tiny (kernel@linux.example) (gcc 12) #1 SMP 2026\n"
_IMAGE, _PAGES, _HEAP, _FRAMES = 4 * MIB, 2 * MIB, 8 * MIB, 12 * MIB  # linked; and physical addresses

_NUMBERS = {"u8": 1, "u16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8}
TYPES = {
    "list_head": "next:*list_head prev:*list_head",
    "hlist_node": "next:*hlist_node pprev:*",
    "hlist_head": "first:*hlist_node",
    "kuid_t": "val:u32",
    "atomic_t": "counter:i32",
    "page": "flags:u64 compound_head:u64 slab_cache:*kmem_cache private:u64 pad:u64 page_type:u32 _refcount:atomic_t",
    "kmem_cache": "size:u32 name:*",
    "cred": "usage:u32 uid:kuid_t gid:kuid_t euid:kuid_t egid:kuid_t",
    "signal_struct": "count:u32 thread_head:list_head",
    "task_struct": "pad:u64 comm:u8[16] pid:u32 tgid:u32 exit_state:i32 __state:u32 flags:u32 tasks:list_head "
    "thread_node:list_head real_parent:*task_struct parent:*task_struct group_leader:*task_struct start_boottime:u64 "
    "mm:*mm_struct cred:*cred signal:*signal_struct files:*files_struct fs:* nsproxy:*nsproxy sched_class:* stack:*",
    "maple_tree": "ma_flags:u32 ma_root:*",
    "mm_struct": "pad:u64[3] pgd:* mm_mt:maple_tree arg_start:u64 arg_end:u64 env_start:u64 env_end:u64 start_brk:u64 "
    "brk:u64 start_stack:u64 map_count:i32 exe_file:*file",
    "timespec64": "tv_sec:i64 tv_nsec:i64",
    "tk_read_base": "clock:* xtime_nsec:u64 shift:u32",
    "timekeeper": "tkr_mono:tk_read_base xtime_sec:u64 offs_real:i64 offs_boot:i64",
    "unnamed_clock": "seq:u32 timekeeper:timekeeper",
    "xarray": "xa_flags:u32 xa_head:*",
    "xa_node": "shift:u8 offset:u8 count:u8 slots:*[64]",
    "address_space": "host:*inode i_pages:xarray nrpages:u64",
    "inode": "i_mode:u16 i_uid:kuid_t i_gid:kuid_t i_ino:u64 i_nlink:u32 i_size:i64 i_mapping:*address_space "
    "i_sb_list:list_head i_dentry:hlist_head i_atime:timespec64 i_mtime:timespec64 i_ctime:timespec64",
    "hlist_bl_node": "next:*hlist_bl_node pprev:*",
    "qstr": "hash:u32 len:u32 name:*",
    "unnamed_alias": "d_alias:hlist_node",
    "dentry": "d_hash:hlist_bl_node d_parent:*dentry d_name:qstr d_inode:*inode d_sb:*super_block d_u:unnamed_alias",
    "vfsmount": "mnt_root:*dentry mnt_sb:*super_block mnt_flags:i32",
    "mount": "mnt_parent:*mount mnt_mountpoint:*dentry mnt:vfsmount mnt_instance:list_head mnt_devname:* "
    "mnt_list:list_head mnt_ns:*mnt_namespace",
    "file_system_type": "name:*",
    "super_block": "s_list:list_head s_magic:u64 s_type:*file_system_type s_id:u8[32] s_inodes:list_head "
    "s_mounts:list_head",
    "files_struct": "count:u32 fdt:*fdtable",
    "fdtable": "max_fds:u32 fd:*",
    "path": "mnt:*vfsmount dentry:*dentry",
    "file": "f_mode:u32 f_path:path f_inode:*inode f_pos:i64 private_data:*",
    "vm_area_struct": "vm_start:u64 vm_end:u64 vm_flags:u64 vm_pgoff:u64 vm_file:*file",
    "maple_range_64": "parent:* pivot:u64[15] slot:*[16]",
    "maple_arange_64": "parent:* pivot:u64[9] slot:*[10]",
    "socket": "state:u32 sk:*sock",
    "sock_common": "skc_daddr:u32 skc_rcv_saddr:u32 skc_num:u16 skc_dport:u16 skc_family:u16 skc_state:u8 "
    "skc_v6_daddr:u8[16] skc_v6_rcv_saddr:u8[16]",
    "sock": "__sk_common:sock_common sk_type:u16 sk_protocol:u16",
    "unix_sock": "sk:sock addr:*unix_address peer:*sock",
    "unix_address": "refcnt:u32 len:i32 name:u8[0]",
    "fs_struct": "users:i32",
    "nsproxy": "mnt_ns:*mnt_namespace",
    "mnt_namespace": "list:list_head",
}


class TinyMemory:
    """Physical memory, types and variables. ``put`` writes a field, ``new`` makes a structure."""

    def __init__(self, types: dict[str, str] | None = None) -> None:
        self.data = bytearray(SIZE)
        self.types = {**TYPES, **(types or {})}
        self.symbols: dict[str, dict[str, object]] = {}
        self._image, self._heap, self._frames = _IMAGE, _HEAP, _FRAMES
        self.layouts: dict[str, tuple[int, dict[str, tuple[int, str]]]] = {}
        self._banner()
        self.kernel_table = self.frame()
        self._top()
        for name, value in (("page_offset_base", PAGE_OFFSET), ("vmemmap_base", VMEMMAP)):
            self.write(self.variable(name, 8), struct.pack("<Q", value))
        self.map(self.kernel_table, VMEMMAP, _PAGES, large=True)
        self.clock(started=1_772_615_700 * 10**9, captured=1_772_615_711)
        self.superblocks = self.list_variable("super_blocks")
        self.init = self._first_task()

    # -- types

    def layout(self, name: str) -> tuple[int, dict[str, tuple[int, str]]]:
        if name not in self.layouts:
            offset, fields = 0, {}
            for field in self.types[name].split():
                key, _, kind = field.partition(":")
                size = self.size(kind)
                step = min(8, _NUMBERS.get(kind, 8))
                offset = -(-offset // step) * step
                fields[key] = (offset, kind)
                offset += size
            self.layouts[name] = (-(-offset // 8) * 8, fields)
        return self.layouts[name]

    def size(self, kind: str) -> int:
        if kind.endswith("]"):
            inner, _, count = kind[:-1].partition("[")
            return self.size(inner) * int(count)
        if kind.startswith("*"):
            return 8
        return _NUMBERS[kind] if kind in _NUMBERS else self.layout(kind)[0]

    def offset(self, name: str, field: str) -> int:
        first, _, rest = field.partition(".")
        offset, kind = self.layout(name)[1][first]
        return offset + (self.offset(kind, rest) if rest else 0)

    def _kind(self, name: str, field: str) -> str:
        first, _, rest = field.partition(".")
        kind = self.layout(name)[1][first][1]
        return self._kind(kind, rest) if rest else kind

    def table(self) -> dict[str, object]:
        """Return the symbol table as JSON has it."""
        base = {
            kind: {"size": size, "signed": kind[0] == "i", "kind": "int", "endian": "little"}
            for kind, size in _NUMBERS.items()
        }
        user = {}
        for name in self.types:
            size, fields = self.layout(name)
            user[name] = {
                "kind": "struct",
                "size": size,
                "fields": {key: {"offset": at, "type": self._declared(kind)} for key, (at, kind) in fields.items()},
            }
        return {"metadata": {}, "base_types": base, "enums": self.enums(), "user_types": user, "symbols": self.symbols}

    @staticmethod
    def enums() -> dict[str, object]:
        return {"pageflags": {"size": 4, "constants": {"PG_slab": 9, "PG_reserved": 12}}}

    def _declared(self, kind: str) -> dict[str, object]:
        if kind.endswith("]"):
            inner, _, count = kind[:-1].partition("[")
            return {"kind": "array", "count": int(count), "subtype": self._declared(inner)}
        if kind.startswith("*"):
            target = kind[1:]
            subtype = {"kind": "struct", "name": target} if target in self.types else {"kind": "base", "name": "u8"}
            return {"kind": "pointer", "subtype": subtype}
        return {"kind": "base" if kind in _NUMBERS else "struct", "name": kind}

    # -- memory

    def physical(self, virtual: int) -> int:
        if virtual >= START_KERNEL_MAP:
            return virtual - VIRTUAL_SHIFT - START_KERNEL_MAP + PHYSICAL_SHIFT
        return virtual - PAGE_OFFSET

    def write(self, virtual: int, data: bytes) -> None:
        place = self.physical(virtual)
        self.data[place : place + len(data)] = data

    def put(self, virtual: int, name: str, /, **fields: int | bytes) -> int:
        """Write fields of a structure; a double underscore stands for the dot. Return the address."""
        for key, value in fields.items():
            field = key if key in self.layout(name)[1] else key.replace("__", ".")
            size = self.size(self._kind(name, field))
            raw = value if isinstance(value, bytes) else (value % (1 << size * 8)).to_bytes(size, "little")
            self.write(virtual + self.offset(name, field), raw)
        return virtual

    def new(self, name: str, /, **fields: int | bytes) -> int:
        self._heap = -(-self._heap // 64) * 64
        address = PAGE_OFFSET + self._heap
        self._heap += -(-self.size(name) // 64) * 64
        return self.put(address, name, **fields)

    def text(self, text: str) -> int:
        address = PAGE_OFFSET + self._heap
        self._heap += -(-len(text.encode() + b"\0") // 8) * 8
        self.write(address, text.encode() + b"\0")
        return address

    def variable(self, name: str, size: int, type_name: str | None = None) -> int:
        """Make a variable of the kernel and return its virtual address."""
        linked = START_KERNEL_MAP + self._image
        self._image += -(-size // 64) * 64
        kind = {"kind": "struct", "name": type_name} if type_name else {"kind": "base", "name": "u64"}
        self.symbols[name] = {"address": linked, "type": kind}
        return linked + VIRTUAL_SHIFT

    def list_variable(self, name: str) -> int:
        address = self.variable(name, 16, "list_head")
        self.put(address, "list_head", next=address, prev=address)
        return address

    def link(self, head: int, entry: int) -> None:
        """Put an entry (the address of its ``list_head``) at the end of a list."""
        last = int.from_bytes(self.data[self.physical(head) + 8 : self.physical(head) + 16], "little")
        self.put(entry, "list_head", next=head, prev=last)
        self.put(last, "list_head", next=entry)
        self.put(head, "list_head", prev=entry)

    def frame(self, content: bytes = b"") -> int:
        """Take a page of physical memory and return its physical address."""
        self._frames += PAGE
        self.data[self._frames : self._frames + len(content)] = content
        return self._frames

    def map(self, top: int, virtual: int, physical: int, *, large: bool = False) -> None:
        table = top
        for shift in (39, 30, 21):
            place = table + (virtual >> shift & 511) * 8
            if shift == 21 and large:
                self.data[place : place + 8] = (physical | 0x87).to_bytes(8, "little")
                return
            entry = int.from_bytes(self.data[place : place + 8], "little")
            if not entry:
                entry = self.frame() | 7
                self.data[place : place + 8] = entry.to_bytes(8, "little")
            table = entry & ~0xFFF
        place = table + (virtual >> 12 & 511) * 8
        self.data[place : place + 8] = (physical | 7).to_bytes(8, "little")

    # -- the kernel

    def _banner(self) -> None:
        address = self.variable("linux_banner", 128)
        self.write(address, BANNER)
        self.symbols["linux_banner"]["constant_data"] = base64.b64encode(BANNER + b"\0").decode()

    def _top(self) -> None:
        linked = START_KERNEL_MAP + self.kernel_table - PHYSICAL_SHIFT
        self.symbols["init_top_pgt"] = {"address": linked, "type": {"kind": "base", "name": "u64"}}
        self.symbols["_end"] = {"address": START_KERNEL_MAP + 5 * MIB, "type": {"kind": "base", "name": "u8"}}

    def clock(self, *, started: int, captured: int) -> None:
        address = self.variable("tk_core", self.size("unnamed_clock"), "unnamed_clock")
        self.put(address, "unnamed_clock", timekeeper__offs_real=started, timekeeper__xtime_sec=captured)

    def _first_task(self) -> int:
        init = self.variable("init_task", self.size("task_struct"), "task_struct")
        tasks = init + self.offset("task_struct", "tasks")
        files = self.variable("init_files", 64, "files_struct")
        self.put(init, "task_struct", comm=b"swapper/0", real_parent=init, parent=init, group_leader=init, files=files)
        self.put(init, "task_struct", tasks__next=tasks, tasks__prev=tasks)
        return init

    def task(
        self, pid: int, name: str, *, parent: int | None = None, listed: bool = True, **fields: int | bytes
    ) -> int:
        signal = self.new("signal_struct")
        head = signal + self.offset("signal_struct", "thread_head")
        self.put(head, "list_head", next=head, prev=head)
        cred = self.new("cred", uid__val=1000, gid__val=1001, euid__val=0, egid__val=1001)
        task = self.new("task_struct", comm=name.encode(), pid=pid, tgid=pid, signal=signal, cred=cred, __state=1)
        self.put(task, "task_struct", real_parent=parent or self.init, group_leader=task, **fields)
        self.link(head, task + self.offset("task_struct", "thread_node"))
        if listed:
            self.link(self.init + self.offset("task_struct", "tasks"), task + self.offset("task_struct", "tasks"))
        return task

    def memory_of(self, task: int, **fields: int | bytes) -> tuple[int, int]:
        """Give a task memory of its own: return the address of its ``mm_struct`` and its topmost page table."""
        top = self.frame()
        memory = self.new("mm_struct", pgd=PAGE_OFFSET + top, **fields)
        self.put(task, "task_struct", mm=memory)
        return memory, top

    def write_to(self, path: Path) -> tuple[Path, Path]:
        """Write the image and its symbol table; return the two files."""
        image, table = path / "memory.raw", path / "memory.json"
        image.write_bytes(self.data)
        table.write_text(json.dumps(self.table()))
        return image, table


class TinyFiles:
    """A file system with mounts in a tiny memory."""

    def __init__(self, memory: TinyMemory, kind: str, *, below: "tuple[TinyFiles, int] | None" = None) -> None:
        """Mount a file system at the root, or at a directory entry of another."""
        self.memory = memory
        self.superblock = memory.new("super_block", s_id=kind.encode(), s_magic=0x01021994)
        system = memory.new("file_system_type", name=memory.text(kind))
        memory.put(self.superblock, "super_block", s_type=system)
        for field in ("s_inodes", "s_mounts"):
            head = self.superblock + memory.offset("super_block", field)
            memory.put(head, "list_head", next=head, prev=head)
        memory.link(memory.superblocks, self.superblock + memory.offset("super_block", "s_list"))
        self.root = self.entry("/", None, self.inode(1, 0o040755))
        self.mount = memory.new("mount", mnt__mnt_root=self.root, mnt__mnt_sb=self.superblock)
        parent, mountpoint = (below[0].mount, below[1]) if below else (self.mount, self.root)
        memory.put(self.mount, "mount", mnt_parent=parent, mnt_mountpoint=mountpoint)
        memory.link(
            self.superblock + memory.offset("super_block", "s_mounts"),
            self.mount + memory.offset("mount", "mnt_instance"),
        )

    @property
    def seen_through(self) -> int:
        return self.mount + self.memory.offset("mount", "mnt")

    def inode(self, number: int, mode: int, size_bytes: int = 0, *, links: int = 1, seconds: int = 0) -> int:
        memory = self.memory
        mapping = memory.new("address_space")
        inode = memory.new("inode", i_ino=number, i_mode=mode, i_size=size_bytes, i_nlink=links, i_mapping=mapping)
        memory.put(inode, "inode", i_mtime__tv_sec=seconds, i_uid__val=1000)
        memory.link(
            self.superblock + memory.offset("super_block", "s_inodes"), inode + memory.offset("inode", "i_sb_list")
        )
        return inode

    def entry(self, name: str, parent: int | None, inode: int, *, deleted: bool = False) -> int:
        memory = self.memory
        entry = memory.new("dentry", d_inode=inode, d_sb=self.superblock)
        memory.put(entry, "dentry", d_parent=entry if parent is None else parent, d_name__len=len(name.encode()))
        memory.put(entry, "dentry", d_name__name=memory.text(name), d_hash__pprev=0 if deleted else entry)
        memory.put(inode, "inode", i_dentry__first=entry + memory.offset("dentry", "d_u"))
        return entry

    def content(self, inode: int, pages: dict[int, bytes]) -> dict[int, int]:
        """Put pages into the cache of an inode, in one node of an xarray; return their physical addresses."""
        memory = self.memory
        frames = {number: memory.frame(content) for number, content in pages.items()}
        slots = [0] * 64
        for number, physical in frames.items():
            slots[number] = VMEMMAP + physical // PAGE * memory.size("page")
        node = memory.new("xa_node", slots=struct.pack("<64Q", *slots))
        mapping = int.from_bytes(self._field(inode, "inode", "i_mapping"), "little")
        memory.put(mapping, "address_space", i_pages__xa_head=node | 2, nrpages=len(pages))
        return frames

    def _field(self, address: int, name: str, field: str) -> bytes:
        place = self.memory.physical(address) + self.memory.offset(name, field)
        return bytes(self.memory.data[place : place + 8])
