"""The clean story: a search, an evidence store, two laboratories, a courier through two time zones, a court."""

from datetime import date, datetime, timedelta
from typing import Any

from labkit.synthesis.records.cast import (
    CENTRAL_ZONE,
    COURIER,
    CUSTODIAN,
    DEFENCE,
    DISK,
    EXAMINER,
    EXPERT,
    HOME_ZONE,
    INVESTIGATOR,
    KEEPER,
    OFFICER,
    PC,
    PHONE,
    PROSECUTOR,
    SPECIALIST,
    STICK,
    WITNESS_1,
    WITNESS_2,
    Cast,
)
from labkit.synthesis.records.draft import Draft
from labkit.synthesis.records.scribe import DUMPER, IMAGER, READER, Clock, Scribe, intact, seal_of
from labkit.synthesis.records.setting import (
    CAR,
    CENTRAL,
    COURT,
    DISK_COPY,
    DISK_EXTRACT,
    DISK_IMAGE,
    LAB,
    MEMORY,
    OFFICE,
    ORIGINALS,
    PROSECUTION,
    SECTOR_BYTES,
    SEIZED,
    SERVER_ROOM,
    STICK_COPY,
    STICK_EXTRACT,
    STICK_IMAGE,
    STORE,
    WARRANT,
    declarations,
)
from labkit.synthesis.streams import Stream

_SHIPPED, _ARRIVED = date(2026, 3, 25), date(2026, 3, 26)
_EXAMINED, _AFTER_CHANGE = date(2026, 3, 27), date(2026, 3, 30)  # a Friday and a Monday; clocks change between them
_SENT_BACK, _BACK = date(2026, 3, 31), date(2026, 4, 1)
_REPORT, _DISCLOSURE, _COURT_DAY = date(2026, 4, 2), date(2026, 4, 3), date(2026, 4, 6)


def clean_file(cast: Cast, stream: Stream) -> Draft:
    """Return a custody file without a flaw: 12 people, 9 places, 11 exhibits, 74 events."""
    draft = Draft()
    for key, line in declarations(cast):
        draft.add(key, line)
    write = Scribe(draft, cast, stream)
    home, central = write.clock(HOME_ZONE), write.clock(CENTRAL_ZONE)
    _search(write, home)
    _first_laboratory(write, home)
    _central_laboratory(write, home, central)
    _end(write, home)
    return draft


