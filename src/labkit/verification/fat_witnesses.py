"""What single readers say about one file of a volume; each function asks one reader.

A reader that cannot answer raises, or says ``Unreadable``; a program that is not installed gives no facts.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from labkit.evidence.timestamps import moment
from labkit.hashing import digest_blocks
from labkit.model.entry_type import EntryType
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Span, Testimony, Unreadable
from labkit.verification.content_facts import digests, places
from labkit.verification.content_types import extension_of, recognised
from labkit.verification.fat_entry import RawEntry, read_entry
from labkit.verification.fat_view import FatView
from labkit.verification.sleuthkit import stated
from labkit.verification.times import worked_out
from labkit.verification.volume_view import SECTOR_BYTES

_CONTENT = ("md5", "sha1", "sha256", "sha256_with_slack")
# The Sleuth Kit keeps whole seconds. Before version 4.12 it also dropped the full second in "100 hundredths"
# (sleuthkit issue 2663), so that a creation time can come out a second early; the raw entry settles it exactly.
_SLEUTHKIT_BORN = timedelta(seconds=2)
_SECOND = timedelta(seconds=1)


def listing(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """The Sleuth Kit's library: the name that leads to the address."""
    row = view.row_at(int(str(trace.facts["address"])))
    parent = row.path.rpartition("/")[0] or "/"
    facts: dict[str, Any] = {
        "volume": view.volume.number,
        "path": row.path,
        "name": row.path.rpartition("/")[2],
        "address": row.address,
        "parent_address": view.reader.find(parent),
        "size_bytes": row.size_bytes,
    }
    for name, value, step in (
        ("born", row.born_ns, _SLEUTHKIT_BORN),
        ("modified", row.modified_ns, _SECOND),
        ("accessed", row.accessed_ns, _SECOND),
    ):
        time = moment(value)
        facts[f"{name}_stored"] = Unreadable("no time") if time is None else Span(time, step)
    yield Testimony("pytsk3", facts)


