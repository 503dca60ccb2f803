"""Local digits on a medium to UTC, by the rules of ``labkit.zones``."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from labkit import zones
from labkit.errors import EvidenceError


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``, which an examiner names.

    Raises:
        EvidenceError: There is no such zone.
    """
    try:
        return zones.zone(name)
    except zones.UnknownZoneError as error:
        raise EvidenceError(
            error.message,
            remedy="Write an IANA name such as Asia/Almaty or Europe/Berlin; UTC is the default.",
        ) from error


def local_to_utc(seconds: int, name: str) -> int:
    """Return the Unix time of local digits that were read as if they were UTC.

    A local time that a clock change makes happen twice is taken as its first occurrence.
    """
    local = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone(name))
    return int(local.timestamp())
