import pytest

from labkit.custody.rules import check
from tests.unit.custody.story import DECLARED, event, ledger_of

SEIZED = event("seized", "09:00", location="SCENE")
COURIER = {"carrier": "Northline", "tracking_no": "NL-4471"}


def found(*events: dict[str, object]) -> list[tuple[str, str, int]]:
    """Rule, reason and the number of the event, counted from 1."""
    return [
        (one.rule, str(one.values["reason"]), (one.seq or 0) - len(DECLARED))
        for one in check(ledger_of(*DECLARED, *events))
        if one.rule in ("CC-06", "CC-07", "CC-08")
    ]


def released(at: str, giver: str = "P1", to: str = "", **more: object) -> dict[str, object]:
    return event("released", at, by=giver, released_by=giver, **({"received_by": to} if to else {}), **more)


def received(at: str, taker: str, **more: object) -> dict[str, object]:
    return event("received", at, by=taker, received_by=taker, **more)


# --- CC-06: no gap ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["10:00", "10:05"])
def test_hand_to_hand_is_no_gap(at: str) -> None:
    assert found(SEIZED, released("10:00", to="P3"), received(at, "P3")) == []


def test_one_line_with_both_sides_is_no_gap() -> None:
    assert found(SEIZED, received("12:40", "P3", released_by="P1")) == []


def test_two_hours_forty_without_a_carrier_are_a_gap() -> None:
    assert found(SEIZED, released("10:00", to="P3"), received("12:40", "P3")) == [("CC-06", "gap", 3)]


def test_the_gap_is_told_with_its_length() -> None:
    ledger = ledger_of(*DECLARED, SEIZED, released("10:00"), received("12:40", "P3"))
    [gap] = [one for one in check(ledger) if one.rule == "CC-06"]

    assert (gap.severity, gap.exhibit, gap.values["minutes"], gap.values["previous"]) == (
        "F",
        "KF-02",
        160,
        len(DECLARED) + 2,
    )


@pytest.mark.parametrize(
    "transport",
    [COURIER, {"escort": ["P1", "P2"]}, {"carrier": "", "escort": ["P2", "P4"], "vehicle": "NV 412"}],
)
@pytest.mark.parametrize("where", ["release", "transported", "receipt"])
def test_an_accounted_transit_is_no_gap(transport: dict[str, object], where: str) -> None:
    on = {name: {"transport": transport} if name == where else {} for name in ("release", "transported", "receipt")}
    moved = [event("transported", "10:10", by="P9", **on["transported"])] if where == "transported" else []

    assert found(SEIZED, released("10:00", **on["release"]), *moved, received("12:40", "P3", **on["receipt"])) == []


@pytest.mark.parametrize(
    "transport", [{"carrier": "Northline"}, {"tracking_no": "NL-1"}, {"escort": ["P1"]}, {"escort": ["P1", "P1"]}, {}]
)
def test_half_a_transport_is_a_gap(transport: dict[str, object]) -> None:
    assert found(SEIZED, released("10:00", transport=transport), received("12:40", "P3")) == [("CC-06", "gap", 3)]


def test_a_witness_makes_the_second_person_of_an_escort() -> None:
    moved = event("transported", "10:10", by="P1", witnesses=["P2"], transport={"vehicle": "NV 412"})

    assert found(SEIZED, released("10:00"), moved, received("12:40", "P3")) == []


def test_a_receipt_by_a_store_ends_the_transit_too() -> None:
    stored = event("stored", "12:40", by="P3", location="STORE")

    assert found(SEIZED, released("10:00", to="STORE"), stored) == [("CC-06", "gap", 3)]
    assert found(SEIZED, released("10:00", to="STORE", transport=COURIER), stored) == []


def test_a_release_that_nobody_answers_is_found() -> None:
    assert found(SEIZED, released("10:00")) == [("CC-06", "not-received", 2)]
    assert found(SEIZED, released("10:00", to="P3")) == []  # it may be on its way to a person who is named


def test_work_on_an_exhibit_that_is_on_its_way_is_found() -> None:
    opened = event("unsealed", "11:00", by="P4", seal_before=[{"number": "S-1"}])

    assert found(SEIZED, released("10:00"), opened) == [("CC-06", "not-received", 3)]
    assert found(SEIZED, released("10:00", to="P3"), opened) == [("CC-06", "not-received", 3)]
    assert found(SEIZED, released("10:00", to="P4"), opened) == []


def test_a_second_release_without_a_receipt_is_found() -> None:
    assert found(SEIZED, released("10:00"), released("10:30", "P3", to="P4")) == [("CC-06", "not-received", 3)]


@pytest.mark.parametrize("kind", ["released", "stored", "packaged", "sealed", "transported", "disposed", "checked_out"])
def test_giving_on_what_nobody_took_is_found(kind: str) -> None:
    assert found(event(kind, "09:00", released_by="P1", location="STORE"))[0] == ("CC-06", "never-taken", 1)


