"""Confirming what is in a memory image: by the kit's reader of kernels, and by plain reading of bytes and places."""

import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.machine_clock import MachineClock, clock_of, worked_out_utc
from labkit.verification.memory_view import READER, MemoryView, moment

_PLAIN = "plain reading"
_SYSTEM = "system"
_CONFIG_BYTES = 512
_RELAY = re.compile(rb"relay2 = ([a-z0-9.-]+):([0-9]+)")
_UTMP = struct.Struct("<hxxi32s4s32s256shhii")  # utmp(5), to tv_sec
_USER_PROCESS = 7
_REQUEST_BYTES = 512
_SESSION = re.compile(rb"sid=([0-9a-f]{32})")
_HOST = re.compile(rb"Host: ([a-z0-9.-]+)")


def confirm_image(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the image as a file, and of the moment at which it was taken."""
    path = item.file(str(trace.facts["name"]))
    digests = item.file_digests(path)
    facts = {"name": path.name, "size_bytes": digests.size_bytes, "md5": digests.md5}
    facts |= {"sha1": digests.sha1, "sha256": digests.sha256}
    captured = moment(item.memory.system.clock.captured_ns)
    yield from weigh(trace, [Testimony("hashlib", facts), *_times(item, {"captured": captured})])


def confirm_system(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the kernel and its machine; the banner also by looking for it."""
    view = item.memory
    placement, names = view.kernel.placement, view.system.names
    facts = {
        "text": view.system.banner,
        "release": names["release"],
        "host": names["nodename"],
        "address_shift": placement.virtual_shift,
        "physical_shift": placement.physical_shift,
    }
    banner = str(trace.facts["text"])
    stands = next(view.kernel.memory.find(banner.encode()), None) is not None
    plain = {"text": banner if stands else Unreadable("it is not in the image")}
    booted = moment(view.system.clock.started_ns)
    yield from weigh(trace, [Testimony(READER, facts), Testimony(_PLAIN, plain), *_times(item, {"booted": booted})])


def confirm_listed(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the PIDs of the kernel's list."""
    yield from weigh(trace, [Testimony(READER, {"pids": tuple(item.memory.listed)})])


def confirm_process(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a process that is in the list."""
    yield from _process(trace, item, item.memory.listed)


def confirm_hidden(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a process that only a scan finds; there must be just that one."""
    yield statement(trace.id, "(alone)", READER, (trace.facts["pid"],), tuple(item.memory.hidden))
    yield from _process(trace, item, item.memory.hidden)


def _process(trace: Trace, item: BuiltItem, among: Mapping[int, Any]) -> Iterator[Confirmation]:
    view = item.memory
    task = among[int(str(trace.facts["pid"]))]
    said = [Testimony(READER, view.facts_of(task)), *_times(item, {"started": moment(task.started_ns)})]
    yield from weigh(trace, said)


def confirm_connection(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of an established connection."""
    yield from _socket(trace, item, "ESTABLISHED")


def confirm_listener(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a port at which a process listens."""
    yield from _socket(trace, item, "LISTEN")


def _socket(trace: Trace, item: BuiltItem, state: str) -> Iterator[Confirmation]:
    pid = int(str(trace.facts["pid"]))
    socket = next(one for one in item.memory.sockets_of(pid) if one.state == state)
    facts: dict[str, Any] = {"pid": pid}
    if socket.local is not None:
        facts |= {"local_endpoint": _endpoint(socket.local), "local_port": socket.local.port}
    if socket.remote is not None:
        facts |= {"host": socket.remote.address, "port": socket.remote.port, "endpoint": _endpoint(socket.remote)}
    yield from weigh(trace, [Testimony(READER, facts)])


def _endpoint(end: Any) -> str:
    return f"{end.address}:{end.port}"


def confirm_region(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the region of a process that can be executed and holds no file; there is just one."""
    view, pid = item.memory, int(str(trace.facts["pid"]))
    found = view.executable_regions(pid)
    yield statement(trace.id, "(alone)", READER, 1, len(found))
    region = found[0]
    space = view.process(pid).space
    place = Unreadable("its first page is not in the image") if space is None else space.translate(region.start)
    facts = {
        "pid": pid,
        "virtual_address": region.start,
        "size_bytes": region.end - region.start,
        "offset_bytes": place if isinstance(place, Unreadable) else view.kernel.memory.offset_in_file(place),
    }
    yield from weigh(trace, [Testimony(READER, facts)])


def confirm_config(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the hidden configuration: its zero bytes show the key, as they do to a trainee."""
    view = item.memory
    hidden = _at(trace, view, _CONFIG_BYTES)
    key = max(Counter(hidden).items(), key=lambda pair: pair[1])[0]
    facts: dict[str, Any] = {"host": Unreadable("no address in it")}
    for candidate in (key, key ^ 0x20):  # most of it is zero bytes or spaces
        found = _RELAY.search(bytes(byte ^ candidate for byte in hidden))
        if found is not None:
            host, port = found[1].decode(), int(found[2])
            facts = {"host": host, "port": port, "endpoint": f"{host}:{port}", "xor_key": candidate}
    yield from weigh(trace, [Testimony(_PLAIN, facts), _owner(trace, view)])


def confirm_request(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a request that a process sent."""
    view = item.memory
    data = _at(trace, view, _REQUEST_BYTES)
    found = {"text": _SESSION.search(data), "host": _HOST.search(data)}
    facts = {name: hit[1].decode() if hit else Unreadable("it is not there") for name, hit in found.items()}
    yield from weigh(trace, [Testimony(_PLAIN, facts), _owner(trace, view)])


def _at(trace: Trace, view: MemoryView, size_bytes: int) -> bytes:
    with view.path.open("rb") as file:
        file.seek(int(str(trace.facts["offset_bytes"])))
        return file.read(size_bytes)


def _owner(trace: Trace, view: MemoryView) -> Testimony:
    """Return where the address of a trace is, by the page tables of its process."""
    pid, address = int(str(trace.facts["pid"])), int(str(trace.facts["virtual_address"]))
    space = view.process(pid).space
    if space is None:
        return Testimony(READER, {"pid": Unreadable("it has no memory of its own")})
    place = view.kernel.memory.offset_in_file(space.translate(address))
    return Testimony(READER, {"pid": pid, "virtual_address": address, "offset_bytes": place})


def confirm_session(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a log-in: the records of /run/utmp, read by hand."""
    view = item.memory
    file = next(one for one in view.files if one.path is not None and one.path.text == "/run/utmp")
    data = b"".join(view.kernel.memory.read(physical, 4096) for _, physical in file.pages())[: file.size_bytes]
    said = []
    for start in range(0, len(data) - _UTMP.size + 1, 384):
        kind, pid, line, _, user, *_, seconds = _UTMP.unpack_from(data, start)
        if kind == _USER_PROCESS and pid == trace.facts["pid"]:
            facts = {"pid": pid, "line": _text(line), "user": _text(user)}
            said = [Testimony(_PLAIN, facts), *_times(item, {"at": datetime.fromtimestamp(seconds, UTC)})]
    yield from weigh(trace, said)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode()


def confirm_history(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of what was typed into a shell."""
    pid = int(str(trace.facts["pid"]))
    yield from weigh(trace, [Testimony(READER, {"pid": pid, "commands": item.memory.commands_of(pid)})])


def confirm_cached_file(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a file that can be recovered."""
    file = item.memory.file(str(trace.facts["path"]))
    said = [
        Testimony(READER, item.memory.content_facts(file)),
        *_times(item, {"modified": moment(file.time_ns("mtime"))}),
    ]
    yield from weigh(trace, said)


def _times(item: BuiltItem, device: Mapping[str, datetime]) -> Iterator[Testimony]:
    yield Testimony(READER, {f"{name}_device_utc": found for name, found in device.items()})
    yield worked_out_utc(device, _clock(item))


def _clock(item: BuiltItem) -> MachineClock:
    return clock_of(item.truth.traces[_SYSTEM], item.truth)


MEMORY_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "memory_image": confirm_image,
    "memory_system": confirm_system,
    "task_list": confirm_listed,
    "process": confirm_process,
    "hidden_process": confirm_hidden,
    "memory_connection": confirm_connection,
    "memory_listener": confirm_listener,
    "memory_region": confirm_region,
    "memory_config": confirm_config,
    "memory_text": confirm_request,
    "login_session": confirm_session,
    "shell_history": confirm_history,
    "cached_file": confirm_cached_file,
}
