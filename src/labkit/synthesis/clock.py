"""A machine's own clock: its error and its time zone, by era.

The zone rules come from the tzdata package, not from the machine that builds, so that an image has the same bytes
everywhere (Almaty was +06:00 until 2024-03-01 and is +05:00 since; tzdata 2025b).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from labkit.errors import SynthesisError
from labkit.model.scenario import Machine


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name`` from the tzdata package.

    Raises:
        SynthesisError: There is no such zone.
    """
    try:
        resource = files("tzdata").joinpath("zoneinfo", *name.split("/"))
        with resource.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError) as error:
        raise SynthesisError(
            f"there is no time zone {name!r}", remedy="Write an IANA name such as Asia/Almaty."
        ) from error


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """Turns true time into what a machine stores, and back."""

    machine: Machine

    def device_utc(self, true_utc: datetime) -> datetime:
        """Return UTC as the device believes it: true time plus the clock's error."""
        return true_utc.astimezone(UTC) + timedelta(seconds=self.machine.clock_offset_s)

    def local(self, true_utc: datetime) -> datetime:
        """Return the naive local time that the device stores for ``true_utc``."""
        return self.device_utc(true_utc).astimezone(zone(self.machine.zone)).replace(tzinfo=None)

    def true_utc(self, local: datetime) -> datetime:
        """Return the true UTC behind a stored naive local time."""
        return self.local_to_device_utc(local) - timedelta(seconds=self.machine.clock_offset_s)

    def local_to_device_utc(self, local: datetime) -> datetime:
        """Return the device's UTC for a stored naive local time: zone applied, clock error left in."""
        return local.replace(tzinfo=zone(self.machine.zone)).astimezone(UTC)
