"""Documents that were opened: the shortcut that Windows made, and its list of documents."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.hearing import Witness, heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.ntfs_files import file_witnesses
from labkit.verification.shortcut_bytes import read_shortcut
from labkit.verification.windows_view import WindowsView, windows_of

SYSTEM_DRIVE = "C:"


def confirm_opened_document(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a document of this disk that was opened: of the file, and of its opening."""
    windows = windows_of(trace, item)
    target = SYSTEM_DRIVE + str(trace.facts["path"]).replace("/", "\\")
    witnesses: list[Witness] = [
        *file_witnesses(trace, item, windows.view),
        partial(_shortcut, trace, item, windows, target),
        partial(_read_last, trace, windows),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def confirm_opened_on_device(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a document on a stick that was opened here: the file itself is elsewhere."""
    windows = windows_of(trace, item)
    witnesses = [
        partial(_shortcut, trace, item, windows, str(trace.facts["device_path"])),
        partial(_recent_documents, trace, windows),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _shortcut(trace: Trace, item: BuiltItem, windows: WindowsView, target: str) -> Iterator[Testimony]:
    """The shortcut: Windows writes it anew when a document is opened, so its own last change is the opening."""
    path = str(trace.facts["shortcut_path"])
    record = next((one for one in windows.of_kind("shortcut") if one.source_path == path), None)
    if record is None:
        yield Testimony("liblnk", {"shortcut_path": Unreadable("there is no such shortcut")})
        return
    details = record.details
    at = record.at_utc
    yield Testimony("liblnk", _facts(path, target, str(details.get("local_path")), at) | {
        "serial": details.get("volume_serial"),
        "label": details.get("volume_label"),
    })  # fmt: skip
    address = windows.view.libfsntfs.address_of(path)
    file = windows.view.by_libfsntfs(record.source_address if address is None else address)
    raw = read_shortcut(file.content)
    at = file.times["modified"]
    of_volume = {"serial": raw.volume_serial, "label": raw.volume_label}
    yield Testimony("shortcut by hand", _facts(file.path, target, raw.path, at) | of_volume)
    if at is not None:
        yield worked_out_utc({"at": at}, clock_of(trace, item.truth))


def _facts(path: str, target: str, found: str, at: datetime | None) -> dict[str, Any]:
    pointed: object = path if found == target else Unreadable(f"it points to {found}")
    return {
        "shortcut_path": pointed,
        "device_path": found,
        "name": found.rpartition("\\")[2],
        "at_device_utc": Unreadable("no time") if at is None else at,
    }


def _read_last(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """The file's own last access, which is its opening where nothing looked at it later."""
    record = windows.view.by_libfsntfs(int(str(trace.facts["address"])))
    yield Testimony("libfsntfs", {"at_device_utc": record.times["accessed"]})


def _recent_documents(trace: Trace, windows: WindowsView) -> Iterator[Testimony]:
    """RecentDocs: the names, and when the first of a list was put there."""
    name = str(trace.facts["name"])
    named = [record for record in windows.of_kind("recent_docs") if record.details.get("name") == name]
    facts: dict[str, Any] = {"name": name if named else Unreadable("RecentDocs does not have it")}
    times = [record.at_utc for record in named if record.at_utc is not None]
    if times:
        facts["at_device_utc"] = times[0]
    yield Testimony("libregf", facts)
