r"""What Windows 10 keeps in the SYSTEM and SOFTWARE hives about a USB drive.

First installation, arrivals and removals stand in the properties of the device, which every tool for USB history reads:
``Properties\{83da6326-97a6-4088-9453-a1923f573b29}\0064`` (installed), ``0065`` (first installed), ``0066`` (last
arrival) and ``0067`` (last removal).

Sources: Microsoft, "Identifiers for USB Devices" and "Standard USB Identifiers" (Windows drivers documentation),
devpkey.h (DEVPKEY_Device_InstallDate, _FirstInstallDate, _LastArrivalDate, _LastRemovalDate), cfgmgr32.h (CM_DEVCAP_*);
libyal, "Windows Registry Knowledge Base" (winreg-kb), the pages "USB storage" and "Mounted devices".
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.registry import Hive, RegistryValue
from labkit.synthesis.artifacts.registry_values import device_property_time, guid_text
from labkit.synthesis.artifacts.system_keys import CONTROL_SET

TIMES = "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}"
INSTALLED, FIRST_INSTALLED, LAST_ARRIVAL, LAST_REMOVAL = "0064", "0065", "0066", "0067"
_DISK_INTERFACE = "{53f56307-b6bf-11d0-94f2-00a0c91efb8b}"
_DISK_CLASS = "{4d36e967-e325-11ce-bfc1-08002be10318}"
_USB_CLASS = "{36fc9e60-c465-11cf-8056-444553540000}"
_REMOVABLE, _UNIQUE_ID, _SURPRISE_REMOVAL_OK = 0x04, 0x10, 0x80
_LARGEST_ID = 0xFFFF
_VENDOR_LETTERS, _PRODUCT_LETTERS, _REVISION_LETTERS = 8, 16, 4


@dataclass(frozen=True, slots=True)
class UsbDrive:
    """A USB drive as it describes itself. ``serial`` is that of its USB descriptor."""

    vendor_id: int
    product_id: int
    vendor: str
    product: str
    revision: str
    serial: str
    container: UUID  # by which Windows knows that the USB device and the disk are one thing
    disk: UUID  # by which the partition manager knows the disk

    def __post_init__(self) -> None:
        """Refuse texts that an INQUIRY answer of SCSI can not hold, letters that a device path can not, and such ids.

        Raises:
            SynthesisError: One of the texts is empty, too long, or not plain, or an id has more than 16 bits.
        """
        texts = (
            ("vendor", self.vendor, _VENDOR_LETTERS),
            ("product", self.product, _PRODUCT_LETTERS),
            ("revision", self.revision, _REVISION_LETTERS),
            ("serial", self.serial, 126),
        )
        if max(self.vendor_id, self.product_id) > _LARGEST_ID or min(self.vendor_id, self.product_id) < 0:
            raise SynthesisError(
                f"{self.vendor_id:#x} and {self.product_id:#x} can not be the ids of a USB drive",
                remedy="Give a vendor id and a product id from 0 to 0xFFFF.",
            )
        for name, text, longest in texts:
            plain = text.isascii() and text.isprintable() and not set(text) & set('\\/&#"')
            if not plain or not 1 <= len(text) <= longest:
                raise SynthesisError(
                    f"{text!r} can not be the {name} of a USB drive",
                    remedy=f'Give 1 to {longest} plain characters without \\ / & # ".',
                )

    @property
    def disk_id(self) -> str:
        """The name of its key in USBSTOR, such as ``Disk&Ven_Acme&Prod_Stick&Rev_1.00``."""
        ven, prod, rev = (text.replace(" ", "_") for text in (self.vendor, self.product, self.revision))
        return f"Disk&Ven_{ven}&Prod_{prod}&Rev_{rev}"

    @property
    def disk_instance(self) -> str:
        r"""Where the disk stands below Enum: ``USBSTOR\Disk&...\<serial>&0``."""
        return f"USBSTOR\\{self.disk_id}\\{self.serial}&0"

    @property
    def usb_instance(self) -> str:
        r"""Where the USB device stands below Enum: ``USB\VID_....&PID_....\<serial>``."""
        return f"USB\\VID_{self.vendor_id:04X}&PID_{self.product_id:04X}\\{self.serial}"

    @property
    def friendly_name(self) -> str:
        """What the device manager shows."""
        return f"{self.vendor} {self.product} USB Device"

    @property
    def device_path(self) -> str:
        """The path of its disk, as MountedDevices and Windows Portable Devices have it."""
        return f"_??_{self.disk_instance}#{_DISK_INTERFACE}".replace("\\", "#")

    @property
    def mounted_device(self) -> RegistryValue:
        """What MountedDevices keeps of a volume on it (``system_keys.mount_volume``)."""
        return RegistryValue.binary(self.device_path.encode("utf-16-le"))


def connect(hive: Hive, drive: UsbDrive, at: datetime) -> None:
    """Note in the SYSTEM hive that a drive was plugged in; the first time, that it was installed.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    for instance, values in ((drive.usb_instance, _usb_values(drive)), (drive.disk_instance, _disk_values(drive))):
        path = f"{CONTROL_SET}\\Enum\\{instance}"
        if hive.key(path) is None:
            for name, value in values.items():
                hive.set(path, name, value, at)
            for number in (INSTALLED, FIRST_INSTALLED):
                hive.set(f"{path}\\{TIMES}\\{number}", "", device_property_time(at), at)
        hive.set(f"{path}\\{TIMES}\\{LAST_ARRIVAL}", "", device_property_time(at), at)
    parameters = f"{CONTROL_SET}\\Enum\\{drive.disk_instance}\\Device Parameters\\Partmgr"
    if hive.key(parameters) is None:
        hive.set(parameters, "Attributes", RegistryValue.dword(0), at)
        hive.set(parameters, "DiskId", RegistryValue.text(guid_text(drive.disk)), at)


