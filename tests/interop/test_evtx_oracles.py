"""Event logs, as libevtx and python-evtx see them."""

import base64
import io
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from labkit.synthesis.artifacts import device_events, partition_events, security_events, system_events
from labkit.synthesis.artifacts.binxml import Kind, Value
from labkit.synthesis.artifacts.evtx import EventLog, EventRecord, UserData
from labkit.synthesis.artifacts.security_events import Account
from labkit.synthesis.artifacts.usb_keys import UsbDrive
from labkit.synthesis.medium import Medium
from labkit.synthesis.streams import Stream
from labkit.synthesis.volumes import MbrPartition, write_mbr

pytestmark = pytest.mark.oracle

SEEDS = range(20)
BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)
NAMES = ("TargetUserName", "LogonId", "param1", "When", "x" * 60)
TEXTS = ("", "Айгуль", "گزارش نهایی", "a & b <c> \"d\" 'e'", "😀", "C:\\Windows\\System32", "long " * 300)
SID = "S-1-5-21-1111111111-2222222222-3333333333-1001"
Event = tuple[EventRecord, dict[str, Any]]


def a_value(stream: Stream) -> tuple[Value, Any]:
    """Return a value, and what it says."""
    number, truth = stream.below(2**63), stream.below(2) == 1
    at = BEGIN + timedelta(microseconds=stream.below(10**14))
    guid = UUID(bytes=stream.take(16))
    text, data = stream.pick(TEXTS), stream.take(1 + stream.below(40))
    return stream.pick(
        [
            (Value.text(text), text),
            (Value.uint8(number % 256), number % 256),
            (Value.uint16(number % 65536), number % 65536),
            (Value.uint32(number % 2**32), number % 2**32),
            (Value.uint64(number), number),
            (Value.hex32(number % 2**32), number % 2**32),
            (Value.hex64(number), number),
            (Value.pointer(number), number),
            (Value.boolean(truth), truth),
            (Value.guid(guid), guid),
            (Value.filetime(at), at),
            (Value.sid(SID), SID),
            (Value.binary(data), data),
        ]
    )


def an_event(stream: Stream, at: datetime) -> Event:
    """Return an event, and what its payload says by the name of the field."""
    own_data = stream.below(4) == 0
    # python-evtx takes only plain Latin names for elements
    names = stream.sample(NAMES if own_data else (*NAMES, "Имя"), stream.below(len(NAMES)))
    values = [a_value(stream) for _ in names]
    fields = tuple((name, value) for name, (value, _) in zip(names, values, strict=True))
    said = {name: meaning for name, (_, meaning) in zip(names, values, strict=True)}
    own = UserData("InstallDeviceID", "http://events.example/own", fields) if own_data else None
    record = EventRecord(
        at,
        stream.pick(("Microsoft-Windows-Security-Auditing", "EventLog", "Kite")),
        stream.below(65536),
        stream.pick((None, UUID("54849625-5478-4994-a5ba-3e3b0328c30d"))),
        qualifiers=stream.pick((None, 32768)),
        version=stream.below(5),
        level=stream.below(5),
        task=stream.below(65536),
        opcode=stream.below(10),
        keywords=stream.pick((0x8020000000000000, 0x80000000000000)),
        process_id=stream.below(10000),
        thread_id=stream.below(10000),
        user_sid=stream.pick(("", SID, "S-1-5-18")),
        activity=stream.pick((None, UUID(int=stream.below(2**120)))),
        data=() if own else fields,
        user_data=own,
    )
    return record, said


@cache
def a_story(seed: int, count: int) -> tuple[bytes, tuple[Event, ...]]:
    stream, log, events, at = Stream(bytes([seed]), "evtx"), EventLog("System", "OFFICE-PC.kite.example"), [], BEGIN
    for number in range(count):
        at += timedelta(microseconds=stream.below(10**9))
        events.append(an_event(stream, at))
        assert log.add(events[-1][0]) == number + 1
        if number % 50 == 49:
            log.fork().add(events[0][0])
    return log.render(), tuple(events)


