"""From the partitions of a scenario to volumes on a medium: places, partition table, file systems."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.model.scenario import ItemScenario, VolumeSpec
from labkit.model.truth import FactValue, Trace
from labkit.synthesis.clock import DeviceClock
from labkit.synthesis.filesystems.contract import VolumeWriter
from labkit.synthesis.filesystems.exfat.volume import ExFatVolume
from labkit.synthesis.filesystems.ext4.volume import Ext4Volume
from labkit.synthesis.filesystems.fat import FatKind, FatVolume
from labkit.synthesis.filesystems.ntfs.volume import NtfsVolume
from labkit.synthesis.medium import SECTOR_BYTES, Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.variables import fill
from labkit.synthesis.volumes.damage import damage_header, delete_gpt_partition, delete_mbr_partition
from labkit.synthesis.volumes.gpt import GptCopy, GptPartition, GptType, random_guid, write_gpt
from labkit.synthesis.volumes.mbr import FAT_PARTITION_TYPES, MbrPartition, write_mbr
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


def write_table(
    medium: Medium, item: ItemScenario, places: Mapping[str, Place], seed: bytes, values: Mapping[str, str]
) -> tuple[Trace, ...]:
    """Write the partition table of an item; return what is to know about it beside the partitions.

    Raises:
        SynthesisError: Partitions overlap or lie outside the medium, or the damage is none that can be done.
    """
    ordered = sorted(places.values(), key=lambda place: place.start_sector)
    stream = Stream(seed, f"disk-signature/{item.slug}")
    if item.disk.scheme == "mbr":
        write_mbr(medium, [_mbr_partition(place) for place in ordered], stream.between(1, 0xFFFFFFFF))
        for number in _lost(ordered):
            delete_mbr_partition(medium, number)
        return ()
    disk_guid = random_guid(stream)
    write_gpt(medium, [_gpt_partition(place, seed) for place in ordered], disk_guid)
    for number in _lost(ordered):
        delete_gpt_partition(medium, number)
    facts: dict[str, FactValue] = {
        "option": "gpt",
        "serial": str(disk_guid),
        "names": tuple(_type(p) for p in ordered if p.number),
    }
    traces = [Trace("partition-table", "partition_table", None, facts)]
    damaged = fill(item.disk.damaged, values)
    if damaged:
        traces.append(_damage(medium, damaged))
    return tuple(traces)


def _damage(medium: Medium, damaged: str) -> Trace:
    copies = {copy.value: copy for copy in GptCopy}
    if damaged not in copies:
        raise SynthesisError(
            f"{damaged!r} is no copy of a partition table", remedy=f"Take one of: {', '.join(copies)}, or none."
        )
    damage = damage_header(medium, copies[damaged])
    other = next(name for name in copies if name != damaged)
    return Trace(
        "damaged-header",
        "gpt_header",
        None,
        {
            "option": damaged,
            "other_option": other,
            "offset_bytes": damage.header_offset_bytes,
            "offset_sectors": damage.header_offset_bytes // SECTOR_BYTES,
        },
    )


def _lost(ordered: Sequence[Place]) -> list[int]:
    """Return the numbers, in the order in which they were written, of the partitions that the table lost."""
    return [number for number, place in enumerate(ordered, start=1) if not place.spec.in_table]


def _mbr_partition(place: Place) -> MbrPartition:
    type_byte = _MBR_TYPES.get(place.spec.partition_type) or _MBR_TYPES[place.spec.filesystem]
    return MbrPartition(type_byte, place.start_sector, place.size_sectors)


def _gpt_partition(place: Place, seed: bytes) -> GptPartition:
    # What is the same for all keeps its GUID too: Windows has it in its registry.
    guid = random_guid(Stream(b"common" if place.spec.common else seed, f"partition-guid/{place.spec.name}"))
    kind, name = _GPT_TYPES[_type(place)]
    return GptPartition(kind, guid, place.start_sector, place.size_sectors, name)


def partition_guid(place: Place) -> UUID:
    """Return the GUID of a partition that is the same for all trainees."""
    return random_guid(Stream(b"common", f"partition-guid/{place.spec.name}"))


def _type(place: Place) -> str:
    return place.spec.partition_type or ("linux" if place.spec.filesystem == "ext4" else "basic")


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


def _exfat(medium: Medium, place: Place, clock: DeviceClock, serial: str) -> VolumeWriter:
    spec = place.spec
    return ExFatVolume(
        medium,
        start_bytes=place.start_sector * SECTOR_BYTES,
        size_bytes=place.size_sectors * SECTOR_BYTES,
        cluster_bytes=spec.cluster_bytes,
        label=spec.label,
        serial=_number(serial, "eight hexadecimal digits such as 1A2B-3C4D"),
        formatted=clock.shown(spec.formatted),
    )


def _ntfs(medium: Medium, place: Place, clock: DeviceClock, serial: str) -> VolumeWriter:
    spec = place.spec
    return NtfsVolume(
        medium,
        start_bytes=place.start_sector * SECTOR_BYTES,
        size_bytes=place.size_sectors * SECTOR_BYTES,
        cluster_bytes=spec.cluster_bytes,
        label=spec.label,
        serial=_number(serial, "sixteen hexadecimal digits such as 1A2B3C4D5E6F7081"),
        formatted=clock.device_utc(spec.formatted),
        journal=spec.partition_type != "recovery",  # Windows keeps one on the volume that it starts from
    )


def _ext4(medium: Medium, place: Place, clock: DeviceClock, serial: str) -> VolumeWriter:
    spec = place.spec
    try:
        uuid = UUID(serial)
    except ValueError:
        raise SynthesisError(
            f"{serial!r} is not the UUID of a volume", remedy="Write 32 hexadecimal digits with hyphens."
        ) from None
    return Ext4Volume(
        medium,
        start_bytes=place.start_sector * SECTOR_BYTES,
        size_bytes=place.size_sectors * SECTOR_BYTES,
        block_bytes=spec.cluster_bytes,
        label=spec.label,
        uuid=uuid.bytes,
        formatted=clock.device_utc(spec.formatted),
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
    "exFAT": _exfat,
    "NTFS": _ntfs,
    "ext4": _ext4,
}
_MBR_TYPES: Mapping[str, int] = {**FAT_PARTITION_TYPES, "exFAT": 0x07, "NTFS": 0x07, "ext4": 0x83, "recovery": 0x27}
_GPT_TYPES: Mapping[str, tuple[GptType, str]] = {
    # type of the scenario: (type of the table, name that Windows gives)
    "efi": (GptType.EFI_SYSTEM, "EFI system partition"),
    "reserved": (GptType.MICROSOFT_RESERVED, "Microsoft reserved partition"),
    "basic": (GptType.BASIC_DATA, "Basic data partition"),
    "recovery": (GptType.WINDOWS_RECOVERY, ""),
    "linux": (GptType.LINUX, ""),
}
