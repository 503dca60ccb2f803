"""What is shown of an object in memory: one flat mapping, ready for JSON; ``record`` says of what kind it is.

Virtual addresses are hexadecimal text, because many readers of JSON round numbers of 64 bits. ``physical_address`` and
``offset_bytes`` are numbers: where the object is in the machine's memory, and where in the image file. In a raw image
the two are the same.
"""

from typing import Any

from labkit.evidence.memory.command_line import Text, Texts
from labkit.evidence.memory.damage import UnreadableError
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.kernel_log import LogMessage
from labkit.evidence.memory.open_files import OpenFile
from labkit.evidence.memory.ownership import MemoryOwner
from labkit.evidence.memory.page_cache import CachedFile
from labkit.evidence.memory.paging import AddressSpace
from labkit.evidence.memory.paths import FilePath
from labkit.evidence.memory.physical import PAGE_BYTES
from labkit.evidence.memory.regions import Region
from labkit.evidence.memory.shell_history import HistoryEntry
from labkit.evidence.memory.sockets import Socket
from labkit.evidence.memory.system import System
from labkit.evidence.memory.tasks import Task, threads
from labkit.evidence.memory.texts import FoundText
from labkit.evidence.timestamps import iso_text

Row = dict[str, Any]


def place_row(kernel: Kernel, space: AddressSpace, virtual: int) -> Row:
    """Return the three places of a virtual address; the last two are None where it is not in the image."""
    row: Row = {"virtual_address": f"{virtual:#x}", "physical_address": None, "offset_bytes": None}
    try:
        physical = space.translate(virtual)
        row |= {"physical_address": physical, "offset_bytes": kernel.memory.offset_in_file(physical)}
    except UnreadableError:
        pass
    return row


def path_row(path: FilePath | None) -> Row:
    """Return a path, and whether its name was deleted; None where it is not known."""
    return {"path": None, "deleted": None} if path is None else {"path": path.text, "deleted": path.deleted}


def system_row(kernel: Kernel, system: System) -> Row:
    """Return the machine."""
    return {
        "record": "system",
        "container": kernel.memory.container,
        "size_bytes": kernel.memory.size_bytes,
        "runs": [[run.start, run.size_bytes] for run in kernel.memory.runs],
        "symbols": kernel.symbols.name,
        "banner": system.banner,
        **{name: system.names.get(name) for name in ("nodename", "release", "version", "machine")},
        "command_line": system.command_line,
        "started_utc": iso_text(system.clock.started_ns),
        "captured_utc": iso_text(system.clock.captured_ns),
        "physical_shift": kernel.placement.physical_shift,
        "virtual_shift": kernel.placement.virtual_shift,
        "page_table": kernel.space.top,
    }


def process_row(task: Task, *, listed: bool = True) -> Row:
    """Return a process; ``listed`` says whether the kernel's own list has it."""
    return {
        "record": "process",
        "pid": task.pid,
        "parent_pid": task.parent_pid,
        "name": task.name,
        "uid": task.credentials.get("uid"),
        "gid": task.credentials.get("gid"),
        "euid": task.credentials.get("euid"),
        "state": task.state,
        "kernel_thread": task.is_kernel_thread,
        "listed": listed,
        "threads": sum(1 for _ in threads(task)),
        "started_utc": iso_text(task.started_ns),
        **place_row(task.kernel, task.kernel.space, task.address),
    }


def thread_row(task: Task, *, listed: bool = True) -> Row:
    """Return a thread."""
    row = {**process_row(task, listed=listed), "record": "thread", "thread_id": task.thread_id}
    del row["threads"]
    return row


def _own_place(task: Task, virtual: int) -> Row:
    if task.space is None or not virtual:
        return {"virtual_address": None, "physical_address": None, "offset_bytes": None}
    return place_row(task.kernel, task.space, virtual)


def arguments_row(task: Task, found: Texts, program: FilePath | None) -> Row:
    """Return the command line of a process, and the file of the program that it really runs."""
    return {
        "record": "command_line",
        "pid": task.pid,
        "name": task.name,
        "arguments": [one.text for one in found.texts],
        "program": None if program is None else program.text,
        "program_deleted": None if program is None else program.deleted,
        "missing_bytes": found.missing_bytes,
        **_own_place(task, found.address),
    }


def variable_row(task: Task, found: Text) -> Row:
    """Return one variable of the environment of a process."""
    name, _, value = found.text.partition("=")
    return {
        "record": "environment_variable",
        "pid": task.pid,
        "process": task.name,
        "name": name,
        "value": value,
        **_own_place(task, found.address),
    }


