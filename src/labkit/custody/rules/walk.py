"""Who has an exhibit after each of its events, and what is wrong with the way it came there.

The walk keeps one of four states: nobody has taken it yet, somebody (a person, or a controlled store) holds it, it is
on its way, or it has left custody. The times of the lines are used for one thing only, how long an exhibit was on its
way; their order is a matter of CC-05.

A break is a period in which control is uncertain and actions are unaccounted for (CISA Insights, "Chain of custody
and critical infrastructure systems"). A handover in which the receipt is written at most five minutes after the
release is hand to hand and no break.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, LocationKind, Role

HAND_TO_HAND = timedelta(minutes=5)
STORES = frozenset({LocationKind.EVIDENCE_STORE, LocationKind.LAB, LocationKind.COURT})
_ESCORT = 2  # persons

_T = EventType
_TAKES = frozenset({_T.SEIZED, _T.RECEIVED, _T.CHECKED_OUT})
_BEGINS = frozenset({_T.SEIZED, _T.RECEIVED})  # with these an exhibit enters custody
_STORES = frozenset({_T.STORED, _T.RETURNED})
_ENDS = frozenset({_T.DISPOSED, _T.RETURNED_TO_OWNER})
_NEEDS_HOLDER = frozenset({_T.PACKAGED, _T.SEALED, _T.UNSEALED, _T.RESEALED, _T.TRANSPORTED})
_NO_CONTACT = frozenset({_T.IDENTIFIED, _T.PHOTOGRAPHED, _T.REPORTED, _T.DISCLOSED, _T.CORRECTED})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of possession: which rule it breaks, and the hit to report."""

    rule: str
    hit: Hit


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody holds the exhibit. ``keepers`` may give it on: the holder, or whoever runs the store."""

    holder: str
    keepers: frozenset[str]


@dataclass(frozen=True, slots=True)
class OnTheWay:
    """It was released and not yet received. ``to`` is "" where the release names nobody.

    ``is_accounted_for`` says whether a carrier with a tracking number, or an escort of two, is written down.
    """

    release: Event
    to: str
    is_accounted_for: bool


NOT_TAKEN = "not taken"
LEFT = "left custody"
State = Held | OnTheWay | str


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the walk: who had the exhibit before and after it, and what is wrong with that."""

    event: Event
    before: State
    after: State
    faults: tuple[Fault, ...]


def walk(reading: Reading, number: str) -> Iterator[Step]:
    """Yield each event of an exhibit with who had it before and after."""
    return _Walk(reading, number).steps(reading.events_by_exhibit.get(number, ()))


