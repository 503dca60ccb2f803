"""Times as Windows and its programs store them, as aware UTC datetimes cut to microseconds."""

from datetime import UTC, datetime, timedelta

from labkit.evidence.file_names import unix_ns
from labkit.evidence.timestamps import moment

_FIRST_FILETIME = datetime(1601, 1, 1, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_filetime(ticks: int) -> datetime | None:
    """Return the time of a FILETIME (units of 100 ns since 1601); None for 0 and for what lies before 1970."""
    return moment(unix_ns(ticks))


def from_webkit(microseconds: int) -> datetime | None:
    """Return the time of Chromium's microseconds since 1601; None for 0 and for what is no time."""
    return _after(_FIRST_FILETIME, microseconds)


def from_unix_microseconds(microseconds: int) -> datetime | None:
    """Return the time of Firefox's microseconds since 1970; None for 0 and for what is no time."""
    return _after(_UNIX_EPOCH, microseconds)


def from_unix_seconds(seconds: int) -> datetime | None:
    """Return the time of seconds since 1970; None for 0 and for what is no time."""
    return _after(_UNIX_EPOCH, seconds * 1_000_000)


def from_local(local: datetime, zone: str | None) -> datetime | None:
    """Return the UTC time of a naive local one; None where the machine's zone is not known.

    A local time that a clock change makes happen twice is taken as its first occurrence.
    """
    if zone is None:
        return None
    from labkit.evidence.zones import zone as zone_named

    try:
        return local.replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except OverflowError:
        return None


def _after(begin: datetime, microseconds: int) -> datetime | None:
    if microseconds <= 0:
        return None
    try:
        return begin + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