def _search(write: Scribe, clock: Clock) -> None:
    """Scene, car, evidence store."""
    cast = write.cast
    at = clock.set(cast.day, 9, 1)
    for exhibit in SEIZED:
        kind, description, make, model = ORIGINALS[exhibit]
        write.exhibit(
            exhibit, at, kind=kind, description=description, make=make, model=model,
            serial=cast.serials[exhibit], found_by=OFFICER, quantity=1,
            found_at=SERVER_ROOM if exhibit == DISK else OFFICE, **_state(write, exhibit, at),
        )  # fmt: skip
    w = {"authority_ref": WARRANT}
    write.event(
        "identified", "identified", clock.tick(1, 3), [PC, STICK, PHONE], OFFICER, OFFICE,
        "search: what the warrant names", **w,
    )  # fmt: skip
    write.event(
        "photographed", "photographed", clock.tick(2, 4), [PC, STICK, PHONE], SPECIALIST, OFFICE,
        "state before anything is touched",
    )  # fmt: skip
    witnesses = {"witnesses": [WITNESS_1, WITNESS_2]}
    write.event(
        "seized", "seized", clock.tick(4, 7), [PC, STICK, PHONE], OFFICER, OFFICE, "seizure under the warrant",
        **w, **witnesses,
    )  # fmt: skip
    write.event(
        "phone isolated", "packaged", clock.tick(2, 3), [PHONE], OFFICER, OFFICE,
        "isolation: bag that no radio leaves", bag_no_after=cast.bags[2],
    )  # fmt: skip
    write.event(
        "live", "live_action", clock.tick(4, 8), [PC], OFFICER, OFFICE,
        "preservation: memory of a running computer",
        justification="memory and open sessions are lost when it is switched off",
        tool=DUMPER, changed_evidence=True, competence_ref="certificate LD-7 of the officer",
        change_description="labdump started from a stick of the police: one new process, the stick in the registry",
        **w,
    )  # fmt: skip
    write.exhibit(
        MEMORY, clock.tick(1, 2), root=PC, derived_from=[PC], kind="memory_image", description="memory of HN-01"
    )
    write.event(
        "memory", "acquired", clock.tick(11, 19), [PC, MEMORY], OFFICER, OFFICE,
        "preservation: image of the memory", tool=DUMPER, write_block={"kind": "none"},
        hash=[write.digest("memory", of="memory", stage="image", exhibit=MEMORY, at=clock.tick(1, 2))],
    )  # fmt: skip
    write.event(
        "disk identified", "identified", clock.tick(3, 6), [DISK], OFFICER, SERVER_ROOM,
        "search: what the warrant names", **w,
    )  # fmt: skip
    write.event(
        "disk seized", "seized", clock.tick(3, 6), [DISK], OFFICER, SERVER_ROOM, "seizure under the warrant",
        **w, **witnesses,
    )  # fmt: skip
    for number, exhibit in enumerate(SEIZED):
        if exhibit != PHONE:
            write.event(
                f"{exhibit} packed", "packaged", clock.tick(2, 4), [exhibit], OFFICER, OFFICE,
                "packing for transport", bag_no_after=cast.bags[number],
            )  # fmt: skip
        write.event(
            f"{exhibit} sealed", "sealed", clock.tick(1, 3), [exhibit], OFFICER, OFFICE, "sealing at the scene",
            seal_after=[seal_of(cast.seals[number], "new")], **witnesses,
        )  # fmt: skip
    everything = [*SEIZED, MEMORY]
    write.event(
        "drive", "transported", clock.tick(6, 12), everything, OFFICER, CAR, "transport: to the evidence store",
        transport={"carrier": "police car 17", "escort": [OFFICER, INVESTIGATOR]},
    )  # fmt: skip
    clock.tick(23, 37)
    for number, exhibit in enumerate(SEIZED):
        parts = [PC, MEMORY] if exhibit == PC else [exhibit]
        write.hand_over(
            f"{exhibit} to store", clock, parts, OFFICER, CUSTODIAN, STORE, "storage: evidence store",
            cast.seals[number : number + 1],
        )  # fmt: skip
    write.draft[f"{PC} to store received"]["condition_after"] = "dent at the lower left edge, packing undamaged"
    write.event("stored", "stored", clock.tick(3, 8), everything, CUSTODIAN, STORE, "storage: locker of case 0388")


def _state(write: Scribe, exhibit: str, at: str) -> dict[str, Any]:
    if exhibit == PC:
        shown = datetime.fromisoformat(at) + timedelta(minutes=write.minutes(1, 4))
        clock = {"clock_observed": shown.replace(tzinfo=None).isoformat(), "clock_reference": at}
        return {"power_state_at_seizure": "on", "condition": "running, user signed in", **clock}
    if exhibit == PHONE:
        clock = {
            "clock_observed": datetime.fromisoformat(at).replace(tzinfo=None).isoformat(),
            "clock_reference": at,
        }
        return {"power_state_at_seizure": "on", "radio": True, "condition": "locked, display sound", **clock}
    size = {"capacity_bytes": write.cast.sectors[exhibit] * SECTOR_BYTES, "sector_size": SECTOR_BYTES}
    return {"condition": "no visible damage", **size}


def _first_laboratory(write: Scribe, clock: Clock) -> None:
    """The stick is imaged and examined in the police's own laboratory."""
    cast = write.cast
    seal, new_seal = cast.seals[1], cast.seals[4]
    write.event(
        "stick out", "checked_out", clock.set(cast.later(1), 9, 11), [STICK], CUSTODIAN, STORE,
        "examination: image of HN-02", released_by=CUSTODIAN, received_by=EXAMINER, seal_before=intact([seal]),
        signatures=[write.signed(CUSTODIAN), write.signed(EXAMINER)],
    )  # fmt: skip
    write.image(
        clock, "stick", STICK, EXAMINER, SPECIALIST, LAB, seal, new_seal, (STICK_IMAGE, STICK_COPY), blocker="WB-3"
    )
    # A note of the day before: late, and it says so.
    write.event(
        "late note", "photographed", write.clock(HOME_ZONE).set(cast.day, 17, 21), [PC], CUSTODIAN, STORE,
        "condition of the case in the locker",
        note="entered a day late: the ledger was in use at the laboratory; the photo carries its own time",
    )  # fmt: skip
    write.draft["late note"]["recorded_at"] = clock.tick(2, 4)
    write.event(
        "stick back", "returned", clock.tick(4, 9), [STICK, STICK_IMAGE], EXAMINER, STORE,
        "storage: evidence store", released_by=EXAMINER, received_by=CUSTODIAN, seal_before=intact([new_seal]),
        signatures=[write.signed(EXAMINER), write.signed(CUSTODIAN)],
    )  # fmt: skip
    write.event(
        "stick analysed", "analysed", clock.tick(51, 83), [STICK_COPY], EXAMINER, LAB,
        "examination: files and deleted files", tool=READER,
    )  # fmt: skip
    at = clock.set(cast.later(2), 10, 17)
    write.exhibit(
        STICK_EXTRACT, at, root=STICK, derived_from=[STICK_COPY], kind="extract",
        description="shipping papers from HN-02-W",
    )  # fmt: skip
    write.event(
        "stick extract", "copied", clock.tick(1, 3), [STICK_COPY, STICK_EXTRACT], EXAMINER, LAB,
        "extract: shipping papers", tool=READER,
        hash=[write.digest("extract", of="file", stage="workcopy", exhibit=STICK_EXTRACT, at=clock.tick(1, 2))],
    )  # fmt: skip
    write.event(
        "correction", "corrected", clock.tick(21, 34), [STICK], EXAMINER, LAB, "correction of an entry",
        corrects_event="stick out",
        note="the lamp in the store was off at check-out; the seal was read in the corridor",
    )  # fmt: skip


