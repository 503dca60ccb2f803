"""Rules about what permits the measures: authorities, the seizure protocol, witnesses, the end of custody."""

from collections.abc import Iterator

from labkit.custody.rules.reading import Hit, Reading, is_correction
from labkit.model.custody import Authority, Event, EventType, Role

_MEASURES = frozenset({EventType.IDENTIFIED, EventType.SEIZED, EventType.LIVE_ACTION})
_ENDS = frozenset({EventType.DISPOSED, EventType.RETURNED_TO_OWNER})
_STILL_SPOKEN_OF = frozenset({EventType.CORRECTED, EventType.REPORTED, EventType.DISCLOSED})


def measures_are_permitted(reading: Reading) -> Iterator[Hit]:
    """A seizure has an authority, which is valid then and covers the item and the place.

    Searching (``identified``) and acting on a running device are held to the same where an authority is named or the
    case has only one. Later work in the laboratory may outlast a warrant; of it only the reference is looked at. A
    scope that lists nothing covers everything.
    """
    declared = {authority.auth_id: authority for case in reading.ledger.cases for authority in case.authority}
    for event in reading.ledger.events:
        is_measure = event.type in _MEASURES
        named = event.authority_ref
        only = next(iter(declared)) if is_measure and not named and len(declared) == 1 else ""
        authority = declared.get(named or only)
        exhibit = next(iter(event.exhibits), None)
        values: dict[str, str | int] = {"authority": named or only or "–", "place": event.location}
        if authority is None:
            if event.type is EventType.SEIZED and not named:
                yield Hit("none", event.seq, exhibit, values)
            elif named and (is_measure or declared):
                yield Hit("unknown", event.seq, exhibit, values)
        elif is_measure:
            cases = tuple(case.seq for case in reading.ledger.cases)[:1]
            for reason, about in _outside(reading, authority, event):
                yield Hit(reason, event.seq, about or exhibit, values, others=cases)


def _outside(reading: Reading, authority: Authority, event: Event) -> Iterator[tuple[str, str | None]]:
    when = event.event_at.utc if event.event_at else None
    start = authority.valid_from.utc if authority.valid_from else None
    end = authority.valid_to.utc if authority.valid_to else None
    if when is not None and start is not None and when < start:
        yield "not-yet-valid", None
    if when is not None and end is not None and when > end:
        yield "no-longer-valid", None
    places = {item for item in authority.scope_items if item in reading.locations}
    items = set(authority.scope_items) - places
    if places and event.location not in places:
        yield "other-place", None
    if items and event.type is not EventType.IDENTIFIED:
        for exhibit in reading.declared_exhibits(event):
            kind = exhibit.kind.value if exhibit.kind else ""
            if exhibit.is_original and not {exhibit.exhibit_no, kind} & items:
                yield "other-item", exhibit.exhibit_no


def witnesses_stand_apart(reading: Reading) -> Iterator[Hit]:
    """A witness is not the one who acts, and there are as many attesting witnesses as the country asks for."""
    wanted = reading.overlay.attesting_witnesses
    for event in reading.ledger.events:
        exhibit = next(iter(event.exhibits), None)
        values: dict[str, str | int] = {"person": event.actor, "wanted": wanted, "found": len(set(event.witnesses))}
        if event.actor and event.actor in event.witnesses:
            yield Hit("is-the-actor", event.seq, exhibit, values)
        if event.type in reading.overlay.witnessed_events and wanted:
            attesting = {name for name in event.witnesses if _attests(reading, name)} - {event.actor}
            if len(attesting) < wanted:
                yield Hit("too-few", event.seq, exhibit, values | {"found": len(attesting)})


def _attests(reading: Reading, name: str) -> bool:
    person = reading.people.get(name)
    return person is not None and person.role is Role.ATTESTING_WITNESS


def protocol_and_ledger_agree(reading: Reading) -> Iterator[Hit]:
    """Every item of the seizure protocol is in the ledger, and everything that was seized is in the protocol.

    Looked at where the case copies the list of the protocol.
    """
    listed = {item.exhibit_no: case.seq for case in reading.ledger.cases for item in case.protocol_items}
    if not listed:
        return
    for number, seq in listed.items():
        if number and number not in reading.exhibits:
            yield Hit("not-in-ledger", seq, number)
    told: set[str] = set()
    for event in reading.ledger.events:
        if event.type is not EventType.SEIZED:
            continue
        for number in dict.fromkeys(event.exhibits):
            if number not in listed and number not in told:
                told.add(number)
                yield Hit("not-in-protocol", event.seq, number, others=(min(listed.values()),))


def the_end_is_permitted_and_final(reading: Reading) -> Iterator[Hit]:
    """Disposal and return have an authority, and nothing is done with the exhibit after them."""
    for number, events in reading.events_by_exhibit.items():
        end: Event | None = None
        for event in events:
            if end is not None and not is_correction(event) and event.type not in _STILL_SPOKEN_OF:
                yield Hit("later-event", event.seq, number, {"previous": end.seq}, others=(end.seq,))
                break
            if event.type in _ENDS:
                end = event
                if not event.authority_ref:
                    yield Hit("no-authority", event.seq, number, {"previous": event.seq})