def remove(hive: Hive, drive: UsbDrive, at: datetime) -> None:
    """Note in the SYSTEM hive that a drive was taken out.

    Raises:
        SynthesisError: ``at`` has no zone, or the drive was never plugged in.
    """
    for instance in (drive.usb_instance, drive.disk_instance):
        path = f"{CONTROL_SET}\\Enum\\{instance}"
        if hive.key(path) is None:
            raise SynthesisError(
                f"the USB drive {drive.serial} was not plugged in before it was taken out",
                remedy="Plug it in earlier in the story.",
            )
        hive.set(f"{path}\\{TIMES}\\{LAST_REMOVAL}", "", device_property_time(at), at)


def name_portable_device(hive: Hive, drive: UsbDrive, name: str, at: datetime) -> None:
    """Note in the SOFTWARE hive under which name Explorer showed a drive: its volume label, or its letter.

    Raises:
        SynthesisError: ``at`` has no zone.
    """
    key_name = f"SWD#WPDBUSENUM#{drive.device_path}".upper()
    path = f"Microsoft\\Windows Portable Devices\\Devices\\{key_name}"
    hive.set(path, "FriendlyName", RegistryValue.text(name), at)


def _disk_values(drive: UsbDrive) -> dict[str, RegistryValue]:
    vendor = drive.vendor.replace(" ", "_").ljust(_VENDOR_LETTERS, "_")
    product = drive.product.replace(" ", "_").ljust(_PRODUCT_LETTERS, "_")
    revision = drive.revision.ljust(_REVISION_LETTERS, "_")
    hardware = (
        f"USBSTOR\\Disk{vendor}{product}{revision}",
        f"USBSTOR\\Disk{vendor}{product}",
        f"USBSTOR\\Disk{vendor}",
        f"USBSTOR\\{vendor}{product}{revision[0]}",
        f"{vendor}{product}{revision[0]}",
        "USBSTOR\\GenDisk",
        "GenDisk",
    )
    return {
        "DeviceDesc": RegistryValue.text("@disk.inf,%disk_devdesc%;Disk drive"),
        "Capabilities": RegistryValue.dword(_UNIQUE_ID),
        "HardwareID": RegistryValue.multi(hardware),
        "CompatibleIDs": RegistryValue.multi(("USBSTOR\\Disk", "USBSTOR\\RAW")),
        "ContainerID": RegistryValue.text(guid_text(drive.container)),
        "ConfigFlags": RegistryValue.dword(0),
        "ClassGUID": RegistryValue.text(_DISK_CLASS),
        "Mfg": RegistryValue.text("@disk.inf,%genmanufacturer%;(Standard disk drives)"),
        "Service": RegistryValue.text("disk"),
        "FriendlyName": RegistryValue.text(drive.friendly_name),
    }


def _usb_values(drive: UsbDrive) -> dict[str, RegistryValue]:
    identity = f"USB\\VID_{drive.vendor_id:04X}&PID_{drive.product_id:04X}"
    kinds = ("USB\\Class_08&SubClass_06&Prot_50", "USB\\Class_08&SubClass_06", "USB\\Class_08")
    return {
        "DeviceDesc": RegistryValue.text("@usbstor.inf,%genericbulkonly.devicedesc%;USB Mass Storage Device"),
        "LocationInformation": RegistryValue.text("Port_#0003.Hub_#0001"),
        "Capabilities": RegistryValue.dword(_REMOVABLE | _UNIQUE_ID | _SURPRISE_REMOVAL_OK),
        "HardwareID": RegistryValue.multi((f"{identity}&REV_0100", identity)),
        "CompatibleIDs": RegistryValue.multi(kinds),
        "ContainerID": RegistryValue.text(guid_text(drive.container)),
        "ConfigFlags": RegistryValue.dword(0),
        "ClassGUID": RegistryValue.text(_USB_CLASS),
        "Mfg": RegistryValue.text("@usbstor.inf,%generic.mfg%;Compatible USB storage device"),
        "Service": RegistryValue.text("USBSTOR"),
    }
