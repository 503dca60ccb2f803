"""What happened in the workspace of Kestrel Freight at the provider: log-ins and requests, in the order of true time.

The story stands between ordinary days: the office, drivers behind the shared addresses of a mobile carrier, the
supplier, and a server that asks for changes day and night.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from labkit.synthesis.clock import zone
from labkit.synthesis.logs.told import OFFICE_NETWORK, ToldLogs
from labkit.synthesis.streams import Stream

PROXIES = ("198.51.100.21", "198.51.100.22")
SERVICE_ENDPOINT = "198.51.100.20:443"
OURS, SUPPLIER = "kestrel-freight.example", "tamarisk-timber.example"
VARN, MIRA, SUPPLIERS = f"teo.varn@{OURS}", f"mira.solen@{OURS}", f"office@{SUPPLIER}"
SYNC_SERVER = f"{OFFICE_NETWORK}.25"
MIRAS_PC, PC_OF_MEMORY = f"{OFFICE_NETWORK}.71", f"{OFFICE_NETWORK}.57"
SUPPLIER_ADDRESS = "203.0.113.44"
_CARRIER = ("203.0.113.61", "203.0.113.78")
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
_EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"
_PHONE = "CloudNest/8.4 (Android 14; Mobile)"
_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SYNC_AGENT = "CloudNest-Sync/3.2"


@dataclass(frozen=True, slots=True)
class Login:
    """One record of the log of log-ins. ``client`` and ``peer`` are address:port; ``session`` may be empty."""

    at: datetime
    what: str  # "login ok", "login failed", "logout"
    user: str
    client: str
    peer: str
    session: str
    agent: str
    tag: str = ""  # what the story calls it


@dataclass(frozen=True, slots=True)
class Request:
    """One record of the log of requests."""

    at: datetime
    user: str
    client: str  # address only
    method: str
    path: str
    status: int
    size_bytes: int
    session: str
    agent: str
    proxy: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """All that happened while the provider kept records, each list by time."""

    logins: tuple[Login, ...]
    requests: tuple[Request, ...]

    def login(self, tag: str) -> Login:
        """Return the log-in that the story gives a name."""
        return next(one for one in self.logins if one.tag == tag)


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody with an account, who works from one place."""

    user: str
    addresses: tuple[str, ...]
    agent: str
    often_percent: int  # on how many of hundred days
    hours: tuple[int, int]  # local, of the office


_PEOPLE = (
    _Person(MIRA, (MIRAS_PC,), _EDGE, 90, (9, 17)),
    _Person(f"dan.orlo@{OURS}", (f"{OFFICE_NETWORK}.64",), _WINDOWS, 85, (8, 16)),
    _Person(f"nilufar.aziz@{OURS}", (f"{OFFICE_NETWORK}.83",), _EDGE, 80, (9, 18)),
    _Person(VARN, (f"{OFFICE_NETWORK}.90",), _WINDOWS, 45, (9, 15)),
    _Person(f"rustam.bek@{OURS}", _CARRIER, _PHONE, 70, (6, 20)),
    _Person(f"petra.hale@{OURS}", _CARRIER, _PHONE, 70, (6, 21)),
    _Person(SUPPLIERS, (SUPPLIER_ADDRESS,), _WINDOWS, 25, (9, 17)),
)
_DRIVERS = tuple(person for person in _PEOPLE if person.addresses is _CARRIER)
_FOLDERS = ("Waybills", "Reports", "Suppliers/Harrow", "Suppliers/Tamarisk", "Vehicles", "Photos", "Tariffs")
_ENDINGS = ("pdf", "xlsx", "docx", "jpg")
_INVOICES = "/dav/Suppliers/Tamarisk"
_LATE_HOUR = 19


def play_workspace(told: ToldLogs) -> Workspace:
    """Return the records of the whole time of the export."""
    return _Workspace(told).played()


