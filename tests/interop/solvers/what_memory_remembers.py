"""L07 solved with the symbol table and the standard library; nothing of labkit is imported here.

A small reader of its own: the direct map of the kernel, the list of tasks, user pages, sockets of descriptors. Facts of
the kernel: include/linux/sched.h, include/net/sock.h, Documentation/arch/x86/x86_64/mm.rst.
"""

import base64
import hashlib
import json
import lzma
import mmap
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

KERNEL_MAP = 0xFFFFFFFF80000000
KERNEL_ALIGNMENT = 0x200000  # other copies of the banner lie anywhere
PRESENT, LARGE = 1, 0x80
ADDRESS = 0x000FFFFFFFFFF000
ESTABLISHED, IPV4 = 1, 2
SECOND = 1_000_000_000
CLOCK_FAST = timedelta(minutes=7, seconds=13)  # 10:37:13 against 10:30:00


def solve(evidence: Path, public: Mapping[str, str], work: Path) -> dict[str, str]:
    """Return task to answer, as a trainee would write it."""
    path = evidence / "memory" / "KF-04.raw"
    table = next((evidence / "memory" / "symbols").glob("*.json.xz"))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        memory = Memory(data, json.loads(lzma.decompress(table.read_bytes())))
        tasks = {task.pid: task for task in memory.tasks()}
        named = {task.name: task for task in tasks.values()}
        ends = {pid: end for pid, task in tasks.items() for end in memory.connections(task)}
        sync = named["kf_sync"]
        provider = next(tasks[pid] for pid, (_, remote) in ends.items() if remote.startswith("198.51.100.20:"))
        wanted = (sync, tasks[sync.parent], provider, named["login"], named["bash"], named["vi"])
        lines = [f"{one.name};{one.pid};{one.parent};{one.started:%Y-%m-%dT%H:%M:%SZ}" for one in wanted]
        return {
            "image-digest": hashlib.sha256(data).hexdigest(),
            "image-size": str(len(data)),
            "system": "debian-6-1" if b"Linux version 6.1" in memory.banner and b"Debian" in memory.banner else "",
            "processes": "\n".join(("name;pid;parent;started", *lines)),
            "odd-parent": str(sync.pid),
            "connections": "\n".join(
                ("pid;local;remote", *(f"{pid};{local};{remote}" for pid, (local, remote) in ends.items()))
            ),
            "arguments": " ".join(memory.arguments(sync)),
            "session": (named["login"].started - CLOCK_FAST).isoformat(),
            "report-wording": f"connected; KF-04; {sync.at} bytes from file",
        }


@dataclass(frozen=True)
class Task:
    """One record of the list; ``at`` is its place in the file."""

    at: int
    pid: int
    parent: int
    name: str
    started: datetime


