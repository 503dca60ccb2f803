"""What must hold for a trace when the story is over; a trace that can not be examined as promised is an error of ours.

A condition looks at the volume as it ended and returns a complaint, or None. Each kind of trace has its own, and an
action may ask for more by name (``requires``).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise

from labkit.errors import SynthesisError
from labkit.synthesis.filesystems.fat import FileState
from labkit.synthesis.world.contents import is_mixed
from labkit.synthesis.world.world import Planted, World

_SHEETS = (".xlsx", ".ods", ".csv")
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
    state = world.volume.state(planted.node_id)
    return f"{state.path} is deleted" if state.deleted else None


def _recoverable(world: World, planted: Planted) -> str | None:
    state = world.volume.state(planted.node_id)
    complaint = _deleted_and_named(state)
    if complaint is not None or _other_traces(world, planted, "overwritten_file"):
        return complaint  # the one that the story overwrites has its own condition
    if state.lost:
        return f"cluster {state.lost[0][0]} of {state.path} now belongs to {state.lost[0][1]}"
    if world.medium.read(state.offset_bytes, state.size_bytes) != world.last_content.get(planted.node_id):
        return f"what stands in the clusters of {state.path} is not its content"
    return None


def _overwritten(world: World, planted: Planted) -> str | None:
    state = world.volume.state(planted.node_id)
    complaint = _deleted_and_named(state)
    if complaint is not None:
        return complaint
    if not state.lost:
        return f"no cluster of {state.path} belongs to another file"
    cluster, owner = state.lost[0]
    if cluster == state.first_cluster:
        return f"the first cluster of {state.path} is lost, so tools recover nothing of it"
    if not world.volume.exists(owner) or cluster not in world.volume.state(world.volume.node(owner)).clusters:
        return f"cluster {cluster} of {state.path} belongs to no live file"
    if world.volume.state(world.volume.node(owner)).directory:
        return f"cluster {cluster} of {state.path} belongs to the directory {owner}"
    is_candidate = len(_other_traces(world, planted, "deleted_file")) == 1
    return None if is_candidate else "it is not one of the deleted files that the story names"


def _other_traces(world: World, planted: Planted, kind: str) -> list[str]:
    """Return the traces of ``kind`` that are about the same file."""
    return [other.trace for other in world.planted.values() if (other.kind, other.node_id) == (kind, planted.node_id)]


def _deleted_and_named(state: FileState) -> str | None:
    if not state.deleted:
        return f"{state.path} still exists"
    if not state.entry_intact:
        return f"the deleted entry of {state.path} was reused"
    if any(after != before + 1 for before, after in pairwise(state.clusters)):
        return f"{state.path} lies in pieces, so its deleted entry does not tell where it went on"
    return None


def _has_slack(world: World, planted: Planted) -> str | None:
    state = world.volume.state(planted.node_id)
    return None if state.size_bytes % world.volume.cluster_bytes else f"{state.path} fills its last cluster"


def _lone_text(world: World, planted: Planted) -> str | None:
    """The slack of the host holds the text and zeros, nothing that could be taken for a part of it."""
    state = world.volume.state(planted.node_id)
    room = world.volume.cluster_bytes
    start = world.volume.cluster_offset_bytes(state.clusters[-1])
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
    text = planted.text.encode()
    if world.medium.read(planted.offset_bytes, len(text)) != text:
        return f"the text does not stand at byte {planted.offset_bytes}"
    size = world.volume.cluster_bytes
    first = 2 + (planted.offset_bytes - world.volume.data_start_bytes) // size
    clusters = set(range(first, first - (-len(text) // size)))
    return None if clusters <= set(world.volume.free_clusters()) else "a file was given its clusters"


def _only_mixed_sheet(world: World, planted: Planted) -> str | None:
    names = [name for name in _all_names(world) if name.lower().endswith(_SHEETS) and is_mixed(name)]
    return None if names == [world.volume.state(planted.node_id).name] else f"spreadsheets with mixed names: {names}"


def _sole_name(world: World, planted: Planted) -> str | None:
    count = _same_names(world, planted)
    return None if count == 1 else f"{count} entries have its name"


def _two_namesakes(world: World, planted: Planted) -> str | None:
    count = _same_names(world, planted)
    if count != 2:  # noqa: PLR2004 - itself and its namesake
        return f"{count} entries have its name, and two are expected"
    mine = world.volume.state(planted.node_id)
    others = (world.volume.state(node) for node in world.nodes if node != planted.node_id)
    other = next(state for state in others if _key(state.name) == _key(mine.name))
    if other.deleted == mine.deleted:
        return f"{mine.path} and {other.path} are not one deleted and one live"
    return "both have the same size" if other.size_bytes == mine.size_bytes else None


def _old_entry(world: World, planted: Planted) -> str | None:
    state = world.volume.state(planted.node_id)
    return None if state.old_entries else f"no entry under the old name of {state.path} is left"


def _edited_later(world: World, planted: Planted) -> str | None:
    """Written more than a day after its creation, so that no slip of a zone turns one time into the other."""
    state = world.volume.state(planted.node_id)
    if state.modified - state.born > _LARGEST_SLIP:
        return None
    return f"{state.path} was last changed less than 26 hours after its creation"


def _all_names(world: World) -> list[str]:
    """Return every file name that a reader can see: live, deleted, and left by renames and moves."""
    live = [path for path in world.volume.paths() if not world.volume.state(world.volume.node(path)).directory]
    gone = [entry.shown_path for entry in world.volume.deleted_entries()]
    return [path.rpartition("/")[2] for path in live + gone]


def _same_names(world: World, planted: Planted) -> int:
    key = _key(world.volume.state(planted.node_id).name)
    return sum(_key(name) == key for name in _all_names(world))


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
    "sole-name": _sole_name,
    "two-namesakes": _two_namesakes,
    "old-entry": _old_entry,
    "edited-later": _edited_later,
}
OF_KIND: Mapping[str, tuple[str, ...]] = {
    "file": ("live", "has-slack"),
    "deleted_file": ("recoverable", "has-slack"),
    "overwritten_file": ("overwritten",),
    "slack": ("live", "lone-text"),
    "unallocated": ("still-unallocated",),
}
