"""What the rules see of a ledger, and what they say about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from labkit.custody.ledger import Ledger
from labkit.custody.overlay import DEFAULT, Overlay
from labkit.model.custody import Event, Exhibit, Location, Person
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
