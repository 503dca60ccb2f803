"""A machine's own clock: its error and its time zone, by era.

The zone rules are those of ``labkit.zones``, so that an image has the same bytes everywhere.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from labkit import zones
from labkit.errors import SynthesisError
from labkit.model.scenario import Machine


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``, which a case or an item names.

    Raises:
        SynthesisError: There is no such zone.
    """
    try:
        return zones.zone(name)
    except zones.UnknownZoneError as error:
        raise SynthesisError(
            error.message, remedy="Write an IANA name such as Asia/Almaty in case.toml or scenario.toml."
        ) from error


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """Turns true time into what a machine stores, and back."""

    machine: Machine

    def device_utc(self, true_utc: datetime) -> datetime:
        """Return UTC as the device believes it: true time plus the clock's error."""
        return true_utc.astimezone(UTC) + self._error_at(true_utc)

    def shown(self, true_utc: datetime) -> datetime:
        """Return what the device's clock shows at ``true_utc``: its local time, with the offset of its zone."""
        return self.device_utc(true_utc).astimezone(zone(self.machine.zone))

    def local(self, true_utc: datetime) -> datetime:
        """Return the naive local time that the device stores for ``true_utc``."""
        return self.shown(true_utc).replace(tzinfo=None)

    def true_utc(self, local: datetime) -> datetime:
        """Return the true UTC behind a stored naive local time."""
        return self.true_from_device(self.local_to_device_utc(local))

    def true_from_device(self, device_utc: datetime) -> datetime:
        """Return the true UTC behind what the device takes for UTC."""
        moment = device_utc - timedelta(seconds=self.machine.clock_offset_s)
        return moment if self._error_at(moment) else device_utc

    def local_to_device_utc(self, local: datetime) -> datetime:
        """Return the device's UTC for a stored naive local time: zone applied, clock error left in."""
        return local.replace(tzinfo=zone(self.machine.zone)).astimezone(UTC)

    def _error_at(self, true_utc: datetime) -> timedelta:
        set_at = self.machine.clock_set_at
        wrong = set_at is None or true_utc >= set_at
        return timedelta(seconds=self.machine.clock_offset_s if wrong else 0)
