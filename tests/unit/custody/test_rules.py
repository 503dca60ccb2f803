from dataclasses import replace

import pytest

from labkit.custody.rules import MOST_FINDINGS, RULES, check, remarks
from labkit.custody.scoring import score
from tests.unit.custody.story import (
    BLOCKER,
    CASE,
    CLEAN,
    COPY,
    DECLARED,
    IMAGE,
    LAB,
    MEDIA,
    NOTES,
    P1,
    SCENE,
    STICK,
    TOOL,
    digest,
    event,
    findings,
    ledger_of,
    reasons,
)


def test_a_clean_ledger_raises_no_finding_and_no_remark() -> None:
    ledger = ledger_of(*CLEAN)

    assert len(ledger.events) == 19
    assert check(ledger) == ()
    assert remarks(ledger) == ()


def test_each_rule_is_a_sentence_and_has_its_weight() -> None:
    weights = {rule.code: rule.severity.value for rule in RULES}

    assert weights == {
        "CC-01": "M", "CC-02": "F", "CC-03": "M", "CC-04": "F", "CC-05": "M", "CC-06": "F", "CC-07": "F", "CC-08":
        "F", "CC-09": "M", "CC-10": "M", "CC-11": "M", "CC-12": "F", "CC-13": "F", "CC-14": "M", "CC-15": "m",
        "CC-16": "m", "CC-17": "M", "CC-18": "M", "CC-19": "F", "CC-20": "M", "CC-21": "M", "CC-22": "M", "CC-23":
        "F", "CC-24": "m", "CC-25": "F", "CC-26": "F", "CC-27": "M", "CC-28": "M", "CC-29": "F", "CC-30": "M",
        "CC-31": "M", "CC-32": "m", "CC-33": "M", "CC-34": "M", "CC-35": "F", "CC-36": "M", "CC-37": "m", "CC-38":
        "m", "CC-39": "m", "CC-40": "F", "CC-41": "m", "CC-42": "M", "CC-43": "M", "CC-44": "M",
    }  # fmt: skip
    assert all(rule.sentence.endswith(".") for rule in RULES)


def test_a_finding_names_the_line_and_the_exhibit() -> None:
    [found] = findings(event("analysed", "15:00", "KF-02"), rule="CC-25")

    assert (found.severity, found.seq, found.exhibit) == ("F", len(DECLARED) + 1, "KF-02")
    assert found.values == {"reason": "analysed", "seq": len(DECLARED) + 1, "exhibit": "KF-02", "kind": "medium"}
    assert found.events == (len(DECLARED) + 1,)


def test_a_finding_names_every_line_that_belongs_to_it() -> None:
    seized = event("seized", "09:00", location="SCENE")
    gap = (event("released", "10:00", released_by="P1"), event("received", "12:40", by="P3", received_by="P3"))
    first = len(DECLARED) + 1

    assert [one.events for one in findings(seized, *gap, rule="CC-06")] == [(first + 1, first + 2)]
    assert [one.events for one in findings(seized, gap[1], rule="CC-07")] == [(first, first + 1)]
    assert [one.events for one in findings(*gap[::-1], rule="CC-05")] == [(first, first + 1)]


def test_a_hostile_ledger_can_not_make_more_findings_than_are_of_use() -> None:
    analysed = [event("analysed", "15:00", "KF-02", "KF-06")] * 500
    found = findings(*analysed, rule="CC-25")

    assert len(found) == MOST_FINDINGS
    assert score(found) == 0
    assert score([replace(one, severity="m") for one in found]) == 0


def test_a_value_that_could_steer_a_terminal_is_not_handed_on() -> None:
    [found] = findings(event("analysed", "15:00", "KF\x1b[31m\u202e" + "x" * 500), rule="CC-02")

    assert found.values["exhibit"] == "KF\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}" + "x" * 71 + "…"