class _Workspace:
    """Records in the making."""

    def __init__(self, told: ToldLogs) -> None:
        self._told = told
        self._logins: list[Login] = []
        self._requests: list[Request] = []
        self._story = told.stream("story")
        self._shorter_sectors = told.stream("first-invoice").between(1, 7)  # by which the first invoice is shorter

    def played(self) -> Workspace:
        self._ordinary()
        self._polls()
        self._supplier()
        self._office()
        self._outside()
        self._shared()
        self._afterwards()
        begin, end = self._told.spec.exported_from, self._told.spec.exported_until
        return Workspace(
            tuple(sorted((one for one in self._logins if begin <= one.at < end), key=lambda one: one.at)),
            tuple(sorted((one for one in self._requests if begin <= one.at < end), key=lambda one: one.at)),
        )

    # -- the story ------------------------------------------------------------------------------------------------

    def _supplier(self) -> None:
        """The true invoice is put into the supplier's folder."""
        at, stream = self._told.moments["supplier-upload"], self._story
        session = _Session(self, SUPPLIERS, self._end(SUPPLIER_ADDRESS), _WINDOWS, _token(stream), stream)
        session.begin(at, "upload-login")
        session.ask(4, "GET", f"{_INVOICES}/", 200)
        session.ask(stream.between(40, 90), "PUT", self._invoice, 201, tag="first-upload")
        session.ask(6, "GET", f"{_INVOICES}/", 200)
        session.end(stream.between(30, 80))

    def _office(self) -> None:
        """Varn's own working session on the day of the change."""
        stream = self._story
        session = _Session(self, VARN, self._end(f"{OFFICE_NETWORK}.90"), _WINDOWS, _token(stream), stream)
        session.begin(self._told.moments["office-login"], "office-login")
        session.ask(5, "GET", "/dav/Vehicles/", 200)
        session.ask(stream.between(30, 90), "PUT", f"/dav/Vehicles/service-{stream.between(100, 999)}.xlsx", 204)
        session.ask(stream.between(100, 400), "GET", "/dav/Reports/", 200)
        session.end(stream.between(400, 900))

    def _outside(self) -> None:
        """Two tries that fail, one that does not; the invoice is written over, and shared."""
        told, stream = self._told, self._story
        at, client = told.moments["outside-login"], told.client
        address = told.values["client_address"]
        for before_s, tag in ((stream.between(75, 110), ""), (stream.between(18, 45), "failed-login")):
            failed = Login(
                at - timedelta(seconds=before_s),
                "login failed",
                VARN,
                self._end(address),
                self._peer(),
                "",
                _LINUX,
                tag,
            )
            self._logins.append(failed)
        for person, away_s in zip(_DRIVERS, (-stream.between(130, 220), stream.between(60, 120)), strict=True):
            near = _Session(self, person.user, self._end(address), _PHONE, _token(stream), stream)
            near.begin(at + timedelta(seconds=away_s))
            near.ask(3, "GET", "/dav/Waybills/", 200)
        session = _Session(self, VARN, client, _LINUX, told.values["session"], stream)
        session.begin(at, "login")
        session.ask(4, "GET", "/dav/Suppliers/", 200)
        session.ask(stream.between(8, 25), "GET", f"{_INVOICES}/", 200)
        session.ask(stream.between(6, 20), "GET", self._invoice, 200)
        session.ask(stream.between(420, 900), "PUT", self._invoice, 204, tag="invoice-change")
        session.ask(stream.between(5, 15), "GET", self._invoice, 200)
        session.ask(stream.between(20, 60), "POST", "/api/shares", 201, tag="share-made")
        session.ask(stream.between(4, 12), "GET", f"/s/{told.values['share']}", 200)
        for _ in range(3):
            session.ask(stream.between(40, 200), "GET", f"/dav/{stream.pick(_FOLDERS)}/", 200)
        # Nobody logs out: the session goes on.

    def _shared(self) -> None:
        """What the PC's own history and the memory tell of the share, and the session at the relay."""
        told, share = self._told, self._told.values["share"]
        page, file = f"/s/{share}", f"/d/{share}/{told.values['invoice']}"
        for trace, path, tag in (
            ("share-visit", page, "share-visit"),
            ("downloaded-invoice", file, "share-download"),
        ):
            self.request(told.moments[trace], "", MIRAS_PC, "GET", path, 200, "", _EDGE, tag)
        self.request(told.fetched, "", PC_OF_MEMORY, "GET", page, 200, "", "Wget", "share-fetched")
        later = told.relay.started + timedelta(seconds=self._story.between(20, 95))
        self.request(
            later, VARN, told.values["relay_address"], "GET", "/dav/Suppliers/", 200, told.values["session"],
            "curl/8.5.0", "session-elsewhere",
        )  # fmt: skip

    def _afterwards(self) -> None:
        """Three weeks later somebody takes the share away."""
        told, stream = self._told, self._story
        session = _Session(
            self, VARN, self._end(told.values["client_address"]), _LINUX, _token(stream), stream
        )  # fmt: skip
        session.begin(told.moments["late-login"], "late-login")
        session.ask(stream.between(10, 30), "GET", "/api/shares", 200)
        session.ask(stream.between(10, 30), "DELETE", f"/api/shares/{told.values['share']}", 204)
        session.end(stream.between(20, 60))

    @property
    def _invoice(self) -> str:
        return f"{_INVOICES}/{self._told.values['invoice']}"

    # -- ordinary days --------------------------------------------------------------------------------------------

    def _ordinary(self) -> None:
        told, office = self._told, zone(self._told.spec.router_zone)
        day = told.spec.exported_from.astimezone(office).date()
        seized = told.booted.astimezone(office).date()
        while day <= told.spec.exported_until.astimezone(office).date():
            for person in _PEOPLE:
                stream = told.stream(f"day/{day.isoformat()}/{person.user}")
                percent = person.often_percent if day.weekday() < 5 else person.often_percent // 12  # noqa: PLR2004
                if stream.below(100) < percent:
                    self._working(person, day, seized, stream)
            day += timedelta(days=1)

    def _working(self, person: _Person, day: date, seized: date, stream: Stream) -> None:
        """One person's day: a log-in or two, some files."""
        office, address = zone(self._told.spec.router_zone), stream.pick(person.addresses)
        if person.user == MIRA and day >= seized:
            address = f"{OFFICE_NETWORK}.72"  # her PC was seized
        for _ in range(stream.between(1, 2)):
            hour = stream.between(*person.hours)
            at = datetime(day.year, day.month, day.day, hour, stream.below(60), stream.below(60), tzinfo=office)
            session = _Session(self, person.user, self._end(address, stream), person.agent, _token(stream), stream)
            if stream.below(12) == 0:
                before = at - timedelta(seconds=stream.between(9, 40))
                failed = Login(
                    before,
                    "login failed",
                    person.user,
                    self._end(address, stream),
                    self._peer(stream),
                    "",
                    person.agent,
                )
                self._logins.append(failed)
            session.begin(at)
            for _ in range(stream.between(3, 11)):
                folder = stream.pick(_FOLDERS)
                name = f"{folder.lower().rpartition('/')[2]}-{stream.between(1000, 9999)}.{stream.pick(_ENDINGS)}"
                method, status = stream.pick((("GET", 200),) * 5 + (("PUT", 201), ("PUT", 204), ("GET", 304)))
                path = f"/dav/{folder}/" if stream.below(3) == 0 and method == "GET" else f"/dav/{folder}/{name}"
                session.ask(stream.between(4, 260), method, path, status)
            if stream.below(2):
                session.end(stream.between(10, 600))

    def _polls(self) -> None:
        """A server of the office asks for changes."""
        for number, at in enumerate(poll_times(self._told)):
            status, size = (200, 400 + number * 37 % 900) if number % 9 == 4 else (304, 0)  # noqa: PLR2004
            proxy = PROXIES[number % 2]
            self._requests.append(
                Request(at, f"sync@{OURS}", SYNC_SERVER, "GET", "/api/changes", status, size, "", SYNC_AGENT, proxy)
            )

    # -- how it is written ----------------------------------------------------------------------------------------

    def request(
        self, at: datetime, user: str, client: str, method: str, path: str, status: int, session: str, agent: str,
        tag: str = "",
    ) -> None:  # fmt: skip
        """Write down one request."""
        stream = self._told.stream(f"request/{at.isoformat()}/{path}")
        size = self._size_bytes(at, method, path, status, stream)
        proxy = stream.pick(PROXIES)
        self._requests.append(Request(at, user, client, method, path, status, size, session, agent, proxy, tag))

    def _size_bytes(self, at: datetime, method: str, path: str, status: int, stream: Stream) -> int:
        """Return the length of an answer; the invoice has one before it was changed, and another from then on."""
        if method != "GET" or status == 304:  # noqa: PLR2004 - not modified
            return stream.between(60, 240) if status == 201 else 0  # noqa: PLR2004 - created
        if not path.endswith(self._told.values["invoice"]):
            return stream.between(300, 60000)
        changed = [one.at for one in self._requests if one.tag == "invoice-change"]
        whole = self._told.invoice_size_bytes
        return whole if changed and changed[0] < at else whole - 512 * self._shorter_sectors

    def login(self, login: Login) -> None:
        """Write down a log-in or a logout."""
        self._logins.append(login)

    def _end(self, address: str, stream: Stream | None = None) -> str:
        """Return an address with a port that is drawn; never that of the log-in in question."""
        stream = stream or self._story
        end = f"{address}:{stream.between(10240, 59999)}"
        return self._end(address, stream) if end == self._told.client else end

    def _peer(self, stream: Stream | None = None) -> str:
        stream = stream or self._story
        return f"{stream.pick(PROXIES)}:{stream.between(32768, 60999)}"


