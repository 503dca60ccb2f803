"""Files of a FAT volume, live and deleted: where their entry stands, where their content lies, what it is."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from labkit.hashing import digest_blocks
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, statement, weigh
from labkit.verification.content_facts import digests, places
from labkit.verification.definitions import OVERWRITTEN_CANDIDATE
from labkit.verification.fat_entry import read_entry
from labkit.verification.fat_view import FatView
from labkit.verification.fat_witnesses import (
    content_type,
    extension,
    fls,
    former_name,
    icat,
    istat,
    libfsfat,
    listing,
    raw_entry,
    record,
)
from labkit.verification.hearing import Witness, heard


def confirm_fat_file(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Confirmation]:
    """Yield confirmations of a live file."""
    yield from _state(trace, item, view, deleted=False)
    witnesses: list[Witness] = [
        *_common(trace, item, view),
        partial(libfsfat, trace, view),
        partial(content_type, trace, view),
    ]
    yield from weigh(trace, heard(trace, witnesses))


def confirm_deleted_fat_file(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Confirmation]:
    """Yield confirmations of a deleted file whose content can be recovered whole.

    One of several candidates may be overwritten; then a trace of kind overwritten_file has the same entry.
    """
    if any(
        other.kind == "overwritten_file" and other.facts.get("entry_offset_bytes") == trace.facts["entry_offset_bytes"]
        for other in item.truth.traces.values()
    ):
        yield from _overwritten(trace, item, view, OVERWRITTEN_CANDIDATE)
        return
    yield from _state(trace, item, view, deleted=True)
    yield from _all_free(trace, view)
    yield from weigh(trace, heard(trace, [*_common(trace, item, view), partial(_chain, trace, item, view)]))


def confirm_overwritten_fat_file(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Confirmation]:
    """Yield confirmations of a deleted file of which another file has overwritten a part."""
    yield from _overwritten(trace, item, view, trace.kind)


def _overwritten(trace: Trace, item: BuiltItem, view: FatView, kind: str) -> Iterator[Confirmation]:
    yield from _state(trace, item, view, deleted=True)
    witnesses: list[Witness] = [
        partial(listing, trace, view),
        partial(raw_entry, trace, item, view),
        partial(_overwriter, trace, item, view),
        partial(_option, trace, item, view),
        partial(fls, trace, view),
        partial(istat, trace, view, with_places=False),
        partial(former_name, trace, view),
        partial(extension, trace, view),
    ]
    yield from weigh(trace, heard(trace, witnesses), kind=kind)


def _common(trace: Trace, item: BuiltItem, view: FatView) -> list[Witness]:
    return [
        partial(listing, trace, view),
        partial(record, trace, view),
        partial(raw_entry, trace, item, view),
        partial(fls, trace, view),
        partial(istat, trace, view),
        partial(icat, trace, view),
        partial(former_name, trace, view),
        partial(extension, trace, view),
    ]


def _state(trace: Trace, item: BuiltItem, view: FatView, *, deleted: bool) -> Iterator[Confirmation]:
    """Yield whether the entry is live or deleted, by its first byte and by the Sleuth Kit's library."""
    words = {True: "deleted", False: "live"}
    expected = words[deleted]
    raw = read_entry(item.medium, int(str(trace.facts["entry_offset_bytes"])))
    yield statement(trace.id, "(state)", "directory entry", expected, words[raw.deleted])
    try:
        found: object = words[view.row_at(int(str(trace.facts["address"]))).deleted]
    except LookupError as error:
        found = Unreadable(str(error))
    yield statement(trace.id, "(state)", "pytsk3", expected, found)


def _all_free(trace: Trace, view: FatView) -> Iterator[Confirmation]:
    """Yield whether no cluster of a recoverable file belongs to another one."""
    clusters = _clusters(trace)
    taken = tuple(number for number in clusters if not view.is_free(number))
    yield statement(trace.id, "(taken clusters)", "allocation table", (), taken)


def _chain(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Testimony]:
    """The content of a deleted file read from its clusters by hand: from the first one on, without a gap."""
    entry = read_entry(item.medium, int(str(trace.facts["entry_offset_bytes"])))
    size = entry.size_bytes
    cluster_bytes = view.geometry.cluster_bytes
    offset = view.geometry.cluster_offset_bytes(entry.first_cluster)
    whole = item.medium.read(offset, -(-size // cluster_bytes) * cluster_bytes)
    offsets = range(offset, offset + len(whole), cluster_bytes)
    yield Testimony("clusters by hand", {**places(view, list(offsets)), **digests(whole[:size], whole[size:])})


def _overwriter(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Testimony]:
    """What stands in the clusters of the entry now, and who owns the first that was lost."""
    entry = read_entry(item.medium, int(str(trace.facts["entry_offset_bytes"])))
    geometry = view.geometry
    count = -(-entry.size_bytes // geometry.cluster_bytes)
    clusters = tuple(range(entry.first_cluster, entry.first_cluster + count))
    lost = next((number for number in clusters if not view.is_free(number)), None)
    data = item.medium.read(geometry.cluster_offset_bytes(entry.first_cluster), count * geometry.cluster_bytes)
    facts: dict[str, Any] = {
        "clusters": clusters,
        "last_cluster": clusters[-1] if clusters else None,
        "offset_bytes": geometry.cluster_offset_bytes(entry.first_cluster),
        "lost_cluster": lost,
        "sha256_mixed": digest_blocks([data[: entry.size_bytes]]).sha256,
    }
    if trace.kind == "overwritten_file":  # of the content that is there now; a candidate's is of what was there
        facts["sha256_with_slack"] = digest_blocks([data]).sha256
    yield Testimony("clusters by hand", facts)
    yield Testimony("libfsfat", {"other_path": view.owners.get(lost) if lost is not None else None})


def _option(trace: Trace, item: BuiltItem, view: FatView) -> Iterator[Testimony]:
    """Which of the candidates has lost clusters, found anew for each of them."""
    if "option" not in trace.facts:
        return
    lost = []
    for other in sorted(item.truth.traces):
        if other.rpartition("-")[0] != str(trace.facts["option"]).rpartition("-")[0]:
            continue
        entry = read_entry(item.medium, int(str(item.truth.traces[other].facts["entry_offset_bytes"])))
        count = -(-entry.size_bytes // view.geometry.cluster_bytes)
        clusters = range(entry.first_cluster, entry.first_cluster + count)
        if any(not view.is_free(number) for number in clusters):
            lost.append(other)
    yield Testimony("allocation table", {"option": lost[0] if len(lost) == 1 else Unreadable(f"overwritten: {lost}")})


def _clusters(trace: Trace) -> tuple[int, ...]:
    value = trace.facts.get("clusters", ())
    return tuple(int(number) for number in value) if isinstance(value, tuple) else ()
