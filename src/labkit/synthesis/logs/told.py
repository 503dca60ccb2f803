"""What one trainee's logs tell: personal values and moments, those of other items of the case among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, LogsSpec, Machine
from labkit.synthesis.clock import DeviceClock, zone
from labkit.synthesis.memory.told import tell
from labkit.synthesis.memory.told_truth import ToldTruth
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.world.contents import drawn_size, persona
from labkit.synthesis.world.world import action_stream, personal_time

OFFICE_NETWORK = "192.0.2"
SERVICE = "drive.cloudnest.example"
_EVENTS = frozenset(
    ("supplier-upload", "office-login", "outside-login", "captured", "late-login", "exported")
)  # fmt: skip
_SHARED = frozenset(("changed-account-mail", "share-visit", "downloaded-invoice"))
_VALUES = frozenset(
    ("case_number", "reference", "specialist", "provider_rule", "router_rule", "session", "share", "invoice",
     "client_address", "client_port", "relay_address")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connection:
    """A connection that the memory of the running PC holds, too. ``started`` is true time."""

    local_host: str
    local_port: int
    host: str
    port: int
    started: datetime

    @property
    def local_endpoint(self) -> str:
        """Return the PC's own end."""
        return f"{self.local_host}:{self.local_port}"

    @property
    def endpoint(self) -> str:
        """Return the other end."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ToldLogs:
    """One trainee's story. Times are true, aware UTC."""

    seed: bytes
    slug: str
    spec: LogsSpec
    values: Mapping[str, str]  # of the scenario's [logs.values]
    texts: Mapping[str, str]  # the variables of the case
    corpus: Mapping[str, bytes]
    moments: Mapping[str, datetime]  # by the names of events, and of traces of the computer
    provider: Connection
    relay: Connection
    invoice_size_bytes: int  # as the PC has it
    fetched: datetime  # when the shared page was fetched at the PC on the last morning
    booted: datetime
    provider_clock: DeviceClock
    router_clock: DeviceClock

    def stream(self, name: str) -> Stream:
        """Return the named randomness of one purpose."""
        return Stream(self.seed, f"logs/{self.slug}/{name}")

    def text(self, name: str) -> str:
        """Return a text of the corpus with its variables filled in."""
        return fill(self.corpus[name].decode("utf-8"), self.texts)

    @property
    def provider_zone(self) -> ZoneInfo:
        """Return the zone of the provider's servers."""
        return zone(self.provider_clock.machine.zone)

    @property
    def client(self) -> str:
        """Return the end from which the log-in in question came, address:port."""
        return f"{self.values['client_address']}:{self.values['client_port']}"


def told_logs(played: PlayedItem) -> ToldLogs:
    """Draw what is personal about the logs of an item.

    Raises:
        SynthesisError: The scenario has no ``[logs]``, or does not tell all that the logs need.
    """
    spec = played.item.logs
    if spec is None or spec.captured is None:
        raise SynthesisError(
            f"the item {played.item.slug} has no [logs], or their memory is no item of kind 'memory'",
            remedy="Make it of kind 'logs' and name an item with a memory, or take 'logs' out of its products.",
        )
    _check(spec)
    values = {name: fill(text, played.values) for name, text in spec.values.items()}
    moments = {
        event.id: event.at
        + timedelta(seconds=Stream(played.seed, f"logs/{played.item.slug}/event/{event.id}").below(event.spread_s or 1))
        for event in spec.events
    }
    moments |= {trace: personal_time(played.seed, spec.computer, one) for trace, one in spec.shared.items()}
    clock = DeviceClock(spec.memory_machine)
    memory = ToldTruth(tell(spec.captured, clock, played.seed, spec.memory, played.values))
    router = Machine("router", spec.router_zone, int(fill(spec.router_offset_s, played.values)))
    return ToldLogs(
        seed=played.seed,
        slug=played.item.slug,
        spec=spec,
        values=values,
        texts=played.values,
        corpus=played.item.corpus,
        moments=moments,
        provider=_connection(memory, "provider", clock),
        relay=_connection(memory, "sync", clock),
        invoice_size_bytes=_size_bytes(spec.shared["downloaded-invoice"], spec.computer, played),
        fetched=clock.true_from_device(_fetched(memory)),
        booted=clock.true_from_device(memory.moment(memory.section("host")["booted_s"])),
        provider_clock=played.clock,
        router_clock=DeviceClock(router),
    )


def _check(spec: LogsSpec) -> None:
    missing = sorted((_EVENTS - {event.id for event in spec.events}) | (_SHARED - spec.shared.keys()))
    if missing:
        raise SynthesisError(
            f"the logs need moments that the scenario does not give: {', '.join(missing)}",
            remedy="Add the events to [logs.events], or the traces to the list in [logs] computer.",
        )
    unknown = sorted(_VALUES ^ spec.values.keys())
    if unknown:
        raise SynthesisError(
            f"these values of the logs are missing, or nothing uses them: {', '.join(unknown)}",
            remedy=f"Let [logs.values] have {', '.join(sorted(_VALUES))}.",
        )


def _size_bytes(action: Action, slug: str, played: PlayedItem) -> int:
    """Return the length of the file that an action of another item makes, as ``World.content`` draws it."""
    happens = replace(action, at=personal_time(played.seed, slug, action), path=fill(action.path, played.values))
    stream = action_stream(played.seed, slug, "content", happens)
    persona(stream)
    size = None if action.content is None else drawn_size(action.content, stream)
    if size is None:
        raise SynthesisError(
            f"nobody knows the length of {action.path} before it is made",
            remedy=f"Give the action {action.trace} of the item {slug} a size_bytes.",
        )
    return size


def _connection(memory: ToldTruth, role: str, clock: DeviceClock) -> Connection:
    """Return a connection to outside of the process with a role, which makes it as soon as it runs."""
    pid = memory.section("roles")[role]
    process = next(one for one in memory.section("processes") if one["pid"] == pid)
    socket = next(one for one in _outgoing(memory.section("sockets")) if one["pid"] == pid)
    return Connection(
        local_host=memory.text(socket["local_address"]),
        local_port=int(memory.text(socket["local_port"])),
        host=memory.text(socket["remote_address"]),
        port=int(memory.text(socket["remote_port"])),
        started=clock.true_from_device(memory.moment(process["started_s"])).astimezone(UTC),
    )


def _outgoing(sockets: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    return (one for one in sockets if one["state"] == "ESTABLISHED")


def _fetched(memory: ToldTruth) -> datetime:
    """Return when the shared page was fetched, by the machine's clock."""
    return memory.moment(next(one["at_s"] for one in memory.section("history") if SERVICE in one["command"]))
