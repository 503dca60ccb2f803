"""Events that devices cause, in the words of Windows 10: installed, configured, started, removed.

Times are aware, by the machine's clock; each function returns what ``EventLog.add`` takes. Each names its channel.

Sources: the manifests of Microsoft-Windows-UserPnp, Microsoft-Windows-Kernel-PnP and
Microsoft-Windows-DriverFrameworks-UserMode (fields and their order, versions, tasks, keywords), as public listings of
providers and of the events of a fresh Windows 10 show them.
"""

from datetime import datetime
from uuid import UUID

from labkit.synthesis.artifacts.binxml import Value
from labkit.synthesis.artifacts.evtx import EventRecord, Fields, UserData
from labkit.synthesis.filesystems.ntfs_streams.security import SYSTEM as LOCAL_SYSTEM

KERNEL_PNP = "Microsoft-Windows-Kernel-PnP/Configuration"
DRIVER_FRAMEWORKS = "Microsoft-Windows-DriverFrameworks-UserMode/Operational"  # off until somebody turns it on
_KERNEL_PNP = UUID("9c205a39-1250-487d-abd7-e831c6290539")
_USER_PNP = UUID("96f4a050-7e31-453c-88be-9634f4e02139")
_DRIVER_FRAMEWORKS = UUID("2e35aaeb-857f-4beb-a418-2e6c0e54d988")
_UMDF_NAMESPACE = "http://www.microsoft.com/DriverFrameworks/UserMode/Event"
_USER_PNP_NAMESPACE = "http://manifests.microsoft.com/win/2004/08/windows/userpnp"
_LOCAL_SERVICE = "S-1-5-19"
_NO_KEYWORDS = 0x4000000000000000
_KERNEL, _INSTALLER, _DRIVER_HOST = 4, 1080, 1480  # process ids


def driver_installed(at: datetime, instance: str, *, driver: str, setup_class: UUID, description: str) -> EventRecord:
    """UserPnp 20001 in the System log: a driver was installed for a device.

    Args:
        at: When.
        instance: The device, such as ``usb_keys.UsbDrive.disk_instance``.
        driver: The driver package, such as ``disk.inf``.
        setup_class: The class of the device.
        description: What the device manager calls it.
    """
    fields = (
        ("DriverName", Value.text(driver)),
        ("DriverVersion", Value.text("10.0.19041.1")),
        ("DriverProvider", Value.text("Microsoft")),
        ("DeviceInstanceID", Value.text(instance)),
        ("SetupClass", Value.guid(setup_class)),
        ("RebootOption", Value.boolean(False)),
        ("UpgradeDevice", Value.boolean(False)),
        ("IsDriverOEM", Value.boolean(False)),
        ("InstallStatus", Value.hex32(0)),
        ("DriverDescription", Value.text(description)),
    )
    return _user_pnp(at, 20001, "InstallDeviceID", fields)


def driver_service_added(at: datetime, instance: str, *, service: str) -> EventRecord:
    """UserPnp 20003 in the System log: a driver service was added for a device."""
    fields = (
        ("ServiceName", Value.text(service)),
        ("DriverFileName", Value.text(f"\\SystemRoot\\System32\\drivers\\{service}.sys")),
        ("DeviceInstanceID", Value.text(instance)),
        ("PrimaryService", Value.boolean(True)),
        ("UpdateService", Value.boolean(False)),
        ("AddServiceStatus", Value.hex32(0)),
    )
    return _user_pnp(at, 20003, "AddServiceID", fields)


