"""Documents, written and opened. Each opening leaves a shortcut, an entry of RecentDocs and one of its program."""

from collections.abc import Mapping
from datetime import datetime

from labkit.errors import SynthesisError
from labkit.model.scenario import Action
from labkit.synthesis.artifacts.explorer_keys import remember_document, remember_office_document
from labkit.synthesis.artifacts.lnk import DriveKind, LocalVolume
from labkit.synthesis.artifacts.shell_items import PathItem, file_item
from labkit.synthesis.world.computer.at_work import computer_of, device_time, put
from labkit.synthesis.world.computer.computer import Computer, windows_path
from labkit.synthesis.world.computer.devices import stick_of
from labkit.synthesis.world.computer.programs import PROGRAMS, program_for, run
from labkit.synthesis.world.computer.shortcuts import shortcut_to, shortcut_to_stick, system_volume
from labkit.synthesis.world.world import Handler, Left, World


def save_document(world: World, action: Action) -> Left:
    """Write a document with its program: a new file, or the one that is there anew."""
    volume, at = world.on(action), device_time(world, action)
    data = world.content(action)
    world.make_folders(action.path.rpartition("/")[0], action.at)
    if volume.exists(action.path):
        volume.overwrite(action.path, data, at)
        left = Left(volume.node(action.path))
    else:
        left = world.made(action, action.path, volume.create(action.path, data, at))
    _opened(world, action.path, at)
    return left


def open_document(world: World, action: Action) -> Left:
    """Open a document with its program."""
    volume, at = world.on(action), device_time(world, action)
    volume.open(action.path, at)
    _opened(world, action.path, at)
    return Left(volume.node(action.path), facts={"shortcut_path": shortcut_path(computer_of(world), action.path)})


def open_on_device(world: World, action: Action) -> Left:
    """Open a document that lies on a stick. The file is not here: what stays is what Windows noted about it."""
    computer, at = computer_of(world), device_time(world, action)
    name = str(action.details["device"])
    if name not in computer.plugged:
        raise SynthesisError(f"the stick {name} is not plugged in", remedy="Put an action plug_in_usb before.")
    stick = stick_of(world, name)
    place = LocalVolume(stick.letter, DriveKind.REMOVABLE, int(stick.volume_serial.replace("-", ""), 16), stick.label)
    *folders, document = action.path.strip("/").split("/")
    # What the stick itself says of the file is told by the story of the stick: here it counts when it was opened.
    item = PathItem(document, at, at, at, size_bytes=int(action.details.get("size_bytes", 0)))
    parents = tuple(PathItem(folder, at, at, at, directory=True) for folder in folders)
    put(world, shortcut_path(computer, action.path), shortcut_to_stick(item, parents, place), at)
    path = windows_path(action.path, f"{stick.letter}:")
    _noted(world, document, path, at)
    run(world, program_for(document), at)
    return Left(
        facts={
            "device_path": path,
            "name": document,
            "serial": stick.volume_serial,
            "label": stick.label,
            "shortcut_path": shortcut_path(computer, action.path),
        }
    )


def shortcut_path(computer: Computer, path: str) -> str:
    """Return where the shortcut to a document lies."""
    return f"{computer.home}/AppData/Roaming/Microsoft/Windows/Recent/{path.rpartition('/')[2]}.lnk"


def _opened(world: World, path: str, at: datetime) -> None:
    computer = computer_of(world)
    place = system_volume(world.volume, world.places[world.main].spec.label)
    put(world, shortcut_path(computer, path), shortcut_to(computer, world.volume, path, place), at)
    _noted(world, path.rpartition("/")[2], windows_path(path), at)
    run(world, program_for(path), at)


def _noted(world: World, name: str, path: str, at: datetime) -> None:
    """Note a document in RecentDocs, and with its program if that keeps a list of its own."""
    hive = computer_of(world).hive("NTUSER", at)
    shortcut = PathItem(f"{name}.lnk", at, at, at, size_bytes=1000)
    remember_document(hive, name, file_item(shortcut), at)
    office = PROGRAMS[program_for(name)].office
    if office:
        remember_office_document(hive, office, path, at)


DOCUMENT_ACTIONS: Mapping[str, Handler] = {
    "save_document": save_document,
    "open_document": open_document,
    "open_on_device": open_on_device,
}