def _central_laboratory(write: Scribe, home: Clock, central: Clock) -> None:
    """The disk goes to the central laboratory by courier and comes back; clocks change while it is there."""
    cast = write.cast
    seal, new_seal = cast.seals[3], cast.seals[5]
    home.set(_SHIPPED, 10, 4)
    write.hand_over(
        "disk to courier", home, [DISK], CUSTODIAN, COURIER, STORE, "transport: to the Central Laboratory", [seal]
    )
    write.event(
        "disk on the road", "transported", home.tick(5, 9), [DISK], COURIER, STORE,
        "transport: to the Central Laboratory",
        transport={"carrier": "Northline Courier", "tracking_no": cast.tracking[0]},
    )  # fmt: skip
    central.set(_ARRIVED, 15, 22)
    write.hand_over("disk to central", central, [DISK], COURIER, KEEPER, CENTRAL, "storage: Central Laboratory", [seal])
    write.event("disk stored", "stored", central.tick(3, 7), [DISK], KEEPER, CENTRAL, "storage: safe 2")
    write.event(
        "disk out", "checked_out", central.set(_EXAMINED, 9, 8), [DISK], KEEPER, CENTRAL,
        "examination: image of HN-04", released_by=KEEPER, received_by=EXPERT, seal_before=intact([seal]),
        signatures=[write.signed(KEEPER), write.signed(EXPERT)],
    )  # fmt: skip
    write.image(
        central, "disk", DISK, EXPERT, KEEPER, CENTRAL, seal, new_seal, (DISK_IMAGE, DISK_COPY), blocker="WB-11"
    )
    write.event(
        "disk back", "returned", central.tick(5, 11), [DISK, DISK_IMAGE], EXPERT, CENTRAL,
        "storage: Central Laboratory", released_by=EXPERT, received_by=KEEPER, seal_before=intact([new_seal]),
        signatures=[write.signed(EXPERT), write.signed(KEEPER)],
    )  # fmt: skip
    write.event(
        "disk analysed", "analysed", central.tick(38, 61), [DISK_COPY], EXPERT, CENTRAL,
        "examination: files and deleted files", tool=READER,
    )  # fmt: skip
    write.event(
        "disk analysed again", "analysed", central.set(_AFTER_CHANGE, 10, 12), [DISK_COPY], EXPERT, CENTRAL,
        "examination: times of the shipping papers", tool=READER,
    )  # fmt: skip
    at = central.tick(70, 96)
    write.exhibit(
        DISK_EXTRACT, at, root=DISK, derived_from=[DISK_COPY], kind="extract",
        description="letters that speak for the suspect, from HN-04-W",
    )  # fmt: skip
    write.event(
        "disk extract", "copied", central.tick(1, 3), [DISK_COPY, DISK_EXTRACT], EXPERT, CENTRAL,
        "extract: letters that speak for the suspect", tool=READER,
        hash=[
            write.digest("disk extract", of="file", stage="workcopy", exhibit=DISK_EXTRACT, at=central.tick(1, 2))
        ],
    )  # fmt: skip
    write.event(
        "extract kept", "returned", central.tick(8, 16), [DISK_EXTRACT], EXPERT, CENTRAL,
        "storage: Central Laboratory", released_by=EXPERT, received_by=KEEPER,
        signatures=[write.signed(EXPERT), write.signed(KEEPER)],
    )  # fmt: skip
    write.event(
        "disk reported", "reported", central.tick(121, 168), [DISK_COPY], EXPERT, CENTRAL, "report of the expert",
    )  # fmt: skip
    back = [DISK, DISK_IMAGE, DISK_EXTRACT]
    central.set(_SENT_BACK, 9, 13)
    write.hand_over(
        "disk to courier back", central, back, KEEPER, COURIER, CENTRAL, "transport: back to Port Sarva", [new_seal]
    )
    write.event(
        "disk on the road back", "transported", central.tick(4, 9), back, COURIER, CENTRAL,
        "transport: back to Port Sarva",
        transport={"carrier": "Northline Courier", "tracking_no": cast.tracking[1]},
    )  # fmt: skip
    home.set(_BACK, 14, 19)
    write.hand_over("disk to store again", home, back, COURIER, CUSTODIAN, STORE, "storage: evidence store", [new_seal])
    write.event("disk stored again", "stored", home.tick(3, 8), back, CUSTODIAN, STORE, "storage: locker of case 0388")


