"""What the provider keeps a record of: log-ins and requests, and the sessions that they belong to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from labkit.synthesis.logs.told import ToldLogs
from labkit.synthesis.streams import Stream

PROXIES = ("198.51.100.21", "198.51.100.22")
LOGIN, FAILED, LOGOUT = "login ok", "login failed", "logout"
OK, CREATED, NO_CONTENT, FOUND, NOT_MODIFIED = 200, 201, 204, 302, 304


@dataclass(frozen=True, slots=True)
class Login:
    """One record of the log of log-ins. ``client`` and ``peer`` are address:port; ``session`` may be empty."""

    at: datetime
    what: str
    user: str
    client: str
    peer: str
    session: str
    agent: str
    tag: str = ""  # what the story calls it


@dataclass(frozen=True, slots=True)
class Request:
    """One record of the log of requests. ``client`` is an address; ``user`` and ``session`` may be empty."""

    at: datetime
    user: str
    client: str
    method: str
    path: str
    status: int
    size_bytes: int
    session: str
    agent: str
    proxy: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Someone:
    """Who asks: an account, the client's end (address:port), its program."""

    user: str
    client: str
    agent: str

    @property
    def address(self) -> str:
        """Return the client's address."""
        return self.client.partition(":")[0]


class Records:
    """Records in the making, in any order.

    Args:
        told: The story.
        length: Tells the length of the answer to a GET, by path and time; None where it is any.
    """

    def __init__(self, told: ToldLogs, length: Callable[[str, datetime], int | None]) -> None:
        self.logins: list[Login] = []
        self.requests: list[Request] = []
        self._told = told
        self._length = length

    def failed(self, at: datetime, who: Someone, peer: str, tag: str = "") -> None:
        """Write down a log-in that failed."""
        self.logins.append(Login(at, FAILED, who.user, who.client, peer, "", who.agent, tag))

    def request(
        self, at: datetime, who: Someone, method: str, path: str, status: int, session: str = "", tag: str = ""
    ) -> None:
        """Write down one request."""
        stream = self._told.stream(f"request/{at.isoformat()}/{path}")
        size = self._size_bytes(at, method, path, status, stream)
        self.requests.append(
            Request(
                at, who.user, who.address, method, path, status, size, session, who.agent, stream.pick(PROXIES), tag
            )
        )

    def end(self, address: str, stream: Stream) -> str:
        """Return an address with a port that is drawn; never that of the log-in in question."""
        end = f"{address}:{stream.between(10240, 59999)}"
        return self.end(address, stream) if end == self._told.client else end

    def _size_bytes(self, at: datetime, method: str, path: str, status: int, stream: Stream) -> int:
        if method != "GET" or status == NOT_MODIFIED:
            return stream.between(60, 240) if status == CREATED else 0
        known = self._length(path, at)
        return stream.between(300, 60000) if known is None else known


class Session:
    """One session of somebody, from its log-in on; the page of the log-in is a request, too."""

    def __init__(self, records: Records, at: datetime, who: Someone, token: str, stream: Stream, tag: str = "") -> None:
        self._records, self._who, self._token, self._stream, self._at = records, who, token, stream, at
        self._login = Login(at, LOGIN, who.user, who.client, drawn_peer(stream), token, who.agent, tag)
        records.logins.append(self._login)
        records.request(at, who, "POST", "/login", FOUND, token)

    def ask(self, after_s: int, method: str, path: str, status: int, *, tag: str = "") -> None:
        """Ask for something, some seconds later."""
        self._at += timedelta(seconds=after_s)
        self._records.request(self._at, self._who, method, path, status, self._token, tag)

    def end(self, after_s: int) -> None:
        """Log out."""
        self.ask(after_s, "POST", "/logout", FOUND)
        peer = f"{self._login.peer.partition(':')[0]}:{self._stream.between(32768, 60999)}"
        self._records.logins.append(replace(self._login, at=self._at, what=LOGOUT, peer=peer, tag=""))


def drawn_peer(stream: Stream) -> str:
    """Draw which proxy passes something on, and from which port."""
    return f"{stream.pick(PROXIES)}:{stream.between(32768, 60999)}"


def drawn_token(stream: Stream) -> str:
    """Draw the number of a session."""
    return stream.take(16).hex()