class _Walk:
    """The walk through the events of one exhibit."""

    def __init__(self, reading: Reading, number: str) -> None:
        self._reading = reading
        self._number = number
        self._state: State = NOT_TAKEN
        self._since = 0  # the line that made the state what it is
        self._carriers: set[str] = set()  # who may hand it over at the end of the transit
        exhibit = reading.exhibits.get(number)
        self._is_original = exhibit is None or exhibit.is_original

    def steps(self, events: tuple[Event, ...]) -> Iterator[Step]:
        """Yield the events in their order; what is still open at the end is a fault of the last one."""
        for number, event in enumerate(events, start=1):
            before = self._state
            faults = () if event.type in _NO_CONTACT else tuple(self._step(event))
            if self._state is not before:
                self._since = event.seq
            if number == len(events):
                faults += tuple(self._open_end())
            yield Step(event, before, self._state, faults)

    def _open_end(self) -> Iterator[Fault]:
        state = self._state
        if isinstance(state, OnTheWay) and not state.to and not state.is_accounted_for:
            yield self._fault("CC-06", "not-received", state.release, {"previous": state.release.seq})

    def _step(self, event: Event) -> Iterator[Fault]:
        state = self._state
        if event.type is _T.TRANSPORTED and isinstance(state, OnTheWay):
            self._carriers |= _carriers(event)
            self._state = OnTheWay(state.release, state.to, state.is_accounted_for or _accounts(event))
        elif event.type is _T.RELEASED:
            yield from self._given_by(event, event.released_by)
            self._carriers = _carriers(event)
            self._state = OnTheWay(event, event.received_by, _accounts(event))
        elif event.type in _TAKES:
            yield from self._taken(event, self._person(event.received_by or event.actor))
        elif event.type in _STORES:
            yield from self._taken(event, self._store(event))
        elif event.type in _ENDS:
            yield from self._given_by(event, event.released_by)
            self._state = LEFT
        else:
            yield from self._handled(event)

    def _taken(self, event: Event, new: Held) -> Iterator[Fault]:
        """Somebody takes the exhibit, or it is put in a store."""
        state = self._state
        if isinstance(state, OnTheWay):
            yield from self._arrived(state, event, new)
        elif isinstance(state, Held):
            if event.released_by:
                yield from self._given_by(event, event.released_by)
            elif not self._may_take(state, event, new):
                values: dict[str, str | int] = {"holder": state.holder, "taker": new.holder}
                yield self._fault("CC-07", "still-held", event, values)
        elif state == NOT_TAKEN and event.type not in _BEGINS and self._is_original:
            yield self._fault("CC-06", "never-taken", event)
        self._state = new

    def _may_take(self, state: Held, event: Event, new: Held) -> bool:
        """Return whether nobody loses the exhibit unasked: a confirmation, storing one's own, taking from a store."""
        if new.holder == state.holder:
            return True
        if event.type is _T.CHECKED_OUT:
            return state.holder in self._reading.locations  # who gave it out is missing, which is told by CC-01
        return event.type in _STORES and bool(state.keepers & {event.actor, event.received_by})

    def _arrived(self, state: OnTheWay, event: Event, new: Held) -> Iterator[Fault]:
        """A released exhibit is received."""
        release = state.release
        giver = release.released_by or release.actor
        between = self._carriers | _carriers(event)
        if event.released_by and event.released_by not in {giver, release.actor, state.to} | between:
            yield self._fault("CC-08", "other-giver", event, {"giver": event.released_by, "holder": giver})
        receivers = {new.holder, event.location, event.received_by, event.actor} | new.keepers
        if state.to and state.to not in receivers | between:
            yield self._fault("CC-08", "other-receiver", event, {"giver": state.to, "holder": new.holder})
        minutes = _minutes_between(release, event)
        if minutes is not None and not state.is_accounted_for and not _accounts(event):
            yield self._fault("CC-06", "gap", event, {"previous": release.seq, "minutes": minutes})

    def _given_by(self, event: Event, giver: str) -> Iterator[Fault]:
        """Somebody gives the exhibit away."""
        state = self._state
        if isinstance(state, OnTheWay):
            if not state.to and not state.is_accounted_for:
                yield self._fault("CC-06", "not-received", event, {"previous": state.release.seq})
            elif giver and state.to and giver != state.to:
                yield self._fault("CC-08", "not-the-holder", event, {"giver": giver, "holder": state.to})
        elif isinstance(state, Held):
            if giver and giver not in state.keepers:
                yield self._fault("CC-08", "not-the-holder", event, {"giver": giver, "holder": state.holder})
        elif state == NOT_TAKEN and self._is_original:
            yield self._fault("CC-06", "never-taken", event)

    def _handled(self, event: Event) -> Iterator[Fault]:
        """Something is done to the exhibit without giving it on."""
        state = self._state
        if isinstance(state, OnTheWay):
            # The one who was named in the release and now works on it says thereby that it arrived.
            if not state.to or (event.actor != state.to and _minutes_between(state.release, event) is not None):
                yield self._fault("CC-06", "not-received", event, {"previous": state.release.seq})
            self._state = self._person(state.to or event.actor)
        elif state == NOT_TAKEN:
            if not self._is_original:
                self._state = self._person(event.actor)  # an image, a copy: in the hands of whoever made it
            elif event.type in _NEEDS_HOLDER:
                yield self._fault("CC-06", "never-taken", event)
                self._state = self._person(event.actor)

    def _fault(self, rule: str, reason: str, event: Event, values: dict[str, str | int] | None = None) -> Fault:
        others = (self._since,) if self._since else ()
        return Fault(rule, Hit(reason, event.seq, self._number, values or {}, others=others))

    def _person(self, identifier: str) -> Held:
        if identifier in self._reading.locations:
            return self._place(identifier, frozenset())
        return Held(identifier, frozenset({identifier}))

    def _store(self, event: Event) -> Held:
        place = self._reading.locations.get(event.location)
        if event.location and (place is None or place.kind is None or place.kind in STORES):
            return self._place(event.location, frozenset({event.received_by or event.actor}))
        return self._person(event.received_by or event.actor)  # no store: the person keeps it

    def _place(self, identifier: str, named: frozenset[str]) -> Held:
        """Return a store as holder: its named custodian, and the custodians on its access list, may give out."""
        place = self._reading.locations.get(identifier)
        allowed = place.access_list if place is not None else ()
        custodians = {
            number
            for number in allowed
            if number in self._reading.people and self._reading.people[number].role is Role.CUSTODIAN
        }
        return Held(identifier, frozenset({identifier}) | named | custodians)


def _minutes_between(release: Event, receipt: Event) -> int | None:
    """Return how long it was on its way, in minutes; None for hand to hand, or where it can not be told."""
    start = release.event_at.utc if release.event_at else None
    end = receipt.event_at.utc if receipt.event_at else None
    if start is None or end is None or end - start <= HAND_TO_HAND:
        return None
    return int((end - start).total_seconds() // 60)


def _accounts(event: Event) -> bool:
    """Return whether a line accounts for a transit."""
    transport = event.transport
    is_tracked = transport is not None and bool(transport.carrier and transport.tracking_no)
    return is_tracked or len(_escort(event)) >= _ESCORT


def _escort(event: Event) -> set[str]:
    """Return who was with it: the escort as written, or, for ``transported``, the actor and the witnesses."""
    if event.transport is not None and event.transport.escort:
        return set(event.transport.escort)
    return {event.actor, *event.witnesses} - {""} if event.type is _T.TRANSPORTED else set()


def _carriers(event: Event) -> set[str]:
    """Return who has it in his hands on the way, as far as a line says it."""
    found = {event.actor} if event.type is _T.TRANSPORTED else set()
    if event.transport is not None:
        found |= {event.transport.carrier, *event.transport.escort}
    return found - {""}