def check(xml: str, event: Event, record_id: int) -> None:
    """Hold the XML that a reader shows of an event against what was written."""
    record, said = event
    root = ET.fromstring(xml)  # noqa: S314 - from a parser, about a file of ours
    tag = "{http://schemas.microsoft.com/win/2004/08/events/event}"
    system = {element.tag.removeprefix(tag): element for element in root.find(f"{tag}System") or ()}
    numbers = {
        "EventID": record.event_id,
        "Version": record.version,
        "Level": record.level,
        "Task": record.task,
        "Opcode": record.opcode,
        "Keywords": record.keywords,
        "EventRecordID": record_id,
    }
    assert {name: int(system[name].text or "", 0) for name in numbers} == numbers
    assert system["Channel"].text == "System"
    assert system["Computer"].text == "OFFICE-PC.kite.example"
    attributes = {
        ("Provider", "Name"): record.provider,
        ("Provider", "Guid"): f"{{{record.provider_guid}}}" if record.provider_guid else "",
        ("EventID", "Qualifiers"): str(record.qualifiers or ""),
        ("Execution", "ProcessID"): str(record.process_id),
        ("Execution", "ThreadID"): str(record.thread_id),
        ("Security", "UserID"): record.user_sid,
        ("Correlation", "ActivityID"): f"{{{record.activity}}}" if record.activity else "",
    }
    assert {(name, key): system[name].get(key, "").lower() for name, key in attributes} == {
        place: text.lower() for place, text in attributes.items()
    }
    assert same_time(system["TimeCreated"].get("SystemTime", ""), record.at)
    if record.user_data:
        (own,) = root.find(f"{tag}UserData") or ()
        assert own.tag == "{http://events.example/own}InstallDeviceID"
        shown = {element.tag.rpartition("}")[2]: element.text or "" for element in own}
    else:
        shown = {element.get("Name", ""): element.text or "" for element in root.find(f"{tag}EventData") or ()}
    assert list(shown) == list(said)
    fields = record.user_data.fields if record.user_data else record.data
    for name, value in fields:
        assert READ[value.kind](shown[name], said[name]), (name, shown[name], said[name])


def same_time(shown: str, at: datetime) -> bool:
    """Tell whether a reader shows ``at``; python-evtx is some microseconds off, for it counts in floats."""
    text = shown.replace("Z", "+00:00").replace(" ", "T")
    if "." in text:
        seconds, fraction = text.removesuffix("+00:00").split(".")
        text = f"{seconds}.{fraction[:6]:0<6}+00:00"
    return abs(datetime.fromisoformat(text) - at) <= timedelta(microseconds=10)


def same_number(shown: str, number: int) -> bool:
    return int(shown, 0) == number


READ: dict[Kind, Callable[[str, Any], bool]] = {
    Kind.TEXT: lambda shown, text: shown == text,
    **dict.fromkeys((Kind.UINT8, Kind.UINT16, Kind.UINT32, Kind.UINT64), same_number),
    **dict.fromkeys((Kind.HEX32, Kind.HEX64), same_number),
    Kind.BOOLEAN: lambda shown, truth: shown.lower() == str(truth).lower(),
    Kind.GUID: lambda shown, guid: UUID(shown) == guid,
    Kind.FILETIME: same_time,
    Kind.SID: lambda shown, sid: shown == sid,
    Kind.BINARY: lambda shown, data: shown in (data.hex().upper(), base64.b64encode(data).decode()),
}


