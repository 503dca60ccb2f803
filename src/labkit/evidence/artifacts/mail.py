"""Messages: single ones (``*.eml``) and mail folders in the form mbox, as Thunderbird keeps them.

A message says of itself who sent it, and when; only the lines ``Received`` of servers that one trusts say more. Read
by the standard library. Sources: RFC 5322 (fields), RFC 4155 (mbox: each message begins with a line ``From ``);
Thunderbird source, nsMsgMessageFlags.idl (X-Mozilla-Status).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from io import BytesIO
from typing import BinaryIO

from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, known, utc_text
from labkit.evidence.artifacts.source import Source
from labkit.evidence.isolation import alive

_BEGIN = b"From "
_NO_FOLDERS = (".msf", ".dat", ".html", ".json", ".sqlite", ".txt", ".mozmsgs")  # beside the folders of a mailbox
_LONGEST_LINE = 64 * 1024
_LARGEST_MESSAGE = 16 << 20  # what is read of one; what follows are attachments, as a rule
_FLAGS = {0x0001: "read", 0x0002: "answered", 0x0004: "starred", 0x0008: "deleted", 0x1000: "forwarded"}
_TRANSFER_TIME = re.compile(r";\s*([^;]+)$")


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    if source.name.casefold().endswith(_NO_FOLDERS):
        return
    with source.opened() as file:
        if source.name.casefold().endswith(".eml"):
            yield _record(source, _parsed(file.read(_LARGEST_MESSAGE)), 0)
            return
        if file.read(len(_BEGIN)) != _BEGIN:
            problem("it does not begin as a mail folder does; it is not read")
            return
        file.seek(0)
        for offset, data in _messages(file):
            alive()
            yield _record(source, _parsed(data), offset)


def _messages(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each message without its first line ``From ``, and where that line stands."""
    begin, data, held = 0, bytearray(), False
    empty = True  # the line before was empty, or there was none
    while True:
        offset = file.tell()
        line = file.readline(_LONGEST_LINE)
        if not line or (empty and line.startswith(_BEGIN)):
            if held:
                yield begin, bytes(data)
            if not line:
                return
            begin, data, held = offset, bytearray(), True
        elif len(data) < _LARGEST_MESSAGE:
            data += line
        empty = not line.strip()


def _parsed(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parse(BytesIO(data))
    assert isinstance(message, EmailMessage)  # noqa: S101 - what the default policy makes
    return message


def _record(source: Source, message: EmailMessage, offset: int) -> ArtifactRecord:
    sent = _moment(_field(message, "Date"))
    subject, sender = _field(message, "Subject"), _field(message, "From")
    transfers = [_moment(found[1]) for line in _fields(message, "Received") if (found := _TRANSFER_TIME.search(line))]
    flags = _flags(_field(message, "X-Mozilla-Status"))
    details = known(
        time_of="date that the sender's program wrote",
        sender=sender,
        recipients=_addresses(message, "To", "Cc", "Bcc"),
        subject=subject,
        message_id=_field(message, "Message-ID"),
        date=_field(message, "Date"),
        received_utc=tuple(text for text in map(utc_text, reversed(transfers)) if text),  # the oldest first
        attachments=tuple(name for part in message.walk() if (name := _file_name(part))),
        marks=flags,
    )
    return source.record(
        "mail",
        sent,
        f"{sender or '?'}: {subject or '(no subject)'}",
        details,
        offset_bytes=offset,
        recovered="deleted" in flags,
    )


def _field(message: EmailMessage, name: str) -> str:
    return next(iter(_fields(message, name)), "")


def _fields(message: EmailMessage, name: str) -> list[str]:
    """Return all fields of a name as text; such that are too damaged to be read stay out."""
    try:
        return [" ".join(str(value).split()) for value in message.get_all(name, [])]
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # what damage causes in the library
        return []


def _addresses(message: EmailMessage, *names: str) -> tuple[str, ...]:
    return tuple(address for name in names for _, address in getaddresses(_fields(message, name)) if address)


def _file_name(part: EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return None


def _moment(text: str) -> datetime | None:
    """Return the time of a date field; None where there is none, or none with an offset."""
    try:
        moment = parsedate_to_datetime(text)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, TypeError, ValueError):
        return None


def _flags(stored: str) -> tuple[str, ...]:
    number = int(stored, 16) if re.fullmatch(r"[0-9A-Fa-f]{4}", stored) else 0
    return tuple(name for bit, name in _FLAGS.items() if number & bit)


PARSER = ArtifactParser(
    name="mail",
    kinds={"mail": "Messages: who wrote to whom, and when as their fields say"},
    patterns=("*.eml", "*.mbox", "*/thunderbird/profiles/*/mail/*", "*/thunderbird/profiles/*/imapmail/*"),
    records=_records,
)
