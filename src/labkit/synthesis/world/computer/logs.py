"""The event logs of a computer, by the names under which its stores are kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from labkit.synthesis.artifacts import device_events
from labkit.synthesis.artifacts.evtx import EventLog, EventRecord
from labkit.synthesis.artifacts.usb_keys import UsbDrive
from labkit.synthesis.world.computer.at_work import computer_of
from labkit.synthesis.world.world import World

SECURITY, SYSTEM = "Security", "System"
DEVICES = "Microsoft-Windows-Kernel-PnP/Configuration"
CHANNELS = (SECURITY, SYSTEM, DEVICES)
_FOLDER = "/Windows/System32/winevt/Logs"
_DISK_CLASS = UUID("4d36e967-e325-11ce-bfc1-08002be10318")


def log_path(channel: str) -> str:
    """Return where the log of a channel lies: a slash in its name becomes ``%4``."""
    return f"{_FOLDER}/{channel.replace('/', '%4')}.evtx"


def open_logs(world: World, at: datetime) -> None:
    """Begin every log."""
    computer = computer_of(world)
    world.make_folders(_FOLDER, world.clock.true_from_device(at))
    for channel in CHANNELS:
        computer.keep(channel, log_path(channel), EventLog(channel, computer.spec.name), _rendered, at)


def write(world: World, channel: str, *records: EventRecord) -> int:
    """Write events to a log; return the number of the last record."""
    number = 0
    for record in records:
        number = computer_of(world).change(channel, record.at).add(record)
    return number


def device_configured(world: World, drive: UsbDrive, at: datetime, *, new: bool) -> int:
    """Write what Windows logs when a stick is plugged in, more the first time; return the number of the last record."""
    started = device_events.device_started(
        at + timedelta(milliseconds=340),
        drive.disk_instance,
        driver="disk.inf",
        device_class=_DISK_CLASS,
        service="disk",
    )
    records: Sequence[EventRecord] = (started,)
    if new:
        configured = device_events.device_configured(
            at + timedelta(milliseconds=210),
            drive.disk_instance,
            driver="disk.inf",
            device_class=_DISK_CLASS,
            section="disk_install.NT",
            matching="GenDisk",
            parent=drive.usb_instance,
        )
        records = (configured, started)
    return write(world, DEVICES, *records)


def _rendered(log: EventLog, _saved: datetime) -> bytes:
    return log.render()