# --- CC-01 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "fields"),
    [
        (event("sealed", "09:00"), "seal_after"),
        (event("sealed", "09:00", by="", seal_after=[{"number": "S-1"}]), "actor"),
        ({"type": "photographed", "actor": "P1", "exhibits": []}, "event_at, exhibits"),
        (event("released", "09:00"), "released_by"),
        (event("checked_out", "09:00"), "released_by, received_by"),
        (event("transported", "09:00"), "transport"),
        (event("verified", "09:00"), "hash"),
        (event("live_action", "09:00"), "justification"),
        (event("returned", "09:00"), "released_by"),
        (event("corrected", "09:00"), "note"),
        ({"type": "exhibit", "exhibit_no": "KF-11"}, "kind, description"),
        ({"type": "person", "person_id": "P9", "name": "Ada"}, "role"),
        ({"type": "location", "loc_id": "X", "kind": "lab"}, "tz"),
        ({"type": "case"}, "case_id"),
    ],
)
def test_cc01_missing_fields_are_named(entry: dict[str, object], fields: str) -> None:
    found = [one for one in findings(entry, rule="CC-01") if one.values["reason"] == "missing"]

    assert [one.values["fields"] for one in found] == [fields]


def test_cc01_a_field_that_does_not_fit_is_told_once() -> None:
    assert reasons(event("sealed", "09:00", seal_after="S-1"), rule="CC-01") == ["unfit-field"]
    assert reasons({**CASE, "colour": "red"}, rule="CC-01") == ["unknown-field"]
    assert reasons({"type": "lost"}, rule="CC-01") == ["unknown-type"]


def test_cc01_a_place_that_nobody_declares_is_told_once() -> None:
    both = (event("identified", "09:00", location="ATTIC"), event("photographed", "09:01", location="ATTIC"))

    assert reasons(*both, rule="CC-01") == ["undeclared-place"]
    assert reasons(*both, {**SCENE, "loc_id": "ATTIC"}, rule="CC-01") == []


# --- CC-02 -----------------------------------------------------------------------------------------------------


def test_cc02_an_exhibit_declared_once_before_its_use_is_right() -> None:
    assert findings(event("identified", "09:00"), rule="CC-02") == []


def test_cc02_an_exhibit_that_is_not_declared_is_told_once() -> None:
    found = findings(event("identified", "09:00", "KF-77"), event("photographed", "09:01", "KF-77"), rule="CC-02")

    assert [(one.exhibit, one.values["reason"], one.severity) for one in found] == [("KF-77", "undeclared", "F")]


def test_cc02_a_declaration_after_the_first_use_comes_too_late() -> None:
    late = {**STICK, "exhibit_no": "KF-77", "root_exhibit_no": "KF-77"}

    assert reasons(event("identified", "09:00", "KF-77"), late, rule="CC-02") == ["undeclared"]


def test_cc02_a_number_given_twice_is_found() -> None:
    [found] = findings(STICK, rule="CC-02")

    assert (found.values["reason"], found.values["first"]) == ("twice", DECLARED.index(STICK) + 1)


# --- CC-03 -----------------------------------------------------------------------------------------------------


def test_cc03_copies_that_lead_to_their_original_are_right() -> None:
    joined = {**IMAGE, "exhibit_no": "KF-12", "derived_from": ["KF-06", "KF-02"]}

    assert findings(joined, rule="CC-03") == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ([{**IMAGE, "exhibit_no": "A", "derived_from": ["A"]}], ["cycle"]),
        ([{**IMAGE, "exhibit_no": one, "derived_from": [other]} for one, other in ("AB", "BA")], ["cycle"]),
        ([{**IMAGE, "exhibit_no": "A", "derived_from": ["KF-77"]}], ["source-undeclared"]),
        ([{**IMAGE, "exhibit_no": "A", "derived_from": [], "root_exhibit_no": "KF-77"}], ["source-undeclared"]),
        ([{**COPY, "exhibit_no": "A", "derived_from": [], "root_exhibit_no": "A"}], ["no-source"]),
        ([{**IMAGE, "exhibit_no": "A", "root_exhibit_no": "KF-06"}], ["other-root"]),
    ],
)  # fmt: skip
def test_cc03_a_broken_origin_is_found(changed: list[dict[str, object]], reason: list[str]) -> None:
    assert reasons(*changed, rule="CC-03") == reason


