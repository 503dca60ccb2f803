import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from labkit.errors import SynthesisError
from labkit.synthesis.artifacts.binxml import Element, Gap, Kind, Value, name_hash, template_id
from labkit.synthesis.artifacts.evtx import EventLog, EventRecord, UserData
from labkit.synthesis.artifacts.partition_events import disk_attached
from labkit.synthesis.artifacts.usb_keys import UsbDrive

BEGIN = datetime(2026, 2, 1, 8, 0, 1, 123456, tzinfo=UTC)
GUID = UUID("54849625-5478-4994-a5ba-3e3b0328c30d")


def an_event(number: int = 0, *, text: str = "Айгуль") -> EventRecord:
    data = (("TargetUserName", Value.text(text)), ("LogonId", Value.hex64(number)))
    return EventRecord(BEGIN + timedelta(seconds=number), "Kite", 4624, GUID, user_sid="S-1-5-18", data=data)


def a_log(count: int = 500) -> EventLog:
    log = EventLog("Security", "OFFICE-PC")
    for number in range(count):
        log.add(an_event(number))
    log.add(EventRecord(BEGIN, "EventLog", 6005, qualifiers=32768, binary=b"\1\2"))
    log.add(
        EventRecord(BEGIN, "Kite", 1, user_data=UserData("Own", "http://a.example/", (("b", Value.boolean(True)),)))
    )
    return log


def test_records_are_numbered_from_1_across_chunks() -> None:
    log = EventLog("Security", "OFFICE-PC")

    assert [log.add(an_event(number)) for number in range(400)] == list(range(1, 401))
    assert log.record_count == 400
    data = log.render()
    assert (len(data) - 4096) % 65536 == 0
    bounds = [
        (int.from_bytes(data[at + 8 : at + 16], "little"), int.from_bytes(data[at + 16 : at + 24], "little"))
        for at in range(4096, len(data), 65536)
    ]
    assert len(bounds) > 1
    assert bounds[0][0] == 1
    assert all(after[0] == before[1] + 1 for before, after in pairwise(bounds))
    assert bounds[-1][1] == 400


def test_a_template_is_written_once_in_a_chunk() -> None:
    log = EventLog("Security", "OFFICE-PC")
    for number in range(20):
        log.add(an_event(number))

    data = log.render()
    assert data.count("TargetUserName".encode("utf-16-le")) == 1
    assert data.count("EventRecordID".encode("utf-16-le")) == 1


def test_a_fork_and_its_parent_do_not_see_each_other() -> None:
    log = a_log()
    before = log.render()
    fork = log.fork()
    for number in range(300):
        fork.add(an_event(number, text="x"))

    assert log.render() == before
    assert fork.record_count == log.record_count + 300
    changed = fork.render()
    log.add(an_event(7))
    assert fork.render() == changed
    assert changed[4096 : 4096 + 65536] == before[4096 : 4096 + 65536]


@pytest.mark.parametrize(
    ("record", "message", "remedy"),
    [
        (EventRecord(datetime(2026, 1, 1), "Kite", 1), "has no zone", "aware time"),  # noqa: DTZ001
        (EventRecord(BEGIN, "Kite", 65536), "65536 does not fit into 2 bytes", "smaller number"),
        (EventRecord(BEGIN, "Kite", 1, user_sid="nobody"), "not a security identifier", "S-1-"),
        (EventRecord(BEGIN, "Kite", 1, data=(("a", Value.text("x" * 40000)),)), "value of 80000 bytes", "64 KiB"),
        (
            EventRecord(BEGIN, "Kite", 1, data=(("a", Value.text("x" * 32000)), ("b", Value.text("x" * 700)))),
            "value of 65",
            "64 KiB",
        ),
    ],
)
def test_an_event_that_can_not_be_written_is_refused(record: EventRecord, message: str, remedy: str) -> None:
    log = a_log(3)
    before = log.render()

    with pytest.raises(SynthesisError, match=message) as caught:
        log.add(record)

    assert remedy in caught.value.remedy
    assert log.render() == before
    assert log.add(an_event()) == 6


def test_an_event_larger_than_a_chunk_is_refused() -> None:
    log = EventLog("System", "PC")
    data = tuple(("a", Value.text("x" * 3240)) for _ in range(10))

    with pytest.raises(SynthesisError, match="event 1 of Kite does not fit into a chunk") as caught:
        log.add(EventRecord(BEGIN, "Kite", 1, data=data))
    assert "Shorten" in caught.value.remedy
    assert log.record_count == 0


@pytest.mark.parametrize(
    ("mbr", "boots"), [(bytes(511), ()), (bytes(512), (bytes(4096),)), (bytes(512), (bytes(512),) * 5)]
)
def test_sectors_that_the_partition_manager_does_not_note_are_refused(mbr: bytes, boots: tuple[bytes, ...]) -> None:
    drive = UsbDrive(1, 2, "Kite", "Stick", "1.00", "AA00", UUID(int=1), UUID(int=2))

    with pytest.raises(SynthesisError, match="up to 4 boot sectors of 512 bytes") as caught:
        disk_attached(BEGIN, drive, number=1, capacity_bytes=512, mbr=mbr, boot_sectors=boots)
    assert "first 512 bytes" in caught.value.remedy


def test_templates_that_differ_have_ids_that_differ() -> None:
    templates = [
        Element("a", (), (Gap(0, Kind.TEXT),)),
        Element("a", (), (Gap(0, Kind.UINT32),)),
        Element("a", (), (Gap(1, Kind.TEXT),)),
        Element("a", (("b", "c"),), (Gap(0, Kind.TEXT),)),
        Element("a", (), ("c",)),
    ]

    assert len({template_id(template) for template in templates}) == 5


def test_names_have_the_hash_of_windows() -> None:
    assert name_hash("Event") == 0x0CBA  # as it stands in the logs of Windows


GOLDEN = "bdcb36244dce8936832d842fb21f63a716546da285364d0b7fc677da3e69f661"


def test_the_bytes_are_the_known_ones() -> None:
    assert hashlib.sha256(a_log().render()).hexdigest() == GOLDEN


def test_another_process_writes_the_same_bytes() -> None:
    program = (
        "import hashlib\n"
        "from tests.unit.synthesis.artifacts.test_evtx import a_log\n"
        "print(hashlib.sha256(a_log().render()).hexdigest())"
    )
    surroundings = {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kabul", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **surroundings}, capture_output=True, check=True, timeout=60
    )

    assert done.stdout.decode().strip() == GOLDEN
