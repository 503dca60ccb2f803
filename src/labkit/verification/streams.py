"""Named streams beside the content of a file, and files in the recycle bin: NTFS files with something more to them."""

import io
import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

from labkit.hashing import digest_blocks
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.hearing import Witness, heard
from labkit.verification.machine_clock import clock_of, worked_out_utc
from labkit.verification.mft_record import content, filetime
from labkit.verification.ntfs_files import changed_at, file_witnesses, state
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.sleuthkit_ntfs import stated_record
from labkit.verification.windows_view import windows_of

_LIVE = "live"
_STREAM_CHANGED = 0x00000020 | 0x00200000  # USN_REASON_NAMED_DATA_EXTEND, _STREAM_CHANGE (MS-FSCC 2.3.62.2)
_RENAMED_TO = 0x00002000  # USN_REASON_RENAME_NEW_NAME
_STREAM_FACTS = ("stream", "stream_size_bytes", "stream_md5", "stream_sha1", "stream_sha256", "text", "words")
_INDEX = struct.Struct("<QQQI")  # version, size, FILETIME of the deletion, characters of the path


def confirm_stream(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a named stream: of its file, and of its own content."""
    view = windows_of(trace, item).view
    yield from state(trace, view, _LIVE)
    witnesses: list[Witness] = [
        *file_witnesses(trace, item, view),
        partial(_stream, trace, view),
        partial(_stream_by_programs, trace, view),
        partial(changed_at, trace, item, view, _STREAM_CHANGED),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def confirm_recycled(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a file in the recycle bin: of its content there, and of the index file beside it."""
    view = windows_of(trace, item).view
    yield from state(trace, view, _LIVE)
    witnesses: list[Witness] = [
        *file_witnesses(trace, item, view),
        partial(_index_file, trace, item, view),
        partial(changed_at, trace, item, view, _RENAMED_TO),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def _stream(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    address, name = int(str(trace.facts["address"])), str(trace.facts["stream"])
    one = next((stream for stream in view.by_libfsntfs(address).streams if stream.name == name), None)
    yield Testimony("libfsntfs", _of_stream(trace, None if one is None else one.content))
    other = next((stream for stream in view.by_pytsk3(address).streams if stream.name == name), None)
    yield Testimony("pytsk3", _of_stream(trace, None if other is None else other.content))
    raw = view.by_hand(int(str(trace.facts["entry_offset_bytes"]))).stream(name)
    whole = b"".join(content(view.medium, view.geometry, raw))
    yield Testimony("record by hand", _of_stream(trace, whole[: raw.size_bytes]))


def _stream_by_programs(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """``istat`` shows the stream and its number, ``icat`` gives what it holds."""
    address = int(str(trace.facts["address"]))
    shown = view.sleuthkit("istat", address, options=("-z", "UTC"))
    if shown is None:
        yield Testimony("icat", None, _STREAM_FACTS)
        return
    record = stated_record(shown.text)
    streams = () if record is None else record.streams
    number = next((one.attribute for one in streams if one.name == trace.facts["stream"]), None)
    if number is None:
        yield Testimony("istat", {"stream": Unreadable("istat shows no such stream")})
        return
    answer = view.sleuthkit("icat", f"{address}-{number}")
    if answer is not None:
        yield Testimony("icat", _of_stream(trace, answer.output))


def _of_stream(trace: Trace, data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {"stream": Unreadable("the file has no such stream")}
    found = digest_blocks([data])
    facts: dict[str, Any] = {
        "stream": trace.facts["stream"],
        "stream_size_bytes": found.size_bytes,
        "stream_md5": found.md5,
        "stream_sha1": found.sha1,
        "stream_sha256": found.sha256,
    }
    if "text" in trace.facts:
        text, inside = str(trace.facts["text"]), _text_of(data)
        words = trace.facts.get("words", ())
        facts["text"] = text if text in inside else Unreadable(f"the stream says {inside[:80]!r}")
        facts["words"] = tuple(word for word in words if str(word) in inside) if isinstance(words, tuple) else ()
    return facts


def _text_of(data: bytes) -> str:
    """Return the text of a stream; of a document, its parts one behind the other."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    except zipfile.BadZipFile:
        pass
    return data.decode("utf-8", "replace")


def _index_file(trace: Trace, item: BuiltItem, view: NtfsView) -> Iterator[Testimony]:
    """The index file, by hand: version 2 has the length of the path before it.

    Source: libyal, dtformats, "Windows Recycle.Bin file formats", "Metadata ($I) file format".
    """
    path = str(trace.facts["index_path"])
    address = view.libfsntfs.address_of(path)
    if address is None:
        yield Testimony("index file by hand", {"index_path": Unreadable("no live file of that path")})
        return
    record = view.by_libfsntfs(address)
    version, size, ticks, characters = _INDEX.unpack_from(record.content)
    stored = record.content[_INDEX.size : _INDEX.size + 2 * characters].decode("utf-16-le").rstrip("\0")
    at = filetime(ticks)
    facts: dict[str, Any] = {
        "index_path": record.path,
        "index_name": record.name,
        "old_path": stored.removeprefix("C:").replace("\\", "/"),
        "size_bytes": size,
        "at_device_utc": at,
    }
    if version != 2:  # noqa: PLR2004 - the format of Windows 10
        facts["index_path"] = Unreadable(f"the index file has version {version}")
    yield Testimony("index file by hand", facts)
    yield worked_out_utc({"at": at}, clock_of(trace, item.truth))