def test_cc03_a_circle_is_told_at_the_exhibit_that_closes_it() -> None:
    circle = [{**IMAGE, "exhibit_no": one, "derived_from": [other]} for one, other in ("AB", "BC", "CA")]
    above = {**IMAGE, "exhibit_no": "D", "derived_from": ["A"]}

    assert [one.exhibit for one in findings(*circle, above, rule="CC-03")] == ["C"]


def test_cc03_a_long_line_of_copies_is_followed_without_trouble() -> None:
    copies = [
        {**IMAGE, "exhibit_no": f"C{number}", "derived_from": [f"C{number - 1}" if number else "KF-02"]}
        for number in range(3000)
    ]

    assert findings(*reversed(copies[:3]), *copies[3:], rule="CC-03") == []


# --- CC-05 -----------------------------------------------------------------------------------------------------


def test_cc05_an_event_before_the_one_above_it_is_found() -> None:
    [found] = findings(event("identified", "09:10"), event("photographed", "09:05"), rule="CC-05")

    assert (found.severity, found.seq) == ("M", len(DECLARED) + 2)
    assert found.values["previous"] == len(DECLARED) + 1


def test_cc05_times_are_compared_in_utc() -> None:
    earlier = event("identified", "2026-03-10T09:10:00+05:00")

    assert findings(earlier, event("photographed", "2026-03-10T04:15:00+00:00"), rule="CC-05") == []
    assert reasons(earlier, event("photographed", "2026-03-10T09:15:00+06:00"), rule="CC-05") == ["back"]


def test_cc05_one_wrong_time_is_told_once() -> None:
    events = [event("photographed", at, "KF-02", "KF-06") for at in ("09:00", "19:00", "09:10", "09:20")]

    assert reasons(*events, rule="CC-05") == ["back"]


def test_cc05_equal_times_corrections_and_times_without_offset_are_no_finding() -> None:
    late = event("photographed", "09:00", corrects_event=len(DECLARED) + 1)
    bare = event("photographed", "2026-03-10T08:00:00")

    assert findings(event("identified", "09:10"), event("photographed", "09:10"), late, bare, rule="CC-05") == []


def test_cc05_different_exhibits_out_of_order_are_only_remarked() -> None:
    ledger = ledger_of(*DECLARED, event("identified", "09:10"), event("photographed", "09:00", "KF-06"))

    assert [one for one in check(ledger) if one.rule == "CC-05"] == []
    assert [one.code for one in remarks(ledger)] == ["out-of-order"]


# --- CC-10 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "time", "reason"),
    [
        ("Asia/Almaty", "2026-03-10T09:00:00+05:00", []),
        ("Asia/Almaty", "2026-03-10T09:00:00+06:00", ["wrong-offset"]),  # right until 29 February 2024
        ("Asia/Almaty", "2016-09-20T09:00:00+06:00", []),
        ("Asia/Almaty", "2016-09-20T09:00:00+05:00", ["wrong-offset"]),
        ("Asia/Almaty", "2026-03-10T04:00:00Z", ["wrong-offset"]),
        ("Asia/Tehran", "2016-09-20T23:59:00+04:30", []),  # summer time ended at the end of that day
        ("Asia/Tehran", "2016-09-22T09:00:00+04:30", ["wrong-offset"]),
        ("Asia/Kabul", "2026-03-10T09:00:00+04:30", []),
        ("Asia/Kabul", "2026-03-10T09:00:00+04:00", ["wrong-offset"]),
        ("America/New_York", "2026-03-08T01:59:00-05:00", []),
        ("America/New_York", "2026-03-08T03:00:00-04:00", []),
        ("America/New_York", "2026-03-08T03:00:00-05:00", ["wrong-offset"]),
        ("Asia/Almaty", "2026-03-10T09:00:00", ["no-offset"]),
        ("../../etc/passwd", "2026-03-10T09:00:00+05:00", ["unknown-zone"]),
        ("asia/almaty", "2026-03-10T09:00:00+05:00", ["unknown-zone"]),
        ("", "2026-03-10T09:00:00+11:00", []),
    ],
)
def test_cc10_an_offset_is_the_one_of_the_place_on_that_day(zone: str, time: str, reason: list[str]) -> None:
    declared = (CASE, P1, {**SCENE, "tz": zone}, STICK)

    assert reasons(event("identified", time, location="SCENE"), rule="CC-10", declared=declared) == reason


