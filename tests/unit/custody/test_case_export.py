"""The ledger in CASE/UCO: what it says, and that the validator of the community takes it."""

import json
from pathlib import Path
from typing import Any

import pytest

from labkit.custody.case_export import CONTEXT, OWN, case_bundle
from labkit.custody.ledger import parse
from tests.oracles import oracle
from tests.unit.custody.story import (
    CASE,
    CLEAN,
    DECLARED,
    GENESIS,
    IMAGE,
    MEDIA,
    STICK,
    WARRANT,
    event,
    ledger_of,
)

FULL = (
    {**CASE, "offence_ref": "fraud", "authority": [{**WARRANT, "scope_text": "the office", "scope_items": ["SCENE"]}]},
    *DECLARED[1:8],
    {**STICK, "serial": "4C53", "model": "Nub", "make": "Tarn", "capacity_bytes": 1024, "sector_size": 512},
    *DECLARED[9:],
    *CLEAN[len(DECLARED) :],
    event("photographed", "2026-03-10T18:00:00", "KF-77", by="Лев", location="ATTIC",
          attachments=[{"name": "1.jpg", "sha256": MEDIA}], hash=[{"alg": "CRC99", "value": "xyz"}]),
)  # fmt: skip


def nodes(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = case_bundle(ledger_of(*entries))["uco-core:object"]
    return found


def of_type(kind: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if one["@type"] == kind]


def test_every_event_is_an_action_with_who_what_where_and_when() -> None:
    found = nodes(*FULL)
    by_id = {one["@id"]: one for one in found}
    [acquired] = [one for one in found if one.get("uco-core:name") == "acquired"]

    assert len(of_type("case-investigation:InvestigativeAction", found)) == 20
    assert by_id[acquired["uco-action:performer"]["@id"]]["uco-core:name"] == "Omid Falk"
    assert [by_id[one["@id"]]["case-investigation:exhibitNumber"] for one in acquired["uco-action:object"]] == [
        "KF-02",
        "KF-06",
    ]
    assert acquired["uco-action:startTime"]["@value"] == "2026-03-10T14:20:00+05:00"
    [tool] = acquired["uco-action:instrument"]
    assert by_id[tool["@id"]]["uco-tool:version"] == "20230405"
    assert json.loads(acquired["custody:write_block"])["kind"] == "hw"


def test_origin_digest_and_serial_number_stand_where_the_ontology_has_them() -> None:
    found = nodes(*FULL)
    things = {one["uco-core:name"]: one for one in found if one["@id"].startswith("kb:thing-")}
    [device] = [one for one in things["KF-02"]["uco-core:hasFacet"] if one["@type"] == "uco-observable:DeviceFacet"]
    [content] = things["KF-06"]["uco-core:hasFacet"]

    assert device["uco-observable:serialNumber"] == "4C53"
    assert content["uco-observable:hash"][0]["uco-types:hashValue"]["@value"] == MEDIA.upper()
    assert content["uco-observable:hash"][0]["uco-types:hashMethod"] == "SHA256"
    relations = {
        (one["uco-core:source"]["@id"], one["uco-core:target"]["@id"])
        for one in of_type("uco-core:Relationship", found)
    }
    assert (things["KF-06"]["@id"], things["KF-02"]["@id"]) in relations


def test_what_the_ontology_has_no_word_for_is_kept_in_our_own() -> None:
    text = json.dumps(case_bundle(ledger_of(*FULL)), ensure_ascii=False)

    assert CONTEXT["custody"] == OWN
    for word in (
        "custody:seal_after",
        "custody:released_by",
        "custody:signatures",
        "custody:event_hash",
        "S-1204",
        "CRC99:xyz",
    ):
        assert word in text


def test_nothing_empty_is_exported_and_every_reference_leads_somewhere() -> None:
    bundle = case_bundle(ledger_of(*FULL, {**IMAGE, "exhibit_no": "KF-90", "description": ""}))

    def walk(value: Any) -> Any:
        yield value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from walk(part)

    everything = list(walk(bundle))
    assert not [one for one in everything if one is None or (isinstance(one, str | list) and len(one) == 0)]
    named = {one["@id"] for one in everything if isinstance(one, dict) and "@type" in one and "@id" in one}
    referred = {one["@id"] for one in everything if isinstance(one, dict) and set(one) == {"@id"}}
    assert referred <= named


def test_the_same_ledger_gives_the_same_bundle_and_an_empty_one_an_empty_bundle() -> None:
    assert case_bundle(ledger_of(*FULL)) == case_bundle(ledger_of(*FULL))
    assert case_bundle(parse([], genesis=GENESIS))["uco-core:object"] == []


@pytest.mark.oracle
def test_the_validator_of_the_community_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonld"
    path.write_text(json.dumps(case_bundle(ledger_of(*FULL))), encoding="utf-8")

    checked = oracle(["case_validate", "--built-version", "case-1.4.0", "--allow-info", path], timeout_s=120)
    assert "Conforms: True" in checked
