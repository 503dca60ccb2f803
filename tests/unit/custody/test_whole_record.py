"""Every field of the record custody/1 is read, and nothing of it is lost."""

from dataclasses import fields
from typing import Any

import pytest

from labkit.model import custody as m
from tests.unit.custody.story import MEDIA, ledger_of

AT = "2026-03-10T09:00:00+05:00"
WHOLE: dict[str, dict[str, Any]] = {
    "case": {
        "case_id": "NV-1", "jurisdiction": "NV", "officer_in_charge": "P1", "offence_ref": "fraud",
        "protocol_no": "12/26",
        "authority": [{"auth_id": "W-1", "kind": "mla_execution", "issuer": "court", "issued_at": AT, "valid_from": AT,
                       "valid_to": AT, "scope_text": "office", "scope_items": ["SCENE"]}],
        "protocol_items": [{"exhibit_no": "KF-02", "description": "stick", "serial": "4C"}], "note": "n",
    },
    "person": {
        "person_id": "P1", "name": "Анна Реет", "name_latin": "Anna Reet", "role": "attesting_witness", "org": "police",
        "badge_no": "7", "specimen_signature": MEDIA, "joined_at": AT, "left_at": AT, "note": "n",
    },
    "location": {
        "loc_id": "LAB", "kind": "lab", "address_fictional": "3 Quay Street", "tz": "Asia/Almaty",
        "access_list": ["P1"],
        "site": "yard", "map_km": [3, -4], "note": "n",
    },
    "exhibit": {
        "exhibit_no": "KF-06", "root_exhibit_no": "KF-02", "derived_from": ["KF-02"], "kind": "image",
        "description": "d",
        "make": "Tarn", "model": "Nub", "serial": "4C", "capacity_bytes": 1024, "sector_size": 512, "condition": "new",
        "power_state_at_seizure": "sleep", "clock_observed": "09:07", "clock_reference": AT, "photo_refs": ["1.jpg"],
        "found_at": "desk", "found_by": "P1", "quantity": 1, "radio": True, "note": "n",
    },
    "acquired": {
        "event_at": AT, "tz": "Asia/Almaty", "location": "LAB", "exhibits": ["KF-02"], "actor": "P1",
        "released_by": "P1",
        "received_by": "P3", "purpose": "court", "authority_ref": "W-1", "bag_no_before": "B-1", "bag_no_after": "B-2",
        "seal_before": [{"number": "S-1", "type": "tape", "state": "removed"}],
        "seal_after": [{"number": "S-2", "type": "tape", "state": "new"}], "condition_before": "a",
        "condition_after": "b",
        "hash": [{"alg": "SHA256", "value": MEDIA, "of": "media", "stage": "source_post", "computed_at": AT,
                  "tool": "labkit", "exhibit": "KF-02"}],
        "tool": {"name": "ewfacquire", "version": "1", "options": "-q"},
        "write_block": {"kind": "hw", "id": "WB-3", "tested_event": 1}, "changed_evidence": True,
        "change_description": "c", "justification": "j", "competence_ref": "LD-7",
        "observed": [{"exhibit": "KF-02", "serial": "4C", "capacity_bytes": 1024, "sectors": 2}],
        "read_errors": [{"lba": 8, "count": 4}], "witnesses": ["P2"],
        "signatures": [{"person": "P1", "method": "ed25519", "over": MEDIA, "value": "00"}],
        "transport": {"carrier": "Northline", "tracking_no": "NL-1", "vehicle": "NV 412", "escort": ["P1", "P2"]},
        "corrects_event": 1, "attachments": [{"name": "1.jpg", "sha256": MEDIA}], "note": "n", "event_id": "e",
    },
}  # fmt: skip
CHAIN = {"seq", "recorded_at", "prev_event_hash", "event_hash"}


@pytest.mark.parametrize("kind", WHOLE)
def test_every_field_is_read_and_none_keeps_its_default(kind: str) -> None:
    ledger = ledger_of({"type": kind, **WHOLE[kind]})
    [entry] = ledger.entries

    assert ledger.problems == ()
    unread = {one.name for one in fields(entry) if getattr(entry, one.name) == one.default and one.name not in CHAIN}
    assert unread == set()
    assert {one.name for one in fields(entry)} - CHAIN - {"type"} == {
        "hashes" if key == "hash" else key for key in WHOLE[kind]
    }


@pytest.mark.parametrize("kind", WHOLE)
def test_every_record_inside_is_read_whole(kind: str) -> None:
    [entry] = ledger_of({"type": kind, **WHOLE[kind]}).entries
    inside = [part for one in fields(entry) for part in _records(getattr(entry, one.name))]

    assert all(getattr(part, one.name) not in ("", (), None) for part in inside for one in fields(part))


def _records(value: Any) -> list[Any]:
    parts = value if isinstance(value, tuple) else (value,)
    kinds = (m.Authority, m.ProtocolItem, m.Seal, m.HashRecord, m.Tool, m.WriteBlock, m.Observation, m.ReadErrors,
             m.Signature, m.Transport, m.Attachment)  # fmt: skip
    return [part for part in parts if isinstance(part, kinds)]


def test_every_type_of_event_and_every_choice_of_the_record_is_taken() -> None:
    ledger = ledger_of(
        *({"type": kind.value} for kind in m.EventType),
        *({"type": "person", "role": role.value} for role in m.Role),
        *({"type": "location", "kind": kind.value} for kind in m.LocationKind),
        *({"type": "exhibit", "kind": kind.value} for kind in m.ExhibitKind),
        *({"type": "exhibit", "power_state_at_seizure": state.value} for state in m.PowerState),
        *({"type": "verified", "hash": [{"of": of.value}]} for of in m.HashOf),
        *({"type": "verified", "hash": [{"stage": stage.value}]} for stage in m.HashStage),
        *({"type": "sealed", "seal_after": [{"state": state.value}]} for state in m.SealState),
        *({"type": "case", "authority": [{"kind": kind.value}]} for kind in m.AuthorityKind),
    )

    assert ledger.problems == ()
    assert len(ledger.events) == 23 + 5 + 5 + 4
