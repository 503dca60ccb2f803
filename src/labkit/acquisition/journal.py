"""The journal of an unfinished acquisition: what is safely in the image, so that it can go on from there.

One JSON object a line. The first line is the plan; each ``checkpoint`` is written after the image's bytes are on the
disk, and carries the SHA-256 of the medium up to its sector, so that going on begins with a proof. A line that a power
loss cut short is passed over.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labkit.acquisition.plan import Plan
from labkit.append_only import LineFile, locked, split_torn
from labkit.canonical import canonical_json
from labkit.errors import AcquisitionError
from labkit.model.acquisition import CaseDetails, Interruption, MediaDigests, SectorRun, SourceDescription
from labkit.model.acquisition import WriteProtection as Protection

SCHEMA = "labkit-acquiring/1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything up to ``sectors`` is in the image: its last segment, how long that is, and the digest so far."""

    sectors: int
    sha256: str
    segment: int
    length_bytes: int


@dataclass(frozen=True, slots=True)
class State:
    """What a journal tells."""

    plan: Plan
    source: SourceDescription
    protection: Protection
    started_at: datetime
    last_at: datetime
    checkpoint: Checkpoint | None = None
    unreadable: tuple[SectorRun, ...] = ()
    interruptions: tuple[Interruption, ...] = ()
    written: MediaDigests | None = None  # the image is whole; only its verification may be missing
    written_at: datetime | None = None
    segments: int = 0

    @property
    def sectors(self) -> int:
        """Return how many sectors are safely in the image."""
        return self.checkpoint.sectors if self.checkpoint else 0

    @property
    def cable_was_pulled(self) -> bool:
        """Return whether an interruption was the cable."""
        return any(stop.reason == "cable" for stop in self.interruptions)


@dataclass
class Journal:
    """A journal that is open for this process alone."""

    lines: LineFile
    state: State | None
    is_over: bool = False  # the image has its record; the journal goes away when it is closed

    def begin(self, plan: Plan, source: SourceDescription, protection: Protection, at: datetime) -> State:
        """Write the plan; whatever stood there before was no acquisition."""
        self.lines.file.truncate(0)
        return self._append(
            "begin", at, schema=SCHEMA, plan=asdict(plan), source=asdict(source), protection=_plain(asdict(protection))
        )

    def checkpoint(self, reached: Checkpoint, unreadable: tuple[SectorRun, ...], at: datetime) -> State:
        """Write that the image holds everything up to a sector, and which sectors before it are new as unreadable."""
        return self._append(
            "checkpoint", at, **asdict(reached), unreadable=[[run.lba, run.count] for run in unreadable]
        )

    def interrupted(self, reason: str, at: datetime) -> State:
        """Write why the acquisition stopped."""
        return self._append("interrupted", at, reason=reason)

    def go_on(self, at: datetime) -> State:
        """Write that it goes on; a stop that nobody could write down (power loss) is written down first."""
        state = self.state
        assert state is not None  # noqa: S101 - there is nothing to go on with otherwise
        if not state.interruptions or state.interruptions[-1].resumed_at is not None:
            self.interrupted("unknown", state.last_at)
        return self._append("resumed", at)

    def written(self, digests: MediaDigests, segments: int, at: datetime) -> State:
        """Write that the image is whole, and of how many files it is."""
        return self._append("written", at, digests=asdict(digests), segments=segments)

    def _append(self, kind: str, at: datetime, **values: Any) -> State:
        line = {"kind": kind, "at": _written(at), **values}
        self.lines.append(canonical_json(line) + b"\n")
        self.state = _after(self.state, line)
        return self.state


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """Open the journal of a target, made if it is not there, for this process alone.

    Raises:
        AcquisitionError: Another process acquires to the same target, or the journal is damaged.
    """
    journal: Journal | None = None
    try:
        with ExitStack() as stack:
            try:
                lines = stack.enter_context(locked(path, wait=False))
            except BlockingIOError:
                raise AcquisitionError(
                    f"another labkit is writing {path.name.removesuffix('.acquiring.jsonl')}",
                    remedy="Wait until it has finished, or stop it; then resume.",
                ) from None
            lines.file.seek(0)
            whole, torn = split_torn(lines.file.read())
            if torn:
                lines.file.truncate(len(whole))
            journal = Journal(lines, read_state(path, whole))
            yield journal
    finally:  # removed when it is closed, because Windows removes no file that is open
        if journal is not None and (journal.state is None or journal.is_over):
            path.unlink(missing_ok=True)


def read_state(path: Path, content: bytes) -> State | None:
    """Return what the whole lines of a journal tell; None if there is not even a plan.

    Raises:
        AcquisitionError: A line is damaged.
    """
    state: State | None = None
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            state = _after(state, json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise AcquisitionError(
                f"line {number} of {path.name} is damaged",
                remedy="This acquisition can not be resumed. Move its files away and acquire again from the source.",
            ) from error
    return state


def _after(state: State | None, line: Mapping[str, Any]) -> State:
    """Return the state after one more line."""
    kind, at = line["kind"], datetime.fromisoformat(line["at"])
    if state is None:
        if kind != "begin" or line["schema"] != SCHEMA:
            raise ValueError("the first line is no plan")
        plan = dict(line["plan"])
        protection = dict(line["protection"])
        tested = protection["tested_at"]
        protection["tested_at"] = datetime.fromisoformat(tested) if tested else None
        return State(
            Plan(**{**plan, "case": CaseDetails(**plan["case"])}),
            SourceDescription(**line["source"]),
            Protection(**protection),
            at,
            at,
        )
    state = replace(state, last_at=at)
    if kind == "checkpoint":
        reached = Checkpoint(line["sectors"], line["sha256"], line["segment"], line["length_bytes"])
        runs = tuple(SectorRun(first, count) for first, count in line["unreadable"])
        return replace(state, checkpoint=reached, unreadable=state.unreadable + runs)
    if kind == "interrupted":
        stop = Interruption(line["reason"], at, state.sectors)
        return replace(state, interruptions=(*state.interruptions, stop))
    if kind == "resumed":
        *before, last = state.interruptions
        return replace(state, interruptions=(*before, replace(last, resumed_at=at)))
    if kind == "written":
        return replace(state, written=MediaDigests(**line["digests"]), written_at=at, segments=int(line["segments"]))
    raise ValueError(f"a line of kind {kind}")


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: _written(value) if isinstance(value, datetime) else value for key, value in values.items()}


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