def test_cc10_says_what_the_offset_was() -> None:
    [found] = findings(event("identified", "2026-03-10T09:00:00+06:00", location="SCENE"), rule="CC-10")

    assert (found.severity, found.values["zone"], found.values["expected"]) == ("M", "Asia/Almaty", "+05:00")


def test_cc10_the_offset_of_utc_has_a_plus() -> None:
    place = {**SCENE, "loc_id": "ABJ", "tz": "Africa/Abidjan"}
    [found] = findings(place, event("identified", "2026-03-10T09:00:00+06:00", location="ABJ"), rule="CC-10")

    assert found.values["expected"] == "+00:00"


def test_cc10_looks_at_the_event_zone_where_no_place_is_declared() -> None:
    assert reasons(event("identified", "2026-03-10T09:00:00+06:00", tz="Asia/Almaty"), rule="CC-10") == ["wrong-offset"]


def test_cc10_looks_at_every_time_of_a_line() -> None:
    hashed = event("verified", "09:00", location="LAB", hash=[{**digest(), "computed_at": "2026-03-10T09:00:00"}])
    case = {**CASE, "authority": [{"auth_id": "W-1", "valid_from": "2026-03-10T00:00:00"}]}
    exhibit = {**STICK, "exhibit_no": "K", "clock_reference": "2026-03-10T09:00:00", "clock_observed": "09:07"}

    assert reasons(hashed, rule="CC-10") == ["no-offset"]
    assert reasons(case, rule="CC-10") == ["no-offset"]
    assert reasons(exhibit, rule="CC-10") == ["no-offset"]
    assert reasons({**P1, "recorded_at": "2026-03-10T09:00:00"}, rule="CC-10") == ["no-offset"]


def test_cc10_takes_its_zones_from_whom_it_is_told() -> None:
    found = check(ledger_of(*CLEAN), zones=lambda name: None)

    assert {(one.rule, one.values["reason"]) for one in found} == {("CC-10", "unknown-zone")}


# --- CC-18 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alg", "value", "reason"),
    [
        ("SHA256", MEDIA, []),
        ("sha-256", MEDIA.upper(), []),
        ("MD5", "0" * 32, []),
        ("SHA256", "0123456789abcdefABCDEF".ljust(64, "0"), []),
        ("SHA-1", "0" * 40, []),
        ("SHA-512", "0" * 128, []),
        ("SHA3-256", "0" * 64, []),
        ("SHA256", "0" * 32, ["length"]),
        ("MD5", MEDIA, ["length"]),
        ("SHA256", "", ["length"]),
        ("SHA256", "g" + "0" * 63, ["no-hex"]),
        ("SHA256", "а" + "0" * 63, ["no-hex"]),  # a Cyrillic letter
        ("CRC99", "0" * 8, ["unknown-algorithm"]),
        ("", MEDIA, ["unknown-algorithm"]),
    ],
)
def test_cc18_a_digest_has_the_form_of_its_algorithm(alg: str, value: str, reason: list[str]) -> None:
    assert reasons(event("verified", "09:00", hash=[digest(value, alg)], tool=TOOL), rule="CC-18") == reason


