"""One artifact, whatever kind it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """What one place in one file says.

    ``details`` hold times as ISO 8601 text: in UTC where the name ends in ``_utc``, without a zone where it ends in
    ``_local``. ``time_of`` among them says what ``at_utc`` is the time of.
    """

    kind: str
    at_utc: datetime | None  # aware; None where nothing is known, or only a local time without its zone
    what: str
    details: Mapping[str, Value]
    source_volume: int
    source_path: str  # with the name of a stream behind a colon
    source_address: int
    offset_bytes: int | None  # from byte 0 of the file
    recovered: bool  # out of a deleted file or the free space of a live one

    def as_object(self) -> dict[str, Any]:
        """Return the record ready for JSON."""
        return {
            "kind": self.kind,
            "at_utc": utc_text(self.at_utc),
            "what": self.what,
            "details": dict(self.details),
            "source_volume": self.source_volume,
            "source_path": self.source_path,
            "source_address": self.source_address,
            "offset_bytes": self.offset_bytes,
            "recovered": self.recovered,
        }

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> "ArtifactRecord":
        """Return the record that ``as_object`` made an object of."""
        at = value["at_utc"]
        details = {key: tuple(held) if isinstance(held, list) else held for key, held in value["details"].items()}
        return cls(**{**value, "at_utc": None if at is None else datetime.fromisoformat(at), "details": details})


def utc_text(at: datetime | None) -> str | None:
    """Return ``2026-03-03T09:05:10.123456Z``, without a fraction where it is zero; None stays None."""
    return None if at is None else at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def known(**details: Value | None) -> dict[str, Value]:
    """Return the details that are known: neither None nor empty."""
    return {name: value for name, value in details.items() if value is not None and value not in ("", ())}
