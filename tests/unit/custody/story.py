"""A clean, realistic ledger, and a chain over it that is computed apart from the code under test."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from labkit.custody.ledger import Ledger, parse
from labkit.custody.rules import RuleFinding, check
from labkit.custody.wording import sentence
from labkit.i18n import LANGUAGES, translator

GENESIS = hashlib.sha256(b"a pack").hexdigest()
MEDIA = hashlib.sha256(b"the media").hexdigest()
NOTES = hashlib.sha256(b"notes").hexdigest()

WARRANT = {
    "auth_id": "W-1", "kind": "warrant", "issuer": "court of Port Sarva", "valid_from": "2026-03-10T00:00:00+05:00",
    "valid_to": "2026-03-11T00:00:00+05:00",
}  # fmt: skip
CASE = {
    "type": "case", "case_id": "NV-2026-0417", "officer_in_charge": "P1", "jurisdiction": "NV", "authority": [WARRANT],
    "protocol_no": "12/26", "protocol_items": [{"exhibit_no": "KF-02", "description": "red stick"}],
}  # fmt: skip
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
DRIVE = {
    "type": "exhibit", "exhibit_no": "T-1", "root_exhibit_no": "T-1", "kind": "medium",
    "description": "test stick of the laboratory",
}  # fmt: skip
DECLARED = (CASE, P1, P2, P3, P4, SCENE, STORE, LAB, STICK, IMAGE, COPY, DRIVE)


def digest(value: str = MEDIA, alg: str = "SHA256", of: str = "media") -> dict[str, Any]:
    return {"alg": alg, "value": value, "of": of}


def event(kind: str, at: str, *exhibits: str, by: str = "P1", **fields: Any) -> dict[str, Any]:
    """An event on 10 March 2026; ``at`` is hour and minute in Almaty, or a whole time."""
    when = at if "T" in at else f"2026-03-10T{at}:00+05:00"
    return {"type": kind, "event_at": when, "exhibits": list(exhibits) or ["KF-02"], "actor": by, **fields}


def signed(*people: str) -> list[dict[str, str]]:
    return [{"person": person, "method": "paper"} for person in people]


TOOL = {"name": "ewfacquire", "version": "20230405"}
BLOCKER = {"kind": "hw", "id": "WB-3", "tested_event": len(DECLARED) + 10}
WORK = {"location": "LAB", "tool": TOOL, "purpose": "examination of KF-02"}
CLEAN: tuple[dict[str, Any], ...] = (
    *DECLARED,
    event("identified", "09:02", location="SCENE"),
    event("photographed", "09:04", location="SCENE"),
    event("seized", "09:10", location="SCENE", witnesses=["P2"], authority_ref="W-1", purpose="evidence of fraud"),
    event("packaged", "09:14", location="SCENE", bag_no_after="B-881"),
    event("sealed", "09:15", location="SCENE", seal_after=[{"number": "S-1204", "type": "tape", "state": "new"}]),
    event(
        "released", "10:00", released_by="P1", received_by="Northline", location="SCENE", purpose="to the store",
        signatures=signed("P1"),
    ),
    event("transported", "10:05", by="P1", transport={"carrier": "Northline", "tracking_no": "NL-4471"}),
    event("received", "12:40", by="P3", received_by="P3", location="STORE", signatures=signed("P3")),
    event("stored", "12:45", by="P3", location="STORE"),
    event("verified", "13:50", "T-1", by="P4", hash=[digest("d" * 64)], note="WB-3 lets nothing through", **WORK),
    event(
        "checked_out", "14:00", by="P3", released_by="P3", received_by="P4", location="STORE", purpose="examination",
        signatures=signed("P3", "P4"),
    ),
    event(
        "unsealed", "14:10", by="P4", location="LAB", seal_before=[{"number": "S-1204", "state": "intact"}],
        purpose="examination", witnesses=["P2"],
    ),
    event("acquired", "14:20", "KF-02", "KF-06", by="P4", hash=[digest()], write_block=BLOCKER, **WORK),
    event("verified", "14:40", "KF-06", by="P4", hash=[digest()], **WORK),
    event("copied", "14:45", "KF-06", "KF-06-W1", by="P4", hash=[digest()], **WORK),
    event("resealed", "14:50", by="P4", location="LAB", seal_after=[{"number": "S-1290", "state": "new"}]),
    event("analysed", "15:00", "KF-06-W1", by="P4", **WORK),
    event(
        "returned", "16:30", by="P4", released_by="P4", received_by="P3", location="STORE",
        signatures=signed("P4", "P3"),
    ),
    event("reported", "17:00", "KF-06-W1", by="P4", location="LAB"),
)  # fmt: skip


def chained(entries: Iterable[dict[str, Any]], genesis: str = GENESIS) -> list[dict[str, Any]]:
    """The entries with numbers and digests. An event was written down when it happened."""
    previous, lines = genesis, []
    for number, entry in enumerate(entries, start=1):
        happened = str(entry.get("event_at", ""))
        recorded = (
            happened
            if happened.startswith("2026-03-10") and happened.endswith("+05:00")
            else "2026-03-10T18:00:00+05:00"
        )
        whole = {"recorded_at": recorded, **entry, "seq": number, "prev_event_hash": previous}
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
    found = [one for one in check(ledger_of(*declared, *events)) if one.rule == rule]
    for one in found:
        assert_it_can_be_said(one)
    return found


def assert_it_can_be_said(finding: RuleFinding) -> None:
    """Every finding has a sentence, with its reason, in every language, and names the lines that belong to it."""
    for language in LANGUAGES:
        t = translator(language)
        assert t.has(f"custody.reason.{finding.rule}.{finding.values['reason']}"), finding
        assert "{" not in sentence(t, finding.rule, finding.values)
    assert finding.seq in finding.events


def reasons(*events: dict[str, Any], rule: str, declared: Sequence[dict[str, Any]] = DECLARED) -> list[str]:
    return [str(one.values["reason"]) for one in findings(*events, rule=rule, declared=declared)]
