"""Files of an NTFS volume, live and deleted: where their record stands, where their content lies, what it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Span, Testimony, Unreadable, statement, weigh
from labkit.verification.content_witnesses import content_witnesses
from labkit.verification.hearing import Witness, heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.ntfs_witnesses import fls, icat, istat, labkit, libfsntfs, pytsk3, raw_record
from labkit.verification.sleuthkit_ntfs import JournalLine

_LIVE, _DELETED = "live", "deleted"
# Reasons in a change journal (MS-FSCC 2.3.62.2).
_REMOVED, _RENAMED_FROM = 0x00000200, 0x00001000
_SECOND = timedelta(seconds=1)


def confirm_ntfs_file(trace: Trace, item: BuiltItem, view: NtfsView) -> Iterator[Confirmation]:
    """Yield confirmations of a live file."""
    yield from state(trace, view, _LIVE)
    yield from weigh(trace, heard(trace, file_witnesses(trace, item, view)))


def confirm_deleted_ntfs_file(trace: Trace, item: BuiltItem, view: NtfsView) -> Iterator[Confirmation]:
    """Yield confirmations of a deleted file whose content can be recovered whole."""
    yield from state(trace, view, _DELETED)
    yield from unowned(trace, view, _clusters(trace))
    witnesses = file_witnesses(trace, item, view)
    if "at_device_utc" in trace.facts:
        witnesses.append(partial(changed_at, trace, item, view, _REMOVED))
    yield from weigh(trace, heard(trace, witnesses))


def file_witnesses(trace: Trace, item: BuiltItem, view: NtfsView) -> list[Witness]:
    """Return everybody who can say something about a file, whatever else the trace is about."""
    return [
        partial(labkit, trace, view),
        partial(pytsk3, trace, view),
        partial(libfsntfs, trace, view),
        partial(raw_record, trace, view, clock_of(trace, item.truth)),
        partial(fls, trace, view),
        partial(istat, trace, view),
        partial(icat, trace, view),
        partial(former_name, trace, view),
        *content_witnesses(trace, item, partial(_content, trace, view)),
    ]


def without(trace: Trace, *facts: str) -> Trace:
    """Return a trace that leaves out what its kind gives another meaning to."""
    return replace(trace, facts={name: value for name, value in trace.facts.items() if name not in facts})


def state(trace: Trace, view: NtfsView, expected: str) -> Iterator[Confirmation]:
    """Yield whether the record is in use, by hand, by the Sleuth Kit's library and by libfsntfs."""
    address = int(str(trace.facts["address"]))
    words = {True: _LIVE, False: _DELETED}
    raw = view.by_hand(int(str(trace.facts["entry_offset_bytes"])))
    yield statement(trace.id, "(state)", "record by hand", expected, words[raw.live])
    yield statement(trace.id, "(state)", "pytsk3", expected, words[view.by_pytsk3(address).live])
    yield statement(trace.id, "(state)", "libfsntfs", expected, words[view.by_libfsntfs(address).live])


def unowned(trace: Trace, view: NtfsView, clusters: tuple[int, ...]) -> Iterator[Confirmation]:
    """Yield whether clusters belong to nobody: by $Bitmap, and by the runs of all live records."""
    taken = tuple(cluster for cluster in clusters if not view.is_free(cluster))
    yield statement(trace.id, "(taken clusters)", "$Bitmap by hand", (), taken)
    owners = tuple(sorted({view.owners[cluster] for cluster in clusters if cluster in view.owners}))
    yield statement(trace.id, "(owners)", "libfsntfs", (), owners)


def former_name(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """The change journal: the name and the folder from which the file was renamed or moved."""
    if "old_path" in trace.facts:
        for reader, lines in _journals(trace, view):
            old = [line for line in lines or () if line.reasons & _RENAMED_FROM]
            found: object = Unreadable("the change journal has no rename of this file")
            if old:
                found = f"{view.libfsntfs.path_of(old[-1].parent_address)}/{old[-1].name}"
            yield Testimony(reader, None if lines is None else {"old_path": found}, ("old_path",))


def changed_at(trace: Trace, item: BuiltItem, view: NtfsView, reasons: int) -> Iterator[Testimony]:
    """The change journal: when something of a kind happened to the file last, in whole seconds."""
    for reader, lines in _journals(trace, view):
        times = [line.at_utc for line in lines or () if line.reasons & reasons]
        at: object = Span(times[-1], _SECOND) if times else Unreadable("the change journal does not have it")
        yield Testimony(reader, None if lines is None else {"at_device_utc": at}, ("at_device_utc",))
    times = [line.at_utc for line in view.changes.get(int(str(trace.facts["address"])), ()) if line.reasons & reasons]
    if times:
        yield worked_out_utc({"at": times[-1]}, clock_of(trace, item.truth))


def _journals(trace: Trace, view: NtfsView) -> Iterator[tuple[str, tuple[JournalLine, ...] | None]]:
    """Yield what labkit's reader and ``usnjls`` have of a file in the change journal."""
    address = int(str(trace.facts["address"]))
    yield "labkit", view.changes.get(address, ())
    lines = view.journal
    yield "usnjls", None if lines is None else tuple(line for line in lines if line.address == address)


def _content(trace: Trace, view: NtfsView) -> bytes:
    return view.by_libfsntfs(int(str(trace.facts["address"]))).content


def _clusters(trace: Trace) -> tuple[int, ...]:
    value = trace.facts.get("clusters", ())
    return tuple(int(number) for number in value) if isinstance(value, tuple) else ()
