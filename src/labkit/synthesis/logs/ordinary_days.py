"""Ordinary days in the workspace: the office, drivers behind the addresses of a carrier, the supplier, and a server."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from labkit.synthesis.clock import zone
from labkit.synthesis.logs.sessions import NOT_MODIFIED, OK, PROXIES, Records, Request, Session, Someone, drawn_peer
from labkit.synthesis.logs.sessions import drawn_token as token
from labkit.synthesis.logs.told import OFFICE_NETWORK, ToldLogs
from labkit.synthesis.streams import Stream

OURS, SUPPLIER = "kestrel-freight.example", "tamarisk-timber.example"
VARN, MIRA, SUPPLIERS = f"teo.varn@{OURS}", f"mira.solen@{OURS}", f"office@{SUPPLIER}"
SYNC_SERVER, MIRAS_PC = f"{OFFICE_NETWORK}.25", f"{OFFICE_NETWORK}.71"
VARNS_LAPTOP, SUPPLIER_ADDRESS = f"{OFFICE_NETWORK}.90", "203.0.113.44"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"
PHONE = "CloudNest/8.4 (Android 14; Mobile)"
FOLDERS = ("Waybills", "Reports", "Suppliers/Harrow", "Suppliers/Tamarisk", "Vehicles", "Photos", "Tariffs")
_CARRIER = ("203.0.113.61", "203.0.113.78")
_SYNC_AGENT = "CloudNest-Sync/3.2"
_ENDINGS = ("pdf", "xlsx", "docx", "jpg")
_ASKED = (("GET", OK),) * 5 + (("PUT", 201), ("PUT", 204), ("GET", NOT_MODIFIED))
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, who works from one of some addresses."""

    user: str
    addresses: tuple[str, ...]
    agent: str
    often_percent: int  # on how many of hundred working days
    hours: tuple[int, int]  # local, of the office


DRIVERS = (
    Person(f"rustam.bek@{OURS}", _CARRIER, PHONE, 70, (6, 20)),
    Person(f"petra.hale@{OURS}", _CARRIER, PHONE, 70, (6, 21)),
)
_PEOPLE = (
    Person(MIRA, (MIRAS_PC,), EDGE, 90, (9, 17)),
    Person(f"dan.orlo@{OURS}", (f"{OFFICE_NETWORK}.64",), WINDOWS, 85, (8, 16)),
    Person(f"nilufar.aziz@{OURS}", (f"{OFFICE_NETWORK}.83",), EDGE, 80, (9, 18)),
    Person(VARN, (VARNS_LAPTOP,), WINDOWS, 45, (9, 15)),
    *DRIVERS,
    Person(SUPPLIERS, (SUPPLIER_ADDRESS,), WINDOWS, 25, (9, 17)),
)


def play_ordinary_days(told: ToldLogs, records: Records) -> None:
    """Write down what everybody does on every day of the export."""
    office = zone(told.spec.router_zone)
    day = told.spec.exported_from.astimezone(office).date()
    seized = told.booted.astimezone(office).date()
    while day <= told.spec.exported_until.astimezone(office).date():
        for person in _PEOPLE:
            stream = told.stream(f"day/{day.isoformat()}/{person.user}")
            percent = person.often_percent if day.weekday() < _SATURDAY else person.often_percent // 12
            if stream.below(100) < percent:
                address = stream.pick(person.addresses)
                if person.user == MIRA and day >= seized:
                    address = f"{OFFICE_NETWORK}.72"  # her PC was seized
                for _ in range(stream.between(1, 2)):
                    _working(told, records, person, address, day, stream)
        day += timedelta(days=1)


def play_polls(told: ToldLogs, records: Records) -> None:
    """Write down how a server of the office asks for changes, day and night."""
    user = f"sync@{OURS}"
    for number, at in enumerate(poll_times(told)):
        is_new = number % 9 == 4  # noqa: PLR2004 - now and then
        status, size = (OK, 400 + number * 37 % 900) if is_new else (NOT_MODIFIED, 0)
        proxy = PROXIES[number % len(PROXIES)]
        records.requests.append(
            Request(at, user, SYNC_SERVER, "GET", "/api/changes", status, size, "", _SYNC_AGENT, proxy)
        )


def poll_times(told: ToldLogs) -> Iterator[datetime]:
    """Yield when the server of the office asks for changes. The router sees it, too."""
    stream = told.stream("polls")
    at = told.spec.exported_from + timedelta(seconds=stream.between(30, 900))
    while at < told.spec.exported_until:
        yield at
        at += timedelta(seconds=stream.between(17 * 60, 23 * 60))


def _working(told: ToldLogs, records: Records, person: Person, address: str, day: date, stream: Stream) -> None:
    """Write down one session: a log-in, perhaps after a slip of the fingers, and some files."""
    office, hour = zone(told.spec.router_zone), stream.between(*person.hours)
    at = datetime(day.year, day.month, day.day, hour, stream.below(60), stream.below(60), tzinfo=office)
    who = Someone(person.user, records.end(address, stream), person.agent)
    number = token(stream)
    if stream.below(12) == 0:
        before = at - timedelta(seconds=stream.between(9, 40))
        slip = Someone(person.user, records.end(address, stream), person.agent)
        records.failed(before, slip, drawn_peer(stream))
    session = Session(records, at, who, number, stream)
    for _ in range(stream.between(3, 11)):
        folder = stream.pick(FOLDERS)
        name = f"{folder.lower().rpartition('/')[2]}-{stream.between(1000, 9999)}.{stream.pick(_ENDINGS)}"
        method, status = stream.pick(_ASKED)
        path = f"/dav/{folder}/" if stream.below(3) == 0 and method == "GET" else f"/dav/{folder}/{name}"
        session.ask(stream.between(4, 260), method, path, status)
    if stream.below(2):
        session.end(stream.between(10, 600))