class _Session:
    """One session of somebody, as it goes on."""

    def __init__(
        self, workspace: _Workspace, user: str, client: str, agent: str, token: str, stream: Stream
    ) -> None:  # fmt: skip
        self._workspace, self._stream = workspace, stream
        peer = f"{stream.pick(PROXIES)}:{stream.between(32768, 60999)}"
        self._login = Login(datetime.min, "login ok", user, client, peer, token, agent)  # noqa: DTZ901 - set in begin
        self._at = self._login.at

    def begin(self, at: datetime, tag: str = "") -> None:
        """Log in; the page of the log-in is a request, too."""
        self._at = at
        self._login = replace(self._login, at=at, tag=tag)
        self._workspace.login(self._login)
        self._request("POST", "/login", 302)

    def ask(self, after_s: int, method: str, path: str, status: int, *, tag: str = "") -> None:
        """Ask for something, some seconds later."""
        self._at += timedelta(seconds=after_s)
        self._request(method, path, status, tag)

    def end(self, after_s: int) -> None:
        """Log out."""
        self.ask(after_s, "POST", "/logout", 302)
        peer = f"{self._login.peer.partition(':')[0]}:{self._stream.between(32768, 60999)}"
        self._workspace.login(replace(self._login, at=self._at, what="logout", peer=peer, tag=""))

    def _request(self, method: str, path: str, status: int, tag: str = "") -> None:
        one = self._login
        self._workspace.request(
            self._at, one.user, one.client.partition(":")[0], method, path, status, one.session, one.agent, tag
        )


def poll_times(told: ToldLogs) -> Iterator[datetime]:
    """Yield when the server of the office asks for changes. The router sees it, too."""
    stream = told.stream("polls")
    at = told.spec.exported_from + timedelta(seconds=stream.between(30, 900))
    while at < told.spec.exported_until:
        yield at
        at += timedelta(seconds=stream.between(17 * 60, 23 * 60))


def _token(stream: Stream) -> str:
    return stream.take(16).hex()
