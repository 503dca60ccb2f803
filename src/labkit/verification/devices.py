"""Sticks that were plugged in: what the registry, the event logs and the shortcuts keep of them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Span, Testimony, Unreadable, weigh
from labkit.verification.event_witnesses import DEVICES, noted_event
from labkit.verification.hearing import Witness, heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.other_registry import stick_by_python_registry
from labkit.verification.shortcut_bytes import REMOVABLE, read_shortcut
from labkit.verification.windows_view import WindowsView, time_in, windows_of
from labkit.zones import zone as zone_named

_TAKEN_OUT = "unplug_usb"
_CONFIGURED = frozenset({400, 410})  # a device was configured, a device was started
_SETUP_LOG = "/Windows/INF/setupapi.dev.log"
_SECTION = r">>>  Section start (?P<time>[\d/]+ [\d:.]+)"
_MILLISECOND = timedelta(milliseconds=1)


def confirm_usb_device(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a stick, and of one moment at which it was plugged in or taken out."""
    windows = windows_of(trace, item)
    witnesses: list[Witness] = [
        partial(_registry, trace, item, windows),
        partial(stick_by_python_registry, trace, windows, taken_out=trace.event == _TAKEN_OUT),
        partial(_volume, trace, windows),
        partial(_setup_log, trace, windows),
    ]
    if "record" in trace.facts:
        serial = str(trace.facts["device_serial"])
        witnesses.append(partial(noted_event, trace, item, windows, DEVICES, serial, events=_CONFIGURED))
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


def _setup_log(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The log of installed drivers, in local time: the section of the stick begins when it came for the first time."""
    text = windows.content(_SETUP_LOG).decode("utf-8", "replace")
    serial = str(trace.facts["device_serial"])
    match = re.search(rf"^>>>  \[[^\]\r\n]*\\{re.escape(serial)}[^\r\n]*\r?\n{_SECTION}", text, re.MULTILINE)
    if match is None:
        yield Testimony("setupapi.dev.log", {"device_serial": Unreadable("the log has no section of this stick")})
        return
    local = datetime.strptime(match["time"], "%Y/%m/%d %H:%M:%S.%f").replace(
        tzinfo=zone_named(str(trace.facts["zone"]))
    )
    at = local.astimezone(UTC)
    yield Testimony("setupapi.dev.log", {"device_serial": serial, "first_device_utc": Span(at, _MILLISECOND)})


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
