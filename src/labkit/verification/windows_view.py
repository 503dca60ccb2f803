"""What Windows noted on one NTFS volume, read by labkit through libyal once: hives, event logs, shortcuts, prefetch."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from labkit.evidence.artifacts.reading import artifacts
from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.evidence.libyal_ntfs import Record
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.ntfs_view import NtfsView

_KINDS = ("usb", "shortcut", "event_log", "recent_docs", "time_zone", "prefetch")


class WindowsView:
    """The records of a volume: event logs by libevtx, hives by libregf, shortcuts by liblnk, prefetch by libscca."""

    def __init__(self, view: NtfsView) -> None:
        self.view = view

    def of_kind(self, kind: str) -> Iterator[ArtifactRecord]:
        """Yield the records of one kind out of live files."""
        return (record for record in self._records if record.kind == kind and not record.recovered)

    def content(self, path: str) -> bytes:
        """Return the content of a live file, by libfsntfs.

        Raises:
            LookupError: There is none of that path.
        """
        return self.file(path).content

    def file(self, path: str) -> Record:
        """Return a live file, by libfsntfs, which says itself what its path is.

        Raises:
            LookupError: There is none of that path.
        """
        address = self.view.libfsntfs.address_of(path)
        if address is None:
            raise LookupError(f"libfsntfs finds no live file {path}")
        return self.view.by_libfsntfs(address)

    @cached_property
    def _records(self) -> tuple[ArtifactRecord, ...]:
        return tuple(artifacts(self.view.reader, _KINDS))


def windows_of(trace: Trace, item: BuiltItem) -> WindowsView:
    """Return the Windows that a trace is about: that of its volume, or of the largest NTFS volume.

    Raises:
        LookupError: The medium has no NTFS volume.
    """
    numbers = [int(str(trace.facts["volume"]))] if "volume" in trace.facts else []
    if not numbers:
        found = [volume for volume in item.table.volumes if volume.filesystem == "NTFS"]
        numbers = [volume.number for volume in sorted(found, key=lambda one: -one.size_bytes)]
    view = item.view(numbers[0]) if numbers else None
    if not isinstance(view, NtfsView):
        raise LookupError("the medium has no NTFS volume with a Windows on it")  # noqa: TRY004 - the truth is wrong
    return item.beside(view, WindowsView)


def time_in(text: object) -> datetime | None:
    """Return a time that a record's details state as ISO 8601 text with more digits than microseconds."""
    if not isinstance(text, str) or not text.endswith("Z"):
        return None
    whole, _, fraction = text.removesuffix("Z").partition(".")
    try:
        return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")
    except ValueError:
        return None
