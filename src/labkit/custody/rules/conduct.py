"""Rules beyond the table of CC-01 to CC-40: a running computer, a phone, disclosure."""

from collections.abc import Iterator
from datetime import timedelta

from labkit.custody.purposes import Purpose, purposes
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Exhibit, ExhibitKind, PowerState

ISOLATED_WITHIN = timedelta(minutes=15)
_RUNNING = frozenset({PowerState.ON, PowerState.SLEEP})
_T = EventType
_TAKEN_AWAY = frozenset({_T.PACKAGED, _T.SEALED, _T.RELEASED, _T.TRANSPORTED, _T.STORED})


def memory_is_taken_or_explained(reading: Reading) -> Iterator[Hit]:
    """The memory of a computer that was found running is acquired before it is taken away, or a line says why not.

    Phones are not asked: see the rule about isolation.
    """
    with_memory = {
        reading.families[number]
        for number, exhibit in reading.exhibits.items()
        if exhibit.kind is ExhibitKind.MEMORY_IMAGE
    }
    for number, events in reading.events_by_exhibit.items():
        exhibit = reading.exhibits.get(number)
        if exhibit is None or not _is_running_computer(exhibit) or reading.families[number] in with_memory:
            continue
        seized = next((event for event in events if event.type is _T.SEIZED), None)
        off = [event for event in events if event.type in _TAKEN_AWAY or Purpose.SHUTDOWN in purposes(event.purpose)]
        if seized is not None and off and not any(event.justification for event in events):
            yield Hit("no-memory", seized.seq, number, others=(off[0].seq, exhibit.seq))


def _is_running_computer(exhibit: Exhibit) -> bool:
    is_device = exhibit.kind is ExhibitKind.DEVICE and exhibit.is_original and not exhibit.radio
    return is_device and exhibit.power_state_at_seizure in _RUNNING


def phones_are_isolated(reading: Reading) -> Iterator[Hit]:
    """A phone, or another device with radio, is isolated from its networks within 15 minutes of its seizure.

    A device that was found off is not asked. The line that isolates says so in its purpose.
    """
    for number, exhibit in reading.exhibits.items():
        if not exhibit.radio or not exhibit.is_original or exhibit.power_state_at_seizure is PowerState.OFF:
            continue
        events = reading.events_by_exhibit.get(number, ())
        seized = next((event for event in events if event.type is _T.SEIZED), None)
        isolated = next((event for event in events if Purpose.ISOLATION in purposes(event.purpose)), None)
        if seized is None:
            continue
        if isolated is None:
            after = _time_since(seized, events[-1])
            if after is None or after > ISOLATED_WITHIN:
                yield Hit("not-isolated", seized.seq, number, {"minutes": 0}, others=(exhibit.seq, events[-1].seq))
            continue
        late = _time_since(seized, isolated)
        if late is not None and late > ISOLATED_WITHIN:
            values: dict[str, str | int] = {"minutes": int(late // timedelta(minutes=1))}
            yield Hit("isolated-late", isolated.seq, number, values, others=(exhibit.seq, seized.seq))


def _time_since(earlier: Event, later: Event) -> timedelta | None:
    start = earlier.event_at.utc if earlier.event_at else None
    end = later.event_at.utc if later.event_at else None
    return None if start is None or end is None else end - start


def extracts_are_disclosed(reading: Reading) -> Iterator[Hit]:
    """What was extracted from the evidence is disclosed, all of it, once the case is reported.

    The ledger does not know what speaks for the accused; so every extract has to be listed in a line of type
    ``disclosed`` when anything was reported or disclosed.
    """
    stage = next((event for event in reading.ledger.events if event.type in (_T.REPORTED, _T.DISCLOSED)), None)
    if stage is None:
        return
    disclosed = {number for event in reading.ledger.events if event.type is _T.DISCLOSED for number in event.exhibits}
    for number, exhibit in reading.exhibits.items():
        if exhibit.kind is ExhibitKind.EXTRACT and number not in disclosed:
            events = reading.events_by_exhibit.get(number, ())
            made = events[0].seq if events else exhibit.seq
            yield Hit("not-disclosed", made, number, {"previous": stage.seq}, others=(exhibit.seq, stage.seq))
