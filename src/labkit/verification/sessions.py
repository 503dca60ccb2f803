"""People at the computer: logging on and off, and the programs that they ran."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.event_witnesses import SECURITY, noted_event
from labkit.verification.hearing import heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.windows_view import WindowsView, windows_of

_LOGGED_ON, _LOGGED_OFF = frozenset({4624}), frozenset({4634, 4647})


def confirm_log_on(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a person who logged on."""
    yield from _session(trace, item, _LOGGED_ON)


def confirm_log_off(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a person who logged off."""
    yield from _session(trace, item, _LOGGED_OFF)


def confirm_program_run(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of one run of a program: in its prefetch file, and where the program lies."""
    windows = windows_of(trace, item)
    yield from weigh(trace, heard(trace, [partial(_prefetch, trace, item, windows), partial(_program, trace, windows)]))


def _session(trace: Trace, item: BuiltItem, events: frozenset[int]) -> Iterator[Confirmation]:
    windows = windows_of(trace, item)
    name = str(trace.facts["name"])
    witnesses = [
        partial(noted_event, trace, item, windows, SECURITY, name, events=events),
        partial(_account, trace, windows),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _account(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    for record in windows.of_kind("event_log"):
        details = record.details
        if details.get("channel") == SECURITY.channel and details.get("record_number") == trace.facts["record"]:
            yield Testimony("libevtx", {"name": details.get("data.TargetUserName")})


def _prefetch(trace: Trace, item: BuiltItem, windows: WindowsView) -> Iterator[Testimony]:
    """The prefetch file keeps the last eight runs, so that a run is among them or was followed by eight others."""
    path = str(trace.facts["prefetch_path"])
    runs = [one for one in windows.of_kind("prefetch") if one.source_path == path]
    if not runs:
        yield Testimony("libscca", {"prefetch_path": Unreadable("there is no such prefetch file")})
        return
    details = runs[0].details
    times = [one.at_utc for one in runs if one.at_utc is not None]
    at = trace.facts["at_device_utc"]
    found: Any = at if at in times else Unreadable(f"not among its runs {[time.isoformat() for time in times]}")
    loaded = str(details.get("program_path", ""))
    fits = loaded.upper().endswith(str(trace.facts["program_path"]).replace("/", "\\").upper())
    facts: dict[str, Any] = {
        "prefetch_path": path,
        "program": trace.facts["program"] if _same(details.get("program"), trace.facts["program"]) else loaded,
        "program_path": trace.facts["program_path"] if fits else loaded,
        "run_count": details.get("run_count"),
        "at_device_utc": found,
    }
    yield Testimony("libscca", facts)
    if at in times:
        yield worked_out_utc({"at": next(time for time in times if time == at)}, clock_of(trace, item.truth))


def _program(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The executable lies where the truth says."""
    path = str(trace.facts["program_path"])
    address = windows.view.libfsntfs.address_of(path)
    there = address is not None
    facts = {"program_path": path, "program": path.rpartition("/")[2]}
    yield Testimony("libfsntfs", facts if there else {"program_path": Unreadable("there is no such program")})


def _same(shown: object, name: object) -> bool:
    """Return whether a name in capitals, cut to 29 characters, is that of a program (libyal, "Windows Prefetch")."""
    return str(shown).upper() == str(name).upper()[:29]