def test_seeing_and_photographing_need_no_holder() -> None:
    assert found(event("identified", "09:00"), event("photographed", "09:01"), SEIZED) == []


def test_an_image_is_in_the_hands_of_whoever_made_it() -> None:
    stored = event("stored", "16:00", "KF-06", by="P4", location="STORE")

    assert found(event("verified", "15:00", "KF-06", by="P4"), stored) == []


def test_times_that_can_not_be_compared_are_no_gap() -> None:
    assert found(SEIZED, released("10:00"), received("2026-03-10T12:40:00", "P3")) == []


# --- CC-07: one holder at a time -------------------------------------------------------------------------------


def test_taking_what_another_still_holds_is_found() -> None:
    assert found(SEIZED, received("11:00", "P3")) == [("CC-07", "still-held", 2)]
    assert found(SEIZED, event("stored", "11:00", by="P3", location="STORE")) == [("CC-07", "still-held", 2)]
    assert found(SEIZED, event("seized", "11:00", by="P2", location="SCENE")) == [("CC-07", "still-held", 2)]


def test_the_two_holders_are_named() -> None:
    [double] = [one for one in check(ledger_of(*DECLARED, SEIZED, received("11:00", "P3"))) if one.rule == "CC-07"]

    assert (double.values["holder"], double.values["taker"]) == ("P1", "P3")


def test_storing_what_one_holds_and_confirming_it_is_right() -> None:
    stored = event("stored", "11:00", by="P1", location="STORE")

    assert found(SEIZED, received("10:00", "P1"), stored) == []


def test_taking_from_a_store_without_its_custodian_is_found() -> None:
    stored = event("stored", "11:00", by="P1", location="STORE")

    assert found(SEIZED, stored, received("12:00", "P4")) == [("CC-07", "still-held", 3)]


def test_each_exhibit_is_followed_on_its_own() -> None:
    seized = event("seized", "09:00", "KF-02", "KF-06", location="SCENE")
    taken = event("received", "11:00", "KF-06", by="P3", received_by="P3")

    assert found(seized, released("10:00", to="P3"), received("10:00", "P3"), taken) == [("CC-07", "still-held", 4)]


# --- CC-08: given by the holder --------------------------------------------------------------------------------


def test_a_release_by_somebody_else_is_found() -> None:
    assert found(SEIZED, released("10:00", "P2", to="P3"), received("10:00", "P3")) == [("CC-08", "not-the-holder", 2)]
    assert found(SEIZED, received("10:00", "P3", released_by="P2")) == [("CC-08", "not-the-holder", 2)]


def test_a_receipt_from_somebody_else_is_found() -> None:
    assert found(SEIZED, released("10:00", to="P3"), received("10:00", "P3", released_by="P2")) == [
        ("CC-08", "other-giver", 3)
    ]


def test_a_receipt_by_somebody_else_is_found() -> None:
    assert found(SEIZED, released("10:00", to="P3"), received("10:00", "P4")) == [("CC-08", "other-receiver", 3)]


def test_a_courier_may_stand_between() -> None:
    carried = event("transported", "10:05", by="P9", transport=COURIER)

    assert (
        found(SEIZED, released("10:00", to="Northline"), carried, received("12:00", "P3", released_by="Northline"))
        == []
    )


def test_a_place_may_be_named_as_receiver() -> None:
    assert found(SEIZED, released("10:00", to="STORE"), received("10:03", "P3", location="STORE")) == []


@pytest.mark.parametrize(("giver", "expected"), [("P3", []), ("STORE", []), ("P4", [("CC-08", "not-the-holder", 3)])])
def test_a_store_gives_out_through_its_custodian(giver: str, expected: list[tuple[str, str, int]]) -> None:
    stored = event("stored", "11:00", by="P1", location="STORE")
    out = event("checked_out", "12:00", by="P4", released_by=giver, received_by="P4")

    assert found(SEIZED, stored, out) == expected


def test_the_custodian_named_when_it_was_stored_may_give_out() -> None:
    stored = event("stored", "11:00", by="P1", released_by="P1", received_by="P2", location="STORE")
    out = event("checked_out", "12:00", by="P4", released_by="P2", received_by="P4")

    assert found(SEIZED, stored, out) == []


def test_a_vehicle_is_no_store() -> None:
    car = {"type": "location", "loc_id": "CAR", "kind": "vehicle", "tz": "Asia/Almaty"}
    stored = event("stored", "11:00", by="P1", location="CAR")

    assert found(car, SEIZED, stored, released("12:00", "P1", to="P3"), received("12:00", "P3")) == []


