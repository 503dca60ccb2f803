"""Events of the System log in the words of Windows 10: starts and stops, changes of the clock, services.

Times are aware, by the machine's clock; each function returns what ``EventLog.add`` takes.

Sources: the manifests of Microsoft-Windows-Kernel-General, Service Control Manager and User32 (fields and their order,
versions, tasks, keywords), as public listings of providers and of the events of a fresh Windows 10 show them; the
message texts of EventLog (6005 to 6013).
"""

from datetime import datetime, timedelta
from uuid import UUID

from labkit.synthesis.artifacts.binxml import Value
from labkit.synthesis.artifacts.evtx import EventRecord, Fields
from labkit.synthesis.artifacts.registry_tree import utf16
from labkit.synthesis.filesystems.ntfs_streams.security import SYSTEM as LOCAL_SYSTEM

SYSTEM = "System"  # the channel
_KERNEL_GENERAL = UUID("a68ca8b7-004f-d7b6-a698-07e2de0f1f5d")
_SERVICE_CONTROL = UUID("555908d1-a6d7-4695-8e1e-26931d2012f4")
_USER32 = UUID("b0aa8734-56f7-41cc-b2f4-de228e98b946")
_CLASSIC = 0x0080000000000000
_PUBLISHED_CLASSIC = 0x8080000000000000
_KERNEL, _SERVICES = 4, 680  # ids of processes that live as long as the machine runs


def time_changed(
    at: datetime, *, before: datetime, after: datetime, process_id: int, program: str, user_sid: str
) -> EventRecord:
    r"""Kernel-General 1: the system time has changed.

    Args:
        at: When, by the clock as it was after the change.
        before: What the clock showed right before, an aware time.
        after: What it showed right after.
        process_id: The process that did it.
        program: Its device path, such as ``\Device\HarddiskVolume3\Windows\System32\svchost.exe``.
        user_sid: Whose process it was.
    """
    by_a_program = 1
    fields = (
        ("NewTime", Value.filetime(after)),
        ("OldTime", Value.filetime(before)),
        ("Reason", Value.uint32(by_a_program)),
        ("ProcessName", Value.text(program)),
        ("ProcessID", Value.uint32(process_id)),
    )
    return EventRecord(
        at,
        "Microsoft-Windows-Kernel-General",
        1,
        _KERNEL_GENERAL,
        version=2,
        task=5,
        keywords=0x8000000000000010,
        process_id=process_id,
        user_sid=user_sid,
        data=fields,
    )


def kernel_started(at: datetime, *, build: int = 19045, revision: int = 4046) -> EventRecord:
    """Kernel-General 12: the operating system started."""
    fields = (
        ("MajorVersion", Value.uint32(10)),
        ("MinorVersion", Value.uint32(0)),
        ("BuildVersion", Value.uint32(build)),
        ("QfeVersion", Value.uint32(revision)),
        ("ServiceVersion", Value.uint32(0)),
        ("BootMode", Value.uint32(0)),
        ("StartTime", Value.filetime(at)),
    )
    return _kernel_general(at, 12, 1, 0x8000000000000080, fields)


def kernel_stopped(at: datetime) -> EventRecord:
    """Kernel-General 13: the operating system is shutting down."""
    return _kernel_general(at, 13, 2, 0x8000000000000040, (("StopTime", Value.filetime(at)),))


def log_started(at: datetime) -> EventRecord:
    """EventLog 6005: the event log service was started."""
    return _event_log(at, 6005, ())


def log_stopped(at: datetime) -> EventRecord:
    """EventLog 6006: the event log service was stopped."""
    return _event_log(at, 6006, ())


def version_noted(at: datetime, *, build: int = 19045) -> EventRecord:
    """EventLog 6009: which Windows was started."""
    return _event_log(at, 6009, ("10.00.", str(build), "", "Multiprocessor Free", "0"))


