"""What each kind of action does to the files of one volume."""

from collections.abc import Mapping

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.world.world import Handler, Left, World


def _make_directory(world: World, action: Action) -> Left:
    volume = world.on(action)
    return world.made(action, action.path, volume.make_directory(action.path, world.stamp(action.at, volume)))


def _create(world: World, action: Action) -> Left:
    volume = world.on(action)
    node_id = volume.create(action.path, world.content(action), world.stamp(action.at, volume))
    _set_wished_times(world, action, action.path)
    return world.made(action, action.path, node_id)


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
    # A personal gap, so that the text does not begin where the file ends.
    gap = action.offset_bytes + world.stream("gap", action).below(16)
    offset = volume.write_slack(action.path, bytes(gap) + text) + gap
    return Left(volume.node(action.path), text.decode(), offset)


def _write_unallocated(world: World, action: Action) -> Left:
    data = world.content(action)
    offset = world.on(action).write_unallocated(data)
    if action.content is not None and action.content.generator is None:
        return Left(-1, data.decode(), offset)
    return Left(-1, "", offset, {"size_bytes": len(data)})


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
    return Left(world.node_at(action, action.path))


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
    "copy": _copy,
    "rename": _rename,
    "move": _rename,
    "append": _append,
    "overwrite": _overwrite,
    "open": _open,
    "delete": _delete,
    "set_times": _set_times,
    "write_slack": _write_slack,
    "write_unallocated": _write_unallocated,
    "remount": _remount,
    "watch": _watch,
}
