"""Rules about seals and bags: what is found on an exhibit is what was left on it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from labkit.custody.purposes import Purpose, purposes
from labkit.custody.rules.reading import Hit, Reading
from labkit.model.custody import Event, EventType, Seal, SealState

_OPENED = frozenset({SealState.BROKEN, SealState.REMOVED})
_SEALS = frozenset({EventType.SEALED, EventType.RESEALED})
_PACKS = frozenset({EventType.PACKAGED, EventType.RESEALED})
_GIVES_ON = frozenset({EventType.RELEASED, EventType.TRANSPORTED, EventType.RETURNED})
_MAY_OPEN = frozenset({Purpose.EXAMINATION, Purpose.COURT, Purpose.DAMAGED})


def seals_are_found_as_left(reading: Reading) -> Iterator[Hit]:
    """A seal that is found on an exhibit is one that was left on it; a receipt that looks finds all of them.

    Nothing is known of the seals of an exhibit before the first line that names one.
    """
    for number, events in reading.events_by_exhibit.items():
        left: dict[str, int] | None = None  # number of the seal -> line that left it
        for event in events:
            found = {seal.number for seal in event.seal_before if seal.number}
            if left is not None and found:
                missing = left.keys() - found if event.type is EventType.RECEIVED else set()
                if found - left.keys() or missing:
                    yield _other_seals(event, number, found, left)
            left = _after(event, left)


def _other_seals(event: Event, number: str, found: set[str], left: dict[str, int]) -> Hit:
    values: dict[str, str | int] = {
        "found": ", ".join(sorted(found)),
        "expected": ", ".join(sorted(left)) or "–",
    }
    reason = "other-seal" if found - left.keys() else "seal-missing"
    return Hit(reason, event.seq, number, values, others=tuple(left.values()))


def _after(event: Event, left: dict[str, int] | None) -> dict[str, int] | None:
    """Return the seals that are on an exhibit after an event; None as long as no line named any."""
    if not event.seal_before and not event.seal_after:
        return left
    known = dict(left or {})
    if event.seal_before:
        known = {
            seal.number: known.get(seal.number, event.seq) for seal in event.seal_before if not _opens(event, seal)
        }
        if event.type is not EventType.RECEIVED:  # only a receipt looks at all of them
            opened = {seal.number for seal in event.seal_before if _opens(event, seal)}
            known |= {number: seq for number, seq in (left or {}).items() if number not in opened}
    for seal in event.seal_after:
        if seal.state in _OPENED:
            known.pop(seal.number, None)
        elif seal.number:
            known.setdefault(seal.number, event.seq)
    return known


def _opens(event: Event, seal: Seal) -> bool:
    return event.type is EventType.UNSEALED or seal.state in _OPENED


def opened_seals_are_accounted_for(reading: Reading) -> Iterator[Hit]:
    """A seal is opened for examination, for court or because it is damaged, before a witness, and closed again.

    Closed again before the exhibit is given on.
    """
    told: set[int] = set()  # an event with several exhibits is told once
    for number, events in reading.events_by_exhibit.items():
        opened: Event | None = None
        for event in events:
            if _is_opening(event):
                opened = event
                if event.seq not in told:
                    told.add(event.seq)
                    yield from _bare_opening(event, number)
            elif event.type in _SEALS or any(seal.state is SealState.NEW for seal in event.seal_after):
                opened = None
            elif event.type in _GIVES_ON and opened is not None:
                yield Hit("not-resealed", event.seq, number, {"previous": opened.seq}, others=(opened.seq,))
                opened = None


def _is_opening(event: Event) -> bool:
    opened = any(_opens(event, seal) for seal in event.seal_before)
    return opened or event.type is EventType.UNSEALED or any(seal.state in _OPENED for seal in event.seal_after)


def _bare_opening(event: Event, number: str) -> Iterator[Hit]:
    if not purposes(event.purpose) & _MAY_OPEN:
        yield Hit("no-purpose", event.seq, number, {"previous": event.seq})
    if not event.witnesses:
        yield Hit("no-witness", event.seq, number, {"previous": event.seq})


def new_seals_are_new(reading: Reading) -> Iterator[Hit]:
    """The number of a new seal was never used before in the case."""
    seen: dict[str, int] = {}
    for event in reading.ledger.events:
        for seal in event.seal_after:
            if seal.number in seen and _is_new(event, seal):
                values: dict[str, str | int] = {"number": seal.number, "previous": seen[seal.number]}
                yield Hit("used", event.seq, next(iter(event.exhibits), None), values, others=(seen[seal.number],))
        for seal in (*event.seal_before, *event.seal_after):
            if seal.number:
                seen.setdefault(seal.number, event.seq)


def _is_new(event: Event, seal: Seal) -> bool:
    return seal.state is SealState.NEW or (seal.state is None and event.type in _SEALS)


@dataclass
class _Bag:
    number: str = ""
    line: int = 0
    told: set[str] = field(default_factory=set)


def bags_change_when_packed(reading: Reading) -> Iterator[Hit]:
    """The bag of an exhibit changes only when it is packed or sealed again, and the old bag is kept as an item.

    Kept means that an exhibit has the number of the bag, or names it in its description.
    """
    kept = " ".join(f"{exhibit.exhibit_no} {exhibit.description}" for exhibit in reading.ledger.exhibits)
    for number, events in reading.events_by_exhibit.items():
        bag = _Bag()
        for event in events:
            before, after = event.bag_no_before, event.bag_no_after
            if before and bag.number and before != bag.number:
                yield _bag("other-bag", event, number, bag, before)
            old = bag.number or before
            if after and old and after != old:
                if event.type not in _PACKS:
                    yield _bag("not-packed", event, number, bag, after)
                elif old not in kept and old not in bag.told:
                    bag.told.add(old)
                    yield _bag("not-kept", event, number, bag, old)
            if after or before:
                bag.number, bag.line = after or before, event.seq


def _bag(reason: str, event: Event, number: str, bag: _Bag, named: str) -> Hit:
    values: dict[str, str | int] = {"number": named, "expected": bag.number or "–"}
    return Hit(reason, event.seq, number, values, others=(bag.line,) if bag.line else ())
