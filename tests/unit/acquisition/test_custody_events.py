"""What an acquisition is in the chain of custody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labkit.acquisition.custody_events import custody_events
from labkit.custody.entries import decode
from labkit.custody.ledger import parse, split_lines
from labkit.custody.writing import append
from labkit.model.acquisition import (
    CaseDetails,
    ImageDescription,
    InstrumentUsed,
    Interruption,
    MediaDigests,
    ProvenanceRecord,
    SectorRun,
    SourceDescription,
    Verification,
    WriteProtection,
)

AT = datetime(2026, 4, 17, 5, 0, tzinfo=UTC)
DIGESTS = MediaDigests("9a" * 16, "8b" * 20, "7c" * 32)
RECORD = ProvenanceRecord(
    InstrumentUsed("labkit", "0.1.0", "acquire KF-02.device.toml KF-06.E01"),
    CaseDetails("NV-2026-0417"),
    SourceDescription(serial="FW-1", sector_bytes=512, sectors=1000),
    ImageDescription("E01", 512_000),
    DIGESTS,
    AT,
    AT + timedelta(minutes=2),
    WriteProtection("hw", "WB-3"),
    Verification(True, DIGESTS, AT + timedelta(minutes=3)),
    (SectorRun(10, 3),),
    (Interruption("cable", AT + timedelta(minutes=1), 500, AT + timedelta(minutes=1, seconds=30)),),
)


def events(record: ProvenanceRecord = RECORD, **more: object) -> tuple[dict, ...]:
    return custody_events(
        record, source="KF-02", image="KF-06", actor="P4", zone=ZoneInfo("Asia/Almaty"), location="LAB", **more
    )


def test_acquired_and_verified_with_the_zone_of_the_place() -> None:
    acquired, verified = events(tested_line=7, record_name="r.json", record_sha256="0" * 64)

    assert (acquired["type"], acquired["event_at"], acquired["exhibits"]) == (
        "acquired", "2026-04-17T10:00:00+05:00", ["KF-02", "KF-06"],
    )  # fmt: skip
    assert acquired["write_block"] == {"kind": "hw", "id": "WB-3", "tested_event": 7}
    assert acquired["read_errors"] == [{"lba": 10, "count": 3}]
    assert acquired["attachments"] == [{"name": "r.json", "sha256": "0" * 64}]
    assert {entry["alg"]: entry["value"] for entry in acquired["hash"]} == {
        "sha256": DIGESTS.sha256, "sha1": DIGESTS.sha1, "md5": DIGESTS.md5,
    }  # fmt: skip
    assert {entry["computed_at"] for entry in acquired["hash"]} == {"2026-04-17T10:02:00+05:00"}
    assert acquired["note"] == (
        "Interrupted 2026-04-17T10:01:00+05:00 at sector 500 (the device was lost), resumed 2026-04-17T10:01:30+05:00."
    )
    assert (verified["type"], verified["exhibits"]) == ("verified", ["KF-06"])
    assert {entry["stage"] for entry in verified["hash"]} == {"verify"}


def test_an_image_that_did_not_verify_is_not_entered_as_verified() -> None:
    failed = replace(RECORD, verification=Verification(False, DIGESTS, AT))
    assert [event["type"] for event in events(failed)] == ["acquired"]


def test_no_write_blocker_needs_its_reason() -> None:
    (acquired, _) = events(replace(RECORD, write_protection=WriteProtection("none", justification="broken")))
    assert acquired["write_block"] == {"kind": "none"}
    assert acquired["justification"] == "broken"


def test_hidden_sectors_that_were_left_are_told() -> None:
    source = SourceDescription(sectors=1000, hidden_sectors=24, hidden_by="DCO")
    assert "24 sectors hidden by DCO were not acquired." in events(replace(RECORD, source=source))[0]["note"]


@pytest.mark.parametrize("reason", ["cable", "destination-full", "destination", "stopped", "unknown"])
def test_the_ledger_takes_them_whatever_happened(tmp_path: Path, reason: str) -> None:
    stop = Interruption(reason, AT, 2**40, AT)
    many = tuple(SectorRun(10**9 + 3 * number, 2) for number in range(5000))
    path = tmp_path / "custody.jsonl"

    for event in events(replace(RECORD, read_errors=many, interruptions=(stop,) * 200)):
        assert decode(event, seq=1).unknown == ()
        append(path, event, genesis="0" * 64, recorded_at=AT)

    ledger = parse(split_lines(path.read_bytes()), genesis="0" * 64)
    assert not ledger.problems
    assert len(ledger.events[0].read_errors) == 100
    assert "10000 unreadable sectors in all" in ledger.events[0].note
    assert "200 stops in all" in ledger.events[0].note
