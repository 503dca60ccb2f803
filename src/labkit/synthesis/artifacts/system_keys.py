r"""What Windows keeps in the SYSTEM hive about the machine: its name, its clock's zone, its volumes, its last shutdown.

On disk there is no CurrentControlSet: it is the control set that ``Select\Current`` names, here always the first.

Sources: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "Current control set", "Time zones" and
"Mounted devices"; Microsoft, "Computer Names" (Win32 documentation).
"""

from datetime import datetime, timedelta
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import guid_text, signed_dword
from labkit.synthesis.artifacts.windows_zones import WindowsZone

CONTROL_SET = "ControlSet001"
CONTROL = f"{CONTROL_SET}\\Control"


def select_control_set(hive: Hive, at: datetime) -> None:
    """Say which control set is the current one, the default and the last that worked: the first.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    for name, number in (("Current", 1), ("Default", 1), ("Failed", 0), ("LastKnownGood", 1)):
        hive.set("Select", name, RegistryValue.dword(number), at)


def name_computer(hive: Hive, name: str, at: datetime) -> None:
    """Give the machine its NetBIOS name and its host name.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    hive.set(f"{CONTROL}\\ComputerName\\ComputerName", "ComputerName", RegistryValue.text(name), at)
    for value_name in ("Hostname", "NV Hostname"):
        hive.set(f"{CONTROL_SET}\\Services\\Tcpip\\Parameters", value_name, RegistryValue.text(name), at)


def set_time_zone(hive: Hive, zone: WindowsZone, at: datetime, *, offset: timedelta) -> None:
    """Set the time zone of the machine.

    Args:
        hive: The SYSTEM hive.
        zone: The zone (``windows_zones.windows_zone``; a machine that nobody changed may run on an old one).
        at: When it was set.
        offset: How far local time is ahead of UTC then; daylight time counts.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    values = {
        "DaylightBias": signed_dword(zone.daylight_bias_minutes),
        "DaylightName": RegistryValue.text(zone.stored_daylight_name),
        "StandardStart": RegistryValue.binary(zone.standard_start),
        "StandardBias": RegistryValue.dword(0),
        "StandardName": RegistryValue.text(zone.stored_standard_name),
        "Bias": signed_dword(zone.bias_minutes),
        "DaylightStart": RegistryValue.binary(zone.daylight_start),
        "TimeZoneKeyName": RegistryValue.text(zone.name),
        "DynamicDaylightTimeDisabled": RegistryValue.dword(0),
        "ActiveTimeBias": signed_dword(-(offset // timedelta(minutes=1))),
    }
    for name, value in values.items():
        hive.set(f"{CONTROL}\\TimeZoneInformation", name, value, at)


def note_shutdown(hive: Hive, at: datetime) -> None:
    """Note when Windows was shut down in good order.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    hive.set(f"{CONTROL}\\Windows", "ShutdownTime", RegistryValue.filetime(at), at)


def mount_volume(hive: Hive, letter: str, volume: UUID, device: RegistryValue, at: datetime) -> None:
    r"""Note a volume and give it a drive letter, which another volume loses (MountedDevices).

    Args:
        hive: The SYSTEM hive.
        letter: The drive letter, without colon.
        volume: The GUID by which Windows knows the volume (``\??\Volume{...}``).
        device: What the volume is: ``registry_values.gpt_partition`` or ``mbr_partition``, or
            ``usb_keys.UsbDrive.mounted_device``.
        at: When it was mounted.

    Raises:
        SynthesisError: ``letter`` is none, or ``at`` has no zone.
    """
    if len(letter) != 1 or not "A" <= letter <= "Z":
        raise SynthesisError(f"{letter!r} is not a drive letter", remedy="Give one letter from A to Z.")
    hive.set("MountedDevices", f"\\??\\Volume{guid_text(volume)}", device, at)
    hive.set("MountedDevices", f"\\DosDevices\\{letter}:", device, at)
