"""Rules about times."""

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Authority, Case, Entry, Event, EventType, Exhibit, Moment


def times_do_not_go_back(reading: Reading) -> Iterator[Hit]:
    """For each exhibit, no event happened before the one above it in the ledger.

    Compared in UTC. A time without an offset is left to CC-10. A line that says which earlier line it corrects or
    completes is late on purpose and is not compared. Events of different exhibits may be out of order: ``remarks``
    mentions it, and it costs nothing.
    """
    told: set[tuple[int, int]] = set()
    for number, events in reading.events_by_exhibit.items():
        previous: Event | None = None
        for event in events:
            if _is_correction(event) or event.event_at is None or event.event_at.utc is None:
                continue
            if previous is not None and goes_back(previous, event) and (previous.seq, event.seq) not in told:
                told.add((previous.seq, event.seq))
                values: dict[str, str | int] = {"previous": previous.seq, "time": event.event_at.text}
                yield Hit("back", event.seq, number, values, others=(previous.seq,))
            previous = event


def goes_back(earlier: Event, later: Event) -> bool:
    """Return whether ``later`` happened before ``earlier``, as far as their times can be compared."""
    first = earlier.event_at.utc if earlier.event_at else None
    second = later.event_at.utc if later.event_at else None
    return first is not None and second is not None and second < first


def _is_correction(event: Event) -> bool:
    return event.type is EventType.CORRECTED or event.corrects_event is not None


def offsets_fit_the_place(reading: Reading) -> Iterator[Hit]:
    """Every time is written with its offset from UTC, and the offset of an event is the one its place had then.

    The place's zone comes from its declaration, else from the event's own ``tz``. So +06:00 in Almaty is right until
    29 February 2024 and wrong after it. What a device's own clock showed is not compared: it is an observation.
    """
    for location in reading.ledger.locations:
        if location.tz and reading.zones(location.tz) is None:
            yield Hit("unknown-zone", location.seq, values={"time": location.tz, "zone": location.tz})
    for entry in reading.ledger.entries:
        for moment in _moments(entry):
            if not moment.has_offset:
                yield Hit("no-offset", entry.seq, values={"time": moment.text})
        if isinstance(entry, Event):
            yield from _wrong_offset(reading, entry)


def _wrong_offset(reading: Reading, event: Event) -> Iterator[Hit]:
    place = reading.locations.get(event.location)
    name = place.tz if place is not None and place.tz else event.tz
    zone = reading.zones(name) if name else None
    if zone is None:
        return
    moments = [event.event_at, *(record.computed_at for record in event.hashes)]
    for moment in moments:
        if moment is None or not moment.has_offset:
            continue
        expected = offset_text(moment, zone)
        if offset_text(moment, moment.at.tzinfo) != expected:
            values: dict[str, str | int] = {"time": moment.text, "zone": name, "expected": expected}
            yield Hit("wrong-offset", event.seq, values=values)


def offset_text(moment: Moment, zone: tzinfo | None) -> str:
    """Return the offset of ``zone`` at that moment as it is written in ISO 8601, e.g. ``+05:00``."""
    offset = moment.at.astimezone(zone).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _moments(entry: Entry) -> Iterator[Moment]:
    found: list[Moment | None] = [entry.recorded_at]
    if isinstance(entry, Event):
        found += [entry.event_at, *(record.computed_at for record in entry.hashes)]
    elif isinstance(entry, Exhibit):
        found.append(entry.clock_reference)
    elif isinstance(entry, Case):
        for authority in entry.authority:
            found += _authority_moments(authority)
    yield from (moment for moment in found if moment is not None)


def _authority_moments(authority: Authority) -> list[Moment | None]:
    return [authority.issued_at, authority.valid_from, authority.valid_to]
