"""Time zones by IANA name, from the tzdata package.

The machine's own zone files are not asked: images, ledgers and grades must come out the same everywhere, and an old
machine still thinks that Almaty is at +06:00 (it is at +05:00 since 2024-03-01; tzdata 2024a).
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from labkit.errors import LabkitError


class UnknownZoneError(LabkitError):
    """There is no time zone of that name. Callers whose reader can do something else about it say so themselves."""


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``.

    The name may be anybody's text: only the names on tzdata's own list become a path.

    Raises:
        UnknownZoneError: There is no such zone.
    """
    if name not in _names():
        raise UnknownZoneError(
            f"there is no time zone {name!r}", remedy="Write an IANA name such as Asia/Almaty or Europe/Berlin."
        )
    return _load(name)


def zone_or_none(name: str) -> ZoneInfo | None:
    """Return the IANA zone ``name``; None where there is none."""
    return _load(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@cache
def _load(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
