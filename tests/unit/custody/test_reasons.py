"""Each way in which the rules from CC-09 on are broken, and beside it what is nearly the same and right."""

from typing import Any

import pytest

from labkit.custody import signing
from labkit.custody.ledger import parse
from labkit.custody.rules import RULES, check
from tests.unit.custody.story import (
    CASE,
    COPY,
    DECLARED,
    DRIVE,
    GENESIS,
    IMAGE,
    LAB,
    MEDIA,
    P1,
    P3,
    P4,
    SCENE,
    STICK,
    STORE,
    TOOL,
    WARRANT,
    assert_it_can_be_said,
    chained,
    digest,
    event,
    findings,
    ledger_of,
    lines_of,
    reasons,
    signed,
)
from tests.unit.custody.test_wording import REASONS

Line = dict[str, Any]
FIRST = len(DECLARED) + 1  # the number of the first event below
COURT = {"type": "location", "loc_id": "COURT", "kind": "court", "tz": "Asia/Almaty"}
PHONE = {**STICK, "exhibit_no": "KF-09", "root_exhibit_no": "KF-09", "kind": "device", "radio": True}
PC = {**STICK, "exhibit_no": "KF-05", "root_exhibit_no": "KF-05", "kind": "device", "power_state_at_seizure": "on"}
EXTRACT = {**COPY, "exhibit_no": "X-1", "derived_from": ["KF-06-W1"], "kind": "extract"}
S1, S2 = {"number": "S-1"}, {"number": "S-2"}


def case(**fields: Any) -> Line:
    return {**CASE, **fields}


def warrant(**fields: Any) -> tuple[Line, ...]:
    return (case(authority=[{**WARRANT, **fields}]), P1, SCENE, LAB, STICK, IMAGE)


def only(*declared: Line) -> tuple[Line, ...]:
    """The usual declarations, some replaced by others of the same identifier."""
    keys = ("case_id", "person_id", "loc_id", "exhibit_no")
    names = {(key, one[key]) for one in declared for key in keys if key in one}
    return (*(one for one in DECLARED if not names & {(key, one.get(key)) for key in keys}), *declared)


def seal(kind: str, at: str, *, before: Any = None, after: Any = None, **more: Any) -> Line:
    seals = {"seal_before": before, "seal_after": after}
    return event(kind, at, **{key: value for key, value in seals.items() if value is not None}, **more)


SEALED = seal("sealed", "09:00", after=[S1])
SEIZED = event("seized", "09:00", location="SCENE", authority_ref="W-1", purpose="evidence of fraud")
ACQUIRED = event("acquired", "10:00", "KF-02", "KF-06", hash=[digest()], tool=TOOL, purpose="image of KF-02")
BLOCKED = {**ACQUIRED, "write_block": {"kind": "hw", "id": "WB-3"}}
TEST = event("verified", "08:00", "T-1", hash=[digest("d" * 64)], tool=TOOL)
OPENED = seal("unsealed", "10:00", before=[S1], purpose="examination", witnesses=["P2"])
LIVE = event(
    "live_action", "09:30", justification="open volume", change_description="one process", competence_ref="c-7"
)


def blocked_after(line: int) -> Line:
    return {**BLOCKED, "write_block": {"kind": "hw", "id": "WB-3", "tested_event": line}}


def far(*, east_km: int, time: str, by: str = "P1") -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    declared = only({**SCENE, "map_km": [0, 0]}, {**LAB, "map_km": [east_km, 0]})
    return declared, (
        event("photographed", "09:00", location="SCENE"),
        event("photographed", time, location="LAB", by=by, transport={"vehicle": "NV 412"}),
    )


