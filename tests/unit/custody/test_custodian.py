from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from labkit.errors import CustodyError, WorkspaceError
from labkit.usecases import custodian
from labkit.usecases.custodian import LedgerPlace
from tests.unit.custody.story import CLEAN, COPY, GENESIS, IMAGE, LAB, MEDIA, P1, SCENE, STICK, TOOL, event

NOW = datetime(2026, 3, 10, 13, 0, tzinfo=timezone.utc)  # noqa: UP017 - 18:00 in Almaty


@pytest.fixture
def place(tmp_path: Path) -> LedgerPlace:
    return LedgerPlace(tmp_path / "custody.jsonl", GENESIS, zone="Asia/Almaty", language="ru")


def add(place: LedgerPlace, *entries: dict[str, Any]) -> list[custodian.Added]:
    return [custodian.add(place, entry, now=NOW) for entry in entries]


def test_a_whole_story_passes(place: LedgerPlace) -> None:
    for entry in CLEAN:
        custodian.add(place, entry, now=datetime.fromisoformat(entry.get("event_at", "2026-03-10T08:30:00+05:00")))
    reviewed = custodian.review(place, now=NOW)

    assert (reviewed.findings, reviewed.score, reviewed.passes, reviewed.notices) == ((), 100, True, ())
    assert len(custodian.view(place, now=NOW).code) == 11


def test_an_event_is_now_at_its_place_where_no_time_is_given(place: LedgerPlace) -> None:
    kabul = {**SCENE, "loc_id": "KBL", "tz": "Asia/Kabul"}
    bare = {"type": "identified", "exhibits": ["KF-02"], "actor": "P1"}
    lines = [
        one.line
        for one in add(place, P1, kabul, SCENE, STICK, {**bare, "location": "KBL"}, {**bare, "location": "SCENE"})
    ]

    assert lines[0]["recorded_at"] == "2026-03-10T18:00:00+05:00"
    assert lines[4]["event_at"] == "2026-03-10T17:30:00+04:30"
    assert lines[5]["event_at"] == "2026-03-10T18:00:00+05:00"


def test_without_a_zone_the_clock_of_the_computer_is_used(tmp_path: Path) -> None:
    here = LedgerPlace(tmp_path / "c.jsonl", GENESIS, zone="")
    [added] = [custodian.add(here, P1, now=NOW.astimezone(timezone(timedelta(hours=3))))]

    assert added.line["recorded_at"] == "2026-03-10T16:00:00+03:00"


def test_an_exhibit_finds_its_root(place: LedgerPlace) -> None:
    bare = [{key: value for key, value in one.items() if key != "root_exhibit_no"} for one in (STICK, IMAGE, COPY)]

    assert [one.line["root_exhibit_no"] for one in add(place, *bare)] == ["KF-02"] * 3


def test_a_digest_says_of_what_and_when(place: LedgerPlace) -> None:
    ram = {**IMAGE, "exhibit_no": "KF-04", "kind": "memory_image"}
    notes = {**COPY, "exhibit_no": "KF-06-E1", "kind": "extract", "derived_from": ["KF-06-W1"]}
    add(place, STICK, IMAGE, COPY, ram, notes)
    bare = {"hash": [{"alg": "SHA256", "value": MEDIA}], "tool": TOOL}
    written = add(
        place,
        event("acquired", "09:00", "KF-02", "KF-06", write_block={"kind": "hw"}, **bare),
        event("verified", "09:01", "KF-04", **bare),
        event("copied", "09:02", "KF-06-W1", "KF-06-E1", **bare),
        event("verified", "09:03", "KF-06", hash=[{"alg": "SHA256", "value": MEDIA, "of": "container"}], tool=TOOL),
    )

    assert [(one.line["hash"][0]["of"], one.line["hash"][0]["stage"]) for one in written] == [
        ("media", "image"),
        ("memory", "verify"),
        ("file", "workcopy"),
        ("container", "verify"),
    ]


