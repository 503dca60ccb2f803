"""The clean story, broken once for each rule and for each defect that a trainer plants."""

from collections.abc import Callable
from typing import Any

import pytest

from labkit.custody.ledger import Ledger, parse
from labkit.custody.overlay import overlay
from labkit.custody.rules import RULES, RuleFinding, check
from tests.unit.custody.story import (
    CASE,
    CLEAN,
    DECLARED,
    GENESIS,
    MEDIA,
    NOTES,
    P1,
    SCENE,
    STICK,
    WARRANT,
    assert_it_can_be_said,
    chained,
    digest,
    event,
    ledger_of,
    lines_of,
    signed,
)

Story = list[dict[str, Any]]


def changed(kind: str, **fields: Any) -> Callable[[Story], Story]:
    """The story with the first event of a kind changed; None takes a field out."""

    def change(story: Story) -> Story:
        at = next(number for number, one in enumerate(story) if one["type"] == kind)
        whole = {**story[at], **fields}
        return [*story[:at], {key: value for key, value in whole.items() if value is not None}, *story[at + 1 :]]

    return change


def without(*kinds: str) -> Callable[[Story], Story]:
    return lambda story: [one for one in story if one["type"] not in kinds]


def then(*events: dict[str, Any]) -> Callable[[Story], Story]:
    return lambda story: [*story, *events]


def first(*declared: dict[str, Any]) -> Callable[[Story], Story]:
    """The story with more declarations; those of a type that is there replace it by their number."""

    def change(story: Story) -> Story:
        keys = ("case_id", "person_id", "loc_id", "exhibit_no")
        names = {(key, one.get(key)) for one in declared for key in keys if key in one}
        kept = [one for one in story if not names & {(key, one.get(key)) for key in keys if key in one}]
        at = sum(one in DECLARED for one in kept)
        return [*kept[:at], *declared, *kept[at:]]

    return change


def extract(*more: dict[str, Any]) -> Callable[[Story], Story]:
    made = {**STICK, "exhibit_no": "X-1", "root_exhibit_no": "KF-02", "derived_from": ["KF-06-W1"], "kind": "extract"}
    copied = event("copied", "16:00", "KF-06-W1", "X-1", by="P4", location="LAB", tool={"name": "cp", "version": "9"},
                   purpose="the letter that speaks for her")  # fmt: skip
    return lambda story: [*story[:-2], made, copied, *story[-2:], *more]


PC = {
    "type": "exhibit", "exhibit_no": "KF-05", "root_exhibit_no": "KF-05", "kind": "device", "description": "PC",
    "power_state_at_seizure": "on", "clock_observed": "09:07", "clock_reference": "2026-03-10T09:04:00+05:00",
}  # fmt: skip
PHONE = {**PC, "exhibit_no": "KF-09", "root_exhibit_no": "KF-09", "description": "phone", "radio": True}


def also_seized(exhibit: dict[str, Any], *more: dict[str, Any], at: str = "09:11") -> Callable[[Story], Story]:
    seized = event("seized", at, exhibit["exhibit_no"], location="SCENE", authority_ref="W-1", purpose="evidence")
    case = {**CASE, "protocol_items": [{"exhibit_no": one} for one in ("KF-02", exhibit["exhibit_no"])]}
    return lambda story: [*first(case, exhibit)(story)[:-19], seized, *more, *story[-19:]]


def numbered(story: Story) -> Story:
    """The same story; the line of the blocker's test is named by its new number."""
    test = next((n for n, one in enumerate(story, start=1) if one.get("exhibits") == ["T-1"]), None)
    return [
        {**one, "write_block": {**one["write_block"], "tested_event": test}}
        if one.get("write_block", {}).get("tested_event") == len(DECLARED) + 10
        else one
        for one in story
    ]


LAST = len(CLEAN)
SAME_KEY = {"specimen_signature": "ab" * 32}
LIVE = {"justification": "the volume was open", "tool": {"name": "triage", "version": "2"}, "purpose": "see what runs"}
FAR = ({**SCENE, "map_km": [0, 0]}, {"type": "location", "loc_id": "CITY", "kind": "lab", "tz": "Asia/Almaty",
       "map_km": [600, 0]})  # fmt: skip

