"""Text where no file is: behind the end of a file or of a record, and in clusters that belong to nobody."""

from collections.abc import Iterator
from typing import Any

from labkit.evidence.image import Image
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.fat_view import FatView
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.volume_view import SECTOR_BYTES

FIRST_VOLUME = 1


def confirm_slack(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a text in the slack of a live file."""
    view = _view(trace, item)
    text, path = str(trace.facts["text"]), str(trace.facts["path"])
    host = _host(view, path)
    address, size, runs = host
    slack = view.reader.slack(address)
    encoded = encoded_in(text, slack)
    place = slack.find(encoded) if encoded else -1
    inside = size + place  # from byte 0 of the host file
    cluster_bytes = view.geometry.cluster_bytes
    cluster, rest = divmod(inside, cluster_bytes)
    starts = [offset + step for offset, length in runs for step in range(0, length, cluster_bytes)]
    on_medium = starts[cluster] + rest if place >= 0 and cluster < len(starts) else None
    facts: dict[str, Any] = {
        "path": path,
        "name": path.rpartition("/")[2],
        "volume": view.volume.number,
        "address": address,
        "size_bytes": size,
        "file_offset_bytes": inside if place >= 0 else None,
        "offset_bytes": on_medium,
        "offset_sectors": None if on_medium is None else on_medium // SECTOR_BYTES,
        "volume_offset_bytes": None if on_medium is None else on_medium - view.volume.start_bytes,
        "last_cluster": view.geometry.cluster_at(starts[-1]) if starts else 0,
        "first_cluster": view.geometry.cluster_at(starts[0]) if starts else 0,
    }
    reader = f"{_library(view)} and pytsk3"
    yield from weigh(trace, [Testimony(reader, facts), _bytes_at(trace, item.medium), _icat(trace, view, address)])


def confirm_record_slack(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a text in an MFT record, behind what the record uses of itself."""
    view = _view(trace, item)
    if not isinstance(view, NtfsView):
        raise LookupError(f"volume {view.volume.number} has no MFT records")  # noqa: TRY004 - the truth is wrong
    offset = int(str(trace.facts["offset_bytes"]))
    begin = offset - (offset - view.geometry.table_start_bytes) % view.geometry.record_bytes
    record = view.by_hand(begin)
    data = item.medium.read(begin, view.geometry.record_bytes)
    encoded = encoded_in(str(trace.facts["text"]), data)
    place = data.find(encoded, record.used_bytes) if encoded else -1
    facts = {"offset_bytes": Unreadable("the text does not stand behind what the record uses")}
    if place >= 0:
        facts = _place(view, view.record_offset_bytes(record.number) + place)
    yield from weigh(trace, [Testimony("record by hand", facts), _bytes_at(trace, item.medium), _blkcat(trace, view)])


def confirm_unallocated(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a text in clusters that belong to nobody."""
    view = _view(trace, item)
    offset = int(str(trace.facts["offset_bytes"]))
    text = str(trace.facts.get("text", ""))
    encoded = encoded_in(text, item.medium.read(offset, 4 * len(text) + 2))
    yield from unowned(trace, view, offset, max(len(encoded), 1))
    facts = {**_place(view, offset), "first_cluster": view.geometry.cluster_at(offset)}
    if text and not encoded:
        facts["offset_bytes"] = Unreadable("the text does not stand there")
    yield from weigh(trace, [Testimony("bytes of the medium", facts), *_text(trace, view)])


def unowned(trace: Trace, view: FatView | NtfsView, offset: int, size: int) -> Iterator[Confirmation]:
    """Yield whether clusters belong to nobody: by the volume's own map, and by the runs of all live files."""
    clusters = range(view.geometry.cluster_at(offset), view.geometry.cluster_at(offset + size - 1) + 1)
    taken = tuple(number for number in clusters if not view.is_free(number))
    yield statement(trace.id, "(taken clusters)", "allocation table", (), taken)
    owners = tuple(sorted({str(view.owners[number]) for number in clusters if number in view.owners}))
    yield statement(trace.id, "(owners)", _library(view), (), owners)


def _text(trace: Trace, view: FatView | NtfsView) -> Iterator[Testimony]:
    if "text" in trace.facts:
        yield _bytes_at(trace, view.medium)
        yield _blkcat(trace, view)


def _view(trace: Trace, item: BuiltItem) -> FatView | NtfsView:
    return item.view(int(str(trace.facts.get("volume", FIRST_VOLUME))))


def _library(view: FatView | NtfsView) -> str:
    return "libfsntfs" if isinstance(view, NtfsView) else "libfsfat"


def _host(view: FatView | NtfsView, path: str) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """Return address, size and runs of a live file.

    Raises:
        LookupError: There is none of that path.
    """
    if isinstance(view, FatView):
        record = view.records.get(path)
        if record is not None:
            return view.reader.find(path), record.size_bytes, record.runs
        raise LookupError(f"libfsfat finds no live entry {path}")
    address = view.libfsntfs.address_of(path)
    if address is None:
        raise LookupError(f"libfsntfs finds no live entry {path}")
    found = view.by_libfsntfs(address)
    return address, found.size_bytes, found.runs


def _place(view: FatView | NtfsView, offset: int) -> dict[str, Any]:
    return {
        "volume": view.volume.number,
        "offset_bytes": offset,
        "offset_sectors": offset // SECTOR_BYTES,
        "volume_offset_bytes": offset - view.volume.start_bytes,
    }


def _bytes_at(trace: Trace, medium: Image) -> Testimony:
    """The text, read from the medium at the place that the truth gives."""
    text = str(trace.facts["text"])
    data = medium.read(int(str(trace.facts["offset_bytes"])), 4 * len(text) + 2)
    found = text if encoded_in(text, data) and data.startswith(encoded_in(text, data)) else _readable(data, len(text))
    words = trace.facts.get("words", ())
    present = tuple(word for word in words if str(word) in found) if isinstance(words, tuple) else ()
    return Testimony("bytes of the medium", {"text": found, "words": present})


def _icat(trace: Trace, view: FatView | NtfsView, address: int) -> Testimony:
    """The text, read with ``icat -s``: content and slack as one stream."""
    answer = view.sleuthkit("icat", address, options=("-s",))
    if answer is None:
        return Testimony("icat", None, ("text", "file_offset_bytes"))
    text = str(trace.facts["text"])
    encoded = encoded_in(text, answer.output)
    place = answer.output.rfind(encoded) if encoded else -1
    return Testimony("icat", {"text": text if place >= 0 else None, "file_offset_bytes": place if place >= 0 else None})


def _blkcat(trace: Trace, view: FatView | NtfsView) -> Testimony:
    """The text, read with ``blkcat``."""
    offset = int(str(trace.facts["offset_bytes"]))
    text = str(trace.facts["text"])
    block, start = divmod(offset - view.volume.start_bytes, view.block_bytes)
    last = (view.volume.size_bytes - 1) // view.block_bytes
    count = min(-(-(start + 4 * len(text)) // view.block_bytes), last + 1 - block)
    content = view.sleuthkit("blkcat", block, count)
    if content is None:
        return Testimony("blkcat", None, ("text",))
    return Testimony("blkcat", {"text": text if encoded_in(text, content.output[start:]) else None})


def encoded_in(text: str, data: bytes) -> bytes:
    """Return the text in the encoding in which ``data`` holds it; nothing where it does not."""
    for encoding in ("utf-8", "utf-16-le", "cp1251"):
        try:
            encoded = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        if encoded and encoded in data:
            return encoded
    return b""


def _readable(data: bytes, length: int) -> str:
    return data.decode("utf-8", "backslashreplace")[:length]
