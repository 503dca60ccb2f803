"""Messages in a mailbox: read by the standard library, and line by line.

Sources: RFC 4155 (mbox: a message begins with a line "From "), RFC 5322 (header fields); Thunderbird writes the local
time of its machine into the line "From - ".
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parseaddr
from functools import partial
from typing import Any

from labkit.evidence.libyal_ntfs import Record
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.hearing import heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.windows_view import windows_of
from labkit.zones import zone as zone_named

_BEGIN = re.compile(rb"^From - (?P<time>\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4})\r?$", re.MULTILINE)
_ADDRESS = re.compile(r"<([^<>]+)>\s*$|^(\S+@\S+)$")


def confirm_mail(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a message: who wrote to whom, and when it came into the mailbox or left it."""
    windows = windows_of(trace, item)
    box = windows.file(str(trace.facts["mailbox_path"]))
    yield from weigh(
        trace, heard(trace, [partial(_by_library, trace, item, box), partial(_by_hand, trace, box.content)])
    )


def _by_library(trace: Trace, item: BuiltItem, box: Record) -> Iterator[Testimony]:
    found = None
    for began, data in _messages(box.content):
        message = message_from_bytes(data, policy=policy.default)
        if _same(trace, str(message["Message-ID"]), str(message["Subject"])):
            found = began, message
    if found is None:
        yield Testimony("email", {"message_id": Unreadable("no such message in the mailbox")})
        return
    began, message = found
    local = datetime.strptime(began, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    zone = zone_named(str(trace.facts["zone"]))
    at = local.replace(tzinfo=zone).astimezone(UTC)
    facts: dict[str, Any] = {
        "mailbox_path": box.path,
        "message_id": str(message["Message-ID"]),
        "subject": str(message["Subject"]),
        "sender": parseaddr(str(message["From"]))[1],
        "recipient": parseaddr(str(message["To"]))[1],
        "at_local": local,
        "at_device_utc": at,
    }
    yield Testimony("email", facts)
    yield worked_out_utc({"at": at}, clock_of(trace, item.truth))


def _by_hand(trace: Trace, box: bytes) -> Iterator[Testimony]:
    for _, data in _messages(box):
        head = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
        lines = dict(line.partition(": ")[::2] for line in head.splitlines() if not line.startswith((" ", "\t")))
        if not _same(trace, lines.get("Message-ID", ""), lines.get("Subject", "")):
            continue
        facts: dict[str, Any] = {"message_id": lines.get("Message-ID")}
        if lines.get("Subject", "").isascii() and "=?" not in lines.get("Subject", ""):
            facts["subject"] = lines.get("Subject")
        for fact, name in (("sender", "From"), ("recipient", "To")):
            match = _ADDRESS.search(lines.get(name, ""))
            facts[fact] = (match[1] or match[2]) if match else Unreadable(f"no address in {lines.get(name)!r}")
        yield Testimony("lines of the mailbox", facts)
        return


def _messages(box: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the time of its line "From " and the rest of each message."""
    begins = list(_BEGIN.finditer(box))
    for begin, after in zip(begins, [*begins[1:], None], strict=True):
        yield begin["time"].decode(), box[begin.end() + 1 : None if after is None else after.start()]


def _same(trace: Trace, message_id: str, subject: str) -> bool:
    """Return whether a message is the one that is meant: by its identifier, or else by its subject."""
    return trace.facts["message_id"] == message_id or trace.facts["subject"] == subject
