"""Who held an exhibit, from when to when: what a picture of the custody is drawn from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from labkit.custody.ledger import Ledger
from labkit.custody.rules.reading import Reading
from labkit.custody.rules.walk import Held, OnTheWay, State, walk
from labkit.model.custody import Moment


class Holding(StrEnum):
    """In what way an exhibit is held."""

    PERSON = "person"
    STORE = "store"
    ON_THE_WAY = "on-the-way"


@dataclass(frozen=True, slots=True)
class Span:
    """One exhibit with one holder. ``first`` and ``last`` are numbers of lines; ``last`` is None while it lasts.

    ``holder`` is a person or a place; for an exhibit on its way, who carries it or to whom it goes, "" where nobody is
    named. ``is_broken`` says that the rules of possession find a fault in a line at its end.
    """

    exhibit: str
    holder: str
    holding: Holding
    first: int
    last: int | None = None
    start: Moment | None = None
    end: Moment | None = None
    is_broken: bool = False


def spans(ledger: Ledger) -> tuple[Span, ...]:
    """Return the spans of every exhibit, in the order of their first use; none where nobody took it."""
    reading = Reading(ledger)
    return tuple(span for number in reading.events_by_exhibit for span in _of_exhibit(reading, number))


def _of_exhibit(reading: Reading, number: str) -> Iterator[Span]:
    open_span: Span | None = None
    for step in walk(reading, number):
        if open_span is not None and step.faults:
            open_span = replace(open_span, is_broken=True)
        found = _holder(reading, step.after)
        if open_span is not None and found == (open_span.holder, open_span.holding):
            continue
        if open_span is not None:
            yield replace(open_span, last=step.event.seq, end=step.event.event_at)
        open_span = None if found is None else Span(number, *found, step.event.seq, start=step.event.event_at)
    if open_span is not None:
        yield open_span


def _holder(reading: Reading, state: State) -> tuple[str, Holding] | None:
    if isinstance(state, Held):
        is_store = state.holder in reading.locations or len(state.keepers) > 1
        return state.holder, Holding.STORE if is_store else Holding.PERSON
    if isinstance(state, OnTheWay):
        return state.to, Holding.ON_THE_WAY
    return None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A span on a scale from 0 to 1; both ends are 0 to 1 and ``end`` is not before ``start``."""

    span: Span
    start: float
    end: float


def period(ledger: Ledger) -> tuple[Moment, Moment] | None:
    """Return the first and the last time of the events; None where none can be compared."""
    moments = [event.event_at for event in ledger.events if event.event_at is not None and event.event_at.has_offset]
    if not moments:
        return None
    return min(moments, key=lambda moment: moment.at), max(moments, key=lambda moment: moment.at)


def to_scale(ledger: Ledger) -> tuple[Stretch, ...]:
    """Return the spans on the scale of the ledger's times. Those that begin at no comparable time are left out.

    A span that lasts goes on to the end of the scale.
    """
    ends = period(ledger)
    if ends is None:
        return ()
    begin, whole = ends[0].at, ends[1].at - ends[0].at

    def place(moment: Moment | None, otherwise: float) -> float:
        if moment is None or moment.utc is None:
            return otherwise
        return (moment.utc - begin) / whole if whole else 0.0

    stretches = []
    for span in spans(ledger):
        if span.start is not None and span.start.utc is not None:
            start = place(span.start, 0.0)
            stretches.append(Stretch(span, start, max(start, place(span.end, 1.0))))
    return tuple(stretches)