# --- CC-19 -----------------------------------------------------------------------------------------------------


def verified(exhibit: str, value: str = MEDIA, alg: str = "SHA256", **more: object) -> dict[str, object]:
    return event("verified", "15:00", exhibit, hash=[digest(value, alg)], tool=TOOL, **more)


def test_cc19_equal_digests_are_right_however_they_are_written() -> None:
    assert findings(verified("KF-06"), verified("KF-06", MEDIA.upper(), "sha-256"), rule="CC-19") == []


def test_cc19_another_digest_of_the_same_media_is_found_once() -> None:
    found = findings(verified("KF-06"), verified("KF-06", NOTES), verified("KF-06", NOTES), rule="CC-19")

    assert [(one.severity, one.exhibit, one.values["reason"]) for one in found] == [("F", "KF-06", "changed")]
    assert found[0].seq == len(DECLARED) + 2


def test_cc19_an_image_has_the_digest_of_its_source() -> None:
    assert reasons(verified("KF-02"), verified("KF-06", NOTES), rule="CC-19") == ["not-the-source"]
    assert findings(verified("KF-02"), verified("KF-06"), rule="CC-19") == []


def test_cc19_read_errors_explain_another_digest() -> None:
    errors = verified("KF-06", NOTES, read_errors=[{"lba": 4096, "count": 8}])

    assert findings(verified("KF-02"), errors, verified("KF-06", NOTES), rule="CC-19") == []


def test_cc19_other_algorithms_and_other_objects_are_not_compared() -> None:
    container = event("verified", "15:00", "KF-06", hash=[digest(NOTES, of="container")], tool=TOOL)

    assert findings(verified("KF-06"), verified("KF-06", "0" * 32, "MD5"), container, rule="CC-19") == []


def test_cc19_what_was_made_from_two_is_not_compared_with_either() -> None:
    joined = {**IMAGE, "exhibit_no": "KF-12", "derived_from": ["KF-02", "KF-06"]}

    assert findings(joined, verified("KF-02"), verified("KF-12", NOTES), rule="CC-19") == []


def test_cc19_one_damage_in_a_line_of_copies_is_told_once() -> None:
    both = event("acquired", "15:10", "KF-02", "KF-06", hash=[digest(NOTES)], tool=TOOL, write_block=BLOCKER)

    assert reasons(verified("KF-02"), both, rule="CC-19") == ["changed"]


def test_cc19_a_device_may_hold_several_media() -> None:
    device = {**STICK, "exhibit_no": "KF-01", "root_exhibit_no": "KF-01", "kind": "device"}
    disks = [{**IMAGE, "exhibit_no": no, "root_exhibit_no": "KF-01", "derived_from": ["KF-01"]} for no in ("D1", "D2")]
    events = [
        event("acquired", "15:00", "KF-01", no, hash=[digest(value)]) for no, value in (("D1", MEDIA), ("D2", NOTES))
    ]

    assert findings(device, *disks, *events, rule="CC-19") == []


def test_cc19_a_digest_that_nobody_can_assign_is_passed_over_unless_it_names_its_exhibit() -> None:
    other = {**STICK, "exhibit_no": "KF-09", "root_exhibit_no": "KF-09"}
    both = event("verified", "15:10", "KF-02", "KF-09", hash=[digest(NOTES)], tool=TOOL)
    named = event("verified", "15:10", "KF-02", "KF-09", hash=[{**digest(NOTES), "exhibit": "KF-02"}], tool=TOOL)

    assert findings(other, verified("KF-02"), both, rule="CC-19") == []
    assert reasons(other, verified("KF-02"), named, rule="CC-19") == ["changed"]


# --- CC-23 -----------------------------------------------------------------------------------------------------


def acquired(*exhibits: str, **fields: object) -> dict[str, object]:
    return event("acquired", "15:00", *exhibits, hash=[digest()], tool=TOOL, **fields)


