"""Messages as mail programs and servers write them (``.eml``).

Every address and host is fictional: hosts end in ``.example``. Identifiers and boundaries that a program draws come
from the stream of the message.

Sources: RFC 5322 (message format), RFC 5321 section 4.4 (trace), RFC 2045 and 2046 (MIME), RFC 2183 (disposition).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.fictional import check_host
from labkit.synthesis.artifacts.mail_encodings import (
    CRLF,
    base64_body,
    extended_parameter,
    folded,
    header_text,
    phrase,
    quoted_printable_body,
)
from labkit.synthesis.artifacts.texts import TextEncoding, encoded
from labkit.synthesis.streams import Stream

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9.-]+)")
_MAIL_ENCODINGS = frozenset(
    (TextEncoding.UTF_8, TextEncoding.WINDOWS_1251, TextEncoding.WINDOWS_1256, TextEncoding.KOI8_R)
)
_LONGEST_LINE_BYTES = 998  # RFC 5322 section 2.1.1


class Transfer(Enum):
    """Content-Transfer-Encoding of a text."""

    EIGHT_BIT = "8bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox and the name shown for it, which may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a message from host to host, as the receiving one notes it. ``at`` is aware, by its clock."""

    from_host: str
    from_ip: str
    by_host: str
    at: datetime
    protocol: str = "ESMTPS"
    queue_id: str = ""  # empty: drawn


@dataclass(frozen=True, slots=True)
class Mail:
    """A message. ``hops`` are in the order of its way; the last one stands on top."""

    sender: Address
    to: tuple[Address, ...]
    subject: str
    date: datetime  # aware: the zone is that of the sender's computer
    text: str  # lines end with \n
    cc: tuple[Address, ...] = ()
    encoding: TextEncoding = TextEncoding.UTF_8
    transfer: Transfer = Transfer.BASE64
    attachments: tuple[Attachment, ...] = ()
    hops: tuple[Hop, ...] = ()
    message_id: str = ""  # with its angle brackets; empty: drawn
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    program: str = ""  # User-Agent


def message(mail: Mail, stream: Stream) -> bytes:
    r"""Return a message with ``\r\n`` at the end of each line.

    Raises:
        SynthesisError: An address or host may be somebody's, there is no recipient, a time carries no zone, the
            encoding is not met in mail or lacks a character, or a line is too long for 8bit.
    """
    _check(mail)
    identifier = mail.message_id or f"<{drawn_uuid(stream)}@{mail.sender.address.partition('@')[2]}>"
    trace = [_received(hop, mail.to[0], stream) for hop in mail.hops]
    head = [*reversed(trace), folded("Message-ID", [identifier]), folded("Date", [mail_date(mail.date)])]
    head.append(folded("MIME-Version", ["1.0"]))
    if mail.program:
        head.append(folded("User-Agent", mail.program.split(" ")))
    head.append(folded("Subject", header_text(mail.subject, mail.encoding)))
    head.append(_addresses("To", mail.to, mail.encoding))
    if mail.cc:
        head.append(_addresses("Cc", mail.cc, mail.encoding))
    head.append(_addresses("From", (mail.sender,), mail.encoding))
    if mail.in_reply_to:
        head.append(folded("In-Reply-To", [mail.in_reply_to]))
    if mail.references:
        head.append(folded("References", mail.references))
    return ("".join(head)).encode("ascii") + _content(mail, stream)


def mail_date(moment: datetime) -> str:
    """Return an aware time as in the Date header, such as ``Tue, 3 Feb 2026 09:05:06 +0500``."""
    offset = moment.utcoffset() or timedelta(0)
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta(0) else "+"
    day = f"{DAYS[moment.weekday()]}, {moment.day} {MONTHS[moment.month - 1]} {moment.year:04d}"
    return (
        f"{day} {moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} {sign}{minutes // 60:02d}{minutes % 60:02d}"
    )


