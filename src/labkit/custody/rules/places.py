"""Rules about places and the people in them: how an exhibit came from one to another, and who was where."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from math import hypot

from labkit.custody.rules.reading import Hit, Reading, is_correction
from labkit.custody.rules.walk import Held, walk
from labkit.model.custody import Event, EventType, Location, LocationKind

FASTEST_KM_PER_HOUR = 900
_READ_OFF = timedelta(minutes=1)  # times are written to the minute
_GIVES_OUT = frozenset({EventType.CHECKED_OUT, EventType.RELEASED})
_TOLD = frozenset({EventType.REPORTED, EventType.DISCLOSED})  # the exhibit itself need not be there
_INDOORS = frozenset({LocationKind.EVIDENCE_STORE, LocationKind.LAB, LocationKind.COURT})


def exhibits_travel(reading: Reading) -> Iterator[Hit]:
    """Every event has a place, and an exhibit comes from one site to another by a transport, in a possible time.

    A transport says from where to where by what stands around it. Two places are different sites when their sites
    or their points on the map differ, or when one is the scene and the other is a store, a laboratory or a court.
    """
    for event in reading.ledger.events:
        if not event.location and event.type is not EventType.TRANSPORTED and not is_correction(event):
            yield Hit("no-place", event.seq, next(iter(event.exhibits), None), {"place": "", "from": ""})
    told: set[tuple[int, int]] = set()
    for number, events in reading.events_by_exhibit.items():
        for hit in _journeys(reading, number, events):
            pair = (hit.seq or 0, hit.others[0])
            if pair not in told:
                told.add(pair)
                yield hit


def _journeys(reading: Reading, number: str, events: tuple[Event, ...]) -> Iterator[Hit]:
    before: Event | None = None
    was_carried = False
    for event in events:
        if is_correction(event) or event.type in _TOLD:
            continue
        was_carried = was_carried or event.type is EventType.TRANSPORTED or event.transport is not None
        here = reading.locations.get(event.location)
        if here is None or event.type is EventType.TRANSPORTED:
            continue
        there = reading.locations.get(before.location) if before is not None else None
        if before is not None and there is not None and there is not here:
            values: dict[str, str | int] = {"place": event.location, "from": before.location}
            if _are_apart(there, here) and not was_carried:
                yield Hit("not-carried", event.seq, number, values, others=(before.seq,))
            if _is_too_fast(there, here, _time_between(before, event)):
                yield Hit("too-fast", event.seq, number, values, others=(before.seq,))
        before, was_carried = event, False


def _are_apart(one: Location, other: Location) -> bool:
    if one.site and other.site:
        return one.site != other.site
    if one.map_km and other.map_km:
        return one.map_km != other.map_km
    kinds = {one.kind, other.kind}
    return LocationKind.SCENE in kinds and bool(kinds & _INDOORS)


def _is_too_fast(one: Location, other: Location, time: timedelta | None) -> bool:
    if time is None or time < timedelta() or not one.map_km or not other.map_km:
        return False
    distance_km = hypot(one.map_km[0] - other.map_km[0], one.map_km[1] - other.map_km[1])
    return distance_km > FASTEST_KM_PER_HOUR * ((time + _READ_OFF) / timedelta(hours=1))


def _time_between(earlier: Event, later: Event) -> timedelta | None:
    start = earlier.event_at.utc if earlier.event_at else None
    end = later.event_at.utc if later.event_at else None
    return None if start is None or end is None else end - start


def people_are_known_and_in_one_place(reading: Reading) -> Iterator[Hit]:
    """Whoever does something was declared before, takes part in the case then, and is in one place at a time."""
    yield from _unknown(reading)
    by_person: dict[str, list[Event]] = {}
    for event in reading.ledger.events:
        person = reading.people.get(event.actor)
        when = event.event_at.utc if event.event_at else None
        if person is None or when is None or is_correction(event):
            continue
        by_person.setdefault(event.actor, []).append(event)
        values: dict[str, str | int] = {"person": event.actor, "place": event.location}
        if person.joined_at and person.joined_at.utc and when < person.joined_at.utc:
            yield Hit("not-yet", event.seq, None, values, others=(person.seq,))
        if person.left_at and person.left_at.utc and when > person.left_at.utc:
            yield Hit("no-longer", event.seq, None, values, others=(person.seq,))
    for name, events in by_person.items():
        yield from _two_places(reading, name, events)


def _unknown(reading: Reading) -> Iterator[Hit]:
    told: set[str] = set()
    for event in reading.ledger.events:
        person = reading.people.get(event.actor)
        if event.actor and event.actor not in told and (person is None or person.seq > event.seq):
            told.add(event.actor)
            others = (person.seq,) if person is not None else ()
            reason = "undeclared" if person is None else "declared-later"
            yield Hit(reason, event.seq, None, {"person": event.actor, "place": event.location}, others=others)


def _two_places(reading: Reading, person: str, events: list[Event]) -> Iterator[Hit]:
    placed = [event for event in events if event.location in reading.locations]
    placed.sort(key=lambda event: (event.event_at.utc if event.event_at else None, event.seq))
    for earlier, later in pairwise(placed):
        one, other = reading.locations[earlier.location], reading.locations[later.location]
        time = _time_between(earlier, later)
        if one is other or time is None:
            continue
        at_once = time == timedelta() and _are_apart(one, other)
        if at_once or _is_too_fast(one, other, time):
            values: dict[str, str | int] = {"person": person, "place": later.location, "from": earlier.location}
            yield Hit("two-places", later.seq, None, values, others=(earlier.seq,))


def stores_are_entered_by_those_who_may(reading: Reading) -> Iterator[Hit]:
    """Whoever handles an exhibit while a store holds it is on the access list of the store.

    A store without a list says nothing. Who gives an exhibit out handles it, not who takes it at the counter.
    """
    told: set[tuple[int, str]] = set()
    for number in reading.events_by_exhibit:
        for step in walk(reading, number):
            event = step.event
            place = reading.locations.get(step.before.holder) if isinstance(step.before, Held) else None
            if place is None or not place.access_list or event.type is EventType.CORRECTED:
                continue
            handler = (event.released_by if event.type in _GIVES_OUT else "") or event.actor
            is_there = not event.location or event.location == place.loc_id
            is_allowed = handler in place.access_list or handler == place.loc_id
            if handler and is_there and not is_allowed and (event.seq, handler) not in told:
                told.add((event.seq, handler))
                yield Hit("not-on-the-list", event.seq, number, {"person": handler, "place": place.loc_id})
