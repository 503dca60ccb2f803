"""Names that belong together: the files of which one thing is true, and no others."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Confirmation, Testimony, Unreadable, weigh
from labkit.verification.content_types import recognised
from labkit.verification.content_witnesses import ENCODINGS, KEYWORD
from labkit.verification.hearing import heard
from labkit.verification.ntfs_view import NtfsView
from labkit.verification.windows_view import windows_of

# Endings that are written in several ways, and kinds of content with an ending of another name.
_ENDINGS = {"jpg": "jpeg", "txt": "text", "csv": "text"}


def confirm_names(trace: Trace, item: BuiltItem) -> Iterator[Confirmation]:
    """Yield confirmations of a list of file names: each is there once, and the list has all of which it is true.

    What is true of them stands in the traces of the files: content that is not what the name says (``real_type``), or
    a word that stands in them (``encoding``).
    """
    view = windows_of(trace, item).view
    value = trace.facts["names"]
    names = tuple(str(name) for name in value) if isinstance(value, tuple) else ()
    traces = [other for other in item.truth.traces.values() if other.kind == "file" and other.facts["name"] in names]
    witnesses = [partial(_all_there, names, view)]
    if traces and all("real_type" in other.facts for other in traces):
        witnesses.append(partial(_misnamed, names, traces, view))
    elif traces and all("encoding" in other.facts for other in traces):
        encodings = {str(other.facts["encoding"]) for other in traces}
        witnesses.append(partial(_holding, names, item.variables.get(KEYWORD, ""), encodings, view))
    yield from weigh(trace, heard(trace, witnesses))


def _all_there(names: tuple[str, ...], view: NtfsView) -> Iterator[Testimony]:
    counts = {name: sum(path.endswith(f"/{name}") for path in view.live_paths.values()) for name in names}
    wrong = [f"{name} is there {count} times" for name, count in counts.items() if count != 1]
    yield Testimony("libfsntfs", {"names": Unreadable("; ".join(wrong)) if wrong else names})
    if view.listed is None:
        yield Testimony("fls", None, ("names",))
        return
    shown = [line.path.rpartition("/")[2] for line in view.listed if not line.deleted and not line.stream]
    missing = [name for name in names if shown.count(name) != 1]
    yield Testimony("fls", {"names": Unreadable(f"fls lists {missing} not once") if missing else names})


def _misnamed(names: tuple[str, ...], traces: list[Trace], view: NtfsView) -> Iterator[Testimony]:
    """All files of the folders whose first bytes are of another kind than the name says."""
    folders = {str(trace.facts["path"]).rpartition("/")[0] for trace in traces}
    found = []
    for address, path in view.live_paths.items():
        folder, _, name = path.rpartition("/")
        ending = name.rpartition(".")[2].lower()
        if folder in folders and recognised(view.by_libfsntfs(address).content) != _ENDINGS.get(ending, ending):
            found.append(name)
    yield Testimony("signatures", {"names": _as(names, found)})


def _holding(names: tuple[str, ...], word: str, encodings: set[str], view: NtfsView) -> Iterator[Testimony]:
    """All live files in which a word stands in one of the encodings, found on the medium itself."""
    words = [word.encode(ENCODINGS[name]) for name in encodings if name in ENCODINGS]
    owners = {owner for place in view.occurrences(tuple(words)) if (owner := view.owner(place)) is not None}
    found = [view.live_paths[owner].rpartition("/")[2] for owner in owners if owner in view.live_paths]
    yield Testimony("bytes of the volume", {"names": _as(names, found)})


def _as(names: tuple[str, ...], found: list[str]) -> Any:
    """Return what was found, in the order of the truth where it is the same."""
    return names if sorted(found) == sorted(names) else tuple(sorted(found))