# what it is -> the rule that finds it, how the story is broken
BROKEN: dict[str, tuple[str, Callable[[Story], Story]]] = {
    "a line without its actor": ("CC-01", changed("sealed", actor="")),
    "an exhibit that nobody declared": ("CC-02", then(event("photographed", "17:05", "KF-77", location="LAB"))),
    "a copy of nothing": ("CC-03", first({**STICK, "exhibit_no": "KF-30", "root_exhibit_no": "KF-31"})),
    "D01 a gap": ("CC-06", changed("transported", transport={"vehicle": "NV 412"})),
    "D02 released by somebody else": ("CC-08", changed("released", released_by="P2", signatures=signed("P2"))),
    "D03 two holders": ("CC-07", then(event("received", "17:10", by="P2", received_by="P2", location="STORE",
                                                 signatures=signed("P2")))),
    "D04 received before it was released": ("CC-05", changed("received", event_at="2026-03-10T09:50:00+05:00")),
    "nobody signed": ("CC-09", changed("released", signatures=None)),
    "D05 no offset": ("CC-10", changed("received", event_at="2026-03-10T12:40:00")),
    "D06 the offset of earlier years": ("CC-10", changed("seized", event_at="2026-03-10T10:10:00+06:00")),
    "D07 digits of a seal changed places": ("CC-12", changed("received", seal_before=[{"number": "S-1240"}])),
    "D08 broken on arrival": ("CC-13", changed("received", seal_before=[{"number": "S-1204", "state": "broken"}])),
    "D09 one seal on two bags": ("CC-14", changed("resealed", seal_after=[{"number": "S-1204", "state": "new"}])),
    "another bag": ("CC-15", changed("received", bag_no_after="B-882")),
    "a purpose that says nothing": ("CC-16", changed("analysed", purpose="work")),
    "no place": ("CC-17", changed("analysed", location=None)),
    "D10 another serial number": (
        "CC-30",
        first({**CASE, "protocol_items": [{"exhibit_no": "KF-02", "serial": "AA11"}]}, {**STICK, "serial": "AA1I"}),
    ),
    "D11 an item of the protocol is missing": (
        "CC-35", first({**CASE, "protocol_items": [{"exhibit_no": "KF-02"}, {"exhibit_no": "KF-03"}]}),
    ),
    "D12 an item that is not in the protocol": ("CC-35", first({**CASE, "protocol_items": [{"exhibit_no": "KF-03"}]})),
    "D13 before the warrant": (
        "CC-26", first({**CASE, "authority": [{**WARRANT, "valid_from": "2026-03-10T09:05:00+05:00"}]})),
    "D14 another place than the warrant's": (
        "CC-26", first({**CASE, "authority": [{**WARRANT, "scope_items": ["STORE"]}]})),
    "D15 no write blocker": ("CC-23", changed("acquired", write_block={"kind": "none"})),
    "D16 never tested": ("CC-24", changed("acquired", write_block={"kind": "hw", "id": "WB-3"})),
    "D17 the digest of the box": ("CC-19", changed("acquired", hash=[digest(NOTES)])),
    "D18 MD5 in the column of SHA-256": ("CC-18", changed("acquired", hash=[digest("0" * 32)])),
    "D19 the digest of another exhibit": ("CC-21", changed("verified", hash=[digest(MEDIA)])),
    "D20 computed three days later": (
        "CC-22", changed("acquired", hash=[{**digest(), "computed_at": "2026-03-13T14:20:00+05:00"}])),
    "D20 no digest at the acquisition": ("CC-20", changed("acquired", hash=None)),
    "D21 unlogged read errors": ("CC-19", changed("copied", hash=[digest(NOTES)])),
    "D22 MD5 only": (
        "CC-41",
        lambda story: [
            {**one, "hash": [digest("0" * 32, "MD5")]} if "hash" in one and one["exhibits"] != ["T-1"] else one
            for one in story
        ],
    ),
    "D23 the original was opened": ("CC-25", changed("analysed", exhibits=["KF-02"])),
    "D24 a live tool without a record": (
        "CC-34", then(event("live_action", "17:10", by="P4", location="LAB", **LIVE))),
    "D25 shut down without a reason": ("CC-42", also_seized(PC, event("packaged", "09:12", "KF-05", location="SCENE",
                                                                      bag_no_after="B-882"))),
    "D26 a phone on line for six hours": ("CC-43", also_seized(PHONE, event(
        "photographed", "15:11", "KF-09", location="SCENE"))),
    "D27 written in the evening": (
        "CC-11", changed("seized", recorded_at="2026-03-10T21:00:00+05:00")),
    "D27 round minutes": (
        "CC-39", lambda story: [
            {**one, "event_at": f"2026-03-10T{9 + number // 4:02d}:{number % 4 * 15:02d}:00+05:00"}
            for number, one in enumerate(story[-19:])
        ]),
    "a correction of nothing": (
        "CC-29", then(event("corrected", "17:10", by="P4", note="the tool", corrects_event=99))),
    "D29 one signature for two": ("CC-40", first({**P1, **SAME_KEY}, {**P1, "person_id": "P9", **SAME_KEY})),
    "D30 in two cities": (
        "CC-27", lambda story: [*first(*FAR)(story), event(
            "photographed", "17:05", "KF-02", location="CITY", by="P4"), event(
            "photographed", "17:10", "KF-02", location="SCENE", by="P4")]),
    "D30 so does the exhibit": (
        "CC-17", lambda story: [*first(*FAR)(story), event(
            "photographed", "17:05", "KF-02", location="CITY", by="P4"), event(
            "photographed", "17:10", "KF-02", location="SCENE", by="P3")]),
    "D31 somebody in the store": (
        "CC-28", then(event("photographed", "17:10", by="P2", location="STORE"))),
    "D32 never disclosed": ("CC-44", extract()),
    "sizes": ("CC-31", first({**STICK, "capacity_bytes": 1000, "sector_size": 512})),
    "no clock": ("CC-32", first({key: value for key, value in PC.items() if "clock" not in key})),
    "a witness of one's own": ("CC-33", changed("seized", witnesses=["P1"])),
    "an end without a decision": ("CC-36", then(event("disposed", "17:10", by="P3", location="STORE",
                                                      purpose="no longer needed"))),
    "a tool without its version": ("CC-37", changed("analysed", tool={"name": "labkit"})),
    "a photo that is not there": ("CC-38", changed("photographed", attachments=[{"name": "1.jpg", "sha256": "1"}])),
}  # fmt: skip


