"""``labkit artifacts`` finds in a small computer what its story left there, and says what it could not read."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from labkit.cli import main
from labkit.containers.raw import write_raw
from labkit.errors import EvidenceError
from labkit.evidence.artifacts.kinds import KINDS, kinds_named
from labkit.evidence.artifacts.record import ArtifactRecord
from labkit.model.scenario import Action, Content
from tests.unit.synthesis.small_case import a_world, at, text
from tests.unit.synthesis.small_computer import a_computer, after

SKEW = timedelta(seconds=433)
DOCUMENT = "/Users/dana/Documents/план Sarva.docx"
STORY = (
    Action("save_document", after(30), path=DOCUMENT, content=Content(generator="document:ru", size_bytes=9000)),
    Action("plug_in_usb", after(50), details={"device": "red"}),
    Action("open_on_device", after(51), path="/Work/plan.docx", details={"device": "red"}),
    Action("unplug_usb", after(52), details={"device": "red"}),
    Action(
        "download",
        after(54),
        path="/Users/dana/Downloads/offer.pdf",
        content=Content(generator="pdf", size_bytes=9000),
        details={"url": "https://drive.cloudnest.example/d/9/offer.pdf"},
    ),
    Action("recycle", after(60), path=DOCUMENT),
)


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("computer") / "disk.raw"
    write_raw(a_computer(*STORY).medium.chunks(), path)
    return path


@pytest.fixture(scope="module")
def records(disk: Path) -> list[dict]:
    done = labkit(disk, "--json", "--zone", "Asia/Almaty")
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def labkit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["artifacts", *map(str, arguments)])


def of(records: list[dict], kind: str) -> Iterator[dict]:
    return (record for record in records if record["kind"] == kind)


def moment(record: dict) -> datetime:
    return datetime.fromisoformat(record["at_utc"])


def test_a_stick_is_found_with_its_serial_and_its_times(records: list[dict]) -> None:
    stick = next(record for record in of(records, "usb") if "0417AABBCCDD" in json.dumps(record))

    assert "0417AABBCCDD" in json.dumps(stick["details"])
    assert (after(50) + SKEW).strftime("%Y-%m-%dT%H:%M:%S") in json.dumps(stick)


def test_an_event_log_tells_who_logged_on(records: list[dict]) -> None:
    logged_on = [record for record in of(records, "event_log") if record["details"].get("event_id") == 4624]

    assert logged_on
    assert all("dana" in json.dumps(record) for record in logged_on)
    assert all(record["at_utc"] for record in logged_on)


def test_a_shortcut_to_a_stick_names_its_volume(records: list[dict]) -> None:
    shortcut = next(record for record in of(records, "shortcut") if "plan.docx" in record["what"])

    assert "VARN RED" in json.dumps(shortcut["details"])
    assert "E:" in json.dumps(shortcut["details"])


def test_a_recycled_file_is_told_with_its_place_and_time(records: list[dict]) -> None:
    path = r"C:\Users\dana\Documents\план Sarva.docx"
    recycled = next(record for record in of(records, "recycle_bin") if record["details"]["original_path"] == path)

    assert recycled["details"]["content_is_there"] is True
    assert moment(recycled) == after(60) + SKEW


def test_runs_downloads_and_installations_are_found(records: list[dict]) -> None:
    assert any("WINWORD.EXE" in record["what"].upper() for record in of(records, "prefetch"))
    assert any("WINWORD" in json.dumps(record).upper() for record in of(records, "user_assist"))
    assert any("cloudnest.example" in json.dumps(record) for record in of(records, "zone_identifier"))
    assert any("0417AABBCCDD" in json.dumps(record) for record in of(records, "setup_log"))
    assert any("T-PC-01" in json.dumps(record) for record in of(records, "computer_name"))


def test_records_come_by_kind_and_then_by_time_or_by_time_alone(disk: Path, records: list[dict]) -> None:
    places = [list(KINDS).index(record["kind"]) for record in records]
    ordered = labkit(disk, "--json", "--timeline", "--kind", "shortcut", "--kind", "prefetch")
    times = [json.loads(line)["at_utc"] for line in ordered.stdout.splitlines()]

    assert places == sorted(places)
    assert times == sorted(times, key=lambda time: (time is None, time or ""))


def test_a_range_and_a_path_narrow_the_choice(disk: Path) -> None:
    begin, end = (after(50)).isoformat(), (after(53)).isoformat()
    done = labkit(disk, "--json", "--kind", "shortcut", "--from", begin, "--to", end)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    nobody = labkit(disk, "--path", "*/nobody/*")

    assert found
    assert all(datetime.fromisoformat(begin) <= moment(record) < datetime.fromisoformat(end) for record in found)
    assert nobody.exit_code != 0
    assert "holds no file" in nobody.stderr


def test_the_table_names_kinds_and_counts_them(disk: Path) -> None:
    done = labkit(disk, "--kind", "recycle_bin", "--plain")

    assert done.stdout.splitlines()[0].split("\t")[0] == "kind"
    assert "recycle_bin: " in done.stderr
    assert "event_log" in labkit(disk, "--kinds", "--plain").stdout


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (("--kind", "gossip"), "gossip is no kind", "shortcut"),
        (("--from", "yesterday"), "'yesterday' is no moment", "2026-03-03T14:05:00+05:00"),
        (("--to", "2026-03-03T14:05:00"), "no moment with an offset", "Z for UTC"),
    ],
)
def test_what_can_not_be_asked_is_named(disk: Path, arguments: tuple[str, ...], message: str, remedy: str) -> None:
    done = labkit(disk, *arguments)

    assert done.exit_code != 0
    assert message in done.stderr
    assert remedy in done.stderr


def test_one_form_at_a_time(disk: Path) -> None:
    assert "Choose one of" in labkit(disk, "--csv", "--json").stderr


def test_a_stick_has_nothing_that_windows_noted(tmp_path: Path) -> None:
    path = tmp_path / "stick.raw"
    write_raw(a_world(Action("create", at(0), path="/a.txt", content=text("a"))).medium.chunks(), path)
    done = labkit(path)

    assert done.exit_code != 0
    assert "Windows computer" in done.stderr


def test_a_damaged_file_is_told_and_the_rest_is_read(disk: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.raw"
    path.write_bytes(disk.read_bytes().replace(b"ElfFile\0", b"NoFile!\0"))
    done = labkit(path, "--json")

    assert done.exit_code == 0
    assert "Warning: " in done.stderr
    assert ".evtx" in done.stderr
    assert any(json.loads(line)["kind"] == "usb" for line in done.stdout.splitlines())


def test_a_record_is_the_same_after_a_journey_as_json(records: list[dict]) -> None:
    for record in records[:50]:
        assert json.loads(json.dumps(ArtifactRecord.from_object(record).as_object())) == record


def test_groups_stand_for_their_kinds() -> None:
    assert kinds_named(()) == frozenset(KINDS)
    with pytest.raises(EvidenceError, match="no kind of artifact"):
        kinds_named(("tea",))
