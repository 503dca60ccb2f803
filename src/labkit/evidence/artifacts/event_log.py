"""Windows event logs (``*.evtx``): each event with its named fields. Read by libevtx.

Titles of well-known events are given; what they mean for a case is the examiner's to say. Sources: Microsoft, "Advanced
security audit policy" (Security), the documentation of the events 12, 13, 1, 6005-6013, 1074, 7036, 7040 and 7045
(System), and of Kernel-PnP's 400 and 410.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pyevtx

from labkit.evidence.artifacts.moments import from_filetime
from labkit.evidence.artifacts.parser import ArtifactParser, Problem
from labkit.evidence.artifacts.plain_xml import local_name, plain_xml
from labkit.evidence.artifacts.record import ArtifactRecord, Value, known
from labkit.evidence.artifacts.source import DamagedArtifactError, Source
from labkit.evidence.isolation import alive

_AUDIT, _GENERAL, _LOG, _PNP = (
    "Microsoft-Windows-Security-Auditing",
    "Microsoft-Windows-Kernel-General",
    "EventLog",
    "Microsoft-Windows-Kernel-PnP",
)
_SERVICES = "Service Control Manager"
TITLES = {
    (_AUDIT, 4608): "Windows is starting up",
    (_AUDIT, 4616): "the system time was changed",
    (_AUDIT, 4624): "an account was logged on",
    (_AUDIT, 4625): "an account failed to log on",
    (_AUDIT, 4634): "an account was logged off",
    (_AUDIT, 4647): "a person logged off",
    (_AUDIT, 4648): "a logon with explicit credentials was attempted",
    (_AUDIT, 4688): "a process was created",
    (_AUDIT, 4720): "a user account was created",
    ("Microsoft-Windows-Eventlog", 1102): "the audit log was cleared",
    ("Microsoft-Windows-Eventlog", 104): "an event log was cleared",
    (_GENERAL, 1): "the system time was changed",
    (_GENERAL, 12): "the operating system started",
    (_GENERAL, 13): "the operating system is shutting down",
    (_LOG, 6005): "the event log service was started",
    (_LOG, 6006): "the event log service was stopped",
    (_LOG, 6008): "the shutdown before was unexpected",
    (_LOG, 6009): "version of Windows at start",
    (_LOG, 6013): "system uptime",
    ("User32", 1074): "a shutdown or restart was asked for",
    (_SERVICES, 7036): "a service changed its state",
    (_SERVICES, 7040): "the start type of a service was changed",
    (_SERVICES, 7045): "a service was installed",
    (_PNP, 400): "a device was configured",
    (_PNP, 410): "a device was started",
    (_PNP, 420): "a device was deleted",
}
# The fields that say most about an event, shown in its title; those that it has are taken.
_TELLING = (
    "TargetUserName", "LogonType", "NewProcessName", "PreviousTime", "OldTime", "NewTime", "DeviceInstanceId",
    "ServiceName", "param1", "param2",
)  # fmt: skip


def _records(source: Source, problem: Problem) -> Iterator[ArtifactRecord]:
    log = pyevtx.file()
    with source.opened() as file:
        log.open_file_object(file)
        try:
            if log.is_corrupted():
                problem("the log is damaged; the events that could be read are shown")
            yield from _all(source, problem, log.records, recovered=False)
            yield from _all(source, problem, log.recovered_records, recovered=True)
        finally:
            log.close()


def _all(source: Source, problem: Problem, records: Any, *, recovered: bool) -> Iterator[ArtifactRecord]:
    for number in range(len(records)):
        alive()
        try:
            record = records[number]
            yield _event(source, record, recovered=recovered)
        except (OSError, DamagedArtifactError) as error:
            problem(f"{'recovered ' if recovered else ''}event {number} can not be read: {error}")


def _event(source: Source, record: Any, *, recovered: bool) -> ArtifactRecord:
    root = plain_xml(record.xml_string)
    provider = record.source_name or "?"
    number = int(record.event_identifier) & 0xFFFF
    fields = _fields(root)
    title = TITLES.get((provider, number), f"event {number} of {provider}")
    telling = [f"{name} {fields[name]}" for name in _TELLING if fields.get(name) not in (None, "", "-")]
    return source.record(
        "event_log",
        from_filetime(record.get_written_time_as_integer()),
        f"{number}: {title}" + (f" ({', '.join(telling)})" if telling else ""),
        {
            "time_of": "event",
            **known(
                event_id=number,
                provider=provider,
                channel=record.channel_name,
                computer=record.computer_name,
                record_number=int(record.identifier),
                level=record.event_level,
                user_sid=record.user_security_identifier,
            ),
            **{f"data.{name}": value for name, value in fields.items()},
        },
        offset_bytes=int(record.offset),
        recovered=recovered,
    )


def _fields(root: Element) -> dict[str, Value]:
    """Return the fields of EventData or UserData by name; those without a name are numbered from 1."""
    found: dict[str, Value] = {}
    for part in root:
        if local_name(part) not in ("EventData", "UserData"):
            continue
        leaves = [element for element in part.iter() if not len(element) and element is not part]
        for number, element in enumerate(leaves, start=1):
            name = element.get("Name") or (f"{number}" if local_name(element) == "Data" else local_name(element))
            while name in found:
                name += "+"
            found[name] = (element.text or "").strip()
    return found


PARSER = ArtifactParser(
    name="event_log",
    kinds={"event_log": "Event logs: starts, logons, changes of the clock, devices, and all other events"},
    patterns=("*.evtx",),
    records=_records,
)
