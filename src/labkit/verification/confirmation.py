"""What one reader says about one fact, and how it is laid beside the truth."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from labkit.model.truth import Trace
from labkit.verification.definitions import definition

NOBODY = "no reader"
DEFINITION = "definition"


class Verdict(StrEnum):
    """How one confirmation ended."""

    CONFIRMED = "confirmed"
    FAILED = "failed"
    NOT_ASKED = "not asked"  # the program is not installed; never counts as agreement
    DEFINITION = "definition"  # no evidence could show it; ``expected`` has the reason


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One fact of one trace, by one reader. ``agrees`` is None where nobody was asked."""

    trace: str
    fact: str
    reader: str
    expected: object
    found: object
    agrees: bool | None

    @property
    def verdict(self) -> Verdict:
        """Return how it ended."""
        if self.reader == DEFINITION:
            return Verdict.DEFINITION
        if self.agrees is None:
            return Verdict.NOT_ASKED
        return Verdict.CONFIRMED if self.agrees else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Span:
    """What a reader says of a time that it knows in steps only: somewhere in ``[begin, begin + width)``."""

    begin: datetime
    width: timedelta

    def __str__(self) -> str:
        return f"{self.begin.isoformat()} or up to {self.width} later"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reader was asked and could not answer; that is a disagreement, with its words."""

    why: str

    def __str__(self) -> str:
        return f"unreadable: {self.why}"


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one reader says about facts of one trace. ``facts`` is None where the reader is not installed."""

    reader: str
    facts: Mapping[str, Any] | None
    would_tell: tuple[str, ...] = ()  # the facts that it would have told


def agree(expected: object, found: object) -> bool:
    """Return whether what was found is what was expected; a list and a tuple with the same members are the same."""
    if isinstance(found, Span):
        return isinstance(expected, datetime) and found.begin <= expected < found.begin + found.width
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        return tuple(expected) == tuple(found)
    return type(expected) is type(found) and expected == found


def weigh(trace: Trace, testimonies: Iterable[Testimony], *, kind: str | None = None) -> Iterator[Confirmation]:
    """Yield a confirmation for every fact that a reader spoke about, then the facts that nobody spoke about.

    A fact is settled when at least one reader answered. One that no reader answered is a definition, with its
    reason, or a failure: a fact that cannot be confirmed does not belong into the truth. ``kind`` is looked up among
    the definitions in place of the trace's own.
    """
    answered: set[str] = set()
    for testimony in testimonies:
        if testimony.facts is None:
            for fact in testimony.would_tell:
                if fact in trace.facts:
                    yield Confirmation(trace.id, fact, testimony.reader, trace.facts[fact], None, None)
            continue
        for fact, found in testimony.facts.items():
            if fact in trace.facts:
                answered.add(fact)
                expected = trace.facts[fact]
                yield Confirmation(trace.id, fact, testimony.reader, expected, found, agree(expected, found))
    for fact in sorted(trace.facts.keys() - answered):
        reason = definition(kind or trace.kind, fact)
        if reason is None:
            yield Confirmation(trace.id, fact, NOBODY, trace.facts[fact], None, agrees=False)
        else:
            yield Confirmation(trace.id, fact, DEFINITION, reason, trace.facts[fact], agrees=True)


def statement(trace_id: str, fact: str, reader: str, expected: object, found: object) -> Confirmation:
    """Return a confirmation of something that is no fact of the truth, such as the state of an entry."""
    return Confirmation(trace_id, fact, reader, expected, found, agree(expected, found))
