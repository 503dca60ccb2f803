"""Local digits on a medium to UTC, by the rules of the tzdata package."""

from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from labkit.errors import EvidenceError


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``, from the tzdata package and not from the machine.

    Raises:
        EvidenceError: There is no such zone.
    """
    try:
        resource = files("tzdata").joinpath("zoneinfo", *name.split("/"))
        with resource.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError) as error:
        raise EvidenceError(
            f"there is no time zone {name!r}",
            remedy="Write an IANA name such as Asia/Almaty or Europe/Berlin; UTC is the default.",
        ) from error


def local_to_utc(seconds: int, name: str) -> int:
    """Return the Unix time of local digits that were read as if they were UTC.

    A local time that a clock change makes happen twice is taken as its first occurrence.
    """
    local = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=zone(name))
    return int(local.timestamp())
