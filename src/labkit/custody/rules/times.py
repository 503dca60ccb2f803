"""Rules about times."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from labkit.custody.purposes import is_generic
from labkit.custody.rules.reading import Hit, Reading, Severity, is_correction
from labkit.model.custody import Authority, Case, Entry, Event, Exhibit, Moment, Person

CONTEMPORANEOUS = timedelta(minutes=15)
SAME_DAY = timedelta(hours=24)
_FEWEST = 8  # times that a suspicion about them needs
_SHARE_PERCENT = 60
_ROUND_MINUTES = frozenset({0, 15, 30, 45})


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
            if is_correction(event) or event.event_at is None or event.event_at.utc is None:
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
    elif isinstance(entry, Person):
        found += [entry.joined_at, entry.left_at]
    yield from (moment for moment in found if moment is not None)


def _authority_moments(authority: Authority) -> list[Moment | None]:
    return [authority.issued_at, authority.valid_from, authority.valid_to]


def written_down_in_time(reading: Reading) -> Iterator[Hit]:
    """An event is written down when it happens, within 15 minutes; a later line says that it is late.

    It says so in its note, or a line that corrects or completes it does. Up to 24 hours weigh less than more. An event
    with digests lasts until the last one was computed. A line that was recorded before its event shows a wrong clock,
    and no note explains it.
    """
    for event in reading.ledger.events:
        happened = event.event_at.utc if event.event_at else None
        written = event.recorded_at.utc if event.recorded_at else None
        if happened is None or written is None or is_correction(event):
            continue
        late = written - (happened if written < happened else _end(event, happened))
        values: dict[str, str | int] = {"minutes": abs(late) // timedelta(minutes=1)}
        if written < happened:
            # Events are often written to the minute: what is recorded in the same minute is not before it.
            if happened.replace(second=0, microsecond=0) > written:
                yield Hit("before", event.seq, values=values)
        elif late > CONTEMPORANEOUS and not _says_why(reading, event):
            is_minor = late <= SAME_DAY
            severity = Severity.MINOR if is_minor else Severity.MAJOR
            yield Hit("late" if is_minor else "very-late", event.seq, values=values, severity=severity)


def is_late(event: Event) -> bool:
    """Return whether a line was written more than 15 minutes after its event, and does not say so in its note."""
    happened = event.event_at.utc if event.event_at else None
    written = event.recorded_at.utc if event.recorded_at else None
    if happened is None or written is None or is_correction(event) or not is_generic(event.note):
        return False
    return written - _end(event, happened) > CONTEMPORANEOUS


def _end(event: Event, happened: datetime) -> datetime:
    computed = (record.computed_at.utc for record in event.hashes if record.computed_at is not None)
    return max([happened, *(moment for moment in computed if moment is not None)])


def _says_why(reading: Reading, event: Event) -> bool:
    notes = [event.note, *(line.note for line in reading.corrections.get(event.seq, ()))]
    return any(not is_generic(note) for note in notes)


def times_look_observed(reading: Reading) -> Iterator[Hit]:
    """Times look as if somebody read a clock: not mostly quarter hours, not mostly at equal distances.

    It is a suspicion that the ledger was made up afterwards, and is told once. Fewer than eight different minutes say
    nothing.
    """
    seqs: dict[Moment, int] = {}
    seen: set[datetime] = set()
    for event in reading.ledger.events:
        if event.event_at is None or is_correction(event):
            continue
        minute = event.event_at.at.replace(second=0, microsecond=0)
        if minute not in seen:
            seen.add(minute)
            seqs[event.event_at] = event.seq
    moments = list(seqs)
    if len(moments) < _FEWEST:
        return
    last = seqs[moments[-1]]
    round_ones = [moment for moment in moments if moment.at.minute in _ROUND_MINUTES]
    if 100 * len(round_ones) >= _SHARE_PERCENT * len(moments):
        values: dict[str, str | int] = {"percent": 100 * len(round_ones) // len(moments), "minutes": 0}
        yield Hit("round", last, values=values, others=tuple(seqs[moment] for moment in round_ones))
        return
    steps = Counter(_steps(moments))
    if steps:
        step, count = steps.most_common(1)[0]
        if count >= _FEWEST - 1 and 100 * count >= _SHARE_PERCENT * steps.total():
            minutes = int(step // timedelta(minutes=1))
            yield Hit("equal-steps", last, values={"percent": 100 * count // steps.total(), "minutes": minutes})


def _steps(moments: Sequence[Moment]) -> Iterator[timedelta]:
    for earlier, later in pairwise(moments):
        if earlier.utc is not None and later.utc is not None and later.utc - earlier.utc >= timedelta(minutes=1):
            yield later.utc - earlier.utc
