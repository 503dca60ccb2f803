"""Records of an event log, read by hand: number, time, and the bytes that hold their values.

Source: libyal, "Windows XML Event Log (EVTX)", "Event record": signature 2A 2A 00 00, size at 4, number at 8, written
FILETIME at 16; the size once more at the end. Texts inside are UTF-16.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from labkit.verification.mft_record import filetime

_SIGNATURE = b"**\0\0"
_HEAD = struct.Struct("<4sIQQ")
_LARGEST_BYTES = 64 * 1024  # a chunk has no more


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One record. ``at_utc`` is cut to microseconds."""

    number: int
    at_utc: datetime
    body: bytes

    def holds(self, text: str) -> bool:
        """Return whether a text stands in the values, capital and small letters as they are."""
        return text.encode("utf-16-le") in self.body


def raw_events(log: bytes) -> Iterator[RawEvent]:
    """Yield the records of an event log in the order of the file."""
    place = log.find(_SIGNATURE)
    while place >= 0:
        if place + _HEAD.size <= len(log):
            _, size, number, ticks = _HEAD.unpack_from(log, place)
            end = place + size
            if _HEAD.size < size <= _LARGEST_BYTES and log[end - 4 : end] == log[place + 4 : place + 8]:
                yield RawEvent(number, filetime(ticks), log[place + _HEAD.size : end - 4])
        place = log.find(_SIGNATURE, place + 4)
