"""Time zones by IANA name, from the tzdata package.

The machine's own zone files are not asked: a ledger must get the same findings everywhere, and an old machine still
thinks that Almaty is at +06:00 (it is at +05:00 since 2024-03-01).
"""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zone_or_none(name: str) -> ZoneInfo | None:
    """Return the IANA zone of that name; None where there is none.

    The name may be anybody's text: only the names on tzdata's own list become a path.
    """
    return _load(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@cache
def _load(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
