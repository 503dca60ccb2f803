"""Events of the Security log in the words of Windows 10: names, numbers, fields and their order.

Times are aware, by the machine's clock; each function returns what ``EventLog.add`` takes.

Source: Microsoft, "Advanced security audit policy": the pages of the events 4608, 4616, 4624, 4634, 4647 and 4688,
which show the XML of each.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from uuid import UUID

from labkit.synthesis.artifacts.binxml import Value
from labkit.synthesis.artifacts.evtx import EventRecord, Fields

SECURITY = "Security"  # the channel
_AUDITING = UUID("54849625-5478-4994-a5ba-3e3b0328c30d")
_AUDIT_SUCCESS = 0x8020000000000000
_NOBODY = "S-1-0-0"
_NO_GUID = UUID(int=0)
_LOGON_TASK, _LOGOFF_TASK, _STATE_TASK, _PROCESS_TASK = 12544, 12545, 12288, 13312
_YES, _NO, _IMPERSONATION = "%%1842", "%%1843", "%%1833"
_LIMITED_TOKEN, _MEDIUM_LABEL = "%%1938", "S-1-16-8192"
_KERNEL, _LSASS, _WINLOGON, _SERVICES = 4, 700, 620, 680  # ids of processes that live as long as the machine runs


class LogonType(IntEnum):
    """How somebody logged on. Source: Microsoft, event 4624."""

    SYSTEM = 0
    INTERACTIVE = 2
    NETWORK = 3
    SERVICE = 5
    UNLOCK = 7
    REMOTE_INTERACTIVE = 10
    CACHED_INTERACTIVE = 11


@dataclass(frozen=True, slots=True)
class Account:
    """An account and one session of it. ``logon_id`` is the same in all events of the session."""

    sid: str
    name: str
    domain: str
    logon_id: int


def windows_started(at: datetime) -> EventRecord:
    """4608: Windows is starting up."""
    return _audit(at, 4608, _STATE_TASK, ())


def logged_on(
    at: datetime,
    who: Account,
    computer_account: Account,
    *,
    kind: LogonType = LogonType.INTERACTIVE,
    address: str = "127.0.0.1",
    elevated: bool = False,
) -> EventRecord:
    """4624: an account was logged on.

    Args:
        at: When.
        who: Who logged on, with the id of the new session.
        computer_account: The account of the machine (``S-1-5-18``, ``OFFICE-PC$``), which carried it out.
        kind: How.
        address: From where; ``-`` for a service.
        elevated: Whether the session has administrator rights.
    """
    fields = (
        *_subject(computer_account),
        ("TargetUserSid", Value.sid(who.sid)),
        ("TargetUserName", Value.text(who.name)),
        ("TargetDomainName", Value.text(who.domain)),
        ("TargetLogonId", Value.hex64(who.logon_id)),
        ("LogonType", Value.uint32(kind)),
        ("LogonProcessName", Value.text("Advapi  " if kind == LogonType.SERVICE else "User32 ")),
        ("AuthenticationPackageName", Value.text("Negotiate")),
        ("WorkstationName", Value.text("-" if kind == LogonType.SERVICE else computer_account.name.removesuffix("$"))),
        ("LogonGuid", Value.guid(_NO_GUID)),
        ("TransmittedServices", Value.text("-")),
        ("LmPackageName", Value.text("-")),
        ("KeyLength", Value.uint32(0)),
        ("ProcessId", Value.pointer(_SERVICES if kind == LogonType.SERVICE else _WINLOGON)),
        ("ProcessName", Value.text(f"C:\\Windows\\System32\\{_logon_program(kind)}")),
        ("IpAddress", Value.text(address)),
        ("IpPort", Value.text("-" if address == "-" else "0")),
        ("ImpersonationLevel", Value.text(_IMPERSONATION)),
        ("RestrictedAdminMode", Value.text("-")),
        ("TargetOutboundUserName", Value.text("-")),
        ("TargetOutboundDomainName", Value.text("-")),
        ("VirtualAccount", Value.text(_NO)),
        ("TargetLinkedLogonId", Value.hex64(0)),
        ("ElevatedToken", Value.text(_YES if elevated else _NO)),
    )
    return _audit(at, 4624, _LOGON_TASK, fields, version=2)


def logged_off(at: datetime, who: Account, *, kind: LogonType = LogonType.INTERACTIVE) -> EventRecord:
    """4634: the session of an account ended."""
    return _audit(at, 4634, _LOGOFF_TASK, (*_target(who), ("LogonType", Value.uint32(kind))))


def asked_to_log_off(at: datetime, who: Account) -> EventRecord:
    """4647: a person at the machine logged off."""
    return _audit(at, 4647, _LOGOFF_TASK, _target(who))


def audited_time_change(
    at: datetime, who: Account, *, before: datetime, after: datetime, process_id: int, program: str
) -> EventRecord:
    r"""4616: the system time was changed.

    Args:
        at: When, by the clock as it was after the change.
        who: Who did it.
        before: What the clock showed right before, an aware time.
        after: What it showed right after.
        process_id: The process that did it.
        program: Its path, such as ``C:\Windows\System32\SystemSettingsAdminFlows.exe``.
    """
    fields = (
        *_subject(who),
        ("PreviousTime", Value.filetime(before)),
        ("NewTime", Value.filetime(after)),
        ("ProcessId", Value.pointer(process_id)),
        ("ProcessName", Value.text(program)),
    )
    return _audit(at, 4616, _STATE_TASK, fields, version=1)


def process_created(
    at: datetime, who: Account, program: str, *, process_id: int, parent_id: int, parent: str, command_line: str = ""
) -> EventRecord:
    """4688: a process was created; Windows writes it where process auditing is on."""
    fields = (
        *_subject(who),
        ("NewProcessId", Value.pointer(process_id)),
        ("NewProcessName", Value.text(program)),
        ("TokenElevationType", Value.text(_LIMITED_TOKEN)),
        ("ProcessId", Value.pointer(parent_id)),
        ("CommandLine", Value.text(command_line)),
        ("TargetUserSid", Value.sid(_NOBODY)),
        ("TargetUserName", Value.text("-")),
        ("TargetDomainName", Value.text("-")),
        ("TargetLogonId", Value.hex64(0)),
        ("ParentProcessName", Value.text(parent)),
        ("MandatoryLabel", Value.sid(_MEDIUM_LABEL)),
    )
    return _audit(at, 4688, _PROCESS_TASK, fields, version=2)


def _subject(account: Account) -> Fields:
    return (
        ("SubjectUserSid", Value.sid(account.sid)),
        ("SubjectUserName", Value.text(account.name)),
        ("SubjectDomainName", Value.text(account.domain)),
        ("SubjectLogonId", Value.hex64(account.logon_id)),
    )


def _target(account: Account) -> Fields:
    return (
        ("TargetUserSid", Value.sid(account.sid)),
        ("TargetUserName", Value.text(account.name)),
        ("TargetDomainName", Value.text(account.domain)),
        ("TargetLogonId", Value.hex64(account.logon_id)),
    )


def _logon_program(kind: LogonType) -> str:
    return "services.exe" if kind == LogonType.SERVICE else "svchost.exe"


def _audit(at: datetime, event_id: int, task: int, fields: Fields, *, version: int = 0) -> EventRecord:
    return EventRecord(
        at,
        "Microsoft-Windows-Security-Auditing",
        event_id,
        _AUDITING,
        version=version,
        level=0,
        task=task,
        keywords=_AUDIT_SUCCESS,
        process_id=_LSASS if task in (_LOGON_TASK, _LOGOFF_TASK) else _KERNEL,
        thread_id=_LSASS + 48,
        data=fields,
    )