def drawn_uuid(stream: Stream) -> str:
    """Draw an identifier of 32 hexadecimal digits in five groups."""
    digits = stream.take(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _content(mail: Mail, stream: Stream) -> bytes:
    """Return what stands from Content-Type on: the text, or the text and the attachments between boundaries."""
    text = _text_part(mail)
    if not mail.attachments:
        return text
    boundary = f"------------{stream.take(12).hex()}"
    dashes = f"--{boundary}".encode("ascii")
    head = folded("Content-Type", ["multipart/mixed;", f'boundary="{boundary}"'])
    parts = [text, *(_attachment_part(attachment) for attachment in mail.attachments)]
    preamble = b"\r\nThis is a multi-part message in MIME format.\r\n"
    body = b"".join(dashes + b"\r\n" + part + b"\r\n" for part in parts)
    return head.encode("ascii") + preamble + body + dashes + b"--\r\n"


def _text_part(mail: Mail) -> bytes:
    head = folded("Content-Type", ["text/plain;", f"charset={mail.encoding.charset}"])
    head += folded("Content-Transfer-Encoding", [mail.transfer.value])
    data = encoded(mail.text.replace("\n", CRLF), mail.encoding)
    match mail.transfer:
        case Transfer.BASE64:
            body = base64_body(data).encode("ascii")
        case Transfer.QUOTED_PRINTABLE:
            body = quoted_printable_body(data).encode("ascii")
        case Transfer.EIGHT_BIT:
            body = data
    return (head + CRLF).encode("ascii") + body


def _attachment_part(attachment: Attachment) -> bytes:
    name = " ".join(header_text(attachment.name, TextEncoding.UTF_8))
    head = folded("Content-Type", [f"{attachment.media_type};", f'name="{name}"'])
    head += folded("Content-Disposition", ["attachment;", extended_parameter("filename", attachment.name)])
    head += folded("Content-Transfer-Encoding", ["base64"])
    return (head + CRLF + base64_body(attachment.data)).encode("ascii")


def _addresses(header: str, addresses: tuple[Address, ...], encoding: TextEncoding) -> str:
    words: list[str] = []
    for address in addresses:
        if words:
            words[-1] += ","
        if address.name:
            words += [*phrase(address.name, encoding), f"<{address.address}>"]
        else:
            words.append(address.address)
    return folded(header, words)


def _received(hop: Hop, recipient: Address, stream: Stream) -> str:
    queue_id = hop.queue_id or stream.take(6).hex().upper()
    words = [
        "from", hop.from_host, f"({hop.from_host}", f"[{hop.from_ip}])", "by", hop.by_host, "with", hop.protocol,
        "id", queue_id, "for", f"<{recipient.address}>;", mail_date(hop.at),
    ]  # fmt: skip
    return folded("Received", words)


def _check(mail: Mail) -> None:
    if not mail.to:
        raise SynthesisError("a message needs a recipient", remedy="Give at least one address in to.")
    for address in (mail.sender, *mail.to, *mail.cc):
        found = _ADDRESS.fullmatch(address.address)
        if found is None:
            raise SynthesisError(
                f"{address.address!r} is not a mail address",
                remedy="Write it as dana@firm.example; names go into name.",
            )
        check_host(found[1])
    for hop in mail.hops:
        for host in (hop.from_host, hop.from_ip, hop.by_host):
            check_host(host)
    if any(moment.tzinfo is None for moment in (mail.date, *(hop.at for hop in mail.hops))):
        raise SynthesisError(
            f"the message {mail.subject!r} has a time without a zone",
            remedy="Give aware times, such as DeviceClock.shown returns them: the header shows the zone.",
        )
    if mail.encoding not in _MAIL_ENCODINGS:
        raise SynthesisError(
            f"mail is not written in {mail.encoding.charset}",
            remedy=f"Take one of {', '.join(sorted(each.charset for each in _MAIL_ENCODINGS))}.",
        )
    if mail.transfer is Transfer.EIGHT_BIT:
        lines = encoded(mail.text, mail.encoding).split(b"\n")
        if max(map(len, lines)) > _LONGEST_LINE_BYTES:
            raise SynthesisError(
                f"a line of the message {mail.subject!r} is longer than {_LONGEST_LINE_BYTES} bytes",
                remedy="Break the line, or take quoted-printable or base64.",
            )
