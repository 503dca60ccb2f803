"""What single readers say about one file of an NTFS volume; each function asks one reader.

A reader that cannot answer raises, or says ``Unreadable``; a program that is not installed gives no facts.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from labkit.hashing import digest_blocks
from labkit.model.truth import Trace
from labkit.verification.confirmation import Testimony, Unreadable
from labkit.verification.content_facts import digests, places
from labkit.verification.machine_clock import MachineClock, worked_out_utc
from labkit.verification.mft_record import content
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.sleuthkit_ntfs import stated_record

_TIMES = ("born", "modified", "changed", "accessed", "name_born", "name_modified")
_CONTENT = ("size_bytes", "md5", "sha1", "sha256", "sha256_with_slack")
# A character that turns the direction of writing is a mark on a terminal: some versions of ``fls`` print one for it.
_TURNED, _PRINTED = "\u202e", "^"


def labkit(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """What labkit lists to trainees: an own reader of NTFS, held against the Sleuth Kit elsewhere."""
    row = view.row_at(_address(trace))
    yield Testimony("labkit", {"path": row.path, "name": _name(row.path), "address": row.address})


def pytsk3(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """The Sleuth Kit's library: the record, its names, its times, its clusters, its content."""
    record = view.by_pytsk3(_address(trace))
    facts: dict[str, Any] = {
        "volume": view.volume.number,
        "name": record.name,
        "address": record.address,
        "parent_address": record.parent_address,
        "sequence": _given(record.sequence, live=record.live),
        **_stored(record.times),
    }
    stream = record.content
    yield Testimony("pytsk3", {**facts, **_content(view, stream.content, stream.slack, stream.runs)})


def libfsntfs(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """libfsntfs: the same, and the path along the parents that the records name."""
    record = view.by_libfsntfs(_address(trace))
    facts: dict[str, Any] = {
        "volume": view.volume.number,
        "path": record.path,
        "name": record.name,
        "address": record.address,
        "parent_address": record.parent_address,
        "sequence": _given(record.sequence, live=record.live),
        **_stored(record.times),
    }
    if record.live:
        found = view.libfsntfs.address_of(str(trace.facts["path"]))
        facts["address"] = Unreadable("no live entry of that path") if found is None else found
    held = sum(size for _, size in record.runs)
    slack = b"".join(view.medium.read(*run) for run in record.runs)[record.size_bytes : held] if record.runs else b""
    yield Testimony("libfsntfs", {**facts, **_content(view, record.content, slack, record.runs)})


def raw_record(trace: Trace, view: NtfsView, clock: MachineClock) -> Iterator[Testimony]:
    """The bytes of the record itself, read by hand, and the times worked out from them."""
    offset = int(str(trace.facts["entry_offset_bytes"]))
    record = view.by_hand(offset)
    stream = record.stream()
    whole = b"".join(content(view.medium, view.geometry, stream))
    cluster_bytes = view.geometry.cluster_bytes
    runs = [(view.geometry.cluster_offset_bytes(first), count * cluster_bytes) for first, count in stream.runs]
    facts: dict[str, Any] = {
        "entry_offset_bytes": view.record_offset_bytes(_address(trace)),
        "address": record.number,
        "name": record.name,
        "parent_address": record.parent_address,
        "sequence": _given(record.sequence, live=record.live),
        **_stored(record.times),
        **_content(view, whole[: stream.size_bytes], whole[stream.size_bytes :], tuple(runs)),
    }
    if stream.inside_offset_bytes is not None and stream.size_bytes:
        facts["offset_bytes"] = stream.inside_offset_bytes
    yield Testimony("record by hand", facts)
    yield worked_out_utc(record.times, clock)


def fls(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """``fls``: the path behind the address, and the address of its folder."""
    told = ("path", "name", "address", "parent_address")
    lines = view.listed
    if lines is None:
        yield Testimony("fls", None, told)
        return
    lines = tuple(line for line in lines if not line.stream)
    line = next((line for line in lines if line.address == _address(trace)), None)
    if line is None:
        yield Testimony("fls", {"address": Unreadable(f"fls lists no address {trace.facts['address']}")})
        return
    path = line.path
    expected = str(trace.facts["path"])
    if _TURNED in expected and path == expected.replace(_TURNED, _PRINTED):
        path = expected
    folder = line.path.rpartition("/")[0]
    parents = [other.address for other in lines if other.path == folder and other.directory]
    facts: dict[str, Any] = {"path": path, "name": _name(path), "address": line.address}
    if parents:
        facts["parent_address"] = parents[0]
    yield Testimony("fls", facts)


def istat(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """``istat``: names, sequence number, times, size, clusters."""
    told = ("parent_address", "sequence", "size_bytes", "clusters", *(f"{name}_device_utc" for name in _TIMES))
    answer = view.sleuthkit("istat", _address(trace), options=("-z", "UTC"))
    if answer is None:
        yield Testimony("istat", None, told)
        return
    found = stated_record(answer.text) if answer.succeeded else None
    if found is None or not found.names:
        yield Testimony("istat", {"address": Unreadable(answer.complaint)})
        return
    name, parent = found.names[0]
    facts: dict[str, Any] = {
        "address": found.address,
        "name": str(trace.facts["name"]) if name == str(trace.facts["name"]).replace(_TURNED, _PRINTED) else name,
        "parent_address": parent,
        "sequence": _given(found.sequence, live=found.allocated),
        **_stored(found.times),
    }
    stream = next((stream for stream in found.streams if not stream.name), None)
    if stream is not None:
        facts["size_bytes"] = stream.size_bytes
        if stream.clusters:
            facts |= places(view, [view.geometry.cluster_offset_bytes(cluster) for cluster in stream.clusters])
    yield Testimony("istat", facts)


def icat(trace: Trace, view: NtfsView) -> Iterator[Testimony]:
    """``icat``: the content, and the content with the slack behind it."""
    plain = view.sleuthkit("icat", _address(trace))
    whole = view.sleuthkit("icat", _address(trace), options=("-s",))
    if plain is None or whole is None:
        yield Testimony("icat", None, _CONTENT)
    elif not plain.succeeded or not whole.succeeded:
        yield Testimony("icat", {"sha256": Unreadable(plain.complaint)})
    else:
        yield Testimony("icat", digests(plain.output, whole.output[len(plain.output) :]))


def _address(trace: Trace) -> int:
    return int(str(trace.facts["address"]))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _given(sequence: int, *, live: bool) -> int:
    """Return the sequence number that a file had: when a record is freed, its number is raised by one."""
    return sequence if live else sequence - 1


def _stored(times: Mapping[str, datetime | None]) -> dict[str, Any]:
    return {f"{name}_device_utc": Unreadable("no time") if times.get(name) is None else times[name] for name in _TIMES}


def _content(view: NtfsView, plain: bytes, slack: bytes, runs: tuple[tuple[int, int], ...]) -> dict[str, Any]:
    """Return the facts about bytes, and about places where the content has clusters of its own."""
    if not runs:
        found = digest_blocks([plain])
        return {"size_bytes": found.size_bytes, "md5": found.md5, "sha1": found.sha1, "sha256": found.sha256}
    offsets = [offset + step for offset, size in runs for step in range(0, size, view.geometry.cluster_bytes)]
    return {**places(view, offsets), **digests(plain, slack)}
