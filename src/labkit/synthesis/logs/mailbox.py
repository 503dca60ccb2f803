"""The mailbox accounts@kestrel-freight.example as it was exported: one file for each message, with the hops it made.

Every server states its own time with its own offset. One server on the way of the letter about the changed account
states an offset that is not its own: its digits look right, and the time that they mean cannot be. Another one is far
away: its digits run backwards, and its time is right.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.mail import Address, Hop, Mail, Transfer, drawn_uuid, message
from labkit.synthesis.logs.ordinary_days import OURS, SUPPLIER
from labkit.synthesis.logs.told import ToldLogs
from labkit.synthesis.streams import Stream

RIGHT_DOMAIN, LOOK_ALIKE = SUPPLIER, "tamarisk-tirnber.example"
LOOK_ALIKE_OPTION = "rn-for-m"
_BOX = Address(f"accounts@{OURS}", "Kestrel Freight, accounts")
_NORVIA = timezone(timedelta(hours=5))
_OUR_MX, _OUR_SERVER = (f"mx.{OURS}", "192.0.2.24"), (f"mail.{OURS}", "192.0.2.25")
_SATURDAY = 5
_BEGINS_BEFORE = timedelta(days=7)  # the export of the provider
_RELAYS = (
    ("out3.brightpost.example", "203.0.113.86"),
    ("in1.brightpost.example", "203.0.113.87"),
    ("edge.parcelmail.example", "198.51.100.91"),
)
_FORGED_HOURS = (7, 8, 9)  # offsets that the forged hop may state
_HOPS = 6


@dataclass(frozen=True, slots=True)
class _Correspondent:
    """Somebody who writes: address, name, the offset of their clock in minutes, the address of their server."""

    address: str
    name: str
    offset_minutes: int
    server_ip: str

    @property
    def zone(self) -> timezone:
        """Return the offset of the sender's clock."""
        return timezone(timedelta(minutes=self.offset_minutes))


