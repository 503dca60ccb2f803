"""What an acquisition is in the chain of custody: entries of ``custody/1``, ready to be added to a ledger."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from labkit.model.acquisition import MediaDigests, ProvenanceRecord

# What a line of the ledger holds; the rest stands in the record.
_MOST_RUNS = 100
_MOST_STOPS = 10
_MOST_CHARACTERS = 1000
_REASONS = {
    "cable": "the device was lost",
    "destination-full": "the destination was full",
    "destination": "the destination could not be written",
    "stopped": "stopped by the examiner",
    "unknown": "the program ended without notice",
}


def custody_events(
    record: ProvenanceRecord,
    *,
    source: str,
    image: str,
    actor: str,
    zone: tzinfo,
    location: str = "",
    tested_line: int | None = None,
    record_name: str = "",
    record_sha256: str = "",
) -> tuple[dict[str, Any], ...]:
    """Return the entries: ``acquired`` with each stop and going on in its note, and ``verified``.

    Args:
        record: The provenance record of a finished acquisition.
        source: Exhibit number of the source medium.
        image: Exhibit number of the image.
        actor: Who did it.
        zone: The zone of the place, so that times carry its offset.
        location: Where it was done.
        tested_line: The line of the ledger that records the test of the write blocker.
        record_name: The file of the record, which is attached.
        record_sha256: The digest of that file.
    """
    common: dict[str, Any] = {"actor": actor, "location": location, "tool": _tool(record)}
    acquired: dict[str, Any] = {
        "type": "acquired",
        "event_at": _local(record.started_at, zone),
        "exhibits": [source, image],
        "purpose": "acquisition of the source medium",
        "hash": list(_hashes(record.digests, "image", _local(record.ended_at, zone), record)),
        "write_block": _write_block(record, tested_line),
        "justification": record.write_protection.justification if record.write_protection else "",
        "read_errors": [{"lba": run.lba, "count": run.count} for run in record.read_errors[:_MOST_RUNS]],
        "attachments": [{"name": record_name, "sha256": record_sha256}] if record_name else [],
        "note": " ".join(_notes(record, zone)),
    }
    events = [acquired | common]
    verification = record.verification
    if verification is not None and verification.agrees:
        at = _local(verification.ended_at, zone)
        verified: dict[str, Any] = {
            "type": "verified",
            "event_at": at,
            "exhibits": [image],
            "purpose": "verification of the image after acquisition",
            "hash": list(_hashes(verification.digests, "verify", at, record)),
        }
        events.append(verified | common)
    return tuple(_without_empty(event) for event in events)


def _hashes(digests: MediaDigests, stage: str, at: str, record: ProvenanceRecord) -> Iterator[dict[str, str]]:
    for algorithm in ("sha256", "sha1", "md5"):
        value = getattr(digests, algorithm)
        if value:
            tool = f"{record.tool.name} {record.tool.version}".strip()
            yield {"alg": algorithm, "value": value, "of": "media", "stage": stage, "computed_at": at, "tool": tool}


def _tool(record: ProvenanceRecord) -> dict[str, str]:
    tool = record.tool
    return {"name": tool.name, "version": tool.version, "options": tool.options[:_MOST_CHARACTERS]}


def _write_block(record: ProvenanceRecord, tested_line: int | None) -> dict[str, Any]:
    protection = record.write_protection
    if protection is None:
        return {}
    found: dict[str, Any] = {"kind": protection.kind}
    if protection.id:
        found["id"] = protection.id
    if tested_line is not None:
        found["tested_event"] = tested_line
    return found


def _notes(record: ProvenanceRecord, zone: tzinfo) -> Iterator[str]:
    if len(record.read_errors) > _MOST_RUNS:
        yield f"{record.unreadable_sectors} unreadable sectors in all; every run stands in the provenance record."
    hidden = record.source.hidden_sectors
    if hidden:
        yield f"{hidden} sectors hidden by {record.source.hidden_by} were not acquired."
    for stop in record.interruptions[:_MOST_STOPS]:
        yield (
            f"Interrupted {_local(stop.at, zone)} at sector {stop.reached_lba} ({_REASONS[stop.reason]}), "
            f"resumed {_local(stop.resumed_at, zone)}."
        )
    if len(record.interruptions) > _MOST_STOPS:
        yield f"{len(record.interruptions)} stops in all; every one stands in the provenance record."


def _local(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at else ""


def _without_empty(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in ("", [], {})}
