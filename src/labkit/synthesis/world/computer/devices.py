"""Sticks: plugged in and taken out, with what Windows keeps of them: registry, event log, the log of installations."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from labkit.errors import SynthesisError
from labkit.model.scenario import Action, DeviceSpec
from labkit.synthesis.artifacts.explorer_keys import note_mount_point
from labkit.synthesis.artifacts.system_keys import mount_volume
from labkit.synthesis.artifacts.usb_keys import UsbDrive, connect, name_portable_device, remove
from labkit.synthesis.variables import fill
from labkit.synthesis.world.computer.at_work import computer_of, device_time, name_based
from labkit.synthesis.world.computer.logs import device_configured
from labkit.synthesis.world.world import Handler, Left, World

SETUP_LOG = "/Windows/INF/setupapi.dev.log"
_VENDOR_ID, _PRODUCT_ID = 0x0000, 0x0417  # vendor 0 is given to nobody


def stick_of(world: World, name: str) -> DeviceSpec:
    """Return a stick of the story, its texts filled in.

    Raises:
        SynthesisError: The computer knows no stick of that name.
    """
    devices = {device.name: device for device in computer_of(world).spec.devices}
    if name not in devices:
        raise SynthesisError(
            f"there is no stick {name!r}",
            remedy=f"Describe it under [computer.devices]; there are: {', '.join(devices)}.",
        )
    found = devices[name]
    texts = ("vendor", "product", "revision", "serial", "volume_serial", "label")
    return replace(found, **{key: fill(getattr(found, key), world.values) for key in texts})


def drive_of(stick: DeviceSpec) -> UsbDrive:
    """Return a stick as Windows identifies it."""
    return UsbDrive(
        _VENDOR_ID,
        _PRODUCT_ID,
        stick.vendor,
        stick.product,
        stick.revision,
        stick.serial,
        container=name_based(f"container/{stick.serial}"),
        disk=name_based(f"disk/{stick.serial}"),
    )


def plug_in(world: World, action: Action) -> Left:
    """Plug a stick in. ``details.first`` is the true time at which it was plugged in for the first time, if before."""
    computer, at = computer_of(world), device_time(world, action)
    name = str(action.details["device"])
    stick = stick_of(world, name)
    drive = drive_of(stick)
    first = action.details.get("first")
    is_new = name not in computer.known_sticks
    if is_new:
        first_at = world.clock.device_utc(datetime.fromisoformat(str(first))) if first else at
        computer.known_sticks = {**computer.known_sticks, name: first_at}
        connect(computer.hive("SYSTEM", first_at), drive, first_at)
        _log_installation(world, drive, first_at)
        label = stick.label or f"{stick.letter}:\\"
        name_portable_device(computer.hive("SOFTWARE", first_at), drive, label, first_at)
    first_at = computer.known_sticks[name]
    hive = computer.hive("SYSTEM", at)
    connect(hive, drive, at)
    volume = name_based(f"volume/{stick.serial}")
    mount_volume(hive, stick.letter, volume, drive.mounted_device, at)
    note_mount_point(computer.hive("NTUSER", at), volume, at)
    record = device_configured(world, drive, at, new=is_new and first_at == at)
    computer.plugged |= {name}
    return Left(
        facts={
            **_known(stick),
            "record": record,
            "first_device_utc": first_at,
            "first_utc": world.clock.true_from_device(first_at),
        }
    )


def unplug(world: World, action: Action) -> Left:
    """Take a stick out.

    Raises:
        SynthesisError: It is not plugged in.
    """
    computer, at = computer_of(world), device_time(world, action)
    name = str(action.details["device"])
    if name not in computer.plugged:
        raise SynthesisError(f"the stick {name} is not plugged in", remedy="Put an action plug_in_usb before.")
    stick = stick_of(world, name)
    remove(computer.hive("SYSTEM", at), drive_of(stick), at)
    computer.plugged -= {name}
    return Left(facts=_known(stick))


def _known(stick: DeviceSpec) -> dict[str, str]:
    return {
        "device_serial": stick.serial,
        "serial": stick.volume_serial,
        "label": stick.label,
        "letter": stick.letter,
        "name": drive_of(stick).friendly_name,
    }


def _log_installation(world: World, drive: UsbDrive, at: datetime) -> None:
    """Write the installation of a driver into the log of the setup, which is kept in local time."""

    def local(moment: datetime) -> str:
        shown = world.clock.shown(world.clock.true_from_device(moment))
        return f"{shown:%Y/%m/%d %H:%M:%S}.{shown.microsecond // 1000:03d}"

    instance = drive.disk_instance
    text = (
        f">>>  [Device Install (Hardware initiated) - {instance}]\r\n>>>  Section start {local(at)}\r\n"
        f"     dvi: {{Select Best Driver}}\r\n     dvi:      Selected driver: disk.inf\r\n"
        f"<<<  Section end {local(at + timedelta(milliseconds=843))}\r\n<<<  [Exit status: SUCCESS]\r\n\r\n"
    )
    if world.volume.exists(SETUP_LOG):
        world.volume.append(SETUP_LOG, text.encode(), at)
    else:
        world.volume.create(SETUP_LOG, text.encode(), at)


DEVICE_ACTIONS: Mapping[str, Handler] = {"plug_in_usb": plug_in, "unplug_usb": unplug}
