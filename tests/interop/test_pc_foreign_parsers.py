"""What Windows noted on the PC, as parsers say it that neither labkit nor its verification uses."""

import hashlib
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from labkit.evidence.volume_file import VolumeFile
from labkit.model.truth import Trace
from labkit.verification.built import BuiltItem
from labkit.verification.confirmation import Verdict
from labkit.verification.other_registry import READER
from labkit.verification.verify import confirmed
from labkit.verification.windows_view import WindowsView, windows_of
from tests.unit.verification.test_verify import changed

LOGS = "/Windows/System32/winevt/Logs"
CLOCK_ERROR = timedelta(seconds=433)
ALMATY = timedelta(hours=5)


@pytest.fixture
def windows(pc: BuiltItem) -> WindowsView:
    return windows_of(pc.truth.traces["clock"], pc)


def facts(pc: BuiltItem, trace: str) -> dict[str, Any]:
    return dict(pc.truth.traces[trace].facts)


def filetime(data: bytes) -> datetime:
    return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=int.from_bytes(data[-8:], "little") // 10)


def test_python_registry_knows_the_stick_as_the_truth_does(pc: BuiltItem, windows: WindowsView) -> None:
    registry = pytest.importorskip("Registry.Registry")
    system = registry.Registry(io.BytesIO(windows.content("/Windows/System32/config/SYSTEM")))
    plugged, gone = facts(pc, "stick-plugged-in"), facts(pc, "stick-taken-out")
    (drive,) = system.open("ControlSet001\\Enum\\USBSTOR").subkeys()
    (instance,) = drive.subkeys()
    times = {
        key.name(): filetime(key.values()[0].raw_data())
        for key in instance.subkey("Properties").subkey("{83da6326-97a6-4088-9453-a1923f573b29}").subkeys()
    }

    assert instance.name() == f"{plugged['device_serial']}&0"
    assert instance.value("FriendlyName").value() == plugged["name"]
    assert times["0065"] == plugged["first_device_utc"] == gone.get("first_device_utc", times["0065"])
    assert times["0067"] == gone["at_device_utc"]
    assert plugged["first_device_utc"] - plugged["first_utc"] == CLOCK_ERROR


def test_what_was_typed_packed_and_saved_is_read_by_others(pc: BuiltItem, windows: WindowsView) -> None:
    registry = pytest.importorskip("Registry.Registry")
    home = "/Users/mira.solen"
    account = registry.Registry(io.BytesIO(windows.content(f"{home}/NTUSER.DAT")))
    typed = account.open("Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\TypedPaths").values()
    message = message_from_bytes(windows.content(facts(pc, "saved-message")["path"]), policy=default)
    with ZipFile(io.BytesIO(windows.content(facts(pc, "packed-contracts")["path"]))) as packed:
        members = packed.namelist()
        assert packed.testzip() is None

    assert [(one.name(), one.value()) for one in typed] == [("url1", "C:\\Users\\mira.solen\\Documents\\Contracts")]
    assert message["To"]
    assert message["Message-ID"]
    assert members
    assert all(windows.content(f"{home}/Documents/Contracts/{name}") for name in members)
    assert "Паллета" in windows.content(f"{home}/Documents/Личное/расценки.txt").decode("cp866")
    assert "انبار" in windows.content(f"{home}/Documents/Личное/driver.txt").decode("cp1256")


def test_verify_asks_python_registry_beside_libregf(pc: BuiltItem) -> None:
    pytest.importorskip("Registry")
    agreed = {
        (trace, one.fact)
        for trace in ("clock-set", "stick-plugged-in", "stick-taken-out")
        for one in confirmed(pc.truth.traces[trace], pc)
        if one.reader == READER and one.verdict is Verdict.CONFIRMED
    }

    assert agreed >= {
        ("clock-set", "zone"),
        *(("stick-plugged-in", fact) for fact in ("device_serial", "name", "first_device_utc")),
        *(("stick-taken-out", fact) for fact in ("device_serial", "name", "at_device_utc")),
    }
    check(pc.truth.traces["stick-taken-out"], pc)


def test_python_registry_that_is_not_installed_is_not_asked(pc: BuiltItem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "Registry.Registry", None)
    found = [
        one
        for trace in ("clock-set", "stick-taken-out")
        for one in confirmed(pc.truth.traces[trace], pc)
        if one.reader == READER
    ]

    assert found
    assert {one.verdict for one in found} == {Verdict.NOT_ASKED}


def test_python_evtx_reads_the_records_that_the_truth_names(
    pc: BuiltItem, windows: WindowsView, tmp_path: Path
) -> None:
    for trace, log, text in (
        ("clock-set", "Security", "SystemSettingsAdminFlows.exe"),
        ("stick-plugged-in", "Microsoft-Windows-Kernel-PnP%4Configuration", "device_serial"),
    ):
        told = facts(pc, trace)
        for number, at, xml in events(windows.content(f"{LOGS}/{log}.evtx"), tmp_path):
            if number == told["record"]:
                assert timedelta() <= at - told["at_device_utc"] < timedelta(seconds=1)
                assert str(told.get(text, text)) in xml
                break
        else:
            pytest.fail(f"{log} has no record {told['record']}")


