"""Writing lines of a custody file: events with their times, hand-overs, the making of an image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from labkit.synthesis.clock import zone
from labkit.synthesis.records.cast import Cast
from labkit.synthesis.records.draft import Draft, Line
from labkit.synthesis.records.setting import SECTOR_BYTES
from labkit.synthesis.streams import Stream

IMAGER = {"name": "ewfacquire", "version": "20230405"}
READER = {"name": "Sleuth Kit", "version": "4.12.1"}
DUMPER = {"name": "labdump", "version": "2.1"}


@dataclass(slots=True)
class Clock:
    """A person's watch: a day in a zone, and how it goes on."""

    stream: Stream
    zone: str
    now: datetime = field(default_factory=lambda: datetime.min.replace(tzinfo=UTC))

    def set(self, day: date, hour: int, minute: int) -> str:
        """Begin at a time, up to six minutes later."""
        self.now = datetime.combine(day, time(hour, minute), zone(self.zone))
        return self.tick(0, 6)

    def tick(self, low: int, high: int) -> str:
        """Go on by some minutes and return the time with its offset."""
        self.now = self.now + timedelta(minutes=self.stream.between(low, high))
        return self.now.isoformat()


class Scribe:
    """Adds lines to a draft. Keys name them; times are taken from the clock of whoever writes."""

    def __init__(self, draft: Draft, cast: Cast, stream: Stream) -> None:
        self.draft = draft
        self.cast = cast
        self._stream = stream

    def clock(self, zone_name: str) -> Clock:
        """Return a new clock in a zone."""
        return Clock(self._stream, zone_name)

    def minutes(self, low: int, high: int) -> int:
        """Return a drawn number of minutes."""
        return self._stream.between(low, high)

    def event(
        self, key: str, kind: str, at: str, exhibits: Sequence[str], actor: str, place: str, purpose: str, **more: Any
    ) -> None:
        """Add an event, entered a few minutes after it happened."""
        recorded = datetime.fromisoformat(at) + timedelta(minutes=self._stream.between(1, 8))
        line: Line = {
            "type": kind, "event_at": at, "recorded_at": recorded.isoformat(), "exhibits": list(exhibits),
            "actor": actor, "location": place, "purpose": purpose,
        }  # fmt: skip
        self.draft.add(key, line | more)

    def exhibit(self, number: str, at: str, **fields: Any) -> None:
        """Add the declaration of an exhibit; ``root`` is the original that it comes from."""
        root = fields.pop("root", number)
        recorded = (datetime.fromisoformat(at)).isoformat()
        line = {"type": "exhibit", "recorded_at": recorded, "exhibit_no": number, "root_exhibit_no": root}
        self.draft.add(number, line | fields)

    def hand_over(
        self, name: str, clock: Clock, exhibits: Sequence[str], giver: str, taker: str, place: str, purpose: str,
        seals: Sequence[str],
    ) -> None:  # fmt: skip
        """Two lines: released, and received a minute or two later, each signed by whoever wrote it."""
        self.event(
            f"{name} released", "released", clock.tick(4, 9), exhibits, giver, place, purpose,
            released_by=giver, received_by=taker, signatures=[self.signed(giver)], **_sealed("seal_after", seals),
        )  # fmt: skip
        self.event(
            f"{name} received", "received", clock.tick(1, 2), exhibits, taker, place, purpose,
            released_by=giver, received_by=taker, signatures=[self.signed(taker)], **_sealed("seal_before", seals),
            condition_after="as described, packing undamaged",
        )  # fmt: skip

    def signed(self, person: str) -> Line:
        """Return a signature on paper: the digest of its scan."""
        return {"person": person, "method": "paper", "value": self.cast.scans[person]}

    def digest(self, name: str, *, of: str, stage: str, exhibit: str, at: str, alg: str = "SHA256") -> Line:
        """Return the record of a digest of the cast."""
        return {
            "alg": alg, "value": self.cast.digests[name], "of": of, "stage": stage, "exhibit": exhibit,
            "computed_at": at, "tool": "ewfacquire" if of == "media" else "sha256sum",
        }  # fmt: skip

    def image(
        self, clock: Clock, name: str, original: str, examiner: str, witness: str, place: str, seal: str,
        new_seal: str, made: tuple[str, str], *, blocker: str,
    ) -> None:  # fmt: skip
        """Test of the write blocker, seal opened, image, verification, working copy, new seal."""
        image, copy = made
        self.event(
            f"{name} blocker tested", "photographed", clock.tick(7, 13), [original], examiner, place,
            f"test of the write blocker {blocker}, firmware 2.4: writes are refused",
            tool={"name": blocker, "version": "2.4"},
        )  # fmt: skip
        self.event(
            f"{name} unsealed", "unsealed", clock.tick(5, 9), [original], examiner, place,
            f"examination: image of {original}", seal_before=[seal_of(seal, "removed")], witnesses=[witness],
        )  # fmt: skip
        self.exhibit(
            image, clock.tick(1, 2), root=original, derived_from=[original], kind="image",
            description=f"image of {original}, E01", capacity_bytes=self.cast.sectors[original] * SECTOR_BYTES,
            sector_size=SECTOR_BYTES,
        )  # fmt: skip
        clock.tick(2, 4)
        done = clock.tick(31, 57)
        self.event(
            f"{name} acquired", "acquired", done, [original, image], examiner, place,
            f"examination: image of {original}", tool=IMAGER,
            write_block={"kind": "hw", "id": blocker, "tested_event": f"{name} blocker tested"},
            observed=[self._observed(original)],
            hash=[
                self.digest(name, of="media", stage="source_pre", exhibit=original, at=done),
                self.digest(name, of="media", stage="image", exhibit=image, at=done),
            ],
        )  # fmt: skip
        self.draft[f"{name} acquired"]["recorded_at"] = clock.tick(1, 4)
        self.event(
            f"{name} verified", "verified", clock.tick(9, 17), [image], examiner, place, "verification of the image",
            tool=IMAGER,
            hash=[self.digest(name, of="media", stage="verify", exhibit=image, at=clock.tick(4, 8))],
        )  # fmt: skip
        self.draft[f"{name} verified"]["recorded_at"] = clock.tick(1, 3)
        self.exhibit(
            copy, clock.tick(1, 3), root=original, derived_from=[image], kind="working_copy",
            description=f"working copy of {image}",
        )  # fmt: skip
        self.event(
            f"{name} copied", "copied", clock.tick(1, 3), [image, copy], examiner, place,
            "working copy for the examination", tool=IMAGER,
            hash=[self.digest(name, of="media", stage="workcopy", exhibit=copy, at=clock.tick(6, 11))],
        )  # fmt: skip
        self.draft[f"{name} copied"]["recorded_at"] = clock.tick(1, 3)
        self.event(
            f"{name} resealed", "resealed", clock.tick(3, 7), [original], examiner, place,
            "examination ended: new seal", seal_after=[seal_of(new_seal, "new")], witnesses=[witness],
        )  # fmt: skip

    def _observed(self, exhibit: str) -> Line:
        sectors = self.cast.sectors[exhibit]
        return {
            "exhibit": exhibit, "serial": self.cast.serials[exhibit], "capacity_bytes": sectors * SECTOR_BYTES,
            "sectors": sectors,
        }  # fmt: skip


def seal_of(number: str, state: str) -> Line:
    """Return a seal as an event records it."""
    return {"number": number, "type": "tape", "state": state}


def intact(numbers: Sequence[str]) -> list[Line]:
    """Return seals that were found, or left, whole."""
    return [seal_of(number, "intact") for number in numbers]


def _sealed(field_name: str, numbers: Sequence[str]) -> dict[str, list[Line]]:
    return {field_name: intact(numbers)} if numbers else {}
