"""The SYSTEM hive: the machine's name, zone, volumes, shutdowns, and the USB drives that were plugged in.

Source: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "Current control set", "Time zones", "Mounted
devices" and "USB storage".
"""

import struct
from collections.abc import Iterator
from uuid import UUID

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known
from labkit.evidence.artifacts.registry import usb
from labkit.evidence.artifacts.registry.hive import (
    Hive,
    data,
    opened_hive,
    signed,
    text,
    utf16_text,
    values,
    written,
)
from labkit.evidence.artifacts.source import Source

_KEY_WRITTEN = "key last written"
_GPT_MARK = b"DMIO:ID:"
_GPT_BYTES = 24
_MBR = struct.Struct("<IQ")  # signature of the disk, first byte of the partition


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    with opened_hive(source, problem) as hive:
        yield from _computer_name(hive)
        yield from _time_zone(hive)
        yield from _shutdown(hive)
        yield from _mounted_devices(hive)
        yield from usb.records(hive, problem)


def _computer_name(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(f"{hive.control_set}\\Control\\ComputerName\\ComputerName")
    name = text(key, "ComputerName")
    if key is not None and name:
        host = text(hive.key(f"{hive.control_set}\\Services\\Tcpip\\Parameters"), "Hostname")
        yield hive.record(
            "computer_name",
            key,
            f"the computer's name is {name}",
            known(name=name, host_name=host),
            at=written(key),
            time_of=_KEY_WRITTEN,
        )


def _time_zone(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(f"{hive.control_set}\\Control\\TimeZoneInformation")
    if key is None:
        return
    active = signed(key, "ActiveTimeBias")
    name = text(key, "TimeZoneKeyName") or text(key, "StandardName") or "?"
    offset = "unknown" if active is None else _offset_text(-active)
    yield hive.record(
        "time_zone",
        key,
        f"the time zone is {name}, UTC offset in use {offset}",
        known(
            name=name,
            bias_minutes=signed(key, "Bias"),
            active_bias_minutes=active,
            daylight_bias_minutes=signed(key, "DaylightBias"),
            utc_offset=None if active is None else offset,
        ),
        at=written(key),
        time_of=_KEY_WRITTEN,
    )


def _offset_text(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"


def _shutdown(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key(f"{hive.control_set}\\Control\\Windows")
    stored = data(key, "ShutdownTime")
    if key is not None and stored and len(stored) == 8:  # noqa: PLR2004 - a FILETIME
        at = from_filetime(int.from_bytes(stored, "little"))
        yield hive.record("shutdown", key, "Windows was shut down", {}, at=at, time_of="last orderly shutdown")


def _mounted_devices(hive: Hive) -> Iterator[ArtifactRecord]:
    key = hive.key("MountedDevices")
    if key is None:
        return
    for name, stored in values(key).items():
        device, details = mounted_device(stored)
        yield hive.record(
            "mounted_devices",
            key,
            f"{name} is {device}",
            {"name": name, **details},
            at=written(key),
            time_of="key last written, by whichever of its values",
        )


def mounted_device(stored: bytes) -> tuple[str, dict[str, Value]]:
    """Return what a value of MountedDevices points to, as a phrase and as details."""
    if stored.startswith(_GPT_MARK) and len(stored) == _GPT_BYTES:
        guid = str(UUID(bytes_le=bytes(stored[len(_GPT_MARK) :])))
        return f"the GPT partition {guid}", {"partition_guid": guid}
    if len(stored) == _MBR.size:
        signature, begin = _MBR.unpack(stored)
        return (
            f"the partition at byte {begin} of the disk {signature:08X}",
            {"disk_signature": f"{signature:08X}", "partition_start_bytes": begin},
        )
    path = utf16_text(stored)
    return path, {"device": path}


PARSER = ArtifactParser(
    name="registry",
    kinds={
        "computer_name": "Registry, SYSTEM: the machine's name",
        "time_zone": "Registry, SYSTEM: its time zone",
        "shutdown": "Registry, SYSTEM: the last orderly shutdown",
        "mounted_devices": "Registry, SYSTEM: volumes and drive letters",
        "usb": "Registry, SYSTEM and SOFTWARE: USB drives, when first and last plugged in",
    },
    patterns=("*/config/system", "*/config/regback/system"),
    records=_records,
)