def events(data: bytes, folder: Path) -> Iterator[tuple[int, datetime, str]]:
    evtx = pytest.importorskip("Evtx.Evtx")
    path = folder / "log.evtx"
    path.write_bytes(data)
    with evtx.Evtx(str(path)) as log:
        for record in log.records():
            yield record.record_num(), record.timestamp().replace(tzinfo=UTC), record.xml()


def test_lnkparse3_reads_the_shortcuts_that_the_truth_names(pc: BuiltItem, windows: WindowsView) -> None:
    lnkparse3 = pytest.importorskip("LnkParse3")
    for trace in ("opened-on-stick", "invoice-opened"):
        told = facts(pc, trace)
        info = lnkparse3.lnk_file(io.BytesIO(windows.content(told["shortcut_path"]))).get_json()["link_info"]
        target = told.get("device_path", "C:" + str(told.get("path")).replace("/", "\\"))
        assert info.get("local_base_path_unicode", info["local_base_path"]) == target
        if "serial" in told:
            assert f"{int(info['location_info']['drive_serial_number'], 16):08X}" == told["serial"].replace("-", "")


def test_dissect_reads_the_files_and_streams_that_the_truth_names(pc: BuiltItem, windows: WindowsView) -> None:
    ntfs = pytest.importorskip("dissect.ntfs")
    volume = ntfs.NTFS(fh=VolumeFile(pc.medium, windows.view.volume))
    named = [one for one in pc.truth.traces.values() if one.facts.get("volume") == 3 and "sequence" in one.facts]
    live = [one for one in named if one.kind != "deleted_file"]

    assert len(live) > 15
    for trace in live:
        record = volume.mft.get(str(trace.facts["path"]).lstrip("/"))
        assert record.segment == trace.facts["address"], trace.id
        assert hashlib.sha256(record.open().read()).hexdigest() == trace.facts["sha256"], trace.id
    hidden = facts(pc, "hidden-stream")
    stream = volume.mft.get(hidden["address"]).open(name=hidden["stream"])
    assert hashlib.sha256(stream.read()).hexdigest() == hidden["stream_sha256"]


def moments(at: datetime) -> dict[str, Any]:
    local = (at + ALMATY).replace(tzinfo=UTC)
    shown = {"at_device_utc": at, "at_utc": at - CLOCK_ERROR, "at_local": local}
    return {**shown, "zone": "Asia/Almaty", "clock_offset_s": 433}


def test_a_session_that_python_evtx_reads_is_confirmed_and_a_wrong_one_is_not(
    pc: BuiltItem, windows: WindowsView, tmp_path: Path
) -> None:
    wanted = {"4624": "log_on", "4634": "log_off"}
    found: dict[str, Trace] = {}
    for number, at, xml in events(windows.content(f"{LOGS}/Security.evtx"), tmp_path):
        if number < 200 or "mira.solen" not in xml:
            continue
        root = ET.fromstring(xml)  # noqa: S314 - evidence that was just built
        kind = wanted.get(next((one.text or "" for one in root.iter() if one.tag.endswith("EventID")), ""))
        if kind is not None:
            told = {"record": number, "name": "mira.solen", **moments(at.replace(microsecond=0))}
            found.setdefault(kind, Trace("x", kind, None, told))
        if len(found) == len(wanted):
            break

    assert {trace.kind for trace in found.values()} == set(wanted.values())
    for trace in found.values():
        check(trace, pc)


def test_a_run_of_a_program_is_confirmed_and_a_wrong_one_is_not(pc: BuiltItem, windows: WindowsView) -> None:
    at = max(one.at_utc for one in windows.of_kind("prefetch") if one.details["program"] == "MSEDGE.EXE" and one.at_utc)
    path = next(one.source_path for one in windows.of_kind("prefetch") if one.details["program"] == "MSEDGE.EXE")
    program = "/Program Files (x86)/Microsoft/Edge/Application/msedge.exe"
    told = {"program": "msedge.exe", "program_path": program, "prefetch_path": path, **moments(at)}

    check(Trace("x", "program_run", None, told), pc)


def check(trace: Trace, pc: BuiltItem) -> None:
    """Check that every fact of a trace is confirmed, and that each wrong one is reported."""
    found = confirmed(trace, pc)
    assert [one for one in found if one.verdict is Verdict.FAILED] == []
    for fact in trace.facts.keys() - {one.fact for one in found if one.verdict is Verdict.DEFINITION}:
        wrong = Trace("x", trace.kind, None, {**trace.facts, fact: changed(trace.facts[fact])})
        failed = {one.fact for one in confirmed(wrong, pc) if one.verdict is Verdict.FAILED}
        assert failed & {fact, "(trace)"}, fact