# rule, reason -> declarations, events that break it, events that do not
CASES: dict[tuple[str, str], tuple[tuple[Line, ...], tuple[Line, ...], tuple[Line, ...]]] = {
    ("CC-09", "not-signed"): (DECLARED, (event("released", "10:00", released_by="P1"),),
                              (event("released", "10:00", released_by="P1", signatures=signed("P1")),)),
    ("CC-09", "same-person"): (
        DECLARED,
        (event("checked_out", "10:00", released_by="P1", received_by="P1", signatures=signed("P1")),),
        (event("checked_out", "10:00", released_by="P3", received_by="P1", signatures=signed("P1", "P3")),)),
    ("CC-11", "late"): (DECLARED, ({**SEIZED, "recorded_at": "2026-03-10T10:00:00+05:00"},), (SEIZED,)),
    ("CC-11", "very-late"): (DECLARED, ({**SEIZED, "recorded_at": "2026-03-12T10:00:00+05:00", "note": "work"},),
                             ({**SEIZED, "recorded_at": "2026-03-12T10:00:00+05:00", "note": "from my notebook"},)),
    ("CC-11", "before"): (DECLARED, ({**SEIZED, "recorded_at": "2026-03-10T08:00:00+05:00"},), (SEIZED,)),
    ("CC-12", "other-seal"): (DECLARED, (SEALED, seal("received", "10:00", before=[S2])),
                              (SEALED, seal("received", "10:00", before=[S1]))),
    ("CC-12", "seal-missing"): (
        DECLARED, (SEALED, seal("sealed", "09:05", after=[S2]), seal("received", "10:00", before=[S1])),
        (SEALED, seal("sealed", "09:05", after=[S2]), seal("unsealed", "10:00", before=[S1]),
         seal("received", "10:10", before=[S2]))),
    ("CC-13", "no-purpose"): (DECLARED, (SEALED, {**OPENED, "purpose": "to look"}), (SEALED, OPENED)),
    ("CC-13", "no-witness"): (DECLARED, (SEALED, {**OPENED, "witnesses": []}), (SEALED, OPENED)),
    ("CC-13", "not-resealed"): (
        DECLARED, (SEALED, OPENED, event("released", "11:00", released_by="P1")),
        (SEALED, OPENED, seal("resealed", "10:30", after=[S2]), event("released", "11:00", released_by="P1"))),
    ("CC-14", "used"): (DECLARED, (SEALED, seal("resealed", "10:00", after=[{**S1, "state": "new"}])),
                        (SEALED, seal("released", "10:00", after=[{**S1, "state": "intact"}]))),
    ("CC-15", "other-bag"): (
        DECLARED, (event("packaged", "09:00", bag_no_after="B-1"), event("received", "10:00", bag_no_before="B-2")),
        (event("packaged", "09:00", bag_no_after="B-1"), event("received", "10:00", bag_no_before="B-1"))),
    ("CC-15", "not-packed"): (
        DECLARED, (event("packaged", "09:00", bag_no_after="B-1"), event("stored", "10:00", bag_no_after="B-2")),
        (event("packaged", "09:00", bag_no_after="B-1"), event("stored", "10:00", bag_no_after="B-1"))),
    ("CC-15", "not-kept"): (
        DECLARED, (event("packaged", "09:00", bag_no_after="B-1"), event("resealed", "10:00", bag_no_after="B-2")),
        ({**STICK, "exhibit_no": "KF-20", "root_exhibit_no": "KF-20", "description": "empty bag B-1"},
         event("packaged", "09:00", bag_no_after="B-1"), event("resealed", "10:00", bag_no_after="B-2"))),
    ("CC-16", "none"): (DECLARED, ({**SEIZED, "purpose": " "},), (SEIZED, event("photographed", "09:00"))),
    ("CC-16", "generic"): (DECLARED, ({**SEIZED, "purpose": "For work."},), (SEIZED,)),
    ("CC-17", "no-place"): (DECLARED, (event("photographed", "09:00"),),
                            (event("photographed", "09:00", location="LAB"), event("transported", "09:10"))),
    ("CC-17", "not-carried"): (
        DECLARED,
        (event("photographed", "09:00", location="SCENE"), event("photographed", "11:00", location="LAB")),
        (event("photographed", "09:00", location="SCENE"), event("transported", "10:00"),
         event("photographed", "11:00", location="LAB"), event("photographed", "11:30", location="STORE"))),
    ("CC-17", "too-fast"): (*far(east_km=600, time="09:20"), far(east_km=600, time="09:40")[1]),
    ("CC-18", "length"): (DECLARED, (event("verified", "09:00", hash=[digest("0" * 32)]),), (TEST,)),
    ("CC-20", "not-at-acquisition"): (DECLARED, ({**ACQUIRED, "hash": []},), (ACQUIRED,)),
    ("CC-20", "not-before-analysis"): (
        DECLARED, (ACQUIRED, event("analysed", "11:00", "KF-06-W1")),
        (ACQUIRED, event("copied", "10:30", "KF-06", "KF-06-W1", hash=[digest()]),
         event("analysed", "11:00", "KF-06-W1"))),
    ("CC-20", "not-in-court"): (
        only(COURT), (event("received", "11:00", "KF-06", location="COURT"),),
        (event("received", "11:00", "KF-06", location="COURT"),
         event("verified", "11:05", "KF-06", location="COURT", hash=[digest()]),
         event("received", "11:00", "KF-02", location="COURT"))),
    ("CC-21", "same-value"): (
        DECLARED, (event("verified", "09:00", "T-1", hash=[digest()]), event("verified", "10:00", hash=[digest()])),
        (event("verified", "09:00", "KF-06", hash=[digest()]), event("verified", "10:00", hash=[digest()]))),
    ("CC-22", "before"): (
        DECLARED, ({**ACQUIRED, "hash": [{**digest(), "computed_at": "2026-03-10T09:00:00+05:00"}]},),
        ({**ACQUIRED, "hash": [{**digest(), "computed_at": "2026-03-10T09:00:00+05:00", "stage": "source_pre"}]},)),
    ("CC-22", "late"): (
        DECLARED, ({**ACQUIRED, "hash": [{**digest(), "computed_at": "2026-03-11T10:01:00+05:00"}]},),
        ({**ACQUIRED, "hash": [{**digest(), "computed_at": "2026-03-11T10:00:00+05:00"}]},)),
    ("CC-24", "not-tested"): (DECLARED, (BLOCKED,), (TEST, blocked_after(FIRST))),
    ("CC-24", "no-such-test"): (DECLARED, (TEST, blocked_after(FIRST + 1)), (TEST, blocked_after(FIRST))),
    ("CC-24", "other-day"): (
        DECLARED, (event("verified", "2026-03-09T23:00:00+05:00", "T-1"), blocked_after(FIRST)),
        (TEST, blocked_after(FIRST))),
    ("CC-26", "none"): ((case(authority=[]), P1, SCENE, STICK), (event("seized", "09:00", location="SCENE"),),
                        (event("photographed", "09:00", location="SCENE"),)),
    ("CC-26", "unknown"): (DECLARED, ({**SEIZED, "authority_ref": "W-9"},), ({**SEIZED, "authority_ref": ""},)),
    ("CC-26", "not-yet-valid"): (warrant(valid_from="2026-03-10T09:01:00+05:00"), (SEIZED,),
                                 ({**SEIZED, "event_at": "2026-03-10T09:01:00+05:00"}, ACQUIRED)),
    ("CC-26", "no-longer-valid"): (
        warrant(valid_to="2026-03-10T08:59:00+05:00"), (SEIZED,),
        ({**SEIZED, "event_at": "2026-03-10T08:59:00+05:00"}, {**ACQUIRED, "authority_ref": "W-1"})),
    ("CC-26", "other-place"): (warrant(scope_items=["LAB"]), (SEIZED,), ({**SEIZED, "location": "LAB"},)),
    ("CC-26", "other-item"): (
        warrant(scope_items=["device", "SCENE"]), (SEIZED,),
        ({**STICK, "exhibit_no": "KF-01", "root_exhibit_no": "KF-01", "kind": "device"},
         {**SEIZED, "exhibits": ["KF-01"]}, event("identified", "09:00", location="SCENE"))),
    ("CC-27", "undeclared"): (DECLARED, (event("photographed", "09:00", by="P9"),), (SEIZED,)),
    ("CC-27", "declared-later"): (DECLARED, (event("photographed", "09:00", by="P9"), {**P1, "person_id": "P9"}),
                                  ({**P1, "person_id": "P9"}, event("photographed", "09:00", by="P9"))),
    ("CC-27", "not-yet"): (only({**P1, "joined_at": "2026-03-10T09:01:00+05:00"}), (SEIZED,),
                           ({**SEIZED, "event_at": "2026-03-10T09:01:00+05:00"},)),
    ("CC-27", "no-longer"): (only({**P1, "left_at": "2026-03-10T08:59:00+05:00"}), (SEIZED,),
                             ({**SEIZED, "event_at": "2026-03-10T08:59:00+05:00"},)),
    ("CC-27", "two-places"): (*far(east_km=600, time="09:20"), far(east_km=600, time="09:20", by="P4")[1]),
    ("CC-28", "not-on-the-list"): (
        DECLARED, (event("stored", "10:00", location="STORE"), event("unsealed", "11:00", by="P4", location="STORE")),
        (event("stored", "10:00", location="STORE"), event("unsealed", "11:00", by="P3", location="STORE"),
         event("checked_out", "12:00", by="P4", released_by="P3", received_by="P4", location="STORE"),
         event("unsealed", "13:00", by="P4", location="LAB"))),
    ("CC-29", "corrects-nothing"): (DECLARED, (event("corrected", "09:00", note="x"),),
                                    (event("corrected", "09:00", note="x", corrects_event=1),)),
    ("CC-29", "no-such-line"): (DECLARED, (event("photographed", "09:00", corrects_event=FIRST),),
                                (event("photographed", "09:00", corrects_event=FIRST - 1),)),
    ("CC-30", "serial"): (
        only({**STICK, "serial": "4C 53"}), (event("acquired", "09:00", observed=[{"serial": "4C54"}]),),
        (event("acquired", "09:00", observed=[{"serial": "4c53", "exhibit": "KF-02"}]),
         event("acquired", "09:00", "KF-02", "T-1", observed=[{"serial": "whose?"}]))),
    ("CC-30", "capacity"): (
        only({**STICK, "capacity_bytes": 1024}), (event("reported", "09:00", observed=[{"capacity_bytes": 1000}]),),
        (event("reported", "09:00", observed=[{"capacity_bytes": 1024}]),)),
    ("CC-31", "not-whole-sectors"): (DECLARED, ({**DRIVE, "exhibit_no": "T-2", "capacity_bytes": 1000,
                                                 "sector_size": 512},),
                                     ({**DRIVE, "exhibit_no": "T-2", "capacity_bytes": 1024, "sector_size": 512},)),
    ("CC-31", "other-size"): (
        only({**STICK, "capacity_bytes": 1024}), ({**IMAGE, "exhibit_no": "I-2", "capacity_bytes": 512},),
        ({**IMAGE, "exhibit_no": "I-2", "capacity_bytes": 1024},)),
    ("CC-31", "other-sectors"): (
        only({**STICK, "capacity_bytes": 1024, "sector_size": 512}),
        (event("acquired", "09:00", observed=[{"sectors": 3}]),),
        (event("acquired", "09:00", observed=[{"sectors": 2}]),)),
    ("CC-32", "no-clock"): (DECLARED, ({**PC, "clock_observed": "09:07"},), (
        {**PC, "clock_observed": "09:07", "clock_reference": "2026-03-10T09:00:00+05:00"},
        {**PC, "exhibit_no": "KF-11", "root_exhibit_no": "KF-11", "power_state_at_seizure": "off"})),
    ("CC-33", "is-the-actor"): (DECLARED, ({**SEIZED, "witnesses": ["P2", "P1"]},), ({**SEIZED, "witnesses": ["P2"]},)),
    ("CC-34", "no-change"): (DECLARED, ({**LIVE, "change_description": ""},), (LIVE,)),
    ("CC-34", "no-competence"): (DECLARED, ({**LIVE, "competence_ref": ""},), (LIVE,)),
    ("CC-34", "no-justification"): (
        DECLARED, (event("photographed", "09:00", changed_evidence=True, change_description="switched on"),),
        (event("photographed", "09:00", "KF-06-W1", changed_evidence=True),)),
    ("CC-35", "not-in-ledger"): (only(case(protocol_items=[{"exhibit_no": "KF-02"}, {"exhibit_no": "KF-3"}])), (), ()),
    ("CC-35", "not-in-protocol"): (DECLARED, ({**SEIZED, "exhibits": ["T-1"]},), (SEIZED,)),
    ("CC-36", "no-authority"): (DECLARED, (event("disposed", "09:00"),),
                               (event("disposed", "09:00", authority_ref="C"),)),
    ("CC-36", "later-event"): (
        DECLARED, (event("returned_to_owner", "09:00", authority_ref="C"), event("photographed", "10:00")),
        (event("returned_to_owner", "09:00", authority_ref="C"), event("reported", "10:00"),
         event("photographed", "10:00", "KF-06"))),
    ("CC-37", "no-tool"): (DECLARED, (event("copied", "09:00"),), (
        event("copied", "09:00", tool=TOOL), event("live_action", "09:00", purpose="isolation: flight mode"))),
    ("CC-37", "no-version"): (DECLARED, (event("copied", "09:00", tool={"name": "cp"}),),
                              (event("copied", "09:00", tool=TOOL),)),
    ("CC-38", "no-digest"): (DECLARED, (event("photographed", "09:00", attachments=[{"name": "1.jpg"}]),),
                             (event("photographed", "09:00", attachments=[{"name": "1.jpg", "sha256": MEDIA}]),)),
    ("CC-38", "photo-unknown"): (
        only({**STICK, "photo_refs": ["1.jpg"]}), (),
        (event("photographed", "09:00", attachments=[{"name": "1.jpg", "sha256": MEDIA}]),)),
    ("CC-39", "round"): (
        DECLARED, tuple(event("photographed", at) for at in (
            "09:00", "09:15", "09:33", "09:45", "10:00", "10:07", "10:30", "10:41", "11:00")),
        tuple(event("photographed", at) for at in (
            "09:00", "09:15", "09:33", "09:41", "10:00", "10:07", "10:31", "10:41", "11:01"))),
    ("CC-39", "equal-steps"): (
        DECLARED, tuple(event("photographed", f"09:{minute:02d}") for minute in range(1, 60, 7)),
        tuple(event("photographed", f"09:{minute:02d}") for minute in (1, 8, 15, 23, 29, 38, 40, 47, 58))),
    ("CC-40", "shared"): (
        DECLARED,
        (event("released", "09:00", signatures=[{"person": "P1", "method": "paper", "value": MEDIA}]),
         event("received", "09:01", signatures=[{"person": "P3", "method": "paper", "value": MEDIA.upper()}])),
        (event("released", "09:00", signatures=[{"person": "P1", "method": "paper", "value": MEDIA}]),
         event("received", "09:01", signatures=[{"person": "P1", "method": "paper", "value": MEDIA}]))),
    ("CC-41", "strict"): (DECLARED, (event("verified", "09:00", hash=[digest("0" * 32, "MD5")]),), (TEST,)),
    ("CC-42", "no-memory"): (
        only(PC), (event("seized", "09:00", "KF-05"), event("live_action", "09:05", "KF-05", purpose="switched off")),
        ({**IMAGE, "exhibit_no": "M-1", "root_exhibit_no": "KF-05", "derived_from": ["KF-05"], "kind": "memory_image"},
         event("seized", "09:00", "KF-05"), event("packaged", "09:05", "KF-05"))),
    ("CC-43", "not-isolated"): (only(PHONE), (event("seized", "09:00", "KF-09"), event("stored", "15:00", "KF-09")),
                                (event("seized", "09:00", "KF-09"), event("packaged", "09:15", "KF-09"))),
    ("CC-43", "isolated-late"): (
        only(PHONE), (event("seized", "09:00", "KF-09"), event("packaged", "09:16", "KF-09", purpose="isolation")),
        (event("seized", "09:00", "KF-09"), event("packaged", "09:15", "KF-09", purpose="изоляция от сети"))),
    ("CC-44", "not-disclosed"): (only(EXTRACT), (event("reported", "09:00", "KF-06-W1"),),
                                 (event("copied", "08:00", "X-1"), event("disclosed", "09:00", "X-1"))),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "reason"), CASES)
