"""Time zones as Windows names and stores them, for the IANA zones that scenarios use.

Kazakhstan took one time, UTC+05:00, on 2024-03-01 (tzdata 2024a). Until then a machine in Almaty ran on "Central Asia
Standard Time"; since then it is to run on "Qyzylorda Standard Time" - if somebody changed it.

Sources: Unicode CLDR, windowsZones.xml; Microsoft, REG_TZI_FORMAT (TIME_ZONE_INFORMATION, Win32 documentation); numbers
of names in tzres.dll as they stand in the Time Zones key of Windows 10.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime

_SYSTEM_TIME = struct.Struct("<8H")
_NO_DATE = bytes(_SYSTEM_TIME.size)


@dataclass(frozen=True, slots=True)
class ZoneDay:
    """A day of every year on which the clock changes: the ``week``-th Sunday of a month (5: the last), at an hour."""

    month: int
    week: int
    hour: int

    def pack(self) -> bytes:
        """Return the SYSTEMTIME whose year 0 means every year and whose day means a week."""
        return _SYSTEM_TIME.pack(0, self.month, 0, self.week, self.hour, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class WindowsZone:
    """One zone of Windows. ``bias_minutes`` is what local standard time lacks to UTC: -300 for UTC+05:00."""

    name: str
    display: str
    bias_minutes: int
    daylight_name: str
    resource: int | None = None  # number of the standard name in tzres.dll; that of the daylight name is one less
    standard_begins: ZoneDay | None = None
    daylight_begins: ZoneDay | None = None

    @property
    def daylight_bias_minutes(self) -> int:
        """What daylight time adds to the bias; Windows keeps -60 even where there is none, but 0 for UTC."""
        return 0 if self.bias_minutes == 0 and self.daylight_begins is None else -60

    @property
    def stored_standard_name(self) -> str:
        """The standard name as TimeZoneInformation keeps it: a reference into tzres.dll, or the name itself."""
        return f"@tzres.dll,-{self.resource}" if self.resource else self.name

    @property
    def stored_daylight_name(self) -> str:
        """The same for the daylight name."""
        return f"@tzres.dll,-{self.resource - 1}" if self.resource else self.daylight_name

    @property
    def standard_start(self) -> bytes:
        """When standard time begins, as a SYSTEMTIME; zeros where the clock never changes."""
        return self.standard_begins.pack() if self.standard_begins else _NO_DATE

    @property
    def daylight_start(self) -> bytes:
        """When daylight time begins, as a SYSTEMTIME; zeros where the clock never changes."""
        return self.daylight_begins.pack() if self.daylight_begins else _NO_DATE

    def tzi(self) -> bytes:
        """Return the 44 bytes of the value TZI."""
        biases = struct.pack("<3i", self.bias_minutes, 0, self.daylight_bias_minutes)
        return biases + self.standard_start + self.daylight_start


CENTRAL_ASIA = WindowsZone(
    "Central Asia Standard Time", "(UTC+06:00) Astana", -360, "Central Asia Daylight Time", resource=512
)
QYZYLORDA = WindowsZone("Qyzylorda Standard Time", "(UTC+05:00) Qyzylorda", -300, "Qyzylorda Daylight Time")
_WEST_ASIA = WindowsZone("West Asia Standard Time", "(UTC+05:00) Ashgabat, Tashkent", -300, "West Asia Daylight Time")
_KAZAKHSTAN_CHANGED = datetime(2024, 2, 29, 18, tzinfo=UTC)
_EASTERN_KAZAKHSTAN = frozenset({"Asia/Almaty", "Asia/Qostanay"})
_ZONES = {
    "Asia/Aqtau": _WEST_ASIA,
    "Asia/Kabul": WindowsZone("Afghanistan Standard Time", "(UTC+04:30) Kabul", -270, "Afghanistan Daylight Time", 462),
    "Asia/Bishkek": CENTRAL_ASIA,
    "Asia/Qyzylorda": QYZYLORDA,
    "Asia/Tashkent": _WEST_ASIA,
    "Europe/Berlin": WindowsZone(
        "W. Europe Standard Time",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        -60,
        "W. Europe Daylight Time",
        322,
        ZoneDay(10, 5, 3),
        ZoneDay(3, 5, 2),
    ),
    "Europe/Moscow": WindowsZone(
        "Russian Standard Time", "(UTC+03:00) Moscow, St. Petersburg", -180, "Russian Daylight Time", 422
    ),
    "Etc/UTC": WindowsZone("UTC", "(UTC) Coordinated Universal Time", 0, "Coordinated Universal Time", 932),
}


def windows_zone(iana_name: str, at: datetime) -> WindowsZone:
    """Return the zone of Windows that a machine in ``iana_name`` is to run on at an aware time.

    Raises:
        SynthesisError: The zone is not in the table, or ``at`` has no zone.
    """
    filetime(at)
    if iana_name in _EASTERN_KAZAKHSTAN:
        return CENTRAL_ASIA if at < _KAZAKHSTAN_CHANGED else QYZYLORDA
    found = _ZONES.get(iana_name)
    if found is None:
        raise SynthesisError(
            f"it is not known here what Windows calls the time zone {iana_name!r}",
            remedy="Add the zone to synthesis/artifacts/windows_zones.py, with its source.",
        )
    return found