def device_configured(
    at: datetime, instance: str, *, driver: str, device_class: UUID, section: str, matching: str, parent: str
) -> EventRecord:
    """Kernel-PnP 400: a device was configured, which happens when it is first seen.

    Args:
        at: When.
        instance: The device.
        driver: The driver package, such as ``disk.inf``.
        device_class: The class of the device.
        section: The section of the package, such as ``disk_install.NT``.
        matching: The hardware or compatible id by which the driver was found.
        parent: The device that it hangs on.
    """
    fields = (
        ("DeviceInstanceId", Value.text(instance)),
        ("DriverName", Value.text(driver)),
        ("ClassGuid", Value.guid(device_class)),
        ("DriverDate", Value.text("06/21/2006")),
        ("DriverVersion", Value.text("10.0.19041.1")),
        ("DriverProvider", Value.text("Microsoft")),
        ("DriverInbox", Value.boolean(True)),
        ("DriverSection", Value.text(section)),
        ("DriverRank", Value.hex32(0xFF2000)),
        ("MatchingDeviceId", Value.text(matching)),
        ("OutrankedDrivers", Value.text("")),
        ("DeviceUpdated", Value.boolean(False)),
        ("Status", Value.hex32(0)),
        ("ParentDeviceInstanceId", Value.text(parent)),
    )
    return _kernel_pnp(at, 400, fields)


def device_started(at: datetime, instance: str, *, driver: str, device_class: UUID, service: str) -> EventRecord:
    """Kernel-PnP 410: a device was started."""
    fields = (
        ("DeviceInstanceId", Value.text(instance)),
        ("DriverName", Value.text(driver)),
        ("ClassGuid", Value.guid(device_class)),
        ("ServiceName", Value.text(service)),
        ("LowerFilters", Value.text("")),
        ("UpperFilters", Value.text("")),
        ("Problem", Value.hex32(0)),
        ("Status", Value.hex32(0)),
    )
    return _kernel_pnp(at, 410, fields)


def host_asked_for_drivers(at: datetime, instance: str, lifetime: UUID) -> EventRecord:
    """DriverFrameworks-UserMode 2003: a host process was asked to load drivers for a device that arrived."""
    fields = (("LifetimeId", Value.guid(lifetime)), ("InstanceId", Value.text(instance)))
    return _driver_frameworks(at, 2003, 33, 1, UserData("UMDFHostDeviceArrivalBegin", _UMDF_NAMESPACE, fields))


def power_operation_received(at: datetime, instance: str, lifetime: UUID, *, major: int, minor: int) -> EventRecord:
    """DriverFrameworks-UserMode 2100: a Plug and Play or power operation came in.

    (27, 23) is the surprise removal of a device, (27, 2) its orderly removal: IRP_MJ_PNP with its minor codes.
    """
    fields = (
        ("LifetimeId", Value.guid(lifetime)),
        ("InstanceId", Value.text(instance)),
        ("RequestMajorCode", Value.uint8(major)),
        ("RequestMinorCode", Value.uint8(minor)),
        *((f"Argument{number}", Value.hex64(0)) for number in range(1, 5)),
        ("Status", Value.uint32(0)),
    )
    return _driver_frameworks(at, 2100, 37, 1, UserData("UMDFHostDeviceRequest", _UMDF_NAMESPACE, fields))


def _user_pnp(at: datetime, event_id: int, name: str, fields: Fields) -> EventRecord:
    return EventRecord(
        at,
        "Microsoft-Windows-UserPnp",
        event_id,
        _USER_PNP,
        task=7005,
        process_id=_INSTALLER,
        thread_id=_INSTALLER + 20,
        user_sid=LOCAL_SYSTEM,
        user_data=UserData(name, _USER_PNP_NAMESPACE, fields),
    )


def _kernel_pnp(at: datetime, event_id: int, fields: Fields) -> EventRecord:
    return EventRecord(
        at,
        "Microsoft-Windows-Kernel-PnP",
        event_id,
        _KERNEL_PNP,
        keywords=_NO_KEYWORDS,
        process_id=_KERNEL,
        thread_id=_KERNEL * 13,
        user_sid=LOCAL_SYSTEM,
        data=fields,
    )


def _driver_frameworks(at: datetime, event_id: int, task: int, opcode: int, data: UserData) -> EventRecord:
    return EventRecord(
        at,
        "Microsoft-Windows-DriverFrameworks-UserMode",
        event_id,
        _DRIVER_FRAMEWORKS,
        version=1,
        task=task,
        opcode=opcode,
        process_id=_DRIVER_HOST,
        thread_id=_DRIVER_HOST + 40,
        user_sid=_LOCAL_SERVICE,
        user_data=data,
    )