def test_a_rule_is_broken_in_this_way_and_not_by_what_is_nearly_the_same(rule: str, reason: str) -> None:
    declared, broken, right = CASES[rule, reason]

    assert reason in reasons(*broken, rule=rule, declared=declared)
    if (rule, reason) != ("CC-35", "not-in-ledger"):
        assert reason not in reasons(*right, rule=rule, declared=declared)


def test_every_way_is_tried() -> None:
    elsewhere = {
        ("CC-09", "other-content"), ("CC-09", "no-key"), ("CC-09", "invalid"), ("CC-40", "by-another"),
        ("CC-29", "gone"), ("CC-33", "too-few"), ("CC-38", "not-there"), ("CC-41", "legacy"),
        *((rule, reason) for rule in ("CC-10", "CC-18", "CC-19", "CC-23", "CC-25") for reason in REASONS[rule]),
        *((f"CC-{n:02d}", reason) for n in range(1, 9) for reason in REASONS[f"CC-{n:02d}"]),
    }  # fmt: skip
    assert {(rule.code, reason) for rule in RULES for reason in REASONS[rule.code]} == {*CASES, *elsewhere}


# --- signatures with keys ------------------------------------------------------------------------------------------

KEYS = {name: f"{number:064x}" for number, name in enumerate(("P1", "P3", "P4"), start=7)}


