"""The products of a memory item, and the traces of what is in the image."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from labkit.errors import SynthesisError
from labkit.hashing import digest_bytes
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.deferred import DeferredFacts, MadeTogether
from labkit.synthesis.medium import Medium
from labkit.synthesis.memory.base import Base
from labkit.synthesis.memory.patches import personalised
from labkit.synthesis.memory.told import ToldMemory, tell
from labkit.synthesis.memory.told_truth import PAGE_BYTES, ToldTruth
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.traces import digest_facts

Facts = dict[str, FactValue]
_FILE_DIGESTS = ("md5", "sha1", "sha256")


def memory_of(played: PlayedItem) -> ToldMemory:
    """Return what is personal about the item's image.

    Raises:
        SynthesisError: The scenario has no ``[memory]``, or it does not fit its bases.
    """
    item = played.item
    if item.memory is None:
        raise SynthesisError(
            f"the item {item.slug} has no [memory]", remedy="Make it of kind 'memory', or take 'memory' out."
        )
    return tell(item.memory, played.clock, played.seed, item.slug, played.values)


def memory_image(told: ToldMemory) -> Medium:
    """Return the image of one trainee."""
    return personalised(told.base.image(), told.base.patches, told.personal)


def memory_traces(played: PlayedItem, shelf: Shelf, digests_of: Callable[[Medium], Any]) -> Iterator[Trace]:
    """Write the image and its symbol table; yield the traces.

    Args:
        played: The item.
        shelf: Where products go; without files nothing is unpacked before a digest is asked for.
        digests_of: Makers of the digests of a medium, by algorithm.
    """
    told = memory_of(played)
    name = played.name(".raw")
    image = MadeOnce(partial(memory_image, told))
    if shelf.writes:
        shelf.put_medium(f"{played.item.slug}/{name}", image().chunks())
        _put_beside(told.base, played.item.slug, shelf)
    size = int(told.base.manifest["image"]["size_bytes"])
    known: Facts = {"name": name, "size_bytes": size, "captured_utc": told.captured_utc}
    known |= _times("captured", played.clock.device_utc(told.captured_utc), played.clock)
    later = {one: partial(lambda one: digests_of(image())[one](), one) for one in _FILE_DIGESTS}
    yield Trace("image", "memory_image", None, DeferredFacts(known, later))
    yield from _story(ToldTruth(told), played.clock, image)


class MadeOnce:
    """An image that is made when it is first asked for."""

    def __init__(self, make: Callable[[], Medium]) -> None:
        self._make = make
        self._made: Medium | None = None

    def __call__(self) -> Medium:
        """Return the image."""
        if self._made is None:
            self._made = self._make()
        return self._made


def _put_beside(base: Base, slug: str, shelf: Shelf) -> None:
    """Write what goes with the image: the symbol table, and the licences of the programs in it."""
    shelf.put(f"{slug}/symbols/{base.symbols.name}", base.symbol_table())
    if base.notice is not None:
        shelf.put(f"{slug}/{base.notice.name}", base.notice.read_bytes())


def _story(truth: ToldTruth, clock: DeviceClock, image: MadeOnce) -> Iterator[Trace]:
    kernel, host = truth.section("kernel"), truth.section("host")
    facts: Facts = {"text": kernel["banner"], "release": kernel["release"], "host": host["name"]}
    facts |= _clock(clock)
    facts |= {"address_shift": kernel["virtual_shift"], "physical_shift": kernel["physical_shift"]}
    yield Trace("system", "memory_system", None, facts | _times("booted", truth.moment(host["booted_s"]), clock))
    yield Trace("listed", "task_list", None, {"pids": truth.listed_pids()})
    names = {process["pid"]: process["name"] for process in truth.section("processes")}
    for role, process in truth.processes():
        kind = "hidden_process" if role == "hidden" else "process"
        yield Trace(f"process-{role}", kind, None, _process(truth, process, names, clock))
    yield from _sockets(truth)
    region = truth.region()
    yield Trace(
        "region",
        "memory_region",
        None,
        {
            "pid": region["pid"],
            "virtual_address": region["begin"],
            "size_bytes": region["end"] - region["begin"],
            "offset_bytes": region["offset"],
        },
    )
    yield from _marks(truth)
    for session in truth.section("sessions"):
        if truth.text(session["user"]) and session.get("kind", _USER_PROCESS) == _USER_PROCESS:
            facts = {"user": truth.text(session["user"]), "line": session["line"], "pid": session["pid"]}
            yield Trace(
                "session",
                "login_session",
                None,
                facts | _clock(clock) | _times("at", truth.moment(session["at_s"]), clock),
            )
    history = truth.section("history")
    commands: Facts = {"commands": truth.texts([entry["command"] for entry in history]), "pid": history[0]["pid"]}
    yield Trace("history", "shell_history", None, commands)
    taken: Counter[str] = Counter()
    for file in truth.whole_files():
        name = f"file-{_plain(truth.text(file['path']))}"
        taken[name] += 1
        again = f"-{taken[name]}" if taken[name] > 1 else ""
        yield Trace(name + again, "cached_file", None, _file(truth, file, clock, image))


_USER_PROCESS = 7  # utmp(5), ut_type


def _process(truth: ToldTruth, process: Mapping[str, Any], names: Mapping[int, str], clock: DeviceClock) -> Facts:
    facts: Facts = {
        "pid": process["pid"],
        "pid_read_as_hex": int(str(process["pid"]), 16),
        "parent_pid": process["ppid"],
        "name": truth.text(process["name"]),
        "parent_name": truth.text(names.get(process["ppid"], "")),
        "user_id": process["uid"],
        "arguments": truth.texts(process["arguments"]),
        "environment": truth.texts(process["environment"]),
        "offset_bytes": process["task_offset"],
        "virtual_address": truth.kernel_address(process["task_offset"]),
    }
    executable = process["executable"]
    if executable is not None:
        facts |= {"program_path": truth.text(executable["path"]), "address": executable["inode"]}
    return facts | _times("started", truth.moment(process["started_s"]), clock)


def _sockets(truth: ToldTruth) -> Iterator[Trace]:
    """Yield the connections and the listener of the story."""
    roles = truth.section("roles")
    for socket in truth.section("sockets"):
        role = {roles["sync"]: "sync", roles["provider"]: "provider"}.get(socket["pid"])
        if role is None or not socket["local_port"]:
            continue
        local, remote = ((truth.text(socket[f"{end}_address"]), truth.text(socket[f"{end}_port"])) for end in _ENDS)
        facts: Facts = {"pid": socket["pid"], "local_endpoint": ":".join(local), "local_port": int(local[1])}
        if int(remote[1] or 0):
            facts |= {"host": remote[0], "port": int(remote[1]), "endpoint": ":".join(remote)}
            yield Trace(f"connection-{role}", "memory_connection", None, facts)
        else:
            yield Trace(f"listener-{role}", "memory_listener", None, facts)


_ENDS = ("local", "remote")


def _marks(truth: ToldTruth) -> Iterator[Trace]:
    """Yield what stands in the memory of kf_sync: the hidden configuration and the request."""
    texts, marks = truth.told.texts, truth.section("marks")
    key = int(texts["encoded_key"], 16)
    host = f"node-{texts['spare_name']}.example"
    config: Facts = {"host": host, "port": int(texts["spare_port"]), "endpoint": f"{host}:{texts['spare_port']}"}
    yield Trace("config", "memory_config", None, config | {"xor_key": key} | _place(marks["encoded_config"]))
    request: Facts = {"text": texts["session_id"], "host": f"relay-{texts['relay_name']}.example"}
    yield Trace("request", "memory_text", None, request | _place(marks["request"]))


def _place(mark: Mapping[str, int]) -> Facts:
    return {"pid": mark["pid"], "virtual_address": mark["address"], "offset_bytes": mark["offset"]}


def _file(truth: ToldTruth, file: Mapping[str, Any], clock: DeviceClock, image: MadeOnce) -> Mapping[str, FactValue]:
    path, size = truth.text(file["path"]), file["size_bytes"]
    known: Facts = {"path": path, "name": path.rpartition("/")[2], "address": file["inode"], "size_bytes": size}
    known |= _times("modified", truth.moment(file["modified_s"]), clock)

    def digests() -> Mapping[str, FactValue]:
        content = b"".join(image().read(offset, PAGE_BYTES) for _, offset in sorted(file["pages"]))
        return digest_facts(digest_bytes(content[:size]))

    return DeferredFacts(known, MadeTogether(digests).facts(_FILE_DIGESTS))


def _clock(clock: DeviceClock) -> Facts:
    return {"zone": clock.machine.zone, "clock_offset_s": clock.machine.clock_offset_s}


def _times(name: str, device_utc: datetime, clock: DeviceClock) -> Facts:
    """Return a time as it truly was, by the machine's clock, and the local digits taken for UTC."""
    true_utc = clock.true_from_device(device_utc)
    return {
        f"{name}_utc": true_utc,
        f"{name}_device_utc": device_utc,
        f"{name}_local": clock.shown(true_utc).replace(tzinfo=UTC),
    }


def _plain(path: str) -> str:
    """Return the last part of a path as a name for a trace."""
    return "".join(sign if sign.isalnum() else "-" for sign in path.rpartition("/")[2].lower()).strip("-")
