"""What is in a capture, as the kit's own reader finds it, with ``{token}`` where a placeholder stands."""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labkit.evidence.memory.clock import Clock, read_clock
from labkit.evidence.memory.command_line import arguments, environment
from labkit.evidence.memory.kernel import Kernel
from labkit.evidence.memory.open_files import open_files
from labkit.evidence.memory.page_cache import CachedFile, cached_files
from labkit.evidence.memory.pages import pages_of
from labkit.evidence.memory.paths import Paths
from labkit.evidence.memory.recovery import content
from labkit.evidence.memory.shell_history import is_bash, shell_history
from labkit.evidence.memory.sockets import sockets
from labkit.evidence.memory.system import describe_system
from labkit.evidence.memory.tasks import Task, processes
from memory_base import story as stories
from memory_base.choices import regions_of
from memory_base.copies import copies
from memory_base.tokens import TOKENS, encoded_config

_SECOND = 1_000_000_000
_UTMP = struct.Struct("<hxxi32s4s32s256shhiii")  # to ut_tv.tv_usec; bits/utmp.h
_UTMP_BYTES = 384
_CONTENT_OF_PROGRAMS = ("/bin/", "/sbin/", "/usr/", "/media/")  # of these files the pages are not listed


class TruthError(ValueError):
    """The capture does not show what the story says."""


def templated(text: str) -> str:
    """Return ``text`` with ``{token}`` for each whole placeholder; braces of its own are doubled."""
    parts, done = [], 0
    for copy in sorted(copies(text.encode("latin-1", "replace")), key=lambda found: found.at):
        if copy.whole and copy.at >= done:
            parts += [text[done : copy.at].replace("{", "{{").replace("}", "}}"), f"{{{copy.token}}}"]
            done = copy.at + TOKENS[copy.token].width
    return "".join([*parts, text[done:].replace("{", "{{").replace("}", "}}")])