def _end(write: Scribe, clock: Clock) -> None:
    """Report, disclosure to the defence, and the way to court."""
    seal = write.cast.seals[4]
    write.event(
        "stick reported", "reported", clock.set(_REPORT, 15, 33), [STICK_COPY], EXAMINER, LAB,
        "report of the examiner",
    )  # fmt: skip
    clock.set(_DISCLOSURE, 10, 6)
    write.hand_over(
        "stick extract to prosecutor", clock, [STICK_EXTRACT], EXAMINER, PROSECUTOR, LAB,
        "disclosure: to be shown to the defence", [],
    )  # fmt: skip
    write.event(
        "disk extract to prosecutor", "checked_out", clock.tick(3, 8), [DISK_EXTRACT], CUSTODIAN, STORE,
        "disclosure: to be shown to the defence", released_by=CUSTODIAN, received_by=PROSECUTOR,
        signatures=[write.signed(CUSTODIAN), write.signed(PROSECUTOR)],
    )  # fmt: skip
    write.event(
        "way to prosecutor", "transported", clock.tick(5, 9), [STICK_EXTRACT, DISK_EXTRACT], PROSECUTOR, CAR,
        "transport: to the Prosecutor's Office",
        transport={"carrier": "police car 17", "escort": [PROSECUTOR, INVESTIGATOR]},
    )  # fmt: skip
    clock.tick(31, 52)
    write.event(
        "disclosed", "disclosed", clock.tick(2, 9), [STICK_EXTRACT, DISK_EXTRACT], PROSECUTOR, PROSECUTION,
        "disclosure to the defence", received_by=DEFENCE, signatures=[write.signed(DEFENCE)],
    )  # fmt: skip
    write.event(
        "court out", "checked_out", clock.set(_COURT_DAY, 9, 2), [STICK, STICK_IMAGE], CUSTODIAN, STORE,
        "court: hearing of 6 April", released_by=CUSTODIAN, received_by=EXAMINER, seal_before=intact([seal]),
        signatures=[write.signed(CUSTODIAN), write.signed(EXAMINER)],
    )  # fmt: skip
    began = clock.tick(9, 14)
    write.event(
        "court verified", "verified", began, [STICK_IMAGE], EXAMINER, LAB, "court: verification before submission",
        tool=IMAGER,
        hash=[
            write.digest("stick", of="media", stage="verify", exhibit=STICK_IMAGE, at=clock.tick(5, 9)),
        ],
    )  # fmt: skip
    write.draft["court verified"]["recorded_at"] = clock.tick(1, 2)
    write.hand_over(
        "stick to court",
        clock,
        [STICK, STICK_IMAGE],
        EXAMINER,
        PROSECUTOR,
        LAB,
        "court: hearing of 6 April",
        [seal],
    )
    write.event(
        "way to court", "transported", clock.tick(6, 12), [STICK, STICK_IMAGE], PROSECUTOR, CAR,
        "court: transport to the hearing",
        transport={"carrier": "police car 17", "escort": [PROSECUTOR, INVESTIGATOR]},
    )  # fmt: skip
    write.event(
        "at court", "stored", clock.tick(16, 27), [STICK, STICK_IMAGE], PROSECUTOR, COURT,
        "court: handed to the registry", seal_before=intact([seal]),
    )  # fmt: skip
