"""Mail folders as Thunderbird keeps them: one file of messages, in which a deleted one stays until it is compacted.

Each message begins with a line ``From - `` and a local time. A line of a message that begins with ``From ``, after any
number of ``>``, gets one more ``>`` in front ("mboxrd"). What became of a message stands in its X-Mozilla-Status.

Sources: RFC 4155 (the separator line); Thunderbird source, mailnews/base/public/nsMsgMessageFlags.idl (status bits) and
mailnews/local/src/nsMailboxUtils (headers); qmail, mbox(5), for the quoting.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntFlag

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.mail import DAYS, MONTHS

_FROM_LINE = re.compile(rb"^(>*From )", re.MULTILINE)
_KEYS_BYTES = 80  # room for tags, so that adding one moves nothing


class MessageStatus(IntFlag):
    """What a person did with a message."""

    NEW = 0
    READ = 0x0001
    REPLIED = 0x0002
    FLAGGED = 0x0004
    DELETED = 0x0008
    FORWARDED = 0x1000


@dataclass(frozen=True, slots=True)
class _Stored:
    message: bytes
    at: datetime
    status: MessageStatus


class Mbox:
    """One folder of a mailbox. Messages are numbered from 0 in order of their arrival."""

    def __init__(self) -> None:
        self._messages: dict[int, _Stored] = {}
        self._next = 0

    def fork(self) -> "Mbox":
        """Return an independent copy."""
        other = Mbox()
        other._messages = dict(self._messages)
        other._next = self._next
        return other

    def add(self, message: bytes, at: datetime, *, status: MessageStatus = MessageStatus.NEW) -> int:
        r"""Put a message behind the others and return its number.

        Args:
            message: As ``mail.message`` returns it, with ``\r\n`` at the end of each line.
            at: When it came, in the local time of the computer.
            status: What became of it.
        """
        if not message.endswith(b"\r\n"):
            message += b"\r\n"
        self._messages[self._next] = _Stored(message, at, status)
        self._next += 1
        return self._next - 1

    def mark(self, number: int, status: MessageStatus) -> None:
        """Note that a message was read, answered, forwarded or starred; what was noted before stays.

        Raises:
            SynthesisError: There is no such message.
        """
        known = self._stored(number)
        self._messages[number] = replace(known, status=known.status | status)

    def delete(self, number: int) -> None:
        """Delete a message: the folder shows it no more, and the file still has it.

        Raises:
            SynthesisError: There is no such message.
        """
        self.mark(number, MessageStatus.DELETED)

    def newest(self) -> bytes:
        r"""Return the message that came last, with ``\r\n`` at the end of each line.

        Raises:
            SynthesisError: The folder is empty.
        """
        if not self._messages:
            raise SynthesisError("the folder has no message yet", remedy="Let one come before.")
        return self._messages[max(self._messages)].message

    def compact(self) -> None:
        """Write the file anew without the messages that were deleted."""
        self._messages = {
            number: stored for number, stored in self._messages.items() if not stored.status & MessageStatus.DELETED
        }

    def render(self) -> bytes:
        """Return the file."""
        return b"".join(_rendered(stored) for stored in self._messages.values())

    def _stored(self, number: int) -> _Stored:
        if number not in self._messages:
            raise SynthesisError(f"the folder has no message {number}", remedy="Take the number that add returned.")
        return self._messages[number]


def _rendered(stored: _Stored) -> bytes:
    at = stored.at
    time = f"{at.hour:02d}:{at.minute:02d}:{at.second:02d}"
    separator = f"From - {DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:02d} {time} {at.year:04d}\r\n"
    status = f"X-Mozilla-Status: {stored.status:04x}\r\nX-Mozilla-Status2: 00000000\r\n"
    keys = f"X-Mozilla-Keys: {' ' * _KEYS_BYTES}\r\n"
    return (separator + status + keys).encode("ascii") + _FROM_LINE.sub(rb">\1", stored.message) + b"\r\n"
