"""What the rules see of a ledger, and what they say about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from labkit.custody.ledger import Ledger
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.model.custody import Entry, Event, EventType, Exhibit, Location, Person
from labkit.zones import zone_or_none

_T = TypeVar("_T")
Zones = Callable[[str], tzinfo | None]


class Severity(StrEnum):
    """How much a finding weighs."""

    FATAL = "F"
    MAJOR = "M"
    MINOR = "m"


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One rule broken at one place. ``values`` fill the sentence; ``reason`` among them says in which way.

    ``seq`` is the number of the line where it shows; ``events`` has it and all other lines that belong to it, in
    order. ``exhibit`` is None where the finding is about none in particular.
    """

    rule: str
    severity: str
    seq: int | None
    exhibit: str | None
    values: Mapping[str, str | int]
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule function reports; ``check`` adds the rule's code and weight.

    ``others`` are the numbers of the other lines that belong to it.
    """

    reason: str
    seq: int | None = None
    exhibit: str | None = None
    values: Mapping[str, str | int] = field(default_factory=dict)
    severity: Severity | None = None  # only where it differs from the rule's own
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A ledger with the indexes that rules share.

    ``known_heads`` are digests or checkpoint codes that somebody noted earlier, ``snapshot`` is an earlier copy of the
    same ledger, ``files`` the SHA-256 digests of the attachments that are at hand; None where nobody looked.
    """

    ledger: Ledger
    zones: Zones = zone_or_none
    known_heads: tuple[str, ...] = ()
    overlay: Overlay = DEFAULT
    snapshot: Ledger | None = None
    files: frozenset[str] | None = None

    @cached_property
    def exhibits(self) -> Mapping[str, Exhibit]:
        """Return the exhibits by number; the first declaration counts."""
        return _first(self.ledger.exhibits, lambda exhibit: exhibit.exhibit_no)

    @cached_property
    def locations(self) -> Mapping[str, Location]:
        """Return the places by identifier."""
        return _first(self.ledger.locations, lambda location: location.loc_id)

    @cached_property
    def people(self) -> Mapping[str, Person]:
        """Return the persons by identifier."""
        return _first(self.ledger.people, lambda person: person.person_id)

    @cached_property
    def events_by_exhibit(self) -> Mapping[str, tuple[Event, ...]]:
        """Return for each exhibit number its events in the order of the ledger."""
        found: dict[str, list[Event]] = {}
        for event in self.ledger.events:
            for number in dict.fromkeys(event.exhibits):
                found.setdefault(number, []).append(event)
        return {number: tuple(events) for number, events in found.items()}

    @cached_property
    def by_seq(self) -> Mapping[int, Entry]:
        """Return the lines by number."""
        found: dict[int, Entry] = {}
        for entry in self.ledger.entries:
            found.setdefault(entry.seq, entry)
        return found

    @cached_property
    def families(self) -> Mapping[str, str]:
        """Return for each declared exhibit one name for it and all that share its origin."""
        name: dict[str, str] = {}

        def top(number: str) -> str:
            path = []
            while name.setdefault(number, number) != number:
                path.append(number)
                number = name[number]
            name.update(dict.fromkeys(path, number))
            return number

        for number, exhibit in self.exhibits.items():
            for source in (exhibit.root_exhibit_no, *exhibit.derived_from):
                if source:
                    name[top(number)] = top(source)
        return {number: top(number) for number in self.exhibits}

    @cached_property
    def corrections(self) -> Mapping[int, tuple[Event, ...]]:
        """Return for each line that was corrected or completed the lines that do so."""
        found: dict[int, list[Event]] = {}
        for event in self.ledger.events:
            if event.corrects_event is not None:
                found.setdefault(event.corrects_event, []).append(event)
        return {seq: tuple(events) for seq, events in found.items()}

    def spoken_of(self, event: Event, named: str = "") -> tuple[Exhibit, ...]:
        """Return the exhibits that a digest, or what was read from a device, speaks of.

        Where it names none: a source and what came of it. Where an event lists unrelated exhibits nobody can say, and
        none is returned.
        """
        listed = tuple(self.declared_exhibits(event))
        if named:
            return tuple(exhibit for exhibit in listed if exhibit.exhibit_no == named)
        numbers = {exhibit.exhibit_no for exhibit in listed}
        not_made_here = [exhibit for exhibit in listed if not numbers & set(exhibit.derived_from)]
        return listed if len(not_made_here) == 1 else ()

    def declared_exhibits(self, event: Event) -> Iterator[Exhibit]:
        """Yield the declared exhibits of an event."""
        for number in dict.fromkeys(event.exhibits):
            if number in self.exhibits:
                yield self.exhibits[number]


def _first(declared: Iterable[_T], key: Callable[[_T], str]) -> Mapping[str, _T]:
    found: dict[str, _T] = {}
    for one in declared:
        found.setdefault(key(one), one)
    return found


def is_correction(event: Event) -> bool:
    """Return whether a line corrects or completes an earlier one, and so is late on purpose."""
    return event.type is EventType.CORRECTED or event.corrects_event is not None
