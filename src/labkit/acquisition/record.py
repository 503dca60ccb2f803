"""The provenance record as JSON, schema ``labkit-acquisition/1``: written beside the image, read back by ``verify``."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit.atomic import write_whole
from labkit.errors import AcquisitionError
from labkit.model.acquisition import (
    SCHEMA,
    CaseDetails,
    ImageDescription,
    ImageFile,
    InstrumentUsed,
    Interruption,
    MediaDigests,
    ProvenanceRecord,
    SectorRun,
    SourceDescription,
    Verification,
    WriteProtection,
)
from labkit.strict_json import RefusedJsonError, read_object

_MOST_BYTES = 64 * 1024 * 1024


def as_json(record: ProvenanceRecord) -> dict[str, Any]:
    """Return a record as plain values; times in UTC, ISO 8601."""
    return {"schema": SCHEMA, **_plain(asdict(record))}


def write_record(record: ProvenanceRecord, path: Path) -> None:
    """Write a record, whole or not at all.

    Raises:
        OSError: It can not be written.
    """
    text = json.dumps(as_json(record), ensure_ascii=False, indent=2)
    write_whole(path, text.encode() + b"\n")


def read_record(path: Path) -> ProvenanceRecord:
    """Read a record.

    Raises:
        AcquisitionError: It is damaged, or no provenance record.
        OSError: It can not be read.
    """
    try:
        data = read_object(path.read_bytes(), max_bytes=_MOST_BYTES)
        return _record(data)
    except (RefusedJsonError, KeyError, TypeError, ValueError) as error:
        raise AcquisitionError(
            f"{path.name} is no provenance record, or it is damaged",
            remedy="Copy it again from where the image was made. Without it an image can still be verified: "
            "move the record away.",
        ) from error


def _record(data: Mapping[str, Any]) -> ProvenanceRecord:
    if data["schema"] != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    protection = data["write_protection"]
    verification = data["verification"]
    image = data["image"]
    return ProvenanceRecord(
        tool=InstrumentUsed(**data["tool"]),
        case=CaseDetails(**data["case"]),
        source=SourceDescription(**data["source"]),
        image=ImageDescription(**{**image, "files": tuple(ImageFile(**file) for file in image["files"])}),
        digests=MediaDigests(**data["digests"]),
        started_at=_time(data["started_at"]),
        ended_at=_time(data["ended_at"]),
        write_protection=WriteProtection(**{**protection, "tested_at": _time(protection["tested_at"])})
        if protection
        else None,
        verification=Verification(
            verification["agrees"], MediaDigests(**verification["digests"]), _time(verification["ended_at"])
        )
        if verification
        else None,
        read_errors=tuple(SectorRun(**run) for run in data["read_errors"]),
        interruptions=tuple(_interruption(stop) for stop in data["interruptions"]),
        read_from=data["read_from"],
    )


def _interruption(stop: Mapping[str, Any]) -> Interruption:
    at = datetime.fromisoformat(stop["at"])
    return Interruption(stop["reason"], at, stop["reached_lba"], _time(stop["resumed_at"]))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