def uptime_noted(at: datetime, uptime: timedelta, *, bias_minutes: int, zone_name: str) -> EventRecord:
    """EventLog 6013: how long the machine has been up, noted at noon of each day and at the start.

    Args:
        at: When.
        uptime: How long it has been up.
        bias_minutes: What local time lacks to UTC: -300 for UTC+05:00.
        zone_name: The name of the time zone in the machine's language.
    """
    seconds = str(uptime // timedelta(seconds=1))
    return _event_log(at, 6013, ("", "", "", "", seconds, "60", f"{bias_minutes} {zone_name}"))


def shutdown_asked(at: datetime, computer: str, user: str, *, restart: bool = False, user_sid: str) -> EventRecord:
    r"""User32 1074: somebody asked the machine to shut down or restart, here from the Start menu.

    Args:
        at: When.
        computer: The name of the machine.
        user: Who, as ``OFFICE-PC\aliya``.
        restart: Whether it is to start again.
        user_sid: The same account's SID.
    """
    texts = (
        f"C:\\Windows\\System32\\RuntimeBroker.exe ({computer})",
        computer,
        "Other (Unplanned)",
        "0x0",
        "restart" if restart else "power off",
        "",
        user,
    )
    return EventRecord(
        at,
        "User32",
        1074,
        _USER32,
        event_source="User32",
        qualifiers=0x8000,
        keywords=_PUBLISHED_CLASSIC,
        user_sid=user_sid,
        data=tuple((f"param{number}", Value.text(text)) for number, text in enumerate(texts, start=1)),
    )


def service_changed(at: datetime, display_name: str, service: str, *, running: bool) -> EventRecord:
    """Service Control Manager 7036: a service entered the running or the stopped state."""
    state, number = ("running", 4) if running else ("stopped", 1)
    fields = (("param1", Value.text(display_name)), ("param2", Value.text(state)))
    return _service_control(at, 7036, fields, binary=utf16(f"{service}/{number}\0"))


def service_installed(at: datetime, name: str, path: str, *, account: str, user_sid: str = LOCAL_SYSTEM) -> EventRecord:
    """Service Control Manager 7045: a service was installed.

    Args:
        at: When.
        name: The name of the service.
        path: Its program.
        account: The account that it runs under, such as ``LocalSystem``.
        user_sid: Who installed it.
    """
    fields = (
        ("ServiceName", Value.text(name)),
        ("ImagePath", Value.text(path)),
        ("ServiceType", Value.text("user mode service")),
        ("StartType", Value.text("auto start")),
        ("AccountName", Value.text(account)),
    )
    return _service_control(at, 7045, fields, user_sid=user_sid)


def _kernel_general(at: datetime, event_id: int, task: int, keywords: int, fields: Fields) -> EventRecord:
    return EventRecord(
        at,
        "Microsoft-Windows-Kernel-General",
        event_id,
        _KERNEL_GENERAL,
        task=task,
        keywords=keywords,
        process_id=_KERNEL,
        thread_id=_KERNEL * 2,
        user_sid=LOCAL_SYSTEM,
        data=fields,
    )


def _event_log(at: datetime, event_id: int, texts: tuple[str, ...]) -> EventRecord:
    data = tuple(("", Value.text(text)) for text in texts)
    return EventRecord(at, "EventLog", event_id, qualifiers=0x8000, keywords=_CLASSIC, data=data)


def _service_control(
    at: datetime, event_id: int, fields: Fields, *, binary: bytes = b"", user_sid: str = ""
) -> EventRecord:
    return EventRecord(
        at,
        "Service Control Manager",
        event_id,
        _SERVICE_CONTROL,
        event_source="Service Control Manager",
        qualifiers=0x4000,
        keywords=_PUBLISHED_CLASSIC,
        process_id=_SERVICES,
        thread_id=_SERVICES + 24,
        user_sid=user_sid,
        data=fields,
        binary=binary,
    )
