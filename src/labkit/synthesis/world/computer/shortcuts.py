"""Shortcuts that Windows makes by itself: one in the Recent folder for each document that is opened."""

import hashlib
from uuid import UUID

from labkit.synthesis.artifacts.lnk import DriveKind, LocalVolume, ShellLink, Tracker, object_id, shell_link
from labkit.synthesis.artifacts.shell_items import PathItem
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.world.computer.computer import Computer, windows_path


def system_volume(volume: VolumeWriter, label: str) -> LocalVolume:
    """Return the system volume as shortcuts name it: by the serial number that ``vol`` shows."""
    return LocalVolume("C", DriveKind.FIXED, int(volume.serial_text.replace("-", ""), 16), label)


def network_card(computer: Computer) -> bytes:
    """Return the address of the computer's network card: locally administered, so that no maker has it."""
    digest = hashlib.sha256(f"network card/{computer.spec.name}".encode()).digest()
    return bytes((digest[0] & 0xFC | 0x02, *digest[1:6]))


def shortcut_to(computer: Computer, volume: VolumeWriter, path: str, place: LocalVolume) -> bytes:
    """Return the shortcut to a file of the system volume, as the file is now."""
    parts = path.strip("/").split("/")
    folders = ["/" + "/".join(parts[:depth]) for depth in range(1, len(parts))]
    items = (*(_item(volume, folder) for folder in folders), _item(volume, path))
    tracker = Tracker(
        machine_id=computer.spec.name.lower(),
        volume_id=_volume_id(computer),
        object_id=object_id(
            computer.spec.installed, network_card(computer), clock_sequence=volume.node(path) % (1 << 14)
        ),
    )
    return shell_link(
        ShellLink(
            items,
            place,
            relative_path="..\\..\\..\\..\\..\\"
            + windows_path(path, "").removeprefix(f"\\Users\\{computer.spec.user}\\"),
            working_directory=windows_path(folders[-1]) if folders else "C:\\",
            tracker=tracker,
            code_page="cp1251",
        )
    )


def shortcut_to_stick(item: PathItem, folders: tuple[PathItem, ...], place: LocalVolume) -> bytes:
    """Return the shortcut to a file on a stick, which keeps no object ids."""
    folder = "".join(f"\\{folder.name}" for folder in folders)
    working = f"{place.letter}:{folder or chr(92)}"
    return shell_link(ShellLink((*folders, item), place, working_directory=working, code_page="cp1251"))


def _item(volume: VolumeWriter, path: str) -> PathItem:
    state = volume.state(volume.node(path))
    return PathItem(
        state.name,
        state.born,
        state.modified,
        state.accessed,
        size_bytes=state.size_bytes,
        directory=state.directory,
        mft_record=state.address,
        mft_sequence=getattr(state, "sequence", 0),
    )


def _volume_id(computer: Computer) -> UUID:
    return UUID(bytes=hashlib.sha256(f"volume/{computer.spec.name}".encode()).digest()[:16], version=4)