def found(story: Story) -> tuple[RuleFinding, ...]:
    return check(ledger_of(*numbered(story)))


@pytest.mark.parametrize("what", BROKEN)
def test_the_story_broken_in_one_place_is_found_and_can_be_said(what: str) -> None:
    rule, break_it = BROKEN[what]
    findings = found(break_it(list(CLEAN)))

    assert rule in {one.rule for one in findings}
    for one in findings:
        assert_it_can_be_said(one)


def test_every_rule_but_the_chain_is_broken_above() -> None:
    assert {rule for rule, _ in BROKEN.values()} | {"CC-04"} == {rule.code for rule in RULES}


def test_most_defects_raise_their_own_rule_and_little_else() -> None:
    raised = {what: {one.rule for one in found(break_it(list(CLEAN)))} for what, (_, break_it) in BROKEN.items()}

    assert {what for what, rules in raised.items() if len(rules) > 3} <= {"D27 round minutes"}
    assert sum(len(rules) == 1 for rules in raised.values()) >= len(BROKEN) // 2


# --- red herrings: nothing is wrong with these --------------------------------------------------------------------

HARMLESS: dict[str, Callable[[Story], Story]] = {
    "a late entry that says so": changed(
        "seized", recorded_at="2026-03-10T21:00:00+05:00", note="entered in the evening from the notebook"
    ),
    "a late entry that a later line explains": lambda story: [
        *changed("seized", recorded_at="2026-03-10T21:00:00+05:00")(story),
        event("corrected", "17:10", by="P1", location="LAB", note="the tablet was empty", corrects_event=15),
    ],
    "an acquisition that took two hours": changed(
        "acquired",
        recorded_at="2026-03-10T16:25:00+05:00",
        hash=[{**digest(), "computed_at": "2026-03-10T16:20:00+05:00"}],
    ),
    "another container, the same media": changed(
        "verified", hash=[digest("d" * 64), digest("e" * 64, of="container"), digest("f" * 64, of="container")]
    ),
    "read errors that are logged": changed("copied", hash=[digest(NOTES)], read_errors=[{"lba": 8, "count": 4}]),
    "a phone that was isolated": also_seized(
        PHONE,
        event("packaged", "09:12", "KF-09", location="SCENE", bag_no_after="B-9", purpose="isolation: Faraday bag"),
    ),
    "a computer that had to be switched off": also_seized(
        PC,
        event("packaged", "09:12", "KF-05", location="SCENE", bag_no_after="B-9", justification="it was being wiped"),
    ),
    "an extract that was disclosed": extract(
        event("disclosed", "17:10", "X-1", by="P2", received_by="P4", location="LAB", purpose="defence")
    ),
    "the offset of another zone": lambda story: [
        *first({"type": "location", "loc_id": "KBL", "kind": "court", "tz": "Asia/Kabul"})(story)[:-1],
        event("transported", "17:00", by="P3", transport={"carrier": "Northline", "tracking_no": "NL-2"}),
        event("photographed", "2026-03-10T17:30:00+04:30", location="KBL", by="P3"),
    ],
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_only_looks_wrong_raises_nothing(what: str) -> None:
    assert found(HARMLESS[what](list(CLEAN))) == ()


# --- what other programs miss --------------------------------------------------------------------------------------


def test_a_handover_of_an_unknown_item_is_found() -> None:
    ledger = ledger_of(*CLEAN, event("received", "17:10", "KF-99", by="P2", released_by="P4", received_by="P2",
                                     location="LAB", purpose="trial", signatures=signed("P4", "P2")))  # fmt: skip

    assert [(one.rule, one.exhibit, one.events) for one in check(ledger)] == [("CC-02", "KF-99", (LAST + 1,))]


def test_the_last_record_deleted_is_found_by_whoever_has_an_earlier_copy_or_head() -> None:
    whole, cut = ledger_of(*CLEAN), ledger_of(*CLEAN[:-1])

    assert check(cut) == ()  # nobody can tell from the ledger alone
    assert [one.rule for one in check(cut, known_heads=[whole.head])] == ["CC-04"]
    [gone] = check(cut, snapshot=whole)
    assert (gone.rule, gone.severity, gone.values["line"]) == ("CC-29", "F", LAST)
    assert check(whole, snapshot=cut) == ()
    assert_it_can_be_said(gone)


def test_an_entry_edited_is_found_and_with_all_digests_anew_by_an_earlier_copy() -> None:
    objects = chained(CLEAN)
    edited = [*objects[:14], {**objects[14], "purpose": "other"}, *objects[15:]]
    rewritten = ledger_of(*CLEAN[:14], {**CLEAN[14], "note": "at ten"}, *CLEAN[15:])

    assert {one.rule for one in check(parse(lines_of(edited), genesis=GENESIS))} == {"CC-04", "CC-16"}
    assert check(rewritten) == ()
    gone = check(rewritten, snapshot=ledger_of(*CLEAN))
    assert [one.values["line"] for one in gone] == [15]  # not those behind it, whose digests are new and words the same


def test_evidence_changed_after_sealing_is_found() -> None:
    altered = event("verified", "17:10", "KF-06", by="P4", location="LAB", hash=[digest(NOTES)], purpose="court",
                    tool={"name": "labkit", "version": "1"})  # fmt: skip

    [changed_media] = check(ledger_of(*CLEAN, altered))
    assert (changed_media.rule, changed_media.exhibit, changed_media.severity) == ("CC-19", "KF-06", "F")


@pytest.mark.parametrize(
    ("alg", "value"),
    [
        ("MD5", "d41d8cd98f00b204e9800998ecf8427e"),
        ("SHA1", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"),
        ("SHA256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ],
)
def test_the_digest_of_an_empty_file_is_of_no_media(alg: str, value: str) -> None:
    story = changed("acquired", hash=[digest(), digest(value, alg)])(list(CLEAN))

    [empty] = found(story)
    assert (empty.rule, empty.values["reason"]) == ("CC-19", "of-nothing")
    assert_it_can_be_said(empty)


def test_the_digest_of_an_empty_file_is_right_for_a_file_and_is_nobodys_copy() -> None:
    empty = digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", of="file")
    story = changed("verified", hash=[digest("d" * 64), empty])(changed("analysed", hash=[empty])(list(CLEAN)))

    assert found(story) == ()


@pytest.mark.parametrize(
    ("recorded_at", "reasons"),
    [
        ("2026-03-10T09:10:59+05:00", []),
        ("2026-03-10T09:25:00+05:00", []),
        ("2026-03-10T09:26:00+05:00", ["late"]),
        ("2026-03-11T09:10:00+05:00", ["late"]),
        ("2026-03-11T09:11:00+05:00", ["very-late"]),
        ("2026-03-10T09:09:00+05:00", ["before"]),
        ("2025-03-10T09:10:00+05:00", ["before"]),
        ("2036-03-10T09:10:00+05:00", ["very-late"]),
        ("2026-03-10T04:11:00+00:00", []),
    ],
)
def test_a_wrong_clock_shows_between_the_two_times_of_a_line(recorded_at: str, reasons: list[str]) -> None:
    findings = found(changed("seized", recorded_at=recorded_at)(list(CLEAN)))

    assert [one.values["reason"] for one in findings] == reasons
    assert {one.severity for one in findings} == {"m" if reason == "late" else "M" for reason in reasons}


def test_a_note_does_not_explain_a_clock_that_was_wrong() -> None:
    story = changed("seized", recorded_at="2026-03-10T08:00:00+05:00", note="written at once")(list(CLEAN))

    assert [one.values["reason"] for one in found(story)] == ["before"]


# --- the overlay of a country --------------------------------------------------------------------------------------


def witnessed(*people: str) -> Ledger:
    attesting = [
        {"type": "person", "person_id": name, "name": name, "role": "attesting_witness"} for name in ("A1", "A2")
    ]
    story = first(*attesting)(list(CLEAN))
    return ledger_of(*numbered(changed("seized", witnesses=list(people))(story)))


def test_attesting_witnesses_are_asked_for_where_the_country_asks() -> None:
    country = overlay("attesting-witness")

    assert check(witnessed("A1", "A2"), overlay=country) == ()
    assert check(witnessed("P2")) == ()
    for people in (("A1",), ("A1", "P2"), ("A1", "A1"), ("A1", "A9")):
        [few] = check(witnessed(*people), overlay=country)
        assert (few.rule, few.values["reason"], few.values["found"]) == ("CC-33", "too-few", 1)
        assert_it_can_be_said(few)


@pytest.mark.parametrize(
    ("algorithms", "strict", "legacy"),
    [
        (("MD5",), True, True),
        (("SHA-1",), True, True),
        (("md5", "sha1"), True, False),
        (("MD5", "SHA256"), False, False),
        (("SHA3-256",), False, False),
    ],
)
def test_which_digests_are_enough_is_a_matter_of_policy(
    algorithms: tuple[str, ...], *, strict: bool, legacy: bool
) -> None:
    digits = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA3256": 64}
    given = [digest("a" * digits[one.upper().replace("-", "")], one) for one in algorithms]
    story: Story = [{**one, "hash": given} if "hash" in one and one["exhibits"] != ["T-1"] else one for one in CLEAN]
    ledger = ledger_of(*story)

    assert bool(check(ledger)) is strict
    assert bool(check(ledger, overlay=overlay("legacy-digests"))) is legacy