def with_key(person: Line) -> Line:
    return {**person, "specimen_signature": signing.public_key(KEYS[person["person_id"]])}


PEOPLE = (CASE, with_key(P1), with_key(P3), P4, SCENE, STORE, STICK)
RELEASE = event("released", "10:00", by="P1", released_by="P1", received_by="P3", location="SCENE", purpose="to store")
RECEIPT = event("received", "10:02", by="P3", received_by="P3", location="SCENE")


def by_key(person: str, over: str, *, key: str = "") -> Line:
    value = signing.sign(KEYS[key or person], over)
    return {"person": person, "method": "ed25519", "over": over, "value": value}


def handover(**changed: Any) -> tuple[Line, Line]:
    """A release signed by the giver, and a receipt that is signed and countersigns the release."""
    own = {**RELEASE, "signatures": [by_key("P1", signing.content_digest(RELEASE))]}
    head = chained([*PEOPLE, own])[-1]["event_hash"]
    mine = [by_key("P3", signing.content_digest(RECEIPT)), by_key("P3", head)]
    return own, {**RECEIPT, "signatures": mine, **changed}


def test_signatures_with_keys_are_over_the_line_or_an_earlier_one() -> None:
    assert findings(*handover(), rule="CC-09", declared=PEOPLE) == []
    assert findings(*handover(), rule="CC-40", declared=PEOPLE) == []


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (by_key("P3", "0" * 64), "other-content"),
        ({**by_key("P3", signing.content_digest(RECEIPT)), "value": "00" * 64}, "invalid"),
        ({**by_key("P3", signing.content_digest(RECEIPT)), "value": "not hex"}, "invalid"),
        (by_key("P4", signing.content_digest(RECEIPT)), "no-key"),
    ],
)
def test_a_signature_that_does_not_hold_is_found(signature: Line, reason: str) -> None:
    found = reasons(*handover(signatures=[*signed("P3"), signature]), rule="CC-09", declared=PEOPLE)

    assert found == [reason]