@pytest.mark.parametrize(
    ("entry", "message", "remedy"),
    [
        ({"type": "sealed"}, "sealed needs: actor, exhibits, seal_after", "Give what is missing"),
        ({"type": "lost"}, "'lost' is not a type of entry", "case, person"),
        (event("photographed", "09:00", "KF-77"), "exhibit KF-77 is not declared", "add exhibit KF-77"),
        ({**IMAGE, "exhibit_no": "X", "derived_from": ["KF-77"]}, "KF-77 is not declared", "Declared so far: KF-02"),
        (STICK, "KF-02 is already declared in line 2", "a number of its own"),
        (
            event("verified", "09:00", "KF-02", "KF-09", hash=[{"alg": "MD5", "value": "0"}], tool=TOOL),
            "which of KF-02, KF-09 the digest belongs to",
            "one event for each exhibit",
        ),
        (event("corrected", "09:00", corrects_event=9, note="x"), "no line 9 to correct", "from 1 to 3"),
    ],
)
def test_what_can_not_be_right_is_refused_before_it_is_written(
    place: LedgerPlace, entry: dict[str, Any], message: str, remedy: str
) -> None:
    add(place, P1, STICK, {**STICK, "exhibit_no": "KF-09", "root_exhibit_no": "KF-09"})
    before = place.path.read_bytes()

    with pytest.raises(CustodyError, match=message) as caught:
        add(place, dict(entry))

    assert remedy in caught.value.remedy
    assert place.path.read_bytes() == before


def test_unknown_persons_and_places_are_only_mentioned(place: LedgerPlace) -> None:
    [*_, added] = add(
        place, P1, STICK, event("received", "09:00", released_by="P7", received_by="P1", location="ATTIC")
    )

    assert [(one.key, one.values.get("name")) for one in added.notices] == [
        ("custody.remark.unknown-person", "P7"),
        ("custody.remark.unknown-place", "ATTIC"),
        ("custody.remark.late", None),
    ]


def test_a_torn_line_is_set_aside_and_said_by_the_next_command(place: LedgerPlace) -> None:
    add(place, P1)
    place.path.write_bytes(place.path.read_bytes() + b'{"actor":"P1"')

    [added] = add(place, LAB)

    assert [(one.key, one.values) for one in added.notices] == [("custody.recovered", {"torn": "custody.jsonl.torn"})]
    assert [entry.seq for entry in custodian.read_ledger(place).entries] == [1, 2, 3]
    assert custodian.read_ledger(place).problems == ()


@pytest.mark.parametrize("is_ours", [True, False])
def test_looking_mends_only_the_ledger_of_the_own_workspace(place: LedgerPlace, is_ours: bool) -> None:
    add(place, P1)
    place.path.write_bytes(place.path.read_bytes() + b'{"actor":"P1"')
    before = place.path.read_bytes()
    seen = custodian.review(LedgerPlace(place.path, GENESIS, is_ours=is_ours), now=NOW)

    assert (len(seen.notices) == 1) is is_ours
    assert (place.path.read_bytes() == before) is not is_ours
    assert [one.code for one in seen.remarks] == ["recovered" if is_ours else "torn"]
    assert seen.findings == ()


def test_an_earlier_head_is_asked_for(place: LedgerPlace) -> None:
    add(place, P1, STICK)
    code = custodian.view(place, now=NOW).code
    content = place.path.read_bytes()
    place.path.write_bytes(content[: content.index(b"\n") + 1])

    assert custodian.review(place, now=NOW).findings == ()
    assert [one.rule for one in custodian.review(place, now=NOW, known_heads=[code]).findings] == ["CC-04"]


@pytest.mark.parametrize("genesis", [None, "12", "x" * 64])
def test_a_named_ledger_needs_its_genesis(tmp_path: Path, genesis: str | None) -> None:
    with pytest.raises(CustodyError, match="needs its genesis digest") as caught:
        custodian.find_ledger(tmp_path, ledger=tmp_path / "c.jsonl", genesis=genesis)

    assert "--genesis" in caught.value.remedy


def test_outside_a_workspace_there_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError) as caught:
        custodian.find_ledger(tmp_path)

    assert "labkit start" in caught.value.remedy


def test_the_workspace_says_where_its_ledger_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.workspace import folder

    class Found:
        custody_path = tmp_path / "custody.jsonl"
        ledger_genesis = GENESIS
        zone = "Asia/Kabul"
        language = "ru"
        overlay = "attesting-witnesses"

    monkeypatch.setattr(folder, "find_workspace", lambda start: Found())

    assert custodian.find_ledger(tmp_path) == LedgerPlace(
        Found.custody_path, GENESIS, "Asia/Kabul", "ru", is_ours=True, overlay="attesting-witnesses"
    )
