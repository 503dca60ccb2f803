"""The log of the router: syslog lines by a clock that runs fast, local time without a year and without an offset."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from labkit.synthesis.artifacts.mail import MONTHS
from labkit.synthesis.logs.office import LOG_STARTS_BEFORE, Office, machine_names
from labkit.synthesis.logs.told import OFFICE_NETWORK, ToldLogs
from labkit.synthesis.logs.workspace import PC_OF_MEMORY

HOST = "kf-gw"
_DNSMASQ, _DHCP = "dnsmasq[611]", "dnsmasq-dhcp[611]"
_KNOCKED = (22, 23, 80, 445, 2323, 3389, 5060, 8080, 8443)
_LEASE_S = 43_200


def router_log(told: ToldLogs, office: Office) -> str:
    """Return the log up to when it was copied."""
    stream = told.stream("router-log")
    started = office.begin - timedelta(days=stream.between(18, 40), seconds=stream.below(86_400))
    events = [*_connections(office, started), *_leases(told, office), *_knocks(told, office, started)]
    events += _wired(told, started)
    first = office.begin - LOG_STARTS_BEFORE
    kept = [one for one in events if first <= one[0] < office.copied]
    return "".join(_line(told, at, text) for at, text in sorted(kept, key=lambda one: one[0]))


def stamp(told: ToldLogs, at: datetime) -> str:
    """Return what the router writes for a true time, such as ``Mar 10 11:12:41``."""
    local = told.router_clock.local(at)
    return f"{MONTHS[local.month - 1]} {local.day:2d} {local:%H:%M:%S}"


def _line(told: ToldLogs, at: datetime, text: str) -> str:
    return f"{stamp(told, at)} {HOST} {text}\n"


def _kernel(at: datetime, started: datetime, text: str) -> str:
    return f"kernel: [{(at - started).total_seconds():13.6f}] {text}"


def _connections(office: Office, started: datetime) -> Iterator[tuple[datetime, str]]:
    for flow in office.flows:
        if flow.name:
            asked = flow.at - timedelta(milliseconds=31)
            yield asked, f"{_DNSMASQ}: query[A] {flow.name} from {flow.client}"
            yield asked + timedelta(milliseconds=17), f"{_DNSMASQ}: reply {flow.name} is {flow.server}"
        text = (
            f"NEW IN=br-lan OUT=wan0 SRC={flow.client} DST={flow.server} PROTO=TCP SPT={flow.port}"
            f" DPT={flow.server_port} SYN"
        )
        yield flow.at, _kernel(flow.at, started, text)


def _leases(told: ToldLogs, office: Office) -> Iterator[tuple[datetime, str]]:
    """Yield how machines renew their addresses."""
    for number, (address, name) in enumerate(machine_names().items()):
        stream = told.stream(f"lease/{address}")
        at = office.begin - LOG_STARTS_BEFORE + timedelta(seconds=stream.below(_LEASE_S // 2))
        hardware = hardware_address(address)
        while at < office.copied:
            yield at, f"{_DHCP}: DHCPREQUEST(br-lan) {address} {hardware}"
            yield at, f"{_DHCP}: DHCPACK(br-lan) {address} {hardware} {name}"
            at += timedelta(seconds=_LEASE_S // 2 + 7 * number + stream.below(900))


def _knocks(told: ToldLogs, office: Office, started: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield what comes from outside unasked and is dropped."""
    stream = told.stream("knocks")
    at = office.begin - LOG_STARTS_BEFORE
    while at < office.copied:
        at += timedelta(milliseconds=stream.between(20_000, 900_000))
        source = f"203.0.113.{stream.between(20, 99)}"
        text = (
            f"DROP IN=wan0 OUT= SRC={source} DST={OFFICE_NETWORK}.1 PROTO=TCP SPT={stream.between(1024, 65000)}"
            f" DPT={stream.pick(_KNOCKED)} SYN"
        )
        yield at, _kernel(at, started, text)


def _wired(told: ToldLogs, started: datetime) -> Iterator[tuple[datetime, str]]:
    """Yield how the socket of the PC went down and up when it was started from another drive."""
    down = told.booted - timedelta(seconds=told.stream("wired").between(25, 60))
    for at, state in ((down, "link down"), (told.booted - timedelta(seconds=6), "link up (1000Mbps/Full duplex)")):
        yield at, _kernel(at, started, f"switch0: port 3 (room 12, {PC_OF_MEMORY}): {state}")


def hardware_address(address: str) -> str:
    """Return the hardware address of a machine of the office: locally administered, so nobody's."""
    return f"02:00:5e:10:00:{int(address.rpartition('.')[2]):02x}"
