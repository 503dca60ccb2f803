"""What must hold for a trace when the story is over; a trace that can not be examined as promised is an error of ours.

A condition looks at the volume as it ended and returns a complaint, or None. Each kind of trace has its own, and an
action may ask for more by name (``requires``).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.contract import NodeState
from labkit.synthesis.filesystems.fat import FatVolume, FileState
from labkit.synthesis.filesystems.ntfs.state import NtfsState
from labkit.synthesis.world.contents import is_mixed
from labkit.synthesis.world.world import Planted, World

_SHEETS = (".xlsx", ".ods", ".csv")
FIRST_CLUSTER = 2  # a number that every file system here has a cluster for
_LARGEST_SLIP = timedelta(hours=26)  # from one end of the world's zones to the other

Condition = Callable[[World, Planted], str | None]


def check_traces(world: World) -> None:
    """Check every trace of a story that has been played and flushed.

    Raises:
        SynthesisError: A trace does not stand as its kind, or the story, requires; the message names it.
    """
    for planted in world.planted.values():
        names = (*OF_KIND.get(planted.kind, ()), *planted.requires)
        for name in names:
            condition = CONDITIONS.get(name)
            if condition is None:
                raise SynthesisError(
                    f"{world.item.slug}:{planted.trace} requires {name!r}, which nobody can check",
                    remedy=f"Take some of: {', '.join(sorted(CONDITIONS))}.",
                )
            complaint = condition(world, planted)
            if complaint is not None:
                raise SynthesisError(
                    f"{world.item.slug}:{planted.trace} does not stand as required: {complaint}",
                    remedy="Change the order, places or sizes in scenario.toml so that it holds for every seed.",
                )


def _live(world: World, planted: Planted) -> str | None:
    state = world.state(planted)
    return f"{state.path} is deleted" if state.deleted else None


def _recoverable(world: World, planted: Planted) -> str | None:
    state, volume = world.state(planted), world.volumes[planted.volume]
    complaint = _deleted_and_named(state)
    if complaint is not None or _other_traces(world, planted, "overwritten_file"):
        return complaint  # the one that the story overwrites has its own condition
    if state.lost:
        return f"cluster {state.lost[0][0]} of {state.path} now belongs to {state.lost[0][1]}"
    if state.clusters:
        places = map(volume.cluster_offset_bytes, state.clusters)
        now = b"".join(world.medium.read(place, volume.cluster_bytes) for place in places)[: state.size_bytes]
    else:
        now = world.medium.read(state.offset_bytes, state.size_bytes)
    if now != world.last_content.get((planted.volume, planted.node_id)):
        return f"what stands in the clusters of {state.path} is not its content"
    return None


def _overwritten(world: World, planted: Planted) -> str | None:
    state = world.state(planted)
    complaint = _deleted_and_named(state)
    if complaint is not None:
        return complaint
    if not state.lost:
        return f"no cluster of {state.path} belongs to another file"
    cluster, owner = state.lost[0]
    if cluster == state.clusters[0]:
        return f"the first cluster of {state.path} is lost, so tools recover nothing of it"
    volume = world.volumes[planted.volume]
    now = volume.state(volume.node(owner)) if volume.exists(owner) else None
    if now is None or cluster not in now.clusters:
        return f"cluster {cluster} of {state.path} belongs to no live file"
    if now.directory:
        return f"cluster {cluster} of {state.path} belongs to the directory {owner}"
    is_candidate = len(_other_traces(world, planted, "deleted_file")) == 1
    return None if is_candidate else "it is not one of the deleted files that the story names"


def _other_traces(world: World, planted: Planted, kind: str) -> list[str]:
    """Return the traces of ``kind`` that are about the same file."""
    wanted = (kind, planted.volume, planted.node_id)
    return [other.trace for other in world.planted.values() if (other.kind, other.volume, other.node_id) == wanted]


def _deleted_and_named(state: NodeState) -> str | None:
    if not state.deleted:
        return f"{state.path} still exists"
    if not state.entry_intact:
        return f"the deleted entry of {state.path} was reused"
    is_fat = isinstance(state, FileState)
    if is_fat and any(after != before + 1 for before, after in pairwise(state.clusters)):
        return f"{state.path} lies in pieces, so its deleted entry does not tell where it went on"
    return None


def _has_slack(world: World, planted: Planted) -> str | None:
    state = world.state(planted)
    fills = state.clusters and state.size_bytes % world.volumes[planted.volume].cluster_bytes == 0
    return f"{state.path} fills its last cluster" if fills else None


def _lone_text(world: World, planted: Planted) -> str | None:
    """The slack of the host holds the text and zeros, nothing that could be taken for a part of it."""
    state, volume = world.state(planted), world.volumes[planted.volume]
    room = volume.cluster_bytes
    start = volume.cluster_offset_bytes(state.clusters[-1])
    used = state.size_bytes % room
    text = planted.text.encode()
    slack = world.medium.read(start + used, room - used)
    place = planted.offset_bytes - start - used
    if slack[place : place + len(text)] != text:
        return f"the text does not stand at byte {planted.offset_bytes}"
    if slack[:place].strip(b"\0") or slack[place + len(text) :].strip(b"\0"):
        return f"other bytes stand around the text in the slack of {state.path}"
    return None


def _still_unallocated(world: World, planted: Planted) -> str | None:
    volume, text = world.volumes[planted.volume], planted.text.encode()
    if text and world.medium.read(planted.offset_bytes, len(text)) != text:
        return f"the text does not stand at byte {planted.offset_bytes}"
    length = len(text) or int(str(planted.facts["size_bytes"]))
    size = volume.cluster_bytes
    first = FIRST_CLUSTER + (planted.offset_bytes - volume.cluster_offset_bytes(FIRST_CLUSTER)) // size
    clusters = set(range(first, first - (-length // size)))
    return None if clusters <= set(volume.free_clusters()) else "a file was given its clusters"


def _only_mixed_sheet(world: World, planted: Planted) -> str | None:
    names = [name for name in _all_names(world, planted.volume) if name.lower().endswith(_SHEETS) and is_mixed(name)]
    return None if names == [world.state(planted).name] else f"spreadsheets with mixed names: {names}"


def _only_mixed_of_kind(world: World, planted: Planted) -> str | None:
    """No other file with its ending has a name in two scripts."""
    name = world.state(planted).name
    ending = name.rpartition(".")[2].lower()
    names = [other for other in _all_names(world, planted.volume) if other.lower().endswith(ending) and is_mixed(other)]
    return None if names == [name] else f"files with mixed names: {names}"


def _sole_name(world: World, planted: Planted) -> str | None:
    count = _same_names(world, planted)
    return None if count == 1 else f"{count} entries have its name"


def _two_namesakes(world: World, planted: Planted) -> str | None:
    count = _same_names(world, planted)
    if count != 2:  # noqa: PLR2004 - itself and its namesake
        return f"{count} entries have its name, and two are expected"
    mine, volume = world.state(planted), world.volumes[planted.volume]
    others = (volume.state(node) for node in world.nodes[planted.volume] if node != planted.node_id)
    other = next(state for state in others if _key(state.name) == _key(mine.name))
    if other.deleted == mine.deleted:
        return f"{mine.path} and {other.path} are not one deleted and one live"
    return "both have the same size" if other.size_bytes == mine.size_bytes else None


def _old_entry(world: World, planted: Planted) -> str | None:
    state = world.state(planted)
    has_old = isinstance(state, FileState) and state.old_entries
    return None if has_old else f"no entry under the old name of {state.path} is left"


def _edited_later(world: World, planted: Planted) -> str | None:
    """Written more than a day after its creation, so that no slip of a zone turns one time into the other."""
    state = world.state(planted)
    if state.modified - state.born > _LARGEST_SLIP:
        return None
    return f"{state.path} was last changed less than 26 hours after its creation"


def _resident(world: World, planted: Planted) -> str | None:
    state = world.state(planted)
    return f"{state.path} has clusters of its own" if state.clusters else None


def _stomped(world: World, planted: Planted) -> str | None:
    """The time that everybody sees is more than a day older than the one that the name keeps."""
    state = world.state(planted)
    if isinstance(state, NtfsState) and state.file_name_times.born - state.born > _LARGEST_SLIP:
        return None
    return f"the creation time of {state.path} is not older than that of its name"


def _split(world: World, planted: Planted) -> str | None:
    """The word begins in one cluster and ends in another that does not follow it on the medium."""
    state, volume = world.state(planted), world.volumes[planted.volume]
    word = str(planted.facts["text"]).encode(str(planted.facts.get("encoding", "utf-8")))
    content = volume.read(state.path)
    if content.count(word) != 1:
        return f"{state.path} holds the word {content.count(word)} times"
    place = content.index(word)
    first, last = place // volume.cluster_bytes, (place + len(word) - 1) // volume.cluster_bytes
    if first == last or state.clusters[last] == state.clusters[first] + 1:
        return f"the word in {state.path} is not split between two pieces"
    return None


def _all_names(world: World, volume_name: str) -> list[str]:
    """Return every file name that a reader can see: live, deleted, and left by renames and moves."""
    volume = world.volumes[volume_name]
    if isinstance(volume, FatVolume):
        live = [path for path in volume.paths() if not volume.state(volume.node(path)).directory]
        gone = [entry.shown_path for entry in volume.deleted_entries()]
        return [path.rpartition("/")[2] for path in live + gone]
    states = (volume.state(node) for node in world.nodes[volume_name])
    return [state.name for state in states if not state.directory and (not state.deleted or state.entry_intact)]


def _same_names(world: World, planted: Planted) -> int:
    key = _key(world.state(planted).name)
    return sum(_key(name) == key for name in _all_names(world, planted.volume))


def _key(name: str) -> str:
    return name.upper()


CONDITIONS: Mapping[str, Condition] = {
    "live": _live,
    "recoverable": _recoverable,
    "overwritten": _overwritten,
    "has-slack": _has_slack,
    "lone-text": _lone_text,
    "still-unallocated": _still_unallocated,
    "only-mixed-sheet": _only_mixed_sheet,
    "only-mixed-of-kind": _only_mixed_of_kind,
    "sole-name": _sole_name,
    "two-namesakes": _two_namesakes,
    "old-entry": _old_entry,
    "edited-later": _edited_later,
    "resident": _resident,
    "split": _split,
    "stomped": _stomped,
}
OF_KIND: Mapping[str, tuple[str, ...]] = {
    "file": ("live", "has-slack"),
    "deleted_file": ("recoverable", "has-slack"),
    "overwritten_file": ("overwritten",),
    "slack": ("live", "lone-text"),
    "unallocated": ("still-unallocated",),
    "carved": ("still-unallocated",),
    "split_hit": ("live", "split"),
    "stream": ("live",),
}
