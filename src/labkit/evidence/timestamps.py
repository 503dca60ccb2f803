"""Nanoseconds since 1970 to text and to datetimes, fast enough for a listing of a whole disk."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from labkit.evidence.rows import NANOSECONDS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_SECONDS_PER_DAY = 86_400
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z, the last that datetime and ISO 8601 can write


def moment(time_ns: int) -> datetime | None:
    """Return an aware UTC datetime, cut to microseconds; None for 0 and for times past the year 9999."""
    if not 0 < time_ns < (_LAST_SECOND + 1) * NANOSECONDS:
        return None
    return _EPOCH + timedelta(microseconds=time_ns // 1000)


@lru_cache(maxsize=16384)
def iso_text(time_ns: int) -> str | None:
    """Return ``2026-03-03T09:05:10.123456Z``, without a fraction where it is zero; None as in ``moment``."""
    if not 0 < time_ns < (_LAST_SECOND + 1) * NANOSECONDS:
        return None
    seconds, nanoseconds = divmod(time_ns, NANOSECONDS)
    day, second = divmod(seconds, _SECONDS_PER_DAY)
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    microseconds = nanoseconds // 1000
    fraction = f".{microseconds:06}" if microseconds else ""
    return f"{_day_text(day)}T{hour:02}:{minute:02}:{second:02}{fraction}Z"


@lru_cache(maxsize=8192)
def _day_text(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


@lru_cache(maxsize=65536)
def shifted(time_ns: int, zone: str) -> int:
    """Return the UTC nanoseconds behind local digits that were read as UTC; 0 stays 0."""
    if not 0 < time_ns < _LAST_SECOND * NANOSECONDS:
        return time_ns
    from labkit.evidence.zones import local_to_utc  # the zones are slow to load, and most listings need none

    seconds, nanoseconds = divmod(time_ns, NANOSECONDS)
    return local_to_utc(seconds, zone) * NANOSECONDS + nanoseconds
