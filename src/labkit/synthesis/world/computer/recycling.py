"""The recycle bin: a file moves there under another name, and an index file keeps where it was and when it went."""

from collections.abc import Mapping

from labkit.model.scenario import Action
from labkit.synthesis.artifacts.recycle_bin import index_file, recycled_names
from labkit.synthesis.world.computer.at_work import computer_of, device_time, put
from labkit.synthesis.world.computer.computer import windows_path
from labkit.synthesis.world.world import Handler, Left, World


def recycle(world: World, action: Action) -> Left:
    """Delete a file as people do: into the recycle bin of the account."""
    computer, volume, at = computer_of(world), world.on(action), device_time(world, action)
    node_id = volume.node(action.path)
    size = volume.state(node_id).size_bytes
    names = recycled_names(action.path, world.stream("recycled", action))
    folder = f"/$Recycle.Bin/{computer.sid}"
    world.make_folders(folder, action.at)
    content_path, index_path = f"{folder}/{names.content}", f"{folder}/{names.index}"
    volume.rename(action.path, content_path, at)
    world.now_at(action, content_path, node_id)
    put(world, index_path, index_file(windows_path(action.path), size_bytes=size, deleted=at), at)
    return Left(node_id, facts={"old_path": action.path, "index_path": index_path, "index_name": names.index})


RECYCLE_ACTIONS: Mapping[str, Handler] = {"recycle": recycle}
