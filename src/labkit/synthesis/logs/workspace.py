"""What happened in the workspace of Kestrel Freight at the provider: the story between ordinary days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.synthesis.logs.ordinary_days import (
    DRIVERS,
    EDGE,
    FOLDERS,
    MIRAS_PC,
    PHONE,
    SUPPLIER_ADDRESS,
    SUPPLIERS,
    VARN,
    VARNS_LAPTOP,
    WINDOWS,
    play_ordinary_days,
    play_polls,
)
from labkit.synthesis.logs.sessions import (
    CREATED,
    NO_CONTENT,
    OK,
    Login,
    Records,
    Request,
    Session,
    Someone,
    drawn_peer,
    drawn_token,
)
from labkit.synthesis.logs.told import OFFICE_NETWORK, ToldLogs

SERVICE_ENDPOINT = "198.51.100.20:443"
PC_OF_MEMORY = f"{OFFICE_NETWORK}.57"
_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_FETCHER, _TOOL = "Wget", "curl/8.5.0"
_INVOICES = "/dav/Suppliers/Tamarisk"
_SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Workspace:
    """All that happened while the provider kept records, each list by time."""

    logins: tuple[Login, ...]
    requests: tuple[Request, ...]

    def login(self, tag: str) -> Login:
        """Return the log-in that the story gives a name."""
        return next(one for one in self.logins if one.tag == tag)


def play_workspace(told: ToldLogs) -> Workspace:
    """Return the records of the whole time of the export."""
    story = _Story(told)
    story.play()
    play_ordinary_days(told, story.records)
    play_polls(told, story.records)
    begin, end = told.spec.exported_from, told.spec.exported_until
    return Workspace(
        tuple(sorted((one for one in story.records.logins if begin <= one.at < end), key=lambda one: one.at)),
        tuple(sorted((one for one in story.records.requests if begin <= one.at < end), key=lambda one: one.at)),
    )


class _Story:
    """What the story adds to the records."""

    def __init__(self, told: ToldLogs) -> None:
        self.records = Records(told, self._length)
        self._told = told
        self._stream = told.stream("story")
        self._shorter_bytes = _SECTOR_BYTES * told.stream("first-invoice").between(1, 7)
        self._changed: datetime | None = None

    def play(self) -> None:
        """Write everything down."""
        self._supplier()
        self._office()
        self._outside()
        self._shared()
        self._afterwards()

    def _length(self, path: str, at: datetime) -> int | None:
        """Return the length of the invoice: before it was changed, and from then on, when it is that on the PC."""
        if not path.endswith(self._told.values["invoice"]):
            return None
        whole = self._told.invoice_size_bytes
        return whole if self._changed is not None and self._changed < at else whole - self._shorter_bytes

    def _supplier(self) -> None:
        """The true invoice is put into the supplier's folder."""
        at, stream = self._told.moments["supplier-upload"], self._stream
        who = Someone(SUPPLIERS, self.records.end(SUPPLIER_ADDRESS, stream), WINDOWS)
        session = Session(self.records, at, who, drawn_token(stream), stream, "upload-login")
        session.ask(4, "GET", f"{_INVOICES}/", OK)
        session.ask(stream.between(40, 90), "PUT", self._invoice, CREATED, tag="first-upload")
        session.ask(6, "GET", f"{_INVOICES}/", OK)
        session.end(stream.between(30, 80))

    def _office(self) -> None:
        """Varn's own working session on the day of the change."""
        at, stream = self._told.moments["office-login"], self._stream
        who = Someone(VARN, self.records.end(VARNS_LAPTOP, stream), WINDOWS)
        session = Session(self.records, at, who, drawn_token(stream), stream, "office-login")
        session.ask(5, "GET", "/dav/Vehicles/", OK)
        session.ask(stream.between(30, 90), "PUT", f"/dav/Vehicles/service-{stream.between(100, 999)}.xlsx", NO_CONTENT)
        session.ask(stream.between(100, 400), "GET", "/dav/Reports/", OK)
        session.end(stream.between(400, 900))

    def _outside(self) -> None:
        """Two tries that fail, one that does not; the invoice is written over, and shared. Nobody logs out."""
        told, stream = self._told, self._stream
        at, address = told.moments["outside-login"], told.values["client_address"]
        for before_s, tag in ((stream.between(75, 110), ""), (stream.between(18, 45), "failed-login")):
            who = Someone(VARN, self.records.end(address, stream), _LINUX)
            self.records.failed(at - timedelta(seconds=before_s), who, drawn_peer(stream), tag)
        for driver, away_s in zip(DRIVERS, (-stream.between(130, 220), stream.between(60, 120)), strict=True):
            who = Someone(driver.user, self.records.end(address, stream), PHONE)
            near = Session(self.records, at + timedelta(seconds=away_s), who, drawn_token(stream), stream)
            near.ask(3, "GET", "/dav/Waybills/", OK)
        who = Someone(VARN, told.client, _LINUX)
        session = Session(self.records, at, who, told.values["session"], stream, "login")
        session.ask(4, "GET", "/dav/Suppliers/", OK)
        session.ask(stream.between(8, 25), "GET", f"{_INVOICES}/", OK)
        session.ask(stream.between(6, 20), "GET", self._invoice, OK)
        session.ask(stream.between(420, 900), "PUT", self._invoice, NO_CONTENT, tag="invoice-change")
        self._changed = self.records.requests[-1].at
        session.ask(stream.between(5, 15), "GET", self._invoice, OK)
        session.ask(stream.between(20, 60), "POST", "/api/shares", CREATED, tag="share-made")
        session.ask(stream.between(4, 12), "GET", f"/s/{told.values['share']}", OK)
        for _ in range(3):
            session.ask(stream.between(40, 200), "GET", f"/dav/{stream.pick(FOLDERS)}/", OK)

    def _shared(self) -> None:
        """What the PC's own history and the memory tell of the share, and the session at the relay."""
        told, share = self._told, self._told.values["share"]
        page, file = f"/s/{share}", f"/d/{share}/{told.values['invoice']}"
        windows, linux = Someone("", MIRAS_PC, EDGE), Someone("", PC_OF_MEMORY, _FETCHER)
        for at, who, path, tag in (
            (told.moments["share-visit"], windows, page, "share-visit"),
            (told.moments["downloaded-invoice"], windows, file, "share-download"),
            (told.fetched, linux, page, "share-fetched"),
        ):
            self.records.request(at, who, "GET", path, OK, tag=tag)
        relay = Someone(VARN, told.values["relay_address"], _TOOL)
        later = told.relay.started + timedelta(seconds=self._stream.between(20, 95))
        session = told.values["session"]
        self.records.request(later, relay, "GET", "/dav/Suppliers/", OK, session, "session-elsewhere")

    def _afterwards(self) -> None:
        """Three weeks later somebody takes the share away."""
        told, stream = self._told, self._stream
        who = Someone(VARN, self.records.end(told.values["client_address"], stream), _LINUX)
        session = Session(self.records, told.moments["late-login"], who, drawn_token(stream), stream, "late-login")
        session.ask(stream.between(10, 30), "GET", "/api/shares", OK)
        session.ask(stream.between(10, 30), "DELETE", f"/api/shares/{told.values['share']}", NO_CONTENT)
        session.end(stream.between(20, 60))

    @property
    def _invoice(self) -> str:
        return f"{_INVOICES}/{self._told.values['invoice']}"
