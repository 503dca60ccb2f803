"""Encodings of Windows' own inside registry values.

Sources: libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "User Assist", "Most recently used (MRU)",
"Mounted devices", "Time zones", "USB storage" and "Microsoft Office"; MS-DTYP, sections 2.3.4.2 "GUID--PacketRep" and
2.3.13 "SYSTEMTIME".
"""

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.filetime import filetime, filetime_bytes
from labkit.synthesis.artifacts.registry_tree import RegistryValue, utf16

_ROT13 = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
)
_USER_ASSIST = struct.Struct("<iIII10fiQI")  # 72 bytes: version 5, Windows 7 and later
_NOT_SET = -1
_DEVICE_PROPERTY = 0xFFFF0000  # marks the type of a device property (DEVPROPTYPE) as such
_PROPERTY_FILETIME = 0x10
_END_OF_LIST = 0xFFFFFFFF
_LARGEST_32_BIT = 0xFFFFFFFF


def rot13(text: str) -> str:
    """Return ``text`` with each plain Latin letter moved by 13, as names in UserAssist are; its own inverse."""
    return text.translate(_ROT13)


def guid_text(guid: UUID) -> str:
    """Return a GUID in braces with small letters, the usual form in the registry."""
    return f"{{{guid}}}"


@dataclass(frozen=True, slots=True)
class UserAssistEntry:
    """What UserAssist counts of one program or shortcut. ``last_run`` is aware; None if it was not run yet."""

    runs: int = 0
    focus_count: int = 0
    focus_time: timedelta = timedelta()
    last_run: datetime | None = None

    def value(self) -> RegistryValue:
        """Return the 72 bytes of version 5.

        Raises:
            SynthesisError: A count does not fit into 32 bits, or ``last_run`` has no zone.
        """
        focus_ms = self.focus_time // timedelta(milliseconds=1)
        for number in (self.runs, self.focus_count, focus_ms):
            if not 0 <= number <= _LARGEST_32_BIT:
                raise SynthesisError(
                    f"UserAssist can not count {number}: it has 32 bits", remedy="Take a smaller count or focus time."
                )
        last_run = filetime(self.last_run) if self.last_run else 0
        fields = (0, self.runs, self.focus_count, focus_ms, *[float(_NOT_SET)] * 10, _NOT_SET, last_run, 0)
        return RegistryValue.binary(_USER_ASSIST.pack(*fields))

    @classmethod
    def read(cls, value: RegistryValue) -> "UserAssistEntry":
        """Return the counts that ``value`` holds; ``last_run`` is left out."""
        fields = _USER_ASSIST.unpack(value.data)
        return cls(fields[1], fields[2], timedelta(milliseconds=fields[3]))


def mru_list_ex(order: list[int]) -> RegistryValue:
    """Return an MRUListEx: the numbers of the entries, the most recently used first."""
    return RegistryValue.binary(struct.pack(f"<{len(order) + 1}I", *order, _END_OF_LIST))


def mru_order(value: RegistryValue | None) -> list[int]:
    """Return the numbers that an MRUListEx holds; none where there is none."""
    if value is None:
        return []
    return list(struct.unpack(f"<{len(value.data) // 4}I", value.data))[:-1]


def named_item(name: str, shell_item: bytes) -> RegistryValue:
    """Return an entry of RecentDocs: the name of the document, and the shell item of the shortcut to it."""
    return RegistryValue.binary(utf16(name) + b"\0\0" + shell_item + b"\0\0")


def office_recent(path: str, opened: datetime) -> RegistryValue:
    """Return an entry of File MRU or Place MRU of Office 2010 and later; a place ends with a backslash.

    Raises:
        SynthesisError: ``opened`` has no zone.
    """
    return RegistryValue.text(f"[F00000000][T{filetime(opened):016X}][O00000000]*{path}")


def system_time(local: datetime) -> bytes:
    """Return a naive local time as the 16 bytes of a SYSTEMTIME.

    Raises:
        SynthesisError: ``local`` is aware of a zone.
    """
    if local.tzinfo is not None:
        raise SynthesisError(
            f"{local.isoformat()} carries a zone; this value holds the local time of the machine",
            remedy="Turn it into the device's local time with DeviceClock.local first.",
        )
    weekday = local.isoweekday() % 7  # Sunday is 0
    date = (local.year, local.month, weekday, local.day)
    return struct.pack("<8H", *date, local.hour, local.minute, local.second, local.microsecond // 1000)


def device_property_time(at: datetime) -> RegistryValue:
    """Return a time among the properties of a device, such as that of its last arrival.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    return RegistryValue(_DEVICE_PROPERTY | _PROPERTY_FILETIME, filetime_bytes(at))


def gpt_partition(partition: UUID) -> RegistryValue:
    """Return what MountedDevices keeps of a partition of a GPT disk, by the partition's own GUID."""
    return RegistryValue.binary(b"DMIO:ID:" + partition.bytes_le)


def mbr_partition(disk_signature: int, offset_bytes: int) -> RegistryValue:
    """Return what MountedDevices keeps of a partition of an MBR disk, by the disk's signature and its own begin."""
    return RegistryValue.binary(struct.pack("<IQ", disk_signature, offset_bytes))


def signed_dword(number: int) -> RegistryValue:
    """Return a REG_DWORD of a number that may lie below zero, such as a bias in minutes."""
    return RegistryValue.dword(number & _LARGEST_32_BIT)
