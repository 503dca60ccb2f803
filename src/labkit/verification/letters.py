"""Messages as files, with the hops that they made: read by the standard library's ``email``, and line by line.

Sources: RFC 5322 sections 2.2.3 and 3.3 (folded header fields, times), RFC 5321 section 4.4 (the newest hop is on top).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh

_ENDING = ".eml"
_EMAIL, _HAND = "email", "lines of the message"
_BY = re.compile(r"\bby ([a-z0-9.-]+)\b")
_TIME = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LATEST = timedelta(hours=1)  # no honest hop of the mailbox takes so long


@dataclass(frozen=True, slots=True)
class _Hops:
    """The hops of a message, the first one first: who received it and when, by that server's clock."""

    sent: datetime
    hosts: tuple[str, ...]
    times: tuple[datetime, ...]

    def forged(self) -> list[int]:
        """Return the numbers, from 1, of the hops whose times lie far from those around them."""
        ordered = sorted((self.sent, *self.times))
        middle = ordered[len(ordered) // 2]
        return [number for number, at in enumerate(self.times, start=1) if abs(at - middle) > _LATEST]

    def backward(self) -> list[int]:
        """Return the numbers of the hops whose local digits run backwards although their times are right."""
        digits = [at.replace(tzinfo=None) for at in self.times]
        falling = [number for number in range(2, len(digits) + 1) if digits[number - 1] < digits[number - 2]]
        odd = self.forged()
        return [number for number in falling if number not in odd]


def confirm_message(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a message as a file, and of its header."""
    path = item.file(str(trace.facts["name"]))
    data = path.read_bytes()
    message = message_from_bytes(data, policy=policy.default)
    by_library = {
        "message_id": str(message["Message-ID"]),
        "sender": parseaddr(str(message["From"]))[1],
        "recipient": parseaddr(str(message["To"]))[1],
        "subject": str(message["Subject"]),
        "at_utc": parsedate_to_datetime(str(message["Date"])).astimezone(UTC),
        "hop_count": len(message.get_all("Received") or ()),
    }
    fields = dict(_fields(data))
    by_hand = {
        "message_id": fields["Message-ID"],
        "subject": fields["Subject"],
        "at_utc": _moment(fields["Date"]).astimezone(UTC),
        "hop_count": sum(name == "Received" for name, _ in _fields(data)),
    }
    digests: dict[str, Any] = {"name": path.name, "size_bytes": len(data), "path": f"{path.parent.name}/{path.name}"}
    digests |= {name: hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")}
    yield from weigh(trace, [Testimony("hashlib", digests), Testimony(_EMAIL, by_library), Testimony(_HAND, by_hand)])


def confirm_hop(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the hop that states a time that cannot be; no other message of the mailbox has one."""
    data = item.file(str(trace.facts["name"])).read_bytes()
    readers = ((_EMAIL, _by_library), (_HAND, _by_lines))
    yield from weigh(trace, [Testimony(reader, _odd_hop(trace, hops(data))) for reader, hops in readers])
    odd = [path.name for path in item.with_suffix(_ENDING) if _by_library(path.read_bytes()).forged()]
    yield statement(trace.id, "(messages with such a hop)", _EMAIL, [trace.facts["name"]], odd)


def confirm_look_alike(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of two domains of the mailbox that look alike: one has two letters for one of the other."""
    domains = {
        parseaddr(str(message_from_bytes(path.read_bytes(), policy=policy.default)["From"]))[1].partition("@")[2]
        for path in item.with_suffix(_ENDING)
    }
    alike = [(one, other) for one in domains for other in domains if one != other and one.replace("rn", "m") == other]
    if len(alike) != 1:
        yield from weigh(trace, [Testimony(_EMAIL, {"host": Unreadable(f"{len(alike)} pairs of such domains")})])
        return
    host, other = alike[0]
    facts = {"host": host, "other_host": other, "position": host.index("rn") + 1, "option": "rn-for-m"}
    yield from weigh(trace, [Testimony(_EMAIL, facts)])


def _odd_hop(trace: Trace, hops: _Hops) -> dict[str, Any]:
    odd, backward = hops.forged(), hops.backward()
    if len(odd) != 1 or len(backward) != 1:
        return {"number": Unreadable(f"hops {odd} are far off, the digits of {backward} run backwards")}
    at = hops.times[odd[0] - 1]
    return {
        "name": str(trace.facts["name"]),
        "number": odd[0],
        "number_from_top": len(hops.times) + 1 - odd[0],
        "number_by_digits": backward[0],
        "host": hops.hosts[odd[0] - 1],
        "at_utc": at.astimezone(UTC),
        "at_local": at.replace(tzinfo=UTC),
    }


def _by_library(data: bytes) -> _Hops:
    message = message_from_bytes(data, policy=policy.default)
    received = [str(value) for value in reversed(message.get_all("Received") or ())]
    times = tuple(parsedate_to_datetime(value.rpartition(";")[2].strip()) for value in received)
    return _Hops(parsedate_to_datetime(str(message["Date"])), tuple(_by(value) for value in received), times)


def _by_lines(data: bytes) -> _Hops:
    fields = list(_fields(data))
    received = [value for name, value in reversed(fields) if name == "Received"]
    return _Hops(_moment(dict(fields)["Date"]), tuple(map(_by, received)), tuple(map(_moment, received)))


def _by(received: str) -> str:
    found = _BY.search(received)
    return found[1] if found else ""


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the header fields in their order; what was folded is one line again."""
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    for line in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n"):
        name, _, value = line.partition(": ")
        yield name.strip(), value.strip()


def _moment(text: str) -> datetime:
    found = _TIME.search(text)
    if found is None:
        raise ValueError(f"no time in {text!r}")
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    place = _MONTHS.index(month) + 1
    return datetime(int(year), place, int(day), int(hour), int(minute), int(second), tzinfo=timezone(offset))


LETTER_KINDS: Mapping[str, Callable[[Trace, BuiltItem], Iterator[Confirmation]]] = {
    "mail_message": confirm_message,
    "mail_hop": confirm_hop,
    "look_alike": confirm_look_alike,
}