def test_returning_by_the_examiner_is_right_and_by_another_is_found() -> None:
    stored = event("stored", "11:00", by="P1", location="STORE")
    out = event("checked_out", "12:00", by="P3", released_by="P3", received_by="P4")
    back = event("returned", "16:00", by="P4", released_by="P4", location="STORE")

    assert found(SEIZED, stored, out, back) == []
    assert found(SEIZED, stored, out, {**back, "released_by": "P2"}) == [("CC-08", "not-the-holder", 4)]


def test_after_disposal_nobody_holds_it() -> None:
    gone = event("disposed", "16:00", by="P1", released_by="P1")

    assert found(SEIZED, gone) == []
    assert found(SEIZED, {**gone, "released_by": "P3"}) == [("CC-08", "not-the-holder", 2)]


# --- what is between the lines of the three rules --------------------------------------------------------------


def test_taking_out_without_a_giver_is_left_to_the_missing_field() -> None:
    out = event("checked_out", "12:00", by="P4", received_by="P4")
    stored = event("stored", "11:00", by="P1", location="STORE")

    assert found(SEIZED, stored, out) == []
    assert found(SEIZED, out) == [("CC-07", "still-held", 2)]


def test_a_release_without_a_giver_is_by_whoever_wrote_it() -> None:
    bare = event("released", "10:00", by="P1")

    assert found(SEIZED, bare, received("10:00", "P3", released_by="P1")) == []
    ledger = ledger_of(*DECLARED, SEIZED, bare, received("10:00", "P3", released_by="P2"))
    assert [one.values["holder"] for one in check(ledger) if one.rule == "CC-08"] == ["P1"]


def test_the_person_named_in_a_release_may_release_again() -> None:
    assert found(SEIZED, released("10:00", to="P3"), released("11:00", "P3", to="P4")) == []
    assert found(SEIZED, released("10:00", to="P3"), released("11:00", "P4", to="P2")) == [
        ("CC-08", "not-the-holder", 3)
    ]
    assert found(SEIZED, released("10:00", transport=COURIER), released("11:00", "P3", to="P4")) == []


def test_nothing_is_asked_of_an_exhibit_that_left_custody() -> None:
    assert found(SEIZED, event("disposed", "16:00", by="P1"), released("17:00", "P3", to="P4")) == []


def test_an_image_may_be_released_by_whoever_made_it() -> None:
    given = event("released", "16:00", "KF-06", by="P4", released_by="P4", received_by="P3")

    assert found(given) == []


@pytest.mark.parametrize(("giver", "expected"), [("P3", []), ("P4", [("CC-08", "not-the-holder", 4)])])
def test_after_work_on_its_way_the_named_receiver_holds_it(giver: str, expected: list[tuple[str, str, int]]) -> None:
    opened = event("packaged", "10:03", by="P3", bag_no_after="B-2")

    assert found(SEIZED, released("10:00", to="P3"), opened, released("11:00", giver, to="P2")) == expected


def test_a_place_that_receives_is_a_store() -> None:
    into = event("received", "10:00", by="P1", released_by="P1", received_by="STORE")
    out = event("checked_out", "12:00", by="P4", released_by="P3", received_by="P4")

    assert found(SEIZED, into, out) == []


@pytest.mark.parametrize(
    ("place", "giver", "expected"),
    [
        ({"location": "ATTIC"}, "ATTIC", []),  # nobody declared it, so it may be a store
        ({"location": "BOX"}, "BOX", []),  # declared without a kind
        ({}, "P1", []),  # no place: the person keeps it
        ({}, "", [("CC-07", "still-held", 4)]),
    ],
)
def test_what_counts_as_a_store(place: dict[str, str], giver: str, expected: list[tuple[str, str, int]]) -> None:
    box = {"type": "location", "loc_id": "BOX", "tz": "Asia/Almaty"}
    out = event("checked_out", "12:00", by="P4", released_by=giver, received_by="P4")

    assert found(box, SEIZED, event("stored", "11:00", by="P1", **place), out) == expected


def test_only_a_custodian_on_the_access_list_gives_out() -> None:
    room = {"type": "location", "loc_id": "ROOM", "kind": "lab", "access_list": ["P9", "P4", "P3"]}
    stored = event("stored", "11:00", by="P1", location="ROOM")

    def taken_from(giver: str) -> list[str]:
        out = event("checked_out", "12:00", by="P2", released_by=giver, received_by="P2")
        return [rule for rule, *_ in found(room, SEIZED, stored, out)]

    assert taken_from("P3") == []
    assert taken_from("P4") == ["CC-08"]  # on the list, but an examiner
    assert taken_from("P9") == ["CC-08"]  # on the list, but nobody knows who that is


def test_whoever_drove_may_hand_it_over() -> None:
    moved = event("transported", "10:02", by="P9", transport={"vehicle": "NV 412"})

    assert found(SEIZED, released("10:00"), moved, received("10:04", "P3", released_by="P9")) == []
