"""From the partitions of a scenario to volumes on a medium: places, partition table, file systems."""

from collections.abc import Callable, Mapping

from labkit.errors import SynthesisError
from labkit.model.scenario import ItemScenario, VolumeSpec
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.filesystems.fat import FatKind, FatVolume
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.volumes import FAT_PARTITION_TYPES, MbrPartition, write_mbr
from labkit.synthesis.world.world import Place

_FAT_KINDS: Mapping[str, FatKind] = {"FAT12": "FAT12", "FAT16": "FAT16", "FAT32": "FAT32"}


def places_of(item: ItemScenario, values: Mapping[str, str]) -> Mapping[str, Place]:
    """Return where each partition of an item lies, by name, in the order of the scenario.

    Raises:
        SynthesisError: A number of sectors is none, or a file system can not be written.
    """
    for spec in item.volumes:
        if spec.filesystem and spec.filesystem not in _MAKERS:
            raise SynthesisError(
                f"the item {item.slug} asks for the file system {spec.filesystem!r}, which can not be written",
                remedy=f"Take one of: {', '.join(sorted(_MAKERS))}.",
            )
    found = [
        (spec, _sectors(spec, "start_sector", values), _sectors(spec, "size_sectors", values)) for spec in item.volumes
    ]
    listed = sorted(start for spec, start, _ in found if spec.in_table)
    return {
        spec.name: Place(spec, listed.index(start) + 1 if spec.in_table else 0, start, size)
        for spec, start, size in found
    }


def common_places(item: ItemScenario) -> Mapping[str, Place]:
    """Return where the partitions lie that are the same for all trainees; their numbers come later."""
    common = tuple(spec for spec in item.volumes if spec.common)
    return {
        spec.name: Place(spec, 0, _sectors(spec, "start_sector", {}), _sectors(spec, "size_sectors", {}))
        for spec in common
    }


def write_table(medium: Medium, places: Mapping[str, Place], stream: Stream) -> None:
    """Write the partition table of an item.

    Raises:
        SynthesisError: Partitions overlap or lie outside the medium.
    """
    listed = sorted((place for place in places.values() if place.number), key=lambda place: place.number)
    partitions = [
        MbrPartition(FAT_PARTITION_TYPES[place.spec.filesystem], place.start_sector, place.size_sectors)
        for place in listed
    ]
    write_mbr(medium, partitions, stream.between(1, 0xFFFFFFFF))


def format_volume(medium: Medium, place: Place, clock: DeviceClock, values: Mapping[str, str]) -> VolumeWriter:
    """Format one partition of a medium.

    Raises:
        SynthesisError: The sizes, label or serial do not fit the file system.
    """
    spec = place.spec
    return _MAKERS[spec.filesystem](medium, place, clock, fill(spec.serial, values))


def _fat(medium: Medium, place: Place, clock: DeviceClock, serial: str) -> VolumeWriter:
    spec = place.spec
    return FatVolume(
        medium,
        start_bytes=place.start_sector * SECTOR_BYTES,
        size_bytes=place.size_sectors * SECTOR_BYTES,
        kind=_FAT_KINDS[spec.filesystem],
        cluster_bytes=spec.cluster_bytes,
        label=spec.label,
        serial=_number(serial, "eight hexadecimal digits such as 1A2B-3C4D"),
        formatted=clock.local(spec.formatted),
    )


def _sectors(spec: VolumeSpec, key: str, values: Mapping[str, str]) -> int:
    value = getattr(spec, key)
    text = fill(value, values) if isinstance(value, str) else str(value)
    if not text.isdecimal():
        raise SynthesisError(
            f"{key} of the partition {spec.name} is {text!r}",
            remedy="Give a whole number of sectors, or a variable of one.",
        )
    return int(text)


def _number(serial: str, wanted: str) -> int:
    try:
        return int(serial.replace("-", ""), 16)
    except ValueError:
        raise SynthesisError(f"{serial!r} is not a volume serial", remedy=f"Write {wanted}.") from None


_MAKERS: Mapping[str, Callable[[Medium, Place, DeviceClock, str], VolumeWriter]] = {
    "FAT12": _fat,
    "FAT16": _fat,
    "FAT32": _fat,
}
