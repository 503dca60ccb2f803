r"""USB drives in the SYSTEM hive, with their volume labels from the SOFTWARE hive beside it.

Times stand in the properties of a device, ``Properties\{83da6326-...}\0064`` to ``0067``. Source: devpkey.h
(DEVPKEY_Device_InstallDate, _FirstInstallDate, _LastArrivalDate, _LastRemovalDate); Microsoft, "Identifiers for USB
Devices"; libyal, "Windows Registry Knowledge Base", "USB storage".
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from labkit.errors import EvidenceError
from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import Problem
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known, utc_text
from labkit.evidence.artifacts.registry.hive import (
    Hive,
    keys_below,
    opened_hive,
    sub_key,
    text,
    utf16_text,
    values,
    written,
)
from labkit.evidence.artifacts.source import DamagedArtifactError

_TIMES = "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}"
_MOMENTS = {
    "0065": ("first_installed_utc", "first installed"),
    "0064": ("installed_utc", "installed"),
    "0066": ("last_arrival_utc", "last plugged in"),
    "0067": ("last_removal_utc", "last taken out"),
}
_WINDOWS_MADE = "&"  # as the second letter of an instance: Windows made it up, the device has no serial number
_PORTABLE = "Microsoft\\Windows Portable Devices\\Devices"
_FILETIME_BYTES = 8


def records(hive: Hive, problem: Problem) -> Iterator[ArtifactRecord]:
    """Yield one record for each known moment of each USB drive; one without a time where none is known."""
    names = _portable_names(hive, problem)
    mounted = hive.key("MountedDevices")
    for bus in ("USBSTOR", "USB"):
        for device in keys_below(hive.key(f"{hive.control_set}\\Enum\\{bus}")):
            for instance in keys_below(device):
                if bus == "USB" and text(instance, "Service") not in ("USBSTOR", "UASPStor"):
                    continue  # a hub, a mouse, a camera
                yield from _drive(hive, bus, device, instance, names, mounted)


def _drive(
    hive: Hive, bus: str, device: Any, instance: Any, names: dict[str, str], mounted: Any | None
) -> Iterator[ArtifactRecord]:
    serial = (instance.name or "?").removesuffix("&0") if bus == "USBSTOR" else instance.name or "?"
    path = f"{bus}#{device.name}#{instance.name}"
    times = {number: at for number in _MOMENTS if (at := _time(instance, number)) is not None}
    name = text(instance, "FriendlyName") or _spoken(device.name or "?")
    details: dict[str, Value] = {
        "bus": bus,
        **known(
            device=device.name,
            serial=serial,
            serial_is_the_devices_own=serial[1:2] != _WINDOWS_MADE,
            name=name,
            shown_as=next((shown for key, shown in names.items() if path.casefold() in key), None),
            drive_letters=_letters(mounted, path),
            container_id=text(instance, "ContainerID"),
            **{field: utc_text(times.get(number)) for number, (field, _) in _MOMENTS.items()},
            key_written_utc=utc_text(written(instance)),
        ),
    }
    if not times:
        yield hive.record("usb", instance, f"{name}, serial {serial}: known", details, at=None, time_of="")
    for number, at in times.items():
        what = _MOMENTS[number][1]
        if number == "0064" and times.get("0065") == at:
            continue  # installed once only
        yield hive.record("usb", instance, f"{name}, serial {serial}: {what}", details, at=at, time_of=what)


def _time(instance: Any, number: str) -> datetime | None:
    """Return a time among the properties: Windows 8 and later keep it in the key ``0066``, Windows 7 one key deeper."""
    for path in (number, f"{number:0>8}\\00000000", f"{number:0>8}"):
        for stored in values(sub_key(instance, f"{_TIMES}\\{path}")).values():
            if len(stored) >= _FILETIME_BYTES:
                return from_filetime(int.from_bytes(stored[-_FILETIME_BYTES:], "little"))
    return None


def _spoken(device: str) -> str:
    parts = [part.partition("_")[2] for part in device.split("&") if part.startswith(("Ven_", "Prod_"))]
    return " ".join(parts).replace("_", " ") or device


def _letters(mounted: Any | None, path: str) -> tuple[str, ...]:
    """Return the drive letters that MountedDevices gives to a device now; it keeps the last device of a letter only."""
    prefix, wanted = "\\DosDevices\\", path.casefold()
    found = values(mounted).items()
    return tuple(
        sorted(
            name.removeprefix(prefix)
            for name, stored in found
            if name.startswith(prefix) and wanted in utf16_text(stored).casefold()
        )
    )


def _portable_names(hive: Hive, problem: Problem) -> dict[str, str]:
    """Return the names under which Explorer showed devices (a volume label, or a letter) by their paths."""
    software = hive.source.sibling("SOFTWARE")
    if software is None:
        return {}
    try:
        with opened_hive(software, lambda _text: None) as other:
            return {
                (key.name or "").casefold(): name
                for key in keys_below(other.key(_PORTABLE))
                if (name := text(key, "FriendlyName"))
            }
    except (OSError, EvidenceError, DamagedArtifactError) as error:
        problem(f"the SOFTWARE hive beside it can not be read, so volume labels are missing: {error}")
        return {}
