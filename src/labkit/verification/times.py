"""From the digits that FAT stores to the times that a report states, worked out anew with zoneinfo."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from labkit.verification.confirmation import Span, Testimony
from labkit.zones import zone as zone_named

# The steps in which FAT keeps each time. Source: Microsoft FAT specification, "Date and Time Formats".
RESOLUTION: Mapping[str, timedelta] = {
    "born": timedelta(milliseconds=10),
    "modified": timedelta(seconds=2),
    "accessed": timedelta(days=1),
}


def worked_out(stored: Mapping[str, datetime], zone: str, clock_offset_s: int) -> Testimony:
    """Return device time and true time for each of born, modified and accessed.

    Args:
        stored: The stored local digits, taken for UTC, by ``born``, ``modified``, ``accessed``.
        zone: The IANA zone of the clock that wrote them.
        clock_offset_s: Device clock minus true time, in seconds.
    """
    facts: dict[str, Span] = {}
    for name, digits in stored.items():
        local = digits.replace(tzinfo=zone_named(zone))
        device = local.astimezone(UTC)
        facts[f"{name}_device_utc"] = Span(device, RESOLUTION[name])
        facts[f"{name}_utc"] = Span(device - timedelta(seconds=clock_offset_s), RESOLUTION[name])
    return Testimony("stored digits, zoneinfo", facts)
