"""Rules about what was done to the evidence: digests that must agree, write blocking, working copies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labkit.custody.rules.form import plain_algorithm
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Exhibit, ExhibitKind, HashOf, WriteBlockKind

_SAME_MEDIA_AS_SOURCE = frozenset({ExhibitKind.IMAGE, ExhibitKind.WORKING_COPY})
_WORKED_ON = frozenset({ExhibitKind.WORKING_COPY, ExhibitKind.EXTRACT})
_COPIED_FROM = frozenset({ExhibitKind.IMAGE, ExhibitKind.MEMORY_IMAGE, ExhibitKind.LOG_EXPORT})
_NO_MEDIUM = frozenset({ExhibitKind.LOG_EXPORT, ExhibitKind.PAPER})


@dataclass
class _Values:
    """The media digests of one exhibit under one algorithm: value -> first line; and which ones errors explain."""

    first_seen: dict[str, int] = field(default_factory=dict)
    explained: set[str] = field(default_factory=set)


def media_digests_agree(reading: Reading) -> Iterator[Hit]:
    """All digests of an exhibit's media are the same for one algorithm, and those of an image are its source's.

    Another value is explained where the event that gave it lists read errors. A device is not compared with itself,
    because it may hold several media.
    """
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
    for event in reading.ledger.events:
        spoken_of = _spoken_of(reading, event)
        for record in event.hashes:
            if record.of is not HashOf.MEDIA or not record.value:
                continue
            value = record.value.lower()
            meant = spoken_of
            if record.exhibit:
                meant = tuple(one for one in reading.declared_exhibits(event) if one.exhibit_no == record.exhibit)
            for exhibit in meant:
                values = found.setdefault((exhibit.exhibit_no, plain_algorithm(record.alg)), _Values())
                values.first_seen.setdefault(value, event.seq)
                if event.read_errors:
                    values.explained.add(value)
    return found


def _spoken_of(reading: Reading, event: Event) -> tuple[Exhibit, ...]:
    """Return the exhibits that a digest of an event speaks of when it names none: a source and what came of it.

    Where an event lists unrelated exhibits nobody can say, and such a digest is passed over.
    """
    if not event.hashes:
        return ()
    listed = tuple(reading.declared_exhibits(event))
    numbers = {exhibit.exhibit_no for exhibit in listed}
    not_made_here = [exhibit for exhibit in listed if not numbers & set(exhibit.derived_from)]
    return listed if len(not_made_here) == 1 else ()


def acquisition_is_write_blocked(reading: Reading) -> Iterator[Hit]:
    """An acquisition uses a write blocker, or it is a live one with a written justification.

    Live means that a ``live_action`` on the exhibit, or on the original it comes from, stands above it in the
    ledger. Log exports and paper have no medium to protect.
    """
    justified_live: dict[str, bool] = {}  # exhibit -> whether a live action above has a justification
    for event in reading.ledger.events:
        if event.type is EventType.LIVE_ACTION:
            for number in event.exhibits:
                justified_live[number] = justified_live.get(number, False) or bool(event.justification)
        if event.type is not EventType.ACQUIRED or _is_write_blocked(event):
            continue
        listed = tuple(reading.declared_exhibits(event))
        if listed and {exhibit.kind for exhibit in listed} <= _NO_MEDIUM:
            continue
        live = [justified_live[number] for number in _with_sources(listed) if number in justified_live]
        exhibit = event.exhibits[0] if event.exhibits else None
        if not live:
            yield Hit("not-blocked", event.seq, exhibit)
        elif not event.justification and not any(live):
            yield Hit("not-justified", event.seq, exhibit)


def _is_write_blocked(event: Event) -> bool:
    return event.write_block is not None and event.write_block.kind in (
        WriteBlockKind.HARDWARE,
        WriteBlockKind.SOFTWARE,
    )


def _with_sources(listed: tuple[Exhibit, ...]) -> Iterator[str]:
    for exhibit in listed:
        yield from (exhibit.exhibit_no, exhibit.root_exhibit_no, *exhibit.derived_from)


def only_working_copies_are_worked_on(reading: Reading) -> Iterator[Hit]:
    """Only working copies, and extracts from them, are analysed or copied.

    Making a working copy from an image is the one copy of a master that is right: the event lists both. Paper is
    examined itself, because it has no working copy. An exhibit that was never declared is left to CC-02.
    """
    for event in reading.ledger.events:
        if event.type not in (EventType.ANALYSED, EventType.COPIED):
            continue
        listed = tuple(reading.declared_exhibits(event))
        copied_to_work_on = {
            source for copy in listed if copy.kind is ExhibitKind.WORKING_COPY for source in copy.derived_from
        }
        for exhibit in listed:
            if exhibit.kind is None or exhibit.kind in _WORKED_ON or exhibit.kind is ExhibitKind.PAPER:
                continue
            is_master = exhibit.kind in _COPIED_FROM and exhibit.exhibit_no in copied_to_work_on
            if event.type is EventType.ANALYSED or not is_master:
                yield Hit(event.type.value, event.seq, exhibit.exhibit_no, {"kind": exhibit.kind.value})