def record(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """The Sleuth Kit's library: clusters and content."""
    address = int(str(trace.facts["address"]))
    content = b"".join(view.reader.read(address))
    slack = view.reader.slack(address)
    offsets = [
        run.offset_bytes + step
        for attribute in view.reader.stat(address).attributes
        for run in attribute.runs
        if run.offset_bytes is not None
        for step in range(0, run.size_bytes, view.geometry.cluster_bytes)
    ]
    yield Testimony("pytsk3", {**places(view, offsets), **digests(content, slack)})


def libfsfat(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """libfsfat: the live entry of that path."""
    path = str(trace.facts["path"])
    entry = view.records.get(path)
    if entry is None:
        yield Testimony("libfsfat", {"path": Unreadable(f"there is no live entry {path}")})
        return
    cluster_bytes = view.geometry.cluster_bytes
    offsets = [offset + step for offset, size in entry.runs for step in range(0, size, cluster_bytes)]
    found = digest_blocks([entry.content])
    yield Testimony(
        "libfsfat",
        {
            "path": entry.path,
            "name": entry.path.rpartition("/")[2],
            "entry_offset_bytes": entry.entry_offset_bytes,
            "size_bytes": entry.size_bytes,
            **places(view, offsets),
            "md5": found.md5,
            "sha1": found.sha1,
            "sha256": found.sha256,
        },
    )


def raw_entry(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Testimony]:
    """The 32 bytes of the directory entry itself, and the times worked out from them."""
    offset = int(str(trace.facts["entry_offset_bytes"]))
    address = int(str(trace.facts["address"]))
    entry = read_entry(item.medium, offset)
    stored = _stored(entry)
    yield Testimony(
        "directory entry",
        {
            "entry_offset_bytes": view.geometry.entry_offset_bytes(address),
            "address": view.geometry.address_of(offset),
            "first_cluster": entry.first_cluster,
            "size_bytes": entry.size_bytes,
            **{f"{name}_stored": time for name, time in stored.items()},
        },
    )
    if "zone" in trace.facts and "clock_offset_s" in trace.facts:
        yield worked_out(stored, str(trace.facts["zone"]), int(str(trace.facts["clock_offset_s"])))


def _stored(entry: RawEntry) -> Mapping[str, datetime]:
    times = {"born": entry.born, "modified": entry.modified, "accessed": entry.accessed}
    return {name: time for name, time in times.items() if time is not None}


def fls(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """``fls``: the path behind the address."""
    told = ("path", "name", "address", "parent_address")
    lines = view.listed
    if lines is None:
        yield Testimony("fls", None, told)
        return
    address = trace.facts["address"]
    line = next((line for line in lines if line.address == address), None)
    if line is None:
        yield Testimony("fls", {"address": Unreadable(f"fls lists no address {address}")})
        return
    parent = line.path.rpartition("/")[0]
    parents = [other.address for other in lines if other.path == parent and other.directory]
    facts: dict[str, Any] = {"path": line.path, "name": line.path.rpartition("/")[2], "address": line.address}
    if parents:
        facts["parent_address"] = parents[0]
    yield Testimony("fls", facts)


def istat(trace: Trace, view: FatView, *, with_places: bool = True) -> Iterator[Testimony]:
    """``istat``: size, sectors, stored times."""
    told = ("size_bytes", "clusters", "first_cluster", "born_stored", "modified_stored", "accessed_stored")
    answer = view.sleuthkit("istat", int(str(trace.facts["address"])), options=("-z", "UTC"))
    if answer is None:
        yield Testimony("istat", None, told)
        return
    found = stated(answer.text) if answer.succeeded else None
    if found is None:
        yield Testimony("istat", {"size_bytes": Unreadable(answer.complaint)})
        return
    facts: dict[str, Any] = {"size_bytes": found.size_bytes}
    for name, time in found.times.items():
        facts[f"{name}_stored"] = Span(time, _SLEUTHKIT_BORN if name == "born" else _SECOND)
    if with_places:
        cluster_bytes = view.geometry.cluster_bytes
        starts = (view.volume.start_bytes + sector * SECTOR_BYTES for sector in found.sectors)
        inside = [at for at in starts if not (at - view.geometry.data_start_bytes) % cluster_bytes]
        facts |= places(view, inside)
    yield Testimony("istat", facts)


def icat(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """``icat``: the content, and the content with the slack behind it."""
    address = int(str(trace.facts["address"]))
    content = view.sleuthkit("icat", address, options=("-r",))
    whole = view.sleuthkit("icat", address, options=("-r", "-s"))
    if content is None or whole is None:
        yield Testimony("icat", None, _CONTENT)
    elif not content.succeeded or not whole.succeeded:
        yield Testimony("icat", {"sha256": Unreadable(content.complaint)})
    else:
        yield Testimony("icat", digests(content.output, whole.output[len(content.output) :]))


def content_type(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """What the first bytes say the content is, in the case that the truth is written in."""
    if "real_type" in trace.facts:
        found = view.records.get(str(trace.facts["path"]))
        kind = recognised(found.content) if found else ""
        yield Testimony("signature", {"real_type": kind.upper() if str(trace.facts["real_type"]).isupper() else kind})


def extension(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """What the name says the content is."""
    if "extension" in trace.facts:
        found = extension_of(view.row_at(int(str(trace.facts["address"]))).path, like=str(trace.facts["extension"]))
        yield Testimony("pytsk3", {"extension": found})


def former_name(trace: Trace, view: FatView) -> Iterator[Testimony]:
    """The deleted entry that a rename or a move leaves behind: same first clusters, the old path."""
    if "old_path" not in trace.facts:
        return
    now = view.row_at(int(str(trace.facts["address"])))
    same = [
        row.path
        for row in view.rows
        if row.deleted and row.type is EntryType.FILE and row.path == trace.facts["old_path"]
        and row.size_bytes == now.size_bytes and row.modified_ns == now.modified_ns and row.born_ns == now.born_ns
    ]  # fmt: skip
    yield Testimony("pytsk3", {"old_path": same[0] if same else Unreadable("no deleted entry of that path and file")})