def cached_file_row(file: CachedFile) -> Row:
    """Return a file of the page cache."""
    kernel = file.record.kernel
    uid, gid = file.owner
    return {
        "record": "cached_file",
        **path_row(file.path),
        "deleted": file.deleted,
        "type": file.kind,
        "filesystem": file.filesystem,
        "device": file.device,
        "inode": file.number,
        "size_bytes": file.size_bytes,
        "cached_bytes": min(file.cached_pages * PAGE_BYTES, -(-file.size_bytes // PAGE_BYTES) * PAGE_BYTES),
        "mode": f"{file.mode:04o}",
        "uid": uid,
        "gid": gid,
        "accessed_utc": iso_text(file.time_ns("atime")),
        "modified_utc": iso_text(file.time_ns("mtime")),
        "changed_utc": iso_text(file.time_ns("ctime")),
        **place_row(kernel, kernel.space, file.address),
    }


def open_file_row(file: OpenFile) -> Row:
    """Return a descriptor of a process."""
    kernel = file.task.kernel
    inode = file.inode
    return {
        "record": "open_file",
        "pid": file.task.pid,
        "process": file.task.name,
        "descriptor": file.descriptor,
        "type": file.kind,
        "access": file.access,
        "position_bytes": file.position_bytes,
        "inode": None if inode is None else inode.number("i_ino"),
        **path_row(file.path),
        **place_row(kernel, kernel.space, file.record.address),
    }


def socket_row(socket: Socket) -> Row:
    """Return a socket of a process."""
    kernel, task = socket.file.task.kernel, socket.file.task
    inode = socket.file.inode
    local, remote = socket.local, socket.remote
    return {
        "record": "socket",
        "pid": task.pid,
        "process": task.name,
        "descriptor": socket.file.descriptor,
        "family": socket.family,
        "protocol": socket.protocol,
        "state": socket.state,
        "local_address": None if local is None else local.address,
        "local_port": None if local is None else local.port,
        "remote_address": None if remote is None else remote.address,
        "remote_port": None if remote is None else remote.port,
        "inode": None if inode is None else inode.number("i_ino"),
        **place_row(kernel, kernel.space, socket.record.address),
    }


def region_row(region: Region, resident_bytes: int) -> Row:
    """Return a part of the memory of a process; ``resident_bytes`` of it are in the image."""
    place = _own_place(region.task, region.start)
    return {
        "record": "region",
        "pid": region.task.pid,
        "process": region.task.name,
        "start": place.pop("virtual_address"),
        "end": f"{region.end:#x}",
        "size_bytes": region.end - region.start,
        "resident_bytes": resident_bytes,
        "permissions": region.permissions,
        "purpose": region.purpose,
        "anonymous": region.is_anonymous,
        "inode": region.inode,
        "offset_in_file": region.offset_in_file,
        **path_row(region.path),
        **place,  # of its first page
    }


def history_row(entry: HistoryEntry) -> Row:
    """Return a line that was typed into a shell."""
    return {
        "record": "history",
        "pid": entry.task.pid,
        "process": entry.task.name,
        "time_utc": iso_text(entry.time_ns),
        "line": entry.line,
        **_own_place(entry.task, entry.address),
    }


def log_row(kernel: Kernel, message: LogMessage) -> Row:
    """Return a message of the kernel's log."""
    return {
        "record": "log",
        "sequence": message.sequence,
        "time_utc": iso_text(message.time_ns),
        "since_start_ns": message.since_start_ns,
        "level": message.level,
        "text": message.text,
        **place_row(kernel, kernel.space, message.address),
    }


def mount_row(device: str, path: str, filesystem: str) -> Row:
    """Return a file system that is mounted."""
    return {"record": "mount", "device": device, "path": path, "filesystem": filesystem}


def owner_row(kernel: Kernel, physical: int, owner: MemoryOwner) -> Row:
    """Return whose a byte of physical memory is."""
    file = owner.file
    return {
        "record": "owner",
        "physical_address": physical,
        "offset_bytes": kernel.memory.offset_in_file(physical),
        "kind": owner.kind,
        "detail": owner.detail,
        "owner": str(owner),
        **path_row(None if file is None else file.path),
        "inode": None if file is None else file.number,
        "offset_in_file": owner.offset_in_file,
        "processes": [
            {
                "pid": use.task.pid,
                "name": use.task.name,
                "virtual_address": f"{use.virtual:#x}",
                "purpose": use.purpose,
                "permissions": None if use.region is None else use.region.permissions,
            }
            for use in owner.uses
        ],
    }


def text_row(found: FoundText, physical: int | None, offset: int | None, owner: MemoryOwner | None) -> Row:
    """Return a text, where it lies, and whose it is (None where that is not known)."""
    virtual = None
    if owner is not None and owner.uses:
        virtual = f"{owner.uses[0].virtual:#x}"
    return {
        "record": "string",
        "physical_address": physical,
        "offset_bytes": offset,
        "virtual_address": virtual,
        "pid": owner.uses[0].task.pid if owner is not None and owner.uses else None,
        "encoding": found.encoding,
        "text": found.text,
        "owner": None if owner is None else str(owner),
    }