class Memory:
    """A raw image and what its symbol table says."""

    def __init__(self, data: mmap.mmap, table: dict[str, Any]) -> None:
        self.data = data
        self.symbols = {name: symbol["address"] for name, symbol in table["symbols"].items()}
        self.types = table["user_types"]
        banner = table["symbols"]["linux_banner"]["constant_data"]
        self.banner = base64.b64decode(banner).rstrip(b"\0")
        place = self.symbols["linux_banner"] - KERNEL_MAP
        copies = (match.start() - place for match in re.finditer(re.escape(self.banner), data))
        self.shift = next(shift for shift in copies if shift >= 0 and shift % KERNEL_ALIGNMENT == 0)

    def number(self, at: int, layout: str = "<Q") -> int:
        """Return a number of the image."""
        return int(struct.unpack_from(layout, self.data, at)[0])

    def global_at(self, name: str) -> int:
        """Return the place of a variable of the kernel."""
        return self.symbols[name] - KERNEL_MAP + self.shift

    def offset(self, struct_name: str, field: str) -> int:
        """Return where a field is, those of unnamed members included."""
        found = self._offset(struct_name, field)
        assert found is not None, (struct_name, field)
        return found

    def _offset(self, struct_name: str, field: str) -> int | None:
        fields = self.types[struct_name]["fields"]
        if field in fields:
            return int(fields[field]["offset"])
        for inner in fields.values():
            if inner.get("anonymous"):
                below = self._offset(inner["type"]["name"], field)
                if below is not None:
                    return int(inner["offset"]) + below
        return None

    @cached_property
    def direct(self) -> int:
        """The virtual address at which all of physical memory is mapped."""
        return self.number(self.global_at("page_offset_base"))

    @cached_property
    def booted_ns(self) -> int:
        """When the machine was started, by its own clock."""
        core = self.global_at("tk_core")
        keeper = core + 8
        at = {name: keeper + self.offset("timekeeper", name) for name in ("offs_real", "offs_boot")}
        return self.number(at["offs_real"], "<q") - self.number(at["offs_boot"], "<q")

    def tasks(self) -> Iterator[Task]:
        """Yield the records of the list, from the first to the last."""
        tasks = self.offset("task_struct", "tasks")
        pointer = self.number(self.global_at("init_task") + tasks)
        while pointer < KERNEL_MAP:  # the last points back to the first, which is no part of the direct map
            at = pointer - self.direct - tasks
            parent = self.number(at + self.offset("task_struct", "real_parent"))
            started = self.booted_ns + self.number(at + self.offset("task_struct", "start_boottime"))
            yield Task(
                at,
                self.number(at + self.offset("task_struct", "tgid"), "<i"),
                0 if parent >= KERNEL_MAP else self._pid(parent - self.direct),
                self._name(at),
                datetime.fromtimestamp(started // SECOND, UTC),
            )
            pointer = self.number(at + tasks)

    def _pid(self, at: int) -> int:
        return self.number(at + self.offset("task_struct", "tgid"), "<i")

    def _name(self, at: int) -> str:
        place = at + self.offset("task_struct", "comm")
        return self.data[place : place + 16].partition(b"\0")[0].decode()

    def arguments(self, task: Task) -> list[str]:
        """Return the command line of a process, from its own pages."""
        mm = self.number(task.at + self.offset("task_struct", "mm")) - self.direct
        start, end = (self.number(mm + self.offset("mm_struct", name)) for name in ("arg_start", "arg_end"))
        top = self.number(mm + self.offset("mm_struct", "pgd")) - self.direct
        data = b"".join(self.data[place : place + 1] for place in (self._physical(top, at) for at in range(start, end)))
        return data.rstrip(b"\0").decode().split("\0")

    def _physical(self, table: int, virtual: int) -> int:
        for level in (39, 30, 21, 12):
            entry = self.number((table & ADDRESS) + 8 * (virtual >> level & 0x1FF))
            assert entry & PRESENT
            if level == 12 or (level < 39 and entry & LARGE):
                return (entry & ADDRESS & -(1 << level)) + (virtual & ((1 << level) - 1))
            table = entry
        raise AssertionError

    def connections(self, task: Task) -> Iterator[tuple[str, str]]:
        """Yield both ends of each established IPv4 connection of a process."""
        files = self.number(task.at + self.offset("task_struct", "files"))
        if not files or files >= KERNEL_MAP:  # the kernel's own have none of theirs
            return
        table = self.number(files - self.direct + self.offset("files_struct", "fdt")) - self.direct
        count = self.number(table + self.offset("fdtable", "max_fds"), "<I")
        array = self.number(table + self.offset("fdtable", "fd")) - self.direct
        moved = self.number(self.global_at("init_task") + self.offset("task_struct", "real_parent"))
        operations = self.symbols["socket_file_ops"] + moved - self.symbols["init_task"]
        common = self.offset("sock", "__sk_common")
        for number in range(count):
            file = self.number(array + 8 * number)
            if not file or self.number(file - self.direct + self.offset("file", "f_op")) != operations:
                continue
            socket = self.number(file - self.direct + self.offset("file", "private_data")) - self.direct
            sock = self.number(socket + self.offset("socket", "sk")) - self.direct + common
            place = {name: sock + self.offset("sock_common", name) for name in _SOCK}
            state = self.number(place["skc_state"], "<B")
            if self.number(place["skc_family"], "<H") == IPV4 and state == ESTABLISHED:
                local = self._end(place["skc_rcv_saddr"], self.number(place["skc_num"], "<H"))
                yield local, self._end(place["skc_daddr"], self.number(place["skc_dport"], ">H"))

    def _end(self, at: int, port: int) -> str:
        return ".".join(map(str, self.data[at : at + 4])) + f":{port}"


_SOCK = ("skc_state", "skc_family", "skc_rcv_saddr", "skc_num", "skc_daddr", "skc_dport")
