"""Text where no file is: behind the end of a file, and in clusters that belong to nobody."""

from collections.abc import Iterator
from typing import Any

from labkit.evidence.image import Image
from labkit.model.truth import Trace
from labkit.verification.built import SECTOR_BYTES, BuiltItem, VolumeView
from labkit.verification.confirmation import Confirmation, Testimony, statement, weigh
from labkit.verification.fat_entry import is_free

FIRST_VOLUME = 1


def confirm_slack(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a text in the slack of a live file."""
    view = item.view(int(str(trace.facts.get("volume", FIRST_VOLUME))))
    text = str(trace.facts["text"])
    record = view.records.get(str(trace.facts["path"]))
    if record is None:
        yield statement(trace.id, "path", "libfsfat", trace.facts["path"], "no live entry of that path")
        return
    address = view.reader.find(record.path)
    slack = view.reader.slack(address)
    encoded = _encoded(text, slack)
    place = slack.find(encoded) if encoded else -1
    inside = record.size_bytes + place  # from byte 0 of the host file
    cluster, rest = divmod(inside, view.geometry.cluster_bytes)
    starts = [offset + step for offset, size in record.runs for step in range(0, size, view.geometry.cluster_bytes)]
    on_medium = starts[cluster] + rest if place >= 0 and cluster < len(starts) else None
    facts: dict[str, Any] = {
        "path": record.path,
        "name": record.path.rpartition("/")[2],
        "volume": view.volume.number,
        "address": address,
        "size_bytes": record.size_bytes,
        "file_offset_bytes": inside if place >= 0 else None,
        "offset_bytes": on_medium,
        "offset_sectors": None if on_medium is None else on_medium // SECTOR_BYTES,
        "volume_offset_bytes": None if on_medium is None else on_medium - view.volume.start_bytes,
        "last_cluster": view.geometry.cluster_at(starts[-1]) if starts else 0,
        "first_cluster": view.geometry.cluster_at(starts[0]) if starts else 0,
    }
    testimonies = [Testimony("libfsfat and pytsk3", facts), _bytes_at(trace, item.medium), _icat(trace, view, address)]
    yield from weigh(trace, testimonies)


def confirm_unallocated(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a text in clusters that belong to nobody."""
    view = item.view(int(str(trace.facts.get("volume", FIRST_VOLUME))))
    offset = int(str(trace.facts["offset_bytes"]))
    text = str(trace.facts["text"])
    encoded = _encoded(text, item.medium.read(offset, 4 * len(text) + 2))
    last = offset + max(len(encoded), 1) - 1
    clusters = range(view.geometry.cluster_at(offset), view.geometry.cluster_at(last) + 1)
    taken = tuple(number for number in clusters if not is_free(item.medium, view.geometry, number))
    yield statement(trace.id, "(taken clusters)", "allocation table", (), taken)
    owners = tuple(sorted({view.owners[number] for number in clusters if number in view.owners}))
    yield statement(trace.id, "(owners)", "libfsfat", (), owners)
    facts: dict[str, Any] = {
        "volume": view.volume.number,
        "offset_bytes": offset if encoded else None,
        "offset_sectors": offset // SECTOR_BYTES,
        "volume_offset_bytes": offset - view.volume.start_bytes,
        "first_cluster": clusters[0],
    }
    yield from weigh(
        trace, [Testimony("bytes of the medium", facts), _bytes_at(trace, item.medium), _blkcat(trace, item, view)]
    )


def _bytes_at(trace: Trace, medium: Image) -> Testimony:
    """The text, read from the medium at the place that the truth gives."""
    text = str(trace.facts["text"])
    data = medium.read(int(str(trace.facts["offset_bytes"])), 4 * len(text) + 2)
    found = text if _encoded(text, data) and data.startswith(_encoded(text, data)) else _readable(data, len(text))
    words = trace.facts.get("words", ())
    present = tuple(word for word in words if str(word) in found) if isinstance(words, tuple) else ()
    return Testimony("bytes of the medium", {"text": found, "words": present})


def _icat(trace: Trace, view: VolumeView, address: int) -> Testimony:
    """The text, read with ``icat -s``: content and slack as one stream."""
    answer = view.sleuthkit("icat", address, options=("-s",))
    if answer is None:
        return Testimony("icat", None, ("text", "file_offset_bytes"))
    text = str(trace.facts["text"])
    encoded = _encoded(text, answer.output)
    place = answer.output.rfind(encoded) if encoded else -1
    return Testimony("icat", {"text": text if place >= 0 else None, "file_offset_bytes": place if place >= 0 else None})


def _blkcat(trace: Trace, item: BuiltItem, view: VolumeView) -> Testimony:
    """The text, read with ``blkcat``; ``blkstat`` says whether the block is in use."""
    offset = int(str(trace.facts["offset_bytes"]))
    sector = (offset - view.volume.start_bytes) // SECTOR_BYTES
    text = str(trace.facts["text"])
    count = -(-4 * len(text) // SECTOR_BYTES) + 1
    count = min(count, (item.medium.size_bytes - offset) // SECTOR_BYTES)
    content = view.sleuthkit("blkcat", sector, count)
    state = view.sleuthkit("blkstat", sector)
    if content is None or state is None:
        return Testimony("blkcat", None, ("text",))
    start = offset % SECTOR_BYTES
    encoded = _encoded(text, content.output[start:])
    free = "Not Allocated" in state.text
    return Testimony("blkcat", {"text": text if encoded and free else None})


def _encoded(text: str, data: bytes) -> bytes:
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
