"""Sticks that were plugged in: what the registry, the event logs and the shortcuts keep of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Span, Testimony, Unreadable, agree, weigh
from labkit.verification.event_records import raw_events
from labkit.verification.hearing import heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.shortcut_bytes import REMOVABLE, read_shortcut
from labkit.verification.windows_view import WindowsView, time_in, windows_of

_CONFIGURING = timedelta(seconds=1)
_TAKEN_OUT = "unplug_usb"
_DEVICE_LOG = "/Windows/System32/winevt/Logs/Microsoft-Windows-Kernel-PnP%4Configuration.evtx"
_DEVICE_CHANNEL = "Microsoft-Windows-Kernel-PnP/Configuration"


def confirm_usb_device(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a stick, and of one moment at which it was plugged in or taken out."""
    windows = windows_of(trace, item)
    witnesses = [
        partial(_registry, trace, item, windows),
        partial(_volume, trace, windows),
        *([] if "record" not in trace.facts else [partial(_event_log, trace, item, windows)]),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _registry(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    """The SYSTEM and SOFTWARE hives: the drive by its serial number, and when it came first and went last."""
    serial = trace.facts["device_serial"]
    found = [one for one in windows.of_kind("usb") if one.details.get("bus") == "USBSTOR"]
    drive = next((one for one in found if one.details.get("serial") == serial), None)
    if drive is None:
        serials = sorted({str(one.details.get("serial")) for one in found})
        yield Testimony("libregf", {"device_serial": Unreadable(f"no such drive, only {serials}")})
        return
    details = drive.details
    letters = details.get("drive_letters", ())
    stored = {"first": time_in(details.get("first_installed_utc"))}
    if trace.event == _TAKEN_OUT:
        stored["at"] = time_in(details.get("last_removal_utc"))
    elif "record" not in trace.facts:
        stored["at"] = time_in(details.get("last_arrival_utc"))
    times = {name: time for name, time in stored.items() if time is not None}
    facts: dict[str, Any] = {
        "device_serial": details.get("serial"),
        "name": details.get("name"),
        "label": details.get("shown_as"),
        "letter": str(letters[0])[:1] if isinstance(letters, tuple) and letters else None,
        **{f"{name}_device_utc": time for name, time in times.items()},
    }
    yield Testimony("libregf", facts)
    yield worked_out_utc(times, clock_of(trace, item.truth))


def _event_log(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    """The log of configured devices: the record that names the stick, by its number and by its time."""
    serial = str(trace.facts["device_serial"])
    events = [one for one in windows.of_kind("event_log") if one.details.get("channel") == _DEVICE_CHANNEL]
    of_stick = {_number(one): one.at_utc for one in events if serial in str(one.details.get("data.DeviceInstanceId"))}
    yield Testimony("libevtx", _named(trace, of_stick))
    raw = {one.number: one.at_utc for one in raw_events(windows.content(_DEVICE_LOG)) if one.holds(serial)}
    yield Testimony("event log by hand", _named(trace, raw))
    at = raw.get(int(str(trace.facts["record"])))
    if at is not None:
        clock = clock_of(trace, item.truth)
        shown = {"at_utc": _shortly_before(clock.true_utc(at)), "at_local": _shortly_before(clock.local(at))}
        yield Testimony("event log by hand, zoneinfo", shown)


def _named(trace: Trace, found: dict[int, Any]) -> dict[str, Any]:
    """Return the time of the record with the trace's number, and the number of the record with its time."""
    at, number = trace.facts["at_device_utc"], int(str(trace.facts["record"]))
    spans = {one: _shortly_before(time) for one, time in found.items() if time is not None}
    same = [one for one, span in spans.items() if agree(at, span)]
    return {
        "at_device_utc": spans.get(number, Unreadable(f"record {number} is not about this stick")),
        "record": number if number in same else (same[0] if same else Unreadable("no record of that time")),
    }


def _shortly_before(noted: datetime) -> Span:
    """Return when a stick came that Windows had configured at a moment: within the second before it."""
    return Span(noted - _CONFIGURING + timedelta(microseconds=1), _CONFIGURING)


def _number(record: ArtifactRecord) -> int:
    return int(str(record.details["record_number"]))


def _volume(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """Shortcuts to files of the stick: its volume as Windows saw it."""
    letter = str(trace.facts["letter"])
    for record in windows.of_kind("shortcut"):
        details = record.details
        if details.get("drive_type") == "removable" and details.get("volume_label") == trace.facts["label"]:
            facts = {"serial": details.get("volume_serial"), "letter": str(details.get("local_path"))[:1]}
            yield Testimony("liblnk", {**facts, "label": details.get("volume_label")})
            raw = read_shortcut(windows.view.by_libfsntfs(record.source_address).content)
            if raw.drive_kind == REMOVABLE:
                shown = {"serial": raw.volume_serial, "letter": raw.path[:1], "label": raw.volume_label}
                yield Testimony("shortcut by hand", shown)
            return
    yield Testimony("liblnk", {"serial": Unreadable(f"no shortcut to a stick with the letter {letter}")})
