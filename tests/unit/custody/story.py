"""A clean, realistic ledger, and a chain over it that is computed apart from the code under test."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from labkit.custody.ledger import Ledger, parse
from labkit.custody.rules import RuleFinding, check

GENESIS = hashlib.sha256(b"a pack").hexdigest()
MEDIA = hashlib.sha256(b"the media").hexdigest()
NOTES = hashlib.sha256(b"notes").hexdigest()

CASE = {"type": "case", "case_id": "NV-2026-0417", "officer_in_charge": "P1", "jurisdiction": "NV"}
P1 = {"type": "person", "person_id": "P1", "name": "Ilya Marr", "role": "DEFR"}
P2 = {"type": "person", "person_id": "P2", "name": "Анна Реет", "name_latin": "Anna Reet", "role": "investigator"}
P3 = {"type": "person", "person_id": "P3", "name": "Dora Kest", "role": "custodian"}
P4 = {"type": "person", "person_id": "P4", "name": "Omid Falk", "role": "examiner"}
SCENE = {"type": "location", "loc_id": "SCENE", "kind": "scene", "tz": "Asia/Almaty"}
STORE = {"type": "location", "loc_id": "STORE", "kind": "evidence_store", "tz": "Asia/Almaty", "access_list": ["P3"]}
LAB = {"type": "location", "loc_id": "LAB", "kind": "lab", "tz": "Asia/Almaty", "access_list": ["P4"]}
STICK = {
    "type": "exhibit",
    "exhibit_no": "KF-02",
    "root_exhibit_no": "KF-02",
    "kind": "medium",
    "description": "red stick",
}
IMAGE = {
    "type": "exhibit", "exhibit_no": "KF-06", "root_exhibit_no": "KF-02", "derived_from": ["KF-02"], "kind": "image",
    "description": "image of KF-02",
}  # fmt: skip
COPY = {
    "type": "exhibit", "exhibit_no": "KF-06-W1", "root_exhibit_no": "KF-02", "derived_from": ["KF-06"],
    "kind": "working_copy", "description": "working copy",
}  # fmt: skip
DECLARED = (CASE, P1, P2, P3, P4, SCENE, STORE, LAB, STICK, IMAGE, COPY)


def digest(value: str = MEDIA, alg: str = "SHA256", of: str = "media") -> dict[str, Any]:
    return {"alg": alg, "value": value, "of": of}


def event(kind: str, at: str, *exhibits: str, by: str = "P1", **fields: Any) -> dict[str, Any]:
    """An event on 10 March 2026; ``at`` is hour and minute in Almaty, or a whole time."""
    when = at if "T" in at else f"2026-03-10T{at}:00+05:00"
    return {"type": kind, "event_at": when, "exhibits": list(exhibits) or ["KF-02"], "actor": by, **fields}


TOOL = {"name": "ewfacquire", "version": "20230405"}
BLOCKER = {"kind": "hw", "id": "WB-3"}
CLEAN: tuple[dict[str, Any], ...] = (
    *DECLARED,
    event("identified", "09:02", location="SCENE"),
    event("photographed", "09:04", location="SCENE"),
    event("seized", "09:10", location="SCENE", witnesses=["P2"], authority_ref="W-1"),
    event("packaged", "09:14", location="SCENE", bag_no_after="B-881"),
    event("sealed", "09:15", location="SCENE", seal_after=[{"number": "S-1204", "type": "tape", "state": "new"}]),
    event("released", "10:00", released_by="P1", received_by="Northline", location="SCENE"),
    event("transported", "10:05", by="P1", transport={"carrier": "Northline", "tracking_no": "NL-4471"}),
    event("received", "12:40", by="P3", received_by="P3", location="STORE"),
    event("stored", "12:45", by="P3", location="STORE"),
    event("checked_out", "14:00", by="P3", released_by="P3", received_by="P4", location="STORE"),
    event("unsealed", "14:10", by="P4", location="LAB", seal_before=[{"number": "S-1204", "state": "intact"}]),
    event(
        "acquired", "14:20", "KF-02", "KF-06", by="P4", location="LAB", hash=[digest()], tool=TOOL, write_block=BLOCKER
    ),
    event("verified", "14:40", "KF-06", by="P4", location="LAB", hash=[digest()], tool=TOOL),
    event("copied", "14:45", "KF-06", "KF-06-W1", by="P4", location="LAB", hash=[digest()], tool=TOOL),
    event("resealed", "14:50", by="P4", location="LAB", seal_after=[{"number": "S-1290", "state": "new"}]),
    event("analysed", "15:00", "KF-06-W1", by="P4", location="LAB", tool=TOOL),
    event("returned", "16:30", by="P4", released_by="P4", received_by="P3", location="STORE"),
    event("reported", "17:00", "KF-06-W1", by="P4", location="LAB"),
)


def chained(entries: Iterable[dict[str, Any]], genesis: str = GENESIS) -> list[dict[str, Any]]:
    """The entries with numbers and digests."""
    previous, lines = genesis, []
    for number, entry in enumerate(entries, start=1):
        whole = {"recorded_at": "2026-03-10T18:00:00+05:00", **entry, "seq": number, "prev_event_hash": previous}
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = hashlib.sha256(text.encode()).hexdigest()
        lines.append(whole | {"event_hash": previous})
    return lines


def lines_of(objects: Iterable[dict[str, Any]]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) + "\n" for one in objects]


def ledger_of(*entries: dict[str, Any]) -> Ledger:
    return parse(lines_of(chained(entries)), genesis=GENESIS)


def findings(*events: dict[str, Any], rule: str, declared: Sequence[dict[str, Any]] = DECLARED) -> list[RuleFinding]:
    """What one rule finds in these events after the usual declarations."""
    return [one for one in check(ledger_of(*declared, *events)) if one.rule == rule]


def reasons(*events: dict[str, Any], rule: str, declared: Sequence[dict[str, Any]] = DECLARED) -> list[str]:
    return [str(one.values["reason"]) for one in findings(*events, rule=rule, declared=declared)]
