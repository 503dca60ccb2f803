"""L08 solved with the program yara, the symbol table and the standard library; nothing of labkit is imported here.

The kernel's structures are read by the offsets of the symbol table (ISF) that is handed out with the image.
"""

import hashlib
import json
import lzma
import mmap
import re
import struct
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KERNEL_MAP = 0xFFFF_FFFF_8000_0000  # __START_KERNEL_map, Documentation/x86/x86_64/mm.rst
KERNEL_STEP = 0x20_0000  # CONFIG_PHYSICAL_ALIGN
PAGE_BYTES = 4096
RECORD_STEP = 64  # task_struct begins at a line of the cache
VM_EXEC = 4  # include/linux/mm.h
PROGRAM = "kf_sync"

RULE = """
rule kf_sync_copy
{
    meta:
        about = "copy of kf_sync, whatever host, port and key it holds"
    strings:
        $message = "%lld alive %s"
        $mark = "KFSYNC2.CFG:"
    condition:
        $message and $mark and filesize < 16KB
}
"""
HIDDEN_ADDRESS = 'rule hidden { strings: $a = ".example:" xor(0x80-0xff) condition: $a }'
MARK = b"KFSYNC2.CFG:"


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it; ``work`` is a folder for rules."""
    samples = evidence / "blobs" / "samples"
    image = evidence / "memory" / "KF-04.raw"
    copies = {path.name for path in samples.iterdir() if is_copy(path.read_bytes())}
    with image.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kernel = kernel_of(data, next((evidence / "memory" / "symbols").glob("*.json.xz")))
        listed = {kernel.number(task, "task_struct", "pid", 4): task for task in kernel.listed()}
        (hidden,) = (task for task in kernel.living() if kernel.number(task, "task_struct", "pid", 4) not in listed)
        program = next(task for task in listed.values() if kernel.name(task) == PROGRAM)
        start, end = kernel.executable_region(program)
        outbox, payments = kernel.open_inode(program, "outbox"), kernel.inode_named("payments.csv")
        contents = [kernel.content(inode) for inode in (outbox, payments)]
        answers = {
            "hidden-pid": str(kernel.number(hidden, "task_struct", "pid", 4)),
            "hidden-place": f"{hidden:#x} bytes from the file",
            "outbox-sha256": hashlib.sha256(contents[0]).hexdigest(),
            "outbox-inode": str(kernel.number(outbox, "inode", "i_ino")),
            "compared": compared(contents, same_object=outbox == payments),
            "relay": relay(data, hits(HIDDEN_ADDRESS, image, work)),
        }
    region = f"start {start:#x}, length {end - start} bytes, virtual"
    return answers | {
        "region": region,
        "copies": ", ".join(sorted(copies)),
        "rule": RULE,
        "drafts": drafts(evidence / "blobs" / "draft-rules.yar", samples, copies),
        "wording": f"present; KF-04; {region}",
    }


@dataclass(frozen=True)
class Kernel:
    """A raw image of a Linux, read by places in the file; pointers are those of the direct map of all memory."""

    data: mmap.mmap
    types: Mapping[str, Any]
    first_task: int  # place of init_task
    direct_map: int
    page_table: int  # where the kernel sees the table of struct page

    def field(self, type_name: str, *path: str) -> int:
        """Return where a field begins in a structure; unnamed structures inside it are passed through."""
        fields = self.types[type_name]["fields"]
        for name, described in fields.items():
            inner = described["type"].get("name", "")
            if name == path[0]:
                return int(described["offset"]) + (self.field(inner, *path[1:]) if path[1:] else 0)
            if described.get("anonymous") or name.startswith("unnamed_field"):
                try:
                    return int(described["offset"]) + self.field(inner, *path)
                except KeyError:
                    continue
        raise KeyError(path[0])

    def number(self, place: int, type_name: str, field: str, size_bytes: int = 8) -> int:
        at = place + self.field(type_name, *field.split("."))
        return int.from_bytes(self.data[at : at + size_bytes], "little")

    def follow(self, place: int, type_name: str, field: str) -> int:
        """Return the place that a pointer names."""
        return self.number(place, type_name, field) - self.direct_map

    def name(self, task: int) -> str:
        at = task + self.field("task_struct", "comm")
        return self.data[at : at + 16].partition(b"\0")[0].decode("ascii", "replace")

    def listed(self) -> Iterator[int]:
        """Yield the records in the ring of tasks, without init_task."""
        link = self.field("task_struct", "tasks")
        pointer = self.number(self.first_task, "task_struct", "tasks.next")
        while pointer < KERNEL_MAP:  # init_task alone is part of the kernel
            task = pointer - self.direct_map - link
            yield task
            pointer = self.number(task, "task_struct", "tasks.next")

    def living(self) -> Iterator[int]:
        """Yield all that looks like the record of a process that has not ended: the leader of its group is itself."""
        leader = self.field("task_struct", "group_leader")
        for place in range(0, len(self.data) - self.types["task_struct"]["size"], RECORD_STEP):
            if struct.unpack_from("<Q", self.data, place + leader)[0] != self.direct_map + place:
                continue
            pid, group, ended = (self.number(place, "task_struct", name, 4) for name in ("pid", "tgid", "exit_state"))
            parent = self.follow(place, "task_struct", "real_parent")
            if 0 < pid == group and not ended and 0 <= parent < len(self.data) and self.name(place).isprintable():
                yield place

    def executable_region(self, task: int) -> tuple[int, int]:
        """Return start and end of the one region of a process that may be executed, with no file and no special use."""
        memory = self.number(task, "task_struct", "mm")
        found = set()
        for at in places_of(self.data, struct.pack("<Q", memory)):
            region = at - self.field("vm_area_struct", "vm_mm")
            start, end = (self.number(region, "vm_area_struct", name) for name in ("vm_start", "vm_end"))
            if start % PAGE_BYTES or end % PAGE_BYTES or not start < end < 1 << 47:
                continue
            others = [self.number(region, "vm_area_struct", name) for name in ("vm_file", "vm_ops")]
            if self.number(region, "vm_area_struct", "vm_flags") & VM_EXEC and not any(others):
                found.add((start, end))
        ((start, end),) = found
        return start, end

    def open_inode(self, task: int, name: str) -> int:
        """Return the inode of a file that a process has open."""
        table = self.follow(self.follow(task, "task_struct", "files"), "files_struct", "fdt")
        files = self.follow(table, "fdtable", "fd")
        for index in range(self.number(table, "fdtable", "max_fds", 4)):
            (pointer,) = struct.unpack_from("<Q", self.data, files + 8 * index)
            if pointer:
                file = pointer - self.direct_map
                entry = self.follow(file, "file", "f_path.dentry")
                if self.text(self.follow(entry, "dentry", "d_name.name")) == name:
                    return self.follow(file, "file", "f_inode")
        raise AssertionError(f"{name} is not open")

    def inode_named(self, name: str) -> int:
        """Return the inode of the one directory entry of this name that has one."""
        inline = self.field("dentry", "d_iname")
        found = set()
        for at in places_of(self.data, name.encode() + b"\0"):
            entry = at - inline
            if self.number(entry, "dentry", "d_name.name") == self.direct_map + at:
                found.add(self.follow(entry, "dentry", "d_inode"))
        (inode,) = found
        return inode

    def text(self, place: int) -> str:
        return self.data[place : place + 256].partition(b"\0")[0].decode("utf-8", "replace")

    def content(self, inode: int) -> bytes:
        """Return what is cached of a file; every page of it has to be there."""
        size = self.number(inode, "inode", "i_size")
        mapping = self.follow(inode, "inode", "i_mapping")
        pages = dict(self.pages(self.number(mapping, "address_space", "i_pages.xa_head"), 0))
        return b"".join(pages[index] for index in range(-(-size // PAGE_BYTES)))[:size]

    def pages(self, entry: int, index: int) -> Iterator[tuple[int, bytes]]:
        """Yield number and content of the pages below an entry of an XArray (include/linux/xarray.h)."""
        if entry & 3 == 2 and entry > PAGE_BYTES:  # an inner node
            node = entry - 2 - self.direct_map
            shift = self.data[node + self.field("xa_node", "shift")]
            slots = node + self.field("xa_node", "slots")
            for slot, below in enumerate(struct.unpack_from("<64Q", self.data, slots)):
                yield from self.pages(below, index + (slot << shift))
        elif entry and not entry & 1:
            number = (entry - self.page_table) // self.types["page"]["size"]
            yield index, self.data[number * PAGE_BYTES : (number + 1) * PAGE_BYTES]


def kernel_of(data: mmap.mmap, table: Path) -> Kernel:
    """Find the kernel in an image: its banner stands where the symbol table says, moved by whole steps."""
    with lzma.open(table) as file:
        described = json.load(file)
    symbols = {name: symbol["address"] - KERNEL_MAP for name, symbol in described["symbols"].items()}
    places = places_of(data, b"Linux version ")
    (shift,) = {at - symbols["linux_banner"] for at in places if (at - symbols["linux_banner"]) % KERNEL_STEP == 0}

    def variable(name: str) -> int:
        return int(struct.unpack_from("<Q", data, symbols[name] + shift)[0])

    return Kernel(
        data,
        described["user_types"],
        symbols["init_task"] + shift,
        variable("page_offset_base"),
        variable("vmemmap_base"),
    )


def places_of(data: mmap.mmap, wanted: bytes) -> list[int]:
    return [found.start() for found in re.finditer(re.escape(wanted), data)]


def compared(contents: list[bytes], *, same_object: bool) -> str:
    if contents[0] != contents[1]:
        return "different-content"
    return "same-file" if same_object else "same-content"


def hits(rule: str, target: Path, work: Path) -> list[int]:
    """Return the places of the hits of a rule in a file."""
    rules = work / "rule.yar"
    rules.write_text(rule)
    return [int(place, 16) for place in re.findall(r"^0x([0-9a-f]+):", run("yara", "-s", rules, target), re.MULTILINE)]


def relay(data: mmap.mmap, places: list[int]) -> str:
    """Return host and port of the hidden configuration: zero bytes in it are the key, spaces the key and 20."""
    found = set()
    for place in places:
        around = data[max(place - 64, 0) : place + 128]
        repeated = Counter(around).most_common(1)[0][0]
        for key in (repeated, repeated ^ 0x20):
            text = bytes(byte ^ key for byte in around)
            found |= {hit.decode() for hit in re.findall(rb"= *([a-z0-9.-]+\.example:\d+)", text)}
    (address,) = found
    return address


def is_copy(data: bytes) -> bool:
    """Tell whether a file has a configuration behind the mark: length, then text under a key that its padding shows."""
    at = data.find(MARK)
    if at < 0:
        return False
    start = at + len(MARK) + 2
    hidden = data[start : start + int.from_bytes(data[start - 2 : start], "little")]
    return bool(hidden) and bytes(byte ^ hidden[-1] ^ 0x20 for byte in hidden).startswith(b"host=")


def drafts(rules: Path, samples: Path, copies: set[str]) -> str:
    pairs = {tuple(line.split(" ", 1)) for line in run("yara", "-r", rules, samples).splitlines()}
    names = re.findall(r"^rule (\w+)", rules.read_text(), re.MULTILINE)
    table = ["rule;copies;clean"]
    for name in names:
        files = {Path(path).name for rule, path in pairs if rule == name}
        table.append(f"{name};{len(files & copies)};{len(files - copies)}")
    return "\n".join(table)


def run(*command: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, check=True, timeout=120)
    return done.stdout.decode("utf-8", "replace")
