"""The network of the office: who talked to whom. The router noted it by its clock, the capture by the reference."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.synthesis.logs.ordinary_days import SYNC_SERVER, poll_times
from labkit.synthesis.logs.told import OFFICE_NETWORK, SERVICE, ToldLogs
from labkit.synthesis.logs.workspace import PC_OF_MEMORY

ROUTER = f"{OFFICE_NETWORK}.1"
CAPTURED_S = 240
LOG_STARTS_BEFORE = timedelta(hours=38)  # the memory of the router holds no more
COPIED_AFTER = timedelta(seconds=75)  # the log was copied when the capture was over
HTTPS, HTTP = 443, 80
_SERVICE_ADDRESS = "198.51.100.20"
_SITES = (
    (SERVICE, _SERVICE_ADDRESS),
    ("news.portsarva.example", "203.0.113.10"),
    ("weather.norvia.example", "203.0.113.11"),
    ("intranet.kestrel-freight.example", "203.0.113.12"),
    ("customs.norvia.example", "203.0.113.13"),
    ("rates.norvia-bank.example", "203.0.113.14"),
    ("maps.portsarva.example", "203.0.113.15"),
    ("recipes.lentil.example", "203.0.113.16"),
    ("fonts.marl-studio.example", "203.0.113.17"),
    ("library.portsarva.example", "203.0.113.18"),
)
_PC_OF_THE_STORY = 71  # until the evening before it ran from another drive, with another address
# (host part, name, how busy it is, first and last hour of a day, local)
_MACHINES = (
    (64, "dan-orlo-pc", 26, (8, 17)),
    (_PC_OF_THE_STORY, "kf-acc-07", 24, (8, 10)),
    (83, "lap-nilufar", 24, (9, 18)),
    (90, "varn-laptop", 8, (9, 15)),
    (101, "marl-laptop", 30, (9, 19)),
    (102, "marl-tablet", 10, (10, 19)),
)
_IN_CAPTURE = (64, 83, 101, 102)
_FLOWS_CAPTURED = (34, 44)


@dataclass(frozen=True, slots=True)
class Flow:
    """One connection to outside from its first packet on. ``name`` is asked for before; empty: it is known already."""

    at: datetime
    client: str
    port: int
    server: str
    server_port: int
    name: str = ""

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """Return what tells one connection from another."""
        return self.client, self.port, self.server, self.server_port


@dataclass(frozen=True, slots=True)
class Office:
    """What the router saw, by true time, up to when its log was copied; and when the capture began and ended."""

    flows: tuple[Flow, ...]
    begin: datetime
    end: datetime

    @property
    def captured(self) -> tuple[Flow, ...]:
        """Return the connections that began while the capture ran, early enough to be in it whole."""
        last = self.end - timedelta(seconds=12)
        return tuple(flow for flow in self.flows if self.begin <= flow.at < last)

    @property
    def copied(self) -> datetime:
        """Return when the log of the router was copied."""
        return self.end + COPIED_AFTER


def play_office(told: ToldLogs) -> Office:
    """Return the connections of the last day and a half, the story's among them."""
    begin = told.moments["captured"]
    end = begin + timedelta(seconds=CAPTURED_S)
    captured = list(_in_capture(told, begin))
    sought = {one.ends for one in captured}  # each of them stands once in the log
    others = [*_story(told), *_polls(told, begin), *_ordinary(told, begin)]
    flows = [*captured, *(one for one in others if one.ends not in sought)]
    first, last = begin - LOG_STARTS_BEFORE, end + COPIED_AFTER
    quiet_from, quiet_until = end - timedelta(seconds=12), end  # whole conversations only
    kept = [one for one in flows if first <= one.at < last and not quiet_from <= one.at < quiet_until]
    return Office(tuple(sorted(kept, key=lambda one: (one.at, one.client, one.port))), begin, end)


def _story(told: ToldLogs) -> Iterator[Flow]:
    """Yield what the running PC did: two connections that the memory holds, and one page."""
    stream = told.stream("pc-flows")
    for one in (told.provider, told.relay):
        at = one.started + timedelta(milliseconds=stream.between(40, 400))
        yield Flow(at, one.local_host, one.local_port, one.host, one.port)
    at = told.fetched + timedelta(milliseconds=stream.between(20, 300))
    yield Flow(at, PC_OF_MEMORY, stream.between(32768, 59999), _SERVICE_ADDRESS, HTTP)


def _polls(told: ToldLogs, begin: datetime) -> Iterator[Flow]:
    stream = told.stream("poll-flows")
    for at in poll_times(told):
        if begin - LOG_STARTS_BEFORE <= at < begin + timedelta(hours=1):
            seen = at + timedelta(milliseconds=stream.between(5, 90))  # same second as at the provider, nearly always
            yield Flow(seen, SYNC_SERVER, stream.between(32768, 60999), _SERVICE_ADDRESS, HTTPS, SERVICE)


def _ordinary(told: ToldLogs, begin: datetime) -> Iterator[Flow]:
    """Yield the working hours of the machines, up to the capture."""
    clock = told.router_clock
    for part, _, busy, (opens, closes) in _MACHINES:
        stream = told.stream(f"flows/{part}")
        hour = (begin - LOG_STARTS_BEFORE).replace(minute=0, second=0, microsecond=0)
        while hour < begin:
            local = clock.local(hour)
            is_open = opens <= local.hour < closes and local.weekday() < 6  # noqa: PLR2004 - not on Sundays
            if part == _PC_OF_THE_STORY and local.date() == clock.local(begin).date():
                is_open = False
            for _ in range(stream.below(2 * busy) if is_open else 0):
                at = hour + timedelta(milliseconds=stream.below(3_600_000))
                name, server = stream.pick(_SITES)
                if at < begin:
                    yield Flow(at, f"{OFFICE_NETWORK}.{part}", stream.between(32768, 60999), server, HTTPS, name)
            hour += timedelta(hours=1)


def _in_capture(told: ToldLogs, begin: datetime) -> Iterator[Flow]:
    stream, ports = told.stream("captured-flows"), set[int]()
    for _ in range(stream.between(*_FLOWS_CAPTURED)):
        at = begin + timedelta(microseconds=stream.below(CAPTURED_S * 1_000_000))
        name, server = stream.pick(_SITES)
        client, port = f"{OFFICE_NETWORK}.{stream.pick(_IN_CAPTURE)}", stream.between(32768, 60999)
        if port not in ports:
            ports.add(port)
            yield Flow(at, client, port, server, HTTPS, name)


def machine_names() -> dict[str, str]:
    """Return the names of the machines that get their addresses from the router."""
    return {f"{OFFICE_NETWORK}.{part}": name for part, name, _, _ in _MACHINES}
