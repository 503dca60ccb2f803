"""The device file of an item: its medium as a source at the end of a cable, for ``labkit acquire``.

The faults are personal: which sectors can not be read, where the cable is pulled, which of two write blockers fails,
and how. The unreadable sectors are others than those of the second pass, whose log a task asks to be read.

Sources: Microsoft FAT specification, "FAT Volume Dirty Flag" (``ClnShutBitMask``); ``acquisition/device.py`` for the
form of the file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.errors import SynthesisError
from labkit.hashing import digest_blocks
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.deferred import DeferredFacts, MadeTogether
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.played import PlayedItem
from labkit.synthesis.second_pass import bad_runs, second_pass_runs
from labkit.synthesis.shelf import Shelf
from labkit.synthesis.streams import Stream
from labkit.synthesis.traces import digest_facts
from labkit.synthesis.world.world import Place, World

# What a write blocker must do (NIST CFTT), and the fault that breaks it; in the order in which faults are drawn.
_CRITERIA = {
    "tells-capacity": "hides-capacity",
    "reports-errors": "hides-errors",
    "blocks-writes": "passes-writes",
    "returns-data": "wrong-data",
}
_BLOCKERS = (("WB-1", "Fenwick", "Bridge 2", "1.4"), ("WB-2", "Oldmere", "Guard U3", "2.0.1"))
_BLOCK_BYTES = 1 << 20
_RESERVED_SECTORS_AT = 14  # of the boot sector
# Where in the FAT the high byte of its second entry lies, and the bit of it that is 1 after a clean shutdown.
_CLEAN_SHUTDOWN = {"FAT16": (3, 0x80), "FAT32": (7, 0x08)}


@dataclass(frozen=True, slots=True)
class _Source:
    """What is personal about a device. Runs are (first sector, count); writes are (sector, offset in it, bytes)."""

    runs: tuple[tuple[int, int], ...]
    failing: str
    fault: str
    cable_pulled_at: int
    host_writes: tuple[tuple[int, int, bytes], ...]


def device_traces(played: PlayedItem, world: World, shelf: Shelf) -> Iterator[Trace]:
    """Write the device file of an item whose raw medium is handed out; yield what acquiring and testing give.

    The digests are those of the medium with zeros for what can not be read; ``sha256_written`` is that of an image
    made while a computer could write to the medium, ``sha256_skipped`` that of one which leaves those sectors out.

    Raises:
        SynthesisError: The raw medium is not among the products, or a setting is missing.
    """
    if "raw" not in played.item.products:
        raise SynthesisError(
            f"the item {played.item.slug} has a source device without a medium",
            remedy="Put 'raw' into its products, before 'source-device'.",
        )
    source = _drawn(played, world)
    name = played.name(".device.toml")
    shelf.put(f"{played.item.slug}/{name}", "\n".join(_lines(played, source)).encode() + b"\n")
    lbas = tuple(lba for first, count in source.runs for lba in range(first, first + count))
    size: dict[str, FactValue] = {
        "size_sectors": played.medium.size_bytes // SECTOR_BYTES,
        "lbas": lbas,
        "lba_count": len(lbas),
    }
    image = MadeTogether(lambda: digest_facts(digest_blocks(_acquired(played.medium, source, written=False))))
    written = MadeTogether(
        lambda: {"sha256_written": digest_blocks(_acquired(played.medium, source, written=True)).sha256}
    )
    skipped = MadeTogether(lambda: {"sha256_skipped": digest_blocks(_readable(played.medium, source)).sha256})
    digests = {
        **image.facts(("md5", "sha1", "sha256")),
        **written.facts(("sha256_written",)),
        **skipped.facts(("sha256_skipped",)),
    }
    yield Trace("own-image", "own_image", None, DeferredFacts({"name": name, **size}, digests))
    sound = next(one for one, *_ in _BLOCKERS if one != source.failing)
    yield Trace("blocker", "blocker", None, {"option": sound.lower(), "other_option": source.failing.lower()})
    for identifier, *_ in _BLOCKERS:
        for criterion, fault in _CRITERIA.items():
            result = "fails" if identifier == source.failing and fault == source.fault else "meets"
            yield Trace(f"{identifier.lower()}-{criterion}", "blocker_criterion", None, {"option": result})


def _drawn(played: PlayedItem, world: World) -> _Source:
    stream = Stream(played.seed, f"source-device/{played.item.slug}")
    medium = played.medium
    lost, _ = second_pass_runs(played, world)
    avoided = frozenset(lba for first, count in lost for lba in range(first, first + count))
    runs = bad_runs(medium, world, stream, avoided)
    sectors = medium.size_bytes // SECTOR_BYTES
    failing, fault = stream.below(len(_BLOCKERS)), stream.pick(tuple(_CRITERIA.values()))
    pulled = stream.between(sectors * 2 // 5, sectors * 3 // 5)
    writes = tuple(write for place in world.places.values() for write in _mark_of_use(medium, place))
    return _Source(runs, _BLOCKERS[failing][0], fault, pulled, writes)


def _acquired(medium: Medium, source: _Source, *, written: bool) -> Iterator[bytes]:
    """Yield the blocks of the image that acquiring the device gives."""
    image = medium.fork()
    for lba, offset, data in source.host_writes if written else ():
        image.write(lba * SECTOR_BYTES + offset, data)
    for first, count in source.runs:
        image.write(first * SECTOR_BYTES, bytes(count * SECTOR_BYTES))
    return image.chunks()


def _readable(medium: Medium, source: _Source) -> Iterator[bytes]:
    """Yield the blocks of an image into which nothing was written for the sectors that can not be read."""
    place = 0
    for first, count in (*source.runs, (medium.size_bytes // SECTOR_BYTES, 0)):
        end = first * SECTOR_BYTES
        while place < end:
            size = min(_BLOCK_BYTES, end - place)
            yield medium.read(place, size)
            place += size
        place = end + count * SECTOR_BYTES


def _lines(played: PlayedItem, source: _Source) -> Iterator[str]:
    yield 'schema = "labkit-device/1"'
    yield f"image = {_text(played.name('.raw'))}"
    for key in ("make", "model", "serial", "connection"):
        yield f"{key} = {_text(played.setting(f'device_{key}'))}"
    yield f"sector_bytes = {SECTOR_BYTES}"
    yield f"unreadable = {[list(run) for run in source.runs]}"
    yield f"cable_pulled_at = {source.cable_pulled_at}"
    for lba, offset, data in source.host_writes:
        yield ""
        yield "[[host_writes]]"
        yield f"lba = {lba}"
        yield f"offset_bytes = {offset}"
        yield f'hex = "{data.hex()}"'
    for identifier, make, model, firmware in _BLOCKERS:
        yield ""
        yield "[[blocker]]"
        yield f"id = {_text(identifier)}"
        yield 'kind = "hw"'
        yield f"make = {_text(make)}"
        yield f"model = {_text(model)}"
        yield f"firmware = {_text(firmware)}"
        yield f"faults = {_list([source.fault] if identifier == source.failing else [])}"


def _mark_of_use(medium: Medium, place: Place) -> Iterator[tuple[int, int, bytes]]:
    """Yield what a computer writes as soon as it mounts a FAT volume: that it was not shut down cleanly."""
    if place.spec.filesystem not in _CLEAN_SHUTDOWN:
        return
    offset, bit = _CLEAN_SHUTDOWN[place.spec.filesystem]
    start = place.start_sector * SECTOR_BYTES
    reserved = int.from_bytes(medium.read(start + _RESERVED_SECTORS_AT, 2), "little")
    lba = place.start_sector + reserved
    value = medium.read(lba * SECTOR_BYTES + offset, 1)[0]
    yield lba, offset, bytes((value & ~bit,))


def _text(value: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's (TOML 1.0, "String"), except that DEL must be escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: list[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"
