"""What really happened, as a custody ledger is compared with it: the events of an item and the marks of its exhibits.

Any trace with an event type, a time and exhibits is an event of the story; any trace with the number of a bag or a
seal says which marks an exhibit got.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from labkit.content.schemas import LogAnswer, LogEvent
from labkit.errors import ContentError
from labkit.model.custody import EventType
from labkit.model.truth import CaseTruth, Trace

_TYPES = frozenset(EventType)
_MARKS = frozenset({"seal_number", "bag_number"})
_DIGESTS = ("sha256", "sha1", "md5")


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """One thing that happened. Persons are names as people write them; an empty one is not asked for."""

    name: str  # item:trace
    type: str
    exhibits: tuple[str, ...]
    at_utc: datetime
    by: str = ""
    giver: str = ""
    receiver: str = ""
    digests: frozenset[str] = frozenset()  # lower-case hex, any of which the entry must carry


@dataclass(frozen=True, slots=True)
class Marks:
    """What bag and seal of an exhibit say. ``guesses`` are the numbers that nobody can have read."""

    seal: str = ""
    bag: str = ""
    guesses: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Story:
    """The events that the ledger must tell, and everything that is known to have happened besides."""

    asked: tuple[StoryEvent, ...] = ()
    known: tuple[StoryEvent, ...] = ()
    marks: Mapping[str, Marks] = field(default_factory=dict)
    tolerance_s: int = 0
    clock_errors_s: frozenset[int] = frozenset()  # of devices at hand: device minus true time


NO_STORY = Story()


def story_of(answer: LogAnswer, truth: CaseTruth) -> Story:
    """Return the story that a LOG task names; without events where it names none.

    Raises:
        ContentError: The item or the trace tells no event.
    """
    named = [event for event in answer.events if event.truth is not None]
    items = dict.fromkeys([str(event.truth).partition(":")[0] for event in named])
    if answer.story is not None:
        items[answer.story] = None
    known = tuple(event for item in items for event in _events(item, truth))
    by_name = {event.name: event for event in known}
    asked = [event for event in known if event.name.partition(":")[0] == answer.story]
    if answer.story is not None and not asked:
        raise _no_story(answer.story)
    asked += [_asked(event, by_name, truth) for event in named]
    marks = {exhibit: found for item in items for exhibit, found in _marks(item, truth)}
    errors_s = frozenset(
        int(str(trace.facts["clock_offset_s"]))
        for item in items
        for trace in _traces(item, truth)
        if "clock_offset_s" in trace.facts
    )
    return Story(tuple(asked), known, marks, answer.tolerance_s, errors_s - {0})


def _asked(event: LogEvent, known: Mapping[str, StoryEvent], truth: CaseTruth) -> StoryEvent:
    """Return an event of the story as the exercise asks for it: perhaps as another type, or for one exhibit only."""
    told = known.get(str(event.truth))
    if told is None:
        raise _no_story(str(event.truth))
    exhibits = told.exhibits if event.exhibit is None else (event.exhibit,)
    digest = None if event.hash_truth is None else str(truth.fact(event.hash_truth)).lower()
    return StoryEvent(
        name=told.name,
        type=event.type or told.type,
        exhibits=exhibits,
        at_utc=told.at_utc,
        by=told.by,
        giver=told.giver,
        receiver=told.receiver,
        digests=told.digests if digest is None else frozenset({digest}),
    )


def _no_story(name: str) -> ContentError:
    return ContentError(
        f"{name} tells no event that a custody ledger could hold",
        remedy="Name an item, or item:trace, whose traces have event_type, at_utc and exhibits.",
    )


def _events(item: str, truth: CaseTruth) -> Iterator[StoryEvent]:
    found = [_event(item, trace) for trace in _traces(item, truth)]
    yield from sorted((event for event in found if event is not None), key=lambda event: event.at_utc)


def _event(item: str, trace: Trace) -> StoryEvent | None:
    facts: Mapping[str, Any] = trace.facts
    exhibits = facts.get("exhibits", ())
    if facts.get("event_type") not in _TYPES or not exhibits or "at_utc" not in facts:
        return None
    return StoryEvent(
        name=f"{item}:{trace.id}",
        type=facts["event_type"],
        exhibits=tuple(exhibits),
        at_utc=facts["at_utc"],
        by=facts.get("by", ""),
        giver=facts.get("giver", ""),
        receiver=facts.get("receiver", ""),
        digests=frozenset(facts[name].lower() for name in _DIGESTS if name in facts),
    )


def _marks(item: str, truth: CaseTruth) -> Iterator[tuple[str, Marks]]:
    """Yield exhibit and marks. What one trace tells of an exhibit and what another does is put together."""
    found: dict[str, dict[str, Any]] = {}
    for trace in _traces(item, truth):
        if "exhibit" in trace.facts and trace.facts.keys() & _MARKS:
            found.setdefault(str(trace.facts["exhibit"]), {}).update(trace.facts)
    for exhibit, facts in found.items():
        guesses = frozenset(facts.get("guesses", ()))
        yield exhibit, Marks(facts.get("seal_number", ""), facts.get("bag_number", ""), guesses)


def _traces(item: str, truth: CaseTruth) -> Iterator[Trace]:
    yield from truth.items[item].traces.values() if item in truth.items else ()
