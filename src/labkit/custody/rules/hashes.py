"""Rules about digests: their form, that they agree, when they were computed, which algorithms are enough."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from labkit.custody.algorithms import BROKEN, HEX_DIGITS, OF_NOTHING, plain_algorithm
from labkit.custody.overlay import HashPolicy
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Exhibit, ExhibitKind, HashOf, HashRecord, HashStage, LocationKind

COMPUTED_WITHIN = timedelta(hours=24)
_HEX = frozenset("0123456789abcdefABCDEF")
_SAME_MEDIA_AS_SOURCE = frozenset({ExhibitKind.IMAGE, ExhibitKind.WORKING_COPY})
_DIGITAL = frozenset(
    {
        ExhibitKind.IMAGE, ExhibitKind.WORKING_COPY, ExhibitKind.EXTRACT, ExhibitKind.LOG_EXPORT,
        ExhibitKind.MEMORY_IMAGE,
    }
)  # fmt: skip
_WHOLE = frozenset({HashOf.MEDIA, HashOf.MEMORY})  # the digest of nothing can not be theirs
_ONE_OF_A_KIND = frozenset({HashOf.MEDIA, HashOf.PARTITION, HashOf.CONTAINER, HashOf.MEMORY, None})


def digests_fit_their_algorithm(reading: Reading) -> Iterator[Hit]:
    """A digest has the number and the kind of digits that its algorithm gives."""
    for event in reading.ledger.events:
        for record in event.hashes:
            algorithm = plain_algorithm(record.alg)
            values: dict[str, str | int] = {"alg": record.alg, "digits": len(record.value)}
            if algorithm not in HEX_DIGITS:
                yield Hit("unknown-algorithm", event.seq, values=values)
            elif not set(record.value) <= _HEX:
                yield Hit("no-hex", event.seq, values=values)
            elif len(record.value) != HEX_DIGITS[algorithm]:
                values["expected"] = HEX_DIGITS[algorithm]
                yield Hit("length", event.seq, values=values)


@dataclass
class _Values:
    """The media digests of one exhibit under one algorithm: value -> first line; and which ones errors explain."""

    first_seen: dict[str, int] = field(default_factory=dict)
    explained: set[str] = field(default_factory=set)


def media_digests_agree(reading: Reading) -> Iterator[Hit]:
    """All digests of an exhibit's media are the same for one algorithm, and those of an image are its source's.

    Another value is explained where the event that gave it lists read errors. A device is not compared with itself,
    because it may hold several media. The digest that an algorithm gives for no bytes at all is of no media.
    """
    yield from _of_nothing(reading)
    found = _media_values(reading)
    told: set[tuple[str, frozenset[str]]] = set()
    for (number, algorithm), values in found.items():
        first = next(iter(values.first_seen))
        if reading.exhibits[number].kind is not ExhibitKind.DEVICE:
            for value, seq in values.first_seen.items():
                if value != first and not {value, first} & values.explained:
                    told.add((algorithm, frozenset({value, first})))
                    yield _differs("changed", seq, number, algorithm, number)
        for source in _compared_sources(reading.exhibits[number], reading.exhibits):
            source_values = found.get((source, algorithm))
            if source_values is None:
                continue
            other = next(iter(source_values.first_seen))
            pair = (algorithm, frozenset({first, other}))
            explained = values.explained | source_values.explained
            if first != other and pair not in told and not {first, other} & explained:
                told.add(pair)
                seq = max(values.first_seen[first], source_values.first_seen[other])
                yield _differs("not-the-source", seq, number, algorithm, source)


def _of_nothing(reading: Reading) -> Iterator[Hit]:
    for event in reading.ledger.events:
        for record in event.hashes:
            if record.of in _WHOLE and record.value.lower() in OF_NOTHING:
                exhibit = record.exhibit or next(iter(event.exhibits), None)
                yield Hit("of-nothing", event.seq, exhibit, {"alg": record.alg, "source": exhibit or ""})


def _differs(reason: str, seq: int, number: str, algorithm: str, source: str) -> Hit:
    return Hit(reason, seq, number, {"alg": algorithm, "source": source})


def _compared_sources(exhibit: Exhibit, exhibits: Mapping[str, Exhibit]) -> Iterator[str]:
    if exhibit.kind not in _SAME_MEDIA_AS_SOURCE or len(exhibit.derived_from) != 1:
        return
    source = exhibits.get(exhibit.derived_from[0])
    if source is not None and source.kind in _SAME_MEDIA_AS_SOURCE | {ExhibitKind.MEDIUM}:
        yield source.exhibit_no


def _media_values(reading: Reading) -> dict[tuple[str, str], _Values]:
    found: dict[tuple[str, str], _Values] = {}
    for event, record in _records(reading):
        value = record.value.lower()
        if record.of is not HashOf.MEDIA or not value or value in OF_NOTHING:
            continue
        for exhibit in reading.spoken_of(event, record.exhibit):
            values = found.setdefault((exhibit.exhibit_no, plain_algorithm(record.alg)), _Values())
            values.first_seen.setdefault(value, event.seq)
            if event.read_errors:
                values.explained.add(value)
    return found


def _records(reading: Reading) -> Iterator[tuple[Event, HashRecord]]:
    for event in reading.ledger.events:
        for record in event.hashes:
            yield event, record


def digests_are_recorded_when_they_count(reading: Reading) -> Iterator[Hit]:
    """A digest is recorded with the acquisition, again before the first analysis, and when the exhibit goes to court.

    Again before the analysis means a line between the two, about anything of the same origin. In court it is the
    digital exhibits that are asked for one, in a line there or at most 24 hours before.
    """
    checked: set[str] = set()  # families with a digest that was recorded apart from the acquisition
    told: set[str] = set()
    for event in reading.ledger.events:
        if event.type is EventType.ACQUIRED and not event.hashes:
            yield Hit("not-at-acquisition", event.seq, next(iter(event.exhibits), None))
        families = {reading.families[exhibit.exhibit_no] for exhibit in reading.declared_exhibits(event)}
        if event.type is EventType.ANALYSED:
            for family in sorted(families - checked - told):
                told.add(family)
                yield Hit("not-before-analysis", event.seq, next(iter(event.exhibits), None))
        elif event.hashes and event.type is not EventType.ACQUIRED:
            checked |= families
    yield from _in_court(reading)


def _in_court(reading: Reading) -> Iterator[Hit]:
    for number, events in reading.events_by_exhibit.items():
        exhibit = reading.exhibits.get(number)
        if exhibit is None or exhibit.kind not in _DIGITAL:
            continue
        there = [event for event in events if _is_court(reading, event)]
        if there and not any(event.hashes for event in there) and not _hashed_just_before(events, there[0]):
            yield Hit("not-in-court", there[0].seq, number)


def _is_court(reading: Reading, event: Event) -> bool:
    place = reading.locations.get(event.location)
    is_there = place is not None and place.kind is LocationKind.COURT
    return is_there and event.type not in (EventType.CORRECTED, EventType.REPORTED, EventType.DISCLOSED)


def _hashed_just_before(events: tuple[Event, ...], arrival: Event) -> bool:
    at = arrival.event_at.utc if arrival.event_at else None
    for event in events:
        when = event.event_at.utc if event.event_at else None
        if event.hashes and (at is None or when is None or timedelta() <= at - when <= COMPUTED_WITHIN):
            return True
    return False


def values_are_not_those_of_another(reading: Reading) -> Iterator[Hit]:
    """Two exhibits of different origin do not have the same digest: that is a slip of copying.

    Files are not compared, because the same file may well be found in two places.
    """
    first: dict[tuple[str, str], tuple[str, str, int]] = {}  # digest -> family, exhibit, line
    told: set[tuple[str, str, str]] = set()
    for event, record in _records(reading):
        value = record.value.lower()
        if record.of not in _ONE_OF_A_KIND or not value or value in OF_NOTHING:
            continue
        for exhibit in reading.spoken_of(event, record.exhibit)[:1]:
            number = exhibit.exhibit_no
            family = reading.families[number]
            key = (plain_algorithm(record.alg), value)
            other_family, other, seq = first.setdefault(key, (family, number, event.seq))
            if other_family != family and (*key, family) not in told:
                told.add((*key, family))
                values: dict[str, str | int] = {"alg": record.alg, "source": other, "previous": seq}
                yield Hit("same-value", event.seq, number, values, others=(seq,))


def digests_are_of_their_time(reading: Reading) -> Iterator[Hit]:
    """A digest is computed when its event happens: not before it, and not more than 24 hours after an acquisition.

    A digest of the source before the acquisition (``source_pre``) is earlier on purpose.
    """
    for event, record in _records(reading):
        happened = event.event_at.utc if event.event_at else None
        computed = record.computed_at.utc if record.computed_at else None
        if happened is None or computed is None or record.computed_at is None or record.stage is HashStage.SOURCE_PRE:
            continue
        exhibit = record.exhibit or next(iter(event.exhibits), None)
        values: dict[str, str | int] = {"time": record.computed_at.text}
        if computed < happened:
            yield Hit("before", event.seq, exhibit, values)
        elif event.type is EventType.ACQUIRED and computed - happened > COMPUTED_WITHIN:
            hours = int((computed - happened) // timedelta(hours=1))
            yield Hit("late", event.seq, exhibit, values | {"hours": hours})


def algorithms_are_strong_enough(reading: Reading) -> Iterator[Hit]:
    """What comes from one original has at least one digest by an algorithm that the policy takes.

    Strict: SHA-2 or SHA-3. Legacy: these, or MD5 and SHA-1 together. MD5 and SHA-1 are welcome besides.
    """
    used: dict[str, dict[str, int]] = {}  # family -> algorithm -> first line
    for event, record in _records(reading):
        for exhibit in reading.spoken_of(event, record.exhibit)[:1]:
            algorithms = used.setdefault(reading.families[exhibit.exhibit_no], {})
            algorithms.setdefault(plain_algorithm(record.alg), event.seq)
    for family, algorithms in used.items():
        known = algorithms.keys() & HEX_DIGITS.keys()
        is_legacy_pair = reading.overlay.hash_policy is HashPolicy.LEGACY and known == BROKEN
        if known and known <= BROKEN and not is_legacy_pair:
            lines = sorted(algorithms.values())
            values: dict[str, str | int] = {"alg": ", ".join(sorted(known))}
            yield Hit(reading.overlay.hash_policy.value, lines[0], family, values, others=tuple(lines))
