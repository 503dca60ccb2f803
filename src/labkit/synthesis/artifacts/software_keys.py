"""What Windows keeps in the SOFTWARE hive: its own version, installed programs, networks, time zones.

Sources: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "Windows product information" and "Time
zones"; Microsoft, "Uninstall Registry Key" (Windows Installer documentation) and NLM_NETWORK_CATEGORY (Win32).
NameType is an interface type of the IANA ifType list: 6 wired, 71 wireless.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import guid_text, system_time
from labkit.synthesis.artifacts.windows_zones import WindowsZone

VERSION = "Microsoft\\Windows NT\\CurrentVersion"
NETWORKS = f"{VERSION}\\NetworkList"
UNINSTALL = "Microsoft\\Windows\\CurrentVersion\\Uninstall"
WIRED, WIRELESS = 6, 71
_PUBLIC, _PRIVATE = 0, 1
_UNMANAGED_SOURCE = 8
_SIGNATURE_BEGINS = "010103000F0000F0080000000F0000F0"
_MAC_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WindowsVersion:
    """The edition of Windows and to whom it is registered."""

    product_name: str = "Windows 10 Pro"
    edition: str = "Professional"
    display_version: str = "22H2"
    build: int = 19045
    revision: int = 4046
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the machine was in. ``gateway_mac`` has 6 bytes."""

    profile: UUID
    name: str
    gateway_mac: bytes
    kind: int = WIRELESS
    private: bool = False
    dns_suffix: str = "<none>"


def describe_windows(hive: Hive, version: WindowsVersion, installed: datetime) -> None:
    """Describe the installed Windows.

    Raises:
        SynthesisError: ``installed`` has no zone.
    """
    install_time = filetime(installed)
    seconds = (installed - _EPOCH) // timedelta(seconds=1)
    values = {
        "ProductName": RegistryValue.text(version.product_name),
        "EditionID": RegistryValue.text(version.edition),
        "DisplayVersion": RegistryValue.text(version.display_version),
        "CurrentVersion": RegistryValue.text("6.3"),
        "CurrentMajorVersionNumber": RegistryValue.dword(10),
        "CurrentMinorVersionNumber": RegistryValue.dword(0),
        "CurrentBuild": RegistryValue.text(str(version.build)),
        "CurrentBuildNumber": RegistryValue.text(str(version.build)),
        "UBR": RegistryValue.dword(version.revision),
        "InstallationType": RegistryValue.text("Client"),
        "RegisteredOwner": RegistryValue.text(version.owner),
        "RegisteredOrganization": RegistryValue.text(""),
        "SystemRoot": RegistryValue.text("C:\\Windows"),
        "InstallDate": RegistryValue.dword(seconds),
        "InstallTime": RegistryValue.qword(install_time),
    }
    for name, value in values.items():
        hive.set(VERSION, name, value, installed)


def install_program(
    hive: Hive,
    key_name: str,
    name: str,
    at: datetime,
    *,
    version: str,
    publisher: str,
    on: date,
    folder: str = "",
) -> None:
    """Note an installed program (Uninstall).

    Args:
        hive: The SOFTWARE hive.
        key_name: The name of its key: a product code in braces or a name.
        name: What the list of programs shows.
        at: When it was installed.
        version: What the list shows as its version.
        publisher: Who made it.
        on: The local date of the installation.
        folder: Where it lies, if that is known.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    values = {
        "DisplayName": name,
        "DisplayVersion": version,
        "Publisher": publisher,
        "InstallDate": f"{on:%Y%m%d}",
        "InstallLocation": folder,
        "UninstallString": f'"{folder}\\uninstall.exe"' if folder else "",
    }
    for value_name, text in values.items():
        if text:
            hive.set(f"{UNINSTALL}\\{key_name}", value_name, RegistryValue.text(text), at)


def join_network(hive: Hive, network: Network, at: datetime, *, local: datetime) -> None:
    """Note that the machine was in a network; the first time, that it became known.

    Args:
        hive: The SOFTWARE hive.
        network: The network.
        at: When, an aware time.
        local: The same by the machine's clock, a naive local time: the profile keeps no other.

    Raises:
        SynthesisError: ``at`` has no zone, ``local`` has one, or the MAC address is not one.
    """
    if len(network.gateway_mac) != _MAC_BYTES:
        raise SynthesisError(
            f"{network.gateway_mac.hex('-')} is not a MAC address", remedy="Give the 6 bytes of the gateway's address."
        )
    moment = RegistryValue.binary(system_time(local))
    path = f"{NETWORKS}\\Profiles\\{guid_text(network.profile).upper()}"
    if hive.key(path) is None:
        values = {
            "ProfileName": RegistryValue.text(network.name),
            "Description": RegistryValue.text(network.name),
            "Managed": RegistryValue.dword(0),
            "Category": RegistryValue.dword(_PRIVATE if network.private else _PUBLIC),
            "DateCreated": moment,
            "NameType": RegistryValue.dword(network.kind),
        }
        for name, value in values.items():
            hive.set(path, name, value, at)
        _sign(hive, network, at)
    hive.set(path, "DateLastConnected", moment, at)


def _sign(hive: Hive, network: Network, at: datetime) -> None:
    # Windows derives the name of this key from what it knows of the network, in a way it does not publish.
    known = network.dns_suffix.encode() + network.gateway_mac + network.name.encode()
    key_name = _SIGNATURE_BEGINS + hashlib.sha256(known).hexdigest().upper()
    values = {
        "ProfileGuid": RegistryValue.text(guid_text(network.profile).upper()),
        "Description": RegistryValue.text(network.name),
        "Source": RegistryValue.dword(_UNMANAGED_SOURCE),
        "DnsSuffix": RegistryValue.text(network.dns_suffix),
        "FirstNetwork": RegistryValue.text(network.name),
        "DefaultGatewayMac": RegistryValue.binary(network.gateway_mac),
    }
    for name, value in values.items():
        hive.set(f"{NETWORKS}\\Signatures\\Unmanaged\\{key_name}", name, value, at)


def register_time_zone(hive: Hive, zone: WindowsZone, at: datetime) -> None:
    """Register a time zone among those that Windows knows (Time Zones).

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    values = {
        "Display": RegistryValue.text(zone.display),
        "Dlt": RegistryValue.text(zone.daylight_name),
        "MUI_Dlt": RegistryValue.text(zone.stored_daylight_name),
        "MUI_Std": RegistryValue.text(zone.stored_standard_name),
        "Std": RegistryValue.text(zone.name),
        "TZI": RegistryValue.binary(zone.tzi()),
    }
    for name, value in values.items():
        hive.set(f"{VERSION}\\Time Zones\\{zone.name}", name, value, at)