@pytest.mark.parametrize("block", [{"kind": "hw", "id": "WB-3"}, {"kind": "sw"}])
def test_cc23_a_write_blocker_is_right(block: dict[str, str]) -> None:
    assert findings(acquired("KF-02", write_block=block), rule="CC-23") == []


@pytest.mark.parametrize("fields", [{}, {"write_block": {"kind": "none"}}, {"write_block": {"id": "WB-3"}}])
def test_cc23_an_acquisition_without_blocking_is_found(fields: dict[str, object]) -> None:
    [found] = findings(acquired("KF-02", **fields), rule="CC-23")

    assert (found.severity, found.exhibit, found.values["reason"]) == ("F", "KF-02", "not-blocked")


def test_cc23_a_justification_alone_is_not_enough_when_it_was_not_live() -> None:
    assert reasons(acquired("KF-02", justification="no blocker here"), rule="CC-23") == ["not-blocked"]


def test_cc23_a_live_acquisition_needs_a_justification() -> None:
    live = event("live_action", "14:50")
    why = {"justification": "encrypted volume is open"}

    assert reasons(live, acquired("KF-02"), rule="CC-23") == ["not-justified"]
    assert findings(live, acquired("KF-02", **why), rule="CC-23") == []
    assert findings({**live, **why}, acquired("KF-06"), rule="CC-23") == []
    assert reasons(acquired("KF-02", **why), live, rule="CC-23") == ["not-blocked"]


def test_cc23_log_exports_have_no_medium_to_protect() -> None:
    logs = {**STICK, "exhibit_no": "KF-07", "root_exhibit_no": "KF-07", "kind": "log_export"}

    paper = {**STICK, "exhibit_no": "KF-10", "root_exhibit_no": "KF-10", "kind": "paper"}

    assert findings(logs, acquired("KF-07"), rule="CC-23") == []
    assert findings(logs, paper, acquired("KF-07", "KF-10"), rule="CC-23") == []
    assert reasons(logs, acquired("KF-07", "KF-02"), rule="CC-23") == ["not-blocked"]


# --- CC-25 -----------------------------------------------------------------------------------------------------


def test_cc25_work_on_a_working_copy_is_right() -> None:
    assert findings(event("analysed", "15:00", "KF-06-W1"), event("copied", "15:01", "KF-06-W1"), rule="CC-25") == []


@pytest.mark.parametrize("exhibit", ["KF-02", "KF-06"])
def test_cc25_analysing_an_original_or_a_master_is_found(exhibit: str) -> None:
    assert reasons(event("analysed", "15:00", exhibit), rule="CC-25") == ["analysed"]


def test_cc25_a_copy_of_an_image_is_right_when_its_working_copy_is_listed() -> None:
    assert findings(event("copied", "15:00", "KF-06", "KF-06-W1"), rule="CC-25") == []
    assert reasons(event("copied", "15:00", "KF-06"), rule="CC-25") == ["copied"]
    assert reasons(event("copied", "15:00", "KF-02", "KF-06-W1"), rule="CC-25") == ["copied"]


def test_cc25_paper_is_examined_itself() -> None:
    note = {**STICK, "exhibit_no": "KF-10", "root_exhibit_no": "KF-10", "kind": "paper"}

    assert findings(note, event("analysed", "15:00", "KF-10"), rule="CC-25") == []


def test_an_event_at_an_undeclared_lab_does_not_disturb_the_other_rules() -> None:
    declared = tuple(one for one in DECLARED if one is not LAB)
    events = [
        {**one, "write_block": {**BLOCKER, "tested_event": BLOCKER["tested_event"] - 1}}
        if "write_block" in one
        else one
        for one in CLEAN[len(DECLARED) :]
    ]
    found = check(ledger_of(*declared, *events))

    assert {one.rule for one in found} == {"CC-01"}
