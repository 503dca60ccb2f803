"""By how much a time is off when a time zone was handled wrongly.

The four classes of the curriculum's language notes, section 6.3: T-1 local time taken for UTC (off by the zone), T-2
right zone but the rule of another year (off by an hour), T-3 a half-hour zone rounded, T-4 shifted twice. Each may
happen in either direction.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from labkit.zones import zone

_ERAS = range(2000, 2038)  # years whose rules a trainee's tools or memory may still hold
_HOUR_S = 3600


def slips(zone_name: str, at_utc: datetime) -> Iterator[tuple[str, timedelta]]:
    """Yield class and shift of each zone mistake at one moment: the wrong answer minus the right one.

    Raises:
        UnknownZoneError: There is no zone of that name.
    """
    offset_s = _offset_s(zone_name, at_utc)
    seen = {0}
    for code, shift_s in _shifts(zone_name, offset_s):
        if shift_s not in seen:
            seen.add(shift_s)
            yield code, timedelta(seconds=shift_s)


def _shifts(zone_name: str, offset_s: int) -> Iterator[tuple[str, int]]:
    yield "T-1", offset_s
    yield "T-1", -offset_s
    yield "T-4", 2 * offset_s
    yield "T-4", -2 * offset_s
    for era_s in era_offsets_s(zone_name):
        yield "T-2", offset_s - era_s
        yield "T-2", era_s - offset_s
    part_s = offset_s % _HOUR_S
    if part_s:
        for shift_s in (part_s, part_s - _HOUR_S, -part_s, _HOUR_S - part_s):
            yield "T-3", shift_s


@lru_cache(maxsize=64)
def era_offsets_s(zone_name: str) -> tuple[int, ...]:
    """Return every offset from UTC that a zone has had since 2000 or will have, in seconds, in rising order."""
    moments = (datetime(year, month, 15, tzinfo=UTC) for year in _ERAS for month in range(1, 13))
    return tuple(sorted({_offset_s(zone_name, moment) for moment in moments}))


def _offset_s(zone_name: str, at_utc: datetime) -> int:
    offset = at_utc.astimezone(zone(zone_name)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