def test_a_courier_who_signs_for_the_custodian_with_his_own_key_is_found() -> None:
    forged = handover(signatures=[by_key("P3", signing.content_digest(RECEIPT), key="P1")])

    assert findings(*forged, rule="CC-09", declared=PEOPLE) == []  # told once, by the heavier rule
    [found] = findings(*forged, rule="CC-40", declared=PEOPLE)
    assert (found.severity, found.values["person"], found.values["owner"]) == ("F", "P3", "P1")


def test_a_line_changed_after_it_was_signed_and_chained_anew_does_not_hold_its_signature() -> None:
    release, receipt = handover()

    assert reasons({**release, "location": "STORE"}, receipt, rule="CC-09", declared=PEOPLE) == ["other-content"] * 2


def test_a_flood_of_signatures_costs_a_bounded_time() -> None:
    many = [with_key(P1) | {"person_id": f"Q{number}"} for number in range(300)]
    forged = [
        {"person": f"Q{number}", "method": "ed25519", "over": "0" * 64, "value": "1" * 128} for number in range(50)
    ]
    ledger = ledger_of(*many, *(event("released", "10:00", released_by="P1", signatures=forged) for _ in range(60)))

    assert len([one for one in check(ledger) if one.rule == "CC-09"]) == 200


# --- what has to be given from outside -----------------------------------------------------------------------------


def test_whether_an_attachment_is_there_is_looked_at_only_where_somebody_says_what_is() -> None:
    ledger = ledger_of(*DECLARED, event("photographed", "09:00", location="LAB", attachments=[
        {"name": "1.jpg", "sha256": MEDIA.upper()}]))  # fmt: skip

    assert check(ledger) == ()
    assert check(ledger, files=[MEDIA]) == ()
    [missing] = check(ledger, files=[])
    assert (missing.rule, missing.values["reason"], missing.values["name"]) == ("CC-38", "not-there", "1.jpg")
    assert_it_can_be_said(missing)


def test_a_snapshot_of_another_ledger_is_gone_line_by_line() -> None:
    other = parse(lines_of(chained([P1, P3], "0" * 64)), genesis="0" * 64)

    gone = check(ledger_of(*DECLARED), snapshot=other)
    assert [(one.rule, one.events) for one in gone] == [("CC-29", (1,)), ("CC-29", (2,))]
    assert check(parse([], genesis=GENESIS), snapshot=other)[0].values["line"] == 1