_CORRESPONDENTS = (
    _Correspondent("office@tamarisk-timber.example", "Tamarisk Timber", 300, "203.0.113.45"),
    _Correspondent("billing@harrow-packaging.example", "Harrow Packaging", 0, "203.0.113.30"),
    _Correspondent("dues@harbour.portsarva.example", "Sarva Harbour Dues", 300, "203.0.113.33"),
    _Correspondent("service@norvia-bank.example", "Norvia Bank", 300, "203.0.113.36"),
    _Correspondent("post@vellin-road.example", "Vellin Road Toll", 210, "203.0.113.52"),
    _Correspondent("offers@brightdesk.example", "Bright Desk", -300, "203.0.113.55"),
    _Correspondent("notices@cloudnest.example", "CloudNest", 120, "198.51.100.40"),
    _Correspondent("tyres@tiel-tyres.example", "Tiel Tyres", 345, "203.0.113.58"),
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of the mailbox as it is written, and what it was made from."""

    name: str
    mail: Mail
    data: bytes


@dataclass(frozen=True, slots=True)
class Mailbox:
    """All messages by name, and the letter in question with its odd hops. Hops count from 1, the first one."""

    letters: tuple[Letter, ...]
    changed: Letter
    forged_hop: int
    backward_hop: int

    @property
    def forged(self) -> Hop:
        """Return the hop that states a time that cannot be."""
        return self.changed.mail.hops[self.forged_hop - 1]


def mailbox(told: ToldLogs) -> Mailbox:
    """Return the mailbox of one trainee."""
    stream = told.stream("mailbox")
    changed, forged, backward = _changed(told, stream)
    others = [_invoice(told, stream), *_ordinary(told)]
    named = [
        (f"{number:04d}.eml", mail)
        for number, mail in enumerate(sorted([*others, changed], key=lambda one: one.hops[-1].at), start=1)
    ]
    letters = tuple(Letter(name, mail, message(mail, told.stream(f"mail/{name}"))) for name, mail in named)
    return Mailbox(letters, next(one for one in letters if one.mail is changed), forged, backward)


def _changed(told: ToldLogs, stream: Stream) -> tuple[Mail, int, int]:
    """Return the letter about the changed account, the number of its forged hop, and of that whose digits run back."""
    forged, backward = stream.shuffled((2, 3, 4))[:2]
    arrived = told.moments["changed-account-mail"] + timedelta(seconds=stream.between(4, 30))
    ways = [stream.between(2, 19) for _ in range(_HOPS)]  # seconds before the hop, from the one before
    hosts = (
        (f"pc-7.{LOOK_ALIKE}", told.values["client_address"]),
        (f"mail.{LOOK_ALIKE}", "198.51.100.77"),
        ("relay4.brightpost.example", "203.0.113.84"),
        ("relay9.brightpost.example", "203.0.113.85"),
        _RELAYS[-1],
        _OUR_MX,
        _OUR_SERVER,
    )
    far = timezone(timedelta(hours=stream.pick((-8, -5, -3, 0, 1))))
    hops, at = [], arrived - timedelta(seconds=sum(ways))
    sent = at - timedelta(seconds=stream.between(1, 5))
    for number, seconds in enumerate(ways, start=1):
        at += timedelta(seconds=seconds)
        shown = at.astimezone(far if number == backward else _NORVIA)
        if number == forged:
            shown = shown.replace(tzinfo=timezone(timedelta(hours=stream.pick(_FORGED_HOURS))))
        (host, address), (by, _) = hosts[number - 1], hosts[number]
        hops.append(Hop(host, address, by, shown, protocol="ESMTPSA" if number == 1 else "ESMTPS"))
    sender = Address(f"office@{LOOK_ALIKE}", "Tamarisk Timber")
    mail = Mail(
        sender, (_BOX,), "Our bank has changed", sent.astimezone(_NORVIA), told.text("changed.txt"), hops=tuple(hops),
        transfer=Transfer.QUOTED_PRINTABLE, message_id=f"<{drawn_uuid(stream)}@{LOOK_ALIKE}>",
    )  # fmt: skip
    return mail, forged, backward


def _invoice(told: ToldLogs, stream: Stream) -> Mail:
    """Return the true letter of the supplier, soon after the invoice was put into its folder."""
    sent = told.moments["supplier-upload"] + timedelta(seconds=stream.between(600, 1500))
    return _by(_CORRESPONDENTS[0], sent, "Invoice for sawn larch", told.text("invoice.txt"), stream)


def _ordinary(told: ToldLogs) -> Iterator[Mail]:
    """Yield the ordinary letters of the corpus, each on some working day of its sender."""
    known = {who.address: who for who in _CORRESPONDENTS}
    for number, letter in enumerate(tomllib.loads(told.corpus["letters.toml"].decode("utf-8"))["letters"]):
        stream = told.stream(f"ordinary-mail/{number}")
        who = known.get(letter["from"])
        if who is None:
            raise SynthesisError(
                f"{letter['from']} writes a letter of the corpus, and nobody knows that address",
                remedy=f"Let one of these write: {', '.join(known)}.",
            )
        sent = _working_hour(told, who, stream)
        yield _by(who, sent, letter["subject"], letter["text"].lstrip("\n"), stream)


def _working_hour(told: ToldLogs, who: _Correspondent, stream: Stream) -> datetime:
    """Draw a time at which somebody is at work, between the begin of the mailbox and the last morning of the story."""
    first = (told.spec.exported_from - _BEGINS_BEFORE).astimezone(who.zone).date()
    days = (told.booted.astimezone(who.zone).date() - first).days
    open_days = [one for one in (first + timedelta(days=day) for day in range(days)) if one.weekday() < _SATURDAY]
    clock = time(stream.between(8, 16), stream.below(60), stream.below(60), tzinfo=who.zone)
    return datetime.combine(stream.pick(open_days), clock)


def _by(who: _Correspondent, sent: datetime, subject: str, text: str, stream: Stream) -> Mail:
    """Return a message that took an ordinary way: each server states the true time with its own offset."""
    domain = who.address.partition("@")[2]
    away = timezone(timedelta(hours=stream.pick((-5, 0, 2))))
    middle = list(_RELAYS[: stream.below(len(_RELAYS) + 1)])
    hosts = [(f"desk{stream.between(1, 40)}.{domain}", who.server_ip), (f"mail.{domain}", who.server_ip), *middle]
    zones = [who.zone, *(away for _ in middle), _NORVIA, _NORVIA]
    hosts += [_OUR_MX, _OUR_SERVER]
    hops, at = [], sent
    for (host, address), (by, _), zone in zip(hosts, hosts[1:], zones, strict=False):
        at += timedelta(seconds=stream.between(1, 25))
        hops.append(Hop(host, address, by, at.astimezone(zone)))
    sender = Address(who.address, who.name)
    mail = Mail(sender, (_BOX,), subject, sent.astimezone(who.zone), text, hops=tuple(hops))
    return replace(mail, transfer=Transfer.QUOTED_PRINTABLE, message_id=f"<{drawn_uuid(stream)}@{domain}>")
