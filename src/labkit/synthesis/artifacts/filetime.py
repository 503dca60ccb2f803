"""FILETIME: how Windows writes a moment, in steps of 100 nanoseconds since 1601-01-01 UTC.

Source: MS-DTYP, section 2.3.3 "FILETIME".
"""

import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from labkit.errors import SynthesisError

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=64)
def filetime(at: datetime) -> int:
    """Return an aware time as a FILETIME.

    Raises:
        SynthesisError: ``at`` has no zone, or lies before 1601.
    """
    if at.tzinfo is None:
        raise SynthesisError(
            f"{at.isoformat()} has no zone; Windows stores this time in UTC",
            remedy="Give an aware time, as DeviceClock.device_utc returns it.",
        )
    if at < _EPOCH:
        raise SynthesisError(
            f"{at.isoformat()} lies before 1601, where the time of Windows begins",
            remedy="Take a later time; look at the clock error of the machine too.",
        )
    return (at - _EPOCH) // _MICROSECOND * 10


def filetime_bytes(at: datetime) -> bytes:
    """Return an aware time as the 8 bytes of a FILETIME.

    Raises:
        SynthesisError: As ``filetime``.
    """
    return struct.pack("<Q", filetime(at))
