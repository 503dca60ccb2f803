"""Finds the wall-clock times in an image by their values.

Between the start of the machine and the capture lie two hours; a number of 64 bits that falls into them is a time, not
chance: of random numbers one in ten to the fifteenth does.
"""

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from memory_base.entries import TimeEntry

_SECOND = 1_000_000_000
_DECIMAL = re.compile(rb"(?<![0-9])1[0-9]{9}(?![0-9])")
_ISO = re.compile(rb"20[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]")
_WINDOW = 1 << 20
_SLACK_S = 3
_UTMP_TIME = 340  # of ut_tv.tv_sec in struct utmp (bits/utmp.h), which glibc keeps at 32 bits


def wall_times(image: bytes, booted_s: int, captured_s: int) -> Iterator[TimeEntry]:
    """Yield every time from ``booted_s`` to ``captured_s`` in the image."""
    seconds = range(booted_s - _SLACK_S, captured_s + _SLACK_S)
    boot = range(booted_s - _SLACK_S, booted_s + _SLACK_S)
    forms = {
        "s64": seconds,
        "ns64": _in_nanoseconds(seconds),
        "-s64": range(1 - boot.stop, 1 - boot.start),  # wall_to_monotonic counts backwards from the start
        "-ns64": range(1 - boot.stop * _SECOND, 1 - boot.start * _SECOND),
    }
    for start in range(0, len(image), _WINDOW):
        for number, (value,) in enumerate(struct.iter_unpack("<q", image[start : start + _WINDOW])):
            if value:
                for form, values in forms.items():
                    if value in values:
                        yield TimeEntry(start + 8 * number, form)
    for match in _DECIMAL.finditer(image):
        if int(match[0]) in seconds:
            yield TimeEntry(match.start(), "decimal")
    for match in _ISO.finditer(image):
        if _iso_seconds(match[0]) in seconds:
            yield TimeEntry(match.start(), "iso")


def session_times(image: bytes, kind: int, pid: int, line: str) -> Iterator[TimeEntry]:
    """Yield the times in the copies of one record of a session (``struct utmp``): in the file, where it was written."""
    begin = struct.pack("<hxxi", kind, pid) + line.encode().ljust(32, b"\0")
    place = -1
    while (place := image.find(begin, place + 1)) >= 0:
        yield TimeEntry(place + _UTMP_TIME, "s32")


def _in_nanoseconds(seconds: range) -> range:
    return range(seconds.start * _SECOND, seconds.stop * _SECOND)


def _iso_seconds(text: bytes) -> int:
    return int(datetime.fromisoformat(text.decode()).replace(tzinfo=UTC).timestamp())
