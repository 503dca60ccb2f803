"""What each kind of action does to the files of one volume."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.model.truth import FactValue
from labkit.synthesis.clock import zone
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.variables import fill
from labkit.synthesis.world.world import Handler, Left, World


def _make_directory(world: World, action: Action) -> Left:
    volume = world.on(action)
    return world.made(action, action.path, volume.make_directory(action.path, world.stamp(action.at, volume)))


def _create(world: World, action: Action) -> Left:
    volume = world.on(action)
    node_id = volume.create(action.path, world.content(action), world.stamp(action.at, volume))
    _set_wished_times(world, action, action.path)
    return world.made(action, action.path, node_id)


def _create_in_pieces(world: World, action: Action) -> Left:
    """Write a file in pieces; a word, if one is given, ends one piece and begins the next."""
    volume = ntfs(world, action)
    pieces, word = int(action.details["pieces"]), str(action.details.get("word", ""))
    node_id = volume.create(action.path, world.content(action), world.stamp(action.at, volume), pieces=pieces)
    left = world.made(action, action.path, node_id)
    if not word:
        return left
    clusters = volume.state(node_id).clusters
    seams = [index for index, (one, other) in enumerate(pairwise(clusters), start=1) if other != one + 1]
    if not seams:
        raise SynthesisError("the file lies in one piece", remedy="Give it more pieces and at least as many clusters.")
    data = word.encode()
    half = len(data) // 2
    before, behind = clusters[seams[0] - 1], clusters[seams[0]]
    world.medium.write(volume.cluster_offset_bytes(before) + volume.cluster_bytes - half, data[:half])
    world.medium.write(volume.cluster_offset_bytes(behind), data[half:])
    return Left(node_id, facts={"text": word})


def _import_photo(world: World, action: Action) -> Left:
    """Copy a photo from a camera, whose clock is right and shows the time of a zone of its own."""
    assert action.modified is not None  # noqa: S101 - ACTION_KINDS asks for it
    volume, place = world.on(action), str(action.details["zone"])
    within_s = int(action.details.get("taken_within_s", 1))
    taken = action.modified + timedelta(seconds=world.stream("taken", action).below(within_s))
    local = taken.astimezone(zone(place))
    data = world.content(action, written=local)
    node_id = volume.create(action.path, data, world.stamp(action.at, volume))
    volume.set_times(action.path, modified=world.stamp(taken, volume))
    left = world.made(action, action.path, node_id)
    shown = local.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    facts: dict[str, FactValue] = {
        "taken_utc": taken,
        "taken_overcorrected_utc": taken - (world.clock.device_utc(taken) - taken),
        "camera_zone": place,
        "local_text": shown,
    }
    return Left(left.node_id, facts=facts)


def _copy(world: World, action: Action) -> Left:
    volume = world.on(action)
    node_id = volume.copy(action.path, action.to_path, world.stamp(action.at, volume))
    _set_wished_times(world, action, action.to_path)
    return world.made(action, action.to_path, node_id)


def _rename(world: World, action: Action) -> Left:
    volume = world.on(action)
    node_id = volume.node(action.path)
    volume.rename(action.path, action.to_path, world.stamp(action.at, volume))
    world.now_at(action, action.to_path, node_id)
    return Left(node_id, facts={"old_path": action.path})


def _append(world: World, action: Action) -> Left:
    volume = world.on(action)
    volume.append(action.path, world.content(action), world.stamp(action.at, volume))
    return Left(volume.node(action.path))


def _overwrite(world: World, action: Action) -> Left:
    volume = world.on(action)
    volume.overwrite(action.path, world.content(action), world.stamp(action.at, volume))
    return Left(volume.node(action.path))


def _open(world: World, action: Action) -> Left:
    volume = world.on(action)
    volume.open(action.path, world.stamp(action.at, volume))
    return Left(volume.node(action.path))


def _delete(world: World, action: Action) -> Left:
    volume = world.on(action)
    node_id = volume.node(action.path)
    if not volume.state(node_id).directory:
        world.last_content[action.volume, node_id] = volume.read(action.path)
    volume.delete(action.path, world.stamp(action.at, volume))
    return Left(node_id)


def _set_times(world: World, action: Action) -> Left:
    _set_wished_times(world, action, action.path)
    return Left(world.on(action).node(action.path))


def _write_slack(world: World, action: Action) -> Left:
    volume = world.on(action)
    text = world.content(action)
    # A personal gap, so that the text does not begin where the file ends. Who hides it clears what stood around it.
    gap = action.offset_bytes + world.stream("gap", action).below(16)
    node_id = volume.node(action.path)
    room = -volume.state(node_id).size_bytes % volume.cluster_bytes
    offset = volume.write_slack(action.path, (bytes(gap) + text).ljust(room, b"\0")) + gap
    return Left(node_id, text.decode(), offset)


def _write_record_slack(world: World, action: Action) -> Left:
    volume = ntfs(world, action)
    text = world.content(action)
    offset = volume.write_record_slack(action.path, text)
    return Left(volume.node(action.path), text.decode(), offset)


def _write_unallocated(world: World, action: Action) -> Left:
    data = world.content(action)
    cluster = int(action.details["cluster"]) if "cluster" in action.details else None
    offset = world.on(action).write_unallocated(data, cluster=cluster)
    if action.content is not None and action.content.generator is None:
        return Left(-1, data.decode(), offset)
    return Left(-1, "", offset, {"size_bytes": len(data)})


def _write_stream(world: World, action: Action) -> Left:
    volume = ntfs(world, action)
    name = str(action.details["stream"])
    volume.write_stream(action.path, name, world.content(action), world.stamp(action.at, volume))
    text = fill(action.content.text or "", world.values) if action.content else ""
    return Left(volume.node(action.path), text, facts={"stream": name})


def _remount(world: World, action: Action) -> Left:
    volume = world.on(action)
    if not action.path:
        volume.remount()
        return Left()
    clusters = volume.state(world.node_at(action, action.path)).clusters
    index = action.offset_bytes // volume.cluster_bytes
    if not 0 < index < len(clusters):
        raise SynthesisError(
            f"byte {action.offset_bytes} is not inside a file of {len(clusters)} clusters",
            remedy="Choose an offset behind the first cluster and before the end of the file.",
        )
    volume.remount(after=clusters[index - 1])
    return Left()


def _watch(world: World, action: Action) -> Left:
    volume = world.on(action)
    alive = volume.exists(action.path)  # also what no action made, such as a shortcut
    return Left(volume.node(action.path) if alive else world.node_at(action, action.path))


def ntfs(world: World, action: Action) -> NtfsVolume:
    """Return the volume of an action that only NTFS can take.

    Raises:
        SynthesisError: The volume has another file system.
    """
    volume: Any = world.on(action)
    if not isinstance(volume, NtfsVolume):
        raise SynthesisError(
            f"the volume {action.volume} has no NTFS, and {action.kind} needs it",
            remedy="Choose an NTFS volume, or another kind of action.",
        )
    return volume


def _set_wished_times(world: World, action: Action, path: str) -> None:
    volume = world.on(action)
    wished = {
        name: world.stamp(moment, volume)
        for name, moment in (("born", action.born), ("modified", action.modified), ("accessed", action.accessed))
        if moment is not None
    }
    if wished:
        volume.set_times(path, **wished)


FILE_ACTIONS: Mapping[str, Handler] = {
    "make_directory": _make_directory,
    "create": _create,
    "create_in_pieces": _create_in_pieces,
    "import_photo": _import_photo,
    "copy": _copy,
    "rename": _rename,
    "move": _rename,
    "append": _append,
    "overwrite": _overwrite,
    "open": _open,
    "delete": _delete,
    "set_times": _set_times,
    "write_slack": _write_slack,
    "write_record_slack": _write_record_slack,
    "write_unallocated": _write_unallocated,
    "write_stream": _write_stream,
    "remount": _remount,
    "watch": _watch,
}
