"""The machine's clock: its zone by the registry, its error by the events of the moment at which it was set."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.event_records import raw_events
from labkit.verification.hearing import heard
from labkit.verification.machine_clock import clock_of
from labkit.verification.other_registry import READER, bias_minutes
from labkit.verification.windows_view import WindowsView, time_in, windows_of
from labkit.zones import UnknownZoneError
from labkit.zones import zone as zone_named

_SECURITY_LOG = "/Windows/System32/winevt/Logs/Security.evtx"
_SET_IN_SECURITY, _SET_IN_SYSTEM = 4616, 1
_KERNEL_GENERAL = "Microsoft-Windows-Kernel-General"


def confirm_clock(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield the settings of a clock. What the disk of its machine does not show is the story's."""
    witnesses = []
    if any(other.kind == "clock_change" for other in item.truth.traces.values()):
        windows = windows_of(trace, item)
        witnesses = [partial(_zone, trace, windows), partial(_error, windows)]
    yield from weigh(trace, heard(trace, witnesses))


def confirm_clock_change(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of the moment at which the clock was set."""
    windows = windows_of(trace, item)
    witnesses = [
        partial(_zone, trace, windows),
        partial(_error, windows),
        partial(_events, trace, item, windows),
        partial(_by_hand, trace, windows),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _zone(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The SYSTEM hive says how far the zone is from UTC, and Windows' own name of it, of which there are fewer."""
    latest = max((one.at_utc for one in windows.of_kind("event_log") if one.at_utc is not None), default=None)
    for record in windows.of_kind("time_zone"):
        minutes = record.details.get("active_bias_minutes")
        yield Testimony("libregf", {"zone": _fitting(trace, latest, minutes)})
    other = bias_minutes(windows)
    yield Testimony(READER, None if other is None else {"zone": _fitting(trace, latest, other)}, ("zone",))


def _fitting(trace: Trace, latest: datetime | None, minutes: object) -> object:
    """Return the zone of the trace if it was so many minutes from UTC when the last event was logged."""
    if latest is None:
        return Unreadable("no event log says when the registry was last used")
    try:
        offset = latest.astimezone(zone_named(str(trace.facts["zone"]))).utcoffset()
    except UnknownZoneError as error:
        return Unreadable(error.message)
    fits = offset is not None and isinstance(minutes, int) and offset.total_seconds() == -60 * minutes
    return trace.facts["zone"] if fits else Unreadable(f"the registry says {-int(str(minutes))} minutes")


def _changes(windows: WindowsView) -> Iterator[tuple[int, datetime | None, datetime | None, int]]:
    """Yield id, time before, time after and number of the record of each event in which the clock was set."""
    for record in windows.of_kind("event_log"):
        details = record.details
        of_kernel = details.get("provider") == _KERNEL_GENERAL
        if details.get("event_id") == (_SET_IN_SYSTEM if of_kernel else _SET_IN_SECURITY):
            before = time_in(details.get("data.OldTime") or details.get("data.PreviousTime"))
            number = int(str(details["record_number"]))
            yield int(str(details["event_id"])), before, time_in(details.get("data.NewTime")), number


def _error(windows: WindowsView) -> Iterator[Testimony]:
    """The largest step that the clock was set by is its error: it was right before."""
    steps = [(after - before).total_seconds() for _, before, after, _ in _changes(windows) if before and after]
    if steps:
        yield Testimony("libevtx", {"clock_offset_s": int(max(steps, key=abs))})


def _events(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    """Both events of the moment: that of the Security log, and that of the kernel in the System log."""
    clock = clock_of(trace, item.truth)
    for event, before, after, record in _changes(windows):
        if before is None or after is None or after - before != timedelta(seconds=clock.offset_s):
            continue  # Windows sets a clock by less than a second now and then
        facts: dict[str, Any] = {
            "before_device_utc": before,
            "at_utc": before,  # the clock was right until then
            "at_device_utc": after,
            "at_local": clock.local(after),
        }
        if event == _SET_IN_SECURITY:
            facts["record"] = record
        yield Testimony(f"libevtx, event {event}", facts)


def _by_hand(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The record of the Security log, by hand: it was written right behind the moment."""
    number = trace.facts["record"]
    found = [one for one in raw_events(windows.content(_SECURITY_LOG)) if one.number == number]
    at: object = found[0].at_utc if found else Unreadable(f"the log has no record {number}")
    yield Testimony("event log by hand", {"at_device_utc": at})
