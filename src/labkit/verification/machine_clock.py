"""The clock of the machine that an item belongs to: from stored UTC to true times and shown digits, worked out anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from labkit.model.truth import GroundTruth, Trace
from labkit.verification.confirmation import Testimony
from labkit.zones import zone as zone_named


@dataclass(frozen=True, slots=True)
class MachineClock:
    """A clock that is wrong by ``offset_s`` seconds (positive is fast) since ``set_at_utc``; always, without that."""

    zone: str
    offset_s: int
    set_at_utc: datetime | None = None

    def true_utc(self, device_utc: datetime) -> datetime:
        """Return the true time behind a time of this clock."""
        moment = device_utc - timedelta(seconds=self.offset_s)
        return device_utc if self.set_at_utc is not None and moment < self.set_at_utc else moment

    def local(self, device_utc: datetime) -> datetime:
        """Return the digits that this clock showed, taken for UTC."""
        return device_utc.astimezone(zone_named(self.zone)).replace(tzinfo=UTC)


def clock_of(trace: Trace, truth: GroundTruth) -> MachineClock:
    """Return the clock that wrote the times of a trace. When it was set wrong is in the trace of that moment."""
    set_at = next((one.facts["at_utc"] for one in truth.traces.values() if one.kind == "clock_change"), None)
    return MachineClock(
        str(trace.facts["zone"]),
        int(str(trace.facts["clock_offset_s"])),
        set_at if isinstance(set_at, datetime) else None,
    )


def worked_out_utc(stored: Mapping[str, datetime], clock: MachineClock) -> Testimony:
    """Return true times and shown digits for stored times.

    Args:
        stored: Times that are stored in UTC, by the first part of their fact's name: ``born`` for ``born_utc``.
        clock: The clock that they are of.
    """
    facts: dict[str, datetime] = {}
    for name, device in stored.items():
        facts[f"{name}_utc"] = clock.true_utc(device)
        facts[f"{name}_local"] = clock.local(device)
    return Testimony("stored UTC, zoneinfo", facts)
