"""What event logs say about one moment: the record that the truth names, by its number and by its time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Span, Testimony, Unreadable, agree
from labkit.verification.event_records import raw_events
from labkit.verification.machine_clock import clock_of
from labkit.verification.windows_view import WindowsView

_NOTING = timedelta(seconds=1)
_LOGS = "/Windows/System32/winevt/Logs"


@dataclass(frozen=True, slots=True)
class EventLog:
    """A log, by its channel and by its file."""

    channel: str
    path: str


SECURITY = EventLog("Security", f"{_LOGS}/Security.evtx")
DEVICES = EventLog(
    "Microsoft-Windows-Kernel-PnP/Configuration", f"{_LOGS}/Microsoft-Windows-Kernel-PnP%4Configuration.evtx"
)


def noted_event(
    trace: Trace, item: BuiltItem, windows: WindowsView, log: EventLog, holding: str, *, events: frozenset[int]
) -> Iterator[Testimony]:
    """Yield what libevtx and a reading by hand say of the record that a trace names.

    Args:
        trace: It has ``record`` and ``at_device_utc``.
        item: The item.
        windows: The Windows that wrote the log.
        log: Where the record stands.
        holding: A text that the record holds.
        events: The numbers of the events that are meant; libevtx tells them.
    """
    of_log = [one for one in windows.of_kind("event_log") if one.details.get("channel") == log.channel]
    told = {
        int(str(one.details["record_number"])): one.at_utc
        for one in of_log
        if one.details.get("event_id") in events and any(holding in str(value) for value in one.details.values())
    }
    yield Testimony("libevtx", _named(trace, told))
    raw = {one.number: one.at_utc for one in raw_events(windows.content(log.path)) if one.holds(holding)}
    yield Testimony("event log by hand", _named(trace, raw))
    at = raw.get(int(str(trace.facts["record"])))
    if at is not None:
        clock = clock_of(trace, item.truth)
        shown = {"at_utc": _shortly_before(clock.true_utc(at)), "at_local": _shortly_before(clock.local(at))}
        yield Testimony("event log by hand, zoneinfo", shown)


def _named(trace: Trace, found: Mapping[int, datetime | None]) -> dict[str, Any]:
    """Return the time of the record with the trace's number, and the number of a record with its time."""
    at, number = trace.facts["at_device_utc"], int(str(trace.facts["record"]))
    spans = {one: _shortly_before(time) for one, time in found.items() if time is not None}
    same = [one for one, span in spans.items() if agree(at, span)]
    return {
        "at_device_utc": spans.get(number, Unreadable(f"record {number} is not about this")),
        "record": number if number in same else (same[0] if same else Unreadable("no record of that time")),
    }


def _shortly_before(noted: datetime) -> Span:
    """Return when something happened that Windows noted at a moment: within the second before it."""
    return Span(noted - _NOTING + timedelta(microseconds=1), _NOTING)