@pytest.mark.seeds
@pytest.mark.parametrize(("seed", "count"), [(seed, 20) for seed in SEEDS] + [(99, 3000)])
def test_libevtx_reads_every_event(seed: int, count: int) -> None:
    pyevtx = pytest.importorskip("pyevtx")
    data, events = a_story(seed, count)
    file = pyevtx.file()
    file.open_file_object(io.BytesIO(data))

    assert not file.is_corrupted()
    assert (file.number_of_records, file.number_of_recovered_records) == (count, 0)
    for number, event in enumerate(events):
        if number % (count // 20):
            continue
        record = file.get_record(number)
        assert record.identifier == number + 1
        assert record.written_time.replace(tzinfo=UTC) == event[0].at
        assert record.event_identifier & 0xFFFF == event[0].event_id
        check(record.xml_string, event, number + 1)


@pytest.mark.seeds
@pytest.mark.parametrize(("seed", "count"), [(seed, 20) for seed in SEEDS] + [(99, 3000)])
def test_python_evtx_reads_every_event(seed: int, count: int, tmp_path: Path) -> None:
    evtx = pytest.importorskip("Evtx.Evtx")
    data, events = a_story(seed, count)
    path = tmp_path / "log.evtx"
    path.write_bytes(data)
    with evtx.Evtx(str(path)) as log:
        header = log.get_file_header()
        assert header.verify()
        assert not header.is_dirty()
        assert header.next_record_number() == count + 1
        assert all(chunk.verify() for chunk in log.chunks())
        assert (sum(1 for _ in log.chunks()) > 5) == (count == 3000)
        numbers = []
        for record in log.records():
            number = record.record_num()
            numbers.append(number)
            if (number - 1) % (count // 20) == 0:
                check(record.xml(), events[number - 1], number)
    assert numbers == list(range(1, count + 1))


def test_no_record_is_lost_at_the_end_of_a_chunk() -> None:
    pyevtx = pytest.importorskip("pyevtx")

    def log(units: int) -> bytes:
        log = EventLog("System", "PC")
        log.add(EventRecord(BEGIN, "Kite", 1, data=(("a", Value.text("x" * units)),)))
        for _ in range(60):
            log.add(EventRecord(BEGIN, "Kite", 1, data=(("a", Value.text("x" * 512)),)))
        return log.render()

    def unused_bytes(data: bytes) -> int:
        return 65536 - int.from_bytes(data[4096 + 48 : 4096 + 52], "little")

    most = unused_bytes(log(0))
    left = []
    for bytes_left in (16, 8, 0):
        data = log((most - bytes_left) // 2)
        left.append(unused_bytes(data))
        file = pyevtx.file()
        file.open_file_object(io.BytesIO(data))
        assert file.number_of_records == 61, bytes_left

    assert left[:2] == [16, 8]
    assert left[2] > 512, "a record that would end with the chunk goes to the next one"


def test_readers_take_an_empty_log(tmp_path: Path) -> None:
    pyevtx, evtx = pytest.importorskip("pyevtx"), pytest.importorskip("Evtx.Evtx")
    path = tmp_path / "log.evtx"
    path.write_bytes(EventLog("System", "PC").render())
    file = pyevtx.file()
    file.open(str(path))

    assert not file.is_corrupted()
    assert file.number_of_records == 0
    with evtx.Evtx(str(path)) as log:
        assert log.get_file_header().verify()
        assert all(chunk.verify() for chunk in log.chunks())


WHO = Account(SID, "Айгуль", "OFFICE-PC", 0x3E4A1)
MACHINE = Account("S-1-5-18", "OFFICE-PC$", "WORKGROUP", 0x3E7)
DISK = "USBSTOR\\Disk&Ven_Kite&Prod_Stick&Rev_1.00\\AA00&0"
LATER = BEGIN + timedelta(hours=5)
# event, number, provider, some fields as libevtx shows them
EVENTS = [
    (security_events.windows_started(BEGIN), 4608, "Security-Auditing", {}),
    (
        security_events.logged_on(BEGIN, WHO, MACHINE),
        4624,
        "Security-Auditing",
        {"SubjectUserSid": "S-1-5-18", "TargetUserName": "Айгуль", "LogonType": "2", "WorkstationName": "OFFICE-PC"},
    ),
    (
        security_events.logged_on(BEGIN, MACHINE, MACHINE, kind=security_events.LogonType.SERVICE, address="-"),
        4624,
        "Security-Auditing",
        {"LogonType": "5", "IpPort": "-", "ProcessName": "C:\\Windows\\System32\\services.exe"},
    ),
    (security_events.logged_off(BEGIN, WHO), 4634, "Security-Auditing", {"TargetLogonId": "0x000000000003e4a1"}),
    (security_events.asked_to_log_off(BEGIN, WHO), 4647, "Security-Auditing", {"TargetUserSid": SID}),
    (
        security_events.audited_time_change(BEGIN, WHO, before=LATER, after=BEGIN, process_id=77, program="C:\\a.exe"),
        4616,
        "Security-Auditing",
        {"PreviousTime": "2026-02-01T13:00:01.123456000Z", "NewTime": "2026-02-01T08:00:01.123456000Z"},
    ),
    (
        security_events.process_created(
            BEGIN,
            WHO,
            "C:\\a.exe",
            process_id=16,
            parent_id=32,
            parent="C:\\Windows\\explorer.exe",
            command_line="a -b",
        ),
        4688,
        "Security-Auditing",
        {"NewProcessId": "0x0000000000000010", "CommandLine": "a -b", "MandatoryLabel": "S-1-16-8192"},
    ),
    (
        system_events.time_changed(
            BEGIN, before=LATER, after=BEGIN, process_id=77, program="\\Device\\x", user_sid="S-1-5-19"
        ),
        1,
        "Kernel-General",
        {"OldTime": "2026-02-01T13:00:01.123456000Z", "Reason": "1", "ProcessID": "77"},
    ),
    (system_events.kernel_started(BEGIN), 12, "Kernel-General", {"BuildVersion": "19045", "MajorVersion": "10"}),
    (system_events.kernel_stopped(BEGIN), 13, "Kernel-General", {"StopTime": "2026-02-01T08:00:01.123456000Z"}),
    (system_events.log_started(BEGIN), 6005, "EventLog", {}),
    (system_events.log_stopped(BEGIN), 6006, "EventLog", {}),
    (system_events.version_noted(BEGIN), 6009, "EventLog", {0: "10.00.", 1: "19045"}),
    (
        system_events.uptime_noted(BEGIN, timedelta(hours=1), bias_minutes=-300, zone_name="Qyzylorda Standard Time"),
        6013,
        "EventLog",
        {4: "3600", 6: "-300 Qyzylorda Standard Time"},
    ),
    (
        system_events.shutdown_asked(BEGIN, "OFFICE-PC", "OFFICE-PC\\Айгуль", user_sid=SID),
        1074,
        "User32",
        {"param5": "power off", "param7": "OFFICE-PC\\Айгуль"},
    ),
    (
        system_events.service_changed(BEGIN, "Windows Update", "wuauserv", running=True),
        7036,
        "Service Control Manager",
        {"param1": "Windows Update", "param2": "running"},
    ),
    (
        system_events.service_installed(BEGIN, "Kite", "C:\\kite.exe", account="LocalSystem"),
        7045,
        "Service Control Manager",
        {"ServiceName": "Kite", "ImagePath": "C:\\kite.exe", "AccountName": "LocalSystem"},
    ),
    (
        device_events.driver_installed(
            BEGIN, DISK, driver="disk.inf", setup_class=UUID(int=1), description="Disk drive"
        ),
        20001,
        "UserPnp",
        {"DeviceInstanceID": DISK, "DriverName": "disk.inf", "RebootOption": "false"},
    ),
    (
        device_events.driver_service_added(BEGIN, DISK, service="disk"),
        20003,
        "UserPnp",
        {"ServiceName": "disk", "PrimaryService": "true"},
    ),
    (
        device_events.device_configured(
            BEGIN, DISK, driver="disk.inf", device_class=UUID(int=1), section="s", matching="GenDisk", parent="USB\\x"
        ),
        400,
        "Kernel-PnP",
        {"DeviceInstanceId": DISK, "MatchingDeviceId": "GenDisk", "ParentDeviceInstanceId": "USB\\x"},
    ),
    (
        device_events.device_started(BEGIN, DISK, driver="disk.inf", device_class=UUID(int=1), service="disk"),
        410,
        "Kernel-PnP",
        {"DeviceInstanceId": DISK, "ServiceName": "disk", "Problem": "0x00000000"},
    ),
    (
        device_events.host_asked_for_drivers(BEGIN, DISK, UUID(int=7)),
        2003,
        "DriverFrameworks-UserMode",
        {"InstanceId": DISK},
    ),
    (
        device_events.power_operation_received(BEGIN, DISK, UUID(int=7), major=27, minor=23),
        2100,
        "DriverFrameworks-UserMode",
        {"RequestMajorCode": "27", "RequestMinorCode": "23", "Status": "0"},
    ),
]


def test_a_disk_that_comes_shows_its_boot_sectors_and_one_that_goes_does_not() -> None:
    pyevtx = pytest.importorskip("pyevtx")
    drive = UsbDrive(0x1234, 0x5678, "Kite", "Stick", "1.00", "AA00", UUID(int=5), UUID(int=6))
    medium = Medium(64 * 1024 * 1024)
    write_mbr(medium, [MbrPartition(0x0C, 2048, 1000, active=True), MbrPartition(0x07, 4096, 500)], 0x4B460006)
    mbr, boots = medium.read(0, 512), (bytes(range(256)) * 2, b"\xeb\x58\x90".ljust(512, b"v"))
    log = EventLog(partition_events.PARTITION_DIAGNOSTIC, "PC")
    log.add(partition_events.disk_attached(BEGIN, drive, number=1, capacity_bytes=2**26, mbr=mbr, boot_sectors=boots))
    log.add(partition_events.disk_removed(LATER, drive, number=1))
    file = pyevtx.file()
    file.open_file_object(io.BytesIO(log.render()))
    came, went = (
        {element.get("Name", ""): element.text or "" for element in ET.fromstring(record.xml_string)[1]}  # noqa: S314
        for record in file.records
    )

    assert not file.is_corrupted()
    assert len(came) == len(went) == 73
    for shown in (came, went):
        assert (shown["BusType"], shown["SerialNumber"], shown["DiskNumber"]) == ("7", "AA00", "1")
        assert shown["ParentId"] == "USB\\VID_1234&PID_5678\\AA00"
        assert UUID(shown["RegistryId"]) == drive.disk
    assert (came["Capacity"], came["PartitionCount"], came["Vbr1Bytes"], came["Vbr2Bytes"]) == (
        "67108864",
        "2",
        "512",
        "0",
    )
    assert [bytes.fromhex(came[name]) for name in ("Mbr", "Vbr0", "Vbr1", "Vbr2")] == [mbr, *boots, b""]
    layout = bytes.fromhex(came["PartitionTable"])
    assert len(layout) == int(came["PartitionTableBytes"]) == 48 + 4 * 144
    assert [struct.unpack_from("<8xqqI4xBB", layout, 48 + 144 * place) for place in range(3)] == [
        (2048 * 512, 1000 * 512, 1, 0x0C, 1),
        (4096 * 512, 500 * 512, 2, 0x07, 0),
        (0, 0, 0, 0, 0),
    ]
    assert {went[name] for name in ("Capacity", "PartitionCount", "MbrBytes", "Vbr0Bytes", "BytesPerSector")} == {"0"}
    assert went["Mbr"] == went["Vbr0"] == went["PartitionTable"] == ""


@pytest.mark.parametrize(("record", "number", "provider", "fields"), EVENTS)
def test_windows_events_have_their_provider_number_and_fields(
    record: EventRecord, number: int, provider: str, fields: dict[str | int, str]
) -> None:
    pyevtx = pytest.importorskip("pyevtx")
    log = EventLog("System", "OFFICE-PC")
    log.add(record)
    file = pyevtx.file()
    file.open_file_object(io.BytesIO(log.render()))
    read = file.get_record(0)
    root = ET.fromstring(read.xml_string)  # noqa: S314 - from a parser, about a file of ours

    assert not file.is_corrupted()
    assert read.event_identifier & 0xFFFF == number
    assert read.source_name.endswith(provider)
    leaves = [element for element in root[1].iter() if not len(element) and element.text]
    shown: dict[str | int, str] = {
        element.get("Name", element.tag.rpartition("}")[2]): element.text for element in leaves
    }
    shown |= {place: element.text or "" for place, element in enumerate(root[1])}
    assert {name: shown[name] for name in fields} == fields
