"""The device file of an item: its medium as a source at the end of a cable, for ``labkit acquire``.

The faults are personal: which sectors can not be read, where the cable is pulled, which of two write blockers fails,
and how. The unreadable sectors are others than those of the second pass, whose log a task asks to be read.

Sources: Microsoft FAT specification, "FAT Volume Dirty Flag" (``ClnShutBitMask``); ``acquisition/device.py`` for the
form of the file.
"""

import json
from collections.abc import Iterator

from labkit.errors import SynthesisError
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.second_pass import bad_runs, second_pass_runs
from labkit.synthesis.streams import Stream
from labkit.synthesis.world.world import Place, World

_FAULTS = ("hides-capacity", "hides-errors", "passes-writes", "wrong-data")
_BLOCKERS = (("WB-1", "Fenwick", "Bridge 2", "1.4"), ("WB-2", "Oldmere", "Guard U3", "2.0.1"))
_RESERVED_SECTORS_AT = 14  # of the boot sector
# Where in the FAT the high byte of its second entry lies, and the bit of it that is 1 after a clean shutdown.
_CLEAN_SHUTDOWN = {"FAT16": (3, 0x80), "FAT32": (7, 0x08)}


def device_file(played: PlayedItem, world: World) -> bytes:
    """Return the device file of an item whose raw medium is handed out, as TOML.

    Raises:
        SynthesisError: The raw medium is not among the products, or a setting is missing.
    """
    if "raw" not in played.item.products:
        raise SynthesisError(
            f"the item {played.item.slug} has a source device without a medium",
            remedy="Put 'raw' into its products, before 'source-device'.",
        )
    return "\n".join(_lines(played, world)).encode() + b"\n"


def _lines(played: PlayedItem, world: World) -> Iterator[str]:
    stream = Stream(played.seed, f"source-device/{played.item.slug}")
    medium = played.medium
    lost, _ = second_pass_runs(played, world)
    runs = bad_runs(
        medium, world, stream, frozenset(lba for first, count in lost for lba in range(first, first + count))
    )
    sectors = medium.size_bytes // SECTOR_BYTES
    failing, fault = stream.below(len(_BLOCKERS)), stream.pick(_FAULTS)
    yield 'schema = "labkit-device/1"'
    yield f"image = {_text(played.name('.raw'))}"
    for key in ("make", "model", "serial", "connection"):
        yield f"{key} = {_text(played.setting(f'device_{key}'))}"
    yield f"sector_bytes = {SECTOR_BYTES}"
    yield f"unreadable = {[list(run) for run in runs]}"
    yield f"cable_pulled_at = {stream.between(sectors * 2 // 5, sectors * 3 // 5)}"
    for place in world.places.values():
        yield from _mark_of_use(medium, place)
    for number, (identifier, make, model, firmware) in enumerate(_BLOCKERS):
        yield ""
        yield "[[blocker]]"
        yield f"id = {_text(identifier)}"
        yield 'kind = "hw"'
        yield f"make = {_text(make)}"
        yield f"model = {_text(model)}"
        yield f"firmware = {_text(firmware)}"
        yield f"faults = {_list([fault] if number == failing else [])}"


def _mark_of_use(medium: Medium, place: Place) -> Iterator[str]:
    """Yield what a computer writes as soon as it mounts a FAT volume: that it was not shut down cleanly."""
    if place.spec.filesystem not in _CLEAN_SHUTDOWN:
        return
    offset, bit = _CLEAN_SHUTDOWN[place.spec.filesystem]
    start = place.start_sector * SECTOR_BYTES
    reserved = int.from_bytes(medium.read(start + _RESERVED_SECTORS_AT, 2), "little")
    lba = place.start_sector + reserved
    value = medium.read(lba * SECTOR_BYTES + offset, 1)[0]
    yield ""
    yield "[[host_writes]]"
    yield f"lba = {lba}"
    yield f"offset_bytes = {offset}"
    yield f'hex = "{value & ~bit:02x}"'


def _text(value: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's (TOML 1.0, "String"), except that DEL must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: list[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