def observed(kernel: Kernel, story: stories.Story) -> dict[str, Any]:
    """Return what a reader sees, with the values that are in the image: placeholders, or personal ones."""
    clock = read_clock(kernel)
    tasks = list(processes(kernel))
    files = list(cached_files(kernel))
    system = describe_system(kernel)
    return {
        "base": story.name,
        "kernel": {
            "banner": system.banner,
            "release": system.names.get("release", ""),
            "physical_shift": kernel.placement.physical_shift,
            "virtual_shift": kernel.placement.virtual_shift,
            "page_table": kernel.space.top,
        },
        "host": {
            "name": system.names.get("nodename", ""),
            "address": stories.ADDRESS,
            "booted_s": clock.started_ns // _SECOND,
            "captured_s": clock.captured_ns // _SECOND,
        },
        "processes": [_process(kernel, task, clock) for task in tasks],
        "sockets": list(_sockets(kernel)),
        "open_files": list(_open_files(kernel)),
        "files": [_file(kernel, file) for file in files if _is_told(file)],
        "sessions": sessions(kernel, files),
        "history": [
            {"pid": one.task.pid, "at_s": one.time_ns // _SECOND, "command": one.line}
            for task in tasks
            if is_bash(task)
            for one in sorted(shell_history(task), key=lambda entry: entry.time_ns)
        ],
    }


def truth_of(kernel: Kernel, story: stories.Story) -> dict[str, Any]:
    """Return the truth of a capture.

    Raises:
        TruthError: Something of the story is missing.
    """
    found: dict[str, Any] = with_tokens(observed(kernel, story))
    found["sockets"] = [entry | _personal_ends(entry, story) for entry in found["sockets"]]
    tasks = {task.name: task for task in processes(kernel)}
    sync = tasks.get("kf_sync")
    if sync is None:
        raise TruthError("there is no kf_sync in the capture")
    regions = regions_of(sync)
    if len(regions) != len(story.region_pages):
        raise TruthError(f"kf_sync has {len(regions)} marked regions, not {len(story.region_pages)}")
    return found | {
        "regions": [
            {
                "option": option,
                "pid": sync.pid,
                "begin": one.start,
                "end": one.end,
                "offset": sync.space.translate(one.start) if sync.space else 0,
            }
            for option, one in regions.items()
        ],
        "roles": _roles(tasks, story),
        "marks": _marks(kernel, sync),
    }


def with_tokens(value: Any) -> Any:
    """Return a copy of ``value`` in which every text is templated."""
    if isinstance(value, str):
        return templated(value)
    if isinstance(value, list):
        return [with_tokens(one) for one in value]
    return {key: with_tokens(one) for key, one in value.items()} if isinstance(value, dict) else value


def _personal_ends(entry: Mapping[str, str], story: stories.Story) -> dict[str, str]:
    if entry["remote_address"] == stories.RELAY:
        personal = {"local_port": "{relay_local_port}", "remote_port": "{relay_port}"}
        return personal | {"remote_address": "203.0.113.{relay_octet}"}
    if entry["remote_address"] == stories.PROVIDER:
        return {"local_port": "{provider_local_port}"}
    return {"local_port": "{listen_port}"} if entry["local_port"] == str(story.listen_port) else {}


def _roles(tasks: Mapping[str, Task], story: stories.Story) -> dict[str, Any]:
    wanted = {
        "init": "init", "sync": "kf_sync", "odd_parent": story.odd_parent, "login": "login", "shell": "bash",
        "editor": "vi", "tool": "memcopy",
        "provider": next(service.name for service in story.services if "--connect" in service.arguments),
    }  # fmt: skip
    missing = [name for name in (*wanted.values(), *story.children) if name not in tasks]
    if missing:
        raise TruthError(f"these processes are not in the capture: {', '.join(missing)}")
    roles: dict[str, Any] = {role: tasks[name].pid for role, name in wanted.items()}
    if tasks["kf_sync"].parent_pid != roles["odd_parent"]:
        raise TruthError(f"the parent of kf_sync is {tasks['kf_sync'].parent_pid}, not {roles['odd_parent']}")
    roles["hidden"] = {str(number): tasks[name].pid for number, name in enumerate(story.children, start=1)}
    return roles


def _process(kernel: Kernel, task: Task, clock: Clock) -> dict[str, Any]:
    started = task.record.number("start_boottime")
    return {
        "pid": task.pid,
        "ppid": task.parent_pid,
        "name": task.name,
        "uid": task.credentials.get("uid"),
        "kernel_thread": task.is_kernel_thread,
        "started_ns": started,
        "started_s": clock.since_start(started) // _SECOND,
        "arguments": [text.text for text in arguments(task).texts],
        "environment": [text.text for text in environment(task).texts],
        "executable": _executable(kernel, task),
        "task_offset": task.physical,
    }


def _executable(kernel: Kernel, task: Task) -> dict[str, Any] | None:
    if task.memory is None or not task.memory.number("exe_file"):
        return None
    file = task.memory.follow("exe_file", "file")
    path = Paths(kernel).of(file.number("f_path.dentry"), file.number("f_path.mnt"))
    inode = file.follow("f_inode", "inode")
    return {"path": path.text, "deleted": path.deleted, "inode": inode.number("i_ino")}


def _sockets(kernel: Kernel) -> Iterator[dict[str, Any]]:
    paths = Paths(kernel)
    for one in (one for task in processes(kernel) for one in sockets(task, paths)):
        yield {
            "pid": one.file.task.pid, "fd": one.file.descriptor, "family": one.family, "protocol": one.protocol,
            "state": one.state,
            "local_address": one.local.address if one.local else "",
            "local_port": str(one.local.port) if one.local else "",
            "remote_address": one.remote.address if one.remote else "0.0.0.0",  # noqa: S104 - as tools show it
            "remote_port": str(one.remote.port) if one.remote else "0",
        }  # fmt: skip


def _open_files(kernel: Kernel) -> Iterator[dict[str, Any]]:
    paths = Paths(kernel)
    for one in (one for task in processes(kernel) for one in open_files(task, paths)):
        if one.path is not None and one.inode is not None:
            yield {
                "pid": one.task.pid, "fd": one.descriptor, "path": one.path.text, "inode": one.inode.number("i_ino"),
                "deleted": one.path.deleted,
            }  # fmt: skip


def _is_told(file: CachedFile) -> bool:
    return file.kind == "file" and file.filesystem in {"rootfs", "tmpfs", "ramfs"} and file.path is not None


def _file(kernel: Kernel, file: CachedFile) -> dict[str, Any]:
    path = file.path.text if file.path is not None else ""
    told = not path.startswith(_CONTENT_OF_PROGRAMS)
    return {
        "path": path,
        "filesystem": file.filesystem,
        "inode": file.number,
        "uid": file.owner[0],
        "size_bytes": file.size_bytes,
        "modified_s": file.time_ns("mtime") // _SECOND,
        "deleted": file.deleted,
        "inode_offset": kernel.space.translate(file.address),
        "pages": [[place // 4096, physical] for place, physical in pages_of(file)] if told else [],
    }


def sessions(kernel: Kernel, files: Iterable[CachedFile]) -> list[dict[str, Any]]:
    """Return the records of ``/run/utmp``.

    Raises:
        TruthError: There is none.
    """
    record = next((file for file in files if file.path is not None and file.path.text == "/run/utmp"), None)
    if record is None:
        raise TruthError("there is no /run/utmp in the capture")
    data, found = b"".join(piece.data for piece in content(kernel, record)), []
    for start in range(0, len(data) - _UTMP_BYTES + 1, _UTMP_BYTES):
        kind, pid, line, _, user, *_, seconds, _ = _UTMP.unpack_from(data, start)
        found.append(
            {"kind": kind, "user": _text(user), "line": _text(line), "pid": pid, "at_s": seconds, "record": start}
        )
    return found


def _marks(kernel: Kernel, sync: Task) -> dict[str, dict[str, int]]:
    """Return where in kf_sync the things stand that exercises ask for."""
    wanted: Mapping[str, bytes] = {
        "encoded_config": encoded_config(),
        "request": b"POST /sync HTTP/1.1\r\nHost: relay-",
        "relay_utf16": f"relay-{TOKENS['relay_name'].placeholder}".encode("utf-16-le"),
    }
    found: dict[str, dict[str, int]] = {}
    pages = list(pages_of(sync))
    for name, text in wanted.items():
        for virtual, physical in pages:
            place = kernel.memory.read(physical, 4096).find(text[:64])
            if place >= 0:
                found.setdefault(name, {"pid": sync.pid, "address": virtual + place, "offset": physical + place})
    if len(found) != len(wanted):
        raise TruthError(f"not found in the memory of kf_sync: {', '.join(wanted.keys() - found.keys())}")
    return found


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode()
